"""What a re-reading changed, counted and shown: while it goes on, or later from the bucket."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from archive import changed, keys, observation, snapshot
from archive.catalog.again import Kindred
from archive.changed import Changes, Example
from archive.crossing import Settled
from archive.judge import Judged
from archive.observation import Observation
from archive.outlet import Outlet
from archive.readings import Readings
from archive.rereading import Words, words
from archive.steps import pending
from archive.steps.workshop import Outcome, Workshop

ARTICLES = 200  # folded at once


class Comparing:
    """Compares the history of articles without and with new readings. Withheld articles are counted and not shown."""

    def __init__(self, shop: Workshop, outlet: Outlet) -> None:
        self.shop, self.outlet = shop, outlet
        self.hidden = {article for article, standing in shop.catalog.standing().items() if standing.withheld}

    def of(
        self, kindred: Kindred, due: Sequence[Observation], new: Sequence[Judged], settled: Settled | None = None
    ) -> Changes:
        """`due`: the captures that were to be read, `new`: what came of them; `settled`: of looks, without them all."""
        out = Changes()
        read = {one.observation.record for one in new}
        out.counts.update(captures=len(due), read=len(read))
        for line in due:
            if line.record not in read:
                why = Example("unreadable", line.url, line.time, told="no layout fits it, or no text of an article was found")
                out.see([why], str, quiet=line.article in self.hidden)
        mine: dict[str, list[Judged]] = {}
        for one in new:
            mine.setdefault(one.observation.article, []).append(one)
        out.counts["articles"] += len({line.article for line in due})
        for article, judged in mine.items():
            self._article(out, kindred, article, judged, settled)
        return out

    def _article(self, out: Changes, kindred: Kindred, article: str, judged: Sequence[Judged], settled: Settled | None) -> None:
        known, lines = kindred.lines.get(article, []), [one.observation for one in judged]
        before = kindred.fold(article, (), self.outlet.gone_after, settled)
        after = kindred.fold(article, lines, self.outlet.gone_after)
        readings = Readings(known)
        unread = {line.record for line in lines if readings.newest(line) is None}
        texts = {words(one.observation.reading): one.snapshot for one in judged if one.observation.reading and one.snapshot}
        show = partial(out.see, text_of=partial(self._text, texts, [*known, *lines]), quiet=article in self.hidden)
        differ = [*changed.of_captures(known, lines)]
        out.counts["equal"] += len(lines) - sum(one.kind in ("text", "first") for one in differ)
        out.counts["versions before"] += len(before.versions)
        out.counts["versions after"] += len(after.versions)
        show([*differ, *changed.of_article(before, after, unread)])

    def _text(self, texts: dict[Words, bytes], lines: Iterable[Observation], which: Words) -> str:
        """A text by its digests: as it was just read, else as it is stored; "" when it is not."""
        data = texts.get(which)
        if data is None:
            stored = (line.reading for line in lines if line.reading is not None and line.reading.snapshot)
            key = next((reading.snapshot for reading in stored if words(reading) == which), "")
            try:
                data = self.shop.store.get(key) if key else None
            except KeyError:
                data = None
        return str(snapshot.load(data)["faithful"]) if data is not None else ""


def report(shop: Workshop, outlet: Outlet, run: str) -> Outcome:
    """What the re-reading `run` changed, from its observations in the bucket."""
    total = of_run(shop, outlet, run)
    if total is None:
        return Outcome(
            f"reread: {outlet.name}: {run} read nothing again", {"outlet": outlet.name, "run": run}, nothing_due=True
        )
    told = (
        f"reread: {outlet.name}: {total.counts['captures']} captures of {total.counts['articles']} articles read again in {run}"
    )
    return Outcome(told, {"outlet": outlet.name, "run": run, "changes": total.row()}, progress=tuple(total.lines()))


def of_run(shop: Workshop, outlet: Outlet, run: str) -> Changes | None:
    """What a re-reading changed in all, its effect on what the outlet's articles settle together included; None for nothing."""
    prefix = keys.day_prefixes("observations", outlet.name, [keys.run_time(run)])[0]
    files = [stem for stem in pending.named(shop.store.list(prefix)) if stem.run == run]
    new: dict[str, list[Observation]] = {}
    for stem in sorted(files, key=str):
        for line in observation.load(shop.store.get(stem.observations)):
            if line.reread and line.reading is not None:
                new.setdefault(line.article, []).append(line)
    if not new:
        return None
    comparing, total = Comparing(shop, outlet), Changes()
    alone = {
        article: kindred.fold(article, (), outlet.gone_after).crossings
        for some, kindred in _without(shop, outlet, run, sorted(new))
        for article in some
    }
    settled = shop.catalog.settled_with(outlet.name, alone)
    for some, kindred in _without(shop, outlet, run, sorted(new)):
        lines = [line for article in some for line in new[article]]
        total += comparing.of(kindred, lines, [Judged(line, None) for line in lines], settled)
    return total


def _without(shop: Workshop, outlet: Outlet, run: str, articles: Sequence[str]) -> Iterator[tuple[Sequence[str], Kindred]]:
    """What is known of these articles without the re-reading `run`, some of them at a time."""
    for some in (articles[i : i + ARTICLES] for i in range(0, len(articles), ARTICLES)):
        kindred = shop.catalog.kindred(outlet.name, some)
        for article in some:
            kindred.lines[article] = [line for line in kindred.lines.get(article, ()) if line.run != run or not line.reread]
        yield some, kindred
