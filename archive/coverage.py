"""What of an outlet we have, and what we may have missed: its channels against each other, and all of them against the
articles. Pure: rows of the catalog in, a report out.

Three comparisons need no truth from outside. What one kind of channel shows and another does not is missing there (or
is not meant to be there: a feed holds the newest only, so it is compared from what it first showed on). Ids of posts
and days of publication without articles are holes where neither shows anything. And what was announced but never
asked for, or asked for and never read, is ours to explain.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from archive.gaps import Hole, LowDays, holes, low_days

EXAMPLES = 5
WINDOWED = frozenset(("feed", "home", "archive", "news"))  # kinds that show the newest articles only
_WHY = {"left-out": "password", "disallowed": "robots", "robots-unreachable": "robots unreachable", "given-up": "host given up"}


class Seen(NamedTuple):
    """An article as a kind of channel shows it. Times are the catalog's, dates as printed."""

    article: str
    channel: str
    url: str
    post: str
    published: str
    first_seen: str
    last_seen: str


class Known(NamedTuple):
    article: str
    url: str
    state: str
    reason: str
    first_seen: str
    last_fetch: str
    published: str
    post: str
    versions: int


class Documents(NamedTuple):
    """The documents of one kind of channel: how many, when, and when one last listed articles ("" for never)."""

    channel: str
    documents: int
    first: str
    last: str
    listed: str
    status: int  # HTTP status of the last one


@dataclass(frozen=True, slots=True)
class ChannelReport:
    channel: str
    shows: int
    alone: int  # of them, what no other kind shows
    first: str  # first and last time that it showed an article
    last: str
    documents: int
    state: str  # listing; stopped: nothing listed since `last`; never: asked, and never listed anything
    status: int


