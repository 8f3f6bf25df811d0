"""Two sites that are no WordPress: a static generator's output, and a newsroom with section pages and nothing else."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, quote, unquote, urlsplit

from tests.faults.site import SENTENCES
from tests.site import Reply, Site

TOPICS = ("siyasa", "iqtisad", "thaqafa", "riyada", "dunya", "mahalliyat")
NAMES = {
    "siyasa": "سياسة",
    "iqtisad": "اقتصاد",
    "thaqafa": "ثقافة",
    "riyada": "رياضة",
    "dunya": "العالم",
    "mahalliyat": "محليات",
}
PLACES = ("وادي السنديان", "جسر الرمان", "تل الزيتون", "عين الحور", "سهل القمح", "مرج النرجس", "باب السوق")
DEEDS = (
    "افتتاح سوق جديد",
    "إصلاح شبكة المياه",
    "عودة المدارس",
    "موسم قطاف وفير",
    "اجتماع المجلس المحلي",
    "ترميم المكتبة",
    "حافلة إلى المدينة",
)


def titles(count: int) -> list[str]:
    return [f"{DEEDS[n % 7]} في {PLACES[(n // 7) % 7]}" + (f" للمرة {n // 49 + 1}" if n >= 49 else "") for n in range(count)]


def paragraphs(number: int, title: str) -> str:
    rows = [f"{title}، وهذا هو الخبر الذي يحمل الرقم {number}.", *(SENTENCES[(number + i) % len(SENTENCES)] for i in range(4))]
    return "".join(f"<p>{row}</p>" for row in rows)


class Static(Site):
    """What a static generator writes: one folder an article at the root, feed of the newest, sitemap of everything."""

    def __init__(self, count: int = 30) -> None:
        super().__init__()
        self.names = {f"/{title.replace(' ', '-')}/": (n, title) for n, title in enumerate(titles(count))}
        self.route = self._route

    @property
    def articles(self) -> set[str]:
        return {self.url + quote(path[1:]) for path in self.names}

    def _route(self, asked: str) -> Reply | None:
        path = unquote(urlsplit(asked).path)
        newest = list(self.names.items())
        if path in self.names:
            number, title = self.names[path]
            body = f'<article><h1>{title}</h1><div class="post-body">{paragraphs(number, title)}</div></article>'
            return Reply(200, self._page(title, body, number))
        if path == "/robots.txt":
            return Reply(200, f"User-agent: *\nAllow: /\nSitemap: {self.url}sitemap.xml\n", {"Content-Type": "text/plain"})
        if path == "/index.xml":
            items = "".join(
                f"<item><title>{title}</title><link>{self.url}{quote(link[1:])}</link>"
                f"<pubDate>Sun, 22 Nov 2026 {23 - n:02}:00:00 +0300</pubDate></item>"
                for link, (n, title) in newest[:12]
            )
            feed = f"<rss><channel><title>دفتر الوادي</title><language>ar</language>{items}</channel></rss>"
            return Reply(200, feed, {"Content-Type": "application/rss+xml"})
        if path == "/sitemap.xml":
            others = ["/", "/about/", "/contact/", "/tags/", "/tags/suq/", "/siyasa/", "/iqtisad/"]
            rows = "".join(f"<url><loc>{self.url}{quote(link[1:])}</loc></url>" for link in (*others, *self.names))
            return Reply(200, f"<urlset>{rows}</urlset>", {"Content-Type": "application/xml"})
        if path in ("/", "/siyasa/", "/iqtisad/", "/tags/suq/"):
            chosen = newest[:10] if path == "/" else newest[len(path) :: 3][:10]
            links = "".join(f'<li><h2><a href="{quote(link)}">{title}</a></h2></li>' for link, (_, title) in chosen)
            return Reply(200, self._page("دفتر الوادي", f"<main><ul>{links}</ul></main>"))
        if path in ("/about/", "/contact/", "/tags/"):
            return Reply(200, self._page("من نحن", "<main><h1>من نحن</h1><p>دفتر من دفاتر الوادي.</p></main>"))
        return None

    def _page(self, title: str, body: str, number: int | None = None) -> str:
        menu = '<nav><a href="/">الرئيسية</a><a href="/siyasa/">سياسة</a><a href="/iqtisad/">اقتصاد</a><a href="/tags/">وسوم</a></nav>'
        foot = '<footer><a href="/about/">من نحن</a><a href="/contact/">راسلونا</a></footer>'
        date = (
            f'<meta property="article:published_time" content="2026-11-{20 - number % 19:02}T10:00:00+03:00">'
            if number is not None
            else ""
        )
        head = f'<title>{title}</title><link rel="alternate" type="application/rss+xml" href="/index.xml">{date}'
        return f'<!DOCTYPE html><html lang="ar" dir="rtl"><head>{head}</head><body>{menu}{body}{foot}</body></html>'


class Sections(Site):
    """Six section pages with a pager, and nothing else: no feed, no sitemap, no robots.txt, no dates in addresses."""

    PER_PAGE = 8

    def __init__(self, count: int = 60) -> None:
        super().__init__()
        self.names = {f"/{TOPICS[n % 6]}/{title.replace(' ', '-')}.html": (n, title) for n, title in enumerate(titles(count))}
        self.route = self._route

    @property
    def articles(self) -> set[str]:
        return {self.url + quote(path[1:]) for path in self.names}

    def _route(self, asked: str) -> Reply | None:
        parts = urlsplit(asked)
        path = unquote(parts.path)
        if path in self.names:
            number, title = self.names[path]
            ld = json.dumps({"@type": "NewsArticle", "headline": title}, ensure_ascii=False)
            body = f'<script type="application/ld+json">{ld}</script><h1>{title}</h1><div class="khabar-matn article-body">{paragraphs(number, title)}</div>'
            return Reply(200, self._page(title, body))
        if path == "/":
            return Reply(200, self._page("بريد الوادي", self._list(list(self.names)[:9])))
        if path.strip("/") in TOPICS:
            mine = [link for link in self.names if link.startswith(f"{path.rstrip('/')}/")]
            number = int(parse_qs(parts.query).get("safha", ["1"])[0])
            shown = mine[(number - 1) * self.PER_PAGE : number * self.PER_PAGE]
            more = f'<a href="{path}?safha={number + 1}">التالي</a>' if number * self.PER_PAGE < len(mine) else ""
            return Reply(200, self._page(NAMES[path.strip("/")], self._list(shown) + more)) if shown else None
        if path in ("/man-nahnu", "/ittisal"):
            return Reply(200, self._page("من نحن", "<h1>من نحن</h1><p>بريد من برد الوادي.</p>"))
        return None

    def _list(self, links: list[str]) -> str:
        return "".join(f'<div class="item"><a href="{quote(link)}">{self.names[link][1]}</a></div>' for link in links)

    def _page(self, title: str, body: str) -> str:
        menu = "".join(f'<li><a href="/{topic}">{NAMES[topic]}</a></li>' for topic in TOPICS)
        side = f"<aside><h4>الأكثر قراءة</h4>{self._list(list(self.names)[3:6])}</aside>"
        foot = '<div class="footer-links"><a href="/man-nahnu">من نحن</a><a href="/ittisal">اتصل بنا</a></div>'
        whole = f'<div class="main-menu"><ul>{menu}</ul></div><div id="page">{body}</div>{side}{foot}'
        return f'<!DOCTYPE html><html lang="ar" dir="rtl"><head><title>{title}</title></head><body>{whole}</body></html>'
