"""Digests: T sees every letter, K the skeleton, and number tokens and negations what K cannot see."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.digest import digests, fold_space, negation_tokens, number_tokens, skeleton, tokens

SENTENCE = "قال المتحدث إن عدد المشاركين بلغ 2.5 مليون، وإن الحفل لا بد أن يتأخر."
WORDS = st.lists(st.text(st.sampled_from("ابتثجحخدرسعفقكلمنهوي"), min_size=1, max_size=7), min_size=3, max_size=40)
INVISIBLE = st.sampled_from("\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u2066\u2069\ufeff\u00ad")
MARKS = st.sampled_from("\u064b\u064c\u064d\u064e\u064f\u0650\u0651\u0652\u0670\u0640")
SPACES = st.sampled_from([" ", "\n", "\u00a0", "  ", "\t", "\u2009", "\r\n", "\u3000"])


def inserted(text: str, piece: str, at: int) -> str:
    at %= len(text) + 1
    return text[:at] + piece + text[at:]


@given(WORDS, SPACES)
def test_t_folds_white_space_and_nothing_else(words: list[str], space: str) -> None:
    assert digests(space.join(words)).t == digests(" ".join(words)).t
    assert digests("".join(words)).t != digests(" ".join(words)).t


@given(WORDS, INVISIBLE, st.integers(0))
def test_t_sees_an_invisible_letter_and_k_does_not(words: list[str], piece: str, at: int) -> None:
    before = " ".join(words)
    after = inserted(before, piece, at)
    assert digests(after).t != digests(before).t
    assert digests(after).same_sense(digests(before))


@given(WORDS, MARKS, st.integers(0))
def test_marks_and_tatweel_change_t_alone(words: list[str], mark: str, at: int) -> None:
    before = " ".join(words)
    after = inserted(before, mark, at)
    assert digests(after).t != digests(before).t
    assert digests(after).same_sense(digests(before))


@given(WORDS, st.integers(0))
def test_a_dropped_word_changes_k(words: list[str], at: int) -> None:
    at %= len(words)
    assert digests(" ".join(words)).k != digests(" ".join(words[:at] + words[at + 1 :])).k


@given(WORDS, st.integers(0))
def test_a_dropped_negation_is_told(words: list[str], at: int) -> None:
    with_it = [*words[: at % len(words)], "لا", *words[at % len(words) :]]
    before, after = digests(" ".join(with_it)), digests(" ".join(words))
    assert before.negations != after.negations
    assert not before.same_sense(after)


@given(st.text())
def test_t_is_blind_to_the_normal_form(text: str) -> None:
    assert digests(unicodedata.normalize("NFD", text)).t == digests(unicodedata.normalize("NFC", text)).t


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold_space(fold_space(text)) == fold_space(text)
    assert "".join(tokens(text)) == skeleton(text)
    assert tokens(" ".join(tokens(text))) == tokens(text)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("بلغت 2.5 مليون", "بلغت 25 مليون"),
        ("بلغت ٢٫٥ مليون", "بلغت ٢٥ مليون"),
        ("الحرارة -3 درجات", "الحرارة 3 درجات"),
        ("الحرارة \u22123 درجات", "الحرارة 3 درجات"),
        ("ارتفع 5%", "ارتفع 5"),
        ("قيمتها $5", "قيمتها 5"),
        ("بين 10-12 يوما", "بين 1012 يوما"),
        ("عند الساعة 10:30", "عند الساعة 1030"),
        ("لا بد من ذلك", "لابد من ذلك"),
        ("ولا يزال هناك", "ولايزال هناك"),
    ],
)
def test_what_the_skeleton_is_blind_to_still_changes_the_sense(before: str, after: str) -> None:
    assert digests(before).k == digests(after).k
    assert not digests(before).same_sense(digests(after))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("«نعم» قال", '"نعم" قال'),
        ("إلى المدرسةِ", "إلى المدرسة"),
        ("علي الطريق", "على الطريق"),
        ("کتاب فارسی", "كتاب فارسي"),
        ("بلغ ٢٫٥ مليون", "بلغ 2.5 مليون"),
        ("بلغ 1,000 طن", "بلغ 1000 طن"),
        ("بلغ ٥٪", "بلغ 5 %"),
        ("بين 10 – 12", "بين 10-12"),
        ("جمـيـل", "جميل"),
        ("نص ، وآخر", "نص، وآخر"),
    ],
)
def test_spelling_changes_t_and_no_sense(before: str, after: str) -> None:
    assert digests(before).t != digests(after).t
    assert digests(before).same_sense(digests(after))


def test_number_tokens_keep_sign_separator_range_and_unit() -> None:
    text = "من -3 إلى 10–12، و٢٫٥٪ و$40 و1٬250 في 2018/2019؛ كوفيد-19"
    assert number_tokens(text) == ["-3", "10-12", "2.5%", "$40", "1250", "2018/2019", "19"]


def test_negations_come_in_order() -> None:
    assert negation_tokens(tokens("لم يحضر، ولن يحضر؛ وليس هناك غير ذلك، لا شك.")) == ["لم", "ولن", "وليس", "غير", "لا"]


def test_digests_stay_what_they_are() -> None:
    """Frozen: another value here makes every stored digest incomparable, so archive.digest.RECIPE must change with it."""
    found = digests(SENTENCE)
    assert (found.t, found.k) == ("d76271dccd1f45d34dc9fa1fb2f1d85c", "bbd64add21ad5e86035c7ba602205c92")
    assert (found.numbers, found.negations) == ("b8736b999909049671d0ea075a42b308", "2bd073516a87c4092e24379fd4953cee")


def test_every_negating_word_is_found_as_the_folded_text_spells_it() -> None:
    for word in ("لا", "وليس", "بدون", "not", "نه", "نیست"):
        words = tokens(f"قال {word} قال")
        assert len(negation_tokens(words)) == 1, word
