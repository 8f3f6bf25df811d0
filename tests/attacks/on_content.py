"""Attacks by somebody who knows the format and makes what they add or edit as good as it can be, without the key."""

from __future__ import annotations

import gzip
import hashlib
import random
import zlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import orjson

from archive import acts, cdx, judge, keys, observation, plan, records, spool, warc
from archive import outlet as outlets
from archive.plan import Plan
from tests.attacks import forge
from tests.attacks.ledger import Shelf
from tests.attacks.press import Clock, Press
from tests.attacks.scene import ALTERED, UNLOGGED, Attacks, Expected, Scene, says

attack = Attacks()


# Added


@attack("a back-dated run: plan, WARC, observations, CDXJ and snapshots that agree", quick=True)
def back_dated(at: Scene) -> Expected:
    objects = run_of(at, datetime(2019, 3, 4, 5, 6, 7, tzinfo=UTC))
    at.bucket.put_all(objects)
    return says(UNLOGGED, *objects)


@attack("one more snapshot of an article")
def snapshot_added(at: Scene) -> Expected:
    key = at.snapshots(at.files()[0])[0]
    folder, _, name = key.rpartition("/")
    lie, _ = forge.other_text(at.clean[key])
    made = f"{folder}/{hashlib.sha256(name.encode()).hexdigest()[:12]}.json.gz"
    at.bucket.put(made, lie)
    return says(UNLOGGED, made)


@attack("an act added that lifts a restriction, dated back")
def act_added(at: Scene) -> Expected:
    ruled = next(acts.load(at.clean[key]) for key in at.bucket.keys("acts/") if b'"act":"restrict"' in at.clean[key])
    lie = acts.dump(replace(ruled, act="lift", time=acts.stamp(ruled.when + timedelta(minutes=5)), reason="انتهى التهديد"))
    at.bucket.put(acts.key_of(lie), lie)
    return says(UNLOGGED, acts.key_of(lie))


def run_of(at: Scene, when: datetime) -> dict[str, bytes]:
    """All the objects of a run at that time, made as Warraq makes them; no leaf is in the log."""
    clock, outlet = Clock(when), replace(at.made.outlets[0], articles=3)
    run = keys.run_id(when, "attacks", "forged")
    wanted = Plan(run=run, outlet=outlet.name, walk=True, walk_since=when.isoformat())
    folder = at.made.folder / "forged"
    shelf = Shelf()
    Press(outlet, clock, random.Random(1)).write(folder, wanted, 0)
    place = outlets.load(at.made.settings.outlets / f"{outlet.name}.toml")
    for key in spool.upload(shelf, folder):
        stem = keys.parse_stem(key)
        judged = [one for it in warc.captures(shelf.get(key)) for one in judge.judge(it, key, place, None, run)]
        shelf.objects |= {
            one.observation.reading.snapshot: one.snapshot for one in judged if one.snapshot and one.observation.reading
        }
        lines = [digested(one) for one in judged]
        shelf.objects |= {stem.observations: observation.dump(lines), stem.cdxj: cdx.lines(lines)}
    return shelf.objects | {keys.plan(outlet.name, run): plan.dump(wanted)}


def digested(one: judge.Judged) -> observation.Observation:
    seen = one.observation
    if seen.reading is None or one.snapshot is None:
        return seen
    return replace(seen, reading=replace(seen.reading, snapshot_digest=records.digest(one.snapshot)))


# Edited, as well as it can be


@attack("observations edited: another class")
def observations_edited(at: Scene) -> Expected:
    stem = at.files()[0]
    lines = at.lines(stem)
    n = next(n for n, line in enumerate(lines) if line.klass == "content")
    lines[n] = replace(lines[n], klass="gone", reason="http-404", reading=None)
    at.change(stem.observations, lambda _: observation.dump(lines))
    return says(ALTERED, stem.observations)


@attack("observations packed by another gzip, the same lines")
def observations_repacked(at: Scene) -> Expected:
    stem = at.files()[0]
    at.change(stem.observations, lambda data: zlib.compress(gzip.decompress(data), 1, wbits=31))
    return says(ALTERED, stem.observations)


@attack("a snapshot's text edited, its digests made to fit")
def snapshot_edited(at: Scene) -> Expected:
    key = at.snapshots(at.files()[0])[0]
    at.change(key, lambda data: forge.other_text(data)[0])
    return says(ALTERED, key)


@attack("a snapshot, its observations and its CDXJ edited to agree")
def edited_to_agree(at: Scene) -> Expected:
    stem = at.files()[0]
    key = at.snapshots(stem)[0]
    objects = dict(zip((key, stem.observations, stem.cdxj), forge.consistent(at.lines(stem), key, at.clean[key]), strict=True))
    for name, data in objects.items():
        at.change(name, lambda _, data=data: data)  # type: ignore[misc]
    return says(ALTERED, *objects)


@attack("a line taken out of a CDXJ")
def cdxj_line(at: Scene) -> Expected:
    stem = at.files()[0]
    at.change(stem.cdxj, lambda data: b"".join(line for n, line in enumerate(data.splitlines(keepends=True)) if n != 2))
    return says(ALTERED, stem.cdxj)


@attack("a plan edited: a revisit taken out")
def plan_edited(at: Scene) -> Expected:
    key = at.bucket.keys("plans/")[-1]
    at.change(key, lambda data: forge.edit_json(data, lambda row: row["revisits"].pop()))
    return says(ALTERED, key)


@attack("a seed file edited")
def seed_edited(at: Scene) -> Expected:
    key = next(key for key in at.bucket.keys("seeds/") if key.endswith("001.txt"))
    at.change(key, lambda data: data.replace("ألفاً".encode(), "مليوناً".encode()))
    return says(ALTERED, key)


@attack("a seed file and its SHA256SUMS edited to agree")
def seeds_edited(at: Scene) -> Expected:
    key = next(key for key in at.bucket.keys("seeds/") if key.endswith("001.txt"))
    sums = f"{key.rpartition('/')[0]}/SHA256SUMS"
    lie = at.clean[key].replace("ألفاً".encode(), "مليوناً".encode())
    old, new = (hashlib.sha256(data).hexdigest().encode() for data in (at.clean[key], lie))
    at.change(key, lambda _: lie)
    at.change(sums, lambda data: data.replace(old, new))
    return says(ALTERED, key, sums)


@attack("meta/archive.json edited: who made it")
def archive_edited(at: Scene) -> Expected:
    at.change("meta/archive.json", lambda data: data.replace(b'"attacks"', b'"others"'))
    return says(ALTERED, "meta/archive.json")


@attack("meta/archive.json edited: another archive's id")
def archive_renamed(at: Scene) -> Expected:
    archive = orjson.loads(at.clean["meta/archive.json"])["id"]
    at.change("meta/archive.json", lambda data: data.replace(archive.encode(), archive[::-1].encode()))
    return says(ALTERED, "meta/archive.json")


@attack("an act edited: another reason")
def act_edited(at: Scene) -> Expected:
    key = at.bucket.keys("acts/")[0]
    at.change(
        key, lambda data: orjson.dumps({**orjson.loads(data), "reason": "طلب القراء"}, option=orjson.OPT_SORT_KEYS) + b"\n"
    )
    return says(ALTERED, key)
