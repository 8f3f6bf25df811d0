"""report.html in a real Chromium, on screen and printed: right to left, harmless, and about this article alone.

WARRAQ_SHOTS=folder keeps the screenshots.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from lxml import html

from archive.prove import facts, report, words
from tests.evidence import NEWER, OLD, SECRET, WANTED, Bundles, kept, unpack
from tests.servers import Server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

KINDS = ["newest", "time", "gone", "front", "never", "between", "returned", "hostile"]


@pytest.fixture(scope="module")
def bundles(weed: Server, tmp_path_factory: pytest.TempPathFactory) -> Bundles:
    return kept(weed, tmp_path_factory.mktemp("bundles"))


def page_of(bundles: Bundles, name: str) -> Any:
    return html.fromstring(bundles.files(name)["report.html"].decode())


def words_of(bundles: Bundles, name: str) -> str:
    return " ".join(page_of(bundles, name).text_content().split())


@pytest.mark.parametrize("name", KINDS)
def test_it_is_one_file_without_scripts(bundles: Bundles, name: str) -> None:
    page = page_of(bundles, name)
    assert bundles.files(name)["report.html"].startswith(b"<!doctype html>")
    assert {element.tag for element in page.iter() if isinstance(element.tag, str)}.isdisjoint(
        {"script", "img", "link", "iframe", "object", "form", "a", "base", "svg"}
    )
    assert not [attribute for element in page.iter() for attribute in element.attrib if attribute.startswith("on") or attribute in ("src", "href", "style")]  # fmt: skip
    (policy,) = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    assert policy == "default-src 'none'; style-src 'unsafe-inline'"
    (style,) = page.xpath("//style/text()")
    assert "url(" not in style
    assert "@import" not in style


def test_it_shows_the_text_the_times_and_how_to_cite(bundles: Bundles) -> None:
    told = words_of(bundles, "newest")
    assert all(paragraph in told for paragraph in NEWER)
    assert "2026-11-01 18:01:41 UTC" in told
    assert "2026-11-02 00:01:41 UTC" in told
    assert "2026-10-30T08:00:00+02:00 article:published_time" in told
    (cite,) = [section for section in page_of(bundles, "newest").xpath("//section") if "How to cite" in section.text_content()]
    said = " ".join(cite.text_content().split())
    capture = re.search(r"captures/1\.warc\.gz · ([0-9a-f]{64})", told)
    assert capture is not None
    for part in ("أخبار السوق، العدد 101", "أخبار الوادي", "/archives/101", "2026-11-01 18:01:41 UTC", capture[1]):
        assert said.count(part) == 2, part  # once in each language


def test_it_shows_what_changed_between_two_versions(bundles: Bundles) -> None:
    page = page_of(bundles, "between")
    assert len(page.xpath("//section[@class='version']")) == 3  # each step, and the whole
    for tag, expected in (("del", "34"), ("ins", "43")):
        assert next(one.text_content() for one in page.xpath(f"(//article)[3]//{tag}")) == expected
    assert "من النسخة 1 إلى النسخة 3" in page.text_content()


def test_it_shows_both_sightings_of_a_page_that_is_gone(bundles: Bundles) -> None:
    told = words_of(bundles, "gone")
    assert all(paragraph in told for paragraph in OLD)
    for part in ("First found missing", "Absence confirmed", "2026-11-01 06:01:42 UTC", "2026-11-01 18:01:42 UTC", "HTTP 404"):
        assert part in told
    assert "found missing 2026-11-01 06:01:42 UTC" in told
    led = words_of(bundles, "front")
    assert re.search(r"/archives/103 ← http://127\.0\.0\.1:\d+/ ", led)


def test_everything_is_said_in_both_languages(bundles: Bundles) -> None:
    for pairs in (words.LABELS, words.CLASSES, words.ROLES, words.STATES, words.MODES, words.RELATIONS):
        for name, (arabic, english) in pairs.items():
            assert re.search("[\u0621-\u064a]", arabic), name
            assert english.isascii(), name
    page = page_of(bundles, "gone")
    assert (page.get("lang"), page.get("dir")) == ("ar", "rtl")
    for heading in page.xpath("//h2"):
        assert [(one.get("lang"), one.get("dir")) for one in heading] == [("ar", "rtl"), ("en", "ltr")]


@pytest.mark.parametrize("name", KINDS)
def test_no_other_article_is_in_it(bundles: Bundles, name: str) -> None:
    told = words_of(bundles, name)
    mine = WANTED[name][0]
    assert {int(number) for number in re.findall(r"/archives/(\d+)", told)} == {mine}
    assert {int(number) for number in re.findall(r"العدد (\d+)", told)} <= {mine}
    assert SECRET[0] not in told


def test_hostile_text_is_shown_as_text(bundles: Bundles) -> None:
    page = page_of(bundles, "hostile")
    (title,) = page.xpath("//h1")
    assert title.text_content() == "سوق <script src=//evil.example/x.js></script> U+202Eمقلوب <img src=x onerror=alert(1)>"
    assert [one.text for one in title] == ["U+202E"]
    assert "\u202e" not in page.text_content()


def test_what_would_hide_or_reorder_is_named_and_what_belongs_to_words_stays() -> None:
    assert str(report.visible("می\u200cخواهم\u200f <b>")) == "می\u200cخواهم\u200f &lt;b&gt;"
    assert report.visible("a\u202eb\x00\u2066\ufeff").count("<code") == 4
    assert report.visible("\ud800") == '<code class="cp">U+D800</code>'


def test_the_same_contents_give_the_same_page(bundles: Bundles) -> None:
    for name in KINDS:
        contents = bundles.files(name)
        assert report.render(facts.load(contents["manifest.json"]), contents) == contents["report.html"]


# In a browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    sync = pytest.importorskip("playwright.sync_api")
    path = next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip("no Chromium here: apt-get install chromium")
    quiet = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
    with sync.sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=path, args=[*quiet, "--disable-component-update", "--disable-sync"]
        )
        yield started
        started.close()


@pytest.fixture(params=[("screen", 1100), ("screen", 360), ("print", 794)], ids=lambda param: f"{param[0]}-{param[1]}")
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    """A page of that width and medium; anything on the console, and any request but for files, fails the test."""
    media, width = request.param
    page = browser.new_page(viewport={"width": width, "height": 900})
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda asked: None if asked.url.startswith("file:") else said.append(asked.url))
    page.emulate_media(media=media)
    yield page
    page.close()
    assert said == []


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("name", ["between", "gone", "hostile"])
def test_it_reads_right_to_left_in_chromium(bundles: Bundles, page: Page, name: str, tmp_path: Path) -> None:
    page.goto(f"file://{unpack(bundles.made[name], tmp_path).resolve()}/report.html")
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    assert page.evaluate("document.scripts.length + document.images.length") == 0
    direction = "getComputedStyle(document.querySelector('%s')).direction"
    assert [page.evaluate(direction % one) for one in ("h1", ".text", "h2 > [lang=ar]", "h2 > [lang=en]", "pre")] == ["rtl", "rtl", "rtl", "ltr", "ltr"]  # fmt: skip
    arabic, english = (page.locator(f"h2 > [lang={language}]").first.bounding_box() for language in ("ar", "en"))
    assert arabic is not None
    assert english is not None
    assert arabic["x"] > english["x"], "Arabic stands on the right"
    if folder := os.environ.get("WARRAQ_SHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        size = page.viewport_size or {"width": 0}
        media = "print" if size["width"] == 794 else "screen"
        page.screenshot(path=f"{folder}/report-{name}-{media}-{size['width']}.png", full_page=True)


@pytest.mark.slow
@pytest.mark.browser
def test_it_prints_on_a4(bundles: Bundles, browser: Browser, tmp_path: Path) -> None:
    page = browser.new_page()
    page.goto(f"file://{unpack(bundles.made['newest'], tmp_path).resolve()}/report.html")
    printed = page.pdf(prefer_css_page_size=True)
    page.close()
    sizes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", printed)
    assert sizes
    assert {(round(float(w)), round(float(h))) for w, h in sizes} == {(595, 842)}
