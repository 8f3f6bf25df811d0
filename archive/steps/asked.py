"""capture: pages that somebody asks for by hand, all the way at once: plan, crawl, extract, seal.

A page that can be an article of an outlet becomes a capture of that outlet, any other one of the watch list's pseudo-outlet;
so one request may be several runs, one an outlet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from archive import watch as watching
from archive.address import article_id
from archive.errors import Refused, WarraqError
from archive.outlet import Outlet
from archive.plan import Plan, Task
from archive.steps import act, watch
from archive.steps.crawl import crawl
from archive.steps.extract import extract
from archive.steps.plan import keep
from archive.steps.seal import seal
from archive.steps.workshop import Outcome, Workshop


@dataclass(frozen=True, slots=True)
class Seen:
    """What became of one page that was asked for."""

    url: str
    article: str
    outlet: str
    klass: str  # of its last capture in this run (docs/FORMAT.md, "Observations"), and why
    reason: str
    time: str
    versions: int  # of the article, as history has it now


def capture(shop: Workshop, urls: Sequence[str], run: str, attempt: int = 1) -> Outcome:
    """Capture these pages now, each once, and seal them; `data`: `pages`, the fields of a Seen of each.

    It waits for no crawl, not even of the same host: a page by hand is one more request there, and the host's robots.txt.
    Two captures by hand of one host do wait for each other. Whatever a site answers is a capture; Refused, once all the
    others are sealed, names the pages that were not asked for at all (robots.txt, a private address), and why.
    """
    act.see(shop)
    groups: dict[str, dict[str, str]] = {}
    listed = {one.article: one.outlet for one in shop.catalog.with_withheld().watch_list()}
    for url in map(watching.page, urls):
        article = article_id(url)
        groups.setdefault(listed.get(article) or watch.owner(shop, url), {}).setdefault(article, url)
    seen: list[Seen] = []
    failed: list[WarraqError] = []
    for name, pages in sorted(groups.items()):
        try:
            seen += _one(shop, shop.outlet(name), pages, run, attempt)
        except WarraqError as error:  # one site's trouble never keeps another's page from being captured
            shop.say(f"capture: {name}: {error}")
            failed.append(error)
    if failed:
        raise failed[0]
    told = ", ".join(f"{one.url} {one.klass}{f' ({one.reason})' if one.reason else ''}" for one in seen)
    return Outcome(f"capture: {told}", {"run": run, "pages": [asdict(one) for one in seen]})


def _one(shop: Workshop, outlet: Outlet, pages: Mapping[str, str], run: str, attempt: int) -> list[Seen]:
    """One run of one outlet: every step, then what came of each page."""
    steps: tuple[Callable[[], Outcome], ...] = (
        lambda: keep(shop, outlet, run, lambda: _plan(shop, outlet, run, pages)),
        lambda: crawl(shop, outlet, run, attempt),
        lambda: extract(shop, outlet, run),
        lambda: seal(shop, outlet, run),
    )
    for step in steps:
        shop.say(f"{outlet.name}: {step().line}")
    seen = list(_seen(shop, outlet, run, pages))
    lost = [url for article, url in pages.items() if article not in {one.article for one in seen}]
    if lost:
        why = _why(shop.catalog.run_report(outlet.name, run) or {})
        remedy = "robots.txt and private addresses are kept to; if it was anything else, ask again"
        raise Refused(f"not captured: {', '.join(lost)}{f' ({why})' if why else ''}", remedy)
    return seen


def _why(report: Mapping[str, Any]) -> str:
    """Why a run did not ask for all of its pages, as its report says."""
    told = [f"{n} {what}" for what, n in sorted(report.get("jobs", {}).items()) if what not in ("fetched", "failed")]
    return "; ".join([*told, *report.get("notes", [])])


def _plan(shop: Workshop, outlet: Outlet, run: str, pages: Mapping[str, str]) -> Plan:
    before = shop.catalog.previous(outlet.name, sorted(pages))
    tasks = tuple(Task(url, "asked", article, previous=before.get(article)) for article, url in pages.items())
    return Plan(run, outlet.name, walk=False, revisits=tasks, only=True)


def _seen(shop: Workshop, outlet: Outlet, run: str, pages: Mapping[str, str]) -> Iterator[Seen]:
    """The pages that were captured in this run."""
    for article, url in pages.items():
        lines = [line for _, line in shop.catalog.lines(outlet.name, article) if line.run == run and not line.reread]
        if lines:
            versions = shop.catalog.with_withheld().article(article, outlet.name).versions
            yield Seen(url, article, outlet.name, lines[-1].klass, lines[-1].reason, lines[-1].time, versions)
