"""golden: a golden page of a live article, for somebody to look at and to write a page of their own after.

The page is taken from the archive, or captured now as `warraq capture` does: robots.txt, identity and delay are kept to.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from archive import golden as golden_pages
from archive import rules, warc
from archive import watch as watching
from archive.address import article_id
from archive.channels import scope_of
from archive.errors import Refused
from archive.outlet import Outlet
from archive.steps import asked
from archive.steps.workshop import Outcome, Workshop

if TYPE_CHECKING:
    from archive.warc import StoredCapture

FOLDER = Path("golden")
NOTE = "the page is the outlet's: keep it out of the repository, and write one of your own in its shape"


def golden(
    shop: Workshop, name: str, url: str, run: str, *, layout: str = "", folder: Path = FOLDER, fresh: bool = False
) -> Outcome:
    """Write the page at `url` and its reading into `folder`/<outlet>/<day>/<layout>.html and .json.

    Its newest capture is taken, or one is made: always when `fresh`. `layout`: read with that one alone. `data`: `files`,
    `check`, `class`.
    Refused when the address is no article's of the outlet, when it was not captured as one, or when other files are there.
    """
    outlet, url = shop.outlet(name), watching.page(url)
    if not scope_of(outlet).article(url, trusted=True):
        raise Refused(f"{url} is no article's address of {name}", "look at `url`, `aliases` and `article` in its outlet file")
    chosen = _only(outlet, layout)
    capture = None if fresh else _held(shop, name, url)
    if capture is None:
        asked.capture(shop, [url], run)
        capture = _held(shop, name, url)
    if capture is None:
        raise Refused(f"{url} was not captured as an article", f"`warraq history {url}` says what the site answered")
    made = golden_pages.golden(capture, chosen)
    if layout and made.layout != layout:
        told = made.expected["reason"] or "its `match` finds nothing there"
        raise Refused(
            f"the layout {layout!r} does not fit {url}: {told}", "correct it in the outlet file, or leave --layout out"
        )
    files = _write(folder / name / made.day / (made.layout or "whole-page"), made)
    return Outcome(
        f"golden: {files[0]} and {files[1].name}: {NOTE}",
        {"files": [str(file) for file in files], "check": golden_pages.to_check(made), "class": made.expected["class"]},
    )


def _only(outlet: Outlet, layout: str) -> Outlet:
    """The outlet with that layout alone, in force at any time; as it is when none is named."""
    if not layout:
        return outlet
    found = [one for one in (*outlet.layouts, rules.GENERIC) if one.name == layout]
    if not found:
        known = ", ".join(one.name for one in outlet.layouts) or "none"
        raise Refused(f"{outlet.name} has no layout {layout!r}", f"known: {known}, and {rules.GENERIC.name}")
    return replace(outlet, layouts=() if found[0] == rules.GENERIC else (replace(found[0], since=type(found[0])().since),))


def _held(shop: Workshop, name: str, url: str) -> StoredCapture | None:
    """The newest capture of the page that has a body and was content; of a withheld article none is shown."""
    article = article_id(url)
    lines = [line for _, line in shop.catalog.lines(name, article)]
    if not lines:
        return None
    shop.catalog.article(article, name)  # Withheld
    whole = [one for one in lines if one.klass == "content" and one.record_type == "response" and not one.reread]
    if not whole:
        return None
    newest = max(whole, key=lambda one: one.time)
    return warc.capture_at(shop.store.get(newest.warc, newest.offset, newest.length), newest.offset)


def _write(stem: Path, made: golden_pages.Golden) -> tuple[Path, Path]:
    page, expected = stem.parent / f"{stem.name}.html", stem.parent / f"{stem.name}.json"
    for path, data in ((page, made.page), (expected, golden_pages.dump(made.expected))):
        if path.exists() and path.read_bytes() != data:
            raise Refused(f"{path} is there already and says something else", "move it away, or name another folder with --out")
    stem.parent.mkdir(parents=True, exist_ok=True)
    page.write_bytes(made.page)
    expected.write_bytes(golden_pages.dump(made.expected))
    return page, expected
