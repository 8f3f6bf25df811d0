"""Airflow plugin: the pages of archive.web under /warraq, behind Airflow's own login, and Changes in the menu."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.plugins_manager import AirflowPlugin

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp, Receive, Scope, Send

PREFIX = "/warraq"


async def guard(request: Request) -> Response | None:
    """Let in whom Airflow lets in (session cookie or bearer token); send a browser to the login, refuse the rest."""
    from airflow.api_fastapi.app import get_auth_manager
    from airflow.api_fastapi.auth.managers.models.resource_details import AccessView
    from airflow.api_fastapi.core_api.security import bearer_scheme, get_user
    from fastapi import HTTPException
    from starlette.concurrency import run_in_threadpool
    from starlette.responses import PlainTextResponse, RedirectResponse

    manager = get_auth_manager()
    try:
        user = await get_user(request, None, await bearer_scheme(request))
    except HTTPException as refused:
        if request.method == "GET" and "text/html" in request.headers.get("accept", ""):
            return RedirectResponse(manager.get_url_login(next_url=str(request.url)), 302)
        return PlainTextResponse(str(refused.detail), refused.status_code, {"WWW-Authenticate": "Bearer"})
    allowed = await run_in_threadpool(manager.is_authorized_view, access_view=AccessView.WEBSITE, user=user)
    return None if allowed else PlainTextResponse("Your role may not see the archive.", 403)


class Pages:
    """Built at the first request: the scheduler and every task load this file too, and need none of it."""

    app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.app is None:
            from archive import settings
            from archive.web.app import create
            from archive.web.desk import opener

            self.app = create(opener(settings.from_environment), guard)
        await self.app(scope, receive, send)


class WarraqPages(AirflowPlugin):
    name = "warraq_ui"
    fastapi_apps = [{"app": Pages(), "url_prefix": PREFIX, "name": "Warraq"}]  # noqa: RUF012 -- Airflow's way
    external_views = [  # noqa: RUF012
        {
            "name": "Changes",
            "href": f"{PREFIX}/changes",
            "destination": "nav",
            "url_route": "warraq_changes",
            "icon": f"{PREFIX}/static/changes.svg",
            "icon_dark_mode": f"{PREFIX}/static/changes-dark.svg",
            "nav_top_level": True,
        }
    ]
