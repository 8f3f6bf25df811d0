"""Lines that a reader sees as the date of an article: by what they are called, by their label, by their place. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

from archive.metadata.kinds import PUBLISHED, UPDATED
from archive.metadata.marks import Marks, parts_of, shown_by

LONGEST = 160  # letters of a line that is a date with what stands beside it
_PUBLISHED = re.compile(r"نُ?شر|أضيف|كتب|publi|posted|انتشار", re.I)
_CHANGE = re.compile(r"حديث|عد[ّ]?ي?ل|updat|modif|edit|maj|mis", re.I)  # what a line that tells of a change has
_LABELS = "//body//text()[contains(., 'نشر') or contains(., 'حديث') or contains(., 'التاريخ') or contains(., 'ublished')]"
_DAYS = r"(?:يوم )?(?:ال)?(?:سبت|[أا]حد|[إا]ثنين|ثلاثاء|[أا]ربعاء|خميس|جمعة)\b"
_LABEL = re.compile(  # «نشرت الصحيفة في 2 آذار …» is a sentence, and none
    r"^[\W_]*(?:(?:تاريخ |تم |وقت )?(?:ال)?(?:نُ?شرت?|نشره|إضافة|تحديث)|(?:آخر|اخر) تحديث|التاريخ|"
    r"(?:last )?(?:published|updated))"
    rf"(?: (?:في|بتاريخ|on))?\s*(?:[:：|–-]|\d|[٠-٩]|{_DAYS}|$)",
    re.I,
)
_LABELLED = 70  # letters of a line with a label
_BARE = re.compile(rf"[\W_]*(?:{_DAYS}\W*)?\d")
_FOLLOWING = 12  # elements behind the headline that are looked at
_SHORT = 45  # letters of a line that is a date and nothing else


def called(marks: Marks, *, updated: bool) -> Iterator[tuple[str, bool]]:
    """Lines of elements that are called a date, or that have one beside names and sections; and does the line tell of a change?

    With `updated` only those that do. Those that say nothing of a change go first without it.
    """
    found = [(kind, one) for kind in ("date", "meta", "updated", "author") for one in marks.by_class.get(kind, ())]
    found += [("date", one) for one in marks.times if not one.get("datetime")]
    for kind, one in found if updated else sorted(found, key=lambda pair: pair[0] == "updated"):
        text = shown_by(one, LONGEST)
        if not 5 < len(text) <= LONGEST:
            continue
        changed = (kind == "updated" or says_updated(one)) and not _PUBLISHED.search(text)
        wanted = changed or bool(_CHANGE.search(text)) if updated else not changed
        if wanted and marks.own(one):
            yield text, changed


def uncalled(marks: Marks, tree: Any) -> Iterator[str]:
    """Where nothing is called a date: lines with a label («تاريخ النشر:»), and bare dates right behind the headline."""
    for text in islice(tree.xpath(_LABELS), 40):
        if _LABEL.match(text):
            for one in islice((text.getparent(), *text.getparent().iterancestors()), 2):
                line = parts_of(one, _LABELLED)
                if 5 < len(line) <= _LABELLED and re.search(r"[\d٠-٩۰-۹]", line) and marks.own(one):
                    yield line
    if marks.headline is not None:
        for one in islice(marks.headline.xpath("following::*"), _FOLLOWING):
            line = parts_of(one, _SHORT)
            if 5 < len(line) <= _SHORT and _BARE.match(line) and marks.own(one):
                yield line


def says_updated(element: Any) -> bool:
    """Is it, or what it stands in, called the date of a change?"""
    names = " ".join(above.get("class") or "" for above in (element, *islice(element.iterancestors(), 2)))
    return bool(UPDATED.search(names)) and not PUBLISHED.search(names)
