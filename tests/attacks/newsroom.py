"""What two invented outlets publish, edit and remove over a number of runs. Pure: the same numbers, the same pages.

Every text is composed from the word lists below; places, people and events do not exist.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass

PER_PAGE = 100  # posts of a page of the REST channel (archive.channels.rest)
WHO = ("البلدية", "المجلس", "الجمعية", "المديرة", "النقابة", "الإطفائية", "المكتبة", "اللجنة", "المستشفى", "المدرسة", "التعاونية", "الجامعة", "الفرقة",
       "الورشة", "الرابطة", "المحكمة")  # fmt: skip
DID = ("أعلنت", "أكدت", "نفت", "ناقشت", "افتتحت", "أجلت", "وسعت", "راجعت", "موّلت", "وثقت", "أصلحت", "رتبت", "اختارت", "عرضت")
WHAT = ("الجسر", "السوق", "الحافلات", "الزيتون", "التلال", "الإسعافات", "الصور", "المياه", "الملعب", "الحكاية", "الطاقة", "الأرشيف", "المطبخ", "القنطرة",
        "البيادر", "الحديقة", "الميناء", "المرصد", "المخبز", "النول")  # fmt: skip
WHERE = (
    "السنديان",
    "الحجل",
    "المرج",
    "الكرمة",
    "النبع",
    "التلة",
    "الطاحونة",
    "الغدير",
    "الصنوبر",
    "الخابية",
    "البيلسان",
    "الرمان",
    "الصفصاف",
)
HOW = ("سريعاً", "مساءً", "مجدداً", "أخيراً", "صباحاً", "بهدوء", "تدريجياً", "علناً", "معاً", "مؤقتاً", "عاجلاً", "شتاءً")


@dataclass(frozen=True)
class Outlet:
    """One of the invented outlets: `number` tells its articles from the other's."""

    name: str
    title: str
    number: int
    articles: int
    runs: int

    @property
    def url(self) -> str:
        return f"https://{self.name}.example.org/"

    def address(self, article: int) -> str:
        return f"{self.url}archives/{1000 * self.number + article}"

    def file(self) -> str:
        """The outlet file (TOML). Everything is due in every run."""
        return (
            f'name = "{self.name}"\ntitle = "{self.title}"\nurl = "{self.url}"\narticle = "^/archives/\\\\d+"\ndelay = 0.0\n'
            f'revisit_after = 0.0\nrevisit_growth = 0.0\ngone_after = 3600.0\nwalk_every = 0.0\n[[layouts]]\nname = "{self.name}"\n'
            "match = \"//div[contains(@class, 'entry-content')]\"\nbody = \"//div[contains(@class, 'entry-content')]\"\n"
        )

    # What becomes of an article, run by run

    def published(self, article: int) -> int:
        """The run in which it is first there: most in the first, a few in each later one."""
        return 0 if article % 5 else article // 5 % self.runs

    def edits(self, article: int, run: int) -> int:
        """How often it was edited until this run."""
        first = self.published(article)
        when = {3: (first + 1,), 7: (first + 1, first + 2), 12: (first + 2, first + 3, first + 4)}.get(article % 13, ())
        return sum(run >= edit for edit in when)

    def gone(self, article: int, run: int) -> bool:
        return article % 41 == 9 and run >= self.published(article) + 2

    def moved(self, article: int, run: int) -> bool:
        """Its address leads to the front page."""
        return article % 97 == 31 and run >= self.published(article) + 3

    def listed(self, run: int) -> list[int]:
        """The articles that its channel lists in this run, newest first."""
        there = (n for n in range(1, self.articles + 1) if self.published(n) <= run)
        return sorted((n for n in there if not self.gone(n, run) and not self.moved(n, run)), reverse=True)

    # What it answers

    def headline(self, article: int) -> str:
        pick = random.Random(f"{self.name} {article}")
        return f"{pick.choice(WHO)} {pick.choice(DID)} {pick.choice(WHAT)} {pick.choice(WHERE)}، العدد {article}"

    def paragraphs(self, article: int, edits: int) -> list[str]:
        return [
            *(self._sentence(article, i) for i in range(6)),
            *(f"تحديث {i + 1}: {self._sentence(article + 500, i)}" for i in range(edits)),
        ]

    def _sentence(self, article: int, part: int) -> str:
        pick = random.Random(f"{self.name} {article} {part}")
        one, two, three = (f"{pick.choice(WHO)} {pick.choice(DID)} {pick.choice(WHAT)} {pick.choice(HOW)}" for _ in range(3))
        end = f"كلفة {pick.choice(WHAT)} {pick.randrange(3, 99)} ألفاً جمعها {pick.randrange(11, 700)} من {pick.choice(WHERE)}"
        return f"{one} و{two} قرب {pick.choice(WHERE)}، ثم {three}، و{end}."

    def page(self, article: int, run: int) -> bytes:
        """The article's page, the same for the same edits."""
        title = self.headline(article)
        text = "".join(f"<p>{one}</p>" for one in self.paragraphs(article, self.edits(article, run)))
        post = 1000 * self.number + article
        day = f"2026-{1 + article % 9:02}-{1 + article % 28:02}T08:00:00+02:00"
        return (
            f'<!DOCTYPE html><html lang="ar" dir="rtl"><head><meta charset="utf-8"><title>{title}</title>'
            f'<link rel="shortlink" href="{self.url}?p={post}"><meta property="og:type" content="article">'
            f'<meta property="og:title" content="{title}"><meta property="article:published_time" content="{day}"></head>'
            f'<body class="single single-post postid-{post}"><article><h1 class="entry-title">{title}</h1>'
            f'<div class="entry-content">{text}</div></article></body></html>'
        ).encode()

    def front(self, run: int) -> bytes:
        links = "".join(f'<li><a href="{self.address(n)}">{self.headline(n)}</a></li>' for n in self.listed(run)[:20])
        head = f'<!DOCTYPE html><html lang="ar"><head><meta charset="utf-8"><title>{self.title}</title></head>'
        return f"{head}<body class='home'><h1>{self.title}</h1><ul>{links}</ul></body></html>".encode()

    def rest(self, run: int, page: int) -> bytes:
        """A page of posts, as WordPress's REST API lists them."""
        rows = [
            {"id": 1000 * self.number + n, "link": self.address(n), "date_gmt": f"2026-{1 + n % 9:02}-{1 + n % 28:02}T06:00:00",
             "modified_gmt": f"2026-{1 + n % 9:02}-{1 + n % 28:02}T06:00:00", "title": {"rendered": self.headline(n)}, "content": {"protected": False}}
            for n in self.listed(run)[(page - 1) * PER_PAGE : page * PER_PAGE]
        ]  # fmt: skip
        return json.dumps(rows).encode()

    def pages(self, run: int) -> int:
        return -(-len(self.listed(run)) // PER_PAGE)
