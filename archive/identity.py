"""The same article under another address of its outlet: slug, permalink and domain changes. Pure.

An address keeps its own history (docs/DESIGN.md). What this tells is where it came from and where it went to, with the
evidence, from the observations of the addresses alone: their order changes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import combinations
from typing import Literal

from archive.history import at
from archive.observation import Observation, Reading

Evidence = Literal["post", "redirect"]


@dataclass(frozen=True, slots=True)
class Kin:
    """What an address has to do with other addresses of the same article."""

    came_from: str = ""  # article id of the address before this one
    before: Observation | None = None  # the last readable content there, before the first content here
    goes_to: tuple[str, str] | None = None  # (time of the first content there, address)
    evidence: Evidence = "post"  # equal post ids, or a redirect from one to the other; the same headline, time or text besides


@dataclass
class _Trait:
    """What tells an article, gathered over the lines of one address."""

    article: str
    contents: list[Observation] = field(default_factory=list)  # sightings, in order of time
    posts: set[str] = field(default_factory=set)
    published: set[datetime] = field(default_factory=set)
    headlines: set[str] = field(default_factory=set)
    bodies: set[str] = field(default_factory=set)
    leads_to: dict[str, str] = field(default_factory=dict)  # articles that redirects from here ended at → when last
    absent: dict[str, str] = field(default_factory=dict)  # run → when it last found nothing here
    alive: str = ""  # when it was last seen here

    def same(self, other: _Trait) -> Evidence | None:
        headline, instant = bool(self.headlines & other.headlines), bool(self.published & other.published)
        if other.article in self.leads_to or self.article in other.leads_to:
            posts = not (self.posts and other.posts) or bool(self.posts & other.posts)  # two posts may share a minute
            return "redirect" if headline or self.bodies & other.bodies or (instant and posts) else None
        return "post" if self.posts & other.posts and (headline or instant) else None


def kin(lines: Mapping[str, Iterable[Observation]]) -> dict[str, Kin]:
    """Of each address (article id → its lines) that shares its article with another one: where it came from and went to.

    Two addresses hold the same article iff they have a post id in common, or a redirect leads from one to the other, and
    in both cases the page says so too: the same instant of publication, or the same headline (K), or, after a redirect,
    the same text (K). A post id that was given to another article is no move; and where a redirect joins two post ids, the
    instant alone is not enough: it may be a day.

    An article has gone from one address to another only when it no longer stands at the first: addresses that serve it
    side by side are no move, but the later one is no new article either.
    """
    traits = {article: _trait(article, of) for article, of in lines.items()}
    pairs: dict[frozenset[str], Evidence] = {}
    for one, other in _candidates(traits):
        if evidence := traits[one].same(traits[other]):
            pairs[frozenset((one, other))] = evidence
    out: dict[str, Kin] = {}
    for members in _groups(pairs):
        held = sorted((t for m in members if (t := traits[m]).contents), key=_begins)
        for here in held:
            came, goes = _came_from(here, held), _goes_to(here, held)
            if came is None and goes is None:
                continue
            near = came.article if came else goes[0].article if goes else ""
            out[here.article] = Kin(
                came_from=came.article if came else "",
                before=_before(came, here) if came else None,
                goes_to=(goes[1].time, goes[1].url) if goes else None,
                evidence=pairs.get(frozenset((here.article, near)), "post"),
            )
    return out


def _trait(article: str, lines: Iterable[Observation]) -> _Trait:
    trait = _Trait(article)
    for line in lines:
        _sees(trait, line)
        if line.klass != "content" or line.doubt:
            continue
        if not line.reread:
            trait.contents.append(line)
        if line.post:
            trait.posts.add(line.post)
        if line.reading is not None:
            _reads(trait, line.reading)
    trait.contents.sort(key=_place)
    return trait


def _sees(trait: _Trait, line: Observation) -> None:
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


def _reads(trait: _Trait, reading: Reading) -> None:
    if when := _instant(reading.published):
        trait.published.add(when)
    if reading.title:
        trait.headlines.add(reading.headline.k)
    if reading.chars:
        trait.bodies.add(reading.body.k)


def _instant(published: str) -> datetime | None:
    try:
        when = datetime.fromisoformat(published)
    except ValueError:
        return None
    return when.astimezone(UTC) if when.tzinfo else None


def _candidates(traits: Mapping[str, _Trait]) -> Iterator[tuple[str, str]]:
    """Pairs that share a post id, or that a redirect joins; each once."""
    by_post: dict[str, set[str]] = defaultdict(set)
    pairs: set[tuple[str, str]] = set()
    for article, trait in traits.items():
        for post in trait.posts:
            by_post[post].add(article)
        pairs |= {(min(article, to), max(article, to)) for to in trait.leads_to if to in traits and to != article}
    for articles in by_post.values():
        pairs |= set(combinations(sorted(articles), 2))
    return iter(sorted(pairs))


def _groups(pairs: Iterable[frozenset[str]]) -> list[set[str]]:
    """Addresses that are joined by pairs, directly or through others."""
    groups: list[set[str]] = []
    for pair in pairs:
        joined = [group for group in groups if group & pair]
        groups = [group for group in groups if not group & pair] + [set(pair).union(*joined)]
    return groups


def _place(line: Observation) -> tuple[str, str, str, int]:
    return at(line.time), line.body or line.payload, line.warc, line.offset


def _begins(trait: _Trait) -> tuple[str, str]:
    return at(trait.contents[0].time), trait.article


def _came_from(here: _Trait, held: list[_Trait]) -> _Trait | None:
    """The address that held the article last, before it was seen here."""
    begun = at(here.contents[0].time)
    earlier = [other for other in held if _begins(other) < _begins(here)]
    return max(earlier, key=lambda other: (_last_before(other, begun), other.article), default=None)


def _last_before(trait: _Trait, time: str) -> str:
    return max((at(line.time) for line in trait.contents if at(line.time) <= time), default="")


def _goes_to(here: _Trait, held: list[_Trait]) -> tuple[_Trait, Observation] | None:
    """The address that held the article after it was last seen here, with its first capture there after that.

    A redirect to it tells, or nothing found here in a run, when it was first seen there after it was last seen here. When
    it stood at both for a time, nothing must be found in two runs.
    """
    missed = [run for run, time in here.absent.items() if time > here.alive]
    for other in held:
        later = next((line for line in other.contents if at(line.time) > here.alive), None)
        if other is here or later is None:
            continue
        needed = 1 if at(other.contents[0].time) > here.alive else 2
        if here.leads_to.get(other.article, "") > here.alive or len(missed) >= needed:
            return other, later
    return None


def _before(came: _Trait, here: _Trait) -> Observation | None:
    """The last content there before the first one here, with a reading under the rules of the first one here if it has any."""
    begun = at(here.contents[0].time)
    read = {line.body or line.payload: line for line in came.contents if line.reading is not None}
    for line in reversed([one for one in came.contents if at(one.time) <= begun]):
        holder = line if line.reading is not None else read.get(line.body or line.payload)
        if holder is not None:
            return replace(line, reading=holder.reading)
    return None
