"""The outlet that follows from what a survey has seen: every value with its reason. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import unquote, urlsplit

from archive.address import article_id, canonical
from archive.channels.scope import join
from archive.errors import BadOutlet
from archive.survey import documents as seen
from archive.survey import layout, site
from archive.survey.asking import listed, section_links
from archive.survey.documents import Document, Gathered
from archive.survey.links import headlines, menu
from archive.survey.pattern import Pattern, induce
from archive.survey.written import Decision, Field

SECTIONS = 30  # section pages an outlet gets: each is asked for in every run
FEW = 5  # articles on a section page that was looked at make it one
_USUAL_SITEMAPS = {  # that the spiders look for themselves, when robots.txt names none (spiders.wordpress, spiders.newsroom)
    "wordpress": ("wp-sitemap.xml", "sitemap_index.xml", "sitemap.xml"),
    "newsroom": ("sitemap_news_index.xml", "news-sitemap.xml", "sitemap-news.xml", "sitemap_index.xml", "sitemap.xml"),
}


def decide(gathered: Gathered, name: str) -> Decision:
    """The outlet `name` of the site. BadOutlet when there is no home page, or nothing on it that lists articles."""
    home = gathered.home
    if home is None:
        why = next((f"{one.url}: {one.problem}" for one in gathered.documents), gathered.start)
        raise BadOutlet(f"no home page: {why}", "open it in a browser; nothing was written")
    articles, by_site = listed(gathered, home)
    wordpress = seen.is_wordpress(gathered)
    if not articles and not wordpress:
        raise BadOutlet(
            f"{home.url}: nothing there lists articles",
            "scripts may draw it; write the outlet file by hand (outlets/README.md)",
        )
    spider = "wordpress" if wordpress else "newsroom"
    sections = [link.url for link in section_links(gathered, home)]
    pattern = _pattern(gathered, home, articles, sections)
    fields = [
        Field("name", name, "in every key of the bucket: it never changes"),
        *_about(gathered, home),
        Field("spider", spider, wordpress or "no sign of WordPress"),
        *_pace(gathered),
        *(_article(pattern, articles, by_site=by_site) if spider == "newsroom" and pattern else ()),
        *(_sections(gathered, home, sections, pattern) if spider == "newsroom" else ()),
        *_channels(gathered, home, spider),
    ]
    chosen, why = layout.plain(gathered.good("article"), [home, *gathered.good("section")])
    notes = [*_wordpress_notes(pattern, len(articles))] if spider == "wordpress" else []
    return Decision(tuple(fields), chosen, why, tuple(_found(gathered, articles, by_site=by_site)), tuple(notes))


def _about(gathered: Gathered, home: Document) -> Iterator[Field]:
    yield Field("title", *site.title(gathered))
    moved = "" if canonical(home.url) == canonical(gathered.start) else f", where {gathered.start} leads"
    yield Field("url", home.url, f"its home page answers there{moved}")
    others = seen.other_hosts(gathered)
    if others:
        why = "; ".join(f"{host}: {reason}" for host, reason in others.items())
        guessed = any("redirects" not in reason for reason in others.values())
        yield Field("aliases", tuple(others), why, guessed)
    yield Field("language", *site.language(gathered))
    yield Field("timezone", *site.timezone(gathered))


def _pace(gathered: Gathered) -> Iterator[Field]:
    if gathered.private:
        yield Field("delay", gathered.crawl_delay, "a private address; give it a delay if it serves others too")
        yield Field("private", True, "you said so")
    else:
        ours, asked = seen.DEFAULTS["delay"], gathered.crawl_delay
        why = f"its robots.txt asks for {asked:g} s (Crawl-delay)" if asked else "no Crawl-delay in its robots.txt"
        yield Field("delay", max(ours, asked), why if asked > ours else f"{why}; our default")


def _pattern(gathered: Gathered, home: Document, articles: Sequence[str], sections: Sequence[str]) -> Pattern | None:
    """From what is listed as articles, and from what the menus of home, section and article pages lead to."""
    outlet = seen.probe(gathered, every=False)
    pages = [home, *gathered.good("section"), *gathered.good("article")]
    others = [home.url, *sections, *(one.url for one in gathered.good("section"))]
    others += [link.url for page in pages for link in menu(page, outlet)]
    own = {article_id(url) for url in articles}
    none = [seen.place(url) for url in others if article_id(url) not in own]
    return induce(map(seen.place, articles), none, [seen.place(url) for url in sections])


def _article(pattern: Pattern, articles: Sequence[str], *, by_site: bool) -> Iterator[Field]:
    missed = [url for url in articles if not pattern.matches(seen.place(url))]
    told = "that its lists name" if by_site else "that its list pages show as headlines"
    fits = f"all {len(articles)}" if not missed else f"{len(articles) - len(missed)} of {len(articles)}"
    guessed = pattern.guessed or not by_site or bool(missed)
    yield Field("article", pattern.article, f"fits {fits} articles {told}", guessed)
    if pattern.not_article:
        why = "lists of every content system, and what its menus lead to"
        yield Field("not_article", pattern.not_article, why, guessed=True)


def _sections(gathered: Gathered, home: Document, sections: Sequence[str], pattern: Pattern | None) -> Iterator[Field]:
    """Every page of the menu that lists articles, or that was not looked at and stands beside one that does."""
    outlet = seen.probe(gathered, every=False)
    known = {article_id(one.asked): one for one in gathered.documents if one.kind == "section"}
    lists: list[str] = []
    untried: list[str] = []
    for url in sections:
        page = known.get(article_id(url))
        if pattern is not None and pattern.matches(seen.place(url)):
            continue
        if page is None:
            untried.append(url)
        elif page.ok and sum(pattern is None or pattern.matches(seen.place(u)) for u in headlines(page, outlet)) >= min(FEW, 3):
            lists.append(url)
    depths = {seen.place(url).rstrip("/").count("/") for url in lists}
    beside = [url for url in untried if seen.place(url).rstrip("/").count("/") in depths]
    chosen = [url for url in sections if url in {*lists, *beside}][:SECTIONS]
    if chosen:
        why = f"{len(lists)} pages of its menu list articles"
        why += f"; {len(beside)} beside them were not looked at" if beside else ""
        yield Field("sections", tuple(_short(url, home) for url in chosen), why, guessed=bool(beside))


def _channels(gathered: Gathered, home: Document, spider: str) -> Iterator[Field]:
    """Feeds and sitemaps that answer, and that the spider would not come upon by itself."""
    outlet = seen.probe(gathered)
    base = home.url if home.url.endswith("/") else f"{home.url}/"
    indexes = [one for one in gathered.good("sitemap") if seen.is_index(one)]
    known = {article_id(row.url) for one in indexes for row in seen.read(one, "sitemap", outlet).next}
    known |= {article_id(url) for url in gathered.sitemaps}
    known |= {article_id(row.url) for row in seen.read(home, "home", outlet).next}
    answering = [one.asked for one in gathered.good("sitemap", "feed")]
    if not gathered.sitemaps:  # the first of the usual ones that answers
        usual = (join(base, name) for name in _USUAL_SITEMAPS[spider])
        known |= {article_id(url) for url in [url for url in usual if url in answering][:1]}
    if spider == "wordpress":
        known |= {article_id(join(base, name)) for name in ("feed/", "?feed=rss2")}
    rest = [url for url in answering if article_id(url) not in known]
    if rest:
        why = "they answer, and neither home page nor robots.txt names them"
        yield Field("channels", tuple(_short(url, home) for url in rest), why)


def _short(url: str, home: Document) -> str:
    """The path alone for what is on the home page's own origin."""
    parts, base = urlsplit(url), urlsplit(home.url)
    same = (parts.scheme, parts.netloc) == (base.scheme, base.netloc)
    return url.removeprefix(f"{parts.scheme}://{parts.netloc}") if same else url


