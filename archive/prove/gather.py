"""Collects the files of a bundle: captures, snapshots, keys and links as they lie in the bucket, each with its proof."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field

import orjson

from archive import keys, observation, snapshot
from archive.catalog.rows import VersionRow
from archive.errors import Broken, Refused
from archive.observation import Observation
from archive.prove import bundle, facts, pictures, proof
from archive.prove.bundle import Files, Logged
from archive.prove.choose import Sighting
from archive.prove.ledger import SEAL, Held, Ledger, lines_of, referred
from archive.version import at

Source = tuple[str, Observation]  # key of an observations object, a line of it


@dataclass
class Gathered:
    """The files so far, and what of them is in the log. `facts` are what the manifest says of them."""

    ledger: Ledger
    sources: list[Source]
    restricted: bool = False  # may name withheld articles
    files: Files = field(default_factory=dict)
    logged: dict[str, tuple[Logged, Held]] = field(default_factory=dict)  # by file
    names: dict[bytes, str] = field(default_factory=dict)  # files by what makes them another: a leaf's entry, a link
    links: list[facts.Link] = field(default_factory=list)
    places: set[tuple[str, int]] = field(default_factory=set)  # WARC and offset of the records that captures are about

    def add(self, folder: str, ending: str, held: Held) -> str:
        """Put a file with its proof into `folder`, numbered; its name. What is there already is not put again."""
        return self._numbered(folder, ending, held.leaf.entry, held.data, held)

    def _numbered(self, folder: str, ending: str, identity: bytes, data: bytes, held: Held) -> str:
        if identity not in self.names:
            number = 1 + sum(file.startswith(f"{folder}/") for file in self.logged)
            self.names[identity] = f"{folder}/{number}{ending}"
            self._put(self.names[identity], data, held)
        return self.names[identity]

    def _put(self, name: str, data: bytes, held: Held) -> None:
        self.files[name] = data
        self.files[name + bundle.PROOF] = proof.dump(self.ledger.proof(held))
        self.logged[name] = Logged(held.leaf.kind, name, held.leaf.key), held

    def sightings(self, chosen: Iterable[Sighting]) -> list[facts.Sighting]:
        """The captures with what belongs to them: who wrote the file, certificates, the capture that a revisit refers to."""
        lines = [line for _, line in self.sources]
        wanted = {(one.line.warc, one.line.offset): one for one in chosen}
        for one in list(wanted.values()):
            name = referred(self.ledger.capture(one.line.warc, one.line.offset).data)
            if not name:
                continue
            whole = next((line for line in lines if line.record == name), None)
            if whole is None:
                raise Refused(f"{one.line.record} refers to {name}, which the catalog does not know", "run `warraq rebuild`")
            wanted.setdefault((whole.warc, whole.offset), Sighting(whole, ("whole",), one.version))
        return [self._sighting(one) for one in sorted(wanted.values(), key=lambda one: (at(one.line.time), one.line.warc))]

    def _sighting(self, one: Sighting) -> facts.Sighting:
        line = one.line
        self.places.add((line.warc, line.offset))
        held = self.ledger.capture(line.warc, line.offset)
        info = self.ledger.part(*self.ledger.parts(line.warc, "warcinfo")[0])
        chain = self.ledger.chain(held)
        return facts.Sighting(
            time=at(line.time),
            klass=line.klass,
            reason=line.reason,
            status=line.status,
            url=line.url,
            record=line.record,
            record_type=line.record_type,
            roles=one.roles,
            version=one.version,
            capture=self.add("captures", ".warc.gz", held),
            warcinfo=self.add("warcinfos", ".warc.gz", info),
            chain=self.add("resources", ".warc.gz", chain) if chain else "",
            whole=referred(held.data),
            to=str(line.to.get("url") or ""),
        )

    def version(self, row: VersionRow) -> facts.Version:
        """The version with its snapshot, and the links to seed files that the snapshot says."""
        name = self._snapshot(row) if row.snapshot else ""
        return facts.Version(
            number=row.number,
            time=row.time,
            last=row.last,
            captures=row.captures,
            kinds=row.kinds,
            flags=row.flags,
            title=row.title,
            url=row.url,
            published=row.published,
            modified=row.modified,
            language=row.language,
            snapshot=name,
        )

    def pictures(self, versions: Iterable[facts.Version]) -> list[Sighting]:
        """The captures of the pictures that these versions show."""
        texts = [orjson.loads(self.files[one.snapshot.removesuffix(".gz")]) for one in versions if one.snapshot]
        standing = {} if self.restricted else self.ledger.shop.catalog.standing()
        found = pictures.sources(self.ledger, texts, lambda one: one in standing and standing[one].withheld is not None)
        self.sources = [*self.sources, *found]
        return [Sighting(line, ("picture",)) for _, line in found]

    def _snapshot(self, row: VersionRow) -> str:
        """Its file. It is logged with each WARC whose observations name it as new."""
        naming = {
            keys.parse_stem(key).warc for key, line in self.sources if line.reading and line.reading.snapshot == row.snapshot
        }
        logged = self.ledger.shop.catalog.logged(sorted(naming))
        if not logged:
            raise Refused(f"{row.snapshot} is not in the log", SEAL)
        held = self.ledger.object(row.snapshot, "snapshot", min(logged, key=lambda name: logged[name]))
        name = self.add("snapshots", ".json.gz", held)
        self.files[name.removesuffix(".gz")] = gzip.decompress(held.data)
        for link in snapshot.load(held.data).get("seeds", []):
            self._link(link, row.number)
        return name

    def _link(self, link: dict[str, object], version: int) -> None:
        """A link as the snapshot says it, with the proof that its seed file was in the archive. Its text stays outside."""
        folder = keys.seed(str(link["set"]), "")
        name = f"{folder}{link['name']}"
        found = next(((index, one) for index, one in self.ledger.unit(f"{folder}SHA256SUMS") if one.key == name), None)
        if found is None or found[1].sha256 != link["sha256"]:
            raise Broken(f"{name} was logged with another digest than the link has", "run `warraq verify`")
        data = orjson.dumps(link, option=orjson.OPT_SORT_KEYS) + b"\n"
        self.links.append(facts.Link(self._numbered("seeds", ".json", data, data, self.ledger.whole(*found)), version))

    def observations(self, article: str) -> bytes:
        """The lines about this article and these captures, as stored: never a line about another article, whose pictures
        these may be as well."""
        wanted = {key for key, line in self.sources if self._concerns(line, article)}
        out: list[bytes] = []
        for key in sorted(wanted):
            for raw in lines_of(self.ledger.object(key, "observations", keys.parse_stem(key).warc).data):
                if self._concerns(observation.unpack(raw), article) and raw not in out:
                    out.append(raw)
        return b"".join(line + b"\n" for line in out)

    def _concerns(self, line: Observation, article: str) -> bool:
        return (line.article == article or line.kind == "picture") and (line.warc, line.offset) in self.places

    def keys(self) -> None:
        for key in self.ledger.keys:
            self._put(f"keys/{key.index:012}", key.held.data, key.held)


def digests(files: Files) -> dict[str, str]:
    return {name: hashlib.sha256(data).hexdigest() for name, data in sorted(files.items())}
