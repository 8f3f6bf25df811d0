"""Checkpoints against the tree and against the keys that may sign them (docs/FORMAT.md, "Log"). Pure."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from archive import keys
from archive.errors import BadRecord, Refused
from archive.log import note
from archive.log.leaf import Leaf
from archive.log.note import Checkpoint, Note, VerifierKey
from archive.verify.finding import ALTERED, FORKED, MISSING, SWAPPED, TRUNCATED, WRONG_SIGNER, Finding, finding, once
from archive.verify.structure import breaks_off


@dataclass(frozen=True, slots=True)
class Signed:
    """A checkpoint object as stored; `size` is that of its key, None for `log/checkpoint`."""

    key: str
    size: int | None
    data: bytes


@dataclass(frozen=True, slots=True)
class Claim:
    """What such an object says, whoever signed it."""

    key: str
    note: Note
    checkpoint: Checkpoint

    @property
    def size(self) -> int:
        return self.checkpoint.size


@dataclass
class Ring:
    """The log's keys by the index of their leaf; None where the key object is not what was logged."""

    keys: list[tuple[int, VerifierKey | None]]
    strangers: tuple[str, ...] = ()  # ids of the keys that are trusted here, when no leaf names any of them

    def at(self, size: int) -> VerifierKey | None:
        """The key in force for a checkpoint of that size."""
        return next((key for index, key in reversed(self.keys) if index < size), None)

    def before(self, index: int) -> VerifierKey | None:
        return next((key for at, key in reversed(self.keys) if at < index), None)


@dataclass
class Chain:
    """What became of the checkpoints: those that are right, and those that another tree was signed with."""

    right: dict[str, Claim] = field(default_factory=dict)  # by key
    contradicted: dict[str, Claim] = field(default_factory=dict)  # rightly signed, and another root than the log has
    above: list[int] = field(default_factory=list)  # sizes of kept checkpoints, rightly signed or not, above `log/checkpoint`
    findings: list[Finding] = field(default_factory=list)
    unchecked: Counter[str] = field(default_factory=Counter)

    @property
    def newest(self) -> Claim | None:
        return max(self.right.values(), key=lambda one: one.size, default=None)


def claims(signed: Sequence[Signed]) -> dict[str, Claim]:
    """What each of them says, by key; those that are no checkpoint are left out."""
    found = {}
    for one in signed:
        try:
            said = note.parse(one.data)
            found[one.key] = Claim(one.key, said, note.parse_checkpoint(said))
        except BadRecord:
            continue
    return found


def ring(leaves: Sequence[tuple[int, Leaf]], held: Mapping[str, bytes], trusted: Sequence[VerifierKey]) -> Ring:
    """The keys of these `key` leaves, from their objects or, where one is damaged, from the keys that are trusted here."""
    texts = {hashlib.sha256(f"{key}\n".encode()).hexdigest(): key for key in trusted}
    found: list[tuple[int, VerifierKey | None]] = []
    for index, leaf in sorted(leaves, key=lambda one: one[0]):
        data = held.get(leaf.key, b"")
        if hashlib.sha256(data).hexdigest() == leaf.sha256:
            found.append((index, _parsed(leaf.key, data)))
        else:
            found.append((index, texts.get(leaf.sha256)))
    ours = texts.keys() & {leaf.sha256 for _, leaf in leaves}
    return Ring(found, () if ours else tuple(key.id.hex() for key in texts.values()))


def _parsed(place: str, data: bytes) -> VerifierKey | None:
    try:
        key = note.parse_verifier(data.decode("ascii", "replace"))
    except Refused:
        return None
    return key if keys.log_key(key.id) == place else None


