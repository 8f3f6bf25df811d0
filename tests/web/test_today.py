"""Today, Health, a run: what they tell, why an outlet shows nothing, and that it holds in both languages."""

from __future__ import annotations

import operator
import re
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from types import MappingProxyType
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from archive.catalog.rows import DayRow, OutletRow
from archive.outlet import Outlet
from archive.web import app as web
from archive.web import chart, today, why
from archive.web.house import DagState, Visitor
from archive.web.pages import run
from tests.web.cases import row
from tests.web.morning import FILES, NOW, RUN, Morning, Scheduler, ago, desk, report
from tests.web.test_pages import links, seen, text

PATHS = ("/", "/health", f"/run/warraq_manara/{RUN}")


def client(shelf: Morning | None = None, house: Scheduler | None = None) -> TestClient:
    held = desk(shelf)
    return TestClient(Starlette(routes=[Mount("/warraq", web.create(lambda: held, house or Scheduler()))]), base_url="http://h")


def get(path: str, **given: Any) -> str:
    answer = client().get(f"/warraq{path}", **given)
    assert answer.status_code == 200, answer.text[:500]
    return str(answer.text)


def known(**given: Any) -> why.Known:
    """An outlet that is well, but for what is given."""
    well = {
        "outlet": "manara",
        "now": NOW,
        "file": FILES["manara"],
        "row": row(OutletRow, outlet="manara", articles=3, captures=9, last_capture=ago(minutes=4)),
        "report": report(),
        "dag": DagState(False, ago(minutes=-15), "success", ago(minutes=15), RUN),
        "scheduler": True,
    }
    return why.Known(**{**well, **given})


NOTHING = row(OutletRow, outlet="manara")
WHYS = [
    ({"broken": "manara.toml: no url", "file": None}, "bad", "Its file cannot be used"),
    ({"file": None}, "quiet", "no outlet file any more"),
    ({"file": replace(FILES["manara"], enabled=False)}, "quiet", "switched off in its file"),
    ({"dag": None}, "warn", "Airflow does not know its DAG yet"),
    ({"dag": DagState(broken="ModuleNotFoundError: archive")}, "bad", "Its DAG cannot be loaded"),
    ({"dag": DagState(paused=True)}, "warn", "Its DAG is paused"),
    ({"dag": DagState(last_state="failed", last_run=RUN)}, "bad", "Its last run failed"),
    ({"dag": DagState(next_run=ago(minutes=11))}, "bad", "Does the scheduler run?"),
    ({"row": NOTHING, "dag": DagState(last_state="running", last_run=RUN)}, "quiet", "Its first run is under way"),
    ({"row": None, "dag": DagState()}, "quiet", "It has not run yet"),
    ({"row": None}, "warn", "Its runs have captured nothing"),
    ({"row": replace(NOTHING, last_capture=ago(minutes=4), failing_since=ago(days=2))}, "bad", "Nothing readable since"),
    ({"row": row(OutletRow, outlet="manara", articles=3, last_capture=ago(hours=2))}, "bad", "Nothing has been captured since"),
    ({"report": report(jobs={"robots-unreachable": 4})}, "bad", "robots.txt cannot be had"),
    ({"report": report(jobs={"disallowed": 4}, roles={})}, "warn", "robots.txt forbids pages"),
    ({"report": report(jobs={"private": 4})}, "bad", "private one"),
    ({"report": report(given_up={"a.example": "six failures in a row"})}, "warn", "was given up"),
    ({"report": report(lists={"feed": {"documents": 2, "items": 0}})}, "warn", "name no article"),
    ({"row": replace(NOTHING, captures=4, last_capture=ago(minutes=4))}, "warn", "no article could be read"),
    ({"row": replace(NOTHING, waiting=4, last_capture=ago(minutes=4))}, "quiet", "wait for their turn"),
]


def test_an_outlet_that_is_well_needs_no_words() -> None:
    assert why.reasons(known()) == []


