"""What a page says of an image in the text: caption, alternative text, credit. Pure."""

from __future__ import annotations

import re
from itertools import islice
from typing import Any

from archive.metadata.marks import parts_of
from archive.metadata.names import is_agency

_FRAME = re.compile(r"caption|figure|(?:^|[\s_-])(?:image|media|photo|picture)(?:[\s_-]|$)", re.I)
_CAPTION = re.compile(r"caption|legend|(?:photo|image|picture)-?(?:desc|text|title)", re.I)
_CREDIT = re.compile(r"credit|copyright|photographer|(?:photo|image|picture|caption)[-_]*(?:source|author|by)", re.I)
_CREDIT_PROPS = frozenset(("copyrightholder", "credittext", "creditline", "author", "creator", "copyrightnotice"))
_NAMED = re.compile(
    r"(?:^|[\s(|\[.–—-])(?:(?:تصوير|عدسة|بعدسة|المصور(?:ة)?|مصدر الصورة|المصدر|الصورة|عکس|عکاس|"
    r"photo(?: by)?|credit|picture|image)"
    r"\s*[:：/]|©)\s*(?P<who>[^:()|\[\]\n]{2,60}?)[\s)\].]*$",
    re.I,
)
_BRACKETED = re.compile(r"[(\[]\s*(?P<who>[^()\[\]]{2,40})\s*[)\]]\s*\.?\s*$")
_UP = 4  # ancestors of an image that may be its frame
_LONGEST = 600
_INSIDE = 60  # elements of a frame among which its caption is looked for: a frame of thousands of images is asked for each


def described(image: Any) -> dict[str, str]:
    """`caption` always ("" for none); `alt` and `credit` where the page states them. `image`: an <img> of lxml.html."""
    frames = (_captioned(one) for one in islice(image.iterancestors(), _UP) if _is_frame(one))
    caption, credit = next(
        (said for said in frames if any(said)), ("", "")
    )  # an image's own box may stand in that of the caption
    credit = credit or _credit_in(caption)
    alt = " ".join((image.get("alt") or "").split())[:_LONGEST]
    return {"caption": caption} | ({"alt": alt} if alt else {}) | ({"credit": credit} if credit else {})


def _is_frame(element: Any) -> bool:
    if element.tag == "figure":
        return True
    return bool(_FRAME.search(_called(element))) and len(list(islice(element.iter("img", "amp-img"), 2))) == 1


def _called(element: Any) -> str:
    """What an element is called; scripted sites say it for their tests, and have classes that say nothing."""
    return " ".join(element.get(key) or "" for key in ("class", "id", "data-testid"))


def _captioned(frame: Any) -> tuple[str, str]:
    """The caption and the credit that a frame shows; a credit inside the caption stands in both."""
    captions, credits_ = [], []
    for one in islice(frame.iterdescendants(), _INSIDE):
        name = _called(one)
        if _CREDIT.search(name) or (one.get("itemprop") or "").lower() in _CREDIT_PROPS:
            credits_.append(one)
        elif (
            one.tag == "figcaption"
            or _CAPTION.search(name)
            or (one.get("itemprop") or "").lower() in ("caption", "description")
        ):
            captions.append(one)
    caption = next((text for one in captions if (text := _text(one))), "")
    credit = next((text for one in credits_ if (text := _text(one))), "")
    return caption, re.sub(r"^(?:©|(?:تصوير|المصدر|photo|credit|source)\s*[:：])\s*", "", credit, flags=re.I)


def _credit_in(caption: str) -> str:
    """«… (رويترز)», «تصوير: فلان», «© AFP» at the end of a caption."""
    if found := _NAMED.search(caption):
        return found["who"].strip()
    found = _BRACKETED.search(caption)
    return found["who"].strip() if found and is_agency(found["who"].strip()) else ""


def _text(element: Any) -> str:
    text = str(element.get("content") or "") or parts_of(element)
    return text if len(text) <= _LONGEST else ""
