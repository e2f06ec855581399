"""The contract's door: each refusal in words, the cut by block and by clock, the way back."""

from datetime import timedelta
from pathlib import Path

import pytest
from rooms_world import OFFER, OTHER_ROOM, ROOM, SOURCES, START, Client, World, blocked, contract

from webvisio_protocol.entitlements import BlockReason, ContractAccess
from webvisio_protocol.identifiers import Role
from webvisio_protocol.signalling import Admission, CloseCode
from webvisio_rooms.domain.lifecycle import LINGER_S

SHUT = [
    ("suspended_unpaid", "6.4", contract(blocks=blocked(BlockReason.UNPAID))),
    ("suspended_illegal_content", "5.5", contract(blocks=blocked(BlockReason.ILLEGAL_CONTENT))),
    ("suspended_fraud", "5.4", contract(blocks=blocked(BlockReason.FRAUD))),
    ("maintenance", "4.3", contract(blocks=blocked(BlockReason.MAINTENANCE))),
    ("period_over", "2.1", contract(start=START - timedelta(days=30), end=START - timedelta(days=1))),
    ("contract_not_started", "3", contract(start=START + timedelta(days=1), end=START + timedelta(days=2))),
    (
        "contract_ended",
        "3",
        contract(
            start=START - timedelta(days=30),
            end=START - timedelta(days=1),
            ends_at=START - timedelta(days=1),
        ),
    ),
]
IDS = [code for code, _, _ in SHUT]


@pytest.mark.parametrize(("code", "clause", "shut"), SHUT, ids=IDS)
async def test_a_shut_door_is_told_with_its_clause(
    tmp_path: Path, code: str, clause: str, shut: ContractAccess
) -> None:
    async with World(tmp_path, shut) as world:
        host = await world.join("trainer", Role.HOST, locale="fr")

        refusal = (await host.until("refused"))["refusal"]

        assert (refusal["code"], refusal["clause"]) == (code, clause)
        assert refusal["clauseText"]
        assert "Acme" in refusal["message"]
        assert await host.closed() == CloseCode.REFUSED


@pytest.mark.parametrize(("code", "clause", "shut"), SHUT, ids=IDS)
async def test_a_shut_door_is_told_on_the_link_page(
    tmp_path: Path, code: str, clause: str, shut: ContractAccess
) -> None:
    async with World(tmp_path, shut) as world:
        answer = await world.ask("GET", f"api/links/{await world.link_code()}")

        assert answer.code == 200
        assert f'"code":"{code}"' in answer.body.decode()
        assert '"state":"cut"' in answer.body.decode()


async def test_a_room_that_no_contract_rents_any_more_is_refused(world: World) -> None:
    world.entitlements.apply_changes(contract(OTHER_ROOM))

    host = await world.join("trainer", Role.HOST)

    assert (await host.until("refused"))["refusal"]["code"] == "no_contract"


async def test_before_contracts_are_known_doors_ask_to_try_again(tmp_path: Path) -> None:
    async with World(tmp_path) as world:
        await world.stop()
        world.entitlements = type(world.entitlements)()
        world.entitlements.lose()
        await world.start()

        host = await world.join("trainer", Role.HOST)

        assert (await host.until("refused"))["refusal"]["code"] == "entitlements_unknown"
        assert (await world.ask("GET", "health")).code == 503


async def test_a_block_cuts_everybody_in_their_own_language(world: World) -> None:
    host, trainee = await world.hosted()
    french = await world.join("claire", locale="fr")
    await french.until("welcome")
    waiting = await _somebody_waiting(world)

    world.entitlements.apply_changes(contract(blocks=blocked(BlockReason.UNPAID)))

    assert (await trainee.until("refused"))["refusal"]["title"] == "Access is suspended"
    told = (await french.until("refused"))["refusal"]
    assert (told["title"], told["clause"]) == ("L’accès est suspendu", "6.4")
    assert "depuis le 23 novembre 2026" in told["message"]
    assert (await waiting.until("refused"))["refusal"]["code"] == "suspended_unpaid"
    assert {await c.closed() for c in (host, trainee, french, waiting)} == {CloseCode.REFUSED}


async def test_the_cut_ends_media_and_attendance_at_once(world: World) -> None:
    host, trainee = await world.hosted()
    trainee.send("media_offer", sdp=OFFER, sources=SOURCES)
    await trainee.until("media_answer")
    assert len(world.engine.peers) == 1
    world.timers.advance(10)

    world.entitlements.apply_changes(contract(blocks=blocked(BlockReason.FRAUD)))

    assert world.engine.peers == {}
    await world.rooms.drain()
    stays = await world.rooms.attendance(ROOM)
    assert {stay.left_at for stay in stays} == {START + timedelta(seconds=10)}
    await host.closed()


