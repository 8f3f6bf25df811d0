"""CPU of the whole reading of an article over that of Trafilatura alone, side by side in one process.

    python -m bench.reading [PAGES_DIR] [--pages 200]          (make bench)

Counted on our side: everything between the payload and the snapshot's bytes (content decoding, charset, tree, layout,
metadata, body, checks, digests, sketch, packing). Against it `trafilatura.bare_extraction(html, with_metadata=True)`.
Pages are read in turns, so that whatever else the machine does hits both alike.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from archive.outlet import Layout
from archive.rules import GENERIC
from bench.corpus import Sample, load
from bench.extraction import packed
from bench.invented import page

BOUND = 1.15
_JANNAH = Layout(
    name="jannah", match="//article[@id='the-post']", body="//div[contains(@class,'entry-content')]",
    prune=("//*[contains(@class,'share-buttons')]", "//*[@id='related-posts']"),
)  # fmt: skip


def made(pages: int) -> list[Sample]:
    """Pages of 100 KB in the markup of a news theme."""
    return [Sample(f"made_{n}", page(n), "", f"https://page.example.org/archives/{n}", "", "", "", "") for n in range(pages)]


def plain(sample: Sample) -> None:
    from trafilatura import bare_extraction

    bare_extraction(sample.html, with_metadata=True)


def clocked(run: Callable[[Sample], Any], sample: Sample) -> float:
    began = time.process_time()
    run(sample)
    return time.process_time() - began


def compare(samples: list[Sample], layout: Layout) -> tuple[float, float]:
    """CPU seconds of (our reading, Trafilatura) over all pages; the first page warms both up."""

    def ours(sample: Sample) -> None:
        packed(sample, layout)

    ours(samples[0])
    plain(samples[0])
    pairs = [(clocked(ours, one), clocked(plain, one)) for one in samples]
    return sum(one for one, _ in pairs), sum(other for _, other in pairs)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("folder", type=Path, nargs="?")
    options.add_argument("--pages", type=int, default=200)
    given = options.parse_args()
    found = load(given.folder) if given.folder else made(given.pages)
    samples = found[:: max(1, len(found) // given.pages)]  # of every source
    held = True
    for layout in (GENERIC,) if given.folder else (_JANNAH, GENERIC):
        ours, theirs = compare(samples, layout)
        held &= ours <= BOUND * theirs
        each = 1000 / len(samples)
        print(f"{layout.name}: {ours * each:.1f} ms a page, Trafilatura {theirs * each:.1f} ms: ratio {ours / theirs:.2f}")
    print(f"reading: {len(samples)} pages, bound {BOUND}: {'ok' if held else 'short'}")
    sys.exit(not held)


if __name__ == "__main__":
    main()
