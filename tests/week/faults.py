"""Every fault of the fault proxy that a site may have, at a total rate of 0.1."""

from __future__ import annotations

from typing import Any

TOTAL, HEAVY = 0.1, 0.002
HEAVIES: dict[str, dict[str, Any]] = {"hang": {}, "endless": {}, "gzip_bomb": {"mib": 64}}
ORDINARY: tuple[tuple[str, dict[str, Any]], ...] = (
    ("status", {"code": 500}),
    ("status", {"code": 503, "headers": {"Retry-After": "2"}}),
    ("status", {"code": 404}),
    ("reset", {}),
    ("close", {}),
    ("ratelimit", {"n": 0, "retry_after": 1}),
    ("challenge", {}),
    ("consent", {}),
    ("soft404", {}),
    ("redirect", {"to": "/"}),
    ("redirect_loop", {"kind": "self"}),
    ("redirect_loop", {"kind": "pingpong"}),
    ("redirect_loop", {"kind": "endless"}),
    ("slow", {"seconds": 1}),
    ("drip", {"bytes_per_s": 20000}),
    ("wrong_charset", {"mode": "header"}),
    ("wrong_charset", {"mode": "bytes"}),
    ("wrong_charset", {"mode": "none"}),
    ("bad_bytes", {}),
    ("bad_gzip", {}),
    ("empty", {}),
    ("strip_validators", {}),
    ("stale_304", {}),
    ("fixed_etag", {}),
    ("noise", {}),
    ("header", {"X-Cache": "HIT"}),
    ("truncate", {"mode": "length"}),
    ("truncate", {"mode": "chunked"}),
    ("truncate", {"mode": "length", "reset": True}),
    ("truncate_quiet", {}),
    ("truncate_quiet", {"keep": 0.8}),
    ("close_delimited", {}),
    ("close_delimited", {"keep": 0.6}),
)
ROBOTS = {"fault": "robots", "p": 0.02, "args": {}}  # now and then everything is forbidden; robots.txt alone


def rules() -> list[dict[str, Any]]:
    """Rules for the proxy. `replace` is left out: it makes another text, which is no fault but an edit."""
    share = (TOTAL - len(HEAVIES) * HEAVY) / len(ORDINARY)
    found = [{"fault": name, "p": HEAVY, "args": args} for name, args in HEAVIES.items()]
    return [ROBOTS, *found, *({"fault": name, "p": share, "args": args} for name, args in ORDINARY)]
