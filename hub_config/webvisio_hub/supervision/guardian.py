"""Ends what a killed supervisor leaves behind: servers and kernels included.

    python -I guardian.py MARK < PIPE

The supervisor holds the other end of the pipe and writes nothing. A supervisor
that stops in order ends the guardian itself; one that is killed closes the
pipe, and the guardian ends every process that carries the mark. A process
group of its own keeps Ctrl-C away from it.
"""

import os
import signal
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))

from webvisio_hub.supervision.marked import end_marked

GRACE_S = 2.0


def main() -> None:
    """Wait for the end of the pipe, then end the run."""
    mark = sys.argv[1]
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    while os.read(0, 1):
        continue
    end_marked(lambda found: found == mark, GRACE_S)


if __name__ == "__main__":
    main()
