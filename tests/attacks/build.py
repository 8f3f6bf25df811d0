"""An archive of two invented outlets, made by the real code: seeds, then plan, crawl, extract and seal of every run.

Half-way an article is restricted and another held, others are asked what they say of the log, and its key is changed; they
are asked again before the last run. Only the network is left out, and the clock is told: a run a day, so that what was
captured is days old by now.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from archive import keys
from archive import plan as planning
from archive.address import article_id
from archive.log import anchor as stamps
from archive.s3 import init_archive
from archive.settings import Settings, from_environment
from archive.steps import act, seeds
from archive.steps.extract import extract
from archive.steps.plan import plan
from archive.steps.seal import seal
from archive.steps.workshop import Workshop
from tests.attacks.newsroom import Outlet
from tests.attacks.press import Clock, Press
from tests.faults.kill import ROOT
from tests.outside import Authority, WitnessServer
from tests.servers import Server
from tests.wadi import WARRAQ

QUIET = timedelta(days=10)  # between the last run and now


@dataclass(frozen=True)
class Size:
    """How much of everything: captures are about 2 × articles × runs."""

    articles: int
    runs: int


# In the archive's folder: the key before the change, the settings of those outside, a token over bytes that are no checkpoint.
OLD_KEY, OUTSIDE, OTHER_TOKEN = "old.key", "outside.json", "other.tsr"
WHOLE, SMALL, TINY = Size(690, 8), Size(60, 4), Size(14, 3)  # 10,000 captures; 500, a log of several tiles; 100


@dataclass(frozen=True)
class Archive:
    """A made archive, and all that a command on its machine needs."""

    folder: Path
    env: Mapping[str, str]
    outlets: tuple[Outlet, ...]

    @property
    def settings(self) -> Settings:
        return from_environment(self.env)

    def warraq(self, *arguments: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """The command line, as a user runs it; with those outside that the archive was made with."""
        given = {**self.env, **self.outside, **(env or {})}
        return subprocess.run(
            [*WARRAQ, *arguments], env=given, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False
        )

    @property
    def outside(self) -> dict[str, str]:
        """The settings of those who were asked about the log: authority and witness."""
        path = self.folder / OUTSIDE
        return (
            json.loads(path.read_text("utf-8")) | {"WARRAQ_TSA_ROOTS": str(self.folder / "authority" / "root.pem")}
            if path.is_file()
            else {}
        )

    @contextmanager
    def inside(self) -> Iterator[None]:
        """This process has the archive's environment for a while."""
        before = dict(os.environ)
        os.environ.update({**self.env, **self.outside})
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)

    def operator(self) -> Mapping[str, str]:
        """Settings of a machine with a copy of this one's state: what it does leaves this one's memory as it is."""
        copy = self.folder / "operator"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(self.folder / "state", copy)
        return {"WARRAQ_STATE": str(copy)}


