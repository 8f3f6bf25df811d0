"""Which way a text runs, and two texts as paragraphs with marks. Pure; the pages and the evidence bundle print them."""

from __future__ import annotations

import unicodedata
from itertools import groupby

from archive.compare import Span, invisible

CONTEXT = 1  # unchanged paragraphs shown on either side of a change
_RTL = {"ar", "arc", "ckb", "dv", "fa", "he", "ku", "ps", "sd", "syr", "ug", "ur", "yi"}
Piece = tuple[str, str, tuple[str, ...]]  # op, text, invisible characters to be named


def direction(language: str, text: str) -> str:
    """rtl or ltr: of the language if it is known, else of the letters that are the majority."""
    main = language.lower().replace("_", "-").split("-")[0]
    if main:
        return "rtl" if main in _RTL else "ltr"
    letters = [unicodedata.bidirectional(c) for c in text[:2000]]
    right = sum(c in ("R", "AL") for c in letters)
    return "rtl" if right > sum(c == "L" for c in letters) else "ltr"


def blocks(spans: list[Span]) -> list[tuple[str, list[list[Piece]]]]:
    """Paragraphs of pieces, in blocks: ("changed", …), ("near", …) beside a change, ("far", …) to be folded away."""
    paragraphs = _paragraphs(spans)
    changed = [any(op != "equal" for op, _, _ in paragraph) for paragraph in paragraphs]
    kinds = []
    for n, is_changed in enumerate(changed):
        near = any(changed[max(0, n - CONTEXT) : n + CONTEXT + 1])
        kinds.append("changed" if is_changed else "near" if near else "far")
    return [
        (kind, [paragraph for _, paragraph in group])
        for kind, group in groupby(zip(kinds, paragraphs, strict=True), key=lambda pair: pair[0])
    ]


def _paragraphs(spans: list[Span]) -> list[list[Piece]]:
    """The spans cut at line ends. A line end that only one version has, inside text that both have, is shown as ¶."""
    out: list[list[Piece]] = [[]]
    ends: list[str] = []  # op of the line end after each paragraph but the last
    for span in spans:
        for n, part in enumerate(span.text.split("\n")):
            if n:
                ends.append(span.op)
                out.append([])
            out[-1] += pieces(Span(span.op, part))
    for op, before, after in zip(ends, out, out[1:], strict=False):
        if op != "equal" and _shared(before) and _shared(after):
            before.append((op, "¶", ()))
    return [paragraph for paragraph in out if any(text.strip() for _, text, _ in paragraph)]


def _shared(paragraph: list[Piece]) -> bool:
    return any(op == "equal" and text.strip() for op, text, _ in paragraph)


def pieces(span: Span) -> list[Piece]:
    """The span, the spaces at its end apart, so that a mark ends where its word ends."""
    if span.op == "equal":
        return [("equal", span.text, ())] if span.text else []
    word = span.text.rstrip(" \t\xa0")
    marked: list[Piece] = [(span.op, word, tuple(invisible(word)))] if word else []
    spaces = span.text[len(word) :]
    return [*marked, ("equal", spaces, ())] if spaces else marked
