"""The newsroom's texts: one file per piece in `pieces/`.

A file has header lines (`title:` twice, `section:`, `author:`, `tags:`), an empty line, then paragraphs.
`[[12|17|14]]` is a number that the newsroom changes silently: an edit takes the next one.
`bulletin.tmpl` is the piece it goes on with when every other one is published.
"""

from __future__ import annotations

import random
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

FOLDER = Path(__file__).resolve().parent / "pieces"
SEEDS = Path(__file__).resolve().parent / "seeds"
NAME = "صحيفة وادي الأجراس"
MOTTO = "أخبار وادٍ متخيَّل: كل ما فيه من أماكن وأسماء من صنع الخيال"

_CHOICE = re.compile(r"\[\[([^\]]*)\]\]")
_SLUG_BYTES = 200  # WordPress cuts a slug at 200 bytes of percent-encoding


@dataclass(frozen=True, slots=True)
class Piece:
    """One text with all the forms it may take."""

    name: str
    titles: tuple[str, ...]
    section: str
    author: str
    tags: tuple[str, ...]
    paragraphs: tuple[str, ...]

    @property
    def for_seed(self) -> bool:
        """Whether a seed file holds this text. Such a piece is published at once and never deleted."""
        return self.name.startswith("seed-")

    def title(self, form: int) -> str:
        """The headline after `form` edits: it alternates between the two, and its number moves on."""
        return _choose(self.titles[form % len(self.titles)], form // len(self.titles))

    def body(self, form: int, spelling: int) -> tuple[str, ...]:
        """The paragraphs after `form` changes of numbers; an odd `spelling` is the other orthography."""
        chosen = tuple(_choose(paragraph, form) for paragraph in self.paragraphs)
        return tuple(map(respell, chosen)) if spelling % 2 else chosen

    @property
    def slug(self) -> str:
        return slug(self.title(0))


def load(folder: Path = FOLDER) -> tuple[Piece, ...]:
    """Every piece, in the order of the file names."""
    return tuple(parse(path.stem, path.read_text("utf-8")) for path in sorted(folder.glob("*.txt")))


def parse(name: str, text: str) -> Piece:
    """The piece in `text`; ValueError names what is missing in it."""
    head, _, body = text.partition("\n\n")
    fields: dict[str, list[str]] = {}
    for line in head.splitlines():
        key, _, value = line.partition(":")
        fields.setdefault(key.strip(), []).append(value.strip())
    if missing := {"title", "section", "author", "tags"} - fields.keys():
        raise ValueError(f"{name}: no {', '.join(sorted(missing))}")
    return Piece(
        name=name,
        titles=tuple(fields["title"]),
        section=fields["section"][0],
        author=fields["author"][0],
        tags=tuple(tag.strip() for tag in fields["tags"][0].split("،")),
        paragraphs=tuple(p.strip() for p in body.strip().split("\n\n")),
    )


def bulletin(number: int, folder: Path = FOLDER) -> Piece:
    """The market bulletin with this number: the same prices every time."""
    prices = random.Random(f"bulletin {number}")
    values = {key: str(prices.randint(11, 48)) for key in "abcdefgh"}
    text = (folder / "bulletin.tmpl").read_text("utf-8")
    for key, value in {"number": str(number), **values}.items():
        text = text.replace(f"{{{key}}}", value)
    return parse(f"bulletin-{number}", text)


def respell(text: str) -> str:
    """Another orthography of the same words: straight quotes, and tanween left out. No letter or number changes."""
    return text.replace("«", '"').replace("»", '"').replace("\N{ARABIC FATHATAN}", "")


def slug(title: str) -> str:
    """An address as WordPress makes it of an Arabic headline: words and hyphens, cut at 200 encoded bytes."""
    words = re.findall(r"\w+", "".join(c for c in title if not unicodedata.combining(c)))
    kept: list[str] = []
    for word in words:
        if len(quote("-".join([*kept, word]))) > _SLUG_BYTES:
            break
        kept.append(word)
    return "-".join(kept)


def _choose(text: str, form: int) -> str:
    def pick(match: re.Match[str]) -> str:
        choices = match[1].split("|")
        return choices[form % len(choices)]

    return _CHOICE.sub(pick, text)
