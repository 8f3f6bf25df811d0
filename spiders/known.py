"""What earlier runs know of an outlet's articles, as the crawl step hands it to the spider: one attempted article a line.

    article TAB post TAB published TAB url TAB words (JSON) TAB alive (1, 0; 2: it is gone)

`words` is what captures answered of what lists announce (`plan.Task.announced`); a key that is not there is never
compared. `alive`: its absence from a list means something. A line may end after any column. The text stays one
block of memory; what is looked for is found by sorted numbers, so a million articles take their file and 48 MB.
"""

from __future__ import annotations

import hashlib
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import orjson

from archive.errors import Refused

_MISSING = (b"",) * 6


class Row(NamedTuple):
    """One known article."""

    article: str
    post: str = ""
    published: str = ""
    url: str = ""
    words: dict[str, str] = {}  # noqa: RUF012  # never written to
    alive: bool = False
    gone: bool = False

    @property
    def listed(self) -> bool:
        """Is it an article that REST lists as long as it is there?"""
        return self.alive and "rest" in self.words


class _Index:
    """Sorted keys and, for each, where its line begins. Equal keys keep the order of the file."""

    def __init__(self, kind: str) -> None:
        self.keys, self.places = array(kind), array("Q")

    def add(self, key: float, place: int) -> None:
        self.keys.append(key)
        self.places.append(place)

    def sort(self) -> None:
        order = sorted(range(len(self.keys)), key=self.keys.__getitem__)
        self.keys = array(self.keys.typecode, (self.keys[n] for n in order))
        self.places = array("Q", (self.places[n] for n in order))

    def within(self, low: float, high: float) -> Iterator[int]:
        """Where the lines begin whose keys lie between the two, which count; the greatest key first."""
        return reversed(self.places[bisect_left(self.keys, low) : bisect_right(self.keys, high)])


class Addresses:
    """A set of addresses that only answers whether one is in it, by 64 bits of its digest."""

    def __init__(self, text: bytes = b"") -> None:
        self._keys = array("Q", sorted({_short(line.strip()) for line in BytesIO(text)}))

    def __contains__(self, url: str) -> bool:
        key = _short(url.encode("utf-8"))
        place = bisect_left(self._keys, key)
        return place < len(self._keys) and self._keys[place] == key


class Known:
    """The articles that were asked for before. Reading a line costs some microseconds, so rows are made when asked for.

    `pictures`: addresses of pictures that are kept already.
    """

    def __init__(self, text: bytes = b"", pictures: bytes = b"") -> None:
        self._text, self.pictures = text, Addresses(pictures)
        self._ids, self._posts, self._dates = _Index("Q"), _Index("Q"), _Index("d")
        place = 0
        for line in BytesIO(text):
            article, post, published, _, _, alive = (*line.rstrip(b"\n").split(b"\t"), *_MISSING)[:6]
            if article:
                self._ids.add(_number(article), place)
            if post:
                self._posts.add(_short(post), place)
            if alive == b"1" and (when := seconds(published.decode("ascii", "replace"))) is not None:
                self._dates.add(when, place)
            place += len(line)
        for index in (self._ids, self._posts, self._dates):
            index.sort()

    @classmethod
    def read(cls, articles: Path | None, pictures: Path | None = None) -> Known:
        """From the file of articles and that of pictures (one address a line), each of which may be missing."""
        return cls(*(_bytes(path) if path else b"" for path in (articles, pictures)))

    @classmethod
    def of(cls, articles: Iterable[str]) -> Known:
        """Articles of which nothing but the id is known."""
        return cls("\n".join(articles).encode("ascii"))

    def __len__(self) -> int:
        return len(self._ids.keys)

    def __contains__(self, article: str) -> bool:
        return self.row(article) is not None

    def row(self, article: str) -> Row | None:
        """What is known of the article with this id; None: nobody asked for it yet."""
        key = _number(article.encode("ascii"))
        return next((row for row in map(self._row, self._ids.within(key, key)) if row.article == article), None)

    def of_post(self, post: str) -> Row | None:
        """The article that has this id of the CMS's own, the last one of several."""
        key = _short(post.encode("utf-8"))
        return next((row for row in map(self._row, self._posts.within(key, key)) if row.post == post), None)

    def alive(self, low: float = float("-inf"), high: float = float("inf")) -> Iterator[Row]:
        """What is alive and was published between two times (seconds since 1970, which count), newest first."""
        return map(self._row, self._dates.within(low, high))

    def _row(self, place: int) -> Row:
        end = self._text.find(b"\n", place)
        parts = self._text[place : end if end >= 0 else len(self._text)].decode("utf-8").split("\t")
        article, post, published, url, words, alive = (*parts, *("" for _ in range(6 - len(parts))))[:6]
        return Row(article, post, published, url, orjson.loads(words) if words else {}, alive == "1", alive == "2")


def seconds(published: str) -> float | None:
    """Seconds since 1970 of an ISO time, UTC when it has no offset; None for what is no time."""
    try:
        when = datetime.fromisoformat(published) if published else None
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp() if when else None
    except (ValueError, OverflowError, OSError):
        return None


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Refused(f"{path}: cannot be read: {error.strerror}") from error


def _number(article: bytes) -> int:
    """The first 16 digits of an article id; another word (there is none in files of ours) goes by its digest."""
    try:
        return int(article[:16], 16)
    except ValueError:
        return _short(article)


def _short(word: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(word, digest_size=8).digest())
