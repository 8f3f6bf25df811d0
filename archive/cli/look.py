"""Commands that only look: ls, history, show, diff."""

from __future__ import annotations

import gzip
import html
import json
from dataclasses import asdict
from itertools import islice
from typing import Annotated, Any

import typer

from archive.cli.common import Json, Restricted, isolate, paragraphs, print_json, shown, workshop
from archive.errors import Refused
from archive.steps.workshop import Workshop

Which = Annotated[str, typer.Argument(help="An article: its address, or its id of 32 hex digits.", show_default=False)]
Html = Annotated[bool, typer.Option("--html", help="Print a page that a browser shows right to left.")]
Number = Annotated[int, typer.Option("--version", help="Which version; 0 is the newest.", min=0)]


def register(app: typer.Typer) -> None:
    for command in (ls, history, show, diff):
        app.command()(command)


def ls(
    outlet: Annotated[str, typer.Argument(help="One outlet; all when left out.")] = "",
    events: Annotated[bool, typer.Option("--events", help="What changed, newest first, instead of articles.")] = False,
    limit: Annotated[int, typer.Option(help="How many rows; 0 for all.", min=0)] = 50,
    restricted: Restricted = False,
    as_json: Json = False,
) -> None:
    """List articles, or with --events what happened to them."""
    catalog = shown(workshop(), restricted)
    rows: Any = (
        catalog.changes(outlet=outlet or None, limit=limit or 10**9) if events else catalog.articles(outlet=outlet or None)
    )
    for row in islice(rows, limit or None):
        if as_json:
            print_json(asdict(row))
        elif events:
            kinds = "+".join(row.kinds)
            print(f"{row.time[:19]}Z  {kinds:14} {row.outlet:18} {isolate(row.title)}  {row.url}")
        else:
            print(f"{row.article}  {row.state:11} {row.versions:3} {row.outlet:18} {isolate(row.title)}  {row.url}")


def history(which: Which, restricted: Restricted = False, as_json: Json = False) -> None:
    """All that is known of one article: versions, events, sightings, links to seed files."""
    found = shown(workshop(), restricted).history(which)
    if as_json:
        print_json(asdict(found))
        return
    article = found.article
    print(f"{isolate(article.title)}\n{article.url}\n{article.article}  {article.state} since {article.since}")
    for version in found.versions:
        told = "+".join(version.kinds) + (f" ({', '.join(version.flags)})" if version.flags else "")
        print(f"  version {version.number} of {len(found.versions)}  {version.time}  {told}, {version.captures} captures")
        print(f"    {version.snapshot or 'no snapshot'}\n    {version.warc} at {version.offset}, payload {version.payload}")
    for event in found.events:
        print(f"  {event.time}  {'+'.join(event.kinds)}  {event.reason}")
    for link in found.links:
        shares = {way: link.detail[way] for way in ("seed_in_article", "article_in_seed") if way in link.detail}
        print(f"  seed file {link.name}: {link.relation} (version {link.version}) {json.dumps(shares)}")


def show(
    which: Which, version: Number = 0, as_html: Html = False, restricted: Restricted = False, as_json: Json = False
) -> None:
    """The text of one version."""
    snapshot = _snapshot(*_version(which, version, restricted))
    if as_json:
        print_json(snapshot)
    elif as_html:
        body = "".join(f"<p>{html.escape(p)}</p>" for p in snapshot["text"].splitlines() if p.strip())
        print(_page(snapshot["title"], f"<h1>{html.escape(snapshot['title'])}</h1>{body}"))
    else:
        print(f"{isolate(snapshot['title'])}\n{snapshot['url']}  {snapshot['captured']}\n\n{paragraphs(snapshot['text'])}")


def diff(
    which: Which,
    *,
    old: Annotated[int, typer.Option(help="Older version; 0 is the one before the newest.", min=0)] = 0,
    new: Annotated[int, typer.Option(help="Newer version; 0 is the newest.", min=0)] = 0,
    as_html: Html = False,
    restricted: Restricted = False,
    as_json: Json = False,
) -> None:
    """Compare two versions, word by word."""
    from archive.compare import compare

    shop = workshop()
    found = shown(shop, restricted).history(which)
    if len(found.versions) < 2:
        raise Refused(f"{found.article.url} has {len(found.versions)} version", "there is nothing to compare yet")
    after = new or len(found.versions)
    before = old or after - 1
    texts = []
    for number in (before, after):
        snapshot = _snapshot(shop, _pick(found.versions, number))
        texts.append(f"{snapshot['title']}\n{snapshot['faithful']}")
    spans = compare(*texts)
    if as_json:
        print_json([{"op": span.op, "text": span.text} for span in spans])
    elif as_html:
        tags = {"delete": "del", "insert": "ins"}
        parts = [f"<{tags[s.op]}>{html.escape(s.text)}</{tags[s.op]}>" if s.op in tags else html.escape(s.text) for s in spans]
        print(_page(found.article.title, f"<p style='white-space:pre-wrap'>{''.join(parts)}</p>"))
    else:
        marks = {"delete": "[-{}-]", "insert": "{{+{}+}}"}
        print(paragraphs("".join(marks.get(s.op, "{}").format(s.text) for s in spans)))


def _version(which: str, number: int, restricted: bool) -> tuple[Workshop, Any]:
    shop = workshop()
    found = shown(shop, restricted).history(which)
    return shop, _pick(found.versions, number or len(found.versions))


def _pick(versions: Any, number: int) -> Any:
    for version in versions:
        if version.number == number:
            return version
    raise Refused(f"no version {number}", f"this article has {len(versions)}")


def _snapshot(shop: Workshop, version: Any) -> dict[str, Any]:
    if not version.snapshot:
        raise Refused(f"version {version.number} has no snapshot", "run `warraq extract --all`")
    try:
        data = shop.store.get(version.snapshot)
    except KeyError:
        raise Refused(f"{version.snapshot} is missing in the bucket", "run `warraq verify`") from None
    loaded: dict[str, Any] = json.loads(gzip.decompress(data))
    return loaded


def _page(title: str, body: str) -> str:
    style = "body{max-width:44rem;margin:2rem auto;font:1.15rem/1.9 'Noto Naskh Arabic',serif}"
    style += "ins{background:#cfc}del{background:#fcc}"
    return (
        f"<!DOCTYPE html><html lang='ar' dir='rtl'><head><meta charset='utf-8'><title>{html.escape(title)}</title>"
        f"<style>{style}</style></head><body dir='auto'>{body}</body></html>"
    )
