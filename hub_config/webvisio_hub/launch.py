"""`make run`: starts the platform, keeps it up, and leaves nothing behind.

    python -m webvisio_hub.launch

One supervisor for one `WEBVISIO_HOME`. The exit status is 0 after Ctrl-C or
SIGTERM, 1 when the platform could not be started or kept up.
"""

import asyncio
import fcntl
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from webvisio_hub.errors import AlreadyRunning, HubError
from webvisio_hub.spawner import why_not_separated
from webvisio_hub.supervision.console import Console
from webvisio_hub.supervision.first_start import FirstStart, tell
from webvisio_hub.supervision.layout import Layout, layout_from
from webvisio_hub.supervision.plan import children
from webvisio_hub.supervision.ports import check_free
from webvisio_hub.supervision.secrets_file import load_or_make
from webvisio_hub.supervision.supervisor import Supervisor, end_stale_runs, new_run_id
from webvisio_hub.supervision.words import line


def main() -> None:
    """Run until somebody stops it."""
    console = Console()
    try:
        layout = layout_from()
        make_folders(layout)
        with only_one(layout):
            asyncio.run(run(layout, console))
    except HubError as problem:
        console.write(f"\n{problem}")
        sys.exit(1)


async def run(layout: Layout, console: Console) -> None:
    """Start everything, wait for the end, stop everything."""
    console.say("starting", home=_short(layout.home), port=layout.ports.public)
    if count := await asyncio.to_thread(end_stale_runs, layout.home):
        console.say("stale", count=count)
    check_free(layout)
    secrets = load_or_make(layout.secrets_file)
    run_id = new_run_id(layout.home)
    supervisor = Supervisor(children(layout, secrets, run_id), layout.logs, run_id, console)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, supervisor.request_stop)
    first = FirstStart(layout, secrets, run_id, console)
    try:
        if first.is_needed:
            await asyncio.gather(first.make_accounts(), supervisor.start())
            await supervisor.unless_stopped(first.make_demonstration())
            if not first.is_needed:
                console.write(tell(first.credentials))
        else:
            await supervisor.start()
        if not supervisor.is_stopping:
            tell_separation(layout, console)
            console.say("ready", seconds=f"{console.elapsed_s:.1f}", url=layout.public_url)
        await supervisor.wait()
    finally:
        console.say("stopping")
        await supervisor.stop()
        console.say("stopped")


def make_folders(layout: Layout) -> None:
    """Make the state's folders; people may pass through to their homes, and see nothing else."""
    layout.home.mkdir(parents=True, exist_ok=True)
    layout.home.chmod(0o711)
    layout.logs.mkdir(mode=0o700, exist_ok=True)
    layout.homes.mkdir(mode=0o711, exist_ok=True)
    os.umask(0o077)


@contextmanager
def only_one(layout: Layout) -> Iterator[None]:
    """Hold the lock of this home; raises `AlreadyRunning` when another supervisor has it."""
    descriptor = os.open(layout.lock_file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        pid = os.pread(descriptor, 32, 0).decode(errors="replace").strip() or "?"
        os.close(descriptor)
        raise AlreadyRunning(line("already_running", home=_short(layout.home), pid=pid)) from None
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    try:
        yield
    finally:
        os.close(descriptor)


def tell_separation(layout: Layout, console: Console) -> None:
    """Say whether people's servers are closed to each other; the hub finds the same by the same trial."""
    why = why_not_separated(layout.homes)
    if why is None:
        console.say("separated")
    else:
        console.say("not_separated", why=line(why))


def _short(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


if __name__ == "__main__":
    main()
