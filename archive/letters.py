"""Do these letters make words? What tells one charset from another when nobody says, or somebody lies. Pure.

A text that is read in the wrong charset has letters of two scripts in one word, signs inside words, or words of nothing but
accented letters. No language has (the Unicode Security Mechanisms call it a mixed-script token, UTS #39 §5.1).
"""

from __future__ import annotations

import re

PLAIN = 0.8  # share of sense that lets a declared charset be believed
SURE = 0.9  # … that lets a guess be
_LOOKED_AT = 200_000  # characters: enough to know
_LEAST_WIDE = 0.9  # share of pairs of octets that look like UTF-16, in a page that is
_WORD = re.compile("[A-Za-z]*+[^\\x00-\\x7f][^\\x00-\\x40\\x5b-\\x60\\x7b-\\x7f]*+")
_ARABIC = re.compile("[\u0600-\u06ff\u0750-\u077f\u08a0-\u08ff\ufb50-\ufdff\ufe70-\ufefc]")
_LATIN = re.compile("[\u00aa\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff]")
_OTHER = {
    "greek": re.compile("[\u0370-\u03ff\u1f00-\u1fff]"),
    "cyrillic": re.compile("[\u0400-\u052f]"),
    "hebrew": re.compile("[\u0590-\u05ff]"),
    "thai": re.compile("[\u0e00-\u0e7f]"),
    "east": re.compile("[\u1100-\u11ff\u3000-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]"),
}
# What may stand at the edge of a word or between words: typographic signs, bidi and joining marks, « », no-break space.
_SIGNS = re.compile(
    "[\u00a0\u00a1\u00a3\u00a9\u00ab\u00ad\u00ae\u00b0-\u00b3\u00b7\u00b9\u00bb-\u00bf\u00d7\u00f7\u2000-\u206f\u20a0-\u20bf\u2100-\u214f\u2190-\u25ff]"
)
_NEVER = re.compile("[\u0080-\u009f\ufffd\ue000-\uf8ff]")
_JOINERS = "\u200c\u200d\u200e\u200f\u2019\u0640\u00ad"
_UTF8 = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")  # RFC 3629 §4
_HIGH = bytes(range(128, 256))


def beyond_ascii(text: str) -> int:
    """Characters of a short `text` that are not ASCII."""
    return len(text) - len(text.encode("ascii", "ignore"))


def high(data: bytes) -> int:
    """Octets of `data` beyond ASCII."""
    return len(data) - len(data.translate(None, _HIGH))


def utf8_share(data: bytes) -> float:
    """Share of the octets beyond ASCII that are part of letters of UTF-8, 0 to 1, in what is looked at."""
    sample = data[: 4 * _LOOKED_AT]
    beyond = high(sample)
    return sum(map(len, _UTF8.findall(sample))) / beyond if beyond else 1.0


def sense(text: str) -> float:
    """Share of what is beyond ASCII in `text` that stands in words of one script, or is a sign where signs stand, 0 to 1."""
    good = total = 0
    for word in _WORD.findall(text[:_LOOKED_AT]):
        own = beyond_ascii(word)
        total += own
        good += own if _plain(word) else 0
    return good / total if total else 1.0


def arabic(text: str) -> bool:
    """Are most of its characters beyond ASCII Arabic letters, and a tenth of these alef and lam?

    They are a quarter in Arabic, a seventh in Persian and Urdu; hardly any in KOI8-R's Russian, which gives Arabic letters too.
    """
    text = text[:_LOOKED_AT]
    found = len(_ARABIC.findall(text))
    return 2 * found > beyond_ascii(text) and 10 * (text.count("\u0627") + text.count("\u0644")) >= found


def _plain(word: str) -> bool:
    """Is it a word as languages have them? `word`: letters of ASCII, and all that is beyond ASCII, without white space."""
    if _NEVER.search(word):
        return False
    inner = _SIGNS.sub(lambda sign: "" if sign[0] in _JOINERS else " ", word).strip()
    parts = inner.split()
    return all(_of_one_script(part) for part in parts) and len(parts) <= 1 + len(inner) // 3


def _of_one_script(word: str) -> bool:
    latin, beyond = len(_LATIN.findall(word)), beyond_ascii(word)
    if _ARABIC.search(word):
        return latin == 0 and len(_ARABIC.findall(word)) == beyond == len(word)
    if latin:
        return latin == beyond and (latin <= 2 or 3 * latin <= 2 * len(word))
    return any(len(script.findall(word)) == beyond for script in _OTHER.values()) or not beyond


def wide(data: bytes) -> str:
    """`utf-16-le` or `utf-16-be` when the octets come in such pairs, by where the upper octets of ASCII and Arabic stand."""
    sample = data[: 1 << 16]
    pairs = len(sample) // 2
    if pairs < 8 or sample.count(0) * 20 < len(sample):
        return ""
    for charset, upper, lower in (("utf-16-le", sample[1::2], sample[0::2]), ("utf-16-be", sample[0::2], sample[1::2])):
        known = sum(upper.count(octet) for octet in (*range(0x08), 0x20, 0xFB, 0xFE))
        if known >= _LEAST_WIDE * pairs and lower.count(0) * 20 < pairs and b"<" in lower:
            return charset
    return ""
