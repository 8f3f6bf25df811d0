"""What an outlet publishes is only ever text: nothing of it runs, asks for anything, or turns our own words round."""

from __future__ import annotations

import re

from tests.e2e import hostile
from tests.e2e.conftest import People, Stack

# Of each label that is ours: do its letters stand in the order in which it is read?
ORDER = """() => {
  const wrong = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if (node.parentElement.closest('bdi, [dir=auto], .text, .headline, [data-theirs], pre, code')) continue;
    const found = /[A-Za-z]{4,}/.exec(node.data);
    if (!found || !node.parentElement.checkVisibility()) continue;
    const at = (n) => { const r = document.createRange(); r.setStart(node, n); r.setEnd(node, n + 1); return r.getBoundingClientRect(); };
    const first = at(found.index), last = at(found.index + found[0].length - 1);
    if (first.width && first.top === last.top && first.left > last.left) wrong.push(node.data.trim().slice(0, 60));
  }
  return wrong;
}"""


def _articles(stack: Stack) -> list[str]:
    found: list[str] = []
    for kind in ("new", "body"):
        at = f"/warraq/changes?outlet=hostile&kind={kind}"
        while at:
            page = stack.get(at).text
            found += re.findall(r"/warraq/article/([0-9a-f]{32})", page)
            older = re.search(r'rel="next" href="([^"]+)"', page)
            at = older[1].replace("&amp;", "&") if older else ""
    return list(dict.fromkeys(found))


def test_nothing_that_an_outlet_writes_runs_asks_or_reverses(people: People, stack: Stack) -> None:
    articles = _articles(stack)
    assert len(articles) >= 0.9 * len(hostile.PAYLOADS) >= 40
    person = people("admin")
    asked: list[str] = []
    dialogs: list[str] = []
    person.page.on("request", lambda request: asked.append(request.url))
    person.page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    first = len(stack.site.asked)
    views = [f"/warraq/changes?outlet=hostile{more}" for more in ("", "&kind=new", "&kind=body")]
    views += ["/warraq/", "/warraq/health", "/warraq/alarms", "/warraq/search?q=متخيلة", "/warraq/search?q=window"]
    views += [f"/warraq/{page}/{article}" for article in articles for page in ("article", "compare")]
    views += [
        f"/warraq/do/hold_article?article={article}&reason={name}"
        for article, name in zip(articles, hostile.PAYLOADS, strict=False)
    ]
    reversed_ = []
    for path in views:
        page = person.go(path)
        assert page.evaluate("window.__ran") is None, path
        assert page.locator("body").is_visible(), path
        reversed_ += [(path, words) for words in page.evaluate(ORDER)]
    assert reversed_ == []
    assert dialogs == []
    assert [url for url in asked if not url.startswith(stack.url)] == [], "nothing was asked of anybody else"
    leaked = [path for _, path in stack.site.asked[first:] if path.startswith("/leak")]
    assert leaked == []
    person.shot("hostile-changes")


def test_the_title_of_an_outlet_is_text_as_well(people: People) -> None:
    page = people("viewer").go("/warraq/")
    assert "<b>موقع</b>" in page.locator("body").inner_text()
    assert page.locator("bdi b").count() == 0


def test_what_is_downloaded_is_never_shown(people: People, stack: Stack) -> None:
    article = _articles(stack)[0]
    page = stack.get(f"/warraq/article/{article}").text
    for path in set(re.findall(r'"(/warraq/(?:warc|picture)/[^"]+)"', page)):
        answer = stack.get(path)
        assert answer.headers["x-content-type-options"] == "nosniff"
        kind = answer.headers["content-type"]
        assert not kind.startswith(("text/html", "image/svg", "application/xhtml", "text/xml")), (path, kind)
        if "/warc/" in path:
            assert answer.headers["content-disposition"].startswith("attachment")
