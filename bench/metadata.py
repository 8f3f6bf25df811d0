"""How often the metadata of pages with known answers are read right, beside Trafilatura's own.

    python -m bench.metadata PAGES_DIR [--show titles|dates|authors] [--time]

PAGES_DIR holds index.csv (id, url, title, date, author, …) and real/<id>.html.gz. Titles count when they are equal after folding
of white space; dates when they name the same instant, or the same day where one of both has no time; authors when one set of names
holds the other. `--show` prints each disagreement, `--time` CPU milliseconds a page.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import html
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from archive import extract, metadata, reader
from archive.charset import decode
from archive.digest import fold_space
from archive.outlet import Layout
from tests.captures import capture

FIELDS = ("title", "date", "author")


@dataclass(frozen=True, slots=True)
class Said:
    """What one reader says of a page; "" where it says nothing."""

    title: str = ""
    date: str = ""
    author: tuple[str, ...] = ()
    doubted: bool = False  # of the date: stated, and marked as not to be believed


def pages(folder: Path) -> Iterator[tuple[dict[str, str], bytes]]:
    """Rows of the index with the page's bytes; a page that is listed twice counts once."""
    with (folder / "index.csv").open(encoding="utf-8", newline="") as table:
        rows = {row["id"]: row for row in csv.DictReader(table)}
    for number, row in rows.items():
        path = folder / "real" / f"{number}.html.gz"
        if path.exists():
            yield row, gzip.decompress(path.read_bytes())


def ours(row: dict[str, str], body: bytes, *, text: bool = True) -> Said:
    """Warraq's reading, with the layout for unknown sites."""
    page = reader.parse(capture(row["url"], body))
    if page is None:
        return Said()
    meta = metadata.read(page.tree, page.head, row["url"], (), "UTC")
    if text:
        found = extract.body_of(page.tree, Layout(), meta.title, row["url"])
        meta = metadata.with_text(meta, [*found.faithful.split("\n")])
    when = meta.published or {}
    local = when.get("zone") == "outlet"
    return Said(meta.title, when.get("value", "")[: 19 if local else 99], meta.authors, when.get("confidence") == "low")


def trafilaturas(row: dict[str, str], body: bytes) -> Said:
    """Trafilatura's own metadata; its dates are days."""
    from trafilatura.metadata import extract_metadata

    found: Any = extract_metadata(decode(body, "text/html").text, default_url=row["url"])
    return Said(
        found.title or "", found.date or "", tuple(name.strip() for name in (found.author or "").split(";") if name.strip())
    )


def same_title(gold: str, said: str) -> bool:
    return fold_space(html.unescape(gold)) == fold_space(html.unescape(said))


def same_date(gold: str, said: str) -> bool:
    """The same instant, to the minute, where the answer has an offset; else the same day or month somewhere on earth."""
    if gold.endswith(" 00:00:00"):
        gold = gold[:10]  # a day, as that set writes it
    if len(said) <= 10 or len(gold) < 10:
        return gold[: len(said)] == said[: len(gold)]
    one, other = (datetime.fromisoformat(value) for value in (gold, said))
    if one.tzinfo and other.tzinfo:
        return abs(one - other) <= timedelta(minutes=1)
    apart = other.replace(tzinfo=None) - one.replace(tzinfo=None)
    if len(gold) > 10 and (not other.tzinfo or not one.tzinfo):
        return abs(apart) <= timedelta(hours=14) and apart.seconds % 900 in (*range(61), *range(840, 900))
    return timedelta(hours=-14) <= apart < timedelta(hours=24 + 12)


def same_author(gold: str, said: tuple[str, ...]) -> bool:
    """Does one of both have every word of the other (a title or an office may stand beside a name)?"""
    one, other = set(_bare(gold).split()), set(_bare(" ".join(said)).split())
    return one <= other or other <= one


def _bare(name: str) -> str:
    return re.sub(r"\W+|\b(?:and|und|et)\b", " ", html.unescape(name)).casefold().strip()


def outcome(row: dict[str, str], said: Said, field: str) -> str:
    """right, wrong, unknown, doubted (wrong, and marked so); "" where the index has no answer."""
    gold, value = row[field].strip(), getattr(said, field)
    if not gold:
        return ""
    if not value:
        return "unknown"
    same: Callable[..., bool] = {"title": same_title, "date": same_date, "author": same_author}[field]
    return "right" if same(gold, value) else "doubted" if field == "date" and said.doubted else "wrong"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", type=Path)
    parser.add_argument("--show", choices=("titles", "dates", "authors"))
    parser.add_argument("--time", action="store_true")
    given = parser.parse_args()
    readers: dict[str, Callable[[dict[str, str], bytes], Said]] = {"warraq": ours, "trafilatura": trafilaturas}
    counts = {name: {field: Counter[str]() for field in FIELDS} for name in readers}
    spent: Counter[str] = Counter()
    found_pages = list(pages(given.pages))
    number = len(found_pages)
    for row, body in found_pages:
        for name, read in readers.items():
            began = time.process_time()
            said = read(row, body)
            spent[name] += time.process_time() - began
            for field in FIELDS:
                found = outcome(row, said, field)
                counts[name][field][found] += 1
                if name == "warraq" and found in ("wrong", "unknown", "doubted") and given.show == f"{field}s":
                    print(f"{row['id']}  {found}\n    gold {row[field]!r}\n    said {getattr(said, field)!r}")
    print(f"{number} pages")
    for field in FIELDS:
        for name in readers:
            seen = counts[name][field]
            known = sum(seen.values()) - seen[""]
            print(
                f"{field:7} {name:12} right {seen['right']:4} unknown {seen['unknown']:4} doubted {seen['doubted']:2} wrong {seen['wrong']:4} of {known}"
            )
    if given.time:
        for name in readers:
            print(f"{name:12} {1000 * spent[name] / max(1, number):6.2f} ms CPU a page")


if __name__ == "__main__":
    main()
