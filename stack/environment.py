"""What every child process finds in its environment: settings, keys, and where Airflow lives.

`airflow.cfg` in the repository refers to these variables as $WARRAQ_…; nothing secret is in that file.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from archive.settings import ROOT
from stack import secrets
from stack.mode import Mode
from stack.ports import HOST

_ADDED_TO = ("PATH", "PYTHONPATH", "NO_PROXY", "WARRAQ_METRICS_TOKEN_FILE")  # what `build` keeps of, or adds to
_OURS = ("WARRAQ_", "AWS_", "AIRFLOW_")


def build(mode: Mode, base: Mapping[str, str] = os.environ, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The children's environment. A sandbox takes over nothing that the user set for the real archive."""
    env = {k: v for k, v in base.items() if not (mode.sandbox and k.startswith(_OURS))}
    keys = secrets.keys(mode.state)
    refresh = "10" if mode.sandbox else "30"
    env |= {
        "PATH": f"{programs(Path(sys.executable), ROOT)}{os.pathsep}{base.get('PATH', os.defpath)}",
        "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), base.get("PYTHONPATH")))),
        "PYTHONUNBUFFERED": "1",
        "NO_PROXY": ",".join(filter(None, (base.get("NO_PROXY"), f"{HOST},localhost"))),
        "WARRAQ_ROOT": str(ROOT),
        "WARRAQ_STATE": str(mode.state),
        "WARRAQ_BUCKET": mode.bucket,
        "WARRAQ_CATALOG": mode.catalog,
        "WARRAQ_LOG_KEY_FILE": str(mode.log_key),
        "WARRAQ_OUTLETS": str(mode.outlets),
        "WARRAQ_DEPLOYMENT": mode.deployment,
        "WARRAQ_METRICS_TOKEN_FILE": env.get("WARRAQ_METRICS_TOKEN_FILE") or str(secrets.metrics_token(mode.state)),
        "WARRAQ_SANDBOX": "1" if mode.sandbox else "0",
        "WARRAQ_PORT": str(mode.first_port),
        "WARRAQ_AIRFLOW_DB": mode.airflow_db,
        "WARRAQ_DAG_REFRESH": refresh,
        "WARRAQ_NAME": "Warraq" if not mode.sandbox else f"Warraq ({mode.name})",
        "AIRFLOW_HOME": str(mode.state / "airflow"),
        "AIRFLOW_CONFIG": str(ROOT / "airflow.cfg"),
        # Airflow makes these up itself only when it writes the configuration file; the same for all its processes.
        "AIRFLOW__API_AUTH__JWT_SECRET": keys["jwt"],
        "AIRFLOW__API__SECRET_KEY": keys["session"],
        "AIRFLOW__CORE__FERNET_KEY": keys["fernet"],
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(f"{name}:{role}" for name, role in mode.users),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(mode.state / "passwords.json"),
    }
    if mode.airflow_db.startswith("postgresql"):
        # One driver for both of Airflow's engines; by itself it would ask for asyncpg beside psycopg.
        env["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC"] = mode.airflow_db
    if mode.embedded_store:
        env |= {
            "AWS_ENDPOINT_URL_S3": f"http://{HOST}:{mode.first_port + 2}",
            "AWS_ACCESS_KEY_ID": keys["s3_access"],
            "AWS_SECRET_ACCESS_KEY": keys["s3_secret"],
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }
    if mode.sandbox:
        env.setdefault("WARRAQ_CONTACT", f"{mode.name}@localhost")
    if mode.name == "demo":
        env["WARRAQ_SEEDS_LOCK"] = str(ROOT / "sandbox" / "seeds.lock")
    return env | dict(extra or {})


def kept(env: Mapping[str, str]) -> dict[str, str]:
    """What `build` must know of a shell to change nothing that its user set; the rest the shell has already."""
    return {name: env[name] for name in _ADDED_TO if name in env}


def programs(python: Path, root: Path) -> Path:
    """The folder of `warraq` and `airflow`: beside the running Python, or else where `make setup` puts them.

    `python3.11 -m stack env` is for a shell that is in no virtual environment.
    """
    made = root / ".venv" / "bin"
    beside = (python.parent / "warraq").exists()
    return made if not beside and (made / "warraq").exists() else python.parent
