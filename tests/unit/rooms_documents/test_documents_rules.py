"""Who reads and writes a document: the whole table, pure."""

from datetime import UTC, datetime, timedelta

import pytest

from webvisio_protocol.documents import CopyState, DocumentAccess, DocumentKind, DocumentRule, ExerciseState
from webvisio_protocol.identifiers import Role
from webvisio_protocol.signalling import Audience, Feature, Permission
from webvisio_rooms.domain import features
from webvisio_rooms.domain.documents import Copy, Hand, Reader, Standing, access, copy_state

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
NONE, READ, WRITE = DocumentAccess.NONE, DocumentAccess.READ, DocumentAccess.WRITE

#                               host   cohost participant observer  named participant
RULES = {
    DocumentRule.MODERATORS_WRITE: (WRITE, WRITE, READ, READ, READ),
    DocumentRule.ALL_WRITE: (WRITE, WRITE, WRITE, READ, WRITE),
    DocumentRule.ONE_WRITES: (WRITE, WRITE, READ, READ, WRITE),
    DocumentRule.OWNER_WRITES: (READ, READ, NONE, NONE, WRITE),
    DocumentRule.HIDDEN: (WRITE, WRITE, NONE, NONE, NONE),
}
#                        owner  host   other
COPIES = {
    CopyState.WORKING: (WRITE, READ, NONE),
    CopyState.HANDED_IN: (READ, READ, NONE),
    CopyState.COLLECTED: (READ, WRITE, NONE),
    CopyState.RETURNED: (WRITE, READ, NONE),
}


@pytest.mark.parametrize("rule", DocumentRule)
def test_a_rule_says_who_reads_and_who_writes(rule: DocumentRule) -> None:
    standing = Standing(DocumentKind.NOTEBOOK, rule, writer="user:named")
    readers = [Reader("user:x", role) for role in Role] + [Reader("user:named", Role.PARTICIPANT)]

    assert tuple(access(standing, reader, NOW) for reader in readers) == RULES[rule]


@pytest.mark.parametrize("state", CopyState)
def test_a_copy_follows_its_state(state: CopyState) -> None:
    standing = Standing(DocumentKind.NOTEBOOK, DocumentRule.OWNER_WRITES, copy=Copy("user:owner", state))
    readers = [
        Reader("user:owner", Role.PARTICIPANT),
        Reader("user:claire", Role.HOST),
        Reader("user:x", Role.PARTICIPANT),
    ]

    assert tuple(access(standing, reader, NOW) for reader in readers) == COPIES[state]


@pytest.mark.parametrize(("later_s", "expected"), [(0, WRITE), (599, WRITE), (600, READ)])
def test_a_helping_hand_holds_until_its_last_instant(later_s: int, expected: DocumentAccess) -> None:
    hand = Hand(NOW, NOW + timedelta(minutes=10))
    copy = Copy("user:owner", CopyState.WORKING, hand)
    standing = Standing(DocumentKind.NOTEBOOK, DocumentRule.OWNER_WRITES, copy=copy)

    found = access(standing, Reader("user:claire", Role.COHOST), NOW + timedelta(seconds=later_s))

    assert found is expected


@pytest.mark.parametrize("state", [CopyState.HANDED_IN])
def test_a_helping_hand_opens_nothing_that_was_handed_in(state: CopyState) -> None:
    copy = Copy("user:owner", state, Hand(NOW, NOW + timedelta(minutes=10)))
    standing = Standing(DocumentKind.NOTEBOOK, DocumentRule.OWNER_WRITES, copy=copy)

    assert access(standing, Reader("user:claire", Role.HOST), NOW) is READ


@pytest.mark.parametrize(
    ("kind", "feature"),
    [(DocumentKind.BOARD, Feature.DRAW), (DocumentKind.NOTE, Feature.WRITE_NOTES)],
)
def test_what_the_session_withholds_is_only_read_but_by_moderators(
    kind: DocumentKind, feature: Feature
) -> None:
    standing = Standing(kind, DocumentRule.ALL_WRITE)

    assert access(standing, Reader("user:x", Role.PARTICIPANT, frozenset({feature})), NOW) is READ
    assert access(standing, Reader("user:x", Role.COHOST, frozenset({feature})), NOW) is WRITE


@pytest.mark.parametrize("before", CopyState)
def test_a_reopened_exercise_gives_copies_back_but_what_was_handed_in(before: CopyState) -> None:
    expected = CopyState.HANDED_IN if before is CopyState.HANDED_IN else CopyState.WORKING

    assert copy_state(ExerciseState.OPEN, before) is expected
    assert copy_state(ExerciseState.COLLECTED, before) is CopyState.COLLECTED
    assert copy_state(ExerciseState.RETURNED, before) is CopyState.RETURNED


def test_observers_are_given_no_feature_and_moderators_lose_none() -> None:
    table = features.restored([Permission(f, Audience.MODERATORS) for f in Feature])

    assert features.withheld(features.initial(), None, Role.OBSERVER) == frozenset(Feature)
    assert features.withheld(table, None, Role.COHOST) == frozenset()
    assert features.withheld(table, None, Role.PARTICIPANT) == frozenset(Feature)
