"""Tells whether the ports of an instance are free, and who holds them if not."""

import errno
import socket
from collections.abc import Iterator

import psutil

from webvisio_hub.errors import PortTaken
from webvisio_hub.supervision.layout import Layout
from webvisio_hub.supervision.words import line


def check_free(layout: Layout) -> None:
    """Raise `PortTaken`, naming the first port that is taken and by whom."""
    for port, kind, address in _wanted(layout):
        with socket.socket(socket.AF_INET, kind) as probe:
            if kind == socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, port))
            except OSError as problem:
                if problem.errno == errno.EACCES:
                    raise PortTaken(line("port_forbidden", port=port)) from problem
                if problem.errno != errno.EADDRINUSE:
                    raise PortTaken(line("port_unusable", port=port, address=address)) from problem
                raise PortTaken(line("port_taken", port=port, holder=_holder(port))) from problem


def _wanted(layout: Layout) -> Iterator[tuple[int, socket.SocketKind, str]]:
    yield layout.ports.public, socket.SOCK_STREAM, layout.bind
    for name, port in layout.ports.tcp.items():
        if name != "proxy":
            yield port, socket.SOCK_STREAM, "127.0.0.1"
    yield layout.ports.media, socket.SOCK_DGRAM, "0.0.0.0"  # noqa: S104 - media is for everybody


def _holder(port: int) -> str:
    """Describe the process that listens on `port`, as far as this user may see it."""
    try:
        for connection in psutil.net_connections("inet"):
            if connection.laddr and connection.laddr.port == port and connection.pid:
                return f"{psutil.Process(connection.pid).name()}, pid {connection.pid}"
    except psutil.Error:
        pass
    return "?"
