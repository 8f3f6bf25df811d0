"""archive.compare: whole words, both texts recoverable, deletions before insertions."""

from __future__ import annotations

import re
import time

from hypothesis import example, given
from hypothesis import strategies as st

from archive.compare import Span, compare, invisible, words


def changed(old: str, new: str) -> list[tuple[str, str]]:
    return [(span.op, span.text.strip()) for span in compare(old, new) if span.op != "equal"]


def test_one_changed_letter_marks_the_whole_word() -> None:
    assert changed("وصل الوفد إلى المدينه مساء", "وصل الوفد إلى المدينة مساء") == [("delete", "المدينه"), ("insert", "المدينة")]


def test_tashkeel_belongs_to_its_word() -> None:
    assert changed("قال الكاتب", "قالَ الكاتب") == [("delete", "قال"), ("insert", "قالَ")]


def test_a_number_is_one_word() -> None:
    assert changed("ارتفع السعر 2.5 بالمئة", "ارتفع السعر 25 بالمئة") == [("delete", "2.5"), ("insert", "25")]
    assert changed("بلغت ١٬٢٠٠ ليرة", "بلغت ١٬٣٠٠ ليرة") == [("delete", "١٬٢٠٠"), ("insert", "١٬٣٠٠")]


def test_a_comma_is_not_part_of_the_word_before_it() -> None:
    assert changed("قال، ثم مضى", "قال ثم مضى") == [("delete", "،")]


def test_an_invisible_mark_shows_as_a_changed_word() -> None:
    (gone, fresh) = changed("بيان الوزارة", "بيان\u200f الوزارة")
    assert (gone, invisible(gone[1])) == (("delete", "بيان"), [])
    assert (fresh[0], invisible(fresh[1])) == ("insert", ["U+200F"])


def test_equal_texts_have_one_equal_span_and_empty_ones_none() -> None:
    assert compare("سطر\nسطر آخر\n", "سطر\nسطر آخر\n") == [Span("equal", "سطر\nسطر آخر\n")]
    assert compare("", "") == []
    assert compare("", "نص") == [Span("insert", "نص")]
    assert compare("نص", "") == [Span("delete", "نص")]


def test_an_added_paragraph_leaves_the_others_alone() -> None:
    old, new = "الأولى هنا.\nالثالثة هناك.\n", "الأولى هنا.\nالثانية بينهما.\nالثالثة هناك.\n"
    assert compare(old, new) == [
        Span("equal", "الأولى هنا.\n"),
        Span("insert", "الثانية بينهما.\n"),
        Span("equal", "الثالثة هناك.\n"),
    ]


def test_a_long_article_is_compared_in_time() -> None:
    old = "\n".join(f"الفقرة {i} تروي خبرا عن السوق في المدينة وما جاورها من القرى" for i in range(2000))
    start = time.process_time()
    spans = compare(old, old.replace("خبرا", "نبأ"))
    assert time.process_time() - start < 20
    assert "".join(s.text for s in spans if s.op != "delete") == old.replace("خبرا", "نبأ")


texts = st.text(alphabet="ابتمُ\u200c\u200f 12.,،\n-’a\t\u00a0", max_size=60)


@given(texts)
def test_the_words_of_a_text_are_the_text(text: str) -> None:
    assert "".join(words(text)) == text


@given(texts, texts)
@example("1", "1\n")
def test_both_texts_come_back(old: str, new: str) -> None:
    def loose(text: str) -> str:
        return re.sub(r"[^\S\n]+", "", text).removesuffix("\n")

    spans = compare(old, new)
    assert "".join(s.text for s in spans if s.op != "delete") == new
    assert loose("".join(s.text for s in spans if s.op != "insert")) == loose(old)
    assert all(s.text for s in spans)
