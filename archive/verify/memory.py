"""What this machine knows of the log beside the bucket, read before anything of the bucket is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from archive.errors import BadRecord, Refused
from archive.log import anchor, book, keyring, note, witness
from archive.settings import Settings
from archive.verify.anchors import Trust
from archive.verify.history import Kept, Remembered
from archive.verify.run import Known


def of(settings: Settings, catalog: int, own: Sequence[Kept], files: Sequence[Path]) -> tuple[Known, list[str]]:
    """(what is known, lines of books that cannot be read). `catalog`: leaves that it has seen; `own`: of the last
    verification; `files`: books or single checkpoints that somebody kept. Refused when a file is neither."""
    kept, damaged = list(own), list[str]()
    if settings.book.is_file():
        kept += _book(settings.book, damaged)
    for path in files:
        kept += _given(path, damaged)
    roots = anchor.load_roots(_read(Path(settings.authority_roots))) if settings.authority_roots else []
    trust = Trust(roots, [witness.parse(text).key for text in settings.witnesses])
    signer = keyring.load(settings)
    return Known(Remembered(kept, catalog), trust, [signer.public] if signer else []), damaged


def _book(path: Path, damaged: list[str]) -> list[Kept]:
    read = book.parse(_read(path))
    damaged += [f"{path}, {what}" for what in read.damaged]
    return [Kept(f"{path.name} of {one.noted:%Y-%m-%d}", one.checkpoint, one.note) for one in read.entries]


def _given(path: Path, damaged: list[str]) -> list[Kept]:
    """A book, or a checkpoint as it was signed."""
    data = _read(path)
    if data.lstrip().startswith(b"noted "):
        return _book(path, damaged)
    try:
        signed = note.parse(data)
        return [Kept(path.name, note.parse_checkpoint(signed), signed)]
    except BadRecord as error:
        raise Refused(f"{path}: {error.what}", "give a signed checkpoint, or a checkpoint book") from error


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Refused(f"{path}: {error.strerror or error}", "give a file that can be read") from error
