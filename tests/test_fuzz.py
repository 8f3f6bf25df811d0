"""The part of the fuzz that every submission passes: the worst pages in small, and the same odd ones each time.

`make fuzz` takes half an hour and reads them in full size.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.fuzz.pages import pages
from tests.fuzz.reader import Page, Reader
from tests.fuzz.worst import article, bodies, heads, payloads, worst

SMALL = 0.004
ODD = 40


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with Reader() as one:
        yield one


def test_the_worst_pages_in_small_are_read(reader: Reader) -> None:
    faults = {page.kind: seen.fault for page in worst(SMALL) if (seen := reader.read(page)).fault}
    assert faults == {}


@pytest.mark.parametrize("kind", ["tags", "many attributes", "huge word", "deep font in p", "gzip bomb, cut"])
def test_some_in_full_size(reader: Reader, kind: str) -> None:
    known = {**{name: Page(article(body).encode()) for name, body in bodies().items()}, **payloads()}
    seen = reader.read(known[kind])
    assert (seen.fault, bool(seen.klass)) == ("", True)


@settings(
    max_examples=ODD,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(data=st.data())
def test_odd_pages_are_read(reader: Reader, data: st.DataObject) -> None:
    page = data.draw(pages())
    assert reader.read(page).fault == ""


def test_a_page_that_crashes_hangs_or_swells_is_told(reader: Reader) -> None:
    """The watch itself: with too little memory a page ends as a fault, never as a pass."""
    assert reader.read(Page(b"<p>x")).fault == ""
    with Reader(allowance=700) as poor:
        seen = poor.read(Page(b"<p>" + "ا".encode() * 7_000_000))
    assert seen.fault.startswith(("crash", "memory"))
    assert set(heads(SMALL)) & set(bodies(SMALL)) == set()
