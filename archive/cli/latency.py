"""latency: how long after it happened at the site something was captured and sealed."""

from __future__ import annotations

import math
from dataclasses import asdict
from datetime import timedelta
from typing import Annotated

import typer

from archive.cli.common import Json, Restricted, print_json, shown, workshop
from archive.latency import Latency, spoken, stamp, summaries

_HEAD = ("outlet", "what", "events", "median", "p90", "worst", "to seal", "")


def register(app: typer.Typer) -> None:
    app.command()(latency)


def latency(
    outlet: Annotated[str, typer.Argument(help="One outlet; all when left out.")] = "",
    days: Annotated[float, typer.Option(help="Events of the last days; 0 for all.", min=0)] = 0,
    each: Annotated[bool, typer.Option("--each", help="Every event instead of the summary.")] = False,
    restricted: Restricted = False,
    as_json: Json = False,
) -> None:
    """How long it took from the site to the seal: median, p90 and worst, by outlet and kind of event."""
    shop = workshop()
    since = stamp(shop.clock() - timedelta(days=days)) if days else ""
    found = shown(shop, restricted).latencies(outlet or None, since)
    if each:
        for event in found:
            print_json(_row(event)) if as_json else print(_line(event))
        return
    told = summaries(found)
    if as_json:
        print_json([{name: _number(value) for name, value in asdict(one).items()} for one in told])
        return
    rows: list[tuple[str, ...]] = [_HEAD]
    for one in told:
        notes = [f"{one.at_most} at most"] if one.at_most else []
        notes += [f"{one.unknown} without a time"] if one.unknown else []
        times = tuple(map(spoken, (one.median, one.p90, one.worst, one.sealing)))
        rows.append((one.outlet, one.kind, str(one.events), *times, ", ".join(notes)))
    for row in rows if told else ():
        print(f"{row[0]:18} {row[1]:10} {row[2]:>7} {row[3]:>9} {row[4]:>9} {row[5]:>9} {row[6]:>9}  {row[7]}".rstrip())
    if not told:
        print("nothing was measured yet")


def _row(event: Latency) -> dict[str, object]:
    return {**asdict(event), "seconds": _number(event.seconds), "sealing": event.sealing}


def _line(event: Latency) -> str:
    how = "" if event.exact else "at most "
    return f"{event.time}  {event.kind:10} {event.outlet:18} {event.article}  {how}{spoken(event.seconds)}"


def _number(value: object) -> object:
    """JSON has no NaN."""
    return None if isinstance(value, float) and math.isnan(value) else value
