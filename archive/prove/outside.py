"""Time from outside: the tokens and cosignatures that bound when the files of a bundle existed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography.x509 import Certificate

from archive import keys
from archive.errors import BadRecord, Refused
from archive.log import anchor, note, witness
from archive.log.note import VerifierKey
from archive.prove import proof
from archive.prove.bundle import CHECKPOINT, COSIGNED, ROOTS, TOKEN, WITNESSES, Files
from archive.prove.ledger import Ledger
from archive.settings import Settings


@dataclass(frozen=True, slots=True)
class Stamp:
    """Somebody outside says that the first `size` leaves of the log existed at `time`."""

    size: int
    time: datetime  # UTC
    who: str  # subject of a certificate, or a witness's name
    file: str  # of the bundle
    trusted: bool  # checked up to a root or key that the bundle names


def gather(ledger: Ledger, settings: Settings, indexes: Iterable[int]) -> Files:
    """The checkpoints that others signed for, as far as these leaves need them, and those that hand over between keys.

    Of each leaf the first checkpoint above it with a token, and the first with a cosignature. What is damaged is left out.
    """
    wanted = sorted(set(indexes))
    kept = _Kept(ledger, settings, wanted[0] if wanted else 0)
    chosen: dict[int, Files] = {size: {} for size in ledger.handovers()}
    for ending in (TOKEN, COSIGNED):
        for index in wanted:
            size = next((size for size in kept.above(index, ending) if ending in kept.endings(size)), None)
            if size is not None:
                chosen[size] = kept.right(size)
    files = {f"checkpoints/{size:012}/{name}": data for size, found in chosen.items() for name, data in found.items()}
    for size, (checkpoint, path) in ledger.older(chosen).items():
        files[f"checkpoints/{size:012}/{CHECKPOINT}"] = checkpoint
        files[f"checkpoints/{size:012}/consistency"] = proof.dump_path(path)
    if kept.roots and any(name.endswith(TOKEN) for name in files):
        files[ROOTS] = Path(settings.authority_roots).read_bytes()
    used = [key for name, key in sorted(kept.witnesses.items()) if any(file.endswith(f"/{name}") for file in files)]
    if used:
        files[WITNESSES] = "".join(f"{key}\n" for key in used).encode()
    return files


class _Kept:
    """What others said of the checkpoints above a leaf, read as far as it is asked for."""

    def __init__(self, ledger: Ledger, settings: Settings, above: int) -> None:
        self.ledger = ledger
        pem = Path(settings.authority_roots).read_bytes() if settings.authority_roots else b""
        self.roots = anchor.load_roots(pem) if pem else []
        self.witnesses = {one.name: one.key for one in map(witness.parse, settings.witnesses)}
        self._names: dict[int, list[str]] = defaultdict(list)
        self._right: dict[int, Files] = {}
        for key in ledger.store.list("log/anchors/", after=keys.anchor(above, "~")):
            told, _, name = key.removeprefix("log/anchors/").partition("/")
            known = name.endswith(TOKEN) or name in self.witnesses
            if known and told.isdigit() and int(told) <= ledger.checkpoint.size:
                self._names[int(told)].append(name)

    def above(self, index: int, ending: str) -> list[int]:
        """The sizes above a leaf of which something of that kind is there, smallest first."""
        return sorted(size for size, names in self._names.items() if size > index and any(n.endswith(ending) for n in names))

    def endings(self, size: int) -> set[str]:
        return {name[name.rindex(".") :] for name in self.right(size)}

    def right(self, size: int) -> Files:
        """What is there of that size and right."""
        if size not in self._right:
            self._right[size] = {}
            store, checkpoint = self.ledger.store, self.ledger.store.get(keys.log_checkpoint(size))
            for name in sorted(self._names[size]):
                data = store.get(keys.anchor(size, name))
                try:
                    _read(name, data, checkpoint, self.roots, self.witnesses.get(name))
                    self._right[size][name] = data
                except BadRecord as error:
                    self.ledger.shop.say(f"prove: left out: {keys.anchor(size, name)}: {error.what}")
        return self._right[size]


def _read(
    name: str, data: bytes, checkpoint: bytes, roots: Sequence[Certificate], key: VerifierKey | None
) -> tuple[datetime, str, bool]:
    """(time, who, trusted); BadRecord when it does not say what it should."""
    if name.endswith(TOKEN):
        token = anchor.read(data, checkpoint, roots)
        return token.time, token.signer, token.trusted
    if key is None:
        raise BadRecord("a cosignature of a witness that is not named")
    found = witness.read(key, note.parse(checkpoint), data)
    return witness.cosigned_at(found), key.name, True


def stamps(files: Files) -> tuple[list[Stamp], list[tuple[str, str]]]:
    """What the tokens and cosignatures of a bundle say, earliest first; and which files are not right, with the reason."""
    found: list[Stamp] = []
    bad: list[tuple[str, str]] = []
    roots: list[Certificate] = []
    witnesses: dict[str, VerifierKey] = {}
    try:
        roots = anchor.load_roots(files[ROOTS]) if ROOTS in files else []
    except Refused as error:
        bad.append((ROOTS, error.what))
    try:
        witnesses = _witnesses(files.get(WITNESSES, b""))
    except (BadRecord, Refused) as error:
        bad.append((WITNESSES, error.what))
    for name in sorted(name for name in files if name.endswith((TOKEN, COSIGNED))):
        folder, _, last = name.rpartition("/")
        try:
            told = _read(last, files[name], files.get(f"{folder}/{CHECKPOINT}", b""), roots, witnesses.get(last))
            found.append(Stamp(int(folder.rpartition("/")[2]), told[0], told[1], name, told[2]))
        except BadRecord as error:
            bad.append((name, error.what))
    return sorted(found, key=lambda one: (one.time, one.size, one.file)), bad


def _witnesses(data: bytes) -> dict[str, VerifierKey]:
    """By the name of its cosignatures, each key of the file `witnesses`."""
    try:
        parsed = [note.parse_verifier(line) for line in data.decode().splitlines()]
    except UnicodeDecodeError as error:
        raise BadRecord("witnesses is no text") from error
    return {witness.cosignature_name(key): key for key in parsed}


def first_above(index: int, found: Sequence[Stamp]) -> Stamp | None:
    """The earliest stamp that covers a leaf: a checked one, if there is any."""
    covering = [one for one in found if one.size > index]
    return min(covering, key=lambda one: (not one.trusted, one.time), default=None)
