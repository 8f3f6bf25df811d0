"""python -m stack.prepare [--own-store]: make the bucket, the archive in it and the catalog's tables ready. Idempotent.

Runs as a child of the supervisor, in its environment, once the store answers.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable

from archive.errors import Refused, TryAgain, WarraqError
from archive.settings import Settings, from_environment

PATIENCE = 60.0  # seconds


def main(own_store: bool) -> int:
    settings = from_environment()
    try:
        if own_store:
            make_durable(settings)
            patient(lambda: prepare(settings, make_bucket=True))
        else:
            prepare(settings, make_bucket=False)
    except WarraqError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


def patient(work: Callable[[], None], seconds: float = PATIENCE, pause: float = 1.0) -> None:
    """Again while it says TryAgain: after a crash the embedded store answers before it has found all its volumes."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return work()
        except TryAgain:
            if time.monotonic() > deadline:
                raise
        time.sleep(pause)


def prepare(settings: Settings, *, make_bucket: bool) -> None:
    """The archive's mark in the bucket, and the catalog's tables. Somebody else's bucket is never made, only used."""
    from archive.catalog import Catalog
    from archive.s3 import init_archive

    init_archive(settings, make_bucket=make_bucket)
    Catalog(settings.catalog).migrate()


def make_durable(settings: Settings) -> None:
    """Tell the embedded store, once per data folder, to write through to the disk."""
    from stack.services import weed
    from stack.weed import WeedFailed

    marker = settings.state / "weed" / "configured"
    if marker.exists():
        return
    try:
        weed(settings.state, int(os.environ["WARRAQ_PORT"])).configure()
    except WeedFailed as error:
        raise Refused(str(error), f"see {settings.state / 'logs/store.log'}") from error
    marker.touch()


if __name__ == "__main__":
    sys.exit(main("--own-store" in sys.argv[1:]))
