"""Every charset under every combination of labels: the text is right, or nothing is read; and real pages in other charsets."""

from __future__ import annotations

import codecs
import gzip
import random
import re
from pathlib import Path

import pytest

from archive import letters
from archive.charset import decode
from archive.errors import BadRecord

REAL = Path(__file__).resolve().parents[2] / "shared" / "pages" / "real"
TEXT = (
    "قال رئيس بلدية القرية إن العمال أصلحوا الطريق القديمة بين السوق والمدرسة، وإن الحافلات ستعود يوم الأحد؟ "
    "ولم يذكر كم بلغت الكلفة؛ لكنه شكر ثلاثين متطوعا عملوا ليلا ونهارا، ووعد بأن تضاء المصابيح قبل الشتاء."
)
CHARSETS = {
    "utf-8": "utf-8",
    "windows-1256": "cp1256",
    "iso-8859-6": "iso8859-6",
    "utf-16le": "utf-16-le",
    "utf-16be": "utf-16-be",
}
MARKS = {
    "no mark": b"",
    "utf-8 mark": codecs.BOM_UTF8,
    "le mark": codecs.BOM_UTF16_LE,
    "be mark": codecs.BOM_UTF16_BE,
}
HEADERS = ("", "utf-8", "windows-1256", "iso-8859-6", "iso-8859-1", "windows-1251", "gbk", "utf-16", "utf-7", "hex", "no-such")
HEADS = {
    "silent": "",
    "meta {}": '<meta charset="{}">',
    "pragma {}": "<meta content='text/html; charset={}' http-equiv=content-type>",
    "late meta {}": "<style>" + " " * 5000 + '</style><meta name="a" content="charset=koi8-r"><meta charset={}>',
    "comment {}": '<!-- <meta charset="{}"> -->',
    "script {}": "<script>var page = '<meta charset=\"{}\">';</script>",
    "never closed {}": '<script>var page = "</scrip"; </script><meta charset="{}" ',
}
META_LABELS = ("utf-8", "windows-1256", "iso-8859-6", "iso-8859-1", "windows-1251", "utf-16")


def pages() -> list[tuple[str, str]]:
    """(name, page) with every head, and an XML declaration before some."""
    found = []
    for name, head in HEADS.items():
        for label in META_LABELS if "{}" in name else ("",):
            page = f"<html><head>{head.replace('{}', label)}<title>خبر</title></head><body><p>{TEXT}</p></body></html>"
            found.append((name.format(label), page))
    for label in ("windows-1256", "utf-8", "iso-8859-6"):
        page = f'<?xml version="1.0" encoding="{label}"?><html><body><p>{TEXT}</p></body></html>'
        found.append((f"xml {label}", page))
    return found


@pytest.mark.parametrize("mark", MARKS)
@pytest.mark.parametrize("charset", CHARSETS)
def test_whoever_lies_the_text_is_right(charset: str, mark: str) -> None:
    for head, page in pages():
        body = MARKS[mark] + page.encode(CHARSETS[charset])
        for header in HEADERS:
            read = decode(body, f"text/html; charset={header}" if header else "text/html")
            told = f"{head}, header {header!r}: {read.charset} by {read.by}: {read.reason}"
            assert read.text == page, told
            assert not read.doubtful, told
            assert read.reason, told
            assert read.charset == CHARSETS[charset] or charset == "iso-8859-6", told


@pytest.mark.parametrize(
    ("body", "header", "by", "declared"),
    [
        (
            f'<meta charset="x-user-defined"><meta charset=windows-1256>{TEXT}'.encode("cp1256"),
            "",
            "guess",
            ("x-user-defined",),
        ),
        (
            f'<title><meta charset="utf-8"></title><meta charset=WINDOWS-1256>{TEXT}'.encode("cp1256"),
            "",
            "meta",
            ("windows-1256",),
        ),
        (f"<meta http-equiv=refresh content='1; charset=utf-8'>{TEXT}".encode("cp1256"), "", "guess", ()),
        (f'<?xml version="1.0" encoding="windows-1256"?>{TEXT}'.encode("cp1256"), "", "xml", ("windows-1256",)),
        (TEXT.encode("cp1256"), "text/html; charset = 'CP1256'", "header", ("cp1256",)),
        (TEXT.encode("cp1256"), "text/html; charset=x-cp1256", "header", ("x-cp1256",)),
    ],
)
def test_who_decided(body: bytes, header: str, by: str, declared: tuple[str, ...]) -> None:
    read = decode(body, header)
    assert TEXT in read.text
    assert (read.charset, read.by, read.declared) == ("cp1256", by, declared)


