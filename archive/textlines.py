"""The text of a page as lines, and which of them are no text of the article. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import Any

from archive.digest import skeleton

_BLOCKS = frozenset((
    "address", "article", "aside", "blockquote", "body", "br", "caption", "center", "dd", "details", "dialog", "div", "dl",
    "dt", "fieldset", "figure", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hgroup", "hr", "html", "legend", "li",
    "main", "menu", "nav", "ol", "option", "p", "pre", "section", "summary", "table", "tbody", "tfoot", "thead", "tr", "ul",
))  # fmt: skip
_SPACE = re.compile("[ \t\r\n\f]+")  # what a browser folds; NBSP, ZWNJ and bidi marks are letters to it
_PARAGRAPH = 400  # letters of a line that no rule of ours is about
_LONG = 30  # letters of a line that cannot be in another text by chance

_ALSO = (
    r"(?:[إا]?قرأ|شاهد|طالع|[إا]قرؤوا|للمزيد [إا]قرأ)\s*(?:أيض\S*|ايض\S*|المزيد|كذلك)|"
    r"(?:بیشتر|همچنین) بخوانید|(?:read|see) (?:also|more)|also read|related(?: (?:articles?|stor(?:y|ies)|posts?))?|"
    r"lire aussi|à lire aussi|lesen sie auch|lee también|leggi anche|czytaj (?:też|także|więcej)"
)
CUE = re.compile(rf"\W*(?:{_ALSO})\W*", re.I)  # words that announce links to other articles, and nothing else
_NUMBER = r"[\d٠-٩۰-۹][\d٠-٩۰-۹.,٫٬]*\s*[KkMm]?"
_NETWORK = (
    r"تلغرام|تل[يي]?[جغق]رام|ت[يی]ل[يی]?غرام|فيس\s?بوك|تويتر|واتس\s?[اآأ]ب|يوتيوب|انستغرام|إنستغرام|انستقرام|تيك توك|غوغل نيوز|"
    r"أخبار جوجل|منص[ةه] إكس|telegram|facebook|twitter|whatsapp|youtube|instagram|tiktok|google news|t\.me/|fb\.com|https?://"
)
_CALL = (
    r"تابعونا|تابعنا|تابعوا (?:قناتنا|صفحتنا|حسابنا|آخر)|[إا]شترك(?:وا)? (?:في|ب)(?:قناتنا|قناة|نشرتنا)|"
    r"[اإ]نضم(?:وا)? (?:إلى|الى) (?:قناتنا|قناة|مجموعتنا)|لمتابعة|follow us|join our|subscribe to our"
)
# What themes and plugins put among an article's paragraphs: another thing at every request, or never the article's.
_COMMON = {
    "relative time": re.compile(
        r"(?:منذ|قبل) (?:\S+ )?(?:ثاني|ثوان|دقيق|دقائق|ساع|يوم|أيام|أسبوع|أسابيع|شهر|أشهر|سن)\S*(?: واحدة?)?"
    ),
    "counter": re.compile(
        rf"{_NUMBER}\s*(?:مشاهدات|مشاهدة|زيارات|زيارة|قراءات|قراءة|views?|reads?)|"
        rf"(?:عدد )?(?:المشاهدات|الزيارات|القراءات|مشاهدات|views)\s*[:：]?\s*{_NUMBER}",
        re.I,
    ),
    "read also": re.compile(rf"\W*(?:{_ALSO})\s*[:：|].{{0,300}}", re.I),
    "call to follow": re.compile(rf"\W*(?:{_CALL})\b(?=.{{0,160}}(?:{_NETWORK})).{{0,160}}", re.I),
    "heading of a box": re.compile(
        r"(?:مقالات|مواضيع|موضوعات|أخبار|اخبار)? ?ذات صلة\s*:?|(?:شاركها|شارك (?:هذا )?(?:الموضوع|الخبر|المقال|المقالة))\s*:?|"
        r"(?:زر الذهاب|العودة|الرجوع) إلى الأعلى|[أا]ظهر المزيد|الوسوم\s*:?"
    ),
}


def lines_of(element: Any) -> list[str]:
    """The text under `element` as lines: a block or <br> ends one. Nothing but HTML white space is folded."""
    return [line for _, line in placed(element)]


def placed(element: Any) -> list[tuple[Any, str]]:
    """The same, each with the innermost element that holds its first letter."""
    found: list[tuple[Any, str]] = []
    pieces: list[str] = []
    first: Any = None
    for ends, piece, holder in _walk(element):
        if not ends:
            pieces.append(piece)
            first = holder if first is None and piece.strip(" \t\r\n\f") else first
            continue
        if first is not None:
            found.append((first, _SPACE.sub(" ", "".join(pieces)).strip(" ")))
        pieces, first = [], None
    if first is not None:
        found.append((first, _SPACE.sub(" ", "".join(pieces)).strip(" ")))
    return found


def _walk(root: Any) -> Iterator[tuple[bool, str, Any]]:
    """(True, …) where a line ends, (False, text, element) for text, in document order and without recursion."""
    from lxml import etree

    for event, element in etree.iterwalk(root, events=("start", "end")):
        if element.tag in _BLOCKS:
            yield True, "", None
        elif element.tag in ("td", "th") and event == "start":
            yield False, " ", element
        text = element.text if event == "start" else element.tail if element is not root else None
        if text:
            yield False, text, element if event == "start" else element.getparent()


def without(lines: Iterable[str], patterns: Iterable[str], title: str) -> tuple[list[str], list[str]]:
    """`lines` without what is never the article's, what `patterns` (of whole lines) say, and a headline repeated on top.

    The second list is the log: "reason: line" for each that was removed.
    """
    own = [("line", re.compile(pattern)) for pattern in patterns]
    rules = own + list(_COMMON.items())
    headline = skeleton(title)
    kept: list[str] = []
    removed: list[str] = []
    for line in lines:
        plain = line.removeprefix("- ").strip()
        if not kept and headline and skeleton(line) == headline:
            removed.append(f"headline: {line}")
        elif reason := next((name for name, rule in (rules if len(plain) < _PARAGRAPH else own) if rule.fullmatch(plain)), ""):
            removed.append(f"{reason}: {line}")
        else:
            kept.append(line)
    return kept, removed


def also_in(lines: list[str], text: str) -> list[str]:
    """Those of a page's lines that are in `text` (a skeleton), each as often as there.

    A long line is known by itself, or by its beginning and its end, when something was cut out of it. A short one (a
    menu's word may also stand in the text) counts only where it stands in the text between the long lines that
    surround it on the page.
    """
    marks = [skeleton(line) for line in lines]
    places = _long_places(marks, text)
    following = list(accumulate(reversed(range(len(marks))), lambda after, n: n if n in places else after, initial=-1))
    after = -1  # number of the long line before
    for n, mark in enumerate(marks):
        if n in places:
            after = n
        elif mark and len(mark) < _LONG and after >= 0:
            behind = following[len(marks) - 1 - n]
            low, high = places[after][1], places[behind][0] if behind in places else len(text)
            at = text.find(mark, low, high)
            if at >= 0:
                places[n] = (at, at + len(mark))
                after = n
    return [lines[n] for n in sorted(places)]


def _long_places(marks: list[str], text: str) -> dict[int, tuple[int, int]]:
    """Where in `text` the long ones of `marks` stand, by their number."""
    places: dict[int, tuple[int, int]] = {}
    taken: set[int] = set()
    for n, mark in enumerate(marks):
        if len(mark) < _LONG:
            continue
        at = _free(text, mark, taken)
        end = at + len(mark)
        if at < 0 and len(mark) > 3 * _LONG:  # its beginning and its end, when something was cut out between
            at = _free(text, mark[:_LONG], taken)
            end = text.find(mark[-_LONG:], at + _LONG, at + len(mark)) + _LONG if at >= 0 else 0
            at = at if end > _LONG else -1
        if at >= 0:
            taken.add(at)
            places[n] = (at, end)
    return places


def _free(text: str, part: str, taken: set[int]) -> int:
    at = text.find(part)
    while at in taken:
        at = text.find(part, at + 1)
    return at
