"""golden: a page of a layout and what it reads as, for a person to look at."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from archive.cli.common import Json, OutletName, isolate, print_json, workshop
from archive.cli.steps import new_run

Address = Annotated[str, typer.Argument(help="Address of an article of the outlet.", show_default=False)]


def register(app: typer.Typer) -> None:
    app.command()(golden)


def golden(
    outlet: OutletName,
    url: Address,
    *,
    layout: Annotated[str, typer.Option(help="Read it with the layout of this name alone.")] = "",
    out: Annotated[Path, typer.Option("--out", help="The folder it is written to.")] = Path("golden"),
    fresh: Annotated[bool, typer.Option("--fresh", help="Capture the page now, even if the archive has it.")] = False,
    as_json: Json = False,
) -> None:
    """Write a page and its reading down, for review: taken from the archive, or captured now."""
    from archive.steps import golden as step

    shop = workshop(as_json)
    done = step.golden(shop, outlet, url, new_run(shop), layout=layout, folder=out, fresh=fresh)
    if as_json:
        print_json({"done": done.line, **done.data})
        return
    print("to be checked by a person")
    for line in done.data["check"]:
        print(f"  {isolate(line)}")
    print(done.line)
