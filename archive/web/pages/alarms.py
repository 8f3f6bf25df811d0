"""Alarms: what is wrong, since when, what to do, who sees to it; the runbook's section of each; figures for Prometheus."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from archive.alarms.conditions import CONDITIONS
from archive.alarms.exposition import TYPE
from archive.alarms.layout import FAULT
from archive.alarms.model import AHEAD
from archive.alarms.row import RUNBOOK
from archive.alarms.sentences import parts
from archive.latency import stamp
from archive.settings import ROOT
from archive.web import language
from archive.web.app import words
from archive.web.desk import Desk
from archive.web.pages.shared import Answer, Page
from archive.web.views import isolated

if TYPE_CHECKING:
    from archive.alarms.row import AlarmRow

OVER = 50  # of those that are over
LATE = timedelta(minutes=16)  # since the last look: three in a row did not come
# Severity → (tone of the badge, its word, what it means)
SEVERITIES = {
    "urgent": ("bad", "Urgent", "Something is being lost, or soon will be."),
    "act": ("bad", "A person must act", "It does not heal by itself."),
    "watch": ("warn", "Watch", "It may pass by itself."),
}
ACKNOWLEDGE = "acknowledge_alarm"
_MARKS = re.compile(r"(\*\*[^*]+\*\*|`[^`]+`|(?<![\w*])\*[^*\s][^*]*\*)")


def alarms(desk: Desk, request: Request) -> Answer:
    said = words(request)
    rows = [_shown(row, said, desk) for row in desk.catalog.alarms(open_only=False, limit=OVER)]
    checks = desk.catalog.measures("check", since=stamp(desk.now() - timedelta(days=7)), subject="scheduler")
    checked = max((one.time for one in checks if one.time <= stamp(desk.now() + AHEAD)), default="")  # no clock was ahead
    given = desk.settings() if desk.settings else None
    return "alarms.html", {
        "standing": [row for row in rows if not row["row"].closed],
        "over": [row for row in rows if row["row"].closed],
        "checked": checked,
        "late": not checked or desk.now() - datetime.fromisoformat(checked) > LATE,
        "silent": given is not None and not given.webhook and not given.mail,
        "may": request.scope["warraq.visitor"].may(ACKNOWLEDGE),
    }


def _shown(row: AlarmRow, said: language.Words, desk: Desk) -> Mapping[str, Any]:
    tone, word, meaning = SEVERITIES[row.severity]
    return {
        "row": row,
        "tone": "quiet" if row.acknowledged or row.closed else tone,
        "severity": word,
        "meaning": meaning,
        "subject": desk.title(row.subject),
        "remedy": pieces(said.term(row.remedy)),
        "evidence": " ".join(_sentence(said, *one) for one in parts(row.say, row.values)),
        "runbook": row.condition if row.condition in CONDITIONS else "",
    }


def _sentence(said: language.Words, say: str, values: Mapping[str, str]) -> str:
    told = {name: isolated(said.term(value) if name == FAULT else value) for name, value in values.items()}
    return said.term(say).format(**told)


def runbook(desk: Desk, request: Request) -> Answer:
    """The section of docs/OPERATIONS.md about one condition."""
    name = str(request.path_params["condition"])
    if name not in CONDITIONS:
        raise HTTPException(404, "The runbook has no such section.")
    return "runbook.html", {
        "condition": CONDITIONS[name],
        "remedy": pieces(words(request).term(CONDITIONS[name].remedy)),
        "parts": list(map(pieces, section(name))),
        "where": f"{RUNBOOK}#{name}",
    }


def section(name: str) -> list[str]:
    """Paragraphs of the section `### name` of the runbook, as it is written; its own words stay English."""
    text = (ROOT / RUNBOOK).read_text("utf-8")
    found = re.search(rf"(?ms)^### {re.escape(name)}\n(.*?)(?=^#|\Z)", text)
    return [" ".join(part.split()) for part in re.split(r"\n\s*\n", found[1].strip())] if found else []


def pieces(text: str) -> list[tuple[str, str]]:
    """(tag, text) of a paragraph of Markdown, as far as the runbook uses it: **strong**, *em*, `code`, and the rest."""
    out = []
    for part in _MARKS.split(text):
        for mark, tag in (("**", "strong"), ("`", "code"), ("*", "em")):
            if part.startswith(mark) and part.endswith(mark) and len(part) > 2 * len(mark):
                out.append((tag, part[len(mark) : -len(mark)]))
                break
        else:
            out.append(("", part))
    return [one for one in out if one[1]]


def metrics(desk: Desk, request: Request) -> Answer:
    """For Prometheus, with the token of archive.web.scrape or one of Airflow's; `warraq status --prometheus` needs none."""
    from archive.steps.metrics import exposition

    return Response(exposition(desk.catalog, desk.now()), headers={"Content-Type": TYPE, "Cache-Control": "no-store"})  # type: ignore[arg-type]


PAGES = [Page("/alarms", alarms), Page("/runbook/{condition}", runbook), Page("/metrics", metrics)]
