"""Republications: a text inside another outlet's is found and counted both ways, whichever was captured first."""

from __future__ import annotations

import json
import random
import re
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from archive import acts
from archive.acts import Act
from archive.address import article_id
from archive.catalog import Catalog
from archive.catalog.sketches import CROWD, GLANCE
from archive.catalog.sketches import START as DIGITS
from archive.errors import Withheld
from archive.export import pair_row
from archive.keys import Stem
from archive.republished import Face, Text, link, published_first
from archive.settings import Settings
from archive.sketch import ROWS, SIZE, hashes, of_article, sketch, unpack
from archive.steps.republished import republished
from archive.steps.workshop import Workshop
from bench.newswire import changed, headline, text
from tests.faults.site import Article
from tests.histories import START, content, line, sha
from tests.newsrooms import Newsrooms, at, outlet, url
from tests.servers import Server
from tests.test_catalog import catalog, either, on_postgres, postgres  # noqa: F401
from tests.wadi import Wadi, wadi

SEEDS = Path(__file__).parent.parent.parent / "shared" / "seeds"
COMMENT = [
    "حكاية قديمة لا تنتهي كتبها قارئ من القرية",
    "أولا يتناقل الناس عبر صفحاتهم خبرا لا أحد يعرف من أين جاء ولا من كتبه أول مرة",
]
FOOTER = [
    "تابعوا آخر أخبار الوادي لحظة بلحظة على قناتنا في التطبيق واشتركوا في نشرتنا البريدية اليومية لتصلكم أهم العناوين صباح كل يوم مجانا",
    "جميع الآراء الواردة في هذه الصفحة تعبر عن أصحابها وحدهم ولا تعبر بالضرورة عن رأي هيئة التحرير في الجريدة ولا عن سياستها العامة",
]


@pytest.fixture
def rooms(settings: Settings, store: object) -> Newsrooms:
    return Newsrooms(Workshop(settings))


class TestSketch:
    def test_the_smallest_runs_whatever_the_order_of_paragraphs(self) -> None:
        said = text(1, 400)
        packed = sketch("\n".join(said))
        assert unpack(packed) == tuple(sorted(hashes("\n".join(said)))[:SIZE])
        assert len(packed) == 8 * SIZE

    def test_spelling_marks_change_nothing(self) -> None:
        said = "\n".join(text(2, 200))
        assert sketch(said.replace("ا", "ا\u200f").replace(" ", "  ").replace(".", "…")) == sketch(said)

    def test_what_is_too_short_for_a_link_has_none(self) -> None:
        said = " ".join(text(3, 100)).split()
        assert (sketch(" ".join(said[:21])), sketch("")) == ("", "")
        assert sketch(" ".join(said[:40]))

    def test_later_versions_only_add(self) -> None:
        sketches = [sketch("\n".join(text(n, 200))) for n in range(4)]
        kept = [of_article(sketches[:n]) for n in range(1, 5)]
        assert kept[0] == set(unpack(sketches[0]))
        assert all(before <= after for before, after in pairwise(kept))
        assert [len(one) for one in kept] == [SIZE, ROWS, ROWS, ROWS]
        assert of_article([]) == of_article([""]) == frozenset()


def made(paragraphs: list[str], name: str = "wire", slug: str = "a", hours: float = 1) -> Text:
    face = Face(name, article_id(url(name, slug)), 1, at(hours), url(name, slug), "", f"{name}{slug}")
    return Text(face, headline(hash(slug) % 100), "\n".join(paragraphs))


