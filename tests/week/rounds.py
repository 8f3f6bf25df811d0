"""`python -m tests.week.rounds`: runs of some sites, one after the other, in one process, until told to stop.

Its environment is that of the warraq command. Each run is a line of FOLDER/rounds-N.jsonl.
"""

from __future__ import annotations

import argparse
import json
import time
import traceback
from pathlib import Path
from typing import Any

from archive.cli.steps import new_run
from archive.errors import TryAgain, WarraqError
from archive.settings import from_environment
from archive.steps.crawl import crawl
from archive.steps.extract import extract
from archive.steps.inspect import inspect
from archive.steps.plan import plan
from archive.steps.seal import seal
from archive.steps.workshop import Workshop

TRIES = 3


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("folder", type=Path)
    options.add_argument("number")
    options.add_argument("sites", nargs="+")
    options.add_argument("--every", type=float, default=0.0, help="seconds between the starts of two rounds of a site")
    options.add_argument("--rounds", type=int, default=0, help="stop after so many of each site")
    options.add_argument("--walk", action="store_true")
    given = options.parse_args()
    said: list[str] = []
    shop = Workshop(from_environment(), say=said.append)
    stop, log = given.folder / "stop", given.folder / f"rounds-{given.number}.jsonl"
    made = 0
    while not stop.exists() and (not given.rounds or made < given.rounds):
        began = time.time()
        for site in given.sites:
            if stop.exists():
                break
            said.clear()
            row = one(shop, site, walk=given.walk)
            with log.open("a") as file:
                file.write(json.dumps({**row, "said": list(said)}, ensure_ascii=False, default=str) + "\n")
        made += 1
        while not stop.exists() and time.time() - began < given.every:
            time.sleep(0.2)


def one(shop: Workshop, site: str, *, walk: bool) -> dict[str, Any]:
    """Plan to inspect. What a step raises ends the run, not the week; a crawl is tried again as Airflow would."""
    run = new_run(shop)
    row: dict[str, Any] = {"site": site, "run": run, "began": time.time(), "lines": [], "error": "", "seconds": {}}
    try:
        outlet = shop.outlet(site)
        steps = {
            "plan": lambda: plan(shop, outlet, run, walk=walk),
            "crawl": lambda: _crawl(shop, outlet, run),
            "extract": lambda: extract(shop, outlet, run),
            "seal": lambda: seal(shop, outlet, run),
            "inspect": lambda: inspect(shop, outlet, run),
        }
        for name, step in steps.items():
            began = time.time()
            row["lines"].append(step().line)
            row["seconds"][name] = round(time.time() - began, 2)
    except WarraqError as error:
        row["error"] = f"{type(error).__name__}: {error}"
    except Exception:  # noqa: BLE001  # the edge: one run's fault is told at the end, and the week goes on
        row["error"] = traceback.format_exc()
    return {**row, "ended": time.time()}


def _crawl(shop: Workshop, outlet: Any, run: str) -> Any:
    for attempt in range(1, TRIES):
        try:
            return crawl(shop, outlet, run, attempt)
        except TryAgain as error:
            shop.say(f"crawl, try {attempt}: {error}")
            time.sleep(1)
    return crawl(shop, outlet, run, TRIES)


if __name__ == "__main__":
    main()
