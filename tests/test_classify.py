"""What a capture is evidence of: nothing makes a tombstone or a version without evidence for it."""

from __future__ import annotations

import pytest
from lxml import html as lxml_html

from archive.classify import Place, by_exchange, by_page, ends

LONG = "<p>" + "جملة من نص طويل عن موسم الحصاد في السهل. " * 20 + "</p>"
WP = '<link rel="stylesheet" href="/wp-content/themes/x/style.css">'


def verdict(page: str, place: Place = "article") -> str:
    found = by_page(page, lxml_html.document_fromstring(page), place)
    return f"{found.klass} {found.reason}".strip()


def page(body: str, classes: str = "", head: str = "") -> str:
    return f'<!DOCTYPE html><html lang="ar"><head>{head}</head><body class="{classes}">{body}</body></html>'


@pytest.mark.parametrize(
    ("status", "klass", "reason"),
    [
        (304, "not-modified", "http-304"),
        (404, "gone", "http-404"),
        (410, "gone", "http-410"),
        (451, "gone", "http-451"),
        (401, "blocked", "http-401"),
        (403, "blocked", "http-403"),
        (429, "blocked", "http-429"),
        (500, "broken", "http-500"),
        (503, "broken", "http-503"),
        (400, "broken", "http-400"),
        (206, "broken", "http-206"),
        (301, "elsewhere", "redirect"),
        (308, "elsewhere", "redirect"),
        (0, "broken", "no-answer"),
    ],
)
def test_a_status_decides(status: int, klass: str, reason: str) -> None:
    found = by_exchange(status, "", "", challenged=False)
    assert found is not None
    assert (found.klass, found.reason) == (klass, reason)


def test_a_failed_or_truncated_exchange_tells_nothing_whatever_its_status() -> None:
    for status in (0, 200, 404, 301):
        for failure, truncated, reason in (
            ("timeout", "", "timeout"),
            ("", "length", "truncated-length"),
            ("reset", "disconnect", "reset"),
        ):
            found = by_exchange(status, failure, truncated, challenged=False)
            assert found is not None
            assert (found.klass, found.reason) == ("broken", reason)


def test_a_challenge_is_a_refusal_but_an_absence_stays_one() -> None:
    assert by_exchange(200, "", "", challenged=False) is None
    found = [by_exchange(status, "", "", challenged=True) for status in (200, 403, 503, 404)]
    assert [one and one.klass for one in found] == ["blocked", "blocked", "blocked", "gone"]


def test_wordpress_tells_a_post_from_a_list_and_a_soft_404() -> None:
    assert verdict(page(LONG, "rtl single single-post postid-4", WP)) == "content"
    assert verdict(page(LONG, "rtl home blog", WP)) == "not-article wordpress-page"
    assert verdict(page(LONG, "archive category category-4", WP)) == "not-article wordpress-page"
    assert verdict(page(LONG, "page-template-default page page-id-2", WP)) == "not-article wordpress-page"
    assert verdict(page(LONG, "single single-attachment attachment", WP)) == "not-article wordpress-page"
    assert verdict(page(LONG, "rtl error404", WP)) == "gone soft-404"
    assert verdict(page(LONG, "page article-page")) == "content"  # not WordPress: `page` means nothing


def test_a_password_form_is_a_refusal() -> None:
    form = '<form action="/wp-login.php?action=postpass" class="post-password-form" method="post"><input name="post_password"></form>'
    assert verdict(page(form, "single single-post postid-4", WP)) == "blocked password"
    assert verdict(page(LONG + "<p>post-password-form</p>", "single", WP)) == "content"


def test_the_address_decides_before_the_page() -> None:
    assert verdict(page(LONG), "front") == "not-article front-page"
    assert verdict(page(LONG), "outside") == "not-article address"


def test_a_page_that_breaks_off_is_told() -> None:
    whole = page(LONG)
    assert ends(whole)
    assert not ends(whole[: len(whole) // 2])
    assert ends(f"<h1>عنوان</h1>{LONG}")  # never opened <html>, so it need not close it


def test_doors_in_front_of_a_page_are_refusals() -> None:
    challenge = '<h1>One moment</h1><script>window._cf_chl_opt={cvId:"3"};</script>'
    consent = '<div id="consent"><h1>نهتم بخصوصيتك</h1><form><button onclick="document.cookie=\'consent=1\'">موافق</button></form></div>'
    assert verdict(page(challenge)) == "blocked challenge"
    assert verdict(page(consent)) == "blocked consent"
    assert verdict(page(LONG + consent + challenge)) == "content"  # a banner over a real text is none


def test_a_soft_404_needs_title_and_heading() -> None:
    said = "<h1>عذراً، الصفحة غير موجودة</h1><p>ربما حذفت.</p>"
    assert verdict(page(said, head="<title>الصفحة غير موجودة</title>")) == "gone soft-404"
    assert verdict(page(said, head="<title>أخبار اليوم</title>")) == "content"
    assert verdict(page(said + LONG, head="<title>الصفحة غير موجودة</title>")) == "content"


def test_an_empty_page_tells_nothing() -> None:
    assert verdict(page("<script>render()</script><div id=app></div>")) == "broken no-text"
