"""CPU of the whole pipeline over CPU of Trafilatura alone, on the same pages, in one run.

    python -m bench.pipeline [--pages 2000]          (make bench)

Counted: every CPU second of `warraq run` and the processes it starts (imports, planning, Scrapy, WARC, uploads,
reading, snapshots, seed links, catalog), client side; the object store and the news site are other people's machines.
Against it: `trafilatura.bare_extraction(with_metadata=True)`, its import not counted. Then a run with nothing new.
"""

from __future__ import annotations

import argparse
import gzip
import json
import multiprocessing
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from bench.invented import article, page

ROOT = Path(__file__).resolve().parents[1]
RATIO, QUIET = 1.4, 6.0


def serve(pages: int, pipe: object) -> None:
    """The news site, in a process of its own: pages made and compressed before the clock starts."""
    ready: dict[str, bytes] = {}
    listed = [
        {
            "id": n,
            "link": "",
            "date_gmt": f"2026-01-01T00:{n // 60 % 60:02d}:{n % 60:02d}",
            "title": {"rendered": article(n)[0]},
        }
        for n in range(pages, 0, -1)
    ]

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            base, status, kind = f"http://{self.headers['Host']}", 200, "text/html; charset=UTF-8"
            if self.path.startswith("/archives/"):
                body = ready[self.path]
            elif self.path.startswith("/wp-json/wp/v2/posts"):
                number = int(self.path.partition("&page=")[2].partition("&")[0] or 1)
                chosen = [row | {"link": f"{base}/archives/{row['id']}"} for row in listed[(number - 1) * 100 : number * 100]]
                body, kind = gzip.compress(json.dumps(chosen).encode(), 1), "application/json"
            else:
                status, body = 404, gzip.compress(b"<html><body>404</body></html>", 1)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Encoding", "gzip")
            if self.path.startswith("/wp-json"):
                self.send_header("X-WP-Total", str(pages))
                self.send_header("X-WP-TotalPages", str(-(-pages // 100)))
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    base = f"http://127.0.0.1:{server.server_address[1]}"
    ready.update({f"/archives/{n}": gzip.compress(page(n, base), 6) for n in range(1, pages + 1)})
    pipe.send(base)  # type: ignore[attr-defined]
    server.serve_forever()


def trafilatura_alone(pages: int, base: str) -> float:
    """CPU seconds of Trafilatura on all pages, in a process of its own."""
    code = (
        "import sys, time, trafilatura\nfrom bench.invented import page\n"
        f"pages = [page(n, {base!r}).decode() for n in range(1, {pages} + 1)]\n"
        "began = time.process_time()\n"
        "for p in pages:\n    assert trafilatura.bare_extraction(p, with_metadata=True) is not None\n"
        "print(time.process_time() - began)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return float(done.stdout)


def cpu_of(command: list[str], env: dict[str, str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"pipeline: the run failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    print("   ", *done.stdout.splitlines()[-5:], sep="\n    ")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--pages", type=int, default=2000)
    pages = options.parse_args().pages
    from stack.weed import serving

    here, there = multiprocessing.Pipe()
    site = multiprocessing.get_context("fork").Process(target=serve, args=(pages, there), daemon=True)
    site.start()
    base = here.recv()
    folder = Path(tempfile.mkdtemp(prefix="warraq-bench-"))
    with serving(folder / "weed") as (endpoint, access, secret):
        (folder / "outlets").mkdir()
        (folder / "outlets" / "bench.toml").write_text(
            f'name = "bench"\ntitle = "أخبار الوادي"\nurl = "{base}/"\narticle = "^/archives/\\\\d+"\ndelay = 0.0\nprivate = true\nbudget = 3600.0\n'
            '[[layouts]]\nname = "jannah"\nmatch = "//article[@id=\'the-post\']"\nbody = "//div[contains(@class,\'entry-content\')]"\n',
            "utf-8",
        )
        env = {**os.environ, "WARRAQ_STATE": str(folder / "state"), "WARRAQ_BUCKET": "s3://bench", "WARRAQ_SANDBOX": "1"}
        env |= {
            "WARRAQ_OUTLETS": str(folder / "outlets"),
            "WARRAQ_CONTACT": "mailto:bench@example.org",
            "WARRAQ_SEEDS_LOCK": str(ROOT / "sandbox/seeds.lock"),
        }
        env |= {
            "AWS_ENDPOINT_URL_S3": endpoint,
            "AWS_ACCESS_KEY_ID": access,
            "AWS_SECRET_ACCESS_KEY": secret,
            "AWS_DEFAULT_REGION": "us-east-1",
        }
        warraq = [sys.executable, "-c", "from archive.cli import main; main()"]
        subprocess.run([*warraq, "doctor", "--create"], cwd=ROOT, env=env, check=True, capture_output=True)
        subprocess.run(
            [*warraq, "seeds", "add", str(ROOT / "sandbox/seeds")], cwd=ROOT, env=env, check=True, capture_output=True
        )
        whole = cpu_of([*warraq, "run", "bench"], env)
        alone = trafilatura_alone(pages, base)
        quiet = cpu_of([*warraq, "run", "bench"], env)
    site.terminate()
    shutil.rmtree(folder)
    print(
        f"{pages} pages of {len(page(1)) // 1000} KB: pipeline {whole:.1f} CPU s, Trafilatura alone {alone:.1f} CPU s; nothing new: {quiet:.1f} CPU s"
    )
    held = whole / alone <= RATIO and quiet <= QUIET
    print(f"ratio {whole / alone:.2f}, bound {RATIO}; quiet run {quiet:.1f} s, bound {QUIET}: {'ok' if held else 'short'}")
    sys.exit(not held)


if __name__ == "__main__":
    main()
