"""Pictures: which of a page's are asked for, how a snapshot lists them, and what is said of those that did not come."""

from __future__ import annotations

import hashlib
import json
import subprocess
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from archive import cdx, keys, observation, pictures, snapshot, warc
from archive.address import article_id
from archive.capture import Cited, Exchange, Note
from archive.pictures import Picture, Video
from archive.steps.extract import extract
from archive.steps.seal import seal
from archive.verify import shown
from tests.evidence import OLD, Press, at
from tests.faults.site import picture
from tests.servers import Server
from tests.wadi import wadi

URL = "https://news.example.org/2026/11/souq/"
TEXT = "<p>" + "افتتحت البلدية سوق القمح بعد ترميمه. " * 4 + "</p>"


def page(body: str, head: str = "") -> bytes:
    return f'<html><head><meta charset="utf-8">{head}</head><body><img src="/logo.png">{body}</body></html>'.encode()


def article(inner: str, head: str = "") -> bytes:
    return page(f'<div class="entry-content">{TEXT}{inner}</div><aside><img src="/beside.jpg"></aside>', head)


OG = '<meta property="og:image" content="https://cdn.example.org/front.jpg">'
WANTED: dict[str, tuple[bytes, list[str]]] = {
    "the page's own choice comes first": (
        article('<img src="/a.jpg">', OG),
        ["https://cdn.example.org/front.jpg", "https://news.example.org/a.jpg"],
    ),
    "each once": (
        article('<img src="a.jpg"><img src="./a.jpg#x"><img src="https://cdn.example.org/front.jpg">', OG),
        ["https://cdn.example.org/front.jpg", URL + "a.jpg"],
    ),
    "what a lazy loader would show": (
        article('<img src="data:image/gif;base64,R0" data-src="/1.jpg"><img src="/s.gif" data-lazy-src="/2.jpg">'),
        ["https://news.example.org/1.jpg", "https://news.example.org/2.jpg"],
    ),
    "the largest of a set": (
        article(
            '<img src="/a-300.jpg" srcset="/a-300.jpg 300w, /a,b-1200.jpg 1200w, /a-600.jpg 600w"><img data-srcset="/c.jpg 2x">'
        ),
        ["https://news.example.org/a,b-1200.jpg", "https://news.example.org/c.jpg"],
    ),
    "a source where the image has no address": (
        article('<picture><source srcset="/b.webp 1x"><img src="data:,"></picture><img src="/c.jpg">'),
        ["https://news.example.org/b.webp", "https://news.example.org/c.jpg"],
    ),
    "no icon, no tracker": (
        article(
            '<img src="/t" width="1" height="1"><img src="/s.png" class="emoji wp-smiley"><img src="/i.png" height="32px">'
            '<img src="https://pixel.wp.com/g.gif"><img src="https://s.w.org/images/core/emoji/1.svg">'
        ),
        [],
    ),
    "not what a script or a comment says": (
        article("<script>'<img src=\"/a.jpg\">'</script><!-- <img src='/b.jpg'> --><img src='/c.jpg'>"),
        ["https://news.example.org/c.jpg"],
    ),
    "letters beyond ASCII, spaces, entities": (
        article('<img src="/صور/سوق 1.jpg?a=1&amp;b=2">'),
        ["https://news.example.org/%D8%B5%D9%88%D8%B1/%D8%B3%D9%88%D9%82%201.jpg?a=1&b=2"],
    ),
    "relative to the page's base": (
        article('<img src="a.jpg">', '<base href="https://cdn.example.org/x/">'),
        ["https://cdn.example.org/x/a.jpg"],
    ),
    "no address of the web": (
        article('<img src="mailto:a@b.org"><img src="http://"><img src="http://[::1/a.jpg"><img src="about:blank"><img>'),
        [],
    ),
    "<article> where no container is named": (
        page(f"<article>{TEXT}<img src='/a.jpg'></article><img src='/b.jpg'>"),
        ["https://news.example.org/a.jpg"],
    ),
    "nothing that is certain to be the article's": (page(f"<div>{TEXT}<img src='/a.jpg'></div>"), []),
    "containers in each other": (
        article('<div class="entry-content"><img src="/a.jpg"></div><div><img src="/b.jpg"></div>'),
        ["https://news.example.org/a.jpg", "https://news.example.org/b.jpg"],
    ),
    "a tag without an end": (article('<img src="/a.jpg"><img src="/b.jpg'), ["https://news.example.org/a.jpg"]),
    "bytes that are no page": (b"\x89PNG\r\n\x1a\n\x00<img src=/a.jpg>", []),
    "nothing": (b"", []),
}


