"""A small WordPress-like site in this process, whose log says which response was delivered whole, and when."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count

SENTENCES = (
    "افتتحت بلدية وادي السنديان سوقاً جديداً للخضار قرب الجسر القديم بحضور عدد من المزارعين.",
    "وقال رئيس البلدية إن العمل استمر سبعة أشهر وكلف نحو 120 ألف ليرة جمعت من أهالي القرى المجاورة.",
    "وأضاف أن السوق يضم 34 محلاً ومستودعاً مبرداً يعمل بالطاقة الشمسية طوال أيام الأسبوع.",
    "وشكا بعض الباعة من ضيق المدخل الشرقي، فيما وعدت البلدية بتوسيعه قبل نهاية الشتاء.",
    "ويقصد السوق زبائن من خمس قرى، وتنقلهم حافلة صغيرة مرتين في اليوم مقابل أجر رمزي.",
    "وذكرت مدرّسة متقاعدة أنها لم تعد تضطر إلى السفر ساعة كاملة لشراء حاجات بيتها.",
)


@dataclass
class Article:
    number: int
    title: str
    edits: int = 0
    pictures: int = 0  # in its text, after the one that is its og:image; 0: neither

    @property
    def path(self) -> str:
        return f"/archives/{self.number}"

    @property
    def paragraphs(self) -> list[str]:
        start = self.number % len(SENTENCES)
        body = [SENTENCES[(start + i) % len(SENTENCES)] for i in range(4)]
        return [
            f"الخبر رقم {self.number} من أخبار الوادي.",
            *body,
            *([f"تحديث رقم {self.edits} على هذا الخبر."] if self.edits else []),
        ]


@dataclass(frozen=True)
class Delivery:
    """A response whose last byte was written. `connection` numbers the connection it went out on."""

    time: float
    number: str  # its X-Delivery header
    path: str
    connection: int


@dataclass
class Site:
    """`serve()` starts it; `log` holds every response that was delivered whole."""

    articles: dict[int, Article] = field(default_factory=dict)
    pause: float = 0.0
    mute: bool = False  # takes requests and hangs up without a word
    log: list[Delivery] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._ids, self._connections = count(1), count(1)
        self._lock = threading.Lock()

    def publish(self, number: int, pictures: int = 0) -> None:
        self.articles[number] = Article(number, f"سوق الوادي يستقبل زواره للمرة {number}", pictures=pictures)

    def edit(self, number: int) -> None:
        self.articles[number].edits += 1

    def serve(self) -> ThreadingHTTPServer:
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:  # once for each connection
                super().setup()
                with site._lock:
                    self.connection_number = next(site._connections)

            def do_GET(self) -> None:
                if site.mute:
                    self.close_connection = True
                    return
                if site.pause:
                    time.sleep(site.pause)
                status, kind, body = site.answer(self.path, self.headers["Host"])
                with site._lock:
                    number = str(next(site._ids))
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("X-Delivery", number)
                self.end_headers()
                self.wfile.write(body)
                self.wfile.flush()
                site.log.append(Delivery(time.monotonic(), number, self.path, self.connection_number))

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: object, client_address: object) -> None:
                pass  # a killed client is what these tests are about

        server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        return server

    def answer(self, path: str, host: str) -> tuple[int, str, bytes]:
        base = f"http://{host}"
        if path == "/robots.txt":
            return 200, "text/plain", b"User-agent: *\nAllow: /\n"
        if path.startswith("/wp-json/wp/v2/posts"):
            page = int(path.partition("&page=")[2].partition("&")[0] or 1)
            chosen = sorted(self.articles.values(), key=lambda a: -a.number)[(page - 1) * 100 : page * 100]
            rows = [
                {"id": a.number, "link": base + a.path, "date_gmt": f"2026-03-{1 + a.number % 28:02d}T08:00:00", "modified_gmt": "2026-03-01T08:00:00",
                 "status": "publish", "type": "post", "title": {"rendered": a.title}, "content": {"rendered": "", "protected": False}}
                for a in chosen
            ]  # fmt: skip
            return (
                (200, "application/json", json.dumps(rows).encode()) if rows or page == 1 else (400, "application/json", b"{}")
            )
        if path.startswith("/uploads/") and path.endswith(".png"):
            return 200, "image/png", picture(path)
        number = path.removeprefix("/archives/")
        if path.startswith("/archives/") and number.isdigit() and int(number) in self.articles:
            return 200, "text/html; charset=utf-8", page_of(self.articles[int(number)], base)
        return 404, "text/html; charset=utf-8", "<html><body class='error404'><h1>لا شيء هنا</h1></body></html>".encode()


def picture(path: str) -> bytes:
    """What is at the address of a picture; bytes that differ from one to another are all that matters."""
    return b"\x89PNG\r\n\x1a\n" + path.encode() * 40


def page_of(article: Article, base: str) -> bytes:
    text = "".join(f"<p>{p}</p>" for p in article.paragraphs)
    text += "".join(
        f'<figure><img src="/uploads/{article.number}-{n}.png"><figcaption>صورة {n}</figcaption></figure>'
        for n in range(1, article.pictures + 1)
    )
    chosen = f'<meta property="og:image" content="{base}/uploads/{article.number}-0.png">' if article.pictures else ""
    return f"""<!DOCTYPE html><html lang="ar" dir="rtl"><head><meta charset="utf-8"><title>{article.title}</title>
<link rel="shortlink" href="{base}/?p={article.number}"><meta property="og:type" content="article"><meta property="og:title" content="{article.title}">
<meta property="article:published_time" content="2026-03-{1 + article.number % 28:02d}T08:00:00+00:00">{chosen}</head>
<body class="single single-post postid-{article.number}"><article><h1 class="entry-title">{article.title}</h1><div class="entry-content">{text}</div></article>
<p class="views">{time.time_ns() % 99991} مشاهدة</p></body></html>""".encode()
