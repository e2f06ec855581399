"""UDP sockets of one port: datagrams in by batches, single ones out.

Each advertised address that is this machine's own gets a socket bound to it,
so that answers leave from the address that was asked; one that is not (behind
NAT) is served by a socket of all addresses.

RTCP of the same port comes to a socket of its own (SO_REUSEPORT, with a filter
that looks at the second byte), so that it can be read by batches while media
is read at once: a hundred receivers tell what arrived two thousand times a
second, and waking up for each would cost as much as reading it.

An address is known by its raw `sockaddr`: the bytes are a dictionary key when
they come in and a pointer when they go out, so that nothing is converted per
packet.
"""

import errno
import socket
import struct
from array import array
from collections.abc import Sequence
from typing import Any

from webvisio_media.engine.libc import DONT_WAIT, ffi, libc, srtp_ffi

BATCH = 64
BUFFER_BYTES = 2048
SOCKET_BUFFER_BYTES = 4 << 20
SO_TIMESTAMPNS = 35
TIMESTAMP_BYTES, TIMESTAMP_WORDS = 32, 4
"""One control message with a timespec: 16 bytes of header, seconds, nanoseconds."""
MMSGHDR_WORDS, CONTROL_SIZE_WORD = 8, 5
SO_ATTACH_REUSEPORT_CBPF = 51
WILDCARDS = {socket.AF_INET: "0.0.0.0", socket.AF_INET6: "::"}  # noqa: S104 - NAT leads to addresses not our own


_LOAD_BYTE, _AT_LEAST, _ABOVE, _RETURN = 0x30, 0x35, 0x25, 0x06
RTCP_FILTER = (
    (_LOAD_BYTE, 0, 0, 1),
    (_AT_LEAST, 0, 4, 192),
    (_ABOVE, 3, 0, 223),
    (_LOAD_BYTE, 0, 0, 0),
    (_AT_LEAST, 0, 1, 128),
    (_RETURN, 0, 0, 1),
    (_RETURN, 0, 0, 0),
)
"""Classic BPF: socket 1 for RTCP (RFC 5761 section 4, RFC 7983), socket 0 for all else, what is too short too."""


class Address:
    """Where a peer is: raw bytes for the kernel, host and port for STUN."""

    __slots__ = ("host", "key", "pointer", "pointer_number", "port", "socket")

    def __init__(self, udp: "UdpSocket", key: bytes) -> None:
        self.socket = udp
        self.key = key
        self.port: int = struct.unpack_from("!H", key, 2)[0]
        if udp.family == socket.AF_INET:
            self.host = socket.inet_ntop(socket.AF_INET, key[4:8])
        else:
            self.host = socket.inet_ntop(socket.AF_INET6, key[8:24])
        self.pointer: Any = ffi.new("char[]", key)
        self.pointer_number = int(ffi.cast("uintptr_t", self.pointer))


