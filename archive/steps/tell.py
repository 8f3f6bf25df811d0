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


def directly(
    settings: Settings, source: str, lines: Mapping[str, str], now: datetime, more: Mapping[str, Any] | None = None
) -> list[str]:
    """Tell what the catalog cannot remember: of each of `lines`, by key, at most once a day; what was told now.

    `told-<source>.json` of the state folder remembers. `more`: what else goes into the message. Raises as `webhook` does; then
    nothing counts as told.
    """
    settings.state.mkdir(parents=True, exist_ok=True)
    with (settings.state / f"told-{source}.json").open("a+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        held = {key: when for key, when in _read(file.read()).items() if now - when < DAY}
        new = {key: text for key, text in lines.items() if key not in held}
        if not new:
            return []
        if not settings.webhook:
            return []  # nobody was told, so nothing is remembered as told
        webhook(settings, {**(more or {}), "text": "\n".join(new.values())})
        file.seek(0)
        file.truncate()
        file.write(json.dumps({key: when.isoformat() for key, when in (held | dict.fromkeys(new, now)).items()}))
    return list(new.values())


def _read(text: str) -> dict[str, datetime]:
    """What was told when. A file that was cut short is forgotten: then it is told once more."""
    try:
        return {str(key): datetime.fromisoformat(when) for key, when in json.loads(text or "{}").items()}
    except (ValueError, TypeError, AttributeError):
        return {}
