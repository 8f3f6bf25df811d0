"""Actions against a real api-server: Airflow's roles, its checks of the parameters, its audit log; and in its frame."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from archive.address import article_id
from tests.browser.conftest import Stack
from tests.browser.test_pages import QUIET

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.slow
HERE = {"Sec-Fetch-Site": "same-origin"}
URL = "https://news.example/souq"
GOOD = {"article": URL, "reason": "محكمة"}
MAY, MAY_NOT = ("keeper", "actor"), ("reader",)


@pytest.fixture(autouse=True)
def our_own(stack: Stack) -> None:
    if "actor" not in stack.logins:
        pytest.skip("a stack that runs already has users of its own")


def ask(stack: Stack, user: str, method: str, path: str, **more: Any) -> httpx.Response:
    there = {"Authorization": f"Bearer {stack.token(user)}"}
    return httpx.request(method, f"{stack.url}{path}", timeout=60, headers={**there, **more.pop("headers", {})}, **more)


def runs(stack: Stack, dag: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ask(stack, "keeper", "GET", f"/api/v2/dags/{dag}/dagRuns").json()["dag_runs"]
    return found


@pytest.mark.parametrize("user", [*MAY, *MAY_NOT])
@pytest.mark.parametrize(
    "dag", ["hold_article", "restrict_article", "watch_page", "prove_article", "acknowledge_alarm", "capture_url"]
)
def test_the_form_is_made_of_the_dags_own_parameters(stack: Stack, user: str, dag: str) -> None:
    html = ask(stack, user, "GET", f"/warraq/do/{dag}").text
    params = ask(stack, "keeper", "GET", f"/api/v2/dags/{dag}/details").json()["params"]
    assert params
    assert re.findall(r'name="(\w+)" id="f-', html) == list(params), "in the DAG's order"
    assert all(one["schema"]["title"] in html for one in params.values())
    assert ('<button type="submit">' in html) == (user in MAY)


@pytest.mark.parametrize("user", MAY)
def test_who_may_starts_a_run_in_their_own_name_and_airflow_logs_it(stack: Stack, user: str) -> None:
    once = re.search(r'name="once" value="([\w-]+)"', ask(stack, user, "GET", "/warraq/do/hold_article").text)
    assert once is not None
    sent = {**GOOD, "reason": f"by {user}", "once": once[1]}
    first, again = (ask(stack, user, "POST", "/warraq/do/hold_article", data=sent) for _ in range(2))
    assert first.status_code == 303
    assert first.headers["location"] == again.headers["location"], "sent twice, started once"
    where = first.headers["location"]
    (run,) = [run for run in runs(stack, "hold_article") if where.endswith(run["dag_run_id"])]
    assert (run["triggering_user_name"], run["triggered_by"]) == (user, "ui")
    conf = {"article": article_id(URL), "reason": f"kept-{once[1]}-0", "release": False, "outlet": None}
    assert run["conf"] == conf, "neither the address nor the reason"
    logged = ask(stack, "keeper", "GET", f"/api/v2/eventLogs?dag_id=hold_article&owner={user}").json()["event_logs"]
    assert "trigger_dag_run" in {one["event"] for one in logged}


def test_a_cookie_does_as_well_from_our_own_page_only(stack: Stack) -> None:
    token, before = stack.token("actor"), len(runs(stack, "hold_article"))
    for headers, status in (
        (HERE, 303),
        ({}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "https://evil.example"}, 403),
    ):
        sent = {**GOOD, "reason": f"cookie {headers}"}
        answer = httpx.post(
            f"{stack.url}/warraq/do/hold_article", data=sent, cookies={"_token": token}, headers=headers, timeout=60
        )
        assert answer.status_code == status, headers
    assert len(runs(stack, "hold_article")) == before + 1


@pytest.mark.parametrize("user", MAY_NOT)
def test_a_viewer_is_refused_by_us_and_by_airflow(stack: Stack, user: str) -> None:
    before = len(runs(stack, "watch_page"))
    assert ask(stack, user, "POST", "/warraq/do/watch_page", data={"urls": URL, "every": "6h"}).status_code == 403
    assert (
        ask(stack, user, "POST", "/api/v2/dags/watch_page/dagRuns", json={"logical_date": None, "conf": {}}).status_code == 403
    )
    assert len(runs(stack, "watch_page")) == before


def test_a_stranger_is_refused(stack: Stack) -> None:
    for method in ("GET", "POST"):
        for path in ("/warraq/do", "/warraq/do/hold_article", "/warraq/bundles", "/warraq/bundle/x"):
            assert httpx.request(method, f"{stack.url}{path}", timeout=60, headers=HERE).status_code == 401, path
    html = {"Accept": "text/html"}
    assert (
        httpx.get(f"{stack.url}/warraq/do/hold_article?article=x", timeout=60, headers=html)
        .headers["location"]
        .startswith("/auth/login")
    )


@pytest.mark.parametrize(
    ("dag", "sent"),
    [
        ("hold_article", {**GOOD, "article": "no address"}),
        ("hold_article", {**GOOD, "reason": "  "}),
        ("hold_article", {}),
        ("watch_page", {"urls": URL, "every": "often"}),
        ("acknowledge_alarm", {"alarm": "x", "reason": "y"}),
    ],
)
def test_wrong_parameters_start_nothing(stack: Stack, dag: str, sent: dict[str, str]) -> None:
    before = len(runs(stack, dag))
    answer = ask(stack, "actor", "POST", f"/warraq/do/{dag}", data=sent)
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert len(runs(stack, dag)) == before


def test_what_only_airflow_knows_is_said_in_the_form(stack: Stack) -> None:
    """Our own check is not the last: a value that we let pass and Airflow does not, in its words."""
    answer = ask(stack, "keeper", "POST", "/warraq/do/warraq_prune", data={"keep_days": "7"})
    assert answer.status_code == 303
    assert ask(stack, "keeper", "POST", "/warraq/do/warraq_prune", data={"keep_days": "0"}).status_code == 422
    assert ask(stack, "keeper", "GET", "/warraq/do/nothing").status_code == 404


def test_the_actions_are_listed_with_what_the_visitor_may(stack: Stack) -> None:
    for user in (*MAY, *MAY_NOT):
        html = ask(stack, user, "GET", "/warraq/do").text
        assert {"/warraq/do/hold_article", "/warraq/do/capture_url"} <= set(re.findall(r'href="(/warraq/do/\w+)"', html))
        assert ("not for your role" in html) == (user in MAY_NOT)


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=QUIET)
        yield started
        started.close()


@pytest.fixture(params=["en", "ar"])
def page(request: pytest.FixtureRequest, browser: Browser, stack: Stack) -> Iterator[Page]:
    """Signed in as an operator."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale=request.param)
    context.add_init_script(f"localStorage.setItem('i18nextLng', '{request.param}')")
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(f"{stack.url}/warraq/do")
    page.fill("input[name=username]", "actor")
    page.fill("input[name=password]", stack.logins["actor"])
    page.press("input[name=password]", "Enter")
    page.wait_for_url("**/warraq/do")
    yield page
    context.close()


