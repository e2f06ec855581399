"""Files of a room over HTTP.

Uploads speak tus 1.0.0 (https://tus.io/protocols/resumable-upload): creation,
`PATCH` from where it stopped, termination; the last `PATCH` answers with the
`FileView`. Downloads are plain GET with ranges. Whatever a file is, it comes
as an attachment of no kind in a sandbox without an origin, so that nothing a
person uploaded ever runs here. The one exception is a web page of the room in a
frame of ours: it comes as what it is, in a sandbox without scripts and forms
that loads nothing from anywhere.
"""

import asyncio
from base64 import b64decode
from binascii import Error as Base64Error
from urllib.parse import quote

from tornado.iostream import StreamClosedError
from tornado.web import stream_request_body

from webvisio_protocol.documents import DocumentRule
from webvisio_protocol.files import (
    MAX_UPLOAD_PIECE_BYTES,
    TUS_VERSION,
    FileChange,
    FileRule,
    FileView,
    FolderCreation,
)
from webvisio_protocol.identifiers import ParticipantId
from webvisio_protocol.refusals import Refusal, RefusalCode
from webvisio_rooms.application.content import Continuation
from webvisio_rooms.application.files import Files
from webvisio_rooms.application.members import Member
from webvisio_rooms.domain.files import UploadWish
from webvisio_rooms.storage.file_store import UploadRecord
from webvisio_rooms.web.api import ApiHandler
from webvisio_service.ranges import Span, span_of

MAX_METADATA_CHARACTERS = 4096
WEB_PAGE = "text/html"
FRAMED = "; ".join(
    (
        # without scripts, our origin lets nothing but the page around the frame follow its scrolling
        "sandbox allow-same-origin",
        "default-src 'none'",
        "style-src 'unsafe-inline'",
        "img-src data:",
        "font-src data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'self'",
    )
)
ANNOTATED_BY: dict[FileRule, DocumentRule | None] = {
    FileRule.EVERYBODY: DocumentRule.ALL_WRITE,
    FileRule.MODERATORS: DocumentRule.HIDDEN,
    FileRule.PERSON: None,
}
"""Who annotates a file, by who reads it; what two people have between them is not annotated."""


class FilesHandlerBase(ApiHandler):
    """What handlers of files share."""

    @property
    def files(self) -> Files:
        return self.web.files

    async def member(self, text: str) -> Member:
        """Find out as whom the caller uses the room; whoever has nothing to do there learns nothing."""
        room_id = self.room_id(text)
        record = await self.rooms.record(room_id)
        if record is None:
            self.refuse(
                Refusal(RefusalCode.LOGIN_REQUIRED if self.visitor.user is None else RefusalCode.NOT_INVITED)
            )
        identity = self.rooms.identify(record, self.visitor)
        if isinstance(identity, Refusal):
            self.refuse(identity)
        door = self.rooms.door(room_id)
        if door is not None:
            self.refuse(door)
        standing = self.rooms.standing(room_id, identity)
        if isinstance(standing, Refusal):
            self.refuse(standing)
        return Member(room_id, identity.person, identity.name, standing)

    async def moderator(self, text: str) -> Member:
        """Find out as whom a moderator uses the room."""
        member = await self.member(text)
        if not member.role.moderates:
            self.refuse(Refusal(RefusalCode.ROLE_TOO_WEAK))
        return member

    def done(self, refusal: Refusal | None) -> None:
        """Answer what has no content."""
        if refusal is not None:
            self.refuse(refusal)
        self.set_status(204)
        self.finish()

    def tell(self, view: FileView | Refusal) -> None:
        """Answer with a file, or a refusal."""
        if isinstance(view, Refusal):
            self.refuse(view)
        self.answer(view)


class FilesHandler(FilesHandlerBase):
    """`GET api/rooms/ROOM/files`"""

    async def get(self, room: str) -> None:
        self.answer(await self.files.list(await self.member(room)))


class FoldersHandler(FilesHandlerBase):
    """`POST api/rooms/ROOM/folders`, `DELETE api/rooms/ROOM/folders?path=PATH`"""

    async def post(self, room: str) -> None:
        member = await self.moderator(room)
        self.done(await self.files.make_folder(member, self.body(FolderCreation).path))

    async def delete(self, room: str) -> None:
        member = await self.moderator(room)
        self.done(await self.files.remove_folder(member, self.get_query_argument("path", "")))


