"""Commands that make a run: run, plan, crawl, extract, seal, inspect."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Annotated

import typer

from archive import keys
from archive.cli.common import Json, OutletName, finish, print_json, workshop
from archive.errors import Refused, TryAgain, WarraqError
from archive.outlet import RESERVED
from archive.steps.workshop import Outcome, Workshop

Run = Annotated[str, typer.Option("--run", help="Id of the run, as `warraq plan` prints it.", show_default=False)]
Attempt = Annotated[int, typer.Option(help="Which try of this run it is.", min=1)]
Everything = Annotated[bool, typer.Option("--everything", help="Look at every known article again, due or not.")]
Walk = Annotated[bool, typer.Option("--walk", help="Walk through all pages of the channels, not only the front ones.")]
Whole = Annotated[bool, typer.Option("--all", help="The whole past of every outlet, not only the last days.")]


def register(app: typer.Typer) -> None:
    for command in (run, plan, crawl, extract, seal, inspect):
        app.command()(command)


def new_run(shop: Workshop) -> str:
    return keys.run_id(shop.clock(), shop.settings.deployment, "cli", secrets.token_hex(8))


def run(
    outlet: Annotated[
        list[str] | None, typer.Argument(help="Outlets; all that are switched on, and the watch list, when left out.")
    ] = None,
    everything: Everything = False,
    walk: Walk = False,
    as_json: Json = False,
) -> None:
    """Plan, crawl, extract, seal and inspect one outlet after the other."""
    shop = workshop(as_json)
    names = outlet or [name for name in shop.names() if name != RESERVED or shop.catalog.watched(RESERVED)]
    if not names:
        raise Refused(f"no outlets in {shop.settings.outlets}", "set WARRAQ_OUTLETS to a folder of outlet files")
    failed: list[WarraqError] = []
    for name in names:
        try:
            outcomes = _run_one(shop, name, everything, walk, quiet=as_json)
        except WarraqError as error:  # one outlet's trouble never stops the others
            typer.echo(f"warraq: {name}: {error}", err=True)
            failed.append(error)
            continue
        if as_json:
            print_json({"outlet": name, "steps": {o.line.split(":")[0]: {"done": o.line, **o.data} for o in outcomes}})
    if failed:
        raise typer.Exit(max(error.exit_code for error in failed))


def _run_one(shop: Workshop, name: str, everything: bool, walk: bool, *, quiet: bool) -> list[Outcome]:
    from archive.steps import crawl as c
    from archive.steps import extract as e
    from archive.steps import inspect as i
    from archive.steps import plan as p
    from archive.steps import seal as s

    place, run_id = shop.outlet(name), new_run(shop)
    steps: tuple[Callable[[], Outcome], ...] = (
        lambda: p.plan(shop, place, run_id, everything=everything, walk=walk),
        lambda: c.crawl(shop, place, run_id, 1),
        lambda: e.extract(shop, place, run_id),
        lambda: s.seal(shop, place, run_id),
        lambda: i.inspect(shop, place, run_id),
    )
    outcomes: list[Outcome] = []
    for step in steps:
        outcomes.append(step())
        if not quiet:
            print(f"{name}: {outcomes[-1].line}", flush=True)
        if outcomes[-1].nothing_due and len(outcomes) == 1:  # an outlet that is switched off, no page that is due
            break
    return outcomes


def plan(outlet: OutletName, run: Run = "", everything: Everything = False, walk: Walk = False, as_json: Json = False) -> None:
    """Decide what is due, and store the plan."""
    from archive.steps.plan import plan as step

    shop = workshop(as_json)
    made = run or new_run(shop)
    outcome = step(shop, shop.outlet(outlet), made, everything=everything, walk=walk)
    if not run and not as_json:
        print(made)
    finish(outcome, as_json)


def crawl(outlet: OutletName, run: Run, attempt: Attempt = 1, as_json: Json = False) -> None:
    """Fetch what the plan asks for, and upload it as WARC."""
    from archive.steps.crawl import crawl as step

    shop = workshop(as_json)
    finish(step(shop, shop.outlet(outlet), run, attempt), as_json)


def extract(outlet: Annotated[str, typer.Argument()] = "", run: Run = "", whole: Whole = False, as_json: Json = False) -> None:
    """Read what was captured: observations and snapshots."""
    from archive.steps.extract import extract as step

    shop = workshop(as_json)

    def one(name: str) -> None:
        finish(_unless_whole(step(shop, shop.outlet(name), None if whole else _known(run)), whole), as_json)

    _each(_names(shop, outlet, whole), one)


def seal(outlet: Annotated[str, typer.Argument()] = "", run: Run = "", whole: Whole = False, as_json: Json = False) -> None:
    """Index what was read (CDXJ) and bring the catalog up to date. With --all: whatever is left, of all outlets."""
    from archive.steps.crawl import rescue
    from archive.steps.extract import extract as read
    from archive.steps.seal import seal as step
    from archive.steps.sweep import sweep

    shop = workshop(as_json)

    def one(name: str) -> None:
        place = shop.outlet(name)
        try:
            if whole:  # the daily sweep: what no run of its own has uploaded, read or sealed
                rescue(shop, place)
        finally:
            try:
                if whole:
                    finish(_unless_whole(read(shop, place, None), whole), as_json)
            finally:
                finish(_unless_whole(step(shop, place, None if whole else _known(run)), whole), as_json)

    try:
        _each(_names(shop, outlet, whole), one)
    finally:
        if whole:
            finish(_unless_whole(sweep(shop), whole), as_json)


def inspect(outlet: OutletName, run: Run, as_json: Json = False) -> None:
    """Compare what the run was meant to do with what it did."""
    from archive.steps.inspect import inspect as step

    shop = workshop(as_json)
    finish(step(shop, shop.outlet(outlet), run), as_json)


def _each(names: list[str], step: Callable[[str], None]) -> None:
    """`step` for each outlet: the trouble of one never stops the others, and is raised after them."""
    failed: list[WarraqError] = []
    for name in names:
        try:
            step(name)
        except WarraqError as error:
            if len(names) > 1:
                typer.echo(f"warraq: {name}: {error}", err=True)
            failed.append(error)
    if failed:
        raise max(failed, key=lambda error: (error.exit_code != TryAgain.exit_code, error.exit_code))


def _names(shop: Workshop, outlet: str, whole: bool) -> list[str]:
    if outlet:
        return [outlet]
    if not whole:
        raise Refused("no outlet was named", "name one, or give --all")
    planned = next(iter(shop.store.list(f"plans/{RESERVED}/")), None) is not None
    return [name for name in shop.names() if name != RESERVED or planned]


def _known(run: str) -> str:
    if not run:
        raise Refused("no run was named", "give --run ID, or --all for the whole past")
    return run


def _unless_whole(outcome: Outcome, whole: bool) -> Outcome:
    return Outcome(outcome.line, outcome.data) if whole else outcome
