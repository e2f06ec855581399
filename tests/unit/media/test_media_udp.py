"""Sockets: one port on every address, nobody else's port, batches with their time, GSO fan-out and its fallback."""

import errno
import os
import socket
import struct
import time
from collections.abc import Iterator

import pytest
from pylibsrtp import Policy, Session

from shared.patience import PATIENCE_S
from webvisio_media.engine import fanout, outbox
from webvisio_media.engine.fanout import MOST_BURST, FanOut, Row, RowGroup
from webvisio_media.engine.udp import BATCH, BUFFER_BYTES, Address, UdpSocket, bind_port
from webvisio_media.rtp.packet import Packet
from webvisio_media.rtp.send_log import SendLog
from webvisio_media.rtp.vp8 import read_descriptor

KEY = os.urandom(28)
GCM = Policy.SRTP_PROFILE_AEAD_AES_128_GCM


@pytest.fixture
def sockets() -> Iterator[list[socket.socket]]:
    opened: list[socket.socket] = []
    yield opened
    for one in opened:
        one.close()


def receiver(opened: list[socket.socket], family: socket.AddressFamily = socket.AF_INET) -> socket.socket:
    one = socket.socket(family, socket.SOCK_DGRAM)
    one.bind(("::1" if family == socket.AF_INET6 else "127.0.0.1", 0))
    one.settimeout(PATIENCE_S)
    opened.append(one)
    return one


def address_of(udp: UdpSocket, one: socket.socket) -> Address:
    """Learn an address the way the engine does: from a datagram."""
    one.sendto(b"where am I", (one.getsockname()[0], udp.port))
    while not udp.receive():
        pass
    return Address(udp, udp.key(0))


def received(udp: UdpSocket, count: int) -> list[bytes]:
    """Receive `count` datagrams, however the kernel portions them."""
    found: list[bytes] = []
    while len(found) < count:
        for n in range(udp.receive()):
            found.append(udp.view[n * BUFFER_BYTES : n * BUFFER_BYTES + udp.size(n)].tobytes())
    return found


def test_all_addresses_share_one_port_and_answer_from_where_they_were_asked(
    sockets: list[socket.socket],
) -> None:
    bound = bind_port(["127.0.0.1", "127.0.0.2", "::1"], 0)
    try:
        assert len({udp.port for udp in bound}) == 1
        asker = receiver(sockets)
        asker.sendto(b"hello", ("127.0.0.2", bound[0].port))
        while not bound[1].receive():
            pass
        bound[1].send(b"answer", Address(bound[1], bound[1].key(0)))
        assert asker.recvfrom(100) == (b"answer", ("127.0.0.2", bound[0].port))
    finally:
        for udp in bound:
            udp.close()


def test_rtcp_comes_to_a_socket_of_its_own(sockets: list[socket.socket]) -> None:
    """So it can be read by batches while media is read at once."""
    (udp,) = bind_port(["127.0.0.1"], 0)
    assert udp.rtcp is not None
    asker = receiver(sockets)
    media = [
        bytes([first, second]) + b"media" for first in (0, 22, 128, 191) for second in (0, 191, 224, 255)
    ]
    media += [bytes([0, 200]) + b"STUN", bytes([22, 205]) + b"DTLS", b"", b"\x80"]
    rtcp = [bytes([first, second]) + b"RTCP" for first in (128, 144, 191) for second in (192, 200, 205, 223)]
    for data in media + rtcp:
        asker.sendto(data, ("127.0.0.1", udp.port))
    assert (received(udp, len(media)), received(udp.rtcp, len(rtcp))) == (media, rtcp)
    udp.close()


def test_an_address_behind_nat_is_served_by_a_wildcard() -> None:
    bound = bind_port(["203.0.113.7", "127.0.0.1"], 0)
    assert len(bound) == 2
    for udp in bound:
        udp.close()


def test_a_taken_port_is_refused(sockets: list[socket.socket]) -> None:
    taken = receiver(sockets).getsockname()[1]
    with pytest.raises(OSError, match="in use"):
        bind_port(["127.0.0.1"], taken)


