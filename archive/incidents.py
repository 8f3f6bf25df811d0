"""What befell a whole outlet in one run: an outage, a wall, a mass deletion. Pure: from the run's observations.

A dead server is not a thousand deletions, and a thousand deletions are more than each of them. Nothing here decides about an
article (the fold does, from its own captures); it says loudly what no list of single events says.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from archive.observation import Observation

Kind = Literal["outage", "blocked", "mass-deletion"]
FEW = 10  # articles: fewer are no incident, whatever their share
MOST = 0.5  # of those that were asked: it is the site, not its articles
MANY = 0.05  # of all that are known: so many never go together by chance
_NEVER_READ = frozenset(("new", "backlog", "retry", "confirm", "listed"))  # whys of articles of which nothing good was known


@dataclass(frozen=True, slots=True)
class Incident:
    kind: Kind
    share: float  # of `asked`; of a mass deletion: of `known`
    counts: dict[str, int]  # articles by what their last capture in this run was: alive, absent, contradicted, blocked …
    asked: int  # articles that were alive before this run, as far as it asked for them
    known: int  # articles of the outlet that were ever read

    def words(self) -> str:
        ordered = sorted(self.counts.items(), key=lambda pair: (-pair[1], pair[0]))
        told = ", ".join(f"{n} {what}" for what, n in ordered) + f", of {self.asked} articles" if ordered else "its home page"
        return {
            "outage": f"the site as a whole does not answer as it does ({told}): no deletions",
            "blocked": f"the site refuses us ({told})",
            "mass-deletion": f"{self.counts.get('absent', 0)} articles went at once ({self.share:.0%} of the {self.known} that "
            "are known): look at the site; each is confirmed by a second look",
        }[self.kind]


def of_run(lines: Iterable[Observation], known: int) -> Incident | None:
    """What befell the outlet in the run whose lines these are; None when nothing did.

    `known`: how many articles of the outlet were ever read. The lines may come in any order.
    """
    ordered = sorted(lines, key=lambda line: (line.time, line.body or line.payload, line.warc, line.offset))
    last = {line.article: line for line in ordered if line.kind == "article" and _counts(line)}
    counts = Counter(map(_what, last.values()))
    asked = counts.total()
    home = [line.klass in ("channel", "not-modified") for line in ordered if line.kind == "channel" and line.channel == "home"]
    trouble = counts["broken"] + counts["contradicted"]

    def incident(kind: Kind, share: float) -> Incident:
        return Incident(kind, round(share, 3), dict(counts), asked, known)

    if asked >= FEW and counts["blocked"] >= MOST * asked:
        return incident("blocked", counts["blocked"] / asked)
    if asked >= FEW and trouble >= MOST * asked:
        return incident("outage", trouble / asked)
    if home and not any(home) and not counts["alive"]:
        walls = [line.klass == "blocked" for line in ordered if line.kind == "channel" and line.channel == "home"]
        return incident("blocked" if all(walls) else "outage", 1.0)
    if counts["absent"] >= max(FEW, MANY * known):
        return incident("mass-deletion", min(1.0, counts["absent"] / known) if known else 1.0)
    return None


def _counts(line: Observation) -> bool:
    """Of an article that was alive, as far as the run knew; a hop of a redirect tells nothing."""
    return line.why not in _NEVER_READ and not line.reread and line.reason != "redirect"


def _what(line: Observation) -> str:
    if line.klass == "gone" or line.to.get("front"):
        return "contradicted" if line.site else "absent"
    return "alive" if line.klass in ("content", "not-modified") else line.klass
