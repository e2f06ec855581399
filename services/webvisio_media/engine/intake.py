"""What comes in: tells datagrams apart, finds whose they are, checks and decrypts them.

Datagrams are told apart by their first byte (RFC 7983) and peers by their
address, which only an authentic STUN request can set. Whatever is malformed,
not authentic or above a limit is counted and dropped here.
"""

import logging
import time
from collections import Counter
from collections.abc import Callable

from webvisio_media.engine.connectivity import BindingRequest, Ignored, is_authentic, read_request, respond
from webvisio_media.engine.dtls import are_records
from webvisio_media.engine.feedback import Feedback
from webvisio_media.engine.forwarding import Forwarder
from webvisio_media.engine.libc import Alarm, srtp, srtp_ffi
from webvisio_media.engine.limits import Limits, Timing
from webvisio_media.engine.peers import Peer
from webvisio_media.engine.tcp import TcpAddress, TcpConnection
from webvisio_media.engine.udp import BATCH, BUFFER_BYTES, Address, UdpSocket
from webvisio_media.errors import Malformed
from webvisio_media.rtp.packet import is_rtcp
from webvisio_media.rtp.rtcp import is_feedback_alone

log = logging.getLogger(__name__)

MOST_BATCHES = 8
"""Batches read before the loop may do something else."""
LEAST_BYTES = 12
"""The shortest datagram that can be anything: an RTP header, an RTCP packet with its index."""
SRTCP_INDEX_BYTES = 4
"""What follows an encrypted RTCP packet beside its tag (RFC 3711 section 3.4)."""


