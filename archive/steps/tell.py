"""The way out to people: one message to a webhook. And without a catalog: a line, told once a day at most."""

from __future__ import annotations

import fcntl
import json
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from archive.errors import TryAgain
from archive.settings import Settings
from archive.steps import post

PAUSES = (1.0, 3.0, None)  # seconds between the tries
DAY = timedelta(days=1)
FILE = "told.json"


def webhook(settings: Settings, body: Mapping[str, Any]) -> None:
    """Post to WARRAQ_WEBHOOK. TryAgain when nobody took it, Refused when that is no address."""
    address = post.check("WARRAQ_WEBHOOK", settings.webhook)
    data = json.dumps(body, ensure_ascii=False).encode()
    for pause in PAUSES:
        try:
            answer = post.post(address, data, "application/json; charset=utf-8")
            if 200 <= answer.status < 300:
                return
            raise TryAgain(
                f"the webhook at {post.host(address)} answered {answer.status}", "correct WARRAQ_WEBHOOK, or ask its owner"
            )
        except TryAgain:
            if pause is None:
                raise
            time.sleep(pause)


def directly(settings: Settings, lines: Mapping[str, str], now: datetime) -> list[str]:
    """Tell what the catalog cannot remember: of each of `lines`, by key, at most once a day; what was told now.

    A key that was told and is not among `lines` any more is told to be over. A file of the state folder remembers. Raises as
    `webhook` does; then nothing counts as told.
    """
    settings.state.mkdir(parents=True, exist_ok=True)
    with (settings.state / FILE).open("a+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        held = _read(file.read())
        new = [text for key, text in lines.items() if key not in held or now - held[key] >= DAY]
        over = [f"over: {key}" for key in held if key not in lines]
        if not new and not over:
            return []
        if settings.webhook:
            webhook(settings, {"text": "\n".join([f"Warraq {settings.deployment}, told from outside:", *new, *over])})
        kept = {key: now if key not in held or now - held[key] >= DAY else held[key] for key in lines}
        file.seek(0)
        file.truncate()
        file.write(json.dumps({key: when.isoformat() for key, when in kept.items()}))
    return [*new, *over]


def _read(text: str) -> dict[str, datetime]:
    """What was told when. A file that was cut short is forgotten: then it is told once more."""
    try:
        return {str(key): datetime.fromisoformat(when) for key, when in json.loads(text or "{}").items()}
    except (ValueError, TypeError, AttributeError):
        return {}
