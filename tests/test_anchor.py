"""Time stamps, cosignatures and the checkpoint book: asked of servers on loopback, kept on a real S3 server."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive import keys
from archive.catalog import Catalog
from archive.errors import BadRecord, Broken, Refused, TryAgain
from archive.log import anchor as stamps
from archive.log import book, keyring, note, witness
from archive.log.leaf import Leaf, Unit
from archive.log.note import SigningKey
from archive.log.writer import Log
from archive.s3 import S3Store
from archive.settings import Settings
from archive.steps import post as posting
from archive.steps import signed
from archive.steps.anchor import anchor
from archive.steps.record import record
from archive.steps.workshop import Outcome, Workshop
from tests.outside import Authority, Webhook, WitnessServer, openssl


class Place:
    """An archive whose log grows when it is told to, and what anchoring it needs. `ahead`: how far its clock is ahead."""

    def __init__(self, store: S3Store, settings: Settings) -> None:
        self.store, self.settings, self.said = store, settings, list[str]()
        self.ahead, self.catalog = timedelta(0), Catalog(settings.catalog)
        self.catalog.migrate()
        self.grow(3)

    def shop(self, **changed: object) -> Workshop:
        """As every command makes its own; what is slow to open is opened once."""
        settings = replace(self.settings, **changed)  # type: ignore[arg-type]
        shop = Workshop(settings, clock=lambda: datetime.now(UTC) + self.ahead, say=self.said.append)
        shop.store = self.store
        if settings.catalog == self.settings.catalog:
            shop.catalog = self.catalog
        return shop

    def grow(self, leaves: int) -> int:
        """So many leaves more, signed; the size then."""
        shop = self.shop()
        log = shop.log
        some = range(log.size(), log.size() + leaves)
        units = [Unit((Leaf("act", hashlib.sha256(b"%d" % n).hexdigest(), f"acts/{n}"),)) for n in some]
        record(shop, log, units, log.mark())
        return shop.log.mark()

    def anchor(self, *, force: bool = False, **changed: object) -> Outcome:
        return anchor(self.shop(**changed), force=force)

    def there(self) -> dict[str, bytes]:
        return {key: self.store.get(key) for key in self.store.list("log/anchors/")}

    @property
    def size(self) -> int:
        return self.shop().log.mark()

    @property
    def checkpoint(self) -> bytes:
        return self.store.get(keys.log_checkpoint(self.size))

    @property
    def key(self) -> note.SigningKey:
        held = keyring.load(self.settings)
        assert held is not None
        return held


@pytest.fixture
def at(store: S3Store, settings: Settings) -> Place:
    return Place(store, settings)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    with Authority(tmp_path_factory.mktemp("tsa") / "one") as made:
        yield made


@pytest.fixture
def authority(root: Authority) -> Authority:
    root.faults.clear()
    root.seen.clear()
    root.always = ""
    return root


@pytest.fixture
def seer(at: Place) -> Iterator[WitnessServer]:
    with WitnessServer() as made:
        made.trust(str(at.key.public))
        yield made


@pytest.fixture
def patience(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Little, where nobody will answer; else as always, for a busy machine."""
    if request.node.callspec.params["fault"] in ("hang", "drip"):
        monkeypatch.setattr(posting, "LIMIT", 2.0)


def asking(authority: Authority, **more: str) -> dict[str, object]:
    return {"authorities": (f"{authority.endpoint}/tsr",), "authority_roots": str(authority.roots), **more}


