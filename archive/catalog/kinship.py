"""Which articles may be the same one under another address: those are folded together (archive.identity says which are).

Two articles are joined by a post id that contents of both carry, or by a redirect from one to the other; articles that
never had any content are joined to nothing. What joins more than HUB articles tells none of them: the front page that
all deleted articles lead to, a theme that prints one id on every page.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from sqlalchemy import Connection

from archive.catalog import bulk, models
from archive.identity import Kin, kin
from archive.observation import Observation

HUB = 20  # articles
Lines = dict[str, list[Observation]]


def post_of(line: Observation) -> str:
    """The post id by which a line joins its article to others, "" for none."""
    return line.post if line.klass == "content" else ""


def link_of(line: Observation) -> str:
    """The article that a line says its address leads to, "" for none."""
    to = str(line.to.get("article") or "") if line.klass == "elsewhere" and not line.to.get("front") else ""
    return "" if to == line.article else to


def gather(
    connection: Connection, outlet: str, articles: Sequence[str], load: Callable[[Connection, str, Sequence[str]], Lines]
) -> tuple[Lines, dict[str, Kin]]:
    """The lines of these articles and of all that are joined to them, and what they are to each other."""
    lines: Lines = {}
    edges: dict[str, set[str]] = defaultdict(set)
    wanted = set(articles)
    while wanted:
        found = load(connection, outlet, sorted(wanted))
        lines |= found
        for members in _joined(connection, outlet, {article: of for article, of in found.items() if _able(of)}):
            for one in members:
                edges[one] |= members
        wanted = edges.keys() - lines.keys() - wanted
    able = {article for article in edges if _able(lines.get(article, ()))}
    found_kin: dict[str, Kin] = {}
    for group in _groups({article: edges[article] & able for article in able}):
        found_kin |= kin({article: lines[article] for article in sorted(group)})
    return lines, found_kin


def crossed(connection: Connection, outlet: str, fresh: Iterable[Observation]) -> set[str]:
    """Articles that were joined until these lines, inserted already, made a hub of what had joined them."""
    touched: set[str] = set()
    for column, tie in (("post", post_of), ("linked", link_of)):
        new: dict[str, set[str]] = defaultdict(set)
        for line in fresh:
            if value := tie(line):
                new[value].add(line.article)
        for value, members in _holders(connection, outlet, column, set(new)).items():
            if len(members) > HUB and len(members - new[value]) <= HUB:
                touched |= members | ({value} if column == "linked" else set())
    return touched


def _able(lines: Iterable[Observation]) -> bool:
    return any(line.klass == "content" for line in lines)


def _joined(connection: Connection, outlet: str, lines: Lines) -> list[set[str]]:
    """Sets of two or more articles that a post id or a redirect joins, each with one of these articles in it."""
    posts = {post for of in lines.values() for line in of if (post := post_of(line))}
    ends = lines.keys() | {to for of in lines.values() for line in of if (to := link_of(line))}
    by_post = _holders(connection, outlet, "post", posts)
    by_end = _holders(connection, outlet, "linked", ends)
    found = [members for members in by_post.values() if len(members) <= HUB]
    found += [members | {end} for end, members in by_end.items() if len(members) <= HUB]
    return [members for members in found if len(members) > 1]


def _holders(connection: Connection, outlet: str, column: str, values: set[str]) -> dict[str, set[str]]:
    """Of each of these values of a column, the articles whose lines have it."""
    found: dict[str, set[str]] = defaultdict(set)
    for value, article in bulk.holders(connection, models.observation, outlet, column, sorted(values)) if values else ():
        found[value].add(article)
    return found


def _groups(edges: dict[str, set[str]]) -> list[set[str]]:
    """Connected articles, those alone left out."""
    seen: set[str] = set()
    groups: list[set[str]] = []
    for article in edges:
        group: set[str] = set()
        open_ = {article} - seen
        while open_:
            group |= open_
            open_ = {other for one in open_ for other in edges[one]} - group
        seen |= group
        if len(group) > 1:
            groups.append(group)
    return groups