@dataclass(frozen=True, slots=True)
class Difference:
    """`count` articles that one kind shows and the other does not."""

    shown_by: str
    not_by: str
    count: int
    since: str  # date of publication from which the other one could have shown them; "" for all
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Articles with the same fate."""

    why: str
    count: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Coverage:
    outlet: str
    articles: int
    read: int  # with at least one version
    channels: tuple[ChannelReport, ...]
    differences: tuple[Difference, ...]
    unlisted: Group  # articles that no channel shows: found by hand, or by a list we no longer know
    never_asked: tuple[Group, ...]
    never_read: tuple[Group, ...]
    posts: tuple[Hole, ...]
    days: tuple[LowDays, ...]


@dataclass(slots=True)
class _Kind:
    """What one kind of channel shows, while it is being counted."""

    shows: dict[str, str]  # article → address
    first: str = ""
    last: str = ""
    began: list[str] = field(default_factory=list)  # articles of its first document

    def take(self, one: Seen) -> None:
        self.shows[one.article] = one.url
        if not self.first or one.first_seen < self.first:
            self.first, self.began = one.first_seen, []
        if one.first_seen == self.first:
            self.began.append(one.article)
        self.last = max(self.last, one.last_seen)


def report(
    outlet: str,
    seen: Iterable[Seen],
    known: Iterable[Known],
    documents: Sequence[Documents],
    runs: Sequence[Mapping[str, Any]],
    *,
    wanted: Callable[[str], bool] = lambda _: True,
    patience: float = 172_800.0,
) -> Coverage:
    """The report. `runs`: reports of runs, newest first. `wanted`: may this address be an article today, by the outlet's
    patterns? `patience`: seconds without a list after which a kind of channel counts as stopped (two walks)."""
    kinds: dict[str, _Kind] = defaultdict(lambda: _Kind({}))
    dated: dict[str, str] = {}
    posts: dict[int, str] = {}
    for one in seen:
        kinds[one.channel].take(one)
        _note(dated, posts, one)
    articles = list(known)
    for row in articles:
        _note(dated, posts, row)
    shown = Counter(article for kind in kinds.values() for article in kind.shows)
    unlisted = [row.url for row in articles if row.article not in shown]
    refused = _refused(runs)
    last = runs[0] if runs else {}
    return Coverage(
        outlet=outlet,
        articles=len(articles),
        read=sum(row.versions > 0 for row in articles),
        channels=tuple(_channels(kinds, shown, documents, patience)),
        differences=tuple(_differences(kinds, dated)),
        unlisted=Group("no channel shows it", len(unlisted), tuple(unlisted[:EXAMPLES])),
        never_asked=_grouped(
            (refused.get(row.article) or _why_never(row, last, wanted), row.url) for row in articles if not row.last_fetch
        ),
        never_read=_grouped(
            (f"{row.state}: {row.reason}".rstrip(": "), row.url) for row in articles if row.last_fetch and not row.versions
        ),
        posts=tuple(holes(posts)[:EXAMPLES]),
        days=tuple(low_days(dated.values())),
    )


def _note(dated: dict[str, str], posts: dict[int, str], one: Seen | Known) -> None:
    """Take down the date and the id of a post, from whoever tells them first."""
    if one.published:
        dated.setdefault(one.article, one.published)
    if one.post.isascii() and one.post.isdigit():
        posts.setdefault(int(one.post), one.url)


def _channels(
    kinds: Mapping[str, _Kind], shown: Counter[str], documents: Sequence[Documents], patience: float
) -> Iterable[ChannelReport]:
    asked = {one.channel: one for one in documents}
    newest = max((one.last for one in documents), default="")
    for name in sorted({*kinds, *asked}, key=lambda one: (-len(kinds[one].shows) if one in kinds else 0, one)):
        kind, document = kinds.get(name, _Kind({})), asked.get(name)
        last = max(kind.last, document.listed if document else "")
        state = "listing" if kind.shows else "never"
        if kind.shows and _seconds(last, newest) > patience:
            state = "stopped"
        yield ChannelReport(
            channel=name,
            shows=len(kind.shows),
            alone=sum(shown[article] == 1 for article in kind.shows),
            first=kind.first,
            last=last,
            documents=document.documents if document else 0,
            state=state,
            status=document.status if document else 0,
        )


def _seconds(earlier: str, later: str) -> float:
    if not earlier or not later:
        return 0.0
    return (datetime.fromisoformat(later) - datetime.fromisoformat(earlier)) / timedelta(seconds=1)


def _differences(kinds: Mapping[str, _Kind], dated: Mapping[str, str]) -> Iterable[Difference]:
    """Ordered pairs of kinds, the largest difference first."""
    found = []
    for name, one in kinds.items():
        for other, two in kinds.items():
            missing = [article for article in one.shows if article not in two.shows] if name != other else []
            since = _window(two, dated) if other in WINDOWED else ""
            if since:
                missing = [article for article in missing if _utc(dated.get(article, "")) > since]
            if missing:
                missing.sort(key=lambda article: _utc(dated.get(article, "")), reverse=True)
                examples = tuple(one.shows[article] for article in missing[:EXAMPLES])
                found.append(Difference(name, other, len(missing), since, examples))
    return sorted(found, key=lambda row: (-row.count, row.shown_by, row.not_by))


def _window(kind: _Kind, dated: Mapping[str, str]) -> str:
    """From when on this kind could show what was published: half of what its first document listed is older."""
    dates = sorted(filter(None, (_utc(dated.get(article, "")) for article in kind.began)))
    return dates[len(dates) // 2] if dates else "9999"


def _utc(date: str) -> str:
    """A date as UTC text, so that dates of several offsets sort; "" for what is none."""
    try:
        when = datetime.fromisoformat(date) if date else None
    except ValueError:
        when = None
    if when is None:
        return ""
    return (when - (when.utcoffset() or timedelta())).strftime("%Y-%m-%dT%H:%M:%SZ")


def _refused(runs: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Article → why the newest run that had it in its hands did not ask for it."""
    found: dict[str, str] = {}
    for report in runs:
        for why, articles in (report.get("refused") or {}).items():
            for article in articles:
                found.setdefault(article, _WHY.get(why, str(why)))
    return found


def _why_never(row: Known, last: Mapping[str, Any], wanted: Callable[[str], bool]) -> str:
    """Why an article that was announced was never asked for, as far as the last run's report tells."""
    if not wanted(row.url):
        return "not an article by the outlet's patterns"
    finished = str(last.get("finished") or "")
    if not finished or _utc(row.first_seen) > _utc(finished):
        return "announced since the last run"
    if last.get("given_up"):
        return "host given up"
    if last.get("stopped") == "budget" or any((last.get("left") or {}).get(rank) for rank in ("new", "backlog")):
        return "budget: its turn did not come"
    counts = [f"{n} {_WHY[why]}" for why, n in sorted((last.get("jobs") or {}).items()) if n and why in _WHY]
    return f"not told; the last run counts {', '.join(counts)}" if counts else "never due"


def _grouped(rows: Iterable[tuple[str, str]]) -> tuple[Group, ...]:
    groups: dict[str, list[str]] = defaultdict(list)
    for why, url in rows:
        groups[why].append(url)
    return tuple(
        Group(why, len(urls), tuple(urls[:EXAMPLES])) for why, urls in sorted(groups.items(), key=lambda row: -len(row[1]))
    )