class TestTimeStamps:
    def test_a_token_that_openssl_verifies(self, at: Place, authority: Authority, tmp_path: Path) -> None:
        outcome = at.anchor(**asking(authority))
        assert f"anchor: checkpoint of {at.size} leaves; time 20" in outcome.line
        assert "unchecked" not in outcome.line
        ((key, token),) = at.there().items()
        address = f"{authority.endpoint}/tsr"
        assert key == f"log/anchors/{at.size:012}/{hashlib.sha256(address.encode()).hexdigest()[:12]}.tsr"
        (tmp_path / "checkpoint").write_bytes(at.checkpoint)
        (tmp_path / "token.tsr").write_bytes(token)
        verify = ("ts", "-verify", "-data", tmp_path / "checkpoint", "-in", tmp_path / "token.tsr", "-CAfile", authority.roots)
        assert "Verification: OK" in openssl(*verify).stdout
        (tmp_path / "checkpoint").write_bytes(at.checkpoint + b"\n")
        assert openssl(*verify).returncode != 0

    def test_what_it_says(self, at: Place, authority: Authority) -> None:
        outcome = at.anchor(**asking(authority))
        token = stamps.read(next(iter(at.there().values())), at.checkpoint, stamps.load_roots(authority.roots.read_bytes()))
        assert (token.signer, token.trusted) == ("CN=Wadi time", True)
        assert abs(token.time - datetime.now(UTC)) < timedelta(seconds=30)
        assert outcome.data["tokens"] == [
            {"authority": authority.endpoint.removeprefix("http://"), "time": token.time.isoformat(), "checked": True}
        ]

    def test_once_for_a_checkpoint(self, at: Place, authority: Authority) -> None:
        at.anchor(**asking(authority))
        again = at.anchor(force=True, **asking(authority))
        assert again.nothing_due
        assert len(authority.seen) == 1

    def test_once_in_an_hour_of_the_clock(self, at: Place, authority: Authority) -> None:
        """A DAG that runs at seven past each hour gets one each time, whatever seconds the last one took."""
        at.anchor(**asking(authority))
        at.grow(2)
        token = next(iter(at.there().values()))
        into = stamps.time_of(token)
        left = into.replace(minute=59, second=59) - into
        at.ahead = left - timedelta(seconds=1) if left > timedelta(minutes=1) else timedelta(0)
        if datetime.now(UTC) + at.ahead < into.replace(minute=0, second=0) + timedelta(hours=1):
            assert at.anchor(**asking(authority)).nothing_due
        assert len(authority.seen) == 1
        at.ahead = timedelta(hours=1)
        at.anchor()  # the book, should that be tomorrow
        with pytest.raises(TryAgain, match="the clock here says"):  # asked, as an hour is over; not kept, as it is not
            at.anchor(**asking(authority))
        at.ahead = timedelta(0)
        assert "time 20" in at.anchor(force=True, **asking(authority)).line
        assert len(authority.seen) == 3
        assert len(at.there()) == 2

    def test_two_authorities_each_by_itself(self, at: Place, authority: Authority, tmp_path: Path) -> None:
        with Authority(tmp_path / "two") as second:
            second.always = "500"
            both = {"authorities": (f"{second.endpoint}/", f"{authority.endpoint}/"), "authority_roots": ""}
            outcome = at.anchor(**both)
            assert f"not from {second.endpoint.removeprefix('http://')}: it answered 500" in outcome.line
            assert outcome.data["failed"] == {second.endpoint.removeprefix("http://"): "it answered 500"}
            assert "unchecked: WARRAQ_TSA_ROOTS is not set" in outcome.line
            assert len(at.there()) == 1
            second.always = ""
            assert at.anchor(**both).line.count("time 20") == 1
            assert len(at.there()) == 2
            assert len(authority.seen) == 1

    @pytest.mark.parametrize(
        ("fault", "says"),
        [
            ("500", "it answered 500"),
            ("elsewhere", "it answered 302"),
            ("html", "no time stamp"),
            ("garbage", "no time stamp"),
            ("refuse", "a refusal .status 2.: Bad request format"),
            ("other digest", "over other bytes"),
            ("other nonce", "another nonce"),
            ("hang", "no answer within 2 s"),
            ("drip", "no answer within 2 s"),
            ("cut", "an answer that broke off"),
            ("endless", "more than 1048576 bytes"),
        ],
    )
    @pytest.mark.usefixtures("patience")
    def test_who_fails_is_told_and_asked_again(self, at: Place, authority: Authority, fault: str, says: str) -> None:
        at.anchor()  # the book's turn
        for roots in (str(authority.roots), ""):
            authority.faults.append(fault)
            begun = time.monotonic()
            with pytest.raises(TryAgain, match=f"not from 127.0.0.1:[0-9]+: .*{says}") as failed:
                at.anchor(authorities=(f"{authority.endpoint}/",), authority_roots=roots)
            assert "\n" not in str(failed.value)
            assert time.monotonic() - begun < 15
        assert at.there() == {}
        assert "time 20" in at.anchor(**asking(authority)).line
        assert len(at.there()) == 1

    def test_an_impostor_is_kept_only_where_nobody_checks(self, at: Place, authority: Authority, tmp_path: Path) -> None:
        with Authority(tmp_path / "impostor") as impostor:
            lying = {"authorities": (f"{impostor.endpoint}/",), "authority_roots": str(authority.roots)}
            at.anchor()
            with pytest.raises(TryAgain, match="does not lead to the roots"):
                at.anchor(**lying)
            assert "unchecked" in at.anchor(**lying | {"authority_roots": ""}).line

    def test_nobody_there(self, at: Place) -> None:
        at.anchor()
        with pytest.raises(TryAgain, match=r"127.0.0.1:9: .*refused"):
            at.anchor(authorities=("http://127.0.0.1:9/",))

    def test_what_fails_does_not_keep_the_rest_from_being_done(self, at: Place, authority: Authority) -> None:
        authority.always = "500"
        outcome = at.anchor(**asking(authority))
        assert "noted in the checkpoint book" in outcome.line
        assert "not from" in outcome.line

    @pytest.mark.parametrize(
        "address", ["tsa.example", "ftp://tsa.example/", "http://", "file:///etc/passwd", "http://x:port/"]
    )
    def test_an_address_that_is_none(self, at: Place, address: str) -> None:
        with pytest.raises(Refused, match="WARRAQ_TSA"):
            at.anchor(authorities=(address,))

    def test_what_is_secret_in_an_address_is_not_told(self, at: Place) -> None:
        at.anchor()
        for address in (
            "http://user:hunter2@127.0.0.1:9/token-hunter2?key=hunter2",
            "http://user:hunter2@nowhere.invalid/hunter2",
        ):
            with pytest.raises(TryAgain) as failed:
                at.anchor(authorities=(address,))
            assert "hunter2" not in str(failed.value)

    def test_an_authority_that_wants_a_login(self, at: Place, authority: Authority) -> None:
        place = authority.endpoint.removeprefix("http://")
        line = at.anchor(authorities=(f"http://anna:hunter%402@{place}/tsr",), authority_roots=str(authority.roots)).line
        assert f"from {place};" in line
        assert "hunter" not in line
        assert base64.b64decode(authority.logins[-1].removeprefix("Basic ")) == b"anna:hunter@2"
        ((key, _),) = at.there().items()
        assert hashlib.sha256(f"http://{place}/tsr".encode()).hexdigest()[:12] in key, "a password is not to be guessed from it"

    def test_roots_that_are_none(self, at: Place, tmp_path: Path) -> None:
        (tmp_path / "roots.pem").write_text("-----BEGIN CERTIFICATE-----\nnot\n-----END CERTIFICATE-----\n")
        with pytest.raises(Refused, match="WARRAQ_TSA_ROOTS"):
            at.anchor(authority_roots=str(tmp_path / "roots.pem"))

    def test_every_altered_bit_of_what_is_signed_is_seen(self, at: Place, authority: Authority) -> None:
        """What is not covered by the signature (paddings of the syntax) may change, and changes nothing that is said."""
        at.anchor(**asking(authority))
        whole, roots = next(iter(at.there().values())), stamps.load_roots(authority.roots.read_bytes())
        said = stamps.read(whole, at.checkpoint, roots)
        unseen = 0
        for place in range(len(whole)):
            other = whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]
            try:
                found = stamps.read(other, at.checkpoint, roots)
            except BadRecord:
                continue
            unseen += 1
            assert (found.time, found.serial) == (said.time, said.serial)
        assert unseen < len(whole) / 50

    def test_a_damaged_token_is_told_and_another_is_asked_for(self, at: Place, authority: Authority) -> None:
        name = stamps.token_name(f"{authority.endpoint}/tsr")
        at.store.put(keys.anchor(at.size, name), b"rubbish")
        at.grow(1)
        assert "time 20" in at.anchor(**asking(authority)).line
        assert any(name in line for line in at.said)


