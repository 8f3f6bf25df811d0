"""An archive of three articles to show: written here, folded by hand, with hostile text where an outlet could put it."""

from __future__ import annotations

import gzip
import json
from collections.abc import Collection, Sequence
from dataclasses import fields, replace
from datetime import datetime
from typing import Any

from archive.alarms.row import AlarmRow
from archive.catalog.gallery import PictureRow
from archive.catalog.pairs import Pair
from archive.catalog.rooms import AnnouncedRow, LinkedRow, SeedFileRow
from archive.catalog.rows import (
    ArticleRow,
    CaptureRow,
    DayRow,
    DelayRow,
    DueRow,
    EventPage,
    EventRow,
    HistoryRow,
    OutletRow,
    RunRow,
    SeedLinkRow,
    VersionRow,
)
from archive.catalog.stream import Asked
from archive.errors import Refused
from archive.republished import Link
from archive.web.desk import Desk

EDITED, DELETED, NASTY = "a1" * 16, "b2" * 16, "c3" * 16
SCRIPT = "<script>alert('x')</script>"
OLD = "\n".join(
    [
        "أعلنت بلدية المنارة صباح اليوم افتتاح السوق القديمة بعد ترميم استمر 14 شهرا.",
        "وقال رئيس البلدية إن كلفة الترميم بلغت 2.5 مليون ليرة، دفع الأهالي نصفها.",
        "وتضم السوق ستين دكانا، منها دكاكين للنحاس والصابون والعطارة.",
        "ويعود بناء السوق إلى القرن السابع عشر، وكانت محطة للقوافل القادمة من الساحل.",
        "وشارك في الافتتاح عشرات الحرفيين الذين عادوا إلى دكاكينهم بعد غياب طويل.",
        "ولن تغلق السوق أبوابها في أيام العطل، بحسب البلدية.",
    ]
)
NEW = (
    OLD.replace("2.5 مليون", "25 مليون").replace("ولن تغلق", "وتغلق").replace("ستين دكانا", "ستين\u200f دكانا")
    + "\nوأضافت البلدية لاحقا أن مواقف السيارات ستبقى مجانية حتى نهاية العام."
)


def row(kind: type, **given: Any) -> Any:
    """A record with the fields given, the others empty."""
    empty = {"str": "", "int": 0, "tuple[str, ...]": (), "dict[str, Any]": {}}
    return kind(**{f.name: given.get(f.name, empty[str(f.type)]) for f in fields(kind)})


def snapshot(title: str, text: str, **more: Any) -> bytes:
    body = {
        "v": 1,
        "title": title,
        "subtitle": "",
        "authors": [],
        "published": {"value": "2026-11-20T09:00:00+03:00", "source": "json-ld"},
        "modified": None,
        "text": text,
        "faithful": text,
        "images": [],
        "reading": {"trafilatura": "2.3.1", "id": "0f0f0f0f0f0f"},
    }
    return gzip.compress(json.dumps({**body, **more}, ensure_ascii=False).encode(), mtime=0)


def _version(article: str, number: int, time: str, **more: Any) -> VersionRow:
    given: dict[str, Any] = {
        "outlet": "manara",
        "article": article,
        "number": number,
        "time": time,
        "last": time,
        "captures": 1,
        "kinds": ("new",),
        "language": "ar",
        "published": "2026-11-20T09:00:00+03:00",
        "headline_t": "11" * 16,
        "body_t": "22" * 16,
        "body_k": "33" * 16,
        "rules": "4f4f4f4f4f4f",
        "layout": "jannah",
        "warc": "warc/manara/2026/11/20/20261120T061500Z-0123456789ab.1-00001-abcdef012345.warc.gz",
        "offset": 5120,
        "length": 18300,
        "record": "<urn:uuid:9d1c0c5e-0000-4000-8000-000000000001>",
        "payload": "sha256:" + "5a" * 32,
        "body": "sha256:" + "6b" * 32,
        "snapshot": f"snapshots/{article}/{number}",
    }
    return row(VersionRow, **{**given, **more})


