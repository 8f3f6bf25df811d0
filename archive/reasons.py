"""Reasons that only who decides may read, on their way from a form to the act: in files of this machine's state folder.

A scheduler shows the parameters of a run, its log and what was posted to everybody who may look. So a form keeps the reason
here, and the run is given a reference: a name that says when the form was opened, and nothing of what stands in it.
"""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from archive.errors import Refused

FOLDER = "reasons"
REFERENCE = r"kept-[0-9]{8}T[0-9]{6}Z-[0-9a-f]{8}-[0-9]"
KEPT = timedelta(days=30)  # a run may wait, and be tried again, for as long
LONGEST = 2000  # characters
_REFERENCE = re.compile(REFERENCE, re.ASCII)
_ONCE = re.compile(r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{8}", re.ASCII)


def keep(state: Path, reason: str, once: str, now: datetime) -> str:
    """Keep a reason; the reference to it. The same form sent twice (`once`: its time and 8 hex digits) gives the same one.

    Refused when the form was corrected more than nine times, or the folder cannot be written. What is older than KEPT goes.
    """
    if not _ONCE.fullmatch(once):
        raise Refused(f"{once!r} is not the time and number of a form", "open the form again")
    folder = state / FOLDER
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _prune(folder, now)
        for n in range(10):
            reference = f"kept-{once}-{n}"
            if _put(folder / reference, reason):
                return reference
    except OSError as error:
        raise Refused(f"the reason cannot be kept in {folder}: {error.strerror}", "is there room, and may we write?") from error
    raise Refused("this form was sent too often", "open it again")


def read(state: Path, reference: str) -> str:
    """The reason behind a reference. Refused when it is none, or nothing is kept under it on this machine (any more)."""
    if not _REFERENCE.fullmatch(reference):
        raise Refused(f"{reference[:60]!r} refers to no reason", "send the form again")
    try:
        return (state / FOLDER / reference).read_text("utf-8")
    except OSError as error:
        told = f"no reason is kept as {reference} on this machine"
        raise Refused(told, f"it is for {KEPT.days} days, where the form was sent to; send the form again") from error


def _put(path: Path, reason: str) -> bool:
    """Whether the file holds the reason now: it is new, or it did before."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except FileExistsError:
        return path.read_text("utf-8") == reason
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(reason)
    return True


def _prune(folder: Path, now: datetime) -> None:
    for path in folder.glob("kept-*"):
        try:
            written = path.stat().st_mtime
        except FileNotFoundError:  # pruned meanwhile, with another form
            continue
        if datetime.fromtimestamp(written, UTC) < now - KEPT:
            path.unlink(missing_ok=True)
