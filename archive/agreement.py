"""How far a reading is borne out by others: the page's own JSON-LD `articleBody`, a second extractor, its links. Pure.

Agreement of two texts is Dice's coefficient over their words (2·common / sum, multisets): it sees a lost half and a
swallowed sidebar, and not the order. Values are rounded to two digits, so that noise in a footer does not move them.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from typing import Any

from archive.digest import tokens

_TAG = re.compile(r"<[a-zA-Z/!][^>]*>")
_SHORTCODE = re.compile(r"\[/?[a-z][\w-]*(?:\s[^\]\n]{0,400})?\]")  # WordPress leaves those of removed plugins standing
_ENOUGH = 20  # words: fewer bear nothing out
_LARGEST = 4 << 20  # letters of a page that is worth a second opinion


def checks(body: str, *, article_body: str = "", second: str = "", links: float | None = None) -> dict[str, float]:
    """Of a body: "ld" and "second", agreement with the other two texts; "links", the share of its letters in links.

    A key is absent when there is nothing to compare with.
    """
    own = Counter(tokens(body))
    found = {
        name: round(dice(own, other), 2)
        for name, text in (("ld", article_body), ("second", second))
        if (other := Counter(tokens(text))).total() >= _ENOUGH
    }
    return found if links is None else found | {"links": round(links, 2)}


def between(one: str, other: str) -> float:
    """Agreement of two texts."""
    return dice(Counter(tokens(one)), Counter(tokens(other)))


def dice(one: Counter[str], other: Counter[str]) -> float:
    """2·common / sum of two multisets of words, 0 when both are empty."""
    whole = one.total() + other.total()
    return 2 * (one & other).total() / whole if whole else 0.0


def second(tree: Any) -> str:
    """Another extractor's body of a page (lxml.html): resiliparse, by the shape of the markup, a tenth of our cost.

    It gets the page as lxml understood it: on raw markup nested a hundred thousand deep it would not end.
    """
    from lxml import html as markup
    from resiliparse.extract.html2text import extract_plain_text

    body = tree.find(".//body")
    text = markup.tostring(tree if body is None else body, encoding="unicode")
    return str(extract_plain_text(text, main_content=True)) if len(text) <= _LARGEST else ""


def article_body(ld: dict[str, Any]) -> list[str]:
    """The lines of a JSON-LD object's `articleBody` (schema.org/articleBody): plain text, or HTML as some plugins print it."""
    value = ld.get("articleBody")
    text = "\n".join(value) if isinstance(value, list) and all(isinstance(one, str) for one in value) else value
    if not isinstance(text, str):
        return []
    text = html.unescape(text)  # an escape within a string of JSON: everybody's plugin does it
    if _TAG.search(text):
        text = _TAG.sub(" ", re.sub(r"(?i)</(?:p|div|li|h[1-6]|blockquote|tr)>|<br\b[^>]*>", "\n", text))
        text = html.unescape(text)
    lines = (" ".join(line.split()) for line in _SHORTCODE.sub(" ", text).splitlines())
    return [line for line in lines if line]


def share_of(part: list[str], whole: list[str]) -> float:
    """Which share of the words of `part` is in `whole` (both as `tokens` gives them)."""
    counted = Counter(part)
    return (counted & Counter(whole)).total() / counted.total() if part else 0.0
