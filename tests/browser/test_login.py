"""Airflow's own login stands before every path of ours, in a real api-server."""

from __future__ import annotations

import re

import httpx
import pytest

from tests.browser.conftest import Stack

pytestmark = pytest.mark.slow
PATHS = [
    "/warraq",
    "/warraq/",
    "/warraq/card.json",
    "/warraq/health",
    "/warraq/run/warraq_manara/x",
    "/warraq/static/card.js",
    "/warraq/changes",
    "/warraq/static/style.css",
    "/warraq/static/changes.svg",
    "/warraq/static/nothing",
]
PATHS += ["/warraq/nowhere", "/warraq/docs", "/warraq/openapi.json", "/warraq//changes", "/warraq/static/../changes"]


@pytest.fixture(scope="session")
def paths(stack: Stack) -> list[str]:
    return [*PATHS, f"/warraq/article/{stack.edited}", f"/warraq/compare/{stack.edited}"]


def get(stack: Stack, path: str, **more: object) -> httpx.Response:
    return httpx.get(f"{stack.url}{path}", timeout=60, follow_redirects=False, **more)  # type: ignore[arg-type]


def test_a_stranger_is_refused_everywhere(stack: Stack, paths: list[str]) -> None:
    for path in paths:
        answer = get(stack, path)
        assert answer.status_code == 401, path
        assert "content-security-policy" in answer.headers, path


def test_a_browser_is_led_to_the_login_and_back(stack: Stack) -> None:
    answer = get(stack, "/warraq/changes?kind=gone", headers={"Accept": "text/html"})
    assert answer.status_code == 302
    assert answer.headers["location"].startswith("/auth/login?next=")
    assert "kind%3Dgone" in answer.headers["location"]


@pytest.mark.parametrize("forged", ["x", "a.b.c", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJrZWVwZXIifQ."])
def test_a_forged_token_is_refused(stack: Stack, forged: str) -> None:
    assert get(stack, "/warraq/changes", headers={"Authorization": f"Bearer {forged}"}).status_code in (401, 403)
    assert get(stack, "/warraq/changes", cookies={"_token": forged}).status_code in (401, 403)


def test_every_role_may_read_by_token_and_by_cookie(stack: Stack) -> None:
    for user in stack.logins:
        token = stack.token(user)
        for given in ({"headers": {"Authorization": f"Bearer {token}"}}, {"cookies": {"_token": token}}):
            for path in ("/warraq", "/warraq/changes", "/warraq/static/style.css", f"/warraq/article/{stack.edited}"):
                assert get(stack, path, **given).status_code == 200, (user, path)


def test_the_slash_of_the_first_page_need_not_be_typed(stack: Stack) -> None:
    there = {"Authorization": f"Bearer {stack.token(next(iter(stack.logins)))}"}
    typed, linked = (get(stack, path, headers=there).text for path in ("/warraq", "/warraq/"))
    assert "<title>" in linked
    assert re.sub(r'nonce="[^"]*"', "", typed) == re.sub(r'nonce="[^"]*"', "", linked)
    led = get(stack, "/warraq", headers={"Accept": "text/html"})
    assert led.headers["location"].endswith("%2Fwarraq%2F")


def test_the_page_is_in_airflows_menu(stack: Stack) -> None:
    user = next(iter(stack.logins))
    there = {"Authorization": f"Bearer {stack.token(user)}"}
    plugins = httpx.get(f"{stack.url}/api/v2/plugins", headers=there, timeout=60).json()["plugins"]
    (ours,) = [plugin for plugin in plugins if plugin["name"] == "warraq_ui"]
    views = {view["destination"]: view for view in ours["external_views"]}
    assert (views["nav"]["name"], views["nav"]["href"]) == ("Warraq", "/warraq/")
    assert views["dag_run"]["href"] == "/warraq/run/{DAG_ID}/{RUN_ID}"
    (card,) = ours["react_apps"]
    assert card["destination"] == "dashboard"
    for path in (*(view["icon"] for view in views.values()), card["bundle_url"]):
        assert get(stack, path, headers=there).status_code == 200, path
    errors = httpx.get(f"{stack.url}/api/v2/plugins/importErrors", headers=there, timeout=60).json()
    assert errors["import_errors"] == []
