"""Checks a bundle as a stranger would: offline, from its own bytes, without bucket, catalog or settings.

First the log: signatures, proofs, earlier checkpoints, time from outside. Then what the files say of each other
(archive.prove.contents). Nothing of the bundle is believed because it says so; it may have been made to harm.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from archive.errors import BadRecord, Refused
from archive.log import leaf, merkle, note
from archive.log.note import Checkpoint, VerifierKey
from archive.prove import bundle, contents, facts, outside, proof
from archive.prove.bundle import CHECKPOINT, COSIGNED, LEAVES, MANIFEST, PROOF, ROOTS, WITNESSES, Files, Logged
from archive.verify.finding import ALTERED, FORKED, MISSING, UNLOGGED, WRONG_SIGNER, Finding, Report, once

_AGAIN = "get the bundle again from whoever made it"
_ASK = "do not rely on it: ask whoever made it, and whoever runs the archive"


def check(path: Path | str) -> tuple[Counter[str], list[Finding]]:
    """(what was checked, what is wrong). Refused when the file is a zip that nobody should open."""
    report = examine(path)
    return report.counts, report.findings


def examine(path: Path | str, key: str = "") -> Report:
    """The same as a report, which also says what could not be checked. `key`: the only verifier key that may have signed."""
    work = Examination(bundle_of := Path(path))
    try:
        work.files = bundle.unpack(bundle_of)
    except BadRecord as error:
        work.report.find(ALTERED, bundle_of.name, error.what, _AGAIN)
        return work.report
    with work.guard(MANIFEST):
        manifest = facts.load(work.file(MANIFEST))
        work.named(manifest)
        with work.guard(CHECKPOINT):
            work.signature(key)
            work.leaves()
            work.older()
            work.outside()
            contents.examine(work.files, manifest, work.logged, work.report)
    work.report.findings = once(work.report.findings)
    return work.report


@dataclass
class Examination:
    """One bundle under examination."""

    path: Path
    files: Files = field(default_factory=dict)
    report: Report = field(default_factory=Report)
    logged: dict[str, Logged] = field(default_factory=dict)  # by file, what the log proves

    @contextmanager
    def guard(self, name: str) -> Iterator[None]:
        """What makes a file unreadable or is missing becomes a finding about it."""
        try:
            yield
        except BadRecord as error:
            self.report.find(ALTERED, name, error.what, _AGAIN)
        except Refused as error:  # a key whose text is damaged
            self.report.find(ALTERED, name, error.what, _AGAIN)
        except KeyError as error:
            self.report.find(MISSING, str(error).strip("'"), "a bundle has one", _AGAIN)

    def file(self, name: str) -> bytes:
        """KeyError when there is none."""
        return self.files[name]

    def named(self, manifest: facts.Manifest) -> None:
        """Every file is named by the manifest, and is what it says."""
        there = set(self.files) - {MANIFEST}
        for name in sorted(set(manifest.files) - there):
            self.report.find(MISSING, name, "the manifest names it", _AGAIN)
        for name in sorted(there - set(manifest.files)):
            self.report.find(UNLOGGED, name, "the manifest does not name it", _ASK)
        for name in sorted(there & set(manifest.files)):
            self.report.counts["files"] += 1
            if hashlib.sha256(self.files[name]).hexdigest() != manifest.files[name]:
                self.report.find(ALTERED, name, "not the bytes that the manifest names", _AGAIN)

    @cached_property
    def checkpoint(self) -> Checkpoint:
        return note.parse_checkpoint(note.parse(self.file(CHECKPOINT)))

    @cached_property
    def keys(self) -> list[tuple[int, VerifierKey]]:
        """(leaf, key), oldest first."""
        names = sorted(name for name in self.files if name.startswith("keys/") and not name.endswith(PROOF))
        found = []
        for name in names:
            with self.guard(name):
                found.append(
                    (int(name.removeprefix("keys/")), note.parse_verifier(self.files[name].decode("ascii", "replace")))
                )
        return found

    def in_force(self, size: int) -> VerifierKey | None:
        return next((key for index, key in reversed(self.keys) if index < size), None)

    def signature(self, wanted: str) -> None:
        signer = self.in_force(self.checkpoint.size)
        if signer is None:
            self.report.find(MISSING, "keys/", "no key that was in force", _AGAIN)
        elif not note.parse(self.file(CHECKPOINT)).signed_by(signer):
            self.report.find(WRONG_SIGNER, CHECKPOINT, f"not signed by {signer}", _ASK)
        elif wanted and str(signer) != wanted.strip():
            self.report.find(WRONG_SIGNER, CHECKPOINT, f"signed by {signer}, not by {wanted.strip()}", _ASK)
        else:
            self.report.counts["signatures"] += 1
            if not wanted:
                self.report.unchecked[
                    f"whose key it is: compare {signer} with the one that the archive publishes elsewhere"
                ] += 1

    def leaves(self) -> None:
        with self.guard(LEAVES):
            for row in bundle.load_leaves(self.file(LEAVES)):
                with self.guard(row.file):
                    self._leaf(row)
        for name in self.files:
            provable = bundle.PROVABLE.fullmatch(name.removesuffix(PROOF))
            if provable and name.removesuffix(PROOF) not in self.logged:
                self.report.find(UNLOGGED, name, "no proof that it is in the log", _ASK)

    def _leaf(self, row: Logged) -> None:
        """A leaf made from the file's own bytes must be the one that its proof leads from."""
        data, found = self.file(row.file), proof.load(self.file(row.file + PROOF))
        sha = contents.seed_digest(data) if row.kind == "seed" else hashlib.sha256(data).hexdigest()
        entry = leaf.Leaf(row.kind, sha, row.key).entry
        size, root = self.checkpoint.size, self.checkpoint.root
        if row.file.partition("/")[0] != f"{row.kind}s":
            raise BadRecord(f"leaves calls it a {row.kind}")
        if found.checkpoint != self.file(CHECKPOINT):
            raise BadRecord("its proof is about another checkpoint")
        if not merkle.included(found.index, size, merkle.leaf_hash(entry), found.path, root):
            raise BadRecord("its bytes are not what was logged, or its proof is not one")
        if row.kind == "key" and int(row.file.removeprefix("keys/")) != found.index:
            raise BadRecord(f"it is leaf {found.index}")
        self.logged[row.file] = row
        self.report.counts["leaves"] += 1

    def older(self) -> None:
        """Earlier checkpoints are the beginning of this log, and one key signed the next one in."""
        names = sorted(name for name in self.files if name.startswith("checkpoints/") and name.endswith(f"/{CHECKPOINT}"))
        for name in names:
            with self.guard(name):
                self._older(name)
        notes = [(int(name.split("/")[1]), self.files[name]) for name in names]
        for (_, old), (index, new) in zip(self.keys, self.keys[1:], strict=False):
            with self.guard(f"keys/{index:012}"):
                both = (note.parse(data) for size, data in notes if size > index)
                if not any(signed.signed_by(old) and signed.signed_by(new) for signed in both):
                    raise BadRecord(f"no checkpoint here is signed by both {old} and {new}")

    def _older(self, name: str) -> None:
        folder = name.removesuffix(CHECKPOINT)
        signed = note.parse(self.files[name])
        old, new = note.parse_checkpoint(signed), self.checkpoint
        path = proof.load_path(self.file(f"{folder}consistency"))
        signer = self.in_force(old.size)
        if old.size != int(folder.split("/")[1]) or old.size == 0:
            raise BadRecord(f"a checkpoint of {old.size} leaves")
        if old.origin != new.origin or not merkle.consistent(old.size, new.size, old.root, new.root, path):
            self.report.find(FORKED, name, "not the beginning of this log", _ASK)
        elif signer is None or not signed.signed_by(signer):
            self.report.find(WRONG_SIGNER, name, f"not signed by {signer}", _ASK)
        self.report.counts["earlier checkpoints"] += 1

    def outside(self) -> None:
        found, bad = outside.stamps(self.files)
        for name, what in bad:
            self.report.find(ALTERED, name, what, _ASK)
        self.report.counts["stamps from outside"] += sum(one.trusted for one in found)
        for name in sorted({WITNESSES if one.file.endswith(COSIGNED) else ROOTS for one in found if one.trusted}):
            self.report.unchecked[
                f"whose keys these are: compare {name}, which came with it, with what its owners publish"
            ] += 1
        if unchecked := sum(not one.trusted for one in found):
            self.report.unchecked["time stamps, for want of their authority's certificate"] += unchecked
        if not any(one.trusted for one in found):
            self.report.unchecked["the time: nobody outside has told one that can be checked"] += 1
