"""Prometheus reads the figures with a token of its own: for one path, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount
from starlette.testclient import TestClient

from archive import doctor_telling
from archive.catalog import Catalog
from archive.settings import from_environment
from archive.web import app as web
from archive.web import pages
from archive.web.desk import Desk
from archive.web.house import Open, Visitor
from stack import environment, mode, secrets
from tests.test_catalog import catalog

__all__ = ["catalog"]  # a fixture
TOKEN = "kept for months 0123456789"


class Closed(Open):
    """Nobody is let in."""

    async def enter(self, request: Request) -> Response | Visitor:
        return PlainTextResponse("who are you", 401)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "token"
    path.touch(0o600)
    path.write_text(f"{TOKEN}\n", "utf-8")
    return path


@pytest.fixture
def door(catalog: Catalog, file: Path) -> TestClient:
    desk = Desk(catalog, lambda: None, {})  # type: ignore[arg-type, return-value]
    return TestClient(Starlette(routes=[Mount("/warraq", web.create(lambda: desk, Closed(), file))]), base_url="http://h")


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_the_figures_are_read_with_the_token(door: TestClient) -> None:
    answer = door.get("/warraq/metrics", headers=bearer(TOKEN))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")
    assert "# TYPE warraq_alarms_open gauge" in answer.text
    assert door.head("/warraq/metrics", headers={"Authorization": f"bearer  {TOKEN} "}).status_code == 200
    assert "content-security-policy" in answer.headers


def test_the_token_opens_no_other_path_and_no_other_method(door: TestClient) -> None:
    paths = {"/metrics/", "//metrics", "/metrics/x", "/static/%2e%2e/metrics", "/Metrics", "/", "/static/style.css", "/nowhere"}
    for path in {page.path for page in pages.every()} - {"/metrics"} | paths:
        assert door.get(f"/warraq{path}", headers=bearer(TOKEN)).status_code == 401, path
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "PATCH"):
        assert door.request(method, "/warraq/metrics", headers=bearer(TOKEN)).status_code == 401, method


@pytest.mark.parametrize("given", ["", "x", TOKEN[:-1], f"{TOKEN}x", TOKEN.upper(), "é" * 26])
def test_another_token_is_none(door: TestClient, given: str) -> None:
    held = {"Authorization": f"Bearer {given}".encode("latin-1")}
    assert door.get("/warraq/metrics", headers=held).status_code == 401  # type: ignore[arg-type]
    assert door.get("/warraq/metrics", headers={"Authorization": f"Basic {TOKEN}"}).status_code == 401
    assert door.get(f"/warraq/metrics?token={TOKEN}").status_code == 401
    assert door.get("/warraq/metrics").status_code == 401


def test_a_file_that_cannot_be_a_secret_lets_nobody_in_and_doctor_says_so(door: TestClient, file: Path) -> None:
    def state() -> str:
        found = doctor_telling.checks(from_environment({"WARRAQ_METRICS_TOKEN_FILE": str(file)}))[1]
        return f"{found.name}: {found.state}"

    assert state() == "metrics token: ok"
    file.chmod(0o644)
    assert door.get("/warraq/metrics", headers=bearer(TOKEN)).status_code == 401
    assert state() == "metrics token: warn"
    file.chmod(0o600)
    file.write_text("another one that is long enough", "utf-8")
    assert door.get("/warraq/metrics", headers=bearer("another one that is long enough")).status_code == 200, "read each time"
    for short in ("", "short"):
        file.write_text(short, "utf-8")
        assert door.get("/warraq/metrics", headers=bearer(short)).status_code == 401
    file.unlink()
    assert door.get("/warraq/metrics", headers=bearer("another one that is long enough")).status_code == 401
    assert state() == "metrics token: warn"


def test_the_stack_makes_one_and_keeps_it(tmp_path: Path) -> None:
    given = mode.choose("test", {"WARRAQ_TEST_STATE": str(tmp_path)})
    made = Path(environment.build(given, {})["WARRAQ_METRICS_TOKEN_FILE"])
    held = made.read_text("utf-8")
    assert (made, made.stat().st_mode & 0o777, len(held.strip()) > 40) == (tmp_path / "metrics.token", 0o600, True)
    assert secrets.metrics_token(tmp_path).read_text("utf-8") == held
    own = mode.choose("real", {"WARRAQ_STATE": str(tmp_path)})
    env = {"WARRAQ_METRICS_TOKEN_FILE": "/etc/warraq/token"}
    assert environment.build(own, env)["WARRAQ_METRICS_TOKEN_FILE"] == "/etc/warraq/token"