class TestWitness:
    def test_a_cosignature_that_the_witness_made(self, at: Place, seer: WitnessServer) -> None:
        outcome = at.anchor(witnesses=(seer.setting,))
        assert f"cosigned by {seer.name}" in outcome.line
        ((key, line),) = at.there().items()
        assert key == f"log/anchors/{at.size:012}/{seer.vkey.split('+')[1]}.cosig"
        assert line.startswith(f"— {seer.name} ".encode())
        assert line.endswith(b"\n")
        data = base64.b64decode(line.split(b" ")[2])
        text = at.checkpoint.partition(b"\n\n")[0] + b"\n"
        message = b"cosignature/v1\ntime %d\n" % int.from_bytes(data[4:12], "big") + text
        seer.key.public_key().verify(data[12:], message)
        found = witness.read(note.parse_verifier(seer.vkey), note.parse(at.checkpoint), line)
        assert abs(witness.cosigned_at(found) - datetime.now(UTC)) < timedelta(seconds=30)

    def test_it_follows_the_log_as_it_grows(self, at: Place, seer: WitnessServer) -> None:
        for leaves in (1, 2, 250, 1, 600):
            at.anchor(witnesses=(seer.setting,))
            size = at.grow(leaves)
            assert "cosigned" in at.anchor(witnesses=(seer.setting,)).line
            assert seer.held[at.key.name][0] == size
        assert at.anchor(witnesses=(seer.setting,)).nothing_due
        assert len(seer.seen) == 6, "it was never corrected, and never asked twice"
        assert seer.seen[-1][1].startswith(b"old 259\n")

    def test_a_witness_that_holds_another_size_says_it_and_is_asked_once_more(self, at: Place, seer: WitnessServer) -> None:
        at.anchor(witnesses=(seer.setting,))
        held = seer.held.copy()
        at.grow(4)
        at.anchor(witnesses=(seer.setting,))
        at.grow(300)
        seer.held = held  # a witness that lost its newest state, as none may
        seer.seen.clear()
        assert "cosigned" in at.anchor(witnesses=(seer.setting,)).line
        assert [body.split(b"\n")[0] for _, body in seer.seen] == [b"old 9", b"old 5"]

    def test_an_answer_that_was_lost(self, at: Place, seer: WitnessServer) -> None:
        """The witness has our checkpoint, we have not its signature: it signs the same again."""
        seer.faults.append("wrong signature")
        assert "a wrong cosignature" in at.anchor(witnesses=(seer.setting,)).line
        assert "cosigned" in at.anchor(witnesses=(seer.setting,)).line
        assert [body.split(b"\n")[0] for _, body in seer.seen] == [b"old 0", b"old 0", b"old 5"]

    @pytest.mark.parametrize(
        ("fault", "says"),
        [
            ("500", "it answered 500"),
            ("html", "not a signature line"),
            ("garbage", "no cosignature"),
            ("stranger", "no cosignature of witness.example/wadi"),
            ("wrong signature", "a wrong cosignature"),
            ("yesterday", "the clock here says"),
            ("hang", "no answer within 2 s"),
            ("409", "it answered 409"),
        ],
    )
    @pytest.mark.usefixtures("patience")
    def test_who_fails_is_told_and_asked_again(self, at: Place, seer: WitnessServer, fault: str, says: str) -> None:
        at.anchor()
        seer.faults.append(fault)
        with pytest.raises(TryAgain, match=says):
            at.anchor(witnesses=(seer.setting,))
        assert at.there() == {}
        assert "cosigned" in at.anchor(witnesses=(seer.setting,)).line

    def test_lines_of_strangers_are_passed_over(self, at: Place, seer: WitnessServer) -> None:
        seer.faults.append("two")
        at.anchor(witnesses=(seer.setting,))
        ((_, line),) = at.there().items()
        assert line.count("—".encode()) == 1

    def test_one_that_does_not_know_the_log_or_its_key(self, at: Place, seer: WitnessServer) -> None:
        at.anchor()
        seer.trusted = {at.key.name: [bytes(32)]}
        with pytest.raises(TryAgain, match=r"403.*warraq key show"):
            at.anchor(witnesses=(seer.setting,))
        seer.trusted = {}
        with pytest.raises(TryAgain, match=r"404.*warraq key show"):
            at.anchor(witnesses=(seer.setting,))

    def test_a_forked_log_is_broken(self, at: Place, seer: WitnessServer) -> None:
        size = at.size
        for held in ((size, bytes(32)), (size - 1, bytes(32))):
            seer.held[at.key.name] = held
            with pytest.raises(Broken, match=r"forked: .*says 127.0.0.1") as found:
                at.anchor(witnesses=(seer.setting,))
            assert not isinstance(found.value, BadRecord)
        assert not at.settings.book.exists(), "what may be a fork is not noted"

    def test_a_log_that_was_longer_is_broken(self, at: Place, seer: WitnessServer) -> None:
        seer.held[at.key.name] = (at.size + 40, bytes(32))
        with pytest.raises(Broken, match=f"rolled back: {at.size + 40} leaves were shown, this log has {at.size}"):
            at.anchor(witnesses=(seer.setting,))

    @pytest.mark.parametrize("text", ["nonsense", "a+b+c=http://x/", "{log}=http://x/", "{seer}", "{seer}=ftp://x"])
    def test_a_setting_that_is_none(self, at: Place, seer: WitnessServer, text: str) -> None:
        with pytest.raises(Refused):
            at.anchor(witnesses=(text.format(log=at.key.public, seer=seer.vkey),))

    @pytest.mark.parametrize(
        ("kind", "body", "size"),
        [
            ("text/x.tlog.size", b"12\n", 12),
            ("Text/X.tlog.size; charset=utf-8", b"0\n", 0),
            ("text/plain", b"12\n", None),
            ("text/x.tlog.size", b"012\n", None),
            ("text/x.tlog.size", b"-1\n", None),
            ("text/x.tlog.size", "١٢\n".encode(), None),
            ("text/x.tlog.size", b"9" * 30, None),
            ("text/x.tlog.size", b"", None),
        ],
    )
    def test_the_size_of_a_409(self, kind: str, body: bytes, size: int | None) -> None:
        assert witness.told_size(kind, body) == size


