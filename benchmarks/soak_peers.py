"""The load of the soak: rooms that come and go, in a process of its own that is started anew each round.

It asks the process that holds the pool over a socket pair, JSON a line, as
browsers ask rooms. People join, leave (by a goodbye, told by rooms, by
vanishing), share their screen and stop, move to another port, restart ICE,
never connect, or send rubbish over TCP and UDP. Each room is on several
workers; when one dies its people connect anew, and those of the others must go
on receiving. Media is real: SRTP, two simulcast layers, sound, NACKs,
key-frame requests, transport-wide feedback. The file is long because a person who
does all of that is one class, and what it does wrong on purpose stands beside it.
"""

import argparse
import asyncio
import json
import os
import random
import re
import socket
import struct
import sys
import time
from collections import Counter
from contextlib import suppress
from typing import Any

import aioice.ice
from aioice import stun
from aiortc import RTCBundlePolicy, RTCConfiguration, RTCPeerConnection, RTCSessionDescription

from webvisio_media.rtp import rtcp
from webvisio_media.rtp.offer import RID_URI, TRANSPORT_CC_URI
from webvisio_media.rtp.transport_cc import ArrivalLog

KINDS = {"microphone": "audio", "camera": "video", "screen": "video"}
LAYERS = ("q", "f")
MID, RID, TRANSPORT_CC = 1, 10, 11
"""Numbers of header extensions."""
OPUS, VP8 = 96, 97
FRAME_S = 1 / 10
FEEDBACK_FRAMES = 2
PATIENCE_S = 60.0
MOST_TRIES = 3
"""A busy machine may let a handshake take longer than the worker waits: as a browser, one tries again."""
LEAST_VANISHING_S = 28.0
"""Nobody vanishes later than that before the end: the worker needs as long to notice."""
KEY_FRAME = bytes([0x10, 0x10, 0, 0, 0x9D, 0x01, 0x2A])
DELTA_FRAME = bytes([0x10, 0x11])
BODY = os.urandom(900)


class Line:
    """Asks the process that holds the pool, and hears whose worker died."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._asked = 0
        self.rooms: dict[str, Room] = {}

    async def ask(self, do: str, **fields: Any) -> dict[str, Any]:
        """Ask, and await the answer."""
        self._asked += 1
        number = self._asked
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        self.tell(do, number=number, **fields)
        try:
            return await asyncio.wait_for(answer, PATIENCE_S)
        finally:
            del self._waiting[number]

    def tell(self, do: str, **fields: Any) -> None:
        """Say, and await nothing."""
        self._writer.write(json.dumps({"do": do, **fields}).encode() + b"\n")

    async def hear(self) -> None:
        """Read until the other side closes."""
        while line := await self._reader.readline():
            said = json.loads(line)
            if room := self.rooms.get(said.get("paused", "").rpartition("-")[0]):
                room.pause(said["paused"], said["mids"])
            for peer in said.get("lost", ()):
                if room := self.rooms.get(peer.rpartition("-")[0]):
                    room.lose(peer)
            answer = self._waiting.get(said.get("number", -1))
            if answer is not None and not answer.done():
                answer.set_result(said)


class Moved(asyncio.DatagramProtocol):
    """A peer's socket at another port."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self.transport: asyncio.DatagramTransport
        self.answered = asyncio.Event()

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: object) -> None:
        if data[0] < 4:
            self.answered.set()
        else:
            self._connection.data_received(data, 1)


