"""The outlet file as text: TOML with the reason of each value as a comment; and a look at what it would find. Pure."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from archive import channels
from archive.address import host_of
from archive.outlet import Layout, Outlet
from archive.survey.documents import Gathered, items, strong

_WIDTH = 118
_SECOND = frozenset(("co", "com", "org", "net", "gov", "edu", "ac", "info"))


@dataclass(frozen=True, slots=True)
class Field:
    """One key of the outlet file. `guessed`: a person should look."""

    key: str
    value: Any
    why: str
    guessed: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """What a survey decided, and what it saw. `layout_why` says why there is one, or none."""

    fields: tuple[Field, ...]
    layout: Layout | None
    layout_why: str
    found: tuple[str, ...]
    notes: tuple[str, ...] = ()  # reasons of what was left out

    @property
    def unchecked(self) -> tuple[str, ...]:
        return (*(one.key for one in self.fields if one.guessed), *(("layouts",) if self.layout else ()))


def name_of(url: str) -> str:
    """An outlet name from the address's host: `https://www.mena-monitor.org/` is `mena_monitor`."""
    host = host_of(url).partition(":")[0]
    labels = [label for label in re.split(r"[^a-z0-9]+", host.lower()) if label]
    if "." in host and not re.fullmatch(r"[\d.]+", host):
        parts = host.split(".")
        parts = parts[:-1] if len(parts) < 3 or parts[-2] not in _SECOND else parts[:-2]
        labels = [label for part in parts for label in re.split(r"[^a-z0-9]+", part.lower()) if label]
    name = "_".join(labels)
    if port := urlsplit(url).port:
        name += f"_{port}"
    return (name if re.match("[a-z]", name) else f"site_{name}")[:40].rstrip("_")


def written(decision: Decision, day: str) -> str:
    """The text of the outlet file. `day`: when the site was looked at."""
    title = next((str(one.value) for one in decision.fields if one.key == "title"), "")
    lines = [f"# {_plain(title)}. Written by `warraq outlets add` on {day}; see outlets/README.md for the keys.", ""]
    for one in decision.fields:
        lines += _line(f"{one.key} = {_toml(one.value)}", one.why + (" (to be checked)" if one.guessed else ""))
    for note in decision.notes:
        lines += _comment(note)
    lines.append("")
    if decision.unchecked:
        lines.append("# Guessed from a few pages. Look, correct, and take them out of this list.")
        lines.append(f"unchecked = {_toml(decision.unchecked)}")
    if decision.layout is None:
        lines += _comment(f"No layouts: {decision.layout_why}.")
    else:
        lines += ["", *_comment(f"{decision.layout_why}. A page without it stays unread until somebody looks."), "[[layouts]]"]
        keys = ("name", "match", "drop_lines")
        lines += [f"{key} = {_toml(value)}" for key in keys if (value := getattr(decision.layout, key))]
    return "\n".join(lines) + "\n"


def review(decision: Decision, outlet: Outlet, gathered: Gathered) -> list[str]:
    """What a person should look at: what was guessed, and what the site's lists name that the outlet as written leaves out."""
    told = [f"{one.key} = {_toml(one.value)}: {one.why}" for one in decision.fields if one.guessed]
    called = {item["url"] for _, item in strong(gathered)}
    scope = channels.scope_of(outlet)
    missed = sorted(url for url in called if not scope.article(url, trusted=True))
    if missed:
        told.append(f"{len(missed)} of {len(called)} articles that its lists name do not fit `article`: {unquote(missed[0])}")
    whole = {item["url"] for one in gathered.good("sitemap") for item in items(one, gathered)}
    left = sorted({url for url in whole if not scope.article(url, trusted=True)} - called)
    if left:
        few = ", ".join(map(unquote, left[:3]))
        told.append(f"{len(left)} of {len(whole)} addresses in its sitemaps are taken for no articles: {few}")
    if not any(row["url"] for row in _taken(outlet, gathered)):
        told.append("no list that was seen shows an article by these rules: a run would find nothing")
    if decision.layout is not None:
        told.append(f"layouts: {decision.layout_why}")
    return told


def _taken(outlet: Outlet, gathered: Gathered) -> Iterator[dict[str, Any]]:
    kinds = {"section": "archive", "home": "home"}
    for one in gathered.good("home", "rest", "feed", "sitemap", "section"):
        yield from channels.parse(kinds.get(one.kind, one.kind), one.url, one.headers, one.body, outlet).items


def _plain(text: str) -> str:
    """Without what would end a comment, or hide in it: the text is the site's."""
    clean = "".join(" " if unicodedata.category(c)[0] in "ZC" and c not in "\u200c\u200d" else c for c in text)
    return " ".join(clean.split())


def _line(line: str, why: str) -> list[str]:
    """A key with its reason: behind it where there is room, else above."""
    short = f"{line}  # {_plain(why)}"
    return [short] if len(short) <= _WIDTH and "\n" not in line else [*_comment(why), line]


def _comment(text: str) -> list[str]:
    lines = [""]
    for word in _plain(text).split():
        if lines[-1] and len(lines[-1]) + len(word) >= _WIDTH:
            lines.append("")
        lines[-1] += f" {word}"
    return [f"#{line}" for line in lines if line]


def _toml(value: Any) -> str:
    """A value as TOML 1.0: literal strings where they can be, since regular expressions read better so."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return f"{float(value):g}"
    if isinstance(value, (tuple, list)):
        rows = [_toml(one) for one in value]
        line = f"[{', '.join(rows)}]"
        return line if len(line) <= _WIDTH else "[\n" + "".join(f"  {row},\n" for row in rows) + "]"
    text = "".join(c for c in str(value) if unicodedata.category(c) not in ("Cc", "Cs", "Zl", "Zp"))
    return f"'{text}'" if "'" not in text and ("\\" in text or '"' in text) else json.dumps(text, ensure_ascii=False)
