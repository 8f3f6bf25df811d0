"""How Airflow is, by its own word: GET /api/v2/monitor/health (public, no login). Needs no Airflow on this side."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from datetime import datetime, timedelta
from http.client import HTTPException
from typing import Any

PATIENCE, PAUSE = 15.0, 2.0  # seconds for an answer; until it is asked for once more
BEAT = timedelta(minutes=5)  # without one: a restart takes less
PARTS = ("scheduler", "dag_processor", "triggerer")
_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # it is this machine, or one beside it


def parts(url: str, now: datetime, most: timedelta = BEAT) -> dict[str, str]:
    """Part of Airflow → why it is not well, "" when it is. `most`: the longest that a part may be silent."""
    try:
        return judge(_asked(f"{url}/api/v2/monitor/health"), now, most)
    except urllib.error.HTTPError as error:
        return {"api-server": f"{url} answers {error.code}"}
    except (OSError, HTTPException, ValueError, TypeError, AttributeError) as error:  # or what answers is no Airflow
        why = getattr(error, "reason", error)
        return {"api-server": f"{url} does not answer ({why}); whether the scheduler beats cannot be asked"}


def judge(health: Mapping[str, Any], now: datetime, most: timedelta = BEAT) -> dict[str, str]:
    """From the answer's fields: `{"scheduler": {"status": …, "latest_scheduler_heartbeat": …}, "metadatabase": …}`."""
    told = {"api-server": ""}
    state = str((health.get("metadatabase") or {}).get("status") or "unknown")
    if state != "healthy":  # then nobody there knows of a heartbeat
        return {**told, "metadatabase": f"Airflow says that its database is {state}"}
    told["metadatabase"] = ""
    for part in PARTS:
        found = health.get(part) or {}
        beat = found.get(f"latest_{part}_heartbeat")
        if found.get("status") is None and beat is None and part != "scheduler":
            continue  # none was ever started: it is not wanted here
        told[part] = _silent(beat, now, most)
    return told


def _silent(beat: Any, now: datetime, most: timedelta) -> str:
    if not beat:
        return "it has never beaten"
    last = datetime.fromisoformat(str(beat))
    if abs(now - last) <= most:
        return ""
    if last > now:
        return f"its last heartbeat is of {last:%Y-%m-%d %H:%M:%S} UTC, which is yet to come: a clock was ahead"
    return f"no heartbeat since {last:%Y-%m-%d %H:%M:%S} UTC, {(now - last).total_seconds() / 60:.0f} minutes ago"


def _asked(address: str) -> Mapping[str, Any]:
    """Once more where there was no answer: one that was slow, or starts anew, is well."""
    try:
        return _ask(address)
    except (OSError, HTTPException):
        time.sleep(PAUSE)
        return _ask(address)


def _ask(address: str) -> Mapping[str, Any]:
    if not address.startswith(("http://", "https://")):
        raise ValueError("WARRAQ_AIRFLOW_URL is no http(s) address")
    with _direct.open(address, timeout=PATIENCE) as answer:
        found = json.load(answer)
    if not isinstance(found, dict):
        raise ValueError("not what Airflow's health looks like")
    return found
