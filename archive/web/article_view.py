"""Values of article.html: one version of an article, and all that is known of the article. Pure; no HTML is made here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import groupby
from typing import TYPE_CHECKING, Any

from archive.web import evidence_view, timeline
from archive.web.iri import in_line
from archive.web.paper import latin
from archive.web.paragraphs import direction
from archive.web.views import STATES, calm

if TYPE_CHECKING:
    from archive.catalog.pairs import Pair
    from archive.catalog.rows import ArticleRow, CaptureRow, HistoryRow, SeedLinkRow

SAID = {"Byline": "byline", "Agency": "agency", "Place": "place", "Section": "section", "Tags": "tags"}


def article(found: HistoryRow, title: str, number: int, snapshot: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """Values of article.html: version `number` (0: there is none), and `snapshot` of it when the bucket has one."""
    version = next((v for v in found.versions if v.number == number), None)
    links = [link for link in found.links if link.version == number]
    text = str((snapshot or {}).get("faithful") or (snapshot or {}).get("text") or "")
    language = version.language if version else ""
    return {
        **head(found, title),
        "version": version,
        "snapshot": snapshot,
        "headline": str((snapshot or {}).get("title") or (version.title if version else "") or named(found.article)),
        "paragraphs": [(n, line, latin(line)) for n, line in enumerate(text.split("\n"), 1)] if text else [],
        "turning": evidence_view.turning(text + str((snapshot or {}).get("title") or "")),
        "dates": evidence_view.dates(version, snapshot or {}) if version else [],
        "timeline": timeline.draw(found),
        "dir": direction(language, text or found.article.title),
        "language": language,
        "links": [seed_link(link) for link in links],
        "linked": {m for link in links for _, m in link.detail.get("paragraphs", [])},
        "versions": list(reversed(found.versions)),
        "captures": _runs(found.captures),
        "authors": [str(name) for name in (snapshot or {}).get("authors") or []],
        "stated": said(snapshot or {}),
        "pictures": evidence_view.shown_pictures(pictures(snapshot or {})),
        "cut": [str(line) for line in (snapshot or {}).get("log") or []],
        "videos": [one for one in (snapshot or {}).get("videos") or [] if isinstance(one, Mapping)],
    }


def named(row: ArticleRow) -> str:
    """What an article is called where no version of it is shown: by its title, else by its address."""
    return row.title or in_line(row.url)


def head(found: HistoryRow, title: str) -> dict[str, Any]:
    row = found.article
    return {
        "row": row,
        "title": calm(row.title) or in_line(row.url),
        "outlet": title,
        "state": STATES.get(row.state, row.state),
        "events": list(reversed(found.events)),
    }


def seed_link(link: SeedLinkRow) -> dict[str, Any]:
    """A seed link with its shares in both directions; 0 of 0 where the snapshot does not say."""
    nothing = {"shared": 0, "of": 0, "share": 0.0}
    detail = link.detail
    return {
        "name": link.name,
        "sha256": link.sha256,
        "relation": link.relation,
        "set": link.seed_set,
        "seed_in_article": {**nothing, **(detail.get("seed_in_article") or {})},
        "article_in_seed": {**nothing, **(detail.get("article_in_seed") or {})},
        "paragraphs": [(pair[0], pair[1]) for pair in detail.get("paragraphs") or []],
        "recipe": str(detail.get("recipe", "")),
    }


def elsewhere(pairs: Iterable[Pair], mine: ArticleRow, title: Callable[[str], str]) -> list[dict[str, Any]]:
    """Articles that share this one's text: how much of each is in the other, and which was captured first."""
    out = []
    for pair in pairs:
        link = pair.link
        first = (link.outlet, link.article) == (mine.outlet, mine.article)
        shares = [link.detail["first_in_second"], link.detail["second_in_first"]]
        times = [(link.captured, link.published), (link.other_captured, link.other_published)]
        out.append(
            {
                "relation": link.relation,
                "outlet": title(link.other_outlet if first else link.outlet),
                "article": link.other if first else link.article,
                "version": link.other_version if first else link.version,
                "title": calm(pair.other_title if first else pair.title) or in_line(pair.other_url if first else pair.url),
                "first": first,
                "shares": shares if first else shares[::-1],  # of this article there; of that one here
                "times": times if first else times[::-1],
            }
        )
    return out


def pictures(snapshot: Mapping[str, Any]) -> list[dict[str, str]]:
    """What a snapshot says of its pictures; snapshots of before pictures were captured have their addresses alone."""
    rows = snapshot.get("pictures") or snapshot.get("images") or []
    names = ("url", "role", "caption", "sha256", "missing", "mime", "captured", "alt", "credit")
    return [{name: str(one.get(name) or "") for name in names} for one in rows if isinstance(one, Mapping)]


def _runs(captures: tuple[CaptureRow, ...]) -> list[tuple[CaptureRow, CaptureRow, int]]:
    """(newest, oldest, how many) of each unbroken row of sightings with the same outcome, newest first."""
    newest_first = list(reversed(captures))
    out = []
    for _, group in groupby(newest_first, key=lambda c: (c.klass, c.reason, c.status, c.body)):
        rows = list(group)
        out.append((rows[0], rows[-1], len(rows)))
    return out


def said(snapshot: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(what, as stated) of the facts of a snapshot that a page may state, those that it does."""
    found = ((word, snapshot.get(name) or "") for word, name in SAID.items())
    return [(word, "، ".join(map(str, said)) if isinstance(said, list) else str(said)) for word, said in found if said]