class Peer:
    """One browser's connection."""

    def __init__(self, name: str, sends: tuple[str, ...], slots: int, dice: random.Random) -> None:
        self.name = name
        self._dice = dice
        self._pc = RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
        self._sending = {s: self._pc.addTransceiver(KINDS[s], direction="sendonly") for s in sends}
        self._slots = [self._pc.addTransceiver("video", direction="recvonly") for _ in range(slots)]
        self._pc.addTransceiver("audio", direction="recvonly")
        self._numbers: Counter[tuple[str, str]] = Counter()
        self._transport_number = 0
        self._arrivals = ArrivalLog()
        self._seen: dict[int, int] = {}
        self._wants_key = True
        self._moved: list[Moved] = []
        self._answer = ""
        self.on = {s for s in sends if s != "screen"}
        self.received = 0
        self.received_pictures = 0
        """Packets of them."""
        self.paused: frozenset[str] = frozenset()
        """Slots of which the worker said that their pictures do not fit this line."""
        self.pumping: asyncio.Task[None] | None = None
        self._leaving: asyncio.Task[None] | None = None

    @property
    def mids(self) -> list[str]:
        """The video slots."""
        return [str(slot.mid) for slot in self._slots]

    @property
    def _dtls(self) -> Any:
        return self._pc.getTransceivers()[0].sender.transport

    async def connect(self, line: Line, group: str) -> None:
        """Offer, and be connected."""
        await self._pc.setLocalDescription(await self._pc.createOffer())
        sources = {t.mid: source for source, t in self._sending.items()}
        offer = self._with_extensions(self._pc.localDescription.sdp)
        answered = await line.ask("open", group=group, peer=self.name, offer=offer, sources=sources)
        if "answer" not in answered:
            raise ConnectionError(answered["refused"])
        self._answer = answered["answer"]
        await self._pc.setRemoteDescription(RTCSessionDescription(self._answer, "answer"))
        dtls = self._dtls
        dtls._handle_rtp_data, dtls._handle_rtcp_data = self._take, self._take_reports
        async with asyncio.timeout(PATIENCE_S):
            while dtls.state != "connected":
                if dtls.state in ("failed", "closed"):
                    raise ConnectionError(dtls.state)
                await asyncio.sleep(0.05)
        self.pumping = asyncio.create_task(self._pump())

    def _with_extensions(self, sdp: str) -> str:
        head, *sections = re.split(r"(?m)^(?=m=)", sdp)
        camera = self._sending.get("camera")
        for index, section in enumerate(sections):
            number = VP8 if section.startswith("m=video") else OPUS
            section += f"a=extmap:{TRANSPORT_CC} {TRANSPORT_CC_URI}\r\na=rtcp-fb:{number} transport-cc\r\n"
            if camera is not None and f"a=mid:{camera.mid}\r\n" in section:
                section += f"a=extmap:{RID} {RID_URI}\r\n"
                section += "".join(f"a=rid:{rid} send\r\n" for rid in LAYERS)
                section += f"a=simulcast:send {';'.join(LAYERS)}\r\n"
                section = re.sub(r"a=ssrc.*\r\n", "", section)
            sections[index] = section
        return head + "".join(sections)

    # ---- what comes in -----------------------------------------------------------------

    async def _take(self, data: bytes, arrival_time_ms: int) -> None:
        self.received += 1
        self.received_pictures += data[1] & 0x7F == VP8
        sequence, _, ssrc = struct.unpack_from("!HII", data, 2)
        self._seen[ssrc] = sequence
        # the only extension that a slot's packets have is the transport's number
        if data[0] & 0x10:
            self._arrivals.arrived(struct.unpack_from("!H", data, 17)[0], int(time.monotonic() * 1e6))

    async def _take_reports(self, data: bytes) -> None:
        self._wants_key |= any(isinstance(one, rtcp.KeyFrameRequest) for one in rtcp.parse(data))

    # ---- what goes out -----------------------------------------------------------------

    async def _pump(self) -> None:
        with suppress(ConnectionError):
            frame = 0
            while True:
                await self._frame(frame)
                if frame % FEEDBACK_FRAMES == 0:
                    await self._report()
                frame += 1
                await asyncio.sleep(FRAME_S)

    async def _frame(self, frame: int) -> None:
        is_key, self._wants_key = self._wants_key, False
        if "microphone" in self.on:
            level = struct.pack("!HHBBxx", 0xBEDE, 1, 0x20, 0x80 | self._dice.randrange(20, 90))
            await self._packet("microphone", "", OPUS, 3200 * frame, level, bytes(60))
        if "camera" in self.on:
            for height, rid in zip((180, 720), LAYERS, strict=True):
                block = bytes([MID << 4]) + str(self._sending["camera"].mid).encode() + bytes([RID << 4])
                block += rid.encode() + bytes([TRANSPORT_CC << 4 | 1]) + self._number()
                await self._picture("camera", rid, frame, is_key, height, block, 2)
        if "screen" in self.on and frame % 3 == 0:
            block = bytes([TRANSPORT_CC << 4 | 1]) + self._number() + b"\0"
            await self._picture("screen", "", frame, is_key or frame % 60 == 0, 1080, block, 4)

    def _number(self) -> bytes:
        self._transport_number += 1
        return struct.pack("!H", self._transport_number & 0xFFFF)

    async def _picture(
        self, source: str, rid: str, frame: int, is_key: bool, height: int, block: bytes, packets: int
    ) -> None:
        block = block.ljust((len(block) + 3) & ~3, b"\0")
        extension = struct.pack("!HH", 0xBEDE, len(block) // 4) + block
        size = struct.pack("<HH", height * 16 // 9, height)
        for index in range(packets):
            start = (KEY_FRAME + size if is_key else DELTA_FRAME) if index == 0 else b"\0"
            number = VP8 | 0x80 * (index == packets - 1)
            await self._packet(source, rid, number, 6000 * frame, extension, start + BODY)

    async def _packet(
        self, source: str, rid: str, second: int, timestamp: int, extension: bytes, payload: bytes
    ) -> None:
        self._numbers[source, rid] += 1
        # now and then one is missing: the worker asks for it
        if self._dice.random() < 0.005:
            return
        ssrc = (self._sending[source].sender._ssrc + (LAYERS.index(rid) if rid else 0)) & 0xFFFFFFFF
        sequence = self._numbers[source, rid] & 0xFFFF
        head = struct.pack("!BBHII", 0x90, second, sequence, timestamp & 0xFFFFFFFF, ssrc)
        await self._dtls._send_rtp(head + extension + payload)

    async def _report(self) -> None:
        ours = 1
        packets = [rtcp.transport_feedback(ours, 0, body) for body in self._arrivals.feedback()]
        for ssrc, sequence in self._seen.items():
            chance = self._dice.random()
            if chance < 0.1:
                packets.append(rtcp.nack(ours, ssrc, [sequence - 3, sequence - 1]))
            elif chance < 0.12:
                packets.append(rtcp.picture_loss(ours, ssrc))
        for packet in packets:
            await self._dtls._send_rtp(rtcp.receiver_report(ours, ()) + packet)

    # ---- what happens to it ------------------------------------------------------------

    async def move(self, line: Line, *, restarts: bool) -> None:
        """Go on from another port: a nominated check from there, with new credentials when ICE restarts."""
        ufrag, password = re.findall(r"a=ice-(?:ufrag|pwd):(\S+)", self._answer)[:2]
        if restarts:
            answered = await line.ask("restart", peer=self.name, ufrag="anew")
            if "ufrag" not in answered:
                return
            ufrag, password = answered["ufrag"], answered["password"]
        transport = self._dtls.transport
        connection = transport._connection
        worker = next(iter(connection._nominated.values())).remote_addr
        _, moved = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: Moved(connection), local_addr=("127.0.0.1", 0)
        )
        self._moved.append(moved)
        request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
        request.attributes["USERNAME"] = f"{ufrag}:them"
        request.attributes["USE-CANDIDATE"] = None
        request.add_message_integrity(password.encode())
        moved.transport.sendto(bytes(request), worker)
        with suppress(TimeoutError):
            await asyncio.wait_for(moved.answered.wait(), 2)

        async def send(data: bytes) -> None:
            moved.transport.sendto(data, worker)

        transport._send = send

    async def leave(self, *, silently: bool) -> None:
        """Say goodbye, or only be gone; once begun it is carried out, and aiortc waits for ever otherwise."""
        if self._leaving is None:
            self._leaving = asyncio.ensure_future(self._leave(silently=silently))
        await asyncio.shield(self._leaving)

    async def _leave(self, *, silently: bool) -> None:
        if self.pumping is not None:
            self.pumping.cancel()
            with suppress(asyncio.CancelledError):
                await self.pumping
        if silently:
            transport = self._dtls.transport

            async def nothing(data: bytes) -> None:
                """Send no goodbye."""

            transport._send = nothing
            for protocol in transport._connection._protocols:
                protocol.transport.sendto = lambda *_: None
        await self._pc.close()
        for moved in self._moved:
            moved.transport.close()


class Room:
    """One room's life."""

    def __init__(self, line: Line, dice: random.Random, counts: Counter[str], ends_at: float) -> None:
        self.group = f"g{dice.getrandbits(40):x}"
        self._line, self._dice, self._counts = line, dice, counts
        self._ends_at = ends_at
        self.peers: list[Peer] = []
        self._lost: set[str] = set()
        self._is_lost = asyncio.Event()
        self._serial = 0

    def lose(self, name: str) -> None:
        """Note that somebody's worker is dead."""
        if any(peer.name == name for peer in self.peers):
            self._lost.add(name)
            self._is_lost.set()

    def pause(self, name: str, mids: list[str]) -> None:
        """Note which pictures somebody is not sent for want of bandwidth."""
        for peer in self.peers:
            if peer.name == name:
                peer.paused = frozenset(mids)
                self._counts["pauses_heard"] += 1

    async def live(self) -> None:
        """Go through everything that may happen in a room."""
        self._line.rooms[self.group] = self
        script = asyncio.ensure_future(self._script())
        try:
            while True:
                lost = asyncio.ensure_future(self._is_lost.wait())
                await asyncio.wait((script, lost), return_when=asyncio.FIRST_COMPLETED)
                lost.cancel()
                if not self._is_lost.is_set():
                    break
                script.cancel()
                await asyncio.gather(script, return_exceptions=True)
                self._is_lost.clear()
                script = asyncio.ensure_future(self._again())
            await script
        finally:
            del self._line.rooms[self.group]
            await asyncio.gather(*(peer.leave(silently=True) for peer in self.peers))
            self._line.tell("close_group", group=self.group)
            await asyncio.sleep(0)

    async def _again(self) -> None:
        """Connect those anew whose worker died, see that all receive, and go on."""
        began = time.monotonic()
        lost, self._lost = self._lost, set()
        back = 0
        for index, peer in enumerate(self.peers):
            # whoever was just connecting begins anew as well
            if peer.name in lost or peer.pumping is None:
                await peer.leave(silently=True)
                await self._connect(index)
                back += 1
        self._show_camera()
        await self._everybody_receives()
        took_ms = int((time.monotonic() - began) * 1000)
        self._counts["rooms_back_after_a_kill"] += 1
        self._counts["people_back_after_a_kill"] += back
        self._counts["people_untouched_by_a_kill"] += len(self.peers) - back
        self._counts["slowest_return_ms"] = max(self._counts["slowest_return_ms"], took_ms)
        await self._happenings()

    async def _script(self) -> None:
        for _ in range(self._dice.randrange(2, 6)):
            await self._join()
        await self._everybody_receives()
        self._counts["rooms"] += 1
        await self._happenings()

    async def _everybody_receives(self) -> None:
        """Await more sound at everybody, and more of the trainer's picture at everybody else.

        Who is told that the picture is paused need not get it: on a busy machine lines seem narrow.
        """
        before = [(peer, peer.received, peer.received_pictures) for peer in self.peers]
        try:
            await self._receive_more(before)
        except TimeoutError:
            for place, (peer, packets, pictures) in enumerate(before):
                got = f"{peer.received - packets} packets, {peer.received_pictures - pictures} of pictures"
                print(f"{place} of {len(before)}: {got}, {peer._dtls.state}", file=sys.stderr)
            raise

    async def _receive_more(self, before: "list[tuple[Peer, int, int]]") -> None:
        async with asyncio.timeout(PATIENCE_S):
            while any(  # noqa: ASYNC110 - counts of a hundred packets a second
                peer.received == packets
                or (peer is not self.peers[0] and peer.received_pictures == pictures and not peer.paused)
                for peer, packets, pictures in before
            ):
                await asyncio.sleep(0.05)

    async def _join(self) -> None:
        await self._connect(len(self.peers))
        self._show(self.peers[-1], "camera", self._dice.choice((180, 720)))

    async def _connect(self, index: int) -> None:
        """Let a person come, in the place of another or as the last one; the first is the trainer."""
        for tries in range(1, MOST_TRIES + 1):
            self._serial += 1
            sends = ("microphone",) if index else ("microphone", "camera", "screen")
            peer = Peer(f"{self.group}-{self._serial}", sends, 2, self._dice)
            self.peers[index : index + 1] = [peer]
            try:
                await self._begin(peer)
                break
            except (ConnectionError, TimeoutError):
                if tries == MOST_TRIES:
                    raise
                self._counts["tried_again"] += 1
                await peer.leave(silently=True)
        self._counts["joins"] += 1

    async def _begin(self, peer: Peer) -> None:
        while True:
            try:
                await peer.connect(self._line, self.group)
                return
            except ConnectionError as problem:
                # no worker is ready: the others begin a moment later
                if "unavailable" not in str(problem):
                    raise
                self._counts["waited_for_a_worker"] += 1
                await asyncio.sleep(0.2)

    def _show_camera(self) -> None:
        for peer in self.peers:
            self._show(peer, "camera", self._dice.choice((180, 720)))

    def _show(self, peer: Peer, source: str, height: int) -> None:
        mid = peer.mids[source == "screen"]
        track = f"{self.peers[0].name}/{source}" if height else None
        choice = {"mid": mid, "track_id": track, "width": height * 16 // 9, "height": height}
        self._line.tell("assign", peer=peer.name, choices=[choice])

    async def _happenings(self) -> None:
        happenings = (self._share, self._move, self._leave_and_join, self._stand_about, self._never_connect)
        for happen in self._dice.sample(happenings, 4):
            await asyncio.sleep(self._dice.uniform(0.5, 2))
            await happen()
        self._counts["packets_received"] += sum(peer.received for peer in self.peers)
        if self._dice.random() < 0.5:  # else the group is closed at once
            self._counts["goodbyes"] += len(self.peers)
            for peer in self.peers:
                await peer.leave(silently=False)
            self.peers.clear()

    async def _share(self) -> None:
        """Share the screen, stop, share again."""
        trainer = self.peers[0]
        for _ in range(2):
            self._line.tell("forward", track=f"{trainer.name}/screen", on=True)
            trainer.on.add("screen")
            for peer in self.peers[1:]:
                self._show(peer, "screen", 720)
            await asyncio.sleep(self._dice.uniform(1, 3))
            trainer.on.discard("screen")
            self._line.tell("forward", track=f"{trainer.name}/screen", on=False)
            for peer in self.peers[1:]:
                self._show(peer, "screen", 0)
            self._counts["screen_shares"] += 1
            await asyncio.sleep(self._dice.uniform(0.2, 4))

    async def _move(self) -> None:
        peer = self._dice.choice(self.peers)
        for _ in range(self._dice.randrange(1, 4)):
            restarts = self._dice.random() < 0.5
            await peer.move(self._line, restarts=restarts)
            self._counts["ice_restarts" if restarts else "address_changes"] += 1
            await asyncio.sleep(0.5)

    async def _leave_and_join(self) -> None:
        peer = self.peers.pop()
        may_vanish = self._ends_at - time.monotonic() > LEAST_VANISHING_S
        how = self._dice.choice(("vanished", "told", "goodbye") if may_vanish else ("told", "goodbye"))
        await peer.leave(silently=how != "goodbye")
        if how == "told":
            self._line.tell("close", peer=peer.name)
        self._counts[f"left_{how}"] += 1
        await self._join()

    async def _never_connect(self) -> None:
        """Offer and do nothing more."""
        if self._ends_at - time.monotonic() < LEAST_VANISHING_S:
            return
        self._serial += 1
        peer = Peer(f"{self.group}-{self._serial}", ("microphone",), 1, self._dice)
        await peer._pc.setLocalDescription(await peer._pc.createOffer())
        sources = {t.mid: source for source, t in peer._sending.items()}
        sdp = peer._pc.localDescription.sdp
        await self._line.ask("open", group=self.group, peer=peer.name, offer=sdp, sources=sources)
        await peer._pc.close()
        self._counts["never_connected"] += 1

    async def _stand_about(self) -> None:
        """Connect over TCP, say rubbish, go; send rubbish over UDP."""
        port = int(re.findall(r"a=candidate:\d+ 1 udp \d+ \S+ (\d+)", self.peers[0]._answer)[0])
        with suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"\x00\x08rubbish!")
            await writer.drain()
            writer.close()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            for _ in range(20):
                kind = self._dice.choice((0, 1, 22, 90, 128, 144, 200))
                rubbish = bytes([kind]) + self._dice.randbytes(self._dice.randrange(4, 300))
                with suppress(OSError):
                    stranger.sendto(rubbish, ("127.0.0.1", port))
        self._counts["strangers"] += 1


async def keep_coming(line: Line, dice: random.Random, counts: Counter[str], until: float) -> None:
    """One room after the other."""
    while time.monotonic() < until:
        try:
            async with asyncio.timeout(300):
                await Room(line, dice, counts, until).live()
        except (ConnectionError, TimeoutError) as problem:
            counts["rooms_failed"] += 1
            print(f"a room failed: {type(problem).__name__} {problem}", file=sys.stderr)


async def churn(descriptor: int, seconds: float, rooms: int, seed: int) -> None:
    """Let rooms come and go for `seconds`."""
    aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["127.0.0.1"]
    reader, writer = await asyncio.open_unix_connection(sock=socket.socket(fileno=descriptor), limit=1 << 20)
    line = Line(reader, writer)
    hearing = asyncio.ensure_future(line.hear())
    counts: Counter[str] = Counter()
    until = time.monotonic() + seconds
    await asyncio.gather(
        *(keep_coming(line, random.Random(seed * 100 + n), counts, until) for n in range(rooms))  # noqa: S311
    )
    line.tell("done", counts=counts)
    await writer.drain()
    hearing.cancel()
    writer.close()


def main() -> None:
    """Parse the command line and churn."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, kind in (("control", int), ("seconds", float), ("rooms", int), ("seed", int)):
        parser.add_argument(f"--{name}", type=kind, required=True)
    arguments = parser.parse_args()
    asyncio.run(churn(arguments.control, arguments.seconds, arguments.rooms, arguments.seed))


if __name__ == "__main__":
    main()
