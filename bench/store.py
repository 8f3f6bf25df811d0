"""What the store costs its client: CPU of a put of 18 KB over that of bare botocore (bound: 0.95), of making the
client (bound: 0.4 s) and of importing what it needs (bound: 1.2 s).

python -m bench.store [--puts 60]
Starts a SeaweedFS of its own, as the stack does (fsync on). Each figure is the best of several rounds, because other
work on the machine only ever adds to it; rounds alternate, so that it adds to all alike.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

PUT_BOUND, CLIENT_BOUND, IMPORT_BOUND = 0.95, 0.4, 1.2  # of bare botocore, in one run; CPU s; CPU s
ROUNDS = 7
BODY = os.urandom(18_000)
CLIENT = """
import time
from archive.settings import from_environment
settings = from_environment()
began = time.process_time()
from archive.s3 import connect
imported = time.process_time()
connect(settings)
print(time.process_time() - imported, imported - began)
"""


def main(puts: int) -> int:
    from tests.servers import start_weed, stop_weed

    with tempfile.TemporaryDirectory(prefix="warraq-bench-") as folder:
        process, server = start_weed(Path(folder))
        os.environ.update(server.environment() | {"WARRAQ_STATE": f"{folder}/state", "WARRAQ_BUCKET": "s3://bench"})
        try:
            figures = measure(puts)
        finally:
            stop_weed(process)
    for name, (value, wall) in figures.items():
        print(f"{name:34} {value:6.2f} CPU ms  {wall:6.2f} ms wall")
    put = figures["put"][0] / figures["botocore without our settings"][0]
    tries = [subprocess.check_output([sys.executable, "-c", CLIENT]).split() for _ in range(3)]
    client, imports = (min(map(float, column)) for column in zip(*tries, strict=True))
    good = put <= PUT_BOUND and client <= CLIENT_BOUND and imports <= IMPORT_BOUND
    print(f"put {put:.2f} of bare botocore's (bound {PUT_BOUND}), client {client:.2f} CPU s (bound {CLIENT_BOUND}),", end=" ")
    print(f"import {imports:.2f} CPU s (bound {IMPORT_BOUND}): {'ok' if good else 'short'}")
    return 0 if good else 1


def measure(puts: int) -> dict[str, tuple[float, float]]:
    """Name → (CPU ms, wall ms) a put."""
    import botocore.session

    from archive.s3 import init_archive
    from archive.settings import from_environment

    store = init_archive(from_environment(), make_bucket=True)
    bare = botocore.session.Session().create_client("s3")
    number = iter(range(1_000_000))

    def bodies(kind: str) -> list[tuple[str, bytes]]:
        return [(f"warc/{kind}/{n}", BODY + str(n).encode()) for n, _ in zip(number, range(puts), strict=False)]

    def one_by_one() -> None:
        for key, data in bodies("put"):
            assert store.put(key, data)

    def as_it_comes() -> None:
        for key, data in bodies("bare"):
            bare.put_object(Bucket="bench", Key=key, Body=data, IfNoneMatch="*")

    works = {"put": one_by_one, "botocore without our settings": as_it_comes}
    best = dict.fromkeys(works, (float("inf"), float("inf")))
    for _ in range(ROUNDS):
        for name, work in works.items():
            best[name] = min(best[name], timed(work, puts))
    return best


def timed(work: Callable[[], None], puts: int) -> tuple[float, float]:
    cpu, wall = time.process_time(), time.monotonic()
    work()
    return (time.process_time() - cpu) / puts * 1e3, (time.monotonic() - wall) / puts * 1e3


if __name__ == "__main__":
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("--puts", type=int, default=60, help="puts in a round")
    sys.exit(main(given.parse_args().puts))
