"""robots.txt as RFC 9309 wants it: unreachable means hands off, absent means welcome, 500 KiB are read."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from protego import Protego

from archive.capture import Cited

NAME = "Warraq"  # what a group of robots.txt calls us
LIMIT = 512 * 1024  # RFC 9309 §2.5: at least 500 KiB


@dataclass(frozen=True, slots=True)
class Ruling:
    """What robots.txt means for one address."""

    allowed: bool
    why: str  # the decision, and the group it comes from: goes into the capture's note
    cited: Cited | None  # the capture of the robots.txt; None: there is none


@dataclass(frozen=True, slots=True)
class Rules:
    """What one authority allows us."""

    agent: str
    why: str  # when no rule has a say
    unreachable: bool = False  # §2.3.1.4: assume complete disallow
    rules: Protego | None = None
    cited: Cited | None = None  # the capture that said so

    def ruling(self, url: str) -> Ruling:
        if self.unreachable or self.rules is None:
            return Ruling(not self.unreachable, self.why, self.cited)
        allowed = bool(self.rules.can_fetch(url, self.agent))
        return Ruling(allowed, f"{'allowed' if allowed else 'disallowed'} by robots.txt, {self._group}", self.cited)

    @property
    def _group(self) -> str:
        """The group of rules that is ours (§2.2.1). Protego keeps that to itself, so this is looked at from within."""
        found = self.rules._get_matching_rule_set(self.agent) if self.rules is not None else None
        return f"group {found.user_agent}" if found is not None else "which has no group for us"

    @property
    def delay(self) -> float:
        """Crawl-delay, 0 when none is given. Not in the RFC, but it is the site's wish."""
        found = self.rules.crawl_delay(self.agent) if self.rules is not None else None
        return float(found or 0.0)


def judge(agent: str, status: int, body: bytes, failure: str = "", cited: Cited | None = None) -> Rules:
    """The rules that follow from the last answer for robots.txt (status 0: there was none, `failure` says why).

    §2.3.1.3: 4xx means there are no rules. §2.3.1.4: 5xx and network errors mean complete disallow; so does
    429, which says "not now" and not "no rules". §2.3.1.2: a redirect that leads nowhere means no rules.
    """
    if status == 0 or status >= 500 or status == 429:
        return Rules(agent, f"robots.txt unreachable ({failure or status})", unreachable=True, cited=cited)
    if 200 <= status < 300:
        text = body[:LIMIT].decode("utf-8", "replace").removeprefix("\ufeff")
        return Rules(agent, "allowed by robots.txt", rules=Protego.parse(text), cited=cited)
    return Rules(agent, f"no robots.txt ({status})", cited=cited)


def url_for(url: str) -> str:
    """The robots.txt of an address's authority (§2.3)."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/robots.txt"
