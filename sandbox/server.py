"""The newsroom's web server: standard library, 127.0.0.1 only."""

from __future__ import annotations

import gzip
import random
import re
import threading
from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from sandbox import machine, pages
from sandbox.machine import Answer
from sandbox.newsroom import ZONE, Newsroom
from sandbox.script import Article

HOST = "127.0.0.1"
_PAGED = re.compile(r"^(?P<path>/(?:(?P<kind>category|tag|author)/(?P<name>[^/]+)/)?)(?:page/(?P<page>[1-9]\d{0,5})/)?$")


class Server(ThreadingHTTPServer):
    """Serves one newsroom. `port` 0 takes a free one; OSError when the port is taken."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, room: Newsroom, port: int, log: Callable[[str], None] = lambda line: None) -> None:
        super().__init__((HOST, port), Handler)
        self.room, self.log = room, log
        self.lot = random.Random()
        self.views: dict[int, int] = {}
        self.address = f"http://{HOST}:{self.server_address[1]}"

    def start(self, tick: float = 0.2) -> None:
        """Serve in threads of its own, and let time pass in the newsroom."""
        threading.Thread(target=self.serve_forever, daemon=True).start()
        self._stopped = threading.Event()
        threading.Thread(target=self._time, args=(tick,), daemon=True).start()

    def stop(self) -> None:
        self._stopped.set()
        self.shutdown()
        self.server_close()

    def _time(self, tick: float) -> None:
        while not self._stopped.wait(tick):
            done = self.room.tick()
            if done:
                self.log(f"{done.step} {done.kind} {done.by_id(done.article).title}")


class Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    server_version = "WarraqSandbox/1"
    sys_version = ""
    timeout = 60  # seconds a kept connection may be idle

    def do_GET(self) -> None:
        self._answer(*self._route())

    do_HEAD = do_GET

    def log_message(self, format: str, *args: object) -> None:
        """One line of log per act of the newsroom is enough; requests are in the archive."""

    def _route(self) -> Answer:
        parts = urlsplit(self.path)
        path, query = unquote(parts.path), dict(parse_qsl(parts.query))
        site = self._site()
        route = query.pop("rest_route", "") or (
            re.fullmatch(r"/wp-json(/.*)?", path) and (path.removeprefix("/wp-json") or "/")
        )
        if route:
            return machine.rest(site, route, query)
        if path in machine.FIXED:
            return machine.FIXED[path](site)
        if path == "/" and (number := query.get("p")):
            return self._short(site, number)
        if image := re.fullmatch(r"/wp-content/uploads/(\d{1,9})\.svg", path):
            return machine.picture(int(image[1]))
        if listed := _PAGED.match(path):
            return self._listing(site, listed)
        return self._article(site, path)

    def _site(self) -> pages.Site:
        host = self.headers.get("Host", "")
        base = f"http://{host}" if re.fullmatch(r"[a-z0-9.-]+(:\d+)?", host) else self.server.address
        return pages.Site(self.server.room, base, datetime.now(ZONE), self.server.lot)

    def _article(self, site: pages.Site, path: str) -> Answer:
        name = path.strip("/")
        named = [a for a in site.room.state.articles if a.slug == name]
        if not named:
            return _html(404, pages.missing(site))
        post = named[0]
        if not path.endswith("/"):
            return machine.moved(site.link(post))
        if self.command == "GET":
            site.room.read(post.id)
        if not post.live:
            return _html(404, pages.missing(site))
        return self._shown(site, post)

    def _shown(self, site: pages.Site, post: Article) -> Answer:
        views = self.server.views
        views[post.id] = views.get(post.id, site.lot.randint(40, 400)) + site.lot.randint(1, 5)
        counted = pages.Site(site.room, site.base, site.now, site.lot, views[post.id])
        status, headers, body = _html(200, pages.article(counted, post))
        return status, headers | {"Link": f"<{site.base}/?p={post.id}>; rel=shortlink"}, body

    def _short(self, site: pages.Site, number: str) -> Answer:
        found = [a for a in site.room.state.live if str(a.id) == number]
        return machine.moved(site.link(found[0])) if found else _html(404, pages.missing(site))

    def _listing(self, site: pages.Site, listed: re.Match[str]) -> Answer:
        kind, name, number = listed["kind"], listed["name"] or "", int(listed["page"] or 1)
        belongs: dict[str, Callable[[Article], bool]] = {
            "category": lambda a: a.piece.section == name,
            "tag": lambda a: name in [t.replace(" ", "-") for t in a.piece.tags],
            "author": lambda a: a.piece.author.replace(" ", "-") == name,
        }
        posts = [a for a in site.room.state.live if not kind or belongs[kind](a)]
        if (not posts and kind) or (number - 1) * pages.PER_PAGE >= max(len(posts), 1):
            return _html(404, pages.missing(site))
        return _html(200, pages.listing(site, name or "الرئيسية", posts, number, quote(listed["path"]).lower()))

    def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        if "gzip" in self.headers.get("Accept-Encoding", "") and len(body) > 200:
            body = gzip.compress(body, compresslevel=6)
            headers = headers | {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
        self.send_response(status, HTTPStatus(status).phrase)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)


def _html(status: int, text: str) -> Answer:
    return status, {"Content-Type": "text/html; charset=UTF-8"}, text.encode()
