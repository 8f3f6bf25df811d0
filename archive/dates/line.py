"""The date of a line that a reader sees: which of its dates, with which clock, in which zone."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from itertools import islice
from typing import Literal

from archive.clocks import named_clock
from archive.dates.ago import Ago, agos
from archive.dates.clock import Clock, clocks, linked
from archive.dates.found import Found, believable
from archive.dates.mentions import Mention, mentions, without_hijri
from archive.dates.words import END, START, plain, words_of

Which = Literal["published", "modified", "any"]

LONGEST = 250  # letters; more is prose, in which a date is of what it tells
_MOST = 6  # dates of a line; more is a list of other articles
_MODIFIED = (
    r"(?:اخر |تم )?(?:ال)?(?:تحديث|تحديثه|تعديل|تعديله)|محدث|معدل|عدلت?|حدثت?(?= ?:| في| بتاريخ)"
    r"|(?:last |date )?(?:updated?|modified|edited)|modifiee?|mise? a jour|maj|(?:به ?)?روز ?رساني|ويرايش"
)
_PUBLISHED = (
    r"(?:تاريخ |تم |وقت )?(?:ال)?(?:نشر|اضافه)|نشرت?|نشره|منشور|اضيفت?|كتبت?|انتشار"
    r"|posted|published|publiee?|publication|created|added"
)
_LABEL = re.compile(rf"{START}(?:(?P<modified>{_MODIFIED})|(?P<published>{_PUBLISHED})){END}")
_BESIDE_WORD = re.compile(r"(?:[\W_]|(?:في|علي|عند|تمام|الساعه|تاريخ|يوم|date|on|at|the|le|a)(?!\w))*")

_Item = Mention | Ago


def read_line(text: str, zone: str, captured: datetime | None, which: Which) -> Found | None:
    """The date that a line states in words or digits; None when it states none, several, or one that is not sure."""
    if len(text) > LONGEST:
        return None
    line = plain(text)
    words = words_of(line)
    line, near = without_hijri(line, words)
    absolute = list(mentions(line, words, text, near, captured))
    told = [one for one in agos(line, words) if one.form == "ago" or not absolute]
    if not 0 < len(absolute) + len(told) <= _MOST:
        return None
    labels = list(_LABEL.finditer(line))
    ticks = list(islice(clocks(line), 2 * _MOST))
    told = [one for one in told if one.form == "ago" or _bare(one, line, labels, ticks)]
    items: list[_Item] = sorted((*absolute, *told), key=lambda one: (one.start, one.end))
    chosen = _chosen(items, labels, which)
    days = [one for one in chosen if isinstance(one, Mention)]
    if days:
        return _day(days, items, line, ticks, zone)
    if len(chosen) == 1 and isinstance(chosen[0], Ago) and captured is not None:
        return _ago(chosen[0], captured, zone, _beside(chosen[0], items, line, ticks))
    return None


def _chosen(items: list[_Item], labels: list[re.Match[str]], which: Which) -> list[_Item]:
    """The dates under the label that is asked for. One that no label stands before counts as published."""
    if which == "any" or not items:
        return items
    kinds: list[str] = []
    for since, item in zip((0, *(one.end for one in items)), items, strict=False):
        near = [one for one in labels if since <= one.start() and one.end() <= item.start]
        kinds.append(near[-1].lastgroup or "" if near else "")
    behind = [one for one in labels if one.start() >= items[-1].end]
    if behind and behind[-1].lastgroup == "modified" and not kinds[-1]:
        kinds[-1] = "unsure"  # «14 آذار 2019 (آخر تحديث)»: of which of the two?
    wanted = [item for item, kind in zip(items, kinds, strict=True) if kind == which]
    if not wanted and which == "published":
        wanted = [item for item, kind in zip(items, kinds, strict=True) if not kind]
    return wanted


def _day(chosen: list[Mention], items: list[_Item], line: str, ticks: list[Clock], zone: str) -> Found | None:
    """One day, with its clock if all that stand beside it show the same moment."""
    days = {day for one in chosen for day in one.days}
    if len(days) != 1 or not all(one.days for one in chosen):
        return None
    day = next(iter(days))
    best = max(chosen, key=lambda one: one.confidence)
    beside = [tick for one in chosen for tick in _beside(one, items, line, ticks)]
    return _with_clock(day, beside, zone, best.confidence, best.form)


def _with_clock(day: date, beside: list[Clock], zone: str, confidence: float, form: str) -> Found:
    values = [tick.on(day, zone) for tick in beside]
    if values and all(values) and len({datetime.fromisoformat(value) for value in values}) == 1:
        return Found(values[0], beside[0].precision, confidence, form, beside[0].whose)
    return Found(day.isoformat(), "day", confidence, form)


def _beside(item: _Item, items: list[_Item], line: str, ticks: list[Clock]) -> list[Clock]:
    """The clocks that belong to a date: those that follow it, else the one before it that follows no other date."""
    after = _following(item, line, ticks)
    taken = {tick.start for other in items if other is not item for tick in _following(other, line, ticks)}
    before = [tick for tick in ticks if linked(line, tick.end, item.start) and tick.start not in taken]
    return [*after, *before]


def _following(item: _Item, line: str, ticks: list[Clock]) -> list[Clock]:
    end, found = item.end, []
    for tick in ticks:
        if tick.start >= end and linked(line, end, tick.start):
            found.append(tick)
            end = tick.end
    return found


def _bare(word: Ago, line: str, labels: list[re.Match[str]], ticks: list[Clock]) -> bool:
    """Is «اليوم» all that the line says, but for a label and a clock? «المصري اليوم» is a newspaper."""
    spans = sorted([(word.start, word.end), *(one.span() for one in labels), *((one.start, one.end) for one in ticks)])
    edges = [0, *(edge for span in spans for edge in span), len(line)]
    return all(
        _BESIDE_WORD.fullmatch(line, start, end) for start, end in zip(edges[::2], edges[1::2], strict=True) if start < end
    )


def _ago(one: Ago, captured: datetime, zone: str, beside: list[Clock]) -> Found | None:
    """The capture's time less what is counted, in the outlet's zone, cut to the unit that was counted in."""
    if one.back is None:
        return None
    aware = captured if captured.tzinfo else captured.replace(tzinfo=UTC)
    own = named_clock(zone) if zone else UTC
    if one.precision == "day":
        day = date.fromordinal(aware.astimezone(own).date().toordinal() - one.back.days)
        return _with_clock(day, beside if one.form == "word" else [], zone, 0.8 if one.form == "word" else 0.6, one.form)
    when = (aware.astimezone(UTC) - one.back).astimezone(own).replace(microsecond=0)
    when = when if one.precision == "second" else when.replace(second=0)
    when = when.replace(minute=0) if one.precision == "hour" else when
    return Found(when.isoformat(), one.precision, 0.6, one.form, "outlet") if believable(when.date(), captured) else None
