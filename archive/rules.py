"""Which layout reads a page, and the ids under which readings compare. Pure."""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import asdict
from datetime import datetime
from functools import cache
from typing import Any

import orjson

from archive import clocks, digest, xpaths
from archive.errors import BadOutlet
from archive.outlet import Layout, Outlet

READER = "2"  # of archive.{charset,extract,metadata}: raised with every change that can change a text

# For outlets that have no layout: the container is found by what content systems call it (archive.container). What themes
# and plugins put among the lines of any article is dropped everywhere (archive.textlines); a credit is metadata.
GENERIC = Layout(name="generic", drop_lines=(r"المصدر\s*[:：]\s*.{2,40}",))


def in_force(outlet: Outlet, captured: datetime) -> tuple[Layout, ...]:
    """The layouts that are tried for a page captured then, in their order: those with `since` <= capture time, newest first;
    of the same time in the order of the file. GENERIC for an outlet without layouts."""
    if not outlet.layouts:
        return (GENERIC,)
    known = (one for one in outlet.layouts if one.since <= captured)
    return tuple(sorted(known, key=lambda one: one.since, reverse=True))


def layout_for(outlet: Outlet, captured: datetime, tree: Any) -> Layout | None:
    """The layout in force for a page captured then: the first whose `match` finds something; None when none does."""
    return next((one for one in in_force(outlet, captured) if not one.match or xpaths.found(tree, one.match)), None)


def among(layouts: tuple[Layout, ...]) -> str:
    """12 hex digits of the layouts that one was chosen among, in their order; "" when there was no choice.

    The rules id tells which layout read a page. Whether the same one would be chosen today, this tells, and no page need be
    fetched for it.
    """
    return _sha12("".join(map(rules_id, layouts)).encode()) if len(layouts) > 1 else ""


def today(outlet: Outlet, captured: datetime) -> frozenset[str]:
    """By what a page captured then would be read today: rules ids, each with what the layout was chosen among, if anything."""
    return _read_by(in_force(outlet, captured))


@cache
def _read_by(layouts: tuple[Layout, ...]) -> frozenset[str]:
    return frozenset(rules_id(one) + among(layouts) for one in layouts)


def check(outlet: Outlet) -> None:
    """BadOutlet names an XPath of the layouts that is none: else every page would be noted as unreadable, for good."""
    from lxml import etree

    for i, one in enumerate(outlet.layouts):
        for key, path in [("match", one.match), ("body", one.body), ("title", one.title), *(("prune", p) for p in one.prune)]:
            try:
                etree.XPath(path or ".")
            except etree.XPathError as error:
                raise BadOutlet(f"{outlet.name}.toml: layouts[{i}].{key}: {path!r} is no XPath: {error}") from error


def rules_id(layout: Layout) -> str:
    """12 hex digits of everything that decides what text a page gives: digests compare only under equal rules."""
    rules = {"reader": READER, "digest": digest.RECIPE, "layout": asdict(layout), **versions()}
    return _sha12(orjson.dumps(rules, option=orjson.OPT_SORT_KEYS))


def reading_id(rules: str, seeds: str) -> str:
    """12 hex digits of a rules id and a seed set ("" for none): names a snapshot."""
    return _sha12(f"{rules}\0{seeds}".encode())


@cache
def versions() -> dict[str, str]:
    """Versions of what reads for us: Trafilatura, resiliparse, lxml with its libxml2, the Unicode tables, the zones' rules."""
    from importlib.metadata import version

    from lxml import etree

    libxml2 = ".".join(map(str, etree.LIBXML_VERSION))
    return {
        "trafilatura": version("trafilatura"),
        "resiliparse": version("resiliparse"),
        "lxml": version("lxml"),
        "libxml2": libxml2,
        "unicode": unicodedata.unidata_version,
        "tz": clocks.release(),
    }


def _sha12(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:12]
