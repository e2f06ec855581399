"""The same Chromium as in `tests/browser`."""

from browser.conftest import browser, launch

__all__ = ["browser", "launch"]
