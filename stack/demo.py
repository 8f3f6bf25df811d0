"""python -m stack.demo [--once]: the whole stack with the sandbox newsroom, told as it happens (`make demo`).

`--once` ends with status 0 after a new article, an edit and a deletion were archived, linked and verified.
"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from archive.errors import Broken, TryAgain, WarraqError
from archive.settings import ROOT
from stack import mode as modes
from stack.narration import Story, summary
from stack.ports import HOST
from stack.runs import Runs
from stack.services import Step
from stack.supervisor import Stack

if TYPE_CHECKING:
    from archive.catalog import Catalog

LIMIT = 270.0  # seconds that --once may take, the start of the stack included
PACE = 8.0  # seconds between two acts of the newsroom
OUTLET = "sandbox"
DAG = f"warraq_{OUTLET}"
_NEWEST = 200  # events that are looked at each time; between two looks there are never so many


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m stack.demo", description=__doc__.splitlines()[0])
    parser.add_argument("--once", action="store_true", help="end by itself when everything was shown and verified")
    parser.add_argument("--limit", type=float, default=LIMIT, help="seconds that --once may take (default %(default).0f)")
    options = parser.parse_args(arguments)
    stack = Stack(modes.choose("demo"), say=say)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stack.ask_to_stop())
    began, limit = time.monotonic(), options.limit if options.once else None
    try:
        stack.start(more=lambda: (_seeds(stack), _newsroom(stack)))
        try:
            ways = partial(verify, stack), partial(checkpoint, stack)
            return Demo(stack, _catalog(stack), *ways, began=began, limit=limit).run()
        finally:
            stack.stop()
    except KeyboardInterrupt:
        return 130
    except WarraqError as error:
        print(f"demo: {error}", file=sys.stderr)
        return error.exit_code


def say(line: str) -> None:
    print(line, flush=True)


def _newsroom(stack: Stack) -> Step:
    folder, port = stack.mode.state, str(stack.newsroom_port)
    command = [sys.executable, "-m", "sandbox", "--port", port, "--state", str(folder / "newsroom"), "--pace", f"{PACE:g}"]
    command += ["--outlets", str(stack.mode.outlets)]
    return Step("newsroom", command, stack.environment(), service=True, ready=lambda: _answers(_site(stack)))


def _seeds(stack: Stack) -> Step:
    command = [str(Path(sys.executable).with_name("warraq")), "seeds", "add", str(ROOT / "sandbox" / "seeds")]
    return Step("seeds", command, stack.environment(), after=frozenset({"archive"}))


def _site(stack: Stack) -> str:
    return f"http://{HOST}:{stack.newsroom_port}"


def _catalog(stack: Stack) -> Catalog:
    from archive.catalog import Catalog

    return Catalog(stack.mode.catalog)


def _answers(site: str) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{site}/robots.txt", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


class Demo:
    """The running demo. `limit`: seconds after `began` by which everything must have been shown; None: run on."""

    def __init__(
        self,
        stack: Stack,
        catalog: Catalog,
        verify: Callable[[], str],
        checkpoint: Callable[[], list[str]],
        *,
        began: float,
        limit: float | None,
        poll: float = 1.0,
    ) -> None:
        self.stack, self.catalog, self.began, self.limit, self.poll = stack, catalog, began, limit, poll
        self.verify, self.checkpoint = verify, checkpoint
        self.story = Story(_site(stack), page=lambda article: f"{stack.url}{article_page(article)}", links=self._links)
        self.runs = Runs(stack.api(), DAG, stack.mode.state / "airflow" / "logs")
        self._acts = 0

    def run(self) -> int:
        """Narrate until everything was shown and verified (--once), or until somebody stops us."""
        self._greet()
        while self.story.missing:
            if self.stack.wait(self.poll):
                return 130
            self._listen()
            self._check()
            self.runs.go_on()
        say("")
        for line in summary(self.story, self.elapsed, self.verify(), self.checkpoint()):
            say(line)
        if self.limit is not None:
            return 0
        say("\nThe newsroom goes on, more slowly; a run starts every minute. Ctrl-C stops everything.\n")
        while not self.stack.wait(self.poll):
            self._listen()
            if self.story.unseen:
                self.runs.go_on()
        return 0

    @property
    def elapsed(self) -> float:
        return time.monotonic() - self.began

    def _greet(self) -> None:
        user, password = next(iter(self.stack.logins().items()))
        say("")
        say(f"Airflow   {self.stack.url}  user {user}, password {password}")
        say(f"newsroom  {self.story.site}/  invented news; something changes every {PACE:g} s once it is read")
        say(f"state     {self.stack.mode.state}  emptied when the demo starts")
        say('shell     eval "$(python3.11 -m stack env --mode demo)"  then warraq ls --events, warraq verify …')
        say("stop      Ctrl-C")
        say("")

    def _listen(self) -> None:
        """Tell what the newsroom did since the last time, then what the archive saw."""
        ledger = self.stack.mode.state / "newsroom" / "ledger.jsonl"
        rows = ledger.read_text("utf-8").splitlines() if ledger.exists() else []
        lines = [self.story.act(json.loads(row)) for row in rows[self._acts :]]
        self._acts = len(rows)
        changes = self.story.tell(self.catalog.changes(outlet=OUTLET, limit=_NEWEST))
        for line in [*filter(None, lines), *changes, *self.runs.troubles()]:
            say(f"{time.strftime('%H:%M:%S')}  {line}")

    def _check(self) -> None:
        """With --once: a failed run or too much time ends the demo, with the reason."""
        if self.limit is None:
            return
        if self.runs.failed:
            raise Broken(self.runs.failed, f"see the logs in {self.stack.mode.state}")
        if self.elapsed > self.limit:
            why = f"after {self.limit:.0f} s still missing: {', '.join(self.story.missing)}"
            raise TryAgain(why, f"{self.runs.waiting_for}; see the logs in {self.stack.mode.state}")

    def _links(self, article: str) -> list[tuple[str, str]]:
        return [(link.name, link.relation) for link in self.catalog.history(article).links]


def article_page(article: str) -> str:
    """Path of an article's page in the Airflow UI."""
    return f"/warraq/article/{article}"


def verify(stack: Stack) -> str:
    """What `warraq verify` says of the whole bucket; Broken when it finds anything."""
    said = _command(stack, "`warraq verify`", str(Path(sys.executable).with_name("warraq")), "verify")
    return said[-1].removeprefix("verify: ")


def checkpoint(stack: Stack) -> list[str]:
    """The newest signed checkpoint, and what openssl says of its signature; Broken when it does not agree."""
    folder = stack.mode.state / "checkpoint"
    return _command(stack, "the check of the checkpoint", sys.executable, "-m", "stack.checkpoint", str(folder))


def _command(stack: Stack, name: str, *command: str) -> list[str]:
    done = subprocess.run(command, env=stack.environment(), cwd=ROOT, capture_output=True, text=True, timeout=90, check=False)
    said = (done.stdout.strip() or done.stderr.strip()).splitlines()
    if done.returncode != 0:
        word = said[-1] if said else "no word"
        raise Broken(f"{name} ended with {done.returncode}: {word}", "nothing was removed; see above")
    return said


if __name__ == "__main__":
    sys.exit(main())
