"""One article's text inside another's: what is compared, what counts, what is said. Pure.

Counted as seed links are (archive.seed): distinct runs of three words of headline and faithful text, in both directions,
with the same thresholds; docs/VERIFY.md counts the same from two snapshots. Three things that two articles may share are
no republication, however much of them it is:

- what other articles of one of the two outlets say as well: a footer, the background that follows every report. The runs
  found in COMMON or more of a few articles of one outlet do not decide.
- a statement that both quote: where less than CONTAINS is shared, what either has between quotation marks does not decide.
- an article's own follow-up in the same outlet: there only `identical` and `contains` are a second posting.

None of this changes the counts that are published: they are of the whole texts, so that anybody can check them.
Nobody says who copied from whom: only which text was captured first, and what the pages say of their publication.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Literal

from archive.address import article_id
from archive.digest import RECIPE, tokens
from archive.seed import Shingle, pairs, paragraphs, relate, share_of, shingles

FACES = 12  # versions of an article that are compared: the first ones, and the last
NEAR = timedelta(days=14)  # two articles captured so close to each other are compared for one common sample
FAR = 2  # samples in common that it takes otherwise; chance alone gives one among a million articles
AGAIN = timedelta(days=7)  # after the newest version: then it is looked for once more, among what came meanwhile
LOOKED_AT = 400  # articles with a sample of it whose times are looked at
MOST = 64  # articles that one is compared with: of a text that more outlets print, the others are found from theirs
PEERS = 6  # articles of an outlet that tell which of its words are everywhere
COMMON = 3  # of them
SIBLING = 0.6  # share of the shorter text: a peer of another outlet that has so much is itself a copy, no footer's bearer
_QUOTED = re.compile(r"«[^»\n]*»|“[^”\n]*”|„[^“”\n]*[“”]|\"[^\"\n]*\"")
_RANKS = {"": 0, "derived": 1, "contains": 2, "identical": 3}
Key = tuple[str, str]  # outlet; article id, or the start of one


@dataclass(frozen=True, slots=True)
class Face:
    """One version of an article."""

    outlet: str
    article: str
    version: int
    time: str  # of its first capture
    url: str
    published: str  # as the page says it, "" for nothing
    snapshot: str


@dataclass(frozen=True)
class Text:
    """A version's text, counted. Two are the same iff their snapshots are."""

    face: Face
    title: str
    faithful: str

    @property
    def whole(self) -> str:
        return f"{self.title}\n{self.faithful}"

    @cached_property
    def words(self) -> list[str]:
        return tokens(self.whole)

    @cached_property
    def runs(self) -> frozenset[Shingle]:
        return shingles(self.words)

    @cached_property
    def unquoted(self) -> frozenset[Shingle]:
        """The runs outside quotation marks."""
        return frozenset().union(*(shingles(tokens(part)) for part in _QUOTED.split(self.whole)))


@dataclass(slots=True)
class Hits:
    """How many samples of a text are those of other articles too. `crowds`: such as too many articles of their outlet have."""

    found: Counter[Key] = field(default_factory=Counter)
    crowds: Counter[Key] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Link:
    """What two articles share. `first` was captured first; `version`, `snapshot`: where they share the most."""

    outlet: str
    article: str
    other_outlet: str
    other: str
    relation: str  # identical, contains, derived
    captured: str  # when the first of the versions that share so much was captured, here and there
    other_captured: str
    published: str
    other_published: str
    version: int
    other_version: int
    snapshot: str
    other_snapshot: str
    detail: dict[str, Any] = field(hash=False)


def chosen(faces: Sequence[Face]) -> list[Face]:
    """Of the versions of one article, in order, those that are compared."""
    return list(faces) if len(faces) <= FACES else [*faces[: FACES - 1], faces[-1]]


def near(one: Sequence[Face], other: Sequence[Face]) -> bool:
    """Were two articles captured at about the same time, at any of their versions?"""
    times = [[datetime.fromisoformat(face.time) for face in (of[0], of[-1])] for of in (one, other)]
    (first, last), (begin, end) = times
    return begin - last <= NEAR and first - end <= NEAR


