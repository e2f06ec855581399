"""Load peers for forwarders: they connect with aiortc, then touch as little as they can.

A publisher sends canned VP8 in bursts of one frame, each packet with the time
of sending in its last bytes. Subscribers give their sockets to a `Drain`,
which counts datagrams and decrypts one in `SAMPLE` to read that time. So one
core can feed and drain a forwarder that has another core for itself.
"""

import asyncio
import os
import select
import socket
import struct
import time
from collections.abc import Awaitable, Callable
from typing import Any

import aioice.ice
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription

SAMPLE = 97
FRAMES_PER_S = 30
PATIENCE_S = 30
KEY_FRAME_HEADER = bytes([0x10, 0x10, 0, 0, 0x9D, 0x01, 0x2A, 0x80, 2, 0xE0, 1])
DELTA_FRAME_HEADER = bytes([0x10, 0x11])
CONTINUATION = b"\0"


def use_address(address: str) -> None:
    """Gather `address` alone as candidate, and never give a connection up, for all peers of this process."""
    aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: [address]
    # A core that is overloaded must show in the latencies, not end the connection.
    aioice.ice.CONSENT_FAILURES = 1000


async def _connected(pc: RTCPeerConnection) -> None:
    done = asyncio.Event()
    pc.on("connectionstatechange", done.set)
    async with asyncio.timeout(PATIENCE_S):
        while pc.connectionState != "connected":
            if pc.connectionState in ("failed", "closed"):
                raise RuntimeError(f"a peer is {pc.connectionState}")
            await done.wait()
            done.clear()


