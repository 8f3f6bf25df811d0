"""Commands about second copies: mirror, repair."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from archive.cli.common import Json, finish, progress, workshop
from archive.errors import Broken, Refused
from archive.steps.workshop import Outcome
from archive.verify.finding import Finding


def register(app: typer.Typer) -> None:
    for command in (mirror,):
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
    with progress("mirror", as_json) as tick:
        outcome, findings = step(shop, where, tick, full=full)
    _end(outcome, findings, as_json)


def _end(outcome: Outcome, findings: list[Finding], as_json: bool) -> None:
    if not as_json:
        for found in findings:
            print(found)
    finish(Outcome(outcome.line, {**outcome.data, "findings": [asdict(found) for found in findings]}), as_json)
    if findings:
        raise typer.Exit(Broken.exit_code)
