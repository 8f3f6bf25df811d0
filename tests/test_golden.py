"""One page and its expected reading for each layout of each outlet file, and for the built-in layout.

The pages are ours, in the markup of the theme a layout describes. After a change that is meant, write the expected
readings anew with `python -m tests.test_golden` and read the difference before it is committed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from archive import judge, outlet, snapshot
from archive.outlet import Outlet
from tests.captures import capture

ROOT = Path(__file__).parent.parent
GOLDEN = Path(__file__).parent / "golden"
OUTLETS, _ = outlet.load_folder(ROOT / "outlets")
PAGES = sorted(GOLDEN.glob("*/*.html"))
KEPT = (
    "title",
    "subtitle",
    "authors",
    "byline",
    "agency",
    "place",
    "section",
    "tags",
    "published",
    "modified",
    "language",
    "canonical",
    "post",
    "text",
    "faithful",
    "images",
    "log",
)


def read(page: Path) -> dict[str, Any]:
    """What the page of an outlet (its folder) reads as, without what depends on versions."""
    watched = OUTLETS.get(page.parent.name) or Outlet(name="generic", title="generic", url="https://bulletin.example.org/")
    url = f"{watched.url}archives/815" if not watched.article.startswith("^/article") else f"{watched.url}article/idEXAKCN0AA01"
    (judged,) = judge.judge(capture(url, page.read_bytes()), "warc/x", watched, None, "run")
    assert judged.snapshot is not None, judged.observation.reason
    fields = snapshot.load(judged.snapshot)
    return {"class": judged.observation.klass, "layout": fields["reading"]["layout"], **{name: fields[name] for name in KEPT}}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.parent.name}-{page.stem}")
def test_a_page_reads_as_expected(page: Path) -> None:
    assert read(page) == orjson.loads(page.with_suffix(".json").read_bytes())


def test_every_layout_has_a_page() -> None:
    wanted = {(name, layout.name) for name, watched in OUTLETS.items() for layout in watched.layouts}
    assert wanted - {(page.parent.name, page.stem) for page in PAGES} == set()


if __name__ == "__main__":
    for one in PAGES:
        one.with_suffix(".json").write_bytes(orjson.dumps(read(one), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n")
