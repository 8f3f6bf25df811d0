"""Every word of the pages has its Arabic, no English stands in a template outside of `_`, and nothing is translated for nobody."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

from archive.alarms.conditions import CONDITIONS
from archive.web import language, today, views
from archive.web.health import WHYS

WEB = Path(language.__file__).parent
TEMPLATES = sorted((WEB / "templates").glob("*.html"))
MODULES = sorted([*WEB.glob("*.py"), *(WEB / "pages").glob("*.py")])
# Names and signs that are the same in every language.
NAMES = re.compile(
    r"&\w+;|\b(?:Warraq|Airflow|HTTP|UTC|WARC|CDXJ|SHA-256|URL|DAG|ID|T|K|EXIF|REST|JSON|CSV|PDF|ZIP|Trafilatura|Markdown|BibTeX|KiB|"
    r"pywb|docs/\w+\.md|warraq|verify|OPERATIONS\.md)\b"
)


def environment() -> Environment:
    return Environment(extensions=["jinja2.ext.do"], autoescape=True)


def calls(path: Path, name: str) -> Iterator[nodes.Call]:
    parsed = environment().parse(path.read_text("utf-8"))
    return (call for call in parsed.find_all(nodes.Call) if isinstance(call.node, nodes.Name) and call.node.name == name)


def strings(node: nodes.Node) -> Iterator[str]:
    """The texts that an expression may give, as far as they stand in it: `"a" if x else "b"` gives both."""
    if isinstance(node, nodes.Const) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, nodes.CondExpr):
        yield from strings(node.expr1)
        if node.expr2 is not None:
            yield from strings(node.expr2)


def in_templates() -> set[tuple[str, str]]:
    return {(path.name, said) for path in TEMPLATES for call in calls(path, "_") for said in strings(call.args[0])}


def in_code() -> set[tuple[str, str]]:
    """Words that code hands on: to `say`, and those of a Reason or a Link."""
    place = {"say": 0, "Reason": 1, "Link": 1}
    found = set()
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in place and len(node.args) > place[name]:
                found |= {(path.name, said) for said in _constants(node.args[place[name]])}
    return found


def _constants(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _constants(node.body)
        yield from _constants(node.orelse)


def in_tables() -> set[tuple[str, str]]:
    """What code hands on by a table of labels."""
    labels = {*WHYS.values(), *views.FLAGS.values(), *views.STATES.values()}
    labels |= {word for word, _, _ in views.KINDS.values()} | {word for word, _ in today.STATUS.values()}
    labels |= {text for one in CONDITIONS.values() for text in (one.title, one.remedy)}
    return {("labels", said) for said in labels}


@pytest.mark.parametrize(("where", "said"), sorted(in_templates() | in_code() | in_tables()))
def test_every_word_has_its_arabic(where: str, said: str) -> None:
    assert said in language.tables().words, f"{where}: no Arabic for {said!r} in archive/web/arabic/"


@pytest.mark.parametrize(("english", "arabic"), sorted(language.tables().words.items()))
def test_both_languages_name_the_same_things(english: str, arabic: str) -> None:
    def named(text: str) -> list[str]:
        return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name)

    assert named(english) == named(arabic)
    assert re.search(r"[\u0600-\u06ff]", arabic) or english == arabic, "it is Arabic"
    assert not re.search(r"[\u202a-\u202e\u2066-\u2069]", arabic), "data is isolated where it is put in"


def test_every_counted_noun_has_its_forms() -> None:
    used = {said for path in TEMPLATES for call in calls(path, "count") for said in strings(call.args[1])}
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "count":
                used |= {said for argument in node.args[1:2] for said in _constants(argument)}
    nouns = language.tables().nouns
    assert used - set(nouns) == set()
    for noun, forms in nouns.items():
        assert set(forms) == {"en", "zero", "one", "two", "few", "many", "other"}, noun
        assert all("{n}" in forms[name] for name in ("few", "many", "other")), noun


class _Read(HTMLParser):
    """What a reader sees or hears of markup: text, and the attributes that are read out."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.said += [value for name, value in attrs if value and name in ("aria-label", "title", "placeholder", "alt")]

    def handle_data(self, data: str) -> None:
        self.said.append(data)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_template_speaks_english_by_itself(path: Path) -> None:
    """The template without its expressions has no word but names."""
    parsed = environment().parse(path.read_text("utf-8"))
    reader = _Read()
    pieces = [piece for output in parsed.find_all(nodes.Output) for piece in output.nodes]
    reader.feed("".join(piece.data if isinstance(piece, nodes.TemplateData) else "1" for piece in pieces))
    texts = [re.sub(r'(?:\b[a-z]+\s+)?[\w-]+="[^"]*"', " ", text) for text in reader.said]  # attributes set by {% set %}
    said = [word for text in texts for word in re.findall(r"[A-Za-z]{2,}", NAMES.sub(" ", text))]
    assert said == []
