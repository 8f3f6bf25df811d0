"""The observation lines of one article, each with the object that holds it: where a proof begins."""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection

from archive import keys
from archive.catalog import bulk, models
from archive.observation import Observation
from archive.version import at

_decode = msgspec.json.Decoder(Observation).decode


def lines(connection: Connection, outlet: str, article: str) -> list[tuple[str, Observation]]:
    """(key of the observations object, line), by time of capture, file and place in it."""
    rows = bulk.rows(connection, models.observation, outlet, [article], ("time", "file", "line", "data"))
    found = sorted((at(time), file, number, data) for time, file, number, data in rows)
    return [(key_of(outlet, file), _decode(data)) for _, file, _, data in found]


def key_of(outlet: str, file: str) -> str:
    """The key of the observations object that the catalog calls `file`."""
    day = keys.run_time(file.partition(".")[0])
    return f"observations/{outlet}/{day:%Y/%m/%d}/{file}.jsonl.gz"
