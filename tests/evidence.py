"""An archive for bundles: one real crawl, and captures of November written down by hand, so that hours pass between them.

Articles, by number: 101 edited twice; 102 removed; 103 led to the front page; 104 hostile; 105 withheld; 106 led to 105; 107 went
and came back edited; 108 never there; 109 unchanged: seen again, and not modified; 111 of one text in two bodies.
"""

from __future__ import annotations

import base64
import gzip
import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import uuid4

from archive import keys, spool
from archive.capture import Chain, Exchange, Note, Previous, Resolution
from archive.records import digest
from archive.steps import act, seeds
from archive.steps.anchor import anchor
from archive.steps.extract import extract
from archive.steps.rotate import rotate
from archive.steps.seal import seal
from archive.steps.workshop import Workshop
from tests.outside import Authority, WitnessServer
from tests.servers import Server
from tests.wadi import Wadi, seed_folder, wadi

START = datetime(2026, 11, 1, tzinfo=UTC)
OLD = (
    "افتتحت البلدية سوق القمح بعد ترميمه، وحضر الافتتاح أهالي القرى المجاورة ونحو مئة بائع.",
    "وقال رئيس البلدية إن السوق يضم 34 محلاً، وإن الإيجارات لن تُرفع قبل سنتين على الأقل.",
    "وأضاف أن المدخل الشرقي يحتاج إلى توسيع، وأن العمل فيه يبدأ مع نهاية موسم الأمطار.",
    "ويقصد السوق زبائن من خمس قرى تنقلهم حافلة صغيرة مرتين في اليوم مقابل أجر رمزي.",
)
NEW = (OLD[0], OLD[1].replace("34", "43").replace("لن تُرفع", "تُرفع"), *OLD[2:])
NEWER = (*NEW, "تصحيح: ذكرت نسخة سابقة من هذا الخبر عدداً آخر للمحال.")
SECRET = ("شاهد من الوادي يروي ما رآه عند الجسر القديم ليلة الحادي عشر من الشهر الماضي.", *OLD[2:])
HOSTILE = "سوق &lt;script src=//evil.example/x.js&gt;&lt;/script&gt; \u202eمقلوب &lt;img src=x onerror=alert(1)&gt;"
DER = b"what a certificate looks like does not matter here"
WANTED: dict[str, tuple[Any, ...]] = {
    "newest": (101,),
    "time": (109, "--at", "2026-11-01"),
    "gone": (102, "--gone"),
    "front": (103, "--gone"),
    "never": (108, "--gone"),
    "between": (101, "--between", "1", "3"),
    "returned": (107, "--between", "1", "2"),
    "hostile": (104,),
}
PEM = b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(DER) + b"-----END CERTIFICATE-----\n"


