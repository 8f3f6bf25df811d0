"""archive.collate: whole words, both texts letter for letter, and what weighs: numbers, negations, mere spelling."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from archive.collate import NEGATION, NUMBER, SPELLING, collate, count, respelled
from tests.web.pairs import PAIRS


def changed(old: str, new: str, *, fold: bool = False) -> tuple[list[str], list[str]]:
    """What went and what came, in runs."""
    out: dict[str, list[str]] = {"delete": [], "insert": []}
    last = ""
    for piece in collate(old, new, fold=fold):
        if piece.op != "equal" and piece.text.strip():
            if last == piece.op:
                out[piece.op][-1] += piece.text
            else:
                out[piece.op].append(piece.text)
        last = piece.op
    return [text.strip() for text in out["delete"]], [text.strip() for text in out["insert"]]


def marks(old: str, new: str) -> set[tuple[str, str]]:
    return {(piece.text.strip(), mark) for piece in collate(old, new) for mark in piece.marks}


@pytest.mark.parametrize(("name", "old", "new", "went", "came"), PAIRS, ids=[pair[0] for pair in PAIRS])
def test_what_a_reader_would_mark(name: str, old: str, new: str, went: list[str], came: list[str]) -> None:
    assert changed(old, new) == (went, came)


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        ("بلغت 2.5 مليون", "بلغت 25 مليون", {("2.5", NUMBER), ("25", NUMBER)}),
        ("عند -3 درجات", "عند 3 درجات", {("-3", NUMBER), ("3", NUMBER)}),
        ("قُتل خمسة جنود", "قُتل ستة جنود", {("خمسة", NUMBER), ("ستة", NUMBER)}),
        ("بعد ثلاثة أيام", "بعد أيام", {("ثلاثة", NUMBER)}),
        ("ولن تغلق السوق", "وتغلق السوق", {("ولن", NEGATION)}),
        ("أعلن المدير", "اعلن المدير", {("أعلن", SPELLING), ("اعلن", SPELLING)}),
        ("قال ١٢ شاهدا", "قال 12 شاهدا", {("١٢", SPELLING), ("12", SPELLING)}),
        ("جاء 7 من الشرق والغرب معا", "وصل من الشمال 7 عصرا", set()),
    ],
)
def test_what_weighs_is_marked_and_what_stayed_is_not(old: str, new: str, wanted: set[tuple[str, str]]) -> None:
    assert marks(old, new) == wanted


def test_spelling_is_unified_on_demand_and_numbers_never_are() -> None:
    old, new = "أعلن الرئيسُ عن شيءٍ في المديـنة: 2.5 و١٢", "اعلن الرئيس عن شئ في المدينة: 25 و12"
    assert changed(old, new, fold=True) == (["2.5"], ["25"])
    assert respelled(collate(old, new, fold=True)) == 5
    assert respelled(collate(old, old)) == 0


def test_a_rewritten_sentence_is_one_change_not_confetti() -> None:
    went, came = changed("قال الوزير للصحفيين في المطار صباحا", "أكد مصدر رفيع في بيان مقتضب")
    assert (len(went), len(came)) == (1, 1)


def test_a_paragraph_between_takes_the_line_end_after_it() -> None:
    pieces = collate("أول النص\nآخره", "أول النص\nفقرة جديدة\nآخره")
    assert [(piece.op, piece.text) for piece in pieces] == [
        ("equal", "أول النص\n"),
        ("insert", "فقرة جديدة\n"),
        ("equal", "آخره\n"),
    ]


def test_a_paragraph_after_an_edited_one_is_the_paragraph() -> None:
    pieces = collate("ولن تغلق السوق أبوابها.", "وتغلق السوق أبوابها.\nوأضافت أن المواقف مجانية.")
    assert [(piece.op, piece.text) for piece in pieces][-2:] == [
        ("equal", "السوق أبوابها.\n"),
        ("insert", "وأضافت أن المواقف مجانية.\n"),
    ]


def test_words_are_counted_without_signs() -> None:
    assert count("قال: «لا» - 25 %") == 3


texts = st.text(alphabet="ابأإةهُ\u200c\u200f\u202e 12.,،%-\n’a\t\u00a0\u2028", max_size=50)


@given(texts, texts, st.booleans())
@example("1", "1\n", False)
@example("\n\n", "", True)
def test_both_texts_come_back_letter_for_letter(old: str, new: str, fold: bool) -> None:
    pieces = collate(old, new, fold=fold)
    assert "".join(piece.old for piece in pieces) == f"{old}\n"
    assert "".join(piece.new for piece in pieces) == f"{new}\n"
    assert all(not piece.new for piece in pieces if piece.op == "delete")
    assert all(not piece.old for piece in pieces if piece.op == "insert")


def test_what_repeats_a_word_for_ever_is_given_up_on_and_comes_back_whole() -> None:
    old, new = "أول " + "ك " * 3000 + "آخر", "بدء " + "ك " * 2990 + "ختام"
    pieces = collate(old, new)
    assert ("".join(piece.old for piece in pieces), "".join(piece.new for piece in pieces)) == (f"{old}\n", f"{new}\n")
    assert {piece.op for piece in pieces[:-1]} == {"delete", "insert"}
