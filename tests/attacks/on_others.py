"""Attacks on what others say of the log, and on what was done by order."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from archive import keys
from archive.acts import Act, dump, key_of, stamp
from archive.log import anchor as stamps
from archive.log import note
from archive.log.leaf import Unit, of_object
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


def order(at: Scene, key: str, size: int, when: datetime) -> bytes:
    """An act that says that this snapshot was redacted (docs/FORMAT.md, "Redaction")."""
    line = at.line(key)
    more = {"removed": [{"key": key, "sha256": hashlib.sha256(at.clean[key]).hexdigest()}], "authority": "محكمة الوادي"}
    return dump(Act("redact", stamp(when), "amal", "حكم محكمة", line.outlet, line.article, line.url, size, more))


def ordered(at: Scene, key: str) -> Mapping[str, str]:
    """Log that order as the operator does, on a copy of their machine; the settings of that machine."""
    env = at.made.operator()
    shop = Workshop(from_environment({**at.made.env, **env}))
    log = shop.log
    mark = log.mark()
    data = order(at, key, mark, shop.clock())
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
