"""Outlets are data: one small TOML file each, name = file name. Unknown keys are refused by name.

This module is all that a DAG file needs, so it imports nothing heavy (the standard library only).
"""

from __future__ import annotations

import difflib
import re
import tomllib
from dataclasses import MISSING, dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin, get_type_hints
from urllib.parse import urlsplit
from zoneinfo import ZoneInfoNotFoundError

from archive import clocks
from archive.errors import BadOutlet

_T = TypeVar("_T")
NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
RESERVED = "watch"  # the pseudo-outlet of pages that belong to no outlet (archive.watch); no file has this name
# DAGs of ours, `warraq_` before each: an outlet of that name would take its id
DUTIES = frozenset(("alarms", "anchor", "approve", "audit", "mirror", "prune", "republished", "reread", "search", "sweep"))


@dataclass(frozen=True, slots=True)
class Layout:
    """How a page of this outlet is read, from `since` on; see docs/DESIGN.md, "Layouts"."""

    name: str = ""
    since: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    match: str = ""  # XPath that must find something; "" always matches
    body: str = ""  # XPath of the body's container; "" leaves the choice to Trafilatura
    title: str = ""  # XPath of the headline; "" leaves it to JSON-LD, OpenGraph, <h1>
    prune: tuple[str, ...] = ()  # XPaths removed before reading
    drop_lines: tuple[str, ...] = ()  # regular expressions of whole lines that are no text of the article


@dataclass(frozen=True, slots=True)
class Outlet:
    """One outlet. The comments are the documentation of the file's keys."""

    name: str  # = file name, [a-z][a-z0-9_]*, at most 40
    title: str  # as people call it
    url: str  # entry point
    spider: str = "wordpress"  # wordpress, newsroom
    aliases: tuple[str, ...] = ()  # other hosts of the same outlet
    language: str = "ar"
    timezone: str = "Asia/Damascus"  # of the dates printed on the page
    schedule: str = "*/15 * * * *"  # cron
    delay: float = 5.0  # seconds between two requests to a host
    budget: float = 600.0  # seconds a run may crawl
    enabled: bool = True
    private: bool = False  # may its address be a private or loopback one (test beds)
    article: str = ""  # regular expression an article's path (decoded) matches; "" accepts what the CMS calls a post
    not_article: tuple[str, ...] = ()  # regular expressions of paths that are none
    sections: tuple[str, ...] = ()  # section pages, paths or addresses, for sites without feed or sitemap
    channels: tuple[str, ...] = ()  # extra channel addresses: feeds, sitemaps
    revisit_after: float = 3600.0  # seconds before an article is looked at again; 8 times as long where REST shows its text
    revisit_growth: float = 1.0  # then again when it is this share older: 1, when its age has doubled
    revisit_limit: float = 2_592_000.0  # but at the latest after this many seconds
    look_every: float = 151_200.0  # and where no list shows texts, after so many, in the time left over; 0: not
    walk_every: float = 86_400.0  # seconds between two walks through all the pages of the channels
    pictures: int = 12  # most pictures captured of one article; 0: none
    picture_size: float = 8_000_000.0  # bytes of the largest picture that is captured whole
    gone_after: float = 21_600.0  # seconds between two sightings that make an article gone
    layouts: tuple[Layout, ...] = ()
    unchecked: tuple[str, ...] = ()  # keys whose values nobody could check against the live site yet
    tags: tuple[str, ...] = field(default=())

    @property
    def hosts(self) -> frozenset[str]:
        """Hosts in scope, as `archive.address.host_of` spells them."""
        return frozenset(
            urlsplit(a if "//" in a else f"//{a}").netloc.lower().removeprefix("www.") for a in (self.url, *self.aliases)
        )


def load(path: Path) -> Outlet:
    """The outlet of one TOML file; BadOutlet says which key is wrong and what it should be."""
    try:
        raw = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadOutlet(f"{path.name}: cannot be read: {error}", "correct the file; see outlets/README.md") from error
    layouts = raw.get("layouts", [])
    if not isinstance(layouts, list) or not all(isinstance(table, dict) for table in layouts):
        raise BadOutlet(f"{path.name}: layouts: must be tables", "write each as [[layouts]] with its keys below it")
    raw["layouts"] = tuple(_build(Layout, table, f"{path.name}: layouts[{i}]") for i, table in enumerate(layouts))
    outlet = _build(Outlet, raw, path.name)
    _check(outlet, path)
    return outlet


