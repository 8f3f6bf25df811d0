"""Airflow as the house of the pages (archive.web.house): its login and permissions, its runs, its word on the DAGs.

Runs inside Airflow's api-server only.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from archive.web.house import DagForm, DagState, RunState, Started, Visitor

if TYPE_CHECKING:
    from airflow.api_fastapi.auth.managers.base_auth_manager import ResourceMethod


class AirflowHouse:
    async def enter(self, request: Request) -> Response | Visitor:
        """Let in whom Airflow lets in (session cookie or bearer token); send a browser to the login, refuse the rest."""
        from airflow.api_fastapi.app import get_auth_manager
        from airflow.api_fastapi.auth.managers.models.resource_details import AccessView
        from airflow.api_fastapi.core_api.security import bearer_scheme, get_user
        from fastapi import HTTPException
        from starlette.concurrency import run_in_threadpool

        request.scope["warraq.airflow"] = request.scope["app"]  # ours takes its place further in; stack.airflow_rest asks it
        manager = get_auth_manager()
        try:
            user = await get_user(request, None, await bearer_scheme(request))
        except HTTPException as refused:
            if request.method == "GET" and "text/html" in request.headers.get("accept", ""):
                return RedirectResponse(manager.get_url_login(next_url=str(request.url)), 302)
            return PlainTextResponse(str(refused.detail), refused.status_code, {"WWW-Authenticate": "Bearer"})
        allowed = await run_in_threadpool(manager.is_authorized_view, access_view=AccessView.WEBSITE, user=user)
        if not allowed:
            return PlainTextResponse("Your role may not see the archive.", 403)

        def allowed_to(method: ResourceMethod, dag: str) -> bool:
            from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity, DagDetails

            details = DagDetails(id=dag)
            return bool(manager.is_authorized_dag(method=method, access_entity=DagAccessEntity.RUN, details=details, user=user))

        return Visitor(str(user.get_name()), partial(allowed_to, "POST"), partial(allowed_to, "GET"))

    async def actions(self, request: Request) -> list[DagForm]:
        from stack import airflow_rest

        return await airflow_rest.actions(request)

    async def form(self, request: Request, dag: str) -> DagForm:
        from stack import airflow_rest

        return await airflow_rest.form(request, dag)

    async def start(self, request: Request, dag: str, conf: Mapping[str, Any], once: str = "") -> Started:
        from stack import airflow_rest

        return await airflow_rest.start(request, dag, conf, once)

    def dags(self) -> Mapping[str, DagState]:
        from stack import airflow_dags

        return airflow_dags.dags()

    def run(self, dag: str, run: str) -> RunState | None:
        from stack import airflow_dags

        return airflow_dags.run(dag, run)
