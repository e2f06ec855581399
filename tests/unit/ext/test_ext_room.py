"""The Python `Room` against a service on loopback: what it tells, shows and refuses."""

from collections.abc import Iterator
from datetime import UTC, datetime
from html import escape

import pytest
from fake_rooms_service import FakeRoomsService, running_service

from webvisio_ext import Room
from webvisio_ext.api import MAX_ANSWER_BYTES, RoomsApi
from webvisio_ext.display import room_html
from webvisio_ext.errors import RoomRefused, RoomsUnavailable, RoomUnknown
from webvisio_protocol.identifiers import Role, RoomId
from webvisio_protocol.refusals import Refusal, RefusalCode, phrase
from webvisio_protocol.signalling import (
    Admission,
    Attendance,
    AttendanceInterval,
    MyRoom,
    MyRooms,
    RoomState,
    RoomView,
)

NINE = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
TEN = datetime(2027, 3, 1, 10, 5, tzinfo=UTC)


def a_room(
    name: str = "Python pour débuter", link: str = "https://visio.example/services/rooms/r/abc"
) -> MyRoom:
    view = RoomView(RoomId("python-debutants"), name, "ACME", RoomState.OPEN, Admission.EVERYBODY, True)
    return MyRoom(room=view, role=Role.HOST, link=link, participants=2)


def the_attendance() -> Attendance:
    return Attendance(
        RoomId("python-debutants"),
        (
            AttendanceInterval("Claire", Role.HOST, False, NINE),
            AttendanceInterval("Karim", Role.PARTICIPANT, True, NINE, TEN),
            AttendanceInterval("Claire", Role.HOST, False, TEN),
        ),
    )


@pytest.fixture
def service() -> Iterator[FakeRoomsService]:
    with running_service() as server:
        server.answer("api/rooms", MyRooms("claire", (a_room(),)))
        server.answer("api/rooms/python-debutants/attendance", the_attendance())
        yield server


@pytest.fixture
def api(service: FakeRoomsService) -> RoomsApi:
    return RoomsApi(service.url, "the-token", "fr")


def test_room_tells_link_state_and_role(api: RoomsApi) -> None:
    room = Room("python-debutants", api=api)
    assert (room.name, room.state, room.role) == ("Python pour débuter", "open", "host")
    assert room.link == "https://visio.example/services/rooms/r/abc"
    assert repr(room) == "Room('python-debutants', state='open', participants=2)"


def test_participants_are_those_who_have_not_left_each_once(api: RoomsApi) -> None:
    assert Room("python-debutants", api=api).participants == ["Claire"]


def test_attendance_keeps_every_stay_in_order(api: RoomsApi) -> None:
    stays = Room("python-debutants", api=api).attendance()
    assert [(stay.name, stay.left_at) for stay in stays] == [
        ("Claire", None),
        ("Karim", TEN),
        ("Claire", None),
    ]


def test_requests_carry_the_token_and_the_language(service: FakeRoomsService, api: RoomsApi) -> None:
    Room("python-debutants", api=api)
    path, headers = service.asked[0]
    assert path == "/services/rooms/api/rooms"
    assert headers["Authorization"] == "token the-token"
    assert headers["Accept-Language"] == "fr"


def test_unknown_room_names_the_rooms_one_has(api: RoomsApi) -> None:
    with pytest.raises(RoomUnknown, match="'java' is not one of your rooms \\(python-debutants\\)"):
        Room("java", api=api)


def test_refusal_keeps_its_code_and_the_services_words(service: FakeRoomsService, api: RoomsApi) -> None:
    view = phrase(Refusal(RefusalCode.ROLE_TOO_WEAK), "fr")
    service.answer("api/rooms/python-debutants/attendance", view, 403)
    with pytest.raises(RoomRefused) as caught:
        Room("python-debutants", api=api).attendance()
    assert caught.value.code == "role_too_weak"
    assert view.message in str(caught.value)


def test_redirection_is_not_followed_so_the_token_stays_home(
    service: FakeRoomsService, api: RoomsApi
) -> None:
    service.answer("api/rooms", b"", 302, Location=service.url + "elsewhere")
    with pytest.raises(RoomsUnavailable, match="302"):
        Room("python-debutants", api=api)
    assert [path for path, _ in service.asked] == ["/services/rooms/api/rooms"]


