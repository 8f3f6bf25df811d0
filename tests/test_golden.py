"""Pages and their expected readings, at least one for each layout of each outlet file, and for the built-in layout.

The pages are ours, in the markup of the theme a layout describes: `<outlet>/<day of the capture>/<layout>.html`, and
`<layout>.<what is special about it>.html`. A page of an outlet's, as `warraq golden` makes one, is never committed. After a change
that is meant, write the expected readings anew with `python -m tests.test_golden` and read the difference before it is committed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from archive import golden, outlet
from archive.outlet import Outlet
from tests.captures import capture

ROOT = Path(__file__).parent.parent
GOLDEN = Path(__file__).parent / "golden"
OUTLETS, _ = outlet.load_folder(ROOT / "outlets")
PAGES = sorted(GOLDEN.glob("*/*/*.html"))
UTF8 = "text/html; charset=UTF-8"


def layout_of(page: Path) -> str:
    return page.stem.partition(".")[0]


def read(page: Path) -> golden.Golden:
    """What a page reads as, captured on its folder's day; address and content type as its JSON says, if there is one."""
    name, day = page.parts[-3], page.parts[-2]
    watched = OUTLETS.get(name) or Outlet(name="generic", title="generic", url="https://bulletin.example.org/")
    path = "article/idEXAKCN0AA01" if watched.article.startswith("^/article") else "archives/815"
    expected = page.with_suffix(".json")
    known = orjson.loads(expected.read_bytes()) if expected.is_file() else {}
    headers = (("Content-Type", known.get("content_type", UTF8)),)
    made = capture(known.get("address") or f"{watched.url}{path}", page.read_bytes(), time=f"{day}T12:00:00Z", headers=headers)
    return golden.golden(made, watched)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: "-".join((*page.parts[-3:-1], page.stem)))
def test_a_page_reads_as_expected(page: Path) -> None:
    assert orjson.loads(golden.dump(read(page).expected)) == orjson.loads(page.with_suffix(".json").read_bytes())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: "-".join((*page.parts[-3:-1], page.stem)))
def test_a_page_is_read_by_the_layout_it_is_named_after(page: Path) -> None:
    made = read(page)
    if page.parts[-3] in OUTLETS:
        assert made.layout == layout_of(page)
    assert made.expected["class"] == "content"
    assert made.expected["doubt"] == ""


def without_a_page(outlets: dict[str, Outlet], pages: list[Path]) -> set[tuple[str, str]]:
    """(outlet, layout) that no golden page is there for, captured on a day when the layout was in force."""
    wanted = {(name, one.name or "unnamed"): one.since for name, watched in outlets.items() for one in watched.layouts}
    there: dict[tuple[str, str], str] = {}
    for page in pages:
        place = page.parts[-3], layout_of(page)
        there[place] = max(there.get(place, ""), page.parts[-2])
    return {place for place, since in wanted.items() if there.get(place, "") < f"{since:%Y-%m-%d}"}


def test_every_layout_has_a_page() -> None:
    assert without_a_page(OUTLETS, PAGES) == set()


def test_a_layout_without_a_page_is_found(tmp_path: Path) -> None:
    text = (ROOT / "outlets" / "alwatan.toml").read_text("utf-8")
    (tmp_path / "alwatan.toml").write_text(text + '\n[[layouts]]\nname = "next"\nsince = 2026-12-01T00:00:00Z\n', "utf-8")
    changed, _ = outlet.load_folder(tmp_path)
    assert without_a_page(changed, PAGES) == {("alwatan", "next")}
    too_early = [*PAGES, GOLDEN / "alwatan" / "2026-11-22" / "next.html"]
    assert without_a_page(changed, too_early) == {("alwatan", "next")}
    assert without_a_page(changed, [*PAGES, GOLDEN / "alwatan" / "2026-12-02" / "next.brief.html"]) == set()


def test_every_page_has_its_reading_and_the_other_way_round() -> None:
    assert {page.with_suffix(".json") for page in PAGES} == set(GOLDEN.glob("*/*/*.json"))
    assert not [path for path in GOLDEN.rglob("*") if path.is_file() and len(path.relative_to(GOLDEN).parts) != 3]


def rewrite() -> list[Any]:
    """The expected readings anew; which of them changed."""
    changed = []
    for page in PAGES:
        data, path = golden.dump(read(page).expected), page.with_suffix(".json")
        if not path.is_file() or path.read_bytes() != data:
            path.write_bytes(data)
            changed.append(path.relative_to(GOLDEN))
    return changed


if __name__ == "__main__":
    for one in rewrite():
        print(one)
