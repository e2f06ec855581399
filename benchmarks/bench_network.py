"""Two network namespaces joined by a cable, and a switch that says whose core delivers.

On one machine the kernel delivers a datagram in the sender's own time: what a
receiver's machine would do (cut up segments, find the socket, queue, wake its
reader) is billed to whoever sends. *Steered*, the far end of the cable hands
what arrives to the other core (Receive Packet Steering), as if it had come
through a network card; so does the near end, for what the receivers send.
`processed` tells by the kernel's own count whether that really happens.
"""

import ctypes
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FORWARDER, PEERS = "webvisio-bench", "webvisio-bench-peers"
NEAR, FAR = "d0", "d1"
NEAR_ADDRESS, FAR_ADDRESS = "10.77.0.1", "10.77.0.2"
FORWARDER_CORE, PEER_CORE = 0, 1
CLONE_NEWNET = 0x4000_0000
NOBODY = "0"


def _ip(*words: str, is_checked: bool = True) -> None:
    output = None if is_checked else subprocess.DEVNULL
    subprocess.run(["ip", *words], check=is_checked, stderr=output)


def _within(name: str, *words: str) -> None:
    subprocess.run(["ip", "netns", "exec", name, *words], check=True)


@contextmanager
def network() -> Iterator[None]:
    """Make the namespaces and the cable, and take them away at the end (needs root)."""
    _take_away()  # what a killed run left behind
    try:
        for name in (FORWARDER, PEERS):
            _ip("netns", "add", name)
            _within(name, "ip", "link", "set", "lo", "up")
        _within(FORWARDER, "ip", "link", "add", NEAR, "type", "veth", "peer", "name", FAR, "netns", PEERS)
        for name, device, address in ((FORWARDER, NEAR, NEAR_ADDRESS), (PEERS, FAR, FAR_ADDRESS)):
            _within(name, "ip", "addr", "add", f"{address}/24", "dev", device)
            _within(name, "ip", "link", "set", device, "up")
        yield
    finally:
        _take_away()


def _take_away() -> None:
    for name in (FORWARDER, PEERS):
        _ip("netns", "del", name, is_checked=False)


def enter(name: str | None) -> None:
    """Make the sockets of this thread, from now on, in a namespace; None: where they are made already."""
    if name is None:
        return
    descriptor = os.open(f"/var/run/netns/{name}", os.O_RDONLY)
    try:
        if ctypes.CDLL(None, use_errno=True).setns(descriptor, CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns")
    finally:
        os.close(descriptor)


def steer(is_steered: bool) -> None:
    """Deliver on the receiver's core, or (as it is by default) in the sender's time."""
    for name, device, core in ((PEERS, FAR, PEER_CORE), (FORWARDER, NEAR, FORWARDER_CORE)):
        mask = f"{1 << core:x}" if is_steered else NOBODY
        _within(name, "sh", "-c", f"echo {mask} > /sys/class/net/{device}/queues/rx-0/rps_cpus")


def cut_in_software(is_software: bool) -> None:
    """Let the kernel cut segments up before the cable, as for a card that cannot."""
    _within(FORWARDER, "ethtool", "-K", NEAR, "tx-udp-segmentation", "off" if is_software else "on")


def processed() -> list[int]:
    """Count what each core has received from devices so far."""
    lines = Path("/proc/net/softnet_stat").read_text().splitlines()
    return [int(line.split()[0], 16) for line in lines]
