"""Which pictures belong to an article, told from the page's bytes by cheap means; and how a snapshot lists them. Pure.

The spider asks for them right after the article, so no tree is made: archive.skim looks for the tags that matter. The
reader lists what the same look gives, so that what was asked for and what is listed are the same addresses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import parse_qs, quote, urlsplit

from archive import address, skim

Role = Literal["og", "body", "thumbnail"]

LAZY = ("data-src", "data-lazy-src", "data-original", "data-orig-file", "src")  # a loader's own address first
LAZY_SETS = ("data-srcset", "data-lazy-srcset", "srcset")
_SMALL = 48  # pixels: what is stated to be no wider or no higher is an icon or a tracker
_CHOICE = ("og:image", "og:image:url", "twitter:image", "image_src")  # the page's own, the first that it has

_HEAD = re.compile(r"<(?:meta|link|base)\b", re.I)
_IMAGE = re.compile(r"<(?:img|source|amp-img|figcaption|/figure)\b", re.I)
_VIDEO = re.compile(r"<(?:iframe|video|source|/video|lite-youtube|amp-youtube|script|div|blockquote)\b", re.I)
_CANDIDATE = re.compile(r"[\s,]*+(\S*[^\s,])(?:\s+([\d.]+)([wx]))?[^,]*+")
_ICON_CLASS = re.compile(r"(?:^|[\s_-])(?:emoji|wp-smiley|avatar|icons?|logo|custom-logo|spinner|loader)(?:$|[\s_-])", re.I)
_ICON_URL = re.compile(
    r"/images/core/emoji/|gravatar\.com/|/favicon|[/_-](?:icons?|sprite|spacer|blank|pixel|placeholder|loading|transparent)"
    r"\.(?:png|gif|svg|jpe?g|webp)|/pixel(?:[/?.]|$)|//(?:pixel|stats|b)\.wp\.com/|//pixel\.|doubleclick\.net/|facebook\.com/tr\b|"
    r"google-analytics\.com/|feeds\.feedburner\.com/~|/1x1\.",
    re.I,
)
_YOUTUBE = re.compile(r"(?:youtube(?:-nocookie)?\.com/(?:embed/|v/|shorts/|watch\?(?:.*&)?v=)|youtu\.be/)([\w-]{11})")
_PLAYERS = re.compile(
    r"(?:youtube(?:-nocookie)?\.com|youtu\.be|vimeo\.com|dailymotion\.com|facebook\.com|fb\.watch|t\.me|twitter\.com|x\.com|"
    r"tiktok\.com|instagram\.com|telegram\.(?:org|me)|rumble\.com|soundcloud\.com|jwplatform\.com|jwplayer\.com|streamable\.com)$"
)
_FACEBOOK_VIDEO = re.compile(r"(?:^|\s)fb-(?:video|post)(?:\s|$)")


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of a page: its address as it is asked for, where on the page it stands, its caption as a reader sees it."""

    url: str
    role: Role
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Video:
    """A film that the page embeds: where it is to be seen, and the address of a still of it ("": the page names none)."""

    address: str
    thumbnail: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a page shows beside its text."""

    pictures: tuple[Picture, ...] = ()
    videos: tuple[Video, ...] = ()


def wanted(html: bytes, url: str, limit: int) -> list[str]:
    """Addresses of the pictures of the article at `url`, absolute and percent-encoded, the page's own choice first.

    Each once, at most `limit`; no icons, no trackers, nothing inline. Empty for bytes that are no page.
    """
    return [one.url for one in shown(html, url).pictures][: max(0, limit)]


def shown(html: bytes | str, url: str) -> Shown:
    """The pictures of a page (or of its text) as `wanted` names them, without a limit: the page's own choice, the body's,
    stills of its videos."""
    text = skim.without_raw(skim.octets(html))
    base, chosen = _from_head(text, url)
    found: dict[str, Picture] = {}
    if link := asked(base, chosen):
        found[link] = Picture(link, "og")
    place = skim.region(text)
    for attributes, caption in _images(text, *place):
        link = "" if _icon(attributes) else asked(base, source(attributes))
        if link and not _ICON_URL.search(link):
            before = found.get(link)
            found[link] = Picture(link, before.role if before else "body", (before.caption if before else "") or caption)
    videos = tuple(dict.fromkeys(_videos(text, base, *place)))
    for video in videos:
        if video.thumbnail:
            found.setdefault(video.thumbnail, Picture(video.thumbnail, "thumbnail"))
    return Shown(tuple(found.values()), videos)


def source(attributes: dict[str, str]) -> str:
    """The address of the largest form of an <img>, as its attributes give it; "" when they give none but a stand-in."""
    sets = [largest(attributes[name]) for name in LAZY_SETS if attributes.get(name)]
    plain = [attributes[name].strip() for name in LAZY if attributes.get(name)]
    return next((one for one in (*sets, *plain) if one and not one.startswith(("data:", "blob:", "about:"))), "")


def largest(srcset: str) -> str:
    """The address of the widest candidate of a srcset (HTML §4.8.4.3.8), the first of equals; "" for an empty one."""
    best, size, at = "", -1.0, 0
    while match := _CANDIDATE.match(srcset, at, skim.LONG):
        at = match.end()
        try:
            width = float(match[2]) if match[2] else 1.0
        except ValueError:  # 1.2.3x
            width = 1.0
        if width > size and not match[1].startswith("data:"):
            best, size = match[1], width
    return best


def asked(base: str, link: str) -> str:
    """`link` on a page at `base` as a request names it: absolute, ASCII only; "" when it is no address of the web."""
    try:
        parts = urlsplit(address.absolute(base, link)) if link else None
        if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
            return ""
        host = parts.netloc if parts.netloc.isascii() else parts.netloc.encode("idna").decode()
        path = quote(parts.path, safe="/:@!$&'()*+,;=~-._%")
        return parts._replace(netloc=host, path=path, query=quote(parts.query, safe="/?:@!$&'()*+,;=~-._%[]|")).geturl()
    except ValueError:  # no address at all, or a host that is none
        return ""


def listed(page: Shown, body: tuple[dict[str, str], ...]) -> dict[str, list[dict[str, Any]]]:
    """`pictures` and `videos` of a snapshot before anybody looked which were captured. `body`: what the reading found in
    the article's container; where the cheap look found none in it, these count, and nobody has asked for them."""
    captions = {asked("", one["url"]): one["caption"] for one in body}
    rows: list[dict[str, Any]] = [
        {"url": one.url, "role": one.role, "caption": captions.get(one.url) or one.caption} for one in page.pictures
    ]
    known = {one.url for one in page.pictures}
    if not any(one.role == "body" for one in page.pictures):
        rows += [{"url": url, "role": "body", "caption": said} for url, said in captions.items() if url and url not in known]
    return {"pictures": rows, "videos": [{"address": one.address, "thumbnail": one.thumbnail} for one in page.videos]}


