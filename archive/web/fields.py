"""The fields of a form, from what a DAG says of its parameters, and the parameters from what was put into it. Pure.

A parameter is what Airflow's REST API says of it: `value` (the default), `description` and `schema`, which is JSON Schema
(draft 2020-12, validation) with Airflow's own `format: multiline`, `values_display` and `section`. One whose schema says
`private: true` takes a reference only (its pattern); its field takes the text itself, which `forms` keeps apart.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from archive import reasons

LONGEST = 20_000  # characters of one field
# What is wrong with a field; the Arabic is in arabic/forms.toml.
FILL_IN, NOT_SO, TOO_LONG = "Fill this in.", "This is not written as it should be.", "This is too long."
NO_NUMBER, NOT_OFFERED, NO_JSON = "A number.", "Not one of these.", "This is no JSON."
PRIVATE = "Kept with the act. It stands in no log, and the run in Airflow says only where it is kept."
_KINDS = {"boolean": "check", "integer": "number", "number": "number", "array": "list", "object": "json"}


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `kind`: text, lines, check, number, choice, date, list (a value a line), json or private."""

    name: str
    title: str
    about: str
    kind: str
    value: str  # what stands in it; of a check "on" or ""
    required: bool = False
    choices: tuple[tuple[str, str], ...] = ()  # (value, what is shown)
    least: str = ""
    most: str = ""
    error: str = ""  # why what was put in cannot be taken


def fields(
    params: Mapping[str, Mapping[str, Any]], given: Mapping[str, str], errors: Mapping[str, str] | None = None
) -> list[Field]:
    """The fields in the DAG's order. `given`: what is to stand in them, by name; else the default does."""
    return [_field(name, one, given.get(name), (errors or {}).get(name, "")) for name, one in params.items()]


def conf(params: Mapping[str, Mapping[str, Any]], sent: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """The parameters of the run, and what is wrong, by name. What was sent and is no parameter is left out."""
    made: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for name, one in params.items():
        made[name], why = _value(one, sent.get(name, ""))
        if why:
            wrong[name] = why
    return made, wrong


def _field(name: str, param: Mapping[str, Any], given: str | None, error: str) -> Field:
    schema = _schema(param)
    kind = _kind(schema)
    shown = schema.get("values_display") or {}
    return Field(
        name,
        str(schema.get("title") or name.replace("_", " ").capitalize()),
        PRIVATE if kind == "private" else str(param.get("description") or schema.get("description") or ""),
        kind,
        _spell(param.get("value"), kind) if given is None else _tick(given) if kind == "check" else given[:LONGEST],
        required=kind != "check" and _needed(schema),
        choices=tuple((_text(one), str(shown.get(_text(one), _text(one)))) for one in _choices(schema)),
        least=_text(schema.get("minimum")),
        most=_text(schema.get("maximum")),
        error=error,
    )


def _value(param: Mapping[str, Any], text: str) -> tuple[Any, str]:
    """(the parameter's value, what is wrong with it)."""
    schema, kind = _schema(param), _kind(_schema(param))
    text = text.replace("\r\n", "\n").strip()
    if kind == "check":
        return bool(_tick(text)), ""
    if not text:
        return _nothing(schema, kind)
    if "\0" in text:  # neither a database nor a command takes it
        return None, NOT_SO
    if len(text) > LONGEST:
        return None, TOO_LONG
    return _READ.get(kind, _words)(schema, text)


def _words(schema: Mapping[str, Any], text: str) -> tuple[Any, str]:
    long = not schema.get("minLength", 0) <= len(text) <= schema.get("maxLength", LONGEST)
    return text, NOT_SO if long or not _fits(schema, text) else ""


def _choice(schema: Mapping[str, Any], text: str) -> tuple[Any, str]:
    held = [one for one in _choices(schema) if _text(one) == text]
    return (held[0], "") if held else (None, NOT_OFFERED)


def _lines(_: Mapping[str, Any], text: str) -> tuple[Any, str]:
    return [line.strip() for line in text.split("\n") if line.strip()], ""


def _nothing(schema: Mapping[str, Any], kind: str) -> tuple[Any, str]:
    if _needed(schema):
        return None, FILL_IN
    if "null" in _types(schema):
        return None, ""
    return {"list": [], "json": {}}.get(kind, ""), ""


def _number(schema: Mapping[str, Any], text: str) -> tuple[Any, str]:
    try:
        value = int(text) if "integer" in _types(schema) else float(text)
    except ValueError:
        return None, NO_NUMBER
    within = schema.get("minimum", value) <= value <= schema.get("maximum", value)  # not so of a NaN
    return value, "" if within else NOT_SO


def _json(_: Mapping[str, Any], text: str) -> tuple[Any, str]:
    try:
        return json.loads(text), ""
    except ValueError:
        return None, NO_JSON


def _apart(_: Mapping[str, Any], text: str) -> tuple[Any, str]:
    return text, TOO_LONG if len(text) > reasons.LONGEST else ""


def private(params: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Names of the parameters whose text is kept apart."""
    return [name for name, one in params.items() if _kind(_schema(one)) == "private"]


_READ = {"private": _apart, "choice": _choice, "number": _number, "list": _lines, "json": _json}


def _schema(param: Mapping[str, Any]) -> Mapping[str, Any]:
    return param.get("schema") or {}


def _types(schema: Mapping[str, Any]) -> Sequence[str]:
    said = schema.get("type", "string")
    return [said] if isinstance(said, str) else said


def _kind(schema: Mapping[str, Any]) -> str:
    if schema.get("private"):
        return "private"
    if _choices(schema):
        return "choice"
    for one in _types(schema):
        if one in _KINDS:
            return _KINDS[one]
    return {"multiline": "lines", "date": "date"}.get(str(schema.get("format", "")), "text")


def _choices(schema: Mapping[str, Any]) -> list[Any]:
    return [one for one in schema.get("enum", ()) if one is not None]


def _needed(schema: Mapping[str, Any]) -> bool:
    """Whether an empty field would be refused."""
    if "null" in _types(schema):
        return False
    if _kind(schema) in ("list", "json"):
        return bool(schema.get("minItems") or schema.get("minProperties"))
    return _kind(schema) in ("number", "choice") or schema.get("minLength", 0) > 0 or not _fits(schema, "")


def _fits(schema: Mapping[str, Any], text: str) -> bool:
    return re.search(schema.get("pattern", ""), text) is not None


def _tick(text: str) -> str:
    return "on" if text.strip().lower() in ("on", "true", "1", "yes") else ""


def _spell(value: Any, kind: str) -> str:
    if kind == "check":
        return "on" if value else ""
    if kind == "list":
        return "\n".join(map(str, value or ()))
    if kind == "json":
        return json.dumps(value, ensure_ascii=False, indent=1) if value else ""
    return _text(value)


def _text(value: Any) -> str:
    return "" if value is None else str(value)
