"""python -m stack.checkpoint FOLDER: the newest signed checkpoint of the archive, checked by openssl alone.

What openssl needs is cut out of the bucket's objects into FOLDER: the signed text, the signature, the public key.
"""

from __future__ import annotations

import base64
import shutil
import subprocess
import sys
from pathlib import Path

from archive.errors import Broken, WarraqError

COMMAND = "openssl pkeyutl -verify -pubin -keyform DER -inkey key.der -rawin -in text -sigfile signature"
_ED25519 = bytes.fromhex("302a300506032b6570032100")  # DER of a public key, before its 32 bytes (RFC 8410 §4)


def main(folder: Path) -> int:
    from archive.s3 import open_store
    from archive.settings import from_environment

    try:
        store = open_store(from_environment(), write=False)
        held = store.checkpoint()
        if held is None:
            raise Broken("there is no signed checkpoint", "run warraq verify")
        verifier = store.get(f"log/keys/{key_id(held[0])}")
        for line in show(held[0], verifier, folder):
            print(line)
    except WarraqError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


def key_id(note: bytes) -> str:
    """Of the first signature: that of the key in force (docs/FORMAT.md, "Log")."""
    return _signature(note)[:4].hex()


def cut(note: bytes, verifier: bytes) -> dict[str, bytes]:
    """File name → content, of a signed note and the verifier key of its first signature."""
    text, _, _ = note.partition(b"\n\n")
    public = base64.b64decode(verifier.split(b"+", 2)[2])[1:]
    return {"text": text + b"\n", "signature": _signature(note)[4:], "key.der": _ED25519 + public}


def show(note: bytes, verifier: bytes, folder: Path) -> list[str]:
    """Cut, check, and the lines that tell it; Broken when openssl does not agree."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, content in cut(note, verifier).items():
        (folder / name).write_bytes(content)
    origin, size, root = note.decode().split("\n")[:3]
    lines = [f"{size} leaves, root {root}, by {origin} {key_id(note)}", f"$ cd {folder}", f"$ {COMMAND}"]
    if shutil.which("openssl") is None:
        return [*lines, "openssl is not installed here"]
    done = subprocess.run(COMMAND.split(), cwd=folder, capture_output=True, text=True, check=False)
    said = (done.stdout or done.stderr).strip().splitlines()
    if done.returncode:
        raise Broken(f"openssl does not take the signature of the checkpoint: {said[-1] if said else ''}", "run warraq verify")
    return [*lines, *said]


def _signature(note: bytes) -> bytes:
    return base64.b64decode(note.partition(b"\n\n")[2].split(b"\n")[0].split(b" ")[2])


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