class TestBook:
    def test_once_a_day_and_when_forced(self, at: Place) -> None:
        assert "noted in the checkpoint book" in at.anchor().line
        assert at.anchor().nothing_due
        at.grow(1)
        assert at.anchor().nothing_due
        assert "noted" in at.anchor(force=True).line
        assert at.anchor(force=True).nothing_due, "the same checkpoint twice would say nothing"
        at.grow(1)
        at.ahead = timedelta(days=1)
        assert "noted" in at.anchor().line
        held = signed.keep_book.read(at.settings.book)
        assert [entry.checkpoint.size for entry in held.entries] == [5, 6, 7]
        assert held.damaged == ()
        assert bytes(held.entries[-1].note) == at.checkpoint

    def test_a_log_that_was_rewritten_with_the_stolen_key_is_noticed(self, at: Place, settings: Settings) -> None:
        at.grow(300)
        at.anchor()
        self._replace_log(at, 400)
        with pytest.raises(Broken, match=r"forked: on 20.* the checkpoint book noted 305 leaves"):
            at.anchor(catalog=f"sqlite:///{settings.state}/other.db")

    def test_a_log_that_was_cut_is_noticed(self, at: Place, settings: Settings) -> None:
        at.grow(300)
        at.anchor()
        self._replace_log(at, 200)
        with pytest.raises(Broken, match=r"rolled back: on 20.* the checkpoint book noted 305 leaves"):
            at.anchor(catalog=f"sqlite:///{settings.state}/other.db")

    @staticmethod
    def _replace_log(at: Place, leaves: int) -> None:
        """As one with the key and every right would: all of log/ anew, with other leaves."""
        client, where = at.store.client, at.store.where
        for key in list(at.store.list("log/")):
            client.delete_object(Bucket=where.bucket, Key=where.prefix + key)
        log = Log(at.store, at.key)
        log.append([Unit((Leaf("act", hashlib.sha256(b"forged %d" % n).hexdigest(), f"acts/{n}"),)) for n in range(leaves)], 0)
        log.publish()

    def test_an_older_checkpoint_put_back_is_noticed_by_the_catalog_too(self, at: Place, settings: Settings) -> None:
        at.grow(30)
        self._replace_log(at, 20)
        with pytest.raises(Broken, match="rolled back: the log has 22 leaves in the bucket, and had 35"):
            at.anchor(book=settings.state / "new-book.txt")

    def test_a_book_that_was_damaged_is_told_and_goes_on(self, at: Place) -> None:
        at.anchor()
        with at.settings.book.open("ab") as file:
            file.write(b"\nnoted 2026-11-22T05:00:00Z\nwarraq/cut short")
        at.grow(1)
        at.anchor(force=True)
        assert any("line 10" in line and "breaks off" in line for line in at.said)
        held = signed.keep_book.read(at.settings.book)
        assert [entry.checkpoint.size for entry in held.entries] == [5, 6]
        assert len(held.damaged) == 1

    def test_a_full_disk_is_told_and_the_next_run_writes_it(self, at: Place, authority: Authority, monkeypatch) -> None:
        whole = os.write
        with monkeypatch.context() as full:
            full.setattr("archive.steps.keep_book.os.write", lambda to, data: whole(to, data[:70]))
            outcome = at.anchor(**asking(authority))
        assert "not from the checkpoint book: [Errno 28] No space left" in outcome.line
        assert "time 20" in outcome.line
        assert "noted" in at.anchor().line
        held = signed.keep_book.read(at.settings.book)
        assert (len(held.entries), len(held.damaged)) == (1, 1)

    def test_the_webhook_gets_each_entry_once(self, at: Place) -> None:
        with Webhook() as hook:
            hook.faults.extend(["500", "404"])
            settings = {"book_webhook": f"{hook.endpoint}/services/secret"}
            first = at.anchor(**settings)
            assert "noted" in first.line
            assert "not from the book's webhook" in first.line
            assert "secret" not in first.line
            with pytest.raises(TryAgain, match="webhook"):
                at.anchor(**settings)
            assert "the book's entry posted" in at.anchor(**settings).line
            assert at.anchor(**settings).nothing_due
            sent = json.loads(hook.seen[-1][1])
            assert sent["checkpoint"].encode() == at.checkpoint
            assert sent["text"].startswith(f"{at.key.name} had {at.size} leaves, root ")
            assert datetime.fromisoformat(sent["noted"])
            assert len(hook.seen) == 3

    def test_what_is_read_and_what_is_not(self) -> None:
        key = SigningKey("warraq/x", bytes(32))
        notes = [bytes(note.sign(note.Checkpoint("warraq/x", size, bytes(32)).text(), [key])) for size in (5, 9)]
        day = datetime(2026, 11, 22, 5, 0, 7, tzinfo=UTC)
        whole = book.entry(day, notes[0])
        held = book.parse(whole + book.entry(day + timedelta(days=1), notes[1]))
        assert [(one.noted, one.checkpoint.size, bytes(one.note)) for one in held.entries] == [
            (day, 5, notes[0]),
            (day + timedelta(days=1), 9, notes[1]),
        ]
        assert book.parse(whole.replace(b"2026-11-22T05:00:07Z", b"2026-13-22T05:00:07Z")).damaged == (
            "line 2: an entry without a time",
        )
        assert book.parse("ملاحظة".encode()).damaged
        assert book.parse(b"\n\n") == book.Book((), ())
        for cut in range(len(whole)):
            torn = book.parse(whole[:cut] + whole)
            assert torn.entries[-1] == held.entries[0], cut
            assert len(torn.entries) + len(torn.damaged) <= 2

    @pytest.mark.parametrize(
        ("origin", "size", "root", "says"),
        [
            ("warraq/x", 9, b"a", ""),
            ("warraq/x", 5, b"a", ""),
            ("warraq/x", 5, b"b", "forked"),
            ("warraq/x", 10, b"a", "rolled back"),
            ("warraq/y", 5, b"a", "another log"),
        ],
    )
    def test_how_a_log_contradicts_what_was_kept(self, origin: str, size: int, root: bytes, says: str) -> None:
        kept, now = note.Checkpoint(origin, size, root * 32), note.Checkpoint("warraq/x", 9, b"a" * 32)
        assert book.contradiction(kept, now, lambda _: b"a" * 32) == says