class TestLink:
    def test_counts_are_of_the_whole_texts_in_both_directions(self) -> None:
        brief, rest = text(1, 100), text(2, 1400)
        found = link([made(brief, hours=5)], [made([*rest[:9], *brief, *rest[9:]], "paper", hours=2)])
        assert found is not None
        assert (found.relation, found.outlet, found.other_outlet) == ("contains", "paper", "wire")  # captured first comes first
        there, back = found.detail["first_in_second"], found.detail["second_in_first"]
        assert there["shared"] == back["shared"] > 90
        assert back["share"] > 0.9 > 0.1 > there["share"]

    def test_the_same_event_in_other_words_is_no_link(self) -> None:
        one = [
            "قال رئيس البلدية إن السيول جرفت كيلومترين من الطريق الواصل بين القريتين ولم تسجل إصابات حتى مساء الأحد وفق ما أعلن"
        ]
        other = [
            "جرفت السيول كيلومترين من الطريق بين القريتين من دون إصابات بحسب رئيس البلدية الذي تحدث مساء الأحد إلى الصحفيين"
        ]
        assert link([made(one)], [made(other, "paper")]) is None

    def test_a_statement_that_both_quote_is_no_link(self) -> None:
        quoted = "«" + " ".join(text(5, 70)).replace(".", "") + "»"
        pair = [made([*text(6, 60), f"وقال {quoted}"])], [made([f"وجاء فيه {quoted}", *text(7, 60)], "paper")]
        assert link(*pair) is None
        bare = [[replace(one, faithful=one.faithful.replace("«", "").replace("»", "")) for one in side] for side in pair]
        assert link(*bare) is not None  # it is the marks that decide

    def test_a_text_full_of_quotations_is_a_link_when_all_of_it_is_there(self) -> None:
        said = [f"وقال «{one}»" for one in text(8, 150)]
        found = link([made(said)], [made([*said, *text(9, 300)], "paper")])
        assert found is not None
        assert found.relation == "contains"

    def test_what_an_outlet_prints_everywhere_does_not_decide(self) -> None:
        one, other = made([*text(10, 40), *FOOTER]), made([*text(11, 40), *FOOTER], "paper")
        assert link([one], [other]) is not None
        assert link([one], [other], one.runs & made([*text(12, 40), *FOOTER]).runs) is None

    def test_a_follow_up_in_the_same_outlet_is_no_republication(self) -> None:
        background = text(13, 150)
        assert link([made([*text(14, 150), *background])], [made([*text(15, 150), *background], slug="b")]) is None
        assert link([made([*text(14, 150), *background])], [made([*text(15, 150), *background], "paper")]) is not None

    def test_short_equal_texts_are_none(self) -> None:
        assert link([made(["للاشتراك اضغط هنا"])], [made(["للاشتراك اضغط هنا"], "paper")]) is None

    def test_the_pair_of_versions_that_share_the_most(self) -> None:
        copied, other = text(16, 200), text(17, 200)
        mine = [
            replace(made(said, hours=n), face=replace(made(said, hours=n).face, version=n))
            for n, said in enumerate((other, copied, other), 1)
        ]
        found = link(mine, [made(copied, "paper", hours=1.5)])
        assert found is not None
        assert (found.outlet, found.version, found.other_version) == ("paper", 1, 2)
        assert found.other_captured == at(2)

    @pytest.mark.parametrize(
        ("one", "other", "which"),
        [
            ("2026-11-20T09:00:00+03:00", "2026-11-20T06:30:00+00:00", "first"),
            ("2026-11-20T09:00:00+03:00", "2026-11-20T05:59:00Z", "second"),
            ("2026-11-20T09:00:00+03:00", "2026-11-20T06:00:00Z", "same"),
            ("2026-11-20", "2026-11-19T06:00:00Z", "unknown"),
            ("", "2026-11-20T06:00:00Z", "unknown"),
        ],
    )
    def test_who_says_to_have_published_first(self, one: str, other: str, which: str) -> None:
        assert published_first(one, other) == which


