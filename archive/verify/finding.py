"""What verify finds: kinds, findings, and the report that holds them. Pure; the kinds are stable, docs/VERIFY.md lists them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

ALTERED = "altered"  # other bytes than were logged, or a record that contradicts itself
TRUNCATED = "truncated"  # its structure breaks off
MISSING = "missing"  # a leaf, or what follows from the log, without its object
SWAPPED = "swapped"  # the bytes of another leaf, or parts of a WARC in another order
UNLOGGED = "added unlogged"  # an object without a leaf that is not just waiting for one
ROLLED_BACK = "rolled back"  # the log says less than it did
FORKED = "forked"  # the log says something else than it did
WRONG_SIGNER = "wrong signer"  # not signed by the key in force, or not with that key
REDACTED = "redacted by order"  # gone or replaced, and an act in the log says so: no fault
FAULTS = (ALTERED, TRUNCATED, MISSING, SWAPPED, UNLOGGED, ROLLED_BACK, FORKED, WRONG_SIGNER)

# Information, never a fault.
LATE = "logged late"  # logged long after the captures that it holds
UNPUBLISHED = "not published"  # a signed checkpoint that log/checkpoint does not say yet

_RESTORE = "put it back from your second copy (warraq repair --from-copy); keep the damaged one aside"
_OTHERS = "stop capturing; compare with your second copy and with whoever kept a checkpoint (docs/THREATS.md)"
STRANGE = "move it out of the archive's prefix"
REMEDIES = {
    ALTERED: _RESTORE,
    TRUNCATED: _RESTORE,
    MISSING: "put it back from your second copy (warraq repair --from-copy)",
    SWAPPED: _RESTORE,
    UNLOGGED: "find out who put it there; if a machine of yours did, `warraq repair --accept KEY` logs it at its true place",
    ROLLED_BACK: _OTHERS,
    FORKED: _OTHERS,
    WRONG_SIGNER: "somebody else may hold a key or the bucket: compare with your second copy before anything is signed",
    REDACTED: "nothing to do: the act says who ordered it, and why",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One object that is not what it should be, and what to do about it. Each object is named once."""

    kind: str
    key: str  # of the object; of information, of what it is about
    what: str
    remedy: str = ""
    sha256: str = ""  # of the bytes that are there, where that tells more

    @property
    def fault(self) -> bool:
        """Whether it is one: what was redacted by order is not."""
        return self.kind in FAULTS

    def __str__(self) -> str:
        return f"{self.kind}: {self.key}: {self.what}" + (f" — {self.remedy}" if self.remedy else "")


def finding(kind: str, key: str, what: str, remedy: str = "", sha256: str = "") -> Finding:
    """A finding with its kind's remedy, unless another is given."""
    return Finding(kind, key, what, remedy or REMEDIES.get(kind, ""), sha256)


@dataclass
class Report:
    """What a verification looked at, and what it found. `+=` takes another one in."""

    counts: Counter[str] = field(default_factory=Counter)  # what was checked
    findings: list[Finding] = field(default_factory=list)
    information: list[Finding] = field(default_factory=list)
    waiting: Counter[str] = field(default_factory=Counter)  # not logged yet, as it should be
    unchecked: Counter[str] = field(default_factory=Counter)  # what could not be checked here, and why
    log: dict[str, Any] = field(default_factory=dict)  # size, published, root (hex): which log this was
    uncaptured: dict[str, Any] = field(default_factory=dict)  # count, oldest: what was meant and never tried
    units: set[str] = field(default_factory=set)  # those in which something was found

    @property
    def faults(self) -> list[Finding]:
        return [one for one in self.findings if one.fault]

    def __iadd__(self, other: Report) -> Report:
        self.counts += other.counts
        self.findings += other.findings
        self.information += other.information
        self.waiting += other.waiting
        self.unchecked += other.unchecked
        self.log |= other.log
        self.uncaptured |= other.uncaptured
        self.units |= other.units
        return self

    def find(self, kind: str, key: str, what: str, remedy: str = "", sha256: str = "") -> None:
        self.findings.append(finding(kind, key, what, remedy, sha256))

    def row(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {
            "checked": dict(self.counts),
            "findings": [asdict(one) for one in self.findings],
            "information": [asdict(one) for one in self.information],
            "waiting": dict(self.waiting),
            "unchecked": dict(self.unchecked),
            "log": self.log,
            "not_captured": self.uncaptured,
        }

    @classmethod
    def of_row(cls, row: dict[str, Any]) -> Report:
        return cls(
            Counter(row["checked"]),
            [Finding(**one) for one in row["findings"]],
            [Finding(**one) for one in row["information"]],
            Counter(row["waiting"]),
            Counter(row["unchecked"]),
            row["log"],
            row["not_captured"],
        )


def once(findings: Iterable[Finding]) -> list[Finding]:
    """Each object once, by its first finding."""
    found: dict[str, Finding] = {}
    for one in findings:
        found.setdefault(one.key, one)
    return list(found.values())
