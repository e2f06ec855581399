"""The sound and picture of a session: what is on, who is heard, who is shown where.

Sources are people's own (`Participant.sources`) and outlive a peer connection;
slots exist only while there is one. Whatever changes who sends or what is
wanted marks the pictures as stale, and `settle`, once after each command,
assigns the video slots anew.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from webvisio_protocol.identifiers import ParticipantId
from webvisio_protocol.signalling import LineState, MediaStrained, Source, Speakers
from webvisio_rooms.domain.effects import (
    Effect,
    ForwardingSet,
    PeerReleased,
    SlotsAssigned,
    ToInside,
    told_inside,
)
from webvisio_rooms.domain.people import Participant
from webvisio_rooms.domain.pictures import Picture, Sender, Shown, assign, changed, in_default_order

_SOUNDS = frozenset({Source.MICROPHONE, Source.SCREEN_AUDIO})


@dataclass(slots=True)
class Media:
    """See the module."""

    is_strained: bool = False
    _speakers: tuple[ParticipantId, ...] = ()
    _turns: int = 0
    _is_stale: bool = False
    _available: tuple[Picture, ...] = ()

    # ---- what people do --------------------------------------------------------------

    def switch(self, participant: Participant, source: Source, is_on: bool) -> list[Effect]:
        """Switch somebody's source on or off and have it forwarded or not; telling it is the caller's."""
        if is_on:
            participant.sources.add(source)
        else:
            participant.sources.discard(source)
        self._is_stale = True
        if not participant.has_media:
            return []
        return [ForwardingSet(participant.participant_id, source, is_on)]

    def lay_out(self, participant: Participant, wishes: Iterable[Shown]) -> list[Effect]:
        """Take the pictures somebody wants, most important first."""
        participant.wishes = tuple(wishes)
        return self._assign_slots(participant)

    def report_line(
        self, participant: Participant, sends: LineState, receives: LineState
    ) -> tuple[Effect, ...]:
        """Take how sound and picture pass for somebody, by their own account, and tell the others."""
        if (sends, receives) == (participant.sends, participant.receives):
            return ()
        participant.sends, participant.receives = sends, receives
        return (told_inside(participant),)

    def role_changed(self) -> None:
        """Note that moderators are others than before: they are shown first."""
        self._is_stale = True

    # ---- what the engine says --------------------------------------------------------

    def opened(
        self, participant: Participant, slots: Iterable[str], sources: Iterable[Source]
    ) -> list[Effect]:
        """Note a negotiated peer: its video slots are empty, and only what is on is forwarded."""
        participant.has_media = True
        participant.slots = dict.fromkeys(slots)
        self._is_stale = True
        who = participant.participant_id
        return [
            *(ForwardingSet(who, source, source in participant.sources) for source in sources),
            told_inside(participant),
        ]

    def lost(self, participant: Participant) -> tuple[Effect, ...]:
        """Note that a peer is gone; its owner may offer again."""
        if not participant.has_media:
            return ()
        participant.sends = participant.receives = LineState.GOOD
        self._close(participant)
        return (told_inside(participant),)

    def worker_lost(self, participants: Iterable[Participant]) -> None:
        """Note that a media worker took these people's peers with it; whoever spoke there speaks no more."""
        for participant in participants:
            self._close(participant)
            self._silence(participant.participant_id)
        self._is_stale = True

    def set_strained(self, is_strained: bool) -> tuple[Effect, ...]:
        """Note whether the server keeps up with the room's media, and tell everybody."""
        if is_strained == self.is_strained:
            return ()
        self.is_strained = is_strained
        return (ToInside(MediaStrained(is_strained)),)

    def speaking(
        self, speakers: Iterable[ParticipantId], inside: Mapping[ParticipantId, Participant]
    ) -> tuple[Effect, ...]:
        """Tell who speaks, loudest first, among those whose sound is on."""
        heard = tuple(s for s in speakers if s in inside and inside[s].sources & _SOUNDS)
        for speaker in reversed([s for s in heard if s not in self._speakers]):
            self._turns += 1
            inside[speaker].spoke_order = self._turns
            self._is_stale = True
        if heard == self._speakers:
            return ()
        self._speakers = heard
        return (ToInside(Speakers(heard)),)

    # ---- coming and going ------------------------------------------------------------

    def begin_anew(self, participant: Participant) -> PeerReleased:
        """Close the media of somebody whose page came back without it: nothing of theirs is on."""
        self._close(participant)
        participant.wishes = None
        participant.sources.clear()
        return PeerReleased(participant.participant_id)

    def left(self, participant: Participant) -> PeerReleased:
        """Close the media of somebody who is inside no longer."""
        self._silence(participant.participant_id)
        self._is_stale = True
        return PeerReleased(participant.participant_id)

    def emptied(self) -> None:
        """Note that nobody is inside any more."""
        self._speakers = ()
        self._is_stale = True

    def settle(self, inside: Mapping[ParticipantId, Participant]) -> list[Effect]:
        """Assign the video slots anew where who sends has changed."""
        if not self._is_stale:
            return []
        self._is_stale = False
        senders = [
            Sender(p.participant_id, p.role.moderates, p.spoke_order, p.join_order, frozenset(p.sources))
            for p in inside.values()
            if p.has_media
        ]
        self._available = in_default_order(senders)
        return [effect for participant in inside.values() for effect in self._assign_slots(participant)]

    def _assign_slots(self, participant: Participant) -> list[Effect]:
        if not participant.slots:
            return []
        before = participant.slots
        after = assign(before, participant.wishes, self._available, participant.participant_id)
        changes = changed(before, after)
        if not changes:
            return []
        participant.slots = after
        return [SlotsAssigned(participant.participant_id, changes, after)]

    def _close(self, participant: Participant) -> None:
        participant.has_media = False
        participant.slots = {}
        self._is_stale = True

    def _silence(self, participant_id: ParticipantId) -> None:
        self._speakers = tuple(speaker for speaker in self._speakers if speaker != participant_id)
