"""Exports: every row, the promised columns, and nothing that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from archive import export
from archive.catalog import Catalog
from archive.errors import Refused
from archive.republished import Link
from archive.seed import share_of
from tests.histories import URL, content, line
from tests.test_catalog import OUTLET, key, link

DOCS = Path(__file__).parent.parent / "docs/EXPORT.md"


SAID = {  # a snapshot's own words
    "title": "=عنوان", "subtitle": "سطر ثان", "authors": ["سلمى حداد"], "byline": "سلمى حداد", "agency": ["رويترز"], "place": "بيروت",
    "section": "ثقافة", "tags": ["كتب", "قرى"], "published": {"value": "2019-03-02", "source": "url", "confidence": "url"},
    "modified": None, "canonical": "https://news.example.org/a/",
}  # fmt: skip


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    made = Catalog(f"sqlite:///{tmp_path}/catalog.db")
    made.migrate()
    first = content(1, "a 1", title="=HYPERLINK(1)", snapshot=True)
    assert first.reading is not None
    first = replace(first, reading=replace(first.reading, links=(link("001.txt"),)))
    lines = [first, content(2, "ب 2", title="عنوان، «جديد»"), line(3, "gone"), line(10, "gone")]
    made.apply(key(1), lines, OUTLET)
    copy = content(30, "a 1 ب", title="-1", url=f"{URL}-copy", snapshot=True)
    made.apply(key(30), [copy], OUTLET)
    shares = {"first_in_second": share_of(30, 40), "second_in_first": share_of(30, 60)}
    sides = (OUTLET.name, first.article, OUTLET.name, copy.article)
    times = (first.time, copy.time, "2026-11-01T01:00:00+00:00", "")
    pair = Link(*sides, "derived", *times, 1, 1, "one", "two", {**shares, "paragraphs": [[1, 2]], "recipe": "1"})
    made.note_compared((OUTLET.name, copy.article, "", ""), [(OUTLET.name, first.article)], [pair], None)
    yield made
    made.close()


def written(catalog: Catalog, what: str, form: str, outlet: str | None = None) -> str:
    out = io.StringIO(newline="")
    count = export.export(catalog, what, form, out, outlet, stored=lambda key: SAID | {"snapshot": "x", "time": "x"})
    text = out.getvalue()
    assert count == (len(text.splitlines()) if form == "jsonl" else len(list(csv.reader(io.StringIO(text)))) - 1)
    return text


@pytest.mark.parametrize("what", export.COLUMNS)
def test_both_forms_say_the_same(catalog: Catalog, what: str) -> None:
    lines = [json.loads(one) for one in written(catalog, what, "jsonl").splitlines()]
    cells = list(csv.DictReader(io.StringIO(written(catalog, what, "csv"), newline="")))
    assert len(lines) == len(cells) == {"articles": 2, "versions": 3, "events": 4, "metadata": 3, "republications": 1}[what]
    for row, cell in zip(lines, cells, strict=True):
        assert list(row) == list(cell) == ["v", *export.COLUMNS[what]]
        assert row["v"] == 1
        for name in ("kinds", "flags"):
            assert " ".join(row.pop(name, [])) == cell.pop(name, "")
        for name in ("seeds", "paragraphs", "authors", "agency", "tags"):
            packed = cell.pop(name, "")
            assert row.pop(name, []) == (json.loads(packed) if packed else [])
        assert {name: str(value) for name, value in row.items()} == {n: c.removeprefix("'") for n, c in cell.items()}


def test_values(catalog: Catalog) -> None:
    rows = [json.loads(one) for one in written(catalog, "versions", "jsonl").splitlines()]
    first, second = (row for row in rows if row["url"] == URL)
    assert (first["title"], first["kinds"], second["kinds"], second["flags"]) == (
        "=HYPERLINK(1)",
        ["new"],
        ["headline", "body"],
        ["numbers"],
    )
    assert [(one["name"], one["relation"]) for one in first["seeds"]] == [("001.txt", "identical")]
    assert URL in [json.loads(one)["url"] for one in written(catalog, "articles", "jsonl").splitlines()]
    pair = json.loads(written(catalog, "republications", "jsonl"))
    assert (pair["url"], pair["other_url"], pair["published_first"]) == (URL, f"{URL}-copy", "unknown")
    assert [pair[name] for name in ("shared", "of", "other_of", "in_other", "other_in")] == [30, 40, 60, 0.75, 0.5]


def test_what_the_pages_say_of_themselves(catalog: Catalog) -> None:
    rows = [json.loads(one) for one in written(catalog, "metadata", "jsonl").splitlines()]
    full, empty = (next(row for row in rows if bool(row["snapshot"]) is has) for has in (True, False))
    assert (full["byline"], full["agency"], full["place"], full["section"]) == ("سلمى حداد", ["رويترز"], "بيروت", "ثقافة")
    assert (full["tags"], full["subtitle"], full["authors"]) == (["كتب", "قرى"], "سطر ثان", ["سلمى حداد"])
    assert [full[f"published{rest}"] for rest in ("", "_source", "_confidence")] == ["2019-03-02", "url", "url"]
    assert [full[f"modified{rest}"] for rest in ("", "_source", "_confidence")] == ["", "", ""]
    assert (empty["tags"], empty["byline"], empty["published"], empty["version"]) == ([], "", "", 2)
    assert full["snapshot"] != "x"


def test_a_title_is_never_a_formula(catalog: Catalog) -> None:
    titles = [row["title"] for row in csv.DictReader(io.StringIO(written(catalog, "versions", "csv"), newline=""))]
    assert set(titles) == {"'=HYPERLINK(1)", "عنوان، «جديد»", "'-1"}


def test_of_one_outlet(catalog: Catalog) -> None:
    assert written(catalog, "events", "jsonl", "other") == ""
    assert written(catalog, "events", "jsonl", "example") == written(catalog, "events", "jsonl")


@pytest.mark.parametrize(("what", "form"), [("people", "csv"), ("events", "xlsx")])
def test_what_there_is_not_is_refused(catalog: Catalog, what: str, form: str) -> None:
    with pytest.raises(Refused, match="one of"):
        written(catalog, what, form)


def test_every_column_is_documented_in_its_order() -> None:
    sections = re.split(r"^## ", DOCS.read_text("utf-8"), flags=re.MULTILINE)[1:]
    told = {section.splitlines()[0].strip(): re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE) for section in sections}
    assert {name: tuple(columns) for name, columns in told.items() if name in export.COLUMNS} == export.COLUMNS
    assert f"version {export.VERSION}" in DOCS.read_text("utf-8")
