"""One article: its captures, snapshots and seed links, each against its leaf, each leaf against the signed checkpoint."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from archive import keys
from archive.errors import BadRecord, Broken, Refused
from archive.keys import Stem
from archive.log import keyring, merkle, note
from archive.log.leaf import Leaf
from archive.log.note import VerifierKey
from archive.log.reader import Tree
from archive.observation import Observation
from archive.steps.workshop import Workshop
from archive.store import Store
from archive.verify import shelf as shelves
from archive.verify import strays, warcs
from archive.verify.ahead import held
from archive.verify.batches import rows_of
from archive.verify.finding import ALTERED, WRONG_SIGNER, Report, once
from archive.verify.objects import Objects
from archive.verify.signers import Ring
from archive.verify.single import redactions


def verify(shop: Workshop, store: Store, which: str) -> Report:
    """Verify one article (address, id or the beginning of it), withheld or not. Refused when the catalog knows none."""
    catalog = shop.catalog.with_withheld()
    row = catalog.article(which)
    lines = catalog.lines(row.outlet, row.article)
    stems = {keys.parse_stem(key): None for key, _ in lines} | {keys.parse_stem(line.warc): None for _, line in lines}
    sets = {link.get("set", "") for _, line in lines if line.reading for link in line.reading.links}
    units = [stem.warc for stem in stems] + [keys.seed(one, "SHA256SUMS") for one in sorted(sets)]
    work = _Article(store, row.article, shop.catalog.logged(units), catalog.logged)
    work.signature(shop)
    for stem in stems:
        work.file(stem, [line for _, line in lines if line.warc == stem.warc], shop)
    for one in sorted(sets):
        work.seeds(keys.seed(one, "SHA256SUMS"))
    work.report.findings = once(work.report.findings)
    return work.report


@dataclass
class _Article:
    store: Store
    article: str
    places: dict[str, int]  # unit → index of its first leaf
    logged: Callable[[Sequence[str]], Mapping[str, int]]  # the leaves of those that are, as far as the catalog knows
    report: Report = field(default_factory=Report)
    tree: Tree | None = None

    @cached_property
    def objects(self) -> Objects:
        ring = Ring([(at, self._key(place)) for place, at in self.logged(sorted(self.store.list("log/keys/"))).items()])
        ring.keys.sort(key=lambda one: one[0])
        return Objects(self.store, redactions(self.store, self.logged, ring, self.tree.size if self.tree else 0))

    @cached_property
    def batches(self) -> list[int]:
        return shelves.sort_out(self.store.list("log/batches/")).batches

    def signature(self, shop: Workshop) -> None:
        """Whether the checkpoint is signed by a key of the log. The whole `warraq verify` checks who was in force when."""
        held_now = self.store.checkpoint()
        if held_now is None:
            self.report.unchecked["proofs: the log has no checkpoint yet"] += 1
            return
        try:
            signed = note.parse(held_now[0])
            said = note.parse_checkpoint(signed)
            place = keys.log_key(signed.signatures[0].key_id)
            key = self._key(place)
            if key is None:
                raise BadRecord(f"the key that signed it, {place}, is not there, or damaged")
        except (BadRecord, Refused) as error:
            self.report.find(ALTERED, keys.CHECKPOINT, error.what)
            return
        mine = keyring.load(shop.settings)
        known = shop.catalog.logged([place]) or (mine is not None and mine.public == key)
        if not note.Note(signed.text, signed.signatures[:1]).signed_by(key) or not known:
            self.report.find(WRONG_SIGNER, keys.CHECKPOINT, f"not signed by a key that the log is known to have ({place})")
            return
        self.tree = Tree(self.store, said)
        self.report.log = {"size": said.size, "published": said.size, "root": said.root.hex()}

    def _key(self, place: str) -> VerifierKey | None:
        """The verifier key that lies there; None when none does."""
        try:
            found = note.parse_verifier((held(self.store, place) or b"").decode("ascii", "replace"))
        except Refused:
            return None
        return found if keys.log_key(found.id) == place else None

    def file(self, stem: Stem, lines: Sequence[Observation], shop: Workshop) -> None:
        """A WARC that holds captures of the article, and what was derived from it."""
        leaves = self._unit(stem.warc)
        if leaves is None:
            judge = strays.Judge(self.store, self.objects, shop.clock(), lambda _: True)
            waiting = strays.Strays()
            for key in (stem.warc, stem.observations, stem.cdxj):
                if held(self.store, key) is not None:
                    waiting.add(key)
            self.report += judge.judge(waiting)
            return
        if not leaves:
            return  # its batch is damaged, and named
        found = self.objects.unit(leaves).report
        mine = f"/{self.article}/"
        found.findings = [one for one in found.findings if not one.key.startswith("snapshots/") or mine in one.key]
        self.report += found
        offsets = {line.offset for line in lines}
        for at, leaf in enumerate(leaves):
            whole = leaf.key in (stem.warc, stem.observations, stem.cdxj) or mine in leaf.key
            if whole or _holds(leaf, stem.warc, offsets):
                self._proof(self.places[stem.warc] + at, leaf)

    def seeds(self, sums: str) -> None:
        """A set of seed files that the article is linked to."""
        leaves = self._unit(sums)
        if leaves is None:
            self.report.unchecked["seed files that are not in the log"] += 1
            return
        if leaves:
            self.report += self.objects.unit(leaves).report
        for at, leaf in enumerate(leaves):
            self._proof(self.places[sums] + at, leaf)

    def _unit(self, name: str) -> list[Leaf] | None:
        """The leaves of a unit; None when the catalog knows of none."""
        place = self.places.get(name)
        if place is None:
            return None
        first = self.batches[bisect_right(self.batches, place) - 1] if self.batches else place
        key = keys.log_batch(first)
        try:
            _, units = rows_of(held(self.store, key) or b"")
        except BadRecord as error:
            self.report.find(ALTERED, key, error.what)
            return []
        for unit in units:
            if unit[0][2] == name and first == place:
                return [Leaf(*leaf) for leaf in unit]
            first += len(unit)
        self.report.find(ALTERED, key, f"it does not hold {name} at leaf {place}, where it was logged")
        return []

    def _proof(self, index: int, leaf: Leaf) -> None:
        """The inclusion of a leaf in the signed checkpoint."""
        if self.tree is None:
            return
        if index >= self.tree.size:
            self.report.waiting["leaves that no checkpoint covers yet"] += 1
            return
        try:
            path = self.tree.inclusion(index)
        except Broken as error:
            self.report.find(ALTERED, keys.CHECKPOINT, f"it cannot be reached from leaf {index}: {error.what}")
            return
        checkpoint = self.tree.checkpoint
        if merkle.included(index, checkpoint.size, merkle.leaf_hash(leaf.entry), path, checkpoint.root):
            self.report.counts["inclusion proofs"] += 1
        else:
            self.report.find(ALTERED, leaf.key, f"the leaf {index} that its batch has is not the one that was signed")


def _holds(leaf: Leaf, warc: str, offsets: set[int]) -> bool:
    """Whether a leaf is the part of the file that holds one of these records."""
    return any(one.offset <= at < one.offset + one.length for one in warcs.parts_of(warc, [leaf]) for at in offsets)
