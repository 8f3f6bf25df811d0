"""The same article under another address of its outlet: slug, permalink and domain changes. Pure.

An address keeps its own history (docs/DESIGN.md). What this tells is where it came from and where it went to, with the
evidence, from the observations of the addresses alone: their order changes nothing.

An address may be given to another article when the first one is deleted or has moved: each has its own part of the address's
captures, a *stay* (`archive.stays`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Literal

from archive.history import at
from archive.observation import Observation
from archive.stays import Place, Trait, stays

Evidence = Literal["post", "redirect"]


@dataclass(frozen=True, slots=True)
class Kin:
    """What an address has to do with other addresses of the same article."""

    came_from: str = ""  # article id of the address before this one
    before: Observation | None = None  # the last readable content there, before the first content here
    goes_to: tuple[str, str] | None = None  # (time of the first content there, address)
    evidence: Evidence = "post"  # equal post ids, or a redirect from one to the other; the same headline, time or text besides
    # Of an address that was given to another article: post id → (time of the first content there, address), of each that went …
    went: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    arrived: frozenset[str] = frozenset()  # … and ids of the posts that stood at another address before this one


def _same(one: Trait, other: Trait) -> Evidence | None:
    """The evidence that two stays are of one article, None for none."""
    headline, instant = bool(one.headlines & other.headlines), bool(one.published & other.published)
    if other.article in one.leads_to or one.article in other.leads_to:
        posts = not (one.posts and other.posts) or bool(one.posts & other.posts)  # two posts may share a minute
        return "redirect" if headline or one.bodies & other.bodies or (instant and posts) else None
    return "post" if one.posts & other.posts and (headline or instant) else None


def kin(lines: Mapping[str, Iterable[Observation]]) -> dict[str, Kin]:
    """Of each address (article id → its lines) that shares its article with another one: where it came from and went to.

    Two addresses hold the same article iff they have a post id in common, or a redirect leads from one to the other, and
    in both cases the page says so too: the same instant of publication, or the same headline (K), or, after a redirect,
    the same text (K). A post id that was given to another article is no move; and where a redirect joins two post ids, the
    instant alone is not enough: it may be a day.

    An article has gone from one address to another only when it no longer stands at the first: addresses that serve it
    side by side are no move, but the later one is no new article either.
    """
    had = {article: stays(article, of) for article, of in lines.items()}
    traits = {trait.place: trait for of in had.values() for trait in of}
    pairs: dict[frozenset[Place], Evidence] = {}
    for one, other in _candidates(traits):
        if evidence := _same(traits[one], traits[other]):
            pairs[frozenset((one, other))] = evidence
    found: dict[Place, Kin] = {}
    for members in _groups(pairs):
        held = sorted((t for m in members if (t := traits[m]).contents), key=_begins)
        for here in held:
            came, goes = _came_from(here, held), _goes_to(here, held)
            if came is None and goes is None:
                continue
            near = came or (goes[0] if goes else here)
            found[here.place] = Kin(
                came_from=came.article if came else "",
                before=_before(came, here) if came else None,
                goes_to=(goes[1].time, goes[1].url) if goes else None,
                evidence=pairs.get(frozenset((here.place, near.place)), "post"),
            )
    joined = {article: _joined(of, found) for article, of in had.items()}
    return {article: one for article, one in joined.items() if one is not None}


def _joined(had: list[Trait], found: Mapping[Place, Kin]) -> Kin | None:
    """What an address is kin to, over the articles that had it."""
    first = found.get(had[0].place)
    if len(had) == 1 or all(one.place not in found for one in had):
        return first
    went = {post: to for one in had if one.place in found and (to := found[one.place].goes_to) for post in one.posts}
    arrived = {post for one in had[1:] if one.place in found and found[one.place].came_from for post in one.posts}
    return replace(first or Kin(), goes_to=None, went=went, arrived=frozenset(arrived))


def _candidates(traits: Mapping[Place, Trait]) -> Iterator[tuple[Place, Place]]:
    """Pairs that share a post id, or that a redirect joins; each once."""
    by_post: dict[str, set[Place]] = defaultdict(set)
    by_article: dict[str, set[Place]] = defaultdict(set)
    pairs: set[tuple[Place, Place]] = set()
    for place, trait in traits.items():
        by_article[trait.article].add(place)
        for post in trait.posts:
            by_post[post].add(place)
    for place, trait in traits.items():
        led = (to for article in trait.leads_to if article != trait.article for to in by_article.get(article, ()))
        pairs |= {(min(place, to), max(place, to)) for to in led}
    for places in by_post.values():
        pairs |= set(combinations(sorted(places), 2))
    return iter(sorted(pairs))


def _groups(pairs: Iterable[frozenset[Place]]) -> list[set[Place]]:
    """Stays that are joined by pairs, directly or through others."""
    groups: list[set[Place]] = []
    for pair in pairs:
        joined = [group for group in groups if group & pair]
        groups = [group for group in groups if not group & pair] + [set(pair).union(*joined)]
    return groups


def _begins(trait: Trait) -> tuple[str, str]:
    return at(trait.contents[0].time), trait.article


def _came_from(here: Trait, held: list[Trait]) -> Trait | None:
    """The address that held the article last, before it was seen here."""
    begun = at(here.contents[0].time)
    earlier = [other for other in held if _begins(other) < _begins(here)]
    return max(earlier, key=lambda other: (_last_before(other, begun), other.article), default=None)


def _last_before(trait: Trait, time: str) -> str:
    return max((at(line.time) for line in trait.contents if at(line.time) <= time), default="")


def _goes_to(here: Trait, held: list[Trait]) -> tuple[Trait, Observation] | None:
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


def _before(came: Trait, here: Trait) -> Observation | None:
    """The last content there before the first one here, with a reading under the rules of the first one here if it has any."""
    begun = at(here.contents[0].time)
    read = {line.body or line.payload: line for line in came.contents if line.reading is not None}
    for line in reversed([one for one in came.contents if at(one.time) <= begun]):
        holder = line if line.reading is not None else read.get(line.body or line.payload)
        if holder is not None:
            return replace(line, reading=holder.reading)
    return None
