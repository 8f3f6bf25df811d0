"""Compare in a real Chromium: the order that a reader sees, and the text that a reader copies. The pairs are tests/web/pairs.py.

The order is taken from the rectangles of single letters. WARRAQ_SHOTS=folder keeps screenshots.
"""

from __future__ import annotations

import os
import threading
import time
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from archive.catalog.rows import HistoryRow
from tests.browser.test_pages import QUIET
from tests.web.cases import EDITED, Shelf, desk, snapshot
from tests.web.pairs import PAIRS

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.slow, pytest.mark.browser]
CASES = pytest.mark.parametrize("n", range(len(PAIRS)), ids=[pair[0] for pair in PAIRS])

# (letter, left, top) of every letter under an element that can be selected, in the order of the text
LETTERS = """
element => {
  const out = [], walk = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  for (let node = walk.nextNode(); node; node = walk.nextNode())
    for (let at = 0; at < node.data.length; at++) {
      const range = document.createRange();
      range.setStart(node, at); range.setEnd(node, at + 1);
      const box = range.getBoundingClientRect();
      out.push([node.data[at], box.left + box.width / 2, node.parentElement.closest('.was') ? 'was' : 'is']);
    }
  return out;
}"""
COPY = """
selector => {
  const range = document.createRange(), all = document.querySelectorAll(selector);
  range.setStartBefore(all[0]); range.setEndAfter(all[all.length - 1]);
  getSelection().removeAllRanges(); getSelection().addRange(range);
}"""


class _Paired(Shelf):
    """An archive of one article for each pair, with two versions of one headline."""

    def __init__(self) -> None:
        super().__init__()
        like = self.histories[EDITED]
        for n, (_, old, new, _, _) in enumerate(PAIRS):
            self.histories[f"{n:032x}"] = HistoryRow(like.article, like.versions, like.events, (), ())
            self.texts = (*getattr(self, "texts", ()), (old, new))

    def history(self, article: str) -> HistoryRow:
        found = super().history(article)
        if int(article, 16) < len(PAIRS):
            self.objects = {
                version.snapshot: snapshot("عنوان الخبر", text)
                for version, text in zip(found.versions, self.texts[int(article, 16)], strict=True)
            }
        return found


@contextmanager
def serve(shelf: Shelf) -> Iterator[str]:
    """The pages alone over a shelf, without Airflow, on a port of their own; their address."""
    import uvicorn
    from starlette.applications import Starlette
    from starlette.routing import Mount

    from archive.web import app as web
    from archive.web.house import Open

    app = Starlette(routes=[Mount("/warraq", web.create(lambda: desk(shelf), Open()))])
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}/warraq"
    server.should_exit = True
    thread.join(10)


@pytest.fixture(scope="module")
def pages() -> Iterator[str]:
    with serve(_Paired()) as address:
        yield address


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=QUIET)
        yield started
        started.close()


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1800, "height": 900}, locale="en")
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    made = context.new_page()
    made.set_default_timeout(90_000)
    yield made
    context.close()


def seen(letters: list[list[Any]]) -> list[str]:
    """The letters from left to right, but for those that have no place of their own."""
    placed = [(left, letter) for letter, left, _ in letters if unicodedata.category(letter)[0] not in "MZC"]
    return [letter for _, letter in sorted(placed)]


def keep(page: Page, name: str) -> None:
    if folder := os.environ.get("WARRAQ_SHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def copied(page: Page, selector: str) -> str:
    """What a reader has on the clipboard who selects these elements and copies."""
    page.evaluate(COPY, selector)
    page.keyboard.press("Control+C")
    return str(page.evaluate("navigator.clipboard.readText()"))


def open_(page: Page, pages: str, n: int, query: str) -> None:
    page.goto(f"{pages}/compare/{n:032x}?{query}")
    page.evaluate("document.fonts.ready.then(() => 1)")


def uncut(page: Page) -> None:
    """Every mark begins and ends where a word does: no Arabic letter beyond it would join."""
    edges = page.evaluate(
        """() => {
          for (const bare of document.querySelectorAll('.bare')) bare.append(' ');  // as its generated space stands there
          return [...document.querySelectorAll('.paper ins, .paper del')].map(mark => {
            const before = document.createRange(), after = document.createRange(), all = mark.closest('.p');
            before.setStart(all, 0); before.setEndBefore(mark);
            after.setStartAfter(mark); after.setEnd(all, all.childNodes.length);
            return [before.toString().slice(-1), mark.textContent, after.toString().slice(0, 1)];
          });
        }"""
    )
    for before, text, after in edges:
        assert not (before.isalpha() and text[:1].isalpha()), (before, text)
        assert not (after.isalpha() and text[-1:].isalpha()), (text, after)


@CASES
def test_each_side_reads_and_copies_as_its_version(page: Page, pages: str, n: int) -> None:
    """Marks turn nothing round: every paragraph's letters stand as they do in a paragraph without any."""
    open_(page, pages, n, "view=side")
    keep(page, f"side-{n:02}")
    for side, text in (("old", PAIRS[n][1]), ("new", PAIRS[n][2])):
        shown = page.locator(f".{side} .paper > .p:not(.no)")
        assert shown.count() == len(text.split("\n"))
        for at, line in enumerate(text.split("\n")):
            marked = shown.nth(at).evaluate(LETTERS)
            bare = shown.nth(at).evaluate(
                "(p, text) => { const bare = p.cloneNode(); bare.textContent = text; p.after(bare);"
                f" const found = ({LETTERS})(bare); bare.remove(); return found; }}",
                line,
            )
            assert "".join(letter for letter, _, _ in marked) == line, "no letter is ours"
            assert seen(marked) == seen(bare), line
        got = copied(page, f".{side} .paper > .p")
        assert got == text.replace("\u00a0", " "), "Chromium copies a no-break space as a space"
    uncut(page)


@CASES
def test_in_one_text_what_went_stands_before_what_came(page: Page, pages: str, n: int) -> None:
    open_(page, pages, n, "")
    keep(page, f"one-{n:02}")
    assert copied(page, ".merged .paper > .p") == PAIRS[n][2].replace("\u00a0", " "), "the newer version's text"
    pairs = page.evaluate(
        """() => [...document.querySelectorAll('.paper > .p .was + ins')].map(ins => {
          const box = node => { const r = node.getBoundingClientRect(); return [r.left, r.right]; };
          return [box(ins.previousElementSibling), box(ins), ins.textContent, ins.classList.contains('island')];
        })"""
    )
    for went, came, word, island in pairs:
        if island or any(unicodedata.bidirectional(letter) in ("R", "AL") for letter in word):
            assert came[1] <= went[0] + 1, f"{word} to the left of what it replaces"
        else:  # inside a Latin name, which is read from left to right
            assert went[1] <= came[0] + 1, f"{word} to the right of what it replaces"
    uncut(page)
