"""One key-frame request a source and interval, however many receivers ask (RFC 4585 section 6.3.1)."""


class KeyFrameThrottle:
    """Decides when a PLI leaves for one stream.

    A request within `interval_s` of the last one waits until the interval is
    over, and is forgotten when a key frame comes before.
    """

    def __init__(self, interval_s: float) -> None:
        self._interval_s = interval_s
        self._sent_at = float("-inf")
        self._is_wanted = False

    @property
    def is_waiting(self) -> bool:
        """Whether a request waits for its interval to pass: `is_due` must be asked again later."""
        return self._is_wanted

    def request(self, now: float) -> bool:
        """Ask for a key frame; True when the request must be sent now."""
        self._is_wanted = True
        return self.is_due(now)

    def is_due(self, now: float) -> bool:
        """Tell whether a waiting request must be sent now, and note that it was."""
        if not self._is_wanted or now - self._sent_at < self._interval_s:
            return False
        self._sent_at = now
        self._is_wanted = False
        return True

    def satisfy(self) -> None:
        """A key frame came: nothing is wanted any more."""
        self._is_wanted = False
