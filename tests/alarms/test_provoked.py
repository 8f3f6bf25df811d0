"""Every condition of the runbook, provoked once in a real archive, and remedied as the runbook says."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from archive import keys
from archive.alarms.conditions import CONDITIONS
from archive.alarms.ledger import calm
from archive.alarms.row import AlarmRow
from archive.catalog import Catalog, models
from archive.catalog.alarms import Measure
from archive.latency import stamp
from archive.log.leaf import Unit, of_object
from archive.settings import from_environment
from archive.spool import Spool
from archive.steps import alarms, outcome
from archive.steps.rebuild import rebuild
from archive.steps.workshop import Workshop
from tests.copies import another, place
from tests.evidence import Press
from tests.histories import line
from tests.outside import Authority, Webhook
from tests.servers import Relay, Server, _Handler, _Serving
from tests.test_catalog import key
from tests.test_drift_catalog import OUTLET, story
from tests.wadi import Wadi, new_run, wadi

pytestmark = pytest.mark.long  # a minute and more, most of it other processes starting
NOW = datetime.now(UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PROVOKED: set[str] = set()


@pytest.fixture(scope="module")
def made(weed: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wadi]:
    """One whole run of a newsroom of two articles."""
    with wadi(weed, tmp_path_factory.mktemp("provoked"), articles=2) as found:
        found.run()
        yield found


@pytest.fixture
def at(made: Wadi) -> Iterator[Wadi]:
    """No alarm of another test."""
    with made.shop().catalog._database.write("test") as connection:
        for table in (models.alarm, models.measure):
            connection.execute(table.delete())
    look(made)  # the installation is known since then
    yield made
    made.outlet_file()


def look(
    at: Wadi, later: timedelta = timedelta(), catalog: Catalog | None = None, **env: str
) -> dict[tuple[str, str], AlarmRow]:
    """A check at another time, or with other settings: what is open after it, by condition and subject."""
    shop = Workshop(from_environment({**at.env, **env}), clock=lambda: datetime.now(UTC) + later, say=at.said.append)
    if catalog is not None:
        shop.__dict__["catalog"] = catalog
    with pytest.MonkeyPatch.context() as patch:  # the S3 client asks the process's environment
        for name, value in env.items():
            patch.setenv(name, value)
        alarms.check(shop)
    return {(row.condition, row.subject): row for row in shop.catalog.alarms()}


def opened(found: Mapping[tuple[str, str], AlarmRow], condition: str, subject: str = "", evidence: str = "") -> AlarmRow:
    row = found[condition, subject]
    assert evidence in row.evidence, row.evidence
    assert row.remedy
    PROVOKED.add(condition)
    return row


def over(at: Wadi, condition: str, subject: str = "", later: timedelta = timedelta(), **more: Any) -> None:
    """Right at this check, and closed once it has been right for its calm."""
    assert look(at, later, **more)[condition, subject].right
    held = at.shop().catalog if "catalog" not in more else more["catalog"]
    (one,) = [one for one in held.recent_alarms(NOW - DAY) if one.key == (condition, subject)]
    assert (condition, subject) not in look(at, later + calm(one) + timedelta(seconds=5), **more)


def test_an_outlet_falls_silent(at: Wadi) -> None:
    assert ("outlet-silent", "wadi") not in look(at, HOUR)
    opened(look(at, 3 * HOUR), "outlet-silent", "wadi", "No capture since")
    at.run()
    over(at, "outlet-silent", "wadi")


def test_a_broken_outlet_file(at: Wadi) -> None:
    bad = at.folder / "outlets" / "other.toml"
    bad.write_text("name = ", "utf-8")
    opened(look(at), "outlet-file", "other.toml", "cannot be read")
    bad.unlink()
    over(at, "outlet-file", "other.toml")


def test_a_run_failed(at: Wadi) -> None:
    catalog = at.shop().catalog
    outcome.failed(catalog, "warraq_wadi", "seal", datetime.now(UTC), "the bucket is gone — make it", by_hand=False)
    opened(look(at), "run-failed", "warraq_wadi", "seal: the bucket is gone")
    outcome.succeeded(catalog, "warraq_wadi", "seal", datetime.now(UTC))
    over(at, "run-failed", "warraq_wadi")


def test_a_run_by_hand_that_failed_is_over_after_a_day(at: Wadi) -> None:
    catalog = at.shop().catalog
    outcome.failed(catalog, "capture_url", "capture", datetime.now(UTC), "no address", by_hand=True)
    assert ("run-failed", "capture_url") in look(at)
    assert look(at, 25 * HOUR)["run-failed", "capture_url"].right


def test_captures_lie_in_the_spool(at: Wadi) -> None:
    """A machine died after its crawl: `warraq seal --all` uploads and seals them."""
    import os

    shop = at.shop()
    run = new_run(shop)
    at.step("plan", run)
    told = Press(at)
    told.content(0.0, 1, ("نص قصير.",))
    folder = shop.settings.spool / "wadi"
    spool = Spool(folder, "wadi", run, 1, {"software": "test"}, lambda: NOW, lambda: str(uuid4()))
    for exchange in told.waiting:
        spool.add(exchange)
    spool.close()
    for path in folder.iterdir():
        os.utime(path, (NOW.timestamp() - 20_000,) * 2)
    opened(look(at), "spool", "wadi", "1 files lie in the spool")
    assert at.call("seal", "--all").returncode == 0
    over(at, "spool", "wadi")


def test_the_audit_finds_something(at: Wadi) -> None:
    found = max(name for name in at.held() if name.startswith("observations/"))
    right = at.client.get_object(**at.place(found))["Body"].read()
    at.client.put_object(**at.place(found), Body=b"other bytes")
    assert at.call("audit", "--within", "1d").returncode == 65
    row = opened(look(at), "audit-finding", "", found)
    assert row.severity == "urgent"
    at.client.put_object(**at.place(found), Body=right)
    assert at.call("audit", "--within", "1d").returncode == 0
    over(at, "audit-finding")


def test_no_audit_for_days(at: Wadi) -> None:
    opened(look(at, 3 * DAY), "audit-overdue", "", "The last audit was at")
    at.call("audit", "--within", "1d")
    over(at, "audit-overdue")


def test_the_key_is_missing_and_leaves_stay_unsigned(at: Wadi, tmp_path: Path) -> None:
    opened(look(at, WARRAQ_LOG_KEY_FILE=str(tmp_path / "none")), "log-unsigned", "", "key")
    over(at, "log-unsigned")
    log = at.shop().log
    run = new_run(at.shop())
    at.step("plan", run)
    plan = keys.plan("wadi", run)
    log.append([Unit((of_object("plan", plan, at.shop().store.get(plan)),))], log.mark())
    assert "leaves are unsigned" in look(at, 2 * HOUR)["log-unsigned", ""].evidence
    assert at.call("seal", "--all").returncode in (0, 99)
    assert look(at, 2 * HOUR)["log-unsigned", ""].right


def test_nobody_stamps(at: Wadi, tmp_path: Path) -> None:
    with Authority(tmp_path / "tsa") as authority:
        env = {"WARRAQ_TSA": authority.endpoint, "WARRAQ_TSA_ROOTS": str(authority.roots)}
        opened(look(at, 2 * HOUR, **env), "outside", "time stamps", "no token yet")
        assert at.call("anchor", env=env).returncode == 0
        over(at, "outside", "time stamps", 2 * HOUR, **env)


def test_the_second_copy_is_behind_and_then_refused(at: Wadi, tmp_path_factory: pytest.TempPathFactory) -> None:
    with another(tmp_path_factory.mktemp("copy")) as server:
        copy = place(server)
        env = {"WARRAQ_MIRROR": copy.address, **copy.env}
        opened(look(at, 3 * DAY, **env), "mirror", "", "never brought up to date")
        assert at.call("mirror", env=env).returncode == 0
        over(at, "mirror", "", **env)
        assert at.call("mirror", env={**env, "WARRAQ_MIRROR_SECRET_ACCESS_KEY": "wrong"}).returncode == 78
        assert ("mirror", "") in look(at, **env)
        assert at.call("mirror", env=env).returncode == 0
        assert look(at, **env)["mirror", ""].right


def test_the_store_is_away_and_hides_what_follows_from_it(at: Wadi) -> None:
    found = look(at, 3 * HOUR, AWS_ENDPOINT_URL_S3="http://127.0.0.1:9")
    row = opened(found, "store", "", "127.0.0.1:9")
    assert row.severity == "urgent"
    assert ("outlet-silent", "wadi") not in found
    over(at, "store")


def test_the_catalog_lacks_what_the_bucket_has(at: Wadi, tmp_path: Path) -> None:
    env = {"WARRAQ_CATALOG": f"sqlite:///{tmp_path}/new.db"}
    found = look(at, 7 * HOUR, **env)
    opened(found, "catalog-behind", "", "observations objects are not in it")
    assert at.call("rebuild", env=env).returncode == 0
    assert look(at, 7 * HOUR, **env)["catalog-behind", ""].right
    assert ("catalog-behind", "") not in look(at, 8 * HOUR, **env)


def test_a_rebuild_dies_half_way(at: Wadi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    env = {"WARRAQ_CATALOG": f"sqlite:///{tmp_path}/new.db"}
    shop = Workshop(from_environment({**at.env, **env}), say=at.said.append)
    shop.catalog.measure([Measure("outlet", "wadi", stamp(NOW - 30 * DAY), 0.0)])

    def dies(*_: Any) -> None:
        raise OSError("killed")

    monkeypatch.setattr(Catalog, "apply_all", dies)
    with pytest.raises(OSError, match="killed"):
        rebuild(shop, {"wadi": shop.outlet("wadi")}, lambda done, of: None)
    monkeypatch.undo()
    while_it_lives = look(at, HOUR / 2, **env)
    assert {condition for condition, _ in while_it_lives} <= {"audit-overdue"}, "nothing rests on half a catalog"
    found = look(at, 7 * HOUR, **env)
    opened(found, "rebuild", "", "0 of ")
    assert not {"catalog-behind", "backlog", "mass-deletion", "layout"} & {condition for condition, _ in found}
    assert at.call("rebuild", env=env).returncode == 0
    assert look(at, 7.1 * HOUR, **env)["rebuild", ""].right
    assert ("rebuild", "") not in look(at, 8 * HOUR, **env)


def test_a_part_cannot_be_looked_at(at: Wadi, tmp_path: Path) -> None:
    row = opened(look(at, WARRAQ_OUTLETS=str(tmp_path / "none")), "not-judged", "outlet files", "no such folder")
    assert row.severity == "act"
    over(at, "not-judged", "outlet files")


class _Health(_Handler):
    def do_GET(self) -> None:
        self.answer(200, json.dumps(self.server.owner.said).encode())  # type: ignore[attr-defined]


class Health(_Serving):
    """Airflow's word on its parts."""

    handler = _Health

    def __init__(self, said: Mapping[str, Any]) -> None:
        self.said = said


