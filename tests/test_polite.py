"""Turns, pauses, giving up, robots rules, private addresses: without a network."""

from __future__ import annotations

import asyncio
import socket
from datetime import UTC, datetime

import pytest

from archive.capture import Cited, Resolution
from spiders import polite, robots
from spiders.frontier import Frontier, Job, Rank
from spiders.resolver import Names

NOW = datetime(2026, 11, 22, 1, 12, tzinfo=UTC)


class Time:
    """A clock that only moves when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


def host(delay: float = 5.0) -> tuple[polite.Host, Time]:
    time = Time()
    return polite.Host(delay, time, time.sleep), time


def turn(one: polite.Host, deadline: float = 1e6) -> bool:
    return asyncio.run(one.turn(deadline))


def test_turns_are_a_delay_apart() -> None:
    one, time = host()
    starts = []
    for _ in range(3):
        assert turn(one)
        starts.append(time.now)
    assert starts == [100.0, 105.0, 110.0]


def test_a_turn_behind_the_deadline_is_none() -> None:
    one, _ = host()
    assert turn(one, 104)
    assert not turn(one, 104)


def test_a_pause_holds_everyone_and_slows_down_once() -> None:
    one, time = host(2.0)
    turn(one)
    for _ in range(3):  # three answers that were on their way
        one.pause(30, 1e6, "HTTP 429")
    assert turn(one)
    assert time.now == 130
    assert one.delay == 4


@pytest.mark.parametrize(("seconds", "deadline"), [(301, 1e6), (60, 150)])
def test_a_pause_that_is_too_long_gives_the_host_up(seconds: float, deadline: float) -> None:
    one, _ = host()
    one.pause(seconds, deadline, "HTTP 503")
    assert "HTTP 503" in one.given_up
    assert not turn(one)


def test_a_host_that_fails_again_and_again_is_given_up_but_not_one_that_answers_between() -> None:
    one, _ = host()
    for _ in range(4):
        one.failed("connection", "timeout")
    one.answered()
    for _ in range(4):
        one.failed("connection", "timeout")
    assert not one.given_up
    one.failed("connection", "timeout")
    assert "5 addresses in a row" in one.given_up


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        ("0", 0),
        (" 7 ", 7),
        ("Sun, 22 Nov 2026 01:13:00 GMT", 60),
        ("Sun, 22 Nov 2026 01:00:00 GMT", 0),
        ("soon", None),
        ("", None),
        ("-5", None),
        ("٣", None),
        ("9" * 5000, 10**9),
    ],
)
def test_retry_after(value: str, seconds: float | None) -> None:
    assert polite.retry_after(value, NOW) == seconds


@pytest.mark.parametrize(
    ("ip", "private"),
    [
        ("127.0.0.1", True), ("10.1.2.3", True), ("172.16.0.1", True), ("192.168.1.1", True), ("169.254.169.254", True), ("100.64.0.1", True),
        ("0.0.0.0", True), ("224.0.0.1", True), ("::1", True), ("fe80::1%eth0", True), ("fd00::1", True), ("::ffff:127.0.0.1", True),
        ("64:ff9b::7f00:1", True), ("2002:7f00:1::", True), ("8.8.8.8", False), ("2606:4700::1111", False), ("::ffff:8.8.8.8", False),
    ],
)  # fmt: skip
def test_private_addresses(ip: str, private: bool) -> None:
    assert polite.is_private(ip) is private


@pytest.mark.parametrize(
    ("status", "unreachable"),
    [(0, True), (500, True), (503, True), (429, True), (404, False), (403, False), (301, False), (200, False)],
)
def test_robots_rfc_9309(status: int, unreachable: bool) -> None:
    rules = robots.judge("Warraq", status, b"User-agent: *\nDisallow: /sirr/", "timeout" if not status else "")
    assert rules.unreachable is unreachable
    assert rules.ruling("https://akhbar.example/khabar").allowed is not unreachable
    assert rules.ruling("https://akhbar.example/sirr/1").allowed is (not unreachable and status != 200)


def test_robots_group_of_our_own_name_wins_and_arabic_paths_match() -> None:
    text = "User-agent: *\nDisallow: /\n\nUser-agent: warraq\nDisallow: /سر/\nCrawl-delay: 7"
    rules = robots.judge("Warraq", 200, text.encode())
    assert rules.ruling("https://akhbar.example/khabar").allowed
    assert not rules.ruling("https://akhbar.example/%D8%B3%D8%B1/1").allowed
    assert rules.delay == 7


@pytest.mark.parametrize(
    ("text", "path", "why"),
    [
        ("User-agent: *\nDisallow: /\n\nUser-agent: WARRAQ\nAllow: /", "khabar", "allowed by robots.txt, group warraq"),
        ("User-agent: *\nDisallow: /sirr/", "khabar", "allowed by robots.txt, group *"),
        ("User-agent: *\nDisallow: /sirr/", "sirr/1", "disallowed by robots.txt, group *"),
        ("User-agent: OtherBot\nDisallow: /", "khabar", "allowed by robots.txt, which has no group for us"),
        ("", "khabar", "allowed by robots.txt, which has no group for us"),
    ],
)
def test_a_ruling_names_the_group_it_comes_from_and_the_capture_it_rests_on(text: str, path: str, why: str) -> None:
    cited = Cited("https://akhbar.example/robots.txt", "urn:uuid:1", "sha256:2")
    ruling = robots.judge("Warraq", 200, text.encode(), cited=cited).ruling(f"https://akhbar.example/{path}")
    assert (ruling.why, ruling.allowed, ruling.cited) == (why, why.startswith("allowed"), cited)
    for status, said in ((404, "no robots.txt (404)"), (503, "robots.txt unreachable (503)")):
        ruling = robots.judge("Warraq", status, b"", cited=cited).ruling("https://akhbar.example/khabar")
        assert (ruling.why, ruling.cited) == (said, cited)


def test_robots_is_that_of_the_authority() -> None:
    assert robots.url_for("https://user:pw@akhbar.example:8443/a/b?c=d") == "https://akhbar.example:8443/robots.txt"


def job(name: str, rank: Rank, published: str = "") -> Job:
    return Job(name, "article", rank, "rest", "new", published=published)


def test_frontier_order_and_once_only() -> None:
    frontier = Frontier()
    rows = [
        ("e", Rank.BACKLOG, ""),
        ("d", Rank.BACKLOG, "2019-01-02T00:00:00+00:00"),
        ("c", Rank.REVISIT, ""),
        ("z", Rank.DEEP, ""),
    ]
    rows += [("b", Rank.NEW, "2019-01-01T00:00:00+00:00"), ("a", Rank.NEW, "2019-01-01T03:00:00+02:00"), ("0", Rank.FRONT, "")]
    for name, rank, published in rows:
        assert frontier.push(job(name, rank, published), name)
        assert not frontier.push(job(name, rank, published), name)
    found = [frontier.pop(0)[0] for _ in rows]
    assert [one.url for one in found if one] == ["0", "a", "b", "c", "z", "d", "e"]
    assert frontier.pop(0) == (None, float("inf"))
    assert frontier.put_in == len(rows)


def test_frontier_gives_a_job_back_when_its_time_has_come() -> None:
    frontier = Frontier()
    frontier.push(job("a", Rank.NEW), "a")
    first, _ = frontier.pop(0)
    assert first is not None
    frontier.retry(first, 10.0)
    assert frontier.pop(9.0) == (None, 10.0)
    again, _ = frontier.pop(10.0)
    assert again is not None
    assert again.attempt == 2
    assert frontier.left() == []


def answers(found: list[str], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names resolve to `found` from now on; returns the list of names that were looked up."""
    asked: list[str] = []

    async def getaddrinfo(_loop: object, host: str, *_: object, **__: object) -> list[tuple[object, ...]]:
        asked.append(host)
        if not found:
            raise socket.gaierror(-2, "Name or service not known")
        return [(0, 0, 0, "", (ip, 0)) for ip in found]

    monkeypatch.setattr(asyncio.base_events.BaseEventLoop, "getaddrinfo", getaddrinfo)
    return asked


def test_one_private_address_among_several_refuses_the_name_and_nothing_is_looked_up_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = answers(["8.8.8.8", "10.0.0.7"], monkeypatch)

    async def look() -> tuple[bool, list[str], bool]:
        return await names.refused("akhbar.example"), await names.addresses("akhbar.example"), await names.refused("10.0.0.7")

    names = Names(False, lambda: NOW)
    assert asyncio.run(look()) == (True, [], True)
    assert asked == ["akhbar.example"]
    assert names.answered("akhbar.example") == Resolution("akhbar.example", ("8.8.8.8", "10.0.0.7"), NOW)
    assert names.answered("10.0.0.7") is None  # nobody was asked


def test_an_unknown_name_is_not_refused_and_is_looked_up_again(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = answers([], monkeypatch)

    async def look() -> tuple[bool, list[str]]:
        return await names.refused("akhbar.example"), await names.addresses("akhbar.example")

    names = Names(False, lambda: NOW)
    assert asyncio.run(look()) == (False, [])
    assert len(asked) > 1
    assert names.answered("akhbar.example") == Resolution("akhbar.example", (), NOW, "Name or service not known")
