"""What a capture is evidence of: content, an absence, a refusal, a failure. Pure.

Only `content` makes versions and only `gone` makes tombstones, so both need evidence. The reasons:

    content       "" (read; archive.doubt may doubt it), same-payload (a revisit), no-layout (unread until a layout fits)
    not-modified  http-304
    gone          http-404, http-410, http-451, soft-404 (its own word, or like the answer to an address that cannot exist)
    elsewhere     redirect (one hop), redirected (the page at the end of it)
    blocked       http-401 …, challenge, consent, password, paywall
    broken        http-5xx …, timeout, reset …, truncated-…, no-answer, empty-body, too-large, bad-encoding, maintenance,
                  no-text, reader-…
    not-article   front-page, address, wordpress-page, mime
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

from archive.likeness import Fingerprint, alike_as_a_whole
from archive.observation import Class

_CHALLENGE = re.compile(
    r"_cf_chl_opt|cf-browser-verification|/cdn-cgi/challenge-platform/|sucuri_cloudproxy_js|_Incapsula_Resource|"
    r"captcha-delivery\.com|px-captcha|DDoS-Guard|awsWafCookieDomainList|gokuProps|imunify360|slowAES|hcaptcha\.com/1/api|"
    r"recaptcha/api\.js|<title>\s*(?:Just a moment|Attention Required|Checking your browser)",
    re.I,
)
_CONSENT = re.compile(
    r"(?:id|class)=[\"'][^\"']*(?:consent|cookie-?wall|gdpr)|document\.cookie\s*=\s*[\"'][^\"']*consent", re.I
)
_NOT_FOUND = re.compile(r"غير موجود|لم يتم العثور|لا يمكن العثور|(?:page|article) (?:was )?not found|\b404\b", re.I)
# What servers and content systems say of themselves when they cannot serve: titles and headings, never running text.
_MAINTENANCE = re.compile(
    r"صيانة|قيد الإنشاء|قيد التطوير|سنعود قريب|نعود إليكم|غير متاح مؤقت|خطأ في الاتصال بقاعدة|خطأ داخلي|"
    r"maintenance|temporarily (?:unavailable|down|offline)|service unavailable|bad gateway|gateway time-?out|"
    r"internal server error|error establishing|database error|account suspended|coming soon|under construction|be right back|"
    r"over capacity|too many requests|access denied|request blocked|welcome to nginx|default page|it works!|index of /|"
    r"^\s*(?:error|خطأ|5\d\d|4\d\d)\b",
    re.I,
)
_LISTS = frozenset(
    ["home", "blog", "archive", "category", "tag", "author", "date", "search", "page", "attachment", "post-type-archive"]
)
_ARTICLE = re.compile(r"Article\"|articleBody|BlogPosting|og:type[\"']\s+content=[\"']article")
_LOCK = "//form[contains(concat(' ', normalize-space(@class), ' '), ' post-password-form ')]"
# By the descendant axis: the result of // is sorted, in time that grows with the square of a row of siblings.
_VISIBLE = (
    "descendant::body/descendant::text()[not(ancestor::script or ancestor::style or ancestor::noscript or ancestor::template)]"
)
_WORDPRESS = re.compile(r"/wp-(?:content|includes|json)/")
SHORT = 600  # characters: more text than any challenge, consent or "not found" page carries


@dataclass(frozen=True, slots=True)
class Verdict:
    klass: Class
    reason: str


# The outlet's front page; may be an article's address; may not; a page of no outlet's, which somebody asked for.
Place = Literal["front", "article", "outside", "asked"]

CONTENT = Verdict("content", "")
LIKE = Verdict("gone", "soft-404")


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


def by_page(html: str, tree: Any, place: Place, nowhere: Fingerprint | None = None) -> Verdict:
    """What a decoded HTML page is: what it says of itself, what it is like, then what it lacks.

    `nowhere`: the site's own answer to an address that cannot exist; a page that is like it as a whole is a soft 404.
    """
    verdict = _by_own_word(html, tree, place)
    if verdict is not None:
        return verdict
    comparable = nowhere is not None and place == "article" and (nowhere.marked or not marked(html, tree))
    if nowhere is not None and comparable and alike_as_a_whole(nowhere, title_of(tree), visible(tree)):
        return LIKE
    return _by_absence(html, tree) or CONTENT


def _by_own_word(html: str, tree: Any, place: Place) -> Verdict | None:
    words = _words(tree)
    found = (
        ("gone", "soft-404", "error404" in words),
        ("blocked", "password", "post-password-form" in html and bool(tree.xpath(_LOCK))),
        ("not-article", "front-page", place == "front"),
        ("not-article", "address", place == "outside"),
        ("not-article", "wordpress-page", place != "asked" and _is_list(words) and bool(_WORDPRESS.search(html))),
    )
    return next((Verdict(klass, reason) for klass, reason, true in found if true), None)  # type: ignore[arg-type]


def _is_list(words: frozenset[str]) -> bool:
    """WordPress's body class on anything but a post: get_body_class() says `single` on those, and on attachments."""
    return not words.isdisjoint(_LISTS) and ("single" not in words or "attachment" in words)


def ends(html: str) -> bool:
    """<body> or <html> is closed, or never opened: none of 364 real pages left both end tags out."""
    return not re.search(r"<(?:html|body)[\s>]", html, re.I) or bool(re.search(r"</(?:html|body)\s*>", html, re.I))


def marked(html: str, tree: Any) -> bool:
    """Does the page call itself an article: WordPress's body class, schema.org, Open Graph?"""
    return bool(_words(tree) & {"single", "single-post"} or _ARTICLE.search(html))


def title_of(tree: Any) -> str:
    return tree.findtext(".//title") or ""


def visible(tree: Any) -> str:
    """What a reader sees, white space folded."""
    return " ".join(" ".join(tree.xpath(_VISIBLE)).split())


def _words(tree: Any) -> frozenset[str]:
    body = tree.find(".//body")
    return frozenset((body.get("class") or "").split()) if body is not None else frozenset()


def _by_absence(html: str, tree: Any) -> Verdict | None:
    """A short page with no mark of an article on it: a door in front of one, a "not found", or a server in trouble?"""
    text = visible(tree)
    if len(text) > SHORT or marked(html, tree):
        return None
    if _CHALLENGE.search(html):
        return Verdict("blocked", "challenge")
    if _CONSENT.search(html):
        return Verdict("blocked", "consent")
    title, first = title_of(tree), tree.find(".//h1")
    heading = "".join(first.itertext()) if first is not None else ""
    if _NOT_FOUND.search(title) and _NOT_FOUND.search(heading):
        return Verdict("gone", "soft-404")
    if _MAINTENANCE.search(title) and (not heading or _MAINTENANCE.search(heading)):
        return Verdict("broken", "maintenance")
    return None if text else Verdict("broken", "no-text")
