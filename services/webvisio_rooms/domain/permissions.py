"""Who may do what in a room: one table.

Roles are ordered, host first. Acting on somebody additionally needs a role at
least as strong as theirs, so that a co-host neither mutes nor removes a host.
"""

from enum import StrEnum

from webvisio_protocol.identifiers import Role


class Action(StrEnum):
    """What may be allowed or refused."""

    PUBLISH = "publish"
    CHAT = "chat"
    RAISE_HAND = "raise_hand"
    REACT = "react"
    LOWER_OTHERS_HAND = "lower_others_hand"
    SEE_WAITING = "see_waiting"
    ADMIT = "admit"
    MUTE = "mute"
    REMOVE = "remove"
    SET_ROLE = "set_role"
    CHANGE_ROOM = "change_room"
    SET_PERMISSION = "set_permission"
    PRESENT = "present"
    MANAGE_DOCUMENTS = "manage_documents"
    END_SESSION = "end_session"
    READ_ATTENDANCE = "read_attendance"


_EVERYBODY = frozenset(Role)
_SPEAKERS = frozenset({Role.HOST, Role.COHOST, Role.PARTICIPANT})
_MODERATORS = frozenset({Role.HOST, Role.COHOST})
_HOSTS = frozenset({Role.HOST})

PERMISSIONS: dict[Action, frozenset[Role]] = {
    Action.PUBLISH: _SPEAKERS,
    Action.CHAT: _SPEAKERS,
    Action.RAISE_HAND: _EVERYBODY,
    Action.REACT: _EVERYBODY,
    Action.LOWER_OTHERS_HAND: _MODERATORS,
    Action.SEE_WAITING: _MODERATORS,
    Action.ADMIT: _MODERATORS,
    Action.MUTE: _MODERATORS,
    Action.REMOVE: _MODERATORS,
    Action.SET_ROLE: _HOSTS,
    Action.CHANGE_ROOM: _MODERATORS,
    Action.SET_PERMISSION: _MODERATORS,
    Action.PRESENT: _MODERATORS,
    Action.MANAGE_DOCUMENTS: _MODERATORS,
    Action.END_SESSION: _MODERATORS,
    Action.READ_ATTENDANCE: _MODERATORS,
}

_STRENGTH = {role: -index for index, role in enumerate(Role)}


def may(role: Role, action: Action) -> bool:
    """Tell whether `role` may do `action`."""
    return role in PERMISSIONS[action]


def may_act_on(actor: Role, action: Action, target: Role) -> bool:
    """Tell whether `actor` may do `action` to somebody who is `target`."""
    return may(actor, action) and _STRENGTH[actor] >= _STRENGTH[target]
