"""What the kernel is told to send: messages that lead to cells, many a system call.

Packets of equal size that follow one another leave as one message that the
kernel, or the network card, cuts up (UDP_SEGMENT). Where the kernel, a route
or a card refuses that, packets go singly.

All receivers of a burst get messages of one form: `lay_out` writes them, and
`send` fills in who they are for. They lie receiver by receiver, so that each
gets its packets in order.
"""

import errno
from array import array
from collections.abc import Sequence
from typing import Any, NamedTuple

from webvisio_media.engine.libc import CMSG_BYTES, DONT_WAIT, ffi, libc, segment_control
from webvisio_media.engine.udp import UdpSocket

MOST_SEGMENTED_BYTES = 60_000
MESSAGE_WORDS, PART_WORDS, PART_BYTES = 8, 2, 16
NAME, PARTS, PARTS_COUNT, CONTROL, CONTROL_SIZE = 0, 2, 3, 4, 5
"""Words of a `struct mmsghdr`."""
REFUSES_SEGMENTS = (errno.EINVAL, errno.EIO, errno.EMSGSIZE, errno.EOPNOTSUPP, errno.ENOPROTOOPT)
"""What a kernel, a route or a network card says that cannot do UDP_SEGMENT."""
REFUSES_THIS_MESSAGE = (errno.EINVAL, errno.EMSGSIZE)
"""Those that may concern one receiver's route alone."""


class Run(NamedTuple):
    """Consecutive packets of a burst that leave as one message a receiver."""

    first: int
    packets: int
    size: int


class Outbox:
    """The messages of one worker."""

    def __init__(self, cells_at: int, cells: int, cell_bytes: int, is_segmenting: bool) -> None:
        """`cells_at` is the address of the first of the `cells`."""
        self.is_segmenting = is_segmenting
        self.calls = 0
        self.unsent = 0
        self._spare = cells
        self._runs: list[Run] = []
        self._laid_out: tuple[int, ...] = ()
        """What the messages have the form of: those of the burst before often serve again."""
        self._controls: dict[int, tuple[Any, int]] = {}
        """By the size of segments: the control message, and its address."""
        self._parts = ffi.new("struct iovec[]", cells)
        self._parts_at = int(ffi.cast("uintptr_t", self._parts))
        self._part_words = memoryview(ffi.buffer(self._parts)).cast("B").cast("Q")
        self._part_words[::PART_WORDS] = array(
            "Q", range(cells_at, cells_at + cells * cell_bytes, cell_bytes)
        )
        self._messages = ffi.new("struct mmsghdr[]", cells + 1)
        """The last one is for packets that go singly."""
        self._words = memoryview(ffi.buffer(self._messages)).cast("B").cast("Q")

    def lay_out(self, sizes: Sequence[int], rows: int, name_bytes: int) -> None:
        """Write the messages for packets of `sizes` to `rows` receivers, whose cells lie row by row."""
        form_of = (self.is_segmenting, name_bytes, rows, *sizes)
        if form_of == self._laid_out:
            return
        self._laid_out = form_of
        runs = self._runs = self._runs_of(sizes)
        count, width = len(sizes), len(runs) * MESSAGE_WORDS
        self._part_words[1 : rows * count * PART_WORDS : PART_WORDS] = array("Q", sizes) * rows
        form = array("Q")
        for run in runs:
            control = self._control(run.size) if run.packets > 1 else 0
            form.extend((0, name_bytes, 0, run.packets, control, CMSG_BYTES if control else 0, 0, 0))
        words, end, step = self._words, rows * width, count * PART_BYTES
        words[:end] = form * rows
        for place, run in enumerate(runs):
            first = self._parts_at + run.first * PART_BYTES
            words[place * MESSAGE_WORDS + PARTS : end : width] = array(
                "Q", range(first, first + rows * step, step)
            )

    def send(self, udp: UdpSocket, names: memoryview) -> None:
        """Send what was laid out to receivers with these names (addresses of their raw ones), in that order."""
        runs = self._runs
        messages, width = len(names) * len(runs), len(runs) * MESSAGE_WORDS
        for place in range(len(runs)):
            self._words[place * MESSAGE_WORDS + NAME : messages * MESSAGE_WORDS : width] = names
        sent = 0
        while sent < messages:
            taken = libc.sendmmsg(udp.descriptor, self._messages + sent, messages - sent, DONT_WAIT)
            self.calls += 1
            if taken > 0:
                sent += taken
                continue
            problem, run = ffi.errno, runs[sent % len(runs)]
            if problem in (errno.EAGAIN, errno.ENOBUFS):
                # The network card's queue is full: the rest of the burst is lost, as on any network.
                self.unsent += sum(runs[message % len(runs)].packets for message in range(sent, messages))
                return
            if run.packets > 1 and problem in REFUSES_SEGMENTS:
                if problem not in REFUSES_THIS_MESSAGE:
                    self.is_segmenting = False
                self._send_singly(udp, sent, run.packets)
            else:
                # This one receiver cannot be reached now; the others can.
                self.unsent += run.packets
            sent += 1

    def _send_singly(self, udp: UdpSocket, message: int, packets: int) -> None:
        """Send what one message has, packet by packet."""
        words, at = self._words, self._spare * MESSAGE_WORDS
        words[at : at + MESSAGE_WORDS] = words[message * MESSAGE_WORDS : (message + 1) * MESSAGE_WORDS]
        words[at + PARTS_COUNT], words[at + CONTROL], words[at + CONTROL_SIZE] = 1, 0, 0
        for _ in range(packets):
            self.calls += 1
            if libc.sendmmsg(udp.descriptor, self._messages + self._spare, 1, DONT_WAIT) <= 0:
                self.unsent += 1
            words[at + PARTS] += PART_BYTES

    def _runs_of(self, sizes: Sequence[int]) -> list[Run]:
        """Cut a burst into runs of equal sizes; the last packet of a run may be shorter."""
        if not self.is_segmenting:
            return [Run(index, 1, size) for index, size in enumerate(sizes)]
        runs: list[Run] = []
        first = 0
        for index in range(1, len(sizes) + 1):
            if (
                index == len(sizes)
                or sizes[index] > sizes[first]
                or sizes[index - 1] < sizes[first]
                or (index - first + 1) * sizes[first] > MOST_SEGMENTED_BYTES
            ):
                runs.append(Run(first, index - first, sizes[first]))
                first = index
        return runs

    def _control(self, size: int) -> int:
        known = self._controls.get(size)
        if known is None:
            control = segment_control(size)
            known = self._controls[size] = control, int(ffi.cast("uintptr_t", control))
        return known[1]
