"""How long things are in the scaled week, and the outlet files that say so."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path

from archive.outlet import Outlet
from tests.testbed.bed import BASE, ROOT, SITES

DURATIONS = ("revisit_after", "revisit_limit", "look_every", "walk_every", "gone_after")
KEPT = ("title", "spider", "language", "timezone", "article", "not_article", "sections")
LAYOUTS_TOO = {"xeber24": "alwatan"}  # the site that changes its theme during the week knows the other theme's layout
NASHRA = 'spider = "wordpress"\ntitle = "النشرة العربية"\n'


@dataclass(frozen=True, slots=True)
class Scale:
    """`hour`: seconds of real time that an hour of the week takes."""

    hour: float

    @classmethod
    def of_week(cls, minutes: float) -> Scale:
        return cls(minutes * 60 / 168)

    @property
    def week(self) -> float:
        return 168 * self.hour

    def seconds(self, real: float) -> float:
        """A duration of life, scaled."""
        return real / 3600 * self.hour

    def hours(self, seconds: float) -> float:
        """Measured seconds as hours of the week."""
        return seconds / self.hour


def address(site: str, path: str) -> str:
    """Every site is asked through the fault proxy, which has no rules but during the outage, or with --faults."""
    return f"http://127.0.0.1:{BASE + 11 + list(SITES).index(site)}{path}"


def write_outlets(folder: Path, scale: Scale, budget: float) -> None:
    """The repo's own outlet files, turned to the test bed."""
    folder.mkdir(parents=True, exist_ok=True)
    defaults = {f.name: f.default for f in fields(Outlet)}
    for site in SITES:
        text = _source(site)
        keep = {k: v for k, v in tomllib.loads(text).items() if k in KEPT}
        keep |= {"name": site, "url": address(site, "/"), "private": True}
        keep |= {"delay": 0.0, "budget": budget}
        keep |= {key: scale.seconds(float(defaults[key])) for key in DURATIONS}  # type: ignore[arg-type]
        layouts = _layouts(text) + (_layouts(_source(LAYOUTS_TOO[site])) if site in LAYOUTS_TOO else "")
        head = "\n".join(f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in keep.items())
        (folder / f"{site}.toml").write_text(f"{head}\n\n{layouts}", "utf-8")


def _source(site: str) -> str:
    name = SITES[site]
    return (ROOT / "outlets" / f"{name}.toml").read_text("utf-8") if name else NASHRA


def _layouts(text: str) -> str:
    return text[text.index("[[layouts]]") :] + "\n" if "[[layouts]]" in text else ""
