"""Bundles that are kept: who sees which, and that a download is a download."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from archive.errors import Withheld
from archive.prove import kept
from archive.settings import from_environment
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
    held = replace(desk(Hiding()), now=lambda: NOW + timedelta(days=1))
    return TestClient(Starlette(routes=[Mount("/warraq", web.create(lambda: held, house))]), base_url="http://h")


def test_names_say_what_a_bundle_is() -> None:
    name = kept.name(EDITED, NOW, restricted=True)
    assert kept.parse(name) == kept.Kept(name, EDITED, "2026-11-22T10:00:00Z", True)
    assert kept.parse(name.replace("zip", "exe")) is None
    assert kept.parse(f"../{name}") is None
    assert kept.parse(f"{name}\n") is None


@pytest.mark.parametrize("made", ["99999999T999999Z", "20260230T100000Z", "00000101T000000Z"])
def test_a_name_of_a_day_that_there_is_not_is_no_bundle(folder: Path, made: str) -> None:
    name = f"evidence-{EDITED}-{made}.zip"
    (folder / name).write_bytes(b"PK")
    assert kept.parse(name) is None
    assert client(operator=True).get(f"/warraq/bundle/{name}").status_code == 404
    assert name not in client(operator=True).get("/warraq/bundles").text
    assert kept.prune(folder.parent, NOW) == []
    assert (folder / name).exists()


def test_a_bundle_that_is_pruned_while_they_are_listed_fails_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = kept.name(EDITED, NOW, restricted=True)
    (folder / kept.name(DELETED, NOW + timedelta(hours=2), restricted=False)).mkdir()
    real = Path.stat

    def stat(self: Path, **more: bool) -> os.stat_result:
        told = real(self, **more)
        if self.name == gone:
            self.unlink()
        return told

    everywhere = Path.glob
    monkeypatch.setattr(Path, "glob", lambda self, pattern: [*everywhere(self, pattern), self / gone, self / gone])
    monkeypatch.setattr(Path, "stat", stat)
    found = kept.listed(folder.parent)
    assert [one.name for one in found if one.name != gone] == [
        kept.name(one, NOW, restricted=False) for one in sorted((EDITED, DELETED), reverse=True)
    ]


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


def test_what_is_too_old_is_offered_to_nobody(folder: Path) -> None:
    name = kept.name(EDITED, NOW - timedelta(days=29, hours=1), restricted=False)
    (folder / name).write_bytes(b"PK")
    assert client(operator=True).get(f"/warraq/bundle/{name}").status_code == 404
    assert name not in client(operator=True).get("/warraq/bundles").text
    assert "30 days" in text(client(operator=True).get("/warraq/bundles").text)


def test_the_folder_has_a_bound_in_days_number_and_bytes_and_the_newest_stays(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def bundle(hours: float, size: int = 1) -> kept.Kept:
        made = NOW - timedelta(hours=hours)
        return kept.Kept(kept.name(EDITED, made, restricted=False), EDITED, f"{made:%Y-%m-%dT%H:%M:%SZ}", False, size)

    huge, small, old = bundle(1, kept.ROOM + 1), bundle(2), bundle(24 * 31)
    assert kept.surplus([huge, small, old], NOW) == [small, old]
    assert kept.surplus([small, huge], NOW) == [huge]
    many = [bundle(hours) for hours in range(kept.MOST + 2)]
    assert kept.surplus(many, NOW) == many[-2:]
    before = {path.name for path in folder.iterdir()}
    assert kept.prune(folder.parent, NOW + timedelta(days=29)) == []
    gone = {one.name for one in kept.prune(folder.parent, NOW + timedelta(days=31))}
    assert len(gone) == 3
    assert {path.name for path in folder.iterdir()} == before - gone, "nothing else in the folder is touched"


def test_an_article_s_page_offers_no_bundle_that_cannot_be_had(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Veiling(Hiding):
        def veiled(self, outlet: str, article: str) -> set[str]:
            return {"a record that led to what is withheld"}

    for shelf, offered in ((Hiding(), 1), (Veiling(), 0)):
        given = replace(desk(shelf), now=lambda: NOW, settings=lambda: from_environment({"WARRAQ_STATE": str(folder.parent)}))
        app = Starlette(routes=[Mount("/warraq", web.create(lambda held=given: held, Open(Visitor("nour"))))])
        html = TestClient(app, base_url="http://h").get(f"/warraq/article/{EDITED}").text
        assert len([one for one in links(html) if "/bundle/" in one]) == offered


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
