"""What setup.cfg cannot say: the subpackages of three source roots, and built front-end files."""

from pathlib import Path

from setuptools import find_packages, setup

ROOTS = {"services": "webvisio_*", "hub_config": "webvisio_hub*", ".": "webvisio_ext*"}
LAB_EXTENSION = Path("webvisio_ext/labextension")


def data_files() -> list[tuple[str, list[str]]]:
    """Lay the prebuilt lab extension and the server extension's switch where Jupyter looks."""
    folders: dict[str, list[str]] = {
        "etc/jupyter/jupyter_server_config.d": ["webvisio_ext/jupyter-config/webvisio.json"]
    }
    for path in sorted(LAB_EXTENSION.rglob("*")):
        if path.is_file():
            inside = path.parent.relative_to(LAB_EXTENSION)
            target = (Path("share/jupyter/labextensions/@webvisio/lab") / inside).as_posix()
            folders.setdefault(target, []).append(path.as_posix())
    return [(folder, files) for folder, files in folders.items() if all(Path(f).exists() for f in files)]


setup(
    packages=[
        package
        for root, pattern in ROOTS.items()
        for package in find_packages(root, include=[pattern, f"{pattern}.*"])
    ],
    data_files=data_files(),
)
