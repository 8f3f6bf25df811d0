"""The test bed driven in this process: many changes of a site by one start of PHP, which is what a change costs."""

from __future__ import annotations

import os
import signal
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.testbed import bed
from tests.testbed.bed import SITES

sys.path.insert(0, str(bed.WPBED.parent))
import filler  # type: ignore[import-not-found]
import reuters  # type: ignore[import-not-found]
import wpbed  # type: ignore[import-not-found]

STORE = wpbed.STATE / "reuters/articles.jsonl"
YOUNG, YOUNG_DAYS = 0.3, 36.0  # this share of a site's articles is dated into the last so many (scaled) days
Row = dict[str, Any]


def now_gmt(ago: float = 0.0) -> str:
    return (datetime.now(UTC) - timedelta(seconds=ago)).strftime("%Y-%m-%d %H:%M:%S")


def posts(site: str) -> list[Row]:
    """Published articles, newest first: id, path, title, content, paragraphs. The one behind a password is none."""
    if site == "reuters":
        found = [row for row in wpbed.truth(site) if row["status"] == "publish"]
    else:
        locked = bed.locked_posts().get(site)
        ids = [i for i in wpbed.wp(site, "ids") if str(i) != locked]
        found = contents(site, ids)
    return sorted(found, key=lambda row: str(row["date_gmt"]), reverse=True)


def contents(site: str, ids: list[Any]) -> list[Row]:
    rows: list[Row] = wpbed.wp(site, "get", [{"id": i} for i in ids])
    return [row | {"paragraphs": row["content"].split("\n\n")} for row in rows if row["op"] != "error"]


def perform(site: str, rows: list[Row]) -> list[Row]:
    """Rows {op: insert|edit|trash|untrash|delete, …} as done; each answer has id and path."""
    if not rows:
        return []
    if site == "reuters":
        return _reuters(rows)
    if rows[0]["op"] == "insert":
        return list(
            wpbed.wp(site, "insert", [{k: v for k, v in r.items() if k not in ("paragraphs", "id", "op")} for r in rows])
        )
    done: list[Row] = wpbed.wp(site, "change", [{k: v for k, v in r.items() if k != "paragraphs"} for r in rows])
    return done


def _reuters(rows: list[Row]) -> list[Row]:
    """The static site: all changes in its store, then the pages written once."""
    held, out = reuters.load(STORE), []
    for row in rows:
        if row["op"] == "insert":
            row["id"] = reuters.add(held, row)
        one = held[row["id"]]
        path = f"/article/{one['channel']}/{one['id']}"
        if row["op"] == "edit":
            one |= {"title": row.get("title", one["title"]), "paragraphs": row["paragraphs"]}
            one |= {} if row.get("silent") else {"modified_gmt": now_gmt()}
        elif row["op"] == "delete":
            del held[row["id"]]
        elif row["op"] != "insert":
            one["status"] = {"untrash": "publish"}.get(row["op"], row["op"])
        name = "silent-edit" if row.get("silent") else {"insert": "post"}.get(row["op"], row["op"])
        out.append({"op": name, "id": row["id"], "path": path, "was_path": path})
    reuters.save(STORE, held)
    wpbed.render_reuters()
    wpbed.ledger("reuters", out)
    return out


def invented(site: str, number: int) -> Row:
    """A new article, published now."""
    row: Row = filler.article(wpbed.BY[site], 1_000_000 + number)
    row["slug"] = f"{number}-{row['title']}"  # never the address of one that was taken away; WordPress cuts the end
    ident = {"id": reuters.make_id(5_000 + number)} if site == "reuters" else {}
    return row | {"date_gmt": now_gmt(), "modified_gmt": now_gmt(), "status": "publish", "op": "insert", "ref": "week"} | ident


mutate = wpbed.mutate


def option(site: str, name: str, value: str) -> None:
    wpbed.wp(site, "option", [{"name": wpbed.KNOBS.get(name, name), "value": value}])


