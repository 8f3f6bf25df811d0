"""The pages in a real Chromium, against a real api-server (or the demo that WARRAQ_DEMO_URL names).

WARRAQ_SHOTS=folder keeps the screenshots.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import Stack

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.slow, pytest.mark.browser]
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
QUIET += ["--disable-component-update", "--disable-sync"]


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=QUIET)
        yield started
        started.close()


@dataclass
class Visit:
    page: Page
    said: list[str]  # errors on the console


@pytest.fixture(params=[(1280, "light"), (360, "dark")], ids=["wide", "narrow"])
def visit(request: pytest.FixtureRequest, browser: Browser, stack: Stack) -> Iterator[Visit]:
    """A page on Changes, reached through Airflow's login."""
    width, scheme = request.param
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, locale="en")
    page = context.new_page()
    page.set_default_timeout(60_000)
    user, password = next(iter(stack.logins.items()))
    page.goto(f"{stack.url}/warraq/changes")
    assert "/auth/login" in page.url, "a stranger is sent to the login"
    page.fill("input[name=username]", user)
    page.fill("input[name=password]", password)
    page.press("input[name=password]", "Enter")
    page.wait_for_url("**/warraq/changes")
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    yield Visit(page, said)
    context.close()


@pytest.fixture
def page(visit: Visit) -> Iterator[Page]:
    """The same; anything on the console fails the test."""
    yield visit.page
    assert visit.said == []


def keep(page: Page, name: str) -> None:
    """Nothing may stick out to the side; a screenshot when they are wanted."""
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0, name
    if folder := os.environ.get("WARRAQ_SHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{folder}/{name}-{page.viewport_size['width']}.png", full_page=True)  # type: ignore[index]


def test_changes_leads_to_article_and_compare(page: Page, stack: Stack) -> None:
    if not stack.edited:
        pytest.skip("the running stack has no edited article yet")
    assert page.locator("h1").inner_text() == "Changes"
    keep(page, "changes")
    page.locator(f"a[href*='/compare/{stack.edited}']").first.click()
    page.locator("ins, del").first.wait_for()  # a click waits for no page: what is counted at once is counted too early
    assert page.locator(".text").evaluate("e => getComputedStyle(e).direction") == "rtl"
    marks = page.locator("article ins").first.evaluate("e => getComputedStyle(e).textDecorationLine")
    assert marks == "underline", "seen without colour"
    keep(page, "compare")
    page.get_by_role("link", name="Article", exact=True).click()
    assert "Version" in page.locator(".edition").inner_text()
    assert page.locator(".text .p").first.evaluate("e => getComputedStyle(e).direction") == "rtl"
    keep(page, "article")


def test_a_deleted_article_says_so(page: Page, stack: Stack) -> None:
    if not stack.deleted:
        pytest.skip("the running stack has no deleted article yet")
    page.select_option("select[name=kind]", "gone")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**/warraq/changes?*kind=gone*")
    page.locator(f"a[href*='/article/{stack.deleted}']").first.click()
    assert "gone" in page.locator(".state").inner_text()
    keep(page, "gone")


def test_today_opens_from_the_menu_in_airflows_frame(page: Page, stack: Stack) -> None:
    page.goto(f"{stack.url}/plugin/warraq")
    frame = page.frame_locator("iframe")
    frame.locator(".verdict h1").wait_for()
    assert frame.get_by_role("link", name="Airflow").count() == 0, "no way out of a frame that would do nothing"
    keep(page, "today-framed")
    frame.get_by_role("link", name="Changes", exact=True).click()
    frame.get_by_role("heading", name="Changes").wait_for()
    keep(page, "framed")


def test_a_page_of_ours_can_be_opened_by_its_address_in_the_frame(page: Page, stack: Stack) -> None:
    page.goto(f"{stack.url}/plugin/warraq/warraq/health")
    page.frame_locator("iframe").get_by_role("heading", name="Health").wait_for()


def test_language_and_theme_follow_airflows(page: Page, stack: Stack) -> None:
    page.evaluate("() => { localStorage.setItem('i18nextLng', 'ar'); localStorage.setItem('theme', 'dark'); }")
    page.goto(f"{stack.url}/warraq/")
    page.wait_for_selector("html[lang=ar][dir=rtl][data-theme=dark]")
    assert page.locator("nav a[aria-current]").inner_text() == "اليوم"
    keep(page, "today-arabic")
    page.evaluate("() => { localStorage.setItem('i18nextLng', 'en'); localStorage.setItem('theme', 'light'); }")
    page.reload()
    page.wait_for_selector("html[lang=en][dir=ltr][data-theme=light]")


def test_the_card_stands_on_airflows_dashboard_and_leads_to_the_pages(page: Page, stack: Stack) -> None:
    page.goto(f"{stack.url}/")
    card = page.locator("[data-warraq-card]")
    card.wait_for()
    assert card.locator("li").count() >= 1
    keep(page, "dashboard")
    card.get_by_role("link").last.click()
    page.frame_locator("iframe").locator(".verdict h1").wait_for()


def test_a_link_to_airflows_own_page_opens_around_the_frame(page: Page, stack: Stack) -> None:
    page.goto(f"{stack.url}/plugin/warraq")
    frame = page.frame_locator("iframe")
    frame.locator(".verdict h1").wait_for()
    link = frame.locator("a[data-top]")
    if not link.count():
        pytest.skip("nothing leads to Airflow here: every outlet is well")
    link.first.click()
    page.wait_for_url("**/dags/**")


def test_no_script_runs_even_if_one_were_there(visit: Visit) -> None:
    """The page's policy forbids it twice: no text becomes a script (trusted types), and one that is there does not run."""
    refused = visit.page.evaluate(
        "() => { window.ran = 0; const s = document.createElement('script');"
        " try { s.textContent = 'window.ran = 1'; return ''; } catch (error) { return String(error); } }"
    )
    assert "TrustedScript" in refused
    ran = visit.page.evaluate(
        "() => { const s = document.createElement('script'); s.append(document.createTextNode('window.ran = 1'));"
        " document.body.append(s); return window.ran; }"
    )
    assert ran == 0
    assert any("Content Security Policy" in line or "TrustedScript" in line for line in visit.said)
