"""JSON-LD as pages carry it (JSON-LD 1.1 §7 in HTML, schema.org): found, mended, and the article's object chosen. Pure.

Real scripts stand in comments or CDATA, have raw newlines, trailing commas and unescaped quotes, or several objects one after
the other. What cannot be mended gives the few plain values that are the same wherever they stand in it, or nothing.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any

import orjson

LARGEST = 2 << 20  # characters of a script; articleBody makes some long
_DEEPEST = 12
_LAYERS = 12  # of comments around a script
_MOST = 2000  # objects of a page
_REFERENCES = ("author", "creator", "image", "publisher", "sourceOrganization", "contributor", "articleSection")
_ARTICLE = re.compile(r"(?:Article|BlogPosting|Report|Posting|Reportage\w*)$")
_PAGE = re.compile(r"(?:WebPage|ItemPage|VideoObject|CreativeWork)$")
_LISTED = frozenset(("itemListElement", "comment", "review", "mentions", "citation", "relatedLink", "isBasedOn"))
_BEFORE = ("\ufeff", "<!--", "//", "/*", "*/", "<![CDATA[", "]]>", ";")
_BEHIND = ("-->", "<!--", "]]>", "//", "/*", "*/", "<![CDATA[", ";")
_CONTROL = re.compile(r"[\x00-\x1f]+")
_COMMA = re.compile(r",(?=\s*[}\]])")
_ESCAPE = re.compile(r'\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})|\\')
_QUOTE = re.compile(r'(?<!\\)"')
_JOINT = re.compile(r"}\s*(?:,\s*)?(?={)")
_KEYS = ("headline", "datePublished", "dateModified")


def objects(tree: Any) -> list[dict[str, Any]]:
    """All objects of all JSON-LD scripts of a page, in order; those inside a list of other pages, last."""
    own: list[dict[str, Any]] = []
    others: list[dict[str, Any]] = []
    for script in tree.iter("script"):
        text = script.text
        if text and "ld+json" in (script.get("type") or "").lower() and len(text) <= LARGEST:
            for value in parse(text):
                for one, listed in _walk(value):
                    (others if listed else own).append(one)
                    if len(own) + len(others) >= _MOST:
                        return own + others
    return own + others


def article(found: list[dict[str, Any]], url: str) -> dict[str, Any]:
    """The object that describes the article at `url`, references to other objects resolved; {} when none does."""
    kinds = [(one, texts(one.get("@type"))) for one in found]
    articles = [one for one, kind in kinds if any(_ARTICLE.search(k) for k in kind)]
    named = [one for one in articles if _is_at(one, url)]
    chosen = (named or articles or [{}])[0]
    if not chosen:
        return {}
    known = {one["@id"]: one for one in found if isinstance(one.get("@id"), str) and len(one) > 1}
    return {key: _resolved(value, known) if key in _REFERENCES else value for key, value in chosen.items()}


def page(found: list[dict[str, Any]]) -> dict[str, Any]:
    """The object of the page itself, where no article is described: its dates are the article's on many sites; or {}."""
    pages = (one for one in found if any(_PAGE.search(kind) for kind in texts(one.get("@type"))))
    return next((one for one in pages if one.get("datePublished")), {})


def crumbs(found: list[dict[str, Any]]) -> list[str]:
    """Names of the breadcrumb trail (schema.org/BreadcrumbList) in order."""
    for one in found:
        if "BreadcrumbList" in texts(one.get("@type")):
            steps = one.get("itemListElement")
            named = [step for step in steps if isinstance(step, dict)] if isinstance(steps, list) else []
            return [name for step in named if (name := text(step.get("name")) or text(step.get("item")))]
    return []


def texts(value: Any) -> list[str]:
    """The strings of a JSON-LD value: itself, the name or url of an object, or those of a list."""
    found: list[str] = []
    todo = [value]
    while todo and len(found) < _MOST:
        one = todo.pop()
        if isinstance(one, list):
            todo += reversed(one)
        elif isinstance(one, dict):
            todo.append(one.get("name") or one.get("url") or one.get("@value"))
        elif isinstance(one, str):
            found.append(one)
    return found


def text(value: Any) -> str:
    return next(iter(texts(value)), "")


