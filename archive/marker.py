"""Which archive a bucket holds, and whether this machine may write to it.

The bucket says it in `meta/archive.json`, put once. The state folder remembers in `store.json` which archive it
belongs to and when the bucket last kept its promise of conditional puts, and which kinds of Object Lock, so that a run does
not probe each time.
Real and sandbox records never mix: bucket, state folder and settings must agree.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Collection
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from archive.errors import BadRecord, Refused, UnsafeStore
from archive.s3_client import Address, parse_address
from archive.settings import Settings
from archive.store import Store

KEY = "meta/archive.json"
PROBES = "probe/"
# Versioning, or a proxy in front, may come later: some stores then ignore conditions that they kept before.
PROBE_AGAIN = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Marker:
    """`meta/archive.json`."""

    id: str  # 32 hex digits, drawn when the archive was made
    sandbox: bool
    deployment: str  # who made it; others may share it

    def pack(self) -> bytes:
        return json.dumps({"v": 1, **asdict(self)}, sort_keys=True).encode() + b"\n"


def unpack(data: bytes) -> Marker:
    try:
        fields = json.loads(data)
        if fields["v"] != 1:
            raise Refused(f"{KEY} has format {fields['v']}", "this archive was made by a newer Warraq: upgrade")
        return Marker(str(fields["id"]), bool(fields["sandbox"]), str(fields["deployment"]))
    except (ValueError, KeyError, TypeError) as error:
        raise BadRecord(f"{KEY} is damaged: {error!r}") from error


def read(store: Store) -> Marker | None:
    """The bucket's marker; None when there is none."""
    try:
        return unpack(store.get(KEY))
    except KeyError:
        return None


def check(held: Marker | None, settings: Settings, where: Address) -> Marker:
    """The marker if it fits the settings; Refused otherwise. Pure."""
    if held is None:
        raise Refused(f"{where} holds no archive", "check WARRAQ_BUCKET; a new archive is made by: warraq doctor --create")
    if held.sandbox and not settings.sandbox:
        raise Refused(f"{where} holds sandbox records", "give WARRAQ_BUCKET another bucket or prefix; real records never mix")
    if settings.sandbox and not held.sandbox:
        raise Refused(f"{where} holds real records, and WARRAQ_SANDBOX=1", "give the sandbox a bucket of its own")
    return held


def create(store: Store, settings: Settings, now: datetime) -> Marker:
    """Make an archive where there is none. Refused when other objects are there; UnsafeStore before anything is put."""
    where = parse_address(settings.bucket)
    held, kept = read(store), False
    if held is None:
        other = next((key for key in store.list("") if not key.startswith(PROBES)), None)
        if other is not None and (held := read(store)) is None:  # unless another machine has just made it
            raise Refused(f"{where} holds {other}, but no archive", "give it an empty bucket or a prefix of its own")
    if held is None:
        _own_state(_remembered(settings.state / "store.json"), "", settings)
        probe(store)
        kept = True
        store.put(KEY, Marker(uuid.uuid4().hex, settings.sandbox, settings.deployment).pack())
        held = read(store)
    held = check(held, settings, where)
    admit(store, held, settings, now, kept=kept)
    return held


@dataclass(frozen=True, slots=True)
class Memory:
    """`store.json` of the state folder."""

    archive: str
    sandbox: bool
    bucket: str
    endpoint: str
    probed: str  # ISO time of the last probe
    kept: bool  # whether it kept its promise
    locks: dict[str, str] = field(default_factory=dict)  # kinds of Object Lock that it was seen to keep: ISO time of the probe


def fresh(memory: Memory | None, held: Marker, bucket: str, endpoint: str, now: datetime) -> bool:
    """Whether the remembered probe still speaks for this bucket. Pure."""
    if memory is None or not memory.kept or (memory.archive, memory.bucket, memory.endpoint) != (held.id, bucket, endpoint):
        return False
    return recent(memory.probed, now)


