"""No captured object can be deleted or overwritten through Warraq: by what the code can call, and by what goes over the wire."""

from __future__ import annotations

import ast
import functools
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from urllib.parse import unquote, urlsplit

import boto3
import pytest

from archive.keys import CHECKPOINT, run_id
from archive.s3 import S3Store
from archive.store import Store
from tests.servers import Relay, Server
from tests.site import Post, WordPress, serving
from tests.test_docs import every_command
from tests.wadi import ROOT, Wadi, seed_folder, wadi

CODE = ("archive", "spiders", "dags", "plugins", "stack", "sandbox")
# What may write to a bucket, and where. Everything else in this table's files only reads.
WRITES = {
    "archive/s3.py": {"put_object", "put_object_legal_hold", "create_bucket"},
    "archive/probes.py": {"put_object", "delete_object"},
}
BOTO = {"archive/s3.py", "archive/s3_client.py", "archive/s3_quick.py", "archive/probes.py"}
READS = ("get_", "head_", "list_", "can_paginate", "close", "exceptions", "generate_presigned", "meta", "select_")


@functools.cache
def sources() -> list[tuple[str, ast.Module]]:
    paths = [path for folder in CODE for path in sorted((ROOT / folder).rglob("*.py"))]
    return [(path.relative_to(ROOT).as_posix(), ast.parse(path.read_text("utf-8"))) for path in paths]


def s3_writes() -> set[str]:
    """Methods of an S3 client that change something, and the operations behind them."""
    client = boto3.client("s3", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    methods = client.meta.method_to_api_mapping
    found = {name for name in methods if not name.startswith(READS)}
    assert {"delete_object", "delete_objects", "copy_object", "put_bucket_lifecycle_configuration"} <= found
    return found | {methods[name] for name in found} | {"upload_file", "upload_fileobj", "upload_part"}


class TestCode:
    def test_only_these_modules_speak_s3(self) -> None:
        found = set()
        for path, tree in sources():
            for node in ast.walk(tree):
                names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
                names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                if any(
                    name.partition(".")[0] in ("boto3", "botocore", "s3fs", "obstore", "minio", "aioboto3") for name in names
                ):
                    found.add(path)
        assert found == BOTO

    def test_nothing_deletes_copies_or_expires_an_object(self) -> None:
        writes, found = s3_writes(), dict[str, set[str]]()
        for path, tree in sources():
            for node in ast.walk(tree):
                name = node.attr if isinstance(node, ast.Attribute) else node.value if isinstance(node, ast.Constant) else ""
                if isinstance(name, str) and name in writes:
                    found.setdefault(path, set()).add(name)
        assert found == WRITES

    def test_requests_made_by_hand_only_read(self) -> None:
        made = [
            ast.unparse(one.args[0])
            for _, tree in sources()
            for one in ast.walk(tree)
            if isinstance(one, ast.Call) and ast.unparse(one.func).endswith("AWSRequest")
        ]
        assert made == ["'GET'"]

    def test_the_one_delete_is_of_a_probe(self) -> None:
        tree = ast.parse((ROOT / "archive/probes.py").read_text("utf-8"))
        callers = [one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef) and "delete_object" in ast.unparse(one)]
        assert [one.name for one in callers] == ["_deleted"]
        calls = [one for one in ast.walk(tree) if isinstance(one, ast.Call) and ast.unparse(one.func) == "_deleted"]
        assert len(calls) == 1
        (asker,) = [one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef) and calls[0] in list(ast.walk(one))]
        assert "key = (store.where.bucket, store.where.prefix + _fresh())" in ast.unparse(asker)

    def test_the_store_has_no_delete_and_every_put_has_a_condition(self) -> None:
        for kind in (Store, S3Store):
            public = {name for name in vars(kind) if not name.startswith("_")}
            assert public <= {
                "put",
                "get",
                "read",
                "list",
                "clock",
                "checkpoint",
                "publish",
                "page",
                "make_bucket",
                "legal_hold",
            }
        tree = ast.parse((ROOT / "archive/s3.py").read_text("utf-8"))
        puts = [
            ast.unparse(one) for one in ast.walk(tree) if isinstance(one, ast.Call) and ast.unparse(one.func) == "self._put"
        ]
        assert len(puts) == 2
        assert any("{'IfNoneMatch': '*', **self._retention(key)}" in one for one in puts)
        assert any(
            "self._full(CHECKPOINT)" in one and "{'IfMatch': tag} if tag else {'IfNoneMatch': '*'}" in one for one in puts
        )


