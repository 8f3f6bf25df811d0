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
    leads_to: set[str] = field(default_factory=set)  # articles that redirects from here ended at

    def same(self, other: _Trait) -> Evidence | None:
        told = bool(self.published & other.published or self.headlines & other.headlines)
        if other.article in self.leads_to or self.article in other.leads_to:
            return "redirect" if told or self.bodies & other.bodies else None
        return "post" if told and self.posts & other.posts else None


def kin(lines: Mapping[str, Iterable[Observation]]) -> dict[str, Kin]:
    """Of each address (article id → its lines) that shares its article with another one: where it came from and went to.

    Two addresses hold the same article iff they have a post id in common, or a redirect leads from one to the other, and
    in both cases the page says so too: the same instant of publication, or the same headline (K), or, after a redirect,
    the same text (K). A post id that was given to another article is no move.
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
            near = came or goes
            assert near is not None  # noqa: S101  for mypy
            out[here.article] = Kin(
                came_from=came.article if came else "",
                before=_before(came, here) if came else None,
                goes_to=(goes.contents[0].time, goes.contents[0].url) if goes else None,
                evidence=pairs.get(frozenset((here.article, near.article)), "post"),
            )
    return out


def _trait(article: str, lines: Iterable[Observation]) -> _Trait:
    trait = _Trait(article)
    for line in lines:
        if line.klass == "elsewhere" and (to := str(line.to.get("article") or "")):
            trait.leads_to.add(to)
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


def _goes_to(here: _Trait, held: list[_Trait]) -> _Trait | None:
    """The first address that held the article after it was last seen here; two that hold it side by side are no move."""
    ended = at(here.contents[-1].time)
    return next((other for other in held if other is not here and at(other.contents[0].time) > ended), None)


def _before(came: _Trait, here: _Trait) -> Observation | None:
    """The last content there before the first one here, with a reading under the rules of the first one here if it has any."""
    begun = at(here.contents[0].time)
    read = {line.body or line.payload: line for line in came.contents if line.reading is not None}
    for line in reversed([one for one in came.contents if at(one.time) <= begun]):
        holder = line if line.reading is not None else read.get(line.body or line.payload)
        if holder is not None:
            return replace(line, reading=holder.reading)
    return None
