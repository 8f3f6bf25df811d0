"""What outlets may write, in a real Chromium, on the pages of the reading room: nothing runs, nothing is asked for elsewhere,
and our own labels stand where they stood. Titles, texts, authors, captions, picture names, dates, lists, seed files carry it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from archive.catalog.rows import HistoryRow
from tests.browser.test_collation import browser, serve  # noqa: F401
from tests.web.cases import EDITED, Shelf, snapshot

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.long]
RUN = "window.__ran=1"
MARKUP = [
    f"<script>{RUN}</script>",
    f"</title><script>{RUN}</script>",
    f"</textarea><script>{RUN}</script>",
    f"--><script>{RUN}</script>",
    f"]]><script>{RUN}</script>",
    f"<ScRiPt>{RUN}</sCrIpT>",
    f"<script\n>{RUN}</script\n>",
    f"<img src=x onerror={RUN}>",
    f'"><img src=x onerror="{RUN}">',
    f"'><img src=x onerror='{RUN}'>",
    f"`><img src=x onerror=`{RUN}`>",
    f"<svg onload={RUN}>",
    f"<svg><animate onbegin={RUN} attributeName=x dur=1s>",
    f"<svg><script>{RUN}</script></svg>",
    f"<math><mtext><script>{RUN}</script></mtext></math>",
    f"<body onload={RUN}>",
    f"<details open ontoggle={RUN}>",
    f"<video><source onerror={RUN}></video>",
    f"<audio src=x onerror={RUN}>",
    f"<iframe srcdoc='<script>parent.{RUN}</script>'></iframe>",
    f"<iframe src=javascript:parent.{RUN}></iframe>",
    f"<object data='javascript:{RUN}'></object>",
    f"<embed src='javascript:{RUN}'>",
    f"<a href=javascript:{RUN}>اضغط</a>",
    f"javascript:{RUN}",
    f"JaVaScRiPt:{RUN}//",
    f"java\tscript:{RUN}",
    f"data:text/html,<script>{RUN}</script>",
    f"vbscript:{RUN}",
    f"<form action=javascript:{RUN}><button>إرسال</button></form>",
    f"<input autofocus onfocus={RUN}>",
    "<style>@import 'http://evil.invalid/x.css';</style><style>*{display:none}</style>",
    "<link rel=stylesheet href=http://evil.invalid/x.css>",
    "<meta http-equiv=refresh content='0;url=http://evil.invalid/'>",
    "<base href=http://evil.invalid/>",
    '" style="position:fixed;inset:0;background:red" x="',
    f"' onmouseover='{RUN}' autofocus onfocus='{RUN}",
    "{{ 7 * 7 }}{% raw %}${7*7}#{7*7}<%= 7*7 %>",
    f"\x00<scr\x00ipt>{RUN}</script>",
    f"&lt;script&gt;{RUN}&lt;/script&gt;",
    f"+ADw-script+AD4-{RUN}+ADw-/script+AD4-",
]
TURNING = [
    "\u202eمقلوب reversed",
    "\u2067\u2067\u2067 never closed",
    "\u2069\u2069\u202e PDI first, then an override",
    "\u202d\u202a\u202b embeddings without an end",
    "\u200f\u200e\u061c marks \u2066 and an isolate",
]
LONG = [
    "ك" * 3000,
    "W" * 3000,
    "سـ" * 1500,
    "\u0301" * 500 + "علامات",
    "\u2028\u2029سطر\x85\x0b\x0c",
]
# Markup is escaped or it is not: a few together are one visit. What turns and what is long is tried alone.
PAYLOADS = [*(" ".join(MARKUP[n : n + 6]) for n in range(0, len(MARKUP), 6)), *TURNING, *LONG]


class _Written(Shelf):
    """The edited article with one payload in everything that an outlet writes."""

    payload = ""

    def history(self, article: str) -> HistoryRow:
        found, bad = super().history(article), self.payload
        row = replace(
            found.article, title=bad, url=f"https://x.example/{bad}", reason=bad, moved_to=bad, post=bad, published=bad
        )
        versions = tuple(
            replace(one, title=bad, language="ar", layout=bad, published=bad, modified=bad, url=bad) for one in found.versions
        )
        events = tuple(replace(one, title=bad, reason=bad, url=bad, kinds=("gone",)) for one in found.events)
        links = tuple(replace(one, name=bad) for one in found.links)
        captures = tuple(replace(one, reason=bad, klass=bad, url=bad, found=bad) for one in found.captures)
        self._texts(versions)
        return HistoryRow(row, versions, events, links, captures)

    def _texts(self, versions: Any) -> None:
        bad = self.payload
        for n, version in enumerate(versions):
            words = dict.fromkeys(("subtitle", "byline", "agency", "place", "section"), bad)
            date = {"value": bad, "source": bad, "printed": bad, "confidence": "low"}
            pictures = [{"url": bad, "role": bad, "caption": bad, "alt": bad, "mime": bad, "sha256": "5e" * 32, "missing": bad}]
            more = {**words, "authors": [bad], "tags": [bad], "published": date, "modified": date, "log": [bad]}
            more |= {"pictures": pictures, "videos": [{"address": bad, "thumbnail": bad}]}
            text = f"فقرة {'قبل' if n else 'بعد'}\n{bad}\nنص {bad} وبعده {n}"
            self.objects[version.snapshot] = snapshot(bad, text, **more)

    def changes(self, *given: Any, **narrower: Any) -> list[Any]:
        return [replace(one, title=self.payload, reason=self.payload) for one in super().changes(*given, **narrower)]

    def announced(self, outlet: str, article: str) -> list[Any]:
        return [replace(one, title=self.payload, published=self.payload) for one in super().announced(outlet, article)]

    def seed_files(self) -> list[Any]:
        return [replace(one, name=self.payload) for one in super().seed_files()]

    def linked(self, sha256: str, article: str = "") -> list[Any]:
        return [replace(one, title=self.payload, url=self.payload) for one in super().linked(sha256, article)]


@pytest.fixture(scope="module")
def written() -> Iterator[tuple[str, _Written]]:
    shelf = _Written()
    with serve(shelf) as address:
        yield address, shelf


@pytest.fixture
def watched(browser: Browser) -> Iterator[tuple[Page, list[str]]]:  # noqa: F811
    context = browser.new_context(viewport={"width": 360, "height": 800}, locale="en")
    page, asked = context.new_page(), list[str]()
    page.set_default_timeout(90_000)
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: (asked.append("dialog"), dialog.dismiss()))
    yield page, asked
    context.close()


PATHS = (
    f"/article/{EDITED}",
    f"/compare/{EDITED}",
    f"/compare/{EDITED}?view=side&fold=1&lang=ar",
    "/changes",
    "/seeds",
    f"/seeds/{'77' * 32}?article={EDITED}",
)


def test_there_are_enough_of_them() -> None:
    assert len({*MARKUP, *TURNING, *LONG}) >= 50


@pytest.mark.parametrize("n", range(len(PAYLOADS)))
def test_nothing_that_was_written_runs_or_moves_our_labels(
    written: tuple[str, _Written], watched: tuple[Page, list[str]], n: int
) -> None:
    (address, shelf), (page, asked) = written, watched
    shelf.payload = PAYLOADS[n]
    for path in PATHS:
        answer = page.goto(f"{address}{path}")
        assert answer is not None
        assert answer.status == 200, path
        assert page.evaluate("window.__ran") is None, path
        assert [url for url in asked if not url.startswith(address)] == [], path
        assert page.evaluate("document.querySelectorAll('script').length") == 1
        assert page.evaluate("document.querySelectorAll('iframe, object, embed, base, form:not(.filter)').length") == 0
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{path} sticks out by {wide}"
        assert page.evaluate(LABELS) == [], path
        hrefs = page.evaluate("[...document.querySelectorAll('[href],[src],[action]')].map(e => e.href || e.src || e.action)")
        assert not [href for href in hrefs if isinstance(href, str) and not href.startswith(("http://", "https://"))], path


# Our own words whose letters do not run from left to right (or from right to left in Arabic) any more.
LABELS = """
() => [...document.querySelectorAll('dt, th[scope=col], h2, label, .bar a')].filter(label => {
  const arabic = document.documentElement.dir === 'rtl', node = [...label.childNodes].find(one => one.nodeType === 3 && one.data.trim());
  if (!node || !label.getClientRects().length) return false;
  const letters = [];
  for (let at = 0; at < node.data.length; at++) {
    if (!/[A-Za-z\\u0621-\\u064a]/.test(node.data[at])) continue;
    const range = document.createRange(); range.setStart(node, at); range.setEnd(node, at + 1);
    const box = range.getBoundingClientRect();
    letters.push([box.left + box.width / 2, box.top, /[A-Za-z]/.test(node.data[at])]);
  }
  return letters.some(([x, y, latin], n) => {
    if (!n || Math.abs(letters[n - 1][1] - y) > 3 || latin !== letters[n - 1][2]) return false;
    return latin ? x < letters[n - 1][0] : x > letters[n - 1][0];
  });
}).map(label => label.textContent.slice(0, 60))
"""
