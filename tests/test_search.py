"""The text index: every version is found, in both databases, whatever was folded, rebuilt or read again since."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from archive import acts, keys, snapshot
from archive.acts import Act
from archive.address import article_id
from archive.catalog import Catalog, migrations, search, textmatch
from archive.catalog.database import Database
from archive.catalog.hits import REMOVED, Found, Wish, first_id
from archive.errors import BadRecord, Refused
from archive.keys import Stem
from archive.observation import Observation
from archive.search.entry import entry
from archive.search.folding import folded
from archive.search.query import parse
from archive.settings import Settings
from archive.steps.search import LATER, index
from archive.steps.workshop import Workshop
from archive.web import search_view
from tests.histories import START, at, content, line, sha
from tests.newsrooms import Newsrooms, outlet, url
from tests.servers import Server
from tests.test_catalog import catalog, either, on_postgres, postgres  # noqa: F401
from tests.wadi import Wadi, wadi

HOSTILE = (
    *('"', "مدينة*", "title:مدينة", "^مدينة", "NEAR(مدينة خبر)", "مدينة AND", "OR", "NOT مدينة", "{title} : مدينة"),
    *("'; DROP TABLE search; --", "مدينة' | 'x", "مدينة:*", "<-> & !", "\\", "%s ? :x {}", "\x00مدينة", "(((", "@example"),
    *("-", "--مدينة", '"مدينة', 'مدينة" OR rowid > 0 --', "😀 مدينة", "\ud800مدينة", "a" * 400, "~مدينة", "tags:example"),
)


class Shelf:
    """Articles put straight into a catalog, each text with its entry; no bucket."""

    def __init__(self, held: Catalog) -> None:
        self.catalog = held
        self.texts: dict[str, tuple[str, str]] = {}
        self.lines: list[Observation] = []

    def print(self, slug: str, hours: float, text: str, title: str = "عنوان", name: str = "example", rules: str = "r1") -> str:
        where = url(name, slug)
        made = content(hours, text, title=title, url=where, outlet=name, rules=rules)
        key = keys.snapshot(name, made.article, START + timedelta(hours=hours), sha(text), sha(rules, 12))
        assert made.reading is not None
        self.texts[key] = (title, text)
        self.take(replace(made, reading=replace(made.reading, snapshot=key)))
        return made.article

    def take(self, one: Observation) -> None:
        self.lines.append(one)
        stem = Stem(one.outlet, one.run, 1, 1, sha(f"{one.record}{one.reread}", 12))
        self.catalog.apply(stem.observations, [one], outlet(one.outlet))

    def read_again(self, one: Observation, text: str, rules: str) -> None:
        """The same capture under other rules, which read another text."""
        assert one.reading is not None
        key = keys.snapshot(one.outlet, one.article, START + timedelta(hours=1), sha(one.body), sha(rules, 12))
        self.texts[key] = (one.reading.title, text)
        made = content(1, text, title=one.reading.title, url=one.url, rules=rules).reading
        assert made is not None
        self.take(replace(one, reread=True, run=f"{one.run[:-1]}1", reading=replace(made, snapshot=key)))

    def fill(self) -> int:
        done = 0
        while due := self.catalog.to_index(START + timedelta(days=999), 7):
            done += self.catalog.note_indexed({one: entry(*self.texts[one.snapshot]) for one in due})
        return done

    def find(self, words: str, limit: int = 20, **how: object) -> Found:
        return self.catalog.search(Wish(parse(words), **how), limit)  # type: ignore[arg-type]

    def found(self, words: str, **how: object) -> list[tuple[str, tuple[int, ...]]]:
        """(end of the address, versions) of each article that answers."""
        return [(hit.url.rpartition("/")[2], hit.found) for hit in self.find(words, **how).hits]


@pytest.fixture
def shelf(either: Catalog) -> Shelf:  # noqa: F811
    either.index_again()
    return Shelf(either)


class TestAnswers:
    def test_words_of_every_version_with_the_versions_that_have_them(self, shelf: Shelf) -> None:
        shelf.print("a", 1, "قال الوزير إن المستشفى سيفتح غدا")
        shelf.print("a", 2, "قال الوزير إن المدرسة ستفتح غدا")
        shelf.print("a", 3, "قال الوزير إن المدرسة ستفتح بعد شهر")
        assert shelf.fill() == 3
        assert shelf.found("مستشفى") == [("a", (1,))]
        assert shelf.found("وزير") == [("a", (1, 2, 3))]
        (gone,) = shelf.find("مستشفى").hits
        assert (gone.removed, gone.time, gone.versions) == (True, at(1), 3)
        assert [hit.removed for hit in shelf.find("مدرسة").hits] == [False]
        assert shelf.found("قال", state=REMOVED) == []
        assert shelf.found("غدا", state=REMOVED) == [("a", (1, 2))]

    def test_the_headline_counts_and_no_phrase_spans_it(self, shelf: Shelf) -> None:
        shelf.print("a", 1, "المدينة هادئة", title="عاجل من الميناء")
        shelf.fill()
        assert shelf.found("ميناء") == shelf.found('"من الميناء"') == shelf.found('"المدينة هادئة"') == [("a", (1,))]
        assert shelf.found('"الميناء المدينة"') == []

    def test_newest_first_each_article_once_page_by_page(self, shelf: Shelf) -> None:
        for n in range(9):
            shelf.print(f"a{n}", n + 1, f"خبر عن المدينة رقم {n}")
        shelf.print("a2", 20, "خبر عن المدينة رقم 2 بعد التحرير")
        shelf.print("a5", 0.5, "خبر قديم عن المدينة")
        shelf.fill()
        seen: list[str] = []
        before = 0
        while True:
            page = shelf.find("مدينة", limit=4, before=before)
            seen += [hit.url[-2:] for hit in page.hits]
            if not (before := page.older):
                break
            assert len(page.hits) == 4
        assert seen == ["a2", "a8", "a7", "a6", "a5", "a4", "a3", "a1", "a0"]

    def test_filters(self, shelf: Shelf) -> None:
        shelf.print("a", 1, "خبر عن المدينة")
        shelf.print("b", 30, "خبر عن المدينة")
        shelf.print("c", 60, "خبر عن المدينة", name="other_one")
        for hours in (62, 70):
            shelf.take(line(hours, "gone", url("example", "b")))
        shelf.fill()
        assert shelf.found("مدينة", outlet="other_one") == [("c", (1,))]
        assert shelf.found("مدينة", outlet="example") == [("b", (1,)), ("a", (1,))]
        assert shelf.found("مدينة", outlet="none") == shelf.found("مدينة", outlet="*) OR (a") == []
        assert shelf.found("مدينة", state="gone") == [("b", (1,))]
        assert shelf.found("مدينة", since="2026-11-02", until="2026-11-02") == [("b", (1,))]
        assert shelf.found("مدينة", until=at(1)) == [("a", (1,))]
        assert shelf.found("مدينة", since="2026-11-03") == [("c", (1,))]
        assert shelf.found("other_one") == shelf.found('"@other_one"') == []  # an outlet's name is no word of its texts
        with pytest.raises(Refused, match="since"):
            shelf.found("مدينة", since="yesterday")
        with pytest.raises(Refused, match="until"):
            shelf.found("مدينة", until="9999-12-31T23:59:59+99:99")

    def test_what_the_span_leaves_out_hides_nothing(self, shelf: Shelf) -> None:
        shelf.print("a", 1, "خبر عن المدينة")
        shelf.print("a", 60, "خبر آخر عن المدينة")
        shelf.fill()
        assert shelf.found("مدينة", until="2026-11-01") == [("a", (1, 2))]
        assert shelf.find("مدينة", until="2026-11-01").hits[0].time == at(1)

    def test_withheld_articles_are_not_there(self, shelf: Shelf) -> None:
        for slug in "abc":
            shelf.print(slug, 1 + ord(slug) - 97, "خبر عن المدينة")
        act = Act("restrict", at(50), "amal", "a threat", article=article_id(url("example", "b")))
        shelf.catalog.note_acts({acts.key(act): act})
        shelf.fill()
        assert shelf.found("مدينة") == [("c", (1,)), ("a", (1,))]
        assert article_id(url("example", "b")) not in shelf.catalog.search_articles("مدينة")
        with_all = shelf.catalog.with_withheld().search(Wish(parse("مدينة")))
        assert [hit.url[-1] for hit in with_all.hits] == ["c", "b", "a"]
        lifted = Act("lift", at(51), "amal", "over", article=act.article)
        shelf.catalog.note_acts({acts.key(lifted): lifted})
        assert len(shelf.found("مدينة")) == 3

    def test_a_filter_that_few_meet_ends_and_says_how_far_it_came(self, shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(search, "LOOKED_AT", 4)
        for n in range(12):
            shelf.print(f"a{n}", n + 1, "خبر عن المدينة")
        for hours in (20, 30):
            shelf.take(line(hours, "gone", url("example", "a0")))
        shelf.fill()
        pages = [shelf.find("مدينة", limit=1, state="gone")]
        while before := pages[-1].older:
            pages.append(shelf.find("مدينة", limit=1, state="gone", before=before))
        assert [hit.url[-2:] for page in pages for hit in page.hits] == ["a0"]
        assert 1 < len(pages) <= 5
        assert all(page.looked_to for page in pages[:-1])

    def test_captures_of_one_moment_are_all_there(self, shelf: Shelf) -> None:
        for n in range(5):
            shelf.print(f"a{n}", 1, f"خبر {n} عن المدينة")
        shelf.fill()
        assert len(shelf.find("مدينة").hits) == 5

    def test_a_very_long_text_is_indexed_and_its_end_found(self, shelf: Shelf) -> None:
        shelf.print("a", 1, " ".join(f"كلمة{n}" for n in range(20_000)) + " الخاتمة", title="طويل جدا")
        shelf.fill()
        assert shelf.found("خاتمة") == shelf.found("طويل") == shelf.found("كلمة19999") == [("a", (1,))]

    def test_phrases_stand_anywhere_in_a_long_text(self, shelf: Shelf) -> None:
        """After a tsvector's last place, and after the 255 places that it keeps of one word."""
        shelf.print("far", 1, " ".join(f"كلمة{n}" for n in range(17_000)) + " مفتاح البيت القديم")
        shelf.print("often", 2, "ثم حجر " * 300 + "ثم مفتاح البيت", title="عن المفتاح")
        shelf.print("apart", 3, "مفتاح " + "ثم حجر " * 300 + "البيت", title="مفتاح")
        shelf.print("short", 4, "مفتاح البيت القديم")
        shelf.fill()
        for words, expected in {
            '"مفتاح البيت"': ["short", "often", "far"],
            '"البيت القديم"': ["short", "far"],
            '"ثم مفتاح"': ["often"],
            '"حجر البيت"': ["apart"],
            '"مفتاح مفتاح"': [],  # the last word of a title, the first one of its text
            '"ثم حجر" -"مفتاح البيت"': ["apart"],
            'البيت -"البيت القديم"': ["apart", "often"],
            '"القديم"': ["short", "far"],
            '"مفتاح البيت" "ثم حجر"': ["often"],
            '"البيت مفتاح"': [],
        }.items():
            assert [name for name, _ in shelf.found(words)] == expected, words
        assert shelf.catalog.changes(words='"ثم مفتاح"') != [] == shelf.catalog.changes(words='"البيت مفتاح"')

    @pytest.mark.parametrize("hostile", HOSTILE)
    def test_hostile_questions_are_words_or_refused(self, shelf: Shelf, hostile: str) -> None:
        shelf.print("a", 1, "خبر عن المدينة")
        shelf.fill()
        try:
            found = shelf.found(hostile)
        except Refused:
            return
        assert found in ([], [("a", (1,))])
        assert shelf.found("مدينة") == [("a", (1,))]


