"""The ways out to people: a webhook, a mail. And without a catalog: a line, told once a day at most."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from archive.errors import Refused, TryAgain, WarraqError
from archive.settings import Settings
from archive.steps import mail, post
from archive.steps.told import DAY, SOON, Memory

PAUSES = (1.0, 3.0, None)  # seconds between the tries
Message = Mapping[str, Any]  # `text`; `subject`, for a mail; whatever else goes to the webhook
Way = Callable[[Message], str]  # "", or who did not take it although others did; raises when nobody did


@dataclass(frozen=True, slots=True)
class Told:
    """What came of telling: the lines that were new, who took them, who did not and why, whether that is remembered."""

    lines: tuple[str, ...] = ()
    took: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    kept: bool = True


def ways(settings: Settings) -> dict[str, Way]:
    """Every way that is set, by name: `webhook`, `mail`. The mail needs no Airflow, so it fails where no server is known."""
    found: dict[str, Way] = {}
    if settings.webhook:
        found["webhook"] = lambda message: webhook(settings, {k: v for k, v in message.items() if k != "subject"})
    if settings.mail:
        found["mail"] = lambda message: mailed(settings, message)
    return found


def absent(settings: Settings) -> str:
    """Why nobody can be told from outside of Airflow; "" when somebody can."""
    if settings.webhook or (settings.mail and (settings.smtp or settings.smtp_connection)):
        return ""
    if settings.mail:
        return "NOBODY IS TOLD from here: WARRAQ_MAIL is set, and no mail server that can be reached without Airflow"
    return "NOBODY IS TOLD: neither WARRAQ_WEBHOOK nor WARRAQ_MAIL with WARRAQ_SMTP is set"


REMEDY = 'set WARRAQ_WEBHOOK, or WARRAQ_MAIL and WARRAQ_SMTP (docs/OPERATIONS.md, "Alarms")'


def webhook(settings: Settings, body: Message) -> str:
    """Post to WARRAQ_WEBHOOK. TryAgain when nobody took it, Refused when that is no address."""
    address = post.check("WARRAQ_WEBHOOK", settings.webhook)
    data = json.dumps(body, ensure_ascii=False).encode("utf-8", "backslashreplace")  # a lone surrogate: as JSON escapes it

    def ask() -> str:
        answer = post.post(address, data, "application/json; charset=utf-8")
        if 200 <= answer.status < 300:
            return ""
        what = f"the webhook at {post.host(address)} answered {answer.status}"
        raise TryAgain(what, "correct WARRAQ_WEBHOOK, or ask its owner")

    return _tried(ask)


def mailed(settings: Settings, message: Message) -> str:
    """Mail to WARRAQ_MAIL by WARRAQ_SMTP, or by the connection of Airflow's that the environment holds."""
    if not settings.smtp and not settings.smtp_connection:
        raise Refused("WARRAQ_MAIL is set, and no mail server that can be reached without Airflow", "set WARRAQ_SMTP")
    by = mail.server(settings.smtp) if settings.smtp else mail.connection(settings.smtp_connection)
    text = str(message["text"])
    subject = str(message.get("subject") or text.partition("\n")[0])[:200]
    return _tried(lambda: mail.send(by, settings.mail, subject, text, datetime.now(UTC)))


def _tried(ask: Callable[[], str]) -> str:
    for pause in PAUSES:
        try:
            return ask()
        except TryAgain as error:
            if pause is None or isinstance(error, mail.Unanswered):
                raise
            time.sleep(pause)
    raise AssertionError("PAUSES ends with None")


def send(out: Mapping[str, Way], message: Message) -> tuple[list[str], list[str]]:
    """(who took it, who did not and why), by every way: one that is closed closes no other."""
    took, refused = [], []
    for name, way in out.items():
        try:
            trouble = way(message)
            took.append(name)
        except WarraqError as error:
            trouble = str(error)
        except Exception as error:  # noqa: BLE001 -- whatever it is, the next way must be tried
            trouble = f"{type(error).__name__}: {error}"
        refused += [f"{name}: {trouble}"[:500]] if trouble else []
    return took, refused


def directly(
    settings: Settings,
    source: str,
    lines: Mapping[str, str],
    now: datetime,
    *,
    more: Mapping[str, Any] | None = None,
    out: Mapping[str, Way] | None = None,
    whole: bool = False,
) -> Told:
    """Tell what the catalog cannot remember: of each of `lines`, by key, at most once a day.

    It is told before it is remembered (archive.steps.told), so a full disk silences nothing. `more`: what else goes to the
    webhook. `out`: the ways, those of `ways` when left out. `whole`: `lines` are all that is wrong, so what is not among them
    is over, and told anew when it comes back (an hour after it was told, at the soonest). Refused or TryAgain when there are
    ways and nobody took it; then nothing counts as told.
    """
    out, memory = ways(settings) if out is None else out, Memory(settings.state, source)
    with memory.alone():
        held = memory.read(now, DAY)
        if whole:
            over = {key for key, when in held.items() if key not in lines and now - when >= SOON}
            held = {key: when for key, when in held.items() if key not in over}
            if over:
                memory.keep(held)
        new = {key: text for key, text in lines.items() if key not in held}
        if not new or not out:
            return Told()  # nobody was told, so nothing is remembered as told
        took, refused = send(out, {**(more or {}), "text": "\n".join(new.values())})
        if not took:
            wrong = Refused if settings_are_wrong(settings) else TryAgain
            raise wrong(f"nobody took it: {'; '.join(refused)}")
        kept = memory.keep({**held, **dict.fromkeys(new, now)})
    return Told(tuple(new.values()), tuple(took), tuple(refused), kept)


def settings_are_wrong(settings: Settings) -> str:
    """Why a way that is set can never work, "" when each may: for whoever asks before anything has to be told."""
    try:
        if settings.webhook:
            post.check("WARRAQ_WEBHOOK", settings.webhook)
        if settings.smtp:
            mail.server(settings.smtp)
        elif settings.smtp_connection and settings.mail:
            mail.connection(settings.smtp_connection)
    except Refused as error:
        return str(error)
    return ""
