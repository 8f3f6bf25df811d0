"""Texts of other extractors on a set of pages, as JSON lines {page, system, text}. Runs in .venv-bench (`make peers`).

Each gets the page as bytes or as text, as its documentation says, no network, and its default settings. What an
extractor raises counts as an empty text: that is what its user would have. One that is not installed is left out.
"""

from __future__ import annotations

import gzip
import json
import logging
import re
import sys
from collections.abc import Callable
from pathlib import Path

_CHARSET = re.compile(rb"charset=[\"']?([\w-]+)", re.I)


def text_of(html: bytes) -> str:
    """For extractors that want text: in the charset that the page names, else UTF-8."""
    named = _CHARSET.search(html[:4096])
    try:
        return html.decode(named[1].decode() if named else "utf-8", "replace")
    except LookupError:
        return html.decode("utf-8", "replace")


def readability(html: bytes) -> str:
    from lxml import html as parser
    from readability import Document

    return "\n".join(parser.fromstring(Document(text_of(html)).summary(html_partial=True)).itertext())


def resiliparse(html: bytes) -> str:
    from resiliparse.extract.html2text import extract_plain_text
    from resiliparse.parse.encoding import bytes_to_str, detect_encoding

    return str(extract_plain_text(bytes_to_str(html, detect_encoding(html)), main_content=True))


def newspaper4k(html: bytes) -> str:
    from newspaper import Article

    article = Article("https://page.example.org/")
    article.download(input_html=text_of(html))
    article.parse()
    return str(article.text)


def goose3(html: bytes) -> str:
    from goose3 import Goose

    return str(Goose().extract(raw_html=text_of(html)).cleaned_text)


def news_please(html: bytes) -> str:
    from newsplease import NewsPlease

    return str(NewsPlease.from_html(text_of(html), url="https://page.example.org/").maintext or "")


SYSTEMS: dict[str, Callable[[bytes], str]] = {
    "readability-lxml": readability, "resiliparse": resiliparse, "newspaper4k": newspaper4k, "goose3": goose3,
    "news-please": news_please,
}  # fmt: skip


def main() -> None:
    logging.disable(logging.CRITICAL)
    for path in sorted(Path(sys.argv[1]).glob("*.html.gz")):
        html = gzip.decompress(path.read_bytes())
        for system, extract in SYSTEMS.items():
            try:
                text = extract(html)
            except ImportError as error:  # not installed, or not with what this language needs: no figure of its
                print(f"{path.name}: {system}: {error}", file=sys.stderr)
                continue
            except Exception as error:  # noqa: BLE001  the edge of foreign code: said, and counted as nothing
                print(f"{path.name}: {system}: {error}", file=sys.stderr)
                text = ""
            print(json.dumps({"page": path.name.removesuffix(".html.gz"), "system": system, "text": text}))


if __name__ == "__main__":
    main()
