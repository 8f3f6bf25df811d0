"""Finding the element that holds an article's body on pages that no layout describes. Pure.

By what content systems call it, never by what it says: the same page gives the same element at every request.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

# Names of containers, the surest first. Jannah calls the whole article, counters and all, `post-content`.
NAMES = (
    frozenset(("entry-content", "wp-block-post-content", "td-post-content", "tdb_single_content", "entry_content")),
    frozenset((
        "article-content", "article-body", "article__body", "article__content", "article-text", "articlebody",
        "article_content", "article_body", "c-article-content", "article__text", "content-article", "post-body",
        "post__content", "post_content", "single-post-content", "single-content", "story-body", "story-content",
        "news-content", "news-body", "news_body", "standardarticlebody_body", "field--name-body", "field-name-body",
        "wsw", "the-content",
    )),
    frozenset(("post-content", "post-text")),
    frozenset(("entry", "content-body", "body-content", "text-content", "content-inner", "details", "details-content")),
)  # fmt: skip
_DOMINANT = 0.6  # share of the text of all elements of its kind: teasers of a list are alike
_MOST = (0.0, 0.15, 0.15, 0.35)  # share of the page's text that a container must hold, by its kind of name
_INNER = 0.85  # share of its text that makes an inner candidate the better one
_LEAST = 40  # letters: an empty shell is no container

_BOX = re.compile(
    r"(?:^|[-_ ])(?:related|relatedposts|sharedaddy|share|sharing|social|breadcrumbs?|crumbs|addtoany|yarpp|newsletter|"
    r"subscribe|post-?views|views-count|tagcloud|post-tags|tags-links|post-meta|entry-meta|author-box|comments?|respond|"
    r"advert|adsbygoogle|attribution|read-?also|readmore|also-read|see-also|toc|rating)(?:$|[-_ ])",
    re.I,
)
_CUE = re.compile(
    r"(?:[إا]?قرأ|شاهد|طالع|[إا]قرؤوا)\s*(?:أيض\S*|ايض\S*|المزيد|كذلك)\s*[|:،.\-–]*\s*|(?:read|see) (?:also|more)\s*:?\s*", re.I
)
_BOX_TAGS = frozenset(["div", "section", "aside", "nav", "ul", "ol", "footer", "header", "p", "span", "table"])


def find(tree: Any) -> Any:
    """The container of the body, or None when none is sure."""
    microdata = list(_by_microdata(tree))
    chosen = _dominant(microdata)
    if chosen is not None:
        return chosen
    size = _size(tree)
    for names, least in zip(NAMES, _MOST, strict=True):
        chosen = _dominant(list(_by_class(tree, names)))
        if chosen is not None and (_size(chosen) >= least * size or _under_headline(chosen)):
            return chosen
    shells = (_only_shell(candidates) for candidates in (microdata, list(_by_class(tree, NAMES[0]))))
    return next((shell for shell in shells if shell is not None), None)


def without_boxes(container: Any) -> list[str]:
    """Remove boxes of related articles, sharing and the like inside a container; what was removed, a line each."""
    size, removed, todo = _size(container), [], list(reversed(container))
    while todo:
        element = todo.pop()
        if element.tag in _BOX_TAGS and _is_box(element) and 2 * _size(element) < size:
            removed.append(" ".join("".join(element.itertext()).split())[:200])
            element.drop_tree()
        else:
            todo += reversed(element)
    return [f"box: {text}" for text in removed if text]


def _is_box(element: Any) -> bool:
    if element.tag in ("aside", "nav") or _BOX.search(f"{element.get('class') or ''} {element.get('id') or ''}"):
        return True
    links = element.findall(".//a[@href]")
    outside = "".join(element.itertext()) if links else ""
    for link in links:
        outside = outside.replace("".join(link.itertext()), "", 1)
    if links and _CUE.fullmatch(outside.strip()):
        return True
    own = _letters(element) if len(links) > 1 and element.tag in ("ul", "ol", "div", "section") else 0
    return own > 0 and own - sum(_letters(one) for one in links) <= 0.1 * own


def _under_headline(element: Any) -> bool:
    """Is it in an <article> that has a headline of its own (a brief on a page full of other things)?"""
    article = next(element.iterancestors("article"), None)
    return article is not None and len(article.findall(".//h1")) == 1


def _by_microdata(tree: Any) -> Iterator[Any]:
    return (
        one for one in tree.iterfind(".//*[@itemprop]") if "articleBody" in one.get("itemprop").split() and one.tag != "meta"
    )


def _by_class(tree: Any, names: frozenset[str]) -> Iterator[Any]:
    for element in tree.iterfind(".//*[@class]"):
        if element.tag not in ("body", "html") and not names.isdisjoint(element.get("class").lower().split()):
            yield element


def _dominant(candidates: list[Any]) -> Any:
    """The candidate that holds most of the text of all of them, or the innermost that holds nearly all of that."""
    sizes = {one: _size(one) for one in candidates}
    outer = [one for one in candidates if not any(above in sizes for above in one.iterancestors())]
    if not outer:
        return None
    chosen = max(outer, key=lambda one: sizes[one])
    if sizes[chosen] < _LEAST or sizes[chosen] < _DOMINANT * sum(sizes[one] for one in outer):
        return None
    for inner in candidates:
        if sizes[inner] >= _INNER * sizes[chosen] and any(above is chosen for above in inner.iterancestors()):
            chosen = inner
    return chosen


def _only_shell(candidates: list[Any]) -> Any:
    """The one container of an article without a text, such as a video: a text read from elsewhere would be another's."""
    return candidates[0] if len(candidates) == 1 and _under_headline(candidates[0]) else None


def _size(element: Any) -> int:
    """Characters under `element` that are neither links nor scripts."""
    skipped = sum(_letters(one) for one in element.iter("a", "script", "style", "noscript"))
    return max(0, _letters(element) - skipped)


def _letters(element: Any) -> int:
    return sum(len(text.strip()) for text in element.itertext())
