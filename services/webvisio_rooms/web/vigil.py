"""Watches open WebSockets: silence, unanswered pings, and rights that were taken away.

An open WebSocket survives a logout, a lost role and a revoked token; so the hub
is asked again about each one every `RECHECK_S`, and at once when contracts
change. A hub that cannot be reached ends nobody's session.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Protocol

from jupyterhub.services.auth import HubOAuth

from webvisio_protocol.identifiers import RoomId
from webvisio_rooms.application.rooms import Rooms
from webvisio_rooms.application.timing import Alarm
from webvisio_rooms.application.visitors import HubUser
from webvisio_rooms.web.identity import HubUnreachable, user_of_token

SILENCE_S = 25.0
"""Nothing heard for so long, not even an answer to a ping: the line is dead."""
HELLO_PATIENCE_S = 10.0
ROUND_S = 5.0
RECHECK_S = 60.0
MAX_CONNECTIONS = 5000
"""Open WebSockets of the whole service."""
MAX_QUESTIONS = 8
"""Questions to the hub under way at once."""

_log = logging.getLogger(__name__)


class Watched(Protocol):
    """What the vigil sees of a WebSocket."""

    heard_at_s: float
    opened_at_s: float
    checked_at_s: float

    @property
    def watched_room(self) -> RoomId | None:
        """The room, once greeted."""
        ...

    @property
    def credentials(self) -> tuple[str, str] | None:
        """The hub token and session of a hub user; None for guests."""
        ...

    def take_standing(self, user: HubUser | None) -> None:
        """Follow what the hub says of the person now; None: nobody any more."""
        ...

    def give_up(self, reason: str) -> None: ...

    def ask_for_life(self) -> None:
        """Send a ping of the WebSocket protocol: browsers answer even when a tab sleeps."""
        ...


class Vigil:
    """See the module."""

    def __init__(self, rooms: Rooms, hub: HubOAuth) -> None:
        self._rooms = rooms
        self._hub = hub
        self._sockets: set[Watched] = set()
        self._alarm = Alarm(rooms.timers, self._round)
        self._questions = asyncio.Semaphore(MAX_QUESTIONS)
        self._tasks: set[asyncio.Task[None]] = set()
        self._forget: Callable[[], None] = lambda: None

    def start(self) -> None:
        """Begin to watch."""
        self._forget = self._rooms.source.on_change(
            lambda changed: self.recheck(
                {rented.room_id for contract in changed for rented in contract.rooms}
            )
        )
        self._alarm.set(self._rooms.timers.now() + timedelta(seconds=ROUND_S))

    def stop(self) -> None:
        """Watch no longer."""
        self._forget()
        self._alarm.set(None)
        for task in self._tasks:
            task.cancel()

    @property
    def is_full(self) -> bool:
        """Whether no more connections are taken."""
        return len(self._sockets) >= MAX_CONNECTIONS

    def add(self, socket: Watched) -> None:
        self._sockets.add(socket)
        self._rooms.figures.connections.set(len(self._sockets))

    def discard(self, socket: Watched) -> None:
        self._sockets.discard(socket)
        self._rooms.figures.connections.set(len(self._sockets))

    def recheck(self, room_ids: Iterable[RoomId]) -> None:
        """Ask the hub about everybody in these rooms now."""
        wanted: set[RoomId | None] = set(room_ids)
        for socket in tuple(self._sockets):
            if socket.watched_room in wanted:
                self._ask(socket)

    async def settled(self) -> None:
        """Return once every question under way is answered."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def _round(self) -> None:
        now_s = self._rooms.timers.now().timestamp()
        for socket in tuple(self._sockets):
            if now_s - socket.heard_at_s > SILENCE_S:
                socket.give_up("silent")
            elif socket.watched_room is None and now_s - socket.opened_at_s > HELLO_PATIENCE_S:
                socket.give_up("no_hello")
            else:
                socket.ask_for_life()
                if now_s - socket.checked_at_s >= RECHECK_S:
                    self._ask(socket)
        self._alarm.set(self._rooms.timers.now() + timedelta(seconds=ROUND_S))

    def _ask(self, socket: Watched) -> None:
        socket.checked_at_s = self._rooms.timers.now().timestamp()
        if socket.credentials is None:
            return
        task = asyncio.get_running_loop().create_task(self._check(socket))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _check(self, socket: Watched) -> None:
        credentials = socket.credentials
        if credentials is None:
            return
        async with self._questions:
            try:
                user = await user_of_token(self._hub, *credentials, use_cache=False)
            except HubUnreachable:
                return
        socket.take_standing(user)
