"""README: the commands of check.sh, part by part, each with what it does. Made from check.sh, so that both never differ."""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise
from pathlib import Path

TEMPLATES = Path(__file__).parent / "templates"
_PART = re.compile(r"(?m)^# (\d+)\. ")


@cache
def script() -> bytes:
    """check.sh"""
    return (TEMPLATES / "check.sh").read_bytes()


@cache
def readme() -> bytes:
    """The text, with the part numbered N of check.sh, indented, wherever it says `{N}` on a line of its own."""
    text = script().decode()
    starts = [0, *(match.start() for match in _PART.finditer(text)), len(text)]
    parts = [text[a:b].rstrip("\n") for a, b in pairwise(starts)]
    indented = ["\n".join(f"    {line}".rstrip() for line in part.splitlines()) for part in parts]
    explained = (TEMPLATES / "README.txt").read_text("utf-8")
    return re.sub(r"(?m)^\{(\d+)\}$", lambda match: indented[int(match[1])], explained).encode()
