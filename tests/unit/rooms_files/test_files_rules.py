"""Names, folders, ranges and who may what: pure rules."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webvisio_protocol.files import FileRule
from webvisio_protocol.identifiers import Role
from webvisio_rooms.domain.files import (
    MAX_FILE_NAME_BYTES,
    MAX_FOLDER_DEPTH,
    FileAccess,
    Ownership,
    Quota,
    access_to,
    ancestors,
    clean_file_name,
    clean_folder,
    numbered,
)
from webvisio_service.ranges import Span, span_of

MINE, YOURS, THEIRS = "user:mine", "user:yours", "guest:theirs"


@pytest.mark.parametrize("name", ["plan.pdf", "Été à Évry.ods", "a", ".hidden", "数据.csv", "x" * 200])
def test_a_decent_name_stays_as_it_is(name: str) -> None:
    assert clean_file_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "", " ", ".", "..", "...", "a/b", "../etc/passwd", "..\\win.ini", "C:", "a:b", "what?", "a|b", '"', "<b>",
        "con", "NUL.txt", "com1", "end.", "end. .", "x" * (MAX_FILE_NAME_BYTES + 1), "é" * 101,
    ],
)  # fmt: skip
def test_a_name_that_leads_elsewhere_or_breaks_a_system_is_refused(name: str) -> None:
    assert clean_file_name(name) is None


def test_characters_that_hide_what_a_name_is_are_taken_out() -> None:
    assert clean_file_name("photo\u202egpj.exe\x00") == "photogpj.exe"


@given(st.text(max_size=300))
def test_no_text_becomes_a_name_with_a_path_in_it(text: str) -> None:
    name = clean_file_name(text)
    assert name is None or ("/" not in name and "\\" not in name and name not in (".", ".."))
    assert name is None or clean_file_name(name) == name


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("", ""),
        ("a", "a"),
        ("a/b", "a/b"),
        ("a//b", None),
        ("/a", None),
        ("a/..", None),
        ("a/./b", None),
        ("/".join("x" * MAX_FOLDER_DEPTH), "/".join("x" * MAX_FOLDER_DEPTH)),
        ("/".join("x" * (MAX_FOLDER_DEPTH + 1)), None),
    ],
)
def test_a_folder_is_clean_names_within_a_depth(text: str, path: str | None) -> None:
    assert clean_folder(text) == path


def test_a_folder_lies_in_its_ancestors() -> None:
    assert ancestors("a/b/c") == ("a", "a/b", "a/b/c")
    assert ancestors("") == ()


def test_a_second_file_of_a_name_gets_the_next_free_number() -> None:
    assert numbered("plan.pdf", {"plan.pdf", "plan (2).pdf"}) == "plan (3).pdf"
    assert numbered(".profile", {".profile"}) == ".profile (2)"


@pytest.mark.clause("4.5")
@pytest.mark.parametrize(
    ("rule", "person", "role", "expected"),
    [
        (FileRule.EVERYBODY, MINE, Role.PARTICIPANT, FileAccess.MANAGE),
        (FileRule.EVERYBODY, THEIRS, Role.OBSERVER, FileAccess.READ),
        (FileRule.EVERYBODY, THEIRS, Role.COHOST, FileAccess.MANAGE),
        (FileRule.MODERATORS, THEIRS, Role.PARTICIPANT, FileAccess.NONE),
        (FileRule.MODERATORS, THEIRS, Role.HOST, FileAccess.MANAGE),
        (FileRule.PERSON, YOURS, Role.PARTICIPANT, FileAccess.READ),
        (FileRule.PERSON, THEIRS, Role.HOST, FileAccess.NONE),
        (FileRule.PERSON, MINE, Role.OBSERVER, FileAccess.MANAGE),
    ],
)
def test_a_file_is_open_to_whom_its_rule_names(
    rule: FileRule, person: str, role: Role, expected: FileAccess
) -> None:
    assert access_to(Ownership(rule, MINE, YOURS), person, role) is expected


def test_a_quota_is_kept_to_the_byte() -> None:
    assert Quota(90, 100).has_room_for(10)
    assert not Quota(90, 100).has_room_for(11)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, Span(0, 10, False)),
        ("bytes=0-", Span(0, 10, True)),
        ("bytes=2-4", Span(2, 5, True)),
        ("bytes=2-400", Span(2, 10, True)),
        ("bytes=-3", Span(7, 10, True)),
        ("bytes=-300", Span(0, 10, True)),
        ("bytes=10-", None),
        ("bytes=-0", None),
        ("bytes=4-2", Span(0, 10, False)),
        ("bytes=0-1,4-5", Span(0, 10, False)),
        ("bytes=-", Span(0, 10, False)),
        ("lines=1-2", Span(0, 10, False)),
    ],
)
def test_a_range_is_read_as_rfc_9110_says(header: str | None, expected: Span | None) -> None:
    assert span_of(header, 10) == expected