def recent(probed: str, now: datetime) -> bool:
    """Whether a probe of that ISO time is still believed. Pure."""
    return timedelta(0) <= now - datetime.fromisoformat(probed) < PROBE_AGAIN


def locks(settings: Settings, endpoint: str, now: datetime) -> set[str]:
    """The kinds of Object Lock that this bucket was seen to keep in the last days."""
    memory = _remembered(settings.state / "store.json")
    if memory is None or (memory.bucket, memory.endpoint) != (settings.bucket, endpoint):
        return set()
    return {kind for kind, probed in memory.locks.items() if recent(probed, now)}


def note_locks(settings: Settings, endpoint: str, kinds: Collection[str], now: datetime) -> None:
    """Remember that the bucket has just kept these; a state folder that knows no archive yet remembers nothing."""
    path = settings.state / "store.json"
    memory = _remembered(path)
    if kinds and memory is not None and (memory.bucket, memory.endpoint) == (settings.bucket, endpoint):
        remember(path, asdict(replace(memory, locks=memory.locks | dict.fromkeys(sorted(kinds), now.isoformat()))))


def admit(store: Store, held: Marker, settings: Settings, now: datetime, *, kept: bool = False) -> None:
    """Let this machine write: its state belongs to this archive, and the bucket keeps conditional puts.

    `kept`: it has just been seen to keep them. Raises Refused or UnsafeStore; what the probe found is remembered either way.
    """
    path = settings.state / "store.json"
    memory = _remembered(path)
    _own_state(memory, held.id, settings)
    endpoint = str(getattr(store, "endpoint", ""))
    if fresh(memory, held, settings.bucket, endpoint, now):
        return
    try:
        if not kept:
            probe(store)
        kept = True
    finally:
        same = memory is not None and (memory.bucket, memory.endpoint) == (settings.bucket, endpoint)
        locked = memory.locks if memory is not None and same else {}
        remember(path, asdict(Memory(held.id, held.sandbox, settings.bucket, endpoint, now.isoformat(), kept, locked)))


def _own_state(memory: Memory | None, archive: str, settings: Settings) -> None:
    if memory is not None and memory.archive != archive:
        raise Refused(
            f"state folder {settings.state} belongs to another archive ({memory.bucket})",
            "give this bucket a state folder of its own: WARRAQ_STATE",
        )


def probe(store: Store) -> str:
    """Put twice on a fresh key, and say which: the second must be refused. UnsafeStore when the store ignores the condition."""
    key = f"{PROBES}{uuid.uuid4().hex}"
    store.put(key, b"first")
    second = store.put(key, b"second")
    if not keeps_conditions(second, store.get(key)):
        raise UnsafeStore(
            "the bucket ignores If-None-Match: it would overwrite what is archived; nothing was written",
            "use a store that keeps conditional puts (AWS S3, R2, SeaweedFS); if it does unversioned, turn versioning off",
        )
    return key


def keeps_conditions(second: bool, held: bytes) -> bool:
    """Of two puts on a fresh key, the second was not taken, and the first's bytes are what is read. Pure.

    What the first was told does not count: its answer may have been lost, and its own retry refused.
    """
    return not second and held == b"first"


def _remembered(path: Path) -> Memory | None:
    try:
        return Memory(**json.loads(path.read_text("utf-8")))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError) as error:
        raise Refused(f"{path} is damaged: {error}", "delete it if this folder holds no spool of another archive") from error


def remember(path: Path, memory: dict[str, Any]) -> None:
    """Write a JSON file of the state folder, whole or not at all. Refused when the disk does not take it."""
    new = path.with_name(f".{path.name}.{os.getpid()}.{uuid.uuid4().hex[:8]}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        new.write_text(json.dumps(memory, indent=1) + "\n", "utf-8")
        new.replace(path)
    except OSError as error:
        with suppress(OSError):
            new.unlink()
        raise Refused(
            f"{path}: cannot be written: {error.strerror}", "free space or set WARRAQ_STATE to another disk"
        ) from error
