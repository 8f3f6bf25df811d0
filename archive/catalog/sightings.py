"""Articles as lists announce them, merged over all documents of one kind of list. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from urllib.parse import urlsplit

from archive.address import article_id
from archive.observation import Observation
from archive.version import at

SWEPT = "modified_after="  # in the address of a sweep, before the time


@dataclass(frozen=True, slots=True)
class Sighting:
    """An article as one kind of list announced it. The words are those of the last time. Fields as in the table."""

    outlet: str
    article: str
    channel: str  # rest, feed, sitemap, archive, home
    url: str
    post: str
    published: str
    modified: str
    title: str
    text: str  # digest of what the list itself gives as the article's content
    first_text: str  # the first such digest, and when
    first_text_seen: str
    first_seen: str
    last_seen: str
    walked: str  # when a page listed it last on which it stays, "" for never
    document: str  # digest of that page's body: unchanged, it lists the article still

    @property
    def words(self) -> tuple[str, ...]:
        return self.url, self.post, self.published, self.modified, self.title, self.text

    @property
    def told(self) -> tuple[str, ...]:
        """What an article's rows follow from. When it was seen last, and by which page, is no part of it."""
        return *self.words, self.first_text, self.first_text_seen, self.first_seen

    def merge(self, other: Sighting) -> Sighting:
        """Both as one. Which comes first changes nothing."""
        last = max(self, other, key=lambda one: (one.last_seen, one.words))
        texts = [(one.first_text_seen, one.first_text) for one in (self, other) if one.first_text]
        first_text_seen, first_text = min(texts, default=("", ""))
        walked, document = max((one.walked, one.document) for one in (self, other))
        return replace(
            last,
            first_seen=min(self.first_seen, other.first_seen),
            first_text=first_text,
            first_text_seen=first_text_seen,
            walked=walked,
            document=document,
        )

    def row(self) -> tuple[str, ...]:
        return tuple(getattr(self, name) for name in _NAMES)


_NAMES = tuple(field.name for field in fields(Sighting))


def sightings(outlet: str, lines: Iterable[Observation]) -> dict[tuple[str, str], Sighting]:
    """Of each (article, kind of list) that `lines` announce."""
    found: dict[tuple[str, str], Sighting] = {}
    for line in lines:
        time = at(line.time)
        walked, document = (time, line.body or line.payload) if _stays(line) else ("", "")
        for item in line.items:
            key = str(item.get("article") or article_id(str(item["url"]))), line.channel
            said = {name: str(item.get(name) or "") for name in ("url", "post", "published", "modified", "title", "text")}
            first = (said["text"], time if said["text"] else "")
            one = Sighting(
                outlet,
                *key,
                **said,
                first_text=first[0],
                first_text_seen=first[1],
                first_seen=time,
                last_seen=time,
                walked=walked,
                document=document,
            )
            found[key] = found[key].merge(one) if key in found else one
    return found


def _stays(line: Observation) -> bool:
    """Is this a page on which an article stays as long as it is listed at all? A front page drops it after a while, unless it
    is the only one."""
    if line.channel == "rest":
        return line.why == "walk" or (line.pages == 1 and SWEPT not in line.url)
    return line.why == "walk" or (
        line.channel == "sitemap" and "news" not in urlsplit(line.url).path.rpartition("/")[2].lower()
    )


def words(announced: Iterable[Sighting]) -> dict[str, str]:
    """What the lists say of one article now, as `Note.announced` has it: rest, sitemap, text; only what they tell."""
    found: dict[str, str] = {}
    for one in announced:
        if one.channel in ("rest", "sitemap") and one.modified:
            found[one.channel] = one.modified
        if one.channel == "rest" and one.text:
            found["text"] = one.text
    return found


def baseline(announced: Iterable[Sighting]) -> dict[str, str]:
    """What counts as answered as long as no capture answered anything: the first text that REST gave."""
    return next(({"text": one.first_text} for one in announced if one.channel == "rest" and one.first_text), {})
