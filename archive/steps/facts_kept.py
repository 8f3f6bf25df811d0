"""Facts about what is kept: store, log, catalog against bucket, audit, second copy."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from archive import keys
from archive.alarms.facts import AuditFacts, LogFacts, MirrorFacts, StoreFacts, Unapplied
from archive.errors import Refused, WarraqError
from archive.steps.workshop import Workshop

if TYPE_CHECKING:
    from archive.s3 import S3Store

DAYS = 2  # of runs that the catalog is compared with; the daily sweep does it with all


class Kept:
    """Asks one archive. Where the store cannot be used, `store` says why and the others raise."""

    def __init__(self, shop: Workshop, now: datetime, began: datetime) -> None:
        self.shop, self.now, self.began = shop, now, began

    @cached_property
    def _store(self) -> S3Store:
        from archive.s3 import open_store

        return open_store(self.shop.settings, write=False)

    def store(self) -> StoreFacts:
        from archive.probes import clock_offset

        try:
            return StoreFacts(ahead=clock_offset(self._store))
        except WarraqError as error:
            return StoreFacts(trouble=str(error))

    def unapplied(self, names: Iterable[str]) -> Unapplied:
        """Observations of the last days that the catalog lacks."""
        midnight = self.now.replace(hour=0, minute=0, second=0, microsecond=0)
        days = [midnight - timedelta(days=n) for n in range(DAYS)]
        found = [
            key
            for name in names
            for prefix in keys.day_prefixes("observations", name, days)
            for key in self._store.list(prefix)
            if key.endswith(".jsonl.gz")
        ]
        lacking = self.shop.catalog.pending(found)
        runs = [keys.run_time(keys.parse_stem(key).run) for key in lacking]
        return Unapplied(len(lacking), min(runs, default=None))

    def log(self) -> LogFacts:
        """Whether this machine can sign, what is unsigned, and who outside has fallen silent."""
        from archive import doctor_log as doctor
        from archive.log import keyring, witness
        from archive.log.writer import published
        from archive.steps import keep_book
        from archive.steps.post import host
        from archive.steps.signed import look

        given = self.shop.settings
        where = "WARRAQ_LOG_KEY" if given.log_key else str(given.log_key_file)
        there = look(self._store, given)
        try:
            key = doctor.judge_key(keyring.load(given), where, published(self._store), git=False)
            trouble = f"{key.what} — {key.remedy}" if key.state == "fail" else ""
        except (Refused, PermissionError) as error:  # a key that cannot be used is what this is about
            trouble = str(error)
        checks = {
            "checkpoint book": doctor.judge_book(given.book, keep_book.read(given.book).damaged, there, self.now, posted=True)
        }
        if given.authorities:
            hosts = [host(one) for one in given.authorities]
            checks["time stamps"] = doctor.judge_times(hosts, True, there, self.now, sandbox=given.sandbox)
        if given.witnesses:
            names = [witness.parse(text).key.name for text in given.witnesses]
            checks["witnesses"] = doctor.judge_witnesses(names, there, self.now)
        return LogFacts(
            key=trouble,
            waiting=there.waiting,
            waiting_since=there.waiting_since,
            outside={who: one.what for who, one in checks.items() if one.state != "ok"},
        )

    def audit(self) -> AuditFacts:
        """What `warraq audit` noted in the catalog; how far back it reaches is in this machine's state folder."""
        from archive.verify.audit import Ledger

        ledger = Ledger.load(self.shop.settings.state / "audit.json", self.began)
        noted = self.shop.catalog.measures("audit")
        newest = [datetime.fromisoformat(one.time) for one in noted[-1:]] + list(ledger.seen.values())
        oldest = ledger.oldest if ledger.seen else None
        found = AuditFacts(min(ledger.began, self.began), max(newest, default=None), oldest)
        return replace(found, faults=int(noted[-1].value), first=noted[-1].said) if noted and noted[-1].value else found

    def mirror(self) -> MirrorFacts:
        noted = self.shop.catalog.measures("mirror")
        went = [datetime.fromisoformat(one.time) for one in noted if not one.value]
        trouble = noted[-1].said if noted and noted[-1].value else ""
        return MirrorFacts(self.began, max(went, default=None), trouble)

    def unheard(self) -> str:
        """Why the last message reached nobody."""
        noted = self.shop.catalog.measures("told")
        return str(json.loads(noted[-1].said)["trouble"]) if noted and noted[-1].value else ""
