"""The C library's recvmmsg, sendmmsg and timerfd, and libsrtp, through cffi without compiling anything.

Many datagrams a system call, and segmentation offload (UDP_SEGMENT), are what
makes forwarding in Python cheap; the standard library has neither. cffi has
no types, so its objects are `Any` inside `engine` and nowhere else.
"""

import errno
import os
from typing import Any

import cffi
from pylibsrtp._binding import ffi as srtp_ffi
from pylibsrtp._binding import lib as srtp

__all__ = [
    "CMSG_BYTES",
    "DONT_WAIT",
    "Alarm",
    "ffi",
    "give_memory_back",
    "libc",
    "segment_control",
    "srtp",
    "srtp_ffi",
]

ffi: Any = cffi.FFI()
ffi.cdef(
    """
    struct iovec { void *iov_base; size_t iov_len; };
    struct msghdr { void *msg_name; unsigned int msg_namelen; struct iovec *msg_iov; size_t msg_iovlen;
                    void *msg_control; size_t msg_controllen; int msg_flags; };
    struct mmsghdr { struct msghdr msg_hdr; unsigned int msg_len; };
    int sendmmsg(int, struct mmsghdr *, unsigned int, int);
    int recvmmsg(int, struct mmsghdr *, unsigned int, int, void *);
    struct itimerspec { long interval_s; long interval_ns; long value_s; long value_ns; };
    int malloc_trim(size_t);
    int timerfd_create(int, int);
    int timerfd_settime(int, int, const struct itimerspec *, struct itimerspec *);
    """
)
libc: Any = ffi.dlopen(None)

DONT_WAIT = 0x40
CLOCK_MONOTONIC = 1
TFD_NONBLOCK, TFD_CLOEXEC = 0o4000, 0o2000000
SOL_UDP, UDP_SEGMENT = 17, 103
CMSG_BYTES = 24
"""Room of one control message with a 16-bit value, aligned (CMSG_SPACE(2))."""

assert ffi.sizeof("struct mmsghdr") == 64, "the layout of mmsghdr is that of 64-bit Linux"


def segment_control(size: int) -> Any:
    """Make the control message that asks for segments of `size` bytes."""
    control = ffi.new("char[]", CMSG_BYTES)
    view = ffi.buffer(control)
    length = CMSG_BYTES - 6
    view[0:8] = length.to_bytes(8, "little")
    view[8:12] = SOL_UDP.to_bytes(4, "little")
    view[12:16] = UDP_SEGMENT.to_bytes(4, "little")
    view[16:18] = size.to_bytes(2, "little")
    return control


def give_memory_back() -> None:
    """Let the C library return freed memory to the kernel, where it can (glibc).

    Histories are thousands of blocks of a kilobyte; when a session ends they
    leave holes that glibc keeps, and a worker would grow with each session.
    """
    trim = getattr(libc, "malloc_trim", None)
    if trim is not None:
        trim(0)


class Alarm:
    """A timer with microseconds: event loops round their own up to milliseconds."""

    def __init__(self) -> None:
        self.descriptor: int = libc.timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)
        if self.descriptor < 0:
            raise OSError(ffi.errno, os.strerror(ffi.errno))
        self._when = ffi.new("struct itimerspec *")
        self.is_set = False

    def set(self, seconds: float) -> None:
        """Ring once, `seconds` (below 1) from now."""
        self._when.value_ns = max(1, int(seconds * 1e9))
        libc.timerfd_settime(self.descriptor, 0, self._when, ffi.NULL)
        self.is_set = True

    def acknowledge(self) -> None:
        """Take note that it rang."""
        self.is_set = False
        try:
            os.read(self.descriptor, 8)
        except OSError as problem:
            if problem.errno != errno.EAGAIN:
                raise

    def close(self) -> None:
        """Give the descriptor back."""
        os.close(self.descriptor)
