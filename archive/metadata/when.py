"""When an article was published and changed, as its page states it; where that stood, and how sure it is. Pure.

`confidence`, from the surest:
    stated    for machines: meta elements, JSON-LD, microdata, RDFa, <time datetime>
    printed   in a line that a reader sees
    settled   so too, but in digits of which the capture, a weekday or a Hijri date told day from month
    url       the day in the article's address
    relative  «منذ ٣ ساعات», counted back from the capture
    low       stated, but not to be believed: contradicted by another statement or by the line under the headline, by more than
              a day or two, or changed before it was published
`zone` says whose offset a time has: `stated` (the page's own) or `outlet` (the outlet file's); a day without a time has none.
`precision` is `hour` where the time is rounded to it («منذ ٣ ساعات»).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import chain
from typing import Any
from urllib.parse import urlsplit

from archive import dates
from archive.metadata import jsonld, shown
from archive.metadata.marks import Marks, line_of

Dated = dict[str, str]  # value: ISO 8601; source: where it stood; confidence; zone, precision, printed where they say something

_PUBLISHED = ("article:published_time", "og:article:published_time", "og:published_time", "analyticsattributes.articledate")
_PUBLISHED_LATE = (
    "datepublished", "datecreated", "dc.date.issued", "dcterms.issued", "dc.date.created", "dcterms.created", "dc.date",
    "dcterms.date", "parsely-pub-date", "sailthru.date", "citation_publication_date", "citation_date", "prism.publicationdate",
    "publishdate", "publish-date", "publish_date", "publication_date", "published_date", "published-date", "published_at",
    "pubdate", "pub_date", "article_date_original", "article.published", "article.created", "bt:pubdate", "og:pubdate",
    "cxenseparse:recs:publishtime", "cxenseparse:publishtime", "shareaholic:article_published_time", "rnews:datepublished",
    "originalpublicationdate", "date",
)  # fmt: skip
_MODIFIED = ("article:modified_time", "og:article:modified_time", "og:updated_time", "revision_date")
_MODIFIED_LATE = (
    "datemodified", "dcterms.modified", "dc.date.modified", "last-modified", "last_modified", "article.updated", "moddate",
    "lastmod", "updated_at", "shareaholic:article_modified_time",
)  # fmt: skip
_UPDATED_CUE = re.compile(r"(?:تحديث|تعديل|عُ?د[ّ]?ل|updated|modified|روزرسانی|ویرایش)\w*[^\w]*$", re.I)
_URL_DAY = re.compile(r"/((?:19[89]|20\d)\d)[/-](\d{1,2})[/-](\d{1,2})(?=[/_-]|$)")
_BOTH = ("article:published_time", "json-ld:datePublished")
_DAY = timedelta(days=1, hours=2)  # two clocks that say the same may be so far apart


_SETTLED = 0.8  # archive.dates.found: no surer than that is a date that something beside it decided
_TWO_DAYS = timedelta(days=2)  # a day in one zone and a time in another


@dataclass(frozen=True, slots=True)
class Sources:
    """What dates are read from."""

    meta: dict[str, str]
    ld: dict[str, Any]  # the article's JSON-LD, or {}
    page: dict[str, Any]  # that of the page, or {}
    marks: Marks
    tree: Any  # the page
    url: str
    zone: str  # of times without an offset
    captured: datetime | None  # when the page was fetched; None: relative times stay unread


def published(source: Sources) -> Dated | None:
    """When the article was published; None when the page does not tell, and never a guess."""
    if best := _surest(_stated(source, _machine_published(source))):
        seen = next((one for one in _printed(source, updated=False, anywhere=False) if one["confidence"] == "printed"), None)
        return {**best, "confidence": "low"} if seen and _apart(best["value"], seen["value"]) > _TWO_DAYS else best
    relative = None
    for one in _printed(source, updated=False):
        if one["confidence"] != "relative":
            return one
        relative = relative or one
    return _from_url(source) or relative


def modified(source: Sources, first: Dated | None) -> Dated | None:
    """When the article was last changed, as stated. One that lies before `first`, the publication, is of low confidence."""
    by_hand = first is None or first["source"] == "page"  # a site that prints its dates and states none for programs
    printed = _printed(source, updated=True, anywhere=by_hand)
    best = _surest(_stated(source, _machine_modified(source))) or next(printed, None)
    if best and first and _is_before(best["value"], first["value"]):
        return {**best, "confidence": "low"}
    return best


def _machine_published(source: Sources) -> Iterator[tuple[str, str]]:
    meta, ld = source.meta, source.ld
    yield _PUBLISHED[0], meta.get(_PUBLISHED[0], "")
    yield "json-ld:datePublished", jsonld.text(ld.get("datePublished"))
    yield from ((name, meta.get(name, "")) for name in _PUBLISHED[1:])
    yield from _props(source.marks, "published", "datePublished")
    yield from _times(source.marks, updated=False)
    yield from ((name, meta.get(name, "")) for name in _PUBLISHED_LATE)
    yield "json-ld:dateCreated", jsonld.text(ld.get("dateCreated"))
    yield "json-ld:page", jsonld.text(source.page.get("datePublished"))


def _machine_modified(source: Sources) -> Iterator[tuple[str, str]]:
    meta, ld = source.meta, source.ld
    yield _MODIFIED[0], meta.get(_MODIFIED[0], "")
    yield "json-ld:dateModified", jsonld.text(ld.get("dateModified"))
    yield from ((name, meta.get(name, "")) for name in _MODIFIED[1:])
    yield from _props(source.marks, "modified", "dateModified")
    yield from _times(source.marks, updated=True)
    yield from ((name, meta.get(name, "")) for name in _MODIFIED_LATE)
    yield "json-ld:page", jsonld.text(source.page.get("dateModified"))


def _props(marks: Marks, kind: str, name: str) -> Iterator[tuple[str, str]]:
    """Microdata and RDFa: `content` or `datetime`, else the text itself."""
    for one in marks.by_prop.get(kind, ()):
        value = one.get("content") or one.get("datetime") or one.get("title") or (line_of(one) if not len(one) else "")
        if value and (one.tag == "meta" or marks.own(one)):
            yield f"microdata:{name}", value


def _times(marks: Marks, *, updated: bool) -> Iterator[tuple[str, str]]:
    """<time datetime>, and Blogger's <abbr title>, of the article's own date."""
    for one in marks.times:
        value = one.get("datetime") or (one.get("title") if one.tag == "abbr" else "")
        says = bool(value) and (shown.says_updated(one) or bool(_UPDATED_CUE.search(_said_before(one))))
        if value and says is updated and marks.own(one):
            yield "time", value


def _said_before(element: Any) -> str:
    """The words right before an element: «آخر تحديث:»."""
    before = element.getprevious()
    text = before.tail if before is not None else element.getparent().text
    return (text or "").strip()[-40:] or (line_of(before)[-40:] if before is not None and not len(before) else "")


def _stated(source: Sources, candidates: Iterator[tuple[str, str]]) -> Iterator[Dated]:
    """What is a date among `candidates` (name, text)."""
    for where, text in candidates:
        found = dates.stated(text, source.zone, source.captured, where.rpartition(":")[2]) if text else None
        if found:
            yield _dated(found, where, "stated")


def _surest(found: Iterator[Dated]) -> Dated | None:
    """The first; where it is a day, its time from another that names the same day."""
    first = next(found, None)
    if first is None:
        return None
    if first["source"] == _BOTH[0] and (second := next(found, None)):
        first = _between(first, second) if second["source"] == _BOTH[1] else first
        found = chain([second], found)
    if len(first["value"]) == 10:
        return next((one for one in found if one["value"].startswith(first["value"]) and len(one["value"]) > 10), first)
    return first


def _between(meta: Dated, ld: Dated) -> Dated:
    """The meta element and JSON-LD name two times of publication. The same clock under two offsets: WordPress plugins write
    +00:00 behind local time, so the other is right. Else the earlier, since live pages move one of both along with each change;
    of low confidence when more than a day lies between them."""
    one, other = meta["value"], ld["value"]
    if 10 in (len(one), len(other)) or _instant(one) == _instant(other):
        return meta
    if one[:19] == other[:19]:
        return meta if ld["value"].endswith("+00:00") else ld
    earlier = min(meta, ld, key=lambda said: _instant(said["value"]))
    return {**earlier, "confidence": "low"} if _apart(one, other) > _DAY else earlier


def _printed(source: Sources, *, updated: bool, anywhere: bool = True) -> Iterator[Dated]:
    """Dates in lines that a reader sees next to the headline. `anywhere`: also in those that nothing calls a date."""
    for text, changed in shown.called(source.marks, updated=updated):
        if said := _read(source, text, "modified" if updated and not changed else "any" if changed else "published"):
            yield said
    for text in shown.uncalled(source.marks, source.tree) if anywhere else ():
        if said := _read(source, text, "modified" if updated else "published"):
            yield said


def _read(source: Sources, text: str, which: dates.Which) -> Dated | None:
    said = dates.read(text, source.zone, source.captured, which=which)
    if said is None:
        return None
    sure = "relative" if said.form in ("ago", "word") else "printed" if said.confidence > _SETTLED else "settled"
    return _dated(said, "page", sure) | {"printed": text}


def _from_url(source: Sources) -> Dated | None:
    """/2019/03/02/ in an address, as WordPress and Blogger make them: the day of publication."""
    found = _URL_DAY.search(urlsplit(source.url).path)
    if not found:
        return None
    try:
        day = date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return None
    if source.captured and day > (source.captured + _DAY).date():
        return None
    return {"value": day.isoformat(), "source": "url", "confidence": "url"}


def _dated(found: dates.Found, source: str, confidence: str) -> Dated:
    told = {"value": found.value, "source": source, "confidence": confidence}
    if found.zone:
        told["zone"] = found.zone
    return told | ({"precision": "hour"} if found.precision == "hour" else {})


def _is_before(one: str, other: str) -> bool:
    """Is a date surely before another? A day is not before a time of the same day."""
    if 10 in (len(one), len(other)):
        return one[:10] < other[:10]
    return _instant(one) < _instant(other)


def _apart(one: str, other: str) -> timedelta:
    return abs(_instant(one) - _instant(other))


def _instant(value: str) -> datetime:
    when = datetime.fromisoformat(value)
    return when if when.tzinfo else when.replace(tzinfo=UTC)
