"""Evidence bundles of a small archive on a real S3 server: what is in them, what is refused, and what is found wrong."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from archive.prove import examine
from tests.evidence import Story
from tests.evidence import story as tell
from tests.servers import Server


@pytest.fixture(scope="module")
def story(weed: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    with tell(weed, tmp_path_factory.mktemp("prove")) as told:
        yield told


def test_it(story: Story) -> None:
    import shutil

    for row in story.shop().catalog.with_withheld().articles():
        found = story.shop().catalog.with_withheld().history(row.article)
        print(row.url, row.state, row.reason, row.versions, [(e.kinds, e.since, e.time) for e in found.events], [(c.time, c.klass, c.reason, c.record_type) for c in found.captures])
    for number, options in ((101, []), (101, ["--at", "2026-11-01T08:00:00Z"]), (101, ["--between", "1", "3"]), (102, ["--gone"]), (103, ["--gone"]), (104, []), (107, ["--between", "1", "2"]), (109, ["--at", "2026-11-01"])):
        path = story.prove(number, *options)
        report = examine(path)
        print(number, options, report.counts, report.findings, report.unchecked)
        shutil.copy(path, f"/tmp/prove-look/{number}{''.join(options).replace(':', '')}.zip")
    for number, options in ((101, ["--gone"]), (105, []), (106, ["--gone"]), (108, []), (102, ["--at", "2026-11-02"]), (101, ["--at", "2026-10-02"]), (101, ["--at", "2026-11-02T00:00"]), (101, ["--between", "3", "1"]),(101, ["--between", "1", "9"])):
        print(number, options, story.refused(number, *options))
