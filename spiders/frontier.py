"""The frontier: what a run still wants to fetch, in order of worth. Scrapy only ever holds what is in flight.

Order: front channels, new articles (newest first), what lists of this run and then what the plan want looked at again,
deep channel pages, the back catalogue (newest first), pictures. Nothing is put in twice in a run.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import IntEnum
from itertools import count

from archive.capture import Cited, Note, Previous, Role, Site
from spiders.robots import Ruling

_FIRST, _NEXT = -1e12, -1e11  # before what is ordered by 0, whatever its date


class Rank(IntEnum):
    """What goes first. NEW, REVISIT (what lists ask for), BACKLOG and PICTURE are ordered by date within."""

    FRONT = 0
    NEW = 1
    REVISIT = 2
    DEEP = 3
    BACKLOG = 4
    PICTURE = 5


@dataclass(frozen=True, slots=True)
class Job:
    """One address to fetch, with everything its capture's note will say."""

    url: str
    role: Role
    rank: Rank
    found: str  # channel or list that asked for it
    why: str
    kind: str = ""  # channel documents: how to read them
    page: int | None = None
    article: str = ""
    published: str = ""
    previous: Previous | None = None
    attempt: int = 1
    listed_by: Cited | None = None
    announced: dict[str, str] = field(default_factory=dict)
    conditional: bool = False  # ask with the validators of `previous`
    missed: bool = False  # an earlier attempt of this run did not find it
    site: Site = ""

    def note(self, via: tuple[str, ...], ruling: Ruling | None) -> Note:
        """What goes into the capture's metadata record. A redirected answer has no `previous`: it is another address."""
        return Note(
            role=self.role,
            found=self.found,
            why=self.why,
            via=via,
            attempt=self.attempt,
            page=self.page,
            channel=self.kind,
            robots=ruling.why if ruling else "",
            previous=None if via else self.previous,
            listed_by=self.listed_by,
            ruled_by=ruling.cited if ruling else None,
            announced=self.announced,
            site=self.site,
        )

    def cite(self, cited: Cited | None) -> Job:
        return replace(self, listed_by=cited)

    def again(self) -> Job:
        return replace(self, attempt=self.attempt + 1)


class Frontier:
    """A heap of jobs, and a second one of jobs that wait for their next attempt."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, float, int, Job]] = []
        self._later: list[tuple[float, int, Job]] = []
        self._seen: set[str] = set()
        self._planned: dict[str, tuple[int, Job]] = {}  # article → number and job of a revisit that waits as planned
        self._replaced: set[int] = set()  # numbers of jobs in the heap that a better one stands for
        self._order = count()
        self.put_in = 0

    def push(self, job: Job, key: str) -> bool:
        """Put in a job, unless one with this key (address or article id) was ever put in."""
        if key in self._seen:
            return False
        self._seen.add(key)
        self.put_in += 1
        number = next(self._order)
        if job.rank is Rank.REVISIT and job.found == "plan":
            self._planned[key] = number, job
        heapq.heappush(self._heap, (job.rank, _within(job), number, job))
        return True

    def promote(self, job: Job, key: str) -> bool:
        """Put in a revisit that a list of this run asks for; if the plan's one still waits, in its place, with what the
        plan knows of earlier captures."""
        if key not in self._planned:
            return self.push(job, key)
        number, old = self._planned.pop(key)
        self._replaced.add(number)
        job = replace(job, previous=old.previous, announced={**old.announced, **job.announced})
        heapq.heappush(self._heap, (job.rank, _within(job), next(self._order), job))
        return True

    def mark(self, key: str) -> None:
        """Never put in anything with this key: it was fetched on the way."""
        self._seen.add(key)

    def seen(self, key: str) -> bool:
        return key in self._seen

    def retry(self, job: Job, at: float) -> None:
        """The next attempt of a job that was popped, not before the time `at`."""
        heapq.heappush(self._later, (at, next(self._order), job.again()))

    def pop(self, now: float, limit: Rank = Rank.BACKLOG) -> tuple[Job | None, float]:
        """(the job to do now, 0), or (None, the time at which one will be ready; infinity when there is none).

        `limit`: the lowest rank that may go now."""
        while self._later and self._later[0][0] <= now:
            job = heapq.heappop(self._later)[2]
            heapq.heappush(self._heap, (job.rank, _within(job), next(self._order), job))
        self._drop_replaced()
        if self._heap and self._heap[0][0] <= limit:
            job = heapq.heappop(self._heap)[3]
            self._planned.pop(job.article, None)
            return job, 0.0
        return None, self._later[0][0] if self._later else float("inf")

    def _drop_replaced(self) -> None:
        while self._heap and self._heap[0][2] in self._replaced:
            self._replaced.remove(heapq.heappop(self._heap)[2])

    def first(self) -> Rank | None:
        """The best rank of all that is in, also of what waits for its next attempt."""
        self._drop_replaced()
        ranks = [row[2].rank for row in self._later] + [row[3].rank for row in self._heap[:1]]
        return min(ranks, default=None)

    def front_waits(self) -> bool:
        """Does a front channel wait for its next attempt?"""
        return any(row[2].rank is Rank.FRONT for row in self._later)

    def left(self) -> list[Job]:
        """Every job that is still in."""
        return [row[3] for row in self._heap if row[2] not in self._replaced] + [row[2] for row in self._later]


def _within(job: Job) -> float:
    """Order within a rank: articles newest first; list pages after sitemaps, which list more at a time.

    What a front page lists without a date is as new as can be, in its order; what a deep one does is not known to be.
    """
    if job.rank is Rank.NEW and not job.published:
        return float("-inf")
    if job.rank in (Rank.NEW, Rank.BACKLOG, Rank.PICTURE):
        return -_seconds(job.published)
    if job.rank is Rank.REVISIT and job.found != "plan":
        return (_NEXT if job.why == "text" else _FIRST) - _seconds(job.published)
    return float(job.rank is Rank.DEEP and job.kind in ("archive", "home"))


def _seconds(published: str) -> float:
    try:
        return datetime.fromisoformat(published).timestamp() if published else 0.0
    except (ValueError, OverflowError, OSError):
        return 0.0