@pytest.mark.parametrize(("given", "tone", "words"), WHYS)
def test_why_an_outlet_shows_nothing_is_told_in_words(given: dict[str, Any], tone: str, words: str) -> None:
    found = {reason.tone for reason in why.reasons(known(**given)) if words in reason.words}
    assert found == {tone}


def test_a_quiet_outlet_is_not_silent_before_its_next_run_had_its_time() -> None:
    daily = replace(FILES["manara"], schedule="0 3 * * *")
    held = row(OutletRow, outlet="manara", articles=3, last_capture="2026-11-21T03:02:00.000000Z")
    assert why.reasons(known(file=daily, row=held, now=NOW.replace(hour=4, minute=20))) == []
    assert [one.tone for one in why.reasons(known(file=daily, row=held, now=NOW.replace(hour=4, minute=40)))] == ["bad"]


def test_a_run_that_goes_on_is_not_late_and_a_run_is_late_after_its_patience() -> None:
    late = DagState(next_run=ago(minutes=30), last_state="running", last_run=RUN)
    assert why.reasons(known(dag=late)) == []
    just = DagState(next_run=f"{NOW - why.OVERDUE:%Y-%m-%dT%H:%M:%S.%fZ}")
    assert why.reasons(known(dag=just)) == []


def test_a_reason_leads_to_where_it_can_be_mended() -> None:
    html = get("/")
    there = links(html)
    assert "/dags/warraq_ghaym" in there, "the DAG of a broken file, a page of Airflow's own"
    assert f"/dags/warraq_qalam/runs/{RUN.replace(':', '%3A').replace('+', '%2B')}" in there
    tops = [attributes for tag, attributes in seen(html).tags if tag == "a" and "data-top" in attributes]
    assert tops, "follow.js opens them around the frame"
    assert all(str(one["href"]).startswith("/dags/") for one in tops)


def test_today_puts_what_needs_a_hand_first() -> None:
    words = text(get("/"))
    assert words.index("4 things that need a hand") < words.index("Needs a hand") < words.index("Worth a look")
    assert words.index("Worth a look") < words.index("All well")
    assert "Audit finding" in words, "an alarm that is no outlet's stands above them"


def test_a_quiet_morning_says_so() -> None:
    class Calm(Morning):
        def alarms(self, open_only: bool = True, limit: int = 500) -> list[Any]:
            return []

        def outlets(self, now: datetime | None = None) -> list[OutletRow]:
            return super().outlets()[:1]

    held = replace(desk(Calm()), outlets={"manara": FILES["manara"]}, broken={})
    there = TestClient(Starlette(routes=[Mount("/warraq", web.create(lambda: held, Scheduler()))]), base_url="http://h")
    assert "All is well." in text(there.get("/warraq/").text)
    told = there.get("/warraq/card.json").json()
    assert (told["tone"], told["headline"]) == ("good", "All is well.")
    assert told["lines"][0]["said"].startswith("Today: 12 new articles, ")


def test_an_archive_without_outlets_says_what_to_do() -> None:
    facts = today.Facts(now=NOW, rows=[], days=[])
    values = today.page(facts)
    assert (values["cards"], values["hands"], values["looks"]) == ([], 0, 0)


def test_the_card_says_the_same_as_the_page_in_the_language_asked_for() -> None:
    told = client().get("/warraq/card.json", params={"lang": "ar"}).json()
    assert (told["dir"], told["tone"], told["headline"]) == ("rtl", "bad", "4 أمور تحتاج إلى تدخّل")
    assert {line["path"] for line in told["lines"]} >= {"/changes?outlet=manara", "/"}, (
        "one that has captured nothing has no changes to show"
    )
    assert all(set(line) == {"title", "tone", "status", "said", "path"} for line in told["lines"])


