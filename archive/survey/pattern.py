"""The regular expression of an outlet's article addresses, induced from examples. Pure.

    /2026/11/22/suq-jadid   ─►  ^/(?:19|20)\\d\\d/\\d{1,2}/\\d{1,2}/[^/]+$

Addresses are grouped by their number of segments. A segment that is the same in all of a group is kept as it is, but
never the last one; any other becomes the narrowest class that all of its values are in. What the expression would
also match among addresses that are known to be none (menus, sections, the home page) goes into `not_article`. A wide
expression with exceptions finds an article of a new section; a narrow one would miss it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from archive.survey.links import LISTS

LEAST = 3  # examples that a literal segment rests on
_ID = 5  # examples that a narrow class of the last segment rests on
_CLASSES = (
    (r"(?:19|20)\d\d", 1),
    (r"\d{1,2}", 1),
    (r"\d+", 1),
    (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", 1),
    (r"(?=[^/]*\d)[A-Za-z0-9_]{6,}", _ID),
    (r"\d{3,}[-_][^/]+", _ID),
    (r"[^/]+[-_]\d{3,}", _ID),
    (r"[^/]+", 1),
)
_ENDING = re.compile(r"\.(?:html?|shtml|php|aspx?|jsp)$")


@dataclass(frozen=True, slots=True)
class Pattern:
    article: str
    not_article: tuple[str, ...]
    guessed: bool  # from fewer examples than one would like

    def matches(self, place: str) -> bool:
        """As `archive.channels.scope.Scope.article` does, for the path with its query."""
        path, mark, query = place.partition("?")
        path = path.rstrip("/") or "/"
        if any(re.search(one, path) or re.search(one, f"{path}/") for one in self.not_article):
            return False
        return any(re.search(self.article, f"{spelling}{mark}{query}") for spelling in (path, f"{path}/"))


def induce(articles: Iterable[str], others: Iterable[str], sections: Iterable[str] = ()) -> Pattern | None:
    """The pattern of `articles` that matches none of `others`; None without an example.

    All are `documents.place`s. `sections`: which of `others` are lists of articles. Several beside each other mean that
    a segment which is one of them is none of the fixed ones, even if all examples are of that section.
    """
    examples = sorted({_plain(one) for one in articles if len(one) > 1})
    none = sorted({_plain(one) for one in others} - set(examples))
    groups: dict[tuple[int, str], list[str]] = defaultdict(list)
    for one in examples:
        path, _, query = one.partition("?")
        groups[path.count("/"), "&".join(sorted(part.partition("=")[0] for part in query.split("&")))].append(one)
    if not groups:
        return None
    beside = _siblings(sections)
    parts = sorted({_of_group(rows, beside) for rows in groups.values()})
    article = f"^{parts[0]}$" if len(parts) == 1 else f"^(?:{'|'.join(parts)})$"
    few = len(examples) < 2 * LEAST
    wide = Pattern(article, (LISTS,) if any(part.startswith("/[^/]+/") for part in parts) else (), few)
    wide = wide if all(map(wide.matches, examples)) else Pattern(article, (), few)
    exceptions = tuple(_exactly([one.partition("?")[0] for one in none if wide.matches(one)]))
    narrow = Pattern(article, (*wide.not_article, *exceptions), few)
    return narrow if all(map(narrow.matches, examples)) else wide


def _plain(place: str) -> str:
    path, mark, query = place.partition("?")
    return (path.rstrip("/") or "/") + mark + query


def _siblings(sections: Iterable[str]) -> set[str]:
    """Paths of sections that stand beside others."""
    folders: dict[str, set[str]] = defaultdict(set)
    for one in map(_plain, sections):
        folders[one.rpartition("/")[0]].add(one)
    return {one for rows in folders.values() if len(rows) > 1 for one in rows}


def _of_group(rows: Sequence[str], beside: set[str]) -> str:
    paths = [row.partition("?")[0].split("/")[1:] for row in rows]
    query = "?" in rows[0]
    written = ""
    for n in range(len(paths[0])):
        fixed = query or n < len(paths[0]) - 1
        fixed &= "/" + "/".join(paths[0][: n + 1]) not in beside
        written += "/" + _segment([path[n] for path in paths], fixed=fixed)
    return written + (_query([row.partition("?")[2] for row in rows]) if query else "")


def _segment(values: Sequence[str], *, fixed: bool) -> str:
    """`fixed`: what is the same in all of enough examples may be written as it is."""
    if fixed and len(set(values)) == 1 and len(values) >= LEAST:
        return _escaped(values[0])
    endings = {match[0] if (match := _ENDING.search(value)) else "" for value in values}
    ending = endings.pop() if len(endings) == 1 else ""
    stems = [value.removesuffix(ending) for value in values]
    enough = len(set(stems))
    found = next(one for one, least in _CLASSES if enough >= least and all(re.fullmatch(one, stem) for stem in stems))
    return found + re.escape(ending)


def _query(queries: Sequence[str]) -> str:
    """The one parameter that tells articles apart."""
    rows = [dict(part.partition("=")[::2] for part in query.split("&")) for query in queries]
    key = max(rows[0], key=lambda one: len({row.get(one, "") for row in rows}))
    value = r"\d+" if all(row.get(key, "").isdigit() for row in rows) else "[^&]+"
    return rf"\?(?:.*&)?{_escaped(key)}={value}(?:&.*)?"


def _exactly(places: Sequence[str]) -> list[str]:
    """Expressions of these paths and nothing else; those of one folder together."""
    folders: dict[str, list[str]] = defaultdict(list)
    for one in dict.fromkeys(places):
        folder, _, name = one.rpartition("/")
        folders[folder].append(name)
    return [f"^{_escaped(folder)}/{_any(names)}/?$" for folder, names in sorted(folders.items())]


def _any(names: Sequence[str]) -> str:
    return _escaped(names[0]) if len(names) == 1 else f"(?:{'|'.join(map(_escaped, sorted(names)))})"


def _escaped(text: str) -> str:
    """As re.escape, but a hyphen stays one: people read these."""
    return re.escape(text).replace(r"\-", "-")
