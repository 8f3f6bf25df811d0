"""A golden page: a page and what it should be read as, kept in two files. Pure.

`<outlet>/<day of the capture>/<layout>.html` has the page's bytes; `.json` beside it its address, its content type and its
reading, without what depends on versions of us. A layout may have several: `<layout>.brief.html`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import orjson

from archive import judge, snapshot
from archive.outlet import Outlet
from archive.warc import StoredCapture

# Of a snapshot: where the capture is, digests and ids, and the pictures' own captures.
_OMITTED = frozenset((
    "v", "outlet", "article", "url", "status", "captured", "capture", "reading", "digests", "seeds", "pictures", "videos",
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Golden:
    """What a capture reads as."""

    layout: str  # its name; "" when none was found and the page was read as a whole
    day: str  # of the capture, ISO 8601
    page: bytes
    expected: dict[str, Any]


def golden(capture: StoredCapture, outlet: Outlet) -> Golden:
    """The golden page of `capture`, read by the rules of `outlet`. Without a reading `expected` has class and reason only."""
    found = judge.judge(replace(capture, note=replace(capture.note, via=())), "golden", outlet, None, "golden")[0]
    line = found.observation
    fields: dict[str, Any] = snapshot.load(found.snapshot) if found.snapshot else {}
    told = {"address": capture.url, "content_type": capture.header("content-type"), "class": line.klass, "reason": line.reason}
    layout = str(fields["reading"]["layout"]) if fields else ""
    kept = {name: value for name, value in fields.items() if name not in _OMITTED}
    texts: dict[str, Any] = {name: fields[name].split("\n") for name in ("text", "faithful") if name in fields}
    own = {**kept, **texts, "layout": layout, "doubt": line.doubt} if fields else {}
    return Golden(layout, capture.time[:10], capture.unpacked(1 << 26).data, {**told, **own})


def dump(expected: dict[str, Any]) -> bytes:
    """The bytes of the JSON file: sorted and indented, so that a difference is read line by line."""
    return orjson.dumps(expected, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n"


def to_check(one: Golden) -> list[str]:
    """What a person should look at before it is believed, a line each."""
    said = one.expected
    if "text" not in said:
        return [f"it was not read: {said['class']} {said['reason']}".rstrip()]
    lines, removed = said["faithful"], said["log"]
    dates = [f"{name} {said[name]['value']} ({said[name]['source']})" for name in ("published", "modified") if said.get(name)]
    return [
        f"layout: {one.layout or 'none: the page was read as a whole'}",
        f"headline: {said['title']}",
        f"subtitle: {said['subtitle'] or 'none'}; authors: {', '.join(said['authors']) or 'none'}",
        f"dates: {'; '.join(dates) or 'none'}",
        f"the text has {len(lines)} lines; its first: {lines[0][:90]}",
        f"its last: {lines[-1][-90:]}",
        f"{len(said['images'])} images; {len(removed)} lines were taken out",
        *(f"taken out: {line[:90]}" for line in removed[:8]),
        *([f"it is in doubt: {said['doubt']}"] if said["doubt"] else []),
    ]