class TestStore:
    @pytest.mark.parametrize("key", ["warc/a", "snapshots/b", "log/batches/000000000000.json.gz", "meta/archive.json"])
    def test_a_put_on_a_taken_key_never_changes_the_bytes(self, store: S3Store, key: str) -> None:
        store.put(key, b"first")
        held = store.get(key)
        for data in (b"second", b"", b"first", held + b"x"):
            assert store.put(key, data) is False
            assert store.get(key) == held

    def test_only_the_checkpoint_is_replaced_and_only_by_who_read_it(self, store: S3Store) -> None:
        assert store.publish(b"one", "")
        assert not store.publish(b"other", "")
        held = store.checkpoint()
        assert held is not None
        assert not store.publish(b"other", '"0123456789abcdef0123456789abcdef"')
        assert store.publish(b"two", held[1])
        assert not store.publish(b"three", held[1])
        assert store.get(CHECKPOINT) == b"two"
        assert not store.put(CHECKPOINT, b"four")
        assert store.get(CHECKPOINT) == b"two"


@dataclass
class Life:
    """An archive whose every request to the store is seen."""

    at: Wadi
    relay: Relay
    held: dict[str, str] = field(default_factory=dict)  # key → ETag, of all that ever was there
    problems: list[str] = field(default_factory=list)
    looked: int = 0

    def look(self, after: str) -> None:
        """What this command did: nothing that was there is gone or another; every request keeps the rules."""
        seen = list(zip(self.relay.seen, self.relay.headers, strict=True))[self.looked :]
        self.looked += len(seen)
        self.problems += [f"{after}: {what}" for (method, path), headers in seen if (what := judge(method, path, headers))]
        now = self.at.held()
        changed = [key for key, tag in self.held.items() if now.get(key) != tag and key != CHECKPOINT]
        self.problems += [f"{after}: {key} is {'another' if key in now else 'gone'}" for key in changed]
        self.held |= now


def judge(method: str, path: str, headers: dict[str, str]) -> str:
    """What is wrong with a request; "" when nothing is."""
    parts = urlsplit(path)
    key = unquote(parts.path)
    if method in ("GET", "HEAD"):
        return ""
    if method != "PUT" or "x-amz-copy-source" in headers or parts.query or key.count("/") < 2:
        return f"{method} {path}"
    condition = {name: headers[name] for name in ("if-none-match", "if-match") if name in headers}
    if key.endswith(f"/{CHECKPOINT}") and len(condition) == 1:
        return ""
    return "" if condition == {"if-none-match": "*"} else f"{method} {path} {condition}"


def test_the_judge_sees_what_it_should() -> None:
    assert judge("PUT", "/b/p/warc/a", {"if-none-match": "*"}) == judge("PUT", "/b/p/log/checkpoint", {"if-match": '"x"'}) == ""
    for method, path, headers in (
        ("PUT", "/b/p/warc/a", {}),
        ("PUT", "/b/p/warc/a", {"if-match": '"x"'}),
        ("PUT", "/b/p/log/checkpoint", {}),
        ("PUT", "/b/p/warc/a", {"if-none-match": "*", "x-amz-copy-source": "b/p/warc/b"}),
        ("PUT", "/b/p/warc/a?legal-hold", {"if-none-match": "*"}),
        ("DELETE", "/b/p/warc/a", {}),
        ("POST", "/b?delete", {}),
    ):
        assert judge(method, path, headers)


Arguments = Callable[[Wadi], list[str]]
RUN = run_id(datetime.now(UTC), "test")  # the sweep leaves runs of long ago alone


def of_article(*more: str) -> Arguments:
    return lambda at: [f"{at.url}archives/1", *more]


def plain(*arguments: str) -> Arguments:
    return lambda at: list(arguments)


def copy_of(at: Wadi) -> str:
    """The bucket of the second copy."""
    return f"s3://copy-{at.env['WARRAQ_BUCKET'].rpartition('/')[2]}"