def load_folder(folder: Path) -> tuple[dict[str, Outlet], dict[str, BadOutlet]]:
    """Every outlet of a folder by name, and why each broken file is broken: one never hides the others."""
    good: dict[str, Outlet] = {}
    bad: dict[str, BadOutlet] = {}
    if not folder.is_dir():
        raise BadOutlet(f"{folder}: no such folder", "set WARRAQ_OUTLETS to a folder of outlet files")
    for path in sorted(folder.glob("*.toml")):
        try:
            good[path.stem] = load(path)
        except BadOutlet as error:
            bad[path.stem] = error
    return good, bad


def _build(cls: type[_T], raw: dict[str, Any], where: str) -> _T:
    """`raw` as a `cls`: unknown, missing and wrongly typed keys refused by name."""
    kinds = get_type_hints(cls)
    for key in raw:
        if key not in kinds:
            near = difflib.get_close_matches(key, kinds, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(kinds)}"
            raise BadOutlet(f"{where}: unknown key {key!r}", hint)
    values = {key: _typed(value, kinds[key], f"{where}: {key}") for key, value in raw.items()}
    missing = [f.name for f in fields(cls) if f.name not in values and f.default is MISSING and f.default_factory is MISSING]  # type: ignore[arg-type]
    if missing:
        raise BadOutlet(f"{where}: {', '.join(missing)} missing", "add it; see outlets/README.md")
    return cls(**values)


def _typed(value: Any, kind: Any, where: str) -> Any:
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if get_origin(kind) is tuple:
        items = list(value) if isinstance(value, (list, tuple)) else [value]
        if isinstance(value, str) or not all(isinstance(item, get_args(kind)[0]) for item in items):
            raise BadOutlet(f"{where}: must be a list of {get_args(kind)[0].__name__}", f"it is {value!r}")
        return tuple(items)
    if kind is datetime and isinstance(value, datetime):
        if value.tzinfo is None:
            raise BadOutlet(f"{where}: {value} has no offset", "write it as 2019-01-01T00:00:00+02:00")
        return value
    if not isinstance(value, kind) or (kind is not bool and isinstance(value, bool)):
        raise BadOutlet(f"{where}: must be {kind.__name__}", f"it is {value!r}")
    return value


def _check(outlet: Outlet, path: Path) -> None:
    """What the types alone cannot say."""

    def refuse(key: str, why: str, remedy: str = "") -> None:
        raise BadOutlet(f"{path.name}: {key}: {why}", remedy)

    if outlet.name != path.stem or not NAME.fullmatch(outlet.name):
        rule = "lower-case letters, digits and _; at most 40"
        refuse("name", f"{outlet.name!r} must be the file's name, {path.stem!r}", rule)
    if outlet.name == RESERVED:
        refuse("name", f"{RESERVED!r} is the name of the watch list", "give the outlet, and its file, another name")
    if outlet.name in DUTIES:
        refuse("name", f"{outlet.name!r} is the name of a DAG of Warraq's own", "give the outlet, and its file, another name")
    if urlsplit(outlet.url).scheme not in ("http", "https") or not urlsplit(outlet.url).hostname:
        refuse("url", f"{outlet.url!r} is no web address", "write it as https://example.org/")
    if len(outlet.schedule.split()) != 5 and not outlet.schedule.startswith("@"):
        refuse("schedule", f"{outlet.schedule!r} is no cron expression", "five fields, as in */15 * * * *")
    try:
        clocks.named_clock(outlet.timezone)
    except ZoneInfoNotFoundError:
        refuse("timezone", f"{outlet.timezone!r} is unknown", "an IANA name, as in Asia/Damascus")
    spans = ("delay", "budget", "revisit_after", "revisit_growth", "revisit_limit", "look_every", "walk_every", "gone_after")
    for key in (*spans, "picture_size"):
        if not 0 <= getattr(outlet, key) < float("inf"):
            refuse(key, f"{getattr(outlet, key)} must be 0 or more")
    for key in ("article", "not_article"):
        for pattern in [getattr(outlet, key)] if key == "article" else getattr(outlet, key):
            _compile(pattern, path, key)
    for i, layout in enumerate(outlet.layouts):
        for pattern in layout.drop_lines:
            _compile(pattern, path, f"layouts[{i}].drop_lines")


def _compile(pattern: str, path: Path, key: str) -> None:
    try:
        re.compile(pattern)
    except re.error as error:
        raise BadOutlet(f"{path.name}: {key}: {pattern!r} is no regular expression: {error}") from error
