"""The checkpoint book on this machine: compared, added to once a day, and told to a webhook."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from archive.errors import Broken, TryAgain
from archive.log import book
from archive.log.book import Book, Entry
from archive.log.note import Checkpoint
from archive.steps.post import host, post


def read(path: Path) -> Book:
    """The book; an empty one when the file is not there."""
    try:
        return book.parse(path.read_bytes())
    except FileNotFoundError:
        return Book((), ())


def compare(path: Path, now: Checkpoint, root_of: Callable[[int], bytes], say: Callable[[str], None]) -> None:
    """Broken when the log is not the one whose checkpoint was noted last. `root_of` as in `book.contradiction`."""
    held = read(path)
    for what in held.damaged:
        say(f"checkpoint book {path}, {what}")
    last = held.last
    if last is not None and (wrong := book.contradiction(last.checkpoint, now, root_of)):
        raise Broken(
            f"{wrong}: on {last.noted:%Y-%m-%d} the checkpoint book noted {last.checkpoint.size} leaves of "
            f"{last.checkpoint.origin}, and this log of {now.size} does not contain them",
            f"nothing was asked or noted; keep {path} and the bucket as they are, and run warraq verify",
        )


def write(path: Path, checkpoint: bytes, now: datetime, *, force: bool) -> bool:
    """Note the checkpoint unless one was noted today (or, with `force`, unless it was the last). OSError when it cannot be."""
    held = read(path)
    fresh = held.last is None or bytes(held.last.note) != checkpoint
    if not (book.due(held, checkpoint, now) or (force and fresh)):
        return False
    _append(path, book.entry(now, checkpoint))
    return True


def tell(path: Path, address: str) -> bool:
    """Post the newest entry, once; False when it was posted already. TryAgain when the webhook does not take it."""
    last = read(path).last
    if last is None:
        return False
    memory, told = path.with_name(f"{path.name}.posted"), f"{last.checkpoint.size} {last.noted.isoformat()}\n"
    if memory.exists() and memory.read_text("utf-8") == told:
        return False
    answer = post(address, message(last), "application/json; charset=utf-8")
    if not 200 <= answer.status < 300:
        raise TryAgain(f"{host(address)}: it answered {answer.status}")
    memory.write_text(told, "utf-8")
    return True


def message(entry: Entry) -> bytes:
    """What is posted: JSON with `text` (one line, for chat programs), `noted` and `checkpoint` (the signed note)."""
    said = entry.checkpoint
    text = f"{said.origin} had {said.size} leaves, root {said.root.hex()}"
    row = {"text": text, "noted": entry.noted.isoformat(), "checkpoint": bytes(entry.note).decode()}
    return json.dumps(row, ensure_ascii=False).encode()


def _append(path: Path, entry: bytes) -> None:
    """One write, on the disk when this returns. The file is only ever added to, so `chattr +a` suits it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        if os.write(descriptor, entry) != len(entry):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
