"""Datagrams between workers: what is written is read, and what breaks its form is counted and harms nobody."""

import asyncio
import socket
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from media_loopback import GROUP, RawPeer, running

from webvisio_media.errors import Malformed
from webvisio_media.rtp.cascade import (
    ENTRY_BYTES,
    HEADER_BYTES,
    MOST_DATAGRAM_BYTES,
    CarriedPacket,
    Message,
    PeerTracks,
    StreamState,
    TrackDemand,
    TrackState,
    read_entries,
    read_header,
    write_header,
    write_message,
    write_packet,
)
from webvisio_protocol.identifiers import PeerId, TrackId
from webvisio_protocol.signalling import Source

numbers = st.integers(1, (1 << 32) - 1)
packets = st.builds(
    CarriedPacket,
    numbers,
    st.integers(0, (1 << 64) - 1),
    st.integers(0, (1 << 32) - 1),
    st.sampled_from([0, 0x80]),
    st.integers(0, 127),
    st.binary(max_size=1400),
)
names = st.text(max_size=30)
rids = st.sampled_from(["", "q", "h", "f"])
streams = st.builds(
    StreamState,
    numbers,
    rids,
    st.integers(0, 127),
    st.sampled_from(["VP8", "H264", "OPUS"]),
    st.sampled_from([48000, 90000]),
    names,
    st.booleans(),
    st.booleans(),
    st.integers(0, 4320),
    st.floats(0, 1e9),
    st.none() | st.tuples(st.integers(0, (1 << 64) - 1), st.integers(0, (1 << 32) - 1)),
)
tracks = st.builds(
    TrackState,
    st.sampled_from(Source),
    st.booleans(),
    st.lists(rids, max_size=3).map(tuple),
    st.booleans(),
    st.booleans(),
    st.lists(streams, max_size=3).map(tuple),
)
messages = st.builds(
    PeerTracks, names, names, st.none() | st.floats(-1e9, 1e9), st.lists(tracks, max_size=4).map(tuple)
) | st.builds(
    TrackDemand,
    names,
    st.lists(numbers, max_size=8).map(tuple),
    st.integers(0, 8),
    st.lists(numbers, max_size=8).map(tuple),
)


def datagram(*entries: CarriedPacket | Message, life: int = 7) -> bytes:
    data = write_header(life, 12.5)
    for entry in entries:
        if isinstance(entry, CarriedPacket):
            data += write_packet(*entry[:5], len(entry.payload)) + entry.payload
        else:
            data += write_message(entry)
    return data


@settings(max_examples=40)
@given(st.lists(packets | messages, max_size=6))
def test_what_is_written_is_read_in_its_order(entries: list[Any]) -> None:
    data = datagram(*entries)
    assert read_header(data) == (7, 12.5)
    assert list(read_entries(memoryview(data))) == entries


@settings(max_examples=40)
@given(st.lists(packets | messages, min_size=1, max_size=4), st.data())
def test_what_is_cut_short_is_malformed_or_ends_between_two_entries(
    entries: list[Any], data: st.DataObject
) -> None:
    whole = datagram(*entries)
    ends = [len(datagram(*entries[:count])) for count in range(len(entries) + 1)]
    cut = data.draw(st.integers(HEADER_BYTES, len(whole)))
    if cut in ends:
        assert list(read_entries(whole[:cut])) == entries[: ends.index(cut)]
    else:
        with pytest.raises(Malformed):
            list(read_entries(whole[:cut]))


@given(st.binary(max_size=300))
def test_rubbish_raises_nothing_but_malformed(data: bytes) -> None:
    for rubbish in (data, write_header(1, 0.0) + data, datagram() + b"\0" * ENTRY_BYTES + data):
        try:
            read_header(rubbish)
            list(read_entries(rubbish))
        except Malformed:
            continue


@given(st.binary(max_size=200))
def test_a_message_that_is_none_is_malformed(body: bytes) -> None:
    data = write_header(1, 0.0) + write_packet(0, 0, 0, 0, 0, len(body)) + body
    try:
        (entry,) = read_entries(data)
    except Malformed:
        return
    assert isinstance(entry, PeerTracks | TrackDemand)


def test_another_version_and_a_message_that_is_too_long_are_refused() -> None:
    with pytest.raises(Malformed):
        read_header(b"\x02" + datagram()[1:])
    with pytest.raises(ValueError, match="too long"):
        write_message(TrackDemand(TrackId("x" * MOST_DATAGRAM_BYTES), (), 0))


async def test_a_worker_counts_rubbish_of_another_and_goes_on() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with ours:
        async with running(links={1: theirs}) as loop:
            await loop.connect(RawPeer("bruno", video_slots=1))
            loop.engine.place_group(GROUP, [1])
            odd = StreamState(9, "f", 97, "VP8", 90000, "", True, False, 0, 0.0, None)
            unknown = StreamState(9, "", 97, "H265", 90000, "", True, False, 0, 0.0, None)
            bad = [
                b"",
                b"\x01",
                b"\x09" + datagram()[1:],
                datagram() + b"\xff" * 10,
                *(
                    datagram(
                        PeerTracks(
                            GROUP,
                            PeerId(f"p{number}"),
                            None,
                            (TrackState(Source.CAMERA, True, (), True, True, (stream,)),),
                        )
                    )
                    for number, stream in enumerate((odd, unknown))
                ),
            ]
            for data in bad:
                ours.send(data)
            ours.send(datagram(CarriedPacket(99, 1, 1, 0, 0, b"of nobody")))
            ours.send(datagram(TrackDemand(TrackId("nobody/camera"), (), 1)))
            good = StreamState(5, "", 97, "VP8", 90000, "", True, False, 0, 0.0, None)
            camera = TrackState(Source.CAMERA, True, (), True, True, (good,))
            ours.send(datagram(PeerTracks(GROUP, PeerId("anna"), None, (camera,))))
            ours.send(datagram(CarriedPacket(5, 1, 1, 0, 0, bytes(3000))))
            counts = loop.engine.counts
            async with asyncio.timeout(30):
                while counts["cascade_malformed"] < len(bad) + 1:  # noqa: ASYNC110 - it happens in this loop
                    await asyncio.sleep(0)
            assert counts["cascade_unknown_stream"] == 1
            assert counts["cascade_strangers"] == 1
            assert counts["cascade_packets_received"] == 1
            assert PeerId("anna") in loop.engine._groups[GROUP].remote


async def test_another_life_of_the_other_worker_brings_nothing_of_the_former() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with ours:
        ours.send(datagram(CarriedPacket(1, 1, 1, 0, 0, b"from before this worker")))
        async with running(links={1: theirs}) as loop:
            await loop.connect(RawPeer("bruno", video_slots=1))
            loop.engine.place_group(GROUP, [1])
            good = StreamState(5, "", 97, "VP8", 90000, "", True, False, 0, 0.0, None)
            camera = TrackState(Source.CAMERA, True, (), True, True, (good,))
            ours.send(datagram(PeerTracks(GROUP, PeerId("anna"), None, (camera,))))
            remote = loop.engine._groups[GROUP].remote
            async with asyncio.timeout(30):
                while not remote:  # noqa: ASYNC110 - it happens in this loop
                    await asyncio.sleep(0)
                ours.send(datagram(CarriedPacket(5, 1, 1, 0, 0, b"of nobody now"), life=8))
                while remote:  # noqa: ASYNC110 - it happens in this loop
                    await asyncio.sleep(0)
            assert loop.engine.counts["cascade_stale"] == 1
            assert loop.engine.counts["cascade_unknown_stream"] == 1
