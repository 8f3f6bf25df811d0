"""Object keys of the bucket: built and parsed here, specified in docs/FORMAT.md.

Keys are ASCII and say what an object is, so that an S3 listing alone is an index of the archive.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime

from archive.errors import BadRecord

OUTLET = re.compile(r"[a-z][a-z0-9_]{0,39}")
_SEGMENT = re.compile(r"[\x21-\x2e\x30-\x5b\x5d-\x7e]{1,255}")
_RUN = re.compile(r"(\d{8})T(\d{6})Z-([0-9a-f]{12})", re.ASCII)
_STEM = re.compile(
    r"(?P<outlet>[a-z][a-z0-9_]{0,39})/(?P<year>\d{4})/(?P<month>\d\d)/(?P<day>\d\d)/"
    r"(?P<run>(?P=year)(?P=month)(?P=day)T\d{6}Z-[0-9a-f]{12})\.(?P<attempt>[1-9]\d*)-(?P<seq>\d{5})-(?P<sha12>[0-9a-f]{12})",
    re.ASCII,
)


def possible(key: str) -> bool:
    """Whether an object of ours can have this key: ASCII without spaces and backslashes, no segment empty, `.` or `..`.

    SeaweedFS folds `//`, turns `\\` into `/`, and lists what is not ASCII out of order: our keys need none of it.
    """
    return all(_SEGMENT.fullmatch(part) and part not in (".", "..") for part in key.split("/"))


def run_id(planned: datetime, *identity: str) -> str:
    """`YYYYMMDDTHHMMSSZ-<12 hex>`: the time a run was planned, and who planned it.

    `identity` is (deployment, DAG, Airflow run id), so a retry of the same Airflow run has the same id.
    """
    who = hashlib.sha256("\0".join(identity).encode()).hexdigest()[:12]
    return f"{planned.astimezone(UTC):%Y%m%dT%H%M%SZ}-{who}"


def run_time(run: str) -> datetime:
    """When the run was planned (UTC, seconds)."""
    try:
        if _RUN.fullmatch(run):
            return datetime.strptime(run[:16], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:  # the 40th of a month
        pass
    raise BadRecord(f"{run!r} is not a run id", "it looks like 20261122T011200Z-3fa9c1b2d4e5")


def _day(run: str) -> str:
    return f"{run_time(run):%Y/%m/%d}"


@dataclass(frozen=True, slots=True)
class Stem:
    """What the WARC, the CDXJ and the observations of one packed file share in their keys."""

    outlet: str
    run: str
    attempt: int
    seq: int
    sha12: str

    def __str__(self) -> str:
        return f"{self.outlet}/{_day(self.run)}/{self.run}.{self.attempt}-{self.seq:05d}-{self.sha12}"

    @property
    def warc(self) -> str:
        return f"warc/{self}.warc.gz"

    @property
    def cdxj(self) -> str:
        return f"cdxj/{self}.cdxj"

    @property
    def observations(self) -> str:
        return f"observations/{self}.jsonl.gz"


def parse_stem(key: str) -> Stem:
    """The stem of a `warc/…`, `cdxj/…` or `observations/…` key; BadRecord if it is none."""
    kind, _, rest = key.partition("/")
    ending = {"warc": ".warc.gz", "cdxj": ".cdxj", "observations": ".jsonl.gz"}.get(kind)
    match = _STEM.fullmatch(rest.removesuffix(ending)) if ending and rest.endswith(ending) else None
    if match is None:
        raise BadRecord(f"{key!r} is not the key of a WARC, CDXJ or observations object")
    return Stem(match["outlet"], match["run"], int(match["attempt"]), int(match["seq"]), match["sha12"])


def plan(outlet: str, run: str) -> str:
    return f"plans/{outlet}/{_day(run)}/{run}.json.gz"


def seed(set12: str, name: str) -> str:
    """`seeds/<first 12 hex of the SHA-256 of SHA256SUMS>/<name>`."""
    return f"seeds/{set12}/{name}"


CHECKPOINT = "log/checkpoint"  # the only object that ever changes


def log_batch(first: int) -> str:
    """`log/batches/<index of its first leaf, 12 digits>.json.gz`."""
    return f"log/batches/{first:012}.json.gz"


def log_checkpoint(size: int) -> str:
    """`log/checkpoints/<size, 12 digits>`: a checkpoint as it was published, kept."""
    return f"log/checkpoints/{size:012}"


def log_tile(level: int | str, number: int, width: int) -> str:
    """The path of C2SP tlog-tiles: `level` is a number, or "entries" for the bundle of entries."""
    head, tail = divmod(number, 1000)
    parts = [f"{tail:03}"]
    while head:
        head, tail = divmod(head, 1000)
        parts.insert(0, f"x{tail:03}")
    return f"log/tile/{level}/{'/'.join(parts)}" + (f".p/{width}" if width < 256 else "")


def log_key(key_id: bytes) -> str:
    """`log/keys/<key id, 8 hex digits>`: the verifier key of a signing key that was in force."""
    return f"log/keys/{key_id.hex()}"


def anchor(size: int, name: str) -> str:
    """`log/anchors/<size, 12 digits>/<name>`: what others say of the checkpoint of that size."""
    return f"log/anchors/{size:012}/{name}"


def act(when: datetime, sha12: str) -> str:
    """`acts/YYYY/MM/DD/<time>-<first 12 hex of its SHA-256>.json`."""
    return f"acts/{when.astimezone(UTC):%Y/%m/%d}/{compact_time(when)}-{sha12}.json"


def compact_time(when: datetime) -> str:
    """`YYYYMMDDTHHMMSSffffffZ`: a capture time in a key (UTC, microseconds)."""
    return f"{when.astimezone(UTC):%Y%m%dT%H%M%S%fZ}"


def snapshot(outlet: str, article: str, captured: datetime, payload: str, reading: str) -> str:
    """`payload` is the SHA-256 (64 hex) of the transfer-decoded body, `reading` the reading id (12 hex)."""
    return f"snapshots/{outlet}/{article}/{compact_time(captured)}-{payload[:12]}/{reading}.json.gz"


def day_prefixes(kind: str, outlet: str, days: list[datetime]) -> list[str]:
    """Listing prefixes of one outlet's objects of `kind` on each of `days`."""
    return [f"{kind}/{outlet}/{day:%Y/%m/%d}/" for day in days]
