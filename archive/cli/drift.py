"""`warraq drift` and `warraq accept-layout`: how outlets are read, run by run, and what to do when a site has a new look."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from archive.cli.common import Json, OutletName, Restricted, finish, isolate, print_json, shown, workshop

if TYPE_CHECKING:
    from archive.catalog import Catalog
    from archive.outlet import Outlet
    from archive.steps.workshop import Workshop

Shape = Annotated[
    str, typer.Argument(help="Shape of the new look: 8 hex digits, as `warraq drift` names it.", show_default=False)
]
Why = Annotated[str, typer.Option("--reason", help="Why; kept with the act, never in the log.", show_default=False)]
Limit = Annotated[int, typer.Option(help="How many runs of the past.", min=1)]


def register(app: typer.Typer) -> None:
    app.command()(drift)
    app.command("accept-layout")(accept_layout)


def drift(  # noqa: PLR0917  options of a command
    outlet: Annotated[str, typer.Argument(help="One outlet; all when left out.")] = "",
    runs: Limit = 10,
    looks: Annotated[bool, typer.Option("--looks", help="Only outlet:shape of each new look that waits for a person.")] = False,
    look: Annotated[str, typer.Option(help="Only the alarm about this look, in one line.")] = "",
    restricted: Restricted = False,
    as_json: Json = False,
) -> None:
    """Alarms of each outlet, those that stand first; of one outlet also its figures run by run."""
    shop = workshop(as_json)
    names = [outlet] if outlet else shop.names()
    if looks or look:
        print(_looks(shop, names) if looks else _look(shop.outlet(outlet), shown(shop, restricted), look))
        return
    for name in names:
        for line in _of(shop.outlet(name), shown(shop, restricted), runs if outlet else 0, as_json):
            print(line)


def _looks(shop: Workshop, names: Sequence[str]) -> str:
    waiting = [f"{name}:{one.shape}" for name in names for one in shop.catalog.drift(name).standing if one.shape]
    return " ".join(waiting) or "none"


def _look(outlet: Outlet, catalog: Catalog, shape: str) -> str:
    from archive.alarm import words

    names = [one.name or "unnamed" for one in outlet.layouts]
    for one in catalog.drift(outlet.name).standing:
        if one.shape == shape:
            return f"{words(one, names)}, since {one.opened}. As {' '.join(url for _, url in one.examples)}"
    return f"no alarm about the look {shape} of {outlet.name} stands any more"


def _of(outlet: Outlet, catalog: Catalog, runs: int, as_json: bool) -> Iterator[str]:
    from archive.alarm import words
    from archive.drift import FAULTS
    from archive.steps.drift import rows

    found, names = catalog.drift(outlet.name), [one.name or "unnamed" for one in outlet.layouts]
    if as_json:
        figures = [{"run": run, "layouts": {layout: one.row() for layout, one in of.items()}} for run, of in found.runs[-runs:]]
        told = {"accepted": found.settled.accepted, "waiting": found.waiting}
        print_json({"outlet": outlet.name, "alarms": rows(found, names), **told, "runs": figures if runs else []})
        return
    yield f"{outlet.name}: {len(found.standing)} alarms, {found.waiting} articles wait for a look to be settled"
    for one in sorted(found.alarms, key=lambda one: bool(one.closed)):
        state = f"{one.opened} to {one.closed}" if one.closed else f"since {one.opened}"
        yield f"  {'     ' if one.closed else 'ALARM'} {words(one, names)}, {state}"
        yield from (f"          {isolate(url)}" for _, url in one.examples)
    for run, of in found.runs[-runs:] if runs else ():
        for layout, read in sorted(of.items()):
            faults = ", ".join(f"{read.faults[fault]} {fault}" for fault in FAULTS if read.faults[fault]) or "no fault"
            shapes = ", ".join(f"{n} {shape}" for shape, n in read.shapes.most_common(3))
            yield f"  {run}  {layout or 'no container':14} {read.pages} pages: {faults}{f'; shapes {shapes}' if shapes else ''}"


def accept_layout(outlet: OutletName, shape: Shape, reason: Why, as_json: Json = False) -> None:
    """Accept an outlet's new look: what it changed in the texts read is no edit, what changes after it is."""
    from archive.steps.drift import accept

    shop = workshop(as_json)
    finish(accept(shop, shop.outlet(outlet), shape, reason), as_json)
