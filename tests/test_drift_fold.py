"""A change of look is no edit, and an edit under a new look is not lost."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive import crossing
from archive.crossing import Settled
from archive.observation import Observation
from tests.histories import content, reread, revisit, sha
from tests.looks import NEW, OLD, drawn, events, told, url

CALL = "تابعونا على تلغرام"


def switched(count: int = 8, word: str = "") -> list[Observation]:
    """Articles that the new theme gives other texts: each with headlines of others below its own text."""
    before = [drawn(1 + n / 100, f"نص الخبر {n}\nسطر آخر {n}", number=n, word=word) for n in range(count)]
    after = [drawn(9 + n / 100, f"نص الخبر {n}\nسطر آخر {n}\nعنوان {n * 7}", NEW, n, word) for n in range(count)]
    return [*before, *after]


def test_a_theme_that_changes_every_text_makes_no_event_and_every_article_waits() -> None:
    histories, settled = told(switched())
    assert events(histories) == []
    assert [one[:8] for one in settled.suspects] == [NEW]
    assert all(h.unsettled and not h.doubt and len(h.versions) == 1 for h in histories.values())
    assert {len(h.unread) for h in histories.values()} == {2}, "both sides are read again when the rules change"


def test_a_theme_that_changes_no_text_is_not_even_a_doubt() -> None:
    lines = [drawn(h, f"نص {n}", shape, n) for n in range(8) for h, shape in ((1, OLD), (9, NEW))]
    histories, settled = told(lines)
    assert (events(histories), settled.suspects) == ([], ())
    assert all(not h.unsettled and h.versions[0].captures == 2 for h in histories.values())


def test_where_the_others_read_alike_what_differs_is_an_edit() -> None:
    lines = [drawn(h, f"نص {n}", shape, n) for n in range(20) for h, shape in ((1, OLD), (9, NEW))]
    lines += [drawn(1, "abc 25", OLD, 50), drawn(9, "abc 52", NEW, 50)]
    histories, settled = told(lines)
    assert len(settled.agreed) == 1
    assert events(histories) == ["body"]
    assert told([*lines, *switched(3)])[0]  # and a few that do not change nothing of that
    assert settled.suspects == ()


def test_where_lists_show_texts_only_what_was_edited_is_seen_in_the_new_look_and_told() -> None:
    """Nobody looks at the others, so none of them can say how the two looks read (seen in the week: 39 edits waited)."""
    before = [drawn(1 + n / 100, f"نص الخبر {n}", number=n, word="w") for n in range(8)]
    after = [drawn(9 + n / 100, f"نص الخبر {n} محدثا {n}", NEW, n, f"x{n}") for n in range(8)]
    histories, settled = told([*before, *after])
    assert (events(histories), settled.suspects, settled.agreed) == (["body"] * 8, (), ())
    assert not any(h.unsettled for h in histories.values())


def test_two_captures_are_too_few_for_any_of_this_but_the_difference_waits() -> None:
    histories, settled = told([drawn(1, "abc"), drawn(9, "abd", NEW)])
    assert settled == Settled()
    (alone,) = histories.values()
    assert (events(histories), bool(alone.unsettled)) == ([], True)


def test_a_single_page_drawn_otherwise_is_believed_when_it_stays_so_for_two_days() -> None:
    """A report that became a video post: no theme came, so nobody has to say anything."""
    lines = [drawn(1, "abc"), *(drawn(9 + 30 * n, "abd", NEW, noise=str(n)) for n in range(3))]
    histories, _ = told(lines)
    (alone,) = histories.values()
    assert (events(histories), alone.unsettled, alone.versions[1].time) == (["body"], "", lines[1].time)
    soon = [drawn(1, "abc"), *(drawn(9 + n, "abd", NEW, noise=str(n)) for n in range(3))]
    assert events(told(soon)[0]) == []


def test_under_a_new_theme_no_repetition_makes_an_edit() -> None:
    later = [drawn(9 + 60 * k + n / 100, f"نص الخبر {n}\nسطر آخر {n}\nعنوان {n * 7}", NEW, n) for n in range(8) for k in (1, 2)]
    histories, _ = told([*switched(), *later])
    assert events(histories) == []
    assert all(h.unsettled for h in histories.values())


def test_an_update_of_a_theme_that_is_read_badly_is_as_suspect_as_the_theme() -> None:
    """Its texts are those of the theme before it, so nobody's vote is against it: but to the texts before both it compares badly."""
    newer = sha("new theme, second release", 8)
    lines = switched(12)
    for hours in (20, 50, 90, 140):
        lines += [drawn(hours + n / 100, f"نص الخبر {n}\nسطر آخر {n}\nعنوان {n * 7}", newer, n) for n in range(12)]
    histories, settled = told(lines)
    assert events(histories) == []
    assert [one[:8] for one in settled.suspects] == sorted([NEW, newer])
    assert all(h.unsettled for h in histories.values())


