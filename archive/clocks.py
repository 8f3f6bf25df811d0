"""The clocks of the world: the rules of the `tzdata` package, which the lock pins, not those that a machine happens to have.

Zones change their rules a few times a year (Syria left summer time in 2022), so dates depend on the release: its version is
part of every rules id, and two machines read the same hour of the same page.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import tzdata  # type: ignore[import-untyped]


@cache
def named_clock(name: str) -> ZoneInfo:
    """The zone of an IANA name; ZoneInfoNotFoundError when there is none."""
    parts = name.split("/")
    if not all(part and part.replace("_", "").replace("-", "").replace("+", "").isalnum() for part in parts):
        raise ZoneInfoNotFoundError(f"no time zone: {name!r}")
    try:
        with resources.files("tzdata.zoneinfo").joinpath(*parts).open("rb") as data:
            return ZoneInfo.from_file(data, key=name)
    except (OSError, ValueError) as error:
        raise ZoneInfoNotFoundError(f"no time zone: {name!r}") from error


def release() -> str:
    """The release of the IANA database, as `2026f`."""
    return str(tzdata.IANA_VERSION)
