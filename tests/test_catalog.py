"""The catalog: the same rows in whatever order and batches the observations come, and what is asked of it."""

from __future__ import annotations

import itertools
import os
import pwd
import random
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from archive import acts, doctor_catalog
from archive.acts import Act
from archive.address import article_id
from archive.catalog import Catalog, migrations
from archive.catalog.derive import stamp
from archive.catalog.kinship import HUB
from archive.catalog.lease import Held, alive, may_take, this_process
from archive.errors import BadRecord, Broken, Refused, TryAgain
from archive.keys import Stem
from archive.log.leaf import Batch, Leaf, Unit
from archive.observation import Observation
from archive.outlet import Outlet
from archive.plan import Habits, decide, room
from archive.settings import from_environment
from tests.histories import START, at, content, line, reread, revisit, sha
from tests.looks import NEW, OLD, drawn

OUTLET = Outlet(name="example", title="مثال", url="https://news.example/")
Item = tuple[str, list[Observation]]


def url(n: int) -> str:
    return f"https://news.example/a-{n}"


def key(n: int, attempt: int = 1) -> str:
    return Stem(
        "example", f"{START + timedelta(hours=n):%Y%m%dT%H%M%SZ}-{'0' * 12}", attempt, 1, sha(f"{n}.{attempt}", 12)
    ).observations


def announce(hours: float, *items: dict[str, object], channel: str = "feed", **more: object) -> Observation:
    made = line(hours, "channel", f"https://news.example/{channel}/", article="", items=items, channel=channel, status=200)
    return replace(made, **{"kind": "channel", "body": f"sha256:{hours}", "payload": f"sha256:{hours}", **more})


def item(n: int, **more: object) -> dict[str, object]:
    return {"url": url(n), "article": article_id(url(n)), "title": f"خبر {n}", **more}


def report(hours: float, **more: object) -> Observation:
    made = line(hours, "run", "urn:warraq:run:x", article="")
    return replace(made, kind="run", report={"asked": 3, **more})


