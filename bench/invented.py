"""Invented article pages of about 100 KB with the clutter of a news theme, the same every time."""

from __future__ import annotations

import random

WORDS = [
    "البلدية",
    "المدرسة",
    "الطريق",
    "النهر",
    "الجسر",
    "السوق",
    "المزارعون",
    "الأهالي",
    "المحافظة",
    "الحديقة",
    "المكتبة",
    "المياه",
    "الكهرباء",
    "المشروع",
    "العمال",
    "الشتاء",
    "الصيف",
    "القرية",
    "المدينة",
    "اللجنة",
    "الاجتماع",
    "الخطة",
    "الميزانية",
    "التقرير",
    "الصيانة",
    "الشبكة",
    "المخبز",
    "الطلاب",
    "المعلمون",
    "الأطباء",
    "المركز",
    "الصحي",
    "الموسم",
    "القمح",
    "الزيتون",
]
VERBS = ["قال", "أضاف", "أوضح", "ذكر", "أكد", "أعلن", "بيّن", "شرح", "طلب", "اقترح"]


def sentence(rng: random.Random) -> str:
    return f"و{rng.choice(VERBS)} أن " + " ".join(rng.choices(WORDS, k=rng.randint(9, 22))) + f" بلغ {rng.randint(2, 4000)}."


def article(number: int) -> tuple[str, list[str]]:
    """(headline, paragraphs) of article `number`."""
    rng = random.Random(number)
    title = f"{' '.join(rng.choices(WORDS, k=7))} {number}"
    return title, [" ".join(sentence(rng) for _ in range(rng.randint(2, 4))) for _ in range(rng.randint(7, 14))]


def page(number: int, base: str = "http://127.0.0.1") -> bytes:
    """The article as a page: head with scripts and styles, menus, body, related boxes, sidebar, footer."""
    rng = random.Random(-number)
    title, paragraphs = article(number)
    rules = "".join(
        f".tie-c{i}>.post-item:nth-child({i}){{margin:{i % 9}px;color:#{rng.randrange(1 << 24):06x}}}\n" for i in range(520)
    )
    menu = "".join(
        f'<li class="menu-item menu-item-{i}"><a href="{base}/category/{i}/">{rng.choice(WORDS)} {rng.choice(WORDS)}</a></li>'
        for i in range(90)
    )
    box = "".join(
        f'<li class="widget-post"><a href="{base}/archives/{rng.randrange(9999)}" title="x"><img src="/i/{i}.jpg" alt="" width="220" height="150">'
        f'</a><h3><a href="{base}/archives/{i}">{" ".join(rng.choices(WORDS, k=9))}</a></h3><span class="date">منذ {i} ساعات</span></li>'
        for i in range(60)
    )
    script = "".join(
        f'tie.push({{"id":{i},"k":"{rng.randrange(1 << 60):x}","u":"{base}/wp-json/x/{i}"}});\n' for i in range(320)
    )
    body = "\n".join(f"<p>{p}</p>" for p in paragraphs)
    return f"""<!DOCTYPE html>
<html lang="ar" dir="rtl"><head><meta charset="UTF-8"><title>{title} - أخبار الوادي</title><style>{rules}</style>
<meta property="og:type" content="article"><meta property="og:title" content="{title}">
<meta property="article:published_time" content="2026-0{1 + number % 9}-{1 + number % 28:02d}T08:00:00+03:00">
<link rel="canonical" href="{base}/archives/{number}"><link rel="shortlink" href="{base}/?p={number}"><script>{script}</script></head>
<body class="rtl single single-post postid-{number}"><header><nav><ul class="menu">{menu}</ul></nav></header>
<div id="content"><article id="the-post"><header class="entry-header"><h1 class="post-title entry-title">{title}</h1></header>
<div class="entry-content entry clearfix">{body}</div><div class="share-buttons"><a href="#">شارك</a><a href="#">غرد</a></div></article>
<div id="related-posts"><h3>مقالات ذات صلة</h3><ul>{box}</ul></div></div><aside class="sidebar"><ul>{box[: len(box) // 2]}</ul></aside>
<footer><ul>{menu}</ul><p>جميع الحقوق محفوظة ©</p></footer></body></html>""".encode()
