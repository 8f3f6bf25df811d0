"""Every error Warraq raises on purpose, drawn once.

    WarraqError
    ├── Refused        a person must act: settings, input, permissions            exit 78 (EX_CONFIG)
    │   ├── BadOutlet      an outlet file that cannot be used
    │   ├── BadSeeds       a seed folder that is empty or differs from its lock
    │   ├── UnsafeStore    a bucket that does not keep what it promises
    │   └── Withheld       an article that may not be shown (`warraq restrict`)
    ├── TryAgain       the same command may succeed later                         exit 75 (EX_TEMPFAIL)
    │   ├── StoreUnreachable
    │   └── HostBusy       another run holds the politeness lease of the host
    └── Broken         the archive or a record contradicts itself                 exit 65 (EX_DATAERR)
        ├── Conflict       a key already holds other bytes
        └── BadRecord      bytes that are not the record they should be

The exit statuses are those of sysexits.h, so that cron, systemd and Airflow can tell them apart.
`NOTHING_DUE` (99) is not an error: the step had nothing to do, and what follows it may be skipped.
"""

from __future__ import annotations

NOTHING_DUE = 99


class WarraqError(Exception):
    """One line that names the thing, and one that says what to do about it."""

    exit_code = 70

    def __init__(self, what: str, remedy: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.what} — {self.remedy}" if self.remedy else self.what


class Refused(WarraqError):
    exit_code = 78


class BadOutlet(Refused):
    pass


class BadSeeds(Refused):
    pass


class UnsafeStore(Refused):
    pass


class Withheld(Refused):
    pass


class TryAgain(WarraqError):
    exit_code = 75


class StoreUnreachable(TryAgain):
    pass


class HostBusy(TryAgain):
    pass


class Broken(WarraqError):
    exit_code = 65


class Conflict(Broken):
    pass


class BadRecord(Broken):
    pass
