"""Which ports are taken, and by whom. Standard library only; /proc is read where there is one."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from pathlib import Path

from archive.errors import Refused

HOST = "127.0.0.1"


def taken(port: int) -> bool:
    """Whether nobody else could listen on it now. A port that only waits for old connections to die is free."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
            probe.listen(1)
        except OSError:
            return True
    return False


def check(names: Mapping[int, str], variable: str) -> None:
    """Refused names the first port of `names` that is taken, and who has it if that can be seen."""
    for port, purpose in sorted(names.items()):
        if taken(port):
            by = holder(port) or "another process"
            raise Refused(
                f"port {port} (for {purpose}) is taken by {by}",
                f"stop it, or set {variable} to the first of {len(names) and 12} free ports in a row",
            )


def holder(port: int) -> str:
    """Name and pid of the process that listens on `port`; "" if that cannot be seen (another user's, no /proc)."""
    inodes = {f"socket:[{inode}]" for inode in _listening(port)}
    for folder in Path("/proc").glob("[0-9]*") if inodes else ():
        try:
            if any(os.readlink(fd) in inodes for fd in (folder / "fd").iterdir()):
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace").strip()
                return f"pid {folder.name} ({command[:80]})"
        except OSError:
            continue
    return ""


def _listening(port: int) -> list[str]:
    """Inodes of the sockets that listen on `port` (Linux, Documentation/networking/proc_net_tcp.rst)."""
    found = []
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            rows = Path(table).read_text("ascii").splitlines()[1:]
        except OSError:
            continue
        for row in rows:
            field = row.split()
            if field[3] == "0A" and int(field[1].rpartition(":")[2], 16) == port:
                found.append(field[9])
    return found
