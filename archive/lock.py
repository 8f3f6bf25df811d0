"""Object Lock, as a setting per prefix: `warc/=GOVERNANCE:3650 snapshots/=COMPLIANCE:365` (days). Pure.

A lock is the store's own promise to keep an object until a day. It adds to the log, which notices a loss, and replaces nothing:
whoever runs the store can break it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, cast

from archive.errors import Refused

NAME = "WARRAQ_OBJECT_LOCK"
FOLDERS = ("acts", "cdxj", "log", "meta", "observations", "plans", "seeds", "snapshots", "warc")
LONGEST = 36_500  # days
HOLD = "LEGAL HOLD"  # beside the two modes, what a bucket may keep
Mode = Literal["GOVERNANCE", "COMPLIANCE"]
_RULE = re.compile(rf"((?:{'|'.join(FOLDERS)})/(?:[a-z0-9_]+/)*)=(GOVERNANCE|COMPLIANCE):([1-9]\d{{0,4}})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Rule:
    """What is put under `prefix` is locked for so many days. Nobody ends COMPLIANCE; some may end GOVERNANCE."""

    prefix: str
    mode: Mode
    days: int

    def until(self, now: datetime) -> datetime:
        return now + timedelta(days=self.days)


def parse(text: str) -> tuple[Rule, ...]:
    """The rules of a setting, the longest prefix first; Refused when a word of it is none, or a prefix comes twice."""
    rules = []
    for word in text.split():
        found = _RULE.fullmatch(word)
        if found is None or int(found[3]) > LONGEST:
            raise Refused(
                f"{NAME}: {word!r} is no rule",
                f"write <prefix>=<mode>:<days>, as warc/=GOVERNANCE:3650; prefixes begin with {', '.join(FOLDERS)}, modes are "
                f"GOVERNANCE and COMPLIANCE, days at most {LONGEST}",
            )
        rules.append(Rule(found[1], cast(Mode, found[2]), int(found[3])))
    prefixes = [rule.prefix for rule in rules]
    twice = sorted({prefix for prefix in prefixes if prefixes.count(prefix) > 1})
    if twice:
        raise Refused(f"{NAME} has two rules for {twice[0]}", "leave one of them")
    return tuple(sorted(rules, key=lambda rule: (-len(rule.prefix), rule.prefix)))


def rule_for(rules: tuple[Rule, ...], key: str) -> Rule | None:
    """The rule with the longest prefix of that key; `rules` as `parse` orders them."""
    return next((rule for rule in rules if key.startswith(rule.prefix)), None)
