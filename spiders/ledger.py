"""The run's book-keeping: every request out is a request back, every job put in is done, refused or left."""

from __future__ import annotations

from collections import Counter
from typing import Any, get_args

from archive.capture import Role
from spiders.frontier import Job, Rank

NAMED = 1000  # refused articles that a report names, for each reason


class Ledger:
    """Counts. `asked` equals the sum of `outcomes`; jobs put in equal the sum of `jobs` plus what is left."""

    def __init__(self) -> None:
        self.asked = 0
        self.outcomes: Counter[str] = Counter()
        self.statuses: Counter[str] = Counter()
        self.failures: Counter[str] = Counter()
        self.roles: dict[str, Counter[str]] = {role: Counter() for role in get_args(Role)}
        self.jobs: Counter[str] = Counter()
        self.refused: dict[str, list[str]] = {}  # why → ids of articles
        self.redirects: Counter[str] = Counter()
        self.channels: dict[str, dict[str, Any]] = {}
        self.lists: dict[str, Counter[str]] = {}
        self.notes: list[str] = []

    def ask(self, role: Role) -> None:
        self.asked += 1
        self.roles[role]["asked"] += 1

    def answer(self, role: Role, status: int) -> None:
        """A response came back, whatever it says."""
        self._out(role, _class(role, status))
        self.statuses[f"{status // 100}xx"] += 1

    def fail(self, role: Role, slug: str) -> None:
        """No whole response came back."""
        self._out(role, "failed")
        self.failures[slug] += 1

    def refuse(self, why: str, job: Job) -> None:
        """Nothing was asked for a job. Of articles the report says which ones, up to NAMED for each reason."""
        self.jobs[why] += 1
        if job.role == "article" and job.article and len(self.refused.setdefault(why, [])) < NAMED:
            self.refused[why].append(job.article)

    def _out(self, role: Role, outcome: str) -> None:
        self.outcomes[outcome] += 1
        self.roles[role][outcome] += 1

    def channel(self, job: Job, status: int, items: int, new: int, problem: str) -> None:
        """What one channel document gave. Front ones and those that gave nothing are kept one by one, the rest as sums."""
        self.lists.setdefault(job.kind, Counter()).update(documents=1, items=items, new=new)
        if job.rank is not Rank.FRONT and not problem and status == 200:
            return
        row = {"kind": job.kind, "status": status, "items": items, "new": new, "problem": problem}
        self.channels[job.url] = {key: value for key, value in row.items() if value != ""}

    def note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)

    def dump(self, left: list[Job]) -> dict[str, Any]:
        """Plain JSON values, with sorted keys where the order is ours."""
        return {
            "asked": self.asked,
            "outcomes": dict(sorted(self.outcomes.items())),
            "statuses": dict(sorted(self.statuses.items())),
            "failures": dict(sorted(self.failures.items())),
            "roles": {role: dict(sorted(counts.items())) for role, counts in self.roles.items()},
            "jobs": dict(sorted(self.jobs.items())),
            "refused": {why: sorted(articles) for why, articles in sorted(self.refused.items())},
            "left": dict(sorted(Counter(job.rank.name.lower() for job in left).items())),
            "redirects": dict(sorted(self.redirects.items())),
            "lists": {kind: dict(counts) for kind, counts in sorted(self.lists.items())},
            "channels": self.channels,
            "notes": self.notes,
        }


def _class(role: Role, status: int) -> str:
    """The request's outcome as its status tells it. The page's class is read later, from the record."""
    if 200 <= status < 300:
        return "content" if role == "article" else role
    named = {304: "not-modified", 404: "gone", 410: "gone", 451: "gone", 401: "blocked", 403: "blocked", 429: "blocked"}
    return named.get(status) or ("redirect" if 300 <= status < 400 else "refused" if status < 500 else "broken")
