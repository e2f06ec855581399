"""Load peers that cost little: many WebRTC connections in one process, nothing decoded, nothing wasted.

They do what a browser does on the wire: ICE checks and consent, DTLS, SRTP,
transport-wide feedback every 100 ms (as Chromium does by default),
NACKs for packets that they pretend to have lost, receiver reports, PLI
answered by a key frame. A `Crowd` reads all sockets by batches and looks into
one media packet in `SAMPLE` for the time of sending, so that one core can feed
and drain a forwarder that has another core for itself. What feedback tells is
the kernel's time of arrival: a hundred receivers on one core must not seem to
be a hundred slow lines. aiortc's peers, which the tests use, cost ten times
as much.
"""

import asyncio
import errno
import os
import re
import secrets
import select
import socket
import struct
import time
from array import array
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from aioice import stun
from aiortc.rtcdtlstransport import SRTP_AEAD_AES_128_GCM, RTCCertificate
from OpenSSL import SSL
from pylibsrtp import Error as SrtpError
from pylibsrtp import Policy, Session

from webvisio_media.engine.libc import DONT_WAIT, ffi, libc
from webvisio_media.engine.udp import (
    CONTROL_SIZE_WORD,
    MMSGHDR_WORDS,
    SO_TIMESTAMPNS,
    TIMESTAMP_BYTES,
    TIMESTAMP_WORDS,
)
from webvisio_media.rtp import rtcp
from webvisio_media.rtp.numbers import to_ntp
from webvisio_media.rtp.offer import AUDIO_LEVEL_URI, MID_URI, REPAIRED_RID_URI, RID_URI, TRANSPORT_CC_URI
from webvisio_media.rtp.transport_cc import ArrivalLog

Exchange = Callable[[str], Awaitable[str]]
"""Takes an offer, returns the answer."""

SAMPLE = 97
"""One packet in so many is decrypted for its time of sending."""
LOSE_ONE_IN = 200
"""Packets that a peer pretends to have lost, and asks for again."""
FEEDBACK_S = 0.1
CONSENT_S = 2.5
REPORT_S = 1.0
TICK_S = 0.005
RETRY_S = 0.02
PATIENCE_S = 30
FRAMES_PER_S = 30
AUDIO_S = 0.02

OPUS, VP8, RTX = 96, 97, 98
MID, LEVEL, TRANSPORT, RID, REPAIRED = range(1, 6)
URIS = {
    MID: MID_URI,
    LEVEL: AUDIO_LEVEL_URI,
    TRANSPORT: TRANSPORT_CC_URI,
    RID: RID_URI,
    REPAIRED: REPAIRED_RID_URI,
}
BATCH, STRIDE = 64, 1600
RTP_FIRST_BYTES = frozenset((0x80, 0x90))
NOT_MEDIA = frozenset((*range(192, 224), RTX, RTX | 0x80))
"""Second bytes of RTCP, and of packets that only repeat."""
NUMBER_AT, NUMBERED_HEADER_BYTES = 17, 20
SOCKET_BYTES = 4 << 20


class Section(NamedTuple):
    """One m-line of an offer."""

    kind: str
    sends: bool
    rids: tuple[str, ...] = ()


class Stream:
    """One SSRC that a peer sends."""

    def __init__(self, kind: str, rid: str = "", height: int = 0) -> None:
        self.kind = kind
        self.rid = rid
        self.height = height
        self.ssrc = secrets.randbits(32)
        self.sequence = secrets.randbits(12)
        self.timestamp = secrets.randbits(30)
        self.picture_id = secrets.randbits(15)
        self.needs_key_frame = True
        self.payload_type = OPUS if kind == "audio" else VP8

    def key_frame(self) -> bytes:
        """Begin a key frame (RFC 6386 section 9.1) of its height."""
        width = self.height * 16 // 9
        return b"\x10\0\0\x9d\x01\x2a" + struct.pack("<HH", width, self.height)


