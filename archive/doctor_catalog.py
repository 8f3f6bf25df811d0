"""What `warraq doctor` says of the catalog's database."""

from __future__ import annotations

from archive.doctor import Check
from archive.errors import WarraqError
from archive.settings import Settings

AS_MADE = "createdb -T template0 --locale=C --encoding=UTF8"


def checks(settings: Settings) -> list[Check]:
    """Nothing of SQLite, which has one order only."""
    from archive.catalog import collation

    if settings.catalog.startswith("sqlite"):
        return []
    try:
        return [judge_collation(collation.other(settings.catalog))]
    except WarraqError as error:
        return [Check("catalog", "fail", error.what, error.remedy)]


def judge_collation(other: str) -> Check:
    """`other`: the name of a collation that is not by code point, "" when it is."""
    if not other:
        return Check("catalog", "ok", "PostgreSQL, in the order of code points")
    what = f"PostgreSQL sorts texts by a language ({other}): slower, and outlets that begin alike come in another order"
    return Check("catalog", "warn", what, f"at leisure: {AS_MADE}, name it in WARRAQ_CATALOG, and run warraq rebuild")
