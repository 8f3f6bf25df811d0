"""archive.web.views: direction, folding of what did not change."""

from __future__ import annotations

import pytest

from archive.compare import compare
from archive.web.paragraphs import blocks, direction
from archive.web.views import calm, chips


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("ar", "BBC: خبر", "rtl"),
        ("fa-IR", "x", "rtl"),
        ("en", "خبر", "ltr"),
        ("", "BBC: أعلنت الوزارة", "rtl"),
        ("", "A quote: «لا»", "ltr"),
        ("", "", "ltr"),
    ],
)
def test_direction_is_the_languages_else_the_majoritys(language: str, text: str, expected: str) -> None:
    assert direction(language, text) == expected


def test_what_did_not_change_is_folded_but_for_its_neighbours() -> None:
    old = "\n".join(f"فقرة رقم {n}" for n in range(12))
    new = old.replace("رقم 6", "عدد 6")
    found = blocks(compare(old, new))
    assert [(kind, len(paragraphs)) for kind, paragraphs in found] == [
        ("far", 5),
        ("near", 1),
        ("changed", 1),
        ("near", 1),
        ("far", 4),
    ]


def test_a_paragraph_cut_in_two_shows_where() -> None:
    found = blocks(compare("أول الكلام هنا وآخره هناك", "أول الكلام هنا\nوآخره هناك"))
    assert [kind for kind, _ in found] == ["changed", "near"]
    first, second = (paragraphs[0] for _, paragraphs in found)
    assert first[-1] == ("insert", "¶", ())
    assert "".join(text for _, text, _ in second) == "وآخره هناك"


def test_a_title_cannot_reorder_its_surroundings_but_keeps_its_letters() -> None:
    assert calm("\u202eعنوان\u2066 بحرف\u200c واصل") == "عنوان بحرف\u200c واصل"


def test_an_unknown_kind_is_shown_as_it_is() -> None:
    assert chips(("redated",), ("names",)) == [("redated", "•", "quiet"), ("names", "!", "flag")]
