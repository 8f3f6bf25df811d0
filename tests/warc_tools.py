"""What programs that are not ours say about a WARC file."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from warcio.archiveiterator import ArchiveIterator

BIN = Path(sys.executable).parent


def refused_by(path: Path) -> dict[str, str]:
    """The tools that do not accept `path`, each with what it said. `warcio check` returns 0 on a cut file, so all are asked."""
    asked = {
        "gzip": ["gzip", "-t", str(path)],
        "warcio": [str(BIN / "warcio"), "check", "-v", str(path)],
        "fastwarc": [str(BIN / "fastwarc"), "check", str(path)],
        "cdxj-indexer": [str(BIN / "cdxj-indexer"), str(path)],
    }
    ran = {name: subprocess.run(command, capture_output=True, text=True, check=False) for name, command in asked.items()}
    return {name: done.stdout + done.stderr for name, done in ran.items() if done.returncode}


def indexed(path: Path) -> list[dict[str, str]]:
    """What cdxj-indexer makes of `path`: the JSON of each line, with its sort key and time stamp."""
    done = subprocess.run([str(BIN / "cdxj-indexer"), str(path)], capture_output=True, text=True, check=True)
    rows = [line.split(" ", 2) for line in done.stdout.splitlines()]
    return [{"key": key, "time": stamp, **json.loads(row)} for key, stamp, row in rows]


@dataclass(frozen=True)
class Seen:
    """A record as warcio reads it, its block untouched."""

    kind: str
    url: str
    block: bytes
    fields: dict[str, str]


def seen_by_warcio(path: Path) -> list[Seen]:
    found = []
    with path.open("rb") as file:
        for record in ArchiveIterator(file, no_record_parse=True):
            fields = dict(record.rec_headers.headers)
            found.append(Seen(record.rec_type, fields.get("WARC-Target-URI", ""), record.raw_stream.read(), fields))
    return found
