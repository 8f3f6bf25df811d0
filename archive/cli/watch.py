"""Commands about single pages: watch, unwatch, capture."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from archive import watch as watching
from archive.cli.common import Json, Restricted, finish, isolate, print_json, shown, workshop
from archive.cli.steps import Attempt, new_run

Urls = Annotated[list[str], typer.Argument(help="Addresses of web pages, of any site.", show_default=False)]
MayBeNone = Annotated[list[str] | None, typer.Argument(help="Addresses of web pages; the list when left out.")]
Every = Annotated[str, typer.Option("--every", help="How often, at the least: 30m, 6h, 1d, 2w.")]
Reason = Annotated[str, typer.Option("--reason", envvar="WARRAQ_REASON", help="Why; kept with the act, never in the log.")]


def register(app: typer.Typer) -> None:
    for command in (watch, unwatch, capture):
        app.command()(command)


def watch(
    urls: MayBeNone = None,
    every: Every = watching.EVERY,
    reason: Reason = "",
    restricted: Restricted = False,
    as_json: Json = False,
) -> None:
    """Capture pages now and then from here on, outlets' or not; without an address: what is watched, and when next."""
    from archive.steps import watch as step

    shop = workshop(as_json)
    if urls:
        finish(step.watch(shop, urls, every, reason), as_json)
        return
    now = shop.clock()
    for one in shown(shop, restricted).watch_list():
        due = watching.following(one, now)
        if as_json:
            print_json({**asdict(one), "next": due})
        else:
            last = f"{one.last_fetch[:19]}Z" if one.last_fetch else "never captured"
            print(f"{watching.spell(one.every):>4}  {last:20}  next {due:20}  {one.outlet:12} {one.state:9} {isolate(one.url)}")


def unwatch(urls: Urls, reason: Reason = "", as_json: Json = False) -> None:
    """Take pages off the watch list. What was captured stays."""
    from archive.steps import watch as step

    finish(step.unwatch(workshop(as_json), urls, reason), as_json)


def capture(
    urls: Urls,
    run: Annotated[str, typer.Option("--run", help="Id of the run; a new one when left out.")] = "",
    attempt: Attempt = 1,
    as_json: Json = False,
) -> None:
    """Capture pages now, of any site, and seal them: no outlet's crawl is waited for."""
    from archive.steps import asked

    shop = workshop(as_json)
    done = asked.capture(shop, urls, run or new_run(shop), attempt)
    finish(done, as_json)
