"""Runs every benchmark in turn: `python -m benchmarks`. Each writes its own file in benchmarks/results."""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
BENCHMARKS = (
    "billing_run.py",
    "decisions.py",
    "documents.py",
    "documents_live.py",
    "media.py",
    "media_rooms.py",
    "media_cascade.py",
    "media_live.py",
    "room.py",
    "signalling.py",
)


def main() -> int:
    """Run them all; the exit status is that of the first that failed."""
    for name in BENCHMARKS:
        sys.stdout.write(f"== {name}\n")
        sys.stdout.flush()
        if status := subprocess.run([sys.executable, str(HERE / name)], check=False).returncode:
            return status
    return 0


if __name__ == "__main__":
    sys.exit(main())
