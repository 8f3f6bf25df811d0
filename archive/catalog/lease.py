"""Politeness leases: one crawler a host at a time, whoever it is. No SQL here but a decision that can be tested."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Held:
    holder: str
    until: datetime


def may_take(held: Held | None, holder: str, now: datetime, alive: Callable[[str], bool | None]) -> bool:
    """May `holder` have the lease at `now`?

    Free, its own (renewed), run out, or held by a process that is known to be dead (`alive` says False; None
    when it cannot know, as for a process of another machine).
    """
    return held is None or held.holder == holder or held.until <= now or alive(held.holder) is False


def this_process() -> str:
    """`hostname:boot:pid:start time`: names this process and no other, ever."""
    pid = os.getpid()
    return f"{_machine()}:{pid}:{_started(pid)}"


def alive(holder: str) -> bool | None:
    """Does that process run? None when it is (or may be) of another machine, or this system cannot tell."""
    machine, _, process = holder.rpartition(":")[0].rpartition(":")
    if not machine or not process.isdigit():
        return None
    host, _, boot = machine.partition(":")
    own_host, _, own_boot = _machine().partition(":")
    if host != own_host or not own_boot or boot.partition(".")[2] != own_boot.partition(".")[2]:
        return None
    if boot != own_boot:
        return False  # this machine was started anew since
    return _started(int(process)) == holder.rpartition(":")[2]


def _machine() -> str:
    """`hostname:<boot id>.<process namespace>`: pids mean something only within both (containers)."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()[:13]
        return f"{socket.gethostname()}:{boot}.{os.stat('/proc/self/ns/pid').st_ino}"
    except OSError:
        return f"{socket.gethostname()}:"


def _started(pid: int) -> str:
    """Start time in clock ticks since boot (proc(5), field 22); "" when there is no such process, or a zombie."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] in ("Z", "X") else fields[19]