def at(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def page(title: str, paragraphs: tuple[str, ...], number: int, mark: str = "") -> bytes:
    text = "".join(f"<p>{one}</p>" for one in paragraphs)
    return f"""<!DOCTYPE html><html lang="ar" dir="rtl"><head><meta charset="utf-8"><title>{title}</title>
<link rel="shortlink" href="/?p={number}"><meta property="og:type" content="article"><meta property="og:title" content="{title}">
<meta property="article:published_time" content="2026-10-30T08:00:00+02:00"></head><body class="single postid-{number}"><article>
<h1 class="entry-title">{title}</h1><div class="entry-content">{text}</div></article>{mark}</body></html>""".encode()


@dataclass
class Press:
    """Writes captures down as a run of that hour would have, and has them read and sealed."""

    made: Wadi
    last: dict[int, Previous] = field(default_factory=dict)  # by article, its last body that was stored whole
    waiting: list[Exchange] = field(default_factory=list)

    def url(self, number: int) -> str:
        return f"{self.made.url}archives/{number}"

    def answer(
        self, hours: float, number: int, status: str, body: bytes, head: str = "", *, url: str = "", via: tuple[str, ...] = ()
    ) -> None:
        """One exchange. An equal body, or a 304, becomes a revisit record."""
        url, when = url or self.url(number), at(hours) + timedelta(seconds=number)
        mime = "text/html; charset=utf-8"
        raw = f"HTTP/1.1 {status}\r\nContent-Type: {mime}\r\nContent-Length: {len(body)}\r\n{head}\r\n".encode() + body
        request = f"GET {url} HTTP/1.1\r\nHost: wadi.example\r\nUser-Agent: test\r\n\r\n".encode()
        note = Note(role="article", found="plan", why="revisit", via=via, previous=self.last.get(number))
        tls = {"version": "TLSv1.3", "cipher": "TLS_AES_128_GCM_SHA256", "certificate": digest(DER)}
        known = Resolution("wadi.example", ("192.0.2.7",), when)
        done = Exchange(
            url, when, when + timedelta(seconds=1), request, raw, note, ip="192.0.2.7", tls=tls, chain=Chain(PEM), dns=known
        )
        self.waiting.append(done)

    def content(self, hours: float, number: int, paragraphs: tuple[str, ...], title: str = "", mark: str = "") -> None:
        self.answer(hours, number, "200 OK", page(title or f"أخبار السوق، العدد {number}", paragraphs, number, mark))

    def missing(self, hours: float, number: int) -> None:
        self.answer(hours, number, "404 Not Found", "<html><body class='error404'><h1>لا شيء هنا</h1></body></html>".encode())

    def led(self, hours: float, number: int, to: str, body: bytes) -> None:
        """A redirect that was followed to a page that is there."""
        self.answer(hours, number, "301 Moved Permanently", b"", f"Location: {to}\r\n")
        self.answer(hours + 0.01, number, "200 OK", body, url=to, via=(self.url(number),))

    def shop(self, hours: float) -> Workshop:
        """A machine on which it is a few minutes later."""
        shop = self.made.shop()
        shop.clock = lambda: at(hours + 0.2)
        return shop

    def write(self, hours: float) -> str:
        """What waits, as one WARC in the bucket; its run."""
        folder, run = self.made.folder / "press", keys.run_id(at(hours), "test", uuid4().hex)
        out = spool.Spool(folder, "wadi", run, 1, {"software": "test"}, lambda: at(hours), lambda: str(uuid4()))
        for one in self.waiting:
            written, body = out.add(one), one.response.partition(b"\r\n\r\n")[2]
            known = Previous(one.url, _date(one.started), written.record, digest(body), digest(body))
            number, before = one.url.rpartition("/")[2], one.note.previous
            if b" 200 OK" in one.response[:20] and number.isdigit() and (before is None or before.body != known.body):
                self.last[int(number)] = known
        out.close()
        self.waiting.clear()
        spool.upload(self.made.shop().store, folder)
        return run

    def print(self, hours: float) -> None:
        """The whole run: what waits is written, read and sealed."""
        run, shop = self.write(hours), self.shop(hours)
        extract(shop, shop.outlet("wadi"), run)
        seal(self.shop(hours), shop.outlet("wadi"), run)


def _date(when: datetime) -> str:
    return f"{when:%Y-%m-%dT%H:%M:%S.%fZ}"


@dataclass(frozen=True)
class Bundles:
    """Bundles by name, and what a stranger has from elsewhere."""

    made: dict[str, Path]
    roots: bytes  # of the time-stamping authority, PEM
    seed: bytes  # the seed file
    key: str  # in force
    first_key: str

    def files(self, name: str) -> dict[str, bytes]:
        return files(self.made[name])


@dataclass
class Story:
    """The archive, those outside it, and the command that makes bundles of it."""

    made: Wadi
    authority: Authority
    witness: WitnessServer
    press: Press
    first_key: str = ""

    @property
    def folder(self) -> Path:
        return self.made.folder

    def url(self, number: int) -> str:
        return self.press.url(number)

    def shop(self, **changed: Any) -> Workshop:
        return self.made.shop(**changed)

    def stamp(self) -> None:
        done = anchor(self.shop(), force=True)
        assert len(done.data["tokens"]) == len(done.data["cosignatures"]) == 1, done.line

    def prove(self, number: int, *options: str) -> Path:
        """The bundle that the command line makes."""
        path = self.folder / f"{uuid4().hex}.zip"
        done = self.made.call("prove", self.url(number), *options, "--out", str(path), "--json")
        assert done.returncode == 0, done.stderr
        said = json.loads(done.stdout.splitlines()[-1])
        assert said["file"] == str(path)
        return path

    @cached_property
    def bundles(self) -> Bundles:
        """One of each kind."""
        made = {name: self.prove(number, *options) for name, (number, *options) in WANTED.items()}
        seed = (self.folder / "seeds" / "001_souq.txt").read_bytes()
        signer = self.shop().log.signer
        assert signer is not None
        return Bundles(made, self.authority.roots.read_bytes(), seed, str(signer.public), self.first_key)

    def refused(self, number: int, *options: str) -> str:
        """What the command says instead of making a bundle."""
        path = self.folder / "refused.zip"
        done = self.made.call("prove", self.url(number), *options, "--out", str(path))
        assert done.returncode == 78, done.stdout + done.stderr
        assert not path.exists()
        return done.stderr


_KEPT: list[Bundles] = []  # by the first test file that needs them, for the others: an archive takes half a minute


def kept(weed: Server, folder: Path) -> Bundles:
    """Bundles of such an archive, which is gone by now."""
    if not _KEPT:
        with story(weed, folder) as told:
            assert told.bundles.made
    return _KEPT[0]


@contextmanager
def story(weed: Server, folder: Path) -> Iterator[Story]:
    """The archive, with its log stamped twice and its key changed between."""
    with Authority(folder / "tsa") as authority, WitnessServer() as witness, wadi(weed, folder, articles=2) as made:
        made.env.update(  # type: ignore[attr-defined]
            WARRAQ_TSA=authority.endpoint, WARRAQ_TSA_ROOTS=str(authority.roots), WARRAQ_WITNESSES=witness.setting
        )
        press = Press(made)
        told = Story(made, authority, witness, press)
        seeds.add(
            told.shop(),
            seed_folder(made, {"001_souq.txt": "\n".join((f"أخبار السوق، العدد {101}", *OLD)), "002.txt": "نص آخر."}),
        )
        signer = told.shop().log.signer
        assert signer is not None
        told.first_key = str(signer.public)
        witness.trust(told.first_key)
        _begin(press)
        told.stamp()
        _change(press)
        rotate(told.shop(), folder / "new.key", "a test")
        signer = told.shop().log.signer
        assert signer is not None
        witness.trust(str(signer.public))
        _go(press)
        told.stamp()
        _return(press)
        made.run()
        secret = told.shop().catalog.article(told.url(105))
        given = act.make(told.shop(), "restrict", "a threatened witness", outlet="wadi", article=secret.article, url=secret.url)
        act.perform(told.shop(), given)
        yield told
        if "bundles" in vars(told):
            _KEPT.append(told.bundles)


def _begin(press: Press) -> None:
    for number in (101, 102, 103, 106, 107, 109):
        press.content(0, number, OLD)
    press.content(0, 104, OLD, HOSTILE)
    press.content(0, 111, OLD)
    press.content(0, 105, SECRET, "شهادة من الوادي")
    press.missing(0, 108)
    press.print(0)
    press.content(6, 101, OLD)  # the same
    press.content(6, 109, OLD)
    press.content(6, 111, OLD, mark="<p class='views'>7</p>")
    press.missing(6, 102)
    press.missing(6, 107)
    press.print(6)


def _change(press: Press) -> None:
    front = "<!DOCTYPE html><html lang='ar'><head><title>صحيفة الوادي</title></head><body><h1>صحيفة الوادي</h1></body></html>".encode()
    press.content(12, 101, NEW)
    press.content(12, 111, OLD, mark="<p class='views'>7</p>")
    press.led(12, 103, press.made.url, front)
    press.led(12, 106, press.url(105), page("شهادة من الوادي", SECRET, 105))
    press.missing(12, 107)
    press.print(12)
    press.answer(15, 109, "304 Not Modified", b"")
    press.led(15, 103, press.made.url, front)
    press.led(15, 106, press.url(105), page("شهادة من الوادي", SECRET, 105))
    press.print(15)


def _go(press: Press) -> None:
    press.missing(18, 102)
    press.content(18, 101, NEWER)
    press.content(18, 107, NEW)
    press.print(18)


def _return(press: Press) -> None:
    press.content(24, 101, NEWER)
    press.missing(24, 102)
    press.print(24)


# Bundles taken apart and put together again


def files(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def unpack(path: Path, folder: Path) -> Path:
    """As `unzip -d folder bundle.zip` does."""
    with zipfile.ZipFile(path) as archive:
        archive.extractall(folder)
    return folder


def pack(contents: dict[str, bytes], path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in contents.items():
            archive.writestr(name, data)
    return path


def lines(contents: dict[str, bytes]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in contents["observations.jsonl"].splitlines()]


def text(contents: dict[str, bytes], name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(gzip.decompress(contents[name]))
    return found