class TestHolders:
    def capture(self, into: Catalog, name: str, n: int, samples: tuple[int, ...]) -> str:
        made = content(n, f"{name} {n}", url=url(name, f"{n}"), outlet=name, snapshot=True)
        assert made.reading is not None
        packed = "".join(f"{one:08x}" for one in samples)
        stem = Stem(name, made.run, 1, 1, sha(made.record, 12))
        into.apply(stem.observations, [replace(made, reading=replace(made.reading, sketch=packed))], outlet(name))
        return made.article[:DIGITS]

    def test_who_has_a_sample_and_what_an_outlet_prints_everywhere(self, either: Catalog) -> None:  # noqa: F811
        alone = self.capture(either, "wire", 1, (5, 2**32 - 1))
        crowd = {self.capture(either, "masar", n, (5, 7)) for n in range(CROWD + 1)}
        few = {self.capture(either, "nashra", n, (7, 9)) for n in range(CROWD)}
        for n in range(GLANCE):  # so many that each outlet is looked at by itself
            self.capture(either, "zone", n, (7,))
        hits = either.sample_holders([5, 7, 2**32 - 1, 11])
        assert hits.found == {("wire", alone): 2, **{("nashra", one): 1 for one in few}}
        assert {key: count for key, count in hits.crowds.items() if key[0] == "masar"} == {("masar", one): 2 for one in crowd}
        assert either.sample_holders([11]).found == either.sample_holders([]).found == {}

    def test_what_waits_and_what_waits_anew(self, either: Catalog) -> None:  # noqa: F811
        for n in (1, 2):
            self.capture(either, "wire", n, (n,))
        now = START + timedelta(hours=3)
        first, second = either.to_compare(now, 9)
        assert either.to_compare(START + timedelta(hours=1), 9) == either.to_compare(now, 1) == [first]
        either.note_compared(first, [], [], None)
        either.note_compared(second, [], [], now + timedelta(days=1))
        assert either.to_compare(now, 9) == []
        assert [row.article for row in either.to_compare(now + timedelta(days=1), 9)] == [second.article]
        either.compare_all()
        anew = either.to_compare(now, 9)
        assert [row[:3] for row in anew] == [first[:3], second[:3]]
        self.capture(either, "wire", 3, (3,))
        edit = content(2.5, "another", url=url("wire", "1"), outlet="wire", snapshot=True)
        either.apply(Stem("wire", edit.run, 1, 1, sha(edit.record, 12)).observations, [edit], outlet("wire"))
        either.note_compared(anew[0], [], [], None)  # of the article as it was: it waits all the same
        assert [(row.article, row.due) for row in either.to_compare(now, 9)][1] == (first.article, at(2.5))


