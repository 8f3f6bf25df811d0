"""Observations for tests: one line each, built from what matters to history."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from archive.address import article_id
from archive.observation import Digests, Observation, Reading

START = datetime(2026, 11, 1, tzinfo=UTC)
URL = "https://news.example/a-1"
GONE_AFTER = 6 * 3600.0


def at(hours: float) -> str:
    return f"{START + timedelta(hours=hours):%Y-%m-%dT%H:%M:%S.%fZ}"


def sha(text: str, length: int = 64) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:length]


def digests(text: str) -> Digests:
    """Of a text whose sense is its letters in lower case, its digits and its `!` (for a negation)."""
    return Digests(
        t=sha(text, 32),
        k=sha("".join(c for c in text if c.isalpha()).lower(), 32),
        numbers=sha("".join(c for c in text if c.isdigit() or c == "."), 32),
        negations=sha("".join(c for c in text if c == "!"), 32),
    )


def reading(title: str, text: str, rules: str = "r1", snapshot: str = "", **more: Any) -> Reading:
    return Reading(
        rules=sha(rules, 12),
        reading=sha(rules + "seeds", 12),
        layout="",
        headline=digests(title),
        body=digests(text),
        title=title,
        snapshot=snapshot,
        chars=len(text),
        **{"sketch": "".join(sorted(sha(f"{n} {text}", 8) for n in range(3))), **more},
    )


def line(hours: float, klass: str, url: str = URL, **more: Any) -> Observation:
    """A sighting `hours` after START; its record is named after when, where and what."""
    name = f"{hours} {klass} {url} {more.get('body', '')}"
    return Observation(
        **{
            "kind": "article",
            "klass": klass,
            "reason": klass,
            "outlet": "example",
            "run": f"{START + timedelta(hours=int(hours)):%Y%m%dT%H%M%SZ}-{'0' * 12}",
            "time": at(hours),
            "url": url,
            "warc": f"warc/example/{int(hours)}.warc.gz",
            "offset": int(sha(name, 6), 16),
            "length": 10,
            "record": f"<urn:uuid:{sha(name, 12)}>",
            "record_type": "response",
            "record_digest": f"sha256:{sha(name)}",
            "article": article_id(url),
            **more,
        }
    )


def content(
    hours: float,
    text: str,
    title: str = "عنوان",
    rules: str = "r1",
    noise: str = "",
    url: str = URL,
    snapshot: bool = False,
    **more: Any,
) -> Observation:
    """A page that says `text`; `noise` changes the payload alone."""
    body = "sha256:" + sha(f"{title}|{text}|{noise}")
    key = f"snapshots/example/{article_id(url)}/{hours}-{sha(rules, 4)}" if snapshot else ""
    read = reading(title, text, rules, key)
    return line(hours, "content", url, **{"status": 200, "payload": body, "body": body, "reading": read, **more})


def revisit(of: Observation, hours: float) -> Observation:
    """The same payload again: a revisit record, without a reading of its own."""
    again = line(hours, "content", of.url, body=of.body, payload=of.payload, reason="same-payload", status=200)
    return replace(again, record_type="revisit")


def reread(of: Observation, title: str, text: str, rules: str, run_hours: float) -> Observation:
    """An older capture read under other rules, in a later run."""
    run = f"{START + timedelta(hours=run_hours):%Y%m%dT%H%M%SZ}-{'0' * 12}"
    return replace(of, reread=True, run=run, reading=reading(title, text, rules))