def related(one: Text, other: Text, common: Collection[Shingle] = frozenset()) -> str:
    """identical, contains, derived, or "" where it is no republication. `common`: runs that do not decide."""
    shared = one.runs & other.runs
    relation = relate("".join(one.words) == "".join(other.words), len(shared), len(one.runs), len(other.runs))
    if not relation or not _decided(shared, one.runs, other.runs, common):
        return ""
    if relation == "derived":
        within = one.face.outlet == other.face.outlet
        both = one.unquoted & other.unquoted
        return "" if within or not _decided(both, one.unquoted, other.unquoted, common) else relation
    return relation


def _decided(
    shared: frozenset[Shingle], one: frozenset[Shingle], other: frozenset[Shingle], common: Collection[Shingle]
) -> bool:
    """Is it a link without what is common?"""
    left = [runs.difference(common) for runs in (shared, one, other)] if common else [shared, one, other]
    return bool(relate(False, *map(len, left)))


def common(peers: Iterable[Text]) -> frozenset[Shingle]:
    """The runs that COMMON or more of these texts have."""
    counted = Counter(run for text in peers for run in text.runs)
    return frozenset(run for run, count in counted.items() if count >= COMMON)


def tell(peers: Sequence[Text], mine: Text, other: Text) -> list[Text]:
    """Those of `peers`, of the outlet of `mine`, by which its footer is told from what it has in common with `other`.

    Other bearers of the very text would tell a text that many printed for a footer. Within one outlet they do tell: what an
    outlet prints that often is a series.
    """
    if mine.face.outlet == other.face.outlet:
        return list(peers)
    return [peer for peer in peers if len(peer.runs & mine.runs) < SIBLING * max(1, min(len(peer.runs), len(mine.runs)))]


def is_same(one: Face, other: Face, told: Mapping[str, tuple[str, str]]) -> bool:
    """Are both the same posting: is one the other's later address, or have both the post id of one?

    `told`: (address that it moved to, post id) by article id, "" for none, of articles of the outlet of `one`.
    """
    if one.outlet != other.outlet or not told.keys() >= {one.article, other.article}:
        return False
    (to, post), (other_to, other_post) = told[one.article], told[other.article]
    ways = ((to, other.article), (other_to, one.article))
    return any(address and article_id(address) == article for address, article in ways) or bool(post and post == other_post)


def link(mine: Sequence[Text], others: Sequence[Text], footers: Collection[Shingle] = frozenset()) -> Link | None:
    """What two articles share, by their versions in order; None where nothing makes a link."""
    found = {
        (a, b): relation
        for a in range(len(mine))
        for b in range(len(others))
        if (relation := related(mine[a], others[b], footers))
    }
    if not found:
        return None
    a, b = max(
        found, key=lambda pair: (_RANKS[found[pair]], _shared(mine[pair[0]], others[pair[1]]), -pair[0] - pair[1], -pair[0])
    )
    one, other = mine[a], others[b]
    first, other_first = (texts[min(pair[side] for pair in found)].face for side, texts in enumerate((mine, others)))
    if (other_first.time, other_first.outlet, other_first.article) < (first.time, first.outlet, first.article):
        one, other, first, other_first = other, one, other_first, first
    shared = len(one.runs & other.runs)
    return Link(
        outlet=one.face.outlet,
        article=one.face.article,
        other_outlet=other.face.outlet,
        other=other.face.article,
        relation=found[a, b],
        captured=first.time,
        other_captured=other_first.time,
        published=first.published,
        other_published=other_first.published,
        version=one.face.version,
        other_version=other.face.version,
        snapshot=one.face.snapshot,
        other_snapshot=other.face.snapshot,
        detail={
            "first_in_second": share_of(shared, len(one.runs)),
            "second_in_first": share_of(shared, len(other.runs)),
            "paragraphs": pairs(paragraphs(one.whole, start=0), paragraphs(other.whole, start=0)),
            "recipe": RECIPE,
        },
    )


def _shared(one: Text, other: Text) -> float:
    return len(one.runs & other.runs) / max(1, min(len(one.runs), len(other.runs)))


def published_first(published: str, other: str) -> Literal["first", "second", "same", "unknown"]:
    """Which of two pages says that it is the older one. Unknown unless both say an instant."""
    try:
        one, two = (datetime.fromisoformat(time) for time in (published, other))
    except ValueError:
        return "unknown"
    if one.tzinfo is None or two.tzinfo is None:
        return "unknown"
    return "same" if one == two else "first" if one < two else "second"
