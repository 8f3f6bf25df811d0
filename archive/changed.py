"""What reading old captures again changed: texts, headlines, dates, versions and events, before against after. Pure.

Versions are told apart by the capture that begins them, events by time and kinds. A version that came is *split* off one that
stood there, or *found*, where nobody could read the capture before; one that went was *merged* into the one before it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from archive.compare import Span, compare
from archive.history import Event, History, Version
from archive.observation import Observation, Reading
from archive.readings import Readings
from archive.rereading import Words, words

EXAMPLES = 5  # of each kind
_AROUND, _LONGEST = 40, 400  # characters of equal text beside a change; of an example

KINDS = {  # of examples, and what people call them
    "text": "another text",
    "title": "another headline",
    "date": "another date",
    "first": "read for the first time",
    "unreadable": "read by no rules of today",
    "merged": "versions merged into the one before",
    "split": "versions split off",
    "found": "versions found",
    "came": "events that came",
    "went": "events that went",
}


@dataclass(frozen=True, slots=True)
class Example:
    """One change. `old` and `new`: texts to compare, None where there is none; `told`: what is said without a text."""

    kind: str
    url: str
    time: str  # of the capture
    old: Words | None = None
    new: Words | None = None
    told: str = ""


@dataclass
class Changes:
    """Counts, and some examples of each kind. `+=` takes others in."""

    counts: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[dict[str, str]]] = field(default_factory=lambda: defaultdict(list))

    def __iadd__(self, other: Changes) -> Changes:
        self.counts.update(other.counts)
        for kind, found in other.examples.items():
            self.examples[kind] = [*self.examples[kind], *found][:EXAMPLES]
        return self

    def see(self, found: Iterable[Example], text_of: Callable[[Words], str], *, quiet: bool = False) -> None:
        """Count changes; the first few are shown with what differs between both texts, unless they are to be `quiet`."""
        for one in found:
            self.counts[one.kind] += 1
            if len(self.examples[one.kind]) < EXAMPLES and not quiet:
                self.examples[one.kind].append({"url": one.url, "time": one.time, "what": one.told or _told(one, text_of)})

    def lines(self) -> Iterator[str]:
        """For people: a few lines of counts, then the examples."""
        n = self.counts
        texts = [f"{n['equal']} equal", f"{n['text']} different", f"{n['first']} read for the first time"]
        texts += [f"{n[name]} {name}" for name in ("unreadable", "lost") if n[name]]
        yield f"  texts: {', '.join(texts)}; {n['title']} other headlines, {n['date']} other dates"
        ways = ", ".join(f"{n[name]} {name}" for name in ("merged", "split", "found"))
        events = f"{n['came']} came, {n['went']} went"
        yield f"  versions: {n['versions before']} before, {n['versions after']} now ({ways}); events: {events}"
        for kind, called in KINDS.items():
            for one in self.examples.get(kind, ()):
                yield f"  {called}: {one['url']}  {one['time']}"
                yield f"    {one['what']}"

    def row(self) -> dict[str, Any]:
        return {"counts": dict(sorted(self.counts.items())), "examples": {kind: of for kind, of in self.examples.items() if of}}


def changes(row: Mapping[str, Any]) -> Changes:
    """What `Changes.row` gave."""
    made = Changes(Counter(row["counts"]))
    made.examples.update(row["examples"])
    return made


def of_captures(lines: Sequence[Observation], new: Iterable[Observation]) -> Iterator[Example]:
    """What new readings say otherwise than the newest ones that were there."""
    before = Readings(lines)
    for line in new:
        old, now = before.newest(line), line.reading
        if now is None:
            continue
        if old is None:
            yield Example("first", line.url, line.time, None, words(now), now.title)
            continue
        yield from _of_reading(line, old, now)


def _of_reading(line: Observation, old: Reading, now: Reading) -> Iterator[Example]:
    if old.body.t != now.body.t:
        yield Example("text", line.url, line.time, words(old), words(now))
    if old.headline.t != now.headline.t:
        yield Example("title", line.url, line.time, told=f"{old.title} → {now.title}")
    dates = [(getattr(old, name), getattr(now, name), name) for name in ("published", "modified")]
    if told := "; ".join(f"{name} {a or 'unknown'} → {b or 'unknown'}" for a, b, name in dates if a != b):
        yield Example("date", line.url, line.time, told=told)


def of_article(before: History, after: History, unread: Iterable[str]) -> Iterator[Example]:
    """Versions and events that came and went. `unread`: records that nobody could read before."""
    old, new = ({version.first.record: version for version in one.versions} for one in (before, after))
    readable_now = set(unread)
    for record, version in new.items():
        if record not in old:
            yield _version("found" if record in readable_now else "split", version, after)
    for record, version in old.items():
        if record not in new:
            yield _version("merged", version, before)
    had, has = ({(event.time, event.kinds): event for event in one.events} for one in (before, after))
    yield from (_event("came", event, after) for key, event in has.items() if key not in had)
    yield from (_event("went", event, before) for key, event in had.items() if key not in has)


def _version(kind: str, version: Version, history: History) -> Example:
    earlier = history.versions[version.number - 2] if version.number > 1 else None
    told = "" if earlier else f"version {version.number}: {version.reading.title}"
    old = words(earlier.reading) if earlier else None
    return Example(kind, version.first.url, version.time, old, words(version.reading), told)


def _event(kind: str, event: Event, history: History) -> Example:
    made = next((one for one in history.versions if one.number == event.version and one.time == event.time), None)
    if made is None or made.number < 2:
        return Example(kind, event.url, event.time, told=f"{'+'.join(event.kinds)} {event.reason}".strip())
    return _version(kind, made, history)


def _told(one: Example, text_of: Callable[[Words], str]) -> str:
    old, new = (text_of(which) if which else "" for which in (one.old, one.new))
    if (one.old and not old) or (one.new and not new):
        return "(one of the texts is not stored)"
    return differing(old, new)


def differing(old: str, new: str) -> str:
    """What differs, word by word: `[-went-]{+came+}` with some text around it; "" when nothing does."""
    spans = compare(old, new)
    if all(span.op == "equal" for span in spans):
        return ""
    told = "".join(_shown(span, last=number == len(spans) - 1, first=not number) for number, span in enumerate(spans))
    return told if len(told) <= _LONGEST else told[:_LONGEST] + "…"


def _shown(span: Span, *, first: bool, last: bool) -> str:
    text = " ".join(span.text.split())
    if span.op == "equal":
        if len(text) <= 2 * _AROUND:
            return f" {text} "
        return f"{'' if first else text[:_AROUND]}…{'' if last else text[-_AROUND:]}"
    return f"[-{text}-]" if span.op == "delete" else f"{{+{text}+}}"
