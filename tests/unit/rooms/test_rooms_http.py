"""The HTTP side: pages, links, guests, settings, attendance, health; and who may ask for what.

Long, for every route is here with each way to be refused.
"""

import json
import re
from typing import Any

import msgspec
import pytest
from rooms_world import INTERNAL, OTHER_ROOM, PREFIX, ROOM, World, contract
from tornado.httpclient import HTTPResponse

from webvisio_protocol.identifiers import GroupId, PeerId, Role, RoomId
from webvisio_protocol.signalling import Attendance, LinkView, MyRooms
from webvisio_rooms.web.identity import VISITOR_COOKIE
from webvisio_rooms.web.pages import own_path


def body(answer: HTTPResponse) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(answer.body)
    return found


PASSWORD = "correct horse"


@pytest.fixture
async def guests_allowed(world: World) -> str:
    """A room with a guests' password; the code of its link."""
    await world.rooms.change_room(ROOM, guest_password=PASSWORD)
    return await world.link_code()


# ---- links ---------------------------------------------------------------------------


async def test_a_link_shows_the_room_before_anybody_logs_in(world: World) -> None:
    answer = await world.ask("GET", f"api/links/{await world.link_code()}")

    view = body(answer)
    assert (view["room"]["name"], view["room"]["customerName"]) == ("Salle python", "Acme")
    assert (view["visitor"]["kind"], view["refusal"], view["room"]["state"]) == ("anonymous", None, "idle")


async def test_a_link_knows_the_hub_user_and_their_role(world: World) -> None:
    token = world.hub.add("trainee", Role.PARTICIPANT)

    view = body(await world.ask("GET", f"api/links/{await world.link_code()}", token))

    assert view["visitor"] == {"kind": "user", "name": "Trainee", "role": "participant"}


async def test_a_link_tells_who_hosts(world: World) -> None:
    await world.hosted()

    view = body(await world.ask("GET", f"api/links/{await world.link_code()}"))

    assert (view["hosts"], view["room"]["state"]) == (["Trainer"], "open")


async def test_hosts_of_earlier_sessions_are_told_while_nobody_is_there(world: World) -> None:
    host, _ = await world.hosted()
    host.send("end_session")
    await host.closed()

    view = body(await world.ask("GET", f"api/links/{await world.link_code()}"))

    assert view["hosts"] == ["Trainer"]


async def test_somebody_logged_in_but_not_invited_is_told_so(world: World) -> None:
    token = world.hub.add("stranger", None)

    view = body(await world.ask("GET", f"api/links/{await world.link_code()}", token))

    assert (view["visitor"]["kind"], view["refusal"]["code"]) == ("user", "not_invited")


async def test_an_unknown_link_is_404_and_a_replaced_one_410(world: World) -> None:
    code = await world.link_code()
    token = world.hub.add("trainer", Role.HOST)

    replaced = await world.ask("POST", f"api/rooms/{ROOM}/link", token)

    fresh = body(replaced)["link"].rpartition("/")[2]
    old = await world.ask("GET", f"api/links/{code}")
    unknown = await world.ask("GET", "api/links/abcde-fghjk")
    assert (old.code, body(old)["code"]) == (410, "link_expired")
    assert (unknown.code, body(unknown)["code"]) == (404, "link_unknown")
    assert (await world.ask("GET", f"api/links/{fresh}")).code == 200


async def test_guessing_links_is_slowed_down(world: World) -> None:
    answers = [(await world.ask("GET", f"api/links/guess-{n}")).code for n in range(31)]

    assert answers == [404] * 30 + [429]
    assert (await world.ask("GET", f"api/links/{await world.link_code()}")).code == 200


async def test_a_problem_is_told_in_the_readers_language(world: World) -> None:
    french = await world.ask("GET", "api/links/nowhere", headers={"Accept-Language": "fr-CA,en;q=0.5"})
    switched = await world.ask("GET", "api/links/nowhere", **{"webvisio-locale": "fr"})
    neither = await world.ask("GET", "api/links/nowhere", headers={"Accept-Language": "de"})

    assert french.headers["Content-Type"] == "application/problem+json"
    assert {body(a)["title"] for a in (french, switched, neither)} == {"Ce lien ne mène nulle part"}
    problem = body(french)
    assert (problem["status"], problem["type"]) == (404, "urn:webvisio:refusal:link_unknown")
    assert problem["detail"] == problem["message"]


# ---- guests --------------------------------------------------------------------------


