"""What happens in the newsroom: the state is a pure function of (texts, seed, step).

A cycle has seven acts, each kind at least once: publish, a number changed silently, delete, headline edit,
spelling edit, publish, restore. It goes on forever. When all pieces are out, the market bulletin is published.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from sandbox.texts import Piece, bulletin

Kind = Literal["open", "publish", "body", "delete", "headline", "spelling", "restore"]
CYCLE: tuple[Kind, ...] = ("publish", "body", "delete", "headline", "spelling", "publish", "restore")
OPENING = 12  # pieces that are out on the first day, besides those of the seed files
FIRST_ID = 101


@dataclass(frozen=True, slots=True)
class Article:
    """One article as it stands. The step numbers say when; the forms say how often it was edited."""

    id: int
    piece: Piece
    published: int  # step; 0: before the newsroom opened
    modified: int  # step the site admits to
    touched: int  # step of the last act on it, admitted or not
    live: bool = True
    title_form: int = 0
    body_form: int = 0
    spelling: int = 0

    @property
    def slug(self) -> str:
        return self.piece.slug

    @property
    def title(self) -> str:
        return self.piece.title(self.title_form)

    @property
    def paragraphs(self) -> tuple[str, ...]:
        return self.piece.body(self.body_form, self.spelling)


@dataclass(frozen=True, slots=True)
class State:
    step: int
    articles: tuple[Article, ...]
    kind: Kind  # of the act that led here
    article: int  # its article's id, 0 for the opening

    @property
    def live(self) -> tuple[Article, ...]:
        """What the site shows, newest first."""
        return tuple(sorted((a for a in self.articles if a.live), key=lambda a: (a.published, -a.id), reverse=True))

    def by_id(self, number: int) -> Article:
        return next(a for a in self.articles if a.id == number)


def state(texts: Sequence[Piece], seed: int, step: int) -> State:
    """The newsroom after `step` acts."""
    current = opening(texts, seed)
    for _ in range(step):
        current = after(current, texts, seed)
    return current


def opening(texts: Sequence[Piece], seed: int) -> State:
    """Step 0: the pieces of the seed files and twelve others."""
    first = [*_order(texts, seed)[:OPENING], *(p for p in texts if p.for_seed)]
    articles = tuple(Article(FIRST_ID + n, piece, published=0, modified=0, touched=0) for n, piece in enumerate(first))
    return State(0, articles, "open", 0)


def after(before: State, texts: Sequence[Piece], seed: int) -> State:
    """The state after one more act."""
    step = before.step + 1
    kind = CYCLE[(step - 1) % len(CYCLE)]
    if kind == "publish":
        new = Article(before.articles[-1].id + 1, _next_piece(before, texts, seed), published=step, modified=step, touched=step)
        return State(step, (*before.articles, new), kind, new.id)
    old = chosen(before, kind, seed)
    new = _act(old, kind, step)
    return State(step, tuple(new if a.id == old.id else a for a in before.articles), kind, new.id)


def chosen(before: State, kind: Kind, seed: int) -> Article:
    """The article that an act of this kind, the next one, happens to: among those that rested longest, by lot."""
    if kind == "restore":
        return next(a for a in before.articles if not a.live)
    able = [a for a in before.articles if a.live and not a.piece.for_seed]
    rested = sorted(able, key=lambda a: (a.touched, a.id))[: max(4, len(able) // 2)]
    return random.Random(f"{seed} {before.step + 1}").choice(rested)


def _act(old: Article, kind: Kind, step: int) -> Article:
    match kind:
        case "body":  # silent: the site admits to nothing
            return replace(old, body_form=old.body_form + 1, touched=step)
        case "spelling":
            return replace(old, spelling=old.spelling + 1, touched=step)
        case "headline":
            return replace(old, title_form=old.title_form + 1, touched=step, modified=step)
        case "delete" | "restore":
            return replace(old, live=kind == "restore", touched=step)
    raise ValueError(kind)


def _order(texts: Sequence[Piece], seed: int) -> list[Piece]:
    plain = [p for p in texts if not p.for_seed]
    random.Random(f"{seed} order").shuffle(plain)
    return plain


def _next_piece(before: State, texts: Sequence[Piece], seed: int) -> Piece:
    out = {a.piece.name for a in before.articles}
    waiting = [p for p in _order(texts, seed) if p.name not in out]
    return waiting[0] if waiting else bulletin(1 + sum(name.startswith("bulletin-") for name in out))
