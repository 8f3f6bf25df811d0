"""Commands that care for the archive: seeds, rebuild, doctor, status, export."""

from __future__ import annotations

import sys
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from archive import outlet as outlet_files
from archive.cli.common import Json, Restricted, finish, print_json, progress, shown, workshop
from archive.errors import NOTHING_DUE, Refused
from archive.latency import overall, spoken, stamp
from archive.outlet import RESERVED
from archive.steps.workshop import Workshop

WEEK = 7  # days that the clock of `status` looks back


def register(app: typer.Typer) -> None:
    for command in (rebuild, doctor, status, export):
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


def status(
    max_age: Annotated[
        float,
        typer.Option("--max-age", help="Minutes: fail when an outlet had no capture, or leaves no signature, for longer."),
    ] = 0,
    as_json: Json = False,
) -> None:
    """One line an outlet, and one on the log. With --max-age for cron or systemd: exit 78 when something is stale."""
    from archive.cli.log import standing

    shop = workshop()
    rows = {row.outlet: row for row in shop.catalog.outlets()}
    clock = {one.outlet: one for one in overall(shop.catalog.latencies(since=stamp(shop.clock() - timedelta(days=WEEK))))}
    good, bad = outlet_files.load_folder(shop.settings.outlets)
    stale = [name for name, one in good.items() if one.enabled and max_age and _age(shop, rows, name) > max_age]
    if RESERVED in rows:  # never stale: it has no channel that could fall silent
        good[RESERVED] = shop.outlet(RESERVED)
    log, unsigned = standing(shop.settings, shop.clock(), max_age)
    if as_json:
        outlets = [asdict(row) for row in rows.values()]
        found = {name: {"events": one.events, "median": one.median} for name, one in clock.items() if one.events > one.unknown}
        print_json({"outlets": outlets, "latency": found, "log": log.data, "stale": [*stale, *unsigned], "broken": sorted(bad)})
    else:
        for name, one in good.items():
            row = rows.get(name)
            told = (
                f"{row.articles} articles, {row.versions} versions, {row.waiting} waiting, last capture {row.last_capture}"
                if row
                else "nothing yet"
            )
            told += f", found after {spoken(clock[name].median)} (median of {WEEK} days)" if name in clock else ""
            trouble = f"; nothing readable since {row.failing_since}" if row and row.failing_since else ""
            trouble += _alarms(shop, name) if row else ""
            print(f"{'STALE ' if name in stale else ''}{name}: {told}{trouble}" + ("" if one.enabled else " (off)"))
        print(f"{'STALE ' if unsigned else ''}{log.line}")
        for error in bad.values():
            print(f"warraq: {error}", file=sys.stderr)
    if stale or unsigned or bad:
        raise typer.Exit(Refused.exit_code)


def _alarms(shop: Workshop, name: str) -> str:
    """What stands and how many articles wait for it."""
    from archive.alarm import words

    found = shop.catalog.drift(name)
    layouts = [one.name or "unnamed" for one in shop.outlet(name).layouts]
    told = [f"alarm since {one.opened}: {words(one, layouts)}" for one in found.standing]
    told += [f"{found.waiting} articles in a look that is not settled"] if found.waiting else []
    return "".join(f"; {one}" for one in told)


def _age(shop: Workshop, rows: dict, name: str) -> float:  # type: ignore[type-arg]
    row = rows.get(name)
    if row is None or not row.last_capture:
        return float("inf")
    return (shop.clock() - datetime.fromisoformat(row.last_capture).astimezone(UTC)).total_seconds() / 60


def export(
    what: Annotated[str, typer.Argument(help="articles, versions or events.")],
    form: Annotated[str, typer.Option("--format", help="jsonl or csv.")] = "jsonl",
    outlet: Annotated[str, typer.Option(help="One outlet; all when left out.")] = "",
    restricted: Restricted = False,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format jsonl.")] = False,
) -> None:
    """Write articles, versions or events to standard output. docs/EXPORT.md has the columns."""
    from archive.export import export as write

    if write(shown(workshop(), restricted), what, "jsonl" if as_json else form, sys.stdout, outlet=outlet or None) == 0:
        raise typer.Exit(NOTHING_DUE)
