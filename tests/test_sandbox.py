"""The sandbox newsroom: its script is a pure function, its site behaves like a WordPress site with a busy theme."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest

from archive import outlet as outlets
from archive import seed
from archive.digest import digests
from sandbox import outlet, script, texts
from sandbox.newsroom import APART, PATIENCE, SLOWER, Newsroom
from sandbox.server import Server

ROOT = Path(__file__).resolve().parent.parent
PIECES = texts.load()
PACE = 8.0


class Time:
    """A clock that moves when told."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return datetime(2026, 11, 22, 9, tzinfo=UTC) + timedelta(seconds=self.seconds)


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def room(tmp_path: Path, time: Time) -> Newsroom:
    return Newsroom(tmp_path / "room", pace=PACE, clock=time, now=time.now)


@pytest.fixture
def site(room: Newsroom):
    server = Server(room, 0)
    server.start(tick=3600)  # the tests move the time
    yield server
    server.stop()


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: object) -> None:
        return None


def ask(url: str, **headers: str) -> tuple[int, dict[str, str], str]:
    opener = urllib.request.build_opener(_NoRedirect)
    try:
        with opener.open(urllib.request.Request(url, headers=headers), timeout=10) as answer:
            return answer.status, dict(answer.headers), answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers), error.read().decode()


def link_of(site: Server, article: script.Article) -> str:
    return json.loads(ask(f"{site.address}/wp-json/wp/v2/posts/{article.id}")[2])["link"]


def entry(page: str) -> str:
    """The body's container without the box that the theme puts into it."""
    body = re.search(r'<div class="entry-content entry clearfix">\n(.*?)\n</div>', page, re.DOTALL)
    assert body
    return re.sub(r'<div class="inline-related-posts">.*?</div>\n', "", body[1])


# The texts


def test_there_are_enough_pieces_of_a_readable_length() -> None:
    plain = [p for p in PIECES if not p.for_seed]
    assert len(plain) >= 16
    assert len(PIECES) - len(plain) == 2
    for piece in PIECES:
        assert 120 <= len(" ".join(piece.body(0, 0)).split()) <= 250, piece.name
    assert len({p.slug for p in PIECES}) == len(PIECES)


@pytest.mark.parametrize("piece", [*[p for p in PIECES if not p.for_seed], texts.bulletin(3)], ids=lambda p: p.name)
def test_each_kind_of_edit_changes_what_its_name_says(piece: texts.Piece) -> None:
    before, numbers = digests("\n".join(piece.body(0, 0))), digests("\n".join(piece.body(1, 0)))
    spelling = digests("\n".join(piece.body(0, 1)))
    assert numbers.numbers != before.numbers
    assert spelling.t != before.t
    assert spelling.same_sense(before)
    assert not digests(piece.title(1)).same_sense(digests(piece.title(0)))


def test_a_slug_is_cut_where_wordpress_cuts_it() -> None:
    slug = texts.slug("آخر عبّارات نهر السلوى ترسو بعد ستين عاماً من العبور، والناس على الضفتين")
    assert slug.startswith("آخر-عبارات-نهر-")
    assert len(slug.replace("-", "").encode()) * 3 + slug.count("-") <= 200


def test_a_piece_without_a_headline_is_named() -> None:
    with pytest.raises(ValueError, match="broken: no author, title"):
        texts.parse("broken", "section: محليات\ntags: ماء\n\nنص قصير.")


def test_seed_files_agree_with_their_lock_and_link_to_their_articles_only() -> None:
    files = seed.check_folder(texts.SEEDS, seed.load_lock(ROOT / "sandbox" / "seeds.lock"))
    seeds = seed.SeedSet("0" * 12, tuple(files.items()))
    links = {
        p.name: [(found["name"], found["relation"]) for found in seed.link("\n".join(p.body(0, 0)), seeds)] for p in PIECES
    }
    assert {name: found for name, found in links.items() if found} == {
        "seed-orchard": [("000_orchard.txt", "contains")],
        "seed-ferry": [("001_ferry.txt", "contains")],
    }


def test_one_seed_has_a_second_text_glued_to_its_end() -> None:
    held = (texts.SEEDS / "001_ferry.txt").read_text("utf-8")
    last = next(p for p in PIECES if p.name == "seed-ferry").paragraphs[-1]
    _, _, glued = held.partition(last)
    assert glued.startswith("رسالة من قارئة")
    assert not held.endswith("\n")


