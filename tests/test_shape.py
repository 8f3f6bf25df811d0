"""The shape of a page: one for all the articles of a theme and all requests, another for another theme."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from archive import line_digests
from archive.container import find
from archive.digest import fold_space
from archive.shape import shape_of

THEMES = {
    "magazine": """<html dir="rtl" lang="ar"><head><link rel="stylesheet" href="/wp-content/themes/magazine/style.css?ver={nonce}">
        </head><body class="rtl single single-post postid-{n} single-format-{format} {logged} magazine"><div id="wrap"><main>
        <article id="post-{n}" class="post-{n} post type-post status-publish format-{format} {sticky} hentry category-{section}
        tag-%d8%b3 tag-{n} has-post-thumbnail"><div class="entry-content clearfix" data-nonce="{nonce}">{text}</div>
        </article></main></div></body></html>""",
    "magazine child": """<html dir="rtl" lang="ar"><head><link rel="stylesheet" href="/wp-content/themes/magazine-child/style.css?ver={nonce}">
        </head><body class="rtl single single-post postid-{n} magazine"><div id="wrap"><main>
        <article id="post-{n}" class="post-{n} post hentry category-{section}"><div class="entry-content clearfix">{text}</div>
        </article></main></div></body></html>""",
    "block": """<html><head><style>.x{{}}</style></head><body class="post-template-default single postid-{n}"><div class="wp-site-blocks">
        <main class="wp-block-group"><div class="entry-content wp-block-post-content">{text}</div></main></div></body></html>""",
    "newsroom": """<html><body id="page-{n}"><div class="StandardArticle_container"><div class="StandardArticleBody_body">{text}</div>
        </div></body></html>""",
    "tables": "<html><body><table id='frame'><tr><td class='story'>{text}</td></tr></table></body></html>",
    "headline only": "<html><body><header class='top'><h1>عنوان</h1></header><div>{text}</div></body></html>",
}  # fmt: skip


def page(theme: str, n: int, **given: str) -> str:
    words = {"nonce": "a1b2c3", "format": "standard", "logged": "", "sticky": "", "section": "syria"} | given
    text = "".join(
        f"<p>قال المراسل في الفقرة {k} من الخبر {n} إن الأعمال انتهت قبل الموعد بأيام.</p>" for k in range(n % 5 + 3)
    )
    tree = html.document_fromstring(THEMES[theme].format(n=n, text=text, **words))
    return shape_of(find(tree), tree)


@pytest.mark.parametrize("theme", THEMES)
def test_every_article_and_every_request_has_the_same(theme: str) -> None:
    seen = {
        page(theme, 1),
        page(theme, 17, nonce="ffee99", section="economy"),
        page(theme, 204, format="video", sticky="sticky", section="عربي"),
        page(theme, 5, logged="logged-in has-bar is-late"),
    }
    assert len(seen) == 1
    assert len(seen.pop()) == 8


def test_every_theme_has_its_own() -> None:
    assert len({page(theme, 3) for theme in THEMES}) == len(THEMES)


def test_a_page_with_nothing_known_still_has_one() -> None:
    tree = html.document_fromstring("<p>نص</p>")
    assert len(shape_of(None, tree)) == 8
    deep = html.document_fromstring("<div class='a'>" * 300 + "نص" + "</div>" * 300)
    assert len(shape_of(deep.xpath("//div")[-1], deep)) == 8


class TestLines:
    def test_a_digest_for_each_line_that_is_not_blank(self) -> None:
        assert len(line_digests.split(line_digests.of_text("أول\n\n ثان \nثالث"))) == 3
        assert line_digests.of_text("ثان") == line_digests.of_text("  ثان ") != line_digests.of_text("ثاني")

    @given(st.text(st.sampled_from("اب \t\xa0\u2003\u200c\u0655\u0627\u3000\x1c"), max_size=12))
    def test_it_is_of_the_text_that_t_is_of(self, line: str) -> None:
        told = hashlib.sha256(fold_space(line).encode()).hexdigest()[:8]
        assert line_digests.digest(line) == told

    def test_what_came_and_what_went_each_as_often(self) -> None:
        before, after = line_digests.of_text("أ\nب\nب"), line_digests.of_text("ب\nج\nج")
        came, went = line_digests.difference(before, after)
        assert (came, went) == ([line_digests.digest("ج")] * 2, sorted([line_digests.digest("أ"), line_digests.digest("ب")]))

    def test_texts_are_equal_without_what_is_no_articles_own_and_only_in_the_same_order(self) -> None:
        clutter = {line_digests.digest("تابعونا")}
        plain, called = line_digests.of_text("أ\nب"), line_digests.of_text("أ\nتابعونا\nب")
        turned = line_digests.of_text("ب\nأ\nتابعونا")
        assert line_digests.without(plain, clutter) == line_digests.without(called, clutter)
        assert line_digests.without(plain, clutter) != line_digests.without(turned, clutter)

    def test_a_very_long_body_has_an_end_all_the_same(self) -> None:
        text = "\n".join(map(str, range(2000)))
        assert len(line_digests.of_text(text)) == line_digests.MOST * line_digests.SIZE
        assert line_digests.of_text(text) != line_digests.of_text(f"{text} و")
        assert line_digests.of_digest(text, line_digests.digest("77")) == "77"
        assert line_digests.of_digest(text, "00000000") == ""