class FileHandler(FilesHandlerBase):
    """`GET|HEAD|PATCH|DELETE api/rooms/ROOM/files/FILE`; `?version=N` reads an older content.

    `?framed` asks for a web page as one, which only a frame gets (Sec-Fetch-Dest).
    """

    async def get(self, room: str, file_id: str) -> None:
        member = await self.member(room)
        version = self.get_query_argument("version", "")
        if version and not version.isdecimal():
            self.refuse(Refusal(RefusalCode.MESSAGE_MALFORMED, details={"detail": "version"}))
        download = await self.files.find(member, file_id, int(version[:9]) if version else None)
        if isinstance(download, Refusal):
            self.refuse(download)
        content = download.version
        etag = f'"{content.sha256}"'
        if self._is_framed() and content.content_type == WEB_PAGE:
            self._describe_page(etag)
        else:
            self._describe(download.file.name, etag)
        if self.request.headers.get("If-None-Match") == etag:
            self.set_status(304)
            self.finish()
            return
        is_same = self.request.headers.get("If-Range", etag) == etag
        span = span_of(self.request.headers.get("Range") if is_same else None, content.size_bytes)
        if span is None:
            self.set_status(416)
            self.set_header("Content-Range", f"bytes */{content.size_bytes}")
            self.finish()
            return
        self._measure(span, content.size_bytes)
        if self.request.method == "HEAD":
            self.finish()
            return
        pieces = await self.files.content(download, span.start, span.end)
        if isinstance(pieces, Refusal):
            self.clear()
            self.refuse(pieces)
        async for piece in pieces:
            self.write(piece)
            try:
                await self.flush()
            except StreamClosedError:
                return
            if self._is_cut(member):
                # the length was promised: a connection that breaks says that this is not all
                self.request.connection.stream.close()  # type: ignore[union-attr]  # HTTP/1 only
                return
        self.finish()

    head = get

    async def patch(self, room: str, file_id: str) -> None:
        member = await self.member(room)
        changed = await self.files.change(member, file_id, self.body(FileChange))
        if not isinstance(changed, Refusal):
            await self._annotations(member, file_id, ANNOTATED_BY[changed.rule])
        self.tell(changed)

    async def delete(self, room: str, file_id: str) -> None:
        member = await self.member(room)
        refusal = await self.files.remove(member, file_id)
        if refusal is None:
            await self._annotations(member, file_id, None)
        self.done(refusal)

    async def _annotations(self, member: Member, file_id: str, rule: DocumentRule | None) -> None:
        await self.web.shared.documents.file_changed(member.room_id, file_id, rule)

    def _is_cut(self, member: Member) -> bool:
        return self.rooms.door(member.room_id) is not None

    def _describe(self, name: str, etag: str) -> None:
        self.set_header("Content-Type", "application/octet-stream")
        plain = "".join(c if c.isascii() and c.isprintable() and c not in '"\\' else "_" for c in name)
        named = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
        self.set_header("Content-Disposition", named)
        self.set_header("Content-Security-Policy", "sandbox; default-src 'none'; frame-ancestors 'none'")
        self.set_header("Cross-Origin-Resource-Policy", "same-origin")
        self.set_header("Accept-Ranges", "bytes")
        self.set_header("ETag", etag)

    def _is_framed(self) -> bool:
        wants = self.get_query_argument("framed", None) is not None
        return wants and self.request.headers.get("Sec-Fetch-Dest") == "iframe"

    def _describe_page(self, etag: str) -> None:
        self.set_header("Content-Type", f"{WEB_PAGE}; charset=utf-8")
        self.set_header("Content-Security-Policy", FRAMED)
        self.set_header("Cross-Origin-Resource-Policy", "same-origin")
        self.set_header("Vary", "Sec-Fetch-Dest")
        self.set_header("ETag", etag)

    def _measure(self, span: Span, size_bytes: int) -> None:
        self.set_header("Content-Length", str(span.end - span.start))
        if span.is_partial:
            self.set_status(206)
            self.set_header("Content-Range", f"bytes {span.start}-{span.end - 1}/{size_bytes}")


class FileVersionsHandler(FilesHandlerBase):
    """`GET api/rooms/ROOM/files/FILE/versions`"""

    async def get(self, room: str, file_id: str) -> None:
        found = await self.files.versions(await self.member(room), file_id)
        if isinstance(found, Refusal):
            self.refuse(found)
        self.answer(found)


