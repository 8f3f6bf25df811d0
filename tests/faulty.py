"""Answers spoilt in the ways that servers, proxies and caches spoil them: bytes made here, each from a whole page."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from typing import Any

from archive.warc import StoredCapture
from tests.captures import capture

UTF8 = "text/html; charset=UTF-8"
TITLE = "البلدية تفتتح سوقا جديدة للخضار قرب النهر"
TEXT = (
    "افتتحت البلدية صباح اليوم سوقا جديدة للخضار قرب النهر، وتضم السوق ستين دكانا وساحة للعربات ومرآبا صغيرا.",
    "وقال أحد الباعة إن الإيجار لن يزيد على 40 ليرة في الشهر الأول، وإن أحدا لم يدفع سلفا حتى الآن.",
    "ويصل إلى السوق خط حافلات جديد يبدأ من الساحة الكبرى كل عشرين دقيقة حتى التاسعة مساء.",
)
SIDE = "".join(f'<li><a href="/n/{n}">خبر جانبي رقم {n} عن شؤون البلدة وأهلها</a></li>' for n in range(12))
CHALLENGE = (
    "<!DOCTYPE html><html><head><title>Just a moment...</title></head><body><h1>news.example.org</h1><script>"
    "window._cf_chl_opt={};location.reload()</script></body></html>"
)
CONSENT = (
    '<!DOCTYPE html><html lang="ar"><head><title>قبل أن تتابع</title></head><body><div id="consent"><h1>خصوصيتك تهمنا</h1>'
    "<p>نحن وشركاؤنا نحفظ ملفات على جهازك.</p><form><button onclick=\"document.cookie='consent=1'\">أوافق</button></form></div>"
    "</body></html>"
)
SOFT_404 = (
    '<!DOCTYPE html><html lang="ar"><head><meta charset="utf-8"><title>الصفحة غير موجودة</title></head><body>'
    '<h1>عذرا، الصفحة غير موجودة</h1><p>ربما نقلت. عد إلى <a href="/">البداية</a>.</p></body></html>'
)
ERROR = "<html><head><title>Error</title></head><body><h1>Error</h1></body></html>"
UPKEEP = '<html lang="ar"><head><title>الموقع قيد الصيانة</title></head><body><h1>الموقع قيد الصيانة</h1><p>نعود بعد ساعة.</p></body></html>'


def page(title: str = TITLE, text: tuple[str, ...] = TEXT, *, marked: bool = True) -> str:
    """An article as a content system prints it; unmarked: as a page made by hand, with no sign of what it is."""
    body = "".join(f"<p>{one}</p>" for one in text)
    if not marked:
        return (
            f'<html lang="ar"><head><meta charset="utf-8"><title>جريدة النهر</title></head><body><ul class="side">{SIDE}</ul>'
            f'<h1>{title}</h1><div class="article-body">{body}</div></body></html>'
        )
    return (
        f'<!DOCTYPE html><html lang="ar"><head><meta charset="utf-8"><title>{title} - جريدة النهر</title>'
        f'<meta property="og:title" content="{title}"><meta property="article:published_time" content="2026-11-20T08:00:00+02:00">'
        f'</head><body class="single single-post postid-12"><ul class="side">{SIDE}</ul><h1>{title}</h1>'
        f'<div class="entry-content">{body}</div></body></html>'
    )


@dataclass(frozen=True, slots=True)
class Fault:
    """How an answer is spoilt; fields as in `tests.captures.capture`."""

    name: str
    fields: dict[str, Any]


def _typed(content_type: str, **more: str) -> tuple[tuple[str, str], ...]:
    return (("Content-Type", content_type), *((name.replace("_", "-"), value) for name, value in more.items()))


def faults(whole: str) -> list[Fault]:
    """Every way, of one page."""
    data = whole.encode()
    half, middle = data[: len(data) // 2], len(data) // 2
    flipped = bytearray(gzip.compress(data))
    flipped[len(flipped) // 2] ^= 0xFF
    bare = whole.replace('<meta charset="utf-8">', "")
    lists: list[tuple[str, dict[str, Any]]] = [
        *((f"status {code}", {"status": code, "payload": ERROR}) for code in (400, 403, 404, 410, 429, 500, 502, 503, 200)),
        ("close", {"status": 0, "record_type": "metadata", "payload": b"", "failure": "data-loss"}),
        ("hang", {"status": 0, "record_type": "metadata", "payload": b"", "failure": "timeout"}),
        ("endless", {"failure": "too-large", "truncated": "length", "payload": b"<p>" + b"x" * 9000}),
        ("truncate", {"payload": half, "truncated": "disconnect"}),
        ("truncate quietly", {"payload": half}),
        ("truncate quietly, late", {"payload": data[: -len(b"</p></div></body></html>")]}),
        ("truncate in a letter", {"payload": data[: data.index("النهر،".encode()) + 3]}),
        ("empty", {"payload": b""}),
        ("bad bytes", {"payload": data[:middle] + b"\xff\xfe\x00\xd8" + data[middle:]}),
        ("bad gzip", {"payload": bytes(flipped), "headers": _typed(UTF8, Content_Encoding="gzip")}),
        ("header lies", {"payload": data, "headers": _typed("text/html; charset=windows-1256")}),
        ("header lies twice", {"payload": data, "headers": _typed("text/html; charset=ISO-8859-1")}),
        ("other bytes", {"payload": whole.encode("cp1256", "xmlcharrefreplace")}),
        ("other bytes, another charset", {"payload": whole.encode("iso8859_6", "xmlcharrefreplace")}),
        ("other bytes, undeclared", {"payload": bare.encode("cp1256", "xmlcharrefreplace"), "headers": _typed("text/html")}),
        ("other bytes, read as Latin", {"payload": bare.encode("cp1256", "xmlcharrefreplace"), "headers": _typed("text/html; charset=ISO-8859-1")}),
        ("read twice", {"payload": data.decode("cp1256", "replace").encode()}),
        ("read twice as Latin", {"payload": data.decode("latin-1").encode()}),
        ("letters lost", {"payload": whole.replace("ة", "\ufffd").encode()}),
        ("soft 404", {"payload": SOFT_404}),
        ("challenge", {"payload": CHALLENGE, "status": 403, "headers": _typed(UTF8, cf_mitigated="challenge")}),
        ("challenge, 200", {"payload": CHALLENGE}),
        ("consent", {"payload": CONSENT}),
        ("upkeep", {"payload": UPKEEP}),
        ("to the front page", {"status": 302, "payload": b"", "headers": _typed(UTF8, Location="/")}),
        ("noise", {"payload": whole.replace("</body>", "<!-- 0.123 --></body>")}),
        ("plain text", {"payload": data, "headers": _typed("text/plain")}),
        ("stale 304", {"status": 304, "payload": b""}),
    ]  # fmt: skip
    return [Fault(name, fields) for name, fields in lists]


def spoilt(url: str, fault: Fault, **more: Any) -> StoredCapture:
    return capture(url, **(fault.fields | more))
