"""A checkout is found by JupyterLab through two links, made once."""

from pathlib import Path

import pytest

from webvisio_ext.develop import develop, links


def test_links_lead_to_the_package_and_are_made_once(tmp_path: Path) -> None:
    made = develop(tmp_path)
    assert {place.relative_to(tmp_path).as_posix() for place in made} == {
        "share/jupyter/labextensions/@webvisio/lab",
        "etc/jupyter/jupyter_server_config.d/webvisio.json",
    }
    assert all(place.readlink() == links(tmp_path)[place] for place in made)
    assert develop(tmp_path) == []


def test_link_to_another_checkout_is_replaced(tmp_path: Path) -> None:
    place = next(iter(links(tmp_path)))
    place.parent.mkdir(parents=True)
    place.symlink_to(tmp_path / "old-checkout")
    assert place in develop(tmp_path)
    assert place.readlink() == links(tmp_path)[place]


def test_what_a_wheel_installed_is_left_alone(tmp_path: Path) -> None:
    place = next(iter(links(tmp_path)))
    place.mkdir(parents=True)
    with pytest.raises(FileExistsError):
        develop(tmp_path)
