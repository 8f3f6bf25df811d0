"""The charset of a page when header, meta element and bytes disagree."""

from __future__ import annotations

import codecs

import pytest

from archive.charset import decode
from archive.errors import BadRecord

TEXT = "<html><head>{meta}</head><body><p>افتتحت البلدية حديقة جديدة قرب السوق، وزرعت فيها أشجار الليمون.</p></body></html>"
PLAIN = TEXT.format(meta="")
META_1256 = TEXT.format(meta='<meta http-equiv="Content-Type" content="text/html; charset=windows-1256">')
META_UTF8 = TEXT.format(meta='<meta charset="utf-8">')


@pytest.mark.parametrize(
    ("body", "header", "charset", "by"),
    [
        (PLAIN.encode(), "text/html; charset=UTF-8", "utf-8", "bytes"),
        (PLAIN.encode(), "text/html", "utf-8", "bytes"),
        (META_1256.encode("cp1256"), "text/html", "cp1256", "meta"),
        (PLAIN.encode("cp1256"), 'text/html; charset="windows-1256"', "cp1256", "header"),
        (PLAIN.encode("iso8859-6", "ignore"), "text/html; charset=iso-8859-6", "iso8859-6", "header"),
        (META_1256.encode(), "text/html; charset=windows-1256", "utf-8", "bytes"),  # both lie
        (META_UTF8.encode("cp1256"), "text/html; charset=utf-8", "cp1256", "guess"),  # both lie the other way
        (PLAIN.encode("cp1256"), "text/html", "cp1256", "guess"),  # nobody says
        (META_1256.encode("cp1256"), "text/html; charset=no-such-thing", "cp1256", "meta"),
        (codecs.BOM_UTF8 + META_1256.encode(), "text/html; charset=windows-1256", "utf-8", "bom"),
        (codecs.BOM_UTF16_LE + PLAIN.encode("utf-16-le"), "text/html", "utf-16-le", "bom"),
    ],
)
def test_the_text_comes_out_whoever_lies(body: bytes, header: str, charset: str, by: str) -> None:
    decoded = decode(body, header)
    assert "أشجار الليمون" in decoded.text
    assert (decoded.charset, decoded.by) == (charset, by)


def test_what_was_declared_is_kept() -> None:
    assert decode(META_1256.encode(), "text/html; charset=ISO-8859-1").declared == ("iso-8859-1", "windows-1256")


@pytest.mark.parametrize("header", ["text/html; charset=utf-8", "text/html; charset=windows-1256", "text/html"])
def test_damaged_utf8_is_damage_not_another_charset(header: str) -> None:
    body = META_UTF8.encode()
    middle = body.index("الليمون".encode())
    read = decode(body[:middle] + b"\xff\xfe\x00\xd8" + body[middle:], header)
    assert (read.charset, read.by) == ("utf-8", "damaged")
    assert read.text.replace("\ufffd", "").replace("\0", "") == META_UTF8
    assert "\ufffd" in read.text


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(BadRecord):
        decode(bytes(range(128, 256)) * 4, "text/html")
