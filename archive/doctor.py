"""`warraq doctor`: is this machine, and is this bucket, fit to keep an archive?

`examine` asks; the `judge_…` functions decide, and are pure. The bucket's own promises are probed by archive.probes, the log
and who vouches for it by archive.doctor_log, who is told of what goes wrong by archive.doctor_telling, the database by
archive.doctor_catalog.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import sqlite3
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from archive.errors import BadOutlet, BadSeeds, WarraqError
from archive.outlet import load_folder
from archive.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

    from archive.probes import Race
    from archive.s3 import S3Store

CLOCK_WARN, CLOCK_FAIL = 2.0, 30.0  # seconds
DISK_WARN, DISK_FAIL = 5 << 30, 1 << 30  # bytes
FIRST_PORT, PORTS = 8480, 12  # of the stack, unless WARRAQ_PORT says otherwise; stack/mode.py has the same
_CONTACT = re.compile(r"(mailto:)?[^@\s]+@[^@\s]+\.[^@\s]+|https?://\S+")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `state` is ok, warn (work goes on) or fail (a person must act first)."""

    name: str
    state: Literal["ok", "warn", "fail"]
    what: str
    remedy: str = ""


def examine(
    settings: Settings, *, create: bool = False, client: S3Client | None = None, env: Mapping[str, str] = os.environ
) -> list[Check]:
    """Every check; raises nothing that a check can say. `create` makes bucket and archive first, if they are not there."""
    return [
        *_store(settings, client, create),
        judge_contact(settings.contact, settings.sandbox),
        *_beside(settings),
        judge_state(settings.state, [folder for folder in _upwards(settings.state) if (folder / ".git").exists()]),
        _writable(settings.state),
        judge_disk(settings.state, shutil.disk_usage(next(p for p in _upwards(settings.state) if p.exists())).free),
        _ports(env),
        judge_outlets(settings.outlets, *load_folder(settings.outlets)),
        _seeds(settings.seeds_lock),
        judge_versions(sys.version_info[:2], sqlite3.sqlite_version_info, _fts5()),
    ]


def _store(settings: Settings, client: S3Client | None, create: bool) -> list[Check]:
    from archive import s3

    try:
        store = s3.connect(settings, client)
        (s3.init_archive(settings, store.client, make_bucket=True) if create else s3.open_store(settings, store.client))
    except WarraqError as error:
        return [Check("bucket", "fail", error.what, error.remedy)]
    what = f"{store.where} at {store.endpoint} holds {'a sandbox' if settings.sandbox else 'an'} archive"
    from archive import doctor_log

    return [
        Check("bucket", "ok", what),
        _asked("clock", lambda: judge_clock(_offset(store))),
        *_promises(store),
        *(_asked(name, ask) for name, ask in doctor_log.checks(store, settings)),
    ]


def _beside(settings: Settings) -> list[Check]:
    from archive import doctor_catalog, doctor_telling

    return [*doctor_telling.checks(settings), *doctor_catalog.checks(settings)]


def _offset(store: S3Store) -> float:
    from archive.probes import clock_offset

    return clock_offset(store)


def _promises(store: S3Store) -> list[Check]:
    from archive import marker, probes

    def conditional() -> Check:
        marker.probe(store)
        return judge_versioning(probes.versioning(store))

    return [
        _asked("conditional puts", conditional),
        _asked("racing writers", lambda: judge_race(probes.race(store))),
        _asked("checksums", lambda: judge_damage(probes.damaged_put(store))),
        _asked("object lock", lambda: judge_lock(probes.locked_delete(store))),
    ]


def _asked(name: str, ask: Callable[[], Check]) -> Check:
    """The check, or why it could not be made."""
    try:
        return replace(ask(), name=name)
    except WarraqError as error:
        return Check(name, "fail", error.what, error.remedy or "run warraq verify")


def judge_versioning(versioning: str) -> Check:
    if versioning == "Enabled":
        return Check("", "ok", "a second put on a key is refused, on a versioned bucket")
    return Check("", "ok", f"a second put on a key is refused (versioning: {versioning})")


def judge_race(seen: Race) -> Check:
    """One winner, who is the one whose bytes are there. Nobody told is well too: a winner's answer may be lost."""
    if seen.winners in ((seen.held,), ()):
        lost = f"; {len(seen.failures)} gave up: {seen.failures[0]}" if seen.failures else ""
        return Check("", "warn" if lost else "ok", f"of 16 writers of one key, one won{lost}")
    told = f"of 16 writers of one key, {len(seen.winners)} were told that they won"
    return Check("", "fail", told, "use a store that keeps If-None-Match under contention")


def judge_damage(refused: bool) -> Check:
    if refused:
        return Check("", "ok", "bytes that differ from their SHA-256 are refused")
    return Check("", "warn", "bytes that differ from their SHA-256 are taken", "run warraq verify often, or use https")


