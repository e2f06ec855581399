"""DTLS of one peer: aiortc's transport over datagrams that the engine hands in.

Only this module touches aiortc's private names. AES-128-GCM is preferred: it
is the cheapest of the strong profiles (RFC 7714).
"""

import asyncio
from collections.abc import Callable
from typing import Any

from aiortc.rtcdtlstransport import (
    SRTP_AEAD_AES_128_GCM,
    SRTP_PROFILES,
    RTCCertificate,
    RTCDtlsFingerprint,
    RTCDtlsParameters,
    RTCDtlsTransport,
)
from OpenSSL import SSL

from webvisio_media.errors import MediaError

GCM_TAG_BYTES, SHA1_TAG_BYTES = 16, 10
CLOSED = b""
RECORD_KINDS = range(20, 28)
RECORD_MAJOR, RECORD_HEADER_BYTES = 0xFE, 13
UNIFIED_KINDS, LEAST_UNIFIED_BYTES = range(0x20, 0x40), 18


def are_records(data: memoryview | bytes) -> bool:
    """Tell whether a datagram is whole DTLS records, as far as their headers say.

    Records of DTLS 1.2 and before have lengths (RFC 6347 section 4.1); of a
    unified header of DTLS 1.3 (RFC 9147 section 4) most is encrypted.
    """
    at, size = 0, len(data)
    while at < size:
        if data[at] in UNIFIED_KINDS:
            return size - at >= LEAST_UNIFIED_BYTES
        if data[at] not in RECORD_KINDS or at + RECORD_HEADER_BYTES > size or data[at + 1] != RECORD_MAJOR:
            return False
        at += RECORD_HEADER_BYTES + (data[at + 11] << 8 | data[at + 12])
    return at == size


class HandshakeFailed(MediaError):  # noqa: N818 - an outcome with a name of its own
    """The peer is not who the offer said, or speaks no DTLS that we do."""


class Certificate(RTCCertificate):
    """This worker's own certificate, and one TLS context for all its peers.

    aiortc makes a context a connection, which costs a tenth of a megabyte and
    a millisecond each; the context holds nothing of a peer.
    """

    _context: Any = None

    @property
    def fingerprint(self) -> str:
        """The SHA-256 fingerprint, as an answer tells it."""
        return next(str(p.value) for p in self.getFingerprints() if p.algorithm == "sha-256")

    def _create_ssl_context(self, srtp_profiles: list[Any]) -> Any:
        if self._context is None:
            self._context = super()._create_ssl_context(srtp_profiles)
            self._context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
            self._context.set_mode(SSL.MODE_RELEASE_BUFFERS)
        return self._context


class DtlsEndpoint:
    """The passive side of one DTLS association.

    `deliver` takes datagrams; `send` is called with datagrams for the peer.
    After `handshake` the SRTP sessions are there; `on_close` is called once
    when the peer closes from its side.
    """

    role = "controlled"

    def __init__(self, certificate: Certificate, send: Callable[[bytes], None], most_waiting: int) -> None:
        self._transmit = send
        self._waiting: asyncio.Queue[bytes] = asyncio.Queue(most_waiting)
        ice: Any = self  # aiortc declares its own ICE transport, and uses three members of it
        self._transport: Any = RTCDtlsTransport(ice, [certificate])
        self._transport._srtp_profiles = [
            SRTP_AEAD_AES_128_GCM,
            *(profile for profile in SRTP_PROFILES if profile is not SRTP_AEAD_AES_128_GCM),
        ]
        self._transport._set_role("server")
        self.inbound: Any = None
        self.outbound: Any = None
        self.tag_bytes = GCM_TAG_BYTES

    def deliver(self, data: bytes) -> bool:
        """Take a datagram from the peer; False when too many wait."""
        try:
            self._waiting.put_nowait(data)
        except asyncio.QueueFull:
            return False
        return True

    async def handshake(
        self, fingerprints: tuple[tuple[str, str], ...], on_close: Callable[[], None]
    ) -> None:
        """Complete the handshake and derive the SRTP sessions; raises `HandshakeFailed`."""
        native = [RTCDtlsFingerprint(algorithm=name, value=value) for name, value in fingerprints]
        await self._transport.start(RTCDtlsParameters(fingerprints=native, role="client"))
        if self._transport.state != "connected":
            raise HandshakeFailed("DTLS")
        self.inbound, self.outbound = self._transport._rx_srtp, self._transport._tx_srtp
        if b"GCM" not in self._transport._ssl.get_selected_srtp_profile():
            self.tag_bytes = SHA1_TAG_BYTES

        def changed() -> None:
            if self._transport.state == "closed":
                on_close()

        self._transport.on("statechange", changed)

    async def stop(self) -> None:
        """Say close_notify and end."""
        self._transport.remove_all_listeners()
        await self._transport.stop()

    # What RTCDtlsTransport asks of its own transport.

    async def _recv(self) -> bytes:
        return await self._waiting.get()

    async def _send(self, data: bytes) -> None:
        self._transmit(data)
