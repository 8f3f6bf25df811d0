"""What the reading room asks of the catalog, on SQLite and PostgreSQL."""

from __future__ import annotations

from typing import Any

import orjson
from sqlalchemy import BigInteger, Float, Integer, Table

from archive.acts import Act
from archive.address import article_id
from archive.catalog import Catalog, models
from archive.catalog.rooms import SeedFileRow
from archive.web import seeds_view
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


def blank(table: Table, **given: Any) -> dict[str, Any]:
    """A row with these values, the others empty."""
    empty = {column.name: 0 if isinstance(column.type, (Integer, BigInteger, Float)) else "" for column in table.columns}
    return empty | given


def test_of_many_articles_the_largest_shares_come_first_a_page_at_a_time(either: Catalog) -> None:  # noqa: F811
    told, sha256 = filled(either), "5" * 64
    shares = {f"{n:032x}": (7 * n) % 100 / 100 for n in range(1, 31)}
    with either._database.write(OUTLET.name) as connection:
        for article, share in shares.items():
            detail = orjson.dumps({"seed_in_article": {"share": share}, "article_in_seed": {"share": 0.0}}).decode()
            key = {"outlet": OUTLET.name, "article": article}
            link = {"name": "5.txt", "sha256": sha256, "seed_set": "s", "relation": "derived", "detail": detail}
            connection.execute(models.seed_link.insert().values(**key, version=1, **link))
            connection.execute(models.article.insert().values(**blank(models.article, **key)))
            connection.execute(models.version.insert().values(**blank(models.version, **key, number=1)))
    pages = [told.linked(sha256, "", start, 12) for start in (0, 12, 24, 36)]
    assert [len(page) for page in pages] == [12, 12, 6, 0]
    ids = [row.link.article for page in pages for row in page]
    assert ids == sorted(shares, key=lambda one: (-shares[one], one))


def test_pages_of_a_seed_file_s_articles() -> None:
    file = seeds_view.Line("5.txt", "5" * 64, "", 0, locked=True, found=SeedFileRow("5.txt", "5" * 64, 250, 0, 0, 250))
    steps = [seeds_view.steps(file, start, min(seeds_view.PAGE, 250 - start)) for start in (0, 100, 200)]
    assert steps == [{"before": None, "after": 100}, {"before": 0, "after": 200}, {"before": 100, "after": None}]
    assert seeds_view.steps(file, 50, 100) == {"before": 0, "after": 150}
