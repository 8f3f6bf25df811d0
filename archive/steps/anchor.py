"""Have others say that the newest checkpoint exists: authorities its time, witnesses that it follows, the book keeps it.

Nothing here is needed to capture. Who does not answer is told in the outcome and asked again by the next run.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from cryptography.x509 import Certificate

from archive import keys
from archive.errors import BadRecord, Broken, TryAgain
from archive.log import anchor as stamps
from archive.log import witness
from archive.log.reader import Tree
from archive.log.witness import Witness
from archive.log.writer import Log, Published, published
from archive.steps import keep_book, signed
from archive.steps.post import check, host, post
from archive.steps.record import not_shorter
from archive.steps.workshop import Outcome, Workshop

_HINTS = {
    403: ", which means that it does not take this log's key: tell it what `warraq key show` prints",
    404: ", which means that it does not know this log: tell it what `warraq key show` prints",
}


def anchor(shop: Workshop, *, force: bool = False) -> Outcome:
    """Ask authorities (once in an hour of the clock), witnesses, and write the book (once a day) about the newest checkpoint.

    `force` asks whatever the hour. Raises TryAgain when nothing that was due could be done; Broken, before anything is asked,
    when the log contradicts its tiles, the catalog or the book, and after it when a witness saw another log.
    """
    settings = shop.settings
    authorities = [check("WARRAQ_TSA", address) for address in settings.authorities]
    witnesses = [witness.parse(text) for text in settings.witnesses]
    roots = stamps.load_roots(Path(settings.authority_roots).read_bytes()) if settings.authority_roots else []
    if settings.book_webhook:
        check("WARRAQ_BOOK_WEBHOOK", settings.book_webhook)
    log = shop.log
    not_shorter(shop, log)
    _sign(log)
    held = published(shop.store)
    if held is None:
        return Outcome("anchor: nothing is signed yet", nothing_due=True)
    work = _Round(shop, held)
    keep_book.compare(settings.book, held.checkpoint, work.tree.root, shop.say)
    names = [stamps.token_name(address) for address in authorities] + [one.name for one in witnesses]
    there = signed.anchors(shop.store, held.size, names)
    for address in authorities:
        last = there.get(stamps.token_name(address), 0)
        if last < held.size and (force or work.hour_is_over(address, last)):
            work.attempt(host(address), partial(work.stamp, address, roots))
    for one in witnesses:
        if there.get(one.name, 0) < held.size:
            work.attempt(host(one.address), partial(work.cosign, one, there.get(one.name, 0)))
    if not work.alarms:
        work.attempt("the checkpoint book", partial(work.note, force))
        if settings.book_webhook:
            work.attempt("the book's webhook", work.tell)
    return work.outcome()


def _sign(log: Log) -> None:
    """What was appended by a worker that died before it could sign."""
    if log.signer is not None and log.size():
        log.publish()


class _Round:
    """One checkpoint, and what came of asking about it."""

    def __init__(self, shop: Workshop, held: Published) -> None:
        self.shop, self.store, self.held, self.now = shop, shop.store, held, shop.clock()
        self.bytes = signed.kept(self.store, held.size)
        if self.bytes != bytes(held.note):
            raise Broken(f"{keys.CHECKPOINT} is not what {keys.log_checkpoint(held.size)} keeps", "run warraq verify")
        self.tree = Tree(self.store, held.checkpoint)
        self.tree.root()
        self.done, self.failed, self.alarms = list[str](), list[tuple[str, str]](), list[str]()
        self.data: dict[str, Any] = {"size": held.size, "tokens": [], "cosignatures": [], "noted": False}

    def attempt(self, who: str, ask: Callable[[], str]) -> None:
        """Ask somebody outside: what was done, or why it was not."""
        try:
            done = ask()
        except (TryAgain, BadRecord) as error:
            self.failed.append((who, error.what.removeprefix(f"{who}: ")))
        except OSError as error:
            self.failed.append((who, str(error)))
        except SawAnother as error:
            self.alarms.append(f"{error}, says {who}")
        else:
            self.done += [done] if done else []

    def hour_is_over(self, address: str, last: int) -> bool:
        """Whether the authority gave no token in this hour of the clock. `last`: size of the checkpoint it stamped last."""
        key = keys.anchor(last, stamps.token_name(address))
        try:
            return last == 0 or _hour(stamps.time_of(self.store.get(key))) < _hour(self.now)
        except BadRecord as error:
            self.shop.say(f"anchor: {key}: {error.what}")
            return True

    def stamp(self, address: str, roots: list[Certificate]) -> str:
        asked = stamps.question(self.bytes)
        answer = post(address, asked.as_bytes(), stamps.MEDIA_TYPE)
        if answer.status != 200:
            raise TryAgain(f"it answered {answer.status}")
        token = stamps.accept(asked, answer.body, self.bytes, self.shop.clock(), roots)
        self._keep(stamps.token_name(address), answer.body, lambda held: stamps.read(held, self.bytes, roots))
        self.data["tokens"].append({"authority": host(address), "time": token.time.isoformat(), "checked": token.trusted})
        unchecked = "" if token.trusted else " (its signature unchecked: WARRAQ_TSA_ROOTS is not set)"
        return f"time {token.time:%Y-%m-%dT%H:%M:%SZ} from {host(address)}{unchecked}"

    def cosign(self, one: Witness, old: int) -> str:
        """`old`: the size that this witness signed last, as far as we know; it corrects us once."""
        for _ in range(2):
            body = witness.request(old, self.tree.consistency(old), self.bytes)
            answer = post(f"{one.address}/add-checkpoint", body, "text/plain; charset=utf-8")
            if answer.status == 200:
                found = witness.accept(one.key, self.held.note, answer.body, self.shop.clock())
                self._keep(one.name, str(found).encode(), lambda held: witness.read(one.key, self.held.note, held))
                self.data["cosignatures"].append({"witness": one.key.name, "key": one.key.id.hex()})
                return f"cosigned by {one.key.name}"
            if answer.status == 422:
                raise SawAnother(f"forked: this log of {self.held.size} leaves does not follow from the {old} that were shown")
            told = witness.told_size(answer.media_type, answer.body) if answer.status == 409 else None
            if told is None:
                raise TryAgain(f"it answered {answer.status}{_HINTS.get(answer.status, '')}")
            self._compare(told, old)
            old = told
        raise TryAgain("it tells another size each time")

    def _keep(self, name: str, data: bytes, still: Callable[[bytes], object]) -> None:
        """Put it beside the checkpoint. BadRecord (by `still`) when what lies there already is not as good."""
        key = keys.anchor(self.held.size, name)
        if not self.store.put(key, data):
            try:
                still(self.store.get(key))
            except BadRecord as error:
                raise BadRecord(f"{key} was put by somebody else: {error.what}") from error

    def _compare(self, told: int, old: int) -> None:
        """Whether the log that a witness holds can be this one."""
        if told == old:
            raise SawAnother(f"forked: the log of {told} leaves that was shown is another")
        if told > self.held.size:
            newest = published(self.store)
            if newest is None or newest.size < told:
                raise SawAnother(f"rolled back: {told} leaves were shown, this log has {self.held.size}")
            raise TryAgain("another checkpoint was published meanwhile")

    def note(self, force: bool) -> str:
        self.data["noted"] = keep_book.write(self.shop.settings.book, self.bytes, self.now, force=force)
        return "noted in the checkpoint book" if self.data["noted"] else ""

    def tell(self) -> str:
        settings = self.shop.settings
        return "the book's entry posted" if keep_book.tell(settings.book, settings.book_webhook) else ""

    def outcome(self) -> Outcome:
        """One line; TryAgain when nothing was done though something was due, Broken when a witness saw another log."""
        what = f"anchor: checkpoint of {self.held.size} leaves"
        missing = [f"not from {who}: {why}" for who, why in self.failed]
        line = "; ".join([what, *self.done, *missing])
        if self.alarms:
            self.shop.say(line)
            raise Broken("; ".join(self.alarms), "keep the bucket as it is; run warraq verify, and compare with the book")
        if missing and not self.done:
            raise TryAgain(line, "nothing of the archive is in danger; the next run asks again")
        idle = not self.done
        return Outcome(
            f"{what}; nothing was due" if idle else line, {**self.data, "failed": dict(self.failed)}, nothing_due=idle
        )


class SawAnother(Exception):
    """A witness was shown a log that this one does not follow from."""


def _hour(when: datetime) -> datetime:
    return when.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