def test_a_hole_is_a_day_without_captures_and_today_is_none_yet() -> None:
    dates = [f"2026-11-{n:02d}" for n in range(1, 8)]
    days = {
        "2026-11-02": DayRow("a", "2026-11-02", captures=8, content=8),
        "2026-11-04": DayRow("a", "2026-11-04", captures=5, blocked=4, broken=1),
        "2026-11-05": DayRow("a", "2026-11-05", captures=2, content=2),
        "2026-11-06": DayRow("a", "2026-11-06", channels=9),
    }
    found = [day.kind for day in today.heat(days, dates)]
    assert found == ["before", "seen", "hole", "hole", "seen", "seen", "before"]
    assert [day.level for day in today.heat(days, dates) if day.kind == "seen"] == [4, 2, 4], "by what is usual: 8 a day"


def test_a_day_of_an_outage_is_a_hole_whatever_was_asked() -> None:
    dates = [f"2026-11-{n:02d}" for n in range(1, 5)]
    outage = DayRow("a", "2026-11-02", captures=3, blocked=2, broken=1, lists_failed=96, aside=24)
    days = {"2026-11-02": outage, "2026-11-03": replace(outage, day="2026-11-03", channels=1)}
    one, two, three, _ = today.heat(days, dates)
    assert (one.kind, two.kind, two.failures, three.kind, three.captures) == ("before", "hole", 99, "seen", 1)


def test_holes_at_the_beginning_of_the_window_are_shown() -> None:
    dates = [f"2026-11-{n:02d}" for n in range(1, 5)]
    days = {"2026-11-04": DayRow("a", "2026-11-04", captures=8, content=8)}
    assert [day.kind for day in today.heat(days, dates, "2024-01-01")] == ["hole", "hole", "hole", "seen"]
    assert [day.kind for day in today.heat({}, dates, "2026-11-02")] == ["before", "hole", "hole", "before"]


def test_the_holes_are_named_for_those_who_do_not_see_the_map() -> None:
    html = get("/")
    labels = [str(attributes.get("aria-label")) for tag, attributes in seen(html).tags if tag == "svg"]
    assert any("2026-10-13, 2026-10-12" in label or "2026-10-12, 2026-10-13" in label for label in labels)


def test_bars_stand_on_the_ground_and_none_is_lost() -> None:
    found = chart.bars([(0, 0, 0), (100, 1, 0), (0, 0, 50)], height=40, step=8)
    assert [(bar.x, bar.part) for bar in found] == [(8, 0), (8, 1), (16, 2)]
    assert all(bar.y >= 0 and bar.y + bar.height <= 40 and bar.height >= 2 for bar in found)
    assert chart.bars([(1,), (1,)], height=9, step=5, mirrored=True)[0].x == 5


def test_health_tells_requests_queue_latency_storage_and_who_vouches() -> None:
    words = text(get("/health"))
    for told in ("104,233", "back catalogue", "7 minutes", "4.0 GB", "0.09 USD", "no findings", "not complete", "136"):
        assert told in words, told
    assert "60.0 % of its budget" in words


def test_health_tells_of_a_store_that_is_away_and_stands_all_the_same() -> None:
    from archive.errors import StoreUnreachable

    def away() -> Any:
        raise StoreUnreachable("no answer from the store", "start it")

    held = replace(desk(), condition=away)
    there = TestClient(Starlette(routes=[Mount("/warraq", web.create(lambda: held, Scheduler()))]), base_url="http://h")
    words = text(there.get("/warraq/health").text)
    assert "no answer from the store" in words
    assert "back catalogue" in words


def test_a_run_tells_what_it_did_and_what_it_left() -> None:
    words = text(get(f"/run/warraq_manara/{RUN}"))
    for told in ("success", "✕ Gone", "disallowed", "It was stopped:", "try 2", "not-modified"):
        assert told in words, told
    assert client().get("/warraq/run/warraq_manara/another").status_code == 404
    words = text(get(f"/run/warraq_audit/{RUN}"))
    assert "What this run did" in words


