"""Runs one crawl in this process and prints what went out and what came of it: Twisted's reactor starts only once.

python -m tests.spider_process OUTLET.toml < {"plan": {…}, "known": [id or line…], "pictures": […], "backoff": 0.05}
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from archive import http1, outlet, records
from archive.capture import Exchange, Previous, Written
from archive.errors import BadRecord
from archive.plan import Plan, Task

ROOT = Path(__file__).resolve().parent.parent
RUN = "20261122T011200Z-3fa9c1b2d4e5"


@dataclass
class Crawled:
    report: dict[str, Any]
    exchanges: list[dict[str, Any]]

    def urls(self, role: str = "article") -> list[str]:
        return [row["url"] for row in self.exchanges if row["role"] == role]


def crawl(folder: Path, url: str, text: str = "", **asked: Any) -> Crawled:
    """Crawl the site at `url` with an outlet file of `text`; delay 0 and private unless it says otherwise."""
    lines = {"name": '"site"', "title": '"موقع"', "url": f'"{url}"', "delay": "0", "private": "true"}
    given = {line.split("=")[0].strip() for line in text.splitlines()}
    path = folder / "site.toml"
    path.write_text("".join(f"{key} = {value}\n" for key, value in lines.items() if key not in given) + text, "utf-8")
    command = [sys.executable, "-m", "tests.spider_process", str(path)]
    done = subprocess.run(
        command, input=json.dumps(asked), capture_output=True, text=True, cwd=ROOT, env=_environment(), timeout=180, check=False
    )
    assert done.returncode == 0, done.stderr
    return Crawled(**json.loads(done.stdout.splitlines()[-1]))


def _environment() -> dict[str, str]:
    """Compiled modules are kept in the system's temporary folder: Scrapy's import is most of a small crawl otherwise."""
    env = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    return {"PYTHONPYCACHEPREFIX": str(Path(tempfile.gettempdir()) / f"warraq-pycache-{os.getuid()}"), **env}


def main() -> None:
    from spiders import run
    from spiders.known import Known

    asked = json.load(sys.stdin)
    plan = asked.get("plan", {"walk": True})
    for name in ("revisits", "backlog"):
        plan[name] = tuple(Task(**row) for row in plan.get(name, []))
        for row in plan[name]:
            if isinstance(row.previous, dict):
                object.__setattr__(row, "previous", Previous(**row.previous))
    plan["channels"] = {url: Previous(url, when, "", "", "") for url, when in plan.get("channels", {}).items()}
    seen: list[tuple[Exchange, Written]] = []
    whole = Plan(**{"run": RUN, "outlet": "site", **plan})

    def sink(exchange: Exchange) -> Written:
        _, name = records.written(exchange, "0" * 8, lambda: str(uuid.uuid4()))
        seen.append((exchange, name))
        return name

    known = Known(*("\n".join(asked.get(name, [])).encode() for name in ("known", "pictures")))
    report = run.crawl(outlet.load(Path(sys.argv[1])), whole, known, sink, "", asked.get("backoff", 0.05))
    print(json.dumps({"report": report, "exchanges": [_row(*one) for one in seen]}))


def _row(one: Exchange, name: Written) -> dict[str, Any]:
    try:
        status = http1.parse_head(one.response).status
    except BadRecord:
        status = 0
    note = one.note
    cited = {key: asdict(one) if one else None for key, one in (("listed_by", note.listed_by), ("ruled_by", note.ruled_by))}
    row = {"record": name.record, "payload": name.payload, "dns": one.dns.host if one.dns else "", **cited}
    row |= {"url": one.url, "role": note.role, "found": note.found, "why": note.why, "attempt": note.attempt}
    row |= {"announced": note.announced, "site": note.site, "request": one.request.decode("latin-1")}
    return row | {"via": note.via, "channel": note.channel, "robots": note.robots, "status": status, "failure": one.failure}


if __name__ == "__main__":
    main()
