"""A message as a mail, without Airflow: RFC 5321 by smtplib, to one server, within a limit of time."""

from __future__ import annotations

import json
import smtplib
import socket
import ssl
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from typing import Any, Literal
from urllib.parse import parse_qs, unquote, urlsplit

from archive.errors import Refused, TryAgain
from archive.steps import post

LIMIT = 30.0  # seconds until a mail is handed over
TAKEN = 90.0  # seconds more until the server says that it took it: RFC 5321, 4.5.3.2.6, since who asks again sooner sends twice
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_LOOKS = "it looks like smtp://user:password@mail.example.org:587?from=warraq@example.org, or smtps://…"


class Unanswered(TryAgain):
    """The server has all of it and did not say whether it took it: at once again would be a second copy."""


@dataclass(frozen=True, slots=True)
class Server:
    """`tls`: from the first byte; by STARTTLS, or not at all; by STARTTLS if it is offered; never."""

    host: str
    port: int
    tls: Literal["first", "starttls", "offered", "never"]
    user: str
    password: str
    sender: str


def server(address: str) -> Server:
    """From WARRAQ_SMTP: `smtp[s]://[user:password@]host[:port][?from=address]`. Refused names the variable, never its text.

    A password goes over TLS only, unless the server is this machine.
    """
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        parts, host, port = urlsplit(""), "", None
    if parts.scheme not in ("smtp", "smtps") or not host:
        raise Refused("WARRAQ_SMTP has something that is no mail server's address", _LOOKS)
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    sender = parse_qs(parts.query).get("from", [""])[0] or _sender(user)
    if parts.scheme == "smtps":
        return Server(host, port or 465, "first", user, password, sender)
    tls: Literal["starttls", "offered", "never"] = "never" if host in _LOOPBACK else "starttls" if user else "offered"
    return Server(host, port or (587 if user else 25), tls, user, password, sender)


def connection(text: str) -> Server:
    """From an Airflow connection of type SMTP in its JSON form (AIRFLOW_CONN_SMTP_DEFAULT), as Airflow's SmtpHook reads it."""
    try:
        fields: Mapping[str, Any] = json.loads(text)
        extra = fields.get("extra") or {}
        extra = json.loads(extra) if isinstance(extra, str) else extra
        host, user = str(fields.get("host") or "localhost"), str(fields.get("login") or "")
        first, starttls = not extra.get("disable_ssl"), not extra.get("disable_tls")
        port = int(fields.get("port") or (465 if first else 587 if starttls else 25))
    except (ValueError, TypeError, AttributeError) as error:
        remedy = "write it as Airflow's JSON of a connection, or set WARRAQ_SMTP"
        raise Refused("AIRFLOW_CONN_SMTP_DEFAULT cannot be read", remedy) from error
    tls: Literal["first", "starttls", "never"] = "first" if first else "starttls" if starttls else "never"
    return Server(host, port, tls, user, str(fields.get("password") or ""), str(extra.get("from_email") or _sender(user)))


def send(one: Server, to: Sequence[str], subject: str, text: str, now: datetime) -> str:
    """Hand it over. "" when every address was taken, else which were not (and at least one was).

    TryAgain when the server does not answer, or says so (4yz); Refused when it will never take it (5yz); Unanswered.
    """
    made, handed, who = _message(one, to, subject, text, now), threading.Event(), f"the mail server at {one.host}"
    silent = Unanswered(f"{who}: it was handed over, and no answer came", "look there; it is told again by the next check")
    end = post.begun(lambda: _deliver(one, made, to, handed))

    def wait() -> str:
        try:
            return end(LIMIT)
        except TimeoutError:
            if not handed.is_set():
                raise
            return end(TAKEN)

    try:
        return post.answered(who, LIMIT, wait)
    except TryAgain:
        if handed.is_set():
            raise silent from None
        raise
    except smtplib.SMTPServerDisconnected as error:
        if handed.is_set():
            raise silent from error
        raise TryAgain(f"{who}: {error}", "is it running? correct WARRAQ_SMTP, or ask its owner") from error
    except smtplib.SMTPException as error:
        code, said = _answer(error)
        what = f"{who}: {f'{code} ' if code else ''}{said}"
        if 500 <= code < 600:
            raise Refused(what, "correct WARRAQ_SMTP or WARRAQ_MAIL, or ask its owner") from error
        raise TryAgain(what, "is it running? correct WARRAQ_SMTP, or ask its owner") from error


def _message(one: Server, to: Sequence[str], subject: str, text: str, now: datetime) -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = one.sender, ", ".join(to), " ".join(_clean(subject).split())
    made["Date"], made["Message-ID"] = format_datetime(now), make_msgid(domain=one.sender.rpartition("@")[2])
    made["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's holiday answers it
    made.set_content(_clean(text))
    return made


def _deliver(one: Server, made: EmailMessage, to: Sequence[str], handed: threading.Event) -> str:
    """`handed` is set before the first byte of it goes out."""
    if one.tls == "first":
        link: smtplib.SMTP = smtplib.SMTP_SSL(one.host, one.port, timeout=LIMIT, context=ssl.create_default_context())
    else:
        link = smtplib.SMTP(one.host, one.port, timeout=LIMIT)
    send = link.data

    def data(message: Any) -> tuple[int, bytes]:
        handed.set()
        if link.sock is not None:
            link.sock.settimeout(TAKEN)
        return send(message)

    link.data = data  # type: ignore[assignment, method-assign]
    try:
        link.ehlo()
        if one.tls == "starttls" or (one.tls == "offered" and link.has_extn("starttls")):
            link.starttls(context=ssl.create_default_context())
        if one.user:
            link.login(one.user, one.password)
        refused = link.send_message(made, one.sender, list(to))
    finally:
        with suppress(smtplib.SMTPException, OSError):  # it was taken, or was not, whatever is said at the end
            link.quit()
    return "; ".join(f"{who}: {code} {_text(said)}" for who, (code, said) in sorted(refused.items()))


def _answer(error: smtplib.SMTPException) -> tuple[int, str]:
    """(reply code, 0 for none; words)."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        answers = list(error.recipients.values())
        code = min((code for code, _ in answers), default=0)  # one that may pass: worth trying again
        return code, "; ".join(f"{who}: {_text(said)}" for who, (_, said) in sorted(error.recipients.items()))
    if isinstance(error, smtplib.SMTPResponseException):
        return error.smtp_code, _text(error.smtp_error)
    return 0, str(error) or type(error).__name__


def _text(said: bytes | str) -> str:
    words = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return " ".join(words.split())[:200]


def _clean(text: str) -> str:
    """Without lone surrogates, which no charset can say."""
    return text.encode("utf-8", "replace").decode()


def _sender(user: str) -> str:
    return user if "@" in user else f"warraq@{socket.getfqdn()}"
