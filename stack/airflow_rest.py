"""Airflow's own REST API, asked from inside its api-server in the name of who asked us: its permissions and audit log serve.

No connection is made: the request is handed to the application that this process serves (ASGI). So nothing hangs on which
address a proxy in front of it has, and a visitor's token never leaves the process.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import httpx
from starlette.exceptions import HTTPException
from starlette.requests import Request

from archive.errors import Refused
from archive.web.house import DagForm, Started

AIRFLOW = "warraq.airflow"  # in the scope: the application around ours
_CARRIED = ("authorization", "cookie", "user-agent")
_TAG = "warraq"


async def form(request: Request, dag: str) -> DagForm:
    """The form of one of our DAGs, as House.form."""
    said = await _ask(request, "GET", f"/dags/{quote(dag, safe='')}/details")
    held = said.json() if said.status_code == 200 else {}
    if _TAG not in {tag["name"] for tag in held.get("tags", ())}:
        raise Refused(f"there is no DAG {dag} of this archive", "the list of DAGs in Airflow has those that there are")
    return _form(held)


async def actions(request: Request) -> list[DagForm]:
    """The DAGs with the tag `action`, as House.actions."""
    said = await _ask(request, "GET", "/dags?tags=action&limit=100&order_by=dag_id")
    return [_form(one) for one in said.json()["dags"]] if said.status_code == 200 else []


async def start(request: Request, dag: str, conf: Mapping[str, Any], once: str) -> Started:
    """A run of one of our DAGs, as House.start."""
    await form(request, dag)
    run = _run(once, conf) if once else None
    body = {"dag_run_id": run, "logical_date": None, "conf": dict(conf)}
    said = await _ask(request, "POST", f"/dags/{quote(dag, safe='')}/dagRuns", body)
    if said.status_code == 409 and run:  # sent twice
        return Started(dag, run)
    if said.status_code in (401, 403):
        raise HTTPException(403, "Your role may look, but start nothing.")
    if said.status_code != 200:
        raise Refused(f"Airflow starts no run of {dag}: {_reason(said)}", "correct the form")
    return Started(dag, str(said.json()["dag_run_id"]))


def _form(held: Mapping[str, Any]) -> DagForm:
    return DagForm(held["dag_id"], held.get("description") or held["dag_id"], held["is_paused"], held.get("params") or {})


async def _ask(request: Request, method: str, path: str, body: Mapping[str, Any] | None = None) -> httpx.Response:
    sent = {name: value for name in _CARRIED if (value := request.headers.get(name))}
    sent["referer"] = str(request.url)  # Airflow's log then says that it came by the UI
    handed = httpx.ASGITransport(app=request.scope[AIRFLOW], raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=handed, base_url=str(request.base_url.replace(path="/"))) as client:
        return await client.request(method, f"/api/v2{path}", json=body, headers=sent)


def _run(once: str, conf: Mapping[str, Any]) -> str:
    """The run's id: the same for the same form sent twice, another for one that was corrected."""
    said = json.dumps(conf, sort_keys=True).encode()
    return f"manual__{once}-{hashlib.sha256(said).hexdigest()[:8]}"


def _reason(said: httpx.Response) -> str:
    """Airflow's words on why: the first line of its `detail`."""
    try:
        detail = said.json()["detail"]
    except (ValueError, KeyError, TypeError):
        return f"status {said.status_code}"
    return str(detail).strip().split("\n", 1)[0]