def airflow_db(path: Path, **dag: Any) -> None:
    """As much of Airflow's tables as a check reads; they are its own in tests/dags/test_airflow_dags.py."""
    due = f"{datetime.now(UTC) - HOUR:%Y-%m-%d %H:%M:%S.%f}"
    row = {
        "dag_id": "warraq_audit",
        "is_paused": 0,
        "is_stale": 0,
        "timetable_summary": "53 1 * * *",
        "next": due,
        "bundle": "b",
    }
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as made, made:
        made.execute("CREATE TABLE dag (dag_id, is_paused, is_stale, timetable_summary, next_dagrun_create_after, bundle_name)")
        made.execute("CREATE TABLE dag_tag (name, dag_id)")
        made.execute("CREATE TABLE dag_run (dag_id, state)")
        made.execute("CREATE TABLE import_error (filename, stacktrace, bundle_name)")
        made.execute(
            "INSERT INTO dag VALUES (:dag_id, :is_paused, :is_stale, :timetable_summary, :next, :bundle)", {**row, **dag}
        )
        made.execute("INSERT INTO dag_tag VALUES ('warraq', 'warraq_audit')")
        made.execute("INSERT INTO import_error VALUES ('dags/watch.py', 'Traceback\nImportError: no such name', 'b')")


def test_dags_that_are_paused_late_or_broken(at: Wadi, tmp_path: Path) -> None:
    path = tmp_path / "airflow.db"

    def beats(later: timedelta) -> dict[str, Any]:
        beat = (datetime.now(UTC) + later).isoformat()
        return {"metadatabase": {"status": "healthy"}, "scheduler": {"status": "healthy", "latest_scheduler_heartbeat": beat}}

    with Health(beats(timedelta())) as airflow:
        env = {"WARRAQ_AIRFLOW_URL": airflow.endpoint, "WARRAQ_AIRFLOW_DB": f"sqlite:///{path}"}
        airflow_db(path)
        assert not [condition for condition, _ in look(at, **env) if condition == "dag-idle"], "Airflow may be starting"
        airflow.said = beats(0.6 * HOUR)
        found = look(at, 0.6 * HOUR, **env)
        opened(found, "dag-idle", "warraq_audit", "A run was due at")
        opened(found, "dag-idle", "warraq_sweep", "Airflow knows no DAG of this name.")
        opened(found, "dag-broken", "watch.py", "ImportError: no such name")
        airflow_db(path, is_paused=1)
        airflow.said = beats(0.7 * HOUR)
        found = look(at, 0.7 * HOUR, **env)
        row = opened(found, "dag-paused", "warraq_audit", "not done until it is resumed")
        assert (row.severity, row.told) == ("act", ""), "for an hour nobody is told: somebody may be at work"
        assert found["dag-idle", "warraq_audit"].right
        airflow_db(path, next=None)
        over(at, "dag-paused", "warraq_audit", 0.8 * HOUR, **env)


