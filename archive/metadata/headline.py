"""The headline and the line below it: what a reader sees, where the page's own metadata bears it out. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from archive.digest import skeleton
from archive.metadata import jsonld
from archive.metadata.marks import Marks, line, line_of

_LONG = 15  # letters: the only <h1> of a page, if shorter, may be the name of the site or of a section
_STATED = (
    "og:title",
    "twitter:title",
    "parsely-title",
    "sailthru.title",
    "dc.title",
    "dcterms.title",
    "citation_title",
    "headline",
)
_SUFFIX = re.compile(r"\s+[|\-–—»›•:]\s+|\s*[|»›]\s*")


def title_element(tree: Any, path: str) -> tuple[Any, str]:
    """The element and text that a layout's XPath finds; (None, "") when it finds none."""
    found = tree.xpath(path) if path else []
    if not found:
        return None, ""
    first = found[0]
    if isinstance(first, str):
        parent = first.getparent() if hasattr(first, "getparent") else None
        return parent, line(str(first))
    return first, line_of(first)


def headline(marks: Marks, meta: dict[str, str], ld: dict[str, Any], title: str) -> tuple[Any, str]:
    """The headline and the element that shows it (None: no element does). `title`: that of <title>."""
    stated = list(_stated(meta, ld))
    site = meta.get("og:site_name", "")
    headings = [(h1, text) for h1 in marks.headings if (text := line_of(h1))]
    others = [(one, text) for one in (*marks.by_prop.get("headline", ()), *marks.titles) if (text := _short(one))]
    for seen in (headings, others):
        borne_out = [
            one for one in seen if any(_same_line(one[1], other) for other in stated or [title]) and not marks.beside(one[0])
        ]
        if borne_out:
            return _fullest(borne_out, stated)
    if (
        len(headings) == 1
        and (not stated or len(skeleton(headings[0][1])) >= _LONG)
        and skeleton(headings[0][1]) != skeleton(site)
    ):
        return headings[0]
    return None, _without_site(stated[0], site) if stated else _without_site(title, site)


def subtitle(marks: Marks, ld: dict[str, Any], title: str) -> str:
    """The line below the headline, "" for none: JSON-LD, microdata, or an element that is called so."""
    stated = line(jsonld.text(ld.get("alternativeHeadline")))
    shown = (line_of(one) for kind in (marks.by_prop, marks.by_class) for one in kind.get("subtitle", ()) if marks.own(one))
    return next((text for text in (stated, *shown) if text and len(text) < 500 and skeleton(text) != skeleton(title)), "")


def _stated(meta: dict[str, str], ld: dict[str, Any]) -> Iterator[str]:
    for text in (
        line(jsonld.text(ld.get("headline")) or jsonld.text(ld.get("name"))),
        *(line(meta.get(n, "")) for n in _STATED),
    ):
        if text:
            yield text


def _short(element: Any) -> str:
    text = (element.get("content") or "") if element.tag == "meta" else line_of(element)
    return text if len(text) < 400 else ""


def _fullest(seen: list[tuple[Any, str]], stated: list[str]) -> tuple[Any, str]:
    """Of headings that metadata bears out: one that is stated letter for letter, else the longest."""
    exact = [one for one in seen if any(skeleton(one[1]) == skeleton(other) for other in stated)]
    return max(exact or seen, key=lambda one: len(one[1]))


def _same_line(heading: str, stated: str) -> bool:
    """Is one of two lines the other, or most of it (a title with the site's name, a headline cut at 110 characters)?"""
    one, other = sorted((skeleton(heading), skeleton(stated)), key=len)
    return 2 * len(one) > len(other) and one in other


def _without_site(text: str, site: str) -> str:
    """A title without the site's name, which stands last or first."""
    parts = _SUFFIX.split(text)
    name = skeleton(site)
    if len(parts) > 1 and name and name in (skeleton(parts[-1]), skeleton(parts[0])):
        cut = parts[-1] if skeleton(parts[-1]) == name else parts[0]
        return text.removesuffix(cut).removeprefix(cut).strip(" |-–—»›•:")
    return text
