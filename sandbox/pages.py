# ruff: noqa: E501 (HTML reads better unbroken)
"""The site's HTML: a theme with the clutter of the big news themes, so that two fetches of one page never agree.

The markup is our own, in the shape of the TieLabs family (Sahifa, Jannah). What differs from fetch to fetch:
view counter, nonce, relative times, shuffled related posts, and a comment that says when the page was made.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from datetime import datetime
from html import escape
from urllib.parse import quote

from sandbox.newsroom import Newsroom
from sandbox.script import Article
from sandbox.texts import MOTTO, NAME

PER_PAGE = 10


@dataclass(frozen=True, slots=True)
class Site:
    """What every page needs: the newsroom, the address under which it was asked, the time, and this fetch's lot."""

    room: Newsroom
    base: str  # without a slash at its end
    now: datetime
    lot: random.Random
    views: int = 0

    def link(self, article: Article) -> str:
        return f"{self.base}/{quote(article.slug).lower()}/"

    def section(self, name: str) -> str:
        return f"{self.base}/category/{quote(name).lower()}/"


def article(site: Site, post: Article) -> str:
    """The page of one article."""
    published, modified = site.room.published(post), site.room.modified(post)
    link, title = site.link(post), escape(post.title)
    head = f"""
<link rel="canonical" href="{link}">
<link rel="shortlink" href="{site.base}/?p={post.id}">
<meta property="og:type" content="article">
<meta property="og:title" content="{title}">
<meta property="og:url" content="{link}">
<meta property="og:site_name" content="{NAME}">
<meta property="og:image" content="{_image(site, post)}">
<meta property="og:description" content="{escape(post.paragraphs[0][:140])} …">
<meta property="article:published_time" content="{published.isoformat()}">
<meta property="article:modified_time" content="{modified.isoformat()}">
<meta property="article:section" content="{escape(post.piece.section)}">
<script type="application/ld+json">{_json_ld(site, post, published, modified)}</script>"""
    main = f"""
<article id="the-post" class="container-wrapper post-content">
<header class="entry-header-outer">
<nav id="breadcrumb"><a href="{site.base}/">الرئيسية</a> <em>/</em>
<a href="{site.section(post.piece.section)}">{escape(post.piece.section)}</a> <em>/</em> <span class="current">{title}</span></nav>
<h1 class="post-title entry-title">{title}</h1>
<div id="single-post-meta" class="post-meta clearfix"><span class="author-meta">{escape(post.piece.author)}</span>
<span class="date meta-item">{_ago(site.now, published)}</span> <span class="meta-comment">0</span>
<span class="meta-views">{site.views} زيارة</span> <span class="meta-reading-time">دقيقة واحدة</span></div>
</header>
{_share(site, link, "top")}
<div class="featured-area"><figure class="single-featured-image"><img src="{_image(site, post)}" alt="{title}"></figure></div>
<div class="entry-content entry clearfix">
{_body(site, post)}
</div>
<div id="post-extra-info"><div class="post-meta">آخر تحديث <span class="last-updated">{_ago(site.now, modified)}</span></div></div>
<div class="post-bottom-meta post-bottom-tags"><span class="post-tags-title">الوسوم</span> {_tags(site, post.piece.tags)}</div>
{_share(site, link, "bottom")}
</article>
<div class="post-components">
<div class="about-author container-wrapper"><h3 class="author-name">{escape(post.piece.author)}</h3>
<p class="author-bio">من أسرة {NAME}.</p></div>
<div id="related-posts" class="container-wrapper"><h3>مقالات ذات صلة</h3><ul>{_list(site, post, 4)}</ul></div>
<div id="check-also-box"><h3>شاهد أيضاً</h3><ul>{_list(site, post, 1)}</ul></div>
<div id="add-comment-block"><h3>اترك تعليقاً</h3><form method="post" action="{site.base}/wp-comments-post.php">
<input type="hidden" name="comment_post_ID" value="{post.id}"><input type="hidden" name="nonce" value="{site.lot.randbytes(5).hex()}">
<textarea name="comment"></textarea><button>إرسال التعليق</button></form></div>
</div>"""
    return _page(site, post.title, head, main, "single-post postid-" + str(post.id))


