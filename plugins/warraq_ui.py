"""Airflow plugin: the pages of archive.web under /warraq, behind Airflow's own login; in menu, on runs, on the dashboard.

The scheduler and every task load this file too, and need none of it: everything heavy is imported at the first request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.plugins_manager import AirflowPlugin

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

PREFIX = "/warraq"


class Pages:
    """Built at the first request."""

    app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.app is None:
            from archive import settings
            from archive.web.app import create
            from archive.web.desk import opener
            from stack.airflow_house import AirflowHouse

            given = settings.from_environment
            self.app = create(opener(given), AirflowHouse(), given().metrics_token)
        await self.app(scope, receive, send)


class Slash:
    """The prefix typed without its slash is our first page; a mount does not take it, and Airflow would answer with its own."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == f"{scope.get('root_path', '').rstrip('/')}{PREFIX}":
            scope = {**scope, "path": f"{scope['path']}/", "raw_path": scope["path"].encode() + b"/"}
        await self.app(scope, receive, send)


class WarraqPages(AirflowPlugin):
    name = "warraq_ui"
    fastapi_apps = [{"app": Pages(), "url_prefix": PREFIX, "name": "Warraq"}]  # noqa: RUF012 -- Airflow's way
    fastapi_root_middlewares = [{"middleware": Slash, "name": "Warraq"}]  # noqa: RUF012
    external_views = [  # noqa: RUF012
        {
            "name": "Warraq",
            "href": f"{PREFIX}/",
            "destination": "nav",
            "url_route": "warraq",
            "icon": f"{PREFIX}/static/changes.svg",
            "icon_dark_mode": f"{PREFIX}/static/changes-dark.svg",
            "nav_top_level": True,
        },
        {
            "name": "Warraq",
            "href": f"{PREFIX}/run/{{DAG_ID}}/{{RUN_ID}}",
            "destination": "dag_run",
            "url_route": "warraq_run",
            "icon": f"{PREFIX}/static/changes.svg",
            "icon_dark_mode": f"{PREFIX}/static/changes-dark.svg",
        },
    ]
    react_apps = [  # noqa: RUF012
        {"name": "WarraqCard", "bundle_url": f"{PREFIX}/static/card.js", "destination": "dashboard", "url_route": "warraq_card"}
    ]