def _event(article: str, number: int, time: str, kinds: tuple[str, ...], title: str, **more: Any) -> EventRow:
    given = {"outlet": "manara", "article": article, "number": number, "time": time, "kinds": kinds, "title": title}
    return row(EventRow, **{**given, **more})


def _capture(time: str, klass: str, status: int, **more: Any) -> CaptureRow:
    return row(CaptureRow, time=time, klass=klass, status=status, **more)


def _edited() -> tuple[HistoryRow, dict[str, bytes]]:
    first, second = "افتتاح السوق القديمة في المنارة", "افتتاح السوق القديمة في المنارة بعد ترميمها"
    times = ["2026-11-20T06:15:02.100000Z", "2026-11-20T08:15:03.200000Z", "2026-11-21T10:00:00.000000Z"]
    versions = (
        _version(EDITED, 1, times[0], title=first, captures=4, last="2026-11-20T07:45:00.000000Z"),
        _version(EDITED, 2, times[1], title=second, kinds=("headline", "body"), flags=("numbers", "negations")),
    )
    detail = {
        "seed_in_article": {"shared": 61, "of": 64, "share": 0.9531},
        "article_in_seed": {"shared": 61, "of": 74, "share": 0.8243},
        "paragraphs": [[1, 0], [3, 1], [4, 3], [5, 4]],
        "recipe": "1",
    }
    link = {
        "outlet": "manara",
        "article": EDITED,
        "name": "007-السوق القديمة.txt",
        "sha256": "77" * 32,
        "seed_set": "0123456789ab",
    }
    article = row(
        ArticleRow,
        outlet="manara",
        article=EDITED,
        url="https://manara.example.org/2026/11/20/%d8%a7%d9%84%d8%b3%d9%88%d9%82",
        title=second,
        state="live",
        since=times[0],
        versions=2,
        captures=6,
        post="4711",
        last_fetch=times[2],
    )
    captures = [_capture(f"2026-11-20T0{6 + n // 2}:{15 + 30 * (n % 2)}:02.000000Z", "content", 200) for n in range(4)]
    captures += [_capture(times[1], "content", 200, body="new"), _capture(times[2], "not-modified", 304)]
    events = (
        _event(EDITED, 1, times[0], ("new",), first, version=1),
        _event(EDITED, 2, times[1], ("headline", "body"), second, version=2, flags=("numbers", "negations")),
    )
    links = tuple(row(SeedLinkRow, version=v, relation="contains", detail=detail, **link) for v in (1, 2))
    texts = {
        versions[0].snapshot: snapshot(first, OLD, authors=["سلمى الحايك"]),
        versions[1].snapshot: snapshot(
            second,
            NEW,
            authors=["سلمى الحايك", "نزار"],
            images=[{"url": "https://i/1.jpg", "caption": "السوق"}],
            pictures=[
                {"url": "https://i/1.jpg", "role": "og", "caption": "السوق", "sha256": "5e" * 32, "mime": "image/jpeg"},
                {"url": "https://i/2.jpg", "role": "body", "caption": "", "missing": "http-404"},
            ],
            videos=[{"address": "https://t.me/souq/12", "thumbnail": ""}],
        ),
    }
    return HistoryRow(article, versions, events, links, tuple(captures)), texts


def _deleted() -> tuple[HistoryRow, dict[str, bytes]]:
    title = "تحقيق: من باع أرض الميناء؟"
    times = ["2026-11-20T05:00:00.000000Z", "2026-11-21T05:00:00.000000Z", "2026-11-21T12:00:00.000000Z"]
    article = row(
        ArticleRow,
        outlet="manara",
        article=DELETED,
        url="https://manara.example.org/port",
        title=title,
        state="gone",
        since=times[1],
        reason="http-404",
        versions=1,
        captures=3,
    )
    events = (
        _event(DELETED, 1, times[0], ("new",), title, version=1),
        _event(DELETED, 2, times[2], ("gone",), title, version=1, since=times[1], reason="http-404"),
    )
    captures = (
        _capture(times[0], "content", 200),
        _capture(times[1], "gone", 404, reason="http-404"),
        _capture(times[2], "gone", 404, reason="http-404"),
    )
    version = _version(DELETED, 1, times[0], title=title)
    return HistoryRow(article, (version,), events, (), captures), {version.snapshot: snapshot(title, "نص التحقيق كاملا.")}