def test_a_batch_keeps_order_sizes_and_times(sockets: list[socket.socket]) -> None:
    (udp,) = bind_port(["127.0.0.1"], 0)
    one = receiver(sockets)
    before_us = int(time.time() * 1e6)
    for n in range(BATCH):
        one.sendto(bytes([n]) * (n + 1), ("127.0.0.1", udp.port))
    assert udp.receive() == BATCH
    assert [udp.size(n) for n in range(BATCH)] == list(range(1, BATCH + 1))
    assert all(udp.view[n * 2048] == n for n in range(BATCH))
    assert all(before_us <= udp.arrival_us(n) <= before_us + 5_000_000 for n in range(BATCH))
    assert udp.receive() == 0
    udp.close()


class Fan:
    """A fan of receivers that decrypt what they get."""

    def __init__(self, sockets: list[socket.socket], udp: UdpSocket, receivers: int) -> None:
        self.ends = [receiver(sockets, udp.family) for _ in range(receivers)]
        self._sessions = []
        rows = []
        for n, end in enumerate(self.ends):
            policy = Policy(key=KEY, ssrc_type=Policy.SSRC_ANY_OUTBOUND, srtp_profile=GCM)
            session = Session(policy)
            self._sessions.append(session)
            address = address_of(udp, end)
            rows.append(Row(session._srtp[0], 0x8060, 65530, 7, 1000 + n, 0, 0, address))
        self.group = RowGroup(udp, 16, rows)

    def received(self, index: int, count: int) -> list[bytes]:
        policy = Policy(key=KEY, ssrc_type=Policy.SSRC_ANY_INBOUND, srtp_profile=GCM)
        session = Session(policy)
        return [session.unprotect(self.ends[index].recv(2048)) for _ in range(count)]


def burst(sizes: list[int]) -> list[Packet]:
    return [
        Packet(65536 + n, 100, 0x80 * (n == len(sizes) - 1), bytes([n]) * size, None)
        for n, size in enumerate(sizes)
    ]


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
@pytest.mark.parametrize("is_segmenting", [True, False])
@pytest.mark.parametrize(
    "sizes", [[50], [1100] * 4, [1110, 1100, 1100, 900], [5, 10, 10, 3, 3, 4], [1200] * MOST_BURST, [0, 0, 9]]
)
def test_every_receiver_gets_every_packet_in_order(
    sockets: list[socket.socket], sizes: list[int], is_segmenting: bool, family: socket.AddressFamily
) -> None:
    (udp,) = bind_port(["::1" if family == socket.AF_INET6 else "127.0.0.1"], 0)
    fan_out = FanOut(is_segmenting)
    fan = Fan(sockets, udp, 11)
    fan_out.send(fan.group, burst(sizes))
    for n in range(11):
        packets = fan.received(n, len(sizes))
        assert [packet[12:] for packet in packets] == [bytes([k]) * size for k, size in enumerate(sizes)]
        assert [packet[2:4] for packet in packets] == [
            ((65530 + k) & 0xFFFF).to_bytes(2, "big") for k in range(len(sizes))
        ]
        assert [packet[1] for packet in packets] == [0x60] * (len(sizes) - 1) + [0xE0]
        assert {packet[4:12] for packet in packets} == {
            (107).to_bytes(4, "big") + (1000 + n).to_bytes(4, "big")
        }
    assert fan_out.packets == 11 * len(sizes)
    assert fan_out.encryption_failures == 0
    udp.close()


@pytest.mark.parametrize(("problem", "stays_on"), [(errno.EIO, False), (errno.EMSGSIZE, True)])
def test_what_refuses_segmentation_gets_packets_singly(
    sockets: list[socket.socket], monkeypatch: pytest.MonkeyPatch, problem: int, stays_on: bool
) -> None:
    (udp,) = bind_port(["127.0.0.1"], 0)
    fan_out = FanOut()
    fan = Fan(sockets, udp, 3)
    real = outbox.libc

    class Picky:
        """A kernel that takes the first receiver's segments and refuses all others."""

        calls = 0

        def sendmmsg(self, descriptor: int, messages: object, count: int, flags: int) -> int:
            first = messages[0].msg_hdr  # type: ignore[index]
            if first.msg_controllen:
                self.calls += 1
                if self.calls > 1:
                    outbox.ffi.errno = problem
                    return -1
                count = 1
            return int(real.sendmmsg(descriptor, messages, count, flags))

    monkeypatch.setattr(outbox, "libc", Picky())
    fan_out.send(fan.group, burst([700] * 5))
    for n in range(3):
        assert [packet[12] for packet in fan.received(n, 5)] == list(range(5))
    assert fan_out.outbox.is_segmenting is stays_on
    udp.close()


