"""Codecs of pictures by configuration: what pages are told to offer, and what all who are in can show."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from rooms_world import OFFER, SOURCES, Client, World
from traitlets import TraitError

from webvisio_protocol.identifiers import ParticipantId, PeerId
from webvisio_rooms.domain.codecs import PictureCodecs, preferred_codecs
from webvisio_rooms.domain.negotiation import shown_codecs
from webvisio_rooms.service import RoomsService

ANNA, BRUNO, CLARA = map(ParticipantId, ("anna", "bruno", "clara"))
AV1_FIRST = ("AV1", "VP9", "VP8")


def offer(*codecs: str) -> str:
    """An offer whose video slots show these codecs, and which sends all there are."""

    def section(direction: str, names: tuple[str, ...]) -> str:
        rows = "".join(f"a=rtpmap:{96 + number} {name}/90000\r\n" for number, name in enumerate(names))
        return f"m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:{direction}\r\na={direction}\r\n{rows}"

    return "v=0\r\ns=-\r\n" + section("sendonly", ("AV1", "VP9", "H264", "VP8")) + section("recvonly", codecs)


def test_an_operators_list_is_made_whole() -> None:
    assert preferred_codecs([""]) == ("VP8",)
    assert preferred_codecs(["av1 ", "H264"]) == ("AV1", "H264", "VP8")
    assert preferred_codecs(["VP8", "AV1", "VP8"]) == ("VP8", "AV1")
    with pytest.raises(ValueError, match="H265, THEORA"):
        preferred_codecs(["theora", "VP8", "h265"])


def test_the_environment_says_which(monkeypatch: pytest.MonkeyPatch) -> None:
    assert RoomsService().video_codecs() == ("VP8",)
    monkeypatch.setenv("WEBVISIO_MEDIA_CODECS", "H264,VP9")
    assert RoomsService().video_codecs() == ("H264", "VP9", "VP8")
    monkeypatch.setenv("WEBVISIO_MEDIA_CODECS", "MPEG2")
    with pytest.raises(TraitError, match="MPEG2"):
        RoomsService().video_codecs()


def test_only_slots_say_what_is_shown() -> None:
    assert shown_codecs(offer("VP8", "rtx", "av1")) == {"VP8", "RTX", "AV1"}
    assert shown_codecs(OFFER) == frozenset()
    assert shown_codecs("nonsense\na=rtpmap:\nm=video\na=rtpmap:x y/1\na=recvonly") == frozenset()


def test_what_everybody_can_show_is_sent_best_first() -> None:
    codecs = PictureCodecs(AV1_FIRST)
    assert codecs.enter(ANNA, offer("VP8", "VP9", "AV1"), {ANNA}) == AV1_FIRST
    assert codecs.enter(BRUNO, offer("AV1", "VP8"), {ANNA, BRUNO}) == ("AV1", "VP8")
    assert codecs.outdated() == []  # both send AV1
    assert codecs.enter(CLARA, offer("VP8"), {ANNA, BRUNO, CLARA}) == ("VP8",)
    assert codecs.outdated() == [ANNA, BRUNO]
    assert codecs.outdated() == []  # they were told
    assert codecs.enter(ANNA, offer("VP8", "VP9", "AV1"), {ANNA, BRUNO}) == ("AV1", "VP8")  # Clara left


def test_who_shows_nothing_of_the_list_does_not_count() -> None:
    codecs = PictureCodecs(AV1_FIRST)
    codecs.enter(ANNA, offer("H264"), {ANNA})
    assert codecs.enter(BRUNO, offer("AV1", "VP8"), {ANNA, BRUNO}) == AV1_FIRST[:1] + AV1_FIRST[2:]
    assert codecs.enter(CLARA, OFFER, {ANNA, BRUNO, CLARA}) == ("AV1", "VP8")


@pytest.fixture
async def with_av1(tmp_path: Path) -> AsyncIterator[World]:
    """A service whose operator prefers AV1."""
    world = World(tmp_path)
    world.video_codecs = AV1_FIRST
    async with world:
        yield world


def told(world: World, client: Client) -> tuple[str, ...]:
    """In which codecs the worker was told that somebody's pictures are to come, at their newest offer."""
    who = client.heard[0]["participantId"]
    newest = max(peer for peer in world.engine.peers if PeerId(peer).startswith(f"{who}-"))
    return world.engine.peers[newest].video_codecs


async def test_whoever_shows_less_makes_the_others_offer_again(with_av1: World) -> None:
    world = with_av1
    host, trainee = await world.hosted()
    assert host.heard[0]["videoCodecs"] == list(AV1_FIRST)
    able, poor = offer("VP8", "VP9", "AV1"), offer("VP8")
    sources = {"sendonly": "camera"}
    host.send("media_offer", sdp=able, sources=sources)
    await host.until("media_answer")
    assert told(world, host) == AV1_FIRST

    trainee.send("media_offer", sdp=poor, sources=sources)
    await trainee.until("media_answer")
    assert told(world, trainee) == ("VP8",)
    await host.until("media_reset")
    host.send("media_offer", sdp=able, sources=sources)
    await host.until("media_answer")
    assert told(world, host) == ("VP8",)
    for client in (host, trainee):
        assert "media_reset" not in [message["type"] for message in await client.settled()]


async def test_usually_pages_are_told_to_offer_vp8_and_nobody_offers_twice(world: World) -> None:
    host, trainee = await world.hosted()
    assert host.heard[0]["videoCodecs"] == ["VP8"]
    for client in (host, trainee):
        client.send("media_offer", sdp=OFFER, sources=SOURCES)
        await client.until("media_answer")
    assert told(world, host) == ("VP8",)
    for client in (host, trainee):
        assert "media_reset" not in [message["type"] for message in await client.settled()]
