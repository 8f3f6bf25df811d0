"""The newsrooms: what is changed, when, and in which article, drawn from a seed; done in batches, one a site and tick."""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.week import bedside
from tests.week.record import Change, Record
from tests.week.scale import Scale

EDITS = ("append", "drop", "numbers", "word", "typo", "title", "replace", "swap")
SHARES = {"publish": 0.15, "edit": 0.60, "slug": 0.05, "trash": 0.08, "delete": 0.06, "restore": 0.06}
PER_DAY = 0.008  # articles a day, as a share of what the site holds: how rank becomes age
DOWN_503, DOWN_HANG = 8.0, 4.0  # hours of the outage


@dataclass
class Article:
    post: str
    ident: Any  # as the test bed spells it
    title: str
    path: str
    paragraphs: list[str] = field(default_factory=list)
    sha: str = ""  # of the content as WordPress holds it, when it was last seen
    busy: float = 0.0  # changed last


@dataclass(frozen=True, slots=True)
class Wish:
    at: float  # seconds after the week began
    site: str
    what: str  # a key of SHARES
    kind: str = ""  # of an edit
    silent: bool = False


def wishes(sites: list[str], changes: int, week: float, rng: random.Random) -> list[Wish]:
    """`changes` of them, at random moments of the week, on random sites; half of the edits are silent."""
    counts = {what: round(changes * share) for what, share in SHARES.items()}
    counts["edit"] += changes - sum(counts.values())
    made = [(what, "", False) for what, n in counts.items() if what != "edit" for _ in range(n)]
    made += [("edit", EDITS[n // 2 % len(EDITS)], n % 2 == 1) for n in range(counts["edit"])]
    wordpress = [site for site in sites if site != "reuters"]
    found = []
    for what, kind, silent in made:
        site = rng.choice(wordpress if what == "slug" and wordpress else sites)
        found.append(Wish(rng.uniform(0, week), site, what, kind, silent))
    return sorted(found, key=lambda wish: wish.at)


@dataclass
class Editor:
    """Does the wishes and notes each change. `say` gets a line about changes of whole sites."""

    sites: list[str]
    scale: Scale
    record: Record
    rng: random.Random
    say: Callable[[str], None]
    live: dict[str, list[Article]] = field(default_factory=dict)  # newest first
    trashed: dict[str, list[Article]] = field(default_factory=dict)
    published: int = 0

    def load(self) -> None:
        for site in self.sites:
            self.live[site] = [_article(row) for row in bedside.posts(site)]
            self.trashed[site] = []
            for one in self.live[site]:
                self.record.note_path(site, one.post, one.path)

    def week(self, todo: list[Wish], faults: Callable[[list[bedside.Row]], None]) -> None:
        """Until the week is over. `faults`: sets the rules that are in force beside the outage's."""
        began = self.record.began = time.time()
        grand = self._grand(faults)
        tick = max(1.0, self.scale.hour)
        while (passed := time.time() - began) < self.scale.week:
            while grand and grand[0][0] <= passed:
                grand.pop(0)[1]()
            due = [wish for wish in todo if wish.at <= passed]
            todo = todo[len(due) :]
            for site in self.sites:
                self._batch(site, [wish for wish in due if wish.site == site])
            time.sleep(max(0.05, tick - (time.time() - began - passed)))
        self.record.ended = time.time()

    def _grand(self, faults: Callable[[list[bedside.Row]], None]) -> list[tuple[float, Callable[[], None]]]:
        """Changes of whole sites, by their moment."""
        week, hour = self.scale.week, self.scale.hour
        down = 0.62 * week
        rule = {"site": "alwatan", "skip_robots": False}
        broken = [{**rule, "fault": "status", "args": {"code": 503}}]
        hanging = [{**rule, "fault": "hang", "args": {}}]
        rows: list[tuple[float, str, Callable[[], None]]] = [
            (0.30 * week, "xeber24", lambda: self._theme("xeber24", "wpbed-jannah")),
            (0.42 * week, "hadi", lambda: self._migrate("hadi", "/archives/%post_id%")),
            (0.55 * week, "nashra", lambda: self._mass("nashra", 0.3)),
            (down, "alwatan", lambda: self._outage("503 at all addresses", broken, faults)),
            (down + DOWN_503 * hour, "alwatan", lambda: self._outage("no answer at all", hanging, faults)),
            (down + (DOWN_503 + DOWN_HANG) * hour, "alwatan", lambda: self._outage("", [], faults)),
        ]
        return [(at, act) for at, site, act in rows if site in self.sites]

    # --- whole sites

    def _noted(self, site: str, what: str) -> None:
        self.record.others.append({"at": time.time(), "site": site, "what": what})
        self.say(f"{site}: {what}")

    def _theme(self, site: str, name: str) -> None:
        bedside.theme(site, name)
        self._noted(site, f"theme is now {name}")

    def _migrate(self, site: str, structure: str) -> None:
        before = time.time()
        bedside.option(site, "permalink", structure)
        after = time.time()
        for row in bedside.contents(site, [one.ident for one in self.live[site]]):
            one = next(a for a in self.live[site] if a.ident == row["id"])
            self.record.add(Change(site, one.post, "migrate", before, after, row["path"], one.path))
            one.path = row["path"]
        self._noted(site, f"permalinks are now {structure}")

    def _mass(self, site: str, share: float) -> None:
        picked = self.rng.sample(self.live[site], int(len(self.live[site]) * share))
        for first in range(0, len(picked), 50):
            self._remove(site, picked[first : first + 50], "trash", "mass")
        self._noted(site, f"{len(picked)} articles were trashed at once")

    def _outage(self, what: str, extra: list[bedside.Row], faults: Callable[[list[bedside.Row]], None]) -> None:
        faults(extra)
        name, began, _ = self.record.outage
        self.record.outage = ("alwatan", began if name else time.time(), time.time())
        self._noted("alwatan", what or "answers again")

    # --- single articles

    def _batch(self, site: str, due: list[Wish]) -> None:
        new = [bedside.invented(site, self._number()) for wish in due if wish.what == "publish"]
        self._publish(site, new)
        edits: list[tuple[Article, Wish, bedside.Row]] = []
        taken: set[str] = set()
        for wish in due:
            if wish.what in ("edit", "slug") and (one := self._pick(site, taken)) is not None:
                taken.add(one.post)
                edits.append((one, wish, self._edit(site, one, wish)))
        self._edits(site, edits)
        for what in ("trash", "delete"):
            picked = [one for wish in due if wish.what == what and (one := self._pick(site, taken)) is not None]
            taken |= {one.post for one in picked}
            self._remove(site, list({one.post: one for one in picked}.values()), what, what)
        back = sum(wish.what == "restore" for wish in due)
        ready = [one for one in self.trashed[site] if one.post not in taken]
        self._restore(site, self.rng.sample(ready, min(back, len(ready))))

    def _number(self) -> int:
        self.published += 1
        return self.published

    def _pick(self, site: str, taken: set[str]) -> Article | None:
        """An article of the site, the younger the likelier; none that was changed in this second."""
        rows, day = self.live[site], max(1.0, PER_DAY * len(self.live[site]))
        weights = [1 / (1 + rank / day) for rank in range(len(rows))]
        for one in self.rng.choices(rows, weights, k=20):
            if one.post not in taken and time.time() - one.busy > 2.5:
                return one
        return None

    def _publish(self, site: str, rows: list[bedside.Row]) -> None:
        before = time.time()
        done = bedside.perform(site, rows)
        after = time.time()
        for row, told in zip(rows, done, strict=True):
            one = Article(
                str(told["id"]), told["id"], row["title"], told["path"], row["paragraphs"] if site == "reuters" else []
            )
            one.busy = after
            self.live[site].insert(0, one)
            self.record.add(Change(site, one.post, "publish", before, after, one.path))

    def _edit(self, site: str, one: Article, wish: Wish) -> bedside.Row:
        if site != "reuters" and not one.paragraphs:
            one.paragraphs = bedside.contents(site, [one.ident])[0]["paragraphs"]
        if wish.what == "slug":
            return {
                "id": one.ident,
                "op": "edit",
                "silent": False,
                "slug": f"خبر-{hashlib.sha256(one.path.encode()).hexdigest()[:8]}",
            }
        old = "".join("".join(one.paragraphs).split())
        for kind in (wish.kind, "word", "append"):
            for _ in range(20):
                title, paragraphs = bedside.mutate(one.title, one.paragraphs, kind, self.rng) if _fits(kind, one) else ("", [])
                if paragraphs and (kind == "title" or "".join("".join(paragraphs).split()) != old):
                    row = {"id": one.ident, "op": "edit", "silent": wish.silent, "paragraphs": paragraphs, "kind": kind}
                    return row | {"content": "\n\n".join(paragraphs)} | ({"title": title} if kind == "title" else {})
        raise AssertionError(f"nothing could be changed in {site} {one.post}")

    def _edits(self, site: str, edits: list[tuple[Article, Wish, bedside.Row]]) -> None:
        before = time.time()
        done = bedside.perform(site, [row for _, _, row in edits])
        after = time.time()
        for (one, wish, row), told in zip(edits, done, strict=True):
            if told["op"] == "error":
                raise AssertionError(f"{site} {one.post}: {told}")
            one.title, one.paragraphs, one.busy = row.get("title", one.title), row.get("paragraphs", one.paragraphs), after
            if "content" in row and told.get("content_sha256", "") not in (
                "",
                hashlib.sha256(row["content"].encode()).hexdigest(),
            ):
                one.paragraphs = []  # WordPress stored it in another spelling: read it before the next edit
            was, one.path = one.path, told["path"]
            what = "slug" if wish.what == "slug" else str(row["kind"])
            self.record.add(Change(site, one.post, what, before, after, one.path, was, wish.silent))

    def _remove(self, site: str, picked: list[Article], op: str, what: str) -> None:
        before = time.time()
        bedside.perform(site, [{"id": one.ident, "op": op} for one in picked])
        after = time.time()
        for one in picked:
            self.live[site].remove(one)
            one.busy = after
            if op == "trash":
                self.trashed[site].append(one)
            self.record.add(Change(site, one.post, what, before, after, one.path, one.path))

    def _restore(self, site: str, picked: list[Article]) -> None:
        before = time.time()
        done = bedside.perform(site, [{"id": one.ident, "op": "untrash"} for one in picked])
        after = time.time()
        for one, told in zip(picked, done, strict=True):
            self.trashed[site].remove(one)
            self.live[site].append(one)
            was, one.path, one.busy = one.path, told["path"], after
            self.record.add(Change(site, one.post, "restore", before, after, one.path, was))


def _fits(kind: str, one: Article) -> bool:
    """Articles are not worn down to nothing, nor do headlines grow without end."""
    if kind == "title":
        return len(one.title) < 160
    return kind not in ("drop", "swap") or sum(not p.startswith("<") for p in one.paragraphs) > 4


def _article(row: bedside.Row) -> Article:
    return Article(str(row["id"]), row["id"], row["title"], row["path"], list(row["paragraphs"]))
