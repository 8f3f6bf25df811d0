"""The page of search: what it finds is marked, hostile texts stay text, and whatever is typed is answered."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from archive import snapshot
from archive.errors import StoreUnreachable
from archive.web import app as web
from archive.web.desk import Desk
from archive.web.house import Open
from archive.web.search_view import ranges
from tests.test_catalog import catalog  # noqa: F401
from tests.test_search import HOSTILE, Shelf
from tests.web.test_pages import links, seen, text

SCRIPT = "<script>alert('x')</script>"


class Rooms(Shelf):
    """A catalog with its texts, and no bucket."""

    away = False

    def get(self, key: str, start: int = 0, length: int | None = None) -> bytes:
        if self.away:
            raise StoreUnreachable("the store is away")
        title, body = self.texts[key]
        return snapshot.pack({"title": title, "faithful": body})

    @property
    def pages(self) -> TestClient:
        desk = Desk(self.catalog, lambda: self, {"example": "مثال الساحل"})  # type: ignore[arg-type, return-value]
        return TestClient(Starlette(routes=[Mount("/warraq", web.create(lambda: desk, Open()))]), base_url="http://h")

    def ask(self, q: str = "", **more: str) -> str:
        answer = self.pages.get("/warraq/search", params={"q": q, **more})
        assert answer.status_code == 200, answer.text
        return answer.text


@pytest.fixture
def rooms(catalog) -> Rooms:  # type: ignore[no-untyped-def]  # noqa: F811
    made = Rooms(catalog)
    made.print("a", 1, "قال الوزير إن المستشفى سيُفتح غدا.\nوأضاف أن كلفته " + "كبيرة " * 40, title="افتتاح المستشفى")
    made.print("a", 2, "قال الوزير إن المدرسة ستفتح غدا.\nوأضاف أن كلفتها " + "كبيرة " * 40, title="افتتاح المدرسة")
    made.print("b", 3, f"نص {SCRIPT} عن المدرسة\u202e & <b>غيرها</b>", title=f"عنوان {SCRIPT} المدرسة")
    made.fill()
    return made


def marks(html: str) -> list[str]:
    return [part.partition("</mark>")[0] for part in html.split("<mark>")[1:]]


def test_what_is_found_is_marked_and_leads_to_its_version(rooms: Rooms) -> None:
    html = rooms.ask("مستشفى وزير")
    assert marks(html) == ["المستشفى", "الوزير", "المستشفى"]
    found = [link for link in links(html) if "/article/" in link]
    assert len(found) == 1
    assert found[0].endswith("?v=1")
    assert "in versions \u20681\u2069 of 2" in text(html)
    assert "not in the newest version" in text(html)
    assert next(link for link in links(html) if "/compare/" in link).endswith("?a=1&b=2")


def test_newest_first_and_filters_keep_their_values(rooms: Rooms) -> None:
    html = rooms.ask("مدرسة", outlet="example", since="2026-11-01", until="2026-11-30", state="live")
    assert [link.rpartition("?")[2] for link in links(html) if "/article/" in link] == ["v=1"]  # b; a is edited
    inputs = {str(attributes.get("name")): attributes for tag, attributes in seen(html).tags if tag == "input"}
    assert (inputs["q"]["value"], inputs["since"]["value"], inputs["until"]["value"]) == ("مدرسة", "2026-11-01", "2026-11-30")
    chosen = [attributes["value"] for tag, attributes in seen(html).tags if tag == "option" and "selected" in attributes]
    assert chosen == ["example", "live"]
    assert len([link for link in links(rooms.ask("مستشفى", state="removed")) if "/article/" in link]) == 1


def test_nothing_an_outlet_wrote_is_markup(rooms: Rooms) -> None:
    html = rooms.ask("مدرسة")
    tags = [tag for tag, _ in seen(html).tags]
    assert tags.count("script") == 1
    assert "b" not in tags
    assert SCRIPT in text(html)
    assert [mark.rstrip("\u202e") for mark in marks(html)] == ["المدرسة"] * 4
    asked = rooms.ask(f'"><img src=x onerror=alert(1)>{SCRIPT} مدرسة')
    assert "img" not in [tag for tag, _ in seen(asked).tags]


def test_twenty_a_page_and_on(rooms: Rooms) -> None:
    for n in range(45):
        rooms.print(f"c{n}", 10 + n, "خبر عن الميناء")
    rooms.fill()
    html, paths, count = rooms.ask("ميناء"), set(), []
    while True:
        articles = [link for link in links(html) if "/article/" in link]
        paths |= set(articles)
        count.append(len(articles))
        older = [str(a["href"]) for tag, a in seen(html).tags if tag == "a" and a.get("rel") == "next"]
        if not older:
            break
        html = rooms.pages.get(older[0]).text
    assert (count, len(paths)) == ([20, 20, 5], 45)


def test_the_page_without_a_question_and_without_an_answer(rooms: Rooms) -> None:
    assert "<ol" not in rooms.ask()
    assert "Nothing that was captured says so." in text(rooms.ask("غائب"))


def test_what_waits_is_told(rooms: Rooms) -> None:
    assert "indexed" not in text(rooms.ask("مدرسة"))
    rooms.print("d", 5, "جديد")
    assert "Not indexed yet, and not found: 1 text." in text(rooms.ask("جديد"))


def test_a_store_that_is_away_hides_no_answer(rooms: Rooms) -> None:
    rooms.away = True
    html = rooms.ask("مدرسة")
    assert len([link for link in links(html) if "/article/" in link]) == 2
    assert text(html).count("Its text cannot be read just now.") == 2


@pytest.mark.parametrize("lang", ["en", "ar"])
@pytest.mark.parametrize("question", [one for one in HOSTILE if "\ud800" not in one])  # which no browser sends
def test_whatever_is_typed_is_answered(rooms: Rooms, question: str, lang: str) -> None:
    answer = rooms.pages.get("/warraq/search", params={"q": question, "lang": lang})
    assert answer.status_code in (200, 400)
    if "\0" in question:
        assert "NUL" in answer.text  # refused at the door, before any page
    elif answer.status_code == 400:
        assert [tag for tag, a in seen(answer.text).tags if a.get("role") == "alert"] == ["p"]


@pytest.mark.parametrize(
    ("query", "status"),
    [("outlet=none", 404), ("state=none", 404), ("before=x", 404), ("before=99999999999999999", 404), ("before=²", 404)],
)
def test_what_is_no_filter_is_refused(rooms: Rooms, query: str, status: int) -> None:
    assert rooms.pages.get(f"/warraq/search?q=x&{query}").status_code == status


@pytest.mark.parametrize("since", ["yesterday", "2026-13-01", "<b>"])
def test_a_day_that_is_none_is_told(rooms: Rooms, since: str) -> None:
    answer = rooms.pages.get("/warraq/search", params={"q": "x", "since": since})
    assert answer.status_code == 400
    assert "is no time" in text(answer.text)
    assert "b" not in [tag for tag, _ in seen(answer.text).tags]


def test_in_arabic_the_reasons_are_too(rooms: Rooms) -> None:
    said = text(rooms.pages.get("/warraq/search", params={"q": "-غزة", "lang": "ar"}).text)
    assert "كل الكلمات مستبعدة" in said


def test_ranges() -> None:
    assert [ranges(one) for one in ((1,), (1, 2, 3, 5), (2, 4))] == ["1", "1–3, 5", "2, 4"]
