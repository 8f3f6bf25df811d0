"""Whose pages a capture shows besides its own article's. Pure."""

from __future__ import annotations

from archive.address import article_id
from archive.observation import Observation


def others(line: Observation) -> set[str]:
    """Ids of other articles whose page or address the capture holds: where it led, and from where it was reached."""
    addresses = [url for url in (*line.via, str(line.to.get("url") or "")) if url]
    return {str(line.to.get("article") or ""), *map(article_id, addresses)} - {line.article, ""}