def test_a_failure_of_a_dag_that_is_gone_ends_by_itself(at: Wadi, tmp_path: Path) -> None:
    path = tmp_path / "airflow.db"
    airflow_db(path, next=None)
    env = {"WARRAQ_AIRFLOW_URL": "http://127.0.0.1:9", "WARRAQ_AIRFLOW_DB": f"sqlite:///{path}"}
    outcome.failed(at.shop().catalog, "warraq_gone", "crawl", datetime.now(UTC), "no such site", by_hand=False)
    assert look(at)["run-failed", "warraq_gone"].right == ""
    over(at, "run-failed", "warraq_gone", **env)
    (row,) = [one for one in at.shop().catalog.alarms(open_only=False) if one.subject == "warraq_gone"]
    assert row.evidence == "Airflow knows no DAG of this name any more. What it said last: crawl: no such site"


def test_a_failure_is_forgotten_by_a_person(at: Wadi) -> None:
    outcome.failed(at.shop().catalog, "warraq_gone", "crawl", datetime.now(UTC), "no such site", by_hand=False)
    row = look(at)["run-failed", "warraq_gone"]
    assert at.call("alarms", "--forget", row.id).returncode == 78
    done = at.call("alarms", "--forget", row.id, "--reason", "withdrawn", env={"WARRAQ_OPERATOR": "amal"})
    assert (done.returncode, done.stdout) == (0, f"alarms: {row.id} forgotten by amal (A run failed: warraq_gone)\n")
    assert ("run-failed", "warraq_gone") not in look(at)
    other = next(iter(look(at, 3 * DAY).values()))
    refused = at.call("alarms", "--forget", other.id, "--reason", "x")
    assert (refused.returncode, "ends once it is right" in refused.stderr) == (78, True)


