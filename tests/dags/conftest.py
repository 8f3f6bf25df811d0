"""An Airflow of the tests' own: a database in a temporary folder, never the one a developer runs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session", autouse=True)
def airflow_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """AIRFLOW_HOME for this session, set before the tests import Airflow (they do so inside, never at the top)."""
    home = tmp_path_factory.mktemp("airflow")
    with pytest.MonkeyPatch.context() as patch:
        for name in [n for n in os.environ if n.startswith("AIRFLOW_")]:
            patch.delenv(name)
        patch.setenv("AIRFLOW_HOME", str(home))
        patch.setenv("AIRFLOW__CORE__LOAD_EXAMPLES", "False")
        patch.setenv("AIRFLOW__CORE__UNIT_TEST_MODE", "False")
        patch.setenv("AIRFLOW__CORE__DAGS_FOLDER", str(ROOT / "dags"))
        patch.setenv("AIRFLOW__CORE__FERNET_KEY", "")
        patch.setenv("AIRFLOW__API_AUTH__JWT_SECRET", "for-tests-only-" * 6)
        patch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", f"sqlite:///{home}/airflow.db")
        patch.syspath_prepend(str(ROOT / "dags"))
        yield home


@pytest.fixture
def outlets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one good outlet file; WARRAQ_OUTLETS points to it."""
    folder = tmp_path / "outlets"
    folder.mkdir()
    write(folder, "manara", title="منارة الساحل", url="https://manara.example.org/")
    monkeypatch.setenv("WARRAQ_OUTLETS", str(folder))
    return folder


def write(folder: Path, name: str, **keys: object) -> Path:
    path = folder / f"{name}.toml"
    rows = {"name": name, "title": name, "url": f"https://{name}.example.org/", **keys}
    path.write_text("".join(f"{key} = {_toml(value)}\n" for key, value in rows.items()), "utf-8")
    return path


def _toml(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else f'"{value}"' if isinstance(value, str) else str(value)
