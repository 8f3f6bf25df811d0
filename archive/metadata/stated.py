"""What the text of an article says of itself in its first and last lines: byline, agency, place. Pure.

«دارا مراد_xeber24.net», «دمشق (رويترز) - قال …», «خاص - مرصد مينا», «| الوطن - وكالات», «(إعداد فلان للنشرة العربية)»,
«المصدر: وكالات». Only whole lines, what leads into the first sentence, and what closes the last, are looked at: an agency that
the text quotes is no source of it. What fits none of these forms says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from archive.metadata.names import is_agency, is_place, plain

_FIRST, _LAST = 3, 4  # lines looked at
_LINE = 110  # letters of a line that is only a credit
_LEAD = 90  # letters that a dateline has at most
_DASH = r"\s*[-–—ـ]+\s*"
_NAME = r"[^\W\d_][^\W\d_.'’ـ]*(?:[ .]+[^\W\d_.][^\W\d_.'’]*){0,4}\.?"
_HOST = r"(?:www\.)?[a-z0-9-]{2,40}(?:\.[a-z]{2,10}){1,2}"
_BY = (
    r"بقلم|كتبت?|كتبه|كتبها|الكاتبة?|إعداد وتحرير|إعداد وترجمة|إعداد|اعداد|أعد[ّ]?ه|أعدتها|تقرير|تحقيق|حوار|حاوره|حاورها|تحرير|ترجمة|ترجمها|"
    r"متابعة|مراسلنا|مراسلتنا|مراسل|مراسلة|تغطية|المحرر|المحررة|خاص|نویسنده|گزارشگر|گزارش|by|reporting by|writing by|written by"
)
_SOURCES = r"المصدر|المصادر|مصدر الخبر|نقلا عن|نقلاً عن|منبع|source|sources|via"
_CREDIT = re.compile(rf"(?:{_BY})(?:\s*[:：/|]\s*|{_DASH}|\s+)(?P<who>[^:：]{{2,70}})", re.I)
_SURE = re.compile(rf"(?:{_BY})\s*(?:[:：/|]|{_DASH}(?=\S))", re.I)
_SOURCE = re.compile(rf"(?:{_SOURCES})\s*[:：/|\-–]?\s*(?P<who>.{{2,70}})", re.I)
_SITE = re.compile(rf"(?P<who>{_NAME})\s*[_|/@–—-]+\s*(?P<site>{_HOST})", re.I)
_BRACKETED = re.compile(
    r"(?P<place>[^()\[\]:«»\"“”]{2,50}(?:\([^()]{2,30}\)\s*)?)[(\[]\s*(?P<who>[^()\[\]]{2,40})\s*[)\]]\s*[-–—ـ:،]+\s*(?=\S)"
)
_OPENING = re.compile(rf"[(\[]\s*(?P<who>[^()\[\]]{{2,40}})\s*[)\]]\s*(?:[-–—:،]+\s*)?(?=\S)")
_DATELINE = re.compile(rf"(?P<place>[^-–—ـ:/|«»\"“”.!؟?]{{2,40}}?)(?:{_DASH}|\s*[:/|]\s*)(?=\S)")
_CLOSING = re.compile(r"[(\[]\s*(?P<who>[^()\[\]]{2,90})\s*[)\]]\s*[.]?\s*$")
_JOIN = re.compile(r"\s*[+|/،,؛;]\s*|\s*[-–—_]+\s*|\s+و\s*(?=وكال|رويترز|أ|سانا|الأناضول|[^\W\d_]{3})")
_FUNCTION = frozenset(plain(
    "في من على عن إلى التي الذي الذين هذا هذه ذلك أن إن كان كانت قد لا لم لن ما قال قالت أعلن أعلنت أكد ذكر ذكرت أفاد أفادت بعد قبل حيث مع"
    " عاجل بالفيديو بالصور فيديو صور الصفحة اقرأ شاهد المزيد تابع أيضا للمزيد the of in on at and to for is was"
).split())  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stated:
    """What was found; empty where the text does not say. `byline` is the line as printed, `names` the people in it."""

    byline: str = ""
    names: tuple[str, ...] = ()
    agency: tuple[str, ...] = ()
    place: str = ""


def of_lines(lines: Sequence[str], outlet: Sequence[str] = ()) -> Stated:
    """Read the first and last lines of a text. `outlet`: how the outlet is called, so that its own name is nobody's."""
    kept = [line.strip() for line in lines if line.strip()]
    own = frozenset(plain(name) for name in outlet if name)
    found = Stated()
    for line in kept[:_FIRST]:
        head, goes_on = _head(line, own)
        found = _joined(found, head)
        if not goes_on:
            break
    for line in kept[max(1, len(kept) - _LAST) :]:
        found = _joined(found, _tail(line, own))
    return found


