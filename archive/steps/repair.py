"""repair: what a crash left between an object and the log is logged, and what follows from the log is there again.

    from a copy, if one is given ─► tiles, checkpoints ─► unsigned batches ─► objects without a leaf ─► an act that names it all

Nothing is made legitimate in silence. What is older than two days, or belongs to no planned run, may have been put there by
somebody else: it is listed, and logged only when a person accepts its key. Nothing is overwritten.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from archive import keys
from archive.errors import Broken, Refused
from archive.log import follow, merkle, note
from archive.log.follow import Position, Stretch
from archive.log.leaf import PARTS
from archive.log.writer import Log
from archive.s3 import open_store
from archive.steps import copies
from archive.steps.act import make, perform
from archive.steps.copying import each, same
from archive.steps.extract import extract
from archive.steps.leftovers import Leftover, Sorting
from archive.steps.record import not_shorter, ready, record
from archive.steps.seal import seal
from archive.steps.workshop import Outcome, Workshop
from archive.verify.finding import ALTERED, UNLOGGED, Finding
from archive.verify.strays import find, ident, later

WORKERS, STRETCH = 16, 4096  # threads; leaves that are looked at together
NAMED = 5000  # keys that one act names
REASON = "what a crash left unlogged or missing was put right"

Tick = Callable[[int, int], None]


@dataclass
class Done:
    """What a repair did, and what it left to a person."""

    restored: list[str] = field(default_factory=list)  # objects put back from a copy
    derived: list[str] = field(default_factory=list)  # put again, as they follow from the batches
    logged: list[Leftover] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    acts: list[str] = field(default_factory=list)  # their keys

    @property
    def outcome(self) -> Outcome:
        words = {"put back": len(self.restored), "put again": len(self.derived), "logged": len(self.logged)}
        line = ", ".join(f"{n} {what}" for what, n in words.items() if n) or "nothing to repair"
        line += f"; {len(self.findings)} left to you" if self.findings else ""
        names = {"restored": self.restored, "derived": self.derived, "logged": [one.key for one in self.logged]}
        return Outcome(f"repair: {line}", {**names, "acts": self.acts})


def repair(
    shop: Workshop, accept: Sequence[str] = (), reason: str = REASON, tick: Tick = lambda *_: None, done: Done | None = None
) -> Done:
    """Put right what can be, of this archive by itself. `accept`: keys, or beginnings of keys that end with a slash.

    `done`: what was restored from a copy just before. Refused when what is accepted is not among what waits, or this machine
    cannot sign the log; Broken when the log itself is damaged: nothing is done then.
    """
    work = _Repair(shop, done or Done())
    work.derive(tick)
    chosen, size = work.choose(accept)
    work.keep(chosen, reason)  # before anything is logged: nothing ever is without an act that says why
    work.log(chosen, size)
    return work.done


class _Repair:
    """One run. `held`: ids of what the log held when it was followed, up to leaf `size`."""

    def __init__(self, shop: Workshop, done: Done) -> None:
        self.shop, self.done = shop, done
        self.store = open_store(shop.settings)
        self.held: set[bytes] = set()
        self.size = 0

    # What follows from the batches

    def derive(self, tick: Tick) -> None:
        """Put tiles, entries and checkpoints that are missing, and sign what nobody has."""
        log = ready(self.shop)
        not_shorter(self.shop, log)
        goal = self._newest()
        if goal is not None:
            self._follow(goal, log, tick)
        log = ready(self.shop)
        if log.size():
            record(self.shop, log, [], log.mark())

    def _newest(self) -> bytes | None:
        """The checkpoint in force; where it is gone, the newest of those that were kept."""
        held = self.store.checkpoint()
        kept = "" if held else max(self.store.list("log/checkpoints/"), default="")
        return held[0] if held else self.store.get(kept) if kept else None

    def _follow(self, goal: bytes, log: Log, tick: Tick) -> None:
        self.size = note.parse_checkpoint(note.parse(goal)).size
        self._put_key(goal, log)
        there, edge = set(self.store.list("log/")), _edge(self.size)
        with ThreadPoolExecutor(WORKERS) as pool:
            for stretch in follow.follow(self.store, Position(), goal, pool, STRETCH):
                self.held |= {ident(one.key) for batch, _ in stretch.batches for one in batch.leaves if one.kind not in PARTS}
                for key, put in each(pool, lambda item: self._again(item, there), _wanted(stretch, edge, self.size).items()):
                    if put is None:
                        self._altered(key, "it does not follow from the batches")
                    elif put:
                        self.done.derived.append(key)
                for key, what in stretch.wrong:
                    self._altered(key, f"it {what}")
                tick(stretch.end.size, self.size)
        if self.store.checkpoint() is None and self.store.publish(goal, ""):
            self.done.derived.append(keys.CHECKPOINT)

    def _put_key(self, goal: bytes, log: Log) -> None:
        """The verifier key, if it is gone and this machine signs with it."""
        if log.signer is not None and note.parse(goal).signatures[0].key_id == log.signer.public.id:
            key = keys.log_key(log.signer.public.id)
            if self.store.put(key, f"{log.signer.public}\n".encode()):
                self.done.derived.append(key)

    def _again(self, item: tuple[str, bytes], there: Collection[str]) -> tuple[str, bool | None]:
        """(key, whether it was put); None when other bytes are there."""
        key, data = item
        if key not in there and self.store.put(key, data):
            return key, True
        return key, False if same(key, self.store.get(key), data) else None

    def _altered(self, key: str, what: str) -> None:
        self.done.findings.append(Finding(ALTERED, key, what, copies.by_hand(self.store, key)))

    # What no leaf names

    def choose(self, accept: Sequence[str]) -> tuple[list[Leftover], int]:
        """What is logged now, and the size of the log before that. The rest becomes findings."""
        size = self.shop.log.size()
        since = {ident(key) for key in later(self.store, self.size)}
        self.sorting = Sorting(self.store, self.shop.clock(), lambda key: ident(key) in self.held or ident(key) in since)
        found = self.sorting.sort(find(self.store, "", self.sorting.has, self.size))
        for wanted in accept:
            if not any(_accepts(wanted, one.key) for one in found):
                raise Refused(f"{wanted} is not among what waits to be accepted", "`warraq repair` lists what does")
        chosen = []
        for one in found:
            if not one.problem and (not one.accept or any(_accepts(wanted, one.key) for wanted in accept)):
                chosen.append(one)
            else:
                self._left(one, one.problem)
        return chosen, size

    def keep(self, chosen: Sequence[Leftover], reason: str) -> None:
        """Acts that name everything that is put right, each with its why."""
        rows = [
            *({"key": key, "why": "put back from a copy, as its leaf says"} for key in self.done.restored),
            *({"key": key, "why": "put again, as it follows from the batches"} for key in self.done.derived),
            *({"key": one.key, "why": f"to be logged: {one.what}{', accepted' if one.accept else ''}"} for one in chosen),
        ]
        for at in range(0, len(rows), NAMED):
            act = make(self.shop, "repair", reason, more={"repaired": rows[at : at + NAMED]})
            self.done.acts.append(str(perform(self.shop, act).data["key"]))

    def log(self, chosen: Sequence[Leftover], size: int) -> None:
        """Log them: WARC files by their seal, which makes what is derived from them; the rest each as its unit."""
        files = [one for one in chosen if one.key.startswith("warc/")]
        for outlet in sorted({keys.parse_stem(one.key).outlet for one in files}):
            self._seal(outlet, [one for one in files if keys.parse_stem(one.key).outlet == outlet])
        rest = [one for one in chosen if one not in files]
        if rest:
            record(self.shop, ready(self.shop), [self.sorting.unit(one) for one in rest], size)
            self.done.logged += rest

    def _seal(self, name: str, files: Sequence[Leftover]) -> None:
        why = ""
        try:
            place = self.shop.outlet(name)
            extract(self.shop, place, None)
            seal(self.shop, place, None, [one.key for one in files])
        except (Refused, Broken) as error:  # often about other files of the outlet
            why = error.what
        logged = self.shop.catalog.logged([one.key for one in files])
        for one in files:
            if one.key in logged:
                self.done.logged.append(one)
            else:
                self._left(one, why)

    def _left(self, one: Leftover, problem: str) -> None:
        what = f"{one.what}, without a leaf" + (f": {problem}" if problem else "")
        remedy = "look at it; it can stay as it is" if problem else f"if it is yours: warraq repair --accept {one.key}"
        self.done.findings.append(Finding(UNLOGGED, one.key, what, remedy))


def _accepts(wanted: str, key: str) -> bool:
    return key == wanted or (wanted.endswith("/") and key.startswith(wanted))


def _edge(size: int) -> set[str]:
    """The partial tiles that a log of `size` leaves needs; those of smaller sizes may be gone (C2SP tlog-tiles)."""
    found = {keys.log_tile(*tile) for tile in merkle.edge_tiles(size) if tile[2]}
    return found | {keys.log_tile("entries", size // merkle.TILE, size % merkle.TILE)}


def _wanted(stretch: Stretch, edge: Collection[str], size: int) -> dict[str, bytes]:
    """What a log needs of that which follows from a stretch of it."""
    tiles = {key: data for key, data in stretch.tiles.items() if ".p/" not in key or key in edge}
    return tiles | {key: data for key, data in stretch.checkpoints.items() if key == keys.log_checkpoint(size)}
