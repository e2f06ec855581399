"""What a receiver report says of a stream (RFC 3550 section 6.4.1, appendix A.3 and A.8)."""

from webvisio_media.rtp.rtcp import ReportBlock, SenderReport


class Reception:
    """Counts of one published stream, from its first packet on."""

    def __init__(self, ssrc: int, clock_rate: int, first_sequence: int) -> None:
        self.ssrc = ssrc
        self.packets = 0
        self._clock_rate = clock_rate
        self._first = first_sequence
        self._jitter = 0.0
        self._transit: float | None = None
        self._expected_before = 0
        self._packets_before = 0
        self._report: SenderReport | None = None
        self._report_at = 0.0

    def arrived(self, timestamp: int, now: float) -> None:
        """Count a packet, and measure the jitter of its frame."""
        self.packets += 1
        transit = now * self._clock_rate - timestamp
        if self._transit is not None:
            difference = abs(transit - self._transit)
            # A wrapped timestamp or a clock that was set is no jitter.
            if difference < 10 * self._clock_rate:
                self._jitter += (difference - self._jitter) / 16
        self._transit = transit

    def reported(self, report: SenderReport, now: float) -> None:
        """Keep the newest sender report."""
        self._report, self._report_at = report, now

    def block(self, highest_sequence: int, now: float) -> ReportBlock:
        """Build the report block of the interval since the last call; numbers are extended."""
        expected = highest_sequence - self._first + 1
        interval = expected - self._expected_before
        lost = interval - (self.packets - self._packets_before)
        self._expected_before, self._packets_before = expected, self.packets
        fraction = 0 if interval <= 0 or lost <= 0 else min(255, (lost << 8) // interval)
        last = delay = 0
        if self._report is not None:
            last = self._report.ntp >> 16 & 0xFFFF_FFFF
            delay = int((now - self._report_at) * 65536)
        return ReportBlock(
            self.ssrc, fraction, expected - self.packets, highest_sequence, int(self._jitter), last, delay
        )
