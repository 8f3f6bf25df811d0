"""Sign the log with another key from now on (docs/FORMAT.md, "Log"; docs/OPERATIONS.md, "The signing key").

    act "rotate" ─► key leaf ─► checkpoint signed by both ─► the new key lies where this machine looks for it

Each of the four is looked for before it is done, so a rotation that was cut short is finished by the same command.
"""

from __future__ import annotations

from pathlib import Path

from archive import keys
from archive.errors import Refused
from archive.log import keyring
from archive.log.note import Note, SigningKey, VerifierKey
from archive.log.writer import Log, Published, published, walk
from archive.steps import act
from archive.steps.workshop import Outcome, Workshop


def rotate(shop: Workshop, to: Path, reason: str) -> Outcome:
    """Change to the key in the file `to`; a new one is made there when there is no such file.

    Refused when the key of this machine is not the one in force, or the change to a third key was begun.
    """
    old = keyring.load(shop.settings)
    if old is None:
        raise keyring.absent()
    held = published(shop.store)
    if held is None:
        raise Refused("nothing is signed yet", "no change of key is needed: put the new key where WARRAQ_LOG_KEY_FILE says")
    new = _new(to, old)
    if new.public == old.public:
        return _already(held, new.public)
    if not _signed_by(held, new.public):
        _change(shop, old, new, held, reason)
    return _install(shop, old, new, to)


def _new(path: Path, old: SigningKey) -> SigningKey:
    """The key to change to, from its file; made and kept there first when there is none."""
    found = keyring.read(path)
    if found is None:
        found = keyring.successor(old.name)
        keyring.save(found, path)
    if found.name != old.name:
        raise Refused(f"{path} holds a key of {found.name}, this log is {old.name}", "give a file that is not there yet")
    return found


def _already(held: Published, mine: VerifierKey) -> Outcome:
    if not _signed_by(held, mine):
        raise Refused(
            "this machine has the new key already, and the log is not signed with it",
            "run this with the key before it: WARRAQ_LOG_KEY_FILE=ITS-FILE (it lies beside, with its id at the end)",
        )
    return Outcome(f"rotate: the log is signed with {mine} already", {"verifier": str(mine)}, nothing_due=True)


def _signed_by(held: Published, key: VerifierKey) -> bool:
    """Whether `key` is the one in force: it made the first signature."""
    return Note(held.note.text, held.note.signatures[:1]).signed_by(key)


def _change(shop: Workshop, old: SigningKey, new: SigningKey, held: Published, reason: str) -> None:
    """The act, the leaf, and the checkpoint that both sign."""
    begun = _begun(shop, held.size)
    if begun is None:
        _decide(shop, old, new, reason)
    elif begun != keys.log_key(new.public.id):
        raise Refused(f"a change to another key was begun: {begun}", "finish it first: warraq key rotate --to ITS-FILE")
    log = Log(shop.store, new, old)
    done = log.append([log.key_unit(new)], log.mark())
    shop.catalog.note_batches(done.batches)
    log.publish()


def _begun(shop: Workshop, size: int) -> str | None:
    """The last key that the log names above its checkpoint."""
    named = [leaf.key for batch in walk(shop.store, size) for leaf in batch.leaves if leaf.kind == "key"]
    return named[-1] if named else None


def _decide(shop: Workshop, old: SigningKey, new: SigningKey, reason: str) -> None:
    """The act, once: also when an earlier try put it and was cut short."""
    act.bring_in(shop, whole=False)
    more = {"from": str(old.public), "to": str(new.public)}
    if not any(one.act == "rotate" and one.more == more for one in shop.catalog.acts().values()):
        act.perform(shop, act.make(shop, "rotate", reason, more=more))


def _install(shop: Workshop, old: SigningKey, new: SigningKey, to: Path) -> Outcome:
    """The new key where this machine looks for it, the old one beside."""
    data = {"from": str(old.public), "to": str(new.public)}
    line = f"rotate: the log is signed with {new.public} from now on"
    if shop.settings.log_key:
        return Outcome(f"{line}; set WARRAQ_LOG_KEY to what {to} holds, here and on every machine that seals", data)
    path = shop.settings.log_key_file
    aside = keyring.install(new, path, old)
    return Outcome(
        f"{line}; {path} holds it, {aside.name} beside it the old one; copy the new one to where your backup is", data
    )
