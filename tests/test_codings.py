"""Bodies whose content codings are damaged, or others than their head says: never silently a shorter version."""

from __future__ import annotations

import gzip
import random
import zlib

import brotli
import pytest
from backports import zstd

from archive import codings, snapshot
from archive.codings import TooMuch, unpack
from archive.errors import BadRecord
from archive.judge import judge
from archive.outlet import Outlet
from archive.page import Judged
from tests.captures import capture

OUTLET = Outlet(name="example", title="جريدة النهر", url="https://news.example.org/", article=r"^/n/\d+$")
LINES = [
    f"السطر رقم {n}: وصلت الشاحنة {n * 7} إلى المستودع {chr(0x628 + n % 20)}{n} وعادت قبل الظهر محملة." for n in range(400)
]
PAGE = (
    '<html lang="ar"><head><meta charset="utf-8"><title>شاحنات القرية</title></head><body class="single single-post postid-9">'
    f'<h1>شاحنات القرية تعود محملة بالقمح</h1><div class="entry-content"><p>{"</p><p>".join(LINES)}</p></div></body></html>'
)
DATA = PAGE.encode()


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


PACKED = {"gzip": gzip.compress(DATA), "deflate": zlib.compress(DATA), "br": brotli.compress(DATA), "zstd": zstd.compress(DATA)}


def judged(coding: str, payload: bytes) -> Judged:
    headers = (("Content-Type", "text/html; charset=utf-8"), ("Content-Encoding", coding))
    (one,) = judge(capture("https://news.example.org/n/9", payload, headers=headers), "warc/x", OUTLET, None, "run")
    return one


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
@pytest.mark.parametrize("coding", PACKED)
def test_what_breaks_off_is_kept_and_doubted(coding: str, share: float) -> None:
    one = judged(coding, PACKED[coding][: int(len(PACKED[coding]) * share)])
    if one.snapshot is None:
        assert (one.observation.klass, one.observation.reason) == ("broken", "bad-encoding")
        assert share < 0.9 or coding == "zstd"  # whose blocks are 128 KiB
        return
    assert (one.observation.klass, one.observation.doubt) == ("content", "damaged")
    fields = snapshot.load(one.snapshot)
    assert "breaks off" in fields["charset"]["coding"]
    read = fields["faithful"].split("\n")
    assert len(read) > 110 * share - 20
    assert all(line in LINES for line in read[:-1])


@pytest.mark.parametrize("coding", PACKED)
def test_octets_that_were_altered_make_nothing_that_is_not_doubted(coding: str) -> None:
    chance = random.Random(20261122)
    for _ in range(10):
        spoilt = bytearray(PACKED[coding])
        spoilt[chance.randrange(12, len(spoilt))] ^= 1 << chance.randrange(8)
        one = judged(coding, bytes(spoilt))
        if one.snapshot is not None and one.observation.doubt == "":
            assert coding in ("br", "zstd")  # without a check sum, damage that says something else cannot be seen
            assert len(snapshot.load(one.snapshot)["faithful"]) > 0.8 * len("\n".join(LINES))
        else:
            assert one.observation.klass == "broken" or one.observation.doubt in ("damaged", "replacement", "cut-short")


@pytest.mark.parametrize(
    ("coding", "payload", "odd"),
    [
        ("gzip", DATA, "gzip and is not"),
        ("br", DATA, "br and is not"),
        ("gzip", b"\xef\xbb\xbf\n" + DATA, "gzip and is not"),
        ("deflate", raw_deflate(DATA), ""),
        ("deflate", zlib.compress(DATA), ""),
        ("deflate", gzip.compress(DATA), "deflate and is gzip"),
        ("br", gzip.compress(DATA), "br and is gzip"),
        ("gzip", zstd.compress(DATA), "gzip and is zstd"),
        ("gzip", gzip.compress(gzip.compress(DATA)), "gzip once more"),
        ("gzip, gzip", gzip.compress(DATA), "gzip and is not"),
        ("gzip, gzip", gzip.compress(gzip.compress(DATA)), ""),
        ("", gzip.compress(DATA), "gzip, unsaid"),
        ("identity", gzip.compress(DATA), "gzip, unsaid"),
        ("br, gzip", gzip.compress(brotli.compress(DATA)), ""),
        ("gzip", gzip.compress(DATA[:5000]) + gzip.compress(DATA[5000:]), ""),
    ],
)
def test_a_coding_that_is_another_than_its_head_says_is_seen(coding: str, payload: bytes, odd: str) -> None:
    one = judged(coding, payload)
    assert (one.observation.klass, one.observation.doubt) == ("content", "")
    assert one.snapshot is not None
    fields = snapshot.load(one.snapshot)
    assert fields["faithful"].split("\n") == LINES
    assert odd in fields["charset"]["coding"]
    assert bool(odd) == bool(fields["charset"]["coding"])


def test_half_a_page_is_no_evidence_that_the_article_is_gone() -> None:
    gone = '<html><head><title>x</title></head><body class="error404">' + "<p>نص</p>" * 900
    one = judged("gzip", gzip.compress(gone.encode())[:-12])
    assert (one.observation.klass, one.observation.reason) == ("broken", "bad-encoding")
    assert judged("gzip", gzip.compress(gone.encode())).observation.klass == "gone"


@pytest.mark.parametrize("cut", [0, 4])
def test_a_bomb_ends_at_the_limit_damaged_or_not(cut: int) -> None:
    zeros = bytes(3_000_000)
    packed = {
        "gzip": gzip.compress(zeros),
        "deflate": zlib.compress(zeros),
        "br": brotli.compress(zeros),
        "zstd": zstd.compress(zeros),
    }
    for coding, bomb in packed.items():
        with pytest.raises(BadRecord if cut else TooMuch):  # Brotli's is so small that nothing is left of it
            unpack([coding.encode()], bomb[: len(bomb) - cut], 1_000_000)
    with pytest.raises(TooMuch):
        unpack([b"gzip"], gzip.compress(gzip.compress(zeros)), 1_000_000)


def test_nothing_unpacked_is_no_body() -> None:
    for coding, whole in PACKED.items():
        with pytest.raises(BadRecord):
            unpack([coding.encode()], whole[:6], 1 << 20)
    with pytest.raises(BadRecord, match="snappy"):
        unpack([b"snappy"], b"\xff\x06\x00\x00sNaPpY", 1 << 20)


@pytest.mark.parametrize("coding", ["utf-8", "none", "snappy"])
def test_a_page_under_a_coding_that_nobody_knows_is_read_as_it_stands(coding: str) -> None:
    """Servers write the charset there; browsers show the page."""
    found = unpack([coding.encode()], DATA, 1 << 20)
    assert (found.data, found.odd, found.damage) == (DATA, f"it is said to be {coding} and is not", "")


def test_matryoshkas_are_not_opened_for_ever() -> None:
    doll = DATA
    for _ in range(30):
        doll = gzip.compress(doll)
    assert unpack([], doll, 1 << 20).data[:2] == b"\x1f\x8b"
    assert codings.unpack([], b"plain", 10).data == b"plain"
