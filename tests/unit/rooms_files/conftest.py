"""Fixtures of the tests of files: a running rooms service, with its folder at hand."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from unit.rooms.rooms_world import World


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """A running service with one open room and nobody in it."""
    async with World(tmp_path) as world:
        yield world