@pytest.mark.parametrize("name", WANTED)
def test_wanted(name: str) -> None:
    html, expected = WANTED[name]
    assert pictures.wanted(html, URL, 99) == expected


def test_a_page_in_another_charset_gives_the_same_addresses() -> None:
    html = article('<img src="/صور/1.jpg">').decode().replace('<meta charset="utf-8">', "")
    assert pictures.wanted(html.encode("cp1256"), URL, 9) == pictures.wanted(html.encode(), URL, 9) != []


@pytest.mark.parametrize(("limit", "number"), [(0, 0), (1, 1), (3, 3), (99, 9), (-1, 0)])
def test_no_more_than_the_limit(limit: int, number: int) -> None:
    html = article("".join(f'<img src="/{n}.jpg">' for n in range(9)))
    assert pictures.wanted(html, URL, limit) == [f"https://news.example.org/{n}.jpg" for n in range(number)]


@pytest.mark.parametrize(
    "hostile",
    [b'<img "', b"<script", b"<!--", b"<div class=entry-content>", b'class="', b"<figure><img src=a><figcaption>", b"<svg <p "],
)
def test_a_page_made_to_take_long_does_not(hostile: bytes) -> None:
    """Each of these would take hours if it were looked through again for every tag."""
    assert len(pictures.wanted(b"<article>" + b"x" * 50 + hostile * 20_000, URL, 12)) <= 1


def test_a_srcset_of_many_candidates() -> None:
    assert pictures.largest("," * 200_000 + "a") == ""
    assert pictures.largest("a.jpg, b.jpg 2x, c.jpg 1.2.3x") == "b.jpg"


def test_captions_and_roles() -> None:
    found = pictures.shown(
        article('<figure><img src="/a.jpg"><figcaption>السوق <b>القديم</b></figcaption></figure><img src="/b.jpg">', OG), URL
    )
    assert found.pictures == (
        Picture("https://cdn.example.org/front.jpg", "og"),
        Picture("https://news.example.org/a.jpg", "body", "السوق القديم"),
        Picture("https://news.example.org/b.jpg", "body"),
    )


VIDEOS: dict[str, tuple[str, Video]] = {
    "YouTube": (
        '<iframe src="about:blank" data-src="//www.youtube-nocookie.com/embed/abcdefghijk?rel=0"></iframe>',
        Video("https://www.youtube.com/watch?v=abcdefghijk", "https://i.ytimg.com/vi/abcdefghijk/hqdefault.jpg"),
    ),
    "a light YouTube player": (
        '<lite-youtube videoid="abcdefghijk"></lite-youtube>',
        Video("https://www.youtube.com/watch?v=abcdefghijk", "https://i.ytimg.com/vi/abcdefghijk/hqdefault.jpg"),
    ),
    "Facebook's frame": (
        '<iframe src="https://www.facebook.com/plugins/video.php?href=https%3A%2F%2Fwww.facebook.com%2Fa%2Fvideos%2F1&x=1"></iframe>',
        Video("https://www.facebook.com/a/videos/1"),
    ),
    "Facebook's script": (
        '<div class="fb-video" data-href="https://www.facebook.com/a/videos/2"></div>',
        Video("https://www.facebook.com/a/videos/2"),
    ),
    "Telegram": (
        '<script async src="https://telegram.org/js/telegram-widget.js?22" data-telegram-post="souq/12"></script>',
        Video("https://t.me/souq/12"),
    ),
    "a file": (
        '<video src="/a.mp4" poster="/a.jpg"></video>',
        Video("https://news.example.org/a.mp4", "https://news.example.org/a.jpg"),
    ),
    "the first of several files": (
        '<video controls><source src="/a.webm"><source src="/a.mp4"></video>',
        Video("https://news.example.org/a.webm"),
    ),
}


@pytest.mark.parametrize("name", VIDEOS)
def test_videos(name: str) -> None:
    html, expected = VIDEOS[name]
    found = pictures.shown(article(html), URL)
    assert found.videos == (expected,)
    assert [one.url for one in found.pictures if one.role == "thumbnail"] == (
        [expected.thumbnail] if expected.thumbnail else []
    )


