"""What is no date, or no sure one, is unknown: nothing is invented, nothing raises."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from archive.dates import machine, printed, read, stated

ZONE = "Asia/Damascus"
CAPTURED = datetime(2019, 3, 20, 17, 25, tzinfo=UTC)
LATE = datetime(2024, 6, 1, tzinfo=UTC)

NO_DATES = [
    # numbers that are none
    "السعر 14.3 دولار", "3-2", "فاز 3-2 على أرضه", "3:2", "انتهت 2-1 و 3-2", "الإصدار 2.14.3", "v1.12.2019", "10.15.7", "22.04.18",
    "192.168.1.20", "10.1.20.19", "1.2.3.2019", "+963 11 222 3344", "0933-12-11-19", "00963-11-2019", "03/12 34 56", "14 3 2019",
    "14° آذار 2019", "العدد 14، آذار 2019", "الطبعة 14 - آذار 2019", "Image-2019-03-14-at-10.jpeg", "01/01/01", "14-3", "14/3", "3/2019", "2019/03", "رقم 20190314", "20190314", "id-2019-03-14-7", "article_2019_03_14", "/2019/03/14/slug",
    "https://example.org/2019/03/14/a", "2019-03-14.jpg", "1552577400", "1552577400000", "12.50.19", "$14/3/2019", "114/3/2019", "14/3/20191",
    "14/3/2019/5", "14/13/2019", "2019/14/3", "0/3/2019", "14/0/2019", "99/99/2019", "14/3-2019", "2/3 من الأصوات في 2019", "1/2/3",
    # halves of dates
    "2019", "عام 2019", "آذار", "آذار 2019", "8 آذار", "شباط - آذار 2019", "الخميس", "20:17", "الساعة 8:17 مساءً", "20:17 بتوقيت دمشق",
    "14 تشرين 2018", "14 كانون 2018", "الأسبوع الأول من آذار 2019", "النصف الثاني من شباط 2019",
    "الأحد الثالث من آذار 2019", "14 مارس 19", "14 مارس 19 قتيلاً", "14 mars 19h30",
    # that never were, or cannot be
    "31 شباط 2019", "29 شباط 2019", "31 نيسان 2018", "32 آذار 2019", "0 آذار 2019", "14 آذار 1019", "14 آذار 20190",
    "1 كانون الثاني 1970", "1/1/1970", "1970-01-01", "0001-01-01",
    # that contradict themselves
    "الجمعة 14 آذار 2019", "14/3/2019 الجمعة", "Friday, March 14, 2019", "3 شباط/آذار 2019", "14 آذار 15 2019",
    "20 رجب 1440 الموافق 14 آذار 2019",
    # of which nobody can tell day from month, or year from day
    "12/3/2018", "١٢/٣/٢٠١٨", "03-12-2018", "3.12.2018", "14/3/18", "12/3/18", "12/3/2018 5:30 PM",
    # several, ranges, bounds
    "1ـ4 آذار 2019", "1 ـ 4 آذار 2019", "من 3 إلى 5 آذار 2019", "3 - 5 آذار 2019", "3-5 آذار 2019", "3 و 5 آذار 2019", "3 و5 آذار 2019", "بين 3 و 5 آذار 2019",
    "3 آذار - 5 آذار 2019", "3 آذار 2019 - 5 آذار 2019", "13/3/2019 - 14/3/2019", "حتى 14 آذار 2019", "منذ 14 آذار 2019",
    "قبل 14 آذار 2019", "بعد الخميس 14 آذار 2019", "March 3 to 5, 2019", "du 3 au 5 mars 2019", "until 14 March 2019",
    # other calendars
    "١٥ رمضان ١٤٤٠", "1440/9/15 هـ", "15/9/1440", "15/9/40 هـ", "الخميس 7 رجب 1440هـ", "14 مارس 1440", "7 ربيع الأول 1440",
    "10 ذو الحجة 1440 هـ", "7 رجب 2019", "14 آذار 2019 هـ", "۲۳ اسفند ۱۳۹۷", "۱۳۹۷/۱۲/۲۳", "15 توت 1735",
    # told from now, but not so that a day follows
    "منذ أسبوع", "قبل أسبوعين", "منذ شهر", "منذ 3 أشهر", "قبل سنة", "منذ 5 سنوات", "منذ ساعة ونصف", "قبل 3 أيام من الانتخابات",
    "قبل يوم الجمعة", "منذ 2011", "منذ 500 يوم", "قبل قليل", "منذ لحظات", "الآن", "المصري اليوم", "القدس العربي اليوم", "اليوم العالمي للمرأة",
    "كما قال أمس في دمشق", "3 ساعات", "5 دقائق قراءة", "ساعة", "يوم", "بعد 3 أيام", "2 weeks ago",
    # marks that merely look like digits
    "1² آذار 2019", "²1 آذار 2019", "14 آذار 201⁹", "½14 آذار 2019", "㏢ آذار 2019", "④ آذار 2019", "1\u200b4 آذار 2019 - 1\u200b5",
    "", " ", "\u200f", "-", "//", "نُشر في:", "تاريخ النشر", "{{ date }}", "%d/%m/%Y", "dd/mm/yyyy", "00/00/0000", "NaN-NaN-NaN", "Invalid Date",
]  # fmt: skip


@pytest.mark.parametrize("text", NO_DATES)
def test_what_is_no_sure_date_is_unknown(text: str) -> None:
    assert read(text, ZONE, CAPTURED if "19" in text or "٩" in text or "18" not in text else LATE) is None


@pytest.mark.parametrize("text", ["14 نيسان 2019", "14 آذار 2091", "2019-12-03", "14 آذار 2020 - 20:17"])
def test_what_was_to_come_when_it_was_captured_is_unknown(text: str) -> None:
    assert read(text, ZONE, CAPTURED) is None


@pytest.mark.parametrize("text", NO_DATES)
def test_nor_does_it_matter_which_date_is_asked_for(text: str) -> None:
    for which in ("published", "modified", "any"):
        assert read(text, ZONE, None, which=which) is None


def test_prose_is_no_date_line() -> None:
    assert read("قال مصدر محلي إن القصف بدأ في 14 آذار 2019 واستمر ساعات. " * 20, ZONE, CAPTURED) is None


def words(text: str) -> list[str]:
    return text.split()


ALPHABET = st.sampled_from(" 0123456789٠١٢٣٤٥٦٧٨٩۴/-.:,،()+TZ\u200f\u0640\u200bصمه%$²_'|")
MARKS = st.sampled_from(" /-.:,،()+TZ\u200f\u0640\u200bصمه%$²_'|")
WORDS = st.sampled_from(
    words(
        "آذار مارس شباط فبراير may mar الخميس الجمعة رجب رمضان هـ م ص مساءً الساعة بتوقيت دمشق غرينتش GMT من إلى حتى منذ قبل ساعة ساعات يومين"
        " أمس اليوم ونصف الأول الثاني نُشر آخر تحديث 2019 1440 14 3 12 20:17 2019-03-14 14/3/2019 +03:00 ago عام"
    )
)
LINES = st.one_of(
    st.text(max_size=80),
    st.text(ALPHABET, max_size=40),
    st.lists(st.one_of(WORDS, st.text(ALPHABET, max_size=4)), max_size=14).map(" ".join),
)
ZONES = st.sampled_from(["Asia/Damascus", "Africa/Cairo", "America/New_York", "UTC", ""])
CAPTURES = st.one_of(
    st.none(),
    st.just(CAPTURED),
    st.integers(650_000_000, 3_700_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
)


@settings(max_examples=200, deadline=None)
@given(LINES, ZONES, CAPTURES)
@example("1" * 600, "UTC", None)
@example("14 آذار " * 70, "UTC", CAPTURED)
def test_no_text_makes_it_raise_and_what_comes_out_is_whole(text: str, zone: str, captured: datetime | None) -> None:
    for which in ("published", "modified", "any"):
        found = read(text, zone, captured, which=which)
        if found is None:
            continue
        if found.precision == "day":
            day = date.fromisoformat(found.value)
        else:
            moment = datetime.fromisoformat(found.value)
            assert moment.tzinfo is not None
            day = moment.date()
        assert 0 < found.confidence <= 1
        assert captured is None or day <= captured.date() + timedelta(days=2)
        assert printed(text, zone, captured, which=which) in ("", found.value, day.isoformat())
    assert machine(text, zone, captured) == getattr(stated(text, zone, captured), "value", "")


PLAIN_WORDS = st.sampled_from(
    words(
        "كتب سليم حداد دمشق رويترز أخبار سوريا المشاهدات 99 4 2.5 3-2 1,250 | - • / : () تعليقات قراءة #7 $5 الإثنين 2018 1439 GMT منذ عام"
    )
)
DATES = st.sampled_from([
    ("14 آذار 2019", date(2019, 3, 14)), ("الخميس ١٤ مارس ٢٠١٩", date(2019, 3, 14)), ("14/3/2019", date(2019, 3, 14)),
    ("2019-03-14 20:17", date(2019, 3, 14)), ("March 14, 2019 8:17 PM", date(2019, 3, 14)), ("5 شباط/فبراير 2019، 10:05", date(2019, 2, 5)),
    ("٧ رجب ١٤٤٠ هـ الموافق ١٤ آذار ٢٠١٩", date(2019, 3, 14)),
])  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.lists(PLAIN_WORDS, max_size=5), DATES, st.lists(PLAIN_WORDS, max_size=5))
def test_words_around_a_date_never_change_it(before: list[str], dated: tuple[str, date], after: list[str]) -> None:
    text, day = dated
    found = read(" ".join([*before, text, *after]), ZONE, CAPTURED)
    assert found is None or found.value[:10] == day.isoformat()
    if found and found.precision != "day":
        hour = found.value[11:16]
        assert hour in text or (hour == "20:17" and "8:17 PM" in text)


@settings(max_examples=200, deadline=None)
@given(st.text(MARKS, max_size=6), DATES, st.text(MARKS, max_size=6))
def test_marks_and_digits_glued_to_a_date_never_make_another(before: str, dated: tuple[str, date], after: str) -> None:
    text, day = dated
    found = read(before + text + after, ZONE, CAPTURED)
    assert found is None or found.value[:10] == day.isoformat()


@given(st.integers(0, 9999), st.integers(0, 99), st.integers(0, 99))
def test_days_that_never_were_are_never_read(year: int, month: int, day: int) -> None:
    for text in (f"{year:04}-{month:02}-{day:02}", f"{day}/{month}/{year:04}", f"{year:04}/{month}/{day}"):
        if value := printed(text, ZONE, CAPTURED):
            assert sorted(map(int, value.split("-"))) == sorted((year, month, day))
