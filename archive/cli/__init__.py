"""The `warraq` command: every step, and every look at the archive, without Airflow.

This is the edge: errors become one line and an exit status (archive.errors), never a traceback.
"""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import typer


def commands() -> typer.Typer:
    """The application with every command."""
    import typer

    from archive.cli import (
        acts,
        alarms,
        care,
        copies,
        coverage,
        drift,
        golden,
        latency,
        log,
        look,
        outlets,
        prove,
        republished,
        reread,
        search,
        status,
        steps,
        verify,
        watch,
    )

    app = typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        help="Warraq: a versioned, verifiable archive of what Arabic news outlets published.",
    )
    for module in (
        steps,
        look,
        coverage,
        drift,
        latency,
        outlets,
        golden,
        watch,
        care,
        status,
        alarms,
        acts,
        copies,
        log,
        prove,
        republished,
        search,
        verify,
        reread,
    ):
        module.register(app)
    return app


def main() -> None:
    """Entry point of the console script."""
    from archive.errors import Refused, WarraqError

    # By default SIGTERM ends a process without a word to what it started: the spider would go on without a lease.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        commands()()
    except WarraqError as error:
        print(f"warraq: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except BrokenPipeError:  # the reader of our output went away: `warraq ls | head`
        sys.stderr.close()
        sys.exit(141)
    except OSError as error:
        if error.errno is None:
            raise
        print(f"warraq: {_said_by_the_system(error)}", file=sys.stderr)
        sys.exit(Refused.exit_code)


def _said_by_the_system(error: OSError) -> str:
    """A full disk, a folder that is none, a file that may not be written: one line with the remedy."""
    import errno

    what = f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror)
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return f"{what} — free some space and run the same command again; nothing was lost"
    return f"{what} — check that path, and WARRAQ_STATE, WARRAQ_CATALOG and TMPDIR"