class TestStep:
    def test_a_text_with_another_one_glued_to_its_end(self, rooms: Newsrooms) -> None:
        wire = text(20, 320)
        source = rooms.print(
            "wire", "x", 1, wire, "عنوان الخبر كما أرسلته الوكالة إلى الجميع", published="2026-11-01T01:00:00Z"
        )
        glued = [*wire[:-1], wire[-1] + COMMENT[0], *COMMENT[1:]]
        copy = rooms.print(
            "nashra", "y", 30, glued, "عنوان الخبر كما أرسلته الوكالة إلى الجميع", published="2026-11-01T00:30:00Z"
        )
        for n in range(8):
            rooms.print("nashra", f"n{n}", n, text(100 + n, 250))
        assert rooms.find().data["links"] == 2  # each of both finds the other
        assert rooms.linked() == {(source, copy): "contains"}
        (pair,) = rooms.pairs(copy)
        assert rooms.pairs(source) == [pair]
        there, back = (pair.link.detail[way] for way in ("first_in_second", "second_in_first"))
        assert there["share"] > 0.98 > back["share"] > 0.8
        assert [0, 0] in pair.link.detail["paragraphs"]
        assert [len(wire), len(wire)] in pair.link.detail["paragraphs"]  # the line with the glue
        assert published_first(pair.link.published, pair.link.other_published) == "second"
        assert rooms.find().nothing_due

    @pytest.mark.parametrize("short_first", [True, False])
    def test_a_brief_in_a_long_article_whichever_came_first(self, rooms: Newsrooms, short_first: bool) -> None:
        brief, rest = text(30, 100), text(31, 1400)
        articles = [("wire", "brief", brief), ("nashra", "long", [*rest[:5], *brief, *rest[5:]])]
        for hours, (name, slug, said) in enumerate(articles if short_first else articles[::-1], 1):
            rooms.print(name, slug, 70 * hours, said)
            rooms.hours = 70 * hours + 1
            rooms.find()
        rooms.hours += 24 * 8  # the week in which it is looked for again is over
        rooms.find()
        assert set(rooms.linked().values()) == {"contains"}
        assert rooms.find().nothing_due

    def test_texts_of_the_same_event_and_repeated_lines_are_no_links(self, rooms: Newsrooms) -> None:
        for n in range(12):
            rooms.print("wire", f"f{n}", n, [*text(200 + n, 70), *FOOTER])
            rooms.print("nashra", f"f{n}", n + 0.5, [*text(300 + n, 70), *FOOTER])
        rooms.find()
        assert rooms.linked() == {}

    def test_a_copy_is_found_among_articles_with_the_same_footer(self, rooms: Newsrooms) -> None:
        for n in range(12):
            rooms.print("wire", f"f{n}", n, [*text(200 + n, 70), *FOOTER])
        rooms.print("nashra", "copy", 20, [*text(205, 70), *text(400, 60)])
        rooms.find()
        assert list(rooms.linked()) == [(url("wire", "f5"), url("nashra", "copy"))]

    def test_a_text_that_many_print_is_linked_with_each_of_them(self, rooms: Newsrooms) -> None:
        wire = text(40, 200)
        names = [f"paper{n}" for n in range(10)]
        source = rooms.print("wire", "x", 1, wire)
        copies = [rooms.print(name, "y", 2 + n, [*wire, *text(500 + n, 60)]) for n, name in enumerate(names)]
        rooms.find()
        assert {other for first, other in rooms.linked() if first == source} == set(copies)

    def test_posted_again_by_the_same_outlet_and_a_series(self, rooms: Newsrooms) -> None:
        said = text(50, 200)
        first, again = (rooms.print("wire", slug, hours, said) for slug, hours in (("a", 1), ("b", 40)))
        for n in range(9):  # tomorrow's weather is today's but for a number
            rooms.print("wire", f"weather{n}", 50 + n, [one.replace(".", f" {n}.") for one in text(51, 120)])
        rooms.find()
        assert rooms.linked() == {(first, again): "contains"}

    @pytest.mark.parametrize("posts", [("77", "77"), ("", ""), ("77", "78")])
    def test_a_move_is_no_second_posting(self, rooms: Newsrooms, posts: tuple[str, str]) -> None:
        said = text(60, 200)
        for slug, hours, post in (("old", 1, posts[0]), ("new", 40, posts[1])):
            rooms.print("wire", slug, hours, said, "عنوان واحد", post=post)
        if posts == ("", ""):
            to = {"url": url("wire", "new"), "article": article_id(url("wire", "new"))}
            rooms.take(line(41, "elsewhere", url("wire", "old"), outlet="wire", to=to))
        rooms.find()
        assert len(rooms.linked()) == (posts == ("77", "78"))

    def test_a_copy_that_an_edit_took_out_again_stays_told(self, rooms: Newsrooms) -> None:
        wire = text(70, 200)
        rooms.print("wire", "x", 1, wire)
        rooms.print("nashra", "y", 2, [*text(71, 100), *wire])
        rooms.find()
        rooms.print("nashra", "y", 9, text(71, 100))
        rooms.find()
        (pair,) = rooms.pairs()
        assert (pair.link.relation, pair.link.other_version) == ("contains", 1)

    def test_a_text_that_came_with_an_edit(self, rooms: Newsrooms) -> None:
        wire = text(72, 300)
        rooms.print("nashra", "y", 1, text(73, 60))
        rooms.find()
        rooms.print("wire", "x", 2, wire)
        rooms.print("nashra", "y", 9, [*text(73, 60), *wire])
        rooms.find()
        (pair,) = rooms.pairs()
        assert (pair.url, pair.link.captured, pair.link.other_captured) == (url("wire", "x"), at(2), at(9))

    def test_any_order_and_a_fresh_catalog_give_the_same_pairs(self, rooms: Newsrooms) -> None:
        wires = [text(600 + n, 150 + 20 * n) for n in range(6)]
        for n, wire in enumerate(wires):
            rooms.print("wire", f"w{n}", n, wire)
            rooms.print("nashra", f"n{n}", 20 - 3 * n, [*text(700 + n, 80), *changed(wire, 0.1, n)])
            rooms.find()
        rooms.hours += 24 * 8
        rooms.find()
        before, tables = rooms.pairs(), rooms.shop.catalog.tables()
        assert len(before) == 6
        rooms.shop.catalog.clear()
        assert rooms.pairs() == []
        for one in random.Random(1).sample(rooms.printed, len(rooms.printed)):
            rooms.take(one)
        assert rooms.shop.catalog.tables() == tables
        rooms.find()
        assert repr(rooms.pairs()) == repr(before)
        rooms.find(again=True)
        assert repr(rooms.pairs()) == repr(before)

    def test_cut_short_it_goes_on(self, rooms: Newsrooms) -> None:
        wire = text(80, 200)
        rooms.print("wire", "x", 1, wire)
        rooms.print("nashra", "y", 2, wire)
        outcomes = [republished(rooms.shop, budget=timedelta(0)) for _ in range(3)]
        assert [one.nothing_due for one in outcomes] == [False, False, True]
        assert "the rest waits" in outcomes[0].line
        assert len(rooms.pairs()) == 1

    def test_a_snapshot_that_is_missing_is_said(self, rooms: Newsrooms) -> None:
        wire = text(81, 200)
        rooms.print("wire", "x", 1, wire)
        there = rooms.printed[0]
        assert there.reading is not None
        lost = replace(there, url=url("wire", "z"), article=article_id(url("wire", "z")), record="<urn:uuid:lost>", time=at(3))
        rooms.take(replace(lost, reading=replace(there.reading, snapshot="snapshots/wire/lost.json.gz")))
        rooms.print("nashra", "y", 2, wire)
        rooms.find()
        assert len(rooms.pairs()) == 1
        assert any("snapshots/wire/lost.json.gz" in said and "warraq verify" in said for said in rooms.said)

    def test_withheld_articles_are_on_neither_side(self, rooms: Newsrooms) -> None:
        wire = text(82, 200)
        source, copy = rooms.print("wire", "x", 1, wire), rooms.print("nashra", "y", 2, wire)
        act = Act("restrict", at(50), "amal", "a threat", article=article_id(source))
        rooms.shop.catalog.note_acts({acts.key(act): act})
        rooms.find()  # the steps treat it as any other
        assert rooms.pairs() == rooms.pairs(copy) == []
        assert len(rooms.shop.catalog.with_withheld().republished()) == 1
        with pytest.raises(Withheld):
            rooms.shop.catalog.article(source)

    @pytest.mark.shared
    @pytest.mark.skipif(not SEEDS.is_dir(), reason="needs ../shared/seeds")
    def test_the_users_seed_that_is_an_agencys_text(self, rooms: Newsrooms) -> None:
        """002: the agency's text, with another one glued to its end without a space."""
        title, *lines = next(SEEDS.glob("002_*.txt")).read_text("utf-8").split("\n")
        whole = [line for line in lines if line]
        end = next(n for n, line in enumerate(whole) if line.endswith(".حرب"))
        agency = [*whole[:end], whole[end].removesuffix("حرب")]
        source, copy = rooms.print("reuters", "x", 1, agency, title), rooms.print("nashra", "y", 2, whole, title)
        for seed in SEEDS.glob("00[0134]_*.txt"):
            rooms.print("nashra", seed.name[:3], 3, seed.read_text("utf-8").split("\n")[1:])
        rooms.find()
        (pair,) = rooms.pairs()
        assert (pair.url, pair.other_url, pair.link.relation) == (source, copy, "contains")
        assert pair.link.detail["first_in_second"]["share"] > 0.99
        assert 0.8 < pair.link.detail["second_in_first"]["share"] < 0.9


