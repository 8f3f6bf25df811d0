"""Which template drew a page: a digest that is the same for every article of a theme, and another for another theme. Pure.

Taken from the way from the body's container up to <html>: tags, ids and classes that say where something stands, not what
it is about; and from the name of the theme, where addresses of style sheets tell. Left out is whatever differs between the
articles of one template, or between two requests: numbers, names of sections and tags, marks of a post's format.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any

SIZE = 8  # hex digits
_THEME = re.compile(r"/(?:themes|templates|skins)/([A-Za-z][A-Za-z0-9_-]{1,60})/")
_PLAIN = re.compile(r"[A-Za-z][A-Za-z_-]{1,39}")  # no digits, no escapes, no letters of an article's language
_OWN = re.compile(
    r"(?:\w+_)?(?:category|cat|tag|term|tax|author|section|topic|format|single-format|post-format|type|status|has|is|no|not|parent|"
    r"child|lang|variant|exp|ab|test|sc|css|jss|svelte|emotion|skin|comments?|wpb|elementor-kit)-.*|"
    r"(?:sticky|logged-in|js|first|last|odd|even|alt|active|current|loaded|lazy\w*|dark|light|night|mobile|desktop|tablet)",
    re.I,
)
_PLACES = frozenset(["html", "body", "main", "article", "section", "table"])  # tags that tell without a name
_LEVELS = 40  # above the container; deeper pages are no templates


def shape_of(container: Any, tree: Any) -> str:
    """8 hex digits of the template of a page (lxml.html). Ask before the container is taken out of its page.

    `container`: the element that holds the body; None when none is known: then the way to what the page calls its
    article, its main part or its headline, or to <body>.
    """
    found = container if container is not None else _main(tree)
    steps = [step for element in _way(found) if (step := _step(element))]
    return hashlib.sha256("\n".join([*steps, *_themes(tree)]).encode()).hexdigest()[:SIZE]


def _main(tree: Any) -> Any:
    found = (tree.find(path) for path in (".//article", ".//main", ".//h1", ".//body"))
    return next((one for one in found if one is not None), tree)


def _way(element: Any) -> list[Any]:
    """The element and those around it, innermost first."""
    out: list[Any] = []
    while element is not None and len(out) < _LEVELS:
        out.append(element)
        element = element.getparent()
    return out


def _step(element: Any) -> str:
    """What an element says of its place; "" for a wrapper without a name, which themes add and drop freely."""
    tag = element.tag if isinstance(element.tag, str) else ""
    names = sorted({name for name in (element.get("class") or "").split() if _tells(name)})
    ident = element.get("id") or ""
    own = f"#{ident}" if _tells(ident) else ""
    return f"{tag}{own}.{'.'.join(names)}" if own or names or tag in _PLACES else ""


def _tells(name: str) -> bool:
    return bool(_PLAIN.fullmatch(name)) and not _OWN.fullmatch(name)


def _themes(tree: Any) -> list[str]:
    """Names of the themes whose style sheets the page asks for, sorted."""
    head = tree.find("head")
    hrefs = (link.get("href") or "" for link in (tree if head is None else head).iter("link"))
    return sorted({f"theme {match[1].lower()}" for href in hrefs if (match := _THEME.search(href))})