# A row for each command, in an order that gives each of them something to do.
LAYOUT = """
[[layouts]]
name = "entry"
body = "//div[contains(@class, 'entry-content')]"
"""
COMMANDS: dict[str, Arguments] = {
    "seeds add": lambda at: [str(at.folder / "seeds")],
    "plan": plain("wadi", "--run", RUN),
    "crawl": plain("wadi", "--run", RUN),
    "extract": plain("wadi", "--run", RUN),
    "seal": plain("--all"),
    "inspect": plain("wadi", "--run", RUN),
    "run": plain("wadi", "--everything"),
    "reread": lambda at: ["--outlet", at.outlet_file(LAYOUT).stem],
    "readings": of_article(),
    "golden": lambda at: ["wadi", f"{at.url}archives/1", "--out", str(at.folder / "golden")],
    "drift": plain("wadi"),
    "accept-layout": plain("wadi", "0123abcd", "--reason", "a new theme"),
    "republished": plain("--find", "--all"),
    "search": plain("--index", "--all"),
    "ls": plain(),
    "history": of_article(),
    "show": of_article(),
    "diff": of_article(),
    "seeds ls": plain(),
    "outlets": plain(),
    "outlets add": lambda at: [at.env["NEIGHBOUR"], "--name", "jar", "--private"],
    "coverage": plain("wadi"),
    "latency": plain("--each"),
    "capture": lambda at: [f"{at.url}archives/3"],
    "watch": of_article("--every", "1d"),
    "unwatch": of_article(),
    "status": plain(),
    "alarms": plain("--check"),
    "export": plain("versions"),
    "restrict": of_article("--reason", "a threat"),
    "hold": of_article("--reason", "a court order"),
    "acts": plain(),
    "anchor": plain("--force"),
    "key show": plain(),
    "key new": lambda at: ["--to", str(at.folder / "new.key")],
    "key rotate": lambda at: ["--to", str(at.folder / "new.key"), "--reason", "its year is over"],
    "verify": plain(),
    "audit": plain(),
    "prove": lambda at: [f"{at.url}archives/2", "--out", str(at.folder / "bundle.zip")],
    "mirror": lambda at: [copy_of(at)],
    "repair": plain(),
    "rebuild": plain(),
    "doctor": plain("--create"),
}
REFUSED = {"accept-layout"}  # no look waits in this life; the act goes the way of every other
LATER = {"audit", "repair"}  # commands that another part of this version brings


@pytest.fixture(scope="module")
def life(weed: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Life]:
    post = Post(1, "خبر الجار", "2026-11-20T10:00:00")
    with (
        Relay(weed.endpoint) as relay,
        serving(WordPress([post])) as neighbour,  # a site that is no outlet yet
        wadi(weed.at(relay.endpoint), tmp_path_factory.mktemp("life"), 3, {"NEIGHBOUR": neighbour.url}) as made,
    ):
        first = made.site.articles[1]
        seed_folder(made, {"001.txt": "\n\n".join([first.title, *first.paragraphs])})
        plain_client = replace(made, env={**made.env, "AWS_ENDPOINT_URL_S3": weed.endpoint}).client
        plain_client.create_bucket(Bucket=copy_of(made).removeprefix("s3://"))
        yield Life(made, relay)


def test_every_command_has_a_row() -> None:
    known = {name for name, _ in every_command()}
    assert known - set(COMMANDS) == set(), "give it a row in COMMANDS: what it sends is judged too"
    assert set(COMMANDS) - known <= LATER


def test_no_command_deletes_or_overwrites(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "nice", lambda _: 0)  # this process goes on with other tests
    known = {name for name, _ in every_command()}
    for name, arguments in COMMANDS.items():
        if name not in known:
            continue
        if name == "run":
            life.at.site.edit(1)
        done = life.at.call(*name.split(), *arguments(life.at))
        assert "Traceback" not in done.stderr, f"{name}: {done.stderr}"
        fine = (78,) if name in REFUSED else (0, 99)
        assert done.returncode in fine, f"{name}: {done.returncode} {done.stdout} {done.stderr}"
        life.look(name)
    assert life.problems == []
    puts = [path for (method, path) in life.relay.seen if method == "PUT"]
    kinds = {urlsplit(path).path.split("/")[3] for path in puts}
    assert {"warc", "observations", "cdxj", "snapshots", "plans", "seeds", "acts", "log", "meta"} <= kinds
    versions = [json.loads(row) for row in life.at.call("export", "versions", "--restricted").stdout.splitlines()]
    assert len(versions) == 4


def test_a_life_that_goes_on_keeps_what_was(life: Life) -> None:
    """Again, with an edit and a page that went: nothing of the first life is touched."""
    life.at.site.edit(2)
    del life.at.site.articles[3]
    for name, arguments in (("run", ["wadi", "--everything"]), ("seal", ["--all"]), ("restrict", ["--lift", "--reason", "x"])):
        more = [f"{life.at.url}archives/1"] if name == "restrict" else []
        assert life.at.call(name, *more, *arguments).returncode in (0, 99)
        life.look(name)
    assert life.problems == []
