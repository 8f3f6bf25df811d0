"""Every page, as each of three people sees it: alone and inside Airflow's frame, in both languages, in light and dark."""

from __future__ import annotations

import re

import httpx
import pytest

from archive.web import pages
from tests.e2e.conftest import ROLES, People, Stack

NAMES = ["today", "changes", "article", "gone", "compare", "compare-side", "seeds", "seed", "search", "alarms", "health", "run"]


@pytest.mark.parametrize("role", ROLES)
def test_everybody_who_is_logged_in_sees_every_page(people: People, paths: dict[str, str], role: str) -> None:
    person = people(role)
    for name in NAMES:
        answer = person.page.goto(f"{person.stack.url}{paths[name]}")
        assert answer is not None
        assert answer.status == 200, (name, answer.status)
        assert person.page.locator("h1").count() >= 1, name
        assert person.said == [], name


@pytest.mark.parametrize(("language", "scheme"), [("en", "light"), ("ar", "light"), ("en", "dark"), ("ar", "dark")])
def test_every_page_inside_airflow_follows_its_language_and_theme(
    people: People, paths: dict[str, str], language: str, scheme: str
) -> None:
    person = people("operator", language=language, scheme=scheme)
    for name in NAMES:
        if name == "run":
            continue
        person.go(f"/plugin/warraq{paths[name]}")
        frame = person.page.frame_locator("iframe")
        frame.locator("h1").first.wait_for()
        person.page.wait_for_function(
            "lang => document.querySelector('iframe').contentDocument.documentElement.lang === lang", arg=language
        )
        root = frame.locator("html")
        assert root.get_attribute("dir") == ("rtl" if language == "ar" else "ltr"), name
        assert root.get_attribute("data-theme") == scheme, name
        dark = frame.locator("body").evaluate(
            "e => getComputedStyle(e).backgroundColor.match(/\\d+/g).map(Number).every(n => n < 90)"
        )
        assert dark == (scheme == "dark"), name
        person.shot(f"frame-{name}-{language}-{scheme}")
    if language == "ar":
        words = frame.locator("nav").first.inner_text()
        assert not re.search(r"[A-Za-z]{4,}", words.replace("Airflow", "")), words


def test_the_run_of_a_dag_says_what_it_did_on_airflows_own_page(people: People, paths: dict[str, str]) -> None:
    person = people("viewer")
    _, dag, run = paths["run"].removeprefix("/warraq/").split("/", 2)
    person.go(f"/dags/{dag}/runs/{run}")
    person.page.locator("a[href$='/plugin/warraq_run']").click()
    frame = person.page.frame_locator("iframe")
    frame.locator("h1").first.wait_for()
    assert frame.locator("main").inner_text().strip()
    person.shot("airflow-run")


def test_the_dashboard_has_a_card(people: People) -> None:
    person = people("viewer")
    person.go("/")
    card = person.page.locator("[data-warraq-card]")
    card.wait_for()
    assert "Warraq" in card.inner_text()
    person.shot("airflow-home")


def test_a_stranger_gets_401_on_every_path(stack: Stack, paths: dict[str, str]) -> None:
    names = {"article": "0" * 32, "name": "style.css", "sha256": "0" * 64, "dag": "hold_article", "run": "x", "record": "x"}
    asked = [re.sub(r"\{(\w+)(?::\w+)?\}", lambda m: names.get(m[1], "x"), page.path) for page in pages.every()]
    files = [
        "/static/style.css",
        "/static/follow.js",
        "/static/card.js",
        "/static/nothing",
        "/nowhere",
        "/metrics",
        "/card.json",
    ]
    known = [path.removeprefix("/warraq") for path in paths.values()]
    for path in sorted({"", *asked, *files, *known}):
        for method in ("GET", "POST", "HEAD"):
            answer = httpx.request(method, f"{stack.url}/warraq{path}", timeout=60, follow_redirects=False)
            assert answer.status_code == 401, (method, path)
            assert "content-security-policy" in answer.headers, path
