"""A set of pages with their texts: `ID.html.gz` beside `ID.gold.txt`, and index.csv there or one folder up.

The score is the multiset F1 over word tokens (`\\w+` of NFKC text, case-folded, without Arabic vowel signs, tatweel,
ZWNJ and bidi marks): it does not see spacing and order, and a line more or less counts by its words.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from archive.digest import skeleton

_WORD = re.compile(r"\w+")
_UNSEEN = dict.fromkeys([
    *range(0x064B, 0x0653), 0x0670, 0x0640, *range(0x200C, 0x2010), *range(0x202A, 0x202F), *range(0x2066, 0x206A),
])  # fmt: skip
_SHAPE = re.compile(r"[a-z]+_\d+_([a-z]+)")
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff]")
_LEAST_LEAK = 4  # letters and digits: what is shorter is anywhere


@dataclass(frozen=True, slots=True)
class Sample:
    """One page. `group`: "right-to-left", the last part of the repository it is from, or "other"; `shape`: of made pages."""

    name: str
    html: bytes
    gold: str
    url: str
    group: str
    language: str
    cms: str
    shape: str


@dataclass(frozen=True, slots=True)
class Score:
    f1: float
    precision: float
    recall: float
    leaked: tuple[str, ...]  # lines that are not in the gold


def load(folder: Path) -> list[Sample]:
    """The set, by name. FileNotFoundError when there is no page with a text."""
    rows = _index(folder)
    found = []
    for path in sorted(folder.glob("*.html.gz")):
        name = path.name.removesuffix(".html.gz")
        gold = folder / f"{name}.gold.txt"
        if gold.is_file():
            found.append(_sample(name, gzip.decompress(path.read_bytes()), gold.read_text("utf-8"), rows.get(name)))
    if not found:
        raise FileNotFoundError(f"{folder}: no ID.html.gz with an ID.gold.txt beside it")
    return found


def digest(samples: list[Sample]) -> str:
    """SHA-256 over the sorted SHA-256 sums of every page and every text."""
    sums = sorted(hashlib.sha256(data).hexdigest() for one in samples for data in (one.html, one.gold.encode("utf-8")))
    return hashlib.sha256("\n".join(sums).encode()).hexdigest()


def score(gold: str, text: str) -> Score:
    """How `text` compares with `gold`."""
    wanted, got = Counter(words(gold)), Counter(words(text))
    if not wanted or not got:
        same = float(not wanted and not got)
        return Score(same, same, same, _leaked(gold, text))
    common = (wanted & got).total()
    precision, recall = common / got.total(), common / wanted.total()
    f1 = 2 * precision * recall / (precision + recall) if common else 0.0
    return Score(f1, precision, recall, _leaked(gold, text))


def words(text: str) -> list[str]:
    return _WORD.findall(unicodedata.normalize("NFKC", text).translate(_UNSEEN).casefold())


def _leaked(gold: str, text: str) -> tuple[str, ...]:
    whole = skeleton(gold)
    marks = ((line, skeleton(line)) for line in text.split("\n"))
    return tuple(line for line, mark in marks if len(mark) >= _LEAST_LEAK and mark not in whole)


def _index(folder: Path) -> dict[str, dict[str, str]]:
    for path in (folder / "index.csv", folder.parent / "index.csv"):
        if path.is_file():
            with path.open(encoding="utf-8", newline="") as file:
                return {row["id"]: row for row in csv.DictReader(file)}
    return {}


def _sample(name: str, html: bytes, gold: str, row: dict[str, str] | None) -> Sample:
    shaped = _SHAPE.fullmatch(name)
    right = row["rtl"] == "1" if row else 2 * len(_RIGHT_TO_LEFT.findall(gold)) > len("".join(gold.split()))
    source = row["source_repo"].rpartition("/")[2] if row else "other"
    if row is None and shaped:
        source = "made"
    return Sample(
        name=name,
        html=html,
        gold=gold,
        url=(row or {}).get("url") or f"https://page.example.org/{name}",
        group=source if shaped and row is None else "right-to-left" if right else source,
        language=(row or {}).get("lang") or ("ar" if right else "other"),
        cms=(row or {}).get("cms") or "",
        shape=shaped[1] if shaped and row is None else "",
    )
