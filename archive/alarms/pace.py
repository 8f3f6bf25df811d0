"""When a run should have come. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

DAY = timedelta(days=1)


def after(schedule: str, last: datetime) -> datetime:
    """The first time after `last` that a cron expression names, in UTC; a day later where it is none that we can read."""
    from croniter import croniter  # type: ignore[import-untyped]
    from croniter.croniter import CroniterError  # type: ignore[import-untyped]

    try:
        return croniter(schedule, last.astimezone(UTC)).get_next(datetime)  # type: ignore[no-any-return]
    except (CroniterError, ValueError, KeyError):  # `@continuous` and the like: Airflow's own words
        return last + DAY
