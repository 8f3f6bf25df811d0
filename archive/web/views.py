"""From rows to what the templates print: labels, signs, times. Pure; no HTML is made here."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from archive.web import iri

# kind → (word, sign, tone). The sign says it without colour; the tone is a class in style.css.
KINDS = {
    "new": ("New", "+", "new"),
    "edited": ("Edited", "✎", "edit"),  # asked for, never told: of headline, text or both
    "headline": ("Headline edited", "✎", "edit"),
    "body": ("Text edited", "✎", "edit"),
    "orthographic": ("Spelling marks", "◌", "quiet"),
    "gone": ("Gone", "✕", "gone"),
    "returned": ("Returned", "↩", "new"),
    "moved": ("Moved", "→", "quiet"),
}
FLAGS = {
    "numbers": "numbers changed",
    "negations": "a negation changed",
    "uncaptured": "never captured",
    "post": "another post id",
}
STATES = {
    "new": "not captured yet",
    "live": "live",
    "edited": "live, edited",
    "returned": "live again",
    "paywalled": "behind a paywall",
    "gone": "gone",
    "moved": "moved",
    "elsewhere": "leads elsewhere",
    "blocked": "blocked",
    "broken": "broken",
    "not-article": "not an article",
}
_REORDER = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])


def chips(kinds: Iterable[str], flags: Iterable[str] = ()) -> list[tuple[str, str, str]]:
    """(word, sign, tone) of each kind and flag; an unknown one is shown as it is."""
    shown = [KINDS.get(kind, (kind, "•", "quiet")) for kind in kinds]
    return shown + [(FLAGS.get(flag, flag), "!", "flag") for flag in flags]


def calm(text: str) -> str:
    """A title for a list: without the characters that reorder what stands around them (UAX #9 overrides, embeddings)."""
    return text.translate(_REORDER).strip()


def isolated(text: str) -> str:
    """Data inside a sentence of ours: its direction is its own, and ends with it (UAX #9, FSI and PDI)."""
    return f"\u2068{calm(text)}\u2069"


def minute(time: str) -> str:
    """2026-11-22T01:12:00.123456Z → 2026-11-22 01:12."""
    return time[:16].replace("T", " ")


def digest(value: str) -> str:
    """sha256:0123…: the hex alone."""
    return value.rpartition(":")[2]


def percent(share: Any) -> str:
    return f"{100 * float(share or 0):.1f} %"


FILTERS = {
    "calm": calm,
    "chips": chips,
    "clock": lambda time: time[11:16],
    "digest": digest,
    "iri": iri.in_line,
    "iri_pieces": iri.pieces,
    "isolated": isolated,
    "minute": minute,
    "percent": percent,
}
