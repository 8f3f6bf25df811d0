"""Signs that a page arrived damaged, or is no article at all. Pure.

Doubted content is kept and counted. It makes a version only when later captures say the same (archive.groups). The doubts:

    replacement  U+FFFD in the text, or octets of the page that are no UTF-8
    encoding     letters of one charset read in another (mojibake)
    cut-short    the document does not end
    damaged      the body could be unpacked in part only; archive.page says so
    bare         little text, and nothing that an article has: no mark, no date, no post id, no element that holds its text
    shared       the same text at three addresses or more, none of which says when it was published or which post it is
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

from archive.observation import Observation, Reading

BARE = 200  # letters and digits: less is a notice, or a very short report
SHARED = 3  # addresses
_CHARSETS = ("cp1252", "cp1256", "latin-1")
_HIGH = re.compile(rb"[\x80-\xff]")
_UTF8 = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}")  # a letter of two or three octets (RFC 3629 §4)
_ARABIC = re.compile("[\u0621-\u064a]")
_LATIN = re.compile("[\xaa\xb5\xba\xc0-\xff]")  # with × and ÷: none of them stands inside an Arabic word
_MIXED = re.compile("[\u0621-\u064a][\xaa\xb5\xba\xc0-\xff]|[\xaa\xb5\xba\xc0-\xff][\u0621-\u064a]")  # linear
_FEW = 3  # wrong words that a page may have and be right: a quotation about charsets, a typing error


def of_text(text: str, *, octets_damaged: bool, ends: bool) -> str:
    """Why a page that was read as `text` (headline and body) is in doubt, "" for no reason."""
    if octets_damaged or "\ufffd" in text:
        return "replacement"
    if mojibake(text):
        return "encoding"
    return "" if ends else "cut-short"


def bare(reading: Reading, *, marked: bool, post: str) -> str:
    """The doubt of a page with nothing but a little text: it may be a notice that stands in the place of an article."""
    return "bare" if reading.chars < BARE and not (marked or post or reading.published or reading.layout) else ""


def mojibake(text: str) -> bool:
    """Was this text read in another charset than it was written in?

    Three signs: UTF-8 read as a single-octet charset turns back into UTF-8, which Arabic text never does by chance;
    ISO-8859-6 read as windows-1256 has Latin letters inside Arabic words; windows-1256 read as windows-1252 is mostly
    accented letters, as no language is.
    """
    if any(_turns_back(text.encode(charset, "replace")) for charset in _CHARSETS):
        return True
    if len(_MIXED.findall(text)) > _FEW:
        return True
    latin, letters = len(_LATIN.findall(text)), sum(char.isalpha() for char in text)
    return latin > _FEW * 4 and 3 * latin > letters and latin > len(_ARABIC.findall(text))


def _turns_back(octets: bytes) -> bool:
    """Is a third or more of what is not ASCII valid UTF-8? Of Arabic text in windows-1256 a few per cent are, by chance."""
    letters = len(_UTF8.findall(octets))
    return letters > _FEW and 6 * letters > len(_HIGH.findall(octets))


def shared(lines: Iterable[Observation]) -> frozenset[str]:
    """Records of contents whose text stands at several addresses that say nothing else of themselves: notices, not news."""
    where: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))  # text → article → records
    for line in lines:
        read = line.reading
        if line.klass == "content" and read is not None and read.chars and not (line.post or read.published):
            where[read.body.k][line.article].add(line.record)
    found = [articles for articles in where.values() if len(articles) >= SHARED]
    return frozenset(record for articles in found for records in articles.values() for record in records)