class Crowd:
    """All peers of this process: their sockets, their certificate, their clock."""

    def __init__(self, address: str, has_feedback: bool = True, lose_one_in: int = LOSE_ONE_IN) -> None:
        """`has_feedback`: offer transport-wide feedback; `lose_one_in` 0: lose nothing."""
        self.address = address
        self.has_feedback = has_feedback
        self.lose_one_in = lose_one_in
        certificate = RTCCertificate.generateCertificate()
        self.context = certificate._create_ssl_context([SRTP_AEAD_AES_128_GCM])
        self.fingerprint = next(p.value for p in certificate.getFingerprints() if p.algorithm == "sha-256")
        self.peers: list[Peer] = []
        self.packets = 0
        """Media packets that came, whoever they are for."""
        self.repeats = 0
        self.padding = 0
        self.undecryptable = 0
        self.latencies_s: list[float] = []
        self._epoll = select.epoll()
        self._by_descriptor: dict[int, Peer | Sink] = {}
        self._due: deque[tuple[float, Peer]] = deque()
        self._memory = ffi.new("char[]", BATCH * STRIDE)
        self._view = memoryview(ffi.buffer(self._memory)).cast("B")
        self._controls = ffi.new("char[]", BATCH * TIMESTAMP_BYTES)
        self._control_sizes = array("Q", [TIMESTAMP_BYTES]) * BATCH
        self._parts = ffi.new("struct iovec[]", BATCH)
        self._messages = ffi.new("struct mmsghdr[]", BATCH)
        for index in range(BATCH):
            self._parts[index].iov_base = self._memory + index * STRIDE
            self._parts[index].iov_len = STRIDE
            self._messages[index].msg_hdr.msg_iov = self._parts + index
            self._messages[index].msg_hdr.msg_iovlen = 1
            self._messages[index].msg_hdr.msg_control = self._controls + index * TIMESTAMP_BYTES
        self._message_words = memoryview(ffi.buffer(self._messages)).cast("B").cast("Q")
        self._times = memoryview(ffi.buffer(self._controls)).cast("B").cast("q")
        self._sizes = memoryview(ffi.buffer(self._messages)).cast("B").cast("I")[14::16]
        loop = asyncio.get_running_loop()
        loop.add_reader(self._epoll.fileno(), self._readable)
        self._ticking = loop.create_task(self._tick())

    def add(self, member: "Peer | Sink") -> None:
        """Read a socket from now on."""
        self._by_descriptor[member.socket.fileno()] = member
        self._epoll.register(member.socket.fileno(), select.EPOLLIN)

    def welcome(self, peer: "Peer") -> None:
        """Give a connected peer its turns."""
        self.peers.append(peer)
        self._due.append((time.monotonic() + FEEDBACK_S, peer))

    def reset(self) -> None:
        """Count anew."""
        self.packets = self.repeats = self.padding = self.undecryptable = 0
        self.latencies_s.clear()

    async def close(self) -> None:
        """Leave, everybody at once."""
        self._ticking.cancel()
        await asyncio.gather(self._ticking, return_exceptions=True)
        asyncio.get_running_loop().remove_reader(self._epoll.fileno())
        self._epoll.close()
        for member in self._by_descriptor.values():
            member.close()

    def _readable(self) -> None:
        for descriptor, _ in self._epoll.poll(0):
            member = self._by_descriptor[descriptor]
            while True:
                self._message_words[CONTROL_SIZE_WORD::MMSGHDR_WORDS] = self._control_sizes
                count = libc.recvmmsg(descriptor, self._messages, BATCH, DONT_WAIT, ffi.NULL)
                if count <= 0:
                    break
                member.take(self._view, self._sizes, count)
                if count < BATCH:
                    break

    def arrival_us(self, index: int) -> int:
        """When datagram `index` of the batch at hand came, by the kernel's clock."""
        at = index * TIMESTAMP_WORDS + 2
        return int(self._times[at] * 1_000_000 + self._times[at + 1] // 1000)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            now = time.monotonic()
            while self._due and self._due[0][0] <= now:
                _, peer = self._due.popleft()
                peer.speak_up(now)
                self._due.append((now + FEEDBACK_S, peer))


class Sink:
    """A socket that is read and counted, for senders that know no WebRTC."""

    def __init__(self, crowd: Crowd) -> None:
        self.socket = _open_socket(crowd.address)
        self.port: int = self.socket.getsockname()[1]
        self._crowd = crowd
        crowd.add(self)

    def take(self, view: memoryview, sizes: memoryview, count: int) -> None:
        """Count."""
        self._crowd.packets += count

    def close(self) -> None:
        """Give the socket back."""
        self.socket.close()


class Peer:
    """One connection."""

    def __init__(self, crowd: Crowd, sections: Sequence[Section]) -> None:
        self.crowd = crowd
        self.sections = tuple(sections)
        self.socket = _open_socket(crowd.address)
        self.ufrag, self.password = secrets.token_hex(4), secrets.token_hex(12)
        self.ssrcs: dict[str, int] = {}
        """By mid: what the answer says that comes."""
        self.packets = 0
        self.streams: dict[int, Stream] = {}
        self.by_section: dict[int, list[Stream]] = {}
        for index, section in enumerate(self.sections):
            if section.sends:
                heights = (180, 360, 720) if section.rids else (720,)
                streams = [
                    Stream(section.kind, rid, height)
                    for rid, height in zip(section.rids or ("",), heights, strict=True)
                ]
                self.by_section[index] = streams
                self.streams |= {stream.ssrc for stream in streams} and {s.ssrc: s for s in streams}
        self._connected: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._tls = SSL.Connection(crowd.context)
        self._tls.set_connect_state()
        self._tls.set_ciphertext_mtu(1200)
        self._remote_ufrag = self._remote_password = ""
        self._checks = 0
        """Checks that were answered: the second one nominates."""
        self._flight: list[bytes] = []
        """The last part of the DTLS handshake, until it is answered."""
        self._inbound: Session
        self._outbound: Session
        self._arrivals: list[tuple[int, int, int]] = []
        """(first transport-wide number, packets, microseconds)."""
        self._log = ArrivalLog()
        self._sent_number = 0
        self._consent_at = self._report_at = 0.0
        self._reports: dict[int, tuple[int, float]] = {}
        """Last sender report by SSRC: the middle of its time, and when it came."""
        self._highest: dict[int, int] = {}
        self._until_sample = secrets.randbelow(SAMPLE) + 1
        self._until_loss = secrets.randbelow(crowd.lose_one_in) + 1 if crowd.lose_one_in else 1 << 60
        crowd.add(self)

    # ---- connecting --------------------------------------------------------------------

    async def connect(self, exchange: Exchange) -> None:
        """Offer, take the answer, be connected."""
        await self._establish(await exchange(self.offer()))

    async def accept(self, offer: str, send_answer: Exchange) -> None:
        """Answer a server that offers itself (janus); it must know the answer before it knows the peer."""
        ports = re.findall(r"^m=(\w+) \d+ (\S+) (\d+)", offer, re.MULTILINE)
        mids = re.findall(r"^a=mid:(\S+)", offer, re.MULTILINE)
        maps = dict(re.findall(r"^a=rtpmap:(\d+) (\S+)", offer, re.MULTILINE))
        lines = self._head(mids)
        for (kind, protocol, number), mid in zip(ports, mids, strict=True):
            lines += [f"m={kind} 9 {protocol} {number}", *self._transport(mid), "a=recvonly"]
            lines += [f"a=rtpmap:{number} {maps[number]}", f"a=rtcp-fb:{number} nack"]
        await send_answer("\r\n".join(lines) + "\r\n")
        await self._establish(offer)

    def offer(self) -> str:
        """Write the offer."""
        lines = self._head([str(index) for index in range(len(self.sections))])
        for index, section in enumerate(self.sections):
            is_video = section.kind == "video"
            formats = f"{VP8} {RTX}" if is_video else f"{OPUS}"
            lines += [f"m={section.kind} 9 UDP/TLS/RTP/SAVPF {formats}", *self._transport(str(index))]
            lines.append("a=sendonly" if section.sends else "a=recvonly")
            wanted = [MID, LEVEL] if not is_video else [MID]
            wanted += [TRANSPORT] if self.crowd.has_feedback else []
            wanted += [RID, REPAIRED] if section.rids else []
            lines += [f"a=extmap:{number} {URIS[number]}" for number in wanted]
            feedback = ["transport-cc"] if self.crowd.has_feedback else []
            if is_video:
                lines.append(f"a=rtpmap:{VP8} VP8/90000")
                feedback += ["nack", "nack pli", "ccm fir", "goog-remb"]
                lines += [f"a=rtpmap:{RTX} rtx/90000", f"a=fmtp:{RTX} apt={VP8}"]
            else:
                lines += [f"a=rtpmap:{OPUS} opus/48000/2", f"a=fmtp:{OPUS} minptime=10;useinbandfec=1"]
            lines += [f"a=rtcp-fb:{VP8 if is_video else OPUS} {name}" for name in feedback]
            if section.rids:
                lines += [f"a=rid:{rid} send" for rid in section.rids]
                lines.append("a=simulcast:send " + ";".join(section.rids))
            elif section.sends:
                lines.append(f"a=ssrc:{self.by_section[index][0].ssrc} cname:load")
        return "\r\n".join(lines) + "\r\n"

    def _head(self, mids: Sequence[str]) -> list[str]:
        return [
            "v=0",
            "o=- 1 1 IN IP4 0.0.0.0",
            "s=-",
            "t=0 0",
            "a=group:BUNDLE " + " ".join(mids),
            "a=msid-semantic: WMS *",
        ]

    def _transport(self, mid: str) -> list[str]:
        host, port = self.socket.getsockname()
        return [
            "c=IN IP4 0.0.0.0",
            f"a=mid:{mid}",
            f"a=ice-ufrag:{self.ufrag}",
            f"a=ice-pwd:{self.password}",
            f"a=fingerprint:sha-256 {self.crowd.fingerprint}",
            "a=setup:active",
            "a=rtcp-mux",
            f"a=candidate:1 1 udp 2130706431 {host} {port} typ host",
            "a=end-of-candidates",
        ]

    async def _establish(self, description: str) -> None:
        found = re.search(
            r"^a=candidate:\S+ 1 udp \d+ (\d+\.\S+) (\d+) typ host",
            description,
            re.MULTILINE | re.IGNORECASE,
        )
        ufrag = re.search(r"^a=ice-ufrag:(\S+)", description, re.MULTILINE)
        password = re.search(r"^a=ice-pwd:(\S+)", description, re.MULTILINE)
        assert found and ufrag and password, "a description without candidate or credentials"
        self._remote_ufrag, self._remote_password = ufrag[1], password[1]
        for part in description.split("\nm=")[1:]:
            mid = re.search(r"^a=mid:(\S+)", part, re.MULTILINE)
            ssrc = re.search(r"^a=ssrc:(\d+)", part, re.MULTILINE)
            if mid and ssrc:
                self.ssrcs[mid[1]] = int(ssrc[1])
        self.socket.connect((found[1], int(found[2])))
        async with asyncio.timeout(PATIENCE_S):
            while not self._connected.done():
                if self._checks < 2:
                    self._check()
                for data in self._flight:  # whoever has just been nominated may not have listened yet
                    self._send(data)
                with suppress(TimeoutError):
                    await asyncio.wait_for(asyncio.shield(self._connected), RETRY_S)
        self.crowd.welcome(self)

    def _check(self) -> None:
        """Check, then nominate (RFC 8445 section 8.1.1); later, ask for consent."""
        message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
        message.attributes["USERNAME"] = f"{self._remote_ufrag}:{self.ufrag}"
        message.attributes["PRIORITY"] = 1845501695
        message.attributes["ICE-CONTROLLING"] = 1
        if self._checks:
            message.attributes["USE-CANDIDATE"] = None
        message.add_message_integrity(self._remote_password.encode())
        self._send(bytes(message))

    def _send(self, data: bytes) -> None:
        try:
            self.socket.send(data)
        except OSError as problem:
            if problem.errno not in (errno.EAGAIN, errno.ECONNREFUSED, errno.ENOBUFS):
                raise

    def _shake_hands(self) -> None:
        with suppress(SSL.WantReadError):
            self._tls.do_handshake()
            profile = SRTP_AEAD_AES_128_GCM
            size = 2 * (profile.key_length + profile.salt_length)
            material = self._tls.export_keying_material(b"EXTRACTOR-dtls_srtp", size)
            keys = [profile.get_key_and_salt(material, side) for side in (0, 1)]
            kinds = (Policy.SSRC_ANY_OUTBOUND, Policy.SSRC_ANY_INBOUND)
            self._outbound, self._inbound = (
                Session(Policy(key, ssrc_type=kind, srtp_profile=profile.libsrtp_profile))
                for key, kind in zip(keys, kinds, strict=True)
            )
            if not self._connected.done():
                self._connected.set_result(None)
        self._flush_tls()

    def _flush_tls(self) -> None:
        flight = []
        with suppress(SSL.WantReadError):
            while True:
                flight.append(self._tls.bio_read(1500))
                self._send(flight[-1])
        self._flight = [] if self._connected.done() else flight or self._flight

    # ---- what comes --------------------------------------------------------------------

    def take(self, view: memoryview, sizes: memoryview, count: int) -> None:
        """Take a batch of datagrams."""
        end = count * STRIDE
        firsts, seconds = view[0:end:STRIDE].tobytes(), view[1:end:STRIDE].tobytes()
        if RTP_FIRST_BYTES.issuperset(firsts) and NOT_MEDIA.isdisjoint(seconds):
            self._take_media(view, sizes, 0, count, is_numbered=firsts[0] & 0x10 != 0)
            return
        for index in range(count):
            first, second = firsts[index], seconds[index]
            at, size = index * STRIDE, sizes[index]
            if first < 4:
                self._take_stun(view[at : at + size].tobytes())
            elif first < 64:
                self._tls.bio_write(view[at : at + size].tobytes())
                if not self._connected.done():
                    self._shake_hands()
            elif 192 <= second <= 223:
                self._take_rtcp(view[at : at + size].tobytes())
            elif second & 0x7F == RTX:
                if first & 0x20:
                    self.crowd.padding += 1
                else:
                    self.crowd.repeats += 1
                if first & 0x10:
                    number = view[at + NUMBER_AT] << 8 | view[at + NUMBER_AT + 1]
                    self._arrivals.append((number, 1, self.crowd.arrival_us(index)))
            else:
                self._take_media(view, sizes, index, 1, is_numbered=first & 0x10 != 0)

    def _take_media(
        self, view: memoryview, sizes: memoryview, index: int, count: int, is_numbered: bool
    ) -> None:
        self.crowd.packets += count
        self.packets += count
        self._until_sample -= count
        self._until_loss -= count
        last_at = (index + count - 1) * STRIDE
        if self._until_sample <= 0:
            self._until_sample = SAMPLE
            self._sample(view[last_at : last_at + sizes[index + count - 1]].tobytes())
        kept = count
        if self._until_loss <= 0 and view[last_at + 1] & 0x7F == VP8:
            self._until_loss = self.crowd.lose_one_in
            kept = count - 1
            sequence, ssrc = struct.unpack_from("!H4xI", view, last_at + 2)
            self._send_rtcp(rtcp.nack(1, ssrc, (sequence,)))
        if is_numbered and kept:
            at = index * STRIDE + NUMBER_AT
            number = view[at] << 8 | view[at + 1]
            self._arrivals.append((number, kept, self.crowd.arrival_us(index + kept - 1)))

    def _sample(self, data: bytes) -> None:
        try:
            plain = self._inbound.unprotect(data)
        except SrtpError:
            self.crowd.undecryptable += 1
            return
        sequence, ssrc = struct.unpack_from("!H4xI", plain, 2)
        self._highest[ssrc] = sequence
        self.crowd.latencies_s.append(time.monotonic() - struct.unpack("!d", plain[-8:])[0])

    def _take_stun(self, data: bytes) -> None:
        message = stun.parse_message(data)
        if message.message_class is stun.Class.REQUEST:
            reply = stun.Message(stun.Method.BINDING, stun.Class.RESPONSE, message.transaction_id)
            reply.attributes["XOR-MAPPED-ADDRESS"] = self.socket.getpeername()
            reply.add_message_integrity(self.password.encode())
            self._send(bytes(reply))
        elif message.message_class is stun.Class.RESPONSE and self._checks < 2:
            self._checks += 1
            if self._checks < 2:
                self._check()
            else:
                self._shake_hands()

    def _take_rtcp(self, data: bytes) -> None:
        now = time.monotonic()
        for packet in rtcp.parse(self._inbound.unprotect_rtcp(data)):
            if isinstance(packet, rtcp.SenderReport):
                self._reports[packet.ssrc] = packet.ntp >> 16 & 0xFFFF_FFFF, now
            elif isinstance(packet, rtcp.KeyFrameRequest):
                for ssrc in packet.media_ssrcs:
                    if ssrc in self.streams:
                        self.streams[ssrc].needs_key_frame = True

    # ---- what goes ---------------------------------------------------------------------

    def _send_rtcp(self, data: bytes) -> None:
        self._send(self._outbound.protect_rtcp(data))

    def speak_up(self, now: float) -> None:
        """Send what is due: feedback, consent, reports."""
        arrivals = self._arrivals
        if arrivals:
            log = self._log
            for number, count, at_us in arrivals:
                for step in range(count):
                    log.arrived((number + step) & 0xFFFF, at_us)
            arrivals.clear()
            for body in log.feedback():
                self._send_rtcp(rtcp.transport_feedback(1, 1, body))
        if now - self._consent_at >= CONSENT_S:
            self._consent_at = now
            self._check()
        if now - self._report_at >= REPORT_S:
            self._report_at = now
            self._report(now)

    def _report(self, now: float) -> None:
        blocks = [
            rtcp.ReportBlock(
                ssrc, 0, 0, self._highest.get(ssrc, 0), 90, middle, round((now - came_at) * 65536)
            )
            for ssrc, (middle, came_at) in self._reports.items()
        ]
        pieces = rtcp.receiver_report(1, blocks[:31])
        for stream in self.streams.values():
            report = rtcp.sender_report(stream.ssrc, to_ntp(time.time()), stream.timestamp, 0, 0)
            pieces = report if pieces is None else pieces + report
        self._send_rtcp(pieces + rtcp.source_description(b"\0\0\0\1", "load"))

    def send_frame(self, stream: Stream, sizes: Sequence[int]) -> int:
        """Send one frame of a camera in packets of `sizes` bytes; returns how many."""
        stream.timestamp = (stream.timestamp + 90000 // FRAMES_PER_S) & 0xFFFF_FFFF
        stream.picture_id = (stream.picture_id + 1) & 0x7FFF
        descriptor = struct.pack("!BBHBB", 0x80, 0xE0, 0x8000 | stream.picture_id, 1, 0)
        is_key, stream.needs_key_frame = stream.needs_key_frame, False
        for place, size in enumerate(sizes):
            start = descriptor
            if place == 0:
                start = b"\x90" + descriptor[1:] + (stream.key_frame() if is_key else b"\x11")
            self._send_packet(stream, start, size, is_last=place == len(sizes) - 1)
        return len(sizes)

    def send_sound(self, stream: Stream, level: int) -> int:
        """Send 20 ms of sound."""
        stream.timestamp = (stream.timestamp + 960) & 0xFFFF_FFFF
        self._send_packet(stream, b"", 100, is_last=False, level=level)
        return 1

    def _send_packet(
        self, stream: Stream, start: bytes, size: int, is_last: bool, level: int | None = None
    ) -> None:
        elements = b""
        if self.crowd.has_feedback:
            self._sent_number = (self._sent_number + 1) & 0xFFFF
            elements = struct.pack("!BH", TRANSPORT << 4 | 1, self._sent_number)
        if stream.rid:
            elements += bytes([RID << 4 | len(stream.rid) - 1]) + stream.rid.encode()
        if level is not None:
            elements += bytes([LEVEL << 4, 0x80 | level])
        elements += bytes(-len(elements) % 4)
        block = struct.pack("!HH", 0xBEDE, len(elements) // 4) + elements if elements else b""
        stream.sequence = (stream.sequence + 1) & 0xFFFF
        header = struct.pack(
            "!BBHII",
            0x90 if block else 0x80,
            stream.payload_type | (0x80 if is_last else 0),
            stream.sequence,
            stream.timestamp,
            stream.ssrc,
        )
        body = start + FILLING[: size - len(start) - 8] + struct.pack("!d", time.monotonic())
        self._send(self._outbound.protect(header + block + body))

    def close(self) -> None:
        """Say goodbye and give the socket back."""
        with suppress(SSL.Error):
            self._tls.shutdown()
            self._flush_tls()
        self.socket.close()


FILLING = os.urandom(1200)


class Camera:
    """A camera of one peer: some layers, each with its packets a frame."""

    def __init__(self, peer: Peer, section: int, packets_per_frame: Sequence[Sequence[int]]) -> None:
        """`packets_per_frame` has the sizes of a frame's packets, a list a layer."""
        self.layers = len(packets_per_frame)
        """How many are sent, smallest first."""
        self._peer = peer
        self._streams = peer.by_section[section]
        self._sizes = packets_per_frame

    def send_frame(self) -> int:
        """Send a frame of every layer that is wanted."""
        pairs = list(zip(self._streams, self._sizes, strict=True))[: self.layers]
        return sum(self._peer.send_frame(stream, sizes) for stream, sizes in pairs)


async def pump(
    seconds: float, cameras: Sequence[Camera], speakers: Sequence[tuple[Peer, Stream]] = ()
) -> int:
    """Send pictures and sound for `seconds`; returns how many packets.

    Cameras are not in step: their frames are spread over a frame's time.
    """
    jobs = sorted(_jobs(seconds, cameras, speakers), key=lambda job: job[0])
    started = time.monotonic()
    sent = 0
    for at, job in jobs:
        wait = started + at - time.monotonic()
        if wait > 0:
            await asyncio.sleep(wait)
        sent += job()
    rest = started + seconds - time.monotonic()
    if rest > 0:
        await asyncio.sleep(rest)
    return sent


def _jobs(
    seconds: float, cameras: Sequence[Camera], speakers: Sequence[tuple[Peer, Stream]]
) -> Iterator[tuple[float, Callable[[], int]]]:
    for index, camera in enumerate(cameras):
        for frame in range(int(seconds * FRAMES_PER_S)):
            yield (frame + index / len(cameras)) / FRAMES_PER_S, camera.send_frame
    for index, (peer, stream) in enumerate(speakers):
        for frame in range(int(seconds / AUDIO_S)):
            yield (
                (frame + index / len(speakers)) * AUDIO_S,
                lambda peer=peer, stream=stream: peer.send_sound(stream, 30),
            )


def _open_socket(address: str) -> socket.socket:
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    opened.setblocking(False)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SOCKET_BYTES)
    opened.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    opened.bind((address, 0))
    return opened


def quantile_ms(values_s: Sequence[float], share: float) -> float:
    """A quantile of latencies, in milliseconds."""
    if not values_s:
        return float("nan")
    return 1000 * sorted(values_s)[min(len(values_s) - 1, int(share * len(values_s)))]


Figures = dict[str, Any]