def test_a_run_is_shown_to_who_may_see_its_dag_s_runs_in_airflow() -> None:
    for mine, status in (("warraq_manara", 200), ("warraq_masar", 404)):
        house = Scheduler(Visitor("nour", sees=partial(operator.eq, mine)))
        assert client(house=house).get(f"/warraq/run/warraq_manara/{RUN}").status_code == status


def test_a_run_names_no_withheld_article_and_says_when_its_report_was_cut_off() -> None:
    class Hiding(Morning):
        def withheld(self, articles: Collection[str]) -> set[str]:
            return {"a1" * 16}

    html = client(Hiding()).get(f"/warraq/run/warraq_manara/{RUN}").text
    assert "a1" * 16 not in html.partition("Not asked for")[2]
    assert "a1" * 16 in get(f"/run/warraq_manara/{RUN}").partition("Not asked for")[2]
    ids = [f"{n:032x}" for n in range(run.REPORTED)]
    told = {"robots": ids, "budget": ids[:3], "private": []}
    assert run._refused(told, lambda _: {ids[0]}) == [("robots", 1000, True, ids[1:21]), ("budget", 3, False, ids[1:3])]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("lang", ["en", "ar"])
def test_nothing_that_came_from_outside_is_markup_or_turns_our_words_around(path: str, lang: str) -> None:
    html = get(path, params={"lang": lang})
    parsed = seen(html)
    assert len([tag for tag, _ in parsed.tags if tag == "script"]) == 1
    assert "&lt;script&gt;" in html, "it is shown as text"
    for tag, attributes in parsed.tags:
        assert not [name for name in attributes if name.startswith("on") or name == "style"], (tag, attributes)
    assert "\u202e" not in re.sub(r"<bdi.*?</bdi>", "", html, flags=re.S)


@pytest.mark.parametrize("path", PATHS)
def test_the_same_page_in_arabic_has_no_english_sentence_of_ours(path: str) -> None:
    page = get(path, params={"lang": "ar"})
    assert 'lang="ar" dir="rtl"' in page
    english, arabic = text(get(path, params={"lang": "en"})), text(page)
    from archive.web.language import tables

    said = [word for word in tables().words if " " in word and "{" not in word]
    there = [word for word in said if word in english]
    assert there, "the page speaks"
    assert [word for word in there if word in arabic] == []


def test_lengths_and_sizes_are_told_in_both_languages() -> None:
    from archive.web.language import Words

    en, ar = Words("en"), Words("ar")
    assert [en.span(n) for n in (0, 1, 99, 3599, 7200, 259_200)] == [
        "0 seconds",
        "1 second",
        "99 seconds",
        "60 minutes",
        "2 hours",
        "3 days",
    ]
    assert ar.span(7200) == "ساعتين"
    assert [en.size(n).strip("\u2068\u2069") for n in (0, 999, 1000, 4.011e9, 250e9)] == [
        "0 byte",
        "999 byte",
        "1.0 kB",
        "4.0 GB",
        "250 GB",
    ]
    assert en.away(ago(minutes=5), NOW) == "5 minutes ago"
    assert en.away(ago(hours=-3), NOW) == "in 3 hours"
    assert ar.away(ago(minutes=2), NOW) == "قبل دقيقتين"
    assert en.away(f"{NOW + timedelta(seconds=5):%Y-%m-%dT%H:%M:%SZ}", NOW) == "in a moment"


def test_the_watch_list_is_shown_once_it_holds_something() -> None:
    watch = Outlet(name="watch", title="Watch list", url="https://watch.invalid/")
    facts = today.Facts(NOW, rows=[], days=[], files=MappingProxyType({"watch": watch}), always=frozenset(("watch",)))
    assert today.page(facts)["cards"] == []
    held = replace(facts, rows=[row(OutletRow, outlet="watch", articles=1, last_capture=ago(hours=1))])
    assert [card.outlet for card in today.page(held)["cards"]] == ["watch"]
