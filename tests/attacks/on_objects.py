"""Attacks on what the archive holds, by somebody who may write to the bucket and has no key."""

from __future__ import annotations

import gzip
import hashlib
import random
import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import orjson

from archive import acts, cdx, judge, keys, observation, plan, records, spool, warc
from archive import outlet as outlets
from archive.plan import Plan
from tests.attacks import forge
from tests.attacks.ledger import Shelf
from tests.attacks.press import Clock, Press
from tests.attacks.scene import ALTERED, MISSING, SWAPPED, TRUNCATED, UNLOGGED, Attack, Expected, Scene, says

ATTACKS: list[Attack] = []


def attack(name: str, *, quick: bool = False) -> Callable[[Callable[[Scene], Expected]], Callable[[Scene], Expected]]:
    def keep(do: Callable[[Scene], Expected]) -> Callable[[Scene], Expected]:
        ATTACKS.append(Attack(name, do, quick))
        return do

    return keep


# One byte, one record


@attack("one bit of a page in a WARC", quick=True)
def bit_in_payload(at: Scene) -> Expected:
    stem = at.files()[0]
    page = forge.page_of(at.clean[stem.warc], 2)
    at.change(stem.warc, lambda data: forge.flip(data, page.offset + page.length // 2))
    line = next(one for one in at.lines(stem) if one.offset == page.offset)
    return says(ALTERED, stem.warc, url=line.url)


@attack("one bit of a record's WARC header")
def bit_in_header(at: Scene) -> Expected:
    """The head of the member, packed: behind gzip's ten bytes comes what holds `WARC/1.1` and the fields."""
    stem = at.files()[-1]
    page = forge.page_of(at.clean[stem.warc])
    at.change(stem.warc, lambda data: forge.flip(data, page.offset + 24))
    return says(ALTERED, stem.warc)


@attack("one bit of a gzip header that changes nothing that is read")
def bit_in_gzip(at: Scene) -> Expected:
    stem = at.files()[0]
    page = forge.page_of(at.clean[stem.warc])
    at.change(stem.warc, lambda data: forge.flip(data, page.offset + 5))  # MTIME, RFC 1952 §2.3.1
    return says(ALTERED, stem.warc)


@attack("two captures exchanged within a WARC", quick=True)
def captures_swapped(at: Scene) -> Expected:
    stem = at.files()[0]
    at.change(stem.warc, forge.swap_captures)
    return says(SWAPPED, stem.warc)


@attack("two records exchanged within a WARC")
def records_swapped(at: Scene) -> Expected:
    stem = at.files()[0]
    at.change(stem.warc, forge.swap_records)
    return says(SWAPPED, stem.warc)


@attack("a WARC replaced by another valid one of equal length")
def equal_length(at: Scene) -> Expected:
    stem = at.files()[0]
    at.change(stem.warc, forge.other_warc)
    lie = at.bucket.get(stem.warc)
    if warc.check(lie).findings or len(lie) != len(at.clean[stem.warc]):
        raise AssertionError(f"the forged WARC is not good enough: {warc.check(lie).findings}")
    return says(ALTERED, stem.warc)


# Cut short


def cut(data: bytes) -> bytes:
    return data[: len(data) * 2 // 3]


@attack("a WARC cut short", quick=True)
def warc_cut(at: Scene) -> Expected:
    stem = at.files()[0]
    at.change(stem.warc, cut)
    return says(TRUNCATED, stem.warc)


@attack("a WARC cut after a whole record")
def warc_cut_between(at: Scene) -> Expected:
    stem = at.files()[0]
    at.change(stem.warc, lambda data: data[: forge.page_of(data, 2).offset])
    return says(TRUNCATED, stem.warc)


@attack("a snapshot cut short")
def snapshot_cut(at: Scene) -> Expected:
    key = at.snapshots(at.files()[0])[1]
    at.change(key, cut)
    return says(TRUNCATED, key)


@attack("a snapshot of no bytes")
def snapshot_emptied(at: Scene) -> Expected:
    key = at.snapshots(at.files()[0])[0]
    at.change(key, lambda _: b"")
    return says(TRUNCATED, key)


@attack("observations cut short")
def observations_cut(at: Scene) -> Expected:
    stem = at.files()[1]
    at.change(stem.observations, cut)
    return says(TRUNCATED, stem.observations)


@attack("a CDXJ cut short")
def cdxj_cut(at: Scene) -> Expected:
    stem = at.files()[0]
    at.change(stem.cdxj, cut)
    return says(TRUNCATED, stem.cdxj)


@attack("a plan cut short")
def plan_cut(at: Scene) -> Expected:
    key = at.bucket.keys("plans/")[1]
    at.change(key, cut)
    return says(TRUNCATED, key)


@attack("an act cut short")
def act_cut(at: Scene) -> Expected:
    key = at.bucket.keys("acts/")[0]
    at.change(key, cut)
    return says(TRUNCATED, key)


# Exchanged


def exchange(at: Scene, one: str, other: str) -> Expected:
    at.bucket.put(one, at.clean[other])
    at.bucket.put(other, at.clean[one])
    return says(SWAPPED, one, other)


@attack("two WARC objects exchanged")
def warcs_swapped(at: Scene) -> Expected:
    return exchange(at, at.files()[0].warc, at.files()[-1].warc)


@attack("two snapshots of one article exchanged", quick=True)
def snapshots_swapped(at: Scene) -> Expected:
    by_article: dict[str, list[str]] = {}
    for key in at.bucket.keys("snapshots/"):
        by_article.setdefault(key.split("/")[2], []).append(key)
    one, other = next(some for some in by_article.values() if len(some) > 1)[:2]
    return exchange(at, one, other)


# Removed


@attack("a snapshot removed", quick=True)
def snapshot_removed(at: Scene) -> Expected:
    key = at.snapshots(at.files()[0])[0]
    at.bucket.delete(key)
    return says(MISSING, key, url=at.line(key).url)


@attack("a version in the middle removed with all that tells of it")
def version_removed(at: Scene) -> Expected:
    """WARC, observations, CDXJ and snapshots of a run between others."""
    stem = at.files(pages=1)[len(at.files(pages=1)) // 2]
    gone = at.objects(at.unit(stem.warc))
    at.bucket.delete(*gone)
    return says(MISSING, *gone)


@attack("an act removed: a restriction made to vanish")
def act_removed(at: Scene) -> Expected:
    key = next(key for key in at.bucket.keys("acts/") if b'"act":"restrict"' in at.clean[key])
    at.bucket.delete(key)
    return says(MISSING, key)


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


@attack("a snapshot's text edited, its digests made to fit", quick=True)
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
