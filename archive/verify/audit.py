"""The audit: everything is verified within a set number of days, a part of it each day. The log itself is, every time.

Units fall into 256 shares by the hash of their name; `audit.json` of the state folder remembers when each was looked at last.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from archive.verify.finding import Report
from archive.verify.progress import read, write
from archive.verify.run import share

SHARES = 256
_DAY = timedelta(days=1)


@dataclass
class Ledger:
    """When each share was verified without a finding. One that never was counts from the day that the audits began."""

    path: Path
    began: datetime
    seen: dict[int, datetime]

    @classmethod
    def load(cls, path: Path, now: datetime) -> Ledger:
        row = read(path)
        began = datetime.fromisoformat(row["began"]) if row else now
        return cls(path, began, {int(one): datetime.fromisoformat(when) for one, when in row.get("shares", {}).items()})

    def last(self, one: int) -> datetime:
        return self.seen.get(one, self.began)

    @property
    def oldest(self) -> datetime:
        """Everything that was there then has been verified since, or is overdue."""
        return min(self.last(one) for one in range(SHARES))

    def note(self, shares: frozenset[int], report: Report, now: datetime) -> None:
        """Those without a finding are done; the others are looked at again the next time, until they are whole."""
        wrong = {share(unit) for unit in report.units}
        self.seen |= dict.fromkeys(sorted(shares - wrong), now)
        rows = {str(one): when.isoformat() for one, when in sorted(self.seen.items())}
        write(self.path, {"began": self.began.isoformat(), "shares": rows})


def due(ledger: Ledger, now: datetime, within: timedelta) -> frozenset[int]:
    """The shares of a daily run: those that would be overdue tomorrow, and at least as many as give each day the same."""
    least = -(-SHARES // max(1, within // _DAY - 1))
    by_age = sorted(range(SHARES), key=lambda one: (ledger.last(one), one in ledger.seen, one))
    late = [one for one in by_age if now - ledger.last(one) >= within - _DAY]
    return frozenset(late if len(late) > least else by_age[:least])


def line(report: Report, shares: frozenset[int]) -> str:
    """The last line of an audit. With a finding it names the object and what to do: the alarm carries this line."""
    checked = ", ".join(f"{n} {what}" for what, n in report.counts.items())
    if not (faults := report.faults):
        return f"audit: {len(shares)} of {SHARES} shares: {checked or 'nothing there yet'}; 0 findings"
    more = f"; and {len(faults) - 1} more: see this log, or run warraq verify" if faults[1:] else ""
    return f"audit: {len(faults)} findings: {faults[0]}{more}"
