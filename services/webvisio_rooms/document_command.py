"""`python -m webvisio_rooms import-document ROOM FILE...`: puts notebooks, boards and notes into a room.

Service running or not. What has the name of a document that is there already is
left alone, so that the command may be given again.
"""

import sys
from pathlib import Path

from webvisio_entitlements.clock import clock_from_environment
from webvisio_protocol.documents import MAX_UPDATE_BYTES, DocumentKind
from webvisio_protocol.identifiers import RoomId, is_identifier
from webvisio_protocol.refusals import Refused
from webvisio_rooms.application import randomness
from webvisio_rooms.application.document_views import content_of, with_suffix
from webvisio_rooms.documents import contents
from webvisio_rooms.documents.errors import ContentInvalid
from webvisio_rooms.domain.documents import DEFAULT_RULES
from webvisio_rooms.file_settings import KeySettings
from webvisio_rooms.storage.database import migrate, open_database
from webvisio_rooms.storage.document_records import DocumentRecord
from webvisio_rooms.storage.document_store import DocumentStore
from webvisio_rooms.storage.store import Store

_KINDS = {suffix: kind for kind, suffix in contents.SUFFIXES.items()}


class ImportDocument(KeySettings):
    """See the module."""

    name = "webvisio-rooms import-document"
    description = "Puts notebooks (.ipynb), boards (.excalidraw) and notes (.md) into a room."

    def start(self) -> None:
        room, paths = "".join(self.extra_args[:1]), [Path(text) for text in self.extra_args[1:]]
        if not is_identifier(room) or not paths or any(path.suffix not in _KINDS for path in paths):
            sys.stderr.write("a room identifier and files (.ipynb, .excalidraw, .md) are expected\n")
            self.exit(2)
        engine = open_database(self.database_url())
        migrate(engine)
        Store(engine).ensure_room(
            RoomId(room), "", "", randomness.link_code(), clock_from_environment().now()
        )
        store = DocumentStore(engine, self.open_keys())
        for path in paths:
            try:
                self._take(store, RoomId(room), path)
            except (OSError, ContentInvalid, Refused) as error:
                sys.stderr.write(f"{path.name}: {error}\n")
                self.exit(1)
        engine.dispose()

    def _take(self, store: DocumentStore, room_id: RoomId, path: Path) -> None:
        kind = _KINDS[path.suffix]
        name = with_suffix(kind, path.name)
        if any(record.name == name for record in store.documents(room_id)):
            return
        if path.stat().st_size > MAX_UPDATE_BYTES:
            raise ContentInvalid("it is too large")
        raw = path.read_bytes()
        content = content_of(kind, raw.decode() if kind is DocumentKind.NOTE else contents.decode(raw))
        now = clock_from_environment().now()
        record = DocumentRecord(
            randomness.document_id(),
            room_id,
            kind,
            name,
            DEFAULT_RULES[kind],
            randomness.epoch(),
            now,
            now,
            len(content),
        )
        store.create(record, "", content)
