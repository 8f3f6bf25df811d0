"""Addresses: which spellings are one article, and what an article's id is.

The id needs no state: it is a digest of the canonical address (RFC 3986 §6.2.2 normalisation plus the
three spellings WordPress treats as one: scheme, trailing slash, tracking parameters). That the *same
article* may live under another address is history's business, never the id's.
"""

from __future__ import annotations

import hashlib
from urllib.parse import parse_qsl, quote, unquote_to_bytes, urlencode, urljoin, urlsplit, urlunsplit

_TRACKING = ("utm_", "fbclid", "gclid", "igshid", "mc_cid", "mc_eid", "ref_src", "amp_")
_DEFAULT_PORTS = {80, 443, None}
_SAFE_PATH = "/:@!$&'()*+,;=~-._"


def canonical(url: str) -> str:
    """The one spelling of `url`: https, lower-case host without `www.`, no default port, no fragment,
    UTF-8 percent-encoding in upper case, no tracking parameters, no trailing slash except for the root.
    """
    parts = urlsplit(url.strip())
    host = parts.hostname or ""
    while host.startswith("www."):
        host = host.removeprefix("www.")
    host = host.encode("idna").decode() if not host.isascii() else _bracketed(host)
    port = "" if parts.port in _DEFAULT_PORTS else f":{parts.port}"
    path = quote(unquote_to_bytes(parts.path), safe=_SAFE_PATH)
    path = path.rstrip("/") or "/"
    # Bytes that are no UTF-8 (windows-1256 on old sites) stay what they are: two addresses never become one.
    pairs = parse_qsl(parts.query, keep_blank_values=True, errors="surrogateescape")
    query = urlencode([(k, v) for k, v in pairs if not k.startswith(_TRACKING)], errors="surrogateescape")
    return urlunsplit(("https", host + port, path, query, ""))


def article_id(url: str) -> str:
    """32 hex digits of the SHA-256 of the canonical address."""
    return hashlib.sha256(canonical(url).encode("ascii")).hexdigest()[:32]


def absolute(base: str, link: str) -> str:
    """`link` as found on page `base`, made absolute, without its fragment."""
    return urlsplit(urljoin(base, link.strip()))._replace(fragment="").geturl()


def host_of(url: str) -> str:
    """Lower-case host with a non-default port, `www.` dropped: what scope and leases are about."""
    parts = urlsplit(url)
    host = _bracketed((parts.hostname or "").removeprefix("www."))
    return host if parts.port in _DEFAULT_PORTS else f"{host}:{parts.port}"


def _bracketed(host: str) -> str:
    """An IPv6 address as it stands in a URL (RFC 3986 §3.2.2)."""
    return f"[{host}]" if ":" in host else host