def test_a_frame_of_no_player_is_no_video() -> None:
    html = article(
        '<iframe src="https://ads.example.net/youtube.com/"></iframe><iframe src="https://notyoutube.com/embed/x"></iframe>'
    )
    assert pictures.shown(html, URL) == pictures.Shown()


def test_what_only_the_reading_found_is_listed_where_the_look_found_nothing() -> None:
    body = ({"url": "https://x.org/صورة.jpg", "caption": "تعليق"},)
    row = {"url": "https://x.org/%D8%B5%D9%88%D8%B1%D8%A9.jpg", "role": "body", "caption": "تعليق"}
    assert pictures.listed(pictures.Shown(), body) == {"pictures": [row], "videos": []}
    seen = pictures.Shown((Picture("https://x.org/a.jpg", "body"),))
    assert [one["url"] for one in pictures.listed(seen, body)["pictures"]] == ["https://x.org/a.jpg"]


# In the archive


class Studio(Press):
    """Writes down articles with pictures, and captures of those pictures."""

    def shows(self, hours: float, number: int, names: str, text: tuple[str, ...] = OLD) -> None:
        images = "".join(f'<img src="/uploads/{name}.png">' for name in names)
        html = f'<html lang="ar"><head><title>أخبار {number}</title><meta property="og:type" content="article"></head><body><article>'
        html += f'<h1 class="entry-title">أخبار السوق، العدد {number}</h1><div class="entry-content">'
        html += "".join(f"<p>{one}</p>" for one in text) + f"{images}</div></article></body></html>"
        self.answer(hours, number, "200 OK", html.encode())

    def picture(self, hours: float, number: int, name: str, status: str = "200 OK", **more: Any) -> bytes:
        body = picture(name) if status.startswith("200") else b"nothing here"
        kind = "image/png" if status.startswith("200") else "text/plain"
        raw = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
        when = at(hours) + timedelta(seconds=1000 + ord(name))
        note = Note("picture", "article", "picture", listed_by=Cited(self.url(number), "urn:uuid:x", ""))
        url = f"{self.made.url}uploads/{name}.png"
        self.waiting.append(Exchange(url, when, when + timedelta(seconds=1), b"GET / HTTP/1.1\r\n\r\n", raw, note, **more))
        return body

    def snapshots(self, number: int) -> list[dict[str, Any]]:
        store = self.made.shop().store
        found = sorted(store.list(f"snapshots/wadi/{article_id(self.url(number))}/"))
        return [snapshot.load(store.get(key)) for key in found]

    def listed(self, number: int) -> dict[str, dict[str, Any]]:
        """What the newest snapshot says of each picture, by name."""
        return {one["url"].rpartition("/")[2][:1]: one for one in self.snapshots(number)[-1]["pictures"]}