def agencies(text: str, own: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """The agencies that a credit is made of («الوطن - وكالات»), as written; the outlet's own name left out."""
    parts = [part.strip(" .()[]") for part in _JOIN.split(text)] if not is_agency(text) else [text.strip(" .()[]")]
    return tuple(dict.fromkeys(part for part in parts if part and plain(part) not in own and is_agency(part)))


def _head(line: str, own: frozenset[str]) -> tuple[Stated, bool]:
    """What one of the first lines says; may the line behind it say more?"""
    text = line.strip(" |*•")
    if len(text) <= _LINE and (whole := _whole(text, own)):
        return whole, True
    lead = text[:_LEAD]
    if (site := _SITE.match(lead)) and _is_name(site["who"]):
        rest = _dateline(text[site.end() :].lstrip(" -–—:،"), own)
        return _joined(Stated(byline=site[0].strip(), names=(site["who"].strip(),)), rest), False
    return _dateline(text, own), len(text) <= _LINE


def _whole(text: str, own: frozenset[str]) -> Stated | None:
    """A line that is nothing but a credit."""
    if source := _SOURCE.fullmatch(text):
        return _source(source["who"], own)
    if text.startswith(("(", "[")) and text.rstrip(" .").endswith((")", "]")):
        inner = text.strip(" .()[]")
        return _whole(inner, own) if inner != text else None
    if (credit := _CREDIT.fullmatch(text)) and (said := _credit(text, credit["who"], own)):
        return said
    if (site := _SITE.fullmatch(text)) and _is_name(site["who"]):
        return Stated(byline=text, names=(site["who"].strip(),))
    return _parted(text, own)


def _credit(text: str, who: str, own: frozenset[str]) -> Stated | None:
    """«بقلم: فلان», «خاص - مرصد مينا», «إعداد فلان للنشرة العربية - تحرير فلان»."""
    parts = [
        re.sub(rf"^(?:{_BY})\s*[:：]?\s+", "", part.strip(), flags=re.I)
        for part in re.split(r"[-–—_|/،,]| (?=تحرير|ترجمة)", who)
    ]
    parts = [re.sub(r"\s+(?:للنشرة|لـ|في النشرة).*$", "", part).strip() for part in parts]
    people = tuple(
        part for part in parts if _is_name(part) and plain(part) not in own and not is_agency(part) and not is_place(part)
    )
    agency = agencies(who, own)
    place = next((part for part in parts if is_place(part) and plain(part) not in own), "")
    ours = any(plain(part) in own for part in parts)
    if not (people or agency or ours or place) or not (_SURE.match(text) or len(text.split()) <= 6 or "للنشرة" in text):
        return None
    return Stated(byline=text, names=people if "خاص" != text.split()[0].strip(" :-–—") else (), agency=agency, place=place)


def _source(who: str, own: frozenset[str]) -> Stated:
    """«المصدر: …» names its source, known or not."""
    found = agencies(who, own)
    if not found and len(who.split()) <= 5 and "://" not in who and plain(who) not in own:
        found = (who.strip(" .()[]"),)
    return Stated(agency=found)


def _parted(text: str, own: frozenset[str]) -> Stated | None:
    """«الوطن - وكالات», «دمشق - محمد العلي», «رويترز»: every part is the outlet, an agency, a place or a name."""
    parts = [part.strip(" .()[]") for part in re.split(r"\s*[-–—_|/+،]+\s*|\s*[()]\s*", text)]
    parts = [part for part in parts if part]
    if not parts or len(parts) > 4 or len(text) > 80:
        return None
    agency = agencies(text, own)
    place = next((part for part in parts if is_place(part) and plain(part) not in own), "")
    rest = [
        part for part in parts if plain(part) not in own and part != place and not agencies(part, own) and plain(part) != "خاص"
    ]
    ours = any(plain(part) in own for part in parts) and len(parts) > 1
    if rest and not (len(rest) == 1 and _is_name(rest[0]) and (place or ours) and len(rest[0].split()) in (2, 3, 4)):
        return None
    if not (agency or ours or (place and rest)):
        return None
    lone = bool(agency) and len(parts) == len(agency)
    return Stated(byline="" if lone else text, names=tuple(rest), agency=agency, place=place)


def _dateline(text: str, own: frozenset[str]) -> Stated:
    """What leads into the first sentence: «دمشق (رويترز) - », «بيروت – », «القامشلي/ نورث برس», «واشنطن – أ ف ب – »."""
    lead = text[:_LEAD]
    if (found := _BRACKETED.match(lead)) and _is_lead(found["place"]):
        agency = agencies(found["who"], own)
        if agency or plain(found["who"]) in own or is_place(found["place"]):
            return Stated(agency=agency, place=_bare(found["place"]))
    if (found := _OPENING.match(lead)) and (agency := agencies(found["who"], own)):
        return _joined(Stated(agency=agency), _dateline(text[found.end() :], own))
    found = _DATELINE.match(lead)
    if not found or not _is_lead(found["place"]):
        return Stated()
    first = found["place"].strip()
    second = _DATELINE.match(text[found.end() : found.end() + 50])
    follows = second["place"].strip() if second else ""
    source = agencies(follows, own) or _agency_ahead(text[found.end() :], own)
    if agency := agencies(first, own):
        return Stated(agency=agency, place=follows if is_place(follows) else "")
    if plain(first) in own:
        return Stated(place=follows if is_place(follows) else "", agency=source)
    if is_place(first) or (source and len(first.split()) <= 4) or (plain(follows) in own and len(first.split()) <= 3):
        return Stated(agency=source, place=_bare(first))
    return Stated()


def _agency_ahead(text: str, own: frozenset[str]) -> tuple[str, ...]:
    """An agency that a dateline ends with, where no sign stands behind it («القامشلي/ نورث برس» and a new line)."""
    return agencies(text, own) if len(text) < 40 else ()


def _tail(line: str, own: frozenset[str]) -> Stated:
    """What one of the last lines says."""
    text = line.strip(" |*•")
    if len(text) <= _LINE and (whole := _whole(text, own)):
        return whole
    if closing := _CLOSING.search(text):
        inner = closing["who"]
        if agency := agencies(inner, own):
            return Stated(agency=agency)
        if (credit := _CREDIT.fullmatch(inner)) and (said := _credit(inner, credit["who"], own)):
            return said
        if source := _SOURCE.fullmatch(inner):
            return _source(source["who"], own)
    return Stated()


def _joined(first: Stated, then: Stated) -> Stated:
    return replace(
        first,
        byline=first.byline or then.byline,
        names=tuple(dict.fromkeys((*first.names, *then.names))),
        agency=tuple(dict.fromkeys((*first.agency, *then.agency))),
        place=first.place or then.place,
    )


def _is_name(text: str) -> bool:
    """One to five words of letters, none of which only sentences have."""
    words = text.split()
    return (
        bool(re.fullmatch(_NAME, text.strip())) and 1 <= len(words) <= 5 and not any(plain(word) in _FUNCTION for word in words)
    )


def _is_lead(text: str) -> bool:
    """May this be a place: few words, no digits but those of a date, no word of a sentence?"""
    words = _bare(text).split()
    return 0 < len(words) <= 6 and not any(plain(word) in _FUNCTION for word in words)


def _bare(place: str) -> str:
    """A place without the date that datelines put behind it («بيروت 2 آذار (رويترز)»)."""
    return re.sub(r"[،,]?\s*(?:في\s+)?\d.*$", "", place.strip(" ،,:|–—-")).strip()
