"""Words of Arabic texts as they are searched: what is found, what is kept apart, and questions of whatever signs."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from archive.errors import Refused
from archive.search.clitics import asked, forms
from archive.search.entry import MOST, entry
from archive.search.excerpts import AROUND, excerpts, marked
from archive.search.folding import fold, folded, keep, scan
from archive.search.query import MOST as MOST_WORDS
from archive.search.query import Query, Term, parse
from archive.search.words import WHOLE

LETTERS = "ابتثجحخدذرزسشصضطظعغفقكلمنهويءأإآؤئةى"
MARKS = "ًٌٍَُِّْٰـ\u200c\u200d\u200f\u061c"
# Words of news as a reader knows them, none of which begins or ends like a clitic.
STEMS = [
    "مدرسة",
    "حكومة",
    "مجلس",
    "زعيم",
    "أزمة",
    "مستشفى",
    "قرار",
    "اجتماع",
    "خطة",
    "مسؤول",
    "أبناء",
    "صحيفة",
    "محطة",
    "جيش",
    "مصنع",
    "طريق",
    "ضريبة",
    "حدود",
    "مخيم",
    "قضية",
]
BEFORE = ["", "و", "ف", "ب", "ك", "ل", "ال", "وال", "فال", "بال", "كال", "وبال", "لل", "ولل", "وب", "ول", "فب"]
AFTER = ["", "ه", "ها", "هم", "هن", "هما", "كم", "نا", "ك", "ي"]


def finds(question: str, text: str) -> bool:
    """Does the question find the text, as the index sees it?"""
    made, query = entry("", text), parse(question)
    held = {*made.body, *made.forms}

    def stands(term: Term) -> bool:
        if not term.phrase:
            return not held.isdisjoint(term.words)
        size = len(term.words)
        return any(made.body[i : i + size] == term.words for i in range(len(made.body)))

    return all(map(stands, query.wanted)) and not any(map(stands, query.unwanted))


def with_pronoun(stem: str, pronoun: str) -> str:
    """As it is written: مدرسة + هم is مدرستهم."""
    if not pronoun:
        return stem
    return stem[:-1] + {"ة": "ت", "ى": "ا", "ء": "ؤ"}.get(stem[-1], stem[-1]) + pronoun


class TestFound:
    @pytest.mark.parametrize("stem", STEMS)
    def test_with_anything_before_it(self, stem: str) -> None:
        assert [one for one in BEFORE if not finds(stem, f"قيل {one}{stem} أمس")] == []

    @pytest.mark.parametrize("stem", STEMS)
    def test_with_a_pronoun_behind_it(self, stem: str) -> None:
        """But for ي and ك behind three letters, which are as often letters of the word: جيشي."""
        shown = [
            before + with_pronoun(stem, after)
            for before in ("", "و", "ف", "ب", "ل", "وب")
            for after in AFTER
            if after not in ("ك", "ي") or len(stem) > 3 or stem.endswith("ة")
        ]
        assert [one for one in shown if not finds(stem, f"قيل {one} أمس")] == []

    @pytest.mark.parametrize(
        ("question", "text"),
        [
            ("المدرسة", "للمدرسة"),
            ("المدرسة", "وبالمدرسة"),
            ("لجنة", "للجنة"),
            ("اللجنة", "واللجنة"),
            ("يكتب", "سيكتب"),
            ("تقول", "وستقول"),
            ("ضربوا", "فضربوه"),
            ("يد", "بيدها"),
            ("دم", "والدم"),
            ("احمد", "أحمد"),
            ("أحمد", "وأَحْمَد"),
            ("آسيا", "اسيا"),
            ("إيران", "ايران"),
            ("مسئول", "المسؤول"),
            ("مسوول", "مسؤول"),
            ("مسؤول", "مسوول"),
            ("عايشة", "عائشة"),
            ("فواد", "فؤاد"),
            ("مدرسه", "مدرسة"),
            ("مدرسة", "مدرسه"),
            ("مصطفي", "مصطفى"),
            ("على", "علي"),
            ("3", "٣"),
            ("٣", "۳"),
            ("2026", "عام ٢٠٢٦"),
            ("محمد", "مـحـمـد"),
            ("محمد", "مُحَمَّد"),
            ("می‌خواهم", "ميخواهم"),
            ("كتاب", "کتاب"),
            ("ی", "ي"),
            ("كوردستان", "کوردستان"),
            ("هەولێر", "ههولير"),
            ("لا", "\ufefb"),
            ("الله", "\ufdf2"),
            ("café", "CAFE"),
            ("covid", "كوفيد (COVID-19)"),
            ("كوفيد-19", "كوفيد ١٩"),
            ('"رئيس الحكومة"', "قال رَئِيس الحُكُومة"),
            ("«رئيس الحكومة»", "رئيس، الحكومة"),
        ],
    )
    def test_however_it_is_written(self, question: str, text: str) -> None:
        assert finds(question, f"أمس {text} غدا")

    @given(st.lists(st.sampled_from(STEMS), min_size=1, max_size=6), st.data())
    def test_a_word_that_is_seen_is_found(self, stems: list[str], data: st.DataObject) -> None:
        shown = [data.draw(st.sampled_from(BEFORE)) + stem for stem in stems]
        text = " ".join("".join(c + data.draw(st.sampled_from(["", "", *MARKS])) for c in one) for one in shown)
        assert finds(data.draw(st.sampled_from(stems)), text)

    @given(st.text(min_size=1, max_size=60))
    def test_every_word_of_a_text_finds_it(self, text: str) -> None:
        for word in scan(text):
            assert finds(text[word.start : word.end].replace("-", " "), text)


class TestKeptApart:
    """Who is asked for is not answered with somebody else."""

    @pytest.mark.parametrize(
        ("question", "text"),
        [
            ("ريم", "كريم"),
            ("مال", "كمال"),
            ("أمل", "كامل"),
            ("رأس", "فراس"),
            ("يصل", "فيصل"),
            ("سام", "وسام"),
            ("سام", "بسام"),
            ("اسم", "باسم"),
            ("ليد", "وليد"),
            ("بنان", "لبنان"),
            ("ندن", "لندن"),
            ("غداد", "بغداد"),
            ("طيف", "لطيف"),
            ("ميس", "لميس"),
            ("لسطين", "فلسطينيون"),
            ("رنسا", "فرنسا"),
            ("ريطانيا", "وبريطانيا"),
            ("مانيا", "ألمانيا"),
            ("هام", "إلهام"),
            ("ياس", "إلياس"),
            ("أمر", "سامر"),
            ("ألم", "سالم"),
            ("حسن", "حسني"),
            ("حسن", "حسين"),
            ("عون", "عوني"),
            ("أسد", "الأسدي"),
            ("بغداد", "البغدادي"),
            ("مالك", "المالكي"),
            ("سليمان", "سليماني"),
            ("عثمان", "عثماني"),
            ("لبنى", "لبناني"),
            ("قاسم", "قاسمي"),
            ("رئيس", "رئيسي"),
            ("جامع", "جامعة"),
            ("مدين", "مدينة"),
            ("عدن", "عدنان"),
            ("عمر", "عمرو"),
            ("عمر", "عمار"),
            ("محمد", "محمود"),
            ("محمد", "أحمد"),
            ("حمد", "أحمد"),
            ("سلمى", "سلمان"),
            ("مي", "مينا"),
            ("ماري", "مارينا"),
            ("رياض", "ريا"),
            ("الرياض", "رياض"),
            ("الشرع", "شرع"),
            ("سيل", "سئل"),
            ("وفا", "وفاء"),
            ("هنا", "هناك"),
            ("زير", "وزير"),
            ("وحدة", "حدة"),
            ("كتابهم", "كتاب"),
            ("وقال", "قال"),
            ('"كتاب"', "كتابهم"),
            ('"رئيس حكومة"', "رئيس الحكومة"),
            ('"حرب غزة"', "غزة حرب"),
            ("غزة -هدنة", "هدنة في غزة"),
            ('غزة -"هدنة مؤقتة"', "غزة: هدنة مؤقتة"),
        ],
    )
    def test_and_not_found(self, question: str, text: str) -> None:
        assert not finds(question, f"أمس {text} غدا")

    def test_but_the_other_half_of_an_exclusion_is(self) -> None:
        assert finds('غزة -"هدنة مؤقتة"', "هدنة في غزة مؤقتة")

    def test_listed_words_are_found_with_clitics(self) -> None:
        for name in ("كريم", "وليد", "فراس", "لبنان", "بغداد", "سامر"):
            for before in ("و", "ف", "ب", "ل", "ول"):
                assert finds(name, before + name), before + name

    def test_no_listed_word_answers_for_another(self) -> None:
        for word in WHOLE:
            assert all(form == word or not word.endswith(form) for form in forms(word)), word


class TestFolding:
    @given(st.text())
    @example("ﷺ ½ ﻻ ﷲ e\u0301")
    def test_twice_is_once(self, text: str) -> None:
        once = folded(text)
        assert folded(" ".join(once)) == once
        assert all(folded(one) == [one] for one in once)

    @given(st.text(alphabet=LETTERS + MARKS + " 3٣"))
    def test_marks_change_nothing(self, text: str) -> None:
        bare = "".join(c for c in text if c not in MARKS)
        if all(c not in "و ي ا ه ئ ؤ" for c in text):  # a mark may be a hamza's
            assert folded(text) == folded(bare)

    @given(st.text())
    def test_composed_or_not(self, text: str) -> None:
        assert folded(unicodedata.normalize("NFD", text)) == folded(unicodedata.normalize("NFC", text))

    @given(st.text())
    def test_a_word_stands_where_it_says(self, text: str) -> None:
        for word in scan(text):
            assert word.kept in keep(text[word.start : word.end]) or len(word.kept) == 64
            assert word.start < word.end <= len(text)

    @given(st.text(alphabet=LETTERS, min_size=1, max_size=12))
    def test_the_word_itself_is_the_first_form_and_is_asked_for(self, word: str) -> None:
        kept = keep(word)
        assert forms(kept)[0] == asked(kept)[0] == fold(kept)
        assert all(forms(kept))


SIGNS = [
    '"',
    "NEAR(",
    "*",
    ":",
    "^",
    "-",
    "--",
    "'",
    ";",
    "(",
    ")",
    "{",
    "}",
    "+",
    "\\",
    "%",
    "|",
    "&",
    "!",
    "<->",
    "\x00",
    "AND",
    "OR NOT",
]


class TestQuestion:
    @given(st.text() | st.lists(st.sampled_from([*SIGNS, "غزة", "a", " "])).map("".join))
    @example("x" * 501)
    @example(" ".join("ab" for _ in range(100)))
    def test_whatever_is_typed_is_a_question_or_is_refused(self, text: str) -> None:
        try:
            query = parse(text)
        except Refused:
            return
        assert query.wanted
        for term in (*query.wanted, *query.unwanted):
            assert all(word and all(unicodedata.category(c)[0] in "LN" for c in word) for word in term.words)

    @pytest.mark.parametrize("text", ["", "   ", '"', '""', "* : ^ ( )", "-غزة", '-"حرب غزة"', "x" * 501, "\u064b\u0640"])
    def test_refused_with_the_reason(self, text: str) -> None:
        with pytest.raises(Refused):
            parse(text)

    def test_too_many_words(self) -> None:
        parse(" ".join(f"كلمة{n}" for n in range(MOST_WORDS)))
        with pytest.raises(Refused, match="too long"):
            parse('"' + " ".join(f"كلمة{n}" for n in range(MOST_WORDS + 1)) + '"')

    def test_signs_of_the_databases_are_words(self) -> None:
        assert parse("NEAR غزة OR").wanted == (Term(("near",)), Term(("غزه",)), Term(("or",)))
        assert parse("title:x") == Query((Term(("title", "x"), phrase=True),))

    def test_the_same_word_twice_is_once(self) -> None:
        assert len(parse("غزة غزة غزه").wanted) == 1

    def test_a_hyphen_inside_is_no_exclusion(self) -> None:
        assert parse("كوفيد-19").unwanted == ()
        assert parse("غزة -19").unwanted == (Term(("19",)),)


class TestEntry:
    def test_an_absurd_text_has_a_bounded_entry(self) -> None:
        made = entry("عنوان", " ".join(f"كلمة{n}طويلة" for n in range(200_000)))
        assert made.title == ("عنوان",)
        assert sum(len(word.encode()) + 8 for word in {*made.body, *made.forms}) <= MOST

    def test_the_same_words_again_are_still_in_order(self) -> None:
        assert entry("", "حرب غزة حرب").body == ("حرب", "غزه", "حرب")


class TestExcerpts:
    def text_of(self, parts: object) -> str:
        return "".join(part.text for part in parts)  # type: ignore[attr-defined]

    @given(st.text(alphabet=LETTERS + MARKS + " \n«»،.3٣", max_size=400), st.sampled_from(["ا", "مدرسة", '"ا ب"', "3"]))
    def test_they_are_the_text_itself(self, text: str, question: str) -> None:
        query = parse(question)
        assert self.text_of(marked(text, query)) == text.replace("\n", " ")
        for one in excerpts(text, query):
            assert self.text_of(one.parts) in text.replace("\n", " ")

    def test_what_was_found_is_marked(self) -> None:
        text = "قال إن كتابَهم " + "حبر " * 60 + "وصل إلى المكتبة. بِالكتاب"
        found = excerpts(text, parse("كتاب المكتبة"))
        assert [[part.text for part in one.parts if part.marked] for one in found] == [["كتابَهم"], ["المكتبة", "بِالكتاب"]]
        assert [(one.before, one.after) for one in found] == [(False, True), (True, False)]

    def test_a_phrase_is_marked_whole_and_only_where_it_stands(self) -> None:
        found = marked("غزة: حربُ غزة، وحرب غزة", parse('"حرب غزة"'))
        assert [part.text for part in found if part.marked] == ["حربُ", "غزة"]

    def test_the_places_with_most_of_the_question_are_shown(self) -> None:
        filler = "كلام " * 60
        text = f"حرب {filler} حرب {filler} حرب {filler} حرب هنا في غزة {filler}"
        found = excerpts(text, parse("حرب غزة"), most=1)
        assert [part.text for part in found[0].parts if part.marked] == ["حرب", "غزة"]

    def test_a_number_stays_whole_at_the_edge(self) -> None:
        text = "حرب " + "و " * (AROUND - 2) + "2.5 مليون " + "كلام " * 30
        (only,) = excerpts(text, parse("حرب"))
        assert self.text_of(only.parts).endswith("2.5")
        text = "كلام " * 30 + "2.5 " + "و " * (AROUND - 1) + "حرب"
        (only,) = excerpts(text, parse("حرب"))
        assert self.text_of(only.parts).startswith("2.5")

    def test_without_the_words_the_beginning(self) -> None:
        (only,) = excerpts("سطر أول\nوآخر", parse("غائب"))
        assert self.text_of(only.parts) == "سطر أول وآخر"
        assert excerpts("", parse("غائب"))[0].parts == ()