@pytest.fixture(scope="module")
def studio(weed: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """1 and 2 with pictures; `b` comes in a later file of the run, `c` fails, `d` is never asked for; 3 and an edit later."""
    with wadi(weed, tmp_path_factory.mktemp("studio"), articles=0) as made:
        made.outlet_file("pictures = 4\n")
        told = Studio(made)
        told.shows(1, 1, "abcdef")
        told.picture(1, 1, "a")
        run = told.write(1)
        told.picture(1.01, 1, "b")
        told.picture(1.01, 1, "c", "404 Not Found")
        _same_run(told, 1, run)
        shop = told.shop(1)
        extract(shop, shop.outlet("wadi"), run)
        seal(told.shop(1), shop.outlet("wadi"), run)
        told.shows(9, 2, "abc")
        told.picture(9, 2, "c")
        told.print(9)
        told.shows(20, 2, "az")  # the same text
        told.picture(20, 2, "z")
        told.print(20)
        yield told


def _same_run(told: Studio, hours: float, run: str) -> None:
    """What waits, as one more file of this run."""
    from uuid import uuid4

    from archive import spool

    folder = told.made.folder / "press-2"
    out = spool.Spool(folder, "wadi", run, 2, {"software": "test"}, lambda: at(hours), lambda: str(uuid4()))
    for one in told.waiting:
        out.add(one)
    out.close()
    told.waiting.clear()
    spool.upload(told.made.shop().store, folder)


def test_a_snapshot_lists_the_hash_of_each_picture(studio: Studio) -> None:
    store, listed = studio.made.shop().store, studio.listed(1)
    for name in "ab":  # b lies in a later file than its article
        assert listed[name]["sha256"] == hashlib.sha256(picture(name)).hexdigest()
        assert (listed[name]["mime"], listed[name]["bytes"]) == ("image/png", len(picture(name)))
        place = [listed[name][key] for key in ("warc", "offset", "length")]
        assert shown.finder([], store.get, lambda: None)(*place) == (
            listed[name]["record"],
            f"sha256:{listed[name]['sha256']}",
        )
    assert listed["a"]["warc"] != listed["b"]["warc"]


def test_a_picture_that_did_not_come_stands_there_with_its_reason(studio: Studio) -> None:
    listed = studio.listed(1)
    assert listed["c"]["missing"] == "http-404"
    assert listed["c"]["record"].startswith("urn:uuid:")
    assert [listed[name]["missing"] for name in "def"] == ["not-captured", "over-limit", "over-limit"]
    assert not any("sha256" in listed[name] for name in "cdef")


def test_a_picture_of_an_earlier_run_is_the_capture_of_then(studio: Studio) -> None:
    earlier, now = studio.listed(1), studio.snapshots(2)[0]["pictures"]
    assert [one["sha256"] for one in now[:2]] == [earlier[name]["sha256"] for name in "ab"]
    assert [one["record"] for one in now[:2]] == [earlier[name]["record"] for name in "ab"]
    assert [(one["mime"], one["bytes"]) for one in now[:2]] == [("image/png", len(picture(name))) for name in "ab"]
    assert now[2]["sha256"] == hashlib.sha256(picture("c")).hexdigest()  # it failed then


def test_other_pictures_are_no_version_of_the_text_but_are_kept(studio: Studio) -> None:
    assert len(studio.snapshots(2)) == 1
    shop = studio.made.shop()
    found = shop.catalog.history(studio.url(2))
    assert [version.number for version in found.versions] == [1]
    assert [one.url.rpartition("/")[2] for one in shop.catalog.pictures_of("wadi", found.article.article)] == ["c.png", "z.png"]


def test_pictures_are_in_the_index_and_the_archive_verifies(studio: Studio) -> None:
    report = studio.made.verified()
    assert not report.findings
    assert report.counts["pictures"] == 5
    store = studio.made.shop().store
    for key in store.list("observations/"):
        lines = observation.load(store.get(key))
        assert {line.kind for line in lines} <= {"article", "picture"}
        indexed = store.get(keys.parse_stem(key).cdxj).decode()
        assert all(line.url in indexed for line in lines if line.kind == "picture")
        assert store.get(keys.parse_stem(key).cdxj) == cdx.lines(lines)


def test_verify_sees_a_picture_that_a_snapshot_calls_by_another_hash(studio: Studio) -> None:
    store = studio.made.shop().store
    find = shown.finder([], store.get, lambda: None)
    held = studio.snapshots(1)[0]
    assert not list(shown.faults(held, find))
    held["pictures"][0]["sha256"] = "0" * 64
    assert len(list(shown.faults(held, find))) == 1
    held["pictures"][1]["record"] = "urn:uuid:another"
    assert len(list(shown.faults(held, find))) == 2
    lost: list[int] = []
    held["pictures"][0]["warc"] = "warc/none"
    assert len(list(shown.faults(held, shown.finder([], store.get, lambda: lost.append(1))))) == 1 == len(lost)


def test_a_bundle_holds_the_pictures_that_its_snapshot_lists(studio: Studio, tmp_path: Path) -> None:
    path = tmp_path / "bundle.zip"
    done = studio.made.call("prove", studio.url(1), "--out", str(path), "--json")
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(path) as held:
        files = {name: held.read(name) for name in held.namelist()}
        held.extractall(tmp_path / "evidence")
    captured = [
        one
        for name, data in files.items()
        if name.startswith("captures/") and name.endswith(".gz")
        for one in warc.captures(data)
    ]
    assert {one.url: one.body for one in captured if one.note.role == "picture"} == {
        f"{studio.made.url}uploads/{name}.png": picture(name) for name in "ab"
    }
    checked = studio.made.call("verify", str(path), "--json")
    assert checked.returncode == 0
    assert json.loads(checked.stdout)["checked"]["pictures"] == 2
    by_hand = subprocess.run(["sh", "check.sh"], cwd=tmp_path / "evidence", capture_output=True, text=True, check=False)
    assert by_hand.stdout.splitlines()[-1].startswith("PROVEN")
    lying = json.loads(files["snapshots/1.json"])
    assert {one["sha256"] for one in lying["pictures"] if "sha256" in one} == {
        hashlib.sha256(picture(name)).hexdigest() for name in "ab"
    }
    assert "a picture on the page" in files["report.html"].decode()


def test_a_bundle_leaves_out_pictures_that_a_withheld_article_showed_first(studio: Studio, tmp_path: Path) -> None:
    assert studio.made.call("restrict", studio.url(1), "--reason", "a court order").returncode == 0
    try:
        done = studio.made.call("prove", studio.url(2), "--out", str(tmp_path / "b.zip"), "--json")
        assert done.returncode == 0, done.stderr
        told = json.loads(studio.made.call("verify", str(tmp_path / "b.zip"), "--json").stdout)
        assert told["checked"].get("pictures", 0) == 1  # c, which the article itself was the first to show
        assert told["unchecked"]["pictures that are not in the bundle"] == 2
    finally:
        studio.made.call("restrict", studio.url(1), "--lift", "--reason", "it was lifted")


def test_what_must_be_kept_of_an_article_includes_its_pictures(studio: Studio) -> None:
    from archive.steps import ruling

    shop = studio.made.shop()
    for number in (1, 2):
        kept = ruling.objects(shop, shop.catalog.article(studio.url(number)))
        assert {one["warc"] for one in studio.listed(number).values() if "warc" in one} <= kept
    later = shop.catalog.pictures_of("wadi", article_id(studio.url(2)))[-1].warc  # z, which no snapshot lists
    assert {later, keys.parse_stem(later).cdxj} <= kept


def test_reading_again_gives_the_same_snapshots(studio: Studio) -> None:
    """What a reader that died had put stands, whatever pictures are known by then."""
    before = {key: tag for key, tag in studio.made.held().items() if key.startswith("snapshots/")}
    extract(studio.shop(20), studio.made.shop().outlet("wadi"), None)
    assert {key: tag for key, tag in studio.made.held().items() if key.startswith("snapshots/")} == before


def test_an_extra_snapshot_may_not_call_a_picture_by_another_hash(studio: Studio) -> None:
    """Two workers may put one text twice, under two sets of seed files say; what lies about a picture is no such thing."""
    store, fields = studio.made.shop().store, studio.snapshots(1)[0]
    (key,) = store.list(f"snapshots/wadi/{fields['article']}/")
    del fields["v"]
    assert store.put(key.replace(fields["reading"]["id"], "0" * 12), snapshot.pack(fields))
    assert not studio.made.verified().findings
    fields["pictures"][0]["sha256"] = "0" * 64
    lying = key.replace(fields["reading"]["id"], "1" * 12)
    assert store.put(lying, snapshot.pack(fields))
    assert [(one.kind, one.key) for one in studio.made.verified().findings] == [("added unlogged", lying)]


def test_a_crawl_captures_the_pictures_of_its_articles(weed: Server, tmp_path: Path) -> None:
    with wadi(weed, tmp_path, articles=0) as made:
        made.site.publish(1, pictures=2)
        made.site.publish(2)
        made.run()
        store = made.shop().store
        held = [snapshot.load(store.get(key)) for key in sorted(store.list("snapshots/"))]
        listed = {one["url"].rpartition("/")[2]: one for fields in held for one in fields["pictures"]}
        assert list(listed) == ["1-0.png", "1-1.png", "1-2.png"]
        assert [one["role"] for one in listed.values()] == ["og", "body", "body"]
        assert [one["caption"] for one in listed.values()] == ["", "صورة 1", "صورة 2"]
        expected = [hashlib.sha256(picture(f"/uploads/{name}")).hexdigest() for name in listed]
        assert [one.get("sha256") for one in listed.values()] == expected
        asked = [entry.path for entry in made.site.log].count
        made.run()
        assert [asked(f"/uploads/{name}") for name in listed] == [1, 1, 1]
        assert not made.verified().findings
