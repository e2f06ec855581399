"""Every benchmark that `make bench` runs starts: what it takes from the tests and the services is there."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import benchmarks.__main__ as bench

PATIENCE_S = 200


@pytest.mark.parametrize("name", [*bench.BENCHMARKS, "media_soak.py"])
def test_a_benchmark_says_how_it_is_used(name: str) -> None:
    surroundings = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    told = subprocess.run(
        [sys.executable, Path(bench.HERE, name), "--help"],
        env=surroundings,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert told.returncode == 0, told.stderr
    assert told.stdout.startswith(f"usage: {name}")
