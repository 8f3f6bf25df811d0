"""What the first and last lines of a text say of it: byline, agency, place. A line that is none of these says nothing."""

from __future__ import annotations

import pytest

from archive.metadata.stated import Stated, of_lines

OUTLET = ("صحيفة الوطن", "مرصد مينا", "نورث برس", "xeber24.net")
GOES_ON = "وقال شهود عيان إن الأمطار الغزيرة أغلقت الطريق الواصل بين البلدتين منذ ساعات الصباح الأولى."


def first(line: str) -> Stated:
    return of_lines([line, GOES_ON, GOES_ON], OUTLET)


def last(line: str) -> Stated:
    return of_lines([GOES_ON, GOES_ON, line], OUTLET)


@pytest.mark.parametrize(
    ("line", "byline", "names"),
    [
        ("سلمى حداد_akhbar24.net", "سلمى حداد_akhbar24.net", ("سلمى حداد",)),
        ("سلمى حداد _ akhbar.example.org", "سلمى حداد _ akhbar.example.org", ("سلمى حداد",)),
        (f"سلمى حداد_akhbar24.net {GOES_ON}", "سلمى حداد_akhbar24.net", ("سلمى حداد",)),
        ("بقلم: نزار الخطيب", "بقلم: نزار الخطيب", ("نزار الخطيب",)),
        ("بقلم نزار الخطيب", "بقلم نزار الخطيب", ("نزار الخطيب",)),
        ("كتب: نزار الخطيب", "كتب: نزار الخطيب", ("نزار الخطيب",)),
        ("كتبت سارة يوسف:", "كتبت سارة يوسف", ("سارة يوسف",)),
        ("إعداد: نزار الخطيب", "إعداد: نزار الخطيب", ("نزار الخطيب",)),
        ("تقرير خالد الأحمد", "تقرير خالد الأحمد", ("خالد الأحمد",)),
        ("تقرير: خالد الأحمد – حلب", "تقرير: خالد الأحمد – حلب", ("خالد الأحمد",)),
        ("حلب- خالد الأحمد", "حلب- خالد الأحمد", ("خالد الأحمد",)),
        ("| خالد الأحمد - القامشلي", "خالد الأحمد - القامشلي", ("خالد الأحمد",)),
        ("خاص - مرصد مينا", "خاص - مرصد مينا", ()),
        ("By Salma Haddad", "By Salma Haddad", ("Salma Haddad",)),
    ],
)
def test_the_line_of_the_author_on_top(line: str, byline: str, names: tuple[str, ...]) -> None:
    found = first(line)
    assert (found.byline, found.names) == (byline, names)


@pytest.mark.parametrize(
    ("line", "agency", "place"),
    [
        ("بيروت (رويترز) - قالت الوزارة إن العام الدراسي يبدأ في موعده", ("رويترز",), "بيروت"),
        ("بيروت 2 آذار (رويترز) - قالت الوزارة", ("رويترز",), "بيروت"),
        ("ريف حلب (سوريا) (رويترز) – قال مزارعون", ("رويترز",), "ريف حلب (سوريا)"),
        ("قرية الشيخ هلال (د ب أ) - قال مزارعون", ("د ب أ",), "قرية الشيخ هلال"),
        ("بيروت – قال رئيس البلدية إن السوق أعيد بناؤه", (), "بيروت"),
        ("واشنطن – أ ف ب – قال متحدث", ("أ ف ب",), "واشنطن"),
        ("القامشلي/ نورث برس", ("نورث برس",), "القامشلي"),
        ("القامشلي/ وكالة هاوار- قال سكان", ("وكالة هاوار",), "القامشلي"),
        ("أنقرة/ الأناضول: قال وزير الزراعة", ("الأناضول",), "أنقرة"),
        ("دمشق-سانا بحث وزير الزراعة مع نظيره", ("سانا",), "دمشق"),
        ("عمان - بترا - قال رئيس الوزراء", ("بترا",), "عمان"),
        ("(أ ف ب) - قال متحدث", ("أ ف ب",), ""),
        ("الوطن - وكالات", ("وكالات",), ""),
        ("عواصم - وكالات", ("وكالات",), "عواصم"),
        ("BEIRUT, March 3 (Reuters) - The ministry said", ("Reuters",), "BEIRUT"),
        ("بلدة الشحيل – أغلق سكان الطريق", (), "بلدة الشحيل"),
        ("الرقة: أعلن المجلس المحلي", (), "الرقة"),
    ],
)
def test_the_dateline(line: str, agency: tuple[str, ...], place: str) -> None:
    found = first(line)
    assert (found.agency, found.place) == (agency, place)


