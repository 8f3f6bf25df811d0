"""What the text of an article says of itself in its first and last lines: byline, agency, place. Pure.

«دارا مراد_xeber24.net», «دمشق (رويترز) - قال …», «خاص - مرصد مينا», «| الوطن - وكالات», «(إعداد فلان للنشرة العربية)»,
«المصدر: وكالات». Only whole lines, what leads into the first sentence, and what closes the last, are looked at: an agency that
the text quotes is no source of it. What fits none of these forms says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice

from archive.metadata.names import is_agency, is_person, is_place, plain

_MOST = 300  # lines of a log that are looked at; a hostile page can have 25,000
_FIRST, _LAST = 3, 4  # lines looked at
_LINE = 110  # letters of a line that is only a credit
_LEAD = 90  # letters that a dateline has at most
_DASH = r"\s*[-–—ـ]+\s*"
_NAME = r"[^\W\d_][^\W\d_.'’ـ]*(?:[ .]+[^\W\d_.][^\W\d_.'’]*){0,4}\.?"
_HOST = r"(?:www\.)?[a-z0-9-]{2,40}(?:\.[a-z]{2,10}){1,2}"
_BY = (
    r"بقلم|كتبت?|كتبه|كتبها|الكاتبة?|إعداد وتحرير|إعداد وترجمة|إعداد|اعداد|أعد[ّ]?ه|أعدتها|تقرير|تحقيق|حوار|حاوره|حاورها|تحرير|"
    r"ترجمة|ترجمها|متابعة|مراسلنا|مراسلتنا|مراسل|مراسلة|تغطية|المحرر|المحررة|خاص|نویسنده|گزارشگر|گزارش|by|reporting by|"
    r"writing by|written by"
)
_SOURCES = r"المصدر|المصادر|مصدر الخبر|نقلا عن|نقلاً عن|منبع|source|sources|via"
_CREDIT = re.compile(rf"(?:{_BY})(?:\s*[:：/|]\s*|{_DASH}|\s+)(?P<who>(?:[^:：]{{2,30}}:)?[^:：]{{2,70}})", re.I)
_SURE = re.compile(rf"(?:{_BY})\s*(?:[:：/|]|{_DASH}(?=\S))|(?:بقلم|إعداد وتحرير|reporting by|written by)\s", re.I)
_DESK = re.compile(r"(?:الخدمة|قسم|فريق|هيئة|وحدة|غرفة|طاقم|مركز|شبكة|موقع|صحيفة|جريدة|مكتب|إدارة|أسرة|راديو|قناة|تلفزيون)\b")
# Agencies whose name nobody takes for a word, so that a dateline needs no sign behind them («دمشق-سانا بحث …»).
_UNMISTAKABLE = re.compile(
    r"(?:سانا|رويترز|أ ?\.?ف ?\.?ب\.?|الأناضول|نورث برس|سبوتنيك|وكالات|هاوار|شينخوا|بترا|فرانس برس|أسوشيتد برس)(?=\s)"
)
_SOURCE = re.compile(rf"(?:{_SOURCES})\s*[:：/|\-–]?\s*(?P<who>.{{2,70}})", re.I)
_SITE = re.compile(rf"(?P<who>{_NAME})\s*[_|/@–—-]+\s*(?P<site>{_HOST})", re.I)
_BRACKETED = re.compile(
    r"(?P<place>[^()\[\]:«»\"“”]{2,50}(?:\([^()]{2,30}\)\s*)?)[(\[]\s*(?P<who>[^()\[\]]{2,40})\s*[)\]]\s*[-–—ـ:،]+\s*(?=\S)"
)
_OPENING = re.compile(r"[(\[]\s*(?P<who>[^()\[\]]{2,40})\s*[)\]]\s*(?:[-–—:،]+\s*)?(?=\S)")
_DATELINE = re.compile(rf"(?P<place>[^-–—ـ:/|«»\"“”.!؟?]{{2,40}}?)(?:{_DASH}|\s*[:/|]\s*)(?=\S)")
_CLOSING = re.compile(r"[(\[]\s*(?P<who>[^()\[\]]{2,90})\s*[)\]]\s*[.]?\s*$")
_JOIN = re.compile(r"\s*[+|/،,؛;]\s*|\s*[-–—_]+\s*|\s+و\s*(?=وكال|رويترز|أ|سانا|الأناضول|[^\W\d_]{3})")
_KIND = re.compile(r"^(?:صحيفة|جريدة|موقع|وكالة|شبكة|قناة|مدونة|مجلة|راديو|تلفزيون)\s+")
_REASON = re.compile(r"^(?!caption|headline)[a-z][a-z ]{2,30}: ")  # as the log of a reading writes it
_FROM = re.compile(r"^(?:نقلا[ً]?\s+)?عن\s+")
_FUNCTION = frozenset(plain(
    "في من عن إلى التي الذي الذين هذا هذه ذلك أن إن كان كانت قد لا لم لن ما قال قالت أعلن أعلنت أكد ذكر ذكرت أفاد أفادت"
    " بعد قبل حيث مع عاجل بالفيديو بالصور فيديو صور الصفحة اقرأ شاهد المزيد تابع أيضا للمزيد the of in on at and to for is was"
).split())  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stated:
    """What was found; empty where the text does not say. `byline` is the line as printed, `names` the people in it."""

    byline: str = ""
    names: tuple[str, ...] = ()
    agency: tuple[str, ...] = ()
    place: str = ""


def of_lines(lines: Sequence[str], outlet: Sequence[str] = (), removed: Sequence[str] = ()) -> Stated:
    """Read the first and last lines of a text. `outlet`: how the outlet is called, so that its own name is nobody's;
    `removed`: what a reading took out of the text (its log), where a layout drops such lines."""
    kept = [line.strip() for line in lines if line.strip()]
    own = frozenset(plain(name) for full in outlet if full for name in (full, _KIND.sub("", full)))
    found = Stated()
    for line in kept[:_FIRST]:
        head, goes_on = _head(line, own)
        found = _joined(found, head)
        if not goes_on:
            break
    for line in kept[max(1, len(kept) - _LAST) :]:
        found = _joined(found, _tail(line, own))
    for line in islice(dict.fromkeys(removed), _MOST):
        text = _REASON.sub("", line).strip(" |*•")
        lone = line.startswith("line: ")  # dropped by the layout; a box may hold a tag that is an agency's name
        if len(text) <= _LINE and (whole := _whole(text, own, lone=lone)):
            found = _joined(found, whole)
    return found


def agencies(text: str) -> tuple[str, ...]:
    """The agencies that a credit is made of («الوطن - وكالات»), as written."""
    text = _FROM.sub("", text.strip(" .()[]:"))
    parts = [text] if is_agency(text) else [part.strip(" .()[]") for part in _JOIN.split(text)]
    return tuple(dict.fromkeys(part for part in parts if part and is_agency(part)))


def _head(line: str, own: frozenset[str]) -> tuple[Stated, bool]:
    """What one of the first lines says; may the line behind it say more?"""
    text = line.strip(" |*•")
    if len(text) <= _LINE and (whole := _whole(text.rstrip(" :"), own)):
        return whole, True
    lead = text[:_LEAD]
    if (site := _SITE.match(lead)) and _is_name(site["who"]):
        rest = _dateline(text[site.end() :].lstrip(" -–—:،"), own)
        return _joined(Stated(byline=site[0].strip(), names=(site["who"].strip(),)), rest), False
    return _dateline(text, own), len(text) <= _LINE


def _whole(text: str, own: frozenset[str], *, lone: bool = True) -> Stated | None:
    """A line that is nothing but a credit. Without `lone` only one that says so («بقلم», «المصدر:»)."""
    if source := _SOURCE.fullmatch(text):
        return _source(source["who"], own)
    if text.startswith(("(", "[")) and text.rstrip(" .").endswith((")", "]")):
        inner = text.strip(" .()[]")
        return _whole(inner, own, lone=lone) if inner != text else None
    if (credit := _CREDIT.fullmatch(text)) and (said := _credit(text, credit["who"], own)):
        return said
    if (site := _SITE.fullmatch(text)) and _is_name(site["who"]):
        return Stated(byline=text, names=(site["who"].strip(),))
    return _parted(text, own) if lone else None


def _credit(text: str, who: str, own: frozenset[str]) -> Stated | None:
    """«بقلم: فلان», «خاص - مرصد مينا», «إعداد فلان للنشرة العربية - تحرير فلان»."""
    parts = [_uncredited(part) for part in re.split(r"[-–—_|/،,]| (?=تحرير|ترجمة)", who)]
    agency, ours = agencies(who), any(plain(part) in own for part in parts)
    place = next((part for part in parts if is_place(part) and plain(part) not in own), "")
    people = tuple(part for part in parts if _is_name(part) and not _known(part, own) and not _DESK.match(part))
    sure = bool(_SURE.match(text)) or "للنشرة" in text
    if not sure and not (people and all(is_person(one) for one in people)):
        return None
    if not (people or agency or ours or place or "للنشرة" in text):
        return None
    return Stated(byline=text, names=() if text.startswith("خاص") else people, agency=agency, place=place)


def _uncredited(part: str) -> str:
    """A part of a credit without the word that says what was done, and for whom."""
    part = re.sub(r"^(?:مراسلة?|موفدة?)\s[^:]{2,30}:\s*", "", part.strip())
    name = re.sub(rf"^(?:{_BY})\s*[:：]?\s+", "", part.strip(" .()[]:"), flags=re.I)
    return re.sub(r"\s+(?:للنشرة|لـ|في النشرة).*$", "", name).strip()


def _known(part: str, own: frozenset[str]) -> bool:
    """Is it the outlet, an agency or a place, and so nobody?"""
    return plain(part) in own or is_agency(part) or is_place(part)


def _source(who: str, own: frozenset[str]) -> Stated:
    """«المصدر: …» names its source, known or not."""
    found = agencies(who)
    if not found and len(who.split()) <= 5 and "://" not in who and plain(who) not in own:
        found = (who.strip(" .()[]"),)
    return Stated(agency=found)


def _parted(text: str, own: frozenset[str]) -> Stated | None:
    """«الوطن - وكالات», «دمشق - محمد العلي», «رويترز»: every part is the outlet, an agency, a place or a name."""
    text = _FROM.sub("", text)
    parts = [_uncredited(part) for part in re.split(r"\s*[-–—_|/+،]+\s*|\s*[()]\s*", text)]
    parts = [part for part in parts if part]
    if not parts or len(parts) > 4 or len(text) > 80:
        return None
    agency = agencies(text)
    place = next((part for part in parts if is_place(part) and plain(part) not in own), "")
    rest = [part for part in parts if not _known(part, own) and part not in agency and plain(part) != "خاص"]
    ours = any(plain(part) in own for part in parts) and len(parts) > 1
    if rest and not (len(rest) == 1 and (place or ours) and _is_name(rest[0]) and is_person(rest[0])):
        return None
    if not (agency or ours or (place and rest)):
        return None
    lone = bool(agency) and len(parts) == len(agency)
    return Stated(byline="" if lone else text, names=tuple(rest), agency=agency, place=place)


def _dateline(text: str, own: frozenset[str], more: int = 3) -> Stated:
    """What leads into the first sentence: «دمشق (رويترز) - », «بيروت – », «القامشلي/ نورث برس», «واشنطن – أ ف ب – ».

    `more`: agencies in brackets that may stand before it, «(رويترز) - (د ب أ) - »; a page may repeat one without end.
    """
    lead = text[:_LEAD]
    if (found := _BRACKETED.match(lead)) and _is_lead(found["place"]):
        who, place = found["who"].strip(), _bare(found["place"])
        agency = agencies(who)
        if not agency and is_place(place) and not _known(who, own) and len(who.split()) <= 3 and plain(who) != "خاص":
            agency = (who,)
        if agency or plain(who) in own or is_place(place):
            return Stated(agency=agency, place=place)
    if more and (found := _OPENING.match(lead)) and (agency := agencies(found["who"])):
        return _joined(Stated(agency=agency), _dateline(text[found.end() :], own, more - 1))
    found = _DATELINE.match(lead)
    return _led(found["place"].strip(), text[found.end() :], own) if found and _is_lead(found["place"]) else Stated()


def _led(first: str, rest: str, own: frozenset[str]) -> Stated:
    """What stands before a dash, a slash or a colon, and before the next of them."""
    second = _DATELINE.match(rest[:50])
    follows = second["place"].strip() if second else ""
    source = agencies(follows) or _agency_ahead(rest)
    after = follows if is_place(follows) else ""
    if agency := agencies(first):
        return Stated(agency=agency, place=after)
    if plain(first) in own:
        return Stated(place=after, agency=source)
    if is_place(first) or (source and len(first.split()) <= 4) or (plain(follows) in own and len(first.split()) <= 3):
        return Stated(agency=source, place=_bare(first))
    return Stated()


def _agency_ahead(text: str) -> tuple[str, ...]:
    """An agency that a dateline ends with, where no sign stands behind it."""
    found = _UNMISTAKABLE.match(text)
    return (found[0],) if found else agencies(text) if len(text) < 40 else ()


def _tail(line: str, own: frozenset[str]) -> Stated:
    """What one of the last lines says."""
    text = line.strip(" |*•")
    if len(text) <= _LINE and (whole := _whole(text, own)):
        return whole
    if closing := _CLOSING.search(text):
        inner = closing["who"]
        if agency := agencies(inner):
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
    return 0 < len(words) <= 6 and not _has_function_word(words)


def _has_function_word(words: list[str]) -> bool:
    return any(word == "على" or plain(word) in _FUNCTION for word in words)  # which is also how Egypt writes Ali


def _bare(place: str) -> str:
    """A place without the date that datelines put behind it («بيروت 2 آذار (رويترز)»)."""
    return re.sub(r"[،,]?\s*(?:في\s+|\b[A-Z][a-z]{2,8}\.?\s+)?\d.*$", "", place.strip(" ،,:|–—-")).strip()
