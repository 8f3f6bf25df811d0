"""Facts about what is kept: store, log, catalog against bucket, audit, second copy."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from archive import keys
from archive.alarms.facts import AuditFacts, LogFacts, MirrorFacts, StoreFacts, Unapplied
from archive.alarms.model import AHEAD
from archive.errors import Refused, WarraqError
from archive.latency import stamp
from archive.log.writer import published, walk
from archive.steps import pending
from archive.steps.facts_memory import Memory
from archive.steps.workshop import Workshop

if TYPE_CHECKING:
    from archive.s3 import S3Store

DAYS = 2  # of runs that the catalog is compared with at each check
WHOLE = DAY = timedelta(days=1)  # between two comparisons with all that the bucket has
MOST = 500  # keys that are remembered as lacking; when all of them came, the whole is compared again
BEHIND = "behind"  # measurements of what lacks


class Kept:
    """Asks one archive. Where the store cannot be used, `store` says why and the others raise."""

    def __init__(self, shop: Workshop, memory: Memory) -> None:
        self.shop, self.memory, self.now, self.began = shop, memory, memory.now, memory.began

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
        """Observations that the catalog lacks: of the last days, of the whole bucket once a day, and whatever lacked before.

        What lacked stays in the question until the catalog has it, however old it grows.
        """
        noted = self.shop.catalog.measures(BEHIND)[-1:]
        held: dict[str, Any] = json.loads(noted[0].said) if noted else {"whole": "", "keys": []}
        names = list(names)
        lacking, cut = self.shop.catalog.pending(held["keys"]), noted and noted[0].value > len(held["keys"])
        whole = not held["whole"] or abs(self.now - datetime.fromisoformat(held["whole"])) >= WHOLE or bool(cut and not lacking)
        found = self._observations(names, None if whole else DAYS)
        lacking = sorted({*lacking, *self._ours(self.shop.catalog.pending(found))}, key=lambda key: keys.parse_stem(key).run)
        old = [key for key in lacking if self.now - keys.run_time(keys.parse_stem(key).run) > DAY]
        said = {"whole": stamp(self.now) if whole else held["whole"], "keys": old[:MOST]}
        if said != held:
            self.memory.state(BEHIND, "", float(len(old)), json.dumps(said))
        return Unapplied(len(lacking), keys.run_time(keys.parse_stem(lacking[0]).run) if lacking else None)

    def _observations(self, names: Iterable[str], days: int | None) -> list[str]:
        """Keys of these outlets' observations, of the last days or of all (None)."""
        midnight = self.now.replace(hour=0, minute=0, second=0, microsecond=0)
        last = [midnight - timedelta(days=n) for n in range(days or 0)]
        prefixes = [
            prefix
            for name in names
            for prefix in ([f"observations/{name}/"] if days is None else keys.day_prefixes("observations", name, last))
        ]
        return [stem.observations for prefix in prefixes for stem in pending.named(self._store.list(prefix))]

    def _ours(self, lacking: list[str]) -> list[str]:
        """Without what nobody vouches for, as in a seal: files of runs of long ago that are not in the log."""
        stems = {key: keys.parse_stem(key) for key in lacking}
        late = {key: stem.warc for key, stem in stems.items() if pending.late(stem.run, self.now)}
        if not late:
            return lacking
        known = pending.vouched(self.shop.settings).union(self.shop.catalog.logged(sorted(late.values())))
        for batch in walk(self._store, self.shop.catalog.log_size()):  # a catalog that is behind knows less of the log
            known.update(unit.key for unit in batch.units)
        return [key for key in lacking if late.get(key) is None or late[key] in known]

    def log(self) -> LogFacts:
        """Whether this machine can sign, what is unsigned, and who outside has fallen silent."""
        from archive import doctor_log as doctor
        from archive.log import witness
        from archive.steps import keep_book
        from archive.steps.post import host
        from archive.steps.signed import look

        given, trouble = self.shop.settings, self._key()
        try:
            there = look(self._store, given)
        except (WarraqError, OSError):
            if trouble:  # told first: without a key nothing of the log gets better
                return LogFacts(key=trouble)
            raise
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

    def _key(self) -> str:
        """Why this machine cannot sign; "" when it can. A key file that cannot be read is such a reason."""
        from archive import doctor_log as doctor
        from archive.log import keyring

        given = self.shop.settings
        where = "WARRAQ_LOG_KEY" if given.log_key else str(given.log_key_file)
        try:
            held = keyring.load(given)
        except (Refused, OSError, ValueError) as error:
            return str(error)
        key = doctor.judge_key(held, where, published(self._store), git=False)
        return f"{key.what} — {key.remedy}" if key.state == "fail" else ""

    def audit(self) -> AuditFacts:
        """What `warraq audit` noted in the catalog; how far back it reaches is in this machine's state folder."""
        from archive.verify.audit import Ledger

        ledger = Ledger.load(self.shop.settings.state / "audit.json", self.began)
        noted = self.shop.catalog.measures("audit")
        newest = [datetime.fromisoformat(one.time) for one in noted[-1:]] + list(ledger.seen.values())
        oldest = ledger.oldest if ledger.seen else None
        found = AuditFacts(min(ledger.began, self.began), self._last(newest), oldest)
        return replace(found, faults=int(noted[-1].value), first=noted[-1].said) if noted and noted[-1].value else found

    def mirror(self) -> MirrorFacts:
        noted = self.shop.catalog.measures("mirror")
        went = [datetime.fromisoformat(one.time) for one in noted if not one.value]
        trouble = noted[-1].said if noted and noted[-1].value else ""
        return MirrorFacts(self.began, self._last(went), trouble)

    def _last(self, times: list[datetime]) -> datetime | None:
        """The last that is not to come; where a clock that was ahead wrote all of them, one that tells so."""
        return max((when for when in times if when <= self.now + AHEAD), default=max(times, default=None))

    def unheard(self) -> str:
        """Why the last message reached nobody."""
        noted = self.shop.catalog.measures("told")
        return str(json.loads(noted[-1].said)["trouble"]) if noted and noted[-1].value else ""
