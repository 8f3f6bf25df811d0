"""report.html: the bundle for reading and printing, in Arabic and English. Pure: made from its other files alone.

No scripts and nothing from outside. What came from the page is hostile: it is escaped, and characters that would reorder or
hide what stands around them are shown as their names.
"""

from __future__ import annotations

import gzip
import hashlib
import unicodedata
import zlib
from collections.abc import Mapping
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import orjson
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from archive.compare import compare
from archive.errors import BadRecord
from archive.log import note
from archive.prove import outside, proof, words
from archive.prove.bundle import CHECKPOINT, PROOF, Files
from archive.prove.facts import Manifest, Sighting, Version
from archive.web.paragraphs import blocks, direction

_KEPT = "\u200c\u200d\u200e\u200f\u061c"  # joiners and marks: they belong to Arabic text and reorder nothing but themselves


def render(manifest: Manifest, files: Files) -> bytes:
    """The page. BadRecord when a snapshot or a proof that it needs cannot be read."""
    try:
        texts = {one.snapshot: orjson.loads(gzip.decompress(files[one.snapshot])) for one in manifest.versions if one.snapshot}
        links = [orjson.loads(files[link.file]) for link in manifest.links]
        leaves = {name.removesuffix(PROOF): proof.load(files[name]).index for name in files if name.endswith(PROOF)}
    except (OSError, EOFError, zlib.error, orjson.JSONDecodeError, KeyError) as error:
        raise BadRecord(f"a report of what cannot be read: {error}") from error
    stamps, _ = outside.stamps(files)
    values = {
        "m": manifest,
        "article": manifest.article,
        "pages": [_page(one, texts.get(one.snapshot)) for one in manifest.versions] if manifest.mode != "between" else [],
        "changes": _changes(manifest, texts),
        "sightings": [_row(one, files, leaves, stamps) for one in manifest.sightings],
        "links": [{**link, "version": one.version} for one, link in zip(manifest.links, links, strict=True)],
        "stamps": stamps,
        "checkpoint": note.parse_checkpoint(note.parse(files[CHECKPOINT])),
        "key": files[max(name for name in files if name.startswith("keys/") and not name.endswith(PROOF))].decode().strip(),
        "cited": _cited(manifest, files),
        "w": words,
        "of": words.of,
    }
    return _environment().get_template("report.html").render(values).encode("utf-8", "replace")


def _page(version: Version, held: Mapping[str, Any] | None) -> dict[str, Any]:
    """A version as its snapshot says it; without one only what the observation says."""
    held = held or {}
    text = str(held.get("faithful") or held.get("text") or "")
    return {
        "version": version,
        "title": str(held.get("title") or version.title),
        "subtitle": str(held.get("subtitle") or ""),
        "authors": [str(name) for name in held.get("authors") or []],
        "published": held.get("published") or {},
        "modified": held.get("modified") or {},
        "paragraphs": [line for line in text.splitlines() if line.strip()],
        "dir": direction(version.language, text or version.title),
    }


def _changes(manifest: Manifest, texts: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Each version against the one before it; and the last against the first, when there are others between them."""
    if manifest.mode != "between":
        return []
    shown = manifest.versions
    pairs = [*pairwise(shown), *([(shown[0], shown[-1])] if len(shown) > 2 else [])]
    return [_change(old, new, texts.get(old.snapshot), texts.get(new.snapshot)) for old, new in pairs]


def _change(old: Version, new: Version, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> dict[str, Any]:
    found: dict[str, Any] = {"old": old, "new": new, "dir": "auto", "title": [], "paragraphs": [], "missing": True}
    if before is None or after is None:
        return found
    texts = [str(one.get("faithful") or one.get("text") or "") for one in (before, after)]
    titles = [str(one.get("title") or "") for one in (before, after)]
    title = [piece for _, paragraphs in blocks(compare(*titles)) for paragraph in paragraphs for piece in paragraph]
    body = [paragraph for _, paragraphs in blocks(compare(*texts)) for paragraph in paragraphs]
    return found | {"dir": direction(new.language, texts[1] or texts[0]), "title": title, "paragraphs": body, "missing": False}


def _row(one: Sighting, files: Files, leaves: Mapping[str, int], stamps: list[outside.Stamp]) -> dict[str, Any]:
    index = leaves[one.capture]
    sha = hashlib.sha256(files[one.capture]).hexdigest()
    return {"seen": one, "leaf": index, "sha": sha, "stamp": outside.first_above(index, stamps)}


def _cited(manifest: Manifest, files: Files) -> dict[str, str]:
    """What a citation names: of the newest version the first capture, or of a page that went its first absence."""
    role = "absent" if manifest.mode == "gone" else "first"
    pages = [one for one in manifest.sightings if "picture" not in one.roles]
    seen = next((one for one in reversed(pages) if role in one.roles), pages[-1])
    title = manifest.versions[-1].title if manifest.versions else manifest.article.title
    sha = hashlib.sha256(files[seen.capture]).hexdigest()
    return {"title": title or manifest.article.url, "url": seen.url, "time": seen.time, "sha": sha}


def visible(text: str) -> Markup:
    """Text as HTML: escaped, and what would reorder, hide or control as its name, `U+202E`."""
    out = []
    for c in str(text):
        if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co") and c not in _KEPT and c not in "\t\n":
            out.append(f'<code class="cp">U+{ord(c):04X}</code>')
        else:
            out.append(str(escape(c)))
    return Markup("".join(out))  # noqa: S704  each character was escaped above


def second(time: str) -> str:
    """2026-11-22T01:12:00.123456Z → 2026-11-22 01:12:00 UTC."""
    return f"{time[:10]} {time[11:19]} UTC" if time else ""


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"visible": visible, "second": second}
    return environment
