"""Addresses as people read them: RFC 3987 spellings of URLs for showing, never for asking. Pure.

`%D8%B3%D9%88%D9%82` is shown as `سوق`. Encoded stay (RFC 3987, 3.2 and 4.1; UTS #39): what is no UTF-8, every character that is
invisible, turns the reading order, looks like a part of an address's own syntax or is another spelling of one that is shown,
and words that mix letters of two scripts which look alike. The host stays as it is. What is shown encodes to the same bytes.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from urllib.parse import quote

_OCTETS = re.compile(r"(?:%[89A-Fa-f][0-9A-Fa-f])+")
_HEAD = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")
_SYNTAX = re.compile(r"([/?#&=;]+)")
_WORD = re.compile(r"[^\W_]+(?:[^\W_]|[\u0640\u064b-\u065f\u0670])*")
# Scripts by the first word of their characters' Unicode names. ALIKE: letters that pass for ASCII ones.
_ALONE = frozenset({"CYRILLIC", "GREEK", "ARMENIAN", "GEORGIAN", "TIFINAGH"})
_SCRIPTS = _ALONE | {
    "ARABIC", "SYRIAC", "HEBREW", "THAANA", "ETHIOPIC", "DEVANAGARI", "BENGALI", "GURMUKHI", "GUJARATI", "TAMIL", "TELUGU",
    "KANNADA", "MALAYALAM", "SINHALA", "THAI", "LAO", "KHMER", "MYANMAR", "LATIN", "CJK", "HIRAGANA", "KATAKANA", "HANGUL",
}  # fmt: skip
_LATIN = frozenset("ıəøæœłđħðþßŋĸ")  # with no ASCII letter in them
_DIGITS = ("ARABIC-INDIC DIGIT ", "EXTENDED ARABIC-INDIC DIGIT ", "DEVANAGARI DIGIT ", "BENGALI DIGIT ")
_MARKS = re.compile(r"[\u0640\u064b-\u065f\u0670]")  # tatweel and what is written above and below Arabic letters
_POINTS = frozenset("،؛؟")
_STROKES = frozenset("ノ丿丨丶一ー〇ⵏⵑⵗǀǁǂǃ")  # that pass for / | - ! and their like
_RTL = ("R", "AL", "AN")


def readable(url: str) -> str:
    """The address with what may be read in the place of its encoding."""
    if "%" not in url and url.isascii() and url.isprintable():
        return url
    head = _HEAD.match(url)
    end = head.end() if head else 0
    return _plain(url[:end]) + _words(_OCTETS.sub(_decoded, _plain(url[end:])))


def pieces(url: str) -> list[tuple[str, bool]]:
    """`readable` cut at the address's own syntax; whether a piece has letters that are read from the right.

    Each such piece is to be isolated (UAX #9): else two of them change places around the `/` between them.
    """
    parts = [part for part in _SYNTAX.split(readable(url)) if part]
    return [(part, any(unicodedata.bidirectional(c) in _RTL for c in part)) for part in parts]


def in_line(url: str) -> str:
    """`readable` where only text goes, as a headline does: its pieces are isolated by characters (UAX #9, FSI and PDI)."""
    return "".join(f"\u2068{part}\u2069" if rtl else part for part, rtl in pieces(url))


def _plain(text: str) -> str:
    """What stands in it bare and is no ASCII, or is a control character, in its encoding: it is decoded as the rest is."""
    return "".join(c if "\x20" < c < "\x7f" else quote(c, safe="", errors="surrogatepass") for c in text)


def _decoded(match: re.Match[str]) -> str:
    try:
        text = bytes.fromhex(match[0].replace("%", "")).decode("utf-8")
    except UnicodeDecodeError:
        return match[0]
    out, at, before = "", 0, ""
    for c in text:
        width = 3 * len(c.encode())
        shown = bool(_script(c)) or (bool(_MARKS.match(c)) and _script(before or " ") == "ARABIC")
        out += c if shown else match[0][at : at + width]
        at, before = at + width, before if shown and _MARKS.match(c) else c
    return out


@lru_cache(4096)
def _script(c: str) -> str:
    """The script of a character that may be shown where it suits its neighbours; "" of any other. Marks are none."""
    if c in _POINTS:
        return "POINT"
    name = unicodedata.name(c, "")
    kind = unicodedata.category(c)
    if kind == "Nd":
        return "DIGIT" if name.startswith(_DIGITS) else ""
    script = name.partition(" ")[0]
    if kind[0] != "L" or kind == "Lm" or script not in _SCRIPTS or c in _STROKES or "FILLER" in name:
        return ""
    if unicodedata.normalize("NFKC", c) != c:  # a presentation form, a wide letter: another spelling of what is shown
        return ""
    if script == "LATIN" and not (c.lower() in _LATIN or unicodedata.normalize("NFD", c)[0].isascii()):
        return ""
    return script


def _words(text: str) -> str:
    """Words whose letters do not go together in their encoding again."""
    return _WORD.sub(lambda match: match[0] if _together(match[0]) else quote(match[0]), text)


def _together(word: str) -> bool:
    scripts = {_script(c) for c in word if not c.isascii()} - {"", "POINT", "DIGIT"}
    latin = any(c.isascii() and c.isalpha() for c in word)
    return len(scripts) <= 1 and not (latin and scripts & _ALONE)