def link(name: str, relation: str = "identical") -> dict[str, object]:
    return {"name": name, "sha256": sha(name), "set": "abc", "relation": relation, "seed_in_article": {"share": 1.0}}


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL server of our own, on a free port of 127.0.0.1."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb")) or [Path(p) for p in [shutil.which("initdb")] if p]
    if not found:
        pytest.skip("no PostgreSQL server installed (apt install postgresql)")
    user = None
    folder = tmp_path_factory.mktemp("postgres")
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        try:
            user = pwd.getpwnam("postgres").pw_name
        except KeyError:
            pytest.skip("PostgreSQL does not run as root and there is no user postgres")
        for part in (folder, *folder.parents):
            if part.stat().st_uid == 0 and part.stat().st_mode & 0o055 != 0o055 and part != Path("/"):
                part.chmod(part.stat().st_mode | 0o055)
        shutil.chown(folder, user)
    bin_, data = found[-1].parent, folder / "data"
    as_user = {"user": user, "group": user, "extra_groups": []} if user else {}
    initdb = [bin_ / "initdb", "-D", data, "-U", "warraq", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N"]
    subprocess.run(initdb, check=True, capture_output=True, cwd="/", **as_user)  # type: ignore[call-overload]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={folder}", "-c", "fsync=off"]
    server = subprocess.Popen(  # type: ignore[call-overload]
        [bin_ / "postgres", "-D", data, "-p", str(port), *options],
        cwd="/",
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        **as_user,
    )
    try:
        ready = [bin_ / "pg_isready", "-h", "127.0.0.1", "-p", str(port), "-U", "warraq", "-d", "postgres"]
        for _ in range(100):
            if subprocess.run(ready, check=False, capture_output=True).returncode == 0:
                break
            threading.Event().wait(0.1)
        else:
            pytest.fail("PostgreSQL did not start within 10 s")
        yield f"postgresql://warraq@127.0.0.1:{port}/postgres"
    finally:
        server.terminate()
        server.wait(timeout=30)


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    made = Catalog(f"sqlite:///{tmp_path}/catalog.db")
    made.migrate()
    yield made
    made.close()


@pytest.fixture
def on_postgres(postgres: str) -> Iterator[Catalog]:
    made = Catalog(postgres)
    made.migrate()
    made.clear()
    yield made
    made.close()


@pytest.fixture(params=["sqlite", "postgres"])
def either(request: pytest.FixtureRequest) -> Catalog:
    name = "catalog" if request.param == "sqlite" else "on_postgres"
    made: Catalog = request.getfixturevalue(name)
    return made


def story() -> list[Item]:
    """Eight objects: edits, a move, a tombstone, rereads, channels with shifting words, runs, and late arrivals."""
    first = content(1, "a", url=url(1), snapshot=True, post="7")
    old = content(1.5, "ج قديم", url=url(3), rules="r1")
    read = first.reading
    assert read is not None
    first = replace(first, reading=replace(read, links=(link("001.txt"), link("002.txt", "contains"))))
    return [
        (key(1), [announce(1, item(1, post=7), item(2), item(2, title="ثانٍ")), first, old, report(1)]),
        (key(2), [announce(2, item(2, title="عنوان جديد"), item(9)), content(2, "b", url=url(1)), line(2, "blocked", url(2))]),
        (
            key(3),
            [announce(3, item(2), channel="rest"), content(3, "ج", url=url(3), rules="r2"), reread(old, "عنوان", "ج", "r2", 3)],
        ),
        (
            key(4),
            [
                line(4, "gone", url(1)),
                revisit(old, 4),
                line(4, "not-article", url(5)),
                report(4, walk={"wanted": True, "since": at(4)}),
            ],
        ),
        (
            key(11),
            [line(11, "gone", url(1), reason="http-410"), line(11, "elsewhere", url(2), to={"url": url(8), "front": True})],
        ),
        (
            key(12),
            [
                content(12, "a", url=url(1), noise="n", post="7"),
                report(12, walk={"wanted": True, "since": at(4), "complete": True}),
            ],
        ),
        (key(12, 2), [content(0.5, "z", url=url(1)), announce(0.5, item(1), channel="sitemap"), report(12, second=True)]),
        (
            key(13),
            [
                line(13, "elsewhere", url(1), to={"url": url(7), "article": article_id(url(7)), "post": "7"}),
                content(13, "k", url=url(6)),
                content(13.5, "m", url=url(6), rules="r9"),
                picture(13.2),
            ],
        ),
        (
            key(14),
            [
                announce(14, item(6, modified=at(13.8), text="t2"), item(3, text="t9"), channel="rest", why="walk", total=7),
                content(14, "m", url=url(6), rules="r9", why="modified", announced={"rest": at(13.8), "text": "t2"}),
                content(14.1, "q", url=url(20), post="77"),
                line(14.3, "gone", url(20)),
                content(14.5, "q", url=url(21), post="77"),
                announce(14.2, item(6, modified=at(13.9), text="t3"), channel="rest"),
                drawn(14.6, "q", OLD, 30),
                drawn(14.7, "r", NEW, 30),
            ],
        ),
    ]


def picture(hours: float, n: int = 1, of: int = 6, **more: object) -> Observation:
    made = line(hours, "content", f"https://news.example/picture-{n}.jpg", article=article_id(url(of)), status=200)
    return replace(made, **{"kind": "picture", "payload": f"sha256:{n}", "body": f"sha256:{n}", **more})


def batches() -> list[Batch]:
    """Three batches of the log, of one unit each."""
    return [Batch(n, (Unit((Leaf("plan", "0" * 64, f"plans/{n}"),)),)) for n in range(3)]


def decisions() -> dict[str, Act]:
    """Two articles withheld, one of them shown again; one held."""
    one, two = article_id(url(1)), article_id(url(2))
    told = [("restrict", one, 1), ("restrict", two, 2), ("lift", one, 3), ("hold", one, 4)]
    made = [Act(kind, f"2026-11-22T01:0{n}:00.000000Z", "amal", "a court", article=article) for kind, article, n in told]
    about = {"outlet": "example", "article": article_id(url(11)), "url": url(11), "more": {"every": 3600}}
    made.append(Act("watch", "2026-11-22T01:05:00.000000Z", "amal", "a court", **about))
    return {acts.key(one): one for one in made}


def test_any_order_and_any_batches_give_the_same_rows(either: Catalog) -> None:
    items, log, ruled = story(), batches(), decisions()
    for one in items:
        either.apply(*one, OUTLET)
    either.note_batches(log)
    either.note_acts(ruled)
    expected = either.tables()
    assert all(expected.values()), "the story must fill every table"
    chance = random.Random(5)
    for _ in range(12):
        either.clear()
        rest = items * 2  # each comes twice
        chance.shuffle(rest)
        for key in chance.sample(sorted(ruled), len(ruled)):
            either.note_acts({key: ruled[key]})
        for batch in chance.sample(log, len(log)):
            either.note_batches([batch, log[0]])
        while rest:
            size = chance.randint(1, 5)
            batch, rest = rest[:size], rest[size:]
            either.apply_all(batch, OUTLET)
        assert either.tables() == expected


def test_both_databases_hold_the_same_rows(catalog: Catalog, on_postgres: Catalog) -> None:
    for one in story():
        assert catalog.apply(*one, OUTLET) == on_postgres.apply(*one, OUTLET)
    assert {name: set(rows) for name, rows in catalog.tables().items()} == {n: set(r) for n, r in on_postgres.tables().items()}


@pytest.fixture
def collated(postgres: str) -> Iterator[Catalog]:
    """A database that passes over blanks and signs when it compares, as glibc's en_US.UTF-8 does."""
    from sqlalchemy import create_engine, text
    from sqlalchemy.exc import DBAPIError

    engine = create_engine(postgres.replace("postgresql:", "postgresql+psycopg:"), isolation_level="AUTOCOMMIT")
    how = "LOCALE_PROVIDER icu ICU_LOCALE 'und-u-ka-shifted' TEMPLATE template0"
    with engine.connect() as connection:
        try:
            connection.execute(text(f"CREATE DATABASE shifted {how}"))
        except DBAPIError as error:
            pytest.skip(f"this PostgreSQL has no ICU: {error.orig}")
    made = Catalog(postgres.replace("/postgres", "/shifted"))
    made.migrate()
    yield made
    made.close()
    with engine.connect() as connection:
        connection.execute(text("DROP DATABASE shifted"))
    engine.dispose()


def test_whatever_collation_the_database_has_it_answers_alike(catalog: Catalog, collated: Catalog) -> None:
    beside = [replace(OUTLET, name=name) for name in ("al_q", "alb")]  # "_" comes before "b", and here after it
    for made in (catalog, collated):
        made.apply_all(story(), OUTLET)
        for outlet in beside:
            lines = [content(1, "a", url=url(1), outlet=outlet.name), line(2, "gone", url(1), outlet=outlet.name)]
            made.apply(key(1).replace("/example/", f"/{outlet.name}/"), lines, outlet)
    expected = _answers(catalog)
    assert len([row.last_change for row in catalog.outlets() if row.last_change]) == 3
    assert expected["changes of a run"]
    assert expected["one by one"] == expected["new ones"] != []
    assert _answers(collated) == expected
    (told,) = doctor_catalog.checks(from_environment({"WARRAQ_CATALOG": str(collated._database.engine.url)}))
    assert (told.name, told.state, "und-u-ka-shifted" in told.what) == ("catalog", "warn", True)


def test_the_doctor_is_content_with_the_order_of_code_points(on_postgres: Catalog) -> None:
    (told,) = doctor_catalog.checks(from_environment({"WARRAQ_CATALOG": str(on_postgres._database.engine.url)}))
    assert (told.name, told.state) == ("catalog", "ok")
    assert doctor_catalog.checks(from_environment({"WARRAQ_STATE": "/nowhere"})) == []
    (lost,) = doctor_catalog.checks(from_environment({"WARRAQ_CATALOG": "postgresql://nobody@127.0.0.1:9/nothing"}))
    assert (lost.name, lost.state) == ("catalog", "fail")


def _answers(of: Catalog) -> dict[str, list[object]]:
    runs = [row.run for row in of.runs("example")]
    one_by_one, older = [], of.changes(kind="new", limit=1)
    while older:
        one_by_one += older
        older = of.changes(kind="new", before=older[-1].cursor, limit=1)
    return {
        "outlets": [*of.outlets()],
        "changes of a run": [row for run in runs for row in of.of_run("example", run, at(99))],
        "one by one": one_by_one,
        "new ones": [*of.changes(kind="new", limit=100)],
        "days": [*of.days()],
        "waiting": [*of.waiting(START + timedelta(hours=40))],
        "known": [*of.known("example")],
    }


def test_applying_again_changes_nothing_and_tells_nothing(catalog: Catalog) -> None:
    items = story()
    assert catalog.pending([k for k, _ in items]) == [k for k, _ in items]
    told = catalog.apply(*items[0], OUTLET)
    assert [event.kinds for event in told] == [("new",), ("new",)]
    before = catalog.tables()
    assert catalog.apply(*items[0], OUTLET) == []
    assert catalog.tables() == before
    assert catalog.pending([k for k, _ in items]) == [k for k, _ in items[1:]]


def test_a_late_arrival_tells_only_what_is_new(catalog: Catalog) -> None:
    catalog.apply(key(5), [content(5, "b", url=url(1))], OUTLET)
    told = catalog.apply(key(1), [content(1, "a", url=url(1))], OUTLET)
    assert [(event.time, event.kinds, event.version) for event in told] == [(at(1), ("new",), 1), (at(5), ("body",), 2)]


def test_another_outlets_object_is_refused(catalog: Catalog) -> None:
    with pytest.raises(BadRecord, match="is not of example"):
        catalog.apply(key(1), [content(1, "a", outlet="other")], OUTLET)
    assert catalog.pending([key(1)]) == [key(1)]


def test_a_new_gone_after_folds_the_past_again(catalog: Catalog) -> None:
    catalog.apply(key(1), [content(1, "a"), line(2, "gone"), line(4, "gone")], OUTLET)
    assert catalog.changes(kind="gone") == []
    catalog.apply(key(5), [announce(5, item(3))], replace(OUTLET, gone_after=3600.0))
    assert [event.time for event in catalog.changes(kind="gone")] == [at(4)]


class TestSchema:
    def test_the_migrations_make_the_models(self, either: Catalog) -> None:
        from alembic.autogenerate import compare_metadata
        from alembic.migration import MigrationContext

        from archive.catalog.database import SCHEMA_TABLE
        from archive.catalog.models import metadata

        with either._database.read() as connection:
            # The text index is a table of FTS5 (or of tsvectors) that SQLAlchemy has no model of: archive.catalog.textmatch.
            ours = {"version_table": SCHEMA_TABLE, "include_name": lambda name, *_: not str(name).startswith("search")}
            context = MigrationContext.configure(connection, opts=ours)
            assert compare_metadata(context, metadata) == []

    def test_the_known_revisions_are_the_files(self) -> None:
        from alembic.config import Config
        from alembic.script import ScriptDirectory

        config = Config()
        config.set_main_option("script_location", str(Path(migrations.__file__).parent))
        scripts = ScriptDirectory.from_config(config)
        assert scripts.get_current_head() == migrations.HEAD
        assert [script.revision for script in scripts.walk_revisions()] == list(reversed(migrations.KNOWN))

    def test_a_newer_schema_is_refused(self, catalog: Catalog) -> None:
        with catalog._database.write("test") as connection:
            connection.exec_driver_sql("UPDATE warraq_schema SET version_num = '9999'")
        with pytest.raises(Refused, match="made by a newer Warraq"):
            catalog.migrate()

    def test_tables_of_another_form_are_told_with_the_remedy(self, either: Catalog) -> None:
        """A catalog that a version between two releases made: `rebuild` itself stops at it, and must say what to do."""
        with (
            pytest.raises(Broken, match=r"(?s)nowhere.*run `warraq rebuild`") as told,
            either._database.read() as connection,
        ):
            connection.exec_driver_sql("SELECT nowhere FROM article")
        assert "aside" in str(told.value) or "empty database" in str(told.value)

    def test_a_file_that_is_no_database(self, tmp_path: Path) -> None:
        (tmp_path / "catalog.db").write_text("this is a text file, and quite a long one at that " * 40)
        with pytest.raises(Broken, match="rebuild"):
            Catalog(f"sqlite:///{tmp_path}/catalog.db").migrate()

    def test_two_processes_migrate_a_new_file_at_once(self, tmp_path: Path) -> None:
        code = f"from archive.catalog import Catalog; Catalog('sqlite:///{tmp_path}/new/catalog.db').migrate()"
        both = [subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE) for _ in range(3)]
        assert [(p.communicate()[1], p.returncode) for p in both] == [(b"", 0)] * 3

    def test_the_command_line_starts_without_sqlalchemy(self) -> None:
        code = "import sys, archive.catalog, archive.catalog.lease; assert not {'sqlalchemy', 'alembic'} & set(sys.modules)"
        subprocess.run([sys.executable, "-c", code], check=True)