class TestStanding:
    """A text counts as long as a version that stands now names it."""

    def test_a_later_fold_renumbers(self, shelf: Shelf) -> None:
        shelf.print("a", 5, "النص الثاني عن المدينة")
        shelf.fill()
        assert shelf.found("مدينة") == [("a", (1,))]
        shelf.print("a", 2, "النص الأول عن القرية")  # a capture of before, found late
        shelf.fill()
        assert shelf.found("مدينة") == [("a", (2,))]
        assert shelf.found("قرية") == [("a", (1,))]

    def test_a_text_that_comes_back_is_two_versions(self, shelf: Shelf) -> None:
        for hours, text in ((1, "عن المدينة"), (2, "عن القرية"), (3, "عن المدينة")):
            shelf.print("a", hours, text)
        shelf.fill()
        assert shelf.found("مدينة") == [("a", (1, 3))]

    def test_read_again_the_old_reading_is_not_found(self, shelf: Shelf) -> None:
        shelf.print("a", 1, "نص عن المدينة مع قائمة")
        shelf.fill()
        shelf.read_again(shelf.lines[0], "نص عن المدينة", "r2")
        shelf.fill()
        assert shelf.found("قائمة") == []
        assert shelf.found("مدينة") == [("a", (1,))]

    def test_a_rebuild_needs_no_text_again(self, shelf: Shelf) -> None:
        for n in range(3):
            shelf.print(f"a{n}", n + 1, f"خبر {n} عن المدينة")
        shelf.print("a1", 9, "خبر مغير عن المدينة")
        shelf.fill()
        before = shelf.find("مدينة")
        lines, shelf.lines = shelf.lines, []
        shelf.catalog.clear()
        assert shelf.found("مدينة") == []
        for one in reversed(lines):
            shelf.take(one)
        assert shelf.find("مدينة") == before
        assert shelf.fill() == 0
        assert shelf.catalog.unindexed() == 0
        shelf.catalog.index_again()
        assert shelf.found("مدينة") == []
        assert shelf.fill() == 4
        assert shelf.find("مدينة") == before

    def test_twice_is_once(self, shelf: Shelf) -> None:
        shelf.print("a", 1, "خبر عن المدينة")
        (one,) = shelf.catalog.to_index(START, 10)
        made = {one: entry("عنوان", "خبر عن المدينة")}
        assert shelf.catalog.note_indexed(made) == 1
        assert shelf.catalog.note_indexed(made) == 0
        assert shelf.found("مدينة") == [("a", (1,))]

    def test_a_key_that_is_none_is_told(self) -> None:
        assert first_id("snapshots/x/y/20261101T010000000000Z-abc/r.json.gz") == 1793494800000
        for key in ("", "snapshots/x/y", "snapshots/x/y/z/r.json.gz"):
            with pytest.raises(BadRecord, match="no key of a snapshot"):
                first_id(key)


