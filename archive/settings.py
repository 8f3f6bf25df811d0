"""Settings come from the environment (docs/OPERATIONS.md lists them), each read in one place: here."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from archive.errors import Refused

ROOT = Path(__file__).resolve().parent.parent
FIRST_PORT = 8480  # of the stack, unless WARRAQ_PORT says otherwise; stack/mode.py has the same


@dataclass(frozen=True, slots=True)
class Settings:
    state: Path  # WARRAQ_STATE: spool, catalog and logs of this machine
    bucket: str  # WARRAQ_BUCKET: s3://name/prefix
    catalog: str  # WARRAQ_CATALOG: SQLAlchemy address
    outlets: Path  # WARRAQ_OUTLETS: folder of outlet files
    seeds_lock: Path  # WARRAQ_SEEDS_LOCK
    contact: str  # WARRAQ_CONTACT: address in the User-Agent
    deployment: str  # WARRAQ_DEPLOYMENT: names this installation in run ids
    sandbox: bool  # WARRAQ_SANDBOX=1: demo and tests; such records never mix with real ones
    checksums: str  # WARRAQ_S3_CHECKSUMS: when_supported or when_required (botocore's words)
    addressing: str  # WARRAQ_S3_ADDRESSING: auto, path or virtual
    connection: str  # WARRAQ_S3_CONNECTION: id of an Airflow connection to take the credentials from
    webhook: str  # WARRAQ_WEBHOOK: address that failures are posted to
    readers: int  # WARRAQ_READERS: processes that read pages
    log_key: str = field(default="", repr=False)  # WARRAQ_LOG_KEY: the text of the key that signs checkpoints
    log_key_file: Path = Path()  # WARRAQ_LOG_KEY_FILE: where it lies otherwise
    book: Path = Path()  # WARRAQ_BOOK: file that checkpoints are kept in, outside the bucket
    book_webhook: str = field(default="", repr=False)  # WARRAQ_BOOK_WEBHOOK: address that the same is posted to, daily
    authorities: tuple[str, ...] = field(default=(), repr=False)  # WARRAQ_TSA: addresses of RFC 3161 time-stamping authorities
    authority_roots: str = ""  # WARRAQ_TSA_ROOTS: PEM file of the certificates they lead to
    witnesses: tuple[str, ...] = ()  # WARRAQ_WITNESSES: `<verifier key>=<address>` of C2SP witnesses
    lock: str = ""  # WARRAQ_OBJECT_LOCK: `<prefix>=<mode>:<days>` …, S3 Object Lock for what is put there
    mirror: str = ""  # WARRAQ_MIRROR: s3://name/prefix of the second copy
    mirror_endpoint: str = ""  # WARRAQ_MIRROR_ENDPOINT: address of its S3; the archive's own when empty
    mirror_region: str = ""  # WARRAQ_MIRROR_REGION
    mirror_access_key: str = field(default="", repr=False)  # WARRAQ_MIRROR_ACCESS_KEY_ID: the archive's own when empty
    mirror_secret_key: str = field(default="", repr=False)  # WARRAQ_MIRROR_SECRET_ACCESS_KEY
    mirror_profile: str = ""  # WARRAQ_MIRROR_PROFILE: boto3 profile to take the credentials from instead
    mirror_connection: str = ""  # WARRAQ_MIRROR_CONNECTION: id of an Airflow connection to take them from instead
    mail: tuple[str, ...] = ()  # WARRAQ_MAIL: addresses that alarms are sent to
    smtp: str = field(default="", repr=False)  # WARRAQ_SMTP: the server that takes them, as `smtp://user:password@host:587`
    smtp_connection: str = field(default="", repr=False)  # AIRFLOW_CONN_SMTP_DEFAULT, as Airflow's JSON, instead of it
    metrics_token: Path | None = None  # WARRAQ_METRICS_TOKEN_FILE: what Prometheus says to be let in to /metrics alone
    heartbeat: str = field(default="", repr=False)  # WARRAQ_HEARTBEAT: address that is asked after each check of the alarms
    airflow: str = ""  # WARRAQ_AIRFLOW_URL: where Airflow answers; "" where there is none
    airflow_db: str = field(default="", repr=False)  # WARRAQ_AIRFLOW_DB: SQLAlchemy address of its database; "": not known here
    cost: float = 0.0  # WARRAQ_COST_PER_GB: what a gigabyte costs a month, as `0.023 USD`; 0: not told
    currency: str = ""
    replay: str = ""  # WARRAQ_REPLAY: address of a pywb collection over the bucket, without the time: for links on pages
    operator: str = ""  # WARRAQ_OPERATOR: who decides, in acts; the system's user otherwise
    supervised: bool = False  # WARRAQ_STACK: a program of a running stack; only `make upgrade` updates the catalog under those

    @property
    def spool(self) -> Path:
        return self.state / "spool"


def from_environment(env: Mapping[str, str] = os.environ) -> Settings:
    """The settings in force; Refused names the variable that is wrong."""
    data_home = Path(env.get("XDG_DATA_HOME") or Path.home() / ".local/share")
    state = Path(env.get("WARRAQ_STATE") or data_home / "warraq").expanduser().resolve()
    return Settings(
        state=state,
        bucket=env.get("WARRAQ_BUCKET", "s3://warraq"),
        catalog=env.get("WARRAQ_CATALOG") or f"sqlite:///{state}/catalog.db",
        outlets=Path(env.get("WARRAQ_OUTLETS") or ROOT / "outlets"),
        seeds_lock=Path(env.get("WARRAQ_SEEDS_LOCK") or ROOT / "seeds.lock"),
        contact=env.get("WARRAQ_CONTACT", ""),
        deployment=env.get("WARRAQ_DEPLOYMENT", "default"),
        sandbox=env.get("WARRAQ_SANDBOX", "") == "1",
        checksums=_choice(env, "WARRAQ_S3_CHECKSUMS", "when_supported", ("when_supported", "when_required")),
        addressing=_choice(env, "WARRAQ_S3_ADDRESSING", "path", ("path", "virtual", "auto")),
        connection=env.get("WARRAQ_S3_CONNECTION", ""),
        webhook=env.get("WARRAQ_WEBHOOK", ""),
        readers=_whole(env, "WARRAQ_READERS", min(8, os.cpu_count() or 1)),
        log_key=env.get("WARRAQ_LOG_KEY", ""),
        log_key_file=Path(env.get("WARRAQ_LOG_KEY_FILE") or state / "log.key"),
        book=Path(env.get("WARRAQ_BOOK") or state / "checkpoint-book.txt"),
        book_webhook=env.get("WARRAQ_BOOK_WEBHOOK", ""),
        authorities=tuple(env.get("WARRAQ_TSA", "").split()),
        authority_roots=env.get("WARRAQ_TSA_ROOTS", ""),
        witnesses=tuple(env.get("WARRAQ_WITNESSES", "").split()),
        lock=env.get("WARRAQ_OBJECT_LOCK", ""),
        mirror=env.get("WARRAQ_MIRROR", ""),
        mirror_endpoint=env.get("WARRAQ_MIRROR_ENDPOINT", ""),
        mirror_region=env.get("WARRAQ_MIRROR_REGION", ""),
        mirror_access_key=env.get("WARRAQ_MIRROR_ACCESS_KEY_ID", ""),
        mirror_secret_key=env.get("WARRAQ_MIRROR_SECRET_ACCESS_KEY", ""),
        mirror_profile=env.get("WARRAQ_MIRROR_PROFILE", ""),
        mirror_connection=env.get("WARRAQ_MIRROR_CONNECTION", ""),
        mail=tuple(env.get("WARRAQ_MAIL", "").replace(",", " ").split()),
        smtp=env.get("WARRAQ_SMTP", "").strip(),
        smtp_connection=held if (held := env.get("AIRFLOW_CONN_SMTP_DEFAULT", "").strip()).startswith("{") else "",
        metrics_token=Path(token) if (token := env.get("WARRAQ_METRICS_TOKEN_FILE", "")) else None,
        heartbeat=env.get("WARRAQ_HEARTBEAT", ""),
        airflow=_airflow(env, state),
        airflow_db=_airflow_db(env, state),
        **_cost(env),
        replay=env.get("WARRAQ_REPLAY", "").strip(),
        operator=env.get("WARRAQ_OPERATOR", "").strip(),
        supervised=bool(env.get("WARRAQ_STACK")),
    )


def _cost(env: Mapping[str, str]) -> dict[str, Any]:
    """`0.023 USD` → what a gigabyte costs a month, and in which money."""
    price, _, currency = env.get("WARRAQ_COST_PER_GB", "").strip().partition(" ")
    if price and not price.replace(".", "", 1).isdecimal():
        raise Refused(f"WARRAQ_COST_PER_GB={price}: not a number above 0", "write it as `0.023 USD`")
    return {"cost": float(price or 0), "currency": currency.strip()}


def _airflow(env: Mapping[str, str], state: Path) -> str:
    """The address as given; else that of the Airflow whose home is in the state folder, if one is there."""
    if "WARRAQ_AIRFLOW_URL" in env:
        return env["WARRAQ_AIRFLOW_URL"].rstrip("/")
    return f"http://127.0.0.1:{env.get('WARRAQ_PORT') or FIRST_PORT}" if (state / "airflow").is_dir() else ""


def _airflow_db(env: Mapping[str, str], state: Path) -> str:
    """The address as given; else the file that the supervisor makes in the state folder, if it is there."""
    file = state / "airflow" / "airflow.db"
    return env.get("WARRAQ_AIRFLOW_DB") or (f"sqlite:///{file}" if file.is_file() else "")


def _choice(env: Mapping[str, str], name: str, default: str, choices: tuple[str, ...]) -> str:
    value = env.get(name) or default
    if value not in choices:
        raise Refused(f"{name}={value}: not one of {', '.join(choices)}")
    return value


def _whole(env: Mapping[str, str], name: str, default: int) -> int:
    value = env.get(name) or str(default)
    if not value.isdigit() or int(value) < 1:
        raise Refused(f"{name}={value}: not a whole number above 0")
    return int(value)
