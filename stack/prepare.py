"""python -m stack.prepare [--own-store]: make the bucket, the archive in it and the catalog's tables ready. Idempotent.

Runs as a child of the supervisor, in its environment, once the store answers.
"""

from __future__ import annotations

import os
import sys

from archive.errors import Refused, WarraqError
from archive.settings import Settings, from_environment


def main(own_store: bool) -> int:
    settings = from_environment()
    try:
        if own_store:
            make_bucket(settings)
        import archive.catalog

        if hasattr(archive.catalog, "Catalog"):  # TEMPORARY until H4 is done
            archive.catalog.Catalog(settings.catalog).migrate()
    except WarraqError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


def make_bucket(settings: Settings) -> None:
    """The embedded store's bucket, and once per store its durability settings."""
    import boto3

    from stack.services import weed
    from stack.weed import WeedFailed

    marker = settings.state / "weed" / "configured"
    if not marker.exists():
        try:
            weed(settings.state, int(os.environ["WARRAQ_PORT"])).configure()
        except WeedFailed as error:
            raise Refused(str(error)) from error
        marker.touch()
    name = settings.bucket.removeprefix("s3://").partition("/")[0]
    client = boto3.client("s3")
    if name not in [bucket["Name"] for bucket in client.list_buckets()["Buckets"]]:
        client.create_bucket(Bucket=name)
        print(f"made the bucket {name}")


if __name__ == "__main__":
    sys.exit(main("--own-store" in sys.argv[1:]))
