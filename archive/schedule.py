"""When an article is looked at again, and why: pure functions of what is known of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from archive.outlet import Outlet

UNREAD = ("blocked", "broken")  # states of an article of which nothing better is known
SELDOM = ("gone", "elsewhere", "not-article")  # states that end now and then
UNREAD_LIMIT = 604_800.0  # seconds
DOUBTFUL = 64.0  # looks at content in doubt for each one that its age would allow
FORGOTTEN = 365 * 86_400.0  # seconds that an article must be gone before nobody looks any more
PRIOR_EDITS, PRIOR_LOOKS = 0.5, 2.0  # what an article is thought to have shown before anybody looked
LISTED = 8.0  # times as long where a list shows the article's text: its edits are seen there
ENOUGH = 20  # observations before a site's habits are believed
FORGIVEN = 200  # validators that agreed, for each one that lied
MEMORY = 1_000  # more agreement than this excuses nothing
LONGEST = 100 * 365 * 86_400.0  # seconds of any wait: whatever an outlet file says, times stay within the calendar


@dataclass(frozen=True, slots=True)
class Visit:
    """What is known of one article, as far as its next visit needs it. All times are UTC."""

    first_seen: datetime
    last_fetch: datetime | None = None  # None: never asked for
    published: str = ""  # ISO 8601, as the site says; a time that cannot be is not believed
    state: str = "new"  # archive.version.State
    since: datetime | None = None  # when that state began
    unconfirmed: datetime | None = None  # first sighting of its absence, not yet confirmed
    doubt: datetime | None = None  # first of the captures in a row whose content is doubted
    failures: int = 0  # captures in a row that told nothing
    announced: Mapping[str, str] = field(default_factory=dict)  # words of the lists now: rest, sitemap, text
    answered: Mapping[str, str] = field(default_factory=dict)  # and those that a capture answered
    watched: bool = False  # a person asked for it
    seeded: bool = False  # a seed file links to it
    shown: bool = False  # a list shows its text, and edits of it are no noise there
    looks: int = 0  # content captures after the first one
    edits: int = 0  # how many of them were a new version


def next_visit(known: Visit, outlet: Outlet) -> tuple[datetime | None, str]:
    """(when the article is due, why). No time: never, until a list announces something new.

    Why is one of: backlog (never fetched), confirm (absence or damaged content), modified and text (a list's word
    differs from the answered one: due since the last fetch), watch, retry, revisit; never: moved, gone.
    """
    if known.last_fetch is None:
        return known.first_seen, "backlog"
    due = known.last_fetch + timedelta(seconds=min(wait_for(known, outlet), LONGEST))
    if known.doubt is not None or known.unconfirmed is not None:
        return due, "confirm"
    word = unanswered(known)
    if word:
        return known.last_fetch + timedelta(seconds=min(_retry(known, outlet), LONGEST)), word
    if known.state == "moved":  # its new address is looked at instead
        return None, "moved"
    if known.state == "gone" and not known.watched and _in_state(known) >= FORGOTTEN:
        return None, "gone"
    return due, "watch" if known.watched else "retry" if known.failures else "revisit"


def unanswered(known: Visit) -> str:
    """`modified` or `text` when a list says what no capture has answered yet, else "".

    A time that was never answered counts when it is later than the last fetch; a first text never: the next
    capture answers it.
    """
    for key in ("rest", "sitemap"):
        word = known.announced.get(key, "")
        if word and (word != known.answered[key] if key in known.answered else _later(word, known.last_fetch)):
            return "modified"
    text = known.announced.get("text", "")
    return "text" if text and known.answered.get("text", text) != text else ""


def wait_for(known: Visit, outlet: Outlet) -> float:
    """Seconds between the last fetch of an article and its next one, whatever the lists say.

    `backoff` by its age; LISTED times as long while a list shows its text, because an edit is seen there first (not
    for what a person watches). Captures that told nothing wait 2, 4, 8 … times as long; what a person watches or a
    seed file links to, half as long.

    An article that nobody has read yet, because its site was down or blocked us, is no matter of age: a quarter of
    revisit_after, then twice as long each time, up to UNREAD_LIMIT. Content in doubt: the same, but no sooner than
    1/DOUBTFUL of its age would have it, for a page that is damaged in another way each time is in doubt for ever.

    An absence is confirmed when gone_after is over. If that look told nothing (blocked, broken), the next ones
    wait as for an article that nobody has read yet, at least revisit_after: soon, then ever longer. What is gone or
    leads elsewhere is looked at like that as well, its age being that of its state.
    """
    if known.last_fetch is None:
        return 0.0
    if known.unconfirmed is not None and unlooked(known, outlet):
        return max(0.0, outlet.gone_after - (known.last_fetch - known.unconfirmed).total_seconds())
    if known.doubt is not None:
        waited = (known.last_fetch - known.doubt).total_seconds()
        least = max(outlet.revisit_after / 4, backoff(_age(known), 0, 0, outlet) / DOUBTFUL)
        return float(min(max(least, waited, _retry(known, outlet)), UNREAD_LIMIT))
    if known.state in UNREAD and known.failures:
        return _retry(known, outlet)
    if known.unconfirmed is not None or known.state in SELDOM:
        wait = backoff(_in_state(known), 0, 0, outlet)
    else:
        wait = backoff(_age(known), known.looks, known.edits, outlet, LISTED if known.shown and not known.watched else 1.0)
    wait = min(wait * 2.0 ** min(known.failures, 16), max(outlet.revisit_limit, outlet.revisit_after))
    if known.unconfirmed is not None and known.failures:  # the attempts of one run in an outage are three failures already
        wait = min(wait, max(outlet.revisit_after, _retry(known, outlet)))
    return float(wait / 2 if known.watched or known.seeded else wait)


def backoff(age: float, looks: int, edits: int, outlet: Outlet, times: float = 1.0) -> float:
    """Seconds to the next look at an article of `age` seconds, `times` longer, within [revisit_after, revisit_limit].

    Model: the edits of an article are a Poisson process (Cho, Garcia-Molina, "Effective page refresh policies for Web
    crawlers", ACM TODS 28(4), 2003, found it a good one for pages), whose rate falls with the article's age like
    1/age, since news is edited most while it is young, times a factor of its own that nobody knows. A look finds at
    most one new version, however many edits there were: n looks find n(1 - exp(-E/n)) of E expected edits at best,
    namely with E/n between each two. That is concave in n, so fetches are divided best when E/n is one number for
    all articles. Hence a wait in proportion to age, and the shorter, the larger the article's own factor.

    That factor is learned from the article alone, which needs no plan over all articles (so do Olston, Pandey,
    "Recrawl scheduling based on information longevity", WWW 2008): each look was at the same E/n if the model holds,
    so it is the share of looks that found an edit, which begins as half an edit in two looks would make it (1/4). It
    shortens the wait to a quarter at most. What this gains over age alone: bench/revisit.py.
    """
    factor = (PRIOR_EDITS / PRIOR_LOOKS) * (looks + PRIOR_LOOKS) / (edits + PRIOR_EDITS)
    wait = times * max(outlet.revisit_after, outlet.revisit_growth * max(age, 0.0) * factor)
    return min(wait, max(outlet.revisit_limit, outlet.revisit_after))


def unlooked(known: Visit, outlet: Outlet) -> bool:
    """Has nobody looked for the missing article since its absence could be confirmed?"""
    if known.last_fetch is None or known.unconfirmed is None:
        return False
    passed = (known.last_fetch - known.unconfirmed).total_seconds()
    return passed <= 0 or passed < outlet.gone_after


def trusted(agreed: int, lied: int) -> bool:
    """May a 304 of this site be believed? Judged by captures whose validators equalled those of the capture before.

    `agreed`: the body was the same as well; `lied`: it was another. 20 agreed and none lied; each lie must be outweighed
    by 200 more, and only the first 1,000 count, so a fifth lie ends it for good.
    """
    return min(agreed, MEMORY) >= ENOUGH + FORGIVEN * lied


def noisy(fruitless: int, tried: int) -> bool:
    """Is a kind of word no sign of an edit here? `tried`: captures that answered it; `fruitless`: without any change."""
    return tried >= ENOUGH and 2 * fruitless > tried


def sitemap_true(lastmods: Sequence[str]) -> bool:
    """Is `lastmod` about the articles? Not when it is the moment at which the sitemap was made, or its day: one for most
    entries. Fewer than 20 say nothing about that."""
    times = [value for value in lastmods if "T" in value and "T00:00" not in value]
    days = [value[:10] for value in lastmods if value and ("T" not in value or "T00:00" in value)]
    return all(len(some) < ENOUGH or 2 * max(Counter(some).values()) <= len(some) for some in (times, days))


def _retry(known: Visit, outlet: Outlet) -> float:
    """Seconds after captures in a row that told nothing; 0 without any."""
    if not known.failures:
        return 0.0
    return float(min(outlet.revisit_after / 4 * 2.0 ** min(known.failures - 1, 16), UNREAD_LIMIT))


def _age(known: Visit) -> float:
    """Seconds from publication, or from the first sighting of its absence, to the last fetch."""
    if known.last_fetch is None:
        return 0.0
    return max(0.0, (known.last_fetch - (known.unconfirmed or _published(known))).total_seconds())


def _in_state(known: Visit) -> float:
    """Seconds from the beginning of its state to the last fetch; its age when that is not known."""
    if known.last_fetch is None or known.since is None:
        return _age(known)
    return max(0.0, (known.last_fetch - (known.unconfirmed or known.since)).total_seconds())


def _published(known: Visit) -> datetime:
    when = _time(known.published)
    return known.first_seen if when is None else min(when, known.first_seen)


def _later(word: str, than: datetime | None) -> bool:
    when = _time(word)
    return when is not None and (than is None or when > than)


def _time(text: str) -> datetime | None:
    """An ISO 8601 time with its offset, else None."""
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return None
    return when if when.tzinfo else None
