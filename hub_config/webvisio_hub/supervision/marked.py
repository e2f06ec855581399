"""Finds the processes of a run by a mark in their environment, and ends them.

Every child carries `WEBVISIO_RUN=<home>:<run>`; servers and kernels inherit
it. So what a killed supervisor or hub leaves behind can be told from anybody
else's processes. The standard library only: the guardian imports nothing else.
"""

import hashlib
import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

RUN_VARIABLE: Final = "WEBVISIO_RUN"
_PROC: Final = Path("/proc")


def mark_of_home(home: Path) -> str:
    """Build the part of the mark that all runs of one `WEBVISIO_HOME` share."""
    return hashlib.sha256(str(home.resolve()).encode()).hexdigest()[:16]


def marked_processes(belongs: Callable[[str], bool]) -> list[int]:
    """List the living processes whose mark `belongs` accepts, this one and its parents aside."""
    spared = _ancestors()
    found = []
    for entry in _PROC.iterdir():
        if not entry.name.isdigit() or int(entry.name) in spared:
            continue
        mark = _mark(entry)
        if mark is not None and belongs(mark):
            found.append(int(entry.name))
    return sorted(found)


def end_marked(belongs: Callable[[str], bool], grace_s: float) -> int:
    """Ask the marked processes to end, then make them; returns how many there were.

    Scans again after each kill, for a process may have forked in between.
    """
    seen = set(marked_processes(belongs))
    for pid in seen:
        _signal(pid, signal.SIGTERM)
    deadline = time.monotonic() + grace_s
    while time.monotonic() < deadline and marked_processes(belongs):
        time.sleep(0.05)
    for _ in range(20):
        left = marked_processes(belongs)
        if not left:
            break
        seen.update(left)
        for pid in left:
            _signal(pid, signal.SIGKILL)
        time.sleep(0.05)
    return len(seen)


def _mark(process: Path) -> str | None:
    try:
        if _is_zombie(process):
            return None
        variables = (process / "environ").read_bytes().split(b"\0")
    except OSError:
        return None
    prefix = f"{RUN_VARIABLE}=".encode()
    for variable in variables:
        if variable.startswith(prefix):
            return variable.removeprefix(prefix).decode(errors="replace")
    return None


def _is_zombie(process: Path) -> bool:
    """Tell whether a process has ended and only waits to be collected."""
    return (process / "stat").read_text(errors="replace").rpartition(")")[2].split()[0] == "Z"


def _ancestors() -> set[int]:
    pids, pid = set(), os.getpid()
    while pid > 0:
        pids.add(pid)
        try:
            status = (_PROC / str(pid) / "stat").read_text(errors="replace")
        except OSError:
            break
        pid = int(status.rpartition(")")[2].split()[1])
    return pids


def _signal(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)