def test_answer_above_the_limit_is_not_read(service: FakeRoomsService, api: RoomsApi) -> None:
    service.answer("api/rooms", b" " * (MAX_ANSWER_BYTES + 1))
    with pytest.raises(RoomsUnavailable, match=str(MAX_ANSWER_BYTES)):
        Room("python-debutants", api=api)


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"rooms": 3}'])
def test_answer_of_another_shape_is_told_as_such(
    service: FakeRoomsService, api: RoomsApi, body: bytes
) -> None:
    service.answer("api/rooms", body)
    with pytest.raises(RoomsUnavailable, match="another version"):
        Room("python-debutants", api=api)


def test_silent_service_is_unavailable() -> None:
    with running_service() as gone:
        url = gone.url
    with pytest.raises(RoomsUnavailable, match="does not answer"):
        Room("python-debutants", api=RoomsApi(url, "the-token"))


def test_outside_a_hub_the_reason_is_told() -> None:
    with pytest.raises(RoomsUnavailable, match="not started by the hub"):
        RoomsApi.from_environment({})


@pytest.mark.parametrize(
    ("environ", "url"),
    [
        (
            {"WEBVISIO_ROOMS_URL": "http://127.0.0.1:8083/services/rooms"},
            "http://127.0.0.1:8083/services/rooms/",
        ),
        (
            {"WEBVISIO_PUBLIC_URL": "https://visio.example", "JUPYTERHUB_BASE_URL": "/"},
            "https://visio.example/services/rooms/",
        ),
        (
            {"WEBVISIO_PUBLIC_URL": "https://visio.example/", "JUPYTERHUB_BASE_URL": "/formation/"},
            "https://visio.example/formation/services/rooms/",
        ),
    ],
)
def test_address_comes_from_the_servers_environment(environ: dict[str, str], url: str) -> None:
    api = RoomsApi.from_environment({"JUPYTERHUB_API_TOKEN": "the-token", **environ})
    assert repr(api) == f"RoomsApi({url!r})"


def test_token_is_not_in_what_the_objects_show(api: RoomsApi) -> None:
    room = Room("python-debutants", api=api)
    assert "the-token" not in repr(api) + repr(room) + room._repr_html_()


def test_moderator_sees_who_is_there_in_french(api: RoomsApi) -> None:
    html = Room("python-debutants", api=api, language="fr")._repr_html_()
    assert "Personnes\u00a0: 2" in html
    assert "<td>Karim (invité)</td><td>09:00</td><td>1 h 05 min</td>" in html
    assert "présent" in html


def test_participant_sees_the_room_without_the_people(service: FakeRoomsService, api: RoomsApi) -> None:
    service.answer(
        "api/rooms/python-debutants/attendance", phrase(Refusal(RefusalCode.ROLE_TOO_WEAK), "en"), 403
    )
    html = Room("python-debutants", api=api, language="en")._repr_html_()
    assert "People: 2" in html
    assert "<table" not in html


def test_words_of_the_service_cannot_become_markup() -> None:
    stay = AttendanceInterval("<img src=x>", Role.HOST, False, NINE, TEN)
    html = room_html(a_room("<script>", 'javascript:"alert(1)"'), [stay], "en", TEN)
    assert "<script>" not in html
    assert "<img" not in html
    assert "href" not in html


def test_my_rooms_show_as_a_table_and_empty_as_a_sentence(service: FakeRoomsService, api: RoomsApi) -> None:
    rooms = Room.mine(api=api, language="en")
    assert [room.id for room in rooms] == ["python-debutants"]
    assert rooms._repr_html_().count("<tr>") == 2
    service.answer("api/rooms", MyRooms("claire", ()))
    assert Room.mine(api=api, language="en")._repr_html_() == "<p>You belong to no room.</p>"


def test_refused_room_shows_the_reason_instead_of_its_state(service: FakeRoomsService, api: RoomsApi) -> None:
    view = phrase(Refusal(RefusalCode.SUSPENDED_UNPAID, details={"customer": "ACME"}), "fr")
    mine = a_room()
    refused = MyRoom(mine.room, mine.role, mine.link, 0, view)
    service.answer("api/rooms", MyRooms("claire", (refused,)))
    assert escape(view.title) in Room.mine(api=api, language="fr")._repr_html_()
