"""A second copy of the archive, in another bucket: how it is opened, and what this machine remembers of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path

from archive import marker
from archive.errors import Refused, UnsafeStore, WarraqError
from archive.log.leaf import Leaf
from archive.marker import Memory
from archive.s3 import S3Store
from archive.s3_client import make_copy_client, parse_address
from archive.settings import Settings

_NAMES = {  # what an error of the archive's own bucket tells to look at, and what it is called for the copy
    "AWS_ENDPOINT_URL_S3": "WARRAQ_MIRROR_ENDPOINT",
    "AWS_ACCESS_KEY_ID": "WARRAQ_MIRROR_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY": "WARRAQ_MIRROR_SECRET_ACCESS_KEY",
    "AWS_DEFAULT_REGION": "WARRAQ_MIRROR_REGION",
    "WARRAQ_BUCKET": "the address of the copy",
    "the Airflow connection": "WARRAQ_MIRROR_PROFILE, WARRAQ_MIRROR_CONNECTION",
    "; see warraq doctor": "",
    "ask warraq doctor": "look at the store's own log",
}


class CopyStore(S3Store):
    """The copy's bucket. Its errors name the settings of the copy."""

    def _failed(self, error: Exception, doing: str) -> WarraqError:
        found = super()._failed(error, doing)
        for ours, its in _NAMES.items():
            found.remedy = found.remedy.replace(ours, its)
        return found


def connect(settings: Settings, address: str, *, write: bool = False) -> CopyStore:
    """The bucket at `address` (`s3://bucket/prefix`), with the WARRAQ_MIRROR_… settings; nothing is asked of it yet."""
    return CopyStore(make_copy_client(settings), parse_address(address, "DEST"), write=write)


@dataclass
class Remembered:
    """`copies/<12 hex>.json` of the state folder: of one copy, its last probe and what could not be copied yet."""

    path: Path
    probe: Memory
    whole: bool  # whether all that the log held at some time was compared with it
    size: int = 0  # leaves that it had when this machine copied last
    open: dict[str, Leaf] = field(default_factory=dict)  # by key

    def note(self, waiting: Iterable[Leaf], size: int) -> None:
        """Remember what could not be copied, and forget what was; `size`: leaves that the copy has now."""
        self.size = size
        self.open = {one.key: one for one in waiting}
        self.save()

    def save(self) -> None:
        rows = [[one.kind, one.sha256, one.key] for one in self.open.values()]
        marker.remember(self.path, {"probe": asdict(self.probe), "whole": self.whole, "size": self.size, "open": rows})


def recall(settings: Settings, copy: S3Store) -> Remembered | None:
    """What this machine remembers of the copy; None when it has never written there."""
    path = _path(settings, copy)
    try:
        row = json.loads(path.read_text("utf-8"))
        waiting = [Leaf(*fields) for fields in row["open"]]
        return Remembered(path, Memory(**row["probe"]), bool(row["whole"]), int(row["size"]), {one.key: one for one in waiting})
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, KeyError) as error:
        raise Refused(f"{path} is damaged: {error!r}", "delete it: the next run compares everything again") from error


def _path(settings: Settings, copy: S3Store) -> Path:
    name = hashlib.sha256(f"{copy.endpoint} {copy.where}".encode()).hexdigest()[:12]
    return settings.state / "copies" / f"{name}.json"


def admit(source: S3Store, copy: S3Store, settings: Settings, now: datetime) -> Remembered:
    """Whether `copy` may be written to: empty or of this archive, elsewhere, and keeping conditional puts.

    Raises Refused or UnsafeStore before anything but a probe is put there.
    """
    if (source.endpoint, source.where.bucket) == (copy.endpoint, copy.where.bucket):
        raise Refused(f"{copy.where} is the bucket of the archive itself", "a copy needs another bucket, best of another owner")
    ours, theirs = source.get(marker.KEY), _marker(copy)
    held = marker.unpack(ours)
    if theirs is not None and theirs != ours:
        raise Refused(f"{copy.where} holds another archive", f"this one is {held.id}: give its copy a bucket of its own")
    remembered = recall(settings, copy)
    if remembered is None or not marker.fresh(remembered.probe, held, str(copy.where), copy.endpoint, now):
        _probe(source, copy)
        probe = Memory(held.id, held.sandbox, str(copy.where), copy.endpoint, now.isoformat(), True)
        fresh = Remembered(_path(settings, copy), probe, whole=False)
        remembered = replace(remembered, probe=probe) if remembered else fresh
    if theirs is None:
        copy.put(marker.KEY, ours)
        remembered.whole, remembered.open = True, {}  # it is empty: nothing can be wrong with it
    remembered.save()
    return remembered


def _marker(copy: S3Store) -> bytes | None:
    """`meta/archive.json` of the copy; None when it is empty. Refused when it is neither."""
    try:
        return copy.get(marker.KEY)
    except KeyError:
        pass
    other = next((key for key in copy.list("") if not key.startswith(marker.PROBES)), None)
    if other is None:
        return None
    try:
        return copy.get(marker.KEY)  # another machine may just have begun to copy
    except KeyError:
        raise Refused(
            f"{copy.where} holds {other}, and no archive", "give the copy an empty bucket or a prefix of its own"
        ) from None


def _probe(source: S3Store, copy: S3Store) -> None:
    try:
        left = marker.probe(copy)
    except UnsafeStore as error:
        raise UnsafeStore(f"{copy.where} at {copy.endpoint}: {error.what}", error.remedy) from error
    try:
        source.get(left)
    except KeyError:
        return
    raise Refused(f"{copy.where} is the archive itself under another name", "a second copy needs a bucket of its own")


def by_hand(store: S3Store, key: str) -> str:
    """What the owner of a bucket does about an object that Warraq does not overwrite: the words of a remedy."""
    at = f"--endpoint-url {store.endpoint} --bucket {store.where.bucket} --key {store.where.prefix}{key}"
    return (
        f"Warraq overwrites nothing. The owner of {store.where.bucket} keeps it aside: aws s3api get-object {at} FILE; "
        f"removes it: aws s3api delete-object {at} (of a versioned bucket, that version); and runs this again"
    )
