"""Fixtures for all tests: the real platform, started once a session and stopped whole."""

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import settings

from hub.platform_fixture import Platform
from paypal_fake import CLIENT, SECRET, WEBHOOK_ID, paypal_beside

if "CI" not in os.environ:  # where Hypothesis has a profile of its own, as patient as this one
    settings.register_profile("patient", deadline=None)
    settings.load_profile("patient")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of `tests/hub` and `tests/browser` by where they lie."""
    for item in items:
        folders = item.path.relative_to(Path(__file__).parent).parts
        if folders[0] in ("hub", "browser"):
            item.add_marker(getattr(pytest.mark, folders[0]))


@pytest.fixture(scope="session")
def platform() -> Iterator[Platform]:
    """The real supervisor with hub, proxy, services and media worker; see `platform_fixture`."""
    # not pytest's own folder: that is closed to the accounts under which people's servers run
    with (
        TemporaryDirectory(prefix="webvisio-", ignore_cleanup_errors=True) as folder,
        paypal_beside() as paypal,
        Platform.started(
            Path(folder),
            WEBVISIO_PAYPAL_CLIENT_ID=CLIENT,
            WEBVISIO_PAYPAL_CLIENT_SECRET=SECRET,
            WEBVISIO_PAYPAL_WEBHOOK_ID=WEBHOOK_ID,
            WEBVISIO_PAYPAL_API_URL=paypal.url,
        ) as running,
    ):
        yield running