WORDS = ["مدينة", "قرية", "بحر", "جبل"]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    printed=st.lists(
        st.tuples(st.sampled_from("abc"), st.integers(1, 30), st.lists(st.sampled_from(WORDS), min_size=1, max_size=3)),
        min_size=1,
        max_size=12,
        unique_by=lambda one: (one[0], one[1]),
    ),
    question=st.sampled_from(["مدينة", "قرية بحر", "بحر -جبل", '"مدينة قرية"', "جبل"]),
)
def test_any_history_answers_as_its_texts_do(
    either: Catalog,  # noqa: F811
    printed: Sequence[tuple[str, int, list[str]]],
    question: str,
) -> None:
    """What is found is what reading every version finds."""
    either.clear()
    either.index_again()
    shelf = Shelf(either)
    for slug, hours, words in printed:
        shelf.print(slug, hours, " ".join(words))
    shelf.fill()
    query = parse(question)
    expected: dict[str, list[int]] = {}
    for version in either.versions():
        words = shelf.texts[version.snapshot][1].replace("ة", "ه").split()
        pairs = list(pairwise(words))
        stands = all((tuple(t.words) in pairs) if t.phrase else t.words[0] in words for t in query.wanted)
        if stands and not any(t.words[0] in words for t in query.unwanted):
            expected.setdefault(version.url[-1], []).append(version.number)
    assert {slug: list(numbers) for slug, numbers in shelf.found(question)} == expected


