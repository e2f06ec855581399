"""Shared documents and exercises over HTTP: lists, settings, imports, exports, history."""

from typing import TypeVar
from urllib.parse import quote

import msgspec
from tornado.web import stream_request_body

from webvisio_protocol.documents import (
    MAX_UPDATE_BYTES,
    DocumentAccess,
    DocumentId,
    DocumentKind,
    DocumentPatch,
    ExerciseId,
    ExercisePatch,
    HandGrant,
    NewDocument,
    NewExercise,
    RestoreVersion,
)
from webvisio_protocol.identifiers import RoomId
from webvisio_protocol.refusals import Refusal, RefusalCode
from webvisio_rooms.application.document_exports import exported
from webvisio_rooms.application.members import Member
from webvisio_rooms.application.shared import Shared
from webvisio_rooms.domain.people import Identity
from webvisio_rooms.storage.document_records import DocumentRecord
from webvisio_rooms.web.api import ApiHandler
from webvisio_rooms.web.files import ANNOTATED_BY

T = TypeVar("T", bound=msgspec.Struct)

MAX_NEW_DOCUMENT_BYTES = MAX_UPDATE_BYTES
SANDBOX = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:"


class DocumentHandlerBase(ApiHandler):
    """What these handlers share."""

    @property
    def shared(self) -> Shared:
        return self.web.shared

    async def person(self, text: str) -> tuple[RoomId, Identity]:
        """Find out who asks in which room; whoever has nothing to do there learns nothing of it."""
        room_id = self.room_id(text)
        record = await self.rooms.record(room_id)
        if record is None:
            is_known = self.visitor.user is not None
            self.refuse(Refusal(RefusalCode.NOT_INVITED if is_known else RefusalCode.LOGIN_REQUIRED))
        identity = self.rooms.identify(record, self.visitor)
        if isinstance(identity, Refusal):
            self.refuse(identity)
        return room_id, identity

    async def readable(self, text: str, document: str) -> tuple[DocumentRecord, DocumentAccess]:
        """Find a document that the caller may read."""
        room_id, identity = await self.person(text)
        reader = self.shared.documents.rights.require_reader(room_id, identity)
        return await self.shared.documents.readable(room_id, DocumentId(document), reader)


@stream_request_body
class DocumentsHandler(DocumentHandlerBase):
    """`GET`, `POST api/rooms/ID/documents`; a notebook may be larger than other bodies."""

    async def prepare(self) -> None:
        self._pieces: list[bytes] = []
        self._size = 0
        set_limit = getattr(self.request.connection, "set_max_body_size", None)
        if set_limit is not None:
            set_limit(MAX_NEW_DOCUMENT_BYTES)
        await super().prepare()

    def data_received(self, chunk: bytes) -> None:
        self._size += len(chunk)
        if self._size <= MAX_NEW_DOCUMENT_BYTES:
            self._pieces.append(chunk)

    async def get(self, text: str) -> None:
        room_id, identity = await self.person(text)
        documents = self.shared.documents
        reader = documents.rights.require_reader(room_id, identity)
        await self.shared.exercises.give_copy(room_id, identity, reader)
        self.answer(await documents.listed(room_id, identity))

    async def post(self, text: str) -> None:
        room_id, identity = await self.person(text)
        self.shared.documents.rights.require_manager(room_id, identity)
        if self._size > MAX_NEW_DOCUMENT_BYTES:
            limit = {"limit": f"{MAX_NEW_DOCUMENT_BYTES // 1024 // 1024} MB"}
            self.refuse(Refusal(RefusalCode.DOCUMENT_TOO_LARGE, details=limit))
        new = self.decoded(b"".join(self._pieces), NewDocument)
        if new.annotates is not None:
            new = await self._over_a_file(room_id, identity, new, new.annotates)
        self.answer(await self.shared.documents.create(room_id, identity, new), 201)

    async def _over_a_file(
        self, room_id: RoomId, identity: Identity, new: NewDocument, file_id: str
    ) -> NewDocument:
        """Tie a board to a file: whoever reads the one reads the other."""
        reader = self.shared.documents.rights.require_reader(room_id, identity)
        member = Member(room_id, identity.person, identity.name, reader.role)
        found = await self.web.files.find(member, file_id)
        if isinstance(found, Refusal):
            self.refuse(found)
        rule = ANNOTATED_BY[found.file.rule]
        if rule is None or new.kind is not DocumentKind.BOARD:
            self.refuse(Refusal(RefusalCode.MESSAGE_MALFORMED, details={"detail": "annotates"}))
        return msgspec.structs.replace(new, rule=rule)