def listing(site: Site, title: str, posts: list[Article], number: int, path: str) -> str:
    """One page of a list of articles: the home page, a section, a tag, an author."""
    last = max(1, -(-len(posts) // PER_PAGE))
    items = "\n".join(
        f'<li class="post-item"><h2 class="post-title"><a href="{site.link(p)}">{escape(p.title)}</a></h2>'
        f'<span class="date">{_ago(site.now, site.room.published(p))}</span><p class="post-excerpt">{escape(p.paragraphs[0][:110])} …</p>'
        f'<a class="more-link" href="{site.link(p)}">أكمل القراءة »</a></li>'
        for p in posts[(number - 1) * PER_PAGE : number * PER_PAGE]
    )
    turn = "".join(
        f'<a class="{kind}" {rel} href="{site.base}{path}{f"page/{n}/" if n > 1 else ""}">{text}</a>'
        for kind, rel, n, text in (
            ("prev-page", 'rel="prev"', number - 1, "الصفحة السابقة"),
            ("next-page", 'rel="next"', number + 1, "الصفحة التالية"),
        )
        if 1 <= n <= last
    )
    body = (
        f'<h1 class="page-title">{escape(title)}</h1><ul id="posts-container">{items}</ul><div class="pages-nav">{turn}</div>'
    )
    return _page(site, title, "", body, "archive" if path != "/" else "home blog")


def missing(site: Site) -> str:
    """The page of a 404."""
    text = (
        '<div class="container-404"><h2>404 :(</h2><h3>عفواً، لا يمكن العثور على الصفحة المطلوبة!</h3>'
        "<p>يبدو أننا لم نجد ما كنت تبحث عنه. جرّب البحث.</p></div>"
    )
    return _page(site, "الصفحة غير موجودة", '<meta name="robots" content="noindex">', text, "error404")


def _body(site: Site, post: Article) -> str:
    """The paragraphs, with a box about other articles after the second: the theme puts it inside the text."""
    paragraphs = [f"<p>{escape(text, quote=False)}</p>" for text in post.paragraphs]
    others = [a for a in site.room.state.live if a.id != post.id]
    if others:
        other = site.lot.choice(others)
        box = f'<div class="inline-related-posts"><strong>اقرأ أيضاً:</strong> <a href="{site.link(other)}">{escape(other.title)}</a></div>'
        paragraphs.insert(2, box)
    return "\n".join(paragraphs)


def _json_ld(site: Site, post: Article, published: datetime, modified: datetime) -> str:
    data = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": post.title,
        "articleBody": "\n".join(post.paragraphs),
        "datePublished": published.isoformat(),
        "dateModified": modified.isoformat(),
        "articleSection": post.piece.section,
        "author": {"@type": "Person", "name": post.piece.author},
        "publisher": {"@type": "Organization", "name": NAME},
        "mainEntityOfPage": site.link(post),
        "image": _image(site, post),
    }
    return json.dumps(data, ensure_ascii=False).replace("</", "<\\/")


def _share(site: Site, link: str, place: str) -> str:
    buttons = "".join(
        f'<a class="{name}-share-button" href="{link}?share={name}">{name}</a> ' for name in ("facebook", "x", "telegram")
    )
    return f'<div class="share-buttons share-buttons-{place}">{buttons}<span class="share-count">{site.lot.randint(3, 90)}</span></div>'


def _list(site: Site, post: Article, count: int) -> str:
    others = [a for a in site.room.state.live if a.id != post.id]
    some = site.lot.sample(others, min(count, len(others)))
    return "".join(
        f'<li><a href="{site.link(a)}">{escape(a.title)}</a> <span>{_ago(site.now, site.room.published(a))}</span></li>'
        for a in some
    )


def _tags(site: Site, tags: tuple[str, ...]) -> str:
    return " ".join(f'<a rel="tag" href="{site.base}/tag/{quote(t.replace(" ", "-")).lower()}/">{escape(t)}</a>' for t in tags)


def _image(site: Site, post: Article) -> str:
    return f"{site.base}/wp-content/uploads/{post.id}.svg"


def _ago(now: datetime, then: datetime) -> str:
    seconds = max(0, int((now - then).total_seconds()))
    for size, name in ((86400, "يوم"), (3600, "ساعة"), (60, "دقيقة")):
        if seconds >= size:
            return f"منذ {seconds // size} {name}"
    return f"منذ {seconds} ثانية"


def _page(site: Site, title: str, head: str, main: str, classes: str) -> str:
    live = site.room.state.live
    sections = sorted({a.piece.section for a in live})
    tags = sorted({t for a in live for t in a.piece.tags})
    menu = " ".join(f'<li><a href="{site.section(name)}">{escape(name)}</a></li>' for name in sections)
    return f"""<!DOCTYPE html>
<html dir="rtl" lang="ar">
<head>
<meta charset="UTF-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)} - {NAME}</title>
<link rel="alternate" type="application/rss+xml" title="{NAME}" href="{site.base}/feed/">
<link rel="https://api.w.org/" href="{site.base}/wp-json/">{head}
<style>body{{font-family:sans-serif;max-width:46rem;margin:auto;padding:1rem;line-height:1.8}}aside,footer{{color:#555}}</style>
<script>var tie={{"ajaxurl":"/wp-admin/admin-ajax.php","nonce":"{site.lot.randbytes(5).hex()}"}};</script>
</head>
<body class="rtl {classes}">
<header id="theme-header"><div id="logo"><a href="{site.base}/">{NAME}</a></div><p>{MOTTO}</p>
<nav id="main-nav"><ul><li><a href="{site.base}/">الرئيسية</a></li> {menu}</ul></nav>
<div class="breaking"><span>أخبار عاجلة</span> {escape(site.lot.choice(live).title) if live else ""}</div></header>
<main id="content">{main}</main>
<aside class="sidebar"><div class="widget tagcloud"><h4>سحابة الوسوم</h4>{_tags(site, tuple(tags))}</div></aside>
<footer id="footer"><p>© {site.now.year} {NAME}، جميع الحقوق محفوظة</p><a id="go-to-top" href="#go-to-tie-body">زر الذهاب إلى الأعلى</a></footer>
</body>
</html>
<!-- made in 0.{site.lot.randint(100, 999)} seconds, {site.now:%H:%M:%S.%f} -->
"""
