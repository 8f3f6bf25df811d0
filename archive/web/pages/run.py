"""What one run did, on Airflow's page of that run: `/run/<DAG>/<Airflow's id of the run>`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException
from starlette.requests import Request

from archive import keys
from archive.web import health
from archive.web.desk import Desk
from archive.web.pages.shared import Answer, Page

if TYPE_CHECKING:
    from archive.catalog.rows import RunRow

CHANGES = 200  # at most, of one outlet
NAMED = 20  # refused articles that the page names, for each reason
REPORTED = 1000  # that a report names, for each reason (spiders/ledger.py): as many may be more


def show(desk: Desk, request: Request) -> Answer:
    dag, airflow = str(request.path_params["dag"]), str(request.path_params["run"])
    state = request.state.run(dag, airflow) if request.scope["warraq.visitor"].sees(dag) else None
    if state is None:
        raise HTTPException(404, "Airflow knows no such run.")
    deployment = desk.settings().deployment if desk.settings else ""
    run = keys.run_id(datetime.fromisoformat(state.after), deployment, dag, airflow)
    rows = desk.catalog.run(run)
    parts = [
        {**_part(row, desk), "changes": desk.catalog.of_run(row.outlet, row.run, row.time, CHANGES), "most": CHANGES}
        for row in rows
    ]
    outlet = dag.removeprefix("warraq_")
    named = {"outlet": outlet if outlet in desk.titles else "", "title_of": desk.title}
    values = {"dag": dag, "run": airflow, "id": run, "state": state, "parts": parts, "now": desk.now(), **named}
    return "run.html", values


def _part(row: RunRow, desk: Desk) -> dict[str, Any]:
    """One outlet's part of a run. Reports of older versions lack some of the fields."""
    report = row.report
    return {
        "row": row,
        "run": health.run(row, desk.outlets.get(row.outlet)),
        "roles": [(role, counts) for role, counts in report.get("roles", {}).items() if counts.get("asked")],
        "outcomes": sorted(report.get("outcomes", {})),
        "lists": [(kind, counts) for kind, counts in report.get("lists", {}).items()],
        "silent": [
            (url, told) for url, told in report.get("channels", {}).items() if told.get("problem") or told.get("status") != 200
        ],
        "refused": _refused(report.get("refused", {}), desk.catalog.withheld),
        "left": sorted(report.get("left", {}).items()),
    }


def _refused(
    told: Mapping[str, Sequence[str]], withheld: Callable[[Collection[str]], set[str]]
) -> list[tuple[str, int, bool, list[str]]]:
    """(why, how many articles, whether there may be more, ids of some): none of a withheld article's."""
    hidden = withheld([one for articles in told.values() for one in articles]) if told else set()
    return [
        (why, len(articles), len(articles) >= REPORTED, [one for one in articles if one not in hidden][:NAMED])
        for why, articles in told.items()
        if articles
    ]


PAGES = [Page("/run/{dag}/{run:path}", show)]