def test_the_disk_will_be_full_in_four_days(at: Wadi) -> None:
    catalog, state = at.shop().catalog, at.settings.state
    free = shutil.disk_usage(state).free
    past = [Measure("disk", str(state), stamp(NOW - n * HOUR), free + n * free / 96) for n in range(1, 49)]
    catalog.measure(past)
    row = opened(look(at), "disk", str(state), "it will be full in 4.0 days")
    assert row.severity == "act"
    with catalog._database.write("test") as connection:  # as if space had been freed a week ago
        connection.execute(models.measure.delete().where(models.measure.c.name == "disk"))
    over(at, "disk", str(state))


def test_the_clock_is_off(at: Wadi) -> None:
    with Relay(at.env["AWS_ENDPOINT_URL_S3"]) as relay:
        for ahead, severity in ((10, "act"), (100, "urgent")):
            relay.date = format_datetime(datetime.now(UTC) - timedelta(seconds=ahead), usegmt=True)
            row = opened(look(at, AWS_ENDPOINT_URL_S3=relay.endpoint), "clock", "", "ahead of the store's")
            assert row.severity == severity
    over(at, "clock")


def test_airflow_does_not_answer(at: Wadi) -> None:
    """That a scheduler that was killed is told, with a real one: tests/alarms/test_dead_man.py."""
    opened(look(at, WARRAQ_AIRFLOW_URL="http://127.0.0.1:9"), "scheduler", "api-server", "does not answer")
    PROVOKED.add("scheduler")


