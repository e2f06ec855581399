"""A bad network in user space: a UDP relay that loses, delays, limits and goes dark, by a seed.

It stands between browsers and a worker: `Relay.port` goes into the answer in
the place of the worker's port. Each browser's address is one *client*, with
conditions of its own; they may change while everything runs.
"""

import heapq
import random
import select
import socket
import threading
import time
from dataclasses import dataclass, field

MOST_WAITING = 20_000
"""Datagrams of all clients that are on their way; beyond, the network loses them."""


@dataclass
class Conditions:
    """One direction of a client's line."""

    loss: float = 0.0
    delay_s: float = 0.0
    rate_bps: float = float("inf")
    queue_s: float = 0.4
    is_dark: bool = False


@dataclass
class Client:
    """A browser behind the relay: its own socket towards the worker, and both directions of its line."""

    address: tuple[str, int]
    socket: socket.socket
    up: Conditions = field(default_factory=Conditions)
    down: Conditions = field(default_factory=Conditions)
    free_at: dict[bool, float] = field(default_factory=lambda: {True: 0.0, False: 0.0})
    carried_bytes: int = 0
    """What came down to it."""


class Relay:
    """Runs in a thread of its own between `with` and its end."""

    def __init__(self, worker_port: int, seed: int, **conditions: float) -> None:
        """`conditions` hold for both directions of each new client."""
        self._worker = ("127.0.0.1", worker_port)
        self._random = random.Random(seed)  # noqa: S311 - a network, not a secret
        self._conditions = conditions
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self._socket.bind(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.clients: list[Client] = []
        self._by_address: dict[tuple[str, int], Client] = {}
        self._by_descriptor: dict[int, Client] = {}
        self._waiting: list[tuple[float, int, socket.socket, bytes, tuple[str, int]]] = []
        self._count = 0
        self._poll = select.epoll()
        self._poll.register(self._socket.fileno(), select.EPOLLIN)
        self._is_over = False
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Relay":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over = True
        self._thread.join(5)
        self._poll.close()
        for client in self.clients:
            client.socket.close()
        self._socket.close()

    def _run(self) -> None:
        while not self._is_over:
            now = time.monotonic()
            wait = min(0.05, max(0.0, self._waiting[0][0] - now)) if self._waiting else 0.05
            for descriptor, _ in self._poll.poll(wait):
                self._read(descriptor)
            now = time.monotonic()
            while self._waiting and self._waiting[0][0] <= now:
                _, _, out, data, address = heapq.heappop(self._waiting)
                try:
                    out.sendto(data, address)
                except OSError:
                    continue  # a browser that was closed

    def _read(self, descriptor: int) -> None:
        now = time.monotonic()
        if descriptor == self._socket.fileno():
            data, address = self._socket.recvfrom(2048)
            client = self._by_address.get(address) or self._new(address)
            self._carry(client, True, data, now)
            return
        client = self._by_descriptor[descriptor]
        data = client.socket.recv(2048)
        client.carried_bytes += len(data)
        self._carry(client, False, data, now)

    def _new(self, address: tuple[str, int]) -> Client:
        end = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        end.connect(self._worker)
        conditions = [Conditions(**self._conditions) for _ in range(2)]  # type: ignore[arg-type]  # floats all
        client = Client(address, end, *conditions)
        self._by_address[address] = self._by_descriptor[end.fileno()] = client
        self.clients.append(client)
        self._poll.register(end.fileno(), select.EPOLLIN)
        return client

    def _carry(self, client: Client, is_up: bool, data: bytes, now: float) -> None:
        line = client.up if is_up else client.down
        start = max(now, client.free_at[is_up])
        if line.is_dark or start - now > line.queue_s or len(self._waiting) >= MOST_WAITING:
            return
        client.free_at[is_up] = start + (len(data) + 28) * 8 / line.rate_bps
        if self._random.random() < line.loss:
            return
        self._count += 1
        out = client.socket if is_up else self._socket
        to = self._worker if is_up else client.address
        if is_up:
            heapq.heappush(self._waiting, (client.free_at[True] + line.delay_s, self._count, out, data, to))
        else:
            heapq.heappush(self._waiting, (client.free_at[False] + line.delay_s, self._count, out, data, to))
