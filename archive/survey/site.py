"""Language, time zone and title of a site, each with what says so. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import orjson

from archive import metadata
from archive.survey import documents as seen
from archive.survey.documents import Gathered

_COUNTRIES = {
    "sy": "Asia/Damascus", "lb": "Asia/Beirut", "iq": "Asia/Baghdad", "jo": "Asia/Amman", "ps": "Asia/Gaza",
    "eg": "Africa/Cairo", "sa": "Asia/Riyadh", "ae": "Asia/Dubai", "qa": "Asia/Qatar", "kw": "Asia/Kuwait",
    "bh": "Asia/Bahrain", "om": "Asia/Muscat", "ye": "Asia/Aden", "tr": "Europe/Istanbul", "ir": "Asia/Tehran",
    "sd": "Africa/Khartoum", "ly": "Africa/Tripoli", "tn": "Africa/Tunis", "dz": "Africa/Algiers", "ma": "Africa/Casablanca",
}  # fmt: skip
_HALVES = {3.5: "Asia/Tehran", 4.5: "Asia/Kabul", 5.5: "Asia/Kolkata", 5.75: "Asia/Kathmandu", 9.5: "Australia/Darwin"}
_OFFSET = re.compile(rb"\b(20\d\d-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?[+-]\d\d:?\d\d)\b")
Told = tuple[Any, str, bool]  # value, why, is it a guess?


def rest_root(gathered: Gathered) -> dict[str, Any]:
    """What the REST API's root says of the site, {} when it was not seen."""
    for document in gathered.good("rest-root"):
        try:
            row = orjson.loads(document.body)
        except orjson.JSONDecodeError:
            continue
        if isinstance(row, dict):
            return row
    return {}


def title(gathered: Gathered) -> Told:
    told = rest_root(gathered).get("name")
    if isinstance(told, str) and told.strip():
        return _line(told), "its REST API says so", False
    head = _head(gathered)
    if head is not None and (name := head.meta.get("og:site_name")):
        return _line(name), "its home page says so (og:site_name)", False
    for document in gathered.good("feed"):
        if match := re.search(rb"<title>\s*(?:<!\[CDATA\[)?([^<\]]+)", document.body):
            return _line(match[1].decode("utf-8", "replace")), "title of its feed", False
    if head is not None and _line(head.title):
        return _line(head.title), "<title> of its home page", True
    return urlsplit(seen.final(gathered)).hostname or "?", "no title was found: the host's name", True


def language(gathered: Gathered) -> Told:
    """The primary subtag of what home page and feed say (BCP 47)."""
    head = _head(gathered)
    told = [head.language] if head is not None and head.language else []
    for document in gathered.good("feed"):
        told += [match[1].decode() for match in [re.search(rb"<language>\s*([A-Za-z-]+)", document.body)] if match]
    tags = [re.split("[-_]", one)[0].lower() for one in told]
    tags = [one for one in tags if re.fullmatch("[a-z]{2,3}", one)]
    if not tags:
        return seen.DEFAULTS["language"], "nothing on the site says; our default", True
    same = len(set(tags)) == 1
    return tags[0], "the site says so" if same else f"its pages say so; its feed says {tags[-1]}", not same


def timezone(gathered: Gathered) -> Told:
    """WordPress's own setting; else the country's zone that the offsets of printed dates fit; else our default."""
    root = rest_root(gathered)
    if _known(name := root.get("timezone_string")):
        return name, "its REST API says so", False
    if isinstance(gmt := root.get("gmt_offset"), int | float) and (zone := _fixed(float(gmt))):
        return zone, f"its REST API gives only the offset {gmt:+g} h, without daylight saving", True
    offsets = Counter(when.utcoffset() or timedelta() for when in _dates(gathered))
    country = _COUNTRIES.get((urlsplit(seen.final(gathered)).hostname or "").rpartition(".")[2])
    for zone in dict.fromkeys(filter(None, (country, seen.DEFAULTS["timezone"]))):
        if offsets and all(when.astimezone(ZoneInfo(zone)).utcoffset() == when.utcoffset() for when in _dates(gathered)):
            return zone, f"all {offsets.total()} offsets of dates on its pages fit", True
    if len(offsets) == 1 and (zone := _fixed(next(iter(offsets)) / timedelta(hours=1))):
        return zone, "the one offset of dates on its pages", True
    if country:
        return country, "the country of its name", True
    return seen.DEFAULTS["timezone"], "nothing on the site says; our default", True


def _known(name: object) -> bool:
    try:
        return isinstance(name, str) and bool(name) and ZoneInfo(name) is not None
    except (ZoneInfoNotFoundError, ValueError):
        return False


def _fixed(hours: float) -> str:
    """A zone of so many hours; "" when there is none. In Etc/GMT+3 the sign is turned round (POSIX)."""
    if hours == int(hours) and -12 <= hours <= 14:
        return f"Etc/GMT{-int(hours):+d}" if hours else "Etc/UTC"
    return _HALVES.get(hours, "")


def _dates(gathered: Gathered) -> Iterator[datetime]:
    """Dates with an offset that is not zero: programs print UTC whatever the newsroom's clock says."""
    for document in gathered.good("home", "section", "article", "feed", "sitemap"):
        for match in _OFFSET.finditer(document.body[:400_000]):
            try:
                when = datetime.fromisoformat(match[1].decode())
            except ValueError:
                continue
            if when.utcoffset():
                yield when


def _head(gathered: Gathered) -> metadata.Head | None:
    tree = seen.tree_of(gathered.home) if gathered.home else None
    return metadata.head_of(tree, seen.final(gathered)) if tree is not None else None


def _line(text: str) -> str:
    import html

    return " ".join(html.unescape(text).split())[:120]
