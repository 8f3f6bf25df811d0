"""XPaths of outlet files: what libxml2 answers, on any page, in time that grows with the page and not with its square."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from lxml import html as lxml_html

from archive import xpaths
from archive.extract import body_of
from archive.markup import tree_of
from archive.outlet import Layout

PATHS = (
    "//a//b", "//a/descendant::b", "//a//b//a", "//*//b[1]", "//a//b[last()]", "(//a//b)[1]", "(//a/descendant::b)[2]", "(//a)[1]//b",
    "//a[.//b]//b", "//a[@id='x//y']//b", "//a//b | //b//a", "//a//b/text()", "//a/text()", "//a//@id", "//b/ancestor::a//b", "count(//a//b)",
    "//a/descendant::b[1]", "//a/descendant-or-self::a//b", "//a[contains(., ')')]//b", "/html/body//a/b", "(//a | //b)//a", "//a//b/..//a",
    "//a/following::b//a", "//a//missing", "string(//a//b)", "(//a//b)[99]",
)  # fmt: skip
TREES = st.recursive(
    st.sampled_from(["<a id='x'>1</a>", "<b>2</b>", "<b id='x'>)</b>", "t"]),
    lambda inner: st.tuples(st.sampled_from("ab"), st.lists(inner, max_size=4)).map(
        lambda pair: f"<{pair[0]} id='x'>{''.join(pair[1])}</{pair[0]}>"
    ),
    max_leaves=25,
)


@settings(max_examples=60, deadline=None)
@given(TREES)
def test_the_answer_is_that_of_libxml2(markup: str) -> None:
    tree = etree.fromstring(f"<html><body>{markup}</body></html>")
    for path in PATHS:
        assert xpaths.found(tree, path) == tree.xpath(path), path


def hostile() -> lxml_html.HtmlElement:
    """18,000 nested elements, of which libxml2 compares each with each: for a path that goes down twice it takes an hour."""
    return tree_of("<html><body>" + ("<div>" * 180 + "<p>x</p>" * 20 + "</div>" * 180) * 100 + "</body></html>")


@pytest.mark.parametrize("path", ["//div//div", "//div//div//p", "//div/descendant::div", "(//div//div)[1]"])
def test_a_page_of_nested_elements_is_answered_in_time(path: str) -> None:
    assert len(xpaths.found(hostile(), path)) in (1, 2000, 17900)


def test_a_layout_reads_such_a_page_in_time() -> None:
    layout = Layout(name="deep", match="//div//div", body="//div//div", prune=("//div//div//span",))
    tree = hostile()
    assert xpaths.found(tree, layout.match)
    assert body_of(tree, layout, "", "https://news.example.org/a/").container
