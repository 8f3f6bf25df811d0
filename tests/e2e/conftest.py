"""The stack of `make demo`, started as a user starts it, with a hostile outlet added; Debian's Chromium; three people.

WARRAQ_SHOTS: folder of the screenshots, `build/e2e` when it is not set.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from stack.mode import free_row
from tests.e2e import hostile
from tests.site import Site, serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

ROOT = Path(__file__).resolve().parents[2]
SHOTS = Path(os.environ.get("WARRAQ_SHOTS") or ROOT / "build" / "e2e")
ROLES = ("admin", "operator", "viewer")
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/e2e/" in str(item.path):
            item.add_marker(pytest.mark.e2e)


def until(true: Callable[[], Any], seconds: float, what: str) -> Any:
    """What `true` returns, as soon as it is something."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := true():
            return found
        time.sleep(1.0)
    raise AssertionError(f"not within {seconds:.0f} s: {what}")


@dataclass
class Stack:
    url: str
    state: Path
    log: Path
    process: subprocess.Popen[bytes]
    site: Site
    logins: dict[str, str] = field(default_factory=dict)

    def token(self, role: str) -> str:
        answer = httpx.post(f"{self.url}/auth/token", json={"username": role, "password": self.logins[role]}, timeout=60)
        answer.raise_for_status()
        return str(answer.json()["access_token"])

    def get(self, path: str, role: str = "admin", **more: Any) -> httpx.Response:
        """A path of Airflow's or ours, asked by a program with that person's token."""
        return httpx.get(f"{self.url}{path}", headers={"Authorization": f"Bearer {self.token(role)}"}, timeout=60, **more)

    def articles(self, **query: str) -> list[str]:
        """Ids of articles on the first page of Changes."""
        page = self.get("/warraq/changes", params=query).text
        return list(dict.fromkeys(re.findall(r"/warraq/article/([0-9a-f]{32})", page)))

    def environment(self) -> dict[str, str]:
        """The environment of the stack's own processes, to run commands of the archive in."""
        from stack import environment, mode

        chosen = mode.choose("demo", {**os.environ, **self._demo()})
        return environment.build(chosen, extra={"WARRAQ_OUTLETS": str(self.state / "outlets")})

    def warraq(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(Path(sys.executable).with_name("warraq")), *arguments]
        return subprocess.run(
            command, env=self.environment(), cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
        )

    def _demo(self) -> dict[str, str]:
        port = self.url.rpartition(":")[2]
        return {"WARRAQ_DEMO_STATE": str(self.state), "WARRAQ_DEMO_PORT": port}


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder, port = tmp_path_factory.mktemp("e2e"), free_row()
    state, log = folder / "state", folder / "demo.log"
    env = {**os.environ, "WARRAQ_DEMO_STATE": str(state), "WARRAQ_DEMO_PORT": str(port)}
    with log.open("wb") as out, serving(Site()) as site:
        hostile.open_site(site)
        process = subprocess.Popen([sys.executable, "-m", "stack.demo"], cwd=ROOT, env=env, stdout=out, stderr=out)
        found = Stack(f"http://127.0.0.1:{port}", state, log, process, site)

        def said() -> str:
            text = log.read_text("utf-8", "replace")
            assert process.poll() is None, text[-2000:]
            return text

        try:
            until(lambda: "password" in said(), 400, "the demo's greeting")
            found.logins = json.loads((state / "passwords.json").read_text("utf-8"))
            (state / "outlets" / "hostile.toml").write_text(hostile.outlet(site), "utf-8")
            until(lambda: "The newsroom goes on" in said(), 900, "a new article, an edit and a deletion")
            until(lambda: len(found.articles(outlet="hostile", kind="body")) > 40, 900, "the hostile outlet's edits")
            yield found
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    assert path, "no Chromium here: apt-get install chromium"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield started
        started.close()


@dataclass
class Person:
    """Somebody who is logged in, with a page of theirs, and what the page complained of."""

    role: str
    page: Page
    stack: Stack
    said: list[str]

    def go(self, path: str) -> Page:
        self.page.goto(f"{self.stack.url}{path}")
        return self.page

    def shot(self, name: str) -> None:
        SHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=str(SHOTS / f"{name}.png"), full_page=True)


People = Callable[..., Person]


@pytest.fixture
def people(browser: Browser, stack: Stack) -> Iterator[People]:
    """`people("viewer", width=360, scheme="dark", language="ar")`: logs in through Airflow's own login page."""
    contexts: list[BrowserContext] = []

    def arrive(
        role: str = "admin", *, width: int = 1280, height: int = 900, scheme: str = "light", language: str = "en"
    ) -> Person:
        context = browser.new_context(viewport={"width": width, "height": height}, locale=language, accept_downloads=True)
        contexts.append(context)
        context.add_init_script(f"localStorage.setItem('theme', '{scheme}'); localStorage.setItem('i18nextLng', '{language}')")
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.goto(f"{stack.url}/warraq/")
        assert "/auth/login" in page.url, "a stranger is sent to the login"
        page.fill("input[name=username]", role)
        page.fill("input[name=password]", stack.logins[role])
        page.press("input[name=password]", "Enter")
        page.wait_for_url("**/warraq/**")
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        return Person(role, page, stack, said)

    yield arrive
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def edited(stack: Stack) -> str:
    """An article of the newsroom that was edited."""
    return until(lambda: stack.articles(outlet="sandbox", kind="body"), 120, "an edit")[0]


@pytest.fixture(scope="session")
def deleted(stack: Stack) -> str:
    return until(lambda: stack.articles(outlet="sandbox", kind="gone"), 120, "a deletion")[0]


@pytest.fixture(scope="session")
def paths(stack: Stack, edited: str, deleted: str) -> dict[str, str]:
    """Every page by a name, as the archive stands now."""
    seeds = stack.get("/warraq/seeds").text
    seed = re.findall(r"/warraq/seeds/([0-9a-f]{64})", seeds)
    runs = stack.get("/api/v2/dags/warraq_sandbox/dagRuns", params={"limit": 1, "state": "success"}).json()["dag_runs"]
    return {
        "today": "/warraq/",
        "changes": "/warraq/changes",
        "article": f"/warraq/article/{edited}",
        "gone": f"/warraq/article/{deleted}",
        "compare": f"/warraq/compare/{edited}",
        "compare-side": f"/warraq/compare/{edited}?view=side",
        "seeds": "/warraq/seeds",
        "seed": f"/warraq/seeds/{seed[0]}",
        "search": "/warraq/search?q=السوق",
        "alarms": "/warraq/alarms",
        "health": "/warraq/health",
        "run": f"/warraq/run/warraq_sandbox/{runs[0]['dag_run_id']}",
        "form": f"/warraq/do/hold_article?article={edited}",
    }
