"""A small site on a free port of 127.0.0.1 whose every answer the test decides, and which remembers what it was asked."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

PER_PAGE = 10


@dataclass
class Reply:
    status: int = 200
    body: str | bytes = ""
    headers: dict[str, str] = field(default_factory=dict)
    wait: float = 0.0
    reset: bool = False  # close the connection with RST instead of answering


Answer = Reply | Callable[[int], Reply]  # a function of how often the address was asked before


class Site:
    """`routes`: path with query → answer; `route` is asked for everything else (None: 404)."""

    def __init__(self) -> None:
        self.routes: dict[str, Answer] = {}
        self.route: Callable[[str], Reply | None] = lambda _: None
        self.asked: list[tuple[float, str]] = []
        self.agents: set[str] = set()
        self.url = ""

    def times(self, path: str) -> list[float]:
        return [when for when, asked in self.asked if asked == path]

    def paths(self) -> list[str]:
        return [path for _, path in self.asked]

    def reply(self, path: str) -> Reply:
        before = len(self.times(path))
        self.asked.append((time.monotonic(), path))
        answer = self.routes.get(path)
        if answer is None:
            return self.route(path) or Reply(404, "<h1>غير موجود</h1>")
        return answer(before) if callable(answer) else answer


@contextmanager
def serving(site: Site) -> Iterator[Site]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            site.agents.add(self.headers.get("User-Agent", ""))
            reply = site.reply(self.path)
            time.sleep(reply.wait)
            if reply.reset:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()
                self.close_connection = True
                return
            body = reply.body.encode() if isinstance(reply.body, str) else reply.body
            self.send_response(reply.status)
            for name, value in {
                "Content-Type": "text/html; charset=utf-8",
                "Content-Length": str(len(body)),
                **reply.headers,
            }.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

        def finish(self) -> None:
            try:
                super().finish()
            except OSError:  # what the test broke off itself
                return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    site.url = f"http://127.0.0.1:{server.server_port}/"
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()


@dataclass
class Post:
    number: int
    title: str
    when: str  # ISO time without offset, UTC
    protected: bool = False
    modified: str = ""  # "": as when it came out
    text: str = "قال المراسل إن الطريق مفتوح."
    slug: str = "khabar"

    @property
    def path(self) -> str:
        return f"/{self.slug}-{self.number}/"


class WordPress(Site):
    """What a WordPress shows of its posts, as far as its channels are open. `old`: one of before 5.7, without modified_after."""

    def __init__(self, posts: list[Post], *, open_: str = "rest feed paged sitemap archive", old: bool = False) -> None:
        super().__init__()
        self.posts = sorted(posts, key=lambda post: post.when, reverse=True)
        self.old = old
        self.open = set(open_.split())
        self.route = self._route

    def _route(self, path: str) -> Reply | None:
        parts = urlsplit(path)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        first = parts.path.strip("/").split("/")[0]
        by_path = {post.path: post for post in self.posts}
        if parts.path in by_path and not parts.query:
            post = by_path[parts.path]
            short = {"Link": f"<{self.url}?p={post.number}>; rel=shortlink"}
            return Reply(200, _page(f"<h1>{post.title}</h1><p>{post.text}</p>"), short)
        if parts.path == "/wp-json/wp/v2/posts" and "rest" in self.open:
            return self._rest(query)
        if parts.path == "/feed/" and "feed" in self.open:
            return self._feed(int(query.get("paged", 1)) if "paged" in self.open else 1)
        if "sitemap" in parts.path and "sitemap" in self.open:
            return self._sitemap(parts.path)
        if parts.path == "/" or (first == "page" and "archive" in self.open):
            return self._archive(int(parts.path.strip("/").split("/")[-1] or 1))
        return {"/about/": Reply(200, _page("<h1>من نحن</h1>"))}.get(parts.path)

    def _rest(self, query: dict[str, str]) -> Reply:
        size, page = int(query["per_page"]), int(query["page"])
        by = {"modified": lambda post: post.modified or post.when}.get(query.get("orderby", ""), lambda post: post.when)
        chosen = sorted(self.posts, key=by, reverse=query.get("order") != "asc")
        if not self.old:
            since = query.get("modified_after", "").removesuffix("Z")
            chosen = [post for post in chosen if (post.modified or post.when) > since]
        pages = -(-len(chosen) // size)
        if page > max(pages, 1):
            return Reply(400, '{"code":"rest_post_invalid_page_number"}', {"Content-Type": "application/json"})
        rows = [
            {
                "id": post.number,
                "link": self.url + post.path[1:],
                "date_gmt": post.when,
                "modified_gmt": post.modified or post.when,
                "title": {"rendered": post.title},
                "content": {"protected": post.protected, "rendered": "" if post.protected else f"<p>{post.text}</p>\n"},
            }
            for post in chosen[(page - 1) * size : page * size]
        ]
        counts = {"X-WP-Total": str(len(chosen)), "X-WP-TotalPages": str(pages)}
        return Reply(200, json.dumps(rows), {"Content-Type": "application/json", **counts})

    def _feed(self, page: int) -> Reply | None:
        posts = self.posts[(page - 1) * PER_PAGE : page * PER_PAGE]
        if not posts:
            return None
        items = "".join(f"<item><title>{p.title}</title><link>{self.url}{p.path[1:]}</link></item>" for p in posts)
        return Reply(200, f"<rss><channel>{items}</channel></rss>", {"Content-Type": "application/rss+xml"})

    def _sitemap(self, path: str) -> Reply | None:
        children = {"/wp-sitemap-posts-page-1.xml": ["/", "/about/"]}
        for number, start in enumerate(range(0, len(self.posts), 2000), 1):
            children[f"/wp-sitemap-posts-post-{number}.xml"] = [p.path for p in self.posts[start : start + 2000]]
        if path == "/wp-sitemap.xml":
            rows = "".join(f"<sitemap><loc>{self.url}{child[1:]}</loc></sitemap>" for child in children)
            return Reply(200, f"<sitemapindex>{rows}</sitemapindex>")
        rows = "".join(f"<url><loc>{self.url}{child[1:]}</loc></url>" for child in children.get(path, []))
        return Reply(200, f"<urlset>{rows}</urlset>") if rows else None

    def _archive(self, page: int) -> Reply | None:
        posts = self.posts[(page - 1) * PER_PAGE : page * PER_PAGE]
        links = "".join(f'<article><h2><a href="{p.path}">{p.title}</a></h2></article>' for p in posts)
        more = f'<a class="next page-numbers" href="/page/{page + 1}/">التالي</a>' if page * PER_PAGE < len(self.posts) else ""
        menu = '<nav><h3><a href="/about/">من نحن</a></h3></nav><h3><a href="/category/syria/">سوريا</a></h3>'
        return Reply(200, _page(menu + links + more)) if posts else None


def _page(body: str) -> str:
    return f'<!DOCTYPE html><html lang="ar" dir="rtl"><head><title>صحيفة</title></head><body>{body}</body></html>'
