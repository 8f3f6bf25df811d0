"""Trees of odd pages: nothing of the text is lost where a parser would stop, and what is too large is said to be."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree, html

from archive import markup
from archive.judge import judge
from archive.markup import TooLarge, flat, not_too_large, tree_of
from archive.outlet import Outlet
from tests.captures import capture

GOLDEN = sorted((Path(__file__).parent / "golden").rglob("*.html"))
OUTLET = Outlet(name="example", title="جريدة النهر", url="https://news.example.org/", article=r"^/n/\d+$")
SENTENCES = [f"الجملة رقم {n} من خبر طويل عن السوق والمدرسة والطريق بينهما." for n in range(300)]


def text_of(page: str) -> str:
    return "".join(tree_of(page).itertext())


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_an_ordinary_page_is_parsed_as_it_is(path: Path) -> None:
    page = path.read_text("utf-8")
    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, collect_ids=False)
    assert etree.tostring(tree_of(page)) == etree.tostring(html.document_fromstring(page.encode(), parser=parser))


@pytest.mark.parametrize("tag", ["font", "span", "div", "b", "blockquote", "center", "select", "section"])
def test_what_is_nested_too_deep_loses_its_tags_and_keeps_its_text(tag: str) -> None:
    page = (
        "<html><body>"
        + "".join(f"<p><{tag}>{one}</p>" if tag != "div" else f"<div>{one}" for one in SENTENCES)
        + "<p>END</body></html>"
    )
    deep = "<html><body>" + f"<{tag}>" * 700 + "عميق" + f"</{tag}>" * 700 + f"<p>{SENTENCES[0]}</p><p>END</p></body></html>"
    assert all(one in text_of(page) for one in (*SENTENCES, "END"))
    assert [one for one in ("عميق", SENTENCES[0], "END") if one not in text_of(deep)] == []


def test_an_article_behind_a_deep_nest_is_read_whole() -> None:
    body = "".join(f"<p>{one}</p>" for one in SENTENCES)
    page = f'<html><body class="single postid-1"><h1>السوق والمدرسة</h1>{"<font>" * 400}<i>x</i>{"</font>" * 400}<div class="entry-content">{body}</div></body></html>'
    (judged,) = judge(capture("https://news.example.org/n/1", page), "warc/x", OUTLET, None, "run")
    assert judged.observation.reading is not None
    assert judged.observation.doubt == ""
    assert judged.observation.reading.chars > 250 * 40


def test_blocks_that_lose_their_tags_still_end_a_line() -> None:
    made = flat("<div>" * 300 + "<p>أول</p><p>ثان <b>غامق</b></p>" + "</div>" * 300 + "<p>ثالث</p>")
    assert "أول<br><br>ثان غامق<br>" in made
    assert made.count("<div>") == made.count("</div>") == markup.DEEPEST
    assert made.endswith("<p>ثالث</p>")


@pytest.mark.parametrize(
    "page",
    ["<div><script>if (a < b) '<div>'</script><!-- <div> --><style>p>a{}</style><p title='a > b'>x</p><br/></div>", "<p>a < b", "<p <p", "<div a='", "<!-- x", "<script>x", "", "نص"],
)  # fmt: skip
def test_a_flat_page_stays_as_it_is(page: str) -> None:
    assert flat(page) == page


def test_attributes_beyond_the_200th_go() -> None:
    many = " ".join(f'a{n}="x > {n}"' for n in range(5000))
    page = f"<html><body><p class=first {many}>نص الخبر</p><p id=second>بقية</p>{'<i>م</i>' * 30_000}</body></html>"
    tree = tree_of(page)
    first, second = tree.findall(".//p")
    assert (first.get("class"), len(first.attrib), first.text) == ("first", markup.MOST_ATTRIBUTES, "نص الخبر")
    assert (second.get("id"), second.text) == ("second", "بقية")


def test_what_no_article_is_like_is_too_large() -> None:
    for data in (b"x" * (markup.LARGEST + 1), b"<b>" * (markup.MOST_TAGS + 1)):
        with pytest.raises(TooLarge):
            not_too_large(data)
    for page in ("<p>" + "نص " * 500_000, "<p>" + "x" * 11_000_000, f"<p title='{'x' * 11_000_000}'>نص"):
        with pytest.raises(TooLarge):
            tree_of(page)
    script = f"<html><body><script>{'x' * 3_000_000}</script><p>نص</p></body></html>"
    assert "".join(tree_of(script).find(".//p").itertext()) == "نص"
    assert tree_of(" \f\0\n") is None
