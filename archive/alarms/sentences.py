"""What evidence is made of: sentences that keep their own keys for the translation, and their own values. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

Sentence = tuple[str, Mapping[str, str]]  # English with names in braces, and their values


def joined(sentences: Iterable[Sentence]) -> Sentence:
    """Several as the evidence of one alarm, one a line; of the second one, `2:name` is the value of `{name}`, and so on."""
    lines, values = list[str](), dict[str, str]()
    for n, (say, own) in enumerate(sentences, 1):
        lines.append(say)
        values |= {name if n == 1 else f"{n}:{name}": value for name, value in own.items()}
    return "\n".join(lines), values


def parts(say: str, values: Mapping[str, str]) -> list[Sentence]:
    """What `joined` was made of. A value that is there for the first line only is not lost on the others."""
    out = list[Sentence]()
    for n, line in enumerate(say.split("\n"), 1):
        own = {name.partition(":")[2]: value for name, value in values.items() if name.startswith(f"{n}:")}
        out.append((line, {**{name: value for name, value in values.items() if ":" not in name}, **own}))
    return out


def minute(when: datetime) -> str:
    """A time as evidence has it."""
    return f"{when.astimezone(UTC):%Y-%m-%d %H:%M}"