async def test_a_guest_with_the_password_comes_in(world: World, guests_allowed: str) -> None:
    await world.hosted()

    cookie = await world.guest_cookie("  Ana\u202e   B ", PASSWORD)

    guest = await world.connect(**cookie)
    guest.say_hello()
    welcome = await guest.until("welcome")
    me = next(p for p in welcome["participants"] if p["participantId"] == welcome["participantId"])
    assert (me["name"], me["isGuest"], me["role"]) == ("Ana B", True, "participant")


async def test_the_guest_cookie_is_locked_to_the_service(world: World, guests_allowed: str) -> None:
    answer = await world.ask(
        "POST", f"api/links/{guests_allowed}/guest", body={"name": "Ana", "password": PASSWORD}
    )

    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith(f"webvisio-guest-{ROOM}=")
    for part in ("HttpOnly", f"Path={PREFIX}", "SameSite=Strict", "Max-Age=43200"):
        assert part in cookie
    assert body(answer)["visitor"] == {"kind": "guest", "name": "Ana", "role": "participant"}


async def test_a_guest_of_one_room_is_nobody_in_another(world: World, guests_allowed: str) -> None:
    world.entitlements.apply_changes(contract(ROOM, OTHER_ROOM))
    await world.rooms.drain()
    await world.rooms.change_room(OTHER_ROOM, guest_password=PASSWORD)
    cookie = await world.guest_cookie("Ana", PASSWORD)

    guest = await world.connect(None, OTHER_ROOM, **cookie)
    guest.say_hello()

    assert (await guest.until("refused"))["refusal"]["code"] == "login_required"


async def test_a_guest_cookie_renamed_for_another_room_is_worth_nothing(
    world: World, guests_allowed: str
) -> None:
    world.entitlements.apply_changes(contract(ROOM, OTHER_ROOM))
    await world.rooms.drain()
    record = await world.rooms.record(ROOM)
    assert record is not None
    world.store.set_guest_password(OTHER_ROOM, record.guest_password_hash)
    (value,) = (await world.guest_cookie("Ana", PASSWORD)).values()

    guest = await world.connect(None, OTHER_ROOM, **{f"webvisio-guest-{OTHER_ROOM}": value})
    guest.say_hello()

    assert (await guest.until("refused"))["refusal"]["code"] == "login_required"


async def test_another_password_ends_the_old_guest_cookies(world: World, guests_allowed: str) -> None:
    cookie = await world.guest_cookie("Ana", PASSWORD)
    await world.rooms.change_room(ROOM, guest_password="another horse")

    guest = await world.connect(**cookie)
    guest.say_hello()

    assert (await guest.until("refused"))["refusal"]["code"] == "login_required"


async def test_wrong_passwords_make_the_address_wait_longer_and_longer(
    world: World, guests_allowed: str
) -> None:
    async def attempt(password: str, address: str = "192.0.2.7") -> HTTPResponse:
        return await world.ask(
            "POST",
            f"api/links/{guests_allowed}/guest",
            body={"name": "Eve", "password": password},
            headers={"X-Forwarded-For": address},
        )

    assert [(await attempt("wrong")).code for _ in range(5)] == [403] * 5
    waiting = await attempt(PASSWORD)
    assert (waiting.code, body(waiting)["code"]) == (429, "too_many_attempts")
    assert waiting.headers["Retry-After"] == "5"
    assert "5 s" in body(waiting)["remedy"]
    assert (await attempt(PASSWORD, "192.0.2.8")).code == 200
    world.timers.advance(5)
    assert (await attempt("wrong")).code == 403
    world.timers.advance(9)
    assert (await attempt(PASSWORD)).code == 429
    world.timers.advance(1)
    assert (await attempt(PASSWORD)).code == 200


async def test_a_room_without_a_password_takes_no_guests(world: World) -> None:
    answer = await world.ask(
        "POST", f"api/links/{await world.link_code()}/guest", body={"name": "Ana", "password": "x"}
    )

    assert (answer.code, body(answer)["code"]) == (403, "guests_not_allowed")


@pytest.mark.parametrize(
    "entry",
    [
        "",
        "[]",
        {"name": "Ana"},
        {"name": "", "password": PASSWORD},
        {"name": "x" * 61, "password": PASSWORD},
        {"name": " \u200b ", "password": PASSWORD},
        {"name": "Ana", "password": PASSWORD, "role": "host"},
    ],
)
async def test_a_guests_entry_is_read_strictly(world: World, guests_allowed: str, entry: Any) -> None:
    answer = await world.ask("POST", f"api/links/{guests_allowed}/guest", body=entry)

    assert (answer.code, body(answer)["code"]) == (400, "message_malformed")


