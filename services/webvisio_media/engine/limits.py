"""Every limit of the media plane, by name, with its default.

The worker's settings may change each of them; tests lower them to reach the
edge. What is above a limit is refused (`LimitReached`) or dropped and counted.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Numbers that bound one worker."""

    peers: int = 1000
    """Peers of a worker."""
    tracks_per_peer: int = 8
    slots_per_peer: int = 64
    offer_bytes: int = 100_000
    packets_per_second: int = 5000
    """Packets that one peer may send; above, they are dropped until the second is over."""
    bytes_per_second: int = 2_500_000
    """Bytes that one peer may send a second: 20 Mbit/s."""
    checks_per_second: int = 200
    """STUN and DTLS datagrams that one peer may send a second, from all its addresses."""
    unauthenticated_stun_per_second: int = 2000
    """STUN requests from addresses that are not known yet, for the whole worker."""
    addresses_per_peer: int = 8
    """Addresses (candidate pairs) that one peer may have authenticated."""
    tcp_connections: int = 1200
    """ICE-TCP connections of a worker, authentic or not."""
    dtls_waiting: int = 64
    """Handshake datagrams of one peer that wait to be read."""
    streams_per_peer: int = 32
    """SSRCs that one peer may send."""
    history_packets: int = 1024
    """Packets of a video stream kept for retransmission; a power of two."""
    audio_history_packets: int = 64
    history_bytes: int = 2_000_000
    """Bytes of one stream kept for retransmission."""
    retransmissions_per_second: int = 1000
    """Packets repeated to one peer a second."""
    link_waiting_bytes: int = 2_000_000
    """Bytes for another worker that wait because it does not read; beyond, whole datagrams are dropped."""
    remote_peers: int = 4000
    """Peers of other workers whose tracks this one knows."""
    publisher_bitrate_bps: int = 6_000_000
    """What a REMB allows a publisher that knows no transport-wide feedback."""


@dataclass(frozen=True, slots=True)
class Timing:
    """Durations, in seconds."""

    connect_s: float = 15.0
    """A peer that is not connected after that is lost."""
    silence_s: float = 25.0
    """A peer that sent nothing authentic for so long is lost."""
    track_stop_s: float = 3.0
    """A track that sent nothing for so long has stopped."""
    layer_stop_s: float = 1.5
    """A simulcast layer that sent nothing for so long is given up by its publisher, for now."""
    key_frame_interval_s: float = 0.4
    """At most one key-frame request a stream in this time."""
    burst_hold_s: float = 0.0006
    """How long an unfinished frame may wait for the rest of its packets."""
    rtcp_s: float = 0.01
    """Between two readings of the RTCP that comes, while there is any."""
    retry_s: float = 0.02
    """Between two looks at what publishers must be asked for, while there is anything."""
    feedback_s: float = 0.05
    """Between two transport-wide feedbacks to a publisher."""
    report_s: float = 1.0
    """Between two receiver reports, and two looks whether a peer is still there; twice that for sender reports."""
    memory_s: float = 15.0
    """Between two times that memory of peers that ended is given back."""
    certificate_s: float = 86_400.0
    """New connections get a new DTLS certificate after so long; open ones keep theirs."""
    speakers_s: float = 0.2
