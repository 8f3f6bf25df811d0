"""Bundles that are kept: who sees which, and that a download is a download."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from archive.errors import Withheld
from archive.prove import kept
from archive.web import app as web
from archive.web.house import Open, Visitor
from tests.web.cases import DELETED, EDITED, Shelf, desk
from tests.web.test_pages import links, text

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


class Hiding(Shelf):
    """DELETED is withheld."""

    def history(self, article: str):  # type: ignore[no-untyped-def]
        if article == DELETED:
            raise Withheld("withheld")
        return super().history(article)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WARRAQ_STATE", str(tmp_path))
    where = tmp_path / kept.FOLDER
    where.mkdir()
    for article, restricted in ((EDITED, False), (EDITED, True), (DELETED, False)):
        (where / kept.name(article, NOW, restricted=restricted)).write_bytes(b"PK" + article.encode())
    (where / "notes.txt").write_text("x")
    (where / f"evidence-{EDITED}-part.zip").write_text("x")
    return where


def client(*, operator: bool) -> TestClient:
    house = Open(Visitor("amal", lambda dag: operator and dag == "prove_article"))
    return TestClient(Starlette(routes=[Mount("/warraq", web.create(lambda: desk(Hiding()), house))]), base_url="http://h")


def test_names_say_what_a_bundle_is() -> None:
    name = kept.name(EDITED, NOW, restricted=True)
    assert kept.parse(name) == kept.Kept(name, EDITED, "2026-11-22T10:00:00Z", True)
    assert kept.parse(name.replace("zip", "exe")) is None
    assert kept.parse(f"../{name}") is None
    assert kept.parse(f"{name}\n") is None


def test_who_may_make_one_sees_all_and_others_what_is_shown(folder: Path) -> None:
    mine, others = (
        {one.rpartition("/")[2] for one in links(client(operator=operator).get("/warraq/bundles").text) if "/bundle/" in one}
        for operator in (True, False)
    )
    assert mine == {path.name for path in folder.iterdir() if kept.parse(path.name)}
    assert others == {kept.name(EDITED, NOW, restricted=False)}
    for name in mine:
        assert client(operator=True).get(f"/warraq/bundle/{name}").status_code == 200
        assert client(operator=False).get(f"/warraq/bundle/{name}").status_code == (200 if name in others else 404)


def test_one_articles_bundles(folder: Path) -> None:
    html = client(operator=True).get(f"/warraq/bundles?article={DELETED}").text
    assert [one.rpartition("/")[2] for one in links(html) if "/bundle/" in one] == [kept.name(DELETED, NOW, restricted=False)]
    assert client(operator=True).get("/warraq/bundles?article=..%2F*").status_code == 404


def test_it_is_saved_and_never_shown(folder: Path) -> None:
    answer = client(operator=True).get(f"/warraq/bundle/{kept.name(EDITED, NOW, restricted=False)}")
    assert answer.content == b"PK" + EDITED.encode()
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "private, no-store"


@pytest.mark.parametrize(
    "name", ["notes.txt", "..%2Flog.key", f"evidence-{EDITED}-part.zip", f"evidence-{'0' * 32}-20261122T100000Z.zip"]
)
def test_nothing_else_is_given_away(folder: Path, name: str) -> None:
    (folder.parent / "log.key").write_text("secret")
    assert client(operator=True).get(f"/warraq/bundle/{name}").status_code == 404


def test_no_folder_is_no_bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WARRAQ_STATE", str(tmp_path))
    assert "None was made yet." in text(client(operator=False).get("/warraq/bundles").text)