def test_what_was_first_seen_in_a_look_that_is_read_badly_is_not_edited_when_the_look_goes() -> None:
    lines = switched(8)  # and two that came while it was there
    lines += [drawn(9, f"نص الخبر {n}\nسطر آخر {n}\nعنوان {n * 7}", NEW, n) for n in (20, 21)]
    for hours in (20, 50, 90):
        lines += [drawn(hours, f"نص الخبر {n}\nسطر آخر {n}", OLD, n) for n in (*range(8), 20, 21)]
    histories, _ = told(lines)
    assert events(histories) == []
    lines += [drawn(120, "نص الخبر 20\nسطر آخر 20 معدلا", OLD, 20)]
    assert events(told(lines)[0]) == ["body"], "what is edited after it is told"


def test_boxes_of_an_unknown_theme_that_change_at_every_request_are_no_edits() -> None:
    shuffled = [drawn(20 + k, f"نص الخبر {n}\nسطر آخر {n}\nعنوان {n * k}", NEW, n) for n in range(8) for k in range(2, 6)]
    assert events(told([*switched(), *shuffled])[0]) == []
    assert events(told([*switched(word="w"), *(replace(one, announced={"text": "w"}) for one in shuffled)])[0]) == []


def test_back_in_the_old_theme_an_edit_is_told() -> None:
    lines = [*switched(), drawn(30, "نص الخبر 3 جديد\nسطر آخر 3", OLD, 3), drawn(31, "نص الخبر 4\nسطر آخر 4", OLD, 4)]
    histories, _ = told(lines)
    assert events(histories) == ["body"]
    edited = next(h for h in histories.values() if len(h.versions) == 2)
    assert (edited.url, edited.unsettled) == (url(3), "")


class TestAccepted:
    def test_what_the_look_changed_is_no_edit_then(self) -> None:
        histories, settled = told(switched(), accepted=[NEW])
        assert (events(histories), settled.suspects) == ([], ())
        assert all(not h.unsettled and h.versions[0].captures == 2 for h in histories.values())

    def test_what_changed_after_that_is(self) -> None:
        lines = [*switched(), drawn(30, "نص الخبر 3 عاجل\nسطر آخر 3\nعنوان 21", NEW, 3)]
        assert events(told(lines)[0]) == []
        assert events(told(lines, accepted=[NEW])[0]) == ["body"], "late, and not lost"

    def test_what_rest_says_changed_in_between_is_told(self) -> None:
        lines = [line if line.url != url(5) or line.time < "2026-11-01T05" else other for line in switched(word="w") for other in (replace(line, announced={"text": "x"}),)]  # fmt: skip
        waiting = told(lines)[0]
        assert events(waiting) == []
        assert [h.url for h in waiting.values() if h.unsettled] == [url(5)], "of the others REST says that nothing changed"
        assert events(told(lines, accepted=[NEW])[0]) == ["body"]

    def test_what_rest_says_only_after_the_capture_is_told_late(self) -> None:
        """A walk may come long after the edit: the first capture in the new look still carries the old word."""
        lines = switched(word="w")
        edited = next(line for line in lines if line.url == url(5) and line.reading and line.reading.shape == NEW)
        later = drawn(40, "نص الخبر 5\nسطر آخر 5\nعنوان 35", NEW, 5, "x")
        assert events(told(lines, accepted=[NEW])[0]) == []
        histories, _ = told([*lines, later], accepted=[NEW])
        assert events(histories) == ["body"]
        assert histories[edited.article].versions[1].time == edited.time


def test_a_layout_for_the_new_theme_and_reading_again_repair_all() -> None:
    """Old pages by the old layout, new ones by the new: no rules in common, and yet the texts compare."""
    lines = switched(20)
    again = []
    for one in lines:
        number = int(one.url.rsplit("-", 1)[1])
        new = one.reading is not None and one.reading.shape == NEW
        text = f"نص الخبر {number}\nسطر آخر {number}" + (" مع تعديل" if new and number == 4 else "")
        line = reread(one, "عنوان", text, "new layout" if new else "old layout", 40)
        assert line.reading is not None
        assert one.reading is not None
        shape = one.reading.shape
        again.append(replace(line, reading=replace(line.reading, shape=shape, lines=drawn(1, text).reading.lines)))  # type: ignore[union-attr]
    histories, settled = told([*lines, *again])
    assert events(histories) == ["body"], "the one that was edited while the theme changed"
    assert settled.suspects == ()
    assert all(not h.unsettled and not h.unread for h in histories.values())


