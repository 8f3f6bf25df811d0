"""What `warraq doctor` says of the log: its key, and who besides us could tell that it was rewritten.

As in archive.doctor, the `judge_…` functions decide and are pure.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from archive.doctor import Check
from archive.errors import Refused
from archive.log import anchor, keyring, witness
from archive.log.note import Note, SigningKey
from archive.log.writer import Published, published
from archive.settings import Settings
from archive.steps import keep_book, signed
from archive.steps.post import check, host
from archive.steps.signed import Condition, age

if TYPE_CHECKING:
    from archive.s3 import S3Store

STALE = timedelta(hours=25)  # of tokens and cosignatures; the DAG asks each hour
STALE_BOOK = timedelta(days=3)
_OUTSIDE = 'set WARRAQ_TSA (docs/OPERATIONS.md, "Time from outside")'


def checks(store: S3Store, settings: Settings) -> list[tuple[str, Callable[[], Check]]]:
    """Name and question of each check; a question may raise WarraqError."""
    now, there = datetime.now(UTC), cache(lambda: signed.look(store, settings))
    return [
        ("log key", lambda: _key(store, settings)),
        ("time from outside", lambda: _times(settings, there(), now)),
        ("witnesses", lambda: _witnesses(settings, there(), now)),
        ("checkpoint book", lambda: _book(settings, there(), now)),
    ]


def _key(store: S3Store, settings: Settings) -> Check:
    path = settings.log_key_file
    where = "WARRAQ_LOG_KEY" if settings.log_key else str(path)
    git = not settings.log_key and any((folder / ".git").exists() for folder in path.resolve().parents)
    return judge_key(keyring.load(settings), where, published(store), git=git)


def judge_key(held: SigningKey | None, where: str, newest: Published | None, *, git: bool) -> Check:
    """`where` the key is kept; `git`: that is a file in a work tree."""
    if held is None:
        lost = keyring.absent()
        return Check("", "fail", lost.what, lost.remedy)
    if newest and not Note(newest.note.text, newest.note.signatures[:1]).signed_by(held.public):
        force = ", ".join(f"{one.name} {one.key_id.hex()}" for one in newest.note.signatures[:1])
        return Check(
            "",
            "fail",
            f"{where} holds {held.name} {held.public.id.hex()}, and the log is signed with {force or 'nothing'}",
            "give this machine the key in force; if nobody changed it, run warraq verify",
        )
    if git:
        return Check("", "warn", f"{where} lies in a Git work tree", "move it out, and set WARRAQ_LOG_KEY_FILE")
    return Check("", "ok", f"{held.public} in {where}; is there a copy of it where this machine cannot reach?")


def _times(settings: Settings, there: Condition, now: datetime) -> Check:
    hosts = [host(check("WARRAQ_TSA", address)) for address in settings.authorities]
    roots = Path(settings.authority_roots) if settings.authority_roots else None
    if roots is not None:
        try:
            anchor.load_roots(roots.read_bytes())
        except OSError as error:
            raise Refused(f"WARRAQ_TSA_ROOTS={roots}: {error.strerror}", "name a PEM file of the authorities' roots") from error
    return judge_times(hosts, roots is not None, there, now, sandbox=settings.sandbox)


def judge_times(hosts: list[str], checked: bool, there: Condition, now: datetime, *, sandbox: bool) -> Check:
    """`checked`: there are roots to check tokens against."""
    if not hosts:
        if sandbox:
            return Check("", "ok", "no authority; the sandbox needs none")
        return Check("", "warn", "no authority is asked: only this machine says when something was captured", _OUTSIDE)
    what = f"{', '.join(hosts)}; {_newest('token', there.token, now)}"
    if not checked:
        return Check("", "warn", f"{what}, its signature unchecked", "set WARRAQ_TSA_ROOTS to a PEM file of the roots")
    return _fresh(what, there.token, there, now, STALE)


def _witnesses(settings: Settings, there: Condition, now: datetime) -> Check:
    return judge_witnesses([witness.parse(text).key.name for text in settings.witnesses], there, now)


def judge_witnesses(names: list[str], there: Condition, now: datetime) -> Check:
    if not names:
        return Check("", "ok", "none; a rewritten log is noticed by who kept a token, the book or a copy elsewhere")
    return _fresh(f"{', '.join(names)}; {_newest('cosignature', there.cosigned, now)}", there.cosigned, there, now, STALE)


def _book(settings: Settings, there: Condition, now: datetime) -> Check:
    damaged = keep_book.read(settings.book).damaged
    return judge_book(settings.book, damaged, there, now, posted=bool(settings.book_webhook))


def judge_book(path: Path, damaged: tuple[str, ...], there: Condition, now: datetime, *, posted: bool) -> Check:
    if damaged:
        return Check(
            "", "warn", f"{path}, {damaged[0]}", "compare it with your copy of the book; nothing is ever taken out of it"
        )
    keep = "" if posted else "; carry a copy of it to where this machine cannot reach"
    return _fresh(f"{path}; {_newest('entry', there.noted, now)}{keep}", there.noted, there, now, STALE_BOOK)


def _newest(what: str, when: datetime | None, now: datetime) -> str:
    return f"no {what} yet" if when is None else f"newest {what} {age(now - when)} old"


def _fresh(what: str, when: datetime | None, there: Condition, now: datetime, most: timedelta) -> Check:
    """Old is only what is older than a checkpoint that waits for it."""
    waits = there.signed is not None and (when is None or when < there.signed)
    if waits and (when is None or now - when > most) and now - (there.signed or now) > timedelta(hours=1):
        return Check("", "warn", what, "warraq anchor says who did not answer; the DAG warraq_anchor runs it each hour")
    return Check("", "ok", what)
