"""How far a verification is, and what this machine remembers of the last one: `verify.json` of the state folder."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from archive.errors import Refused
from archive.log.note import Checkpoint
from archive.verify.finding import Report
from archive.verify.history import Kept
from archive.verify.signers import Claim

EVERY = 5.0  # seconds between two writes


@dataclass
class Progress:
    """Without a path nothing is kept. `take_up`: whether an interrupted verification of the same scope goes on. `part`: this
    is the daily part of an audit, and leaves such a one open."""

    path: Path | None = None
    scope: str = ""  # what is verified, as text
    take_up: bool = False
    part: bool = False
    next: int = 0  # leaves that were checked
    report: Report = field(default_factory=Report)
    digests: dict[str, list[str]] = field(default_factory=dict)
    _row: dict[str, Any] = field(default_factory=dict)
    _log: dict[str, Any] = field(default_factory=dict)
    _written: float = 0.0

    def __post_init__(self) -> None:
        if self.path is not None:
            self._row = read(self.path)

    @property
    def sizes(self) -> list[int]:
        """Sizes of the log whose roots `begin` needs."""
        return [self._row["open"]["size"]] if "open" in self._row else []

    def remembered(self) -> list[Kept]:
        """The checkpoint that the last verification without a fault has seen."""
        seen = self._row.get("seen")
        if not seen:
            return []
        checkpoint = Checkpoint(seen["origin"], seen["size"], bytes.fromhex(seen["root"]))
        return [Kept(f"this machine's own verification of {seen['time'][:10]}", checkpoint)]

    def begin(self, published: int, roots: Mapping[int, bytes]) -> None:
        """Start anew, or go on where an interrupted one stopped, if its log is the beginning of this one."""
        told = None if self.part else self._row.pop("open", None)
        if self.take_up and told and told["scope"] == self.scope and roots.get(told["size"], b"").hex() == told["root"]:
            self.next, self.report, self.digests = told["next"], Report.of_row(told["report"]), told["digests"]
        self._log = {"size": published, "root": roots.get(published, b"").hex(), "scope": self.scope}

    def note(self, done: int, digests: Mapping[str, list[str]]) -> None:
        """All leaves below `done` were checked; written down now and then. `report` says what came of it."""
        if self.path is not None and not self.part and time.monotonic() - self._written > EVERY:
            self._row["open"] = {**self._log, "next": done, "report": self.report.row(), "digests": dict(digests)}
            self._write()

    def finish(self, published: Claim | None, now: datetime, *, clean: bool) -> None:
        """Nothing is open any more. A log that is as it should be is remembered, so that it cannot be shortened unseen."""
        if not self.part:
            self._row.pop("open", None)
        if clean and published is not None:
            said = published.checkpoint
            seen = {"origin": said.origin, "size": said.size, "root": said.root.hex(), "time": now.isoformat()}
            self._row["seen"] = seen
        if self.path is not None:
            self._write()

    def _write(self) -> None:
        write(self.path or Path(), self._row)
        self._written = time.monotonic()


def read(path: Path) -> dict[str, Any]:
    """A state file of JSON; empty when there is none. Refused when it is damaged."""
    try:
        row = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise Refused(
            f"{path} is damaged: {error}", "delete it: it only remembers how far the last verification was"
        ) from error
    if not isinstance(row, dict):
        raise Refused(f"{path} is damaged: no JSON object", "delete it: it only remembers how far the last verification was")
    return row


def write(path: Path, row: Mapping[str, Any]) -> None:
    """Write a state file as a whole, or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.{os.getpid()}")
    new.write_text(json.dumps(row, ensure_ascii=False) + "\n", "utf-8")
    new.replace(path)
