"""Links of list pages, told apart: headlines that lead to articles, menus that lead to sections. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import unquote, urlsplit

from archive.address import article_id, canonical
from archive.channels.page import page_of
from archive.channels.scope import join, scope_of
from archive.outlet import Outlet
from archive.survey.documents import Document, tree_of

_MENU = re.compile(
    r"(?:^|[-_ ])(?:nav|navbar|navigation|menu|main-?menu|topbar|footer|masthead|breadcrumbs?|tag-?cloud|tags|pagination)"
    r"(?:$|[-_ ])",
    re.I,
)
_HEADLINE = ("h1", "h2", "h3", "h4", "h5")
_WORDS = 4  # words of a link's text that make it a headline, wherever it stands
# Pages that every site has and that are neither articles nor lists of them.
_SERVICE = re.compile(
    r"about|contact|privacy|polic(?:y|ies)|terms|cookie|login|sign-?(?:in|up)|register|account|subscribe|newsletter|advert"
    r"|(?:^|/)(?:rss|feed|search|sitemap|donate|jobs|careers|imprint|mobile|apps?)(?:[/.]|$)"
    r"|من[-_ ]نحن|[اإ]تصل[-_ ]بنا|تواصل|الخصوصية|شروط|[إا]علن|[إا]شترك|تسجيل|دخول|بحث|هيئة[-_ ]التحرير|عن[-_ ]الموقع|خريطة",
    re.I,
)
# Lists of every content system, which no article's path begins with.
LISTS = r"^/(?:category|categories|tag|tags|topic|topics|author|authors|page|search)(?:/|$)"
_LISTS = re.compile(LISTS)
_NUMBER = re.compile(r"=\d+")


@dataclass(frozen=True, slots=True)
class Link:
    url: str
    text: str
    menu: bool  # in a menu, footer or pager
    headline: bool


@lru_cache(maxsize=64)
def links_of(document: Document, outlet: Outlet) -> tuple[Link, ...]:
    """Links of a page to the outlet's own hosts, each address once and as what it looks most like."""
    tree = tree_of(document)
    found: dict[str, Link] = {}
    for element in tree.iter("a") if tree is not None else ():
        url = join(document.url, element.get("href") or "")
        if not scope_of(outlet).inside(url):
            continue
        text = " ".join(element.text_content().split())
        link = Link(url, text, _in_menu(element), _is_headline(element, text))
        before = found.get(article_id(url))
        if before is None or _worth(link) > _worth(before):
            found[article_id(url)] = link
    return tuple(found.values())


def _worth(link: Link) -> tuple[bool, bool, int]:
    return link.headline and not link.menu, link.menu, len(link.text)


def _in_menu(element: Any) -> bool:
    if len(element.text_content().split()) > _WORDS:  # a ticker of headlines in the page's head
        return False
    for one in element.iterancestors():
        if one.tag in ("nav", "footer"):
            return True
        if one.tag != "body" and _MENU.search(f"{one.get('class') or ''} {one.get('id') or ''}"):
            return True
        if one.tag in ("article", "main", "body"):
            return False
        if one.tag == "header" and next(one.iterancestors("article", "li"), None) is None:
            return True
    return False


def _is_headline(element: Any, text: str) -> bool:
    if len(text.split()) < 2 and len(text) < 12:
        return False
    around = [*element.iterancestors(*_HEADLINE), *element.iter(*_HEADLINE)]
    return bool(around) or "bookmark" in (element.get("rel") or "").split()


def headlines(document: Document, outlet: Outlet) -> list[str]:
    """Addresses that a list page shows as articles: links that are headlines, else links with the words of one."""
    scope = scope_of(outlet)
    links = [link for link in links_of(document, outlet) if not link.menu and _can_be_article(link, scope)]
    first = [link.url for link in links if link.headline]
    return first if len(first) >= 3 else [link.url for link in links if link.headline or len(link.text.split()) >= _WORDS]


def _can_be_article(link: Link, scope: Any) -> bool:
    parts = urlsplit(canonical(link.url))
    if page_of(link.url) or _LISTS.match(unquote(parts.path)) or is_service(link):
        return False
    if parts.query and not _NUMBER.search(parts.query):
        return False
    return bool(scope.article(link.url, trusted=bool(parts.query)))


def is_service(link: Link) -> bool:
    """About, contact, privacy …: by address and by name."""
    if len(link.text.split()) >= _WORDS:  # a headline may have any of these words
        return False
    return bool(_SERVICE.search(unquote(urlsplit(link.url).path).lower()) or _SERVICE.search(link.text))


def menu(document: Document, outlet: Outlet) -> list[Link]:
    return [link for link in links_of(document, outlet) if link.menu and not page_of(link.url)]
