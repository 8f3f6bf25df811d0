"""Seed files: the user's texts, their lock, and the links from an article to the texts it shares words with.

A link is counted, not guessed: the distinct word 3-grams ("shingles") that both texts share, over
`archive.digest.tokens`, in both directions. docs/VERIFY.md counts the same with perl, awk and sort.
"""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from archive.digest import RECIPE, tokens
from archive.errors import BadSeeds

CONTAINS = 0.90  # share of the shingles of one text found in the other
DERIVED = 0.25
ENOUGH = 20  # shared shingles below which nothing but equality is a link
PARAGRAPH = 20  # letters and digits; shorter ones are bylines and buttons that many pages have

_NOT_SEEDS = ("SHA256SUMS",)
_KEYS = {"name": str, "size": int, "sha256": str, "outlet": str}

Shingle = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class SeedFile:
    """One line of seeds.lock: a seed file that must be exactly this."""

    name: str
    size: int  # bytes
    sha256: str  # 64 hex digits
    outlet: str  # name of the outlet that published it


@dataclass(frozen=True, slots=True)
class SeedSet:
    """The seed files in force, as bytes. `set12`: first 12 hex digits of the SHA-256 of their SHA256SUMS."""

    set12: str
    files: tuple[tuple[str, bytes], ...]  # name, content


def load_lock(path: Path) -> tuple[SeedFile, ...]:
    """The seed files that `path` (TOML, one [[seed]] each) names; BadSeeds says what is wrong with it."""
    try:
        raw = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadSeeds(f"{path.name}: cannot be read: {error}", "restore it from the repository") from error
    rows = raw.get("seed", [])
    for row in rows:
        wrong = sorted(set(row) ^ set(_KEYS)) or [key for key, kind in _KEYS.items() if not isinstance(row[key], kind)]
        if wrong:
            raise BadSeeds(
                f"{path.name}: seed {row.get('name', '?')!r}: {', '.join(wrong)}", f"each has exactly {', '.join(_KEYS)}"
            )
    names = [row["name"] for row in rows]
    if not rows or len(set(names)) != len(names) or set(raw) != {"seed"}:
        raise BadSeeds(f"{path.name}: needs one [[seed]] for each seed file and nothing else", "restore it from the repository")
    return tuple(SeedFile(**row) for row in rows)


def check_folder(folder: Path, lock: tuple[SeedFile, ...]) -> dict[str, bytes]:
    """The seed files of `folder` by name, all of them exactly as locked; BadSeeds names the first that is not."""
    try:
        there = {p.name for p in folder.iterdir() if p.is_file() and not p.name.startswith(".")} - set(_NOT_SEEDS)
    except OSError as error:
        raise BadSeeds(f"{folder}: {error.strerror or error}", "give the folder that holds the seed files") from error
    if not there:
        raise BadSeeds(f"{folder}: no seed file in it", "give the folder that holds the seed files")
    wanted = {entry.name for entry in lock}
    if missing := sorted(wanted - there):
        raise BadSeeds(f"{folder}: {missing[0]} is missing", "seeds.lock names it; nothing was stored")
    if extra := sorted(there - wanted):
        raise BadSeeds(f"{folder}: {extra[0]} is not in seeds.lock", "remove it, or add it to seeds.lock; nothing was stored")
    return {entry.name: _checked(folder / entry.name, entry) for entry in lock}


def _checked(path: Path, entry: SeedFile) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BadSeeds(f"{path}: {error.strerror or error}", "make it readable; nothing was stored") from error
    if len(data) != entry.size or hashlib.sha256(data).hexdigest() != entry.sha256:
        raise BadSeeds(
            f"{path}: {len(data)} bytes, SHA-256 {hashlib.sha256(data).hexdigest()[:12]}…: not the file of seeds.lock",
            f"it should be {entry.size} bytes, {entry.sha256[:12]}…; nothing was stored",
        )
    return data


def link(text: str, seeds: SeedSet | None) -> tuple[dict[str, Any], ...]:
    """Links of an article (headline, newline, faithful text) to the seed files; () when there are none.

    `paragraphs` are pairs of line numbers: of the seed file from 1; of the article, the headline being 0.
    """
    if seeds is None:
        return ()
    words = tokens(text)
    article = shingles(words)
    links = []
    for one in _prepared(seeds):
        shared = len(article & one.shingles)
        relation = relate("".join(words) == one.skeleton, shared, len(one.shingles), len(article))
        if relation:
            links.append(
                {
                    "name": one.name,
                    "sha256": one.sha256,
                    "set": seeds.set12,
                    "relation": relation,
                    "seed_in_article": share_of(shared, len(one.shingles)),
                    "article_in_seed": share_of(shared, len(article)),
                    "paragraphs": pairs(one.paragraphs, paragraphs(text, start=0)),
                    "recipe": RECIPE,
                }
            )
    return tuple(links)


def relate(equal: bool, shared: int, of_seed: int, of_article: int) -> str:
    """identical, contains, derived or "" (no link), from counts of distinct shingles."""
    if equal:
        return "identical"
    if shared < ENOUGH:
        return ""
    larger = max(shared / of_seed, shared / of_article)
    return "contains" if larger >= CONTAINS else "derived" if larger >= DERIVED else ""


def shingles(words: list[str]) -> frozenset[Shingle]:
    """The distinct runs of three words; line ends do not part them."""
    return frozenset(zip(words, words[1:], words[2:], strict=False))


@dataclass(frozen=True, slots=True)
class _Prepared:
    name: str
    sha256: str
    skeleton: str
    shingles: frozenset[Shingle]
    paragraphs: tuple[tuple[int, str], ...]


@lru_cache(maxsize=4)
def _prepared(seeds: SeedSet) -> tuple[_Prepared, ...]:
    """Counted once per process: the sets stay the same for thousands of articles."""
    out = []
    for name, data in seeds.files:
        text = data.decode("utf-8", "replace")
        words = tokens(text)
        out.append(
            _Prepared(name, hashlib.sha256(data).hexdigest(), "".join(words), shingles(words), paragraphs(text, start=1))
        )
    return tuple(out)


def paragraphs(text: str, start: int) -> tuple[tuple[int, str], ...]:
    """(line number from `start`, its letters and digits) of the lines that are long enough to be told apart."""
    lines = ((number, "".join(tokens(line))) for number, line in enumerate(text.split("\n"), start))
    return tuple((number, line) for number, line in lines if len(line) >= PARAGRAPH)


def pairs(seed: tuple[tuple[int, str], ...], article: tuple[tuple[int, str], ...]) -> list[list[int]]:
    """Lines whose skeletons are equal, or one of which holds the other (a second text was glued to its end)."""
    return [[n, m] for n, one in seed for m, other in article if one in other or other in one]


def share_of(shared: int, of: int) -> dict[str, Any]:
    """How much of a text is in another: distinct shingles, in JSON's terms."""
    return {"shared": shared, "of": of, "share": round(shared / of, 4) if of else 0.0}
