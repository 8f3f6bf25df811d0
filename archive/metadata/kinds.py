"""What class and id attributes call an element: words that themes of the world's content systems share. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

_NAMES = 400  # letters of a class attribute that are read
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
UPDATED = re.compile(r"updat|modif|changed|revised", re.I)
# WordPress: «published updated»; tagDiv: «entry-date updated». Neither was changed.
PUBLISHED = re.compile(r"publish|(?:entry|post|module)-date", re.I)
_DATE = frozenset((
    "date", "time", "datetime", "timestamp", "published", "publish", "pubdate", "postdate", "posted", "calendar", "created",
))  # fmt: skip
_NO_DATE = frozenset((
    "today", "current", "now", "reading", "read", "duration", "timeline", "countdown", "timer", "picker", "weather", "hijri",
    "prayer", "event", "events", "archive", "copyright", "ticker", "schedule", "live", "video", "audio", "expire", "birth",
))  # fmt: skip
_AUTHOR = frozenset((
    "author", "authors", "byline", "byl", "writer", "reporter", "journalist", "autor", "auteur", "vcard", "fn", "username",
    "uid", "createdby", "contributor",
))  # fmt: skip
_NO_AUTHOR = frozenset((
    "box", "bio", "about", "avatar", "img", "image", "pic", "photo", "thumb", "desc", "description", "social", "posts", "more",
    "icon", "icons", "related", "list", "follow", "comment", "comments", "role", "job", "email", "twitter", "reading", "date",
    "time", "count", "position", "share",
))  # fmt: skip
_SUBTITLE = frozenset(("subtitle", "subheadline", "subheading", "standfirst", "dek", "deck", "subtitulo"))
_META = frozenset(("meta", "info", "byline", "postmeta", "details", "header"))
_SECTION = frozenset(("category", "categories", "cat", "cats", "channel", "rubric", "topic"))
_SOURCE = frozenset(("source", "agency", "attribution", "sources"))
_ICON = frozenset(("fa", "fas", "far", "fal", "icon", "bi", "ion", "glyphicon", "tie"))
_CRUMBS = frozenset(("breadcrumb", "breadcrumbs", "crumbs", "crumb"))
_TAGS = frozenset(("tag", "tags", "tagcloud", "keywords", "hashtags"))
_HEADLINE = frozenset(("title", "headline"))
_OF_ARTICLE = frozenset(("entry", "post", "article", "news", "story", "single", "page", "main", "item"))

_STEMS = (  # what a name must have to be any of these
    "date", "time", "publi", "post", "calend", "creat", "updat", "modif", "chang", "revis", "auth", "byl", "writ", "report",
    "journ", "autor", "vcard", "fn", "user", "uid", "contrib", "folder", "sub", "standf", "deck", "dek", "meta", "info",
    "detail", "header", "cat", "channel", "rubric", "topic", "sourc", "agency", "attrib", "title", "headline", "crumb", "tag",
    "keyw",
)  # fmt: skip


def kinds_of(names: str) -> tuple[str, ...]:
    """What class and id call an element: date, updated, author, subtitle, title, section, crumbs, tags, source, meta."""
    return _kinds_of(names[:_NAMES])


@lru_cache(maxsize=16384)
def _kinds_of(names: str) -> tuple[str, ...]:
    lower = names.lower()
    if not any(stem in lower for stem in _STEMS):
        return ()
    found = dict.fromkeys(kind for name in names.split()[:20] for kind in _kinds(name[:60]))
    if "date" in found and "updated" in found and PUBLISHED.search(lower):  # never changed
        del found["updated"]
    return tuple(found)


def _kinds(name: str) -> Iterator[str]:
    """What one name says."""
    words = {word.lower() for word in _WORD.findall(name)}
    titled = words & {"title", "headline", "heading", "head"}
    tests = (
        ("updated", UPDATED.search(name)),
        ("date", words & _DATE and not words & _NO_DATE and not UPDATED.search(name)),
        ("author", (words & _AUTHOR and not words & _NO_AUTHOR) or ("user" in words and words & _ICON)),
        ("subtitle", words & _SUBTITLE or ("sub" in words and titled)),
        ("title", words & _HEADLINE and words & _OF_ARTICLE and "sub" not in words),
        ("section", words & _SECTION or ("folder" in words and words & _ICON)),
        ("source", words & _SOURCE),
        ("crumbs", words & _CRUMBS),
        ("tags", words & _TAGS),
        ("meta", words & _META and words & _OF_ARTICLE),
    )
    return (kind for kind, true in tests if true)
