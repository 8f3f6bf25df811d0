"""What an attack is given, what it must say of itself, and how a report of `warraq verify` is held against that."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from archive import keys, observation
from archive.keys import Stem
from archive.log.leaf import Batch, Unit
from archive.log.note import SigningKey
from archive.observation import Observation
from tests.attacks import ledger
from tests.attacks.bucket import Bucket
from tests.attacks.build import Archive

ALTERED, TRUNCATED, MISSING, SWAPPED = "altered", "truncated", "missing", "swapped"
UNLOGGED, ROLLED_BACK, FORKED, WRONG_SIGNER = "added unlogged", "rolled back", "forked", "wrong signer"
REDACTED = "redacted by order"


Do = Callable[["Scene"], "Expected"]


@dataclass(frozen=True)
class Finding:
    """One line of the report: which kind, of which object (a part of a WARC is `<key>#<offset>+<length>`)."""

    kind: str
    key: str
    what: str = field(default="", compare=False)  # in words

    def __str__(self) -> str:
        return ": ".join(text for text in (self.kind, self.key, self.what) if text)

    def of(self, key: str) -> bool:
        return self.key == key or self.key.startswith(f"{key}#")


@dataclass(frozen=True)
class Expected:
    """What verify must say. Each of `must` has to be there; nothing may be that is neither there nor in `may`."""

    must: tuple[Finding, ...]
    may: tuple[Finding, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)  # of the command, where it differs
    url: str = ""  # an article whose `warraq verify URL` must name the same
    innocent: str = ""  # one whose `warraq verify URL` must name nothing

    def problems(self, found: list[Finding]) -> list[str]:
        """What is not named, and what is named without being attacked."""
        right = (*self.must, *self.may)
        unseen = [f"not found: {one}" for one in self.must if not any(_same(it, one) for it in found)]
        return unseen + [f"not attacked: {it}" for it in found if not any(_same(it, one) for one in right)]

    @property
    def words(self) -> str:
        return ", ".join(
            f"{n} × {kind}" if (n := sum(it.kind == kind for it in self.must)) > 1 else kind for kind in _kinds(self.must)
        )


def _same(found: Finding, wanted: Finding) -> bool:
    return found.kind == wanted.kind and found.of(wanted.key)


def _kinds(some: tuple[Finding, ...]) -> list[str]:
    return list(dict.fromkeys(one.kind for one in some)) or ["nothing"]


def says(kind: str, *names: str, **more: Any) -> Expected:
    """Each of these objects, by this kind, and nothing else."""
    return Expected(tuple(Finding(kind, name) for name in names), **more)


@dataclass(frozen=True)
class Attack:
    name: str
    do: Do
    quick: bool  # on the small archive of every test run as well


class Attacks(list[Attack]):
    """The attacks of a module, in their order: `@attack("its name")` above each."""

    def __call__(self, name: str, *, quick: bool = False) -> Callable[[Do], Do]:
        def keep(do: Do) -> Do:
            self.append(Attack(name, do, quick))
            return do

        return keep


@dataclass
class Scene:
    """The clean archive as an attacker finds it, and their hands."""

    made: Archive
    bucket: Bucket
    old_key: SigningKey
    new_key: SigningKey  # in force

    @property
    def clean(self) -> dict[str, bytes]:
        return self.bucket.clean

    @cached_property
    def batches(self) -> list[Batch]:
        return ledger.batches(self.clean)

    @cached_property
    def units(self) -> list[Unit]:
        return [unit for batch in self.batches for unit in batch.units]

    @property
    def size(self) -> int:
        return self.batches[-1].end

    def middle(self) -> Batch:
        """A batch with snapshots that others follow; it is behind the change of the key."""
        some = [one for one in self.batches if any(it.kind == "snapshot" for it in one.leaves)]
        return some[len(some) // 2]

    def strange_key(self) -> SigningKey:
        """A key that the attacker made, under the archive's name."""
        return SigningKey(self.new_key.name, secrets.token_bytes(32))

    @cached_property
    def rotated(self) -> int:
        """The size of the first log that the new key signed."""
        return [batch.end for batch in self.batches if any(one.kind == "key" for one in batch.leaves)][-1]

    def files(self, pages: int = 3) -> list[Stem]:
        """The packed files with at least so many new snapshots, oldest first."""
        some = (unit for unit in self.units if unit.leaves[0].kind == "warc")
        return [keys.parse_stem(unit.key) for unit in some if sum(one.kind == "snapshot" for one in unit.leaves) >= pages]

    def unit(self, key: str) -> Unit:
        return next(unit for unit in self.units if unit.key == key)

    def objects(self, unit: Unit) -> list[str]:
        """The keys of a unit that are objects, not parts of one."""
        return [one.key for one in unit.leaves if "#" not in one.key]

    def snapshots(self, stem: Stem) -> list[str]:
        return [one.key for one in self.unit(stem.warc).leaves if one.kind == "snapshot"]

    def lines(self, stem: Stem) -> list[Observation]:
        return observation.load(self.clean[stem.observations])

    def line(self, snapshot: str) -> Observation:
        """The observation that a snapshot was put for."""
        stem = next(keys.parse_stem(unit.key) for unit in self.units if any(one.key == snapshot for one in unit.leaves))
        return next(one for one in self.lines(stem) if one.reading is not None and one.reading.snapshot == snapshot)

    def change(self, key: str, how: Callable[[bytes], bytes]) -> None:
        changed = how(self.clean[key])
        if changed == self.clean[key]:
            raise AssertionError(f"the attack on {key} changed nothing")
        self.bucket.put(key, changed)
