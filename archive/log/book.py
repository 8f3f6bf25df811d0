"""The checkpoint book: signed checkpoints noted outside the bucket, with the time they were noted. Pure.

A stolen key and a rewritten log are noticed only by someone who kept an old checkpoint. The book is that memory: a text
file that only grows. Each entry is a line `noted <UTC time>`, the checkpoint as it was signed, and an empty line.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from archive.errors import BadRecord
from archive.log import note
from archive.log.note import Checkpoint, Note

_HEAD = re.compile(rb"(?m)^noted ")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)


@dataclass(frozen=True, slots=True)
class Entry:
    noted: datetime  # UTC, seconds
    note: Note
    checkpoint: Checkpoint


@dataclass(frozen=True, slots=True)
class Book:
    entries: tuple[Entry, ...]  # in the order of the file
    damaged: tuple[str, ...]  # what could not be read, and why: an entry that was cut short, or edited

    @property
    def last(self) -> Entry | None:
        return self.entries[-1] if self.entries else None


def entry(noted: datetime, checkpoint: bytes) -> bytes:
    """An entry as it is appended. It begins with an empty line, so that it stands alone after one that was cut short."""
    return f"\nnoted {noted.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}\n".encode() + checkpoint + b"\n"


def parse(data: bytes) -> Book:
    """The entries of a book; those that cannot be read are named by their line."""
    entries, damaged = list[Entry](), list[str]()
    starts = [match.start() for match in _HEAD.finditer(data)]
    pieces = zip([0, *starts], [*starts, len(data)], strict=True)
    for start, end in pieces:
        block = data[start:end]
        line = data.count(b"\n", 0, start) + 1
        try:
            if block.startswith(b"noted "):
                entries.append(_entry(block))
                block = block.partition(b"\n\n")[2].partition(b"\n\n")[2]  # what follows the signatures
            if block.strip():
                raise BadRecord("something that is no entry, at its beginning or after it")
        except BadRecord as error:
            damaged.append(f"line {line}: {error.what}")
    return Book(tuple(entries), tuple(damaged))


def _entry(block: bytes) -> Entry:
    head, _, rest = block.partition(b"\n")
    time = head.removeprefix(b"noted ").decode("ascii", "replace")
    try:
        noted = datetime.strptime(time, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC) if _TIME.fullmatch(time) else None
    except ValueError:
        noted = None
    if noted is None:
        raise BadRecord("an entry without a time")
    text, gap, tail = rest.partition(b"\n\n")
    signed = note.parse(text + gap + tail.partition(b"\n\n")[0].rstrip(b"\n") + b"\n")
    return Entry(noted, signed, note.parse_checkpoint(signed))


def due(book: Book, checkpoint: bytes, now: datetime) -> bool:
    """Whether this checkpoint should be noted: another than the last, and none was noted today (UTC)."""
    last = book.last
    return last is None or (bytes(last.note) != checkpoint and last.noted.date() < now.astimezone(UTC).date())


def contradiction(kept: Checkpoint, now: Checkpoint, root_of: Callable[[int], bytes]) -> str:
    """How the log contradicts a checkpoint that somebody kept: "", `rolled back`, `forked`, or `another log`.

    `root_of(size)`: the root of the first `size` leaves of the log as it is now; asked only within its size.
    """
    if kept.origin != now.origin:
        return "another log"
    if kept.size > now.size:
        return "rolled back"
    return "" if root_of(kept.size) == kept.root else "forked"
