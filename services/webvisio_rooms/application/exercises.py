"""Exercises: a notebook handed out, one copy a trainee; collected, returned; and the helping hand.

Who comes to the room while an exercise is open gets a copy; whoever moderates
gets none. The deadline collects by the clock, whoever is there. A helping hand
lets the moderators edit one copy for a while and ask its owner's page to run a
cell; the owner, or a moderator, takes it back; each is recorded.
"""

import json
import logging
from datetime import datetime, timedelta
from typing import Any

import msgspec

from webvisio_protocol.documents import (
    CopyState,
    DocumentAccess,
    DocumentId,
    DocumentKind,
    DocumentRule,
    DocumentView,
    ExerciseId,
    ExercisePatch,
    ExerciseState,
    ExerciseView,
    HandChanged,
    HandLog,
    NewExercise,
    RunRequested,
)
from webvisio_protocol.identifiers import Role, RoomId
from webvisio_protocol.refusals import Refusal, RefusalCode, Refused
from webvisio_rooms.application import randomness
from webvisio_rooms.application.document_views import content_of, exercise_view, hand_view, with_suffix
from webvisio_rooms.application.documents import Documents
from webvisio_rooms.application.open_document import DocumentLine, OpenDocument
from webvisio_rooms.application.timing import Alarm
from webvisio_rooms.documents import exercise as notebooks
from webvisio_rooms.domain.documents import Hand, Reader, copy_state, is_given
from webvisio_rooms.domain.people import Identity
from webvisio_rooms.storage.document_records import DocumentRecord, ExerciseRecord
from webvisio_rooms.storage.sealing import DocumentDestroyed

MAX_EXERCISES = 200
"""Of one room."""
MAX_COPIES = 1000
"""Of one exercise."""

_log = logging.getLogger(__name__)


