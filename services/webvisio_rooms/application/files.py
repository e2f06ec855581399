"""Files of a room: who may what, uploads that go on where they stopped, downloads, the end of a key.

An upload is a row and a blob that grows. It becomes a file only when the whole
content was read back, hashed, looked at and, where a scanner is configured,
scanned: nobody is ever shown what was refused.
"""

import asyncio
import hashlib
import logging
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta

import msgspec

from webvisio_protocol.files import FileChange, FileList, FileRule, FileVersions, FileVersionView, FileView
from webvisio_protocol.identifiers import ParticipantId, RoomId
from webvisio_protocol.refusals import Refusal, RefusalCode
from webvisio_protocol.signalling import Feature, FileReceived, FilesChanged
from webvisio_rooms.application.content import Continuation, stream, take
from webvisio_rooms.application.members import Member
from webvisio_rooms.application.rooms import Rooms
from webvisio_rooms.application.timing import Alarm
from webvisio_rooms.application.writer import Writer
from webvisio_rooms.domain.effects import ToInside, ToOne
from webvisio_rooms.domain.files import (
    MAX_FILES_IN_ROOM,
    MAX_FOLDERS_IN_ROOM,
    MAX_UPLOADS_OF_PERSON,
    MAX_UPLOADS_OF_ROOM,
    MAX_VERSIONS,
    UPLOAD_LIFE_S,
    FileAccess,
    FileLimits,
    Ownership,
    Quota,
    UploadWish,
    access_to,
    ancestors,
    clean_file_name,
    clean_folder,
    numbered,
)
from webvisio_rooms.files.errors import ContentDamaged, ContentDestroyed, ScannerAway
from webvisio_rooms.files.kinds import HEAD_BYTES, PROGRAM, keeps_promise, sniff
from webvisio_rooms.files.scanner import Scanner
from webvisio_rooms.files.vault import Vault
from webvisio_rooms.storage.file_store import FileRecord, FileStore, UploadRecord, VersionRecord

SWEEP_S = 3600

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Download:
    """A content that may be read by whoever asked."""

    file: FileRecord
    version: VersionRecord


