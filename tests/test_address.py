"""Addresses: one spelling for each article, and nothing that is two articles made one."""

from __future__ import annotations

import hashlib
from urllib.parse import quote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive import address
from archive.address import absolute, article_id, canonical, host_of

words = st.text("abcxyz0123456789-_.~ابتثجحخ سشص%2fé+;=&?#/:@!$'()*,", max_size=12)
hosts = st.sampled_from(
    ["example.org", "www.example.org", "www.www.example.org", "EXAMPLE.org", "خبر.example", "[::1]", "127.0.0.1"]
)
ports = st.sampled_from(["", ":80", ":443", ":8080"])
paths = st.lists(words.map(lambda word: word.replace("?", "").replace("#", "")), max_size=4).map(
    lambda parts: "/" + "/".join(parts)
)
queries = st.lists(st.tuples(words, words), max_size=3).map(lambda rows: "&".join(f"{k}={v}" for k, v in rows).replace("#", ""))
urls = st.builds(
    lambda scheme, host, port, path, query, end: f"{scheme}://{host}{port}{path}{'?' + query if query else ''}{end}",
    *(st.sampled_from(["http", "https", "HTTPS"]), hosts, ports, paths, queries, st.sampled_from(["", "#top", " "])),
)


@given(urls)
def test_canonical_is_idempotent_ascii_and_https(url: str) -> None:
    once = canonical(url)
    assert canonical(once) == once
    assert once.isascii()
    parts = urlsplit(once)
    assert (parts.scheme, parts.fragment) == ("https", "")
    assert not parts.netloc.startswith("www.")
    assert parts.path == "/" or not parts.path.endswith("/")
    assert article_id(once) == article_id(url)


@given(
    urls,
    st.sampled_from(["utm_source", "fbclid", "gclid", "amp_js", "igshid"]),
    words.filter(lambda w: "#" not in w and "&" not in w),
)
def test_tracking_changes_nothing(url: str, name: str, value: str) -> None:
    bare = url.strip().partition("#")[0]
    assert canonical(f"{bare}{'&' if '?' in bare else '?'}{name}={value}") == canonical(bare)


ONE = "https://example.org/%D8%AE%D8%A8%D8%B1-1"


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/خبر-1",
        "https://www.example.org/خبر-1/",
        "HTTPS://Example.ORG:443/%d8%ae%d8%a8%d8%b1-1#التعليقات",
        "http://example.org:80/%D8%AE%D8%A8%D8%B1%2D1///",
        "  https://example.org/خبر-1?utm_source=x&fbclid=y  ",
        "https://user:secret@example.org/خبر-1",
    ],
)
def test_spellings_of_one_article(url: str) -> None:
    assert canonical(url) == ONE
    assert article_id(url) == hashlib.sha256(ONE.encode()).hexdigest()[:32]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://example.org/?p=1", "https://example.org/?p=2"),
        ("https://example.org/?a=1&b=2", "https://example.org/?b=2&a=1"),  # their order may mean something
        ("https://example.org/a", "https://example.org/A"),
        ("https://example.org/a", "https://example.org:8080/a"),
        ("https://example.org/a?", "https://example.org/a?b"),
        ("https://example.org/a%3Fb", "https://example.org/a?b"),
        ("https://example.org/a%2523", "https://example.org/a%23"),
        ("https://m.example.org/a", "https://example.org/a"),
        ("https://example.org/?n=%C7%E1", "https://example.org/?n=%C7%E2"),  # windows-1256, as old sites write it
        ("https://example.org/%C7%E1", "https://example.org/%C7%E2"),
        ("https://example.org/?n=a%26b=c", "https://example.org/?n=a&b=c"),
    ],
)
def test_two_articles_stay_two(one: str, other: str) -> None:
    assert canonical(one).rstrip("?=") != canonical(other).rstrip("?=") or canonical(one) != canonical(other)
    assert article_id(one) != article_id(other)


@given(st.binary(min_size=1, max_size=6), st.binary(min_size=1, max_size=6))
def test_bytes_of_path_and_query_are_kept_whatever_their_charset(one: bytes, other: bytes) -> None:
    def at(text: bytes) -> str:
        return canonical(f"https://example.org/x{quote(text, safe='')}x?n={quote(text, safe='')}")

    assert (at(one) == at(other)) == (one == other)


@pytest.mark.parametrize("url", ["https://example.org:port/", "https://example.org:99999/", "https://[1/", "https://\ufffd../"])
def test_what_is_no_address_is_a_value_error_which_scope_knows(url: str) -> None:
    with pytest.raises(ValueError):
        canonical(url)


@given(urls)
def test_the_canonical_address_is_on_the_same_host(url: str) -> None:
    assert host_of(canonical(url)).removeprefix("www.") == host_of(canonical(canonical(url)))


def test_host_of_keeps_a_port_that_says_something() -> None:
    assert host_of("https://www.Example.org:443/a") == "example.org"
    assert host_of("http://127.0.0.1:8080/a") == "127.0.0.1:8080"
    assert host_of("http://[::1]:8080/a") == "[::1]:8080"


def test_absolute_as_a_browser_would_have_it() -> None:
    base = "https://example.org/a/b?c"
    assert absolute(base, " ../خبر#x ") == "https://example.org/خبر"
    assert absolute(base, "//other.example/x") == "https://other.example/x"
    assert absolute(base, "?p=1") == "https://example.org/a/b?p=1"
    assert absolute(base, "#top") == base


def test_nothing_that_tells_articles_apart_counts_as_tracking() -> None:
    assert not any(name.startswith(address._TRACKING) for name in ("p", "id", "page_id", "article", "n", "name", "cat"))