class UdpSocket:
    """A bound, non-blocking UDP socket with room for a batch of incoming datagrams.

    After `receive`, datagram `i` lies at `view[i * BUFFER_BYTES:]`, has
    `size(i)` bytes, came from `key(i)` at `arrival_us(i)` and may be decrypted
    in place through `pointers[i]`.
    """

    is_stream = False

    def __init__(
        self, family: socket.AddressFamily, host: str, port: int, media: "UdpSocket | None" = None
    ) -> None:
        """`media`: the socket of the same address for which this one takes the RTCP."""
        self.family = family
        self.rtcp: UdpSocket | None = None
        self.name_bytes = 16 if family == socket.AF_INET else 28
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        try:
            if family == socket.AF_INET6:
                self._socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            # A wildcard socket and those of single addresses share the port; `bind_port` sees to strangers.
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
                self._socket.setsockopt(socket.SOL_SOCKET, option, SOCKET_BUFFER_BYTES)
            self._socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
            self._socket.setblocking(False)
            self._socket.bind((host, port))
        except OSError:
            self._socket.close()
            raise
        self.descriptor = self._socket.fileno()
        self.port: int = self._socket.getsockname()[1]
        self.dropped = 0
        """Datagrams that the kernel would not take."""
        self._memory = ffi.new("char[]", BATCH * BUFFER_BYTES)
        self.view = memoryview(ffi.buffer(self._memory)).cast("B")
        self._names = ffi.new("char[]", BATCH * self.name_bytes)
        self._names_view = memoryview(ffi.buffer(self._names)).cast("B")
        self._parts = ffi.new("struct iovec[]", BATCH)
        self._messages = ffi.new("struct mmsghdr[]", BATCH)
        self._controls = ffi.new("char[]", BATCH * TIMESTAMP_BYTES)
        self._times = memoryview(ffi.buffer(self._controls)).cast("B").cast("q")
        self._message_words = memoryview(ffi.buffer(self._messages)).cast("B").cast("Q")
        self._control_sizes = array("Q", [TIMESTAMP_BYTES]) * BATCH
        self._sizes = memoryview(ffi.buffer(self._messages)).cast("B").cast("I")
        base = int(ffi.cast("uintptr_t", self._memory))
        self.pointers = [srtp_ffi.cast("char *", base + i * BUFFER_BYTES) for i in range(BATCH)]
        for i in range(BATCH):
            self._parts[i].iov_base = self._memory + i * BUFFER_BYTES
            self._parts[i].iov_len = BUFFER_BYTES
            header = self._messages[i].msg_hdr
            header.msg_name = self._names + i * self.name_bytes
            header.msg_namelen = self.name_bytes
            header.msg_iov = self._parts + i
            header.msg_iovlen = 1
            header.msg_control = self._controls + i * TIMESTAMP_BYTES
        if media is None:
            self.rtcp = self._split(host)

    def _split(self, host: str) -> "UdpSocket | None":
        """Open the socket for RTCP; None where the kernel has no such filters: then this one gets all."""
        filters = ffi.new("char[]", b"".join(struct.pack("HBBI", *step) for step in RTCP_FILTER))
        program = struct.pack("HP", len(RTCP_FILTER), int(ffi.cast("uintptr_t", filters)))
        rtcp = UdpSocket(self.family, host, self.port, media=self)
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, program)
        except OSError:
            rtcp.close()
            return None
        return rtcp

    def receive(self) -> int:
        """Read what is there, at most `BATCH` datagrams; returns how many."""
        # The kernel writes how much it used over how much there is.
        self._message_words[CONTROL_SIZE_WORD::MMSGHDR_WORDS] = self._control_sizes
        return max(0, int(libc.recvmmsg(self.descriptor, self._messages, BATCH, DONT_WAIT, ffi.NULL)))

    def size(self, index: int) -> int:
        """Length of datagram `index`."""
        return self._sizes[index * 16 + 14]

    def arrival_us(self, index: int) -> int:
        """When datagram `index` came to this machine, on its wall clock, in microseconds.

        The kernel's own time: what the loop was busy with does not blur it.
        """
        at = index * TIMESTAMP_WORDS + 2
        return self._times[at] * 1_000_000 + self._times[at + 1] // 1000

    def key(self, index: int) -> bytes:
        """Where datagram `index` came from."""
        at = index * self.name_bytes
        return bytes(self._names_view[at : at + self.name_bytes])

    def address(self, key: bytes) -> Address:
        """Make an address of what `key` gave."""
        return Address(self, key)

    def send(self, data: bytes, address: Any) -> None:
        """Send one datagram; what the kernel refuses is counted and lost, as on any network."""
        try:
            self._socket.sendto(data, (address.host, address.port))
        except OSError as problem:
            if problem.errno == errno.EBADF:
                return
            self.dropped += 1

    def close(self) -> None:
        """Give the socket back, and that of its RTCP."""
        self._socket.close()
        if self.rtcp is not None:
            self.rtcp.close()


def bind_port(addresses: Sequence[str], port: int) -> list[UdpSocket]:
    """Bind sockets for `addresses` on one port (0: a free one); raises `OSError` when it is taken."""
    usable: set[socket.AddressFamily] = set()
    for family in sorted({family_of(address) for address in addresses}):
        try:
            port = _probe(family, port)
        except OSError as problem:
            if problem.errno not in (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL):
                raise
            continue  # a machine without IPv6, or without IPv4
        usable.add(family)
    if not usable:
        raise OSError(errno.EAFNOSUPPORT, "no advertised address has a family that this machine has")
    addresses = [address for address in addresses if family_of(address) in usable]
    sockets: list[UdpSocket] = []
    wildcards: set[socket.AddressFamily] = set()
    try:
        for address in dict.fromkeys(addresses):
            try:
                sockets.append(UdpSocket(family_of(address), address, port))
            except OSError as problem:
                if problem.errno != errno.EADDRNOTAVAIL:
                    raise
                wildcards.add(family_of(address))
        sockets.extend(UdpSocket(family, WILDCARDS[family], port) for family in sorted(wildcards))
    except OSError:
        for bound in sockets:
            bound.close()
        raise
    return sockets


def _probe(family: socket.AddressFamily, port: int) -> int:
    """Bind without SO_REUSEADDR, which fails if anybody has the port; returns the port."""
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        if family == socket.AF_INET6:
            probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        probe.bind((WILDCARDS[family], port))
        return int(probe.getsockname()[1])


def family_of(address: str) -> socket.AddressFamily:
    """Tell IPv6 from IPv4."""
    return socket.AF_INET6 if ":" in address else socket.AF_INET