def _wordpress_notes(pattern: Pattern | None, articles: int) -> Iterator[str]:
    if pattern is not None:
        yield (
            f"article: WordPress's own lists say what a post is, whatever its address; {pattern.article} would fit"
            f" {articles} of them today"
        )


def _found(gathered: Gathered, articles: Sequence[str], *, by_site: bool) -> Iterator[str]:
    """What was found, a line each; and in one line where nothing was."""
    vain: list[str] = []
    for document in gathered.documents:
        if document.kind in ("rest-root", "home"):
            continue
        if not document.ok and document.status == 404:
            vain.append(urlsplit(document.asked).path)
        else:
            yield f"{document.kind:8} {unquote(document.asked)}: {_told(document, gathered)}"
    if vain:
        yield f"nothing at {', '.join(vain)}"
    yield f"articles: {len(articles)} {'named by its lists' if by_site else 'shown by its list pages'}"


def _told(document: Document, gathered: Gathered) -> str:
    if not document.ok or document.kind == "article":
        return document.problem or "looked at"
    if document.kind == "section":
        return f"{len(headlines(document, seen.probe(gathered, every=False)))} headlines"
    channel = seen.read(document, document.kind, seen.probe(gathered))
    if channel.problem:
        return channel.problem
    total = next((value for key, value in document.headers if key.lower() == "x-wp-total"), "")
    told = f"{len(channel.next)} further sitemaps" if seen.is_index(document) else f"{len(channel.items)} addresses"
    return told + (f" of {total}" if total.isdigit() else "") + (", news" if seen.is_news(document) else "")
