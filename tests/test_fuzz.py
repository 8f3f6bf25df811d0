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
from tests.fuzz.worst import article, bodies, payloads, worst

SMALL = 0.004
ODD = 30


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with Reader() as one:
        yield one


def test_the_worst_pages_in_small_are_read(reader: Reader) -> None:
    faults = {page.kind: seen.fault for page in worst(SMALL) if (seen := reader.read(page)).fault}
    assert faults == {}


def test_some_in_full_size(reader: Reader) -> None:
    found, whole = bodies(), payloads()
    known = [Page(article(found[kind]).encode(), kind=kind) for kind in ("many attributes", "huge word", "deep font in p")]
    for page in (*known, whole["tags"], whole["gzip bomb, cut"]):
        seen = reader.read(page)
        assert (seen.fault, bool(seen.klass)) == ("", True), page.kind


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


def test_a_page_that_crashes_hangs_or_swells_is_told() -> None:
    """The watch itself."""
    page = Page(article("").encode())
    with Reader(seconds=0.0) as hasty:
        assert hasty.read(page).fault.startswith("hang")
    with Reader(most=1) as poor:
        assert poor.read(page).fault.startswith("memory")
        poor.child.kill()
        poor.child.join()
        assert poor.read(page).fault.startswith("crash")
        assert poor.read(page).klass == "content"