# The script


def test_the_state_depends_on_seed_and_step_alone() -> None:
    assert script.state(PIECES, 7, 30) == script.state(PIECES, 7, 30)
    assert script.state(PIECES, 7, 30) == script.after(script.state(PIECES, 7, 29), PIECES, 7)
    assert script.state(PIECES, 7, 30) != script.state(PIECES, 8, 30)


@pytest.mark.parametrize("seed", range(20))
def test_a_cycle_has_every_act_and_the_first_three_are_new_edited_deleted(seed: int) -> None:
    states = [script.state(PIECES, seed, step) for step in range(1, 8)]
    assert [s.kind for s in states[:3]] == ["publish", "body", "delete"]
    assert {s.kind for s in states} == {"publish", "body", "delete", "headline", "spelling", "restore"}
    assert states[6].article == states[2].article
    assert len({s.article for s in states}) == 6  # each its own article, but the one that goes and returns


def test_it_goes_on_for_long_and_publishes_bulletins_when_the_pieces_are_out() -> None:
    last = script.state(PIECES, 1, 300)
    assert sum(a.piece.name.startswith("bulletin-") for a in last.articles) > 50
    assert all(a.live for a in last.articles if a.piece.for_seed)
    assert len({a.slug for a in last.articles}) == len(last.articles)
    assert sum(not a.live for a in last.articles) <= 1


# The newsroom in time


def read_all(room: Newsroom) -> None:
    for article in room.state.articles:
        room.read(article.id)


def test_nothing_happens_before_the_first_reader(room: Newsroom, time: Time) -> None:
    time.seconds += 3600
    assert room.tick() is None
    read_all(room)
    assert room.tick() is None
    time.seconds += PACE
    assert room.tick().kind == "publish"


def test_a_reader_every_half_minute_meets_everything_in_seventy_five_seconds(room: Newsroom, time: Time) -> None:
    start, kinds = time.seconds, []
    while len(kinds) < 7:
        if (time.seconds - start) % 25 == 0:
            read_all(room)
        done = room.tick()
        kinds += [done.kind] if done else []
        time.seconds += 1
        assert time.seconds - start <= 76, kinds
    assert kinds == list(script.CYCLE)


def test_a_deleted_page_waits_for_two_readers_some_seconds_apart(room: Newsroom, time: Time) -> None:
    read_all(room)
    while room.state.step < 6:
        time.seconds += PACE
        room.tick()
    gone = next(a.id for a in room.state.articles if not a.live)
    time.seconds += 2 * PACE
    room.read(gone)
    room.read(gone)
    assert room.tick() is None
    time.seconds += APART
    room.read(gone)
    assert room.tick().kind == "restore"


def test_patience_ends_and_later_acts_are_slower(room: Newsroom, time: Time) -> None:
    read_all(room)
    while room.state.step < 6:
        time.seconds += PACE
        room.tick()
    time.seconds += (PATIENCE + 1) * PACE
    assert room.tick().kind == "restore"
    time.seconds += PACE * (SLOWER - 1)
    assert room.tick() is None
    time.seconds += PACE
    assert room.tick().kind == "publish"


def test_a_restart_takes_up_where_it_was(room: Newsroom, time: Time, tmp_path: Path) -> None:
    for _ in range(4):
        time.seconds += PACE
        room.advance()
    again = Newsroom(tmp_path / "room", seed=99, pace=PACE, clock=time, now=time.now)
    assert (again.seed, again.state, again.times) == (room.seed, room.state, room.times)
    ledger = [json.loads(line) for line in (tmp_path / "room" / "ledger.jsonl").read_text("utf-8").splitlines()]
    assert [row["kind"] for row in ledger] == ["open", *script.CYCLE[:4]]


# The site


def test_two_fetches_of_an_unchanged_article_differ_but_not_in_the_text(site: Server) -> None:
    link = link_of(site, site.room.state.live[0])
    first, second = ask(link)[2], ask(link)[2]
    assert first != second
    assert entry(first) == entry(second)
    for clutter in (r"nonce\":\"(\w+)", r"(\d+) زيارة", r'name="nonce" value="(\w+)"', r"<!-- made in (.*) -->"):
        one, two = re.search(clutter, first), re.search(clutter, second)
        assert one
        assert two
        assert one[1] != two[1]
    assert "اقرأ أيضاً" in first
    assert "©" in first


