"""The newsroom as it runs: the script's state, when each step happened, and who has read what since.

The clock starts with the first reader of an article. Nothing happens to a page that nobody has read since
its last change, and a deleted page comes back only after two readers, some seconds apart, have missed it.
So a visitor who comes by every half minute sees every act; `PATIENCE` bounds the wait.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from sandbox import script, texts

ZONE = timezone(timedelta(hours=3))  # what the outlet file calls Asia/Damascus
SLOWER = 5  # after the first cycle, acts come this many times slower
PATIENCE = 24  # an act waits for a reader at most this many paces
APART = 5.0  # seconds between two readers of a missing page that count as two


class Newsroom:
    """One newsroom in one folder. Safe to call from several threads.

    `pace` is in seconds. `clock` gives seconds that only grow, `now` the time of day: tests pass their own.
    """

    def __init__(
        self,
        folder: Path,
        *,
        seed: int = 1,
        pace: float = 8.0,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(ZONE),
    ) -> None:
        self.folder, self.pace, self._clock, self._now = folder, pace, clock, now
        self._lock = threading.RLock()
        self._pieces = texts.load()
        self._due: float | None = None
        self._reads: dict[int, list[float]] = {}
        folder.mkdir(parents=True, exist_ok=True)
        kept = self._kept()
        self.seed = int(kept.get("seed", seed))
        self.times: list[datetime] = [datetime.fromisoformat(t) for t in kept.get("times", ())] or [now().astimezone(ZONE)]
        self.state = script.state(self._pieces, self.seed, len(self.times) - 1)
        self._keep()

    def read(self, article: int) -> None:
        """Somebody asked for the page of this article, and got it or a 404."""
        with self._lock:
            at = self._clock()
            if self._due is None:
                self._due = at + self.pace
            seen = self._reads.setdefault(article, [])
            if not seen or at - seen[-1] >= APART:
                seen.append(at)

    def tick(self) -> script.State | None:
        """Do the next act if it is due and its page has been read; the new state, or None."""
        with self._lock:
            if self._due is None or (late := self._clock() - self._due) < 0:
                return None
            if not self._read_enough() and late < PATIENCE * self.pace:
                return None
            return self.advance()

    def advance(self) -> script.State:
        """Do the next act now."""
        with self._lock:
            self.state = script.after(self.state, self._pieces, self.seed)
            self.times.append(self._now().astimezone(ZONE))
            self._reads.pop(self.state.article, None)
            slow = self.state.step >= len(script.CYCLE)
            self._due = self._clock() + self.pace * (SLOWER if slow else 1)
            self._keep()
            return self.state

    def published(self, article: script.Article) -> datetime:
        """When it came out. What was there at the opening came out in the days before it."""
        if article.published == 0:
            return (self.times[0] - timedelta(hours=7 * (article.id - script.FIRST_ID) + 2)).replace(microsecond=0)
        return self.times[article.published].replace(microsecond=0)

    def modified(self, article: script.Article) -> datetime:
        """When it was last modified, as far as the site admits."""
        return self.times[article.modified].replace(microsecond=0) if article.modified else self.published(article)

    def _read_enough(self) -> bool:
        kind = script.CYCLE[self.state.step % len(script.CYCLE)]
        if kind == "publish":
            return True
        seen = self._reads.get(script.chosen(self.state, kind, self.seed).id, [])
        return len(seen) >= (2 if kind == "restore" else 1)

    def _kept(self) -> dict[str, Any]:
        path = self.folder / "newsroom.json"
        kept: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.exists() else {}
        return kept

    def _keep(self) -> None:
        """Write what a restart needs, then a line in the ledger: what really happened, for who wants to compare."""
        row = {"seed": self.seed, "times": [t.isoformat() for t in self.times]}
        new = self.folder / "newsroom.json.new"
        new.write_text(json.dumps(row), "utf-8")
        os.replace(new, self.folder / "newsroom.json")
        ledger = self.folder / "ledger.jsonl"
        done = len(ledger.read_text("utf-8").splitlines()) if ledger.exists() else 0
        if done > self.state.step:
            return
        act: dict[str, object] = {"step": self.state.step, "time": self.times[-1].isoformat(), "kind": self.state.kind}
        if self.state.article:
            article = self.state.by_id(self.state.article)
            act |= {"id": article.id, "path": f"/{article.slug}/", "title": article.title}
        with ledger.open("a", encoding="utf-8") as file:
            file.write(json.dumps(act, ensure_ascii=False) + "\n")
