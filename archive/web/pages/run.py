"""What one run did, on Airflow's page of that run: `/run/<DAG>/<Airflow's id of the run>`."""

from __future__ import annotations

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
NAMED = 20  # refused articles that the page names


def show(desk: Desk, request: Request) -> Answer:
    dag, airflow = str(request.path_params["dag"]), str(request.path_params["run"])
    state = request.state.run(dag, airflow)
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
    refused = report.get("refused", {})
    return {
        "row": row,
        "run": health.run(row, desk.outlets.get(row.outlet)),
        "roles": [(role, counts) for role, counts in report.get("roles", {}).items() if counts.get("asked")],
        "outcomes": sorted(report.get("outcomes", {})),
        "lists": [(kind, counts) for kind, counts in report.get("lists", {}).items()],
        "silent": [
            (url, told) for url, told in report.get("channels", {}).items() if told.get("problem") or told.get("status") != 200
        ],
        "refused": [(why, len(articles), articles[:NAMED]) for why, articles in refused.items()],
        "left": sorted(report.get("left", {}).items()),
    }


PAGES = [Page("/run/{dag}/{run:path}", show)]