def test_an_article_page_tells_who_it_is(site: Server) -> None:
    post = site.room.state.live[0]
    status, headers, page = ask(link_of(site, post))
    assert status == 200
    assert headers["Link"] == f"<{site.address}/?p={post.id}>; rel=shortlink"
    assert f'<link rel="shortlink" href="{site.address}/?p={post.id}">' in page
    data = json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', page)[1])
    assert data["headline"] == post.title
    assert data["articleBody"] == "\n".join(post.paragraphs)
    assert datetime.fromisoformat(data["datePublished"]).utcoffset() == timedelta(hours=3)


def test_a_number_changed_silently_leaves_the_dates_alone(site: Server) -> None:
    while site.room.state.kind != "body":
        before = site.room.state
        site.room.advance()
    post = site.room.state.by_id(site.room.state.article)
    row = json.loads(ask(f"{site.address}/wp-json/wp/v2/posts/{post.id}")[2])
    assert row["modified_gmt"] == row["date_gmt"]
    assert post.paragraphs != before.by_id(post.id).paragraphs
    shown = re.findall(r"<p>(.*?)</p>", entry(ask(row["link"])[2]))
    assert shown == [p.replace("&", "&amp;") for p in post.paragraphs]


def test_a_headline_edit_is_admitted_and_keeps_the_address(site: Server, time: Time) -> None:
    while site.room.state.kind != "headline":
        before = site.room.state
        time.seconds += 60
        site.room.advance()
    post = site.room.state.by_id(site.room.state.article)
    row = json.loads(ask(f"{site.address}/wp-json/wp/v2/posts/{post.id}")[2])
    assert row["modified_gmt"] > row["date_gmt"]
    assert before.by_id(post.id).title != post.title
    assert f'<h1 class="post-title entry-title">{post.title}</h1>' in ask(row["link"])[2]
    assert before.by_id(post.id).slug == post.slug


def test_a_deleted_article_is_gone_from_every_channel_and_comes_back(site: Server) -> None:
    while site.room.state.kind != "delete":
        site.room.advance()
    post = site.room.state.by_id(site.room.state.article)
    link = f"{site.address}/{quote(post.slug).lower()}/"
    assert ask(link)[0] == 404
    assert ask(f"{site.address}/wp-json/wp/v2/posts/{post.id}")[0] == 404
    for channel in ("/wp-json/wp/v2/posts?per_page=100", "/feed/", "/wp-sitemap-posts-post-1.xml", "/", "/page/2/"):
        assert link not in ask(site.address + channel)[2].replace("\\/", "/")
    while site.room.state.kind != "restore":
        site.room.advance()
    assert ask(link)[0] == 200


def test_rest_counts_pages_and_selects_fields(site: Server) -> None:
    base = f"{site.address}/wp-json/wp/v2/posts"
    status, headers, body = ask(f"{base}?per_page=5&page=3&_fields=id,link,title.rendered")
    assert (status, headers["X-WP-Total"], headers["X-WP-TotalPages"]) == (200, "14", "3")
    rows = json.loads(body)
    assert len(rows) == 4
    assert set(rows[0]) == {"id", "link", "title"}
    assert set(rows[0]["title"]) == {"rendered"}
    assert ask(f"{base}?per_page=5&page=4")[0] == 400
    assert ask(f"{base}?per_page=101")[0] == 400
    assert ask(f"{base}?per_page=x")[0] == 400
    assert ask(f"{site.address}/?rest_route=/wp/v2/posts&per_page=5")[1]["X-WP-Total"] == "14"
    assert ask(f"{site.address}/wp-json/wp/v2/nothing")[0] == 404


def test_rest_finds_what_was_modified_after_a_time(site: Server, time: Time) -> None:
    time.seconds += 60
    since = f"{time.now().astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z"
    while site.room.state.kind != "headline":
        time.seconds += 60
        site.room.advance()
    edited = site.room.state.article
    found = json.loads(ask(f"{site.address}/wp-json/wp/v2/posts?modified_after={since}&_fields=id")[2])
    published = {a.id for a in site.room.state.live if a.published}
    assert {row["id"] for row in found} == {edited} | published


