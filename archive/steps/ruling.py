"""restrict and hold: what may be shown, and what must be kept, of one article. The bytes and their proof stay as they are."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from archive import acts, keys, snapshot
from archive.acts import Standing
from archive.catalog.rows import ArticleRow
from archive.keys import Stem
from archive.lock import HOLD
from archive.observation import Observation
from archive.steps import act
from archive.steps.workshop import Outcome, Workshop

if TYPE_CHECKING:
    from archive.s3 import S3Store


def restrict(shop: Workshop, reference: str, reason: str, outlet: str | None = None, *, lift: bool = False) -> Outcome:
    """Withhold an article from pages, search and exports, or show it again. Names others that say the same.

    `reference` as in `Catalog.article`. Nothing is due when it is so already.
    """
    row, now = _find(shop, reference, outlet)
    if bool(now.withheld) != lift:
        state = f"is withheld since {now.withheld.since} already" if now.withheld else "is not withheld"
        return Outcome(f"restrict: {row.article} {state}", {"article": row.article}, nothing_due=True)
    done = act.perform(shop, _make(shop, "lift" if lift else "restrict", reason, row))
    same = [] if lift else [one.article for one in shop.catalog.twins(row.article)]
    more = f"; {len(same)} other articles say the same or moved: {', '.join(same)}" if same else ""
    what = f"{row.article} is {'shown again' if lift else 'withheld from pages, search and exports'}"
    return Outcome(f"{'lift' if lift else 'restrict'}: {what}, {done.data['key']}{more}", {**done.data, "same": same})


def hold(shop: Workshop, reference: str, reason: str, outlet: str | None = None) -> Outcome:
    """Put an article under legal hold: the act, and the bucket's own hold on its objects where it is seen to keep one.

    Again: no second act, and the objects that have come since are held too.
    """
    row, now = _find(shop, reference, outlet)
    done = None if now.held else act.perform(shop, _make(shop, "hold", reason, row))
    why, held, missing = _set(shop, objects(shop, row), on=True)
    told = (
        f"hold: {row.article} since {now.held.since}"
        if now.held
        else f"hold: {row.article}, {done.data['key'] if done else ''}"
    )
    if why:
        told += f"; only the act was written, nothing enforces it: {why}"
    else:
        told += f"; {held} objects are under the bucket's legal hold" + _lacking(missing)
    return Outcome(told, {**(done.data if done else {}), "enforced": not why, "objects": held, "missing": missing})


def release(shop: Workshop, reference: str, reason: str, outlet: str | None = None) -> Outcome:
    """End the legal hold of an article. An object that another held article needs stays held."""
    row, now = _find(shop, reference, outlet)
    if not now.held:
        return Outcome(f"release: {row.article} is not held", {"article": row.article}, nothing_due=True)
    done = act.perform(shop, _make(shop, "release", reason, row))
    others = set().union(*(objects(shop, other) for other in _held(shop)))
    why, freed, missing = _set(shop, objects(shop, row) - others, on=False)
    told = f"nothing was enforced: {why}" if why else f"the bucket's legal hold of {freed} objects is ended" + _lacking(missing)
    data = {**done.data, "enforced": not why, "objects": freed, "missing": missing}
    return Outcome(f"release: {row.article}, {done.data['key']}; {told}", data)


def renew(shop: Workshop, read: Mapping[Stem, Sequence[Observation]]) -> int:
    """Hold what these files bring of held articles, where the bucket keeps holds; how many objects are held now."""
    articles = {article for article, now in shop.catalog.standing().items() if now.held}
    found: set[str] = set()
    for stem, lines in read.items():
        mine = [(stem.observations, line) for line in lines if line.article in articles]
        found |= _objects(mine) | _shown(shop, mine)
    _, held, missing = _set(shop, found, on=True)
    if missing:
        shop.say(f"hold{_lacking(missing)}")
    return held


def objects(shop: Workshop, row: ArticleRow) -> set[str]:
    """Keys of all that an article rests on: WARCs, observations, CDXJ, snapshots, and what holds its pictures."""
    lines = shop.catalog.lines(row.outlet, row.article)
    first = [one.warc for one in shop.catalog.with_withheld().pictures_of(row.outlet, row.article)]
    return _objects(lines) | _shown(shop, lines) | _files(first)


def _shown(shop: Workshop, lines: Iterable[tuple[str, Observation]]) -> set[str]:
    """The files that hold pictures which the snapshots of these lines list, whichever article showed them first."""
    found: set[str] = set()
    for key in {line.reading.snapshot for _, line in lines if line.reading is not None and line.reading.snapshot}:
        try:
            held = snapshot.load(shop.store.get(key))
        except KeyError:
            continue  # it is among the objects, and said to be missing
        found |= _files(one["warc"] for one in held.get("pictures", ()) if one.get("warc"))
    return found


def _files(warcs: Iterable[str]) -> set[str]:
    return {key for stem in map(keys.parse_stem, warcs) for key in (stem.warc, stem.observations, stem.cdxj)}


def _objects(lines: Iterable[tuple[str, Observation]]) -> set[str]:
    found: set[str] = set()
    for observations, line in lines:
        found |= _files((keys.parse_stem(observations).warc, line.warc))
        if line.reading is not None and line.reading.snapshot:
            found.add(line.reading.snapshot)
    return found


def _find(shop: Workshop, reference: str, outlet: str | None) -> tuple[ArticleRow, Standing]:
    """The article, withheld or not, and what is in force for it by all acts there are."""
    act.bring_in(shop, whole=True)
    row = shop.catalog.with_withheld().article(reference, outlet)
    return row, shop.catalog.standing().get(row.article, Standing())


def _held(shop: Workshop) -> list[ArticleRow]:
    catalog = shop.catalog.with_withheld()
    wanted = {article for article, now in shop.catalog.standing().items() if now.held}
    return [row for row in catalog.articles() if row.article in wanted] if wanted else []


def _make(shop: Workshop, kind: str, reason: str, row: ArticleRow) -> acts.Act:
    return act.make(shop, kind, reason, outlet=row.outlet, article=row.article, url=row.url)


def _set(shop: Workshop, wanted: Collection[str], *, on: bool) -> tuple[str, int, list[str]]:
    """(why the bucket enforces nothing, how many objects were set, which are missing)."""
    if not wanted:
        return "", 0, []
    from archive import probes

    store: S3Store = shop.store  # type: ignore[assignment]
    seen = probes.keeps(store, shop.settings, [HOLD], shop.clock())[HOLD]
    if seen != "kept":
        return {"no lock": "the bucket has no Object Lock", "deleted": "the bucket deletes what is held"}.get(seen, seen), 0, []
    missing = []
    for key in sorted(wanted):
        try:
            store.legal_hold(key, on=on)
        except KeyError:
            missing.append(key)
    return "", len(wanted) - len(missing), missing


def _lacking(missing: list[str]) -> str:
    return f"; {len(missing)} objects are missing, run warraq verify: {', '.join(missing[:3])}" if missing else ""