class TestStep:
    @pytest.fixture
    def rooms(self, settings: Settings, store: object) -> Newsrooms:
        return Newsrooms(Workshop(settings))

    def find(self, rooms: Newsrooms, words: str) -> list[str]:
        return [hit.url for hit in rooms.shop.catalog.search(Wish(parse(words))).hits]

    def test_what_waits_is_read_from_the_snapshots(self, rooms: Newsrooms) -> None:
        where = rooms.print("wire", "x", 1, ["قال الوزير", "إن المدرسة ستفتح"])
        assert index(rooms.shop).line == "search: 1 texts indexed"
        assert self.find(rooms, "مدرسة") == [where]
        assert index(rooms.shop).nothing_due
        assert index(rooms.shop, again=True).data["indexed"] == 1
        assert self.find(rooms, "مدرسة") == [where]

    def test_cut_short_it_goes_on(self, rooms: Newsrooms, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("archive.steps.search.BATCH", 1)
        for n in range(3):
            rooms.print("wire", f"x{n}", n + 1, ["خبر عن المدينة"])
        outcomes = [index(rooms.shop, budget=timedelta(0)) for _ in range(4)]
        assert [one.nothing_due for one in outcomes] == [False, False, False, True]
        assert "the rest waits" in outcomes[0].line
        assert len(self.find(rooms, "مدينة")) == 3

    def test_what_cannot_be_read_is_told_and_tried_again_a_day_later(self, rooms: Newsrooms) -> None:
        rooms.print("wire", "x", 1, ["خبر عن المدينة"])
        there = rooms.printed[0]
        assert there.reading is not None
        for n, key in enumerate(("snapshots/lost", keys.snapshot("wire", "z", START, "0" * 64, "1" * 12))):
            lost = replace(there, url=url("wire", f"z{n}"), article=article_id(url("wire", f"z{n}")), record=f"<urn:uuid:{n}>")
            rooms.take(replace(lost, reading=replace(there.reading, snapshot=key)))
        done = index(rooms.shop)
        assert done.data == {"indexed": 1, "unreadable": 2}
        assert sum("warraq verify" in said for said in rooms.said) == 2
        assert index(rooms.shop).nothing_due
        assert rooms.shop.catalog.unindexed() == 2
        rooms.shop.store.put(key, snapshot.pack({"title": "عاد", "faithful": "عاد النص"}))
        rooms.hours += LATER / timedelta(hours=1)
        assert index(rooms.shop).data == {"indexed": 1, "unreadable": 1}
        assert self.find(rooms, "عاد") == [url("wire", "z1")]


@pytest.fixture(scope="module")
def read(weed: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wadi]:
    with wadi(weed, tmp_path_factory.mktemp("search"), articles=3) as made:
        made.run()
        yield made


class TestCommand:
    """From the page to the answer."""

    def test_index_then_ask(self, read: Wadi) -> None:
        title = read.site.articles[1].title
        word = max(folded(title), key=len)
        assert read.call("search", word).returncode == 99
        done = read.call("search", "--index")
        assert (done.returncode, done.stdout) == (0, "search: 3 texts indexed\n")
        assert read.call("search", "--index", "--all").returncode == 99
        row = json.loads(read.call("search", f'"{title}"', "--json").stdout.splitlines()[0])
        assert row["url"] == f"{read.url}archives/1"
        assert (row["found"], row["versions"], row["removed"], row["outlet"]) == ([1], 1, False, "wadi")
        told = read.call("search", word, "--outlet", "wadi", "--since", "2020-01-01", "--state", "live")
        assert told.returncode == 0
        assert f"{read.url}archives/1" in told.stdout
        for none in (("--outlet", "masar"), ("--since", "2999-01-01"), ("--until", "2020-01-01"), ("--state", "gone")):
            assert read.call("search", word, *none).returncode == 99, none
        assert read.call("search", "--index", "--again").returncode == 0

    def test_page_by_page(self, read: Wadi) -> None:
        read.call("search", "--index")
        word = next(iter(set.intersection(*(set(folded(" ".join(a.paragraphs))) for a in read.site.articles.values()))))
        first = [json.loads(line) for line in read.call("search", word, "--limit", "2", "--json").stdout.splitlines()]
        assert (len(first), list(first[-1])) == (3, ["before"])
        rest = read.call("search", word, "--limit", "2", "--before", str(first[-1]["before"]), "--json").stdout.splitlines()
        assert {json.loads(line)["url"] for line in rest} | {one["url"] for one in first[:2]} == {
            f"{read.url}archives/{n}" for n in (1, 2, 3)
        }
        assert "«" in "".join(first[0]["places"])

    @pytest.mark.parametrize(
        "wrong", [(), ("*",), ("--all",), ("x", "--again"), ("--index", "x"), ("x", "--since", "soon"), ("--", "-x")]
    )
    def test_what_is_no_question_is_refused(self, read: Wadi, wrong: tuple[str, ...]) -> None:
        done = read.call("search", *wrong)
        assert done.returncode == 78
        assert done.stdout == ""


def test_an_older_catalog_has_its_long_texts_indexed_again(postgres: str) -> None:  # noqa: F811
    from alembic import command
    from alembic.config import Config

    with Database(postgres).engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("CREATE DATABASE of_before")
    older = Catalog(f"{postgres.rpartition('/')[0]}/of_before")
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    with older._database.write("test") as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0011")
        texts = {1: "'a':1,9", 2: "'a':" + ",".join(map(str, range(1, 256))), 3: "'a':5 'b':16383"}
        for n, words in texts.items():
            connection.exec_driver_sql("INSERT INTO search VALUES (%s, %s::tsvector)", (n, words))
            connection.exec_driver_sql("INSERT INTO document VALUES (%s, 'example', 'x', %s)", (n, f"snapshots/{n}"))
    older.migrate()
    assert [one.snapshot for one in older.to_index(START, 10)] == ["snapshots/2", "snapshots/3"]
    with older._database.read() as connection:
        assert connection.exec_driver_sql("SELECT id FROM search").all() == connection.exec_driver_sql("SELECT 1").all()
    older.close()


def test_a_statement_that_is_kept_prepared_asks_the_index_of_words_not_that_of_ids(on_postgres: Catalog) -> None:  # noqa: F811
    """Its plan knows no bounds: it would take them for narrow, and walk through a million ids for a word that three texts have."""
    asked: list[str] = []
    engine = on_postgres._database.engine
    event.listen(engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    with engine.begin() as connection:
        connection.exec_driver_sql("TRUNCATE search")
        connection.exec_driver_sql(
            "INSERT INTO search (id, words) SELECT n, '''here'''::tsvector FROM generate_series(1, 3000) AS n"
        )
        textmatch.match(connection, parse("nowhere"), "").ids(connection, 1, 9000, 1)
        (sql,) = [one for one in asked if one.startswith("WITH found")]
        connection.exec_driver_sql("SET LOCAL plan_cache_mode = force_generic_plan")
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        places = iter(("$1", "$2", "$3", "$4"))
        connection.exec_driver_sql(
            f"PREPARE kept (text, bigint, bigint, bigint) AS {re.sub('%s', lambda _: next(places), sql)}"
        )
        plan = "\n".join(connection.exec_driver_sql("EXPLAIN EXECUTE kept ('''nowhere''', 1, 9000, 1)").scalars())
        connection.exec_driver_sql("TRUNCATE search")
    assert "search_words" in plan
    assert not re.search(r"Index Cond: .*\bid\b", plan)


def test_the_version_that_is_named_is_the_one_whose_text_is_shown(shelf: Shelf) -> None:
    shelf.print("a", 1, "المستشفى سيفتح غدا")
    shelf.print("a", 30, "المستشفى لن يفتح أبدا")
    shelf.fill()
    (early,), (all_time,) = shelf.find("المستشفى", until="2026-11-01").hits, shelf.find("المستشفى").hits
    assert (early.number, early.found, shelf.texts[early.snapshot][1]) == (1, (1, 2), "المستشفى سيفتح غدا")
    assert (all_time.number, shelf.texts[all_time.snapshot][1]) == (2, "المستشفى لن يفتح أبدا")
    cards = [search_view.card(hit, "", None, parse("المستشفى")) for hit in (early, all_time)]
    assert [(card.version, card.gone_in) for card in cards] == [(1, 0), (2, 0)]


def test_of_a_text_that_came_back_the_version_of_the_time_asked_for_is_shown(shelf: Shelf) -> None:
    """A re-reading stores equal texts of an article once."""
    for hours, text in ((1, "المستشفى سيفتح غدا"), (30, "المدرسة ستفتح غدا"), (60, "المستشفى سيفتح غدا")):
        shelf.print("a", hours, text)
    first, _, third = shelf.lines
    shelf.read_again(first, "المستشفى سيفتح غدا الجديد", "r2")
    made = content(60, "المستشفى سيفتح غدا الجديد", title="عنوان", url=third.url, rules="r2").reading
    shelf.take(replace(third, reread=True, run=f"{third.run[:-1]}1", reading=made))
    shelf.fill()
    (late,), (early,) = shelf.find("المستشفى").hits, shelf.find("المستشفى", until="2026-11-01").hits
    assert (late.number, late.found, early.number, early.found) == (3, (1, 3), 1, (1, 3))
    assert [hit.time[:10] for hit in (late, early)] == ["2026-11-03", "2026-11-01"]
