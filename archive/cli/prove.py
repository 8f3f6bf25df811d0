"""The command that makes an evidence bundle."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from archive.cli.common import Json, Restricted, finish, workshop
from archive.cli.look import Which
from archive.errors import Refused


def register(app: typer.Typer) -> None:
    app.command()(prove)


def prove(
    which: Which,
    *,
    at: Annotated[
        str, typer.Option(metavar="TIME", help="The version in force then: a time with its zone, or a date (its end, UTC).")
    ] = "",
    gone: Annotated[bool, typer.Option("--gone", help="That the page is gone: both sightings, and what stood there.")] = False,
    between: Annotated[
        tuple[str, str] | None, typer.Option(metavar="A B", help="Two versions, by number or time, and all between them.")
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="The zip; evidence-<article>.zip when left out.")] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Into the state folder's bundles/, where the pages offer it.")] = False,
    restricted: Restricted = False,
    as_json: Json = False,
) -> None:
    """Write one zip that proves what an article said, and that anyone can check without us (docs/EVIDENCE.md)."""
    from archive.prove.make import Asked
    from archive.prove.make import prove as make

    if bool(at) + gone + bool(between) > 1:
        raise Refused("--at, --gone and --between are three questions", "ask one of them")
    if keep and out:
        raise Refused("--keep and --out are two places", "give one of them")
    finish(make(workshop(as_json), which, Asked(at, gone, between), out, restricted=restricted, keep=keep), as_json)