def describe(folder: Path, server: Server, size: Size) -> Archive:
    """Where an archive of this size lies; nothing is made."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("WARRAQ_", "AWS_"))}
    env |= server.environment() | {
        "WARRAQ_STATE": str(folder / "state"),
        "WARRAQ_BUCKET": "s3://attacks/archive",
        "WARRAQ_OUTLETS": str(folder / "outlets"),
        "WARRAQ_SEEDS_LOCK": str(folder / "seeds.lock"),
        "WARRAQ_CONTACT": "mailto:test@example.org",
        "WARRAQ_DEPLOYMENT": "attacks",
        "WARRAQ_READERS": "2",
        "PYTHONDONTWRITEBYTECODE": "",
    }
    names = (("wadi", "أخبار الوادي"), ("sahil", "صوت الساحل"))
    return Archive(
        folder, env, tuple(Outlet(name, title, n, size.articles, size.runs) for n, (name, title) in enumerate(names, 1))
    )


def build(made: Archive) -> Archive:
    """Make it. Takes about a minute of a processor for 10,000 captures."""
    (made.folder / "outlets").mkdir(parents=True, exist_ok=True)
    for outlet in made.outlets:
        (made.folder / "outlets" / f"{outlet.name}.toml").write_text(outlet.file(), "utf-8")
    with made.inside(), Authority(made.folder / "authority") as authority, WitnessServer() as witness:
        init_archive(made.settings, make_bucket=True)
        told = {"WARRAQ_TSA": f"{authority.endpoint}/tsr", "WARRAQ_WITNESSES": witness.setting}
        (made.folder / OUTSIDE).write_text(json.dumps(told), "utf-8")
        _story(made, witness)
        (made.folder / OTHER_TOKEN).write_bytes(authority.reply(stamps.question(b"something else").as_bytes(), "")[1])
    return made


def _story(made: Archive, witness: WitnessServer) -> None:
    chance = random.Random(20261122)
    runs = made.outlets[0].runs
    began = datetime.now(UTC).replace(microsecond=0) - QUIET - timedelta(days=runs)
    seeds.add(_shop(made, Clock(began)), _seed_files(made))
    witness.trust(_done(made.warraq("key", "show")))
    for number in range(runs):
        if number == runs // 2:
            _half_way(made, began + timedelta(days=number))
            witness.trust(_done(made.warraq("key", "show")))
        if number == runs - 1:
            _done(made.warraq("anchor", "--force"))
        for outlet in made.outlets:
            _run(made, outlet, number, Clock(began + timedelta(days=number, hours=outlet.number)), chance)


def _half_way(made: Archive, now: datetime) -> None:
    shop, wadi = _shop(made, Clock(now)), made.outlets[0]
    for kind, article, reason in (
        ("restrict", 2, "شاهدة مهددة"),
        ("hold", 3, "طلب النيابة"),
        ("restrict", 4, "حكم محكمة"),
        ("lift", 4, "نقض الحكم"),
    ):
        url = wadi.address(article)
        act.perform(shop, act.make(shop, kind, reason, outlet=wadi.name, article=article_id(url), url=url))
    _done(made.warraq("anchor", "--force"))
    shutil.copy(made.settings.log_key_file, made.folder / OLD_KEY)
    _done(made.warraq("key", "rotate", "--to", str(made.folder / "next.key")))


def _done(command: subprocess.CompletedProcess[str]) -> str:
    """What a command said, which must have gone well."""
    if command.returncode:
        raise AssertionError(f"{command.args}: {command.returncode}: {command.stderr}")
    return command.stdout.strip()


def _run(made: Archive, outlet: Outlet, number: int, clock: Clock, chance: random.Random) -> None:
    """plan, crawl, extract and seal; each step with a workshop of its own, as each is a process of its own."""
    place = _shop(made, clock).outlet(outlet.name)
    run = keys.run_id(clock.now, "attacks", outlet.name, str(number))
    plan(_shop(made, clock), place, run)
    shop = _shop(made, clock)
    Press(outlet, clock, chance).crawl(shop, planning.load(shop.store.get(keys.plan(outlet.name, run))), number)
    extract(_shop(made, clock), place, run)
    seal(_shop(made, clock), place, run)


def _shop(made: Archive, clock: Clock) -> Workshop:
    """A fresh one. Its store tells the time that the test tells: the plan refuses a clock that differs from the storage's."""
    shop = Workshop(made.settings, clock, lambda _: None)
    store: Any = shop.store
    store.clock = clock
    return shop


def _seed_files(made: Archive) -> Path:
    """Texts that two of the articles hold, one that nobody published, and the lock that names them."""
    folder, wadi = made.folder / "seeds", made.outlets[0]
    folder.mkdir(exist_ok=True)
    texts = {f"00{n}.txt": "\n\n".join([wadi.headline(n), *wadi.paragraphs(n, 0)]) for n in (1, 7)} | {
        "009.txt": "نص لا يعرفه أحد في الوادي."
    }
    rows = []
    for name, text in texts.items():
        data = text.encode()
        (folder / name).write_bytes(data)
        digest = hashlib.sha256(data).hexdigest()
        rows.append(f'[[seed]]\nname = "{name}"\nsize = {len(data)}\nsha256 = "{digest}"\noutlet = "wadi"\n')
    made.settings.seeds_lock.write_text("\n".join(rows), "utf-8")
    return folder
