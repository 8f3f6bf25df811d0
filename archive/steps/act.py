"""Acts: made, put, logged, and brought into the catalog, whichever machine made them."""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson

from archive import acts, keys
from archive.acts import Act
from archive.errors import BadRecord, Refused
from archive.log.leaf import Unit, of_object
from archive.settings import Settings
from archive.steps.record import ready, record
from archive.steps.workshop import Outcome, Workshop
from archive.store import put_once

RECENT = timedelta(days=7)  # how far back an ordinary seal looks for acts of other machines


def operator(settings: Settings) -> str:
    """Who decides: WARRAQ_OPERATOR (a DAG gives it the Airflow user's name), else the system's user."""
    if settings.operator:
        return settings.operator
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container whose user has no name
        return f"uid {os.getuid()}"


def make(
    shop: Workshop,
    act: str,
    reason: str,
    *,
    outlet: str = "",
    article: str = "",
    url: str = "",
    more: Mapping[str, Any] | None = None,
) -> Act:
    """An act of this operator, now: later than every act on the same article that the catalog knows."""
    before = shop.catalog.acts(article).values() if article else ()
    time = acts.after(shop.clock(), before)
    return Act(act, time, operator(shop.settings), reason, outlet, article, url, more=dict(more or {}))


def perform(shop: Workshop, act: Act) -> Outcome:
    """Put the act, bring it into the catalog, log and sign it. `data`: `act` (as stored), `key`, `leaves`.

    A machine without the log's key is refused before anything is put. What a crash leaves unlogged, the next seal logs.
    """
    if act.act == "redact" or act.act not in acts.KINDS:
        raise Refused(f"nothing in this version performs the act {act.act!r}", f"one of {', '.join(acts.KINDS)}")
    log = ready(shop)
    mark = log.mark()
    act = replace(act, log_size=mark)
    data = acts.dump(act)
    key = acts.key_of(data)
    put_once(shop.store, key, data)
    shop.catalog.note_acts({key: act})  # first: what is to be hidden is hidden, even if the log cannot be reached now
    leaves = record(shop, log, [_unit(key, data)], mark)
    what = f" of {act.url or act.article}" if act.article else ""
    return Outcome(f"{act.act}{what}: {key}", {"act": orjson.loads(data), "key": key, "leaves": leaves})


def bring_in(shop: Workshop, *, whole: bool) -> Outcome:
    """Take in the acts of other machines, and log what nobody has logged. One listing when there is nothing new.

    `whole` as for `see`.
    """
    new = see(shop, whole=whole)
    leaves = log_waiting(shop)
    line = f"acts: {len(new)} taken in, {leaves} leaves logged"
    return Outcome(line, {"new": new, "leaves": leaves}, nothing_due=not new and not leaves)


def see(shop: Workshop, *, whole: bool = False) -> list[str]:
    """Take in the acts of other machines; the keys that are new. Needs no key of the log: it only reads the bucket.

    `whole` lists every act; otherwise those of the last days, and all since the newest that the catalog knows.
    """
    known = shop.catalog.acts()
    after = "" if whole or not known else min(max(known), f"{acts.PREFIX}{shop.clock() - RECENT:%Y/%m/%d}")
    return take_in(shop, (key for key in shop.store.list(acts.PREFIX, after=after) if key not in known))


def take_in(shop: Workshop, wanted: Iterable[str]) -> list[str]:
    """Bring these acts into the catalog; the keys that are new. A damaged one is told and passed over: the others count."""
    return shop.catalog.note_acts(sound(shop, wanted))


def sound(shop: Workshop, wanted: Iterable[str]) -> dict[str, Act]:
    """These acts by their keys, without the damaged ones, which are told."""
    found: dict[str, Act] = {}
    for key in wanted:
        try:
            found[key] = read(shop, key)
        except BadRecord as error:
            shop.say(f"acts: not taken in: {error}")
    return found


def log_waiting(shop: Workshop) -> int:
    """Log the acts of which no batch is known: of a worker that died before it could, or of another machine. New leaves."""
    waiting = shop.catalog.unlogged_acts()
    if not waiting:
        return 0
    known = shop.catalog.acts()
    units = [_unit(key, shop.store.get(key)) for key in waiting]
    return record(shop, shop.log, units, min(known[key].log_size for key in waiting))


def read(shop: Workshop, key: str) -> Act:
    """The act under that key; BadRecord when the bytes are none, or belong under another key."""
    if not keys.possible(key):
        raise BadRecord(f"{key!r} is no key of ours", "run `warraq verify`")
    data = shop.store.get(key)
    try:
        right = acts.key_of(data)
    except BadRecord as error:
        raise BadRecord(f"{key}: {error.what}", error.remedy or "run `warraq verify`") from error
    if right != key:
        raise BadRecord(f"{key} holds other bytes than its name says", "run `warraq verify`")
    return acts.load(data)


def _unit(key: str, data: bytes) -> Unit:
    return Unit((of_object("act", key, data),))
