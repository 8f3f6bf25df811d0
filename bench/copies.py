"""How surely a text inside another one is found by twelve samples, how many are looked at in vain, and what it costs.

python -m bench.copies [--pairs 400] [--articles 1000000] [--pages ../shared/pages/real]

Recall: of pairs that the counts link, those that the samples find. *At once*: the later text looks for the earlier one,
captured up to a fortnight before (one common sample is enough) or long before (two); *in the end*: either looks for the
other, as when both came within a week, or all is compared anew. Bounds, for pairs of a fortnight in the end: .995, for
those that share less than half of the shorter one .9. Pages that are not there are skipped, with a word.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

from archive.catalog import Catalog, models
from archive.catalog.sketches import CROWD, START
from archive.republished import FAR, LOOKED_AT, Face, Text, related
from archive.sketch import SIZE, hashes, sketch, unpack
from bench.newswire import changed, text

BOUND, WEAK_BOUND = 0.995, 0.9
SLOWEST = 50.0  # ms to look among all articles
BATCH = 500_000  # rows put at once
crowded: set[int] = set()  # samples that too many texts of an outlet have (archive.catalog.sketches)
Paragraphs = list[str]
Make = Callable[[Paragraphs, Paragraphs, int], Paragraphs]


def half(source: Paragraphs, seed: int) -> Paragraphs:
    """Half of the paragraphs, in their order."""
    kept = set(random.Random(seed).sample(range(len(source)), (len(source) + 1) // 2))
    return [one for n, one in enumerate(source) if n in kept]


CASES: dict[str, Make] = {
    "whole": lambda source, own, n: source,
    "before other text": lambda source, own, n: [*source, *own],
    "after other text": lambda source, own, n: [*own, *source],
    "amid other text": lambda source, own, n: [*own[: len(own) // 2], *source, *own[len(own) // 2 :]],
    "10 % of the words changed": lambda source, own, n: changed(source, 0.1, n),
    "30 % of the words changed": lambda source, own, n: changed(source, 0.3, n),
    "37 % of the words changed": lambda source, own, n: changed(source, 0.37, n),
    "50 % of the words changed": lambda source, own, n: changed(source, 0.5, n),
    "half of the paragraphs": lambda source, own, n: half(source, n),
    "half of them, 20 % changed": lambda source, own, n: changed(half(source, n), 0.2, n),
    "half of them amid other text": lambda source, own, n: [*own[:3], *half(source, n), *own[3:]],
}


def pairs(case: Make, sources: list[Paragraphs], others: list[Paragraphs]) -> Iterator[tuple[Text, Text]]:
    """(source, copy)"""
    for n, (source, own) in enumerate(zip(sources, others, strict=True)):
        yield as_text("wire", source, n), as_text("paper", case(source, own, n), n)


def as_text(outlet: str, paragraphs: Paragraphs, n: int) -> Text:
    return Text(Face(outlet, f"{n:032x}", 1, "", "", "", ""), "", "\n".join(paragraphs))


def recall(name: str, found: list[tuple[Text, Text]]) -> bool:
    """One row of the table: of pairs that are linked."""
    linked = [(one, other) for one, other in found if related(one, other)]
    if not linked:
        print(f"{name:32} {len(found):5} pairs, none shares enough for a link")
        return True
    weak = statistics.median(len(a.runs & b.runs) / min(len(a.runs), len(b.runs)) for a, b in linked) < 0.5
    hits = [(common(a, b), common(b, a)) for a, b in linked]  # the source looks for the copy, the copy for the source
    rates = [
        *(sum(hit[way] >= need for hit in hits) / len(hits) for way in (1, 0) for need in (1, FAR)),
        *(sum(max(hit) >= need for hit in hits) / len(hits) for need in (1, FAR)),
    ]
    print(f"{name:32} {len(linked):5} linked " + " ".join(f"{rate:7.4f}" for rate in rates))
    return rates[4] >= (WEAK_BOUND if weak else BOUND)


def common(looks: Text, has: Text) -> int:
    """Samples of the second among all runs of the first, without those that tell nothing."""
    return len(runs(looks.faithful).intersection(unpack(sketch(has.faithful))) - crowded)


@lru_cache(10_000)
def runs(said: str) -> frozenset[int]:
    return hashes(said)


def table(what: str, sources: list[Paragraphs], others: list[Paragraphs]) -> bool:
    print(f"\n{what}\n{'':45} copy looks      source looks    either, in the end")
    print(f"{'':44}" + " near    far    " * 3)
    rows = [recall(name, list(pairs(case, sources, others))) for name, case in CASES.items()]
    return all(rows)


def glued(sources: list[Paragraphs], others: list[Paragraphs]) -> bool:
    """Two sources in one text: both are to be found."""
    both = [[*a, *b] for a, b in zip(sources, others, strict=True)]
    first = [(as_text("wire", a, n), as_text("paper", c, n)) for n, (a, c) in enumerate(zip(sources, both, strict=True))]
    second = [(as_text("wire", b, n), as_text("paper", c, n)) for n, (b, c) in enumerate(zip(others, both, strict=True))]
    return recall("two sources glued together", first + second)


def pages(folder: Path) -> list[Paragraphs]:
    return [path.read_text("utf-8").split("\n") for path in sorted(folder.glob("*.gold.txt"))]


def in_vain(texts: list[Paragraphs]) -> None:
    """How many other texts of the same outlet have one sample, or two, of a text that nobody copied."""
    every = ["\n".join(one) for one in texts]
    holders: dict[int, set[int]] = {}
    for n, one in enumerate(every):
        for sample in unpack(sketch(one)):
            holders.setdefault(sample, set()).add(n)
    crowded.update(sample for sample, of in holders.items() if len(of) > CROWD)
    counts: list[tuple[int, int]] = []
    for n, one in enumerate(every[:500]):
        hit = Counter(other for sample in hashes(one) - crowded for other in holders.get(sample, set()) - {n})
        counts.append((len(hit), sum(count >= FAR for count in hit.values())))
    one, two = (statistics.mean(of) for of in zip(*counts, strict=True))
    print(
        f"among {len(every)} texts of one outlet, looked at in vain: {one:.2f} with one sample, {two:.3f} with {FAR}; ", end=""
    )
    print(f"{len(crowded)} samples are in more than {CROWD} of them and count no more")


def fill(catalog: Catalog, articles: int, seed: int = 7) -> None:
    """As many articles of 300 words, their samples drawn as they fall: the smallest of 300 numbers by chance."""
    from archive.catalog import bulk

    rng = random.Random(seed)
    drawn: list[int] = []  # sample << 32 | article: a list of numbers takes a tenth of the memory
    for n in range(articles):
        at = 0.0
        for _ in range(SIZE):
            at += rng.expovariate(300)
            drawn.append(min(int(at * 2**32), 2**32 - 1) << 32 | n)
    drawn.sort()
    for begin in range(0, len(drawn), BATCH):
        rows = [
            (one >> 32, f"outlet_{one % 5}", f"{(one % 2**32 * 2654435761 + seed) % 2**48:0{START}x}")
            for one in drawn[begin : begin + BATCH]
        ]
        with catalog._database.write("bench") as connection:
            bulk.put(connection, models.sample, sorted(set(rows)))


def scale(articles: int) -> bool:
    with TemporaryDirectory() as folder:
        catalog = Catalog(f"sqlite:///{folder}/catalog.db")
        catalog.migrate()
        before = Path(folder, "catalog.db").stat().st_size
        began = time.process_time()
        fill(catalog, articles)
        catalog._database.engine.dispose()
        size = Path(folder, "catalog.db").stat().st_size - before
        print(
            f"\n{articles} articles: {SIZE * articles} rows, {size / 1e6:.0f} MB, made in {time.process_time() - began:.0f} CPU s"
        )
        asked = [hashes("\n".join(text(9_000_000 + n, 300 if n % 4 else 1500))) for n in range(200)]
        costs, found = [], []
        for one in asked:
            start = time.perf_counter()
            hits = catalog.sample_holders(one)
            costs.append((time.perf_counter() - start) * 1000)
            found.append(len(hits.found))
        slowest = statistics.quantiles(costs, n=20)[-1]
        print(f"  to look for a text: median {statistics.median(costs):.1f} ms, 95 of 100 below {slowest:.1f} ms")
        print(
            f"  others with one sample by chance: {statistics.mean(found):.2f}, at most {max(found)} (the first {LOOKED_AT} are looked at)"
        )
        start = time.perf_counter()
        fill(catalog, 200, seed=8)
        print(f"  to note the samples of 200 more: {(time.perf_counter() - start) * 1000:.0f} ms")
    return slowest <= SLOWEST


def main() -> int:
    options = argparse.ArgumentParser()
    options.add_argument("--pairs", type=int, default=400)
    options.add_argument("--articles", type=int, default=1_000_000)
    options.add_argument("--pages", type=Path, default=Path(__file__).parents[2] / "shared" / "pages" / "real")
    given = options.parse_args()
    sources = [text(n, 300) for n in range(given.pairs)]
    others = [text(1_000_000 + n, 300) for n in range(given.pairs)]
    in_vain([text(4_000_000 + n, 300) for n in range(20 * given.pairs)])
    good = [table("invented texts of 300 words", sources, others), glued(sources, others)]
    briefs = [text(2_000_000 + n, 100) for n in range(given.pairs)]
    longs = [text(3_000_000 + n, 1400) for n in range(given.pairs)]
    good.append(table("100 words in 1500", briefs, longs))
    real = pages(given.pages)
    print()
    if real:
        crowded.clear()
        in_vain(real)
        good.append(table(f"{len(real)} real pages", real, [*real[1:], real[0]]))
    else:
        print(f"no real pages in {given.pages}: skipped")
    texts = ["\n".join(one) for one in [*sources, *real]]
    began = time.process_time()
    for one in texts:
        sketch(one)
    print(f"\nto sketch a text: {(time.process_time() - began) / len(texts) * 1000:.2f} CPU ms")
    good.append(scale(given.articles))
    print("ok" if all(good) else "short")
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
