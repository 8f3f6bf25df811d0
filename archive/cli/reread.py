"""reread, readings: old captures under today's rules, and what each was read as."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from archive.cli.common import Json, Restricted, isolate, print_json, shown, workshop
from archive.cli.steps import new_run
from archive.errors import NOTHING_DUE, Refused, WarraqError
from archive.steps.workshop import Outcome

if TYPE_CHECKING:
    from archive.observation import Observation
    from archive.steps.reread import Wish
    from archive.steps.workshop import Workshop

Outlets = Annotated[str, typer.Option("--outlet", help="One outlet; all when left out.")]
Since = Annotated[str, typer.Option(help="Captures from then on: 2026-11-22 or 2026-11-22T08:00:00Z.")]
Until = Annotated[str, typer.Option(help="Captures before then.")]
Rules = Annotated[str, typer.Option(help="Only what was read by these (an id of 12 digits, as `warraq readings` shows it).")]
Layout = Annotated[str, typer.Option(help="Only what was read by the layout of this name.")]
One = Annotated[str, typer.Option("--article", help="One article: address, id, or the beginning of the id.")]
Dry = Annotated[bool, typer.Option("--dry-run", help="Read and say what would change; write nothing.")]
Limit = Annotated[int, typer.Option(help="Most captures that are read; 0 for all.", min=0)]
Part = Annotated[str, typer.Option(help="Share the work: 2/5 is the second of five parts, of --outlet.", metavar="I/N")]
Count = Annotated[bool, typer.Option("--count", help="Only say how many captures wait, and for how many parts.")]
Report = Annotated[bool, typer.Option("--report", help="Say again what the re-reading --run changed.")]
_PART = re.compile(r"([1-9]\d{0,3})/([1-9]\d{0,3})")
NICE = 10  # a crawl comes first


def register(app: typer.Typer) -> None:
    for command in (reread, readings):
        app.command()(command)


def reread(
    outlet: Outlets = "",
    *,
    since: Since = "",
    until: Until = "",
    rules: Rules = "",
    layout: Layout = "",
    article: One = "",
    dry_run: Dry = False,
    limit: Limit = 0,
    part: Part = "1/1",
    run: Annotated[str, typer.Option("--run", help="Id of the run; a new one when left out.")] = "",
    attempt: Annotated[int, typer.Option(help="Which try of this run it is.", min=1)] = 1,
    count: Count = False,
    report: Report = False,
    as_json: Json = False,
) -> None:
    """Read old captures again by today's rules, beside the old readings, and say what that changes."""
    from archive.rereading import Scope
    from archive.steps.reread import Wish

    shop = workshop(as_json)
    scope = Scope(_time(since, "--since"), _time(until, "--until"), rules, layout)
    if article:
        row = shop.catalog.with_withheld().article(article)
        outlet, scope = row.outlet, replace(scope, article=row.article)
    which = _PART.fullmatch(part)
    if which is None or int(which[1]) > int(which[2]):
        raise Refused(f"--part {part}: not a part", "write it as 2/5: the second of five")
    wish = Wish(scope, dry_run, limit, int(which[1]), int(which[2]), attempt)
    names = [outlet] if outlet else shop.names()
    if count:
        _count(shop, names, wish, as_json)
        return
    with suppress(OSError):
        os.nice(NICE)
    _each(shop, names, wish, run, report=report, as_json=as_json)


def _each(shop: Workshop, names: list[str], wish: Wish, run: str, *, report: bool, as_json: bool) -> None:
    """One outlet after the other; the trouble of one never stops the others."""
    from archive.steps import compared
    from archive.steps.reread import reread as step

    if report and not run:
        raise Refused("no run was named", "give --run ID, as `warraq reread` said it")
    made, done, failed = run or new_run(shop), 0, list[WarraqError]()
    for name in names:
        try:
            place = shop.outlet(name)
            outcome = compared.report(shop, place, made) if report else step(shop, place, made, wish)
        except WarraqError as error:
            typer.echo(f"warraq: {name}: {error}", err=True)
            failed.append(error)
            continue
        done += not outcome.nothing_due
        if len(names) == 1 or not outcome.nothing_due:
            _print(outcome, as_json)
    if failed:
        raise typer.Exit(max(error.exit_code for error in failed))
    if not done:
        if len(names) > 1:
            _print(Outcome("reread: nothing is to be read again"), as_json)
        raise typer.Exit(NOTHING_DUE)


def _print(outcome: Outcome, as_json: bool) -> None:
    """The line that says what was done comes last: an Airflow task shows it."""
    if as_json:
        print_json({"done": outcome.line, **outcome.data})
        return
    for line in outcome.progress:
        print(isolate(line) if line.startswith("    ") else line)
    print(outcome.line, flush=True)


def _count(shop: Workshop, names: list[str], wish: Wish, as_json: bool) -> None:
    from archive.steps.reread import PART, PARTS, waiting

    found = {name: waiting(shop, shop.outlet(name), wish) for name in names}
    parts = {name: min(PARTS, -(-number // PART)) for name, number in found.items() if number}
    if as_json:
        print_json({"waiting": found, "parts": parts})
    else:
        print(f"reread: {sum(found.values())} captures wait: {' '.join(f'{name}={n}' for name, n in parts.items()) or 'none'}")
    if not parts:
        raise typer.Exit(NOTHING_DUE)


def readings(
    which: Annotated[str, typer.Argument(help="Address or id of an article.", show_default=False)],
    restricted: Restricted = False,
    as_json: Json = False,
) -> None:
    """What each capture of an article was read as, by which rules, in which run."""
    shop = workshop()
    row = shown(shop, restricted).article(which)
    found = [one for _, one in shop.catalog.lines(row.outlet, row.article) if one.reading is not None]
    if as_json:
        print_json([_row(line) for line in found])
        return
    print(f"{isolate(row.title)}\n{row.url}")
    before = ""
    for line in found:
        read = line.reading
        if read is None:
            continue
        if line.time != before:
            print(f"  {line.time}  body {line.body[:19]}")
        before = line.time
        again = "read again" if line.reread else "read"
        print(f"    rules {read.rules}  {read.layout or '(no layout)'}  {again} in {line.run}")
        print(f"      text {read.body.t[:12]}  headline {read.headline.t[:12]}  {read.chars} letters  {read.snapshot}")


def _row(line: Observation) -> dict[str, object]:
    read = line.reading
    assert read is not None  # noqa: S101  only such lines are asked for
    own = {"time": line.time, "record": line.record, "run": line.run, "reread": line.reread, "doubt": line.doubt}
    told = {name: getattr(read, name) for name in ("rules", "layout", "chars", "published", "modified", "snapshot")}
    return {**own, **told, "headline": read.headline.t, "body": read.body.t}


def _time(text: str, option: str) -> str:
    """A time of a person's as the catalog has them; one without a zone is UTC."""
    if not text:
        return ""
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise Refused(f"{option} {text!r} is no time", "write it as 2026-11-22 or 2026-11-22T08:00:00Z") from None
    return f"{when.astimezone(UTC) if when.tzinfo else when:%Y-%m-%dT%H:%M:%S.%fZ}"
