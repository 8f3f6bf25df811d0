"""What the week showed, printed: each figure with its bound, then ok or short; and everything that was missed or made up."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from statistics import quantiles
from typing import Any

from archive.address import article_id
from archive.observation import Observation
from tests.week.oracle import Expected, Verdict, latencies, tally

BOUNDS = {"publish": 1.0, "announced edit": 0.99, "deletion": 0.99, "silent edit": 0.90}
FETCHES = 4.0  # page fetches an article and week
SHOWN = 15


class Report:
    def __init__(self, say: Callable[[str], None] = print) -> None:
        self.say = say
        self.short: list[str] = []

    def check(self, what: str, got: str, held: bool) -> None:
        self.say(f"{'ok   ' if held else 'SHORT'} {what}: {got}")
        if not held:
            self.short.append(what)

    def recall(self, expected: list[Expected], *, strict: bool) -> None:
        """Recall by kind of change, counted and over all that stood for a round; `strict`: with the issue's bounds."""
        sums = tally(expected)
        for group in sorted({g for g, _ in sums}):
            made, counted, found = (sums[group, mark] for mark in ("made", "counted", "found"))
            share = found / counted if counted else 1.0
            stood = f"{sums[group, 'found of stood']} of {sums[group, 'stood']}"
            text = f"{found} of {counted} = {share:.1%} (made {made}; stood a round: {stood}; late {sums[group, 'late']})"
            bound = BOUNDS.get(group, 0.0) if strict else 0.0
            self.check(f"{group}: found" + (f", bound {bound:.0%}" if bound else ""), text, share >= bound)

    def sites(self, expected: list[Expected]) -> None:
        for site in sorted({one.change.site for one in expected}):
            sums = tally(one for one in expected if one.change.site == site)
            parts = [f"{g} {sums[g, 'found']}/{sums[g, 'counted']}" for g in sorted({g for g, _ in sums})]
            self.say(f"      {site:8} {', '.join(parts)}")

    def missed(self, expected: list[Expected], around: Callable[[str, str], list[str]]) -> None:
        rows = [one for one in expected if one.counted and one.found is None]
        by_group: dict[tuple[str, str], list[Expected]] = defaultdict(list)
        for one in rows:
            by_group[one.change.site, one.group].append(one)
        for (site, group), found in sorted(by_group.items()):
            self.say(f"--- missed: {site}: {len(found)} {group}")
            for one in found[:SHOWN]:
                c = one.change
                self.say(
                    f"    {c.what}{' silent' if c.silent else ''} {c.post} {clock(c.before)}–{clock(one.until)} {c.path[:90]}"
                )
                for line in around(site, c.post)[-12:]:
                    self.say(f"        {line}")

    def false(self, verdict: Verdict, around: Callable[[str, str], list[str]]) -> None:
        self.check("false events, bound 0", str(len(verdict.false)), not verdict.false)
        kinds = Counter((e.site, "+".join(e.kinds), why) for e, why, _, _ in verdict.false)
        for (site, kind, why), n in kinds.most_common():
            self.say(f"    {n} x {site} {kind}: {why}")
        for event, why, post, changes in verdict.false[:SHOWN]:
            self.say(
                f"--- false: {event.site} {'+'.join(event.kinds)} {clock(event.time)} {event.reason} {event.url[:110]}: {why}"
            )
            for c in changes[-6:]:
                self.say(f"        made: {clock(c.before)} {c.what}{' silent' if c.silent else ''} {c.path[:80]}")
            for line in around(event.site, post or event.article)[-12:]:
                self.say(f"        {line}")
        self.say(
            f"      events of another kind than the edit made: {len(verdict.otherwise)}; told twice: {len(verdict.doubled)}"
        )
        for event, made, _ in verdict.otherwise[:SHOWN]:
            self.say(f"        {event.site} {'+'.join(event.kinds)} for {'+'.join(made)} {clock(event.time)} {event.url[:90]}")

    def latency(self, expected: list[Expected], hour: float) -> None:
        for group, hours in latencies(expected, hour).items():
            cuts = quantiles(hours, n=20, method="inclusive") if len(hours) > 1 else [hours[0]] * 19
            self.say(
                f"      {group}: seen after {cuts[9]:.1f} h (median), {cuts[17]:.1f} h (9 of 10), {hours[-1]:.1f} h at most"
            )

    def fetches(self, counts: dict[str, Counter[str]], articles: dict[str, int], name: Callable[[str, str], str]) -> None:
        total = sum(sum(c.values()) for c in counts.values())
        share = total / max(1, sum(articles.values()))
        self.check(f"page fetches an article and week, bound {FETCHES:.0f}", f"{share:.2f}", share <= FETCHES)
        for site, count in counts.items():
            worst = [f"{n} {name(site, article)}" for article, n in count.most_common(1)]
            self.say(f"      {site:8} {sum(count.values()) / max(1, articles[site]):.2f}; worst: {'; '.join(worst)}")

    def requests(self, reports: list[dict[str, Any]], right: int) -> None:
        """asked = content + … + failed, from the run reports; and what a found event cost."""
        roles: dict[str, Counter[str]] = defaultdict(Counter)
        sums, asked = Counter[str](), 0
        wrong = [r["run"] for r in reports if sum(r["outcomes"].values()) != r["asked"]]
        for report in reports:
            asked += report["asked"]
            sums.update(report["outcomes"])
            for role, counts in report["roles"].items():
                roles[role].update(counts)
        names = [name for name, _ in sums.most_common()]
        self.say("      " + " ".join(f"{name:>13}" for name in ["role", "asked", *names]))
        for role, counts in [*roles.items(), ("all", Counter(asked=asked) + sums)]:
            cells = [role, counts["asked"], *(counts[name] for name in names)]
            self.say("      " + " ".join(f"{cell:>13}" for cell in cells))
        text = f"{asked} = {' + '.join(f'{n} {name}' for name, n in sums.most_common())}"
        self.check("every request accounted for", text, asked == sum(sums.values()) and not wrong)
        self.say(f"      requests per event found: {asked / max(1, right):.2f} ({right} events)")


def chains(lines: Iterable[Observation]) -> Counter[str]:
    """Page fetches by the article that was asked for: a chain of redirects is one, its hops are not counted again."""
    found: dict[str, str] = {}
    for line in lines:
        if line.kind == "article" and not line.reread and not (300 <= line.status < 400 and line.status != 304):
            found[line.record] = article_id(line.via[0] if line.via else line.url)
    return Counter(found.values())


def clock(time: float) -> str:
    return "–" if time in (0.0, float("inf")) else f"{datetime.fromtimestamp(time, UTC):%H:%M:%S}"