def _nasty() -> tuple[HistoryRow, dict[str, bytes]]:
    """Everything an outlet may put into its page, put where it could hurt."""
    title = f"\u202eعنوان {SCRIPT}"
    time = "2026-11-19T05:00:00.000000Z"
    article = row(
        ArticleRow,
        outlet="manara",
        article=NASTY,
        url=f"javascript:alert(1)//{SCRIPT}",
        title=title,
        state="live",
        since=time,
        versions=2,
    )
    versions = (
        _version(NASTY, 1, time, title=title, url="https://manara.example.org/x"),
        _version(NASTY, 2, "2026-11-19T06:00:00.000000Z", title=title, kinds=("body",), snapshot="", layout=SCRIPT),
    )
    events = (_event(NASTY, 1, time, ("new",), title, version=1, url=article.url),)
    picture = dict.fromkeys(("url", "role", "caption", "sha256", "missing", "mime"), SCRIPT)
    more = {"authors": [SCRIPT], "subtitle": SCRIPT, "images": [{"url": f"x:{SCRIPT}", "caption": SCRIPT}]}
    more |= {"pictures": [picture, {**picture, "sha256": ""}], "videos": [{"address": SCRIPT, "thumbnail": SCRIPT}]}
    return HistoryRow(article, versions, events, (), ()), {
        versions[0].snapshot: snapshot(title, f"فقرة {SCRIPT}\n</div>{SCRIPT}", **more)
    }


def _copy(article: str, outlet: str, other: str, title: str, relation: str) -> Pair:
    """The text of `article`, captured first, in another one."""
    shares = {
        "first_in_second": {"shared": 99, "of": 110, "share": 0.9},
        "second_in_first": {"shared": 99, "of": 396, "share": 0.25},
    }
    times = ("2026-11-20T06:00:00.000000Z", "2026-11-21T07:30:00.000000Z", "2026-11-20T08:00:00+03:00", "")
    detail = {**shares, "paragraphs": [[1, 2]], "recipe": "1"}
    link = Link("manara", article, outlet, other, relation, *times, 1, 1, "", "", detail)
    return Pair(link, "https://manara.example.org/1", "عنوان هنا", f"https://{outlet}.example.org/2", title)


COPY = _copy(EDITED, "masar", DELETED, "عنوان هناك", "contains")
COPY_OF_NASTY = _copy(DELETED, f"masar{SCRIPT}", NASTY, f"\u202e{SCRIPT}", SCRIPT)


