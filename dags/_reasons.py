"""The field "why" of a form, on its way past everybody who may look at a run: its parameters, its log, what started it.

Kept out of DAG parsing by `.airflowignore`, as `_steps.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow.sdk import Param
from airflow.sdk.exceptions import AirflowFailException

from archive import reasons, settings
from archive.errors import Refused

WORDS = ("court order", "investigation", "request", "threat")  # what may be said of a reason where everybody reads it
WHY = (
    "Everybody with an account can read what is put here: write no names. One of: court order, investigation, request, threat. "
    "Whole sentences only in the form under /warraq/do, which keeps them apart."
)


def reason(*, needed: bool) -> Param:
    """The field "why" of a form. What is put into a run is shown to everybody who may look, so it is a reference or a word.

    Our own form (archive/web/fields.py, `private`) takes whole sentences and keeps them apart (archive/reasons.py).
    """
    pattern = f"^ *({'|'.join((reasons.REFERENCE, *WORDS))}) *$"
    return Param(
        "" if needed else None,
        type="string" if needed else ["null", "string"],
        pattern=pattern,
        private=True,
        title="Why",
        description=WHY,
    )


def because(params: Mapping[str, Any]) -> dict[str, str]:
    """The reason of a form's field, as the command reads it: in its environment, for command lines are logged and listed."""
    said = (params.get("reason") or "").strip()
    if not said:
        return {}
    try:
        kept = said if said in WORDS else reasons.read(settings.from_environment().state, said)
    except Refused as error:
        raise AirflowFailException(str(error)) from error
    return {"WARRAQ_REASON": kept}