def keep(page: Page, name: str) -> None:
    if folder := os.environ.get("WARRAQ_SHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{folder}/{name}.png")


@pytest.mark.browser
def test_a_form_sent_in_airflows_frame_leads_to_the_run_around_it(
    page: Page, stack: Stack, request: pytest.FixtureRequest
) -> None:
    lang = page.evaluate("localStorage.getItem('i18nextLng')")
    page.goto(f"{stack.url}/plugin/warraq/warraq/do/hold_article?article={stack.edited}")
    frame = page.frame_locator("iframe")
    frame.locator("[name=article]").wait_for()
    assert frame.locator("html").get_attribute("dir") == ("rtl" if lang == "ar" else "ltr")
    assert frame.locator("[name=article]").input_value() == stack.edited
    keep(page, f"form-{lang}")
    frame.locator("main button[type=submit]").click()
    assert frame.locator("[name=reason]").evaluate("e => e.validity.valueMissing"), "nothing was sent"
    frame.locator("[name=reason]").fill("  ")
    frame.locator("main button[type=submit]").click()
    frame.locator(".error").wait_for()
    keep(page, f"form-wrong-{lang}")
    frame.locator("[name=reason]").fill("يحتاج إليه محقق")
    frame.locator("main button[type=submit]").click()
    page.wait_for_url("**/dags/hold_article/runs/**")
    page.get_by_text("hold_article").first.wait_for()
    keep(page, f"form-sent-{lang}")
    page.go_back()
    frame.locator("[name=article]").wait_for()


@pytest.mark.browser
def test_a_form_by_itself_leads_to_the_run(page: Page, stack: Stack) -> None:
    page.goto(f"{stack.url}/warraq/do/watch_page")
    page.locator("[name=urls]").fill("news.example/a\nnews.example/b")
    page.locator("[name=urls]").press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/dags/watch_page/runs/**")
