"""`warraq coverage`: the channels of an outlet against each other, and what was announced and never read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from urllib.parse import unquote

import typer

from archive.cli.common import Json, OutletName, Restricted, isolate, print_json, shown, workshop
from archive.coverage import Coverage, Group


def register(app: typer.Typer) -> None:
    app.command()(coverage)


def coverage(outlet: OutletName, restricted: Restricted = False, as_json: Json = False) -> None:
    """What each channel shows and the others do not, gaps in ids and dates, and articles that were never read and why."""
    shop = workshop(as_json)
    found = shown(shop, restricted).coverage(shop.outlet(outlet))
    if as_json:
        print_json(asdict(found))
        return
    for line in _lines(found):
        print(line)


def _lines(found: Coverage) -> Iterator[str]:
    yield f"{found.outlet}: {found.articles} articles known, {found.read} read"
    yield "channels"
    for one in found.channels:
        times = f"{one.first[:16]}Z to {one.last[:16]}Z" if one.first else "never an article"
        state = {"stopped": f"  STOPPED, last status {one.status}", "never": f"  last status {one.status}"}.get(one.state, "")
        yield f"  {one.channel:14} shows {one.shows}, {one.alone} of them alone; {one.documents} documents; {times}{state}"
    yield "shown by one and not by another" if found.differences else "every channel shows the same"
    for row in found.differences:
        since = f" (published after {row.since[:16]}Z)" if row.since else ""
        yield f"  {row.count} by {row.shown_by} and not by {row.not_by}{since}"
        yield from _examples(row.examples)
    if found.unlisted.count:
        yield from _groups("in no channel", [found.unlisted])
    yield from _groups("announced, never asked for", found.never_asked)
    yield from _groups("asked for, never read", found.never_read)
    if found.posts:
        yield "wide gaps in the ids of posts (pictures and drafts are numbered with them)"
    for hole in found.posts:
        yield f"  {hole.missing} ids between {hole.after} and {hole.before}"
        yield from _examples((hole.after_url, hole.before_url))
    if found.days:
        yield "days with far fewer articles than usual"
    for low in found.days:
        yield f"  {low.first} to {low.last}: {low.articles} where {low.usual:g} are usual"


def _groups(what: str, groups: Sequence[Group]) -> Iterator[str]:
    if groups:
        yield what
    for group in groups:
        yield f"  {group.count} {group.why}"
        yield from _examples(group.examples)


def _examples(urls: Sequence[str]) -> Iterator[str]:
    yield from (f"    {isolate(unquote(url))}" for url in urls)
