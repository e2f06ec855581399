"""Who may do what with the documents of rooms, at this moment.

The door is the room's contract, as for the room itself; behind it count the
role, what the session withholds, the document's rule, a copy's state and a
helping hand, which the clock ends.
"""

from webvisio_protocol.documents import DocumentAccess
from webvisio_protocol.identifiers import RoomId
from webvisio_protocol.refusals import Refusal, RefusalCode, Refused
from webvisio_protocol.signalling import Feature
from webvisio_rooms.application.rooms import Rooms
from webvisio_rooms.domain.documents import Reader, access
from webvisio_rooms.domain.people import Identity
from webvisio_rooms.domain.permissions import Action, may
from webvisio_rooms.storage.document_records import DocumentRecord


class DocumentRights:
    """See the module."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    def reader(self, room_id: RoomId, identity: Identity) -> Reader | Refusal:
        """Tell as whom somebody uses the documents of a room at this moment, or why not."""
        refusal = self._rooms.door(room_id)
        if refusal is not None:
            return refusal
        role = self._rooms.standing(room_id, identity)
        if isinstance(role, Refusal):
            return role
        withheld = frozenset(
            feature
            for feature in (Feature.DRAW, Feature.WRITE_NOTES)
            if not self._rooms.may_use(room_id, identity.person, role, feature)
        )
        return Reader(identity.person, role, withheld)

    def require_reader(self, room_id: RoomId, identity: Identity) -> Reader:
        """Tell as whom somebody uses the documents of a room; raises `Refused`."""
        reader = self.reader(room_id, identity)
        if isinstance(reader, Refusal):
            raise Refused(reader)
        return reader

    def require_manager(self, room_id: RoomId, identity: Identity) -> Reader:
        """Tell the same of somebody who creates, changes and removes documents; raises `Refused`."""
        reader = self.require_reader(room_id, identity)
        if not may(reader.role, Action.MANAGE_DOCUMENTS):
            raise Refused(Refusal(RefusalCode.ROLE_TOO_WEAK))
        return reader

    def access(self, record: DocumentRecord, reader: Reader) -> DocumentAccess:
        """Tell what a reader may do with a document now."""
        return access(record.standing, reader, self._rooms.timers.now())
