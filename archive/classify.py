"""What a capture is evidence of: content, an absence, a refusal, a failure. Pure.

Only `content` makes versions and only `gone` makes tombstones, so both need evidence. The reasons:

    content       "" (read), same-payload (a revisit), no-layout (unread until a layout fits)
    not-modified  http-304
    gone          http-404, http-410, http-451, soft-404
    elsewhere     redirect (one hop), redirected (the page at the end of it)
    blocked       http-401 …, challenge, consent, password
    broken        http-5xx …, timeout, reset …, truncated-…, no-answer, empty-body, bad-encoding, cut-short, no-text, reader-…
    not-article   front-page, address, wordpress-page, mime
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

from archive.observation import Class

_CHALLENGE = re.compile(
    r"_cf_chl_opt|cf-browser-verification|/cdn-cgi/challenge-platform/|sucuri_cloudproxy_js|_Incapsula_Resource|"
    r"captcha-delivery\.com|px-captcha|DDoS-Guard|<title>\s*(?:Just a moment|Attention Required|Checking your browser)",
    re.I,
)
_CONSENT = re.compile(
    r"(?:id|class)=[\"'][^\"']*(?:consent|cookie-?wall|gdpr)|document\.cookie\s*=\s*[\"'][^\"']*consent", re.I
)
_NOT_FOUND = re.compile(r"غير موجود|لم يتم العثور|لا يمكن العثور|(?:page|article) (?:was )?not found|\b404\b", re.I)
_LISTS = frozenset(
    ["home", "blog", "archive", "category", "tag", "author", "date", "search", "page", "attachment", "post-type-archive"]
)
_ARTICLE = re.compile(r"Article\"|articleBody|BlogPosting|og:type[\"']\s+content=[\"']article")
_LOCK = "//form[contains(concat(' ', normalize-space(@class), ' '), ' post-password-form ')]"
_VISIBLE = "//body//text()[not(ancestor::script or ancestor::style or ancestor::noscript or ancestor::template)]"
_WORDPRESS = re.compile(r"/wp-(?:content|includes|json)/")
SHORT = 600  # characters: more text than any challenge, consent or "not found" page carries


@dataclass(frozen=True, slots=True)
class Verdict:
    klass: Class
    reason: str


# The outlet's front page; may be an article's address; may not; a page of no outlet's, which somebody asked for.
Place = Literal["front", "article", "outside", "asked"]

CONTENT = Verdict("content", "")


_STATUS: dict[int, Class] = {
    304: "not-modified",
    **dict.fromkeys((404, 410, 451), "gone"),
    **dict.fromkeys((401, 402, 403, 405, 406, 407, 429), "blocked"),
}


def by_exchange(status: int, failure: str, truncated: str, *, challenged: bool) -> Verdict | None:
    """What status and connection alone decide; None for a complete 200 answer (RFC 9110 §15)."""
    if failure or truncated:
        return Verdict("broken", failure or f"truncated-{truncated}")
    if status in (200, 203) and not challenged:
        return None
    if challenged and status not in (404, 410, 451):
        return Verdict("blocked", "challenge")
    if 300 <= status < 400 and status != 304:
        return Verdict("elsewhere", "redirect")
    return Verdict(_STATUS.get(status, "broken"), f"http-{status}" if status else "no-answer")


def by_page(html: str, tree: Any, place: Place) -> Verdict:
    """What a decoded HTML page is: first what it says of itself, then what it lacks."""
    body = tree.find(".//body")
    words = frozenset((body.get("class") or "").split()) if body is not None else frozenset()
    return _by_own_word(html, tree, words, place) or _by_absence(html, tree, words) or CONTENT


def _by_own_word(html: str, tree: Any, words: frozenset[str], place: Place) -> Verdict | None:
    found = (
        ("gone", "soft-404", "error404" in words),
        ("blocked", "password", "post-password-form" in html and bool(tree.xpath(_LOCK))),
        ("not-article", "front-page", place == "front"),
        ("not-article", "address", place == "outside"),
        ("not-article", "wordpress-page", place != "asked" and _is_list(words) and bool(_WORDPRESS.search(html))),
        ("broken", "cut-short", _cut_short(html)),
    )
    return next((Verdict(klass, reason) for klass, reason, true in found if true), None)  # type: ignore[arg-type]


def _is_list(words: frozenset[str]) -> bool:
    """WordPress's body class on anything but a post: get_body_class() says `single` on those, and on attachments."""
    return not words.isdisjoint(_LISTS) and ("single" not in words or "attachment" in words)


def _cut_short(html: str) -> bool:
    """Opened, but neither <body> nor <html> closed: none of 364 real pages left both end tags out."""
    return bool(re.search(r"<html[\s>]", html[:2000], re.I)) and not re.search(r"</(?:html|body)\s*>", html, re.I)


def _by_absence(html: str, tree: Any, words: frozenset[str]) -> Verdict | None:
    """A short page with no mark of an article on it: is it a door in front of one, or a "not found"?"""
    if words & {"single", "single-post"} or _ARTICLE.search(html):
        return None
    text = " ".join(tree.xpath(_VISIBLE))
    if len(" ".join(text.split())) > SHORT:
        return None
    if _CHALLENGE.search(html):
        return Verdict("blocked", "challenge")
    if _CONSENT.search(html):
        return Verdict("blocked", "consent")
    title, heading = tree.findtext(".//title") or "", tree.find(".//h1")
    if heading is not None and _NOT_FOUND.search(title) and _NOT_FOUND.search("".join(heading.itertext())):
        return Verdict("gone", "soft-404")
    return None if text.strip() else Verdict("broken", "no-text")
