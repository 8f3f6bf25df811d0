"""How far the log is signed, what others said of it, and when: asked by `anchor`, `status` and `doctor`."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from archive import keys
from archive.errors import Broken
from archive.log import anchor, note, witness
from archive.log.writer import published, walk
from archive.settings import Settings
from archive.steps import keep_book
from archive.store import Store

if TYPE_CHECKING:
    from archive.s3 import S3Store

_BACK = 4096  # leaves that the first look goes back


@dataclass(frozen=True, slots=True)
class Condition:
    """The log as it is now. Times are UTC; None: there is none."""

    size: int  # leaves under the newest checkpoint
    signed: datetime | None  # when that was put, by the store's clock
    waiting: int  # leaves above it, signed by nobody yet
    waiting_since: datetime | None  # when the oldest of them were put
    token: datetime | None  # the newest time stamp, by its authority's clock
    cosigned: datetime | None  # the newest cosignature, by its witness's clock
    noted: datetime | None  # the newest entry of the checkpoint book


def look(store: S3Store, settings: Settings) -> Condition:
    """A few requests. BadRecord or Broken when what is there cannot be read."""
    held, answer = published(store), dict[str, Any]()
    size = held.size if held else 0
    if held:
        store.get(keys.CHECKPOINT, answer=answer)
    waiting, since = 0, None
    for batch in walk(store, size):
        waiting += batch.end - batch.first
        since = since or _put_at(store, keys.log_batch(batch.first))
    there = anchors(store, size) if held else {}
    last = keep_book.read(settings.book).last
    return Condition(
        size=size,
        signed=answer["LastModified"].astimezone(UTC) if held else None,
        waiting=waiting,
        waiting_since=since,
        token=_newest(store, there, anchor.SUFFIX),
        cosigned=_newest(store, there, witness.SUFFIX),
        noted=last.noted if last else None,
    )


def anchors(store: Store, size: int, wanted: Collection[str] = ()) -> dict[str, int]:
    """Name → size of the newest checkpoint that it says something of; once all that are `wanted` were found, or one of any.

    Looks back from `size`, further each time, so that a log with years of anchors is not listed whole every hour.
    """
    back = _BACK
    while True:
        low, found = max(0, size - back), dict[str, int]()
        for key in store.list("log/anchors/", after=keys.anchor(low, "")):
            told, _, name = key.removeprefix("log/anchors/").partition("/")
            if told.isdigit():
                found[name] = max(found.get(name, 0), int(told))
        if low == 0 or (found and set(wanted) <= set(found)):
            return found
        back *= 8


def kept(store: Store, size: int) -> bytes:
    """The checkpoint of that size as it was published; Broken when it is not there."""
    try:
        return store.get(keys.log_checkpoint(size))
    except KeyError:
        raise Broken(f"{keys.log_checkpoint(size)} is missing", "run warraq verify") from None


def _newest(store: Store, there: dict[str, int], suffix: str) -> datetime | None:
    """The latest time that the newest anchors of one sort tell."""
    times = []
    for name, size in there.items():
        if name.endswith(suffix):
            data = store.get(keys.anchor(size, name))
            times.append(anchor.time_of(data) if suffix == anchor.SUFFIX else _cosigned(data))
    return max(times, default=None)


def _cosigned(line: bytes) -> datetime:
    return witness.cosigned_at(note.parse_signature(line.decode("utf-8", "replace").rstrip("\n")))


def _put_at(store: S3Store, key: str) -> datetime:
    answer: dict[str, Any] = {}
    store.get(key, answer=answer)
    when: datetime = answer["LastModified"]
    return when.astimezone(UTC)


def age(gone: timedelta) -> str:
    """A stretch of time for people: minutes, hours or days, whichever reads best."""
    hours = gone.total_seconds() / 3600
    if hours < 1:
        return f"{hours * 60:.0f} min"
    return f"{hours:.1f} h" if hours < 72 else f"{hours / 24:.0f} days"
