"""Commands that decide about an article, and the list of what was decided: restrict, hold, acts."""

from __future__ import annotations

from typing import Annotated

import orjson
import typer

from archive.cli.common import Json, finish, isolate, print_json, workshop

Which = Annotated[str, typer.Argument(help="An article: its address, or its id of 32 hex digits.", show_default=False)]
Reason = Annotated[
    str, typer.Option("--reason", envvar="WARRAQ_REASON", help="Why; kept with the act, never in the log.", show_default=False)
]
OfOutlet = Annotated[str, typer.Option("--outlet", help="Its outlet, when two outlets have the article.")]


def register(app: typer.Typer) -> None:
    for command in (restrict, hold, acts):
        app.command()(command)


def restrict(
    which: Which,
    reason: Reason,
    lift: Annotated[bool, typer.Option("--lift", help="Show the article again.")] = False,
    outlet: OfOutlet = "",
    as_json: Json = False,
) -> None:
    """Hide an article from pages, search and exports: a threatened witness, a court order. Nothing is removed."""
    from archive.steps import ruling

    finish(ruling.restrict(workshop(as_json), which, reason, outlet or None, lift=lift), as_json)


def hold(
    which: Which,
    reason: Reason,
    release: Annotated[bool, typer.Option("--release", help="End the legal hold.")] = False,
    outlet: OfOutlet = "",
    as_json: Json = False,
) -> None:
    """Put an article under legal hold: its objects must be kept. Says whether the bucket enforces it."""
    from archive.steps import ruling

    step = ruling.release if release else ruling.hold
    finish(step(workshop(as_json), which, reason, outlet or None), as_json)


def acts(as_json: Json = False) -> None:
    """What was decided about this archive, oldest first; `*` marks what is in force."""
    from archive.acts import dump

    catalog = workshop().catalog
    standing = catalog.standing().values()
    force = {ruling.key for one in standing for ruling in (one.withheld, one.held) if ruling}
    for key, act in catalog.acts().items():
        if as_json:
            print_json({"key": key, "in_force": key in force, **orjson.loads(dump(act))})
        else:
            what = f"{act.article} {isolate(act.url)}" if act.article else ""
            print(
                f"{'*' if key in force else ' '} {act.time[:19]}Z  {act.act:9} {isolate(act.by)}  {what}  {isolate(act.reason)}"
            )
