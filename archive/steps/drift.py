"""What an outlet's alarms say, in words; and the act that accepts a new look."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from archive import acts, alarm, line_digests, snapshot
from archive.alarm import Alarm, Drift
from archive.errors import Refused
from archive.observation import Observation
from archive.outlet import Outlet
from archive.steps import act
from archive.steps.workshop import Outcome, Workshop

_SHAPE = re.compile(r"[0-9a-f]{8}")


def accept(shop: Workshop, outlet: Outlet, shape: str, reason: str) -> Outcome:
    """Accept a new look: what it changed in the texts is no edit, what changes after it is. Histories are folded again.

    Refused for a shape that no page of the outlet was seen in. Nothing is due when it is accepted already.
    """
    found = shop.catalog.drift(outlet.name)
    if shape in found.settled.accepted:
        return Outcome(f"accept-layout: {shape} of {outlet.name} is accepted already", {"shape": shape}, nothing_due=True)
    if not _SHAPE.fullmatch(shape) or shape not in known(found):
        waiting = ", ".join(one.shape for one in found.standing if one.fault == "look") or "none waits"
        raise Refused(f"{outlet.name} has no look {shape!r}", f"`warraq drift {outlet.name}` names them: {waiting}")
    done = act.perform(shop, act.make(shop, acts.ACCEPT, reason, outlet=outlet.name, more={"shape": shape}))
    shop.catalog.settle(outlet)
    left = shop.catalog.drift(outlet.name).waiting
    line = f"accept-layout: {shape} of {outlet.name}, {done.data['key']}; {found.waiting - left} articles wait no more"
    return Outcome(line, {**done.data, "shape": shape, "settled": found.waiting - left, "waiting": left})


def known(found: Drift) -> set[str]:
    """Every shape that pages of the outlet were seen in lately, or that waits."""
    seen = {shape for _, of in found.runs for one in of.values() for shape in one.shapes}
    return seen | {one.shape for one in found.alarms if one.shape}


def told(shop: Workshop, outlet: Outlet, found: Drift, run: str, lines: Iterable[Observation] = ()) -> list[str]:
    """The alarms of an outlet as notes: one that `run` opened with five addresses, one that stands with its since.

    `lines` of the run: from them comes the text of a line that is in many articles.
    """
    layouts = [one.name or "unnamed" for one in outlet.layouts]
    notes: list[str] = []
    for one in found.alarms:
        if one.opened == run:
            where = ", ".join(url for _, url in one.examples)
            text = _line(shop, one, lines) if one.line else ""
            notes.append(f"ALARM: {alarm.words(one, layouts, text)}; as {where}")
        elif not one.closed:
            notes.append(f"alarm since {one.opened}: {alarm.words(one, layouts)}")
        elif one.closed == run and one.fault != "theme":
            notes.append(f"alarm over: {alarm.words(one, layouts)}")
    if found.waiting:
        notes.append(
            f"{found.waiting} articles in another look than before: no edit is told until it is known which texts changed"
        )
    return notes


def to_do(outlet: Outlet, found: Drift, run: str) -> Refused | None:
    """What a person must do about alarms that this run opened; None for nothing. Said once: a later run only notes it."""
    mine = [one for one in found.alarms if one.opened == run and not one.closed and one.act]
    if not mine:
        return None
    looks = " or ".join(f"`warraq accept-layout {outlet.name} {one.shape}`" for one in mine if one.fault == "look")
    layouts = [one.name or "unnamed" for one in outlet.layouts]
    what = "; ".join(alarm.words(one, layouts) for one in mine)
    either = f", or, if its texts are read right as they are, {looks}" if looks else ""
    return Refused(
        f"the pages of {outlet.name} are drawn in another way: {what}",
        f"look at them, add a [[layouts]] entry to {outlet.name}.toml and run `warraq reread --outlet {outlet.name}`{either}; "
        "nothing was called an edit, everything is kept",
    )


def _line(shop: Workshop, one: Alarm, lines: Iterable[Observation]) -> str:
    """The text of a line, out of a snapshot of this run; "" when none holds it."""
    articles = {article for article, _ in one.examples}
    for seen in lines:
        if seen.article in articles and seen.reading is not None and seen.reading.snapshot:
            try:
                text = str(snapshot.load(shop.store.get(seen.reading.snapshot)).get("faithful", ""))
            except KeyError:  # not put: another worker read that file with another past in sight
                continue
            if found := line_digests.of_digest(text, one.line):
                return f"«{found[:120]}»"
    return ""


def rows(found: Drift, names: Sequence[str]) -> list[dict[str, Any]]:
    """The alarms for machines."""
    return [
        {
            "fault": one.fault,
            "layout": one.layout,
            "shape": one.shape,
            "opened": one.opened,
            "closed": one.closed,
            "bad": one.bad,
            "pages": one.pages,
            "past": one.past,
            "act": one.act,
            "words": alarm.words(one, names),
            "examples": [url for _, url in one.examples],
        }
        for one in found.alarms
    ]
