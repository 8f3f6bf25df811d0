"""`warraq republished`: articles of which one holds the other's text, and the step that looks for them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from archive.cli.common import Json, Restricted, finish, isolate, print_json, shown, workshop
from archive.errors import NOTHING_DUE, Refused
from archive.export import pair_row

Article = Annotated[str, typer.Argument(help="Address, id, or first digits of an id.", show_default=False)]


def register(app: typer.Typer) -> None:
    app.command()(republished)


def republished(
    article: Article = "",
    *,
    outlet: Annotated[str, typer.Option(help="Pairs with an article of this outlet.")] = "",
    since: Annotated[str, typer.Option(help="Pairs whose second text was captured then or later: 2026-11-22.")] = "",
    limit: Annotated[int, typer.Option(help="So many pairs at most, the newest first; 0 is all.", min=0)] = 0,
    find: Annotated[bool, typer.Option("--find", help="Look for the texts that are new among all articles.")] = False,
    all_: Annotated[bool, typer.Option("--all", help="With --find: until nothing waits, however long it takes.")] = False,
    again: Annotated[bool, typer.Option("--again", help="With --find: forget what was found and begin anew.")] = False,
    restricted: Restricted = False,
    as_json: Json = False,
) -> None:
    """Articles of which one holds the other's text, with how much of each is in the other; `--find` looks for new ones."""
    if find:
        _find(until_done=all_, again=again, as_json=as_json)
        return
    if all_ or again:
        raise Refused("--all and --again go with --find", "warraq republished --find --again")
    shop = workshop(as_json)
    catalog = shown(shop, restricted)
    wanted = catalog.article(article, outlet or None).article if article else ""
    pairs = catalog.republished(wanted, "" if wanted else outlet, _time(since), limit or None)
    for row in map(pair_row, pairs):
        print_json(row) if as_json else print(_lines(row))
    if not pairs:
        raise typer.Exit(NOTHING_DUE)


def _find(*, until_done: bool, again: bool, as_json: bool) -> None:
    from archive.steps.republished import BUDGET
    from archive.steps.republished import republished as step

    shop = workshop(as_json)
    finish(step(shop, budget=None if until_done else BUDGET, again=again), as_json)


def _lines(row: dict[str, Any]) -> str:
    """A row of docs/EXPORT.md, "republications", for people."""
    shares = f"{row['in_other']:.1%} of the first is in the second, {row['other_in']:.1%} of the second in the first"
    lines = [f"{row['relation']}: {shares} ({row['shared']} word triples)"]
    for side, told in (("", "first seen by us"), ("other_", "then")):
        outlet, captured, version, published = (row[side + name] for name in ("outlet", "captured", "version", "published"))
        stated = f"published, as stated, {published}" if published else "it does not say when it was published"
        lines.append(f"  {told} {captured[:16]}Z: {outlet} {row['other' if side else 'article']} version {version}; {stated}")
        lines += [f"    {isolate(row[side + name])}" for name in ("title", "url")]
    if row["published_first"] == "second":
        lines.append("  by what the pages state, the second was published before the first")
    return "\n".join(lines)


def _time(text: str) -> str:
    if not text:
        return ""
    from archive.latency import stamp

    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise Refused(f"--since {text!r} is no time", "write it as 2026-11-22 or 2026-11-22T08:00:00Z") from None
    return stamp(when if when.tzinfo else when.replace(tzinfo=UTC))
