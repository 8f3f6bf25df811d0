"""The outlet files: `warraq outlets` lists them, `warraq outlets add` writes one for a site nobody has looked at."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import Annotated

import typer

from archive import outlet as outlet_files
from archive.cli.common import Json, isolate, print_json, workshop


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="The outlets we watch; a broken file is named with its reason.")
    group.callback(invoke_without_command=True)(outlets)
    group.command("add")(outlets_add)
    app.add_typer(group, name="outlets")


def outlets(context: typer.Context, as_json: Json = False) -> None:
    """The outlets we watch; a broken file is named with its reason."""
    if context.invoked_subcommand:
        return
    shop = workshop()
    good, bad = outlet_files.load_folder(shop.settings.outlets)
    if as_json:
        print_json({"outlets": [asdict(o) for o in good.values()], "broken": {name: str(e) for name, e in bad.items()}})
    else:
        for one in good.values():
            off = "" if one.enabled else "  (off)"
            print(f"{one.name:20} {one.spider:10} {one.schedule:14} {one.url}{off}")
        for error in bad.values():
            print(f"warraq: {error}", file=sys.stderr)
    if bad:
        raise typer.Exit(78)


def outlets_add(
    url: Annotated[str, typer.Argument(help="Address of the site's home page.", show_default=False)],
    name: Annotated[str, typer.Option(help="Name of the outlet, for good; made from the host's name when left out.")] = "",
    private: Annotated[bool, typer.Option("--private", help="The host may have a private or loopback address.")] = False,
    as_json: Json = False,
) -> None:
    """Look at an unknown site, with at most 25 requests, and write its outlet file with the reason of each value."""
    from archive.steps.survey import add

    outcome = add(workshop(as_json), url, name, private=private)
    if as_json:
        print_json({"done": outcome.line, **outcome.data})
        return
    print("\nfound")
    for line in outcome.data["found"]:
        print(f"  {isolate(line)}")
    print("to be checked by a person")
    for line in outcome.data["check"] or ["nothing in particular"]:
        print(f"  {isolate(line)}")
    print(outcome.line)