def judge_lock(found: str) -> Check:
    """A report, no condition: our tamper evidence is the hash chain, never the storage."""
    words = {
        "no lock": "the bucket has no Object Lock; whoever has its key can delete",
        "kept": "a locked version could not be deleted",
        "deleted": "a locked version was deleted",
    }
    return Check("", "warn" if found == "deleted" else "ok", words.get(found, found))


def judge_clock(offset: float) -> Check:
    """`offset`: seconds this machine is ahead of the store; known to half a second."""
    state: Literal["ok", "warn", "fail"] = (
        "ok" if abs(offset) <= CLOCK_WARN else "warn" if abs(offset) <= CLOCK_FAIL else "fail"
    )
    way = "ahead of" if offset > 0 else "behind"
    remedy = "" if state == "ok" else "set the clock (chrony or systemd-timesyncd); over 30 s nothing is crawled"
    return Check("clock", state, f"this machine is {abs(offset):.1f} s {way} the store", remedy)


def judge_contact(contact: str, sandbox: bool) -> Check:
    if _CONTACT.fullmatch(contact):
        return Check("contact", "ok", f"sites are told {contact}")
    if sandbox and not contact:
        return Check("contact", "ok", "none; the sandbox needs none")
    what = f"WARRAQ_CONTACT={contact} is no address" if contact else "WARRAQ_CONTACT is not set"
    return Check("contact", "fail", what, "set it to a mail or web address that the sites can complain to")


def judge_state(state: Path, git: list[Path]) -> Check:
    if git:
        what = f"WARRAQ_STATE={state} lies in the Git work tree {git[0]}"
        return Check(
            "state", "fail", what, "set it to a folder outside: a clean-up of the work tree would take the spool with it"
        )
    return Check("state", "ok", f"{state}")


def judge_disk(state: Path, free: int) -> Check:
    what = f"{free / (1 << 30):.1f} GB free for {state}"
    if free < DISK_FAIL:
        return Check("disk", "fail", what, "free at least 1 GB before the next run")
    return Check("disk", "warn", what, "5 GB are comfortable") if free < DISK_WARN else Check("disk", "ok", what)


def judge_ports(taken: Iterable[int]) -> Check:
    numbers = ", ".join(map(str, taken))
    if numbers:
        return Check("ports", "warn", f"in use: {numbers}", "well if the stack is running; else set WARRAQ_PORT")
    return Check("ports", "ok", "those of the stack are free")


def judge_outlets(folder: Path, good: Mapping[str, object], bad: Mapping[str, BadOutlet]) -> Check:
    if bad:
        first = next(iter(bad.values()))
        more = f" (and {len(bad) - 1} more)" if len(bad) > 1 else ""
        return Check("outlets", "warn" if good else "fail", f"{first.what}{more}", first.remedy or "see outlets/README.md")
    if not good:
        return Check(
            "outlets", "fail", f"no outlet file in {folder}", "set WARRAQ_OUTLETS, or write one; see outlets/README.md"
        )
    return Check("outlets", "ok", f"{len(good)} in {folder}")


def judge_versions(python: tuple[int, int], sqlite: tuple[int, int, int], fts5: bool) -> Check:
    what = f"Python {python[0]}.{python[1]}, SQLite {'.'.join(map(str, sqlite))}"
    if python < (3, 11):
        return Check("versions", "fail", what, "Python 3.11 or newer is needed")
    if sqlite < (3, 35, 0) or not fts5:
        return Check("versions", "fail", what + ("" if fts5 else " without FTS5"), "SQLite 3.35 or newer with FTS5 is needed")
    return Check("versions", "ok", what)


def _upwards(path: Path) -> tuple[Path, ...]:
    return (path, *path.parents)


def _writable(state: Path) -> Check:
    try:
        state.mkdir(parents=True, exist_ok=True)
        probe = state / f".doctor-{os.getpid()}"
        probe.write_bytes(b"x" * 4096)
        probe.unlink()
    except OSError as error:
        return Check(
            "spool", "fail", f"{state} cannot be written: {error.strerror}", "give it space and this user the right to write"
        )
    return Check("spool", "ok", f"{state} can be written")


def _ports(env: Mapping[str, str]) -> Check:
    given = env.get("WARRAQ_PORT") or str(FIRST_PORT)
    if not given.isdigit() or not 0 < int(given) <= 65536 - PORTS:
        return Check("ports", "fail", f"WARRAQ_PORT={given} is no port", f"give the first of {PORTS} free ports in a row")
    return judge_ports([port for port in range(int(given), int(given) + PORTS) if _taken(port)])


def _taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def _seeds(path: Path) -> Check:
    from archive.seed import load_lock

    if not path.exists():
        return Check("seed files", "ok", f"no {path.name}: snapshots carry no links to seed files")
    try:
        return Check("seed files", "ok", f"{path.name} names {len(load_lock(path))}")
    except BadSeeds as error:
        return Check("seed files", "fail", error.what, error.remedy)


def _fts5() -> bool:
    with sqlite3.connect(":memory:") as base:
        return bool(
            base.execute("select count(*) from pragma_compile_options where compile_options = 'ENABLE_FTS5'").fetchone()[0]
        )
