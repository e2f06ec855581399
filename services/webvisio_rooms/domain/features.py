"""What moderators allow or withhold while a session goes on: one table, changed live."""

from collections.abc import Iterable

from webvisio_protocol.identifiers import ParticipantId, Role
from webvisio_protocol.signalling import Audience, Feature, Permission, Source

SOURCE_FEATURES = {
    Source.MICROPHONE: Feature.PUBLISH_AUDIO,
    Source.CAMERA: Feature.PUBLISH_VIDEO,
    Source.SCREEN: Feature.SHARE_SCREEN,
    Source.SCREEN_AUDIO: Feature.SHARE_SCREEN,
}

Table = dict[Feature, Permission]


def initial() -> Table:
    """Begin as a session does: everything is everybody's, but for uploads."""
    table = {feature: Permission(feature, Audience.ALL) for feature in Feature}
    table[Feature.UPLOAD] = Permission(Feature.UPLOAD, Audience.MODERATORS)
    return table


def restored(permissions: Iterable[Permission]) -> Table:
    """Take up a table that was kept; features it does not know begin as usual."""
    return initial() | {permission.feature: permission for permission in permissions}


def allows(table: Table, feature: Feature, participant_id: ParticipantId | None, role: Role) -> bool:
    """Tell whether somebody may use a feature; roles that publish nothing never may."""
    if role.moderates:
        return True
    if not role.publishes:
        return False
    permission = table[feature]
    match permission.audience:
        case Audience.ALL:
            return True
        case Audience.MODERATORS:
            return False
        case Audience.PEOPLE:
            return participant_id in permission.people
        case Audience.EXCEPT:
            return participant_id not in permission.people


def withheld(table: Table, participant_id: ParticipantId | None, role: Role) -> frozenset[Feature]:
    """List what somebody may not use."""
    return frozenset(feature for feature in Feature if not allows(table, feature, participant_id, role))