def judge(signed: Sequence[Signed], known: Ring, roots: Mapping[int, bytes], ends: Mapping[int, int]) -> Chain:
    """Each checkpoint against the roots of the log (by size) and the key in force.

    `ends`: first leaf → end of the batches, for the rule that a change of the key is signed with the key before too.
    """
    chain, said = Chain(), claims(signed)
    for one in signed:
        _judge(chain, one, said.get(one.key), known, roots)
    _changes(chain, said, known, ends)
    chain.findings = once(chain.findings)
    if known.strangers and known.keys:
        what = f"none of the log's keys is one that this machine trusts ({', '.join(known.strangers)})"
        chain.findings.insert(0, finding(WRONG_SIGNER, keys.CHECKPOINT, what))
    now = said.get(keys.CHECKPOINT)
    if now is not None or all(one.key != keys.CHECKPOINT for one in signed):
        size = now.size if now else 0
        chain.above = sorted(one.size for one in said.values() if one.key != keys.CHECKPOINT and one.size > size)
    return chain


def _judge(chain: Chain, one: Signed, claim: Claim | None, known: Ring, roots: Mapping[int, bytes]) -> None:
    if claim is None:
        kind = TRUNCATED if breaks_off(one.key, one.data) else ALTERED
        chain.findings.append(finding(kind, one.key, "it is no signed checkpoint"))
        return
    signer, first = known.at(claim.size), Note(claim.note.text, claim.note.signatures[:1])
    root = roots.get(claim.size)
    fits = root is None or root == claim.checkpoint.root
    if signer is None:
        chain.unchecked["signatures whose key is damaged or not in the log"] += 1
    elif claim.checkpoint.origin != signer.name or not first.signed_by(signer):
        ours = bool(first.signatures) and first.signatures[0].key_id == signer.id
        kind = ALTERED if ours and not fits else WRONG_SIGNER
        what = f"its first signature is not one by the key in force ({signer.id.hex()})"
        chain.findings.append(finding(kind, one.key, what if fits else f"{what}, and its root is not the log's"))
        return
    if one.size not in (None, claim.size):
        chain.findings.append(finding(SWAPPED, one.key, f"it is the checkpoint of {claim.size} leaves"))
    elif root is None:
        chain.unchecked["checkpoints beyond what the log still holds"] += 1
    elif fits:
        chain.right[one.key] = claim
    else:
        chain.contradicted[one.key] = claim


def _changes(chain: Chain, said: Mapping[str, Claim], known: Ring, ends: Mapping[int, int]) -> None:
    """The first checkpoint above a new key is signed with the key before it too."""
    for index, _ in known.keys:
        old = known.before(index)
        above = sorted((claim for claim in said.values() if claim.size > index), key=lambda claim: claim.size)
        # One beyond what the log holds is of no known tree: it may be a rightful checkpoint of another one.
        known_trees = chain.right.keys() | chain.contradicted.keys()
        if old is None or not above or any(claim.note.signed_by(old) for claim in above if claim.key in known_trees):
            continue
        end = next((end for first, end in ends.items() if first <= index < end), above[0].size)
        first = [claim for claim in above if claim.size == end]
        what = f"the key changed at leaf {index}, and the key before it ({old.id.hex()}) did not sign the change"
        for claim in first:
            chain.findings.append(finding(WRONG_SIGNER, claim.key, what))
            chain.right.pop(claim.key, None)
        if not first and keys.log_checkpoint(end) not in {one.key for one in chain.findings}:
            chain.findings.append(finding(MISSING, keys.log_checkpoint(end), f"{what} in what is left"))


def contradictions(chain: Chain, batch_of: Sequence[int]) -> tuple[list[Finding], range]:
    """What it means that a rightly signed checkpoint has another root than the log, and leaves that are not to be believed.

    Forked when the log has a signed root as well; otherwise leaves were altered, between the last size that fits and the
    first that does not, and tiles and batches were edited to agree.
    """
    if not chain.contradicted:
        return [], range(0)
    if keys.CHECKPOINT in chain.right:
        what = "rightly signed, and another root than the log has at that size: there are two logs"
        return [finding(FORKED, key, what) for key in sorted(chain.contradicted)], range(0)
    first = min(claim.size for claim in chain.contradicted.values())
    last = max((claim.size for claim in chain.right.values() if claim.size < first), default=0)
    batches = [one for one in batch_of if last <= one < first] or [0]
    what = f"the leaves {last} to {first - 1} are not those that were signed: tiles and batches were edited to agree"
    return [finding(ALTERED, keys.log_batch(batches[0]), what)], range(last, first)
