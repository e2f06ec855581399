"""What a JupyterLab user gets: the lab extension, its server settings and the Python `Room`.

Importing this package must stay light: every server start imports it for the
two functions that Jupyter looks for, so `Room` is loaded when it is asked for.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from webvisio_ext.room import Room

__all__ = ["Room"]


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    """Tell JupyterLab where the prebuilt extension is (built by `npm run build:lab`)."""
    return [{"src": "labextension", "dest": "@webvisio/lab"}]


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    """Tell Jupyter Server which module to load."""
    return [{"module": "webvisio_ext.server"}]


def __getattr__(name: str) -> object:
    """Load `Room` at its first use."""
    if name == "Room":
        from webvisio_ext.room import Room

        return Room
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
