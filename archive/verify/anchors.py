"""What others say of the checkpoints: time stamps and cosignatures under `log/anchors/`, each against its checkpoint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

from cryptography import x509

from archive import keys
from archive.errors import BadRecord
from archive.log import anchor, note, witness
from archive.log.note import VerifierKey
from archive.store import Store
from archive.verify.ahead import ahead, held
from archive.verify.finding import ALTERED, MISSING, TRUNCATED, UNLOGGED, WRONG_SIGNER, Report


@dataclass(frozen=True, slots=True)
class Trust:
    """Whom this machine believes: certificates of authorities, keys of witnesses."""

    roots: Sequence[x509.Certificate] = ()
    witnesses: Sequence[VerifierKey] = ()


def check(store: Store, pool: Executor, there: Mapping[int, Sequence[str]], trust: Trust, doubted: set[str]) -> Report:
    """Every anchor. `there`: names by the size of their checkpoint; `doubted`: keys of checkpoints that were named already."""
    report = Report()
    items = [(size, name) for size in sorted(there) for name in sorted(there[size])]
    checkpoints: dict[int, bytes | None] = {}
    for (size, name), data in ahead(pool, lambda one: held(store, keys.anchor(*one)), items):
        if size not in checkpoints:
            checkpoints = {size: held(store, keys.log_checkpoint(size))}
        key, checkpoint = keys.anchor(size, name), checkpoints[size]
        if keys.log_checkpoint(size) in doubted:
            report.unchecked["anchors of a checkpoint that is not what it was"] += 1
        elif checkpoint is None:
            report.find(MISSING, keys.log_checkpoint(size), f"others said something of it ({key})")
        elif name.endswith(anchor.SUFFIX):
            _token(report, key, data or b"", checkpoint, trust.roots)
        elif name.endswith(witness.SUFFIX):
            _cosignature(report, key, data or b"", checkpoint, trust.witnesses)
        else:
            report.find(UNLOGGED, key, "a stranger: neither time stamp nor cosignature")
    return report


def _token(report: Report, key: str, data: bytes, checkpoint: bytes, roots: Sequence[x509.Certificate]) -> None:
    report.counts["time stamps"] += 1
    try:
        anchor.read(data, checkpoint, ())
    except BadRecord as error:
        report.find(TRUNCATED if not data else ALTERED, key, error.what)
        return
    if not roots:
        report.unchecked["signatures of time stamps (WARRAQ_TSA_ROOTS is not set)"] += 1
        return
    try:
        anchor.read(data, checkpoint, roots)
    except BadRecord as error:
        report.find(WRONG_SIGNER, key, error.what, "if the authority changed its root, add that to WARRAQ_TSA_ROOTS")


def _cosignature(report: Report, key: str, data: bytes, checkpoint: bytes, known: Sequence[VerifierKey]) -> None:
    report.counts["cosignatures"] += 1
    signer = next((one for one in known if key.endswith(f"/{witness.cosignature_name(one)}")), None)
    try:
        if signer is None:
            note.parse_signature(data.decode("utf-8", "replace").partition("\n")[0])
            report.unchecked["cosignatures of witnesses that WARRAQ_WITNESSES does not name"] += 1
        else:
            witness.read(signer, note.parse(checkpoint), data)
    except BadRecord as error:
        report.find(ALTERED if data.endswith(b"\n") else TRUNCATED, key, error.what)
