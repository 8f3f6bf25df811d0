"""Observations as lines: what was packed comes back, whatever was left out as empty."""

from __future__ import annotations

import gzip

import pytest

from archive import observation
from archive.errors import BadRecord
from archive.observation import Digests, Observation, Reading

DIGESTS = Digests("1" * 32, "2" * 32, "3" * 32, "4" * 32)
READING = Reading("r" * 12, "s" * 12, "", DIGESTS, DIGESTS, "عودة المياه إلى القناة", links=({"name": "000.txt"},))
CONTENT = Observation(
    kind="article",
    klass="content",
    reason="",
    outlet="sandbox",
    run="20261122T011200Z-3fa9c1b2d4e5",
    time="2026-11-22T01:12:00.000000Z",
    url="http://127.0.0.1:7481/x/",
    warc="warc/sandbox/x.warc.gz",
    offset=0,
    length=100,
    record="<urn:uuid:1>",
    record_type="response",
    record_digest="sha256:" + "0" * 64,
    status=200,
    reading=READING,
)


@pytest.mark.parametrize("reading", [READING, None])
def test_a_line_without_a_reason_comes_back(reading: Reading | None) -> None:
    from dataclasses import replace

    line = replace(CONTENT, reading=reading)
    assert observation.unpack(observation.pack(line)) == line
    assert observation.load(observation.dump([line, line])) == [line, line]


def test_a_line_that_lacks_what_it_needs_is_refused() -> None:
    with pytest.raises(BadRecord, match="not an observation"):
        observation.load(gzip.compress(b'{"v":1,"class":"content","url":"http://x/"}\n'))


def test_a_later_format_is_refused() -> None:
    with pytest.raises(BadRecord, match="another format version"):
        observation.load(gzip.compress(observation.pack(CONTENT).replace(b'"v":1', b'"v":2')))
