"""Five tasks of a person who is new here and has only the UI: how many clicks and seconds each takes is printed.

Seconds are the machine's, waiting for pages and for runs of DAGs; the clicks are a person's.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import FrameLocator, Locator

from tests.e2e.conftest import People, Person, Stack
from tests.e2e.test_actions import finished

BROKEN = 'name = "broken"\ntitle = "جريدة الضفة"\nurl = "https://bank.example/"\nspyder = "wordpress"\n'


class Newcomer:
    """Somebody in Airflow who counts clicks."""

    def __init__(self, person: Person) -> None:
        self.person, self.page, self.clicks, self.began = person, person.page, 0, time.monotonic()
        person.go("/")

    @property
    def frame(self) -> FrameLocator:
        return self.page.frame_locator("iframe")

    def click(self, what: Locator) -> None:
        what.first.click()
        self.clicks += 1

    def enter(self) -> None:
        """Warraq, from Airflow's menu."""
        self.click(self.page.get_by_role("link", name="Warraq"))
        self.frame.locator("h1").first.wait_for()

    def edits(self) -> None:
        """What was edited today at an outlet, from its card."""
        self.enter()
        card = self.frame.locator("article.outlet", has_text="صحيفة وادي الأجراس")
        self.click(card.locator("a[href*='kind=edited']"))


@pytest.fixture
def newcomer(people: People, request: pytest.FixtureRequest) -> Iterator[Newcomer]:
    found = Newcomer(people("operator"))
    yield found
    seconds = time.monotonic() - found.began
    print(f"\ntask: {request.node.name.removeprefix('test_')}: {found.clicks} clicks, {seconds:.0f} s")


def test_find_what_was_edited_today_at_an_outlet(newcomer: Newcomer, edited: str) -> None:
    newcomer.edits()
    newcomer.frame.locator(f"a[href*='/article/{edited}']").first.wait_for()
    assert newcomer.clicks <= 2
    newcomer.person.shot("task-1")


def test_see_how_an_article_was_edited(newcomer: Newcomer, edited: str) -> None:
    newcomer.edits()
    row = newcomer.frame.locator("li", has=newcomer.page.locator(f"a[href*='/compare/{edited}']"))
    newcomer.click(row.locator("a[href*='/compare/']"))
    newcomer.frame.locator("ins, del").first.wait_for()
    assert newcomer.clicks <= 3
    newcomer.person.shot("task-2")


def test_prove_an_article(newcomer: Newcomer, stack: Stack, edited: str) -> None:
    newcomer.edits()
    newcomer.click(newcomer.frame.locator(f"a[href*='/article/{edited}']"))
    newcomer.click(newcomer.frame.get_by_role("link", name="Prove it"))
    newcomer.click(newcomer.frame.locator("main button[type=submit]"))
    newcomer.page.wait_for_url("**/dags/prove_article/runs/**")
    assert finished(stack, newcomer.page.url.rpartition("/dags/")[2].split("/plugin")[0]) == "success"
    newcomer.page.goto(f"{stack.url}/plugin/warraq/warraq/article/{edited}")
    with newcomer.page.expect_download() as download:
        newcomer.click(newcomer.frame.locator("a[href*='/bundle/']"))
    assert download.value.suggested_filename.endswith(".zip")


def test_add_a_page_to_the_watch_list(newcomer: Newcomer, stack: Stack) -> None:
    newcomer.enter()
    newcomer.click(newcomer.frame.locator("header a", has_text="Actions"))
    newcomer.click(newcomer.frame.locator("a[href*='/do/watch_page']"))
    newcomer.frame.locator("[name=urls]").fill("https://watched.example/statement")
    newcomer.click(newcomer.frame.locator("main button[type=submit]"))
    newcomer.page.wait_for_url("**/dags/watch_page/runs/**")
    assert finished(stack, newcomer.page.url.rpartition("/dags/")[2].split("/plugin")[0]) == "success"
    assert "https://watched.example/statement" in stack.warraq("watch").stdout


def test_find_out_why_an_outlet_shows_no_articles(newcomer: Newcomer, stack: Stack) -> None:
    file = stack.state / "outlets" / "broken.toml"
    file.write_text(BROKEN, "utf-8")
    try:
        newcomer.enter()
        card = newcomer.frame.locator("article.outlet", has_text="broken")
        card.first.wait_for()
        assert "spyder" in card.first.inner_text(), "the reason names the key that is wrong"
        assert newcomer.clicks == 1
        newcomer.person.shot("task-5")
    finally:
        file.unlink()
