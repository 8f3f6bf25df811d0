"""The commands that check the archive: verify, audit."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from archive import marker
from archive.cli.common import Json, isolate, print_json, progress, workshop
from archive.errors import BadRecord, Broken, Refused
from archive.keys import OUTLET
from archive.s3 import S3Store, connect
from archive.settings import Settings
from archive.steps import outcome
from archive.steps.workshop import Workshop
from archive.verify.finding import Report

if TYPE_CHECKING:
    from archive.verify.history import Remembered
    from archive.verify.log import Tick
    from archive.verify.progress import Progress
    from archive.verify.run import Scope

SHOWN = 200  # findings in a text; JSON has all


def register(app: typer.Typer) -> None:
    for command in (verify, audit):
        app.command()(command)


def verify(
    what: Annotated[
        str, typer.Argument(help="An outlet, an article, or a bundle (.zip); the whole archive when left out.")
    ] = "",
    *,
    copy: Annotated[str, typer.Option("--store", help="Another store that holds a copy: s3://bucket/prefix.")] = "",
    checkpoints: Annotated[
        list[Path] | None, typer.Option("--checkpoints", help="A checkpoint or a book of them that somebody kept.")
    ] = None,
    key: Annotated[str, typer.Option("--key", help="Of a bundle: the verifier key that its archive publishes.")] = "",
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a verification that was interrupted.")] = False,
    report: Annotated[Path | None, typer.Option("--report", help="Write the report to this file too, as JSON.")] = None,
    as_json: Json = False,
) -> None:
    """Check everything against the log, and the log against whoever remembers it. Exit 65 on a finding."""
    from archive.verify.run import Scope

    if what.endswith(".zip"):
        found = _bundle(Path(what), key)
    elif key:
        raise Refused("--key is about a bundle", "name a .zip; the archive's own keys are checked against its log")
    else:
        shop = workshop(as_json)
        store = open_store(replace(shop.settings, bucket=copy) if copy else shop.settings, copy)
        if _whole(shop, store, what):
            state = _state(shop, what, resume=resume, copy=bool(copy))
            with progress("verify", as_json) as tick:
                found = _check(shop, store, scope=Scope(what), state=state, files=checkpoints or [], tick=tick, copy=bool(copy))
        else:
            found = _article(shop, store, what, checkpoints or [])
    tell(found, report, as_json)


def audit(
    within: Annotated[str, typer.Option("--within", help="Days in which everything is verified: 7d.")] = "7d",
    report: Annotated[Path | None, typer.Option("--report", help="Write the report to this file too, as JSON.")] = None,
    as_json: Json = False,
) -> None:
    """The daily part of a verification that covers everything within some days. Exit 65 on a finding."""
    from archive.verify import audit as audits
    from archive.verify.run import Scope

    days = _days(within)
    shop = workshop(as_json)
    store, state, now = open_store(shop.settings), _state(shop, part=True), shop.clock()
    ledger = audits.Ledger.load(shop.settings.state / "audit.json", now)
    shares = audits.due(ledger, now, days)
    with progress("audit", as_json) as tick:
        found = _check(shop, store, scope=Scope(shares=shares, bodies=False), state=state, files=[], tick=tick)
    ledger.note(shares, found, now)
    outcome.duty(shop, "audit", len(found.faults), str(found.faults[0]) if found.faults else "")
    tell(found, report, as_json, audits.line(found, shares))


def _days(text: str) -> timedelta:
    number = text.removesuffix("d")
    if not number.isascii() or not number.isdigit() or not int(number):
        raise Refused(f"--within {text}: no number of days", "write it as 7d")
    return timedelta(days=int(number))


def _whole(shop: Workshop, store: S3Store, what: str) -> bool:
    """Whether the whole archive or an outlet is meant, anything else being an article. Refused for an unknown outlet."""
    if not what or not OUTLET.fullmatch(what) or shop.outlet_file(what).is_file():
        return not what or bool(OUTLET.fullmatch(what))
    if next(iter(store.list(f"plans/{what}/")), None) is not None:
        return True
    if len(what) >= 6 and set(what) <= set("0123456789abcdef"):
        return False
    raise Refused(f"no outlet {what!r}", "name one of `warraq outlets`, or an article by its address or id")


def _bundle(path: Path, key: str) -> Report:
    from archive.prove.checking import examine

    return examine(path, key)


def _state(shop: Workshop, outlet: str = "", *, resume: bool = False, part: bool = False, copy: bool = False) -> Progress:
    """How far this machine's last verification was; of a copy nothing is remembered."""
    from archive.verify.progress import Progress

    return Progress(None if copy else shop.settings.state / "verify.json", outlet, resume, part)


