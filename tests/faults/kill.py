"""kill -9 of the whole process tree, at random moments and in every gap between two puts; then run again.

After each kill the run is repeated and the history must equal what the site published, version for version; and
every response that the site's log calls delivered whole must be a record. One kind is excused, and counted: the last
response on a connection whose client was killed. Nobody can tell whether it had left the socket; one that was
followed by another request on its connection (HTTP/1.1, no pipelining) surely had. Its address must be in the archive.

    python -m tests.faults.kill --moments 40          (make kills)
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from tests.faults.gate import Gate
from tests.faults.site import Site

ROOT = Path(__file__).resolve().parents[2]
OUTLET = """name = "wadi"
title = "أخبار الوادي"
url = "http://127.0.0.1:{port}/"
article = "^/archives/\\\\d+"
delay = 0.0
private = true
revisit_after = 0.0
revisit_growth = 0.0
gone_after = 0.0
"""


@dataclass
class Bench:
    """A site, a gated store and a Warraq that is killed again and again."""

    folder: Path
    site: Site
    gate: Gate
    env: dict[str, str]
    wanted: dict[int, list[str]] = field(default_factory=dict)
    kills: list[float] = field(default_factory=list)
    starts: list[float] = field(default_factory=list)

    def start(self) -> subprocess.Popen[bytes]:
        self.starts.append(time.monotonic())
        log = (self.folder / "warraq.log").open("ab")
        command = [sys.executable, "-c", "from archive.cli import main; main()", "run", "wadi", "--everything"]
        return subprocess.Popen(command, env=self.env, cwd=ROOT, stdout=log, stderr=log, start_new_session=True)

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        self.kills.append(time.monotonic())
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def change(self, step: int) -> None:
        """One new article and one edit a round."""
        self.site.publish(step + 100)
        self.site.edit(1 + step % 20)
        self.note()

    def note(self) -> None:
        for number, article in self.site.articles.items():
            texts = self.wanted.setdefault(number, [])
            text = "\n".join(article.paragraphs)
            if not texts or texts[-1] != text:
                texts.append(text)

    def run_again(self) -> None:
        process = self.start()
        if process.wait(timeout=300) != 0:
            raise AssertionError(f"the run after a kill failed:\n{(self.folder / 'warraq.log').read_text()[-3000:]}")

    def check(self) -> None:
        """The archive's history = what the site published."""
        from archive.catalog import Catalog

        have = {
            int(row.url.rsplit("/", 1)[1]): row.versions for row in Catalog(self.env["WARRAQ_CATALOG"]).articles(outlet="wadi")
        }
        want = {number: len(texts) for number, texts in self.wanted.items()}
        assert have == want, {n: (have.get(n), want.get(n)) for n in have | want if have.get(n) != want.get(n)}

    def lost(self) -> tuple[list[str], int, int]:
        """(deliveries without a record and without excuse, excused ones, all) from the site's log and the bucket's WARCs."""
        from archive import warc

        store = self.store()
        recorded: set[str] = set()
        fetched: set[str] = set()
        for key in store.list("warc/"):
            for capture in warc.captures(store.get(key)):
                recorded.add(capture.header("x-delivery"))
                fetched.add(urlsplit(capture.url).path)
        last = {delivery.connection: delivery for delivery in self.site.log}
        missing = [delivery for delivery in self.site.log if delivery.number not in recorded]
        excused = [
            d for d in missing if last[d.connection] is d and self._was_killed(d.time) and urlsplit(d.path).path in fetched
        ]
        return [f"{d.path} (delivery {d.number})" for d in missing if d not in excused], len(excused), len(self.site.log)

    def _was_killed(self, when: float) -> bool:
        """Was the process that ran at that time ended by a kill?"""
        end = min((start for start in self.starts if start > when), default=float("inf"))
        return any(when <= kill <= end for kill in self.kills)

    def store(self):  # type: ignore[no-untyped-def]
        from archive.s3 import open_store
        from archive.settings import from_environment

        os.environ.update({name: value for name, value in self.env.items() if name.startswith(("AWS_", "WARRAQ_"))})
        return open_store(from_environment(self.env))


