"""Who reads the figures for months: Prometheus, with a token of its own, good for one path and no other."""

from __future__ import annotations

import hmac
from pathlib import Path

from starlette.requests import Request
from starlette.types import Scope

from archive.errors import Refused
from archive.web.house import Visitor

PATH = "/metrics"
NAME = "metrics"  # of the visitor
LEAST = 20  # characters: nobody guesses it
_REMEDY = "make one: `install -m 600 /dev/null FILE && openssl rand -hex 32 > FILE`"


def token(path: Path) -> bytes:
    """What the file holds, without space around it. Refused when others can read it, or it cannot be a secret."""
    try:
        with path.open("rb") as file:
            if path.stat().st_mode & 0o077:
                raise Refused(f"WARRAQ_METRICS_TOKEN_FILE={path} can be read by others", f"chmod 600 {path}, and make another")
            held = file.read(4096).strip()
    except OSError as error:
        raise Refused(f"WARRAQ_METRICS_TOKEN_FILE={path}: {error.strerror}", _REMEDY) from error
    if len(held) < LEAST:
        raise Refused(f"WARRAQ_METRICS_TOKEN_FILE={path} has fewer than {LEAST} characters", _REMEDY)
    return held


def visitor(request: Request, path: Path | None) -> Visitor | None:
    """Who asks for the figures, with the token of the file (RFC 6750, 2.1); None for everybody else: the house is asked then.

    The file is read each time, so a token is changed without a restart. One that cannot be used lets nobody in; doctor says so.
    """
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if path is None or scheme.lower() != "bearer" or request.method not in ("GET", "HEAD") or _path(request.scope) != PATH:
        return None
    try:
        right = hmac.compare_digest(given.strip().encode("latin-1"), token(path))
    except Refused:
        return None
    return Visitor(NAME) if right else None


def _path(scope: Scope) -> str:
    """The path that routes are matched against: without that of the mount, exactly as it was sent."""
    return str(scope["path"]).removeprefix(str(scope.get("root_path", "")))
