"""The page of alarms: what stands, in both languages, hostile evidence; the runbook; figures for Prometheus."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from archive import alarm as drift
from archive.alarms import judge, layout, ledger, runs
from archive.alarms.conditions import CONDITIONS
from archive.alarms.model import Finding
from archive.alarms.sentences import joined
from archive.catalog import Catalog
from archive.catalog.alarms import Measure
from archive.drift import FAULTS
from archive.latency import stamp
from archive.web import app as web
from archive.web import language
from archive.web.desk import Desk
from archive.web.house import Open, Visitor
from archive.web.pages.alarms import pieces, section
from tests.web.cases import SCRIPT

NOW = datetime.now(UTC)


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    made = Catalog(f"sqlite:///{tmp_path}/catalog.db")
    made.migrate()
    found = [
        Finding(
            "outlet-silent",
            "manara",
            "Never captured; a run was due at {expected} (schedule {schedule}).",
            {"expected": "2026-11-22 01:00", "schedule": "* * * * *"},
        ),
        Finding("run-failed", "warraq_<b>", "{task}: {reason}", {"task": "crawl", "reason": f"{SCRIPT} \u202egnorw"}),
    ]
    made.change_alarms(lambda held: ledger.step(held, found, NOW - timedelta(hours=1)), NOW - timedelta(days=2))
    yield made
    made.close()


def client(catalog: Catalog, may: bool = True) -> TestClient:
    def desk() -> Desk:
        return Desk(catalog, lambda: None, {"manara": "منارة الساحل"})  # type: ignore[arg-type, return-value]

    house = Open(Visitor("amal", lambda dag: may and dag == "acknowledge_alarm"))
    return TestClient(Starlette(routes=[Mount("/warraq", web.create(desk, house))]), base_url="http://h")


def test_what_stands_is_shown_with_what_to_do(catalog: Catalog) -> None:
    page = client(catalog).get("/warraq/alarms").text
    for row in catalog.alarms():
        assert f'id="{row.id}"' in page
        assert f"/warraq/do/acknowledge_alarm?alarm={row.id}" in page
        assert f'/warraq/runbook/{row.condition}"' in page
        assert row.remedy.partition("'")[0].partition("`")[0] in page
    assert "منارة الساحل" in page
    assert "Nobody has looked for a while" in page


def test_who_may_not_act_is_offered_nothing_to_do(catalog: Catalog) -> None:
    assert "/do/acknowledge_alarm" not in client(catalog, may=False).get("/warraq/alarms").text


def test_what_an_outlet_wrote_is_text(catalog: Catalog) -> None:
    page = client(catalog).get("/warraq/alarms").text
    assert SCRIPT not in page
    assert "&lt;script&gt;" in page
    assert "<b>" not in page
    assert "\u202e" not in page


def test_arabic(catalog: Catalog) -> None:
    page = client(catalog).get("/warraq/alarms", headers={"accept-language": "ar"}).text
    assert 'lang="ar" dir="rtl"' in page
    assert "لا يُلتقط شيء" in page
    assert "Nothing is captured" not in page


def test_acknowledged_and_over(catalog: Catalog) -> None:
    from dataclasses import replace

    catalog.change_alarms(lambda held: [replace(held[0], acknowledged=NOW, acknowledged_by="نزار", reason="أتابع")], NOW)
    catalog.measure([Measure("check", "scheduler", stamp(NOW), 0.0)])
    page = client(catalog).get("/warraq/alarms").text
    assert "Taken on by \u2068نزار\u2069" in page
    assert "Nobody has looked" not in page
    later = [NOW + timedelta(minutes=5 * n) for n in range(30)]
    for when in later:
        catalog.change_alarms(lambda held, when=when: ledger.step(held, [], when), NOW)  # type: ignore[misc]
    assert catalog.alarms() == []
    assert len(catalog.alarms(open_only=False)) == 2
    page = client(catalog).get("/warraq/alarms").text
    assert "All is well." in page
    assert page.count("<tr id=") == 2


@pytest.mark.parametrize("name", sorted(CONDITIONS))
def test_each_condition_has_its_words_in_arabic_and_its_section_in_the_runbook(name: str, catalog: Catalog) -> None:
    arabic = language.tables().words
    assert {CONDITIONS[name].title, CONDITIONS[name].remedy} <= set(arabic)
    told = " ".join(section(name))
    for heading in ("**Symptom.**", "**Check.**", "**Remedy.**"):
        assert heading in told, name
    page = client(catalog).get(f"/warraq/runbook/{name}")
    assert page.status_code == 200
    assert "Symptom." in page.text


def test_markdown_of_the_runbook_is_shown_as_what_it_means() -> None:
    told = pieces("**Check.** `du -xh * | sort` and 2 * 3 * 4, *urgent*: `a`")
    assert told == [
        ("strong", "Check."), ("", " "), ("code", "du -xh * | sort"), ("", " and 2 * 3 * 4, "), ("em", "urgent"), ("", ": "), ("code", "a"),
    ]  # fmt: skip
    assert pieces("<script>`") == [("", "<script>`")]


def test_no_other_section() -> None:
    assert section("settings") == []


def test_every_sentence_about_what_was_seen_has_its_arabic_with_the_same_values() -> None:
    arabic = language.tables().words
    said = {
        node.value
        for module in (judge, runs, layout)
        for node in ast.walk(ast.parse(Path(str(module.__file__)).read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.search(r"\{\w+\}", node.value)
    }
    assert len(said) >= 29
    for sentence in said:
        assert set(re.findall(r"\{\w+\}", sentence)) == set(re.findall(r"\{\w+\}", arabic[sentence])), sentence


def test_what_is_said_of_a_layout_is_arabic_in_the_arabic_page(catalog: Catalog) -> None:
    """Two sentences, each with its own values; the fault itself is a word too, and the texts of a line stay as they are."""
    seen = [drift.Alarm("undated", "*", "r", 9, 12, 0.25), drift.Alarm("line", "*", "r", 7, 8, None, line="abc")]
    found = [Finding("layout", "manara", *joined(layout.said(one, ["a"]) for one in seen))]
    catalog.change_alarms(lambda held: ledger.step([], found, NOW), NOW)
    page = client(catalog).get("/warraq/alarms", headers={"accept-language": "ar"}).text
    evidence = [re.sub("[\u2068\u2069]", "", one) for one in re.findall(r'<p class="evidence">(.*?)</p>', page, re.DOTALL)]
    (told,) = [one for one in evidence if "abc" in one]
    assert "بلا تاريخ نشر: 9 من 12 صفحة، وقبلها 25%" in told
    assert not re.search("stands|pages|before|date of", told)
    assert "One line stands in" in client(catalog).get("/warraq/alarms").text


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_every_fault_of_reading_has_its_arabic(fault: str) -> None:
    assert FAULTS[fault].words in language.tables().words


SAMPLE = re.compile(r'warraq_[a-z_]+(\{[a-z]+="(?:[^"\\\n]|\\[\\n"])*"(,[a-z]+="(?:[^"\\\n]|\\[\\n"])*")*\})? -?[0-9.e+-]+')


def test_figures_for_prometheus(catalog: Catalog) -> None:
    catalog.measure([Measure("check", "scheduler", stamp(NOW), 0.0), Measure("disk", 'C:\\"x"\n', stamp(NOW), 1e12)])
    answer = client(catalog).get("/warraq/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = answer.text.splitlines()
    for line in lines:
        assert line.startswith(("# HELP warraq_", "# TYPE warraq_")) or SAMPLE.fullmatch(line), line
    assert 'warraq_alarms_open{condition="outlet-silent"} 1' in lines
    assert 'warraq_alarms_open{condition="disk"} 0' in lines
    assert r'warraq_disk_free_bytes{path="C:\\\"x\"\n"} 1000000000000' in lines
    assert f"warraq_last_check_timestamp_seconds {NOW.timestamp():.15g}" in lines
    families = [line.split()[2] for line in lines if line.startswith("# TYPE")]
    assert len(families) == len(set(families))
