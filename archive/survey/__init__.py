"""An unknown site looked at: which of its documents to ask for, and the outlet file that follows from them. Pure.

    start address ─► next_ask ─► (the spider fetches) ─► … ─► decide ─► written

`spiders.survey` is the network half. Documents of a survey are not archived: the first run captures them anew.
"""

from archive.survey.asking import next_ask
from archive.survey.decide import decide
from archive.survey.documents import Ask, Document, Gathered, dump, load
from archive.survey.written import Decision, Field, name_of, review, written

__all__ = [
    "Ask",
    "Decision",
    "Document",
    "Field",
    "Gathered",
    "decide",
    "dump",
    "load",
    "name_of",
    "next_ask",
    "review",
    "written",
]