class Shelf:
    """Catalog and store at once; what they hold is above. `filler` adds that many more new articles to the changes."""

    def __init__(self, filler: int = 0) -> None:
        made = [_edited(), _deleted(), _nasty()]
        self.histories = {history.article.article: history for history, _ in made}
        self.objects = {key: data for _, texts in made for key, data in texts.items()}
        events = [event for history in self.histories.values() for event in history.events]
        for n in range(filler):
            article = f"{n:032x}"
            events.append(
                _event(article, 1, f"2026-11-{1 + n % 18:02d}T{n % 24:02d}:30:00.000000Z", ("new",), f"خبر رقم {n}", version=1)
            )
        self.events = sorted(events, key=lambda e: (e.time, e.outlet, e.article, e.number), reverse=True)

    def changes_page(self, asked: Asked, limit: int = 50) -> EventPage:
        narrower = {name: value for name in ("since", "until", "seed", "words") if (value := getattr(asked, name))}
        rows = self.changes(asked.outlet, asked.kind, asked.before, limit + 1, **narrower)
        return EventPage(tuple(rows[:limit]), rows[limit - 1].cursor if len(rows) > limit else "")

    def changes(
        self, outlet: str | None = None, kind: str | None = None, before: str | None = None, limit: int = 50, **narrower: str
    ) -> list[EventRow]:
        rows = [e for e in self.events if (not outlet or e.outlet == outlet) and (not kind or kind in e.kinds)]
        rows = [e for e in rows if narrower.get("since", "") <= e.time[:10] <= narrower.get("until", "9")]
        rows = [e for e in rows if narrower.get("words", "") in e.title]
        rows = [e for e in rows if "seed" not in narrower or e.article == EDITED]
        if before:
            time, of, article, number = before.split("|")
            rows = [e for e in rows if (e.time, e.outlet, e.article, e.number) < (time, of, article, int(number))]
        return rows[:limit]

    def veiled(self, outlet: str, article: str) -> set[str]:
        return set()

    def history(self, article: str) -> HistoryRow:
        if article not in self.histories:
            raise Refused(f"no article {article} in the catalog", "`warraq ls` lists them")
        return self.histories[article]

    def article(self, reference: str) -> ArticleRow:
        return self.history(reference).article

    def twins(self, article: str) -> list[ArticleRow]:
        return [self.histories[DELETED].article] if article == EDITED else []

    def withheld(self, articles: Collection[str]) -> set[str]:
        return set()

    def outlets(self, now: datetime | None = None) -> list[OutletRow]:
        return [row(OutletRow, outlet=name) for name in ("manara", "masar")]

    def republished(self, article: str) -> list[Pair]:
        return [pair for pair in (COPY, COPY_OF_NASTY) if article in (pair.link.article, pair.link.other)]

    def announced(self, outlet: str, article: str) -> list[AnnouncedRow]:
        told = (f"https://{outlet}.example.org/x", "2026-11-20T09:00:00", "", f"\u202e{SCRIPT}", "2026-11-20T06:10:00.000000Z")
        return [AnnouncedRow(channel, *told, "2026-11-20T07:40:00.000000Z") for channel in ("feed", "rest")]

    def runs(self, outlet: str | None = None, limit: int | None = 50) -> list[RunRow]:
        return []

    def newest_runs(self) -> list[RunRow]:
        return self.runs()

    def first_days(self) -> dict[str, str]:
        return {}

    def days(self, since: str, outlet: str | None = None) -> list[DayRow]:
        return []

    def waiting(self, now: datetime) -> list[DueRow]:
        return []

    def delays(self, outlet: str | None = None, since: str = "") -> list[DelayRow]:
        return []

    def alarms(self, open_only: bool = True, limit: int = 500) -> list[AlarmRow]:
        return []

    def seed_files(self) -> list[SeedFileRow]:
        return [SeedFileRow("007-السوق القديمة.txt", "77" * 32, 1, 0, 1, 0)]

    def linked(self, sha256: str, article: str = "", start: int = 0, limit: int | None = None) -> list[LinkedRow]:
        found = self.histories[EDITED]
        link, version = found.links[-1], found.versions[-1]
        if sha256 != link.sha256 or article not in ("", EDITED):
            return []
        return [LinkedRow(link, found.article.url, version.title, "live", version.time, version.snapshot, "ar")]

    def picture_captures(self, outlet: str, urls: Collection[str]) -> list[PictureRow]:
        return []

    def logged(self, units: Sequence[str]) -> dict[str, int]:
        return dict.fromkeys(units, 4096)

    def log_size(self) -> int:
        return 5000

    def get(self, key: str, start: int = 0, length: int | None = None) -> bytes:
        return self.objects[key]

    def put(self, key: str, data: bytes) -> bool:
        raise AssertionError("the pages only read")

    def without_texts(self) -> Shelf:
        self.objects = {}
        return self

    def unread(self, article: str) -> Shelf:
        """The article as if it went before anybody read it."""
        held = self.histories[article]
        gone = replace(held.article, versions=0)
        self.histories[article] = HistoryRow(gone, (), held.events, (), held.captures)
        return self


def desk(shelf: Shelf) -> Desk:
    return Desk(shelf, lambda: shelf, {"manara": "منارة الساحل"})  # type: ignore[arg-type, return-value]
