"""How clean bodies are: Warraq's two texts against texts that people checked, beside plain Trafilatura and its peers.

    python -m bench.extraction PAGES_DIR [--peers] [--pin] [--worst 10]          (make floor)

For each group: mean and least F1, precision, recall, lines that the reading has and the gold has not. Every page is
read by the generic rules; one that a layout of outlets/ was written for is read by that layout too. Bounds: below.
The figures of known sets (by SHA-256) are pinned in bench/extraction.json; the status is 1 when one fell.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from statistics import fmean
from typing import Any

from archive import reader, rules, snapshot
from archive.observation import Observation
from archive.outlet import Layout, Outlet, load_folder
from archive.warc import StoredCapture
from bench.corpus import Sample, Score, digest, load, score

ROOT = Path(__file__).resolve().parents[1]
PINNED = ROOT / "bench" / "extraction.json"
PEERS = ROOT / ".venv-bench" / "bin" / "python"
THEMED = ("alwatan", "xeber24")  # outlets whose layouts describe a theme that other sites have too (TieLabs)
RIGHT_MEAN, RIGHT_LEAST = 0.999, 0.99  # right-to-left pages
BELOW = 0.002  # of other groups: at most so much under plain Trafilatura
SHAPE = 0.99  # mean of each shape of the made pages
SLACK = 0.0005  # of a pinned figure
COPY, FAITHFUL, PLAIN = "warraq", "warraq faithful", "trafilatura"

Texts = dict[str, dict[str, str]]  # system → page → text
Figures = dict[str, dict[str, Any]]  # system → f1, min, precision, recall, leaked, pages


def capture(sample: Sample) -> StoredCapture:
    """The page as a complete answer to its address."""
    from archive.capture import Note

    return StoredCapture(
        url=sample.url, time="2026-11-22T00:00:00.000000Z", record_id="urn:uuid:0", record_type="response", offset=0,
        length=0, record_digest="", status=200, headers=(("Content-Type", "text/html"),), payload=sample.html,
        payload_digest="sha256:0", body_digest="sha256:0", note=Note(role="article", found="bench", why=""), failure="",
        truncated="",
    )  # fmt: skip


def read(sample: Sample, layout: Layout) -> dict[str, Any]:
    """The fields of the snapshot of the page, {} when it is no page."""
    data = packed(sample, layout)
    return snapshot.load(data) if data else {}


def packed(sample: Sample, layout: Layout) -> bytes:
    """The snapshot of the page as it is stored, b"" when it is no page."""
    got = capture(sample)
    page = reader.parse(got)
    if page is None:
        return b""
    line = Observation(
        kind="article", klass="content", reason="", outlet="bench", run="bench", time=got.time, url=got.url, warc="warc/x",
        offset=0, length=0, record=got.record_id, record_type="response", record_digest="", status=200, mime="text/html",
        payload=got.payload_digest, body=got.body_digest, article="0" * 32,
    )  # fmt: skip
    outlet = Outlet(name="bench", title="bench", url="https://page.example.org/", language="")
    return reader.read(line, got.headers, page, reader.Desk(outlet, None, layout))[1]


def themed(sample: Sample) -> Layout | None:
    """The layout of outlets/ whose theme drew the page."""
    outlets, _ = load_folder(ROOT / "outlets")
    page = reader.parse(capture(sample))
    if page is None:
        return None
    for name in THEMED:
        found = rules.layout_for(outlets[name], datetime(2026, 11, 22, tzinfo=UTC), page.tree)
        if found is not None:
            return found
    return None


def ours(samples: Iterable[Sample]) -> Texts:
    """Both texts of every page, by the generic rules and, where there is one, by layout."""
    texts: Texts = {}
    for one in samples:
        layouts = [("", rules.GENERIC)]
        if one.shape and (layout := themed(one)) is not None:
            layouts.append((", layout", layout))
        for way, layout in layouts:
            fields = read(one, layout)
            texts.setdefault(COPY + way, {})[one.name] = fields.get("text", "")
            texts.setdefault(FAITHFUL + way, {})[one.name] = fields.get("faithful", "")
    return texts


def plain(samples: Iterable[Sample]) -> Texts:
    """Trafilatura as it comes."""
    from trafilatura import bare_extraction

    found: dict[str, Any] = {one.name: bare_extraction(one.html, with_metadata=True) for one in samples}
    return {PLAIN: {name: (document.text or "") if document is not None else "" for name, document in found.items()}}


def peers(folder: Path) -> Texts:
    """The texts of other extractors (bench/peers.py), which live in an environment of their own."""
    if not PEERS.is_file():
        sys.exit("extraction: the peers are not installed: make peers")
    done = subprocess.run([PEERS, ROOT / "bench" / "peers.py", folder], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"extraction: peers: {done.stderr[-2000:]}")
    texts: Texts = {}
    for line in done.stdout.splitlines():
        row = json.loads(line)
        texts.setdefault(row["system"], {})[row["page"]] = row["text"]
    return texts


def groups(samples: list[Sample]) -> dict[str, list[str]]:
    """Names of pages by group, shape, language and content system; the last two only where they tell more."""
    found: dict[str, list[str]] = {}
    for one in samples:
        system = one.cms.partition("(")[0].strip()
        for key in (one.group, one.shape and f"shape {one.shape}", f"language {one.language}", system and f"cms {system}"):
            if key:
                found.setdefault(key, []).append(one.name)
    return {key: names for key, names in sorted(found.items()) if not key.startswith(("language", "cms")) or len(names) > 1}


def figures(scores: dict[str, Score], names: list[str]) -> dict[str, Any]:
    """What one system does on some pages."""
    have = [scores[name] for name in names if name in scores]
    return {
        "pages": len(have),
        "f1": round(fmean(one.f1 for one in have), 5),
        "min": round(min(one.f1 for one in have), 5),
        "precision": round(fmean(one.precision for one in have), 5),
        "recall": round(fmean(one.recall for one in have), 5),
        "leaked": sum(len(one.leaked) for one in have),
    }


def measure(samples: list[Sample], texts: Texts) -> tuple[dict[str, Figures], dict[str, dict[str, Score]]]:
    """(group → system → figures, system → page → score)."""
    gold = {one.name: one.gold for one in samples}
    scores = {system: {name: score(gold[name], text) for name, text in found.items()} for system, found in texts.items()}
    table = {
        key: {system: figures(found, names) for system, found in scores.items() if any(name in found for name in names)}
        for key, names in groups(samples).items()
    }
    return table, scores


def bounds(table: dict[str, Figures]) -> list[str]:
    """What is short, a line each."""
    short = []
    for key, systems in table.items():
        for system, got in systems.items():
            if not system.startswith(COPY):
                continue
            if key == "right-to-left" and (got["f1"] < RIGHT_MEAN or got["min"] < RIGHT_LEAST):
                short.append(f"{key}, {system}: mean {got['f1']}, least {got['min']}, want {RIGHT_MEAN} and {RIGHT_LEAST}")
            elif key.startswith("shape ") and got["f1"] < SHAPE:
                short.append(f"{key}, {system}: {got['f1']}, want {SHAPE}")
            elif key.partition(" ")[0] not in ("right-to-left", "made", "shape", "language", "cms"):
                least = systems[PLAIN]["f1"] - BELOW if PLAIN in systems else 0.0
                if got["f1"] < least:
                    short.append(f"{key}, {system}: {got['f1']}, want {least:.4f} (Trafilatura less {BELOW})")
    return short


def fallen(table: dict[str, Figures], pinned: dict[str, Figures]) -> list[str]:
    """Figures of ours that are worse than they were."""
    short = []
    for key, systems in pinned.items():
        for system, was in systems.items():
            now = table.get(key, {}).get(system)
            if now is None or not system.startswith(COPY):
                continue
            worse = [name for name in ("f1", "min", "precision", "recall") if now[name] < was[name] - SLACK]
            worse += ["leaked"] if now["leaked"] > was["leaked"] else []
            short += [f"{key}, {system}: {name} {now[name]}, was {was[name]}" for name in worse]
    return short


def pins() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(PINNED.read_text("utf-8")) if PINNED.is_file() else {}
    return found


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("folder", type=Path)
    options.add_argument("--peers", action="store_true", help="other extractors beside it (make peers)")
    options.add_argument("--pin", action="store_true", help="write these figures down as those that must hold")
    options.add_argument("--worst", type=int, default=0, help="show so many of the worst pages, and what leaked")
    given = options.parse_args()
    samples = load(given.folder)
    sha256 = digest(samples)
    texts = ours(samples) | plain(samples) | (peers(given.folder) if given.peers else {})
    table, scores = measure(samples, texts)
    show(table)
    worst(scores, given.worst)
    if given.pin:
        kept = {key: {s: row for s, row in rows.items() if s.startswith((COPY, PLAIN))} for key, rows in table.items()}
        sets = pins() | {given.folder.name: {"sha256": sha256, "versions": rules.versions(), "figures": kept}}
        PINNED.write_text(json.dumps(sets, indent=1, sort_keys=True) + "\n", "utf-8")
    known = next((one for one in pins().values() if one["sha256"] == sha256), None)
    short = bounds(table) + (fallen(table, known["figures"]) if known else [])
    print(f"set {sha256[:16]}: {len(samples)} pages, {'figures pinned' if known else 'not a pinned set'}")
    print(f"extraction: {'short: ' + '; '.join(short) if short else 'ok'}")
    sys.exit(bool(short))


def show(table: dict[str, Figures]) -> None:
    for key, systems in table.items():
        print(f"\n{key}\n  {'':24} pages  F1 mean    min  precision  recall  leaked lines")
        for system, got in systems.items():
            print(
                f"  {system:24} {got['pages']:5}  {got['f1']:.4f}  {got['min']:.3f}  {got['precision']:9.4f}  {got['recall']:.4f}  {got['leaked']:6}"
            )
    print()


def worst(scores: dict[str, dict[str, Score]], most: int) -> None:
    for system, found in scores.items() if most else ():
        if system.startswith(COPY):
            for name, one in sorted(found.items(), key=lambda item: item[1].f1)[:most]:
                print(f"{system}: {name} F1 {one.f1:.3f} P {one.precision:.3f} R {one.recall:.3f}")
                print(*(f"    + {line[:110]}" for line in one.leaked[:4]), sep="\n")


if __name__ == "__main__":
    main()
