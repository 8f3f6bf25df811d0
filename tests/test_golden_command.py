"""`warraq golden`: a page of a running site, written down with its reading for somebody to look at."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from archive import golden
from tests.captures import capture
from tests.servers import Server
from tests.wadi import Wadi, wadi

LAYOUT = """
[[layouts]]
name = "plain"
match = "//article"
body = "//article"

[[layouts]]
name = "other"
match = "//div[@id='nowhere']"
"""


@pytest.fixture(scope="module")
def at(weed: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wadi]:
    with wadi(weed, tmp_path_factory.mktemp("golden"), articles=2) as made:
        made.outlet_file(LAYOUT)
        yield made


def test_a_page_is_captured_and_written_down_with_its_reading(at: Wadi, tmp_path: Path) -> None:
    url = f"{at.url}archives/1"
    done = at.call("golden", "wadi", url, "--out", str(tmp_path / "golden"))
    assert done.returncode == 0, done.stderr
    assert "keep it out of the repository" in done.stdout
    (page,) = (tmp_path / "golden" / "wadi").glob("*/plain.html")
    expected = orjson.loads(page.with_suffix(".json").read_bytes())
    assert expected["title"] == at.site.articles[1].title
    assert (expected["address"], expected["class"], expected["layout"]) == (url, "content", "plain")
    made = capture(
        url, page.read_bytes(), time=f"{page.parent.name}T12:00:00Z", headers=(("Content-Type", expected["content_type"]),)
    )
    again = golden.golden(made, at.shop().outlet("wadi"))
    assert orjson.loads(golden.dump(again.expected)) == expected
    held = at.held()
    second = at.call("golden", "wadi", url, "--out", str(tmp_path / "second"), "--json")
    assert len(orjson.loads(second.stdout)["files"]) == 2
    assert at.held() == held, "what the archive has is not asked for again"


def test_what_does_not_fit_is_refused_and_overwrites_nothing(at: Wadi, tmp_path: Path) -> None:
    out = ("--out", str(tmp_path / "golden"))
    url = f"{at.url}archives/2"
    for arguments, said in (
        (("wadi", "https://elsewhere.example.org/archives/1"), "no article's address"),
        (("wadi", url, "--layout", "no-such"), "known: plain, other"),
        (("wadi", url, "--layout", "other"), "does not fit"),
        (("nobody", url), "no outlet"),
    ):
        done = at.call("golden", *arguments, *out)
        assert (done.returncode, said in done.stderr) == (78, True), done.stderr
    assert not (tmp_path / "golden").exists()
    assert at.call("golden", "wadi", url, "--layout", "plain", *out).returncode == 0
    (page,) = (tmp_path / "golden" / "wadi").glob("*/plain.html")
    page.write_text("mine", "utf-8")
    assert at.call("golden", "wadi", url, *out).returncode == 78
    assert page.read_text("utf-8") == "mine"
