"""The test bed of ../shared, driven by its own command, and a Warraq of its own beside it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
WPBED = SHARED / "testbed" / "wpbed.py"
SITES = {
    "xeber24": "xeber24",
    "alwatan": "alwatan",
    "mena": "mena_monitor",
    "hadi": "hadi_alabdullah",
    "nashra": "",
    "reuters": "reuters_arabic",
}
BASE = int(os.environ.get("WPBED_BASE", "18200"))
PORTS = {site: BASE + n for n, site in enumerate(SITES, 1)}


def wpbed(*args: str) -> str:
    done = subprocess.run([sys.executable, str(WPBED), *args], capture_output=True, text=True, check=False, cwd=WPBED.parent)
    if done.returncode:
        sys.exit(f"wpbed {' '.join(args)}: {done.stderr or done.stdout}")
    return done.stdout


def rows(*args: str) -> list[dict]:
    return [json.loads(line) for line in wpbed(*args).splitlines() if line.startswith("{")]


def truth(site: str) -> dict[str, dict]:
    """The answer sheet of a site by post id (as text)."""
    return {str(row["id"]): row for row in rows("truth", site)}


def address(site: str, path: str) -> str:
    return f"http://127.0.0.1:{PORTS[site]}{path}"


STATE = Path(os.environ.get("WPBED_STATE", "/var/tmp/wpbed"))
_LOCKED = STATE / "warraq-locked.json"


def locked_posts() -> dict[str, str]:
    """The post behind a password on each site: published by the answer sheet's word, but no article for us."""
    found: dict[str, str] = json.loads(_LOCKED.read_text()) if _LOCKED.is_file() else {}
    return found


def fill(posts: int) -> None:
    """Seed articles, `posts` invented ones a site, and posts that are no articles: draft, private, password."""
    wpbed("seed", str(SHARED / "seeds"))
    for site in SITES:
        sheet = truth(site)
        have = sum(row["status"] == "publish" for row in sheet.values())
        if have < posts:
            wpbed("bulk", site, str(posts - have))
        if site != "reuters" and not any(row["status"] == "draft" for row in sheet.values()):
            for extra in (["--status", "draft"], ["--status", "private"], ["--in-s", "86400"]):
                wpbed("post", site, *extra)
            locked = json.loads(wpbed("post", site, "--password", "سر"))
            _LOCKED.write_text(json.dumps(locked_posts() | {site: str(locked["id"])}))


@dataclass
class Warraq:
    """A Warraq with its own bucket, catalog, key and outlets, talked to through its command line."""

    folder: Path
    env: dict[str, str] = field(default_factory=dict)

    def __call__(self, *args: str, check: bool = True) -> str:
        command = [sys.executable, "-c", "from archive.cli import main; main()", *args]
        done = subprocess.run(command, env=self.env, capture_output=True, text=True, check=False, cwd=ROOT)
        with (self.folder / "warraq.log").open("a") as log:
            log.write(f"$ warraq {' '.join(args)}\n{done.stdout}{done.stderr}\n")
        if check and done.returncode not in (0, 99):
            sys.exit(f"warraq {' '.join(args)} ended with {done.returncode}:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
        return done.stdout

    def json(self, *args: str) -> list[dict]:
        return [json.loads(line) for line in self(*args, "--json").splitlines() if line.startswith(("{", "["))]

    def catalog(self):  # type: ignore[no-untyped-def]
        from archive.catalog import Catalog

        return Catalog(self.env["WARRAQ_CATALOG"])


def write_outlets(folder: Path) -> None:
    """The repo's own outlet files, turned to the test bed: address, no delay, everything due at once."""
    import tomllib

    folder.mkdir(parents=True, exist_ok=True)
    for site, name in SITES.items():
        text = (
            (ROOT / "outlets" / f"{name}.toml").read_text("utf-8")
            if name
            else 'spider = "wordpress"\ntitle = "النشرة العربية"\n'
        )
        keep = {
            k: v
            for k, v in tomllib.loads(text).items()
            if k in ("title", "spider", "language", "timezone", "article", "not_article", "sections")
        }
        layouts = text[text.index("[[layouts]]") :] if "[[layouts]]" in text else ""
        keep |= {"name": site, "url": address(site, "/"), "delay": 0.0, "private": True, "budget": 3600.0, "gone_after": 1.0}
        keep |= {"revisit_after": 86400.0, "revisit_growth": 0.0}
        head = "\n".join(f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in keep.items())
        (folder / f"{site}.toml").write_text(f"{head}\n\n{layouts}", "utf-8")


@contextmanager
def warraq(folder: Path) -> Iterator[Warraq]:
    """A fresh Warraq over a fresh SeaweedFS, both gone at the end."""
    from stack.weed import serving

    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    write_outlets(folder / "outlets")
    with serving(folder / "weed") as (endpoint, access, secret):
        env = {**os.environ, "WARRAQ_STATE": str(folder / "state"), "WARRAQ_BUCKET": "s3://testbed", "WARRAQ_SANDBOX": "1"}
        env |= {
            "WARRAQ_OUTLETS": str(folder / "outlets"),
            "WARRAQ_CONTACT": "mailto:testbed@example.org",
            "WARRAQ_DEPLOYMENT": "testbed",
        }
        env |= {
            "WARRAQ_CATALOG": f"sqlite:///{folder}/catalog.db",
            "AWS_ENDPOINT_URL_S3": endpoint,
            "AWS_DEFAULT_REGION": "us-east-1",
        }
        env |= {"AWS_ACCESS_KEY_ID": access, "AWS_SECRET_ACCESS_KEY": secret}
        made = Warraq(folder, env)
        made("doctor", "--create")
        yield made
