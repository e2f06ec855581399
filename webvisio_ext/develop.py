"""Lets JupyterLab find the extension in this checkout: `python -m webvisio_ext.develop`.

A wheel lays the built extension and the server extension's switch into the
environment by itself (`setup.py`); an editable install cannot, so the same two
places become links. Run again it changes nothing.
"""

import sys
from pathlib import Path

from webvisio_ext import _jupyter_labextension_paths

PACKAGE = Path(__file__).parent
CONFIG = Path("etc/jupyter/jupyter_server_config.d/webvisio.json")


def links(prefix: Path) -> dict[Path, Path]:
    """Tell where each link goes: the place in the environment to the file or folder of the package."""
    extensions = {
        prefix / "share/jupyter/labextensions" / path["dest"]: PACKAGE / path["src"]
        for path in _jupyter_labextension_paths()
    }
    return {**extensions, prefix / CONFIG: PACKAGE / "jupyter-config" / CONFIG.name}


def develop(prefix: Path) -> list[Path]:
    """Make the links that are missing or lead elsewhere; return them.

    Raises `FileExistsError` where a real file or folder is in the place: a wheel was installed there.
    """
    made = []
    for place, target in links(prefix).items():
        if place.is_symlink():
            if place.readlink() == target:
                continue
            place.unlink()
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(target)
        made.append(place)
    return made


if __name__ == "__main__":
    for link in develop(Path(sys.prefix)):
        print(f"{link} -> {link.readlink()}")
