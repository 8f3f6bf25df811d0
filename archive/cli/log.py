"""Commands about the log: what others say of its checkpoints, and the key that signs them."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from archive.cli.common import Json, finish, print_json, workshop
from archive.errors import Refused
from archive.steps.workshop import Outcome

if TYPE_CHECKING:
    from archive.settings import Settings

BACKUP = (
    "copy it now to where this machine cannot reach: without it the log cannot be continued, and nothing else brings it back"
)


def register(app: typer.Typer) -> None:
    app.command()(anchor)
    key = typer.Typer(no_args_is_help=True, help="The key that signs the log.")
    key.command("new")(key_new)
    key.command("show")(key_show)
    key.command("rotate")(key_rotate)
    app.add_typer(key, name="key")


def anchor(
    force: Annotated[bool, typer.Option("--force", help="Ask and note now, whatever the hour and the day.")] = False,
    as_json: Json = False,
) -> None:
    """Have the newest checkpoint time-stamped, cosigned, and noted in the checkpoint book."""
    from archive.steps.anchor import anchor as step

    finish(step(workshop(as_json), force=force), as_json)


def key_new(
    to: Annotated[Path | None, typer.Option("--to", help="Another file than the one this machine signs with.")] = None,
    as_json: Json = False,
) -> None:
    """Make a signing key for this archive. Prints its verifier key; no file is ever overwritten."""
    from archive import marker
    from archive.log import keyring
    from archive.s3 import open_store

    settings = workshop(as_json).settings
    store = open_store(settings, write=False)
    if to is None:
        _wanted(settings, signed=store.checkpoint() is not None)
    made = keyring.new_key(marker.unpack(store.get(marker.KEY)).id)
    path = to or settings.log_key_file
    keyring.save(made, path)
    line = f"{made.public}\n{path} holds the key itself: {BACKUP}"
    finish(Outcome(line, {"verifier": str(made.public), "file": str(path)}), as_json)


def _wanted(settings: Settings, *, signed: bool) -> None:
    """Refused where a new key would not be the one that signs."""
    if settings.log_key:
        raise Refused("WARRAQ_LOG_KEY is set: this machine has a key", "for a change of key: warraq key rotate --to FILE")
    if signed and not settings.log_key_file.exists():
        raise Refused(
            "the log of this archive is signed already, with a key that this machine does not have",
            'bring that key back from its backup; if there is none: docs/OPERATIONS.md, "The signing key"',
        )


def key_show(as_json: Json = False) -> None:
    """Print the verifier key of this machine's signing key: what witnesses and verifiers are told."""
    from archive.log import keyring

    settings = workshop(as_json).settings
    held = keyring.load(settings)
    if held is None:
        raise keyring.absent()
    row = {"verifier": str(held.public), "name": held.name, "id": held.public.id.hex()}
    print_json(row) if as_json else print(held.public)


def key_rotate(
    to: Annotated[Path, typer.Option("--to", help="File of the new key; made when it is not there.")],
    reason: Annotated[str, typer.Option("--reason", help="Why, for the act that is kept.")] = "the log gets a new signing key",
    as_json: Json = False,
) -> None:
    """Sign the log with another key from now on. If it is cut short, run it again."""
    from archive.steps.rotate import rotate

    finish(rotate(workshop(as_json), to, reason), as_json)


def standing(settings: Settings, now: datetime, max_age: float) -> tuple[Outcome, list[str]]:
    """For `status`: how the log stands, and ["log"] when that is stale.

    Stale, if `max_age` (minutes) is not 0: leaves that nobody has signed for longer. Raises when it cannot be looked at.
    """
    from archive.s3 import open_store
    from archive.steps.signed import age, look

    found = look(open_store(settings, write=False), settings)

    def ago(when: datetime) -> str:
        return f"{age(now - when)} ago"

    told = [f"{found.size} leaves signed {ago(found.signed)}" if found.signed else "nothing signed yet"]
    told += [f"{found.waiting} leaves unsigned since {ago(found.waiting_since)}"] if found.waiting_since else []
    told.append(f"last time stamp {ago(found.token)}" if found.token else "no time stamp")
    told += [f"last cosignature {ago(found.cosigned)}"] if found.cosigned else []
    told += [f"last entry in the book {ago(found.noted)}"] if found.noted else []
    late = found.waiting_since is not None and (now - found.waiting_since).total_seconds() > max_age * 60
    return Outcome(f"log: {', '.join(told)}", asdict(found)), ["log"] if max_age and late else []
