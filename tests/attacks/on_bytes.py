"""Attacks on single bytes, records and objects: turned, cut short, exchanged, removed. Somebody may write to the bucket, no more."""

from __future__ import annotations

from archive import warc
from tests.attacks import forge
from tests.attacks.scene import ALTERED, MISSING, SWAPPED, TRUNCATED, Attacks, Expected, Scene, says

attack = Attacks()


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


@attack("two captures exchanged within a WARC")
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


@attack("a capture of another file put behind the last record of a WARC")
def capture_appended(at: Scene) -> Expected:
    stem, other = at.files()[0], at.files()[-1]
    part = next(one for one in warc.parts(at.clean[other.warc]) if one.kind == "capture")
    at.change(stem.warc, lambda data: data + at.clean[other.warc][part.offset : part.offset + part.length])
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


@attack("SHA256SUMS cut short")
def sums_cut(at: Scene) -> Expected:
    key = next(key for key in at.bucket.keys("seeds/") if key.endswith("SHA256SUMS"))
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
    key, other, *_ = at.snapshots(at.files()[0])
    at.bucket.delete(key)
    return says(MISSING, key, url=at.line(key).url, innocent=at.line(other).url)


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


@attack("meta/archive.json removed")
def archive_removed(at: Scene) -> Expected:
    at.bucket.delete("meta/archive.json")
    return says(MISSING, "meta/archive.json")
