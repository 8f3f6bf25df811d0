"""robots.txt as RFC 9309 wants it: unreachable means hands off, absent means welcome, 500 KiB are read."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from protego import Protego

NAME = "Warraq"  # what a group of robots.txt calls us
LIMIT = 512 * 1024  # RFC 9309 §2.5: at least 500 KiB


@dataclass(frozen=True, slots=True)
class Rules:
    """What one authority allows us."""

    agent: str
    why: str  # goes into each capture's note
    unreachable: bool = False  # §2.3.1.4: assume complete disallow
    rules: Protego | None = None

    def allows(self, url: str) -> bool:
        if self.unreachable:
            return False
        return self.rules is None or bool(self.rules.can_fetch(url, self.agent))

    @property
    def delay(self) -> float:
        """Crawl-delay, 0 when none is given. Not in the RFC, but it is the site's wish."""
        found = self.rules.crawl_delay(self.agent) if self.rules is not None else None
        return float(found or 0.0)


def judge(agent: str, status: int, body: bytes, failure: str = "") -> Rules:
    """The rules that follow from the last answer for robots.txt (status 0: there was none, `failure` says why).

    §2.3.1.3: 4xx means there are no rules. §2.3.1.4: 5xx and network errors mean complete disallow; so does
    429, which says "not now" and not "no rules". §2.3.1.2: a redirect that leads nowhere means no rules.
    """
    if status == 0 or status >= 500 or status == 429:
        return Rules(agent, f"robots.txt unreachable ({failure or status})", unreachable=True)
    if 200 <= status < 300:
        text = body[:LIMIT].decode("utf-8", "replace").removeprefix("\ufeff")
        return Rules(agent, "allowed by robots.txt", rules=Protego.parse(text))
    return Rules(agent, f"no robots.txt ({status})")


def url_for(url: str) -> str:
    """The robots.txt of an address's authority (§2.3)."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/robots.txt"
