"""The identity that JupyterLab shows, and the folders that people get."""

import colorsys

import pytest

from webvisio_hub.identity import PALETTE, color_of, initials_of, user_info_of
from webvisio_hub.slugs import folder_name


@pytest.mark.parametrize(
    ("shown", "initials"),
    [("Claire Fontaine", "CF"), ("amina", "AM"), ("Jean-Pierre Le Goff", "JG"), ("é", "É"), ("a.b", "AB")],
)
def test_initials(shown: str, initials: str) -> None:
    assert initials_of(shown) == initials


def test_a_name_keeps_its_colour() -> None:
    assert color_of("claire") == color_of("claire")
    assert len({color_of(f"person-{number}") for number in range(200)}) == len(PALETTE)


@pytest.mark.parametrize("color", PALETTE)
def test_white_text_is_readable_on_every_colour(color: str) -> None:
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    assert 1.05 / (luminance + 0.05) >= 4.5
    assert colorsys.rgb_to_hsv(*channels)[2] > 0


def test_what_a_provider_told_wins_over_what_we_make_up() -> None:
    info = user_info_of("claire", None, {"name": "Claire F.", "avatar_url": "/a.png"})
    assert info["name"] == "Claire F."
    assert info["initials"] == "CF"
    assert info["avatar_url"] == "/a.png"


def test_a_display_name_of_ours_is_used() -> None:
    assert user_info_of("claire", "Claire Fontaine")["display_name"] == "Claire Fontaine"


def test_a_plain_name_is_its_own_folder() -> None:
    assert folder_name("claire") == "claire"


@pytest.mark.parametrize("name", ["../etc", "a/b", ".", "Claire", "claire@example.org", "é", "x" * 80, ""])
def test_other_names_become_one_safe_part(name: str) -> None:
    folder = folder_name(name)
    assert "/" not in folder
    assert folder not in (".", "..")
    assert len(folder) < 64


def test_names_that_look_alike_do_not_share_a_folder() -> None:
    names = ["a.b", "a-b", "A-B", "a_b", "a b", "a@b"]
    assert len({folder_name(name) for name in names}) == len(names)