class Exercises:
    """See the module."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._store = documents.store
        self._call = documents.writer.call
        self._now = documents.timers.now
        self._deadlines: dict[ExerciseId, Alarm] = {}
        documents.on_people = self._hear_people

    async def start(self) -> None:
        """Take up the deadlines that are to come, or came meanwhile."""
        for record in await self._call(self._store.exercises.with_deadline):
            self._watch(record)

    def stop(self) -> None:
        """Stop the clocks."""
        for alarm in self._deadlines.values():
            alarm.set(None)

    # ---- handing out -----------------------------------------------------------------

    async def hand_out(self, room_id: RoomId, identity: Identity, new: NewExercise) -> ExerciseView:
        """Hand a notebook of the room out (moderators); raises `Refused`."""
        documents = self._documents
        reader = documents.rights.require_manager(room_id, identity)
        source, _ = await documents.readable(room_id, new.document_id, reader)
        if source.kind is not DocumentKind.NOTEBOOK:
            raise Refused(Refusal(RefusalCode.DOCUMENT_INVALID))
        if len(await self._call(self._store.exercises.of_room, room_id)) >= MAX_EXERCISES:
            raise Refused(Refusal(RefusalCode.DOCUMENTS_LIMIT, details={"limit": str(MAX_EXERCISES)}))
        notebook = notebooks.for_trainees(await documents.content(source))
        record = ExerciseRecord(
            randomness.exercise_id(),
            room_id,
            with_suffix(source.kind, new.name or source.name),
            ExerciseState.OPEN,
            self._now(),
            new.deadline,
            0,
        )
        await self._call(self._store.exercises.create, record, json.dumps(notebook).encode())
        await self.give_copies(room_id)
        self._watch(record)
        documents.announce(room_id)
        return exercise_view(await self._required(room_id, record.exercise_id))

    async def give_copies(self, room_id: RoomId) -> None:
        """Give everybody inside who has none yet a copy of each open exercise."""
        live = self._documents.rooms.live.get(room_id)
        if live is None:
            return
        people = [p.identity for p in live.session.inside.values() if _takes_exercises(p.identity, p.role)]
        await self._give(room_id, people)

    async def give_copy(self, room_id: RoomId, identity: Identity, reader: Reader) -> None:
        """Give one person who has none yet a copy of each open exercise."""
        if _takes_exercises(identity, reader.role):
            await self._give(room_id, [identity])

    async def _give(self, room_id: RoomId, people: list[Identity]) -> None:
        has_given = False
        for exercise in await self._call(self._store.exercises.of_room, room_id):
            if exercise.state is not ExerciseState.OPEN or not people:
                continue
            copies = await self._call(self._store.copies, exercise.exercise_id)
            owners = {copy.owner for copy in copies}
            lacking = [one for one in people if one.person not in owners][: MAX_COPIES - len(copies)]
            if not lacking:
                continue
            try:
                template = msgspec.json.decode(
                    await self._call(self._store.exercises.template, exercise.exercise_id)
                )
            except DocumentDestroyed:  # with its customer's key: nothing is left to hand out
                continue
            for identity in lacking:
                has_given |= await self._create(exercise, identity, template)
        if has_given:
            self._documents.announce(room_id)

    async def _create(self, exercise: ExerciseRecord, identity: Identity, template: dict[str, Any]) -> bool:
        now = self._now()
        content = content_of(DocumentKind.NOTEBOOK, template)
        record = DocumentRecord(
            randomness.document_id(),
            exercise.room_id,
            DocumentKind.NOTEBOOK,
            exercise.name,
            DocumentRule.OWNER_WRITES,
            randomness.epoch(),
            now,
            now,
            len(content),
            exercise_id=exercise.exercise_id,
            owner=identity.person,
            owner_name=identity.name,
            copy_state=CopyState.WORKING,
        )
        return await self._call(self._store.create, record, "", content)

    # ---- collecting and returning ----------------------------------------------------

    async def change(
        self, room_id: RoomId, exercise_id: ExerciseId, identity: Identity, patch: ExercisePatch
    ) -> ExerciseView:
        """Collect, return or reopen an exercise, or move its deadline (moderators); raises `Refused`."""
        self._documents.rights.require_manager(room_id, identity)
        await self._required(room_id, exercise_id)
        if not isinstance(patch.deadline, msgspec.UnsetType):
            await self._call(self._store.exercises.change, exercise_id, deadline=(patch.deadline,))
        if not isinstance(patch.state, msgspec.UnsetType):
            await self._move(exercise_id, patch.state)
        record = await self._required(room_id, exercise_id)
        self._watch(record)
        self._documents.announce(room_id)
        return exercise_view(record)

    async def hand_in(
        self, room_id: RoomId, document_id: DocumentId, identity: Identity, *, is_handed_in: bool
    ) -> DocumentView:
        """Hand one's copy in, or take it back, while the exercise is open; raises `Refused`."""
        record, reader = await self._own_copy(room_id, document_id, identity)
        wanted, before = CopyState.HANDED_IN, CopyState.WORKING
        if not is_handed_in:
            wanted, before = before, wanted
        if record.copy_state is wanted:
            return self._documents.view(record, reader)
        if record.copy_state is not before:
            raise Refused(Refusal(RefusalCode.FEATURE_WITHHELD))
        changed = await self._call(self._store.change, document_id, copy_state=wanted)
        if changed is None:
            raise Refused(Refusal(RefusalCode.NOT_FOUND))
        self._documents.open.replaced(changed)
        self._documents.announce(room_id)
        return self._documents.view(changed, reader)

    async def _move(self, exercise_id: ExerciseId, state: ExerciseState) -> None:
        await self._call(self._store.exercises.change, exercise_id, state=state)
        for copy in await self._call(self._store.copies, exercise_id):
            assert copy.copy_state is not None, "copies have a state"
            after = copy_state(state, copy.copy_state)
            changed = await self._call(self._store.change, copy.document_id, copy_state=after)
            if changed is not None:
                self._documents.open.replaced(changed)

    def _watch(self, record: ExerciseRecord) -> None:
        """Collect when the deadline comes."""
        is_open = record.state is ExerciseState.OPEN
        alarm = self._deadlines.setdefault(
            record.exercise_id,
            Alarm(
                self._documents.timers,
                lambda: self._documents.background(self._collect(record.room_id, record.exercise_id)),
            ),
        )
        alarm.set(_not_past(record.deadline, self._now()) if is_open else None)

    async def _collect(self, room_id: RoomId, exercise_id: ExerciseId) -> None:
        record = await self._call(self._store.exercises.find, exercise_id)
        is_due = record is not None and record.deadline is not None and record.deadline <= self._now()
        if is_due and record is not None and record.state is ExerciseState.OPEN:
            await self._move(exercise_id, ExerciseState.COLLECTED)
            self._documents.announce(room_id)
            _log.info("exercise %s was collected at its deadline", exercise_id)

    # ---- the helping hand ------------------------------------------------------------

    async def give_hand(
        self, room_id: RoomId, document_id: DocumentId, identity: Identity, minutes: int
    ) -> DocumentView:
        """Let the moderators edit one's copy for a while; raises `Refused`."""
        record, reader = await self._own_copy(room_id, document_id, identity)
        if record.copy_state not in (CopyState.WORKING, CopyState.RETURNED):
            raise Refused(Refusal(RefusalCode.FEATURE_WITHHELD))
        now = self._now()
        hand = Hand(now, now + timedelta(minutes=minutes))
        await self._call(self._store.hands.give, document_id, identity.person, identity.name, hand)
        return await self._hand_changed(room_id, document_id, reader)

    async def end_hand(self, room_id: RoomId, document_id: DocumentId, identity: Identity) -> DocumentView:
        """Take a helping hand back (the owner, or a moderator); raises `Refused`."""
        reader = self._documents.rights.require_reader(room_id, identity)
        record, _ = await self._documents.readable(room_id, document_id, reader)
        if record.owner is None:
            raise Refused(Refusal(RefusalCode.NOT_FOUND))
        await self._call(self._store.hands.end, document_id, identity.person, identity.name, self._now())
        return await self._hand_changed(room_id, document_id, reader)

    async def hand_log(self, room_id: RoomId, document_id: DocumentId, identity: Identity) -> HandLog:
        """Tell a copy's owner, or a moderator, of its helping hands; raises `Refused`."""
        reader = self._documents.rights.require_reader(room_id, identity)
        record, _ = await self._documents.readable(room_id, document_id, reader)
        if record.owner is None:
            raise Refused(Refusal(RefusalCode.NOT_FOUND))
        return await self._call(self._store.hands.log, document_id, self._now())

    async def _hand_changed(self, room_id: RoomId, document_id: DocumentId, reader: Reader) -> DocumentView:
        documents = self._documents
        changed = await self._call(self._store.document, document_id)
        if changed is None:
            raise Refused(Refusal(RefusalCode.NOT_FOUND))
        document = documents.open.get(document_id)
        if document is not None:
            document.tell_all(HandChanged(hand_view(changed, self._now())))
        documents.open.replaced(changed)
        documents.announce(room_id)
        return documents.view(changed, reader)

    def run_cell(self, document: OpenDocument, line: DocumentLine, cell_id: str) -> Refusal | None:
        """Ask the owner's pages to run a cell, under a helping hand; returns the refusal."""
        record = document.record
        is_helper = line.access is DocumentAccess.WRITE and line.identity.person != record.owner
        if record.owner is None or not is_helper or not is_given(record.hand, self._now()):
            return Refusal(RefusalCode.ROLE_TOO_WEAK)
        owners = [one for one in document.lines.values() if one.identity.person == record.owner]
        for one in owners:
            one.tell(RunRequested(cell_id, line.identity.name))
        if not owners:
            return Refusal(RefusalCode.NOT_FOUND)
        name, now = line.identity.name, self._now()
        self._documents.writer.later(self._store.hands.note_run, record.document_id, name, cell_id, now)
        return None

    # ---- finding ---------------------------------------------------------------------

    async def _required(self, room_id: RoomId, exercise_id: ExerciseId) -> ExerciseRecord:
        record = await self._call(self._store.exercises.find, exercise_id)
        if record is None or record.room_id != room_id:
            raise Refused(Refusal(RefusalCode.NOT_FOUND))
        return record

    async def _own_copy(
        self, room_id: RoomId, document_id: DocumentId, identity: Identity
    ) -> tuple[DocumentRecord, Reader]:
        reader = self._documents.rights.require_reader(room_id, identity)
        record, _ = await self._documents.readable(room_id, document_id, reader)
        if record.owner != identity.person:
            raise Refused(Refusal(RefusalCode.ROLE_TOO_WEAK))
        return record, reader

    def _hear_people(self, room_id: RoomId) -> None:
        self._documents.background(self.give_copies(room_id))


def _takes_exercises(identity: Identity, role: Role) -> bool:
    """Tell who works on exercises: participants, not lines of tools (`user:NAME#whip-...`)."""
    return role is Role.PARTICIPANT and "#" not in identity.person


def _not_past(deadline: datetime | None, now: datetime) -> datetime | None:
    return None if deadline is None else max(deadline, now)
