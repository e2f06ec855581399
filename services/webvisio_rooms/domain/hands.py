"""Raised hands: queued by the instant they were raised at, and kept over a restart of the service.

The hand itself is the participant's (`Participant.hand_raised_at`); what is
kept here are the hands of those whom a restart sent out, until they are back.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from webvisio_protocol.refusals import Refusal, RefusalCode
from webvisio_rooms.domain.effects import Effect, HandsKept, told_inside
from webvisio_rooms.domain.people import Participant
from webvisio_rooms.domain.permissions import Action, may


@dataclass(slots=True)
class Hands:
    """See the module."""

    _kept: dict[str, datetime] = field(default_factory=dict)
    """By person, since when."""
    _kept_until: datetime | None = None

    def refusal(self, actor: Participant, target: Participant, is_raised: bool) -> Refusal | None:
        """Tell why somebody may not raise or lower a hand: everybody raises their own alone."""
        is_own = target is actor
        if not may(actor.role, Action.RAISE_HAND if is_own else Action.LOWER_OTHERS_HAND):
            return Refusal(RefusalCode.ROLE_TOO_WEAK)
        return Refusal(RefusalCode.MESSAGE_UNEXPECTED) if is_raised and not is_own else None

    def set(
        self, target: Participant, is_raised: bool, inside: Iterable[Participant], now: datetime
    ) -> tuple[Effect, ...]:
        """Raise or lower somebody's hand; one that is up stays where it is in the queue."""
        if is_raised is (target.hand_raised_at is not None):
            return ()
        target.hand_raised_at = now if is_raised else None
        return told_inside(target), self.kept(inside)

    def kept(self, inside: Iterable[Participant]) -> HandsKept:
        """Have the hands that are up kept for a restart."""
        up = dict(self._kept)
        for participant in inside:
            if participant.hand_raised_at is not None:
                up[participant.identity.person] = participant.hand_raised_at
        return HandsKept(up)

    def restore(self, hands: Mapping[str, datetime], until: datetime) -> None:
        """Keep these hands for whoever comes back before `until`."""
        self._kept, self._kept_until = dict(hands), until

    def take_back(self, person: str, now: datetime) -> datetime | None:
        """Give somebody who comes in the hand that was kept for them, if they come in time."""
        raised_at = self._kept.pop(person, None)
        is_in_time = self._kept_until is not None and now < self._kept_until
        return raised_at if is_in_time else None

    def clear(self) -> None:
        """Forget the hands that were kept: the session is over."""
        self._kept.clear()
