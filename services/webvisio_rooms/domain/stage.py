"""What moderators put before everybody: who may use what, and what is presented.

Both are state of the session: told to everybody, kept over a restart, over
with the session.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec

from webvisio_protocol.identifiers import ParticipantId, Role
from webvisio_protocol.refusals import Refusal, RefusalCode
from webvisio_protocol.signalling import (
    Audience,
    Feature,
    Permission,
    PermissionsChanged,
    Presented,
    PresentedKind,
    PresentedView,
    Source,
)
from webvisio_rooms.domain import features
from webvisio_rooms.domain.addresses import is_web_address
from webvisio_rooms.domain.effects import Effect, StageKept, ToInside
from webvisio_rooms.domain.people import Participant


@dataclass(slots=True)
class Stage:
    """See the module."""

    presented: PresentedView | None = None
    _table: features.Table = field(default_factory=features.initial)

    def permissions(self) -> tuple[Permission, ...]:
        """List who may use what, a feature each."""
        return tuple(self._table.values())

    def allows(self, feature: Feature, participant_id: ParticipantId | None, role: Role) -> bool:
        """Tell whether somebody may use a feature; None: whoever was never here."""
        return features.allows(self._table, feature, participant_id, role)

    def may_publish(self, participant: Participant, source: Source) -> bool:
        """Tell whether somebody may have this source on."""
        feature = features.SOURCE_FEATURES[source]
        return self.allows(feature, participant.participant_id, participant.role)

    def set_permission(self, permission: Permission) -> tuple[Effect, ...]:
        """Open a feature to others or withhold it; people are kept only where the audience names some."""
        names_people = permission.audience in (Audience.PEOPLE, Audience.EXCEPT)
        people = permission.people if names_people else ()
        self._table[permission.feature] = Permission(permission.feature, permission.audience, people)
        return ToInside(PermissionsChanged(self.permissions())), self._kept()

    def present(self, by: ParticipantId, what: PresentedView | None) -> tuple[Effect, ...] | Refusal:
        """Put something before everybody, or take it away with None."""
        if what is not None:
            if what.kind is PresentedKind.WEB and not is_web_address(what.target):
                return Refusal(RefusalCode.ADDRESS_REFUSED)
            what = msgspec.structs.replace(what, by=by)
        if what == self.presented:
            return ()
        scrolls = what is not None and self._differs_by_scroll(what)
        self.presented = what
        # how far a page is scrolled changes with every turn of a wheel: told, but not worth a write
        return (ToInside(Presented(what)),) if scrolls else (ToInside(Presented(what)), self._kept())

    def restore(self, permissions: Iterable[Permission], presented: PresentedView | None) -> None:
        """Take up what was kept before a restart."""
        self._table, self.presented = features.restored(permissions), presented

    def clear(self) -> None:
        """Begin as a session does: the last one is over."""
        self._table, self.presented = features.initial(), None

    def _differs_by_scroll(self, what: PresentedView) -> bool:
        return self.presented is not None and what == msgspec.structs.replace(
            self.presented, scroll=what.scroll
        )

    def _kept(self) -> StageKept:
        return StageKept(self.permissions(), self.presented)