class TestLines:
    def test_a_line_that_comes_in_many_articles_at_once_is_no_edit(self) -> None:
        before = [drawn(1, f"نص {n}\nسطر {n}", number=n) for n in range(8)]
        after = [drawn(9, f"نص {n}\nسطر {n}\n{CALL}", number=n) for n in range(8)]
        histories, settled = told([*before, *after])
        assert events(histories) == []
        assert len(settled.clutter) == 1
        assert all(not h.unsettled for h in histories.values())

    def test_an_article_that_was_edited_besides_is_told(self) -> None:
        before = [drawn(1, f"نص {n}\nسطر {n}", number=n) for n in range(8)]
        after = [drawn(9, f"نص {n}\nسطر {n if n else 77}\n{CALL}", number=n) for n in range(8)]
        assert events(told([*before, *after])[0]) == ["body"]

    def test_the_same_line_in_a_few_articles_is_news(self) -> None:
        lines = [drawn(h, f"نص {n}" + ("\nرويترز" if h > 1 else ""), number=n) for n in range(4) for h in (1, 9)]
        assert events(told(lines)[0]) == ["body"] * 4

    def test_and_in_a_few_of_many_that_changed(self) -> None:
        lines = [
            drawn(h, f"نص {n}" + (f"\nتفصيل {n if n > 5 else ''}" if h > 1 else ""), number=n)
            for n in range(30)
            for h in (1, 9)
        ]
        assert len(events(told(lines)[0])) == 30

    def test_when_it_goes_again_nothing_happened_either(self) -> None:
        texts = {1: "", 9: f"\n{CALL}", 20: ""}
        histories, _ = told([drawn(h, f"نص {n}{more}", number=n) for n in range(8) for h, more in texts.items()])
        assert events(histories) == []
        assert all(h.versions[0].captures == 3 for h in histories.values())


def test_readings_of_before_shapes_were_noted_are_compared_as_ever() -> None:
    lines = [content(h, f"abc {n}{'x' * int(h)}", url=url(n)) for n in range(8) for h in (1, 9)]
    assert events(told(lines)[0]) == ["body"] * 8


def test_a_capture_in_doubt_crosses_nothing() -> None:
    lines = [
        *(drawn(1, f"نص {n}", number=n) for n in range(8)),
        *(drawn(9, f"نص {n} \ufffd", NEW, n, doubt="replacement") for n in range(8)),
    ]
    histories, settled = told(lines)
    assert settled == Settled()
    assert all(h.doubt and not h.unsettled for h in histories.values())


def test_a_revisit_has_the_look_of_its_body() -> None:
    lines = switched()
    histories, _ = told([*lines, *(revisit(line, 12) for line in lines[8:])])
    assert events(histories) == []
    assert all(h.unsettled == lines[8 + int(h.url.rsplit("-", 1)[1])].time for h in histories.values())


def test_what_is_settled_is_kept_as_text() -> None:
    settled = Settled(("a",), (("b", "c"),), ("d",), ("e", "f"))
    assert crossing.load(settled.dump()) == settled
    assert (Settled().dump(), crossing.load("")) == ("", Settled())


MIX = [
    *switched(6),
    *(drawn(9, f"نص {n}\n{CALL}", number=n + 20) for n in range(5)),
    *(drawn(1, f"نص {n}", number=n + 20) for n in range(5)),
    drawn(30, "نص الخبر 3 جديد", OLD, 3),
    drawn(40, "نص الخبر 2", NEW, 2),
    revisit(switched(6)[7], 44),
]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**9), st.booleans())
def test_the_order_of_arrival_changes_nothing(seed: int, accept: bool) -> None:
    shape = [NEW] if accept else []
    expected = told(MIX, shape)
    mixed = random.Random(seed).sample([*MIX, *MIX[:3]], len(MIX) + 3)
    assert told(mixed, shape) == expected


@pytest.mark.parametrize("accept", [[], [NEW], [sha("another", 8)]])
def test_crossings_do_not_depend_on_what_they_settle(accept: list[str]) -> None:
    free, bound = told(MIX)[0], told(MIX, accept)[0]
    assert {a: h.crossings for a, h in free.items()} == {a: h.crossings for a, h in bound.items()}
