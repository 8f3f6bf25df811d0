"""Airflow's REST API on this machine, as one of its users (standard library only)."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # never through a proxy: it is this machine


class Api:
    """`url` as in http://127.0.0.1:8480. Raises OSError (HTTPError is one) when Airflow does not answer as it should."""

    def __init__(self, url: str, user: str, password: str) -> None:
        self.url = url
        self._login = {"username": user, "password": password}
        self._token = ""

    def health(self) -> dict[str, str]:
        """State of each part: metadatabase, scheduler, triggerer, dag_processor → healthy, unhealthy or "". No login."""
        answer = self._send("GET", "/api/v2/monitor/health", None, {})
        return {part: (state or {}).get("status") or "" for part, state in answer.items()}

    def get(self, path: str) -> Any:
        """`path` as in /api/v2/dags?limit=100."""
        return self._authorized("GET", path, None)

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        return self._authorized("POST", path, body)

    def token(self) -> str:
        """A fresh bearer token (valid for a day)."""
        return str(self._send("POST", "/auth/token", self._login, {})["access_token"])

    def ensure_pools(self, slots: Mapping[str, int]) -> list[str]:
        """Make the pools that are missing, by name and slots; which ones. A pool that is there keeps its size."""
        held = {pool["name"] for pool in self.get("/api/v2/pools?limit=1000")["pools"]}
        missing = [name for name in sorted(slots) if name not in held]
        for name in missing:
            self.post("/api/v2/pools", {"name": name, "slots": slots[name], "description": "Warraq's own"})
        return missing

    def _authorized(self, method: str, path: str, body: Mapping[str, Any] | None) -> Any:
        self._token = self._token or self.token()
        try:
            return self._send(method, path, body, {"Authorization": f"Bearer {self._token}"})
        except urllib.error.HTTPError as error:
            if error.code != 401:
                raise
            self._token = self.token()
            return self._send(method, path, body, {"Authorization": f"Bearer {self._token}"})

    def _send(self, method: str, path: str, body: Mapping[str, Any] | None, headers: Mapping[str, str]) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(  # noqa: S310 (http to this machine)
            self.url + path, data, {"Content-Type": "application/json", "Accept": "application/json", **headers}, method=method
        )
        with _direct.open(request, timeout=15) as answer:
            return json.load(answer)
