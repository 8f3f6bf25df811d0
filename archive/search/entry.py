"""What of a text goes into the index. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from archive.search.clitics import forms
from archive.search.folding import Word, fold, scan

MOST = 900_000  # bytes of one text's different words: PostgreSQL takes a million


@dataclass(frozen=True, slots=True)
class Entry:
    """Words in their order, and what finds them besides themselves, sorted."""

    title: tuple[str, ...]
    body: tuple[str, ...]
    forms: tuple[str, ...]


def texts(fields: Mapping[str, Any]) -> tuple[str, str]:
    """(headline, body) of a snapshot, as they are searched and shown: the faithful text, which leaves nothing out."""
    subtitle, body = str(fields.get("subtitle") or ""), str(fields.get("faithful") or fields.get("text") or "")
    return str(fields.get("title") or ""), "\n".join(filter(None, (subtitle, body)))


def entry(title: str, body: str) -> Entry:
    """The entry of a version. Of a text of absurd length, what comes first."""
    heads, words = scan(title), scan(body)
    seen: set[str] = set()
    own: set[str] = set()
    size = 0
    kept: list[list[str]] = [[], []]
    for into, part in zip(kept, (heads, words), strict=True):
        for word in part:
            if word.kept not in seen:
                size += _size(word)
                if size > MOST:
                    break
                seen.add(word.kept)
                own.update(forms(word.kept))
            into.append(fold(word.kept))
    return Entry(tuple(kept[0]), tuple(kept[1]), tuple(sorted(own.difference(*kept))))


def _size(word: Word) -> int:
    return sum(len(one.encode()) + 8 for one in forms(word.kept))  # as PostgreSQL counts: a header and a position each