def _check(
    shop: Workshop, store: S3Store, *, scope: Scope, state: Progress, files: Sequence[Path], tick: Tick, copy: bool = False
) -> Report:
    """Verify with all that this machine knows beside the bucket."""
    from archive.verify import memory
    from archive.verify.run import verify as check

    known, damaged = memory.of(shop.settings, shop.catalog.log_size(), state.remembered(), files)
    if copy:
        known = replace(known, past=_of_copy(shop, store, known.past))
    found = check(store, shop.clock(), scope=scope, known=known, tick=tick, progress=state)
    if damaged:
        found.unchecked["entries of a checkpoint book that cannot be read"] = len(damaged)
    return found


def _of_copy(shop: Workshop, store: S3Store, past: Remembered) -> Remembered:
    """A copy may be behind, but not behind what this machine has copied; what was kept above it says nothing of it."""
    from archive.log.writer import published
    from archive.steps.copies import recall
    from archive.verify.history import Remembered

    try:
        held, copied = published(store), recall(shop.settings, store)
    except BadRecord:  # the verification names it
        return Remembered()
    size = held.size if held else 0
    return replace(past, kept=[one for one in past.kept if one.checkpoint.size <= size], catalog=copied.size if copied else 0)


def open_store(settings: Settings, copy: str = "") -> S3Store:
    """The archive for reading alone. One whose marker is gone or damaged is opened all the same, if it has a log."""
    if copy:
        from archive.steps.copies import connect as connect_copy

        return connect_copy(settings, copy)
    store = connect(settings, write=False)
    try:
        held = marker.read(store)
    except Broken:
        return store
    if held is not None or store.checkpoint() is None:
        marker.check(held, settings, store.where)
    return store


# What is told


def tell(found: Report, path: Path | None, as_json: bool, last: str = "") -> None:
    """Print the report (`last`: its last line), write it, exit 65 when there is a fault."""
    if path is not None:
        path.write_text(json.dumps(found.row(), ensure_ascii=False, indent=1) + "\n", "utf-8")
    if as_json:
        print_json(found.row())
    else:
        for line in (*lines(found), last or _sum(found)):
            print(line, flush=True)
    if found.faults:
        raise typer.Exit(Broken.exit_code)


def lines(found: Report) -> Iterable[str]:
    """The report as text, but for the line that sums it up."""
    for one in found.findings[:SHOWN]:
        yield str(one)
    if len(found.findings) > SHOWN:
        yield f"… and {len(found.findings) - SHOWN} more findings: --json or --report has all"
    for one in found.information:
        yield f"({one})"
    if found.uncaptured.get("count"):
        yield f"(not captured: {found.uncaptured['count']} articles that were planned or listed were never tried; the oldest:)"
        for wish in found.uncaptured["oldest"]:
            yield f"(  {wish['time'][:10]}  {isolate(wish['url'])}  named by {wish['named_by']})"
    for what, n in found.waiting.items():
        yield f"(waiting: {n} {what})"
    for what, n in found.unchecked.items():
        yield f"(not checked: {n} {what})"


def _sum(found: Report) -> str:
    checked = ", ".join(f"{n} {what}" for what, n in found.counts.items())
    by_order = len(found.findings) - len(found.faults)
    ordered = f", {by_order} redacted by order" if by_order else ""
    return f"verify: {checked or 'nothing there yet'}; {len(found.faults)} findings{ordered}"


def _article(shop: Workshop, store: S3Store, which: str, files: Sequence[Path]) -> Report:
    from archive.verify.article import verify as check

    if files:
        raise Refused("--checkpoints is about the whole log", "leave the article out")
    return check(shop, store, which)
