"""Which pictures belong to an article, told from the page's bytes by cheap means. Pure.

The spider asks for them right after the article, so this reads no tree: it looks for the tags it needs and nothing
else. A page of 100 KB takes about a millisecond. `extract` has the tree, and lists what it finds there as well.
"""

from __future__ import annotations

import html as entities
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote, urlsplit

from archive import address, charset
from archive.container import NAMES
from archive.errors import BadRecord

Role = Literal["og", "body"]

LAZY = ("data-src", "data-lazy-src", "data-original", "data-orig-file", "src")  # the loader's own address first
LAZY_SETS = ("data-srcset", "data-lazy-srcset", "srcset")
_MOST = 2_000_000  # characters of a page that are looked at
_SMALL = 48  # pixels: what is stated to be no wider or no higher is an icon or a tracker
_LONG = 8000  # characters of a srcset, a caption, a tag that are looked at
_LEAST = 40  # letters that make a container more than an empty shell

_RAW = re.compile(r"<(?:!--|(script|style|template|svg|textarea|title)\b)", re.I)
_HEAD = re.compile(r"<(?:meta|link|base)\b", re.I)
_IMAGE = re.compile(r"<(?:img|source|amp-img|figcaption|/figure)\b", re.I)
_REST = re.compile(r"""(?:[^>"']|"[^"]*"|'[^']*')*+>""")  # possessive: a quote that never ends costs one look
_ATTRIBUTE = re.compile(r"""(?<![^\s"'/])([^\s"'=<>/]++)\s*+=\s*+(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.A)
_CLASSES = re.compile(r"""class\s*=\s*("[^"<>]*"|'[^'<>]*'|[^\s"'<>]+)""", re.A)
_ITEMPROP = re.compile(r"""itemprop\s*=\s*["']?[^"'<>]{0,80}articlebody""")
_NAME = re.compile(r"<([a-z][a-z0-9]*)\b", re.I)
_TAG = re.compile(r"<[^<>]*>")
_CANDIDATE = re.compile(r"\s*,*\s*(\S*[^\s,])(?:\s+([\d.]+)([wx]))?[^,]*(?:,|$)")
_ICON_CLASS = re.compile(r"(?:^|[\s_-])(?:emoji|wp-smiley|avatar|icons?|logo|custom-logo|spinner|loader)(?:$|[\s_-])", re.I)
_ICON_URL = re.compile(
    r"/images/core/emoji/|gravatar\.com/|/favicon|[/_-](?:icons?|sprite|spacer|blank|pixel|placeholder|loading|transparent)"
    r"\.(?:png|gif|svg|jpe?g|webp)|/pixel(?:[/?.]|$)|//(?:pixel|stats|b)\.wp\.com/|//pixel\.|doubleclick\.net/|facebook\.com/tr\b|"
    r"google-analytics\.com/|feeds\.feedburner\.com/~|/1x1\.",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of a page: its address as it is asked for, where on the page it stands, its caption as a reader sees it."""

    url: str
    role: Role
    caption: str = ""


def wanted(html: bytes, url: str, limit: int) -> list[str]:
    """Addresses of the pictures of the article at `url`, absolute and percent-encoded, the page's own choice first.

    Each once, at most `limit`; no icons, no trackers, nothing inline. Empty for bytes that are no page.
    """
    found = dict.fromkeys(one.url for one in listed(html, url))
    return list(found)[: max(0, limit)]


def listed(html: bytes, url: str) -> list[Picture]:
    """The pictures as `wanted` finds them, each once, without a limit."""
    text = _without_raw(_octets(html))
    base, chosen = _from_head(text, url)
    found: dict[str, Picture] = {}
    if chosen and (link := asked(base, chosen)):
        found[link] = Picture(link, "og")
    for attributes, caption in _images(text, *_region(text)):
        link = "" if _icon(attributes) else asked(base, source(attributes))
        if link and not _ICON_URL.search(link):
            found.setdefault(link, Picture(link, "body", caption))
    return list(found.values())


def source(attributes: dict[str, str]) -> str:
    """The address of the largest form of an <img>, as its attributes give it; "" when they give none but a stand-in."""
    sets = [largest(attributes[name]) for name in LAZY_SETS if attributes.get(name)]
    plain = [attributes[name].strip() for name in LAZY if attributes.get(name)]
    return next((one for one in (*sets, *plain) if one and not one.startswith(("data:", "blob:", "about:"))), "")


def largest(srcset: str) -> str:
    """The address of the widest candidate of a srcset (HTML §4.8.4.3.8), the first of equals; "" for an empty one."""
    best, size = "", -1.0
    for match in _CANDIDATE.finditer(srcset[:_LONG]):
        try:
            width = float(match[2]) if match[2] else 1.0
        except ValueError:  # 1.2.3x
            width = 1.0
        if width > size and not match[1].startswith("data:"):
            best, size = match[1], width
    return best


def asked(base: str, link: str) -> str:
    """`link` on a page at `base` as a request names it: absolute, ASCII only; "" when it is no address of the web."""
    try:
        parts = urlsplit(address.absolute(base, link)) if link else None
        if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
            return ""
        host = parts.netloc if parts.netloc.isascii() else parts.netloc.encode("idna").decode()
        path = quote(parts.path, safe="/:@!$&'()*+,;=~-._%")
        return parts._replace(netloc=host, path=path, query=quote(parts.query, safe="/?:@!$&'()*+,;=~-._%[]|")).geturl()
    except ValueError:  # no address at all, or a host that is none
        return ""


def _octets(html: bytes) -> str:
    """The page in UTF-8, each octet as one letter: text in which nothing is wider than ASCII is looked through fastest.

    `_said` gives back what was written. Only addresses and captions are read so: a wrong letter in a caption is no harm.
    """
    try:
        text = charset.decode(html, "").text[:_MOST]
    except BadRecord:
        text = html.decode("utf-8", "replace")[:_MOST]
    return text.encode("utf-8", "replace").decode("latin-1")


def _said(octets: str) -> str:
    return entities.unescape(octets.encode("latin-1").decode("utf-8", "replace"))


def _without_raw(text: str) -> str:
    """The page without comments, scripts and the like, in which a tag is no tag. One that never ends hides the rest."""
    low, kept, at = text.lower(), [], 0
    while (found := _RAW.search(text, at)) is not None:
        kept.append(text[at : found.start()])
        end = low.find(f"</{found[1].lower()}" if found[1] else "-->", found.end())
        if end < 0:
            return "".join(kept)
        at = end + (2 if found[1] else 3)
    return "".join((*kept, text[at:]))


def _tags(text: str, wanted: re.Pattern[str], start: int, end: int) -> Iterator[tuple[str, dict[str, str], int]]:
    """(name, attributes, place behind it) of the tags that begin like `wanted`."""
    while (found := wanted.search(text, start, end)) is not None:
        rest = _REST.match(text, found.end())
        if rest is None:  # a tag without an end: a browser drops what is left
            return
        yield found[0][1:].lower(), _attributes(rest[0]), rest.end()
        start = rest.end()


def _attributes(inner: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, *values in _ATTRIBUTE.findall(inner):
        found.setdefault(name.lower(), _said("".join(values)))
    return found


def _from_head(text: str, url: str) -> tuple[str, str]:
    """What addresses are relative to, and the picture that the page itself chose ("" for none)."""
    base = ""
    chosen: dict[str, str] = {}
    for name, attributes, _ in _tags(text, _HEAD, 0, len(text)):
        if name == "base":
            base = base or attributes.get("href", "")
            continue
        key = (attributes.get("property") or attributes.get("name") or attributes.get("rel") or "").strip().lower()
        if key in ("og:image", "og:image:url", "twitter:image", "image_src"):
            chosen.setdefault(key, (attributes.get("content") or attributes.get("href") or "").strip())
    order = ("og:image", "og:image:url", "twitter:image", "image_src")
    return asked(url, base) or url, next((chosen[key] for key in order if chosen.get(key)), "")


def _images(text: str, start: int, end: int) -> Iterator[tuple[dict[str, str], str]]:
    """The attributes of each image there with its caption. A <source> stands in for an <img> that has no address."""
    spare: dict[str, str] = {}
    image: dict[str, str] | None = None
    for name, attributes, behind in _tags(text, _IMAGE, start, end):
        if name == "source":
            spare = spare or attributes
        elif name in ("img", "amp-img"):
            if image is not None:
                yield image, ""
            image, spare = (attributes if source(attributes) else {**attributes, **spare}), {}
        elif name == "figcaption" and image is not None:
            stop = text.find("</figcaption", behind, min(end, behind + _LONG))
            yield image, " ".join(_said(_TAG.sub("", text[behind : stop if stop >= 0 else behind])).split())
            image = None
        elif name == "/figure":
            spare = {}
            if image is not None:
                yield image, ""
            image = None
    if image is not None:
        yield image, ""


def _region(text: str) -> tuple[int, int]:
    """Where the article's body begins and ends: its container by name, else <article>, else <main>; empty for neither."""
    low = text.lower()
    if region := _largest(text, [_opened(low, found.start()) for found in _ITEMPROP.finditer(low)]):
        return region
    values = {value: value.strip("\"'").split() for value in set(_CLASSES.findall(low))}
    for names in NAMES:
        named = {value for value, words in values.items() if not names.isdisjoint(words)}
        starts = [_opened(low, found.start()) for found in _CLASSES.finditer(low) if found[1] in named] if named else []
        if region := _largest(text, starts):
            return region
    for name in ("article", "main"):
        if region := _largest(text, [one.start() for one in re.finditer(rf"<{name}\b", low)]):
            return region
    return 0, 0


def _opened(text: str, inside: int) -> int:
    """Where the tag begins that has an attribute there; -1 for none."""
    start = text.rfind("<", max(0, inside - _LONG), inside)
    return -1 if start < 0 or text.find(">", start, inside) >= 0 else start


def _largest(text: str, starts: list[int]) -> tuple[int, int] | None:
    """The longest of the elements that begin there and say something; inner ones are passed over."""
    best: tuple[int, int] | None = None
    behind = -1
    for start in starts:
        if start < behind:
            continue
        behind = _end(text, start)
        said = len("".join(_TAG.sub("", text[start:behind]).split()))
        if said >= _LEAST and (best is None or behind - start > best[1] - best[0]):
            best = start, behind
    return best


def _end(text: str, start: int) -> int:
    """Where the element that begins at `start` ends, or the page when it is never closed."""
    name = _NAME.match(text, start)
    if name is None or name[1].lower() in ("body", "html", "meta", "img", "link", "input"):
        return start
    depth = 0
    for tag in re.compile(rf"<(/?){name[1]}\b", re.I).finditer(text, start):
        depth += -1 if tag[1] else 1
        if depth == 0:
            return tag.start()
    return len(text)


def _icon(attributes: dict[str, str]) -> bool:
    """Is it stated to be small, or called an icon?"""
    for name in ("width", "height"):
        size = re.match(r"\s*(\d+)\s*(?:px)?\s*$", attributes.get(name, ""))
        if size and int(size[1]) <= _SMALL:
            return True
    return bool(_ICON_CLASS.search(attributes.get("class", "")))
