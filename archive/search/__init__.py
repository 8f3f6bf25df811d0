"""Arabic full-text search: what a text's words are, which words a question finds, what is shown of a text. Pure.

    folding     a text as words, each with its place: one spelling for what readers do not tell apart
    clitics     what a word is found by: itself, and what is left of it without و ف ب ك ل ال س and pronouns
    words       names and common words that only look as if they began with one of these
    query       what a person typed, as terms
    entry       what of a text goes into the index
    excerpts    the places that answer, with the words marked

The databases' part is `archive.catalog.search`. Question and text go through the same functions, and marks are set with them,
so that what was found is what is marked.
"""