@pytest.mark.parametrize(
    ("line", "agency"),
    [
        ("(رويترز)", ("رويترز",)),
        (f"{GOES_ON} (وكالات)", ("وكالات",)),
        ("المصدر: رويترز", ("رويترز",)),
        ("المصدر : وكالات + مواقع إلكترونية", ("وكالات", "مواقع إلكترونية")),
        ("المصدر: إذاعة المدينة", ("إذاعة المدينة",)),
        ("نقلاً عن وكالة الأناضول", ("وكالة الأناضول",)),
        ("عن رويترز", ("رويترز",)),
        ("رويترز، أ ف ب", ("رويترز", "أ ف ب")),
    ],
)
def test_the_source_at_the_end(line: str, agency: tuple[str, ...]) -> None:
    assert last(line).agency == agency


def test_those_who_wrote_and_edited_at_the_end() -> None:
    found = last("(إعداد ليلى منصور للنشرة العربية - تحرير علي الشامي)")
    assert found.names == ("ليلى منصور", "علي الشامي")
    assert last("إعداد الخدمة الإخبارية للنشرة العربية") == Stated(byline="إعداد الخدمة الإخبارية للنشرة العربية")


@pytest.mark.parametrize(
    "line",
    [
        "قال مصدر محلي - رفض الكشف عن اسمه - إن الطريق أغلق",
        "رئيس البلدية - الذي زار السوق أمس - قال إن البناء انتهى",
        "عاجل - إغلاق الطريق",
        "الليرة / انخفاض جديد",
        "كتب الصحفي مقالا طويلا عن الحرب في السنوات الأخيرة",
        "تقرير الأمم المتحدة عن الجفاف",
        "تقرير أمريكي جديد",
        "حلب - أمطار غزيرة",
        "حوار مع وزير الزراعة",
        "وقال لوكالة رويترز إن الموسم جيد",
        "شارك في المعرض (أربعون دارا)",
        "خاص",
        GOES_ON,
    ],
)
def test_what_names_nobody_says_nothing(line: str) -> None:
    for found in (first(line), last(line)):
        assert (found.byline, found.names, found.agency) == ("", (), ())


def test_an_agency_that_the_text_quotes_is_no_source_of_it() -> None:
    middle = [GOES_ON, "وذكرت وكالة رويترز أن الطريق أغلق.", GOES_ON, GOES_ON, GOES_ON, GOES_ON]
    assert of_lines(middle, OUTLET) == Stated()


def test_a_line_that_the_layout_drops_still_says_what_it_said() -> None:
    removed = ("box: إعداد ليلى منصور للنشرة العربية", "caption: بيروت (رويترز)", "headline: بقلم: فلان الفلاني")
    assert of_lines([GOES_ON], OUTLET, removed).names == ("ليلى منصور",)
    assert of_lines([GOES_ON], OUTLET, ("line: الوطن - وكالات",)).agency == ("وكالات",)
    assert of_lines([GOES_ON], OUTLET, ("box: رويترز", "box: مقالات ذات صلة")) == Stated()  # a tag
    assert of_lines([], OUTLET) == Stated()


def test_an_agency_in_brackets_that_is_said_without_end_is_read_once() -> None:
    found = first("(رويترز) - " * 5000 + "بيروت - قالت الوزارة إن العام الدراسي يبدأ في موعده")
    assert (found.agency, found.place) == (("رويترز",), "")
    two = first("(رويترز) - (سانا) - بيروت - قالت الوزارة إن العام الدراسي يبدأ في موعده")
    assert (two.agency, two.place) == (("رويترز", "سانا"), "بيروت")
