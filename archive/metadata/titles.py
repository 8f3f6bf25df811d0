"""The headline and the line below it: what a reader sees, where the page's own metadata bears it out. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from archive import xpaths
from archive.digest import skeleton
from archive.metadata import jsonld
from archive.metadata.marks import Marks, line, line_of, parts_of

_LONG = 15  # letters: the only <h1> of a page, if shorter, may be the name of the site or of a section
_CUT = 50  # letters: plugins cut headlines at 60 and more
_LONGEST = 400
_STATED = (
    "og:title", "twitter:title", "parsely-title", "sailthru.title", "dc.title", "dcterms.title", "citation_title",
    "headline",
)  # fmt: skip
_SUFFIX = re.compile(r"\s+[|\-–—»›•·:]\s+|\s*[|»›]\s*")


def title_element(tree: Any, path: str) -> tuple[Any, str]:
    """The element and text that a layout's XPath finds; (None, "") when it finds none."""
    found = xpaths.found(tree, path) if path else []
    if not found:
        return None, ""
    first = found[0]
    if isinstance(first, str):
        parent = first.getparent() if hasattr(first, "getparent") else None
        return parent, line(str(first))
    return first, line_of(first)


def headline(marks: Marks, meta: dict[str, str], ld: dict[str, Any], title: str, host: str) -> tuple[Any, str]:
    """The headline and the element that shows it (None: no element does). `title`: that of <title>; `host`: of the page."""
    site = meta.get("og:site_name", "")
    stated = _uncut([_without_site(text, site) for text in _stated(meta, ld)], _without_site(title, site))
    headings = [(h1, text) for h1 in marks.headings if (text := _shown(h1))]
    others = [(one, text) for one in (*marks.by_prop.get("headline", ()), *marks.titles) if (text := _shown(one))]
    for seen in (headings, others):
        for said in stated or [title]:
            if borne_out := [one for one in seen if _same_line(one[1], said)]:
                element, text = _fullest(marks, borne_out, said)
                return element, _as_spaced(element, text, stated)
    alone = [one for one in headings if skeleton(one[1]) not in (skeleton(site), skeleton(host))]
    if len(headings) == len(alone) == 1 and (not stated or len(skeleton(alone[0][1])) >= _LONG):
        return alone[0]
    named = [one for one in others if one[0].get("itemprop") and marks.own(one[0])] if not stated else []
    return named[0] if named else (None, stated[0] if stated else _without_site(title, site))


def subtitle(marks: Marks, ld: dict[str, Any], title: str) -> str:
    """The line below the headline, "" for none: JSON-LD, microdata, or an element that is called so."""
    stated = line(jsonld.text(ld.get("alternativeHeadline")))
    shown = (line_of(one) for kind in (marks.by_prop, marks.by_class) for one in kind.get("subtitle", ()) if marks.own(one))
    return next((text for text in (stated, *shown) if text and len(text) < 500 and skeleton(text) != skeleton(title)), "")


def _stated(meta: dict[str, str], ld: dict[str, Any]) -> Iterator[str]:
    names = jsonld.text(ld.get("headline")) or jsonld.text(ld.get("name"))
    for text in (line(names), *(line(meta.get(name, "")) for name in _STATED)):
        if text:
            yield text


def _uncut(stated: list[str], title: str) -> list[str]:
    """`stated`, its first whole where a plugin cut it and <title> goes on."""
    if stated and len(stated[0]) >= _CUT:
        first = stated[0].rstrip("…. ")
        rest = title[len(first) :].strip() if title.startswith(first) else ""
        if rest[:1].isalnum():
            return [title, *stated]
    return stated


def _shown(element: Any) -> str:
    text = "" if element.tag == "meta" else line_of(element)
    return text if len(text) < _LONGEST else ""


def _fullest(marks: Marks, seen: list[tuple[Any, str]], said: str) -> tuple[Any, str]:
    """Of headings that metadata bears out: one that is it letter for letter, else the longest; none beside the article."""
    inside = [one for one in seen if not marks.beside(one[0])] or seen
    exact = [one for one in inside if skeleton(one[1]) == skeleton(said)]
    return max(exact or inside, key=lambda one: len(one[1]))


def _as_spaced(element: Any, text: str, stated: list[str]) -> str:
    """A headline of several elements (a kicker above it) as metadata writes it: with what parts them, or without the kicker."""
    parts = [
        one for one in element.iterdescendants() if one.tag not in ("a", "b", "i", "em", "strong", "br", "script", "style")
    ]
    for said in stated if parts else ():
        if skeleton(said) == skeleton(text) or any(skeleton(text) == skeleton(line_of(one)) + skeleton(said) for one in parts):
            return said
    return parts_of(element) if any(one.tag in ("span", "div", "p", "small") for one in parts) else text


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
        return text.removesuffix(cut).removeprefix(cut).strip(" |-–—»›•·:")
    return text
