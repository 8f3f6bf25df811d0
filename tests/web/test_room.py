"""The reading room over a real archive: its log, its store, its catalog. What a page says of a proof is checked there and then."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from archive import keys, snapshot, warc
from archive.catalog.rows import HistoryRow
from archive.settings import ROOT
from archive.web import app as web
from archive.web import seeds_view
from archive.web.desk import Desk
from archive.web.house import Open
from tests.evidence import Story
from tests.evidence import story as tell
from tests.servers import Server
from tests.web.test_pages import links, seen, text

pytestmark = pytest.mark.slow


@dataclass
class Room:
    story: Story
    there: TestClient

    def found(self, number: int) -> HistoryRow:
        return self.story.shop().catalog.history(self.story.url(number))

    def get(self, path: str) -> str:
        answer = self.there.get(f"/warraq{path}")
        assert answer.status_code == 200, answer.text
        return answer.text


@pytest.fixture(scope="module")
def room(weed: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    with tell(weed, tmp_path_factory.mktemp("room")) as told:
        shop = told.shop()
        desk = Desk(shop.catalog, lambda: shop.store, {"wadi": "الوادي"}, settings=lambda: shop.settings)
        app = Starlette(routes=[Mount("/warraq", web.create(lambda: desk, Open()))])
        yield Room(told, TestClient(app, base_url="http://h"))


def test_an_article_s_page_leads_to_a_proof_that_holds(room: Room) -> None:
    row = room.found(101).article
    html = room.get(f"/article/{row.article}?v=2")
    assert f"/warraq/proof/{row.article}?v=2" in links(html)
    told = text(room.get(f"/proof/{row.article}?v=2"))
    assert "in the log, as it was logged. Checked now." in told
    assert "c2sp.org/tlog-proof@v1" in told
    assert "checked" in told.partition("Time from outside")[2], "an authority's time stamp, checked up to its root"


def test_a_capture_goes_out_as_a_warc_file_with_what_belongs_to_it(room: Room) -> None:
    version = room.found(101).versions[0]
    uuid = version.record.strip("<>").rpartition(":")[2]
    answer = room.there.get(f"/warraq/warc/{version.article}/{uuid}")
    assert answer.headers["content-type"] == "application/warc"
    assert answer.headers["content-disposition"].startswith("attachment;")
    kinds = [record.kind for record in warc.records(answer.content)]
    assert kinds[0] == "warcinfo"
    assert {"request", "response", "metadata"} <= set(kinds)
    capture = next(one for one in warc.captures(answer.content))
    assert f"sha256:{hashlib.sha256(capture.payload).hexdigest()}" == version.payload
    assert room.there.get(f"/warraq/warc/{version.article}/{'0' * 8}-0000-0000-0000-{'0' * 12}").status_code == 404


def test_seed_files_say_which_articles_hold_their_words(room: Room) -> None:
    html = room.get("/seeds")
    assert "001_souq.txt" in text(html)
    (file,) = [row for row in room.story.shop().catalog.seed_files() if row.name == "001_souq.txt"]
    one = f"/warraq/seeds/{file.sha256}"
    assert one in links(html)
    page = room.get(one.removeprefix("/warraq"))
    told = text(page)
    assert "word triples" in told
    article = room.found(101).article.article
    assert any(f"article={article}" in link for link in links(page))
    aligned = room.get(f"{one.removeprefix('/warraq')}?article={article}")
    rows = [a for tag, a in seen(aligned).tags if tag == "tr" and a.get("class") == "pair"]
    assert rows, "paragraphs side by side"
    assert f"warraq verify {article}" in text(aligned)
    assert article in room.get(f"/changes?seed={file.sha256}")
    assert room.there.get(f"/warraq/seeds/{'0' * 64}").status_code == 404


def test_the_commands_that_a_seed_s_page_gives_count_the_link_again(room: Room, tmp_path: Path) -> None:
    """All but those that fetch: the files are put there as the store has them."""
    shop = room.story.shop()
    (file,) = [row for row in shop.catalog.seed_files() if row.name == "001_souq.txt"]
    row = shop.catalog.linked(file.sha256, room.found(101).article.article)[0]
    _, *commands = seeds_view.by_hand(row, "s3://bucket/prefix")
    (tmp_path / "seed.txt").write_bytes(shop.store.get(keys.seed(row.link.seed_set, row.link.name)))
    (tmp_path / "snapshot.json.gz").write_bytes(shop.store.get(row.snapshot))
    (tmp_path / "docs").mkdir()
    shutil.copy(ROOT / "docs" / "VERIFY.md", tmp_path / "docs")
    script = "\n".join(command for command in commands if not command.startswith("aws "))
    ran = subprocess.run(["sh", "-eu", "-c", script], check=False, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    sheet = (tmp_path / "check.sh").read_text("utf-8")
    assert "claim.pl" in sheet
    assert "PAIR" not in sheet
    (tmp_path / "seed.txt").write_text("نص آخر تماما", "utf-8")
    assert (
        subprocess.run(["sh", "-eu", "-c", script], check=False, cwd=tmp_path, capture_output=True, timeout=60).returncode != 0
    )


def test_the_withheld_are_nowhere(room: Room) -> None:
    hidden = room.story.shop().catalog.with_withheld().article(room.story.url(105)).article
    for path in (
        f"/article/{hidden}",
        f"/proof/{hidden}",
        f"/text/{hidden}/1",
        f"/picture/{hidden}/{'0' * 64}",
        f"/warc/{hidden}/x",
    ):
        answer = room.there.get(f"/warraq{path}")
        assert answer.status_code == 451, path
        assert "شاهد" not in answer.text
    for path in ("/changes", "/seeds"):
        assert hidden not in room.get(path)


def test_a_text_leaves_the_archive_as_it_lies_there(room: Room) -> None:
    version = room.found(101).versions[0]
    held = snapshot.load(room.story.shop().store.get(version.snapshot))
    assert room.get(f"/text/{version.article}/1") == f"{held['title']}\n\n{held['faithful']}\n"
