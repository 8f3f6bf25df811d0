"""What the commands share: the workshop, outcomes as a line or as JSON, text that a terminal shows right."""

from __future__ import annotations

import json
import sys
import unicodedata
from typing import TYPE_CHECKING, Annotated, Any

import typer

from archive.errors import NOTHING_DUE
from archive.settings import from_environment
from archive.steps.workshop import Outcome, Workshop

if TYPE_CHECKING:
    from archive.catalog import Catalog

Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
Restricted = Annotated[bool, typer.Option("--restricted", help="Show withheld articles too.")]
OutletName = Annotated[str, typer.Argument(help="Name of an outlet: its file without .toml.", show_default=False)]


def workshop(as_json: bool = False, *, updates: bool = True) -> Workshop:
    """What a command works with. What it says on its way goes to the log; never between the JSON. `updates`: as Workshop."""
    file = sys.stderr if as_json else sys.stdout
    return Workshop(from_environment(), say=lambda line: print(line, flush=True, file=file), updates=updates)


def shown(shop: Workshop, restricted: bool) -> Catalog:
    """The catalog as people may see it, or with the withheld articles too."""
    return shop.catalog.with_withheld() if restricted else shop.catalog


def finish(outcome: Outcome, as_json: bool) -> None:
    """Print what was done; exit 99 when there was nothing to do, so that a scheduler can skip what follows."""
    print_json({"done": outcome.line, **outcome.data}) if as_json else print(outcome.line, flush=True)
    if outcome.nothing_due:
        raise typer.Exit(NOTHING_DUE)


def print_json(data: Any) -> None:
    print(json.dumps(data, ensure_ascii=False, default=str), flush=True)


def isolate(text: str) -> str:
    """Text of unknown direction, fenced with FSI…PDI (Unicode UAX #9) and without control characters.

    Logical order, never reshaped: that is the terminal's work.
    """
    clean = "".join(c for c in text if c in "\u200c\u200d" or unicodedata.category(c) not in ("Cc", "Cf", "Cs"))
    return f"\u2068{clean}\u2069"


def paragraphs(text: str) -> str:
    return "\n\n".join(isolate(line) for line in text.splitlines() if line.strip())


class progress:
    """A bar on a terminal, nothing elsewhere; as a context it gives `tick(done, all)`."""

    def __init__(self, what: str, quiet: bool) -> None:
        from rich.console import Console
        from rich.progress import Progress

        console = Console(stderr=True)
        self.bar = Progress(console=console, transient=True, disable=quiet or not console.is_terminal)
        self.task = self.bar.add_task(what, total=None)

    def __enter__(self):  # type: ignore[no-untyped-def]
        self.bar.__enter__()
        return lambda done, total: self.bar.update(self.task, completed=done, total=total)

    def __exit__(self, *stop: object) -> None:
        self.bar.__exit__(*stop)  # type: ignore[arg-type]
