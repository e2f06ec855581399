"""Fixtures for all tests: the real platform, started once a session and stopped whole."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.platform_fixture import Platform


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of `tests/hub` and `tests/browser` by where they lie."""
    for item in items:
        folders = item.path.relative_to(Path(__file__).parent).parts
        if folders[0] in ("hub", "browser"):
            item.add_marker(getattr(pytest.mark, folders[0]))


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """The real supervisor with hub, proxy, services and media worker; see `platform_fixture`."""
    with Platform.started(tmp_path_factory.mktemp("platform")) as running:
        yield running
