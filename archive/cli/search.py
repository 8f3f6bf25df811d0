"""`warraq search`: which versions have some words; and the step that indexes their texts."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from archive.cli.common import Json, Restricted, finish, isolate, print_json, shown, workshop
from archive.errors import NOTHING_DUE, BadRecord, Refused

if TYPE_CHECKING:
    from archive.catalog.hits import Hit
    from archive.search.excerpts import Part
    from archive.search.query import Query
    from archive.steps.workshop import Workshop


def register(app: typer.Typer) -> None:
    app.command()(search)


def search(
    question: Annotated[list[str] | None, typer.Argument(metavar="WORDS", show_default=False)] = None,
    *,
    outlet: Annotated[str, typer.Option(help="Of this outlet.")] = "",
    since: Annotated[str, typer.Option(help="Versions captured then or later: 2026-11-22.")] = "",
    until: Annotated[str, typer.Option(help="Versions captured then or earlier; a day is meant whole.")] = "",
    state: Annotated[
        str, typer.Option(help="Articles that are now gone, edited, live …; `removed`: words taken out since.")
    ] = "",
    limit: Annotated[int, typer.Option(help="So many articles at most.", min=1, max=1000)] = 20,
    before: Annotated[int, typer.Option(help="Go on from here: the number that the last answer ended with.", min=0)] = 0,
    index: Annotated[bool, typer.Option("--index", help="Index the texts that are new.")] = False,
    all_: Annotated[bool, typer.Option("--all", help="With --index: until nothing waits, however long it takes.")] = False,
    again: Annotated[bool, typer.Option("--again", help="With --index: forget the index and begin anew.")] = False,
    restricted: Restricted = False,
    as_json: Json = False,
) -> None:
    """Versions that have these words, newest first. "…": one after the other; after --, -word: not where it stands."""
    if index and question:
        raise Refused("--index looks for no words", "warraq search --index, then warraq search WORDS")
    if index:
        _index(until_done=all_, again=again, as_json=as_json)
        return
    if all_ or again:
        raise Refused("--all and --again go with --index", "warraq search --index --all")
    from archive.catalog.hits import Wish
    from archive.search.query import parse

    shop = workshop(as_json)
    query = parse(" ".join(question or []))
    found = shown(shop, restricted).search(Wish(query, outlet, since, until, state, before), limit)
    for hit in found.hits:
        row = _row(shop, hit, query)
        print_json(row) if as_json else print(_lines(row))
    if found.older and not as_json:
        print(f"older answers: --before {found.older}")
    elif found.older:
        print_json({"before": found.older})
    if not found.hits and not found.older:
        raise typer.Exit(NOTHING_DUE)


def _index(*, until_done: bool, again: bool, as_json: bool) -> None:
    from archive.steps.search import BUDGET
    from archive.steps.search import index as step

    finish(step(workshop(as_json), budget=None if until_done else BUDGET, again=again), as_json)


def _row(shop: Workshop, hit: Hit, query: Query) -> dict[str, Any]:
    """What is told of one article; `places` are of the newest version that answers, what answers between « and »."""
    from archive import snapshot
    from archive.search.entry import texts
    from archive.search.excerpts import excerpts

    try:
        _, body = texts(snapshot.load(shop.store.get(hit.snapshot)))
        places = [_said(one.parts) for one in excerpts(body, query)]
    except (KeyError, BadRecord):  # `warraq verify` tells what is wrong with it; what was found is told all the same
        places = []
    return {**asdict(hit), "found": list(hit.found), "removed": hit.removed, "places": places}


def _said(parts: tuple[Part, ...]) -> str:
    return "".join(f"«{part.text}»" if part.marked else part.text for part in parts)


def _lines(row: dict[str, Any]) -> str:
    numbers = ", ".join(map(str, row["found"]))
    gone = "; not in the newest one" if row["removed"] else ""
    lines = [
        f"{row['time'][:16]}Z {row['outlet']} {row['article']} {row['state']}, version {numbers} of {row['versions']}{gone}",
        f"  {isolate(row['title'])}",
        f"  {isolate(row['url'])}",
    ]
    return "\n".join([*lines, *(f"    {isolate(place)}" for place in row["places"])])
