"""All rooms: which exist, who may enter, when their doors shut.

Rooms come from the entitlements; what they are set to comes from the store.
The door is asked at each entry, and again at each change of the entitlements
and at each instant at which they end by the clock, so that people inside are
cut at once and without a message from anybody.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from math import ceil

import msgspec

from webvisio_entitlements.access import Open
from webvisio_entitlements.source import EntitlementSource
from webvisio_protocol import PROTOCOL_VERSION
from webvisio_protocol.entitlements import ContractAccess
from webvisio_protocol.identifiers import Role, RoomId
from webvisio_protocol.refusals import Refusal, RefusalCode
from webvisio_protocol.signalling import (
    Admission,
    Feature,
    GuestEntry,
    Hello,
    RoomState,
    RoomView,
)
from webvisio_rooms.application import randomness
from webvisio_rooms.application.figures import Figures
from webvisio_rooms.application.guests import GuestPasswords, TooManyHashes
from webvisio_rooms.application.live_room import Connection, LiveRoom
from webvisio_rooms.application.timing import Alarm, Timers
from webvisio_rooms.application.visitors import Guest, Visitor, clean_name, password_mark
from webvisio_rooms.application.writer import Writer
from webvisio_rooms.domain import features, lifecycle
from webvisio_rooms.domain.attendance import Stay, merge
from webvisio_rooms.domain.codecs import FALLBACK, PictureCodecs
from webvisio_rooms.domain.entering import Entry
from webvisio_rooms.domain.limits import AttemptGuard, Buckets
from webvisio_rooms.domain.people import Arrival, Identity
from webvisio_rooms.domain.permissions import Action, may
from webvisio_rooms.domain.room import RoomFacts
from webvisio_rooms.domain.session import RoomSession
from webvisio_rooms.domain.turn import TurnServer
from webvisio_rooms.engine.port import (
    EngineEvent,
    EngineLost,
    EngineReady,
    LayersWanted,
    MediaEngine,
    PeerConnected,
    PeerLost,
    SlotsPaused,
    SpeakersChanged,
    StrainChanged,
)
from webvisio_rooms.storage.records import RetiredLink, RoomRecord
from webvisio_rooms.storage.store import Store

BEAT_S = 5
"""How often the service notes that it lives: what a crash can cost an attendance interval."""
ABSENCE_S = 60
"""Two stays of a person that are no further apart are one in a report."""
ROOM_ATTEMPTS_PER_S = 1.0
ROOM_ATTEMPTS_BURST = 60
"""Guest passwords tried on one room from all addresses together."""

UNKNOWN_LINKS_PER_S = 0.2
UNKNOWN_LINKS_BURST = 30
"""Links without a room that one address may try."""

_log = logging.getLogger(__name__)


class Rooms:
    """See the module."""

    def __init__(
        self,
        *,
        source: EntitlementSource,
        store: Store,
        engine: MediaEngine,
        timers: Timers,
        passwords: GuestPasswords | None = None,
        turn: TurnServer | None = None,
        video_codecs: tuple[str, ...] = (FALLBACK,),
    ) -> None:
        self.source = source
        self.engine = engine
        self.timers = timers
        self.figures = Figures()
        self.live: dict[RoomId, LiveRoom] = {}
        self._store = store
        self._writer = Writer()
        self._passwords = passwords or GuestPasswords()
        self._turn = turn
        self._video_codecs = video_codecs
        self._guard: AttemptGuard[tuple[RoomId, str]] = AttemptGuard()
        self.unknown_links: Buckets[str] = Buckets(UNKNOWN_LINKS_PER_S, UNKNOWN_LINKS_BURST)
        self._room_attempts: Buckets[RoomId] = Buckets(ROOM_ATTEMPTS_PER_S, ROOM_ATTEMPTS_BURST)
        self._doors: dict[RoomId, Alarm] = {}
        self._beat = Alarm(timers, self._live_on)
        self._forget_source: Callable[[], None] = lambda: None
        self._named = asyncio.Event()
        self.on_standing: Callable[[RoomId], None] = lambda room_id: None
        """Called when somebody in a room may do more or less than before; set once, by the documents."""
        self._refreshing: set[asyncio.Task[None]] = set()

    # ---- life ------------------------------------------------------------------------

    async def start(self) -> None:
        """Take up what was under way, then read entitlements and start media."""
        now = self.timers.now()
        last_seen_at = await self._writer.call(self._store.last_seen_at) or now
        closed = await self._writer.call(self._store.close_orphans, last_seen_at)
        if closed:
            _log.warning(
                "%d attendance intervals were left open and are closed at the last sign of life", closed
            )
        for running in await self._writer.call(self._store.running_sessions):
            record = await self._writer.call(self._store.room, running.room_id)
            if record is None or last_seen_at + timedelta(seconds=lifecycle.LINGER_S) <= now:
                self._writer.later(self._store.close_session, running.session_id, last_seen_at)
                continue
            live = self._bring_to_life(record, running.session_id)
            live.session.restore(
                running.opened_at,
                last_seen_at,
                running.chat,
                running.people,
                running.permissions,
                running.presented,
                running.hands,
            )
            live.pass_time()
        self._live_on()
        self.engine.listen(self._hear_engine)
        self._forget_source = self.source.on_change(self._hear_entitlements)
        await self.source.start()
        await self.engine.start()

    async def stop(self) -> None:
        """Let everybody go (they will come back), end media, finish writing."""
        self._forget_source()
        self._beat.set(None)
        for alarm in self._doors.values():
            alarm.set(None)
        for live in self.live.values():
            live.say_goodbye()
        for task in tuple(self._refreshing):
            task.cancel()
        await self.engine.stop()
        await self.source.stop()
        await self._writer.call(self._store.beat, self.timers.now())
        self._writer.close()
        self._passwords.close()
        self._store.close()

    async def drain(self) -> None:
        """Return once everything that was to be written is."""
        await self._writer.drain()

    # ---- what is known ---------------------------------------------------------------

    def door(self, room_id: RoomId) -> Refusal | None:
        """Decide whether a room is open; returns the refusal when it is not."""
        access = self.source.copy.room_access(room_id, self.timers.now())
        return None if isinstance(access, Open) else access

    async def record(self, room_id: RoomId) -> RoomRecord | None:
        """Find a room as it is stored."""
        return await self._writer.call(self._store.room, room_id)

    async def by_code(self, code: str) -> RoomRecord | Refusal:
        """Find where a link leads."""
        found = await self._writer.call(self._store.room_by_code, code)
        if isinstance(found, RoomRecord):
            return found
        gone = RefusalCode.LINK_EXPIRED if isinstance(found, RetiredLink) else RefusalCode.LINK_UNKNOWN
        return Refusal(gone)

    async def awaited_record(self, room_id: RoomId, timeout_s: float) -> RoomRecord | None:
        """Find a room that billing may have named only now; waits for it so long."""
        try:
            async with asyncio.timeout(timeout_s):
                while True:
                    self._named.clear()
                    record = await self.record(room_id)
                    if record is not None:
                        return record
                    await self._named.wait()
        except TimeoutError:
            return None

    def room_view(self, record: RoomRecord) -> RoomView:
        """Show a room, whether anybody is in it or not."""
        live = self.live.get(record.room_id)
        session = RoomSession(self._facts(record)) if live is None else live.session
        view = session.room_view()
        if self.door(record.room_id) is not None:
            return msgspec.structs.replace(view, state=RoomState.CUT)
        return view

    async def hosts(self, record: RoomRecord) -> tuple[str, ...]:
        """Name who hosts: the moderators inside, else those who hosted last; may be empty."""
        live = self.live.get(record.room_id)
        if live is not None:
            names = [p.identity.name for p in live.session.inside.values() if p.role.moderates]
            if names:
                return tuple(names)
        return await self._writer.call(self._store.recent_hosts, record.room_id)

    def identify(self, record: RoomRecord, visitor: Visitor) -> Identity | Refusal:
        """Tell who a visitor is in a room, or why they are nobody there.

        A guest who is there stays known while another password is set or guests are no longer let in.
        """
        live = self.live.get(record.room_id)
        if live is None:
            return visitor.identity_in(record)
        session = live.session
        return visitor.identity_in(record, lambda person: session.presence_of(person) is not None)

    def standing(self, room_id: RoomId, identity: Identity) -> Role | Refusal:
        """Tell in which role somebody uses the room's documents and files at this moment, or why not."""
        live = self.live.get(room_id)
        if live is not None:
            return live.session.standing(identity)
        return Refusal(RefusalCode.NOT_ADMITTED) if identity.is_guest else identity.role

    def may_use(self, room_id: RoomId, person: str, role: Role, feature: Feature) -> bool:
        """Tell whether a person may use a feature of the room now."""
        live = self.live.get(room_id)
        if live is not None:
            return live.session.may_use(feature, person, role)
        return features.allows(features.initial(), feature, None, role)

    def participants(self, room_id: RoomId) -> int:
        """Count the people inside."""
        live = self.live.get(room_id)
        return 0 if live is None else len(live.session.inside)

    async def attendance(self, room_id: RoomId) -> tuple[Stay, ...]:
        """Report who was there and when, in order of joining."""
        return merge(await self._writer.call(self._store.stays, room_id), ABSENCE_S)

    @property
    def pending_writes(self) -> int:
        return self._writer.pending

    @property
    def is_behind(self) -> bool:
        """Whether the database no longer keeps up."""
        return self._writer.is_behind

    # ---- entering --------------------------------------------------------------------

    async def enter(
        self, room_id: RoomId, visitor: Visitor, hello: Hello, connection: Connection
    ) -> tuple[LiveRoom, Entry] | Refusal:
        """Bring a visitor to the door and, if all is well, through it."""
        if hello.protocol != PROTOCOL_VERSION:
            return Refusal(RefusalCode.PROTOCOL_MISMATCH)
        record = await self.record(room_id)
        if record is None:
            return Refusal(RefusalCode.NOT_FOUND)
        refusal = self.door(room_id)
        if refusal is not None:
            return refusal
        identity = self.identify(record, visitor)
        if isinstance(identity, Refusal):
            return identity
        live = self.living(record)
        arrival = Arrival(
            hello.locale,
            hello.tab_id,
            randomness.participant_id(),
            randomness.resume_token(),
            hello.resume,
        )
        entry = live.enter(identity, arrival, connection)
        if live.is_over:
            self._forget(live)
        return live, entry

    def living(self, record: RoomRecord) -> LiveRoom:
        """Find the room in memory, or bring it to life."""
        live = self.live.get(record.room_id)
        if live is None:
            live = self._bring_to_life(record)
        return live

    async def enter_as_guest(
        self, code: str, entry: GuestEntry, address: str
    ) -> tuple[RoomRecord, Guest] | Refusal:
        """Check a guest's password; wrong ones make the address wait, longer each time (clause 5.4)."""
        record = await self.by_code(code)
        if isinstance(record, Refusal):
            return record
        refusal = self.door(record.room_id)
        if refusal is not None:
            return refusal
        if record.guest_password_hash is None:
            return Refusal(RefusalCode.GUESTS_NOT_ALLOWED)
        name = clean_name(entry.name)
        if not name:
            return Refusal(RefusalCode.MESSAGE_MALFORMED, details={"detail": "name"})
        now_s, key = self.timers.now().timestamp(), (record.room_id, address)
        wait_s = self._guard.wait_s(key, now_s)
        if wait_s > 0:
            return _too_many(wait_s)
        if not self._room_attempts.take(record.room_id, now_s):
            return _too_many(1)
        self._guard.failed(key, now_s)  # taken back on success: attempts side by side count too
        try:
            is_right = await self._passwords.verify(record.guest_password_hash, entry.password)
        except TooManyHashes:
            return Refusal(RefusalCode.RATE_LIMITED)
        if not is_right:
            return Refusal(RefusalCode.ROOM_PASSWORD_WRONG)
        self._guard.succeeded(key)
        mark = password_mark(record.guest_password_hash)
        assert mark is not None
        return record, Guest(record.room_id, randomness.guest_id(), name, mark)

    # ---- settings --------------------------------------------------------------------

    async def change_room(
        self,
        room_id: RoomId,
        *,
        admission: Admission | None = None,
        welcome: str | None = None,
        guest_password: str | msgspec.UnsetType | None = msgspec.UNSET,
    ) -> RoomRecord | None:
        """Change settings; a None password closes the room to guests, UNSET leaves it."""
        record = await self._writer.call(
            self._store.change_room, room_id, admission=admission, welcome=welcome
        )
        if not isinstance(guest_password, msgspec.UnsetType):
            password_hash = None if guest_password is None else await self._passwords.hash(guest_password)
            record = await self._writer.call(self._store.set_guest_password, room_id, password_hash)
        if record is not None:
            self._refresh(record)
        return record

    async def replace_link(self, room_id: RoomId) -> RoomRecord | None:
        """Give a room another link; the old one answers 410 from now on."""
        return await self._writer.call(
            self._store.replace_link, room_id, randomness.link_code(), self.timers.now()
        )

    # ---- hearing ---------------------------------------------------------------------

    def _hear_entitlements(self, changed: tuple[ContractAccess, ...]) -> None:
        # doors first: the cut waits for no database
        for room_id in tuple(self.live):
            self._check_door(room_id)
        for contract in changed:
            for rented in contract.rooms:
                self._writer.later(self._name_room, rented.room_id, rented.name, contract, self.timers.now())
        task = asyncio.get_running_loop().create_task(self._refresh_live(), name="refresh-rooms")
        self._refreshing.add(task)
        task.add_done_callback(self._refreshing.discard)

    def _name_room(self, room_id: RoomId, name: str, contract: ContractAccess, now: datetime) -> None:
        code = randomness.link_code()
        self._store.ensure_room(room_id, name, contract.customer_name, code, now, contract.customer_id)

    async def _refresh_live(self) -> None:
        await self._writer.drain()
        self._named.set()
        for room_id in tuple(self.live):
            record = await self.record(room_id)
            if record is not None:
                self._refresh(record)

    def _refresh(self, record: RoomRecord) -> None:
        live = self.live.get(record.room_id)
        if live is not None:
            live.carry_out(live.session.change_facts(self._facts(record), self.timers.now()))

    def _check_door(self, room_id: RoomId) -> None:
        """Open or shut the door of a room in memory, and look again when the clock changes it."""
        live = self.live.get(room_id)
        if live is None:
            return
        access = self.source.copy.room_access(room_id, self.timers.now())
        until = access.until
        if isinstance(access, Open):
            live.set_door(None)
            facts = replace(live.session.facts, entitled_until=until)
            live.carry_out(live.session.change_facts(facts, self.timers.now()))
        elif access.code is not RefusalCode.ENTITLEMENTS_UNKNOWN:
            live.set_door(access)
        if room_id in self.live:
            self._doors.setdefault(room_id, Alarm(self.timers, lambda: self._check_door(room_id))).set(until)

    def _hear_engine(self, event: EngineEvent) -> None:
        match event:
            case EngineLost(peers):
                for live in tuple(self.live.values()):
                    live.engine_lost(peers)
            case EngineReady():
                for live in tuple(self.live.values()):
                    live.engine_ready()
            case PeerLost(peer_id):
                for live in tuple(self.live.values()):
                    if live.owns(peer_id):
                        live.peer_lost(peer_id)
            case SpeakersChanged(group_id, peer_ids):
                room = self.live.get(RoomId(group_id.rpartition(".")[0]))
                if room is not None and room.group_id == group_id:
                    room.speaking(peer_ids)
            case SlotsPaused(peer_id, mids):
                for live in tuple(self.live.values()):
                    live.slots_paused(peer_id, mids)
            case StrainChanged():
                for live in tuple(self.live.values()):
                    live.strain_changed()
            case LayersWanted(peer_id, layers):
                for live in tuple(self.live.values()):
                    live.layers_wanted(peer_id, layers)
            case PeerConnected():
                pass

    # ---- inside ----------------------------------------------------------------------

    def _bring_to_life(self, record: RoomRecord, session_id: str | None = None) -> LiveRoom:
        live = LiveRoom(
            RoomSession(self._facts(record), self._turn),
            codecs=PictureCodecs(self._video_codecs),
            engine=self.engine,
            store=self._store,
            writer=self._writer,
            timers=self.timers,
            figures=self.figures,
            on_empty=self._forget,
            on_standing=lambda room_id: self.on_standing(room_id),
            session_id=session_id,
        )
        self.live[record.room_id] = live
        self._check_door(record.room_id)
        return live

    def _forget(self, live: LiveRoom) -> None:
        if self.live.get(live.room_id) is live:
            del self.live[live.room_id]
            alarm = self._doors.pop(live.room_id, None)
            if alarm is not None:
                alarm.set(None)

    def _facts(self, record: RoomRecord) -> RoomFacts:
        found = self.source.copy.rented_room(record.room_id)
        name, customer = (record.name, record.customer_name)
        if found is not None:
            name, customer = found[1].name, found[0].customer_name
        return RoomFacts(
            record.room_id,
            name,
            customer,
            record.admission,
            record.guest_password_hash is not None,
            record.welcome,
            self.source.copy.next_end(record.room_id, self.timers.now()),
        )

    def _live_on(self) -> None:
        now = self.timers.now()
        self._writer.later(self._store.beat, now)
        self._beat.set(now + timedelta(seconds=BEAT_S))


def may_moderate(visitor: Visitor, room_id: RoomId) -> bool:
    """Tell whether a hub user may change a room outside a session."""
    user = visitor.user
    role: Role | None = None if user is None or not user.may_join else user.role_in(room_id)
    return role is not None and may(role, Action.CHANGE_ROOM)


def may_oversee(visitor: Visitor, room_id: RoomId) -> bool:
    """Tell whether a hub user may read who attended; a token that only reads may, too."""
    user = visitor.user
    role: Role | None = None if user is None or not user.may_read else user.role_in(room_id)
    return role is not None and may(role, Action.READ_ATTENDANCE)


def _too_many(wait_s: float) -> Refusal:
    whole = max(1, ceil(wait_s))
    wait = f"{whole} s" if whole < 120 else f"{(whole + 59) // 60} min"
    return Refusal(RefusalCode.TOO_MANY_ATTEMPTS, details={"wait": wait, "wait_s": str(whole)})
