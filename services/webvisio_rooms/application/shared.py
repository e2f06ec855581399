"""Everything that is shared in rooms beside the session: documents, exercises, walls."""

import asyncio

from webvisio_protocol.identifiers import RoomId
from webvisio_rooms.application.documents import Documents
from webvisio_rooms.application.exercises import Exercises
from webvisio_rooms.application.rooms import Rooms
from webvisio_rooms.application.wall import Walls
from webvisio_rooms.documents import contents
from webvisio_rooms.storage.document_store import DocumentStore


class Shared:
    """Puts the three together; start it after the rooms and stop it before them."""

    def __init__(self, rooms: Rooms, store: DocumentStore) -> None:
        self.documents = Documents(rooms, store)
        self.exercises = Exercises(self.documents)
        self.walls = Walls(self.documents)
        self.documents.on_announce = self._announced

    async def start(self) -> None:
        """Begin to serve."""
        self.documents.start()
        await self.exercises.start()
        self.documents.background(asyncio.to_thread(contents.warm_up))

    async def stop(self) -> None:
        """Let everybody go, and finish writing."""
        self.walls.stop()
        self.exercises.stop()
        await self.documents.stop()

    def _announced(self, room_id: RoomId) -> None:
        self.walls.refresh(room_id)
