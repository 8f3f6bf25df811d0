"""Commands that care for the archive: seeds, rebuild, doctor, export."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from archive import outlet as outlet_files
from archive.cli.common import Json, Restricted, finish, print_json, progress, shown, workshop
from archive.errors import NOTHING_DUE, Refused
from archive.outlet import RESERVED


def register(app: typer.Typer) -> None:
    for command in (rebuild, doctor, export):
        app.command()(command)
    seeds = typer.Typer(no_args_is_help=True, help="Seed files: the texts the archive links back to.")
    seeds.command("add")(seeds_add)
    seeds.command("ls")(seeds_ls)
    app.add_typer(seeds, name="seeds")


def seeds_add(folder: Annotated[Path, typer.Argument(help="Folder of the seed files.")], as_json: Json = False) -> None:
    """Check a folder against seeds.lock and store it in the bucket."""
    from archive.steps.seeds import add

    finish(add(workshop(as_json), folder), as_json)


def seeds_ls(as_json: Json = False) -> None:
    """Which articles link to which seed file."""
    for link in workshop().catalog.links():
        row = asdict(link)
        print_json(row) if as_json else print(
            f"{link.name}  {link.relation:9} {link.outlet:18} {link.article} version {link.version}"
        )


def rebuild(as_json: Json = False) -> None:
    """Make the catalog anew from the bucket."""
    from archive.steps.rebuild import rebuild as step

    shop = workshop(as_json)
    good, _ = outlet_files.load_folder(shop.settings.outlets)
    good[RESERVED] = shop.outlet(RESERVED)
    with progress("rebuild", as_json) as tick:
        outcome = step(shop, good, tick)
    finish(outcome, as_json)


def doctor(
    create: Annotated[
        bool, typer.Option("--create", help="Make the bucket and name the archive, if they are not there.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Probe bucket, clock, log key, witnesses, disk, ports, contact and outlets; say what to do about each."""
    from archive import doctor as probes

    checks = probes.examine(workshop().settings, create=create)
    if as_json:
        print_json([asdict(check) for check in checks])
    else:
        for check in checks:
            print(f"{check.state:4}  {check.name}: {check.what}" + (f" — {check.remedy}" if check.remedy else ""))
    if any(check.state == "fail" for check in checks):
        raise typer.Exit(Refused.exit_code)


def export(
    what: Annotated[str, typer.Argument(help="articles, versions, events, metadata or republications.")],
    form: Annotated[str, typer.Option("--format", help="jsonl or csv.")] = "jsonl",
    outlet: Annotated[str, typer.Option(help="One outlet; all when left out.")] = "",
    restricted: Restricted = False,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format jsonl.")] = False,
) -> None:
    """Write a table of what the archive knows to standard output. docs/EXPORT.md has the columns."""
    from archive import snapshot
    from archive.export import export as write

    shop, kind = workshop(as_json=True), "jsonl" if as_json else form
    stored = lambda key: snapshot.load(shop.store.get(key))  # noqa: E731
    if write(shown(shop, restricted), what, kind, sys.stdout, outlet=outlet or None, stored=stored) == 0:
        raise typer.Exit(NOTHING_DUE)