class Files:
    """See the module."""

    def __init__(
        self,
        rooms: Rooms,
        store: FileStore,
        vault: Vault,
        limits: FileLimits | None = None,
        scanner: Scanner | None = None,
    ) -> None:
        self.limits = limits or FileLimits()
        self._rooms = rooms
        self._store = store
        self._vault = vault
        self._scanner = scanner
        self._writer = Writer()
        self._busy: set[str] = set()
        self._sweeper = Alarm(rooms.timers, self.sweep)
        self._sweeping: asyncio.Task[None] | None = None

    # ---- life ------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to clear away what was given up."""
        self.sweep()

    async def stop(self) -> None:
        """Finish what was begun in the catalogue."""
        self._sweeper.set(None)
        await self.swept()
        self._writer.close()

    async def swept(self) -> None:
        """Return once what is being cleared away is."""
        if self._sweeping is not None:
            await self._sweeping

    # ---- reading ---------------------------------------------------------------------

    async def list(self, member: Member) -> FileList:
        """List what somebody may read."""
        files = await self._writer.call(self._store.files, member.room_id)
        shown = tuple(self._view(file, member) for file in files if self._access(file, member) != "none")
        folders = set(await self._writer.call(self._store.folders, member.room_id))
        if not member.role.moderates:
            # a folder whose files are all hidden would tell of them by its name
            folders = {folder for file in shown for folder in ancestors(file.folder)}
        quota = await self._quota(member.room_id)
        return FileList(
            shown,
            tuple(sorted(folders)),
            self._may_upload(member),
            quota.used_bytes,
            quota.limit_bytes,
            self.limits.max_file_bytes,
        )

    async def find(self, member: Member, file_id: str, version: int | None = None) -> Download | Refusal:
        """Find a content to download; whoever may not read a file is told that there is none."""
        file = await self._readable(member, file_id)
        if file is None:
            return Refusal(RefusalCode.NOT_FOUND)
        if version is None or version == file.newest.version:
            return Download(file, file.newest)
        for one in await self._writer.call(self._store.versions, file_id):
            if one.version == version:
                return Download(file, one)
        return Refusal(RefusalCode.NOT_FOUND)

    async def versions(self, member: Member, file_id: str) -> FileVersions | Refusal:
        """List the contents that a file had."""
        if await self._readable(member, file_id) is None:
            return Refusal(RefusalCode.NOT_FOUND)
        found = await self._writer.call(self._store.versions, file_id)
        return FileVersions(
            file_id,
            tuple(FileVersionView(one.version, one.size_bytes, one.by_name, one.stored_at) for one in found),
        )

    async def content(self, download: Download, start: int, end: int) -> AsyncIterator[bytes] | Refusal:
        """Read `[start, end)` of a content, about a MiB at a time."""
        version = download.version
        chunks = self._vault.read(version.blob_id, download.file.customer_id, version.size_bytes, start, end)
        try:
            first = await asyncio.to_thread(take, chunks)
        except ContentDestroyed:
            return Refusal(RefusalCode.FILE_DESTROYED)
        return stream(first, chunks)

    # ---- uploading -------------------------------------------------------------------

    async def begin_upload(self, member: Member, wish: UploadWish) -> UploadRecord | Refusal:
        """Take note of an upload, if there is place for it."""
        if not self._may_upload(member):
            return Refusal(RefusalCode.FEATURE_WITHHELD)
        name, folder = clean_file_name(wish.name), clean_folder(wish.folder)
        if name is None or folder is None:
            return Refusal(RefusalCode.FILE_NAME_INVALID)
        if wish.size_bytes > self.limits.max_file_bytes:
            return Refusal(
                RefusalCode.FILE_TOO_LARGE, details={"limit": megabytes(self.limits.max_file_bytes)}
            )
        recipient = self._recipient(member, wish.rule, wish.recipient)
        if isinstance(recipient, Refusal):
            return recipient
        if wish.rule is FileRule.MODERATORS and not member.role.moderates:
            return Refusal(RefusalCode.ROLE_TOO_WEAK)
        refusal = await self._crowd(member, folder)
        if refusal is not None:
            return refusal
        quota = await self._quota(member.room_id)
        if not quota.has_room_for(wish.size_bytes):
            left = max(0, quota.limit_bytes - quota.used_bytes)
            return Refusal(RefusalCode.STORAGE_FULL, details={"left": megabytes(left)})
        rented = self._rooms.source.copy.rented_room(member.room_id)
        if rented is None:
            return Refusal(RefusalCode.NO_CONTRACT)
        upload = UploadRecord(
            secrets.token_hex(16),
            member.room_id,
            rented[0].customer_id,
            member.person,
            member.name,
            folder,
            name,
            wish.rule,
            *recipient,
            wish.size_bytes,
            secrets.token_hex(16),
            self._rooms.timers.now() + timedelta(seconds=UPLOAD_LIFE_S),
        )
        await self._writer.call(self._store.begin_upload, upload)
        await asyncio.to_thread(self._vault.create, upload.blob_id, upload.customer_id)
        return upload

    async def upload(self, member: Member, upload_id: str) -> UploadRecord | Refusal:
        """Find one's own upload under way."""
        found = await self._writer.call(self._store.upload, member.room_id, upload_id)
        if found is None or found.person != member.person:
            return Refusal(RefusalCode.NOT_FOUND)
        return found

    async def written_bytes(self, upload: UploadRecord) -> int:
        """Tell where an upload goes on."""
        return await asyncio.to_thread(self._vault.written_bytes, upload.blob_id, upload.size_bytes)

    async def go_on(self, member: Member, upload: UploadRecord, offset: int) -> Continuation | Refusal:
        """Take more of an upload, from exactly where it stopped; one request at a time."""
        if not self._may_upload(member):
            return Refusal(RefusalCode.FEATURE_WITHHELD)
        if upload.upload_id in self._busy:
            return Refusal(RefusalCode.UPLOAD_OUT_OF_STEP)
        self._busy.add(upload.upload_id)
        try:
            writer = await asyncio.to_thread(
                self._vault.continued, upload.blob_id, upload.customer_id, upload.size_bytes
            )
        except (ContentDestroyed, ContentDamaged):
            self._busy.discard(upload.upload_id)
            return Refusal(RefusalCode.FILE_DESTROYED)
        continuation = Continuation(upload, writer, self._busy)
        if writer.accepted_bytes != offset:
            await continuation.close()
            return Refusal(RefusalCode.UPLOAD_OUT_OF_STEP)
        expires_at = self._rooms.timers.now() + timedelta(seconds=UPLOAD_LIFE_S)
        await self._writer.call(self._store.put_off, upload.upload_id, expires_at)
        return continuation

    async def complete(self, member: Member, upload: UploadRecord) -> FileView | Refusal:
        """Make a file of an upload that is all there, or refuse it for what it contains."""
        if upload.upload_id in self._busy:
            return Refusal(RefusalCode.UPLOAD_OUT_OF_STEP)
        self._busy.add(upload.upload_id)
        try:
            looked = await self._look_at(upload)
            if isinstance(looked, Refusal):
                if looked.code is not RefusalCode.SCANNER_AWAY:
                    await self.give_up(upload)
                return looked
            return await self._keep(member, upload, looked)
        finally:
            self._busy.discard(upload.upload_id)

    async def give_up(self, upload: UploadRecord) -> None:
        """Forget an upload and what came of it."""
        await self._writer.call(self._store.give_up, upload.upload_id)
        await asyncio.to_thread(self._vault.delete, upload.blob_id)

    async def _look_at(self, upload: UploadRecord) -> VersionRecord | Refusal:
        digest, head = hashlib.sha256(), bytearray()

        async def content() -> AsyncIterator[bytes]:
            chunks = self._vault.read(upload.blob_id, upload.customer_id, upload.size_bytes)
            async for piece in stream(b"", chunks):
                digest.update(piece)
                if len(head) < HEAD_BYTES:
                    head.extend(piece[: HEAD_BYTES - len(head)])
                yield piece

        try:
            is_clean = await self._scan(content())
        except ScannerAway:
            return Refusal(RefusalCode.SCANNER_AWAY)
        except (ContentDestroyed, ContentDamaged):
            return Refusal(RefusalCode.FILE_DESTROYED)
        if not is_clean:
            _log.warning("an upload was refused: the scanner found something")
            return Refusal(RefusalCode.FILE_INFECTED)
        kind = sniff(bytes(head))
        if upload.size_bytes and (kind == PROGRAM or not keeps_promise(upload.name, kind)):
            return Refusal(RefusalCode.FILE_KIND_REFUSED)
        now = self._rooms.timers.now()
        return VersionRecord(
            1, upload.blob_id, upload.size_bytes, kind, digest.hexdigest(), upload.person_name, now
        )

    async def _scan(self, content: AsyncIterator[bytes]) -> bool:
        if self._scanner is not None:
            return await self._scanner.is_clean(content)
        async for _ in content:
            pass
        return True

    async def _keep(self, member: Member, upload: UploadRecord, version: VersionRecord) -> FileView:
        others = await self._writer.call(self._store.same_name, upload.room_id, upload.folder, upload.name)
        replaced = next((one for one in others if self._is_successor(upload, one, member)), None)
        if replaced is None and others:
            taken = {
                one.name
                for one in await self._writer.call(self._store.files, upload.room_id)
                if one.folder == upload.folder
            }
            upload = replace(upload, name=numbered(upload.name, taken))
        stored = await self._writer.call(
            self._store.keep,
            upload,
            version,
            secrets.token_hex(8),
            None if replaced is None else replaced.file_id,
            MAX_VERSIONS,
        )
        for blob_id in stored.freed_blob_ids:
            await asyncio.to_thread(self._vault.delete, blob_id)
        self._tell(member.room_id)
        if replaced is None and stored.file.recipient is not None:
            self._announce(stored.file)
        return self._view(stored.file, member)

    def _is_successor(self, upload: UploadRecord, file: FileRecord, member: Member) -> bool:
        is_alike = file.rule is upload.rule and file.recipient == upload.recipient
        return is_alike and self._access(file, member) is FileAccess.MANAGE

    # ---- changing --------------------------------------------------------------------

    async def change(self, member: Member, file_id: str, change: FileChange) -> FileView | Refusal:
        """Rename, move, or change who reads a file."""
        file = await self._managed(member, file_id)
        if isinstance(file, Refusal):
            return file
        unset = msgspec.UnsetType
        name = file.name if isinstance(change.name, unset) else clean_file_name(change.name)
        folder = file.folder if isinstance(change.folder, unset) else clean_folder(change.folder)
        if name is None or folder is None or not keeps_promise(name, file.newest.content_type):
            return Refusal(RefusalCode.FILE_NAME_INVALID)
        rule = file.rule if isinstance(change.rule, unset) else change.rule
        recipient: tuple[str | None, str | None] | Refusal = (file.recipient, file.recipient_name)
        if not isinstance(change.rule, unset) or not isinstance(change.recipient, unset):
            wanted = None if isinstance(change.recipient, unset) else change.recipient
            recipient = self._recipient(member, rule, wanted)
        if isinstance(recipient, Refusal):
            return recipient
        if rule is FileRule.MODERATORS and not member.role.moderates:
            return Refusal(RefusalCode.ROLE_TOO_WEAK)
        same = await self._writer.call(self._store.same_name, member.room_id, folder, name)
        if any(one.file_id != file_id for one in same):
            return Refusal(RefusalCode.FILE_NAME_TAKEN)
        await self._writer.call(
            self._store.change,
            file_id,
            name=name,
            folder=folder,
            rule=rule,
            recipient=recipient[0],
            recipient_name=recipient[1],
        )
        self._tell(member.room_id)
        changed = await self._writer.call(self._store.file, member.room_id, file_id)
        return Refusal(RefusalCode.NOT_FOUND) if changed is None else self._view(changed, member)

    async def remove(self, member: Member, file_id: str) -> Refusal | None:
        """Delete a file with all its versions."""
        file = await self._managed(member, file_id)
        if isinstance(file, Refusal):
            return file
        for blob_id in await self._writer.call(self._store.remove, file_id):
            await asyncio.to_thread(self._vault.delete, blob_id)
        self._tell(member.room_id)
        return None

    async def make_folder(self, member: Member, path: str) -> Refusal | None:
        """Make a folder; the caller is a moderator."""
        folder = clean_folder(path)
        if not folder:
            return Refusal(RefusalCode.FILE_NAME_INVALID)
        refusal = await self._crowd(member, folder)
        if refusal is None:
            await self._writer.call(self._store.make_folder, member.room_id, folder)
            self._tell(member.room_id)
        return refusal

    async def remove_folder(self, member: Member, path: str) -> Refusal | None:
        """Remove an empty folder; the caller is a moderator."""
        if not await self._writer.call(self._store.remove_folder, member.room_id, path):
            return Refusal(RefusalCode.FOLDER_NOT_EMPTY)
        self._tell(member.room_id)
        return None

    # ---- deciding --------------------------------------------------------------------

    def _may_upload(self, member: Member) -> bool:
        return self._rooms.may_use(member.room_id, member.person, member.role, Feature.UPLOAD)

    def _access(self, file: FileRecord, member: Member) -> FileAccess:
        return access_to(Ownership(file.rule, file.owner, file.recipient), member.person, member.role)

    async def _readable(self, member: Member, file_id: str) -> FileRecord | None:
        file = await self._writer.call(self._store.file, member.room_id, file_id)
        return None if file is None or self._access(file, member) is FileAccess.NONE else file

    async def _managed(self, member: Member, file_id: str) -> FileRecord | Refusal:
        file = await self._readable(member, file_id)
        if file is None:
            return Refusal(RefusalCode.NOT_FOUND)
        if self._access(file, member) is not FileAccess.MANAGE:
            return Refusal(RefusalCode.ROLE_TOO_WEAK)
        return file

    def _recipient(
        self, member: Member, rule: FileRule, wanted: ParticipantId | None
    ) -> tuple[str | None, str | None] | Refusal:
        if rule is not FileRule.PERSON:
            return None, None
        live = self._rooms.live.get(member.room_id)
        found = None if live is None or wanted is None else live.session.inside.get(wanted)
        if found is None or found.identity.person == member.person:
            return Refusal(RefusalCode.NOT_FOUND)
        return found.identity.person, found.identity.name

    async def _crowd(self, member: Member, folder: str) -> Refusal | None:
        """Keep within the numbers that a room and a person may have."""
        uploads = await self._writer.call(self._store.open_uploads, member.room_id)
        own = sum(1 for one in uploads if one.person == member.person)
        if own >= MAX_UPLOADS_OF_PERSON or len(uploads) >= MAX_UPLOADS_OF_ROOM:
            return Refusal(RefusalCode.TOO_MANY_FILES)
        if await self._writer.call(self._store.count, member.room_id) + len(uploads) >= MAX_FILES_IN_ROOM:
            return Refusal(RefusalCode.TOO_MANY_FILES)
        folders = set(await self._writer.call(self._store.folders, member.room_id))
        if len(folders | set(ancestors(folder))) > MAX_FOLDERS_IN_ROOM:
            return Refusal(RefusalCode.TOO_MANY_FILES)
        return None

    async def _quota(self, room_id: RoomId) -> Quota:
        rented = self._rooms.source.copy.rented_room(room_id)
        if rented is None:
            return Quota(0, 0)
        contract, _ = rented
        limit = self.limits.quota_by_contract.get(contract.contract_id, self.limits.quota_bytes)
        rooms = [room.room_id for room in contract.rooms]
        return Quota(await self._writer.call(self._store.used_bytes, rooms), limit)

    def _view(self, file: FileRecord, member: Member) -> FileView:
        return FileView(
            file.file_id,
            file.name,
            file.folder,
            file.rule,
            file.newest.content_type,
            file.newest.size_bytes,
            file.newest.sha256,
            file.newest.version,
            file.owner_name,
            file.recipient_name,
            file.owner == member.person,
            self._access(file, member) is FileAccess.MANAGE,
            file.newest.stored_at,
        )

    # ---- telling and clearing --------------------------------------------------------

    def _tell(self, room_id: RoomId) -> None:
        live = self._rooms.live.get(room_id)
        if live is not None:
            live.carry_out((ToInside(FilesChanged()),))

    def _announce(self, file: FileRecord) -> None:
        live = self._rooms.live.get(file.room_id)
        for participant in () if live is None else tuple(live.session.inside.values()):
            if live is not None and participant.identity.person == file.recipient:
                message = FileReceived(file.file_id, file.name, file.owner_name)
                live.carry_out((ToOne(participant.participant_id, message),))

    def sweep(self) -> None:
        """Begin to clear away uploads that were given up and blobs that nothing names; again in an hour."""
        self._sweeping = asyncio.get_running_loop().create_task(self._sweep(), name="sweep-files")
        self._sweeper.set(self._rooms.timers.now() + timedelta(seconds=SWEEP_S))

    async def _sweep(self) -> None:
        for upload in await self._writer.call(self._store.expired, self._rooms.timers.now()):
            if upload.upload_id not in self._busy:
                await self.give_up(upload)
        # the folder is read first: a blob that comes later has its row already
        there = await asyncio.to_thread(lambda: list(self._vault.blob_ids()))
        known = await self._writer.call(self._store.known_blob_ids)
        for blob_id in there:
            if blob_id not in known:
                await asyncio.to_thread(self._vault.delete, blob_id)


def megabytes(size_bytes: int) -> str:
    """Write a size for a sentence."""
    return f"{size_bytes / 1_000_000:.0f} MB" if size_bytes < 10**9 else f"{size_bytes / 10**9:.1f} GB"
