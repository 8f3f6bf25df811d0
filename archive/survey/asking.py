"""Which document a survey asks for next. Pure: what was answered so far decides.

The order is that of worth, so that a survey cut short by its limit has what matters: home page, REST, feed, sitemaps,
section pages, and a few articles. The places tried are those where sites usually have them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from archive.address import article_id, canonical
from archive.channels.scope import join, scope_of
from archive.survey import documents as seen
from archive.survey.documents import Ask, Document, Gathered
from archive.survey.links import Link, headlines, is_service, links_of, menu

ARTICLES = 3  # pages of articles that are looked at
SECTIONS = 4
CHILDREN = 3  # of sitemap indexes
ENOUGH = 3  # articles that the site's own lists name, so that those of its list pages are not needed
_POSTS = "wp/v2/posts?per_page=20&page=1&_fields=id,link,date_gmt,modified_gmt,title"
_ROOT = "_fields=name,description,url,home,gmt_offset,timezone_string"
_FEEDS = ("rss.xml", "feed.xml", "index.xml", "feed/", "atom.xml")
_SITEMAPS = ("sitemap_news_index.xml", "news-sitemap.xml", "sitemap-news.xml", "sitemap_index.xml", "sitemap.xml")
_WORDPRESS_SITEMAPS = ("wp-sitemap.xml", "sitemap_index.xml", "sitemap.xml")


def next_ask(gathered: Gathered, *, last: bool = False) -> Ask | None:
    """The next document to ask for, None when there is nothing more that would help. `last`: only articles any more."""
    if gathered.home is None:
        return None if gathered.documents else Ask(gathered.start, "home")
    asked = gathered.asked()
    for wanted in (_articles,) if last else (_rest, _feeds, _sitemaps, _children, _sections, _articles):
        for ask in wanted(gathered, gathered.home):
            if canonical(ask.url) not in asked:
                return ask
    return None


def _folder(home: Document) -> str:
    """The home page's address as a folder: a site in `/ar/` has its channels there."""
    path = urlsplit(home.url)._replace(query="", fragment="").geturl()
    return path if path.endswith("/") else path.rpartition("/")[0] + "/"


def rest_roots(gathered: Gathered, home: Document) -> list[str]:
    """Where the REST API is: where the home page says, or where it usually is. A WordPress may well hide that it is one."""
    rows = seen.read(home, "home", seen.probe(gathered)).next
    told = [row.url.partition("wp/v2/posts")[0] for row in rows if row.kind == "rest" and "wp/v2/posts" in row.url]
    usual = [f"{_folder(home)}wp-json/", f"{_folder(home)}?rest_route=/"]
    return told or usual[: 2 if seen.is_wordpress(gathered) else 1]


def _rest(gathered: Gathered, home: Document) -> Iterable[Ask]:
    for root in rest_roots(gathered, home):
        joint = "&" if "?" in root else "?"
        posts = root + (_POSTS.replace("?", "&") if "?" in root else _POSTS)
        yield Ask(posts, "rest")
        if any(one.asked == posts for one in gathered.good("rest")):
            yield Ask(f"{root}{joint}{_ROOT}", "rest-root")
            return


def _feeds(gathered: Gathered, home: Document) -> Iterable[Ask]:
    if gathered.good("feed"):
        return
    told = [row.url for row in seen.read(home, "home", seen.probe(gathered)).next if row.kind == "feed"]
    yield from (Ask(url, "feed") for url in told)
    usual = ("feed/", "?feed=rss2") if seen.is_wordpress(gathered) else _FEEDS
    yield from (Ask(_folder(home) + name, "feed") for name in usual)


def _sitemaps(gathered: Gathered, home: Document) -> Iterable[Ask]:
    """Those of robots.txt. What it does not name is looked for: another list of everything, and one of the news."""
    scope = scope_of(seen.probe(gathered))
    named = [url for url in gathered.sitemaps if scope.inside(url)]
    named += [join(home.url, link) for link in _linked_sitemaps(home)]
    yield from (Ask(url, "sitemap") for url in named[:4])
    wordpress = bool(seen.is_wordpress(gathered))
    for name in _WORDPRESS_SITEMAPS if wordpress else _SITEMAPS:
        found = gathered.good("sitemap")
        news, whole = any(map(seen.is_news, found)), any(not seen.is_news(one) for one in found)
        if (whole and (wordpress or news or named)) or ("news" in name and (news or named)):
            continue
        yield Ask(_folder(home) + name, "sitemap")