def _from_head(text: str, url: str) -> tuple[str, str]:
    """What addresses are relative to, and the picture that the page itself chose ("" for none)."""
    base = ""
    chosen: dict[str, str] = {}
    for name, attributes, _ in skim.tags(text, _HEAD, 0, len(text)):
        if name == "base":
            base = base or attributes.get("href", "")
            continue
        key = (attributes.get("property") or attributes.get("name") or attributes.get("rel") or "").strip().lower()
        if key in _CHOICE:
            chosen.setdefault(key, (attributes.get("content") or attributes.get("href") or "").strip())
    return asked(url, base) or url, next((chosen[key] for key in _CHOICE if chosen.get(key)), "")


def _images(text: str, start: int, end: int) -> Iterator[tuple[dict[str, str], str]]:
    """The attributes of each image there with its caption. A <picture>'s <source> stands in for an <img> without address."""
    spare: dict[str, str] = {}
    image: dict[str, str] | None = None
    for name, attributes, behind in skim.tags(text, _IMAGE, start, end):
        if name == "source":
            spare = spare or {key: attributes[key] for key in LAZY_SETS if attributes.get(key)}
        elif name in ("img", "amp-img"):
            if image is not None:
                yield image, ""
            image, spare = (attributes if source(attributes) else {**attributes, **spare}), {}
        elif name == "figcaption" and image is not None:
            stop = text.find("</figcaption", behind, min(end, behind + skim.LONG // 2))
            yield image, skim.text_of(text[behind : stop if stop >= 0 else behind])
            image = None
        elif name == "/figure":
            spare = {}
            if image is not None:
                yield image, ""
            image = None
    if image is not None:
        yield image, ""


def _icon(attributes: dict[str, str]) -> bool:
    """Is it stated to be small, or called an icon?"""
    for name in ("width", "height"):
        size = re.match(r"\s*(\d+)\s*(?:px)?\s*$", attributes.get(name, ""))
        if size and int(size[1]) <= _SMALL:
            return True
    return bool(_ICON_CLASS.search(attributes.get("class", "")))


def _videos(text: str, base: str, start: int, end: int) -> Iterator[Video]:
    """Films in frames of known players, <video>, and what Facebook's and Telegram's scripts would draw."""
    poster: str | None = None  # of the <video> that is open and has no address of its own
    for name, attributes, _ in skim.tags(text, _VIDEO, start, end):
        if name == "video":
            own, poster = asked(base, source(attributes)), asked(base, attributes.get("poster", ""))
            if own:
                yield Video(own, poster)
                poster = None
        elif name == "source" and poster is not None:
            if own := asked(base, attributes.get("src", "")):
                yield Video(own, poster)
                poster = None
        elif name == "/video":
            poster = None
        elif link := asked(base, _embedded(name, attributes)):
            yield _video(link)


def _embedded(name: str, attributes: dict[str, str]) -> str:
    """The address of what an element embeds, "" for anything but a film or a post that may hold one."""
    if name in ("lite-youtube", "amp-youtube"):
        number = attributes.get("videoid") or attributes.get("data-videoid") or ""
        return f"https://www.youtube.com/watch?v={number}" if number else ""
    if name == "iframe":
        link = source(attributes)
        host = urlsplit(link).hostname or "" if re.match(r"(?:https?:)?//[^\s\[\]]+$", link) else ""
        return link if re.search(rf"(?:^|\.){_PLAYERS.pattern}", host) else ""
    if name == "script":
        return f"https://t.me/{post}" if (post := attributes.get("data-telegram-post", "")) else ""
    return attributes.get("data-href", "") if _FACEBOOK_VIDEO.search(attributes.get("class", "")) else ""


def _video(link: str) -> Video:
    """The film that a player shows; YouTube's stills have an address that follows from the film's."""
    if found := _YOUTUBE.search(link):
        return Video(f"https://www.youtube.com/watch?v={found[1]}", f"https://i.ytimg.com/vi/{found[1]}/hqdefault.jpg")
    if "/plugins/" in link and (href := parse_qs(urlsplit(link).query).get("href")):  # Facebook's frame names the film
        return Video(href[0])
    return Video(link)
