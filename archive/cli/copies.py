"""Commands about second copies: mirror, repair."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from archive.cli.common import Json, finish, progress, workshop
from archive.errors import Broken, Refused, WarraqError
from archive.steps.outcome import duty
from archive.steps.workshop import Outcome
from archive.verify.finding import Finding


def register(app: typer.Typer) -> None:
    for command in (mirror, repair):
        app.command()(command)


def mirror(
    dest: Annotated[str, typer.Argument(help="s3://bucket/prefix of the copy; WARRAQ_MIRROR when left out.")] = "",
    full: Annotated[bool, typer.Option("--full", help="Fetch what the copy holds, too, and compare every digest.")] = False,
    as_json: Json = False,
) -> None:
    """Bring a second copy in another bucket up to date. Exit 65 when something could not be copied."""
    from archive.steps.mirror import mirror as step

    shop = workshop(as_json)
    where = dest or shop.settings.mirror
    if not where:
        raise Refused("no second copy is set", "warraq mirror s3://bucket/prefix, or WARRAQ_MIRROR")
    try:
        with progress("mirror", as_json) as tick:
            outcome, findings = step(shop, where, tick, full=full)
    except WarraqError as error:
        if where == shop.settings.mirror:
            duty(shop, "mirror", 1, str(error))
        raise
    if where == shop.settings.mirror:
        duty(shop, "mirror", len(findings), str(findings[0]) if findings else "")
    _end(outcome, findings, as_json)


def repair(
    accept: Annotated[
        list[str] | None, typer.Option("--accept", help="Log this too: a key, or a beginning that ends with /.")
    ] = None,
    reason: Annotated[str, typer.Option("--reason", help="Why, for the act that is kept.")] = "",
    copy: Annotated[str, typer.Option("--from-copy", help="Put back first what a copy has and the archive lacks.")] = "",
    full: Annotated[bool, typer.Option("--full", help="With --from-copy: look for what was altered, too.")] = False,
    as_json: Json = False,
) -> None:
    """Put right what a crash or a loss left. Exit 65 when something is left to a person."""
    from archive.steps.repair import REASON
    from archive.steps.repair import repair as step
    from archive.steps.restore import restore

    if full and not copy:
        raise Refused("--full is about --from-copy", "`warraq verify` reads everything that is here")
    shop = workshop(as_json)
    with progress("repair", as_json) as tick:
        restored = restore(shop, copy, tick, full=full) if copy else None
        done = step(shop, accept or (), reason or REASON, tick, restored)
    _end(done.outcome, done.findings, as_json)


def _end(outcome: Outcome, findings: list[Finding], as_json: bool) -> None:
    if not as_json:
        for found in findings:
            print(found)
    finish(Outcome(outcome.line, {**outcome.data, "findings": [asdict(found) for found in findings]}), as_json)
    if findings:
        raise typer.Exit(Broken.exit_code)
