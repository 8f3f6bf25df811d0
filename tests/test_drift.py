"""A site that changes its theme in the middle of a run, or its boilerplate: one alarm, no edit, and all is repaired."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.errors import Refused
from archive.steps.workshop import Outcome
from tests.faults import site as faulty
from tests.servers import Server
from tests.wadi import Wadi, new_run, wadi

ARTICLES = 14
OLD_LAYOUT = """
[[layouts]]
name = "old"
match = "//div[@class='entry-content']"
body = "//div[@class='entry-content']"
"""
NEW_LAYOUT = """
[[layouts]]
name = "new"
match = "//section[contains(@class, 'story-text')]"
body = "//section[contains(@class, 'story-text')]"
prune = ["//*[@class='more']"]
"""


def new_theme(article: faulty.Article, base: str) -> bytes:
    """The same articles in another theme: other elements, and inside the text a box of other headlines."""
    text = "".join(f"<p>{p}</p>" for p in article.paragraphs)
    others = "".join(f"<p>وكان الوادي قد شهد الحدث رقم {article.number * n} أمام جمع من الأهالي والضيوف.</p>" for n in (3, 5))
    return f"""<!DOCTYPE html><html lang="ar" dir="rtl"><head><meta charset="utf-8"><title>{article.title}</title>
<link rel="stylesheet" href="{base}/wp-content/themes/manara/style.css">
<link rel="shortlink" href="{base}/?p={article.number}"><meta property="og:type" content="article"><meta property="og:title" content="{article.title}">
<meta property="article:published_time" content="2026-03-{1 + article.number % 28:02d}T08:00:00+00:00"></head>
<body class="single postid-{article.number} manara"><main class="page"><h1 class="headline">{article.title}</h1>
<section class="story-text entry-content">{text}<div class="more">{others}</div></section></main></body></html>""".encode()


@pytest.fixture
def themes(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """After so many pages of articles, the theme is the new one: `after`; `served` counts them."""
    state, old = {"served": 0, "after": 10**9}, faulty.page_of

    def page_of(article: faulty.Article, base: str) -> bytes:
        state["served"] += 1
        return (new_theme if state["served"] > state["after"] else old)(article, base)

    monkeypatch.setattr(faulty, "page_of", page_of)
    return state


@pytest.fixture
def at(weed: Server, tmp_path: Path) -> Iterator[Wadi]:
    with wadi(weed, tmp_path, articles=ARTICLES) as made:
        yield made


def look_again(at: Wadi) -> tuple[Outcome | None, str]:
    """A run that looks at everything: what inspect gave, and what it said or refused."""
    run = new_run(at.shop())
    at.step("plan", run, everything=True)
    for name in ("crawl", "extract", "seal"):
        at.step(name, run, *([1] if name == "crawl" else []))
    at.said.clear()
    try:
        done = at.step("inspect", run)
    except Refused as error:
        return None, "\n".join([*at.said, str(error)])
    return done, done.line


def edits(at: Wadi) -> list[tuple[int, str]]:
    rows = at.shop().catalog.changes(limit=1000)
    return sorted((int(row.url.rpartition("/")[2]), "+".join(row.kinds)) for row in rows if row.kinds != ("new",))


def rebuilt(at: Wadi) -> bool:
    before = at.shop().catalog.tables()
    from archive.steps.rebuild import rebuild

    shop = at.shop()
    rebuild(shop, {"wadi": shop.outlet("wadi")}, lambda *_: None)
    return shop.catalog.tables() == before


@pytest.mark.parametrize(
    "layouts",
    [
        pytest.param(OLD_LAYOUT, id="matched", marks=pytest.mark.long),
        pytest.param('[[layouts]]\nname = "plain"\nbody = ""\n', id="plain", marks=pytest.mark.slow),
        pytest.param("", id="none", marks=pytest.mark.long),
    ],
)
def test_a_theme_switched_in_the_middle_of_a_run(at: Wadi, themes: dict[str, int], layouts: str) -> None:
    at.outlet_file(layouts)
    at.run()
    assert edits(at) == []
    themes["after"] = themes["served"] + ARTICLES // 2
    done, said = look_again(at)
    assert done is None, "a person must act: red, once"
    assert "ALARM: " in said
    assert ("old" if "old" in layouts else "plain" if "plain" in layouts else "layout") in said
    assert said.count("/archives/") >= 5
    assert edits(at) == [], "nothing is called an edit"
    done, said = look_again(at)
    assert done is not None, "the run after is not red"
    assert "alarm since" in said
    assert edits(at) == []
    at.site.edit(3)
    look_again(at)
    assert edits(at) == []
    at.outlet_file(NEW_LAYOUT + OLD_LAYOUT)
    assert at.call("reread", "--outlet", "wadi").returncode == 0
    assert edits(at) == [(3, "body")], "late, and not lost"
    found = at.shop().catalog.drift("wadi")
    assert (found.waiting, at.shop().catalog.unread("wadi")) == (0, [])
    assert [one for one in found.standing if one.fault == "look"] == []
    done, said = look_again(at)
    assert done is not None
    assert "look at them" not in said
    assert edits(at) == [(3, "body")]
    assert rebuilt(at)


@pytest.mark.long
def test_a_look_that_a_person_accepts(at: Wadi, themes: dict[str, int]) -> None:
    at.run()
    themes["after"] = themes["served"]
    _, said = look_again(at)
    shape = said.partition("accept-layout wadi ")[2][:8]
    refused = at.call("accept-layout", "wadi", "00000000", "--reason", "x")
    assert (refused.returncode, shape in refused.stderr) == (78, True)
    accepted = at.call("accept-layout", "wadi", shape, "--reason", "the new theme")
    assert accepted.returncode == 0, accepted.stderr
    assert f"{ARTICLES} articles wait no more" in accepted.stdout
    assert at.call("accept-layout", "wadi", shape, "--reason", "again").returncode == 99
    at.site.edit(5)
    done, said = look_again(at)
    assert done is not None
    assert "alarm since" not in said
    assert edits(at) == [(5, "body")]
    assert rebuilt(at)
    assert at.verified().findings == []


def test_a_line_that_comes_into_every_article(at: Wadi, monkeypatch: pytest.MonkeyPatch) -> None:
    at.outlet_file(OLD_LAYOUT)
    assert "larm" not in at.run()["inspect"].line
    assert at.call("drift", "wadi").stdout.startswith("wadi: 0 alarms, 0 articles wait")
    old, call = faulty.page_of, "صفحتنا الجديدة في انتظاركم كل مساء"

    def page_of(article: faulty.Article, base: str) -> bytes:
        return old(article, base).replace(b"</div></article>", f"<p>{call}</p></div></article>".encode())

    monkeypatch.setattr(faulty, "page_of", page_of)
    at.site.edit(2)
    done, said = look_again(at)
    assert done is not None, "nothing that a person must do at once"
    assert f"«{call}»" in said
    assert edits(at) == [(2, "body")]
    assert "alarm since" in at.call("status").stdout
    told = at.call("drift", "wadi").stdout
    assert "one line stands in" in told
    assert told.count("ALARM") == 1
    assert rebuilt(at)