class Publisher:
    """Sends one camera."""

    def __init__(self, packet_bytes: int = 1100) -> None:
        self._pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._sender = self._pc.addTransceiver("video", direction="sendonly").sender
        self._body = os.urandom(packet_bytes - 8)
        self._sequence = 1
        self._timestamp = 0
        self.sent = 0

    async def connect(self, negotiate: Callable[[str], Awaitable[str]]) -> None:
        """Offer, hand the offer to `negotiate`, take its answer."""
        await self._pc.setLocalDescription(await self._pc.createOffer())
        answer = await negotiate(self._pc.localDescription.sdp)
        await self._pc.setRemoteDescription(RTCSessionDescription(answer, "answer"))
        await _connected(self._pc)

    async def pump(self, packets_per_s: int, seconds: float) -> None:
        """Send for `seconds`, a key frame first and every two seconds."""
        dtls: Any = self._sender.transport
        pair = dtls.transport._connection._nominated[1]
        sendto, address, protect = pair.protocol.transport.sendto, pair.remote_addr, dtls._tx_srtp.protect
        sdp = self._pc.remoteDescription.sdp
        vp8 = next(line for line in sdp.splitlines() if line.startswith("a=rtpmap:") and "VP8/" in line)
        payload_type = int(vp8.split(":")[1].split()[0])
        per_frame = max(1, packets_per_s // FRAMES_PER_S)
        started = time.monotonic()
        for frame in range(int(seconds * FRAMES_PER_S)):
            first = KEY_FRAME_HEADER if frame % (2 * FRAMES_PER_S) == 0 else DELTA_FRAME_HEADER
            for index in range(per_frame):
                marker = 0x80 if index == per_frame - 1 else 0
                header = struct.pack(
                    "!BBHII",
                    0x80,
                    marker | payload_type,
                    self._sequence & 0xFFFF,
                    self._timestamp & 0xFFFFFFFF,
                    self._sender._ssrc,
                )
                start = first if index == 0 else CONTINUATION
                packet = header + start + self._body + struct.pack("!d", time.monotonic())
                sendto(protect(packet), address)
                self._sequence += 1
                self.sent += 1
            self._timestamp += 90000 // FRAMES_PER_S
            await asyncio.sleep(max(0.0, started + (frame + 1) / FRAMES_PER_S - time.monotonic()))

    async def close(self) -> None:
        """Leave."""
        await self._pc.close()


class Drain:
    """Reads every subscriber's socket as cheaply as Python can."""

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._subscribers: dict[int, Subscriber] = {}
        self._buffer = bytearray(2048)
        self._view = memoryview(self._buffer)
        asyncio.get_running_loop().add_reader(self._epoll.fileno(), self._read)

    def add(self, subscriber: "Subscriber") -> None:
        """Take over a connected subscriber's socket."""
        transport = subscriber.protocol.transport
        descriptor = transport.get_extra_info("socket").fileno()
        # The event loop would read each datagram into an object of its own; it has no public way to let go.
        asyncio.get_running_loop()._remove_reader(descriptor)  # type: ignore[attr-defined]
        subscriber.socket = socket.socket(fileno=os.dup(descriptor))
        subscriber.socket.setblocking(False)
        subscriber.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self._subscribers[subscriber.socket.fileno()] = subscriber
        self._epoll.register(subscriber.socket.fileno(), select.EPOLLIN)

    def _read(self) -> None:
        view = self._view
        for descriptor, _ in self._epoll.poll(0):
            subscriber = self._subscribers[descriptor]
            receive = subscriber.socket.recv_into
            try:
                while True:
                    size = receive(view)
                    if view[0] & 0xC0 == 0x80 and not 192 <= view[1] <= 223:
                        subscriber.packets += 1
                        if subscriber.packets % SAMPLE == 0:
                            subscriber.sample(bytes(view[:size]))
                    else:
                        subscriber.protocol.datagram_received(bytes(view[:size]), subscriber.remote)
            except BlockingIOError:
                continue

    def close(self) -> None:
        """Let go of every socket."""
        asyncio.get_running_loop().remove_reader(self._epoll.fileno())
        self._epoll.close()
        for subscriber in self._subscribers.values():
            subscriber.socket.close()


class Subscriber:
    """Receives one camera and counts."""

    socket: socket.socket

    def __init__(self) -> None:
        self._pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._receiver: Any = None
        self.protocol: Any = None
        self.remote: Any = None
        self.packets = 0
        self.latencies_s: list[float] = []
        self.undecryptable = 0

    async def connect(self, negotiate: Callable[[str], Awaitable[str]]) -> None:
        """Offer to receive (WHEP)."""
        self._pc.addTransceiver("video", direction="recvonly")
        await self._pc.setLocalDescription(await self._pc.createOffer())
        answer = await negotiate(self._pc.localDescription.sdp)
        await self._pc.setRemoteDescription(RTCSessionDescription(answer, "answer"))

    async def answer(self, offer: str) -> str:
        """Answer a server that offers itself (janus)."""
        await self._pc.setRemoteDescription(RTCSessionDescription(offer, "offer"))
        await self._pc.setLocalDescription(await self._pc.createAnswer())
        sdp: str = self._pc.localDescription.sdp
        return sdp

    async def ready(self, drain: Drain) -> None:
        """Await the connection and hand the socket to `drain`."""
        await _connected(self._pc)
        dtls: Any = self._pc.getTransceivers()[0].receiver.transport
        pair = dtls.transport._connection._nominated[1]
        self.protocol, self.remote = pair.protocol, pair.remote_addr
        self._unprotect = dtls._rx_srtp.unprotect
        drain.add(self)

    def sample(self, data: bytes) -> None:
        """Read the time of sending out of one packet."""
        try:
            sent_at = struct.unpack("!d", self._unprotect(data)[-8:])[0]
        except Exception:
            # pylibsrtp's error is an `Exception`; a benchmark only wants to know how many.
            self.undecryptable += 1
            return
        self.latencies_s.append(time.monotonic() - sent_at)

    def reset(self) -> None:
        """Count anew."""
        self.packets = self.undecryptable = 0
        self.latencies_s.clear()

    async def close(self) -> None:
        """Leave."""
        await self._pc.close()
