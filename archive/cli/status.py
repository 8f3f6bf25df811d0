"""The command that says how everything stands: for people, cron, systemd and Prometheus."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from archive import outlet as outlet_files
from archive.cli.common import Json, print_json, workshop
from archive.cli.log import standing as log_standing
from archive.errors import Refused, WarraqError
from archive.latency import spoken
from archive.outlet import RESERVED, Outlet
from archive.steps import standing
from archive.steps.standing import Standing
from archive.steps.workshop import Workshop

if TYPE_CHECKING:
    from archive.alarm import Drift


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
    shop = workshop(updates=False)
    if prometheus:
        from archive.steps.metrics import exposition

        print(exposition(shop.catalog, shop.clock()), end="")
        return
    found = standing.look(
        shop,
        lambda: outlet_files.load_folder(shop.settings.outlets),
        max_age,
        lambda: log_standing(shop.settings, shop.clock(), max_age),
    )
    unheard = _tell(shop, found) if tell else ""  # first of all: nothing that is shown may be in its way
    if as_json:
        print_json(_data(found))
    else:
        for line in _lines(shop, found):
            print(line)
        for error in (*found.broken.values(), *found.trouble.values()):
            print(f"warraq: {error}", file=sys.stderr)
    if unheard:
        print(f"warraq: {unheard}", file=sys.stderr)
    if found.trouble and not max_age:
        raise typer.Exit(next(iter(found.trouble.values())).exit_code)
    if found.stale or found.trouble or found.broken or unheard:
        raise typer.Exit(Refused.exit_code)


def _lines(shop: Workshop, found: Standing) -> Iterable[str]:
    if "catalog" in found.trouble:
        yield f"{_mark('catalog', found)}catalog: cannot be asked, so nothing is known of the outlets"
    else:
        yield from (_outlet(one, found) for one in found.outlets.values())
    if RESERVED in found.rows:  # never stale: it has no channel that could fall silent
        yield _outlet(shop.outlet(RESERVED), found)
    if "outlets" in found.trouble:
        yield f"{_mark('outlets', found)}outlets: their files cannot be read"
    for line in standing.lines(found, shop.clock()):
        yield f"{_mark(line.partition(':')[0], found)}{line}"
    yield f"{_mark('log', found)}{found.log.line}"


def _mark(part: str, found: Standing) -> str:
    return "STALE " if part in found.stale else ""


def _outlet(one: Outlet, found: Standing) -> str:
    row, name = found.rows.get(one.name), one.name
    told = (
        f"{row.articles} articles, {row.versions} versions, {row.waiting} waiting, last capture {row.last_capture}"
        if row
        else "nothing yet"
    )
    told += f", found after {spoken(found.clock[name].median)} (median of 7 days)" if name in found.clock else ""
    trouble = f"; {found.late[name]}" if name in found.late else ""
    trouble += f"; nothing readable since {row.failing_since}" if row and row.failing_since else ""
    trouble += _alarms(one, found.drift[name]) if name in found.drift else ""
    trouble += "; somebody knows that nothing is captured" if name in found.seen_to else ""
    return f"{_mark(name, found)}{name}: {told}{trouble}" + ("" if one.enabled else " (off)")


def _alarms(one: Outlet, found: Drift) -> str:
    """What stands of how its pages are read, and how many articles wait for it."""
    from archive.alarm import words

    layouts = [layout.name or "unnamed" for layout in one.layouts]
    told = [f"alarm since {alarm.opened}: {words(alarm, layouts)}" for alarm in found.standing]
    told += [f"{found.waiting} articles in a look that is not settled"] if found.waiting else []
    return "".join(f"; {line}" for line in told)


def _data(found: Standing) -> dict[str, object]:
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
        "broken": sorted(found.broken),
    }


def _tell(shop: Workshop, found: Standing) -> str:
    """Tell what is stale; why somebody who should know does not, "" for all is well."""
    from archive.steps.tell import REMEDY, absent, directly

    if missing := absent(shop.settings):
        return f"{missing} — {REMEDY}"
    why = {part: found.parts.get(part) or str(found.trouble.get(part, "")) or found.late.get(part, "") for part in found.stale}
    if "log" in why:
        why["log"] = found.log.line.removeprefix("log: ")
    name = shop.settings.deployment
    lines = {part: f"Warraq {name}: STALE {part}: {reason or 'nothing new for too long'}" for part, reason in why.items()}
    try:
        told = directly(shop.settings, "status", lines, shop.clock(), whole=True)
    except WarraqError as error:
        return str(error)
    except Exception as error:  # noqa: BLE001 -- the edge of the switch: what is stale is still printed
        return f"nobody was told: {type(error).__name__}: {error}"
    return "; ".join(told.refused)
