"""Attacks on what others say of the log, and on what was done by order."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from archive import keys
from archive.acts import Act, dump, key_of, stamp
from archive.log import anchor as stamps
from archive.log import note
from archive.log.leaf import Unit, of_object
from archive.log.note import SigningKey
from archive.settings import from_environment
from archive.steps.record import record
from archive.steps.workshop import Workshop
from tests.attacks import forge
from tests.attacks.build import OTHER_TOKEN
from tests.attacks.scene import (
    ALTERED,
    MISSING,
    REDACTED,
    UNLOGGED,
    WRONG_SIGNER,
    Attacks,
    Expected,
    Finding,
    Scene,
    says,
)
from tests.outside import Authority

attack = Attacks()


# What others say of a checkpoint


def anchor(at: Scene, ending: str, number: int) -> str:
    return [key for key in at.bucket.keys("log/anchors/") if key.endswith(ending)][number]


@attack("a time stamp replaced by one over other bytes")
def token_replaced(at: Scene) -> Expected:
    key = anchor(at, ".tsr", 0)
    at.change(key, lambda _: (at.made.folder / OTHER_TOKEN).read_bytes())
    return says(ALTERED, key)


@attack("a time stamp replaced by one of an authority of the attacker's")
def token_forged(at: Scene) -> Expected:
    key = anchor(at, ".tsr", 0)
    checkpoint = at.clean[keys.log_checkpoint(int(key.split("/")[2]))]
    strangers = Authority(at.made.folder / "strangers")
    at.change(key, lambda _: strangers.reply(stamps.question(checkpoint).as_bytes(), "")[1])
    return says(WRONG_SIGNER, key)


@attack("a cosignature altered")
def cosignature_altered(at: Scene) -> Expected:
    key = anchor(at, ".cosig", 0)

    def told(data: bytes) -> bytes:
        first = note.parse_signature(data.decode().splitlines()[0])
        return str(note.Signature(first.name, first.key_id, forge.flip(first.signature, 40))).encode()

    at.change(key, told)
    return says(ALTERED, key)


# By order


def order(at: Scene, key: str, size: int, when: datetime, signer: SigningKey | None = None) -> bytes:
    """An act that says that this snapshot was redacted (docs/FORMAT.md, "Redaction"), signed if there is a key."""
    line = at.line(key)
    more = {"removed": [{"key": key, "sha256": hashlib.sha256(at.clean[key]).hexdigest()}], "authority": "محكمة الوادي"}
    act = Act("redact", stamp(when), "amal", "حكم محكمة", line.outlet, line.article, line.url, size, more)
    if signer is None:
        return dump(act)
    told = note.sign(dump(act).decode(), [signer]).signatures[0]
    return dump(replace(act, more={**more, "signature": str(told).rstrip("\n")}))


def ordered(at: Scene, key: str, *, signed: bool = True) -> Mapping[str, str]:
    """Log that order as the operator does, on a copy of their machine; the settings of that machine."""
    env = at.made.operator()
    shop = Workshop(from_environment({**at.made.env, **env}))
    log = shop.log
    mark = log.mark()
    data = order(at, key, mark, shop.clock(), log.signer if signed else None)
    shop.store.put(key_of(data), data)
    record(shop, log, [Unit((of_object("act", key_of(data), data),))], mark)
    return env


@attack("a snapshot removed by order: the act is in the log", quick=True)
def redacted(at: Scene) -> Expected:
    """No attack: what is gone by an act that is logged is told apart."""
    key = at.snapshots(at.files()[0])[0]
    env = ordered(at, key)
    at.bucket.delete(key)
    return says(REDACTED, key, env=env)


@attack("a snapshot removed, and an order for it that was only put into the bucket: our worker logged it", quick=True)
def redacted_by_nobody(at: Scene) -> Expected:
    """Whoever can write to the bucket has an act logged; without the log's key it orders nothing."""
    key = at.snapshots(at.files()[0])[0]
    env = ordered(at, key, signed=False)
    at.bucket.delete(key)
    return says(MISSING, key, env=env)


@attack("a snapshot that was removed by order, and another text put in its place")
def redacted_and_replaced(at: Scene) -> Expected:
    """The order says that nothing stands there now."""
    key = at.snapshots(at.files()[0])[0]
    env = ordered(at, key)
    at.change(key, lambda data: forge.other_text(data)[0])
    return says(ALTERED, key, env=env)


@attack("a snapshot removed, and an order that nobody logged")
def order_forged(at: Scene) -> Expected:
    key = at.snapshots(at.files()[0])[0]
    data = order(at, key, at.size, datetime.now(UTC) - timedelta(days=3))
    at.bucket.put(key_of(data), data)
    at.bucket.delete(key)
    return Expected((Finding(MISSING, key), Finding(UNLOGGED, key_of(data))))
