"""Addresses as people read them: readable, never other than they are, and no part of them out of its place."""

from __future__ import annotations

import unicodedata
from urllib.parse import quote, unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.web.iri import in_line, pieces, readable
from tests.web.cases import EDITED
from tests.web.test_pages import client, links, seen, text

HOST = "https://n.example"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("/2026/11/%d8%b3%d9%88%d9%82", "/2026/11/سوق"),
        ("/%D8%B3%D9%88%D9%82-2026/?q=%D9%85%D8%AF%D9%91&n=%D9%A3", "/سوق-2026/?q=مدّ&n=٣"),
        ("/سوق", "/سوق"),
        ("/%C5%9Fi%C3%A7a-d%C3%BBr", "/şiça-dûr"),
        ("/%D0%BC%D0%B8%D1%80/%E4%B8%AD%E5%9B%BD", "/мир/中国"),
        ("/plain?a=b%20c%2Fd", "/plain?a=b%20c%2Fd"),
    ],
)
def test_words_are_read(url: str, shown: str) -> None:
    assert readable(HOST + url) == HOST + shown


@pytest.mark.parametrize(
    "what",
    [
        "%E2%80%AEgnp.exe",  # right-to-left override
        "%E2%80%8F%D8%B3",  # a mark that nobody sees
        "%D8%9C%D8%B3",
        "%E2%81%A6a%E2%81%A9",
        "%D8%B3%E2%80%8C%D9%88",  # a joiner that nobody sees
        "%C2%A0%E3%80%80",
        "%00%0A%7F",
        "%C2%85",
        "%2F%3F%23%25",
        "%E2%88%95%E2%81%84%EF%BC%8F%E2%A7%B8",  # strokes that pass for /
        "a%E3%83%8E%E4%B8%80",
        "%EF%BC%A1%EF%BC%91%EF%BA%8D",  # wide letters, a presentation form: other spellings
        "%E3%85%A4%E1%85%9F",  # letters that nobody sees
        "p%D0%B0ypal",  # а of another alphabet in a word
        "%CE%BFpen",
        "%CC%B8%CC%81",
        "%D9%91%D9%91",  # a sign above nothing
        "%C7%CE%D3%E6%DE",  # windows-1256
        "%D8%B3%D9",  # broken off
        "%F0%9F%98%80",
    ],
)
def test_what_misleads_or_cannot_be_read_stays_as_it_was_asked_for(what: str) -> None:
    shown = readable(f"{HOST}/{what}/")
    assert all(c.isascii() or unicodedata.category(c) in ("Lo", "Mn") for c in shown), ascii(shown)
    assert readable(f"{HOST}/{what}/").count("/") == 4
    if "%D8%B3" not in what:
        assert shown == f"{HOST}/{what}/"
    assert not set(shown) & set("\u202e\u200f\u061c\u2066\u2069\u200c")


def test_the_host_is_never_decoded_and_bare_characters_are_judged_as_the_encoded_ones() -> None:
    assert readable("https://%D8%B3.example/%D8%B3") == "https://%D8%B3.example/س"
    assert readable(f"{HOST}/a\u202eb c\ud800") == f"{HOST}/a%E2%80%AEb%20c%ED%A0%80"


@given(st.text(max_size=20))
def test_it_is_the_same_address(path: str) -> None:
    url = f"{HOST}/{quote(path, errors='surrogatepass')}"
    shown = readable(url)
    assert unquote_to_bytes(quote(shown, safe="%/:")) == unquote_to_bytes(url)
    assert "".join(part for part, _ in pieces(url)) == shown


def test_parts_that_are_read_from_the_right_keep_their_place() -> None:
    assert [part for part, rtl in pieces(f"{HOST}/%D8%A3/%D8%A8?%D8%AA=1") if rtl] == ["أ", "ب", "ت"]
    assert in_line(f"{HOST}/%D8%A3/2024/%D8%A8") == f"{HOST}/\u2068أ\u2069/2024/\u2068ب\u2069"
    html = client().get(f"/warraq/article/{EDITED}").text
    assert "11/20/<bdi>السوق</bdi></a>" in html
    assert "https://manara.example.org/2026/11/20/%d8%a7%d9%84%d8%b3%d9%88%d9%82" in links(html), "the link is exact"
    cite = html.partition("Cite")[2]
    assert "%d8%a7%d9%84%d8%b3%d9%88%d9%82" in cite, "so is what is cited"
    assert "السوق" in text(html)
    assert [a for tag, a in seen(html).tags if tag == "bdi"]
