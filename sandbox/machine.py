"""What the site offers to machines: WordPress's REST API, RSS feed, sitemaps, robots.txt.

Pure: each function gives (status, headers, body). Field names as in the WordPress REST API Handbook
(developer.wordpress.org/rest-api/reference/posts/); sitemaps as sitemaps.org 0.9; feed as RSS 2.0.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape
from typing import Any
from urllib.parse import quote

from sandbox.pages import Site
from sandbox.script import Article
from sandbox.texts import MOTTO, NAME

Answer = tuple[int, dict[str, str], bytes]
FEED_LENGTH = 10
_BOUNDS = ("after", "before", "modified_after", "modified_before")


def robots(site: Site) -> Answer:
    text = f"User-agent: *\nDisallow: /wp-admin/\nAllow: /wp-admin/admin-ajax.php\n\nSitemap: {site.base}/wp-sitemap.xml\n"
    return 200, {"Content-Type": "text/plain; charset=utf-8"}, text.encode()


def feed(site: Site) -> Answer:
    items = "".join(
        f"<item><title>{escape(a.title)}</title><link>{site.link(a)}</link><dc:creator>{escape(a.piece.author)}</dc:creator>"
        f"<pubDate>{format_datetime(site.room.published(a).astimezone(UTC))}</pubDate><category>{escape(a.piece.section)}</category>"
        f'<guid isPermaLink="false">{site.base}/?p={a.id}</guid>'
        f"<description>{escape(a.paragraphs[0][:160])} …</description></item>\n"
        for a in site.room.state.live[:FEED_LENGTH]
    )
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:atom="http://www.w3.org/2005/Atom"><channel>\n'
        f"<title>{NAME}</title><link>{site.base}/</link><description>{MOTTO}</description><language>ar</language>\n"
        f'<atom:link href="{site.base}/feed/" rel="self" type="application/rss+xml"/>\n{items}</channel></rss>\n'
    )
    return 200, {"Content-Type": "application/rss+xml; charset=UTF-8"}, text.encode()


def sitemap_index(site: Site) -> Answer:
    rows = f"<sitemap><loc>{site.base}/wp-sitemap-posts-post-1.xml</loc></sitemap>"
    return _xml(f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{rows}</sitemapindex>')


def sitemap_posts(site: Site) -> Answer:
    """As WordPress 6.1 writes it: without lastmod."""
    rows = "\n".join(f"<url><loc>{site.link(a)}</loc></url>" for a in site.room.state.live)
    return _xml(f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{rows}\n</urlset>')


def picture(number: int) -> Answer:
    """A quiet little picture, another one for each article."""
    hue = number * 47 % 360
    hill = f"M0 140 Q80 {60 + number % 40} 160 120 T320 110 V180 H0Z"
    text = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 320 180"><rect width="320" height="180" '
        f'fill="hsl({hue},40%,80%)"/><path d="{hill}" fill="hsl({hue},35%,55%)"/></svg>'
    )
    return 200, {"Content-Type": "image/svg+xml"}, text.encode()


def moved(link: str) -> Answer:
    return 301, {"Location": link, "Content-Type": "text/html; charset=UTF-8"}, b""


FIXED: dict[str, Callable[[Site], Answer]] = {
    "/robots.txt": robots,
    "/feed/": feed,
    "/wp-sitemap.xml": sitemap_index,
    "/wp-sitemap-posts-post-1.xml": sitemap_posts,
    "/sitemap.xml": lambda site: moved(f"{site.base}/wp-sitemap.xml"),
}


def rest(site: Site, route: str, query: Mapping[str, str]) -> Answer:
    """`route` begins with a slash, without `/wp-json`."""
    parts = route.strip("/").split("/")
    if parts == [""]:
        about = {"name": NAME, "description": MOTTO, "url": site.base, "home": site.base, "namespaces": ["wp/v2"]}
        return _json(200, about)
    if parts[:3] != ["wp", "v2", "posts"] or len(parts) > 4:
        return _error(404, "rest_no_route", "No route was found matching the URL and request method.")
    if len(parts) == 4:
        found = [a for a in site.room.state.live if str(a.id) == parts[3]]
        if not found:
            return _error(404, "rest_post_invalid_id", "Invalid post ID.")
        return _json(200, _fields(_post(site, found[0]), query))
    return _posts(site, query)


def _posts(site: Site, query: Mapping[str, str]) -> Answer:
    try:
        per_page, page = int(query.get("per_page", 10)), int(query.get("page", 1))
        bounds = {
            k: datetime.fromisoformat(query[k]) for k in ("after", "before", "modified_after", "modified_before") if k in query
        }
    except ValueError:
        return _error(400, "rest_invalid_param", "Invalid parameter(s).")
    if not 1 <= per_page <= 100 or page < 1:
        return _error(400, "rest_invalid_param", "Invalid parameter(s): per_page, page")
    rows = [a for a in site.room.state.live if _within(site, a, bounds)]
    if "slug" in query:
        rows = [a for a in rows if a.slug == query["slug"]]
    if query.get("orderby") == "modified":
        rows.sort(key=site.room.modified, reverse=True)
    if query.get("order") == "asc":
        rows.reverse()
    pages = -(-len(rows) // per_page)
    if page > max(pages, 1):
        return _error(400, "rest_post_invalid_page_number", "The page number requested is larger than the number available.")
    some = [_fields(_post(site, a), query) for a in rows[(page - 1) * per_page : page * per_page]]
    status, headers, body = _json(200, some)
    return status, headers | {"X-WP-Total": str(len(rows)), "X-WP-TotalPages": str(pages)}, body


def _within(site: Site, article: Article, bounds: Mapping[str, datetime]) -> bool:
    for name, bound in bounds.items():
        when = site.room.modified(article) if name.startswith("modified") else site.room.published(article)
        local = when if bound.tzinfo else when.replace(tzinfo=None)  # WordPress reads a time without offset as the site's
        if not (local > bound if name.endswith("after") else local < bound):
            return False
    return True


def _post(site: Site, article: Article) -> dict[str, Any]:
    published, modified = site.room.published(article), site.room.modified(article)
    content = "".join(f"<p>{escape(text, quote=False)}</p>\n" for text in article.paragraphs)
    return {
        "id": article.id,
        "date": f"{published:%Y-%m-%dT%H:%M:%S}",
        "date_gmt": f"{published.astimezone(UTC):%Y-%m-%dT%H:%M:%S}",
        "guid": {"rendered": f"{site.base}/?p={article.id}"},
        "modified": f"{modified:%Y-%m-%dT%H:%M:%S}",
        "modified_gmt": f"{modified.astimezone(UTC):%Y-%m-%dT%H:%M:%S}",
        "slug": quote(article.slug).lower(),
        "status": "publish",
        "type": "post",
        "link": site.link(article),
        "title": {"rendered": escape(article.title, quote=False)},
        "content": {"rendered": content, "protected": False},
        "excerpt": {"rendered": f"<p>{escape(article.paragraphs[0][:140], quote=False)} …</p>\n", "protected": False},
    }


def _fields(post: dict[str, Any], query: Mapping[str, str]) -> dict[str, Any]:
    """`_fields=id,title.rendered`: only these, nested ones by their dotted names."""
    wanted = [name for name in query.get("_fields", "").split(",") if name]
    if not wanted:
        return post
    out: dict[str, Any] = {}
    for name in wanted:
        first, _, second = name.strip().partition(".")
        if first in post and not second:
            out[first] = post[first]
        elif second and isinstance(post.get(first), dict) and second in post[first]:
            out.setdefault(first, {})[second] = post[first][second]
    return out


def _json(status: int, data: Any) -> Answer:
    return status, {"Content-Type": "application/json; charset=UTF-8", "X-Robots-Tag": "noindex"}, json.dumps(data).encode()


def _error(status: int, code: str, message: str) -> Answer:
    return _json(status, {"code": code, "message": message, "data": {"status": status}})


def _xml(root: str) -> Answer:
    return 200, {"Content-Type": "application/xml; charset=UTF-8"}, f'<?xml version="1.0" encoding="UTF-8"?>\n{root}\n'.encode()
