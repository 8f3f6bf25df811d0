"""A newsroom on loopback (tests.faults.site) and an archive of it: what the tests of steps, commands and bad input share."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from functools import cached_property
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import uuid4

from archive import keys
from archive.settings import Settings, from_environment
from archive.steps.workshop import Outcome, Workshop
from archive.verify import Report
from tests.faults.kill import OUTLET, ROOT
from tests.faults.site import Site
from tests.servers import Server

WARRAQ = (sys.executable, "-c", "from archive.cli import main; main()")


@dataclass(frozen=True)
class Wadi:
    """The site `wadi`, its outlet file, and a fresh prefix of a bucket; `env` is all that a command needs."""

    site: Site
    url: str
    folder: Path
    env: Mapping[str, str]

    @property
    def settings(self) -> Settings:
        return from_environment(self.env)

    @cached_property
    def said(self) -> list[str]:
        return []

    def shop(self, **changed: Any) -> Workshop:
        """A fresh one, as every command makes its own."""
        return Workshop(replace(self.settings, **changed), say=self.said.append)

    def outlet_file(self, more: str = "") -> Path:
        """(Re)write the outlet's file, with `more` at its end."""
        path = self.folder / "outlets" / "wadi.toml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(OUTLET.format(port=self.url.rsplit(":", 1)[1].strip("/")) + more, "utf-8")
        return path

    def step(self, name: str, run: str, *more: Any, **options: Any) -> Outcome:
        """One step of `run` in this process (the spider is one of its own, as always)."""
        from importlib import import_module

        shop = self.shop()
        step = getattr(import_module(f"archive.steps.{name}"), name)
        return step(shop, shop.outlet("wadi"), run, *more, **options)

    def run(self) -> dict[str, Outcome]:
        """A whole run, step by step."""
        return self.run_steps("plan", "crawl", "extract", "seal", "inspect")

    def run_steps(self, *names: str) -> dict[str, Outcome]:
        """These steps of a new run."""
        run = new_run(self.shop())
        return {name: self.step(name, run, *([1] if name == "crawl" else [])) for name in names}

    def warraq(self, *arguments: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """The command line, as a process of its own."""
        return subprocess.run(
            [*WARRAQ, *arguments],
            env={**self.env, **(env or {})},
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def call(self, *arguments: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """The command line in this process: half a second sooner."""
        from archive.cli import main

        out, err, kept, handler = StringIO(), StringIO(), (sys.argv, dict(os.environ)), signal.getsignal(signal.SIGTERM)
        status: Any = 0
        sys.argv = ["warraq", *arguments]
        os.environ.update({**self.env, **(env or {})})
        try:
            with redirect_stdout(out), redirect_stderr(err):
                main()
        except SystemExit as stop:
            status = stop.code or 0
        finally:
            sys.argv = kept[0]
            os.environ.clear()
            os.environ.update(kept[1])
            signal.signal(signal.SIGTERM, handler)
        return subprocess.CompletedProcess(list(arguments), status, out.getvalue(), err.getvalue())

    def verified(self) -> Report:
        """What a verification of the whole archive says, by somebody who has the bucket alone."""
        from archive.verify.run import verify

        shop = self.shop()
        return verify(shop.store, shop.clock(), pause=lambda: None)

    def held(self) -> dict[str, str]:
        """Key and ETag of every object, asked with a plain client; probes are no part of the archive."""
        bucket, _, prefix = self.env["WARRAQ_BUCKET"].removeprefix("s3://").partition("/")
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix + "/")
        objects = [entry for page in pages for entry in page.get("Contents", ())]
        found = {entry["Key"].removeprefix(f"{prefix}/"): entry["ETag"] for entry in objects}
        return {key: tag for key, tag in found.items() if not key.startswith("probe/")}

    @cached_property
    def client(self) -> Any:
        """A plain S3 client, for what Warraq never does."""
        import boto3

        return boto3.client(
            "s3",
            endpoint_url=self.env["AWS_ENDPOINT_URL_S3"],
            aws_access_key_id=self.env["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.env["AWS_SECRET_ACCESS_KEY"],
            region_name="us-east-1",
        )

    def place(self, key: str) -> dict[str, str]:
        bucket, _, prefix = self.env["WARRAQ_BUCKET"].removeprefix("s3://").partition("/")
        return {"Bucket": bucket, "Key": f"{prefix}/{key}"}


@contextmanager
def wadi(weed: Server, folder: Path, articles: int = 6, more: Mapping[str, str] | None = None) -> Iterator[Wadi]:
    """The newsroom serving and its archive made, with `more` settings; the process's own environment is left as it was."""
    from archive.s3 import init_archive

    site = Site()
    for number in range(1, articles + 1):
        site.publish(number)
    server = site.serve()
    env = {name: value for name, value in os.environ.items() if not name.startswith(("WARRAQ_", "AWS_"))}
    env |= weed.environment() | {
        "WARRAQ_STATE": str(folder / "state"),
        "WARRAQ_BUCKET": f"s3://shared/{uuid4().hex[:12]}",
        "WARRAQ_OUTLETS": str(folder / "outlets"),
        "WARRAQ_SEEDS_LOCK": str(folder / "seeds.lock"),
        "WARRAQ_CONTACT": "mailto:test@example.org",
        "WARRAQ_READERS": "1",
        "PYTHONDONTWRITEBYTECODE": "",
        **(more or {}),
    }
    made = Wadi(site, f"http://127.0.0.1:{server.server_address[1]}/", folder, env)
    made.outlet_file()
    before = dict(os.environ)
    os.environ.update(env)
    try:
        init_archive(made.settings, make_bucket=True)
        yield made
    finally:
        os.environ.clear()
        os.environ.update(before)
        server.shutdown()
        server.server_close()


def seed_folder(made: Wadi, texts: Mapping[str, str]) -> Path:
    """A folder of seed files, and the lock that names them."""
    folder = made.folder / "seeds"
    folder.mkdir(exist_ok=True)
    rows = []
    for name, text in texts.items():
        (folder / name).write_text(text, "utf-8")
        data = text.encode()
        rows.append(
            f'[[seed]]\nname = "{name}"\nsize = {len(data)}\nsha256 = "{hashlib.sha256(data).hexdigest()}"\noutlet = "wadi"\n'
        )
    made.settings.seeds_lock.write_text("\n".join(rows), "utf-8")
    return folder


def new_run(shop: Workshop) -> str:
    return keys.run_id(shop.clock(), "test", uuid4().hex)
