"""What the reading room asks of the catalog, on SQLite and PostgreSQL."""

from __future__ import annotations

from archive.acts import Act
from archive.address import article_id
from archive.catalog import Catalog
from tests.test_catalog import OUTLET, catalog, either, on_postgres, postgres, story  # noqa: F401
from tests.test_catalog import url as address


def filled(catalog: Catalog) -> Catalog:  # noqa: F811
    for name, lines in story():
        catalog.apply(name, lines, OUTLET)
    return catalog


def test_the_room_s_questions(either: Catalog) -> None:  # noqa: F811
    told, article = filled(either), article_id(address(1))
    files = told.seed_files()
    assert [(row.name, row.articles, row.identical, row.contains, row.derived) for row in files] == [
        ("001.txt", 1, 1, 0, 0),
        ("002.txt", 1, 0, 1, 0),
    ]
    (one,) = told.linked(files[0].sha256)
    history = told.history(address(1))
    assert (one.link, one.title, one.state) == (history.links[0], history.article.title, history.article.state)
    version = history.versions[one.link.version - 1]
    assert (one.snapshot, one.time) == (version.snapshot, version.time)
    assert told.linked(files[0].sha256, article) == [one]
    assert told.linked("0" * 64) == told.linked(files[0].sha256, "0" * 32) == []
    assert told.announced(OUTLET.name, article)[0].url == address(1)
    assert told.announced(OUTLET.name, "0" * 32) == []


def test_the_withheld_are_in_no_answer_of_the_room(either: Catalog) -> None:  # noqa: F811
    told, article = filled(either), article_id(address(1))
    sha256 = told.seed_files()[0].sha256
    about = {"outlet": OUTLET.name, "article": article, "url": address(1)}
    act = Act("restrict", "2026-11-22T01:12:00.000000Z", "somebody", "a reason", **about)
    told.note_acts({"acts/2026/11/22/a.json": act})
    assert told.seed_files() == told.linked(sha256) == told.announced(OUTLET.name, article) == []
    assert told.with_withheld().linked(sha256)
