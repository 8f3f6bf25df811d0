"""The live clock: what the site says of when something happened, what was measured of it, and where that is kept."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from archive import latency
from archive.capture import Exchange, Note
from archive.latency import Latency, Said, measure, moment, percentile, spoken, summaries
from archive.steps.rebuild import rebuild
from tests.evidence import NEW, OLD, START, Press, at, page
from tests.servers import Server
from tests.wadi import wadi

SEALED = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)
AT = "2026-11-22T12:20:00.000000Z"
BEGUN = "2026-11-20T00:00:00.000000Z"


def clock(kinds: tuple[str, ...], **said: object) -> Latency | None:
    return measure("wadi", "a" * 32, AT, kinds, Said(**{"begun": BEGUN, **said}), sealed=SEALED)  # type: ignore[arg-type]


def test_published_is_what_the_site_says() -> None:
    found = clock(("new",), published=("2026-11-22T14:00:00+02:00", "2026-11-22T11:00:00Z"))
    assert found is not None
    assert (found.kind, found.site, found.exact) == ("published", "2026-11-22T12:00:00.000000Z", True)
    assert (found.seconds, found.sealing) == (1800, 600)


def test_the_backlog_is_not_measured() -> None:
    assert clock(("new",), published=("2026-11-19T23:59:59Z",)) is None
    found = clock(("new",), published=("2026-11-20T00:00:01Z",))
    assert found is not None
    assert found.site


def test_a_date_without_an_hour_or_an_offset_is_no_time() -> None:
    assert [moment(text) for text in ("2026-11-22", "2026-11-22T10:00:00", "soon", "")] == [""] * 4
    found = clock(("new",), published=("2026-11-22",))
    assert found is not None
    assert math.isnan(found.seconds)
    assert spoken(found.seconds) == "–"


def test_a_site_whose_clock_is_ahead_is_found_at_once() -> None:
    found = clock(("new",), published=("2026-11-22T15:00:00Z",))
    assert found is not None
    assert found.seconds == 0


BEFORE = "2026-11-22T08:00:00.000000Z"
EDITS = {
    "announced": (("2026-11-22T12:00:00Z",), "2026-11-22T12:00:00.000000Z", True),
    "silent": ((), BEFORE, False),
    "silent, the page still tells of an older edit": (("2026-11-21T12:00:00Z",), BEFORE, False),
    "of the future": (("2026-11-22T12:20:01Z",), BEFORE, False),
    "the page tells what the list does not": (
        ("2026-11-21T12:00:00Z", "2026-11-22T12:00:00Z"),
        "2026-11-22T12:00:00.000000Z",
        True,
    ),
}


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_is_as_old_as_the_site_says_or_as_the_last_look_allows(name: str) -> None:
    modified, site, exact = EDITS[name]
    found = clock(("headline", "body"), modified=modified, before=BEFORE)
    assert found is not None
    assert (found.kind, found.site, found.exact) == ("edited", site, exact)


def test_a_deletion_happened_after_it_was_last_seen() -> None:
    found = clock(("gone",), before=BEFORE, modified=("2026-11-22T12:00:00Z",))
    assert found is not None
    assert (found.kind, found.site, found.exact) == ("deleted", BEFORE, False)


@pytest.mark.parametrize("kinds", [("moved",), ("returned",), ("returned", "body"), ("moved", "body"), ()])
def test_what_has_no_moment_is_not_measured(kinds: tuple[str, ...]) -> None:
    assert clock(kinds, before=BEFORE) is None


def test_a_summary_names_values_that_were_measured() -> None:
    unknown = Latency("wadi", "f" * 32, AT, "published", "", True, AT)
    found = [
        Latency("wadi", f"{n:032}", AT, "published", f"2026-11-22T12:{19 - n:02d}:00.000000Z", n > 3, AT) for n in range(10)
    ]
    told = summaries([*found, unknown, Latency("alef", "0", AT, "deleted", BEFORE, False, AT)])
    assert [(row.outlet, row.kind) for row in told] == [("alef", "deleted"), ("wadi", "published")]
    row = told[1]
    assert (row.events, row.at_most, row.unknown) == (11, 4, 1)
    assert (row.median, row.p90, row.worst) == (5 * 60, 9 * 60, 10 * 60)
    assert row.worst_article == f"{9:032}"
    assert latency.overall([*found, unknown])[0].events == 11


def test_percentiles_by_nearest_rank() -> None:
    assert math.isnan(percentile([], 50))
    assert [percentile([1, 2, 3, 4], share) for share in (0, 50, 51, 90, 100)] == [1, 2, 3, 4, 4]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (89, "89 s"), (90, "2 min"), (7199, "120 min"), (7200, "2.0 h"), (172_799, "48.0 h"), (172_800, "2.0 d")],
)
def test_times_as_people_say_them(seconds: float, text: str) -> None:
    assert spoken(seconds) == text


# In the archive

HOME = "<html><body><h1>أخبار الوادي</h1></body></html>".encode()


def dated(number: int, text: tuple[str, ...], published: str, modified: str = "") -> bytes:
    more = f'<meta property="article:modified_time" content="{modified}">' if modified else ""
    html = page(f"أخبار السوق، العدد {number}", text, number).decode()
    return html.replace("2026-10-30T08:00:00+02:00", published).replace("</head>", f"{more}</head>").encode()


@pytest.fixture(scope="module")
def press(weed: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Press]:
    """1 of the backlog; 2 published at hour 4, seen at 5, edited at 8, seen at 9, silently before 13; 3 gone between 9 and 13."""
    with wadi(weed, tmp_path_factory.mktemp("press"), articles=0) as made:
        told = Press(made)
        home = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(HOME)}\r\n\r\n".encode() + HOME
        note = Note("channel", "home", "front", channel="home")
        told.waiting.append(Exchange(made.url, at(0.5), at(0.5), b"GET / HTTP/1.1\r\n\r\n", home, note))
        told.print(0.5)  # the outlet is known from here on
        yield told


def test_every_new_event_is_measured_once(press: Press) -> None:
    first = "2026-11-01T04:00:00+00:00"
    press.answer(1, 1, "200 OK", dated(1, OLD, "2026-10-30T08:00:00+02:00"))
    press.answer(1, 3, "200 OK", dated(3, OLD, "2026-11-01T00:40:00+00:00"))
    press.print(1)
    press.answer(5, 2, "200 OK", dated(2, OLD, first))
    press.print(5)
    press.answer(9, 2, "200 OK", dated(2, NEW, first, "2026-11-01T08:00:00+00:00"))
    press.answer(9, 3, "200 OK", dated(3, OLD, "2026-11-01T00:40:00+00:00"))
    press.print(9)
    press.answer(13, 2, "200 OK", dated(2, OLD, first, "2026-11-01T08:00:00+00:00"))
    press.missing(13, 3)
    press.print(13)
    press.missing(15, 3)
    press.print(15)
    found = {(row.kind, row.time[11:13]): row for row in press.made.shop().catalog.latencies("wadi")}
    assert {key: (row.site[11:16], row.exact) for key, row in found.items()} == {
        ("published", "01"): ("00:40", True),
        ("published", "05"): ("04:00", True),
        ("edited", "09"): ("08:00", True),
        ("edited", "13"): ("09:00", False),
        ("deleted", "15"): ("09:00", False),
    }
    assert found["published", "05"].seconds == (at(5.2) - at(4)).total_seconds()
    shop = press.shop(20)
    press_again = shop.catalog.note_latency("wadi", shop.catalog.events("wadi"), at(20))
    assert [row for row in press_again if row.time in {one.time for one in found.values()}] == []


def test_the_command_and_status_say_it(press: Press) -> None:
    done = press.made.call("latency", "wadi", "--json")
    told = {row["kind"]: row for row in json.loads(done.stdout)}
    assert told["published"]["events"] == 2
    assert told["edited"]["at_most"] == 1
    assert told["published"]["median"] == 1920  # 00:40 → 01:12, and 04:00 → 05:12
    shown = press.made.call("latency").stdout.splitlines()
    assert [line.split()[1] for line in shown] == ["what", "published", "edited", "deleted"]
    assert "1 at most" in shown[3]
    assert len(press.made.call("latency", "--each").stdout.splitlines()) == 5
    assert press.made.call("latency", "--days", "1").stdout == "nothing was measured yet\n"
    assert press.made.call("latency", "another").stdout == "nothing was measured yet\n"
    assert "found after" not in press.made.call("status").stdout  # nothing of the last days


def test_status_tells_the_median_of_the_last_days(press: Press) -> None:
    hours = (datetime.now(UTC) - START).total_seconds() / 3600 - 1
    press.answer(hours, 4, "200 OK", dated(4, OLD, (at(hours) - timedelta(minutes=20)).isoformat()))
    press.print(hours)
    assert ", found after 32 min (median of 7 days)" in press.made.call("status").stdout
    told = json.loads(press.made.call("status", "--json").stdout)["latency"]
    assert told["wadi"]["events"] == 1
    assert 1900 < told["wadi"]["median"] < 1930


def test_a_rebuild_neither_measures_nor_forgets(press: Press) -> None:
    shop = press.made.shop()
    before = shop.catalog.latencies()
    rebuild(shop, {"wadi": shop.outlet("wadi")}, lambda *_: None)
    assert press.made.shop().catalog.latencies() == before != []