# ---- XSRF and identity ---------------------------------------------------------------


async def test_a_post_without_the_pages_token_is_refused(world: World, guests_allowed: str) -> None:
    answer = await world.ask(
        "POST",
        f"api/links/{guests_allowed}/guest",
        body={"name": "Ana", "password": PASSWORD},
        headers={"X-XSRFToken": "wrong"},
    )

    assert (answer.code, body(answer)["code"]) == (403, "forbidden")


async def test_a_post_from_another_site_is_refused_whatever_it_carries(
    world: World, guests_allowed: str
) -> None:
    answer = await world.ask(
        "POST",
        f"api/links/{guests_allowed}/guest",
        body={"name": "Ana", "password": PASSWORD},
        headers={"Sec-Fetch-Site": "cross-site"},
    )

    assert answer.code == 403


async def test_a_fetch_without_the_token_is_anonymous(world: World) -> None:
    token = world.hub.add("trainer", Role.HOST)

    answer = await world.ask("GET", "api/rooms", token, headers={"X-XSRFToken": ""})

    assert (answer.code, body(answer)["code"]) == (401, "login_required")


async def test_a_page_that_a_script_fetched_carries_no_token(world: World) -> None:
    _build_page(world)

    fetched = await world.ask("GET", f"r/{await world.link_code()}")

    assert '"xsrf": ""' in fetched.body.decode()


async def test_a_forged_oauth_cookie_is_nobody(world: World) -> None:
    world.hub.add("trainer", Role.HOST)

    answer = await world.ask("GET", "api/rooms", None, **{"service-rooms": "token-trainer"})

    assert answer.code == 401


async def test_a_hub_token_in_a_header_works_for_the_api(world: World) -> None:
    token = world.hub.add("trainer", Role.HOST)

    answer = await world.ask(
        "GET", "api/rooms", headers={"Authorization": f"token {token}", "X-XSRFToken": ""}
    )

    assert answer.code == 200


