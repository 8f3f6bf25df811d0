"""When an article was published and changed, as its page states it; where that stood, and how sure it is. Pure.

`confidence`, from the surest:
    stated    for machines: meta elements, JSON-LD, microdata, RDFa, <time datetime>
    printed   in a line that a reader sees
    url       the day in the article's address
    relative  «منذ ٣ ساعات», counted back from the capture
    low       stated, but not to be believed: in the future, contradicted, or changed before it was published
`zone` says whose offset a time has: `stated` (the page's own) or `outlet` (the outlet file's); a day without a time has none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from archive import dates
from archive.metadata import jsonld
from archive.metadata.marks import Marks, line_of

Dated = dict[str, str]  # value: ISO 8601; source: where it was found; confidence; zone and printed, where there is one

_PUBLISHED = ("article:published_time", "og:article:published_time", "og:published_time", "analyticsattributes.articledate")
_PUBLISHED_LATE = (
    "datepublished", "datecreated", "dc.date.issued", "dcterms.issued", "dc.date.created", "dcterms.created", "dc.date", "dcterms.date",
    "parsely-pub-date", "sailthru.date", "citation_publication_date", "citation_date", "prism.publicationdate", "publishdate",
    "publish-date", "publish_date", "publication_date", "published_date", "published-date", "pubdate", "pub_date", "article_date_original",
    "article.published", "article.created", "bt:pubdate", "og:pubdate", "cxenseparse:recs:publishtime", "cxenseparse:publishtime",
    "shareaholic:article_published_time", "rnews:datepublished", "originalpublicationdate", "date",
)  # fmt: skip
_MODIFIED = ("article:modified_time", "og:article:modified_time", "og:updated_time", "revision_date")
_MODIFIED_LATE = (
    "datemodified", "dcterms.modified", "dc.date.modified", "last-modified", "last_modified", "article.updated", "moddate", "lastmod",
    "shareaholic:article_modified_time",
)  # fmt: skip
_UPDATED_CUE = re.compile(
    r"(?:آخر|اخر|تاريخ|تم)?\s*(?:ال)?(?:تحديث|تعديل)\w*|عُد[ّ]?ل(?:ت)?|(?:last\s+)?(?:updated|modified)|به\u200c?\s?روزرسانی|"
    r"آخرین ویرایش",
    re.I,
)
_PUBLISHED_CUE = re.compile(r"(?:تاريخ\s+)?(?:ال)?نشر(?:ت|\s+في)?|نُشر(?:ت)?|published|posted|انتشار", re.I)
_PRINTED = 160  # letters of a line that is a date with what stands beside it
_URL_DAY = re.compile(r"/((?:19[89]|20\d)\d)[/-](\d{1,2})[/-](\d{1,2})(?=[/_-]|$)")
_ELSEWHERE = "Etc/GMT+11"  # any zone that is no outlet's: a value that depends on it was stated without an offset
_EARLIEST = "1971"  # 1970-01-01 and 0001-01-01 are how programs say that they know no date
_AHEAD = timedelta(days=1, hours=2)  # what a zone and a wrong clock can make of now


@dataclass(frozen=True, slots=True)
class Sources:
    """What dates are read from."""

    meta: dict[str, str]
    ld: dict[str, Any]  # the article's JSON-LD, or {}
    page: dict[str, Any]  # that of the page, or {}
    marks: Marks
    url: str
    zone: str  # of times without an offset
    captured: datetime | None  # when the page was fetched; None: relative times stay unread


def published(source: Sources) -> Dated | None:
    """When the article was published; None when the page does not tell, and never a guess."""
    found = list(_stated(source, _machine_published(source)))
    best = _surest(found)
    if best is not None:
        return best
    lines = _printed(source, ("date", "meta", "updated"), updated=False)
    return _printed_first(source, lines) or _from_url(source) or _relative(source) or (found[0] if found else None)


def modified(source: Sources, first: Dated | None) -> Dated | None:
    """When the article was last changed, as stated. One that lies before `first`, the publication, is of low confidence."""
    found = list(_stated(source, _machine_modified(source)))
    best = _surest(found) or _printed_first(source, _printed(source, ("updated", "date", "meta"), updated=True))
    best = best or (found[0] if found else None)
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
        if value and marks.own(one):
            names = " ".join(((one.get("class") or ""), (one.getparent().get("class") or ""))).lower()
            says = bool(re.search(r"updat|modif", names)) and not re.search(r"publish", names)
            if (says or bool(_UPDATED_CUE.match(_said_before(one)))) is updated:
                yield "time", value


def _said_before(element: Any) -> str:
    """The words right before an element: «آخر تحديث:»."""
    before = element.getprevious()
    text = before.tail if before is not None else element.getparent().text
    return (text or "").strip()[-40:] or (line_of(before)[-40:] if before is not None and not len(before) else "")


def _stated(source: Sources, candidates: Iterator[tuple[str, str]]) -> Iterator[Dated]:
    """What is a date among `candidates`. Those that lie ahead of the capture are kept, with low confidence."""
    for where, text in candidates:
        value = dates.machine(text, source.zone) if text and len(text) < _PRINTED else ""
        if not value or value < _EARLIEST:
            continue
        ahead = source.captured is not None and _instant(value) > source.captured + _AHEAD
        yield _dated(value, where, "low" if ahead else "stated", dates.machine(text, _ELSEWHERE) if len(value) > 10 else value)


def _surest(found: list[Dated]) -> Dated | None:
    """The first that can be believed; where it is a day, its time from another that names the same day."""
    good = [one for one in found if one["confidence"] != "low"]
    if not good:
        return None
    first = good[0]
    if len(first["value"]) == 10:
        return next((one for one in good if one["value"].startswith(first["value"]) and len(one["value"]) > 10), first)
    return first


def _printed(source: Sources, kinds: tuple[str, ...], *, updated: bool) -> Iterator[str]:
    """Lines that a reader sees as the article's date: those behind the headline first."""
    marks = source.marks
    found = [(kind, one) for kind in kinds for one in marks.by_class.get(kind, ())]
    found += [("date", one) for one in marks.times if not one.get("datetime")]
    for kind, one in found:
        text = line_of(one)
        if not text or len(text) > _PRINTED or not re.search(r"[\d٠-٩۰-۹]", text) or not marks.own(one):
            continue
        plain, changed = _divided(text)
        if kind == "updated" and not changed and not _PUBLISHED_CUE.search(text):
            plain, changed = "", text
        if part := changed if updated else plain:
            yield part