def parse(script: str) -> list[Any]:
    """The values of one script; what is no JSON even when mended gives one object of its plain values, or none."""
    plain = _unwrapped(_CONTROL.sub(" ", script))
    if plain.startswith(("{&quot;", "[{&quot;", "{ &quot;")):
        plain = html.unescape(plain)
    for mend in (str, _mended, _requoted):
        value = _loads(mend(plain))
        if value is not None:
            return [value]
    parts = [_loads(_mended(part)) for part in _parts(plain)]
    if parts and all(part is not None for part in parts):
        return parts
    return [one] if (one := _salvaged(plain)) else []


def _unwrapped(script: str) -> str:
    """Without the comments and CDATA signs around it."""
    for _ in range(_LAYERS):
        bare = script.strip()
        for sign in _BEFORE:
            bare = bare.removeprefix(sign)
        for sign in _BEHIND:
            bare = bare.removesuffix(sign)
        if bare == script:
            break
        script = bare
    return script


def _loads(plain: str) -> Any:
    try:
        return orjson.loads(plain.encode("utf-8", "replace"))
    except orjson.JSONDecodeError:
        return None


def _mended(plain: str) -> str:
    """Without trailing commas, and without backslashes that JSON does not know."""
    return _COMMA.sub("", _ESCAPE.sub(lambda found: found[0] if len(found[0]) > 1 else "", plain))


def _requoted(plain: str) -> str:
    """Quotes inside a string escaped: one ends the string only where a sign of JSON follows."""
    plain = _mended(plain)
    pieces: list[str] = []
    at, inside = 0, False
    for quote in _QUOTE.finditer(plain):
        pieces.append(plain[at : quote.start()])
        at = quote.end()
        if not inside:
            inside = True
        elif plain[at : at + 40].lstrip()[:1] in ("", ",", "}", "]", ":"):
            inside = False
        else:
            pieces.append("\\")
        pieces.append('"')
    return "".join((*pieces, plain[at:]))


def _parts(plain: str) -> list[str]:
    """Objects that stand one behind the other, cut where one may end and the next begin."""
    found: list[str] = []
    start = 0
    for joint in _JOINT.finditer(plain):
        piece = plain[start : joint.start() + 1]
        if piece.count("{") == piece.count("}"):
            found.append(piece)
            start = joint.end()
    return [*found, plain[start:]] if found else []


def _salvaged(plain: str) -> dict[str, Any]:
    """Of a broken article: the values that it states once, or every time the same."""
    if not re.search(r'"@type"\s{0,9}:\s{0,9}\[?\s{0,9}"[^"]{0,60}(?:Article|Posting)"', plain):
        return {}
    found: dict[str, Any] = {}
    for key in _KEYS:
        values = set(re.findall(rf'"{key}"\s*:\s*"([^"\\]*)"\s*[,}}\]]', plain))
        if len(values) == 1:
            found[key] = values.pop()
    return {"@type": "Article", **found} if found else {}


def _walk(value: Any) -> Iterator[tuple[dict[str, Any], bool]]:
    """Each object with whether it stands in a list of others: what is on top first, without recursion."""
    level: list[tuple[Any, bool]] = [(value, False)]
    for _ in range(_DEEPEST):
        below: list[tuple[Any, bool]] = []
        for one, listed in level:
            if isinstance(one, list):
                below += [(part, listed) for part in one if isinstance(part, (dict, list))]
            elif isinstance(one, dict):
                yield one, listed
                below += [(part, listed or key in _LISTED) for key, part in one.items() if isinstance(part, (dict, list))]
        level = below


def _is_at(one: dict[str, Any], url: str) -> bool:
    """Does an object say that it is of this address?"""
    stated = (one.get("url"), one.get("@id"), one.get("mainEntityOfPage"))
    names = [said for value in stated for said in ([value.get("@id")] if isinstance(value, dict) else [value])]
    return any(isinstance(said, str) and said and _bare(said) == _bare(url) for said in names)


def _bare(url: str) -> str:
    return re.sub(r"^https?://(?:www\.)?|[#?].*$", "", url).rstrip("/")


def _resolved(value: Any, known: dict[str, dict[str, Any]]) -> Any:
    """`value` with {"@id": …} replaced by the object of that id."""
    if isinstance(value, list):
        return [_resolved(one, known) if isinstance(one, dict) else one for one in value]
    if isinstance(value, dict) and isinstance(value.get("@id"), str) and not value.get("name"):
        return known.get(value["@id"], value)
    return value