async def test_a_token_that_is_nobodys_is_401(world: World) -> None:
    answer = await world.ask("GET", "api/rooms", headers={"Authorization": "token nobody"})

    assert (answer.code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")


async def test_the_hub_is_asked_once_while_its_answer_is_fresh(world: World) -> None:
    token = world.hub.add("trainer", Role.HOST)

    for _ in range(5):
        await world.ask("GET", "api/rooms", token)

    assert world.hub.questions == 1


# ---- pages ---------------------------------------------------------------------------


BUILD, FORMER = "0123456789ab", "ba9876543210"


def _build_page(world: World, build: str = BUILD, *former: str) -> None:
    page = world.settings.static / "page"
    (page / build).mkdir(parents=True, exist_ok=True)
    (page / build / "page.js").write_text("export {};\n")
    (page / build / "page.js.br").write_bytes(b"brotli")
    (page / build / "page.css").write_text("body{}\n")
    builds = [{"name": name, "at": "2026-11-23T09:00:00.000Z"} for name in (build, *former)]
    (page / "builds.json").write_text(json.dumps({"builds": builds}))


async def test_without_a_front_end_the_page_says_what_to_do(world: World) -> None:
    answer = await world.ask("GET", f"r/{await world.link_code()}", headers={"Sec-Fetch-Mode": "navigate"})

    assert (answer.code, b"not built" in answer.body) == (503, True)


async def test_a_new_build_is_served_at_once_and_the_former_one_beside_it(world: World) -> None:
    code = await world.link_code()
    _build_page(world, FORMER)
    before = await world.ask("GET", f"r/{code}", headers={"Sec-Fetch-Mode": "navigate"})
    _build_page(world, BUILD, FORMER)
    after = await world.ask("GET", f"r/{code}", headers={"Sec-Fetch-Mode": "navigate"})

    scripts = [re.findall(r'src="([^"]+)"', page.body.decode()) for page in (before, after)]
    assert scripts == [[f"{PREFIX}static/page/{FORMER}/page.js"], [f"{PREFIX}static/page/{BUILD}/page.js"]]
    assert (await world.ask("GET", f"static/page/{FORMER}/page.js")).code == 200


@pytest.mark.parametrize("told", ["", "{}", '{"builds": []}', '{"builds": [{"name": "../.."}]}'])
async def test_a_list_of_builds_that_says_nothing_is_no_front_end(world: World, told: str) -> None:
    _build_page(world)
    (world.settings.static / "page" / "builds.json").write_text(told)

    answer = await world.ask("GET", f"r/{await world.link_code()}", headers={"Sec-Fetch-Mode": "navigate"})

    assert answer.code == 503


async def test_the_room_page_carries_its_configuration_and_a_strict_policy(world: World) -> None:
    _build_page(world)
    code = await world.link_code()

    answer = await world.ask("GET", f"r/{code}", headers={"Sec-Fetch-Mode": "navigate"})

    html = answer.body.decode()
    found = re.search(r'id="webvisio-config">(.*?)</script>', html)
    assert found is not None
    config = json.loads(found[1])
    assert config["labUrl"] == f"/hub/user-redirect/lab?webvisio-room={ROOM}"
    assert (config["prefix"], config["code"], config["hubPrefix"]) == (PREFIX, code, "/hub/")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'self'" in policy
    assert "unsafe-eval" not in policy
    nonce = re.search(r"'nonce-([^']+)'", policy)
    assert nonce is not None
    assert f'nonce="{nonce[1]}"' in html
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"


async def test_the_pages_token_is_the_one_that_the_api_takes(world: World, guests_allowed: str) -> None:
    _build_page(world)
    page = await world.ask("GET", f"r/{guests_allowed}", headers={"Sec-Fetch-Mode": "navigate", "Cookie": ""})
    visitor = re.search(rf"{VISITOR_COOKIE}=([^;]+)", page.headers["Set-Cookie"])
    xsrf = re.search(r'"xsrf": "(\w+)"', page.body.decode())
    assert visitor is not None
    assert xsrf is not None

    answer = await world.ask(
        "POST",
        f"api/links/{guests_allowed}/guest",
        body={"name": "Ana", "password": PASSWORD},
        headers={"X-XSRFToken": xsrf[1], "Cookie": f"{VISITOR_COOKIE}={visitor[1]}"},
    )

    assert answer.code == 200


async def test_a_code_cannot_break_out_of_the_page(world: World) -> None:
    _build_page(world)

    answer = await world.ask("GET", "r/%3C%2Fscript%3E%3Cscript%3E", headers={"Sec-Fetch-Mode": "navigate"})

    assert answer.code == 404
    assert b"</script><script>" not in answer.body


async def test_static_files_come_compressed_and_may_be_kept(world: World) -> None:
    _build_page(world)

    told = await world.ask("GET", "static/page/builds.json")
    plain = await world.ask("GET", f"static/page/{BUILD}/page.js")
    kept = await world.ask("GET", f"static/page/{BUILD}/page.js", headers={"Accept-Encoding": "gzip, br"})

    assert told.headers["Cache-Control"] == "no-cache"
    assert plain.body == b"export {};\n"
    assert kept.headers["Content-Encoding"] == "br"
    assert kept.headers["Content-Type"].startswith("text/javascript")
    assert kept.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert kept.headers["Vary"] == "Accept-Encoding"


async def test_static_files_stay_inside_their_folder(world: World) -> None:
    (world.folder / "secret").write_text("secret")

    answer = await world.ask("GET", "static/../secret")

    assert answer.code in (403, 404)
    assert b"secret" not in answer.body


async def test_login_goes_through_the_hub_and_back(world: World) -> None:
    world.hub.add("trainer", Role.HOST)
    navigate = {"Sec-Fetch-Mode": "navigate"}
    asked = await world.ask("GET", f"login?next={PREFIX}r/abc", headers=navigate)
    assert asked.code == 302
    assert asked.headers["Location"].startswith("/hub/api/oauth2/authorize?client_id=service-rooms")
    state = re.search(r"[?&]state=([^&]+)", asked.headers["Location"])
    cookie = re.search(r"service-rooms-oauth-state=([^;]+)", asked.headers["Set-Cookie"])
    assert state is not None
    assert cookie is not None

    done = await world.ask(
        "GET",
        f"oauth_callback?code=token-trainer&state={state[1]}",
        headers=navigate,
        **{"service-rooms-oauth-state": cookie[1]},
    )

    assert (done.code, done.headers["Location"]) == (302, f"{PREFIX}login?next={PREFIX}r/abc")
    given = re.search(r'service-rooms="?([^;"]+)', ";".join(done.headers.get_list("Set-Cookie")))
    assert given is not None
    back = await world.ask(
        "GET", f"login?next={PREFIX}r/abc", headers=navigate, **{"service-rooms": given[1]}
    )
    assert back.headers["Location"] == f"{PREFIX}r/abc"


async def test_a_login_that_went_wrong_is_a_page_that_says_so(world: World) -> None:
    answer = await world.ask("GET", "oauth_callback?code=x&state=y", headers={"Sec-Fetch-Mode": "navigate"})

    assert answer.code == 403
    assert b"<h1>Please log in</h1>" in answer.body


@pytest.mark.parametrize(
    "target",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "a", "/a\nb"],
)
def test_login_leads_nowhere_else(target: str) -> None:
    assert own_path(target, "/safe") == "/safe"