async def test_the_end_of_the_interval_cuts_by_the_clock_alone(tmp_path: Path) -> None:
    async with World(tmp_path, contract(end=START + timedelta(seconds=20))) as world:
        host, trainee = await world.hosted()
        world.entitlements.lose()  # billing is away: the clock is enough

        world.timers.advance(19.999)
        assert world.rooms.participants(ROOM) == 2
        world.timers.advance(0.001)

        refusal = (await trainee.until("refused"))["refusal"]
        assert (refusal["code"], refusal["clause"]) == ("period_over", "2.1")
        assert await host.closed() == CloseCode.REFUSED


async def test_a_renewal_moves_the_end_and_nobody_is_cut(tmp_path: Path) -> None:
    async with World(tmp_path, contract(end=START + timedelta(seconds=20))) as world:
        host, _ = await world.hosted()
        world.entitlements.apply_changes(contract(end=START + timedelta(days=30)))

        world.timers.advance(21)

        changes = [m for m in await host.settled() if m["type"] == "room_changed"]
        assert changes[-1]["room"]["entitledUntil"] == "2026-12-23T09:00:00Z"
        assert world.rooms.participants(ROOM) == 2


async def test_an_interval_that_begins_opens_the_door_by_the_clock(tmp_path: Path) -> None:
    later = contract(start=START + timedelta(minutes=10), end=START + timedelta(days=1))
    async with World(tmp_path, later) as world:
        early = await world.join("trainer", Role.HOST)
        assert (await early.until("refused"))["refusal"]["code"] == "contract_not_started"

        world.timers.advance(600)

        again = await world.join("trainer", Role.HOST)
        await again.until("welcome")


async def test_when_a_block_is_lifted_people_come_back_to_the_same_session(world: World) -> None:
    host, trainee = await world.hosted()
    trainee.send("chat_send", clientId="1", text="before the cut")
    await trainee.settled()
    world.entitlements.apply_changes(contract(blocks=blocked(BlockReason.MAINTENANCE)))
    await host.closed()
    await trainee.closed()

    world.timers.advance(60)
    world.entitlements.apply_changes(contract())

    back = await world.join("trainee")
    welcome = await back.until("welcome")
    assert [line["text"] for line in welcome["chat"]] == ["before the cut"]
    assert welcome["room"]["state"] == "lingering"
    host_again = await world.join("trainer", Role.HOST)
    assert (await host_again.until("welcome"))["room"]["state"] == "open"


async def test_a_block_that_lasts_ends_the_session(world: World) -> None:
    host, _ = await world.hosted()
    world.entitlements.apply_changes(contract(blocks=blocked(BlockReason.UNPAID)))
    await host.closed()
    world.timers.advance(LINGER_S)

    world.entitlements.apply_changes(contract())

    trainee = await world.join("trainee")
    assert (await trainee.until("waiting"))["reason"] == "no_host"
    await world.rooms.drain()
    assert world.store.running_sessions() == ()


async def test_another_customer_notices_nothing(tmp_path: Path) -> None:
    async with World(tmp_path, contract(), contract(OTHER_ROOM, customer="globex")) as world:
        mine, _ = await world.hosted()
        other = await world.join("other", Role.HOST, room=OTHER_ROOM)
        await other.until("welcome")
        await other.settled()

        world.entitlements.apply_changes(contract(blocks=blocked(BlockReason.UNPAID)))

        await mine.closed()
        assert await other.settled() == []


async def test_billing_away_leaves_known_intervals_in_force_and_health_says_so(world: World) -> None:
    world.entitlements.lose()

    host = await world.join("trainer", Role.HOST)

    await host.until("welcome")
    health = await world.ask("GET", "health")
    assert health.code == 200
    assert b'"status":"degraded"' in health.body
    assert b'"isConnected":false' in health.body


async def test_a_guest_is_refused_by_the_contract_before_the_password_is_looked_at(world: World) -> None:
    await world.rooms.change_room(ROOM, guest_password="correct horse")
    world.entitlements.apply_changes(contract(blocks=blocked(BlockReason.UNPAID)))

    answer = await world.ask(
        "POST", f"api/links/{await world.link_code()}/guest", body={"name": "Ana", "password": "wrong"}
    )

    assert (answer.code, b"suspended_unpaid" in answer.body) == (403, True)


async def _somebody_waiting(world: World) -> Client:
    await world.rooms.change_room(ROOM, admission=Admission.NOBODY)
    waiting = await world.join("late")
    await waiting.until("waiting")
    return waiting
