"""The newsroom's outlet file, written for the port that it listens on."""

from __future__ import annotations

import os
import re
from pathlib import Path

TEMPLATE = Path(__file__).resolve().parent / "outlets" / "sandbox.toml"


def write(port: int, folder: Path) -> Path:
    """`sandbox.toml` in `folder`, which is made if need be. Replaced whole, so that no reader sees half a file."""
    text = re.sub(r"http://127\.0\.0\.1:\d+/", f"http://127.0.0.1:{port}/", TEMPLATE.read_text("utf-8"))
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / TEMPLATE.name
    new = path.with_suffix(".new")
    new.write_text(text, "utf-8")
    os.replace(new, path)
    return path