async def test_jupyterlab_reads_who_one_is_from_the_session_page(world: World) -> None:
    token = world.hub.add("trainer", Role.HOST)

    answer = await world.ask("GET", "session", token, headers={"Sec-Fetch-Mode": "navigate"})

    html = answer.body.decode()
    xsrf = re.search(r'name="webvisio-xsrf" content="(\w+)"', html)
    assert 'name="webvisio-user" content="trainer"' in html
    assert xsrf is not None
    assert "frame-ancestors 'self'" in answer.headers["Content-Security-Policy"]
    rooms = await world.ask("GET", "api/rooms", token, headers={"X-XSRFToken": xsrf[1]})
    assert rooms.code == 200


async def test_the_session_page_sends_strangers_through_the_hub(world: World) -> None:
    answer = await world.ask("GET", "session", headers={"Sec-Fetch-Mode": "navigate"})

    assert answer.headers["Location"].startswith("/hub/api/oauth2/authorize")


# ---- rooms and settings --------------------------------------------------------------


async def test_my_rooms_are_those_of_my_groups(world: World) -> None:
    world.entitlements.apply_changes(contract(ROOM, OTHER_ROOM))
    token = world.hub.add("trainer", Role.HOST)

    answer = await world.ask("GET", "api/rooms", token)

    view = body(answer)
    assert view["userName"] == "Trainer"
    assert [(row["room"]["roomId"], row["role"], row["participants"]) for row in view["rooms"]] == [
        (ROOM, "host", 0)
    ]
    assert view["rooms"][0]["link"].endswith(f"{PREFIX}r/{await world.link_code()}")


async def test_my_rooms_need_the_scope_to_join(world: World) -> None:
    token = world.hub.add("trainer", Role.HOST, scopes=["access:services!service=rooms"])

    assert (await world.ask("GET", "api/rooms", token)).code == 403


async def test_a_moderator_changes_the_room_and_people_inside_see_it(world: World) -> None:
    host, trainee = await world.hosted()

    answer = await world.ask(
        "PATCH",
        f"api/rooms/{ROOM}",
        "token-trainer",
        body={"welcome": "Bienvenue", "guestPassword": PASSWORD},
    )

    assert (answer.code, body(answer)["welcome"]) == (200, "Bienvenue")
    changed = await trainee.until("room_changed")
    assert (changed["room"]["welcome"], changed["room"]["isGuestAccessOpen"]) == ("Bienvenue", True)
    record = await world.rooms.record(ROOM)
    assert record is not None
    assert record.guest_password_hash is not None
    assert record.guest_password_hash.startswith("$argon2id$")
    await host.settled()


async def test_a_null_password_closes_the_room_to_guests(world: World, guests_allowed: str) -> None:
    token = world.hub.add("trainer", Role.HOST)

    await world.ask("PATCH", f"api/rooms/{ROOM}", token, body={"guestPassword": None})

    view = body(await world.ask("GET", f"api/links/{guests_allowed}"))
    assert view["room"]["isGuestAccessOpen"] is False


@pytest.mark.parametrize(("method", "path"), [("PATCH", ""), ("POST", "/link"), ("GET", "/attendance")])
async def test_only_moderators_of_the_room_get_at_its_settings(world: World, method: str, path: str) -> None:
    world.entitlements.apply_changes(contract(ROOM, OTHER_ROOM))
    trainee = world.hub.add("trainee", Role.PARTICIPANT)
    other = world.hub.add("other", Role.HOST, room=OTHER_ROOM)
    admin = world.hub.add("admin", None, admin=True)
    weak = world.hub.add("weak", Role.HOST, scopes=["access:services!service=rooms"])

    codes = [
        (await world.ask(method, f"api/rooms/{ROOM}{path}", token)).code
        for token in (None, trainee, other, admin, weak)
    ]

    assert codes == [401, 403, 403, 403, 403]


