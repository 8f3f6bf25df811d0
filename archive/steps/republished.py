"""republished: look for the texts of new versions among all articles, and keep the pairs of which one holds the other's.

A step of its own, each hour: a seal must not wait for comparisons, and none of them may be lost when one is cut short.
What waits is noted with the fold of an article (archive.catalog.sketches); an article is done when its pairs are stored,
in the same transaction. It is looked for at once, and once more a week after its last version: a short text that came
later than the long one which holds it is found from the long one. A rebuild empties the pairs and notes every article as
waiting; `again` does the same without a rebuild. Samples find whom to compare; the texts of the snapshots decide.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from archive import republished as core
from archive import sketch, snapshot
from archive.errors import BadRecord
from archive.republished import Face, Hits, Key, Link, Text
from archive.seed import Shingle
from archive.steps.workshop import Outcome, Workshop

BATCH = 50  # articles between two looks at what is due
BUDGET = timedelta(minutes=10)
KEPT = 200  # texts in memory

START = 12  # digits of an article's id by which the catalog's samples name it


def republished(shop: Workshop, *, budget: timedelta | None = BUDGET, again: bool = False) -> Outcome:
    """Compare what waits until all is done or `budget` is over (None: never); `again` begins anew with every article."""
    if again:
        shop.catalog.compare_all()
    work, began = _Work(shop), shop.clock()
    counts = {"articles": 0, "compared": 0, "links": 0}
    while rows := shop.catalog.to_compare(shop.clock(), BATCH):
        for row in rows:
            faces = shop.catalog.faces([(row.outlet, row.article)]).get((row.outlet, row.article), [])
            known = sorted(shop.catalog.linked_with(row.outlet, row.article))
            links = work.article(row.outlet, row.article, faces, known)
            shop.catalog.note_compared(row, known, links, _next(faces, shop.clock()))
            counts |= {"articles": counts["articles"] + 1, "links": counts["links"] + len(links), "compared": work.compared}
            if budget is not None and shop.clock() - began >= budget:
                return _told(counts, "; the rest waits")
    return _told(counts)


def _told(counts: dict[str, int], rest: str = "") -> Outcome:
    if not counts["articles"]:
        return Outcome("republished: nothing new to compare", counts, nothing_due=True)
    line = f"republished: {counts['articles']} articles, {counts['compared']} compared with them, {counts['links']} links"
    return Outcome(line + rest, counts)


def _next(faces: Sequence[Face], now: datetime) -> datetime | None:
    """When it is looked for again: a week after its newest version; None when that is over."""
    again = datetime.fromisoformat(faces[-1].time) + core.AGAIN if faces else now
    return again if now < again else None


@dataclass
class _Work:
    """The texts at hand."""

    shop: Workshop
    texts: OrderedDict[str, Text | None] = field(default_factory=OrderedDict)
    compared: int = 0

    def article(self, outlet: str, article: str, faces: Sequence[Face], known: Iterable[Key]) -> list[Link]:
        """What an article with these versions shares with others; those it is `known` to are looked at whatever samples say."""
        catalog = self.shop.catalog
        mine = self.read(core.chosen(faces))
        if not mine:
            return []
        hits = catalog.sample_holders({one for text in mine for one in sketch.hashes(text.faithful)})
        others = self.candidates(faces, hits, (outlet, article[:START]))
        others |= catalog.faces({(name, one[:START]) for name, one in known})
        told = catalog.postings(outlet, [article, *(one for name, one in others if name == outlet)])
        links = []
        for key, of in sorted(others.items()):
            if key[1] == article or core.is_same(faces[-1], of[-1], told):
                continue
            self.compared += 1
            if link := self.link(mine, self.read(core.chosen(of)), hits):
                links.append(link)
        return links

    def candidates(self, faces: Sequence[Face], hits: Hits, own: Key) -> dict[Key, list[Face]]:
        """Versions of the articles that share samples enough with one, those that share the most first."""
        wanted = [key for key, _ in sorted(hits.found.items(), key=lambda one: (-one[1], one[0])) if key != own]
        of = self.shop.catalog.faces(wanted[: core.LOOKED_AT])
        enough = {
            key: them for key, them in of.items() if hits.found[key[0], key[1][:START]] >= core.FAR or core.near(faces, them)
        }
        return dict(list(enough.items())[: core.MOST])

    def link(self, mine: list[Text], others: list[Text], hits: Hits) -> Link | None:
        """What two articles share, without what other articles of either outlet say as well."""
        if core.link(mine, others) is None:
            return None
        both = {text.face.article[:START] for text in (mine[0], others[0])}
        common: frozenset[Shingle] = frozenset()
        for one, other in ((mine[-1], others[-1]), (others[-1], mine[-1])):
            peers = core.tell(self.peers(one.face.outlet, hits, both), one, other)
            common |= core.common(peers)
        return core.link(mine, others, common)

    def peers(self, outlet: str, hits: Hits, without: set[str]) -> list[Text]:
        """The last texts of a few articles of an outlet that have many of the samples."""
        counted = hits.found + hits.crowds
        wanted = sorted((key for key in counted if key[0] == outlet and key[1] not in without), key=lambda k: (-counted[k], k))
        found = self.shop.catalog.faces(wanted[: core.PEERS])
        return self.read(of[-1] for of in found.values())

    def read(self, faces: Iterable[Face]) -> list[Text]:
        """The texts of some versions; of those whose snapshot is in the bucket."""
        return [text for face in faces if (text := self.text(face))]

    def text(self, face: Face) -> Text | None:
        if face.snapshot in self.texts:
            self.texts.move_to_end(face.snapshot)
            return self.texts[face.snapshot]
        self.texts[face.snapshot] = found = self.load(face)
        if len(self.texts) > KEPT:
            self.texts.popitem(last=False)
        return found

    def load(self, face: Face) -> Text | None:
        try:
            fields = snapshot.load(self.shop.store.get(face.snapshot))
        except (KeyError, BadRecord) as error:
            self.shop.say(f"republished: {face.snapshot} is left out, `warraq verify` says more: {error or 'missing'}")
            return None
        return Text(face, str(fields.get("title") or ""), str(fields.get("faithful") or fields.get("text") or ""))