class Intake:
    """Hands packets to the forwarder and to the feedback."""

    def __init__(
        self, forwarder: Forwarder, feedback: Feedback, limits: Limits, timing: Timing, counts: Counter[str]
    ) -> None:
        self._forwarder = forwarder
        self._feedback = feedback
        self._limits = limits
        self._timing = timing
        self._counts = counts
        self._by_ufrag: dict[str, Peer] = {}
        self._by_address: dict[bytes, Peer] = {}
        self._length = srtp_ffi.new("int *")
        self._stun_window_at = 0.0
        self._stun_strangers = 0
        self._lag_us = 0
        self._lag_before_us = 0
        self.before_sending: Callable[[], None] = lambda: None
        """Called before what is ready leaves to peers."""
        self.alarm = Alarm()
        """Rings when unfinished frames have waited long enough."""

    def expect(self, peer: Peer) -> None:
        """Let a peer be found by its ufrag."""
        self._by_ufrag[peer.ufrag] = peer

    def unexpect_former(self, peer: Peer) -> None:
        """Let a peer be found no more by the ufrag before its last restart."""
        if peer.former is not None:
            self._by_ufrag.pop(peer.former[0], None)

    def forget(self, peer: Peer) -> None:
        """Let a peer be found no more, and close its connections."""
        self.unexpect_former(peer)
        self._by_ufrag.pop(peer.ufrag, None)
        for address in list(peer.addresses.values()):
            if isinstance(address, TcpAddress) and address is not peer.address:
                address.socket.close()
        for key in peer.addresses:
            if self._by_address.get(key) is peer:
                del self._by_address[key]

    @property
    def lag_ms(self) -> float:
        """The longest that a datagram waited for this loop lately."""
        return max(self._lag_us, self._lag_before_us) / 1000

    def turn_lag(self) -> None:
        """Begin a new interval of `lag_ms`; the one before still counts."""
        self._lag_before_us, self._lag_us = self._lag_us, 0

    def readable(self, udp: UdpSocket) -> None:
        """Read what is there and act upon it; then send what is ready."""
        now = time.monotonic()
        for _ in range(MOST_BATCHES):
            count = udp.receive()
            if count:
                self._lag_us = max(self._lag_us, int(time.time() * 1e6) - udp.arrival_us(0))
            for index in range(count):
                self._guarded(udp, index, now)
            if count < BATCH:
                break
        self.send_ready()

    def read_rtcp(self, udp: UdpSocket) -> int:
        """Read a batch of RTCP and act upon it; returns how many there were."""
        now = time.monotonic()
        count = udp.receive()
        for index in range(count):
            self._guarded(udp, index, now)
        self.send_ready()
        return count

    def take_framed(self, connection: TcpConnection) -> None:
        """Act upon the datagram that a TCP connection has; then send what is ready."""
        self._guarded(connection, 0, time.monotonic())
        self.send_ready()

    def send_ready(self) -> None:
        """Send what is complete, to other workers first: their people have a longer way."""
        self.before_sending()
        if self._forwarder.flush_complete() and not self.alarm.is_set:
            self.alarm.set(self._timing.burst_hold_s)

    def lose(self, connection: TcpConnection) -> None:
        """Note that a TCP connection is closed: its peer must come by another way."""
        peer = self._by_address.pop(connection.key(0), None)
        if peer is None:
            return
        address = peer.addresses.pop(connection.key(0), None)
        if peer.address is address:
            self._settle(peer, None)

    def ring(self) -> None:
        """Send what was gathered: its time is over."""
        self.alarm.acknowledge()
        self._forwarder.flush_all()

    def _guarded(self, udp: UdpSocket | TcpConnection, index: int, now: float) -> None:
        try:
            self._datagram(udp, index, now)
        except Malformed as problem:
            self._counts["malformed"] += 1
            log.debug("malformed datagram: %s", problem)
        except Exception:
            # The outermost loop: one bad datagram must not take the others' media down.
            self._counts["internal_errors"] += 1
            log.exception("a datagram could not be handled")

    def _datagram(self, udp: UdpSocket | TcpConnection, index: int, now: float) -> None:
        size = udp.size(index)
        at = index * BUFFER_BYTES
        if size < 12:
            raise Malformed("datagram length")
        first = udp.view[at]
        key = udp.key(index)
        peer = self._by_address.get(key)
        if 128 <= first <= 191:
            if peer is None or peer.inbound is None:
                self._counts["media_from_strangers"] += 1
            elif is_rtcp(udp.view[at + 1]):
                self._control(peer, udp, index, size, now)
            else:
                self._media(peer, udp, index, size, now)
        elif first <= 3:
            self._stun(peer, udp, key, udp.view[at : at + size].tobytes(), now)
        elif 20 <= first <= 63:
            if peer is None:
                self._counts["dtls_from_strangers"] += 1
            elif not are_records(udp.view[at : at + size]):
                self._counts["dtls_malformed"] += 1
            elif not self._allows_check(peer, now):
                self._counts["checks_limited"] += 1
            elif not peer.dtls.deliver(udp.view[at : at + size].tobytes()):
                self._counts["dtls_dropped"] += 1
        else:
            raise Malformed("datagram kind")

    def _media(self, peer: Peer, udp: UdpSocket | TcpConnection, index: int, size: int, now: float) -> None:
        if not self._allows_media(peer, size, now):
            return
        length = self._length
        length[0] = size
        if srtp.srtp_unprotect(peer.inbound, udp.pointers[index], length):
            self._counts["srtp_rejected"] += 1
            return
        peer.last_heard_at = now
        self._counts["packets_received"] += 1
        self._counts["octets_received"] += size
        at = index * BUFFER_BYTES
        self._forwarder.take(peer, udp.view[at : at + length[0]].tobytes(), now, udp.arrival_us(index))

    def _allows_media(self, peer: Peer, size: int, now: float) -> bool:
        """Count RTP and RTCP of a peer against its rates; False when it is above one."""
        if now - peer.window_started_at >= 1:
            _begin_window(peer, now)
        peer.window_packets += 1
        peer.window_octets += size
        if (
            peer.window_packets > self._limits.packets_per_second
            or peer.window_octets > self._limits.bytes_per_second
        ):
            self._counts["rate_limited"] += 1
            return False
        return True

    def _allows_check(self, peer: Peer, now: float) -> bool:
        """Count STUN and DTLS of a peer, which has its own rate: no flood of media may cost it the connection."""
        if now - peer.window_started_at >= 1:
            _begin_window(peer, now)
        peer.window_checks += 1
        return peer.window_checks <= self._limits.checks_per_second

    def _control(self, peer: Peer, udp: UdpSocket | TcpConnection, index: int, size: int, now: float) -> None:
        if not self._allows_media(peer, size, now):
            return
        at = index * BUFFER_BYTES
        line = peer.line
        if (
            line is not None
            and now < line.rests_until
            and is_feedback_alone(udp.view, at, size - SRTCP_INDEX_BYTES - peer.dtls.tag_bytes)
        ):
            # Its first bytes are not encrypted. Whether it is authentic does not matter: nothing is done with it.
            line.has_unread = True
            self._counts["transport_feedback_unread"] += 1
            return
        length = self._length
        length[0] = size
        if srtp.srtp_unprotect_rtcp(peer.inbound, udp.pointers[index], length):
            self._counts["srtcp_rejected"] += 1
            return
        peer.last_heard_at = now
        self._counts["rtcp_received"] += 1
        self._feedback.take(peer, udp.view[at : at + length[0]].tobytes(), now, udp.arrival_us(index) / 1e6)

    def _stun(
        self, peer: Peer | None, udp: UdpSocket | TcpConnection, key: bytes, data: bytes, now: float
    ) -> None:
        if peer is None:
            if now - self._stun_window_at >= 1:
                self._stun_window_at, self._stun_strangers = now, 0
            self._stun_strangers += 1
            if self._stun_strangers > self._limits.unauthenticated_stun_per_second:
                self._counts[Ignored.RATE.value] += 1
                return
        elif not self._allows_check(peer, now):
            self._counts["checks_limited"] += 1
            return
        request = read_request(data)
        if not isinstance(request, BindingRequest):
            self._counts[request.value] += 1
            return
        peer = self._by_ufrag.get(request.ufrag)
        if peer is None:
            self._counts[Ignored.UNKNOWN_PEER.value] += 1
            return
        signer = peer.signer_of(request.ufrag)
        if not is_authentic(request, signer):
            self._counts[Ignored.UNAUTHENTIC.value] += 1
            return
        peer.last_heard_at = now
        if isinstance(udp, TcpConnection):
            udp.is_authentic = True
        address = peer.addresses.get(key)
        if address is None:
            address = self._new_address(peer, udp, key)
        udp.send(respond(request, signer, address.host, address.port), address)
        if peer.address is None or (request.is_nominating and peer.address is not address):
            self._move(peer, address)

    def _new_address(self, peer: Peer, udp: UdpSocket | TcpConnection, key: bytes) -> Address | TcpAddress:
        if len(peer.addresses) >= self._limits.addresses_per_peer:
            oldest = next(k for k, known in peer.addresses.items() if known is not peer.address)
            self._by_address.pop(oldest, None)
            forgotten = peer.addresses.pop(oldest)
            self._counts["addresses_forgotten"] += 1
            if isinstance(forgotten, TcpAddress):
                forgotten.socket.close()
        address = peer.addresses[key] = udp.address(key)
        holder = self._by_address.get(key)
        if holder is not None and holder is not peer:
            holder.addresses.pop(key, None)
        self._by_address[key] = peer
        return address

    def _move(self, peer: Peer, address: Address | TcpAddress) -> None:
        if peer.address is not None:
            self._counts["addresses_changed"] += 1
        self._settle(peer, address)

    def _settle(self, peer: Peer, address: Address | TcpAddress | None) -> None:
        peer.address = address
        for slot in peer.slots.values():
            if slot.feed is not None:
                slot.feed.changed()


def _begin_window(peer: Peer, now: float) -> None:
    peer.window_started_at = now
    peer.window_packets = peer.window_octets = peer.window_checks = 0
