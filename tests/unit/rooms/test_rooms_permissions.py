"""The permission table, whole: what a change of it must be confronted with."""

import itertools

import pytest

from webvisio_protocol.identifiers import Role
from webvisio_rooms.domain.permissions import PERMISSIONS, Action, may, may_act_on

#            host   cohost participant observer
TABLE = {
    Action.PUBLISH: (True, True, True, False),
    Action.CHAT: (True, True, True, False),
    Action.RAISE_HAND: (True, True, True, True),
    Action.REACT: (True, True, True, True),
    Action.LOWER_OTHERS_HAND: (True, True, False, False),
    Action.SEE_WAITING: (True, True, False, False),
    Action.ADMIT: (True, True, False, False),
    Action.MUTE: (True, True, False, False),
    Action.REMOVE: (True, True, False, False),
    Action.SET_ROLE: (True, False, False, False),
    Action.CHANGE_ROOM: (True, True, False, False),
    Action.SET_PERMISSION: (True, True, False, False),
    Action.PRESENT: (True, True, False, False),
    Action.MANAGE_DOCUMENTS: (True, True, False, False),
    Action.END_SESSION: (True, True, False, False),
    Action.READ_ATTENDANCE: (True, True, False, False),
}


def test_every_action_is_in_the_table() -> None:
    assert set(TABLE) == set(Action) == set(PERMISSIONS)


@pytest.mark.parametrize("action", Action)
def test_the_table_holds(action: Action) -> None:
    assert tuple(may(role, action) for role in Role) == TABLE[action]


@pytest.mark.parametrize(
    ("action", "actor", "target"),
    list(itertools.product((Action.MUTE, Action.REMOVE, Action.SET_ROLE), Role, Role)),
)
def test_nobody_acts_on_somebody_stronger(action: Action, actor: Role, target: Role) -> None:
    order = list(Role)

    allowed = may_act_on(actor, action, target)

    assert allowed is (may(actor, action) and order.index(actor) <= order.index(target))
