"""What `warraq doctor` says of the ways out: who is told of alarms, who hears the heartbeat, who reads the figures.

As in archive.doctor, the `judge_…` functions decide and are pure.
"""

from __future__ import annotations

from archive.doctor import Check
from archive.errors import Refused
from archive.settings import Settings
from archive.steps import mail, tell
from archive.steps.post import host


def checks(settings: Settings) -> list[Check]:
    token = [_token(settings)] if settings.metrics_token else []
    return [judge_telling(settings, tell.settings_are_wrong(settings)), *token]


def judge_telling(settings: Settings, wrong: str) -> Check:
    """`wrong`: why a way that is set can never work."""
    if wrong:
        what, _, remedy = wrong.partition(" — ")
        return Check("telling", "fail", what, remedy)
    missing = tell.absent(settings)
    if not missing:
        return Check(
            "telling", "ok", f"alarms go to {', '.join(_ways(settings))}; `warraq status --tell` tells the same people"
        )
    if settings.sandbox and not settings.mail:
        return Check("telling", "ok", "nobody is told of alarms; in the sandbox nobody has to be")
    if settings.mail:
        what = "WARRAQ_MAIL goes through Airflow's connection smtp_default alone: NOBODY IS TOLD that Airflow itself is dead"
        return Check("telling", "warn", what, "set WARRAQ_SMTP, or a webhook, for what is told from outside of Airflow")
    heard = "; only the heartbeat's absence is noticed" if settings.heartbeat else ""
    return Check("telling", "warn", f"{missing}{heard}", tell.REMEDY)


def _ways(settings: Settings) -> list[str]:
    found = [f"the webhook at {host(settings.webhook)}"] if settings.webhook else []
    if settings.mail:
        by = "Airflow's connection smtp_default alone"
        if settings.smtp or settings.smtp_connection:
            by = (mail.server(settings.smtp) if settings.smtp else mail.connection(settings.smtp_connection)).host
        found.append(f"{', '.join(settings.mail)} by {by}")
    return found


def _token(settings: Settings) -> Check:
    from archive.web import scrape

    assert settings.metrics_token is not None  # noqa: S101 -- for the type checker
    try:
        scrape.token(settings.metrics_token)
    except Refused as error:
        return Check("metrics token", "warn", f"{error.what}: nobody reads /warraq/metrics with it", error.remedy)
    return Check("metrics token", "ok", f"{settings.metrics_token} lets Prometheus read /warraq/metrics, and nothing else")
