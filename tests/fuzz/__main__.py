"""`python -m tests.fuzz --minutes 30`: the worst pages by construction, then odd ones until the time is over.

Prints what it saw, and last `ok`, or `short` with what failed. A page that failed is kept in build/fuzz; `--page FILE` reads it
again.
"""

from __future__ import annotations

import argparse
import hashlib
import pickle
import random
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.fuzz.pages import pages
from tests.fuzz.reader import MEGABYTES, SECONDS, Page, Reader, Seen
from tests.fuzz.worst import worst

KEPT = Path("build") / "fuzz"
AT_ONCE = 200  # pages of one seed


@dataclass
class Tally:
    """What was seen so far."""

    classes: Counter[str] = field(default_factory=Counter)
    seconds: list[tuple[float, str]] = field(default_factory=list)
    megabytes: int = 0
    faults: list[str] = field(default_factory=list)

    def see(self, page: Page, seen: Seen) -> None:
        self.classes[f"{seen.klass} {seen.reason}".strip() + (f" ({seen.doubt})" if seen.doubt else "")] += 1
        self.seconds = sorted([*self.seconds, (seen.seconds, page.kind)], reverse=True)[:5]
        self.megabytes = max(self.megabytes, seen.megabytes)
        if seen.fault:
            KEPT.mkdir(parents=True, exist_ok=True)
            data = pickle.dumps(page)
            name = KEPT / f"{hashlib.sha256(data).hexdigest()[:12]}.page"
            name.write_bytes(data)
            self.faults.append(f"{page.kind}: {seen.fault}: {name}")
            print(self.faults[-1], flush=True)


def batch(reader: Reader, tally: Tally, number: int, until: float) -> None:
    """Pages of one seed, as many as there is time for."""

    @seed(number)
    @settings(
        max_examples=AT_ONCE, database=None, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
    )
    @given(pages())
    def look(page: Page) -> None:
        if time.monotonic() < until:
            tally.see(page, reader.read(page))

    look()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--seed", type=int, default=None, help="of the first batch; another one each time when left out")
    parser.add_argument("--scale", type=float, default=1.0, help="size of the worst pages; 0: none of them")
    parser.add_argument("--page", type=Path, help="a page of build/fuzz, to be read again")
    args = parser.parse_args()
    with Reader() as reader:
        if args.page:
            print(reader.read(pickle.loads(args.page.read_bytes())))
            return 0
        tally, until = Tally(), time.monotonic() + 60 * args.minutes
        for page in worst(args.scale) if args.scale else []:
            tally.see(page, reader.read(page))
        constructed = sum(tally.classes.values())
        number = args.seed if args.seed is not None else random.SystemRandom().randrange(1 << 32)
        print(f"{constructed} worst pages read; odd ones from seed {number}", flush=True)
        while time.monotonic() < until:
            batch(reader, tally, number, until)
            number += 1
    total = sum(tally.classes.values())
    print(f"{total} pages, {constructed} of them by construction; {len(tally.faults)} crashed, hung or swelled")
    print(
        "slowest, CPU seconds: "
        + ", ".join(f"{seconds:.1f} ({kind})" for seconds, kind in tally.seconds)
        + f"; bound {SECONDS:.0f}"
    )
    print(f"largest process: {tally.megabytes} MB; bound {MEGABYTES}")
    print("; ".join(f"{n} {name}" for name, n in tally.classes.most_common(12)))
    print("\n".join(["ok"] if not tally.faults else [*tally.faults, "short"]))
    return bool(tally.faults)


if __name__ == "__main__":
    sys.exit(main())
