"""The command that says how everything stands: for people, cron, systemd and Prometheus."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Annotated

import typer

from archive import outlet as outlet_files
from archive.cli.common import Json, print_json, workshop
from archive.cli.log import standing as log_standing
from archive.errors import BadOutlet, Refused, WarraqError
from archive.latency import spoken
from archive.outlet import RESERVED, Outlet
from archive.steps import standing
from archive.steps.standing import Standing
from archive.steps.workshop import Workshop


def register(app: typer.Typer) -> None:
    app.command()(status)


def status(
    max_age: Annotated[
        float,
        typer.Option(
            "--max-age",
            help="Minutes: fail when the scheduler did not beat, a run of an outlet is late, leaves lack a signature, "
            "or nobody was told of an alarm, for longer.",
        ),
    ] = 0,
    tell: Annotated[
        bool, typer.Option("--tell", help="Tell what is stale, by every way that is set, once a day at most; fail without one.")
    ] = False,
    prometheus: Annotated[bool, typer.Option("--prometheus", help="Print figures for Prometheus instead.")] = False,
    as_json: Json = False,
) -> None:
    """How outlets, Airflow and the log stand. With --max-age for cron or systemd: exit 78 when something is stale."""
    shop = workshop()
    if prometheus:
        from archive.steps.metrics import exposition

        print(exposition(shop.catalog, shop.clock()), end="")
        return
    good, bad = outlet_files.load_folder(shop.settings.outlets)
    found = standing.look(shop, good, max_age, lambda: log_standing(shop.settings, shop.clock(), max_age))
    if RESERVED in found.rows:  # never stale: it has no channel that could fall silent
        good[RESERVED] = shop.outlet(RESERVED)
    if as_json:
        print_json(_data(found, bad))
    else:
        for line in _lines(shop, good, found):
            print(line)
        for error in (*bad.values(), *found.trouble.values()):
            print(f"warraq: {error}", file=sys.stderr)
    unheard = _tell(shop, found) if tell else ""
    if unheard:
        print(f"warraq: {unheard}", file=sys.stderr)
    if found.trouble and not max_age:
        raise typer.Exit(next(iter(found.trouble.values())).exit_code)
    if found.stale or found.trouble or bad or unheard:
        raise typer.Exit(Refused.exit_code)


def _lines(shop: Workshop, good: Mapping[str, Outlet], found: Standing) -> Iterable[str]:
    if "catalog" in found.trouble:
        yield f"{'STALE ' if 'catalog' in found.stale else ''}catalog: cannot be asked, so nothing is known of the outlets"
    else:
        yield from (_outlet(shop, one, found) for one in good.values())
    for line in standing.lines(found, shop.clock()):
        yield f"{'STALE ' if line.partition(':')[0] in found.stale else ''}{line}"
    yield f"{'STALE ' if 'log' in found.stale else ''}{found.log.line}"


def _outlet(shop: Workshop, one: Outlet, found: Standing) -> str:
    row, name = found.rows.get(one.name), one.name
    told = (
        f"{row.articles} articles, {row.versions} versions, {row.waiting} waiting, last capture {row.last_capture}"
        if row
        else "nothing yet"
    )
    told += f", found after {spoken(found.clock[name].median)} (median of 7 days)" if name in found.clock else ""
    trouble = f"; {found.late[name]}" if name in found.late else ""
    trouble += f"; nothing readable since {row.failing_since}" if row and row.failing_since else ""
    trouble += _alarms(shop, name) if row else ""
    return f"{'STALE ' if name in found.stale else ''}{name}: {told}{trouble}" + ("" if one.enabled else " (off)")


def _alarms(shop: Workshop, name: str) -> str:
    """What stands of how its pages are read, and how many articles wait for it."""
    from archive.alarm import words

    found = shop.catalog.drift(name)
    layouts = [one.name or "unnamed" for one in shop.outlet(name).layouts]
    told = [f"alarm since {one.opened}: {words(one, layouts)}" for one in found.standing]
    told += [f"{found.waiting} articles in a look that is not settled"] if found.waiting else []
    return "".join(f"; {one}" for one in told)


def _data(found: Standing, bad: Mapping[str, BadOutlet]) -> dict[str, object]:
    clock = {
        name: {"events": one.events, "median": one.median} for name, one in found.clock.items() if one.events > one.unknown
    }
    return {
        "outlets": [asdict(row) for row in found.rows.values()],
        "latency": clock,
        "log": found.log.data,
        "airflow": found.parts,
        "alarms": found.open_alarms,
        "untold": [{**asdict(row), "evidence": row.evidence} for row in found.untold],
        "last_check": found.last_check,
        "trouble": {part: str(error) for part, error in found.trouble.items()},
        "stale": found.stale,
        "broken": sorted(bad),
    }


def _tell(shop: Workshop, found: Standing) -> str:
    """Tell what is stale; why somebody who should know does not, "" for all is well."""
    from archive.steps.tell import REMEDY, absent, directly

    if missing := absent(shop.settings):
        return f"{missing} — {REMEDY}"
    why = {part: found.parts.get(part) or str(found.trouble.get(part, "")) or found.late.get(part, "") for part in found.stale}
    name = shop.settings.deployment
    lines = {part: f"Warraq {name}: STALE {part}: {reason or 'nothing new for too long'}" for part, reason in why.items()}
    try:
        told = directly(shop.settings, "status", lines, shop.clock(), whole=True)
    except WarraqError as error:
        return str(error)
    return "; ".join(told.refused)
