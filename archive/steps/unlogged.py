"""Objects that no leaf names: where they are looked for, and whether each is what its key says."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from archive import acts, cdx, check, keys, observation, plan, snapshot
from archive.errors import BadRecord
from archive.store import Store

DAYS = 7  # that may pass until a run of this machine is sealed, as in archive.steps.pending
_GIVEN = ("plans", "warc")  # of a run; the rest is derived from these
_ALL = ("seeds", *_GIVEN, "observations", "snapshots", "cdxj", "acts")
_SUMS = "SHA256SUMS"


def recent(store: Store, outlets: Iterable[str], now: datetime) -> list[str]:
    """Keys of the last days' objects, logged or not, that nothing else could give again."""
    day = f"{now - timedelta(days=DAYS):%Y/%m/%d}"
    found = sorted(store.list("seeds/"), key=lambda key: key.endswith(_SUMS))
    for outlet in sorted(outlets):
        for kind in _GIVEN:
            found += sorted(store.list(f"{kind}/{outlet}/", after=f"{kind}/{outlet}/{day}"))
    found += sorted(store.list(acts.PREFIX, after=f"{acts.PREFIX}{day}"))
    return list(filter(keys.possible, found))


def everything(store: Store) -> Iterator[str]:
    """Every key that a leaf may name, but `meta/archive.json` and keys of the log."""
    for kind in _ALL:
        yield from sorted(store.list(f"{kind}/"))


def look(store: Store, key: str, data: bytes) -> None:
    """BadRecord unless these bytes are what the key says. That they were captured is another matter: a leaf says it."""
    kind = key.partition("/")[0]
    if kind == "warc":
        _sha12(keys.parse_stem(key).sha12, data)
        if wrong := check.check(data).findings:
            raise BadRecord(wrong[0])
    elif kind == "plans":
        told = plan.load(data)
        _is(keys.plan(told.outlet, told.run), key)
    elif kind == "observations":
        keys.parse_stem(key)
        observation.load(data)
    elif kind == "cdxj":
        lines = observation.load(store.get(keys.parse_stem(key).observations))
        _is(cdx.lines(lines), data)
    elif kind == "snapshots":
        _is(_snapshot_key(data), key)
    elif kind == "acts":
        _is(acts.key_of(data), key)
    elif kind == "seeds":
        _seed(store, key, data)
    else:
        raise BadRecord("an object of no kind that is known here")


def _snapshot_key(data: bytes) -> str:
    held = snapshot.load(data)
    try:
        when, payload = datetime.fromisoformat(held["captured"]), held["capture"]["payload"].removeprefix("sha256:")
        return keys.snapshot(held["outlet"], held["article"], when, payload, held["reading"]["id"])
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise BadRecord(f"not a snapshot: {error!r}") from error


def _seed(store: Store, key: str, data: bytes) -> None:
    folder, _, name = key.rpartition("/")
    sums = data if name == _SUMS else store.get(f"{folder}/{_SUMS}")
    _sha12(folder.rpartition("/")[2], sums)
    if name != _SUMS and f"{hashlib.sha256(data).hexdigest()}  {name}" not in sums.decode().splitlines():
        raise BadRecord("it is not the seed file of its SHA256SUMS")


def _sha12(told: str, data: bytes) -> None:
    _is(hashlib.sha256(data).hexdigest()[:12], told)


def _is(found: str | bytes, told: str | bytes) -> None:
    if found != told:
        raise BadRecord("it is not what its name says")