class TusHandler(FilesHandlerBase):
    """What handlers of uploads share."""

    def set_default_headers(self) -> None:
        super().set_default_headers()
        self.set_header("Tus-Resumable", TUS_VERSION)

    def number(self, header: str) -> int:
        """Read a length or an offset."""
        text = self.request.headers.get(header, "")
        if not text.isdecimal() or len(text) > 18:
            self.refuse(Refusal(RefusalCode.MESSAGE_MALFORMED, details={"detail": header}))
        return int(text)


class UploadsHandler(TusHandler):
    """`POST api/rooms/ROOM/uploads`: tus creation; metadata: filename, folder, rule, recipient."""

    async def post(self, room: str) -> None:
        member = await self.member(room)
        metadata = self._metadata()
        rule = metadata.get("rule", FileRule.EVERYBODY.value)
        if rule not in list(FileRule):
            self.refuse(Refusal(RefusalCode.MESSAGE_MALFORMED, details={"detail": "rule"}))
        recipient = metadata.get("recipient")
        wish = UploadWish(
            metadata.get("filename", ""),
            metadata.get("folder", ""),
            self.number("Upload-Length"),
            FileRule(rule),
            None if recipient is None else ParticipantId(recipient),
        )
        upload = await self.files.begin_upload(member, wish)
        if isinstance(upload, Refusal):
            self.refuse(upload)
        if upload.size_bytes == 0:
            completed = await self.files.complete(member, upload)
            if isinstance(completed, Refusal):
                self.refuse(completed)
        self.set_status(201)
        self.set_header("Location", f"{self.web.prefix}api/rooms/{room}/uploads/{upload.upload_id}")
        self.set_header("Upload-Offset", "0")
        self.finish()

    def _metadata(self) -> dict[str, str]:
        text = self.request.headers.get("Upload-Metadata", "")
        pairs = [pair.strip().partition(" ") for pair in text[:MAX_METADATA_CHARACTERS].split(",")]
        try:
            return {key: b64decode(value, validate=True).decode() for key, _, value in pairs if key}
        except (Base64Error, UnicodeDecodeError):
            self.refuse(Refusal(RefusalCode.MESSAGE_MALFORMED, details={"detail": "Upload-Metadata"}))


@stream_request_body
class UploadHandler(TusHandler):
    """`HEAD|PATCH|DELETE api/rooms/ROOM/uploads/UPLOAD`"""

    _continuation: Continuation | None = None
    _has_too_much = False
    _who: Member
    _upload: UploadRecord

    async def prepare(self) -> None:
        if self.request.method == "PATCH":
            self.request.connection.set_max_body_size(  # type: ignore[union-attr]  # HTTP/1 only
                MAX_UPLOAD_PIECE_BYTES
            )
        await super().prepare()
        room, upload_id = self.path_args
        self._who = await self.member(room)
        upload = await self.files.upload(self._who, upload_id)
        if isinstance(upload, Refusal):
            self.refuse(upload)
        self._upload = upload
        if self.request.method != "PATCH":
            return
        if self.request.headers.get("Content-Type") != "application/offset+octet-stream":
            self.refuse(Refusal(RefusalCode.MESSAGE_MALFORMED, details={"detail": "Content-Type"}))
        going_on = await self.files.go_on(self._who, upload, self.number("Upload-Offset"))
        if isinstance(going_on, Refusal):
            self.refuse(going_on)
        self._continuation = going_on

    async def data_received(self, chunk: bytes) -> None:
        if self._continuation is not None and not self._has_too_much:
            self._has_too_much = not await self._continuation.write(chunk)

    async def head(self, _room: str, _upload_id: str) -> None:
        self.set_header("Upload-Offset", str(await self.files.written_bytes(self._upload)))
        self.set_header("Upload-Length", str(self._upload.size_bytes))
        self.finish()

    async def patch(self, _room: str, _upload_id: str) -> None:
        continuation = self._continuation
        assert continuation is not None, "prepare made it"
        await continuation.close()
        if self._has_too_much:
            self.refuse(Refusal(RefusalCode.MESSAGE_MALFORMED, details={"detail": "Upload-Length"}))
        self.set_header("Upload-Offset", str(continuation.written_bytes))
        if not continuation.is_complete:
            self.set_status(204)
            self.finish()
            return
        self.tell(await self.files.complete(self._who, self._upload))

    async def delete(self, _room: str, _upload_id: str) -> None:
        await self.files.give_up(self._upload)
        self.done(None)

    def on_finish(self) -> None:
        self._let_go()

    def on_connection_close(self) -> None:
        self._let_go()

    def _let_go(self) -> None:
        if self._continuation is not None:
            self._closing = asyncio.get_running_loop().create_task(self._continuation.close())
