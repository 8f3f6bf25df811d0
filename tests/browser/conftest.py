"""A real Airflow api-server with our plugins, over an archive of three articles in a real bucket; or the demo's.

WARRAQ_DEMO_URL (with WARRAQ_DEMO_LOGIN=user:password) names a running stack; then nothing is started here, and the
articles are whatever that stack has.
"""

from __future__ import annotations

import ctypes
import gzip
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from archive import keys, outlet
from archive.address import article_id
from archive.catalog import Catalog
from archive.observation import Observation
from archive.s3 import init_archive
from archive.settings import from_environment
from tests.histories import content, line
from tests.servers import Server
from tests.web.cases import NEW, OLD

ROOT = Path(__file__).resolve().parents[2]
LOGINS = {name: f"{name}-pass" for name in ("keeper", "actor", "reader")}
EDITED, DELETED = "https://news.example/souq", "https://news.example/port"


@dataclass(frozen=True)
class Stack:
    url: str
    logins: dict[str, str]  # user → password
    edited: str  # article ids; "" when the stack has none of that kind (yet)
    deleted: str

    def token(self, user: str) -> str:
        answer = httpx.post(f"{self.url}/auth/token", json={"username": user, "password": self.logins[user]}, timeout=60)
        answer.raise_for_status()
        return str(answer.json()["access_token"])


def lines() -> list[tuple[str, list[Observation]]]:
    """An edited article and a deleted one, and keys of the objects that say so."""
    first = content(0, OLD, title="افتتاح السوق", url=EDITED, snapshot=True, outlet="manara")
    second = content(2, NEW, title="افتتاح السوق بعد ترميمها", url=EDITED, snapshot=True, outlet="manara")
    port = content(1, "نص التحقيق كاملا.", title="من باع أرض الميناء؟", url=DELETED, snapshot=True, outlet="manara")
    gone = [line(h, "gone", DELETED, status=404, reason="http-404", outlet="manara") for h in (8, 16)]
    stems = [keys.Stem("manara", f"20261101T{hour}0000Z-{'0' * 12}", 1, 1, "0" * 12) for hour in ("02", "16")]
    return [(stems[0].observations, [first, port, second]), (stems[1].observations, gone)]


def _fill(env: dict[str, str], folder: Path) -> None:
    settings = from_environment(env)
    store = init_archive(settings, make_bucket=True)
    catalog = Catalog(settings.catalog)
    catalog.migrate()
    (folder / "manara.toml").write_text('name="manara"\ntitle="منارة الساحل"\nurl="https://news.example/"\n', "utf-8")
    known = outlet.load(folder / "manara.toml")
    texts = {("افتتاح السوق",): OLD, ("افتتاح السوق بعد ترميمها",): NEW}
    for key, found in lines():
        catalog.apply(key, found, known)
        for one in found:
            if one.reading is not None and one.reading.snapshot:
                text = texts.get((one.reading.title,), "نص التحقيق كاملا.")
                body = {"v": 1, "title": one.reading.title, "faithful": text, "text": text, "reading": {"trafilatura": "2.3.1"}}
                extra = {"subtitle": "", "authors": [], "images": [], "published": None, "modified": None}
                store.put(
                    one.reading.snapshot, gzip.compress(json.dumps({**body, **extra}, ensure_ascii=False).encode(), mtime=0)
                )
    catalog.close()


def _environment(home: Path, server: Server, port: int) -> dict[str, str]:
    logins = home / "passwords.json"
    logins.write_text(json.dumps(LOGINS), "utf-8")
    address = f"http://127.0.0.1:{port}"
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW_", "WARRAQ_", "AWS_"))}
    return {
        **kept,
        **server.environment(),
        "PYTHONPATH": str(ROOT),
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{address}/execution/",
        "AIRFLOW__CORE__FERNET_KEY": "",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "keeper:admin,actor:op,reader:viewer",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(logins),
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": address,
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__API__SECRET_KEY": secrets.token_urlsafe(32),
        "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_urlsafe(64),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "WARRAQ_STATE": str(home / "warraq"),
        "WARRAQ_OUTLETS": str(home / "outlets"),
        "WARRAQ_BUCKET": f"s3://t-{secrets.token_hex(8)}/archive",
        "WARRAQ_CONTACT": "mailto:test@example.org",
        "WARRAQ_DEPLOYMENT": "test",
        "WARRAQ_SANDBOX": "1",
    }


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Stack]:
    if there := os.environ.get("WARRAQ_DEMO_URL"):
        yield _running(there.rstrip("/"))
        return
    home = tmp_path_factory.mktemp("airflow-ui")
    (home / "outlets").mkdir()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server: Server = request.getfixturevalue("weed")
    env = _environment(home, server, port)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in server.environment().items():
            patch.setenv(name, value)
        _fill(env, home / "outlets")
    airflow = str(Path(sys.executable).with_name("airflow"))
    for command in (["db", "migrate"], ["dags", "reserialize"]):  # no DAG processor runs here
        subprocess.run([airflow, *command], env=env, check=True, capture_output=True, timeout=300)
    with (home / "api-server.log").open("wb") as log:
        process = subprocess.Popen([airflow, "api-server"], env=env, stdout=log, stderr=log, preexec_fn=_die_with_parent)  # noqa: PLW1509
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(url, process, home / "api-server.log")
        yield Stack(url, LOGINS, article_id(EDITED), article_id(DELETED))
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 180
    while process.poll() is None and time.monotonic() < until:
        try:
            if httpx.get(f"{url}/api/v2/version", timeout=5).status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.5)
    raise RuntimeError(f"the api-server did not come up: {log.read_text(errors='replace')[-1500:]}")


def _running(url: str) -> Stack:
    """A stack that runs already, with the newest edited and the newest deleted article it has."""
    user, _, password = os.environ.get("WARRAQ_DEMO_LOGIN", "admin:admin").partition(":")
    found = Stack(url, {user: password}, "", "")
    there = {"Authorization": f"Bearer {found.token(user)}"}

    def newest(kind: str) -> str:
        page = httpx.get(f"{url}/warraq/changes", params={"kind": kind}, headers=there, timeout=60).text
        _, _, rest = page.partition("/warraq/article/")
        return rest[:32]

    return Stack(url, found.logins, newest("body") or newest("headline"), newest("gone"))


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of a Chromium; without one the tests that need it are skipped."""
    pytest.importorskip("playwright.sync_api")
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    pytest.skip("no Chromium here: apt-get install chromium")
