"""The shared clock: the system's, or one that a test moves through a file."""

import asyncio
import logging
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shared.patience import PATIENCE_S
from webvisio_entitlements.clock import (
    TEST_CLOCK_VARIABLE,
    ShiftedClock,
    SystemClock,
    clock_from_environment,
    sleep_until,
)

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


class Still:
    recheck_s = 60.0

    def now(self) -> datetime:
        return NOON


def write(path: Path, text: str, changed_ns: int) -> None:
    path.write_text(text)
    os.utime(path, ns=(changed_ns, changed_ns))


def test_without_the_variable_it_is_the_systems_clock() -> None:
    clock = clock_from_environment({})
    assert isinstance(clock, SystemClock)
    assert clock.now().utcoffset() == timedelta()


def test_the_test_clock_is_said_loudly(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        clock = clock_from_environment({TEST_CLOCK_VARIABLE: str(tmp_path / "offset")})
    assert isinstance(clock, ShiftedClock)
    assert "NEVER in production" in caplog.text


def test_the_shifted_clock_follows_its_file(tmp_path: Path) -> None:
    path = tmp_path / "offset"
    clock = ShiftedClock(path, Still())
    assert clock.now() == NOON
    write(path, "3600", 1)
    assert clock.now() == NOON + timedelta(hours=1)
    write(path, "7200.5\n", 2)
    assert clock.now() == NOON + timedelta(hours=2, seconds=0.5)


@pytest.mark.parametrize("text", ["", "soon", "1e99999", "nan"])
def test_an_unreadable_offset_leaves_the_last_one(tmp_path: Path, text: str) -> None:
    path = tmp_path / "offset"
    clock = ShiftedClock(path, Still())
    write(path, "60", 1)
    clock.now()
    write(path, text, 2)
    assert clock.now() == NOON + timedelta(minutes=1)


async def test_a_sleeper_notices_that_the_clock_was_moved(tmp_path: Path) -> None:
    path = tmp_path / "offset"
    clock = ShiftedClock(path, Still())
    clock.recheck_s = 0.001
    sleeper = asyncio.create_task(sleep_until(clock, NOON + timedelta(days=1)))
    await asyncio.sleep(0)
    assert not sleeper.done()
    write(path, "86400", 1)
    await asyncio.wait_for(sleeper, PATIENCE_S)


async def test_an_instant_that_is_past_needs_no_sleep() -> None:
    await sleep_until(Still(), NOON)
