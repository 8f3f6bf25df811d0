"""prove: one zip with everything that a stranger needs to check what an article said, checked before it is handed out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from archive.errors import BadOutlet, Broken, Refused, Withheld
from archive.observation import Observation
from archive.prove import bundle, choose, facts, kept, outside, readme, report
from archive.prove.bundle import Files
from archive.prove.checking import check
from archive.prove.choose import Choice
from archive.prove.gather import Gathered, digests
from archive.prove.ledger import Ledger
from archive.prove.maker import maker, recipe
from archive.steps.workshop import Outcome, Workshop
from archive.veil import others

if TYPE_CHECKING:
    from archive.catalog.rows import HistoryRow


_COUNTED = {"captures": ("capture", "captures"), "snapshots": ("snapshot", "snapshots"), "seeds": ("seed link", "seed links")}


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be proven: at most one of these; none of them: the newest version."""

    at: str = ""
    gone: bool = False
    between: tuple[str, str] | None = None


def prove(
    shop: Workshop, which: str, asked: Asked, out: Path | None = None, *, restricted: bool = False, keep: bool = False
) -> Outcome:
    """Write the bundle to `out` (`evidence-<article>.zip` here when left out). `data`: its file, counts, key, stamps.

    `keep`: into the state folder instead, where the pages offer it (archive.prove.kept).

    Raises Refused when there is no such thing to prove, when it is not logged or signed yet, or `out` exists; Withheld
    unless `restricted`; Broken when the bucket does not hold what was logged. Nothing is written then.
    """
    catalog = shop.catalog.with_withheld() if restricted else shop.catalog
    found = catalog.history(which)
    row = found.article
    sources = shop.catalog.lines(row.outlet, row.article)
    choice = _choose(found, [line for _, line in sources], asked)
    if not restricted:
        _nobody_withheld(shop, row.article, [one.line for one in choice.sightings])
    ledger = Ledger(shop)
    files = _files(shop, ledger, found, choice, Gathered(ledger, sources, restricted=restricted))
    if len(files) > bundle.MOST_FILES or sum(map(len, files.values())) > bundle.MOST_BYTES:
        raise Refused("that is more than a bundle holds", "ask for fewer versions")
    if keep:
        out = shop.settings.state / kept.FOLDER / kept.name(row.article, shop.clock(), restricted=restricted)
        out.parent.mkdir(mode=0o700, exist_ok=True)
    path = out or Path(f"evidence-{row.article[:12]}.zip")
    data = bundle.pack(files)
    _write(path, data)
    if keep:
        kept.prune(shop.settings.state, shop.clock())
    shop.say(f"prove: signed by {ledger.keys[-1].key}: tell it to whoever gets the bundle, by another way")
    stamps, _ = outside.stamps(files)
    return _outcome(path, files, ledger, stamps, choice)


def _choose(found: HistoryRow, lines: list[Observation], asked: Asked) -> Choice:
    if asked.between:
        old, new = (choose.parse_version(text, found) for text in asked.between)
        return choose.between(found, lines, old, new)
    if asked.gone:
        return choose.gone(found, lines)
    if asked.at:
        return choose.at_time(found, lines, choose.parse_time(asked.at))
    return choose.newest(found, lines)


def _nobody_withheld(shop: Workshop, article: str, lines: Iterable[Observation]) -> None:
    """A page that led to another article, or was reached from one: its capture holds that one's page, or names it."""
    standing = shop.catalog.standing()
    for line in lines:
        if any(other in standing and standing[other].withheld for other in others(line) - {article}):
            what = "the page led to another article, or was reached from one"
            raise Withheld(f"{what}, at {line.time}, and that one is withheld", "--restricted includes it")


def _files(shop: Workshop, ledger: Ledger, found: HistoryRow, choice: Choice, work: Gathered) -> Files:
    work.keys()
    versions = [work.version(row) for row in choice.versions]
    sightings = work.sightings([*choice.sightings, *work.pictures(versions)])
    row = found.article
    files = work.files
    files[bundle.OBSERVATIONS] = work.observations(row.article)
    files[bundle.CHECKPOINT] = ledger.note
    files[bundle.LEAVES] = bundle.dump_leaves(sorted((one for one, _ in work.logged.values()), key=lambda one: one.file))
    needing = [held.index for one, held in work.logged.values() if one.kind in ("capture", "snapshot")]
    files |= outside.gather(ledger, shop.settings, needing)
    files[bundle.README], files[bundle.CHECK] = readme.readme(), readme.script()
    if work.links:
        files[bundle.RECIPE] = recipe()
    manifest = facts.Manifest(
        v=facts.FORMAT,
        maker=maker(),
        mode=choice.mode,
        asked=choice.asked,
        article=facts.Article(
            id=row.article,
            outlet=row.outlet,
            outlet_title=_title(shop, row.outlet),
            url=row.url,
            title=row.title,
            state=row.state,
            since=row.since,
            first_seen=row.first_seen,
            versions=row.versions,
            captures=row.captures,
        ),
        versions=tuple(versions),
        sightings=tuple(sightings),
        events=tuple(facts.Event(e.time, e.kinds, e.flags, e.version, e.since, e.reason) for e in choice.events),
        links=tuple(work.links),
    )
    files[bundle.REPORT] = report.render(manifest, files)
    files[bundle.MANIFEST] = facts.dump(facts.with_files(manifest, digests(files)))
    return files


def _title(shop: Workshop, outlet: str) -> str:
    """As its file says; its name when the file is no more."""
    try:
        return shop.outlet(outlet).title
    except BadOutlet:
        return outlet


def _write(path: Path, data: bytes) -> None:
    """Put the bundle where it was asked for, once it has been checked as a stranger would. Never over another file."""
    if path.exists():
        raise Refused(f"{path} is there already", "give another name with --out")
    with TemporaryDirectory(prefix="warraq-prove-") as folder:
        part = Path(folder) / path.name
        part.write_bytes(data)
        _, findings = check(part)
    if findings:
        raise Broken(f"the bundle would not verify: {findings[0]}", "nothing was written; this is a fault in Warraq: report it")
    with path.open("xb") as file:
        file.write(data)


def _outcome(path: Path, files: Files, ledger: Ledger, stamps: list[outside.Stamp], choice: Choice) -> Outcome:
    held = [name.partition("/")[0] for name in files if bundle.PROVABLE.fullmatch(name)]
    counts = {folder: held.count(folder) for folder in _COUNTED}
    told = ", ".join(
        f"{n} {one if n == 1 else many}" for n, (one, many) in zip(counts.values(), _COUNTED.values(), strict=True)
    )
    first = next((stamp for stamp in stamps if stamp.trusted), None)
    time = f"stamped {first.time:%Y-%m-%dT%H:%M:%SZ} by {first.who}" if first else "no time from outside yet: `warraq anchor`"
    stamped = [{"size": one.size, "time": one.time.isoformat(), "who": one.who, "trusted": one.trusted} for one in stamps]
    key = str(ledger.keys[-1].key)
    asked = {"newest": "", "time": "as of {}, ", "gone": "", "between": "versions {} to {}, "}[choice.mode].format(
        *choice.asked
    )
    data = {"file": str(path), "mode": choice.mode, "asked": choice.asked, "size": ledger.checkpoint.size, "key": key}
    return Outcome(f"prove: {path}: {asked}{told}; {time}", data | {"stamps": stamped, **counts})
