"""When an answer says that an article is not there: what is asked once more in the same run, if it was alive before."""

from __future__ import annotations

from urllib.parse import urlsplit

from archive.address import canonical
from archive.outlet import Outlet
from spiders.asker import Answer

GONE = (404, 410, 451)


def absent(answer: Answer, outlet: Outlet) -> bool:
    """A status that says so, or a redirect to the front page (`archive.classify` reads both the same way)."""
    return answer.status in GONE or (bool(answer.via) and 200 <= answer.status < 300 and _front(answer.url, outlet))


def _front(url: str, outlet: Outlet) -> bool:
    try:
        parts, home = urlsplit(canonical(url)), urlsplit(canonical(outlet.url))
    except ValueError:
        return False
    return parts.netloc == home.netloc and not parts.query and parts.path in ("/", "/index.php", home.path)
