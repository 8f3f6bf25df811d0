"""The zip: which files it may hold, how it is written, how a stranger's is read. Pure but for opening the file.

Files are stored, not compressed (what is large is compressed already), in a fixed order with fixed times: equal contents are
equal bytes. What is read is hostile until it is checked: names, counts and sizes are bounded before anything is unpacked.
"""

from __future__ import annotations

import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from archive.errors import BadRecord, Refused
from archive.log import anchor, witness

Files = dict[str, bytes]  # by name in the bundle

README, CHECK, REPORT, MANIFEST = "README", "check.sh", "report.html", "manifest.json"
LEAVES, CHECKPOINT, OBSERVATIONS = "leaves", "checkpoint", "observations.jsonl"
ROOTS, WITNESSES, RECIPE = "roots.pem", "witnesses", "seeds/VERIFY.md"
PROOF, TOKEN, COSIGNED = ".tlog-proof", anchor.SUFFIX, witness.SUFFIX
FIRST = (README, CHECK, REPORT, MANIFEST)  # in this order; the rest by name

_N = r"[1-9]\d{0,5}"
_TOP = "|".join(map(re.escape, (*FIRST, LEAVES, CHECKPOINT, OBSERVATIONS, ROOTS, WITNESSES, RECIPE)))
PROVABLE = re.compile(
    rf"(?:captures|warcinfos|resources)/{_N}\.warc\.gz|snapshots/{_N}\.json\.gz|seeds/{_N}\.json|keys/\d{{12}}", re.ASCII
)  # files that must be in the log
_NAME = re.compile(
    rf"{_TOP}|(?:{PROVABLE.pattern})(?:\.tlog-proof)?|snapshots/{_N}\.json|checkpoints/\d{{12}}/(?:checkpoint|consistency|[A-Za-z0-9][A-Za-z0-9._-]{{0,99}}\.(?:tsr|cosig))",
    re.ASCII,
)
_FOLDER = re.compile(r"(?:captures|warcinfos|resources|snapshots|seeds|keys|checkpoints|checkpoints/\d{12})/", re.ASCII)

MOST_FILES, MOST_BYTES = 20_000, 1 << 30  # files of a bundle, bytes of all of them together
_DIRECTORY = 8 << 20  # bytes of the zip's directory: Python reads it whole before anybody can look
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, struct.error, NotImplementedError)  # as zipfile tells
_END = 22  # bytes of a zip's last record without a comment


@dataclass(frozen=True, slots=True)
class Logged:
    """A line of `leaves`: what a file of the bundle is in the log."""

    kind: str
    file: str
    key: str


def dump_leaves(rows: Iterable[Logged]) -> bytes:
    return "".join(f"{row.kind} {row.file} {row.key}\n" for row in rows).encode()


def load_leaves(data: bytes) -> list[Logged]:
    """BadRecord when a line is none, or a file has two."""
    out = []
    for line in data.decode("utf-8", "replace").splitlines():
        kind, _, rest = line.partition(" ")
        file, _, key = rest.partition(" ")
        if not key or not _NAME.fullmatch(file):
            raise BadRecord(f"leaves: not a line about a file: {line[:80]!r}")
        out.append(Logged(kind, file, key))
    if len({row.file for row in out}) != len(out):
        raise BadRecord("leaves: a file is named twice")
    return out


def pack(files: Mapping[str, bytes]) -> bytes:
    """The zip."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED, allowZip64=False) as archive:
        for name in (*FIRST, *sorted(set(files) - set(FIRST))):
            if not _NAME.fullmatch(name):
                raise ValueError(f"{name} has no place in a bundle")
            info = zipfile.ZipInfo(name)  # 1980-01-01
            info.create_system, info.external_attr = 3, (stat.S_IFREG | 0o644) << 16
            archive.writestr(info, files[name])
    return out.getvalue()


def unpack(path: Path) -> Files:
    """The files of a bundle. BadRecord when the zip is damaged; Refused when it is one that nobody should unpack."""
    with path.open("rb") as file:
        try:
            _bounded(path, file.seek(0, 2), _tail(file))
            with zipfile.ZipFile(file) as archive:
                infos = [info for info in archive.infolist() if not _folder(info)]
                _harmless(path, infos)
                return {info.filename: archive.read(info) for info in infos}
        except _DAMAGE as error:
            raise BadRecord(f"{path.name} is damaged: {error}", "get the bundle again from whoever made it") from error


def _tail(file: BinaryIO) -> bytes:
    file.seek(-min(file.seek(0, 2), _END + 20), 2)
    return file.read()


def _bounded(path: Path, size: int, tail: bytes) -> None:
    """Refused or BadRecord from the zip's last bytes alone: before its directory is read."""
    end = tail[-_END:]
    if len(end) < _END or not end.startswith(b"PK\5\6") or end[-2:] != b"\0\0":
        raise BadRecord(f"{path.name} does not end as a bundle does", "get the bundle again from whoever made it")
    if size > 2 * MOST_BYTES or tail.startswith(b"PK\6\7") or int.from_bytes(end[12:16], "little") > _DIRECTORY:
        raise _hostile(path, "it is larger than any bundle")


def _folder(info: zipfile.ZipInfo) -> bool:
    """An entry for a folder, as `zip -r` makes them."""
    return info.file_size == 0 and _FOLDER.fullmatch(info.filename) is not None


def _harmless(path: Path, infos: list[zipfile.ZipInfo]) -> None:
    names = [info.filename for info in infos]
    if len(names) > MOST_FILES or sum(info.file_size for info in infos) > MOST_BYTES:
        raise _hostile(path, "it unpacks to more than any bundle")
    for info in infos:
        mode = info.external_attr >> 16
        if not _NAME.fullmatch(info.filename):
            raise _hostile(path, f"it holds {info.filename[:80]!r}, which no bundle has")
        if info.flag_bits & 1 or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise _hostile(path, f"{info.filename} is encrypted, or compressed in another way")
        if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
            raise _hostile(path, f"{info.filename} is no plain file")
    if len(set(names)) != len(names):
        raise _hostile(path, "it holds two files of one name")


def _hostile(path: Path, why: str) -> Refused:
    return Refused(f"{path.name} was not opened: {why}", "do not unpack it; ask whoever gave it to you")
