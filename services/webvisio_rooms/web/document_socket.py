"""The WebSocket of one document: Yjs in binary frames, `webvisio_protocol.documents` in text frames.

A writer's frames are never thrown away for being many: what was dropped would
leave the client's document ahead of everybody's. Above the rate the service
reads more slowly instead, and so does it while the disk is behind.
"""

import asyncio
from dataclasses import replace

import msgspec

from webvisio_protocol.documents import (
    MAX_UPDATE_BYTES,
    Begin,
    DocumentAccess,
    DocumentClientMessage,
    DocumentId,
    DocumentRefused,
    DocumentServerMessage,
    RunCell,
    Saved,
)
from webvisio_protocol.identifiers import RoomId
from webvisio_protocol.refusals import Refusal, RefusalCode, phrase
from webvisio_protocol.signalling import MAX_FAULTS, CloseCode, Ping, Pong
from webvisio_rooms.application.open_document import OpenDocument
from webvisio_rooms.application.visitors import HubUser
from webvisio_rooms.documents.errors import DocumentError
from webvisio_rooms.domain.limits import TokenBucket
from webvisio_rooms.web.shared_lines import SharedLineHandler

MAX_UNSENT_BYTES = 4 * 1024 * 1024
FRAMES_PER_S, FRAMES_BURST = 200.0, 1000.0
PAUSE_S = 0.05
"""How long a line that sends faster is not read."""
TEXTS_PER_S, TEXTS_BURST = 5.0, 50.0
REFUSALS_PER_S, REFUSALS_BURST = 1.0, 5.0
"""A reader that keeps trying to write is told so often."""
MAX_TEXT_BYTES = 4096

_texts = msgspec.json.Decoder(DocumentClientMessage)
_encode = msgspec.json.Encoder().encode


class DocumentSocket(SharedLineHandler):
    """`WS documents/ROOM/DOC`"""

    what = "document"
    max_unsent_bytes = MAX_UNSENT_BYTES

    async def prepare(self) -> None:
        self.access = DocumentAccess.NONE
        self.document: OpenDocument | None = None
        self._faults = self._saved = 0
        self._is_saved_due = False
        await super().prepare()
        self._rate = TokenBucket(FRAMES_PER_S, FRAMES_BURST)
        self._text_rate = TokenBucket(TEXTS_PER_S, TEXTS_BURST)
        self._refusal_rate = TokenBucket(REFUSALS_PER_S, REFUSALS_BURST)

    @property
    def max_message_size(self) -> int:
        """Above it tornado ends the connection without reading the rest."""
        return MAX_UPDATE_BYTES + 1024

    async def connect(self, *args: str) -> None:
        opened = await self.web.shared.documents.open.connect(DocumentId(args[0]), self)
        if self.is_closing:  # it went away while the document was read
            opened.leave(self)
            return
        self.document = opened

    # ---- hearing ---------------------------------------------------------------------

    async def on_message(self, message: str | bytes) -> None:
        self.heard_at_s = self.now_s()
        if self.is_closing or self.document is None:
            return
        if isinstance(message, str):
            self._hear_text(self.document, message)
            return
        if not self._rate.take(self.heard_at_s):
            await asyncio.sleep(PAUSE_S)
        if self.web.shared.documents.journal.is_behind:
            await self.web.shared.documents.journal.caught_up()
        if self.is_closing:
            return
        try:
            self.document.hear(self, message)
        except DocumentError as error:
            self._fault(str(error))

    def _hear_text(self, document: OpenDocument, text: str) -> None:
        if len(text) > MAX_TEXT_BYTES or not self._text_rate.take(self.heard_at_s):
            self._fault("too many, or too long")
            return
        try:
            message = _texts.decode(text)
        except msgspec.MsgspecError as error:
            self._fault(str(error)[:200])
            return
        match message:
            case Ping(sent_at_ms):
                self.tell(Pong(sent_at_ms))
            case Begin():
                document.begin(self, message)
            case RunCell(cell_id):
                refusal = self.web.shared.exercises.run_cell(document, self, cell_id)
                if refusal is not None:
                    self.decline(refusal)

    def on_close(self) -> None:
        self.is_closing = True
        self.web.vigil.discard(self)
        if self.document is not None:
            self.document.leave(self)

    def _fault(self, detail: str) -> None:
        self._faults += 1
        self.rooms.figures.faults.labels(RefusalCode.MESSAGE_MALFORMED.value).inc()
        self.decline(Refusal(RefusalCode.MESSAGE_MALFORMED, details={"detail": detail}))
        if self._faults >= MAX_FAULTS:
            self.close(CloseCode.MALFORMED)

    # ---- telling (the application's `DocumentLine`) ----------------------------------

    def send_frame(self, frame: bytes) -> None:
        """Queue a Yjs frame; a large one is an answer that the client asked for."""
        if len(frame) > self.max_unsent_bytes // 4:
            self.make_room(2 * len(frame))
        self.send_binary(frame)

    def tell(self, message: DocumentServerMessage) -> None:
        """Queue a text message."""
        self.send(_encode(message))

    def decline(self, refusal: Refusal) -> None:
        """Word a refusal, not too often; the line stays."""
        if self._refusal_rate.take(self.now_s()):
            self.rooms.figures.refusals.labels(refusal.code.value).inc()
            self.tell(DocumentRefused(phrase(refusal, self.language)))

    def saved(self, count: int) -> None:
        """Note that so many changes are on the disk; said once a turn of the loop."""
        self._saved = max(self._saved, count)
        if not self._is_saved_due:
            self._is_saved_due = True
            asyncio.get_running_loop().call_soon(self._tell_saved)

    def _tell_saved(self) -> None:
        self._is_saved_due = False
        self.tell(Saved(self._saved))

    def end(self, code: CloseCode) -> None:
        """Close after what is queued."""
        self.close(code)

    # ---- what the vigil sees ---------------------------------------------------------

    @property
    def watched_room(self) -> RoomId | None:
        """The room, once a document is open."""
        return None if self.document is None else self.room_asked

    @property
    def credentials(self) -> tuple[str, str] | None:
        """The hub token and session of a hub user; None for guests."""
        if self.document is None or self.identity.is_guest:
            return None
        return self.hub_token, self.hub_auth.get_session_id(self)

    def take_standing(self, user: HubUser | None) -> None:
        """Follow what the hub says of the person now; None: nobody any more."""
        if self.document is None:
            return
        role = None if user is None or not user.may_join else user.role_in(self.room_asked)
        if role is None:
            self.document.leave(self)
            code = RefusalCode.LOGIN_REQUIRED if user is None else RefusalCode.NOT_INVITED
            self.turn_away(Refusal(code), CloseCode.LOGIN_REQUIRED if user is None else CloseCode.REFUSED)
            return
        self.identity = replace(self.identity, role=role)
        self.web.shared.documents.open.recheck_line(self.document, self)
