"""A back catalogue of 5,000 posts at a delay of one second: a post published meanwhile is sealed within two intervals.

    python -m tests.faults.backlog [--interval 900]          (make backlog; takes two intervals)

Two runs, an interval apart, as the scheduler would start them, with the budget that outlets have (two thirds of the
interval). The post appears in the middle of the first run.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from tests.faults.kill import OUTLET
from tests.faults.site import Site

ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--interval", type=float, default=900.0, help="seconds between two runs")
    options.add_argument("--posts", type=int, default=5000)
    given = options.parse_args()
    from stack.weed import serving

    site = Site()
    for number in range(1, given.posts + 1):
        site.publish(number)
    server = site.serve()
    folder = Path(tempfile.mkdtemp(prefix="warraq-backlog-"))
    outlet = OUTLET.format(port=server.server_address[1]).replace(
        "delay = 0.0", f"delay = 1.0\nbudget = {given.interval * 2 / 3}"
    )
    (folder / "outlets").mkdir()
    (folder / "outlets" / "wadi.toml").write_text(outlet.replace("revisit_after = 0.0", "revisit_after = 3600.0"), "utf-8")
    env = {**os.environ, "WARRAQ_STATE": str(folder / "state"), "WARRAQ_BUCKET": "s3://backlog", "WARRAQ_SANDBOX": "1"}
    env |= {
        "WARRAQ_OUTLETS": str(folder / "outlets"),
        "WARRAQ_CONTACT": "mailto:t@example.org",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    env |= {"WARRAQ_CATALOG": f"sqlite:///{folder}/catalog.db", "WARRAQ_SEEDS_LOCK": str(folder / "none.toml")}
    with serving(folder / "weed") as (endpoint, access, secret):
        env |= {"AWS_ENDPOINT_URL_S3": endpoint, "AWS_ACCESS_KEY_ID": access, "AWS_SECRET_ACCESS_KEY": secret}
        warraq = [sys.executable, "-c", "from archive.cli import main; main()"]
        subprocess.run([*warraq, "doctor", "--create"], env=env, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        began = time.monotonic()
        published: list[float] = []
        late = given.posts + 1

        def publish() -> None:
            site.publish(late)
            published.append(time.monotonic() - began)

        threading.Timer(given.interval / 3, publish).start()
        sealed = 0.0
        for n in range(2):
            time.sleep(max(0.0, n * given.interval - (time.monotonic() - began)))
            subprocess.run([*warraq, "run", "wadi"], env=env, cwd=ROOT, check=True)
            shown = subprocess.run(
                [*warraq, "ls", "wadi", "--limit", "0"], env=env, cwd=ROOT, check=True, capture_output=True, text=True
            )
            if not sealed and any(f"/archives/{late}" in line and " live " in line for line in shown.stdout.splitlines()):
                sealed = time.monotonic() - began
    shutil.rmtree(folder)
    asked = sum(delivery.path.startswith("/archives/") for delivery in site.log)
    print(f"{given.posts} posts, {asked} fetched in two runs; published at {published[0]:.0f} s, sealed at {sealed:.0f} s")
    held = 0 < sealed - published[0] <= 2 * given.interval
    print(f"{(sealed - published[0]) / given.interval:.2f} intervals after it appeared, bound 2: {'ok' if held else 'short'}")
    sys.exit(not held)


if __name__ == "__main__":
    main()
