"""Forms of actions: made from a DAG's own parameters, filled in from the address, sent from nowhere but here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.routing import Mount
from starlette.testclient import TestClient

from archive import reasons
from archive.address import article_id
from archive.errors import Refused
from archive.web import app as web
from archive.web import fields
from archive.web.house import DagForm, Open, Started, Visitor
from tests.web.cases import DELETED, EDITED, NASTY, Shelf, desk
from tests.web.test_pages import seen, text

HERE = {"Sec-Fetch-Site": "same-origin"}
PARAMS: dict[str, dict[str, Any]] = {
    "article": {
        "value": "",
        "description": "Its id.",
        "schema": {"type": "string", "minLength": 1, "pattern": "^ *[0-9a-f]{32} *$", "title": "Article"},
    },
    "reason": {"value": "", "description": "Kept.", "schema": {"type": "string", "format": "multiline", "minLength": 3}},
    "outlet": {"value": None, "description": "", "schema": {"type": ["null", "string"]}},
    "lift": {"value": False, "description": "The other way.", "schema": {"type": "boolean"}},
    "days": {"value": 7, "description": "", "schema": {"type": "integer", "minimum": 1, "maximum": 30}},
    "kind": {
        "value": "a",
        "description": "",
        "schema": {"type": "string", "enum": ["a", "b"], "values_display": {"a": "An A"}},
    },
}
GOOD = {"article": EDITED, "reason": "محكمة", "days": "7", "kind": "a"}


@dataclass(frozen=True, slots=True)
class Staffed(Open):
    """A house whose scheduler takes everything, and keeps what it was asked."""

    asked: list[tuple[str, Mapping[str, Any], str]] = field(default_factory=list)
    refusal: Exception | None = None
    paused: bool = False

    async def actions(self, request: Request) -> list[DagForm]:
        return [DagForm("hold_article", "Puts an article under legal hold")]

    async def form(self, request: Request, dag: str) -> DagForm:
        if dag != "hold_article":
            raise Refused(f"there is no DAG {dag}")
        return DagForm(dag, "Puts an article under legal hold", self.paused, PARAMS)

    async def start(self, request: Request, dag: str, conf: Mapping[str, Any], once: str = "") -> Started:
        if self.refusal:
            raise self.refusal
        self.asked.append((dag, conf, once))
        return Started(dag, "manual__2026-11-22T10:00:00+00:00")


OPERATOR, VIEWER = Visitor("amal", lambda _: True), Visitor("nour")


def client(house: Open | None = None) -> TestClient:
    pages = web.create(lambda: desk(Shelf()), house or Staffed(OPERATOR))
    return TestClient(Starlette(routes=[Mount("/warraq", pages)]), base_url="http://h", follow_redirects=False)


def controls(html: str) -> dict[str, dict[str, str | None]]:
    tags = seen(html).tags
    return {str(a["name"]): a for tag, a in tags if tag in ("input", "textarea", "select") and "name" in a}


def test_a_form_has_a_field_for_each_parameter_with_its_words() -> None:
    html = client().get("/warraq/do/hold_article").text
    found = controls(html)
    assert list(found) == ["once", *PARAMS]
    assert "Article" in text(html)
    assert "The other way." in text(html)
    assert {name for name, one in found.items() if "required" in one} == {"article", "reason", "days", "kind"}
    assert (found["days"]["value"], found["days"]["min"], found["days"]["max"]) == ("7", "1", "30")
    assert found["lift"]["type"] == "checkbox"
    assert "checked" not in found["lift"]
    options = [a for tag, a in seen(html).tags if tag == "option"]
    assert options == [{"value": "a", "selected": None}, {"value": "b"}]
    assert "An A" in text(html)
    ids = {a["id"] for a in found.values() if "id" in a}
    assert {a["for"] for tag, a in seen(html).tags if tag == "label"} == ids, "every field has its label"


def test_the_address_fills_the_form_in_and_starts_nothing() -> None:
    house = Staffed(OPERATOR)
    html = client(house).get(f"/warraq/do/hold_article?article={EDITED}&lift=1&reason=%3Cscript%3E&nothing=x").text
    found = controls(html)
    assert found["article"]["value"] == EDITED
    assert "checked" in found["lift"]
    assert "nothing" not in found
    assert "&lt;script&gt;" in html
    assert "افتتاح السوق القديمة" in text(html), "what the form is about, in words"
    assert house.asked == []


def test_a_hostile_headline_is_shown_as_text() -> None:
    html = client().get(f"/warraq/do/hold_article?article={NASTY}").text
    assert len([1 for tag, _ in seen(html).tags if tag == "script"]) == 1
    assert "&lt;script&gt;" in html


def test_sending_it_starts_a_run_once_and_leads_there() -> None:
    house = Staffed(OPERATOR)
    there = client(house)
    once = controls(there.get("/warraq/do/hold_article").text)["once"]["value"]
    answer = there.post("/warraq/do/hold_article", data={**GOOD, "lift": "on", "once": once, "other": "x"}, headers=HERE)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/dags/hold_article/runs/manual__2026-11-22T10%3A00%3A00%2B00%3A00"
    ((dag, conf, sent_once),) = house.asked
    assert (dag, sent_once) == ("hold_article", once)
    assert conf == {"article": EDITED, "reason": "محكمة", "outlet": None, "lift": True, "days": 7, "kind": "a"}
    assert once != controls(there.get("/warraq/do/hold_article").text)["once"]["value"]


PRIVATE: dict[str, dict[str, Any]] = {
    "article": PARAMS["article"],
    "reason": {"value": "", "description": "In Airflow.", "schema": {"type": "string", "private": True, "pattern": "^kept-"}},
}


@dataclass(frozen=True, slots=True)
class Withholding(Staffed):
    async def form(self, request: Request, dag: str) -> DagForm:
        return DagForm(dag, "Hides an article", params=PRIVATE)


def test_a_private_reason_is_kept_apart_and_the_run_gets_a_reference(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("WARRAQ_STATE", str(tmp_path))
    house = Withholding(OPERATOR)
    there, why, once = client(house), "هدّدوا الشاهد سمير", "20261122T100000Z-0a1b2c3d"
    assert "In Airflow." not in text(there.get("/warraq/do/restrict_article").text), "that is for Airflow's own form"
    data = {"article": EDITED, "reason": why, "once": once}
    for again in ({}, {}, {"reason": f"{why}!"}):
        assert there.post("/warraq/do/restrict_article", data={**data, **again}, headers=HERE).status_code == 303
    first, second, corrected = [conf["reason"] for _, conf, _ in house.asked]
    assert first == second != corrected, "a form sent twice starts one run"
    assert (reasons.read(tmp_path, first), reasons.read(tmp_path, corrected)) == (why, f"{why}!")
    (path, *_) = sorted((tmp_path / "reasons").iterdir())
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    answer = there.post("/warraq/do/restrict_article", data={**data, "reason": " "}, headers=HERE)
    assert (answer.status_code, len(house.asked)) == (422, 3)
    long = there.post("/warraq/do/restrict_article", data={**data, "reason": "x" * 2001}, headers=HERE)
    assert (long.status_code, fields.TOO_LONG in text(long.text)) == (422, True)


def test_a_reason_is_kept_for_thirty_days_and_nothing_else_is_read(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    reference = reasons.keep(tmp_path, "why", "20261122T100000Z-0a1b2c3d", now)
    reasons.keep(tmp_path, "another", "20261123T100000Z-0a1b2c3d", now + timedelta(days=29))
    assert reasons.read(tmp_path, reference) == "why"
    reasons.keep(tmp_path, "another", "20261123T100000Z-0a1b2c3e", now + timedelta(days=31))
    for wrong in (reference, "kept-../../secrets.json", "../reasons", ""):
        with pytest.raises(Refused):
            reasons.read(tmp_path, wrong)
    with pytest.raises(Refused):
        reasons.keep(tmp_path, "why", "../x", now)


def test_a_reason_that_another_form_prunes_meanwhile_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Path.glob
    monkeypatch.setattr(Path, "glob", lambda self, pattern: [self / "kept-20200101T000000Z-0a1b2c3d-0", *real(self, pattern)])
    now = datetime(2026, 11, 22, tzinfo=UTC)
    reference = reasons.keep(tmp_path, "why", "20261122T100000Z-0a1b2c3d", now)
    assert reasons.read(tmp_path, reference) == "why"


def test_an_address_becomes_an_id_before_airflow_hears_of_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("WARRAQ_STATE", str(tmp_path))
    house = Withholding(OPERATOR)
    data = {"article": " http://www.news.example/a/?utm_source=x ", "reason": "r"}
    assert client(house).post("/warraq/do/restrict_article", data=data, headers=HERE).status_code == 303
    ((_, conf, _),) = house.asked
    assert conf["article"] == article_id("https://news.example/a")
    wrong = client(house).post("/warraq/do/restrict_article", data={**data, "article": "http://[x"}, headers=HERE)
    assert (wrong.status_code, len(house.asked)) == (422, 1)


def test_who_may_withhold_an_article_is_told_of_its_twins_and_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    path = f"/warraq/do/restrict_article?article={EDITED}"
    asks = client(Withholding(OPERATOR)).get(path).text
    assert f"{path}&amp;twins=1" in asks, "it is a question of seconds in a large catalog: asked by who wants to know"
    assert DELETED not in asks
    assert DELETED in client(Withholding(OPERATOR)).get(f"{path}&twins=1").text
    none = client(Withholding(OPERATOR)).get(f"/warraq/do/restrict_article?article={DELETED}&twins=1").text
    assert "No other article says the same." in text(none)
    assert "twins=1" not in client(Withholding(VIEWER)).get(path).text
    assert DELETED not in client(Withholding(VIEWER)).get(f"{path}&twins=1").text
    assert DELETED not in client().get(f"/warraq/do/hold_article?article={EDITED}&twins=1").text


def test_in_a_frame_a_link_leads_to_the_run_around_it() -> None:
    answer = client().post("/warraq/do/hold_article", data=GOOD, headers={**HERE, "Sec-Fetch-Dest": "iframe"})
    (link,) = [a for tag, a in seen(answer.text).tags if tag == "a" and "data-now" in a]
    assert "data-top" in link
    assert str(link["href"]).startswith("/dags/hold_article/runs/")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("article", "", fields.FILL_IN),
        ("article", "z" * 32, fields.NOT_SO),
        ("reason", "xx", fields.NOT_SO),
        ("reason", "why\0not", fields.NOT_SO),
        ("reason", "x" * 20_001, fields.TOO_LONG),
        ("days", "", fields.FILL_IN),
        ("days", "seven", fields.NO_NUMBER),
        ("days", "31", fields.NOT_SO),
        ("kind", "c", fields.NOT_OFFERED),
    ],
)
def test_what_cannot_be_taken_is_said_at_its_field_and_nothing_is_lost(name: str, value: str, said: str) -> None:
    house = Staffed(OPERATOR)
    answer = client(house).post("/warraq/do/hold_article", data={**GOOD, "lift": "on", name: value}, headers=HERE)
    assert answer.status_code == 422
    assert said in text(answer.text)
    found = controls(answer.text)
    assert found[name]["aria-invalid"] == "true"
    assert [one for one in found.values() if "aria-invalid" in one] == [found[name]]
    assert "checked" in found["lift"]
    assert house.asked == []


def test_what_airflow_refuses_is_said_in_the_form() -> None:
    house = Staffed(OPERATOR, refusal=Refused("Airflow starts no run of it: a <b>reason</b>", "correct the form"))
    answer = client(house).post("/warraq/do/hold_article", data=GOOD, headers=HERE)
    assert answer.status_code == 422
    assert "a <b>reason</b>" in text(answer.text)
    assert controls(answer.text)["article"]["value"] == EDITED
    house = Staffed(OPERATOR, refusal=HTTPException(403, "no"))
    assert client(house).post("/warraq/do/hold_article", data=GOOD, headers=HERE).status_code == 403


def test_a_viewer_sees_the_form_and_may_not_send_it() -> None:
    house = Staffed(VIEWER)
    html = client(house).get("/warraq/do/hold_article").text
    assert "Your role may look" in text(html)
    assert not [1 for tag, _ in seen(html).tags if tag == "button"]
    assert client(house).post("/warraq/do/hold_article", data=GOOD, headers=HERE).status_code == 403
    assert house.asked == []


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://h"},
        {"Origin": "null"},
        {"Origin": "https://evil.example"},
        {"Origin": "http://h.evil.example"},
        {"Origin": "http://h:81"},
        {"Sec-Fetch-Site": "cross-site", "Authorization": "Bearer x"},
    ],
)
def test_nothing_is_done_for_another_sites_page(headers: dict[str, str]) -> None:
    house = Staffed(OPERATOR)
    answer = client(house).post("/warraq/do/hold_article", data=GOOD, headers=headers)
    assert answer.status_code == 403
    assert house.asked == []


@pytest.mark.parametrize("headers", [HERE, {"Origin": "http://h"}, {"Authorization": "Bearer x"}])
def test_our_own_page_and_a_program_with_a_token_may_send(headers: dict[str, str]) -> None:
    assert client().post("/warraq/do/hold_article", data=GOOD, headers=headers).status_code == 303


@pytest.mark.parametrize("path", ["/do/nothing", "/do/a%2Fb", "/do/" + "x" * 300, "/do/%D8%B3"])
def test_no_such_action_is_told_in_a_line(path: str) -> None:
    assert client().get(f"/warraq{path}").status_code == 404
    assert client().post(f"/warraq{path}", data=GOOD, headers=HERE).status_code == 404


def test_a_flood_is_not_read_to_its_end() -> None:
    assert client().post("/warraq/do/hold_article", data={"reason": "x" * 300_000}, headers=HERE).status_code == 413


def test_a_paused_dag_is_said_to_be_paused() -> None:
    assert "paused in Airflow" in text(client(Staffed(OPERATOR, paused=True)).get("/warraq/do/hold_article").text)


def test_the_actions_are_listed() -> None:
    html = client().get("/warraq/do").text
    assert "/warraq/do/hold_article" in [a.get("href") for tag, a in seen(html).tags if tag == "a"]
    assert "not for your role" not in html
    assert "not for your role" in client(Staffed(VIEWER)).get("/warraq/do").text
    assert "no scheduler" in client(Open()).get("/warraq/do").text


@pytest.mark.parametrize(
    "path", ["/do", "/do/hold_article", f"/do/hold_article?article={EDITED}", f"/do/hold_article?article={'0' * 32}"]
)
def test_every_word_has_its_arabic(path: str) -> None:
    for house in (Staffed(OPERATOR), Staffed(VIEWER, paused=True)):
        answer = client(house).get(f"/warraq{path}", headers={"Accept-Language": "ar"})
        assert answer.status_code == 200
        assert 'dir="rtl"' in answer.text
        left = text(answer.text).replace("Puts an article under legal hold", "")
        left = re.sub(
            r"Its id\.|Kept\.|The other way\.|Article|Reason|Outlet|Lift|Days|Kind|An A|hold_article|Airflow|DAG|UTC", "", left
        )
        assert not re.search(r"[A-Za-z]{2}", left), left
    answer = client().post("/warraq/do/hold_article", data={"days": "x"}, headers={**HERE, "Accept-Language": "ar"})
    assert "املأ هذا الحقل" in text(answer.text)
    assert "ابدأ" in text(answer.text)


@pytest.mark.parametrize(
    ("schema", "sent", "made"),
    [
        ({"type": "array"}, "a\r\n\r\n b ", ["a", "b"]),
        ({"type": ["null", "array"]}, "", None),
        ({"type": "array"}, "", []),
        ({"type": "object"}, '{"a": 1}', {"a": 1}),
        ({"type": "object"}, "", {}),
        ({"type": ["null", "integer"]}, "", None),
        ({"type": "number"}, "1.5", 1.5),
        ({"enum": [1, 2]}, "2", 2),
        ({"type": ["null", "string"], "enum": [None, "x"]}, "", None),
        ({"type": "string"}, "  x ", "x"),
        ({"type": "string"}, "", ""),
        ({}, "x", "x"),
    ],
)
def test_values_become_what_the_schema_says(schema: dict[str, Any], sent: str, made: Any) -> None:
    assert fields.conf({"p": {"value": None, "schema": schema}}, {"p": sent}) == ({"p": made}, {})


@pytest.mark.parametrize(
    ("schema", "sent", "said"),
    [
        ({"type": "object"}, "{", fields.NO_JSON),
        ({"type": "number", "minimum": 1}, "nan", fields.NOT_SO),
        ({"type": "integer"}, "1.5", fields.NO_NUMBER),
        ({"type": "array", "minItems": 1}, " \n ", fields.FILL_IN),
        ({"type": "string", "pattern": "^x"}, "", fields.FILL_IN),
        ({"type": "string", "maxLength": 2}, "xxx", fields.NOT_SO),
    ],
)
def test_what_the_schema_does_not_allow_is_named(schema: dict[str, Any], sent: str, said: str) -> None:
    _, wrong = fields.conf({"p": {"value": None, "schema": schema}}, {"p": sent})
    assert wrong == {"p": said}


@pytest.mark.parametrize(
    ("schema", "value", "kind", "stands"),
    [
        ({"type": "array"}, ["a", "b"], "list", "a\nb"),
        ({"type": "object"}, {"ا": 1}, "json", '{\n "ا": 1\n}'),
        ({"type": "boolean"}, True, "check", "on"),
        ({"type": "string", "format": "date"}, "2026-11-22", "date", "2026-11-22"),
        ({"type": ["null", "string"], "format": "multiline"}, None, "lines", ""),
    ],
)
def test_defaults_stand_in_the_fields(schema: dict[str, Any], value: Any, kind: str, stands: str) -> None:
    (one,) = fields.fields({"p_q": {"value": value, "schema": schema}}, {})
    assert (one.title, one.kind, one.value) == ("P q", kind, stands)
