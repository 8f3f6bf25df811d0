"""An alarm of `archive.alarm` as a sentence that can be said in two languages. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from archive.alarm import Alarm
from archive.alarms.sentences import Sentence
from archive.drift import ALL, FAULTS

FAULT = "fault"  # the value that is a word of its own in both languages


def said(one: Alarm, layouts: Sequence[str] = ()) -> Sentence:
    """`layouts`: names of those that a page could have fitted."""
    values = {
        "bad": f"{one.bad:,}",
        "pages": f"{one.pages:,}",
        "layout": one.layout or "none" if one.layout != ALL else ", ".join(layouts) or "none",
    }
    if one.fault in ("look", "theme"):
        return _LOOKS[one.fault], {**values, "shape": one.shape}
    if one.past is not None:
        values["before"] = f"{one.past:.0%}"
    if one.fault != "line":
        return (_AGAIN if "before" in values else _FIRST), {**values, FAULT: FAULTS[one.fault].words}
    if one.others:
        values["others"] = f"{one.others:,}"
    return _LINES["before" in values, bool(one.others)], {**values, "line": one.line}


_LOOKS = {
    "look": "{bad} of {pages} known articles are drawn by another theme, shape {shape}, with other texts (layouts: {layout}).",
    "theme": "{bad} of {pages} known articles are drawn by another theme, shape {shape}; that is no edit (layouts: {layout}).",
}
_FIRST = "{fault}: {bad} of {pages} pages (layouts: {layout})."
_AGAIN = "{fault}: {bad} of {pages} pages, {before} before (layouts: {layout})."
# (is there a past, were there other lines)
_LINES = {
    (False, False): "One line stands in {bad} of {pages} articles: {line} (layouts: {layout}).",
    (True, False): "One line stands in {bad} of {pages} articles, {before} before: {line} (layouts: {layout}).",
    (False, True): "One line stands in {bad} of {pages} articles: {line}; with it came {others} more (layouts: {layout}).",
    (True, True): "One line stands in {bad} of {pages} articles, {before} before: {line}; with it came {others} more "
    "(layouts: {layout}).",
}
