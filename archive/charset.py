"""Which character set a page is written in, when header, meta element and bytes disagree. Pure.

Browsers ask, in this order (WHATWG HTML §13.2.3.2): byte order mark, header, meta element or XML declaration, a guess. So
do we, with labels that mean what the WHATWG Encoding standard says (§4.2: ISO-8859-1 is windows-1252), but for four things:

- Valid UTF-8 wins over every label: Arabic text in another charset is practically never valid UTF-8 by chance.
- A label, or a byte order mark, that makes no text of the bytes (archive.letters) is not believed, and the next is asked.
- A meta element counts wherever it stands, but not in a comment or a script.
- Nothing is replaced in silence: what no rule decides is BadRecord, a few wrong octets are told (`damaged`, `mixed`).
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass

from archive import letters
from archive.errors import BadRecord

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_HEADER = re.compile(r"charset\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]+)", re.I)
_XML = re.compile(rb"\s*<\?xml[^>]{0,200}?\bencoding\s*=\s*[\"']([A-Za-z0-9_.:-]+)")
_RAW = re.compile(rb"<(?:!--|(?:(script|style|title|textarea)|(meta))(?=[\s/>]))", re.I)
_REST = re.compile(rb"""(?:[^>"']|"[^"]*"|'[^']*')*+>""")
_ATTRIBUTE = re.compile(rb"""([^\s"'=<>/]++)\s*+=\s*+(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
_TAGS = re.compile(rb"(<[^<>]*>)")

# Names that Python gives the charsets which the WHATWG Encoding standard knows, and the labels that mean another one there.
_KNOWN = frozenset((
    "utf-8", "utf-16-le", "utf-16-be", "cp866", *(f"iso8859-{n}" for n in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)), "koi8-r",
    "koi8-u", "mac-roman", "mac-cyrillic", "cp874", *(f"cp{n}" for n in range(1250, 1259)), "gb18030", "big5hkscs", "euc_jp",
    "iso2022_jp", "cp932", "cp949",
))  # fmt: skip
_MEANT = {
    "iso8859-1": "cp1252", "ascii": "cp1252", "iso8859-9": "cp1254", "iso8859-11": "cp874", "tis-620": "cp874",
    "utf-16": "utf-16-le", "gb2312": "gb18030", "gbk": "gb18030", "big5": "big5hkscs", "euc_kr": "cp949", "utf-8-sig": "utf-8",
    "shift_jis": "cp932", "cp936": "gb18030",
}  # fmt: skip
_LABELS = {
    "unicode": "utf-16-le", "ucs-2": "utf-16-le", "iso-10646-ucs-2": "utf-16-le", "unicodefffe": "utf-16-be",
    "unicodefeff": "utf-16-le", "unicode-1-1-utf-8": "utf-8", "x-unicode20utf8": "utf-8", "iso-8859-6-e": "iso8859-6",
    "iso-8859-6-i": "iso8859-6", "csiso88596e": "iso8859-6", "csiso88596i": "iso8859-6", "iso-8859-8-i": "iso8859-8",
    "logical": "iso8859-8", "visual": "iso8859-8", "dos-874": "cp874", "x-sjis": "cp932", "windows-31j": "cp932",
    "ks_c_5601-1987": "cp949", "x-gbk": "gb18030", "x-mac-roman": "mac-roman", "x-mac-cyrillic": "mac-cyrillic",
    "x-x-big5": "big5hkscs",
}  # fmt: skip
_GUESSED = ("cp1256", "iso8859-6", "cp1252")  # of legacy charsets whose label is missing or wrong: ours are Arabic outlets
_FEW = 0.02  # share of letters that may be damaged in a page which is read all the same
_PART = 0.1  # share of octets in letters of UTF-8: in Arabic text of another charset it is a few per cent, by chance


@dataclass(frozen=True, slots=True)
class Decoded:
    """A page's text, the charset (Python's name) it was read in, and what decided so."""

    text: str
    charset: str
    by: str  # bom, bytes, header, meta, xml, guess; damaged: a few octets stand as U+FFFD; mixed: parts in another charset
    declared: tuple[str, ...]  # what header, meta and XML declaration said, in this order, lower case
    reason: str = ""  # why, in words: what was not believed, and what spoke against it

    @property
    def doubtful(self) -> bool:
        """Not every octet is a letter of the one charset: the page is damaged, or two pages in one."""
        return self.by in ("damaged", "mixed")


def decode(body: bytes, content_type: str) -> Decoded:
    """The text of an HTML page; BadRecord when no charset makes a text of it."""
    mark = next(((bom, charset) for bom, charset in _BOMS if body.startswith(bom)), None)
    data = body[len(mark[0]) :] if mark else body
    said = list(_said(data, content_type))
    declared = tuple(label for _, label in said)
    against: list[str] = []
    if mark and (read := _marked(data, mark[1], declared)):
        return read
    if mark:
        against.append(f"the byte order mark says {mark[1]}")
    if wide := letters.wide(data):
        return _utf16(data, wide, "bytes", declared, _because(f"every other octet is that of {wide}", against))
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        cut = "breaks off within" if error.reason == "unexpected end of data" else "no letter"
        against.append(f"{cut} a letter of UTF-8 at byte {error.start}" if cut[0] == "b" else f"no UTF-8 at byte {error.start}")
    else:
        others = [f"{by} says {label}" for by, label in said if name_of(label) != "utf-8"]
        return Decoded(text, "utf-8", "bytes", declared, _because("valid UTF-8", against + others))
    return _mostly_utf8(data, declared, against) or _legacy(data, said, declared, against)


def name_of(label: str) -> str:
    """Python's name of the charset that a label means on the web, "" for a label that means none there."""
    label = label.strip().lower()
    try:
        python = _LABELS.get(label) or codecs.lookup(label.removeprefix("x-")).name
    except (LookupError, ValueError):  # a label may hold a NUL
        return ""
    name = _MEANT.get(python, python)
    return name if name in _KNOWN else ""


def _because(why: str, against: list[str]) -> str:
    return f"{why}, although {'; '.join(against)}" if against else why


def _said(data: bytes, content_type: str) -> Iterator[tuple[str, str]]:
    """(who, label) of all that say in which charset the page is, the one that browsers ask first first."""
    if found := _HEADER.search(content_type):
        yield "header", found[1].lower()
    meta = _meta(data)
    if meta:
        yield "meta", meta
    if declaration := _XML.match(data):
        yield "xml", declaration[1].decode("ascii").lower()


def _meta(data: bytes) -> str:
    """The label of the first meta element that has one: `charset`, or `content` of http-equiv (HTML §4.2.5.4)."""
    at = 0
    while (found := _RAW.search(data, at)) is not None:
        rest = _REST.match(data, found.end()) if found[1] or found[2] else None
        if found[2]:
            label = _label(rest[0] if rest else b"")
            if label or rest is None:
                return label
            at = rest.end()
            continue
        end = re.compile(b"</" + found[1] if found[1] else b"-->", re.I).search(data, found.end())
        if end is None:  # what is never closed hides the rest
            return ""
        at = end.end()
    return ""


def _label(attributes: bytes) -> str:
    found: dict[bytes, bytes] = {}
    for name, *values in _ATTRIBUTE.findall(attributes[:2000]):
        found.setdefault(name.lower(), b"".join(values).strip())
    if label := found.get(b"charset"):
        return label.decode("latin-1").lower()
    pragma = found.get(b"http-equiv", b"").lower() == b"content-type"
    content = _HEADER.search(found.get(b"content", b"").decode("latin-1")) if pragma else None
    return content[1].lower() if content else ""


def _marked(data: bytes, charset: str, declared: tuple[str, ...]) -> Decoded | None:
    """`data` in the charset of its byte order mark, None when it is not."""
    others = [f"somebody says {label}" for label in declared if name_of(label) != charset]
    why = _because(f"a byte order mark of {charset}", others)
    if charset == "utf-8" and not letters.wide(data):
        try:
            return Decoded(data.decode("utf-8"), "utf-8", "bom", declared, why)
        except UnicodeDecodeError:
            return None  # maybe damaged, maybe a file in another charset behind an editor's mark
    return _utf16(data, charset, "bom", declared, why) if letters.wide(data) == charset else None


def _utf16(data: bytes, charset: str, by: str, declared: tuple[str, ...], why: str) -> Decoded:
    text = data.decode(charset, "replace")
    wrong = text.count("\ufffd")
    if wrong > max(4, _FEW * len(text)):
        raise BadRecord(f"not {charset}: {wrong} of {len(text)} letters are none")
    return Decoded(text, charset, "damaged" if wrong else by, declared, f"{why}; {wrong} letters are damaged" if wrong else why)


def _mostly_utf8(data: bytes, declared: tuple[str, ...], against: list[str]) -> Decoded | None:
    """UTF-8 all the same but for a few octets, or with parts in windows-1256; None when it is not UTF-8 at all."""
    beyond = letters.high(data) // 2  # most of our letters have two octets
    share = letters.utf8_share(data)
    if share < _PART:
        return None
    text = data.decode("utf-8", "replace") if share > 1 - 2 * _PART else ""
    wrong = text.count("\ufffd")
    if text and wrong <= max(4, _FEW * beyond) and wrong * 5 < beyond:
        return Decoded(text, "utf-8", "damaged", declared, f"UTF-8 but for {wrong} damaged letters; {against[-1]}")
    pieces = [_piece(piece) for piece in _TAGS.split(data)]
    text = "".join(piece for piece, _ in pieces)
    others, wrong = sum(other for _, other in pieces), text.count("\ufffd")
    if not others or wrong > max(4, _FEW * beyond):
        return None
    return Decoded(text, "utf-8", "mixed", declared, f"UTF-8, but {others} pieces between tags are windows-1256; {against[-1]}")


def _piece(data: bytes) -> tuple[str, bool]:
    """What stands between two tags of a page in two charsets, and whether it was in the other one."""
    if data.isascii():
        return data.decode("ascii"), False
    try:
        return data.decode("utf-8"), False
    except UnicodeDecodeError:
        text = data.decode("cp1256")
    if letters.utf8_share(data) < 0.5 and letters.sense(text) >= letters.PLAIN:
        return text, True
    return data.decode("utf-8", "replace"), False


def _legacy(data: bytes, said: list[tuple[str, str]], declared: tuple[str, ...], against: list[str]) -> Decoded:
    """A page in one charset other than UTF-8: the first that is declared and makes words of it, else the only one that does.

    Words of Arabic letters come out of nothing but Arabic, while Cyrillic or Chinese ones come out of anything.
    """
    guessed = {charset: text for charset in _GUESSED if (text := _strictly(data, charset)) is not None}
    worth = {charset: letters.sense(text) for charset, text in guessed.items()}
    arabic = [one for one in worth if worth[one] >= letters.SURE and letters.arabic(guessed[one])]
    for by, label in said:
        charset = name_of(label)
        text = _strictly(data, charset) if charset and not charset.startswith("utf") else None
        if text is not None and letters.sense(text) >= letters.PLAIN and (charset in arabic or not arabic):
            return Decoded(text, charset, by, declared, _because(f"{by} says {label}", against[1:]))
        if charset != "utf-8":
            against.append(f"{by} says {label}, which {'makes no words of it' if charset else 'is no charset of the web'}")
    likely = arabic or [one for one in worth if worth[one] >= letters.SURE]
    if not likely:
        raise BadRecord(f"no charset makes words of it: {'; '.join(against)}")
    if len({guessed[one] for one in likely}) > 1:
        raise BadRecord(f"{' and '.join(likely)} both make words of it: {'; '.join(against)}")
    return Decoded(guessed[likely[0]], likely[0], "guess", declared, _because(f"only {likely[0]} makes words of it", against))


def _strictly(data: bytes, charset: str) -> str | None:
    """The text, None when an octet is no letter in that charset."""
    try:
        return data.decode(charset)
    except UnicodeDecodeError:
        return None
