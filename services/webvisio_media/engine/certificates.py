"""The worker's DTLS certificate, made anew now and then.

Whoever connects gets the newest one's fingerprint in the answer; connections
that are open go on with the one that they began with. Nothing here holds on
to a former certificate: it goes with its last connection, so that there are
never more of them than peers, and one.
"""

from collections import Counter

from webvisio_media.engine.dtls import Certificate


class Certificates:
    """See the module."""

    def __init__(self, lifetime_s: float, counts: Counter[str]) -> None:
        self._lifetime_s = lifetime_s
        self._counts = counts
        self._newest: Certificate | None = None
        self._made_at = float("-inf")

    def current(self, now: float) -> Certificate:
        """Give the certificate for a new connection."""
        if self._newest is None or now - self._made_at >= self._lifetime_s:
            self._newest = Certificate.generateCertificate()
            self._made_at = now
            self._counts["certificates_made"] += 1
        return self._newest