class TestRecipe:
    def recipe(self) -> str:
        """Section 8 of docs/VERIFY.md, then sections 2 to 5 as they stand."""
        doc = (Path(__file__).parent.parent / "docs" / "VERIFY.md").read_text("utf-8")
        (pair,) = re.findall(r"^```shell\n(.*?)^```$", doc, re.M | re.S)
        sections = re.findall(r"^## (\d)\. .*?\n(.*?)(?=^#)", re.sub(r"(?m)^# .*?#$", "", doc), re.M | re.S)
        blocks = [re.findall(r"^```sh\n(.*?)^```$", body, re.M | re.S) for number, body in sections if number in "2345"]
        assert len(blocks) == 4
        return "".join([pair, *(block for of in blocks for block in of)])

    def run(self, rooms: Newsrooms, folder: Path, pair: dict[str, Any]) -> subprocess.CompletedProcess[str]:
        for name, key in (("one.json.gz", pair["snapshot"]), ("two.json.gz", pair["other_snapshot"])):
            (folder / name).write_bytes(rooms.shop.store.get(key))
        (folder / "pair.json").write_text(json.dumps(pair, ensure_ascii=False), "utf-8")
        environment = {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "PAIR": "pair.json",
            "FIRST": "one.json.gz",
            "SNAPSHOT": "two.json.gz",
        }
        return subprocess.run(
            ["sh", "-eu", "-c", self.recipe()],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    @pytest.mark.parametrize("relation", ["identical", "contains", "derived"])
    def test_a_third_party_counts_what_a_pair_claims(self, rooms: Newsrooms, tmp_path: Path, relation: str) -> None:
        wire = text(90, 250)
        copies = {"identical": wire, "contains": [*wire[:-1], wire[-1] + COMMENT[0], COMMENT[1]], "derived": changed(wire, 0.2)}
        rooms.print("wire", "x", 1, wire, "عنوان واحد للخبر في الجريدتين")
        rooms.print("nashra", "y", 2, copies[relation], "عنوان واحد للخبر في الجريدتين")
        rooms.find()
        (pair,) = map(pair_row, rooms.pairs())
        assert pair["relation"] == relation
        done = self.run(rooms, tmp_path, pair)
        assert done.returncode == 0, done.stdout + done.stderr
        assert f"the link is as claimed: {relation}" in done.stdout
        false = self.run(rooms, tmp_path, {**pair, "shared": pair["shared"] - 1})
        assert false.returncode != 0
        assert "as claimed" not in false.stdout


class Copy(Article):
    """What article 1 says, under another number and headline."""

    @property
    def paragraphs(self) -> list[str]:
        return Article(1, "").paragraphs


@pytest.fixture(scope="module")
def printed(weed: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wadi]:
    with wadi(weed, tmp_path_factory.mktemp("republished"), articles=3) as made:
        made.site.articles[3] = Copy(3, made.site.articles[3].title)
        made.run()
        yield made


class TestCommand:
    def test_from_the_page_to_the_pair(self, printed: Wadi) -> None:
        assert printed.call("republished").returncode == 99
        done = printed.call("republished", "--find")
        assert (done.returncode, done.stderr) == (0, "")
        assert "3 articles" in done.stdout
        assert printed.call("republished", "--find").returncode == 99
        row = json.loads(printed.call("republished", "--json").stdout)
        assert {row["url"], row["other_url"]} == {f"{printed.url}archives/{n}" for n in (1, 3)}
        assert (row["relation"], row["outlet"], row["other_outlet"]) == ("contains", "wadi", "wadi")

    def test_which_pairs_are_listed(self, printed: Wadi) -> None:
        printed.call("republished", "--find", "--again")
        for asked in (
            (f"{printed.url}archives/1",),
            (f"{printed.url}archives/3",),
            ("--outlet", "wadi"),
            ("--since", "2020-01-01"),
            ("--limit", "1"),
        ):
            told = printed.call("republished", *asked)
            assert told.returncode == 0, asked
            assert "of the first is in the second" in told.stdout
            assert all(f"{printed.url}archives/{n}" in told.stdout for n in (1, 3))
        for asked in ((f"{printed.url}archives/2",), ("--outlet", "masar"), ("--since", "2999-01-01T00:00:00+03:00")):
            assert printed.call("republished", *asked).returncode == 99, asked
        for wrong in (("--since", "yesterday"), ("--again",), (f"{printed.url}archives/9",)):
            assert printed.call("republished", *wrong).returncode == 78, wrong

    def test_a_rebuild_has_it_found_again(self, printed: Wadi) -> None:
        printed.call("republished", "--find", "--again")
        before = printed.call("republished", "--json").stdout
        tables = printed.shop().catalog.tables()
        assert printed.call("rebuild").returncode == 0
        assert printed.shop().catalog.tables() == tables
        assert printed.call("republished").returncode == 99
        assert printed.call("republished", "--find", "--all").returncode == 0
        assert printed.call("republished", "--json").stdout == before
        exported = printed.call("export", "republications").stdout
        assert json.loads(exported) == {"v": 1, **json.loads(before)}
