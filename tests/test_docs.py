"""The documentation names what there is, and nothing that is not there."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import typer

from archive import errors
from archive.cli import commands
from archive.outlet import Layout, Outlet

ROOT = Path(__file__).resolve().parent.parent
DOCS = {path.relative_to(ROOT): path.read_text("utf-8") for path in (*ROOT.glob("*.md"), *ROOT.glob("*/*.md"))}
CODE = ("archive", "spiders", "dags", "plugins", "stack", "sandbox", "deploy", "Makefile", "airflow.cfg")
BUILT = {"WARRAQ_DEMO_STATE", "WARRAQ_DEMO_PORT", "WARRAQ_TEST_STATE"}  # WARRAQ_<mode>_…, see stack/mode.py
# Made by the supervisor for its children and airflow.cfg, or keys of Scrapy's settings: nobody sets them.
INNER = {"WARRAQ_ROOT", "WARRAQ_NAME", "WARRAQ_DAG_REFRESH", "WARRAQ_STACK", "WARRAQ_SINK", "WARRAQ_NAMES"}
IN_THE_BUCKET = ("warc/", "observations/", "cdxj/", "snapshots/", "plans/", "meta/", "probe/", "seeds/", "acts/", "log/", "index/", "exports/")  # fmt: skip
IN_THE_STATE = ("airflow/", "bundles/", "reasons/", "spool/", "weed/", "logs/", "backups/", "copies/", "checkpoint-book.txt")


def files() -> list[Path]:
    found = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if found.returncode:
        pytest.skip("not a Git work tree")
    return [Path(name) for name in found.stdout.splitlines()]


def every_command() -> Iterator[tuple[str, Any]]:
    app: Any = typer.main.get_command(commands())
    for name, command in app.commands.items():
        if hasattr(command, "commands"):
            if command.invoke_without_command:
                yield name, command
            yield from ((f"{name} {inner}", one) for inner, one in command.commands.items())
        else:
            yield name, command


def row_of(name: str) -> str:
    """The row of docs/COMMANDS.md about a command."""
    inner = "".join(
        f"(?! {other.partition(' ')[2]})" for other, _ in every_command() if other.partition(" ")[0] == name != other
    )
    rows = re.findall(rf"(?m)^\| `warraq {re.escape(name)}{inner}[ `].*$", DOCS[Path("docs/COMMANDS.md")])
    assert len(rows) == 1, f"docs/COMMANDS.md has {len(rows)} rows about `warraq {name}`"
    return str(rows[0])


@pytest.mark.parametrize(("name", "command"), list(every_command()), ids=lambda value: value if isinstance(value, str) else "")
def test_every_command_and_option_is_described(name: str, command: Any) -> None:
    row = row_of(name)
    options = {option for one in command.params if one.param_type_name == "option" for option in one.opts}
    assert "--json" in options
    assert {option for option in options - {"--json"} if f"{option}" not in row} == set()
    assert set(re.findall(r"--[a-z-]+", row)) <= options
    assert command.help
    assert all(one.help for one in command.params if one.param_type_name == "option")


def test_every_command_in_the_docs_exists() -> None:
    known = dict(every_command())
    groups = {name.partition(" ")[0] for name in known if " " in name}
    for path, text in DOCS.items():
        for line in re.findall(r"`warraq ([a-z][^`]*)`|(?m:^warraq ([a-z].*?)(?: +#.*)?$)", text):
            words = (line[0] or line[1]).split()
            name = " ".join(words[:2])
            name = name if words[0] in groups and (name in known or words[0] not in known) else words[0]
            assert name in known, f"{path}: warraq {name}"
            options = {option for one in known[name].params for option in one.opts}
            assert {word for word in words if word.startswith("--")} <= options | {"--help"}, f"{path}: {words}"


def test_every_exit_status_is_described() -> None:
    listed = set(re.findall(r"(?m)^\| (\d+) \|", DOCS[Path("docs/COMMANDS.md")]))
    ours = {str(one.exit_code) for one in (errors.Refused, errors.TryAgain, errors.Broken)}
    assert listed == ours | {"0", "2", str(errors.NOTHING_DUE)}


def test_every_variable_that_is_read_is_described_and_none_that_is_not() -> None:
    pattern = re.compile(r"\bWARRAQ_[A-Z0-9_]*[A-Z0-9]\b")
    read = {
        name
        for path in files()
        if path.parts[0] in CODE and path.suffix not in (".md", ".svg", ".txt", ".woff2")
        for name in pattern.findall((ROOT / path).read_text("utf-8"))
    }
    described = {name for text in DOCS.values() for name in pattern.findall(text)}
    assert read - INNER - set(pattern.findall(DOCS[Path("docs/OPERATIONS.md")])) == set()
    assert described - read - BUILT == set()
    assert INNER - read == set(), "no longer used"


def test_every_key_of_an_outlet_file_is_described_with_its_default() -> None:
    text = DOCS[Path("outlets/README.md")]
    outlet, layout = text.partition("## Layouts")[::2]
    assert set(re.findall(r"(?m)^\| `(\w+)` \|", outlet)) == {one.name for one in fields(Outlet)}
    assert set(re.findall(r"(?m)^\| `(\w+)` \|", layout)) == {one.name for one in fields(Layout)}
    for one in fields(Outlet):
        told = re.search(rf"(?m)^\| `{one.name}` \| ([^|]+) \|", outlet)
        assert told is not None
        default = told[1].strip().strip("`")
        if isinstance(one.default, bool):
            assert default == str(one.default).lower(), one.name
        elif isinstance(one.default, (int, float)):
            assert float(default) == one.default, one.name
        elif isinstance(one.default, str):
            assert default == (one.default or "none"), one.name
        else:
            assert default in ("none", "required"), one.name


def test_every_link_between_the_docs_leads_somewhere() -> None:
    for path, text in DOCS.items():
        for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
            assert (ROOT / path.parent / link).exists(), f"{path}: {link}"


def test_every_file_that_is_named_exists() -> None:
    there = files()
    names = {path.name for path in there}
    folders = {f"{parent.as_posix()}/" for path in there for parent in path.parents}
    for path, text in DOCS.items():
        for token in re.findall(r"`([\w./-]+\.(?:py|toml|md|cfg|service|lock|in|txt|sh)|[a-z][\w/-]*/)`", text):
            if token.startswith(("/", *IN_THE_BUCKET, *IN_THE_STATE)) or "NAME" in token:
                continue
            known = token in folders if token.endswith("/") else Path(token) in there or path.parent / token in there
            inside = Path("archive") / token in there or f"archive/{token}" in folders
            assert known or inside or ("/" not in token and token in names), f"{path}: {token}"


def test_every_make_target_that_is_named_exists_and_says_what_it_does() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    described = set(re.findall(r"(?m)^([a-z0-9]+):.*## ", makefile))
    for path, text in DOCS.items():
        named = set(re.findall(r"`(?:[A-Z_]+=\S+ )*make ([a-z0-9]+)`|(?m:^(?:[A-Z_]+=\S+ )*make ([a-z0-9]+)\b)", text))
        assert {one or other for one, other in named} <= described, path


def test_the_readme_leads_to_every_page() -> None:
    readme = DOCS[Path("README.md")]
    pages = {path.as_posix() for path in DOCS if path.parts[0] == "docs"}
    reached = {page for page in pages if page in readme}
    further = {f"docs/{name}" for page in reached for name in re.findall(r"\b([A-Z]+\.md)\b", DOCS[Path(page)])}
    assert pages - reached - further == set()
