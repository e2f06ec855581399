"""Whose uid a person's server gets, and when that is possible at all."""

import os
import stat
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from webvisio_hub import spawner as module
from webvisio_hub.spawner import FIRST_UID, LAST_UID, PersonalSpawner, next_uid, why_not_separated


class Owned:
    """A folder of homes with given owners, without root."""

    def __init__(self, *owners: int) -> None:
        self.owners = owners

    def iterdir(self) -> list[Any]:
        return [
            SimpleNamespace(stat=lambda owner=owner: SimpleNamespace(st_uid=owner)) for owner in self.owners
        ]


@pytest.mark.parametrize(
    ("owners", "uid"),
    [
        ((), FIRST_UID),
        ((0, 1000), FIRST_UID),
        ((FIRST_UID, FIRST_UID + 5), FIRST_UID + 6),
        ((FIRST_UID, LAST_UID), FIRST_UID + 1),
    ],
)
def test_a_new_person_gets_a_uid_that_owns_no_home(owners: tuple[int, ...], uid: int) -> None:
    assert next_uid(Owned(*owners)) == uid  # type: ignore[arg-type]  # what a Path answers here


def test_without_a_free_uid_nobody_shares_one() -> None:
    with pytest.raises(RuntimeError, match="taken"):
        next_uid(Owned(*range(FIRST_UID, LAST_UID + 1)))  # type: ignore[arg-type]  # what a Path answers here


def test_a_home_that_others_cannot_reach_is_not_separated(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    expected = "why_unreadable" if os.geteuid() == 0 else "why_not_root"
    assert why_not_separated(tmp_path) == expected


def test_a_new_home_is_closed_and_holds_the_course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    courses = tmp_path / "courses"
    courses.mkdir()
    (courses / "one.ipynb").write_text("{}")
    (courses / ".hidden").touch()
    monkeypatch.setenv("WEBVISIO_HOME", str(tmp_path))
    home = tmp_path / "homes" / "claire"
    made = PersonalSpawner(home_dir=str(home), courses_dir=str(courses))
    made.prepare_home()
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert [path.name for path in (home / module.COURSES_FOLDER).iterdir()] == ["one.ipynb"]
    (home / module.COURSES_FOLDER / "one.ipynb").write_text("mine")
    home.chmod(0o755)
    made.prepare_home()
    assert (home / module.COURSES_FOLDER / "one.ipynb").read_text() == "mine"
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