async def test_bad_settings_are_refused(world: World) -> None:
    token = world.hub.add("trainer", Role.HOST)

    for patch in ({"guestPassword": "short"}, {"welcome": "x" * 2001}, {"admission": "cats"}, {"name": "x"}):
        assert (await world.ask("PATCH", f"api/rooms/{ROOM}", token, body=patch)).code == 400


async def test_attendance_is_told_as_json_and_as_csv(world: World) -> None:
    host, trainee = await world.hosted()
    world.timers.advance(20)
    trainee.send("leave")
    await trainee.closed()
    await world.rooms.drain()

    as_json = body(await world.ask("GET", f"api/rooms/{ROOM}/attendance", "token-trainer"))
    as_csv = await world.ask("GET", f"api/rooms/{ROOM}/attendance?format=csv", "token-trainer")

    assert [(i["name"], i["joinedAt"], i["leftAt"]) for i in as_json["intervals"]] == [
        ("Trainer", "2026-11-23T09:00:00Z", None),
        ("Trainee", "2026-11-23T09:00:00Z", "2026-11-23T09:00:20Z"),
    ]
    assert as_csv.headers["Content-Type"].startswith("text/csv")
    assert b"Trainee,participant,no,2026-11-23T09:00:00+00:00,2026-11-23T09:00:20+00:00" in as_csv.body
    await host.settled()


async def test_a_guests_name_is_no_formula_in_the_csv(world: World, guests_allowed: str) -> None:
    host, _ = await world.hosted()
    guest = await world.connect(**await world.guest_cookie("=1+1", PASSWORD))
    guest.say_hello()
    await guest.until("welcome")

    as_csv = await world.ask("GET", f"api/rooms/{ROOM}/attendance?format=csv", "token-trainer")

    assert b"'=1+1,participant,yes" in as_csv.body
    await host.settled()


# ---- other processes -----------------------------------------------------------------


async def test_billing_reads_a_rooms_link_with_the_internal_token(world: World) -> None:
    path = f"api/internal/rooms/{ROOM}/link"

    given = await world.ask("GET", path, headers={"Authorization": f"Bearer {INTERNAL}"})
    denied = await world.ask("GET", path, world.hub.add("trainer", Role.HOST))

    assert body(given)["link"] == f"http://127.0.0.1:{world.port}{PREFIX}r/{await world.link_code()}"
    assert denied.code == 403


async def test_the_link_of_a_room_that_is_being_named_is_waited_for(world: World) -> None:
    path = "api/internal/rooms/fresh/link"
    asking = world.ask("GET", path, headers={"Authorization": f"Bearer {INTERNAL}"})
    world.entitlements.apply_changes(contract(ROOM, RoomId("fresh")))

    assert (await asking).code == 200


async def test_health_and_metrics_are_for_the_machine_and_its_token(world: World) -> None:
    outside = {"X-Forwarded-For": "192.0.2.1"}
    token = {"Authorization": f"Bearer {INTERNAL}"}

    for path in ("health", "metrics"):
        assert (await world.ask("GET", path)).code == 200
        assert (await world.ask("GET", path, headers=outside)).code == 403
        assert (await world.ask("GET", path, headers=outside | token)).code == 200


async def test_metrics_count_people(world: World) -> None:
    await world.hosted()

    answer = await world.ask("GET", "metrics")

    assert b"webvisio_rooms_participants 2.0" in answer.body
    assert b'webvisio_rooms_media{figure="peers"} 0.0' in answer.body

    group = GroupId(f"{ROOM}.session")
    await world.engine.open_peer(group, PeerId("p-1"), "v=0 offer", {})
    answer = await world.ask("GET", "metrics")

    assert f'webvisio_rooms_room_media_peers{{room="{ROOM}"}} 1.0'.encode() in answer.body


async def test_unknown_paths_and_methods_are_problems_too(world: World) -> None:
    nowhere = await world.ask("GET", "nowhere")
    wrong = await world.ask("DELETE", "api/rooms")

    assert (nowhere.code, body(nowhere)["code"]) == (404, "not_found")
    assert wrong.code == 405


async def test_what_is_answered_fits_the_schema(world: World) -> None:
    await world.hosted()
    code = await world.link_code()

    msgspec.json.decode((await world.ask("GET", f"api/links/{code}")).body, type=LinkView)
    msgspec.json.decode((await world.ask("GET", "api/rooms", "token-trainer")).body, type=MyRooms)
    attendance = await world.ask("GET", f"api/rooms/{ROOM}/attendance", "token-trainer")
    msgspec.json.decode(attendance.body, type=Attendance)
