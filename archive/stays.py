"""Which article stands at an address: the one that was there, or another one to which the address was given. Pure.

A site may give a deleted article's address to another one. Its post id tells, and that nothing else is the same.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from archive.history import at
from archive.observation import Observation, Reading
from archive.readings import Difference

REPLACED = "replaced"  # doubt of content that shows another article; reason of the tombstone when it does so again
OTHER_POST = "post"  # flag of a version: the page has another post id than the one before
RUNS = 2  # that must have seen another article at an address: a cache may mix up two pages once
_TEXT = frozenset(("headline", "body"))
_EDITS = _TEXT | {"orthographic"}
Place = tuple[str, int]  # article id, stay


def told(found: Difference, posts: tuple[str, str], old: Reading, new: Reading, arrived: Collection[str]) -> Difference:
    """What a difference between two contents of an address is, by their post ids (both known, or it is what it is).

    Another id, headline, text and instant: another article, `new` here, or `moved` when its post is one of `arrived`, which
    stood at another address before. Another id alone: an edit that says so.
    """
    if not all(posts) or posts[0] == posts[1] or not found.kinds:
        return found
    times = [instant(old.published), instant(new.published)]
    if _TEXT.issubset(found.kinds) and (None in times or times[0] != times[1]):
        return Difference(("moved" if posts[1] in arrived else "new",), (OTHER_POST,))
    return replace(found, flags=(*found.flags, OTHER_POST))


def begins_another(difference: Difference | None) -> bool:
    """Does another article begin here, to which the address was given?"""
    return difference is not None and OTHER_POST in difference.flags and _EDITS.isdisjoint(difference.kinds)


@dataclass
class Trait:
    """What tells an article, gathered over the lines of one address, as long as it stood there."""

    article: str
    stay: int = 0  # which of the articles that had this address, in order
    contents: list[Observation] = field(default_factory=list)  # sightings, in order of time
    posts: set[str] = field(default_factory=set)
    published: set[datetime] = field(default_factory=set)
    headlines: set[str] = field(default_factory=set)
    bodies: set[str] = field(default_factory=set)
    leads_to: dict[str, str] = field(default_factory=dict)  # articles that redirects from here ended at → when last
    absent: dict[str, str] = field(default_factory=dict)  # run → when it last found nothing here
    alive: str = ""  # when it was last seen here

    @property
    def place(self) -> Place:
        return self.article, self.stay


def stays(article: str, lines: Iterable[Observation]) -> list[Trait]:
    """The articles that had an address, in order: one, unless RUNS runs saw the post of another one."""
    stays = [Trait(article)]
    now = stays[0]
    of_body: dict[str, Trait] = {}
    for line in sorted(lines, key=_order):
        if line.klass == "content" and not line.doubt:
            body = line.body or line.payload
            now = next((one for one in stays if line.post in one.posts), None) or of_body.get(body) or _whose(line, stays, now)
            of_body[body] = now
        _gather(now, line)
    kept = [one for n, one in enumerate(stays) if not n or len({line.run for line in one.contents}) >= RUNS]
    for one in kept:
        for line in [line for other in kept if other is not one for line in other.contents if at(line.time) > one.alive]:
            one.absent[line.run] = max(one.absent.get(line.run, ""), at(line.time))  # where another one stands, it does not
    return kept


def _whose(line: Observation, stays: list[Trait], now: Trait) -> Trait:
    """Whose content is it: of the article that stands here, or of a new one, with which it shares nothing?"""
    if not line.post or not now.posts or line.reading is None:
        return now
    other = Trait(now.article, len(stays))
    _reads(other, line.reading)
    if other.headlines & now.headlines or other.bodies & now.bodies or other.published & now.published:
        return now
    stays.append(Trait(now.article, len(stays)))
    return stays[-1]


def _gather(trait: Trait, line: Observation) -> None:
    _sees(trait, line)
    if line.klass != "content" or line.doubt:
        return
    if not line.reread:
        trait.contents.append(line)
    if line.post:
        trait.posts.add(line.post)
    if line.reading is not None:
        _reads(trait, line.reading)


def _sees(trait: Trait, line: Observation) -> None:
    """Whether the article stands here: seen, found nothing, or led elsewhere."""
    if line.reread:
        return
    time = at(line.time)
    if line.klass in ("content", "not-modified") or line.reason == "paywall":
        trait.alive = max(trait.alive, time)
    elif line.klass == "gone" and not line.site:
        trait.absent[line.run] = max(trait.absent.get(line.run, ""), time)
    elif line.klass == "elsewhere" and (to := str(line.to.get("article") or "")) != trait.article and to:
        trait.leads_to[to] = max(trait.leads_to.get(to, ""), time)


def _reads(trait: Trait, reading: Reading) -> None:
    if when := instant(reading.published):
        trait.published.add(when)
    if reading.title:
        trait.headlines.add(reading.headline.k)
    if reading.chars:
        trait.bodies.add(reading.body.k)


def instant(published: str) -> datetime | None:
    """When a page says that it was published, in UTC; None for a time without offset, and for none."""
    try:
        when = datetime.fromisoformat(published)
    except ValueError:
        return None
    return when.astimezone(UTC) if when.tzinfo else None


def _order(line: Observation) -> tuple[str, str, str, int]:
    return at(line.time), line.body or line.payload, line.warc, line.offset
