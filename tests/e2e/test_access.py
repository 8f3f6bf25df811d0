"""Whoever cannot use a mouse, sees little, or holds a telephone can read and operate every page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import People

WIDTHS = (360, 768, 1280, 1920, 3840)
NAMES = ["today", "changes", "article", "compare", "compare-side", "seeds", "seed", "search", "alarms", "health", "run", "form"]


def axe() -> str:
    import axe_playwright_python

    (script,) = Path(axe_playwright_python.__file__).parent.rglob("axe.min.js")
    return script.read_text("utf-8")


@pytest.mark.parametrize(("language", "scheme"), [("en", "light"), ("ar", "dark")])
def test_axe_finds_nothing_serious(people: People, paths: dict[str, str], language: str, scheme: str) -> None:
    person = people("operator", language=language, scheme=scheme)
    script, found = axe(), []
    for name in NAMES:
        page = person.go(paths[name])
        page.wait_for_function("lang => document.documentElement.lang === lang", arg=language)
        page.evaluate(script)
        result: dict[str, Any] = page.evaluate("axe.run()")
        bad = [one for one in result["violations"] if one["impact"] in ("serious", "critical")]
        found += [(name, one["id"], [node["html"][:160] for node in one["nodes"][:3]]) for one in bad]
    assert found == []


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_sticks_out_at_any_width(people: People, paths: dict[str, str], width: int) -> None:
    person = people("operator", width=width, language="ar" if width in (360, 1920) else "en")
    wide = []
    for name in NAMES:
        page = person.go(paths[name])
        over = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        wide += [(name, over)] if over > 0 else []
        if width in (360, 3840):
            person.shot(f"{width}-{name}")
    assert wide == []


def test_everything_can_be_reached_by_keyboard_and_is_seen_when_it_is(people: People, paths: dict[str, str]) -> None:
    """Tab comes to every control in order, each shows that it has the focus, and none holds it."""
    person = people("operator")
    for name in NAMES:
        page = person.go(paths[name])
        wanted = page.evaluate(
            "[...document.querySelectorAll('a[href],button:not([disabled]),input:not([type=hidden]):not([disabled]),select,textarea,summary')]"
            ".filter(e => e.checkVisibility() && e.tabIndex >= 0).length"
        )
        parts = 3 * page.locator("input[type=date]").count()  # year, month and day are stops of their own
        seen = set()
        for _ in range(min(wanted, 60) + parts):
            page.keyboard.press("Tab")
            at = page.evaluate(
                """() => { const e = document.activeElement; const s = getComputedStyle(e);
                return [[...document.querySelectorAll('*')].indexOf(e), s.outlineStyle !== 'none' || s.boxShadow !== 'none',
                        e.tagName, e.innerText ? e.innerText.slice(0, 40) : ''] }"""
            )
            assert at[1], (name, at)
            seen.add(at[0])
        assert len(seen) >= min(wanted, 60) - 2, (name, len(seen), wanted)


def test_the_first_tab_leads_past_the_menu(people: People) -> None:
    page = people("viewer").go("/warraq/")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.url.endswith("#main")
