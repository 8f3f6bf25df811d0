"""Which pictures of an article were captured: in the run that is being read, or before. For the snapshots of extract.

Pictures are asked for last, so the capture of one may lie in a later file of the run than its article.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from archive import judge, snapshot, warc
from archive.errors import BadRecord, Broken
from archive.judge import Judged
from archive.keys import Stem
from archive.observation import Observation
from archive.outlet import Outlet
from archive.steps.workshop import Workshop
from archive.warc import StoredCapture

if TYPE_CHECKING:
    from archive.catalog.gallery import PictureRow

MOST = 100_000  # captures held in memory: of this run and those before it that are not sealed yet; the catalog has the others


@dataclass(frozen=True, slots=True)
class Captured:
    """The capture of a picture. `size` and `mime`: 0 and "" where nothing came, or its record cannot be read again."""

    klass: str
    reason: str
    time: str
    body: str  # "sha256:…"
    record: str
    warc: str
    offset: int
    length: int
    mime: str = ""
    size: int = 0

    @property
    def rank(self) -> tuple[bool, str]:
        """A picture that came is worth more than a failure, a later one more than an earlier one."""
        return self.klass == "content", self.time

    def told(self) -> dict[str, Any]:
        """As it stands in a snapshot."""
        place = {"record": self.record, "warc": self.warc, "offset": self.offset, "length": self.length, "captured": self.time}
        if self.klass != "content" or not self.body:
            return {"missing": self.reason or self.klass, **place}
        known = {name: value for name, value in (("mime", self.mime), ("bytes", self.size)) if value}
        return {"sha256": self.body.removeprefix("sha256:"), **known, **place}


@dataclass
class Pictured:
    """Captures of pictures by the address that was asked for."""

    shop: Workshop
    outlet: Outlet
    files: Collection[Stem]  # every file of the runs that are being read
    found: dict[str, Captured] = field(default_factory=dict)
    _seen: set[Stem] = field(default_factory=set)

    def judged(self, stem: Stem, captures: Iterable[StoredCapture]) -> list[Judged]:
        """The lines of a file's pictures, which are taken down. No page is read here, so it needs no other process."""
        self._seen.add(stem)
        found = []
        for capture in captures:
            if capture.note.role == "picture":
                lines = judge.judge(capture, stem.warc, self.outlet, None, stem.run)
                for one in lines:
                    self._keep(one.observation, _size(capture))
                found += lines
        return found

    def _keep(self, line: Observation, size: int) -> None:
        place = (line.time, line.body, line.record, line.warc, line.offset, line.length)
        one = Captured(line.klass, line.reason, *place, line.mime, size)
        for url in {line.url, *line.via[:1]}:
            if url not in self.found or self.found[url].rank < one.rank:
                self.found[url] = one
        while len(self.found) > MOST:
            del self.found[next(iter(self.found))]  # the one that was found first

    def fill(self, stem: Stem, snapshots: Mapping[str, bytes]) -> dict[str, bytes]:
        """The snapshots of a file by key, each with the hashes of its pictures, or why there is none."""
        if snapshots:
            self._look_ahead(stem)
        read = {key: snapshot.load(data) for key, data in snapshots.items()}
        wanted = {row["url"] for fields in read.values() for row in fields.get("pictures", ())}
        self._recall(wanted - {url for url, one in self.found.items() if one.klass == "content"})
        filled = {}
        for key, fields in read.items():
            rows = fields.get("pictures", ())
            told = [{**row, **self._told(row["url"], number)} for number, row in enumerate(rows)]
            del fields["v"]
            filled[key] = snapshot.pack({**fields, "pictures": told}) if rows else snapshots[key]
        return filled

    def _look_ahead(self, stem: Stem) -> None:
        """Once for a run: the pictures in its other files."""
        for other in self.files:
            if other.run == stem.run and other not in self._seen:
                try:
                    self.judged(other, warc.captures(self.shop.store.get(other.warc)))
                except (BadRecord, Broken, KeyError) as error:  # its own turn tells
                    self.shop.say(f"extract: its pictures are not looked up: {other.warc}: {error}")

    def _told(self, url: str, number: int) -> dict[str, Any]:
        if url in self.found:
            return self.found[url].told()
        limit = self.outlet.pictures
        return {"missing": "off" if not limit else "over-limit" if number >= limit else "not-captured"}

    def _recall(self, urls: Collection[str]) -> None:
        """Captures of earlier runs, from the catalog; what they are like, from the record that holds the picture."""
        rows = self.shop.catalog.picture_captures(self.outlet.name, urls) if urls else []
        whole = {row.body: row for row in rows if row.klass == "content" and row.record_type == "response"}
        for row in rows:
            place = (row.time, row.body, row.record, row.warc, row.offset, row.length)
            one = Captured(row.klass, row.reason, *place)
            if row.url not in self.found or self.found[row.url].rank < one.rank:
                self.found[row.url] = one
        for url, seen in [(url, self.found[url]) for url in urls if url in self.found]:
            if seen.klass == "content" and not seen.size and seen.body in whole:
                self.found[url] = replace(seen, **self._like(whole[seen.body]))

    def _like(self, row: PictureRow) -> dict[str, Any]:
        """`mime` and `size` of a stored picture; empty when its record is damaged, which verify tells."""
        try:
            capture = warc.capture_at(self.shop.store.get(row.warc, row.offset, row.length), row.offset)
        except (BadRecord, Broken, KeyError) as error:
            self.shop.say(f"extract: a picture is not looked at again: {row.warc} at {row.offset}: {error}")
            return {}
        return {"mime": capture.header("content-type").partition(";")[0].strip().lower(), "size": _size(capture)}


def _size(capture: StoredCapture) -> int:
    try:
        return len(capture.body)
    except BadRecord:
        return 0