def _divided(text: str) -> tuple[str, str]:
    """What a line says of the publication, and what of a change («نشر في …، آخر تحديث …»)."""
    cue = _UPDATED_CUE.search(text)
    if cue is None:
        return text, ""
    again = _PUBLISHED_CUE.search(text, cue.end())
    end = again.start() if again else len(text)
    return f"{text[: cue.start()]} {text[end:]}".strip(), text[cue.end() : end].strip()


def _printed_first(source: Sources, lines: Iterator[str]) -> Dated | None:
    for text in lines:
        value = dates.printed(text, source.zone)
        if value and value >= _EARLIEST and not (source.captured and _instant(value) > source.captured + _AHEAD):
            elsewhere = dates.printed(text, _ELSEWHERE) if len(value) > 10 else value
            return _dated(value, "page", "printed", elsewhere) | {"printed": text}
    return None


def _relative(source: Sources) -> Dated | None:
    """«منذ ٣ ساعات»: only as exact as it is said."""
    return None


def _from_url(source: Sources) -> Dated | None:
    """/2019/03/02/ in an address, as WordPress and Blogger make them: the day of publication."""
    found = _URL_DAY.search(urlsplit(source.url).path)
    if not found:
        return None
    try:
        day = date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return None
    if source.captured and day > (source.captured + _AHEAD).date():
        return None
    return {"value": day.isoformat(), "source": "url", "confidence": "url"}


def _dated(value: str, source: str, confidence: str, elsewhere: str) -> Dated:
    """`elsewhere`: what the same text gives under another zone; where it differs, the offset is not the page's own."""
    zone = {"zone": "stated" if elsewhere == value else "outlet"} if len(value) > 10 else {}
    return {"value": value, "source": source, "confidence": confidence, **zone}


def _is_before(one: str, other: str) -> bool:
    """Is a date surely before another? A day is not before a time of the same day."""
    if 10 in (len(one), len(other)):
        return one[:10] < other[:10]
    return _instant(one) < _instant(other)


def _instant(value: str) -> datetime:
    when = datetime.fromisoformat(value)
    return when if when.tzinfo else when.replace(tzinfo=UTC)
