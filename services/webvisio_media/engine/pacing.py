"""Reads what is not urgent now and then, a batch at a time.

The first datagram after a pause is read at once; then the socket is looked at
only every `pause_s`, until it has nothing more.
"""

import asyncio
from collections.abc import Callable

from webvisio_media.engine.udp import BATCH, UdpSocket


class PacedReader:
    """Reads one socket with `read`, which returns how many datagrams there were."""

    def __init__(self, udp: UdpSocket, read: Callable[[UdpSocket], int], pause_s: float) -> None:
        self._udp = udp
        self._read = read
        self._pause_s = pause_s
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._loop.add_reader(udp.descriptor, self._readable)

    def _readable(self) -> None:
        self._loop.remove_reader(self._udp.descriptor)
        self._look()

    def _look(self) -> None:
        count = self._read(self._udp)
        if count:
            self._timer = self._loop.call_later(self._pause_s if count < BATCH else 0, self._look)
        else:
            self._timer = None
            self._loop.add_reader(self._udp.descriptor, self._readable)

    def close(self) -> None:
        """Read no more."""
        if self._timer is not None:
            self._timer.cancel()
        self._loop.remove_reader(self._udp.descriptor)