def theme(site: str, name: str) -> None:
    wpbed.wp(site, "theme", [{"theme": name}])


def rules(found: list[Row], seed: int = 0) -> None:
    """The fault proxy's rules; none: it passes everything, and counts from the beginning."""
    if not found:
        wpbed.control("PUT", "/reset")
    wpbed.control("PUT", "/rules", {"seed": seed, "rules": found})


def fault_counts() -> dict[str, int]:
    """Requests by what the fault proxy did to them, since the rules were last emptied."""
    return dict(wpbed.control("GET", "/stats"))


def base_state(sites: list[str], count: int, day: float) -> None:
    """`count` published articles a site, dated; options as in sites.json, but noise on and two lying validators.

    `day`: seconds of a scaled day. Articles over `count` are taken out of the database directly.
    """
    rules([])
    for site in sites:
        if site == "reuters":
            _base_reuters(count, day)
            continue
        told = wpbed.BY[site]
        theme(site, told["theme"])
        validators = "modified" if site in ("alwatan", "xeber24") else told["validators"]
        for name, value in {
            "noise": "1",
            "validators": validators,
            "gone": told["gone"],
            "permalink": told["permalink"],
        }.items():
            option(site, name, value)
        _base_wordpress(site, count, day)


def _ages(count: int, day: float) -> list[float]:
    """Seconds before now, of the newest articles."""
    young = int(count * YOUNG)
    return [(n + 1) * YOUNG_DAYS * day / max(young, 1) for n in range(young)]


def _base_wordpress(site: str, count: int, day: float) -> None:
    locked = bed.locked_posts().get(site, "0")
    ids = [i for i in wpbed.wp(site, "ids") if str(i) != locked]
    seeded = {row["id"] for row in wpbed.truth(site) if row.get("seed")}
    kept = [i for i in ids if i not in seeded][: count - len(seeded)]
    keep = ",".join(map(str, (*kept, *seeded, int(locked))))
    sql = [
        f"DELETE FROM wp_posts WHERE post_type IN ('post','revision') AND post_status IN ('publish','inherit','trash') AND ID NOT IN ({keep});"
    ]
    sql += ["DELETE FROM wp_postmeta WHERE post_id NOT IN (SELECT ID FROM wp_posts);"]
    sql += ["DELETE FROM wp_term_relationships WHERE object_id NOT IN (SELECT ID FROM wp_posts);"]
    sql += ["DELETE FROM wp_options WHERE option_name='wpbed_gone_paths';"]
    for ident, ago in zip(kept, _ages(count, day), strict=False):
        utc = now_gmt(ago)
        local = f"CONVERT_TZ('{utc}','+00:00','+03:00')"
        sql.append(
            f"UPDATE wp_posts SET post_date_gmt='{utc}', post_modified_gmt='{utc}', post_date={local}, post_modified={local} WHERE ID={ident};"
        )
    wpbed.sql("\n".join(sql), f"wpbed_{site}")


def _base_reuters(count: int, day: float) -> None:
    held = reuters.load(STORE)
    live = sorted((a for a in held.values() if a["status"] == "publish"), key=lambda a: str(a["date_gmt"]), reverse=True)
    seeded, plain = [a for a in live if a.get("seed")], [a for a in live if not a.get("seed")]
    kept = plain[: count - len(seeded)]
    for one, ago in zip(kept, _ages(count, day), strict=False):
        one["date_gmt"] = one["modified_gmt"] = now_gmt(ago)
    reuters.save(STORE, {a["id"]: a for a in (*kept, *seeded)})
    wpbed.render_reuters()


def snapshot(name: str) -> None:
    bed.wpbed("snapshot", name)


def restore(name: str) -> None:
    bed.wpbed("restore", name)
    os.kill(wpbed.pid_of("nginx"), signal.SIGHUP)


def has_snapshot(name: str) -> bool:
    return bool((wpbed.STATE / "dumps" / name / f"{next(iter(SITES))}.sql").is_file())
