"""Finding the element that holds an article's body on pages that no layout describes. Pure.

By what content systems call it, never by what it says: the same page gives the same element at every request.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from archive.boxes import beside_links, without_boxes
from archive.digest import skeleton
from archive.textlines import placed

__all__ = ["NAMES", "find", "holding", "parts", "without_boxes"]

# Names of containers, the surest first. Jannah calls the whole article, counters and all, `post-content`.
NAMES = (
    frozenset((
        "entry-content", "wp-block-post-content", "td-post-content", "tdb_single_content", "entry_content",
        "amp-wp-article-content", "et_pb_post_content", "elementor-widget-theme-post-content", "brxe-post-content",
    )),
    frozenset((
        "article-content", "article-body", "article__body", "article__content", "article-text", "articlebody",
        "article_content", "article_body", "c-article-content", "article__text", "content-article", "post-body",
        "post__content", "post_content", "single-post-content", "single-content", "story-body", "story-content",
        "news-content", "news-body", "news_body", "standardarticlebody_body", "field--name-body", "field-name-body",
        "wsw", "the-content",
    )),
    frozenset(("post-content", "post-text")),
    frozenset((
        "entry", "content-body", "body-content", "text-content", "content-inner", "details", "details-content",
        "article_text", "articletext", "articlecontent", "article-main-content", "article-inner-content", "itembody",
        "com-content-article__body", "news-text", "news_text", "newstext", "newsbody", "newscontent", "news-details-content",
        "story-text", "story_text", "single-article-content", "post-single-content", "article-details-content",
        "article-detail-content", "single_content", "articledetails", "article-details", "newsdetails", "news-details",
    )),
)  # fmt: skip
_EVERY = frozenset().union(*NAMES)
_DOMINANT = 0.6  # share of the text of all elements of its kind: teasers of a list are alike
_MOST = (0.0, 0.15, 0.15, 0.35)  # share of the page's text that a container must hold, by its kind of name
_INNER = 0.85  # share of its text that makes an inner candidate the better one
_LEAST = 40  # letters: an empty shell is no container
_LONG = 30  # letters of a line that is in another text for a reason
_LINKED_HEADLINE = "descendant::*[self::h1 or self::h2 or self::h3 or self::h4][descendant::a[@href] or parent::a[@href]]"
_HELD = 0.8  # share of a text that its container must hold


def find(tree: Any) -> Any:
    """The container of the body, or None when none is sure."""
    microdata = _by_microdata(tree)
    chosen = _dominant(microdata)
    if chosen is not None:
        return chosen
    named = _by_name(tree)
    size = beside_links(tree) if any(named[1:]) else 0
    for candidates, least in zip(named, _MOST, strict=True):
        chosen = _dominant(candidates)
        if chosen is not None and (beside_links(chosen) >= least * size or _under_headline(chosen)):
            return chosen
    shells = (_only_shell(candidates) for candidates in (microdata, named[0]))
    return next((shell for shell in shells if shell is not None), None)


def holding(tree: Any, lines: list[str]) -> Any:
    """The smallest element that holds most of a text that is known from elsewhere (`lines`); None when the page has it not."""
    text = skeleton("".join(lines))
    weights: dict[Any, int] = {}
    whole = 0
    for element, line in placed(tree):
        mark = skeleton(line)
        if len(mark) >= _LONG and mark in text:
            whole += len(mark)
            for one in (element, *element.iterancestors()):
                weights[one] = weights.get(one, 0) + len(mark)
    if whole < _HELD * len(text):
        return None
    chosen = tree
    while (inner := next((one for one in chosen if weights.get(one, 0) >= _HELD * whole), None)) is not None:
        chosen = inner
    return chosen


def parts(element: Any) -> list[Any]:
    """The element with those of its siblings that are the same body again, as themes part one around an advertisement.

    Those of the same tag and class or property; none when one of them has a headline that is a link, as teasers of a list do.
    """
    parent = element.getparent()
    if parent is None or not (element.get("class") or element.get("itemprop")):
        return [element]
    same = [one for one in parent.iterchildren(element.tag) if _kind(one) == _kind(element)]
    linked = any(one.xpath(_LINKED_HEADLINE) for one in same) if len(same) > 1 else True
    return [element] if linked else same


def _kind(element: Any) -> tuple[list[str], str]:
    return (element.get("class") or "").split(), element.get("itemprop") or ""


def _under_headline(element: Any) -> bool:
    """Is it in an <article> that has a headline of its own (a brief on a page full of other things)?"""
    article = next(element.iterancestors("article"), None)
    return article is not None and len(article.findall(".//h1")) == 1


def _by_microdata(tree: Any) -> list[Any]:
    return [one for one in tree.xpath("//*[@itemprop]") if "articleBody" in one.get("itemprop").split() and one.tag != "meta"]


def _by_name(tree: Any) -> list[list[Any]]:
    """The elements that bear a name of each kind of NAMES, as a class or as an id, in document order."""
    values = {value for value in _values()(tree) if not _EVERY.isdisjoint(value.lower().split())}
    found: list[list[Any]] = [[] for _ in NAMES]
    if not values:
        return found
    wanted = " or ".join(f"@class=$v{n} or @id=$v{n}" for n in range(len(values)))
    for element in tree.xpath(f"//*[{wanted}]", **{f"v{n}": value for n, value in enumerate(sorted(values))}):
        words = set(f"{element.get('class') or ''} {element.get('id') or ''}".lower().split())
        for kind, names in enumerate(NAMES):
            if element.tag not in ("body", "html") and not names.isdisjoint(words):
                found[kind].append(element)
    return found


@cache
def _values() -> Any:
    from lxml import etree

    return etree.XPath("//@class | //@id", smart_strings=False)


def _dominant(candidates: list[Any]) -> Any:
    """The candidate that holds most of the text of all of them, or the innermost that holds nearly all of that."""
    sizes = {one: beside_links(one) for one in candidates}
    outer = [one for one in candidates if not any(above in sizes for above in one.iterancestors())]
    if not outer:
        return None
    chosen = max(outer, key=lambda one: sizes[one])
    if sizes[chosen] < _LEAST or sum(sizes.get(one, 0) for one in parts(chosen)) < _DOMINANT * sum(sizes[one] for one in outer):
        return None
    for inner in candidates if len(parts(chosen)) < 2 else ():
        if sizes[inner] >= _INNER * sizes[chosen] and any(above is chosen for above in inner.iterancestors()):
            chosen = inner
    return chosen


def _only_shell(candidates: list[Any]) -> Any:
    """The one container of an article without a text, such as a video: a text read from elsewhere would be another's."""
    return candidates[0] if len(candidates) == 1 and _under_headline(candidates[0]) else None
