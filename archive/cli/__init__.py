"""The `warraq` command: every step, and every look at the archive, without Airflow.

This is the edge: errors become one line and an exit status (archive.errors), never a traceback.
"""

from __future__ import annotations

import signal
import sys


def main() -> None:
    """Entry point of the console script."""
    import typer

    from archive.cli import care, look, steps
    from archive.errors import WarraqError

    app = typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        help="Warraq: a versioned, verifiable archive of what Arabic news outlets published.",
    )
    for module in (steps, look, care):
        module.register(app)
    # By default SIGTERM ends a process without a word to what it started: the spider would go on without a lease.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        app()
    except WarraqError as error:
        print(f"warraq: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except BrokenPipeError:  # the reader of our output went away: `warraq ls | head`
        sys.stderr.close()
        sys.exit(141)
    except OSError as error:
        import errno

        if error.errno != errno.ENOSPC:
            raise
        print("warraq: the disk is full — free some space and run the same command again; nothing was lost", file=sys.stderr)
        sys.exit(75)
