"""The ways out to people within Airflow: those of archive.steps.tell, the mail by Airflow's own notifier and connection.

Kept out of DAG parsing by `.airflowignore`.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any

from airflow.sdk import BaseNotifier

from archive.errors import TryAgain
from archive.settings import Settings
from archive.steps import tell


def mail(message: Mapping[str, Any], to: tuple[str, ...]) -> BaseNotifier:
    """The message as a mail, by Airflow's own notifier. Only its `notify` may be called, or the text is read as a template."""
    from airflow.providers.smtp.notifications.smtp import SmtpNotifier

    subject = str(message.get("subject") or message["text"]).partition("\n")[0]
    page = f"<pre>{html.escape(message['text'])}</pre>"
    return SmtpNotifier(to=list(to), subject=" ".join(subject.split())[:200], html_content=page)


def ways(given: Settings, context: Any) -> dict[str, tell.Way]:
    """Every way that is set, by name. The mail goes by WARRAQ_SMTP where that is set: it does not need Airflow's database."""
    found = tell.ways(given)
    if given.mail and not given.smtp:

        def mailed(message: Mapping[str, Any]) -> str:
            try:
                mail(message, given.mail).notify(context)
            except Exception as error:
                why = "correct the connection smtp_default, or set WARRAQ_SMTP"
                raise TryAgain(f"{type(error).__name__}: {error}", why) from error
            return ""

        found["mail"] = mailed
    return found
