"""Fixtures of the tests of shared documents."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from unit.rooms.rooms_world import World
from unit.rooms_documents.documents_world import Classroom


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """A running service with one open room and nobody in it."""
    async with World(tmp_path) as world:
        yield world


@pytest.fixture
async def room(world: World) -> AsyncIterator[Classroom]:
    """The same with a trainer and a trainee, not inside."""
    classroom = Classroom(world)
    yield classroom
    classroom.close()