class TestConcurrency:
    def test_writers_queue_and_lose_nothing(self, either: Catalog) -> None:
        """Eight threads apply 40 objects about the same four articles."""
        items = [(key(n), [content(n, f"نص {n}", url=url(n % 4)), announce(n, item(n % 4))]) for n in range(40)]
        threads = [
            threading.Thread(target=lambda mine: [either.apply(*one, OUTLET) for one in mine], args=(items[i::8],))
            for i in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        together = either.tables()
        either.clear()
        either.apply_all(items, OUTLET)
        assert either.tables() == together
        assert sum(row.versions for row in either.articles()) == 40


class TestSteps:
    def test_known(self, catalog: Catalog) -> None:
        for one in story():
            catalog.apply(*one, OUTLET)
        known = {one.url: one for one in catalog.known("example")}
        assert known[url(9)].visit.last_fetch is None
        assert known[url(9)].visit.first_seen == START + timedelta(hours=2)
        moved = known[url(1)]
        assert (moved.visit.state, moved.visit.unconfirmed) == ("moved", None)
        assert moved.previous is not None
        assert (moved.previous.time, moved.previous.url) == (at(12), url(1))
        assert known[url(2)].visit.unconfirmed == START + timedelta(hours=11)
        assert catalog.attempted("example") == {article_id(url(n)) for n in (1, 2, 3, 5, 6, 20, 21, 30)}

    def test_channels(self, catalog: Catalog) -> None:
        first, again = announce(1, item(1)), replace(announce(2, item(1)), record_type="revisit", body="sha256:1")
        catalog.apply(key(1), [first, again, announce(3, klass="broken", status=500)], OUTLET)
        (held,) = catalog.channels("example").values()
        assert (held.time, held.record_id, held.body) == (first.time, first.record, first.body)

    def test_last_content_is_whole_and_has_the_newest_reading(self, catalog: Catalog) -> None:
        old = content(1, "ج قديم", rules="r1")
        catalog.apply(key(1), [old, revisit(old, 2)], OUTLET)
        catalog.apply(key(3), [reread(old, "عنوان", "ج", "r2", 3)], OUTLET)
        last = catalog.last_content(old.outlet, {old.article, "f" * 32})[old.article]
        assert (last.record, last.reading and last.reading.rules) == (old.record, sha("r2", 12))

    def test_unread(self, catalog: Catalog) -> None:
        old, new = content(1, "a", rules="r1"), content(2, "b", rules="r2")
        catalog.apply(key(1), [old, new], OUTLET)
        assert [(row.record, row.rules) for row in catalog.unread("example")] == [
            (old.record, (sha("r1", 12),)),
            (new.record, (sha("r2", 12),)),
        ]
        catalog.apply(key(3), [reread(old, "عنوان", "a", "r2", 3)], OUTLET)
        assert catalog.unread("example") == []

    def test_run_report(self, catalog: Catalog) -> None:
        run = report(1).run
        assert not catalog.has_run("example", run)
        catalog.apply(key(1), [report(1)], OUTLET)
        catalog.apply(key(1, 2), [report(1, second=True)], OUTLET)
        assert catalog.run_report("example", run) == {"asked": 3, "second": True}
        assert [(row.run, row.attempt) for row in catalog.runs("example")] == [(run, 2), (run, 1)]


class TestWalk:
    def test_never(self, catalog: Catalog) -> None:
        walk = catalog.walk("example")
        assert (walk.since, walk.done, walk.complete) == ("", frozenset(), False)

    def test_goes_on_over_runs_until_it_is_complete(self, catalog: Catalog) -> None:
        wanted = {"wanted": True, "since": f"{START + timedelta(hours=1):%Y-%m-%dT%H:%M:%S+00:00}", "complete": False}
        catalog.apply(key(1), [announce(1.5, channel="rest", why="walk"), report(1, walk=wanted)], OUTLET)
        catalog.apply(
            key(2),
            [announce(2.5, channel="sitemap", why="walk"), announce(2.6, klass="broken"), report(2, walk=wanted)],
            OUTLET,
        )
        walk = catalog.walk("example")
        assert (walk.since, walk.complete) == (at(1), False)
        assert walk.done == {"https://news.example/rest/", "https://news.example/sitemap/"}
        catalog.apply(key(3), [report(3, walk={**wanted, "complete": True})], OUTLET)
        walk = catalog.walk("example")
        assert (walk.since, walk.done, walk.complete) == (at(1), frozenset(), True)

    def test_of_a_run_that_died_before_its_report(self, catalog: Catalog) -> None:
        catalog.apply(key(4), [announce(4.5, channel="rest", why="walk")], OUTLET)
        assert (catalog.walk("example").since, catalog.walk("example").done) == (at(4), {"https://news.example/rest/"})

    def test_a_stale_one_begun_anew_counts_from_then(self, catalog: Catalog) -> None:
        for hours in (1, 200):
            catalog.apply(key(hours), [report(hours, walk={"wanted": True, "since": at(hours), "complete": False})], OUTLET)
        assert catalog.walk("example").since == at(200)

    def test_a_look_behind_the_front_page_is_no_walk(self, catalog: Catalog) -> None:
        catalog.apply(
            key(1), [announce(1, why="walk"), report(1, walk={"wanted": False, "since": "", "complete": False})], OUTLET
        )
        assert catalog.walk("example").since == ""


class TestDue:
    """What planning finds: straight from the indexes, yet the same as by looking at every article."""

    @pytest.mark.parametrize("hours", [13, 14.3, 20, 48, 24 * 40])
    @pytest.mark.parametrize("everything", [False, True])
    def test_the_same_is_planned_as_if_every_article_were_looked_at(
        self, either: Catalog, hours: float, everything: bool
    ) -> None:
        for one in [*story(), *walked()]:
            either.apply(*one, OUTLET)
        either.note_acts(decisions())
        now = START + timedelta(hours=hours)
        for habits in (Habits(), Habits(True, frozenset({"text"})), Habits(shown=True), either.habits("example", now)):
            for outlet in (OUTLET, replace(OUTLET, budget=5.0)):
                found = either.due("example", now, room(outlet), habits, everything=everything)
                few = decide(outlet, found, now, everything=everything, habits=habits)
                every = decide(outlet, either.known("example"), now, everything=everything, habits=habits)
                assert few == every
                assert few[0] or few[1]

    def test_a_word_is_due_until_a_capture_answers_it(self, catalog: Catalog) -> None:
        slow = replace(OUTLET, revisit_after=40 * 3600.0)
        catalog.apply(key(1), [content(1, "a", url=url(1), announced={"rest": at(0.5), "text": "t1"})], slow)
        catalog.apply(key(2), [announce(2, item(1, modified=at(0.5), text="t1"), channel="rest")], slow)
        assert whys(catalog, 2, slow) == {}
        catalog.apply(key(3), [announce(3, item(1, modified=at(2.5), text="t1"), channel="rest")], slow)
        assert whys(catalog, 3, slow) == {1: "modified"}
        catalog.apply(key(4), [line(4, "broken", url(1), announced={"rest": at(2.5)})], slow)
        assert whys(catalog, 13, slow) == {}  # it told nothing: a quarter of 40 hours
        assert whys(catalog, 14, slow) == {1: "modified"}
        catalog.apply(key(15), [content(15, "a", url=url(1), announced={"rest": at(2.5), "text": "t1"})], slow)
        assert whys(catalog, 15, slow) == {}
        catalog.apply(key(16), [announce(16, item(1, modified=at(2.5), text="t2"), channel="rest")], slow)
        assert whys(catalog, 16, slow) == {1: "text"}

    def test_a_first_text_is_what_later_ones_are_compared_with(self, catalog: Catalog) -> None:
        """An archive from before lists told texts: nothing is due when they begin to, silent edits are from then on."""
        catalog.apply(key(1), [content(1, "a", url=url(1))], OUTLET)
        catalog.apply(key(2), [announce(1.5, item(1, modified=at(0.5), text="t1"), channel="rest")], OUTLET)
        assert whys(catalog, 1.6) == {}
        catalog.apply(key(3), [announce(1.7, item(1, modified=at(0.5), text="t2"), channel="rest")], OUTLET)
        assert whys(catalog, 1.8) == {1: "text"}

    def test_words_that_proved_fruitless_are_ignored_for_a_month(self, catalog: Catalog) -> None:
        lines = [content(n, "a", url=url(n), why="text", announced={"text": "t"}) for n in range(20)]
        lines += [content(n + 0.5, "a", url=url(n), why="text", announced={"text": "u"}) for n in range(20)]
        catalog.apply(key(1), lines[:-1], OUTLET)
        assert catalog.habits("example", START + timedelta(hours=50)).ignored == frozenset()
        catalog.apply(key(2), [*lines[-1:], replace(lines[-1], time=at(40), record="<urn:uuid:x>")], OUTLET)
        assert catalog.habits("example", START + timedelta(hours=50)).ignored == {"text"}
        assert catalog.habits("example", START + timedelta(days=33)).ignored == frozenset()

    def test_other_settings_make_other_dues(self, catalog: Catalog) -> None:
        catalog.apply(key(1), [content(1, "a", url=url(1))], OUTLET)
        seldom = replace(OUTLET, revisit_after=100 * 3600.0)
        catalog.settle(seldom)
        assert whys(catalog, 99, seldom) == {}
        catalog.settle(OUTLET)
        assert whys(catalog, 99) == {1: "revisit"}
        before = catalog.tables()
        catalog.settle(OUTLET)
        assert catalog.tables() == before

    def test_what_validators_said_makes_them_trusted(self, catalog: Catalog) -> None:
        pages = [content(n, "a", url=url(1), noise=str(n), etag='"v"') for n in range(22)]
        catalog.apply(key(1), pages, OUTLET)
        assert catalog.habits("example", START).trusted
        (one,) = catalog.known("example")
        assert one.previous is not None
        assert one.previous.etag == '"v"'
        catalog.apply(key(2), [content(30, "b", url=url(1), etag='"v"')], OUTLET)
        assert not catalog.habits("example", START).trusted


def test_who_was_looked_at_least_lately_comes_first(catalog: Catalog) -> None:
    lines = [content(hour, "نص", url=url(n)) for n, hour in ((1, 5), (2, 1), (3, 3), (4, 9))]
    catalog.apply(key(1), lines, OUTLET)
    before = START + timedelta(hours=6)
    found = catalog.least_lately("example", before, 9)
    assert {one.url for one in found} == {url(1), url(2), url(3)}
    assert [one.url for one in catalog.least_lately("example", before, 1)] == [url(2)]


def whys(catalog: Catalog, hours: float, outlet: Outlet = OUTLET) -> dict[int, str]:
    """Number of the article → why it is due, `hours` after START."""
    now = START + timedelta(hours=hours)
    revisits, _ = decide(outlet, catalog.due("example", now, 100, Habits()), now)
    return {int(task.url.rpartition("-")[2]): task.why for task in revisits}


def rest_page(hours: float, n: int, *items: dict[str, object], again: bool = False) -> Observation:
    """A page of a walk through REST. `again`: the same bytes as before, stored as a reference alone."""
    place = f"https://news.example/rest?page={n}"
    made = announce(hours, *items, channel="rest", why="walk", url=place, record=f"<urn:uuid:rest-{n}-{hours}>")
    body = f"sha256:page {n}"
    return replace(made, items=(), record_type="revisit", body=body) if again else replace(made, body=body)


def walked() -> list[Item]:
    """Two walks: the first lists 30 to 33; the second finds one page as it was, and 33 on the other one no more."""
    first = {"wanted": True, "since": at(15), "complete": True}
    seen = [content(15.5 + n / 100, "w", url=url(n)) for n in range(30, 34)]
    return [
        (
            key(15),
            [rest_page(15.1, 1, item(30), item(31)), rest_page(15.2, 2, item(32), item(33)), *seen, report(15, walk=first)],
        ),
        (key(16), [announce(16, item(31), channel="rest"), announce(16.1, item(33), channel="feed")]),
        (
            key(18),
            [
                rest_page(18.1, 1, again=True),
                replace(rest_page(18.2, 2, item(32)), body="sha256:another"),
                report(18, walk={**first, "since": at(18)}),
            ],
        ),
    ]


class TestListed:
    """What the complete lists have, and have no more."""

    def test_an_article_that_a_walk_did_not_find_any_more_is_due_once(self, either: Catalog) -> None:
        first, second, third = walked()
        for one in (first, second):
            either.apply(*one, OUTLET)
        assert "unlisted" not in whys(either, 18).values()
        either.apply(*third, OUTLET)
        assert {n for n, why in whys(either, 18.3).items() if why == "unlisted"} == {33}
        either.apply(key(19), [content(19, "w", url=url(33))], OUTLET)
        assert "unlisted" not in whys(either, 19).values()

    def test_what_is_behind_a_paywall_stands_all_the_same(self, catalog: Catalog) -> None:
        """Its deletion is to be seen as any other's."""
        first, second, third = walked()
        locked = [line(15.7 + n / 100, "blocked", url(n), reason="paywall") for n in (32, 33)]
        catalog.apply(first[0], [*first[1], *locked], OUTLET)
        catalog.apply(*second, OUTLET)
        assert {row[3]: row[5] for row in catalog.asked("example")} == {url(n): True for n in range(30, 34)}
        catalog.apply(*third, OUTLET)
        assert {n for n, why in whys(catalog, 18.3).items() if why == "unlisted"} == {33}

    def test_what_left_a_list_of_the_newest_is_looked_at_ever_more_seldom(self, either: Catalog) -> None:
        """A sitemap of the newest articles drops one after the other, and each of them is there as before."""
        for one in walked():
            either.apply(*one, OUTLET)
        looks = []
        for day in range(40):
            hours = 19 + 24 * day
            if whys(either, hours).get(33) == "unlisted":
                looks.append(day)
                either.apply(key(hours), [content(hours, "w", url=url(33))], OUTLET)
            walk = {"wanted": True, "since": at(hours + 1), "complete": True}
            lists = [rest_page(hours + 1.1, 1, again=True), replace(rest_page(hours + 1.2, 2, item(32)), body="sha256:another")]
            either.apply(key(hours + 1), [*lists, report(hours + 1, walk=walk)], OUTLET)
        assert looks[0] == 0
        assert 3 <= len(looks) <= 6
        assert all(later - earlier >= earlier or later - earlier >= 16 for earlier, later in itertools.pairwise(looks))

    def test_another_complete_list_that_has_it_answers_for_it(self, catalog: Catalog) -> None:
        for one in walked():
            catalog.apply(*one, OUTLET)
        catalog.apply(key(20), [announce(18.25, item(33), channel="sitemap")], OUTLET)
        assert "unlisted" not in whys(catalog, 19).values()

    def test_a_list_that_a_walk_did_not_meet_says_nothing(self, catalog: Catalog) -> None:
        catalog.apply(*walked()[0], OUTLET)
        walk = {"wanted": True, "since": at(18), "complete": True}
        catalog.apply(key(18), [announce(18.1, item(30), channel="feed"), report(18, walk=walk)], OUTLET)
        assert "unlisted" not in whys(catalog, 19).values()

    def test_the_known_file(self, either: Catalog) -> None:
        for one in walked():
            either.apply(*one, OUTLET)
        told = [announce(18.5, item(30, modified=at(3), text="t1", post="5"), channel="rest"), line(18.6, "gone", url(40))]
        answered = content(18.7, "w", url=url(31), announced={"rest": at(2), "text": "t0"}, post="8")
        either.apply(key(19), [*told, answered], OUTLET)
        rows = {row[3]: row for row in either.asked("example")}
        assert sorted(rows) == [url(n) for n in (30, 31, 32, 33, 40)]
        assert rows[url(30)] == (article_id(url(30)), "5", "", url(30), {"rest": at(3), "text": "t1"}, True)
        assert rows[url(31)][1:] == ("8", "", url(31), {"rest": at(2), "text": "t0"}, True)
        assert [rows[url(n)][5] for n in (32, 33, 40)] == [True, False, False]
        ignoring = {row[3]: row[4] for row in either.asked("example", frozenset({"text"}))}
        assert ignoring[url(31)] == {"rest": at(2)}

    def test_a_front_page_that_lists_all_there_is_lists_it_as_long_as_it_stays_the_same(self, catalog: Catalog) -> None:
        """A site of a hundred posts or fewer has no walk: its front REST page is the whole list."""
        walk = {"wanted": True, "since": at(1), "complete": True}
        front = announce(1.1, *(item(n, modified=at(0)) for n in (1, 2, 3)), channel="rest", pages=1)
        seen = [content(1.2 + n / 100, "w", url=url(n)) for n in (1, 2, 3)]
        catalog.apply(key(1), [front, *seen, report(1, walk=walk)], OUTLET)
        same = replace(front, time=at(25.1), record="<urn:uuid:same>", record_type="revisit", items=(), pages=None)
        catalog.apply(key(25), [same, report(25, walk={**walk, "since": at(25)})], OUTLET)
        assert {row[3]: (row[4], row[5]) for row in catalog.asked("example")} == {
            url(n): ({"rest": at(0)}, True) for n in (1, 2, 3)
        }
        assert "unlisted" not in whys(catalog, 26).values()
        fewer = replace(front, time=at(49.1), record="<urn:uuid:fewer>", items=(item(1), item(2)), body="sha256:fewer")
        catalog.apply(key(49), [fewer, report(49, walk={**walk, "since": at(49)})], OUTLET)
        assert {n for n, why in whys(catalog, 50).items() if why == "unlisted"} == {3}

    def test_what_is_gone_is_told_apart_from_what_no_list_has(self, catalog: Catalog) -> None:
        catalog.apply(*walked()[0], OUTLET)
        catalog.apply(key(17), [line(16, "gone", url(31)), line(16.5, "gone", url(30)), line(23, "gone", url(30))], OUTLET)
        assert {row[3]: row[5] for row in catalog.asked("example")} == {url(30): 2, url(31): 1, url(32): 1, url(33): 1}

    def test_what_could_not_be_looked_at_is_due_after_the_next_walk(self, catalog: Catalog) -> None:
        for one in walked():
            catalog.apply(*one, OUTLET)
        catalog.apply(key(19), [line(19, "broken", url(33))], OUTLET)
        walk = {"wanted": True, "since": at(42), "complete": True}
        lists = [rest_page(42.1, 1, again=True), replace(rest_page(42.2, 2, item(32)), body="sha256:another")]
        catalog.apply(key(42), [*lists, report(42, walk=walk)], OUTLET)
        assert whys(catalog, 43)[33] == "unlisted"

    def test_what_the_site_said_it_has_and_which_lists_had_articles(self, either: Catalog) -> None:
        assert (either.expected("example"), either.had("example")) == (-1, ())
        first = [announce(1, item(1), channel="rest", total=40), announce(1.1, item(1), channel="feed")]
        either.apply(key(1), [*first, announce(1.2, channel="home")], OUTLET)
        assert (either.expected("example"), either.had("example")) == (40, ("feed", "rest"))
        same = replace(announce(2.1, channel="feed"), record_type="revisit", body=first[1].body, total=None)
        either.apply(
            key(2), [announce(2, item(1), channel="sitemap"), same, announce(2.2, klass="broken", channel="rest")], OUTLET
        )
        assert either.had("example") == ("feed", "sitemap")
        either.apply(
            key(3), [announce(3, klass="broken", channel="rest"), announce(3.1, klass="broken", channel="home")], OUTLET
        )
        assert (either.expected("example"), either.had("example")) == (40, ("feed", "sitemap"))

    def test_pictures_that_were_answered(self, catalog: Catalog) -> None:
        failed = replace(picture(2, n=3), klass="broken")
        catalog.apply(key(1), [picture(1), picture(1.5, n=2, of=7), failed], OUTLET)
        assert catalog.pictures("example") == {f"https://news.example/picture-{n}.jpg" for n in (1, 2)}


class TestKin:
    def test_what_joins_too_many_articles_joins_none_whenever_it_is_told(self, catalog: Catalog) -> None:
        """One id on every page (a fault of a theme), come in in any order and pieces: the same rows."""
        items = [(key(n), [content(n, "q", url=url(n), post="1"), line(n + 0.5, "gone", url(n))]) for n in range(HUB + 3)]
        items.append((key(100), [content(100, "r", url=url(100), post="2"), line(100.2, "gone", url(100))]))
        items.append((key(101), [content(101, "r", url=url(101), post="2")]))
        catalog.apply_all(items, OUTLET)
        expected = catalog.tables()
        assert [event.kinds for event in catalog.events() if "moved" in event.kinds] == [("moved",)]
        chance = random.Random(3)
        for _ in range(6):
            catalog.clear()
            chance.shuffle(items)
            some = list(items)
            while some:
                size = chance.randint(1, 9)
                batch, some = some[:size], some[size:]
                catalog.apply_all(batch, OUTLET)
            assert catalog.tables() == expected

    def test_a_page_at_the_old_address_tells_of_the_move(self, catalog: Catalog) -> None:
        catalog.apply(key(1), [content(1, "q", url=url(1), post="2")], OUTLET)
        told = catalog.apply(key(2), [line(2, "gone", url(1)), content(2.5, "q", url=url(2), post="2")], OUTLET)
        assert [(event.article, event.kinds, event.reason) for event in told] == [(article_id(url(1)), ("moved",), url(2))]
        assert whys(catalog, 24 * 300) == {2: "revisit"}


def test_a_catalog_of_an_older_warraq_is_folded_again_and_nothing_is_due_that_was_not(tmp_path: Path) -> None:
    """Schema 0003, with its rows in the columns of then. Only what lists never told then is missing afterwards."""
    now_made, older = Catalog(f"sqlite:///{tmp_path}/new.db"), Catalog(f"sqlite:///{tmp_path}/old.db")
    now_made.migrate()
    for one in [*story()[:-1], *walked()[:2]]:
        now_made.apply(*one, OUTLET)
    _as_of("0003", older, now_made)
    older.migrate()
    older.settle(OUTLET)
    before, after = now_made.tables(), older.tables()
    told_later = {"sighting", "channel_capture", "picture", "watched", "act", "logged", "standing", "tally"}
    assert {name for name in before if before[name] != after[name]} <= told_later
    assert len(after["sighting"]) == len(before["sighting"])
    uncounted = {what for _, _, what, _ in {*before["tally"]} ^ {*after["tally"]}}
    assert uncounted == {"records picture", "bytes picture", "bytes channel"}  # which the tables of then had no columns for
    now = START + timedelta(hours=19)
    revisits, backlog = decide(OUTLET, older.due("example", now, 500, Habits()), now)
    assert (revisits, backlog) == decide(OUTLET, now_made.due("example", now, 500, Habits()), now)
    older.apply(*walked()[2], OUTLET)  # the first walk after the update lists nothing on the page that it finds unchanged
    assert "unlisted" not in whys(older, 19).values()


def test_a_running_stack_whose_code_was_replaced_leaves_an_older_catalog_as_it_is(tmp_path: Path) -> None:
    """`git pull` under it: the copy that `make upgrade` keeps must be one that the version before can use."""
    newer, older = Catalog(f"sqlite:///{tmp_path}/new.db"), Catalog(f"sqlite:///{tmp_path}/old.db")
    newer.migrate(update=False)
    newer.apply(*story()[0], OUTLET)
    _as_of("0008", older, newer)
    with pytest.raises(TryAgain, match=r"has schema 0008, and this version wants .* make upgrade"):
        older.migrate(update=False)
    older.migrate()
    older.migrate(update=False)
    assert older.tables()["article"] == newer.tables()["article"]


def _as_of(revision: str, older: Catalog, newer: Catalog) -> None:
    """Make the tables of a revision, with the rows of a newer catalog."""
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import MetaData, select

    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    with older._database.write("test") as connection, newer._database.read() as source:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        then, now = MetaData(), MetaData()
        then.reflect(connection)
        now.reflect(source)
        for name, table in then.tables.items():
            if name != "warraq_schema":
                columns = [now.tables[name].c[column] for column in table.columns.keys()]  # noqa: SIM118
                rows = [dict(row._mapping) for row in source.execute(select(*columns))]
                if rows:
                    connection.execute(table.insert(), rows)


class TestQueries:
    @pytest.fixture
    def told(self, either: Catalog) -> Catalog:
        for one in story():
            either.apply(*one, OUTLET)
        return either

    def test_changes_page_by_page(self, told: Catalog) -> None:
        everything = told.changes(limit=1000)
        assert [e.time for e in everything] == sorted((e.time for e in everything), reverse=True)
        pages, before = [], None
        while page := told.changes(limit=2, before=before):
            pages += page
            before = page[-1].cursor
        assert pages == everything
        assert told.changes(before=at(2)) == [e for e in everything if e.time < at(2)]

    def test_changes_of_a_kind(self, told: Catalog) -> None:
        assert [e.article for e in told.changes(kind="gone")] == [article_id(url(1))]
        assert {e.kinds for e in told.changes(kind="body")} == {("body",)}
        assert told.changes(kind="bod%") == told.changes(outlet="other") == []

    def test_history(self, told: Catalog) -> None:
        seen = told.history(url(1))
        assert [v.number for v in seen.versions] == [1, 2, 3, 4]
        assert [e.kinds[0] for e in seen.events] == ["new", "body", "body", "gone", "returned", "body", "moved"]
        assert seen.article.versions == 4
        assert [(one.version, one.name, one.relation) for one in seen.links] == [
            (2, "001.txt", "identical"),
            (2, "002.txt", "contains"),
        ]
        assert seen.links[0].detail["seed_in_article"] == {"share": 1.0}
        assert [c.klass for c in seen.captures] == ["content"] * 3 + ["gone"] * 2 + ["content", "elsewhere"]
        assert seen.versions[3].snapshot == seen.versions[1].snapshot != ""

    def test_article_by_address_id_and_first_digits(self, told: Catalog) -> None:
        whole = article_id(url(1))
        spellings = [url(1), "news.example/a-1/", "http://www.news.example/a-1?utm_source=x", whole, whole[:8]]
        assert {told.article(one).article for one in spellings} == {whole}

    @pytest.mark.parametrize("reference", ["https://news.example/none", "0" * 32, "zz", ""])
    def test_no_such_article(self, told: Catalog, reference: str) -> None:
        with pytest.raises(Refused, match="no article"):
            told.article(reference)

    def test_announced_ones_take_the_words_of_the_best_channel(self, told: Catalog) -> None:
        assert told.article(url(9)).title == "خبر 9"
        assert told.article(url(2)).title == "خبر 2"  # REST before the feed
        assert told.article(url(9)).state == "new"

    def test_articles(self, told: Catalog) -> None:
        assert [row.url for row in told.articles(state="moved")] == [url(1), url(20)]
        assert [row.url for row in told.articles(text="خبر 9")] == [url(9)]
        assert told.articles(text="%") == told.articles(outlet="other") == []
        assert len(told.articles(limit=2)) == 2

    def test_outlets(self, told: Catalog) -> None:
        (row,) = told.outlets()
        assert (row.articles, row.waiting, row.gone, row.versions, row.failing_since) == (6, 1, 0, 9, "")
        assert (row.last_capture, row.last_change, row.last_run) == (at(14.7), at(14.6), report(12).run)

    def test_failing_since_the_first_capture_that_told_nothing(self, told: Catalog) -> None:
        robots = announce(22, channel="robots")
        told.apply(key(20), [line(20, "broken", url(3)), announce(19.5, klass="blocked"), robots], OUTLET)
        assert told.outlets()[0].failing_since == at(19.5)
        told.apply(key(23), [line(23, "gone", url(3))], OUTLET)
        assert told.outlets()[0].failing_since == ""

    def test_a_capture_of_a_time_to_come_is_not_the_last_one(self, told: Catalog) -> None:
        now = START + timedelta(hours=15)
        (before,) = told.outlets(now)
        told.apply(key(900), [line(900, "content", url(3)), announce(901, klass="blocked")], OUTLET)
        (after,) = told.outlets(now)
        assert (after.last_capture, after.failing_since) == (before.last_capture, before.failing_since) == (at(14.7), "")
        assert told.outlets()[0].last_capture == at(901), "whoever gives no time is told what is there"


class TestLease:
    def test_one_holder_at_a_time(self, either: Catalog) -> None:
        other = "elsewhere:boot.1:1:1"
        assert either.lease("news.example", this_process(), 60, START)
        assert either.lease("other.example", other, 60, START)
        assert not either.lease("news.example", other, 60, START + timedelta(seconds=59))
        assert either.lease("news.example", this_process(), 60, START + timedelta(seconds=59))  # renewed
        assert not either.lease("news.example", other, 60, START + timedelta(seconds=61))
        assert either.lease("news.example", other, 60, START + timedelta(seconds=119))
        either.release("news.example", this_process())  # not its own any more
        assert not either.lease("news.example", this_process(), 60, START + timedelta(seconds=120))
        either.release("news.example", other)
        assert either.lease("news.example", this_process(), 60, START + timedelta(seconds=120))
        either.release("news.example", this_process())
        either.release("other.example", other)

    def test_a_race_has_one_winner(self, either: Catalog) -> None:
        won: list[int] = []
        names = [f"machine-{n}:boot.1:1:1" for n in range(12)]
        threads = [
            threading.Thread(target=lambda n=n: won.append(n) if either.lease("raced.example", names[n], 60, START) else None)
            for n in range(12)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(won) == 1
        either.release("raced.example", names[won[0]])

    @pytest.mark.parametrize(("living", "expected"), [(True, False), (None, False), (False, True)])
    def test_a_dead_holder_is_followed_at_once(self, living: bool | None, expected: bool) -> None:
        held = Held("a", START + timedelta(seconds=60))
        assert may_take(held, "b", START, lambda _: living) is expected

    def test_liveness(self) -> None:
        child = subprocess.Popen(
            [
                sys.executable,
                "-c",
                "from archive.catalog.lease import this_process; print(this_process(), flush=True); input()",
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert child.stdout is not None
        name = child.stdout.readline().strip()
        assert alive(this_process()) is True
        assert alive(name) is True
        child.kill()
        child.wait()
        child.communicate()
        assert alive(name) is False
        machine, _, rest = this_process().partition(":")
        assert alive(f"{machine}-other:{rest}") is None
        assert alive(this_process() + "1") is False  # the pid lives, but it is another process
        assert alive("nonsense") is None

    def test_leases_are_no_part_of_a_rebuild(self, catalog: Catalog) -> None:
        before = catalog.tables()
        catalog.lease("news.example", this_process(), 60, START)
        assert catalog.tables() == before
        catalog.clear()
        assert not catalog.lease("news.example", "other", 1, START)


def test_times_have_one_shape_that_sorts(catalog: Catalog) -> None:
    catalog.apply(key(1), [content(1, "a", time="2026-11-01T01:00:00Z")], OUTLET)
    assert catalog.events()[0].time == stamp(START + timedelta(hours=1))