def bench(folder: Path, endpoint: str, access: str, secret: str) -> Bench:
    site, gate = Site(pause=0.01), Gate(endpoint)
    for number in range(1, 31):
        site.publish(number)
    server = site.serve()
    (folder / "outlets").mkdir(parents=True)
    (folder / "outlets" / "wadi.toml").write_text(OUTLET.format(port=server.server_address[1]), "utf-8")
    env = {
        **os.environ,
        "WARRAQ_STATE": str(folder / "state"),
        "WARRAQ_BUCKET": "s3://kills",
        "WARRAQ_SANDBOX": "1",
        "WARRAQ_CONTACT": "mailto:t@example.org",
    }
    env |= {
        "WARRAQ_OUTLETS": str(folder / "outlets"),
        "WARRAQ_CATALOG": f"sqlite:///{folder}/catalog.db",
        "AWS_ENDPOINT_URL_S3": gate.endpoint,
    }
    env |= {
        "AWS_ACCESS_KEY_ID": access,
        "AWS_SECRET_ACCESS_KEY": secret,
        "AWS_DEFAULT_REGION": "us-east-1",
        "WARRAQ_SEEDS_LOCK": str(folder / "none.toml"),
    }
    subprocess.run(
        [sys.executable, "-c", "from archive.cli import main; main()", "doctor", "--create"],
        env=env,
        cwd=ROOT,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    made = Bench(folder, site, gate, env)
    made.note()
    made.run_again()
    made.check()
    return made


def at_random_moments(made: Bench, moments: int, rng: random.Random) -> None:
    began = time.monotonic()
    made.run_again()
    whole = time.monotonic() - began
    for n in range(moments):
        made.change(n)
        process = made.start()
        time.sleep(rng.uniform(0.05, whole))
        made.kill(process)
        made.run_again()
        made.check()
        print(f"kill {n + 1} of {moments} at a random moment: history equal", flush=True)


def in_every_gap(made: Bench, first: int = 1000, limit: int | None = None, sides: tuple[bool, ...] = (False, True)) -> int:
    """Kill at the n-th PUT, once before it is passed on and once after it was stored, for n = 1, 2, … until a run has no n-th."""
    for n in range(1, limit + 1 if limit else 10_000):
        for after in sides:
            made.change(first + 2 * n + after)
            struck: list[float] = []
            process = made.start()
            made.gate.arm(
                n,
                after,
                lambda p=process, s=struck: (
                    s.append(1),
                    made.kills.append(time.monotonic()),
                    os.killpg(p.pid, signal.SIGKILL),
                ),
            )  # type: ignore[misc]
            process.wait(timeout=300)
            made.gate.arm(0, False, lambda: None)
            if not struck:
                return n - 1
            made.run_again()
            made.check()
        print(f"killed {' and '.join('after' if after else 'before' for after in sides)} put {n}: history equal", flush=True)
    return limit or 0


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--moments", type=int, default=40)
    options.add_argument("--seed", type=int, default=20261122)
    given = options.parse_args()
    from stack.weed import serving

    folder = Path(tempfile.mkdtemp(prefix="warraq-kills-"))
    with serving(folder / "weed") as (endpoint, access, secret):
        made = bench(folder / "work", endpoint, access, secret)
        gaps = in_every_gap(made)
        at_random_moments(made, given.moments, random.Random(given.seed))
        lost, excused, delivered = made.lost()
    shutil.rmtree(folder)
    print(f"{given.moments} kills at random moments, {gaps} gaps between puts killed twice each: history equal after every one")
    print(
        f"{delivered} responses delivered whole, {excused} in flight at a kill and fetched again, {len(lost)} lost {lost[:5]}"
    )
    print("kills: short" if lost else "kills: ok")
    sys.exit(bool(lost))


if __name__ == "__main__":
    main()