class TestWhatIsAnchored:
    def test_nothing_is_signed_yet(self, store: S3Store, settings: Settings) -> None:
        outcome = anchor(Workshop(settings))
        assert (outcome.line, outcome.nothing_due) == ("anchor: nothing is signed yet", True)

    def test_what_a_dead_worker_left_unsigned_is_signed_first(self, at: Place) -> None:
        log = at.shop().log
        log.append([Unit((Leaf("act", "0" * 64, "acts/late"),))], log.mark())
        assert at.size == 5
        assert "checkpoint of 6 leaves" in at.anchor().line
        assert at.size == 6

    def test_without_the_key_what_is_signed_is_anchored(self, at: Place, authority: Authority, tmp_path: Path) -> None:
        assert "time 20" in at.anchor(log_key_file=tmp_path / "none", **asking(authority)).line

    def test_an_edited_tile_is_broken_before_anything_is_asked(self, at: Place, authority: Authority) -> None:
        at.grow(40)
        place = {"Bucket": at.store.where.bucket, "Key": at.store.where.prefix + keys.log_tile(0, 0, at.size)}
        at.store.client.put_object(**place, Body=bytes(32 * at.size))
        with pytest.raises(Broken, match="does not follow from its tiles"):
            at.anchor(**asking(authority))
        assert authority.seen == []

    def test_another_checkpoint_than_the_one_kept(self, at: Place, authority: Authority) -> None:
        other = note.sign(note.Checkpoint(at.key.name, at.size, bytes(32)).text(), [at.key])
        at.store.client.put_object(Bucket=at.store.where.bucket, Key=at.store.where.prefix + keys.CHECKPOINT, Body=bytes(other))
        with pytest.raises(Broken, match="is not what log/checkpoints/000000000005 keeps"):
            at.anchor(**asking(authority))

    @pytest.mark.parametrize("who", ["authority", "witness"])
    def test_what_somebody_put_in_our_place_is_not_taken_for_ours(
        self, at: Place, authority: Authority, seer: WitnessServer, who: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Between our look and our put. What is right there (another worker's) is as good as ours."""
        at.anchor()
        settings = asking(authority) if who == "authority" else {"witnesses": (seer.setting,)}
        monkeypatch.setattr(signed, "anchors", lambda *_: {})
        name = stamps.token_name(f"{authority.endpoint}/tsr") if who == "authority" else witness.parse(seer.setting).name
        at.store.put(keys.anchor(at.size, name), b"rubbish")
        with pytest.raises(TryAgain, match="was put by somebody else"):
            at.anchor(**settings)
        at.grow(1)
        assert not at.anchor(**settings).nothing_due
        assert not at.anchor(**settings).nothing_due

    def test_years_of_anchors_are_not_listed_whole(self, at: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        for size in range(0, 1_000_000, 20_000):
            at.store.put(keys.anchor(size, "aaaaaaaaaaaa.tsr"), b"")
        at.store.put(keys.anchor(500_000, "bbbbbbbbbbbb.tsr"), b"")
        listed = list[str]()
        whole = at.store.list
        monkeypatch.setattr(at.store, "list", lambda *a, **k: (listed.append(key) or key for key in whole(*a, **k)))
        assert signed.anchors(at.store, 999_000, ["aaaaaaaaaaaa.tsr"]) == {"aaaaaaaaaaaa.tsr": 980_000}
        assert len(listed) < 5
        found = signed.anchors(at.store, 999_000, ["aaaaaaaaaaaa.tsr", "bbbbbbbbbbbb.tsr"])
        assert found == {"aaaaaaaaaaaa.tsr": 980_000, "bbbbbbbbbbbb.tsr": 500_000}
        assert signed.anchors(at.store, 999_000, ["cccccccccccc.tsr"]).keys() == found.keys()
