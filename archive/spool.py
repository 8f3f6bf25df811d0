"""The spool: where captures are written down before anyone sees them, packed into files, and uploaded from.

    <run>.<try>-<seq>.open              being written, locked (flock) by its writer
    <run>.<try>-<seq>-<sha12>.warc.gz   finished; named after the first 12 hex digits of its SHA-256

A file whose writer died is unlocked: `recover` cuts it after its last whole record and finishes it.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from archive import keys, records, warc
from archive.capture import Exchange, Written
from archive.errors import BadRecord, Refused
from archive.store import Store, put_once

CAPTURES, BYTES, AGE = 200, 16 * 1024 * 1024, timedelta(minutes=5)  # of one file
_NAME = re.compile(
    r"(?P<run>\d{8}T\d{6}Z-[0-9a-f]{12})\.(?P<attempt>\d+)-(?P<seq>\d{5})(\.open|-(?P<sha12>[0-9a-f]{12})\.warc\.gz)"
)
_SPEC = records.SPEC


class Spool:
    """Writes the captures of one run into `folder`. Not for several threads at once.

    - When `add` returns, the records have been handed to the operating system: they survive kill -9 of this process.
    - `info` goes into each file's warcinfo record, with outlet, run, attempt and sequence number.
    - A full disk raises Refused; what was added before stays whole.
    """

    def __init__(  # noqa: PLR0917  # the signature the spiders were promised
        self,
        folder: Path,
        outlet: str,
        run: str,
        attempt: int,
        info: Mapping[str, str],
        clock: Callable[[], datetime],
        new_id: records.NewId,
    ) -> None:
        self.folder = folder
        self._who = {"outlet": outlet, "run": run, "attempt": str(attempt)}
        self._info, self._clock, self._new_id = dict(info), clock, new_id
        self._file: _File | None = None
        with _disk(folder):
            folder.mkdir(parents=True, exist_ok=True)
        self._seq = _first_free(folder, run, attempt)

    def __deepcopy__(self, _memo: object) -> Spool:
        """Itself: Scrapy copies its settings deeply, and a spool there is still the one open file."""
        return self

    def add(self, exchange: Exchange) -> Written:
        """Write down one exchange, and before it the certificates it names, if this file does not hold them yet."""
        out, chain = self._current(), exchange.chain
        data, name = records.written(exchange, out.info_id, self._new_id)
        if chain is not None and chain.sha256 not in out.chains:
            data = records.tls_chain(self._new_id(), exchange.started, chain, out.info_id) + data
        out.append(data)
        if chain is not None:
            out.chains.add(chain.sha256)
        out.captures += 1
        if out.captures >= CAPTURES or out.size >= BYTES or self._clock() - out.since >= AGE:
            self.close()
        return name

    def report(self, report: Mapping[str, Any]) -> None:
        """Write down what the run asked for and what came of it."""
        out = self._current()
        out.append(records.run_report(self._new_id(), self._clock(), self._who["run"], report, out.info_id))

    def close(self) -> None:
        """Finish the file being written, if there is one; the next `add` begins another."""
        if self._file is not None:
            self._file.finish()
            self._file = None

    def _current(self) -> _File:
        if self._file is None:
            now, info_id = self._clock(), self._new_id()
            stem = f"{self._who['run']}.{self._who['attempt']}-{self._seq:05d}"
            out = _File(self.folder / f"{stem}.open", info_id, now)
            fields = {**self._info, "format": "WARC File Format 1.1", "conformsTo": _SPEC, **self._who, "seq": str(self._seq)}
            out.append(records.warcinfo(info_id, now, fields))
            self._file, self._seq = out, self._seq + 1
        return self._file


class _File:
    """The file being written. Its lock lives as long as its descriptor, so it ends with the process."""

    def __init__(self, path: Path, info_id: str, since: datetime) -> None:
        self.path, self.info_id, self.since = path, info_id, since
        self.captures = self.size = 0
        self.chains: set[str] = set()  # certificates that are in it
        self._sha = hashlib.sha256()
        with _disk(path):
            self._fd = _create(path)

    def append(self, data: bytes) -> None:
        """All of `data`, or nothing of it and Refused."""
        try:
            with _disk(self.path):
                view = memoryview(data)
                while view:
                    view = view[os.write(self._fd, view) :]
        except Refused:
            os.ftruncate(self._fd, self.size)
            raise
        self._sha.update(data)
        self.size += len(data)

    def finish(self) -> None:
        with _disk(self.path):
            os.fsync(self._fd)
            _name_finished(self.path, self._sha.hexdigest())
            os.close(self._fd)


def _create(path: Path) -> int:
    """A locked descriptor of a new file. `recover` may take it for a dead one before it is locked: then once more."""
    while True:
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o644)
        fcntl.flock(fd, fcntl.LOCK_EX)
        if _is_at(path, fd):
            return fd
        os.close(fd)


def _is_at(path: Path, fd: int) -> bool:
    try:
        return path.stat().st_ino == os.fstat(fd).st_ino
    except FileNotFoundError:
        return False


@contextmanager
def _disk(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        remedy = "free space or set WARRAQ_STATE to another disk; nothing already written is lost"
        raise Refused(f"{path}: cannot be written: {error.strerror}", remedy) from error


def _name_finished(path: Path, sha256: str) -> Path:
    done = path.with_name(f"{path.name.removesuffix('.open')}-{sha256[:12]}.warc.gz")
    path.rename(done)
    folder = os.open(path.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)
    return done


def _first_free(folder: Path, run: str, attempt: int) -> int:
    names = (_NAME.fullmatch(path.name) for path in folder.iterdir())
    return 1 + max((int(m["seq"]) for m in names if m and m["run"] == run and int(m["attempt"]) == attempt), default=0)


def recover(folder: Path) -> list[Path]:
    """Finish the files whose writers died, cut after the last whole record; the finished ones."""
    done = []
    for path in sorted(folder.glob("*.open")):
        with _disk(path), _dead(path) as fd:
            if fd is None:
                continue
            data = path.read_bytes()
            whole, records_in = _whole(data)
            if records_in < 2:  # nothing but the warcinfo record
                path.unlink()
                continue
            os.ftruncate(fd, whole)
            os.fsync(fd)
            done.append(_name_finished(path, hashlib.sha256(data[:whole]).hexdigest()))
    return done


@contextmanager
def _dead(path: Path) -> Iterator[int | None]:
    """A locked descriptor of `path` when no one writes it any more, None when someone does or has just finished."""
    try:
        fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        yield None
        return
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield fd if _is_at(path, fd) else None
    except BlockingIOError:
        yield None
    finally:
        os.close(fd)


def _whole(data: bytes) -> tuple[int, int]:
    """(bytes, records) up to the end of the last whole gzip member."""
    end = count = 0
    try:
        for offset, length, _ in warc.members(data):
            end, count = offset + length, count + 1
    except BadRecord:
        pass  # this is where the writer was killed
    return end, count


def finished(folder: Path) -> list[tuple[Path, keys.Stem]]:
    """The finished files, oldest first, with the stems of their keys."""
    found = []
    for path in sorted(folder.glob("*.warc.gz")):
        if match := _NAME.fullmatch(path.name):
            try:
                with path.open("rb") as file:
                    outlet = warc.info(file.read(64 * 1024)).get("outlet", "")
            except FileNotFoundError:
                continue  # another process has just uploaded it
            except BadRecord:
                outlet = ""  # `upload` says what is wrong with it
            found.append((path, keys.Stem(outlet, match["run"], int(match["attempt"]), int(match["seq"]), match["sha12"])))
    return found


def upload(store: Store, folder: Path) -> list[str]:
    """Check each finished file, put it into the bucket, remove it here; the keys.

    A file is removed only after `put` has promised that it is durable. One that fails its check stays, and
    BadRecord names it after the others are uploaded.
    """
    done, damaged = [], []
    for path, stem in finished(folder):
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            continue  # another process has just uploaded it
        problem = _problem(data, stem)
        if problem:
            damaged.append(f"{path}: {problem}")
            continue
        put_once(store, stem.warc, data)
        path.unlink(missing_ok=True)
        done.append(stem.warc)
    if damaged:
        raise BadRecord("; ".join(damaged), "the file is damaged on this disk: move it away, keep it, and check the disk")
    return done


def _problem(data: bytes, stem: keys.Stem) -> str:
    if hashlib.sha256(data).hexdigest()[:12] != stem.sha12:
        return "its SHA-256 is not the one in its name"
    return next(iter(warc.check(data).findings), "")