def test_every_channel_lists_every_article(site: Server) -> None:
    links = {link_of(site, a) for a in site.room.state.live}
    assert len(links) == 14
    sitemap = ask(f"{site.address}/wp-sitemap.xml")[2]
    assert f"<loc>{site.address}/wp-sitemap-posts-post-1.xml</loc>" in sitemap
    assert set(re.findall(r"<loc>(.*?)</loc>", ask(f"{site.address}/wp-sitemap-posts-post-1.xml")[2])) == links
    listed = set(
        re.findall(r'<h2 class="post-title"><a href="(.*?)">', ask(f"{site.address}/")[2] + ask(f"{site.address}/page/2/")[2])
    )
    assert listed == links
    assert len(set(re.findall(r"<link>(.*?)</link>", ask(f"{site.address}/feed/")[2])) & links) == 10
    assert f"Sitemap: {site.address}/wp-sitemap.xml" in ask(f"{site.address}/robots.txt")[2]


def test_other_spellings_of_an_address_lead_to_the_article(site: Server) -> None:
    post = site.room.state.live[0]
    link = link_of(site, post)
    for other in (f"{site.address}/?p={post.id}", link.rstrip("/")):
        status, headers, _ = ask(other)
        assert (status, headers["Location"]) == (301, link)
    assert ask(f"{site.address}/?p=99999")[0] == 404
    assert ask(f"{site.address}/{quote('لا-شيء-هنا')}/")[0] == 404


def test_sections_and_tags_are_pages_and_wrong_ones_are_not(site: Server) -> None:
    page = ask(link_of(site, site.room.state.live[0]))[2]
    for address in re.findall(rf'href="({site.address}/(?:category|tag)/[^"]+)"', page):
        assert ask(address)[0] == 200
    assert ask(f"{site.address}/category/none/")[0] == 404
    assert ask(f"{site.address}/page/9/")[0] == 404


def test_gzip_is_used_when_asked_for(site: Server) -> None:
    request = urllib.request.Request(f"{site.address}/", headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        assert answer.read()[:2] == b"\x1f\x8b"


# The outlet file and the command


def test_the_outlet_file_is_written_for_the_port(tmp_path: Path) -> None:
    path = outlet.write(18999, tmp_path / "outlets")
    found = outlets.load(path)
    assert found.url == "http://127.0.0.1:18999/"
    assert found.hosts == {"127.0.0.1:18999"}
    assert found.private
    assert (found.delay, found.revisit_after, found.revisit_growth) == (0, 0, 0)
    assert [p.name for p in path.parent.iterdir()] == ["sandbox.toml"]


def test_the_outlet_file_reads_the_page_as_the_theme_writes_it(site: Server, tmp_path: Path) -> None:
    from lxml import html

    layout = outlets.load(outlet.write(18999, tmp_path)).layouts[0]
    post = site.room.state.live[0]
    tree = html.document_fromstring(ask(link_of(site, post))[2])
    assert tree.xpath(layout.match)
    (body,) = tree.xpath(layout.body)
    for rule in layout.prune:
        for box in body.xpath("." + rule):
            box.drop_tree()
    assert [p.text_content() for p in body.iter("p")] == list(post.paragraphs)
    assert body.text_content().split() == " ".join(post.paragraphs).split()
    assert [h.text_content() for h in tree.xpath(layout.title)] == [post.title]


def test_the_command_runs_until_it_is_told_to_stop(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sandbox", "--port", "0", "--state", str(tmp_path / "s"), "--pace", "0.2"]
    command += ["--outlets", str(tmp_path / "outlets")]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout
        first = child.stdout.readline()
        address = re.search(r"http://127\.0\.0\.1:\d+", first)
        assert address, first
        assert outlets.load(tmp_path / "outlets" / "sandbox.toml").url == f"{address[0]}/"
        links = re.findall(r"<loc>(.*?)</loc>", ask(f"{address[0]}/wp-sitemap-posts-post-1.xml")[2])
        for link in links:
            assert ask(link)[0] == 200
        assert child.stdout.readline().startswith("1 publish ")
        child.send_signal(signal.SIGTERM)
        assert child.wait(10) == 0


def test_a_taken_port_is_named(site: Server, tmp_path: Path) -> None:
    port = site.address.rpartition(":")[2]
    command = [sys.executable, "-m", "sandbox", "--port", port, "--state", str(tmp_path / "s")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 78
    assert f"port {port}" in done.stderr
