"""Values of the pages about seed files: which articles share their words, and whose paragraphs stand beside whose. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from archive import keys
from archive.web.article_view import seed_link
from archive.web.iri import in_line
from archive.web.paragraphs import direction
from archive.web.views import STATES, calm

if TYPE_CHECKING:
    from archive.catalog.rooms import LinkedRow, SeedFileRow
    from archive.seed import SeedFile

PAGE = 100  # articles of a seed file


@dataclass(frozen=True, slots=True)
class Line:
    """A seed file with what the catalog knows of it. `locked`: seeds.lock names it."""

    name: str
    sha256: str
    outlet: str
    size: int
    locked: bool
    found: SeedFileRow | None


@dataclass(frozen=True, slots=True)
class Beside:
    """A line of the seed file and a paragraph of the article, 0 and "" where one has none. `matched`: the link pairs them."""

    seed: int
    seed_text: str
    here: int
    text: str
    matched: bool
    same: bool = False  # letter for letter


def lines(locked: Sequence[SeedFile], found: Sequence[SeedFileRow], title: Callable[[str], str]) -> list[Line]:
    """Every seed file of seeds.lock, and those that only articles know any more, by name."""
    known = {row.sha256: row for row in found}
    out = [Line(one.name, one.sha256, title(one.outlet), one.size, True, known.pop(one.sha256, None)) for one in locked]
    out += [Line(row.name, row.sha256, "", 0, False, row) for row in known.values()]
    return sorted(out, key=lambda line: (line.name, line.sha256))


def linked(rows: Sequence[LinkedRow], title: Callable[[str], str]) -> list[dict[str, Any]]:
    """The articles that share words with a seed file."""
    return [
        {
            **seed_link(row.link),
            "article": row.link.article,
            "version": row.link.version,
            "outlet": title(row.link.outlet),
            "title": calm(row.title) or in_line(row.url),
            "state": STATES.get(row.state, row.state),
            "time": row.time,
        }
        for row in rows
    ]


def steps(file: Line, start: int, here: int) -> dict[str, Any]:
    """Where the pages of articles before and after this one begin; None where there is none."""
    many = file.found.articles if file.found else 0
    after = start + here if here and start + here < many else None
    return {"before": max(0, start - PAGE) if start else None, "after": after}


def aligned(row: LinkedRow, seed: str, snapshot: Mapping[str, Any]) -> Mapping[str, Any]:
    """The seed file's lines beside the article's, as the link pairs them; what has no partner stands where it comes."""
    text = str(snapshot.get("faithful") or snapshot.get("text") or "")
    here = [str(snapshot.get("title") or ""), *text.split("\n")]
    there = seed.split("\n")
    pairs = [(n, m) for n, m in seed_link(row.link)["paragraphs"] if 1 <= n <= len(there) and 0 <= m < len(here)]
    return {
        "rows": _beside(there, here, pairs),
        "dir": direction(row.language, text or seed),
        "language": row.language,
        "link": seed_link(row.link),
        "row": row,
        "title": calm(row.title) or in_line(row.url),
    }


def _beside(there: Sequence[str], here: Sequence[str], pairs: Sequence[tuple[int, int]]) -> list[Beside]:
    """In the seed file's order; paragraphs of the article that nothing is paired with come after the one before them."""
    partners: dict[int, list[int]] = {}
    for n, m in pairs:
        partners.setdefault(n, []).append(m)
    paired = {m for _, m in pairs}
    out, told = list[Beside](), set[int]()

    def alone(until: int) -> None:
        for m in range(until):
            if m not in paired and m not in told and here[m].strip():
                told.add(m)
                out.append(Beside(0, "", m, here[m], matched=False))

    for n, line in enumerate(there, 1):
        for m in partners.get(n, []):
            alone(m)
            out.append(Beside(n, line, m, here[m], matched=True, same=line.strip() == here[m].strip()))
        if n not in partners and line.strip():
            out.append(Beside(n, line, 0, "", matched=False))
    alone(len(here))
    return out


def by_hand(row: LinkedRow, bucket: str) -> list[str]:
    """The commands that count the link again: with ours, and without any of our code (docs/VERIFY.md)."""
    base, link = bucket.rstrip("/"), row.link
    files = ((keys.seed(link.seed_set, link.name), "seed.txt"), (row.snapshot, "snapshot.json.gz"))
    return [
        f"warraq verify {link.article}",
        *(f"aws s3 cp {shlex.quote(f'{base}/{key}')} {name}" for key, name in files if key),
        f"echo {link.sha256}  seed.txt | sha256sum -c",
        "awk '/^```sh/{p=1;next} /^```/{p=0} /^## 6/{exit} p' docs/VERIFY.md > check.sh",
        "SEED=seed.txt SNAPSHOT=snapshot.json.gz sh -eu check.sh",
    ]