def _linked_sitemaps(home: Document) -> list[str]:
    tree = seen.tree_of(home)
    return [str(link) for link in tree.xpath("//link[@rel='sitemap']/@href")] if tree is not None else []


def _children(gathered: Gathered, home: Document) -> Iterable[Ask]:
    """Of each index the child that looks newest and the last one, until there are enough."""
    asks: dict[str, Ask] = {}
    for document in gathered.good("sitemap"):
        if seen.is_index(document):
            rows = seen.read(document, "sitemap", seen.probe(gathered, every=not seen.is_wordpress(gathered))).next
            newest = sorted(rows, key=lambda row: row.modified or _day(row.url), reverse=True)[:1]
            asks |= {row.url: Ask(row.url, "sitemap") for row in (*newest, *rows[-1:])}
    return list(asks.values())[:CHILDREN]


def _day(url: str) -> str:
    match = re.search(r"(?:19|20)\d\d-?[01]\d(?:-?[0-3]\d)?", urlsplit(url).path)
    return match[0] if match else ""


def section_links(gathered: Gathered, home: Document) -> list[Link]:
    """What a home page's menus lead to, as far as it may be a list of articles; in their order."""
    outlet = seen.probe(gathered, every=False)
    listed = {item["article"] for _, item in seen.strong(gathered)}
    own = {article_id(gathered.start), article_id(home.url)}
    found = [link for link in menu(home, outlet) if not is_service(link)]
    if not found:  # no markup says what is a menu: short words that lead somewhere near
        links = [link for link in links_of(home, outlet) if 0 < len(link.text.split()) <= 3 and not link.headline]
        found = [link for link in links if not is_service(link) and seen.place(link.url).count("/") <= 2]
    scope = scope_of(outlet)
    rest = [link for link in found if article_id(link.url) not in listed | own and link.text and _is_page(link.url)]
    return [link for link in rest if scope.inside(link.url)]


def _is_page(url: str) -> bool:
    """No feed, no tag, no author, no file."""
    path = seen.place(url).lower()
    return not re.search(r"/(?:tags?|authors?|feed|rss|wp-\w+)(?:/|$)|\.(?:xml|rss|pdf|jpe?g|png|zip)$", path)


def _sections(gathered: Gathered, home: Document) -> Iterable[Ask]:
    if seen.is_wordpress(gathered) and any(True for _ in seen.strong(gathered)):
        return ()  # WordPress says what a post is
    return [Ask(link.url, "section") for link in section_links(gathered, home)[:SECTIONS]]


def listed(gathered: Gathered, home: Document) -> tuple[list[str], bool]:
    """Addresses of articles, and whether the site's own lists call them so (else list pages show them as such)."""
    by_site = list(dict.fromkeys(item["url"] for _, item in seen.strong(gathered)))
    if len(by_site) >= ENOUGH or (by_site and seen.is_wordpress(gathered)):
        return by_site, True
    outlet = seen.probe(gathered, every=False)
    sections = {article_id(link.url) for link in section_links(gathered, home)}
    shown = [url for page in (*gathered.good("section"), home) for url in headlines(page, outlet)]
    shown = [url for url in dict.fromkeys(shown) if article_id(url) not in sections]
    if len(shown) < 3:  # a home page that scripts draw: the sitemap is all there is
        whole = [item["url"] for one in gathered.good("sitemap") for item in seen.items(one, gathered)]
        shown += [url for url in whole if article_id(url) not in sections and _is_page(url) and len(seen.place(url)) > 1]
    return list(dict.fromkeys([*by_site, *shown])), False


def _articles(gathered: Gathered, home: Document) -> Iterable[Ask]:
    """The newest, the oldest and one between: a layout that they share is the site's."""
    urls, _ = listed(gathered, home)
    chosen = dict.fromkeys((urls[0], urls[-1], urls[len(urls) // 2])) if urls else {}
    return [Ask(url, "article") for url in list(chosen)[:ARTICLES]]
