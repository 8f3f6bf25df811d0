"""Exports: articles, versions, events, republications and what pages say of themselves, as JSON Lines or CSV.

docs/EXPORT.md promises the columns by version. All but `metadata` is in the catalog; that reads a snapshot for each row.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TextIO

import orjson

from archive.errors import Refused
from archive.republished import published_first

if TYPE_CHECKING:
    from archive.catalog import Catalog
    from archive.catalog.pairs import Pair

VERSION = 1  # of the columns; adding one at the end keeps it, anything else makes it 2

COLUMNS = {
    "articles": (
        *("outlet", "article", "url", "title", "state", "since", "reason", "first_seen", "last_seen", "last_fetch"),
        *("unconfirmed", "failures", "post", "published", "moved_to", "versions", "captures", "changed"),
    ),
    "versions": (
        *("outlet", "article", "number", "time", "last", "captures", "kinds", "flags", "title", "url", "published", "modified"),
        *("language", "chars", "layout", "rules", "headline_t", "headline_k", "body_t", "body_k", "warc", "offset", "length"),
        *("record", "payload", "body", "snapshot", "seeds"),
    ),
    "events": ("outlet", "article", "number", "time", "kinds", "flags", "version", "since", "reason", "title", "url"),
    "metadata": (
        *("outlet", "article", "version", "time", "snapshot", "title", "subtitle", "authors", "byline", "agency", "place"),
        *("section", "tags", "published", "published_source", "published_confidence", "modified", "modified_source"),
        *("modified_confidence", "canonical"),
    ),
    "republications": (
        *("outlet", "article", "url", "title", "captured", "published", "version", "snapshot"),
        *("other_outlet", "other", "other_url", "other_title", "other_captured", "other_published", "other_version"),
        *("other_snapshot", "relation", "shared", "of", "other_of", "in_other", "other_in", "published_first"),
        *("paragraphs", "recipe"),
    ),
}
FORMS = ("jsonl", "csv")
_LISTS = ("authors", "agency", "tags")
Stored = Callable[[str], Mapping[str, Any]]  # key of a snapshot → its fields (archive.snapshot)


def export(catalog: Catalog, what: str, form: str, out: TextIO, outlet: str | None = None, *, stored: Stored) -> int:
    """Write all rows of `what` to `out`; how many there were. Refused when there is no such table or form.

    `stored` reads a snapshot; only `metadata` asks it.
    """
    if what not in COLUMNS:
        raise Refused(f"{what!r} cannot be exported", f"one of {', '.join(COLUMNS)}")
    if form not in FORMS:
        raise Refused(f"{form!r} is no form of export", f"one of {', '.join(FORMS)}")
    rows = _metadata(catalog, outlet, stored) if what == "metadata" else _rows(catalog, what, outlet)
    return _csv(rows, ("v", *COLUMNS[what]), out) if form == "csv" else _jsonl(rows, out)


def _rows(catalog: Catalog, what: str, outlet: str | None) -> Iterator[dict[str, Any]]:
    read: dict[str, Callable[[str | None], Any]] = {
        "articles": catalog.articles,
        "versions": catalog.versions,
        "events": catalog.events,
        "republications": lambda outlet: [pair_row(pair) for pair in catalog.republished(outlet=outlet or "")],
    }
    found = read[what](outlet)
    if what == "republications":
        yield from ({"v": VERSION, **row} for row in found)
        return
    seeds = _seeds(catalog, outlet) if what == "versions" else {}
    for row in found:
        values = {name: getattr(row, name) for name in COLUMNS[what] if name != "seeds"}
        if what == "versions":
            values["seeds"] = seeds.get((row.outlet, row.article, row.number), [])
        yield {"v": VERSION, **values}


def _metadata(catalog: Catalog, outlet: str | None, stored: Stored) -> Iterator[dict[str, Any]]:
    """What the page of each version said of itself; nothing where no snapshot is stored yet."""
    for version in catalog.versions(outlet):
        fields = stored(version.snapshot) if version.snapshot else {}
        place = {"outlet": version.outlet, "article": version.article, "version": version.number}
        row = {name: fields.get(name) or ([] if name in _LISTS else "") for name in COLUMNS["metadata"]}
        for name in ("published", "modified"):
            dated = fields.get(name) or {}
            row |= {name: dated.get("value", "")} | {f"{name}_{key}": dated.get(key, "") for key in ("source", "confidence")}
        yield {"v": VERSION, **row, **place, "time": version.time, "snapshot": version.snapshot}


def pair_row(pair: Pair) -> dict[str, Any]:
    """A republication in the columns of its table; the first text is the one that was captured first."""
    link = pair.link
    shares = link.detail["first_in_second"], link.detail["second_in_first"]
    row = {name: getattr(link, name, None) or getattr(pair, name, "") for name in COLUMNS["republications"]}
    return {
        **row,
        "shared": shares[0]["shared"],
        "of": shares[0]["of"],
        "other_of": shares[1]["of"],
        "in_other": shares[0]["share"],
        "other_in": shares[1]["share"],
        "published_first": published_first(link.published, link.other_published),
        "paragraphs": link.detail["paragraphs"],
        "recipe": link.detail["recipe"],
    }


def _seeds(catalog: Catalog, outlet: str | None) -> dict[tuple[str, str, int], list[dict[str, str]]]:
    """The seed files that each version is linked to."""
    found: dict[tuple[str, str, int], list[dict[str, str]]] = defaultdict(list)
    for link in catalog.links(outlet):
        found[link.outlet, link.article, link.version].append(
            {"name": link.name, "sha256": link.sha256, "relation": link.relation}
        )
    return found


def _jsonl(rows: Iterator[dict[str, Any]], out: TextIO) -> int:
    count = 0
    for count, row in enumerate(rows, 1):  # noqa: B007 - the last one is the answer
        out.write(orjson.dumps(row).decode() + "\n")
    return count


def _csv(rows: Iterator[dict[str, Any]], columns: tuple[str, ...], out: TextIO) -> int:
    """RFC 4180. Lists of words are joined by spaces, seed links and paragraphs are JSON."""
    writer = csv.writer(out)
    writer.writerow(columns)
    count = 0
    for count, row in enumerate(rows, 1):  # noqa: B007 - the last one is the answer
        writer.writerow([_cell(row[name]) for name in columns])
    return count


def _cell(value: Any) -> Any:
    if isinstance(value, tuple):
        return " ".join(value)
    if isinstance(value, list):
        return orjson.dumps(value).decode() if value else ""
    # A spreadsheet runs such a cell as a formula, and titles are written by others (OWASP, "CSV Injection").
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")):
        return "'" + value
    return value
