"""Lists decide what is asked: whole runs on a WordPress of 150 posts, from its lists to the events in the catalog."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.servers import Server
from tests.site import Post, WordPress, serving
from tests.wadi import Wadi, wadi

NOW = datetime.now(UTC)
WORDS = ("القمح", "القطن", "الزيتون", "التمر", "العنب", "الرمان", "التين", "الليمون", "العدس", "الشعير")


def text(number: int) -> str:
    one, two, three = (WORDS[number // of % 10] for of in (1, 10, 100))
    return f"قال تاجر في سوق المدينة إن سعر {one} ارتفع أمس {number} ليرة، وإن {two} و{three} على حالهما منذ {number + 3} يوما."


@pytest.fixture(scope="module")
def place(weed: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Wadi, WordPress]]:
    posts = [
        Post(n, f"سعر {WORDS[n % 10]} اليوم {n}", (NOW - timedelta(days=200 - n)).isoformat()[:19], text=text(n))
        for n in range(1, 151)
    ]
    with wadi(weed, tmp_path_factory.mktemp("rounds")) as at, serving(WordPress(posts, open_="rest feed")) as site:
        file = f'name = "wadi"\ntitle = "أخبار الوادي"\nurl = "{site.url}"\ndelay = 0.0\nprivate = true\ngone_after = 0.0\npictures = 0\n'
        (at.folder / "outlets" / "wadi.toml").write_text(file + "revisit_after = 86400.0\nwalk_every = 3600.0\n", "utf-8")
        yield at, site


def events(at: Wadi, since: int) -> set[tuple[str, str]]:
    """(name in the address, kind) of the events after the first `since`."""
    rows = sorted(at.shop().catalog.changes(limit=1000), key=lambda row: (row.time, row.url))[since:]
    return {(row.url.rstrip("/").rpartition("/")[2], kind) for row in rows for kind in row.kinds}


def pages(run: Any) -> int:
    return int(run["crawl"].data["report"]["roles"]["article"].get("asked", 0))


def test_edits_told_and_untold_deletions_and_moves_are_found_by_lists_and_nothing_else_is_asked(
    place: tuple[Wadi, WordPress],
) -> None:
    at, site = place
    first = at.run()
    assert pages(first) == 150
    quiet = at.run()
    assert (pages(quiet), quiet["crawl"].data["report"]["asked"]) == (0, 5)
    held = len(at.shop().catalog.changes(limit=1000))
    by = {post.number: post for post in site.posts}
    time.sleep(1.1)  # WordPress counts in seconds
    by[10].text, by[10].modified = text(10).replace("ارتفع", "انخفض"), datetime.now(UTC).isoformat()[:19]
    by[145].text = text(145).replace("ارتفع", "انخفض")  # nothing says so
    by[30].slug = "jadid"
    by[30].modified = datetime.now(UTC).isoformat()[:19]
    site.posts.remove(by[20])
    site.posts.remove(by[148])
    changed = at.run()
    assert not changed["plan"].data["walk"]
    assert changed["crawl"].data["report"]["walk"]["complete"], "two articles are missing: the walk came into this run"
    assert events(at, held) == {
        ("khabar-10", "body"),
        ("khabar-145", "body"),
        ("khabar-148", "gone"),
        ("khabar-20", "gone"),
        ("khabar-30", "moved"),
    }
    assert pages(changed) == 2 + 2 * 2 + 2
    again = at.run()
    assert (pages(again), again["crawl"].data["report"]["asked"]) == (0, 5)