class DocumentHandler(DocumentHandlerBase):
    """`GET`, `PATCH`, `DELETE api/rooms/ID/documents/DOC`"""

    async def get(self, text: str, document: str) -> None:
        room_id, identity = await self.person(text)
        reader = self.shared.documents.rights.require_reader(room_id, identity)
        record, _ = await self.shared.documents.readable(room_id, DocumentId(document), reader)
        self.answer(self.shared.documents.view(record, reader))

    async def patch(self, text: str, document: str) -> None:
        room_id, identity = await self.person(text)
        self.shared.documents.rights.require_manager(room_id, identity)
        patch = self.body(DocumentPatch)
        self.answer(await self.shared.documents.change(room_id, DocumentId(document), identity, patch))

    async def delete(self, text: str, document: str) -> None:
        room_id, identity = await self.person(text)
        await self.shared.documents.remove(room_id, DocumentId(document), identity)
        self.set_status(204)
        self.finish()


class ExportHandler(DocumentHandlerBase):
    """`GET api/rooms/ID/documents/DOC/export?format=`"""

    async def get(self, text: str, document: str) -> None:
        record, _ = await self.readable(text, document)
        content = await self.shared.documents.content(record)
        found = await exported(record, content, self.get_query_argument("format", ""), self.language)
        self.set_header("Content-Type", found.content_type)
        self.set_header("Content-Security-Policy", SANDBOX)
        self.set_header("Content-Disposition", f"attachment; filename*=UTF-8''{quote(found.name, safe='')}")
        self.finish(found.data)


class HistoryHandler(DocumentHandlerBase):
    """`GET api/rooms/ID/documents/DOC/history`"""

    async def get(self, text: str, document: str) -> None:
        record, _ = await self.readable(text, document)
        self.answer(await self.shared.documents.history(record))


class VersionHandler(DocumentHandlerBase):
    """`GET api/rooms/ID/documents/DOC/history/VERSION`: the content as it was, as JSON."""

    async def get(self, text: str, document: str, version: str) -> None:
        record, _ = await self.readable(text, document)
        if not version.isascii() or not version.isdigit() or len(version) > 15:
            self.refuse(Refusal(RefusalCode.NOT_FOUND))
        self.answer(await self.shared.documents.content_at(record, int(version)))


class RestoreHandler(DocumentHandlerBase):
    """`POST api/rooms/ID/documents/DOC/restore`"""

    async def post(self, text: str, document: str) -> None:
        room_id, identity = await self.person(text)
        self.shared.documents.rights.require_manager(room_id, identity)
        version = self.body(RestoreVersion).version
        documents = self.shared.documents
        self.answer(await documents.restore(room_id, DocumentId(document), identity, version))


class HandHandler(DocumentHandlerBase):
    """`GET`, `POST`, `DELETE api/rooms/ID/documents/DOC/hand`: the helping hand, and those there were"""

    async def get(self, text: str, document: str) -> None:
        room_id, identity = await self.person(text)
        self.answer(await self.shared.exercises.hand_log(room_id, DocumentId(document), identity))

    async def post(self, text: str, document: str) -> None:
        room_id, identity = await self.person(text)
        self.shared.documents.rights.require_reader(room_id, identity)
        minutes = self.body(HandGrant).minutes
        self.answer(await self.shared.exercises.give_hand(room_id, DocumentId(document), identity, minutes))

    async def delete(self, text: str, document: str) -> None:
        room_id, identity = await self.person(text)
        self.answer(await self.shared.exercises.end_hand(room_id, DocumentId(document), identity))


class HandInHandler(DocumentHandlerBase):
    """`POST`, `DELETE api/rooms/ID/documents/DOC/hand-in`"""

    async def post(self, text: str, document: str) -> None:
        await self._hand_in(text, document, True)

    async def delete(self, text: str, document: str) -> None:
        await self._hand_in(text, document, False)

    async def _hand_in(self, text: str, document: str, is_handed_in: bool) -> None:
        room_id, identity = await self.person(text)
        exercises = self.shared.exercises
        self.answer(
            await exercises.hand_in(room_id, DocumentId(document), identity, is_handed_in=is_handed_in)
        )


class ExercisesHandler(DocumentHandlerBase):
    """`POST api/rooms/ID/exercises`"""

    async def post(self, text: str) -> None:
        room_id, identity = await self.person(text)
        self.shared.documents.rights.require_manager(room_id, identity)
        new = self.body(NewExercise)
        self.answer(await self.shared.exercises.hand_out(room_id, identity, new), 201)


class ExerciseHandler(DocumentHandlerBase):
    """`PATCH api/rooms/ID/exercises/EXERCISE`"""

    async def patch(self, text: str, exercise: str) -> None:
        room_id, identity = await self.person(text)
        self.shared.documents.rights.require_manager(room_id, identity)
        patch = self.body(ExercisePatch)
        self.answer(await self.shared.exercises.change(room_id, ExerciseId(exercise), identity, patch))
