"""The HTTP API: links, guests, one's rooms, settings, attendance."""

import csv
import io
from typing import Annotated, TypeVar

import msgspec

from webvisio_protocol.identifiers import Role, RoomId
from webvisio_protocol.refusals import Refusal, RefusalCode, phrase
from webvisio_protocol.signalling import (
    Admission,
    Attendance,
    AttendanceInterval,
    GuestEntry,
    GuestPassword,
    LinkView,
    MyRoom,
    MyRooms,
)
from webvisio_protocol.signalling import Visitor as VisitorView
from webvisio_rooms.application.rooms import may_moderate, may_oversee
from webvisio_rooms.application.visitors import Guest, Visitor
from webvisio_rooms.domain.people import Identity
from webvisio_rooms.storage.records import RoomRecord
from webvisio_rooms.web.base import BaseHandler
from webvisio_rooms.web.identity import set_guest_cookie

T = TypeVar("T", bound=msgspec.Struct)

NAMING_PATIENCE_S = 3.0
"""How long the internal link of a room that billing named just now is waited for."""


class RoomPatch(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Body of `PATCH api/rooms/ID`; what is not there stays, a null password closes guest access."""

    admission: Admission | msgspec.UnsetType = msgspec.UNSET
    welcome: Annotated[str, msgspec.Meta(max_length=2000)] | msgspec.UnsetType = msgspec.UNSET
    guest_password: GuestPassword | msgspec.UnsetType | None = msgspec.UNSET


class LinkAnswer(msgspec.Struct, frozen=True):
    """Answer of what gives out a link."""

    link: str


class ApiHandler(BaseHandler):
    """What the API's handlers share."""

    def body(self, kind: type[T]) -> T:
        """Read the body, strictly."""
        return self.decoded(self.request.body, kind)

    def decoded(self, raw: bytes, kind: type[T]) -> T:
        """Read JSON of the schema, strictly."""
        try:
            return msgspec.json.decode(raw, type=kind)
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            self.refuse(Refusal(RefusalCode.MESSAGE_MALFORMED, details={"detail": str(error)[:200]}))

    async def moderated_room(self, text: str, *, only_reads: bool = False) -> RoomRecord:
        """Find a room that the caller moderates; whoever does not learns nothing of it."""
        self.require_user()
        room_id = self.room_id(text)
        is_allowed = may_oversee if only_reads else may_moderate
        if not is_allowed(self.visitor, room_id):
            self.refuse(Refusal(RefusalCode.NOT_INVITED))
        record = await self.rooms.record(room_id)
        if record is None:
            self.refuse(Refusal(RefusalCode.NOT_FOUND))
        return record

    async def link_view(self, record: RoomRecord, visitor: Visitor) -> LinkView:
        """Show a room before its door."""
        identity = self.rooms.identify(record, visitor)
        kind: VisitorView
        if isinstance(identity, Identity):
            kind = VisitorView("guest" if identity.is_guest else "user", identity.name, identity.role)
        elif visitor.user is not None:
            kind = VisitorView("user", visitor.user.shown_name)
        else:
            kind = VisitorView("anonymous")
        refusal = self.rooms.door(record.room_id)
        if refusal is None and isinstance(identity, Refusal) and kind.kind == "user":
            refusal = identity
        view = None if refusal is None else phrase(refusal, self.language)
        hosts = await self.rooms.hosts(record)
        return LinkView(record.link_code, self.rooms.room_view(record), hosts, kind, view)

    async def record_of(self, code: str) -> RoomRecord:
        """Find where a link leads; guessing is slowed down."""
        found = await self.rooms.by_code(code)
        if isinstance(found, Refusal):
            if not self.rooms.unknown_links.take(self.address, self.rooms.timers.now().timestamp()):
                self.refuse(Refusal(RefusalCode.RATE_LIMITED))
            self.refuse(found)
        return found

    @property
    def address(self) -> str:
        """The caller's address, for limits only; never logged."""
        return str(self.request.remote_ip)


class LinkHandler(ApiHandler):
    """`GET api/links/CODE`"""

    async def get(self, code: str) -> None:
        record = await self.record_of(code)
        self.answer(await self.link_view(record, self.visitor))


class GuestHandler(ApiHandler):
    """`POST api/links/CODE/guest`"""

    async def post(self, code: str) -> None:
        await self.record_of(code)
        entry = self.body(GuestEntry)
        entered = await self.rooms.enter_as_guest(code, entry, self.address)
        if isinstance(entered, Refusal):
            self.refuse(entered)
        record, guest = entered
        settings = self.web
        set_guest_cookie(self, guest, settings.cookie_secret, settings.prefix, is_secure=settings.is_secure)
        self.answer(await self.link_view(record, Visitor(self.visitor.user, (guest, *self._others(guest)))))

    def _others(self, guest: Guest) -> tuple[Guest, ...]:
        return tuple(other for other in self.visitor.guests if other.room_id != guest.room_id)


class MyRoomsHandler(ApiHandler):
    """`GET api/rooms`"""

    async def get(self) -> None:
        user = self.require_user()
        if not user.may_read:
            self.refuse(Refusal(RefusalCode.FORBIDDEN))
        rows = [await self._row(room_id, role) for room_id, role in sorted(user.roles().items())]
        self.answer(MyRooms(user.shown_name, tuple(row for row in rows if row is not None)))

    async def _row(self, room_id: RoomId, role: Role) -> MyRoom | None:
        record = await self.rooms.record(room_id)
        if record is None:
            return None
        refusal = self.rooms.door(room_id)
        return MyRoom(
            self.rooms.room_view(record),
            role,
            self.web.link(record.link_code),
            self.rooms.participants(room_id),
            None if refusal is None else phrase(refusal, self.language),
        )


class RoomHandler(ApiHandler):
    """`PATCH api/rooms/ID`"""

    async def patch(self, text: str) -> None:
        record = await self.moderated_room(text)
        patch = self.body(RoomPatch)
        unset = msgspec.UnsetType
        changed = await self.rooms.change_room(
            record.room_id,
            admission=None if isinstance(patch.admission, unset) else patch.admission,
            welcome=None if isinstance(patch.welcome, unset) else patch.welcome,
            guest_password=patch.guest_password,
        )
        assert changed is not None
        self.answer(self.rooms.room_view(changed))


class ReplaceLinkHandler(ApiHandler):
    """`POST api/rooms/ID/link`"""

    async def post(self, text: str) -> None:
        record = await self.moderated_room(text)
        replaced = await self.rooms.replace_link(record.room_id)
        assert replaced is not None
        self.answer(LinkAnswer(self.web.link(replaced.link_code)))


class AttendanceHandler(ApiHandler):
    """`GET api/rooms/ID/attendance`"""

    async def get(self, text: str) -> None:
        record = await self.moderated_room(text, only_reads=True)
        stays = await self.rooms.attendance(record.room_id)
        intervals = tuple(
            AttendanceInterval(stay.name, stay.role, stay.is_guest, stay.joined_at, stay.left_at)
            for stay in stays
        )
        if self.get_query_argument("format", "json") == "csv":
            self.set_header("Content-Type", "text/csv; charset=utf-8")
            name = f"attendance-{record.room_id}.csv"
            self.set_header("Content-Disposition", f'attachment; filename="{name}"')
            self.finish(as_csv(intervals))
            return
        self.answer(Attendance(record.room_id, intervals))


class InternalLinkHandler(ApiHandler):
    """`GET api/internal/rooms/ID/link`: what billing puts into a customer's letter."""

    needs_identity = False

    async def get(self, text: str) -> None:
        if not self.is_bearer(self.web.internal_token):
            self.refuse(Refusal(RefusalCode.FORBIDDEN))
        record = await self.rooms.awaited_record(self.room_id(text), NAMING_PATIENCE_S)
        if record is None:
            self.refuse(Refusal(RefusalCode.NOT_FOUND))
        self.answer(LinkAnswer(self.web.link(record.link_code)))


def as_csv(intervals: tuple[AttendanceInterval, ...]) -> str:
    """Write intervals as CSV (RFC 4180); a cell that a spreadsheet would run as a formula is quoted."""
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(["name", "role", "guest", "joined_at", "left_at"])
    for stay in intervals:
        name = f"'{stay.name}" if stay.name[:1] in "=+-@\t\r" else stay.name
        left = "" if stay.left_at is None else stay.left_at.isoformat()
        rows.writerow(
            [name, stay.role.value, "yes" if stay.is_guest else "no", stay.joined_at.isoformat(), left]
        )
    return out.getvalue()
