"""search: read the texts of new versions and put their words into the index of the catalog.

A step of its own, after each seal: a seal must not wait for it. What waits is noted with the fold of an article
(archive.catalog.search). A text is indexed once, in the transaction that strikes it off the list; who is killed in between
reads it again. What cannot be read is told, and tried again a day later.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from archive import snapshot
from archive.catalog.hits import Waiting, first_id
from archive.errors import BadRecord
from archive.search.entry import Entry, entry, texts
from archive.steps.workshop import Outcome, Workshop

BATCH = 100  # texts a transaction: half a second for which another writer of an SQLite catalog waits
READERS = 4
BUDGET = timedelta(minutes=10)
LATER = timedelta(days=1)


def index(shop: Workshop, *, budget: timedelta | None = BUDGET, again: bool = False) -> Outcome:
    """Index what waits until all is done or `budget` is over (None: never); `again` begins anew with every version."""
    if again:
        shop.catalog.index_again()
    began = shop.clock()
    counts = {"indexed": 0, "unreadable": 0}
    with ThreadPoolExecutor(READERS) as readers:
        while due := shop.catalog.to_index(shop.clock(), BATCH):
            entries = _read(shop, due, readers)
            counts["indexed"] += shop.catalog.note_indexed(entries)
            if failed := [one for one in due if one not in entries]:
                shop.catalog.index_later(failed, shop.clock() + LATER)
                counts["unreadable"] += len(failed)
            if budget is not None and shop.clock() - began >= budget:
                return _told(counts, "; the rest waits")
    return _told(counts, "")


def _told(counts: dict[str, int], rest: str) -> Outcome:
    if not any(counts.values()):
        return Outcome("search: nothing new to index", counts, nothing_due=True)
    unread = f", {counts['unreadable']} cannot be read and are tried again tomorrow" if counts["unreadable"] else ""
    return Outcome(f"search: {counts['indexed']} texts indexed{unread}{rest}", counts)


def _read(shop: Workshop, due: Sequence[Waiting], readers: ThreadPoolExecutor) -> dict[Waiting, Entry]:
    found = readers.map(lambda one: _entry(shop, one), due)
    return {one: made for one, made in zip(due, found, strict=True) if made is not None}


def _entry(shop: Workshop, one: Waiting) -> Entry | None:
    """The entry of a text; None, and a word about it, when it cannot be read."""
    try:
        first_id(one.snapshot)
        return entry(*texts(snapshot.load(shop.store.get(one.snapshot))))
    except (KeyError, BadRecord) as error:
        told = "missing" if isinstance(error, KeyError) else error.what
        shop.say(f"search: {one.snapshot} is left out, `warraq verify` says more: {told}")
        return None