def test_nobody_takes_what_is_told(at: Wadi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archive.steps.tell.PAUSES", (None,))
    bad = at.folder / "outlets" / "other.toml"
    bad.write_text("name = ", "utf-8")
    try:
        look(at, WARRAQ_WEBHOOK="http://127.0.0.1:9/hook")
        opened(look(at, WARRAQ_WEBHOOK="http://127.0.0.1:9/hook"), "unheard", "", "127.0.0.1:9")
        with Webhook() as hook:
            look(at, WARRAQ_WEBHOOK=hook.endpoint)
            told = json.loads(hook.seen[0][1])
        assert {one["condition"] for one in told["alarms"]} == {"outlet-file", "unheard"}
        assert "An outlet file cannot be used: other.toml" in told["text"]
        assert look(at)["unheard", ""].right
    finally:
        bad.unlink()


# What the catalog alone shows: an outlet of observations that the tests make


@pytest.fixture
def example(at: Wadi, tmp_path: Path) -> Iterator[tuple[Catalog, dict[str, str]]]:
    """A catalog of its own with the outlet `example`, whose file is the only one."""
    (tmp_path / "outlets").mkdir()
    (tmp_path / "outlets" / "example.toml").write_text('name="example"\ntitle="x"\nurl="https://news.example/"\n', "utf-8")
    catalog = Catalog(f"sqlite:///{tmp_path}/example.db")
    catalog.migrate()
    yield catalog, {"WARRAQ_OUTLETS": str(tmp_path / "outlets")}
    catalog.close()


def shifted(hours: float, klass: str, url: str, **more: Any) -> Any:
    """A line so many hours before now."""
    when = NOW - hours * HOUR
    return replace(line(0, klass, url, **more), time=stamp(when), record=f"<urn:uuid:{url[-6:]}{hours}{klass}>", offset=hash((url, hours, klass)) % 10**9)  # fmt: skip


def test_a_site_that_tells_nothing(at: Wadi, example: tuple[Catalog, dict[str, str]]) -> None:
    catalog, env = example
    url = "https://news.example/a-000001"
    catalog.apply(key(1), [shifted(30, "blocked", url, status=403), shifted(2, "blocked", url, status=403)], OUTLET)
    row = opened(look(at, catalog=catalog, **env), "outlet-failing", "example", "Every answer since")
    assert row.severity == "act", "for more than a day"
    from tests.histories import content

    catalog.apply(key(2), [replace(content(0, "نص", url=url), time=stamp(NOW - HOUR / 6))], OUTLET)
    over(at, "outlet-failing", "example", catalog=catalog, **env)


def test_many_articles_go_at_once(at: Wadi, example: tuple[Catalog, dict[str, str]]) -> None:
    from tests.histories import content

    catalog, env = example
    urls = [f"https://news.example/a-{n:06}" for n in range(12)]
    before = [replace(content(0, f"نص {n}", url=url), time=stamp(NOW - 40 * HOUR)) for n, url in enumerate(urls)]
    gone = [shifted(hours, "gone", url, status=404, reason="http-404") for url in urls for hours in (20, 2)]
    catalog.apply(key(1), before, OUTLET)
    catalog.apply(key(2), gone, OUTLET)
    opened(look(at, catalog=catalog, **env), "mass-deletion", "example", "12 of 12 articles went within a day.")
    assert look(at, DAY, catalog=catalog, **env)["mass-deletion", "example"].right


def test_a_new_look(at: Wadi, example: tuple[Catalog, dict[str, str]]) -> None:
    catalog, env = example
    for one in story()[:3]:
        catalog.apply(*one, OUTLET)
    row = opened(look(at, catalog=catalog, **env), "layout", "example", "drawn by another theme")
    assert row.severity == "act"
    from tests.test_drift_catalog import accept

    catalog.note_acts(accept())
    catalog.settle(OUTLET)
    later = timedelta(hours=1, minutes=1)  # what was found of a run counts for an hour
    assert look(at, later, catalog=catalog, **env)["layout", "example"].right


def test_a_backlog_that_grows(at: Wadi, example: tuple[Catalog, dict[str, str]]) -> None:
    catalog, env = example
    catalog.apply(key(1), [shifted(1, "blocked", "https://news.example/a-000001", status=403)], OUTLET)
    catalog.measure(Measure("waiting", "example", stamp(NOW - n * HOUR), 3000 - 20 * n) for n in range(72))
    opened(look(at, catalog=catalog, **env), "backlog", "example", "480 more each day")
    catalog.measure(Measure("waiting", "example", stamp(NOW + n * HOUR), 3000 - 50 * n) for n in range(1, 50))
    assert look(at, 50 * HOUR, catalog=catalog, **env)["backlog", "example"].right


def test_twelve_outlets_are_one_message_and_one_notice(at: Wadi, tmp_path: Path) -> None:
    names = [f"paper{n}" for n in range(12)]
    (tmp_path / "outlets").mkdir()
    for name in names:
        text = f'name="{name}"\ntitle="{name}"\nurl="https://{name}.example/"\n'
        (tmp_path / "outlets" / f"{name}.toml").write_text(text, "utf-8")
    catalog = Catalog(f"sqlite:///{tmp_path}/twelve.db")
    catalog.migrate()
    with Webhook() as hook:
        env = {"WARRAQ_OUTLETS": str(tmp_path / "outlets"), "WARRAQ_WEBHOOK": hook.endpoint}
        for minutes in (0, 180, 190, 200):
            look(at, minutes * HOUR / 60, catalog=catalog, **env)
        for n, name in enumerate(names):
            seen = replace(line(0, "blocked", f"https://{name}.example/1", outlet=name), time=stamp(NOW + 3 * HOUR))
            stem = keys.Stem(name, keys.run_id(NOW, "test", str(n)), 1, 1, "0" * 12)
            catalog.apply(stem.observations, [seen], replace(OUTLET, name=name))
        for minutes in range(205, 250, 5):
            look(at, minutes * HOUR / 60, catalog=catalog, **env)
        posts = [json.loads(body) for _, body in hook.seen]
    told = [[(one["told"], one["subject"]) for one in post["alarms"] if one["condition"] == "outlet-silent"] for post in posts]
    assert [sorted(subjects) for subjects in told if subjects] == [
        sorted(("new", name) for name in names),
        sorted(("over", name) for name in names),
    ]
    assert "Nothing is captured (12): " in posts[0]["text"]
    assert "and 6 more" in posts[0]["text"]
    catalog.close()


def test_somebody_sees_to_it(at: Wadi) -> None:
    outcome.failed(at.shop().catalog, "warraq_wadi", "seal", datetime.now(UTC), "the bucket is gone", by_hand=False)
    row = look(at)["run-failed", "warraq_wadi"]
    listed = at.call("alarms")
    assert f"{row.id}  act " in listed.stdout
    assert "docs/OPERATIONS.md#run-failed" in listed.stdout
    assert at.call("alarms", "--acknowledge", row.id).returncode == 78
    assert at.call("alarms", "--acknowledge", "00000000", "--reason", "x").returncode == 78
    done = at.call("alarms", "--acknowledge", row.id, "--reason", "أتابع", env={"WARRAQ_OPERATOR": "amal"})
    assert (done.returncode, done.stdout) == (0, f"alarms: {row.id} acknowledged by amal (A run failed: warraq_wadi)\n")
    (said,) = [json.loads(text) for text in at.call("alarms", "--json").stdout.splitlines()]
    assert (said["acknowledged_by"], said["reason"]) == ("amal", "أتابع")
    assert look(at)["run-failed", "warraq_wadi"].acknowledged_by == "amal", "the next check keeps it"


def test_a_rebuild_leaves_alarms_alone(at: Wadi) -> None:
    outcome.failed(at.shop().catalog, "warraq_wadi", "seal", datetime.now(UTC), "the bucket is gone", by_hand=False)
    before = set(look(at))
    assert at.call("rebuild").returncode == 0
    assert {(row.condition, row.subject) for row in at.shop().catalog.alarms()} == before


def test_each_condition_was_provoked(request: pytest.FixtureRequest) -> None:
    """Keeps this file and the runbook together; only when all of it ran."""
    ran = {item.name for item in request.session.items if item.path == request.path}
    mine: list[Callable[..., None]] = [f for name, f in globals().items() if name.startswith("test_") and callable(f)]
    if len(ran) < len(mine):
        pytest.skip("only some of the tests were asked for")
    assert set(CONDITIONS) == PROVOKED
