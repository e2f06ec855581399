"""Renders pages with the hub's own templates, so that they carry its bar, its style and its theme.

The hub's templates are found where JupyterHub installs them and are named
"templates/..."; the platform's extensions of them (a `page.html` that extends
"templates/page.html") come first, as in the hub itself. Nothing is copied: a
test names the blocks we rely on, so an upgrade that moves them is noticed.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PrefixLoader
from jupyterhub._data import DATA_FILES_PATH

HUB_TEMPLATES: Final = Path(DATA_FILES_PATH) / "templates"
OWN_TEMPLATES: Final = Path(__file__).parent / "templates"
STATIC: Final = Path(__file__).parent / "static"


class Look:
    """The Jinja environment of our pages and of the hub's, which they extend."""

    def __init__(self, paths: Sequence[str] = (), extensions: Sequence[str] = ()) -> None:
        loader = ChoiceLoader(
            [
                PrefixLoader(
                    {"billing": FileSystemLoader(OWN_TEMPLATES), "templates": FileSystemLoader(HUB_TEMPLATES)}
                ),
                FileSystemLoader([*paths, str(HUB_TEMPLATES)]),
            ]
        )
        self._environment = Environment(
            autoescape=True,
            loader=loader,
            extensions=list(extensions),
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def render(self, page: str, context: Mapping[str, object]) -> str:
        """Render one of our own pages."""
        return self._environment.get_template(f"billing/{page}").render(context)