@pytest.mark.parametrize(
    ("text", "label", "charset"),
    [
        ("Le café où l'été s'achève : « ça ira », dit l'élève. École, Écosse, À bientôt !", "iso-8859-1", "cp1252"),
        ("Größe, Straße, Äpfel und Öl – „so ist es“, sagt er; 5 × 3 = 15 und 10 €", "windows-1252", "cp1252"),
        ("İstanbul'da yağış bekleniyor; ışıklar, çiçekler, ğ ve ş harfleri görüldü", "iso-8859-9", "cp1254"),
        ("Мэр города сказал, что дорога открыта, а автобусы пойдут в воскресенье", "windows-1251", "cp1251"),
        ("Мэр города сказал, что дорога открыта, а автобусы пойдут в воскресенье", "koi8-r", "koi8-r"),
        ("Ο δήμαρχος είπε ότι ο δρόμος άνοιξε και τα λεωφορεία θα επιστρέψουν", "iso-8859-7", "iso8859-7"),
        ("ראש העיר אמר כי הכביש נפתח והאוטובוסים יחזרו ביום ראשון", "windows-1255", "cp1255"),
        ("市长说道路已经开通，公共汽车将于星期日恢复运行，费用尚未公布。", "gb2312", "gb18030"),
        ("市長によると道路は開通し、バスは日曜日に再開するという。", "shift_jis", "cp932"),
        ("شهردار گفت که جاده باز شده است و اتوبوس‌ها روز یکشنبه باز می‌گردند؛ پل چوبی", "windows-1256", "cp1256"),
    ],
)
def test_languages_that_are_not_ours_are_read_as_declared(text: str, label: str, charset: str) -> None:
    page = f"<html><head><meta charset={label}></head><body><p>{text}</p></body></html>"
    body = page.encode(charset, "xmlcharrefreplace")
    for header in ("", f"text/html; charset={label}", "text/html; charset=utf-8"):
        read = decode(body, header)
        assert (read.text, read.charset) == (body.decode(charset), charset), read.reason


@pytest.mark.parametrize("label", ["", "utf-8", "windows-1256"])
def test_two_charsets_in_one_page_are_told(label: str) -> None:
    head, foot = (
        "<html><body><div>القائمة الرئيسية للموقع</div><p>".encode(),
        "</p><div>من نحن، اتصل بنا</div></body></html>".encode(),
    )
    read = decode(head + TEXT.encode("cp1256") + foot, f"text/html; charset={label}")
    assert (read.by, read.doubtful) == ("mixed", True)
    assert read.text == head.decode() + TEXT + foot.decode()


def test_a_last_letter_that_breaks_off_is_told() -> None:
    page = f"<p>{TEXT} نهاية"
    read = decode(page.encode()[:-1], "text/html")
    assert (read.by, read.doubtful, read.text) == ("damaged", True, page[:-1] + "\ufffd")
    assert "breaks off" in read.reason
    odd = decode(page.encode("utf-16-le")[:-1], "text/html")
    assert (odd.charset, odd.by, odd.text[:-1]) == ("utf-16-le", "damaged", page[:-1])


@pytest.mark.parametrize("seed", range(5))
def test_what_no_charset_makes_words_of_is_refused(seed: int) -> None:
    octets = bytes(random.Random(seed).choices(range(128, 256), k=400))
    for label in ("", "utf-8", "windows-1256", "windows-1252", "utf-16", "gbk"):
        with pytest.raises(BadRecord):
            decode(b"<p>" + octets, f"text/html; charset={label}")


def real() -> list[Path]:
    return sorted(REAL.glob("*.html.gz"))[::5]


@pytest.mark.shared
@pytest.mark.parametrize(("charset", "label"), [("cp1256", "windows-1256"), ("iso8859-6", "iso-8859-6"), ("utf-16-le", "")])
def test_real_pages_in_another_charset(charset: str, label: str) -> None:
    """Under a right label, and under none or a wrong one: the text is what was encoded, or nothing is read."""
    if not real():
        pytest.skip("../shared/pages/real is not there")
    read_right = 0
    for path in real():
        page = re.sub(
            r"(?i)<meta[^>]+charset[^>]*>|<\?xml[^>]*\?>", "", gzip.decompress(path.read_bytes()).decode("utf-8", "replace")
        )
        body = page.encode(charset, "xmlcharrefreplace")
        if not letters.arabic(body.decode(charset)):
            continue
        for header in (label, "", "utf-8", "iso-8859-1"):
            try:
                read = decode(body, f"text/html; charset={header}")
            except BadRecord:
                assert header != label, path.name
                continue
            assert read.text == body.decode(charset) or read.doubtful, f"{path.name}: header {header!r}: {read.reason}"
            read_right += read.text == body.decode(charset)
    assert read_right > 30
