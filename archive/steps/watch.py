"""The watch list: pages are put on it and taken off by acts, and the plan of a run of what is due."""

from __future__ import annotations

from collections.abc import Sequence

from archive import watch as watching
from archive.address import article_id
from archive.channels import scope_of
from archive.errors import BadOutlet
from archive.outlet import Outlet, load_folder
from archive.plan import Plan, Task
from archive.steps import act
from archive.steps.workshop import Outcome, Workshop

NO_REASON = "no reason was given"


def watch(shop: Workshop, urls: Sequence[str], every: str = watching.EVERY, reason: str = "") -> Outcome:
    """Put pages on the watch list, or give them another pace. Nothing is due when all are on it at that pace.

    `data`: `pages`, of each its article id, address and outlet. Refused, before any act, when one is no address.
    """
    seconds, pages = watching.pace(every), [watching.page(url) for url in urls]
    act.see(shop)
    listed = {one.article: one for one in _list(shop)}
    done = []
    for url in dict.fromkeys(pages):
        article = article_id(url)
        now = listed.get(article)
        if now is not None and now.every == seconds:
            continue
        what = {"article": article, "url": now.url if now else url, "outlet": now.outlet if now else owner(shop, url)}
        act.perform(shop, act.make(shop, "watch", reason.strip() or NO_REASON, more={"every": seconds}, **what))
        done.append(what)
    line = f"watch: {len(done)} of {len(pages)} pages put on the list, every {watching.spell(seconds)}"
    if not done:
        line = f"watch: on the list at that pace already, {len(pages)} of {len(pages)} pages"
    return Outcome(line, {"every": seconds, "pages": done}, nothing_due=not done)


def unwatch(shop: Workshop, urls: Sequence[str], reason: str = "") -> Outcome:
    """Take pages off the watch list. What was captured stays; an outlet's article is captured as its others are."""
    pages = [watching.page(url) for url in urls]
    act.see(shop)
    listed = {one.article: one for one in _list(shop)}
    done = []
    for article in dict.fromkeys(map(article_id, pages)):
        now = listed.get(article)
        if now is not None:
            why = reason.strip() or NO_REASON
            act.perform(shop, act.make(shop, "unwatch", why, outlet=now.outlet, article=article, url=now.url))
            done.append(article)
    line = f"unwatch: {len(done)} of {len(pages)} pages taken off the list"
    return Outcome(line if done else "unwatch: not on the list", {"pages": done}, nothing_due=not done)


def owner(shop: Workshop, url: str) -> str:
    """The outlet whose article a page can be, by its file; `watch` when there is none, or only one that is switched off."""
    try:
        good, _ = load_folder(shop.settings.outlets)
    except BadOutlet:  # no folder of outlets: no outlets
        return watching.NAME
    found = (name for name, one in sorted(good.items()) if one.enabled and scope_of(one).article(url))
    return next(found, watching.NAME)


def make(shop: Workshop, outlet: Outlet, run: str, *, everything: bool) -> Plan:
    """The plan of a run of the pseudo-outlet: what is due, each host's pages spread out. It may be empty."""
    act.see(shop)  # this machine may run nothing else
    pages = [one for one in _list(shop) if one.outlet == outlet.name]
    found = watching.due(pages, shop.clock(), outlet.gone_after, everything=everything)
    tasks = tuple(Task(one.url, why, one.article, previous=one.previous) for one, why in found)
    return Plan(run, outlet.name, walk=False, revisits=tasks, only=True)


def _list(shop: Workshop) -> list[watching.Watched]:
    """Withheld pages too: they are captured as before."""
    return shop.catalog.with_withheld().watch_list()
