"""Commands about alarms: what is wrong, who knows of it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from archive.cli.common import Json, finish, isolate, print_json, workshop
from archive.errors import Refused


def register(app: typer.Typer) -> None:
    app.command()(alarms)


def alarms(
    *,
    check: Annotated[bool, typer.Option("--check", help="Look at everything now, open and close alarms, and tell.")] = False,
    hold: Annotated[bool, typer.Option("--hold", help="With --check: tell nobody; whoever does says so with --told.")] = False,
    told: Annotated[
        str,
        typer.Option(
            "--told", help="Ids, with commas, ID=over for what is over: somebody took the message about these alarms."
        ),
    ] = "",
    trouble: Annotated[str, typer.Option("--trouble", help="Who did not take it, and why; without --told nobody did.")] = "",
    which: Annotated[str, typer.Option("--acknowledge", help="Id of an alarm that somebody sees to.")] = "",
    forget: Annotated[str, typer.Option("--forget", help="Id of an alarm about a run that failed and comes no more.")] = "",
    reason: Annotated[str, typer.Option("--reason", help="With --acknowledge or --forget: what is being done, or why.")] = "",
    over: Annotated[bool, typer.Option("--over", help="List those that are over, too.")] = False,
    as_json: Json = False,
) -> None:
    """List open alarms: since when, what was seen, what to do. With --check for cron, systemd or Airflow."""
    from archive.steps import alarms as step
    from archive.steps.act import operator

    if hold and not check:
        raise Refused("--hold is about --check", "`warraq alarms --check --hold`")
    shop = workshop(as_json, updates=False)
    if which:
        finish(step.acknowledge(shop, which, reason, operator(shop.settings)), as_json)
    elif forget:
        finish(step.forget(shop, forget, reason, operator(shop.settings)), as_json)
    elif told:
        finish(step.mark(shop, told.split(","), trouble), as_json)
    elif trouble:
        step.unheard(shop, trouble)
    elif check:
        finish(step.check(shop, hold=hold), as_json)
    else:
        _list(shop.catalog.alarms(open_only=not over), as_json)


def _list(rows: list, as_json: bool) -> None:  # type: ignore[type-arg]
    for row in rows:
        if as_json:
            print_json({**asdict(row), "evidence": row.evidence})
            continue
        about = f" {isolate(row.subject)}" if row.subject else ""
        state = f"over {row.closed[:16]}Z" if row.closed else row.severity
        print(f"{row.id}  {state:7} since {row.since[:16]}Z  {row.title}:{about}  {isolate(row.evidence)}")
        if row.acknowledged_by:
            print(f"    {isolate(row.acknowledged_by)} knows: {isolate(row.reason)}")
        elif not row.closed:
            print(f"    {row.remedy} docs/OPERATIONS.md#{row.anchor}")
    if not rows and not as_json:
        print("no alarm is open")