@pytest.mark.parametrize(("receivers", "count"), [(3, 2), (9, 2), (3, 9)])
def test_each_receiver_has_numbers_of_its_own(
    sockets: list[socket.socket], receivers: int, count: int
) -> None:
    """Numbers are filled in one by one for few packets, else by strided copies: each at its place, over the
    ends of 16, 15, 8 and 32 bits."""
    (udp,) = bind_port(["127.0.0.1"], 0)
    fan_out = FanOut()
    fan = Fan(sockets, udp, receivers)
    rows = [
        row._replace(
            first_word=0x9060,
            sequence_offset=65530 + n,
            timestamp_offset=0xFFFFFFF0 + n,
            picture_id_offset=n,
            tl0_offset=2 * n,
            log=SendLog(),
        )
        for n, row in enumerate(fan.group.rows)
    ]
    for n, row in enumerate(rows):
        assert row.log is not None
        row.log.next_number = 65536 + 65534 + n
    payload = bytes([0x90, 0xC0, 0xFF, 0xFE, 0xFF]) + bytes(300)
    packets = [
        Packet(65536 + k, 10, 0x80 * (k == count - 1), payload, read_descriptor(payload))
        for k in range(count)
    ]
    fan_out.send(RowGroup(udp, 16, rows, 7), packets)
    for n in range(receivers):
        for k, packet in enumerate(fan.received(n, count)):
            head = struct.unpack_from("!BBHIIIBH", packet)
            marker = 0x80 * (k == count - 1)
            stamp = (10 + 0xFFFFFFF0 + n) & 0xFFFFFFFF
            number = (65534 + n + k) & 0xFFFF
            assert head == (
                0x90,
                0x60 | marker,
                (65530 + n + k) & 0xFFFF,
                stamp,
                1000 + n,
                0xBEDE0001,
                0x71,
                number,
            )
            picture = 0x8000 | (0x7FFE + n) & 0x7FFF
            assert packet[20:22] == payload[:2]
            assert struct.unpack_from("!HB", packet, 22) == (picture, (0xFF + 2 * n) & 0xFF)
            assert packet[25:] == payload[5:]
    assert [row.log and row.log.next_number for row in rows] == [
        65536 + 65534 + n + count for n in range(receivers)
    ]
    udp.close()


@pytest.mark.parametrize("count", [1, 9])
def test_a_number_is_never_given_twice_where_two_slots_show_the_same(
    sockets: list[socket.socket], count: int
) -> None:
    (udp,) = bind_port(["127.0.0.1"], 0)
    fan = Fan(sockets, udp, 2)
    log = SendLog()
    rows = [row._replace(first_word=0x9060, log=log) for row in fan.group.rows]
    FanOut().send(RowGroup(udp, 16, rows, 7), burst([300] * count))
    numbers = [struct.unpack_from("!H", p, 17)[0] for n in range(2) for p in fan.received(n, count)]
    assert numbers == list(range(2 * count))
    udp.close()


def test_a_burst_with_a_hole_or_of_two_frames_keeps_its_numbers(sockets: list[socket.socket]) -> None:
    (udp,) = bind_port(["127.0.0.1"], 0)
    fan_out = FanOut()
    fan = Fan(sockets, udp, 2)
    given = [(0, 1), (1, 1), (3, 1), (4, 1), (5, 2)]
    fan_out.send(fan.group, [Packet(65536 + n, time_, 0, b"word" * n, None) for n, time_ in given])
    for end in range(2):
        got = [(struct.unpack_from("!H", p, 2)[0], p[4:8], p[12:]) for p in fan.received(end, len(given))]
        assert got == [
            ((65530 + n) & 0xFFFF, (7 + time_).to_bytes(4, "big"), b"word" * n) for n, time_ in given
        ]
    udp.close()


def test_nothing_leaves_unencrypted(sockets: list[socket.socket], monkeypatch: pytest.MonkeyPatch) -> None:
    (udp,) = bind_port(["127.0.0.1"], 0)
    fan_out = FanOut()
    fan = Fan(sockets, udp, 1)

    class Broken:
        """A libsrtp that fails."""

        def srtp_protect(self, session: object, packet: object, length: object) -> int:
            return 1

    monkeypatch.setattr(fanout, "srtp", Broken())
    fan_out.send(fan.group, burst([200]))
    assert fan.ends[0].recv(2048) == bytes(228)
    assert fan_out.encryption_failures == 1
    udp.close()
