"""What a use case answers when it does not do what was asked. Values, never exceptions.

A `DomainRefusal` is the contract speaking, with its clause. A `Problem` is
about the request itself: a field that cannot be, a thing that is not there,
a page that is out of date. Both are worded in `web`.
"""

import dataclasses
from collections.abc import Mapping
from enum import StrEnum

from webvisio_billing.domain.refusals import DomainRefusal


class ProblemKind(StrEnum):
    """What sort of problem; each is one `RefusalCode` of the platform."""

    INVALID = "input_invalid"
    CONFLICT = "conflict"
    NOT_FOUND = "not_found"


@dataclasses.dataclass(frozen=True, slots=True)
class Problem:
    """`message` and `field` are keys of the catalogue of words; `values` fill the sentence."""

    kind: ProblemKind
    message: str = ""
    field: str = ""
    values: Mapping[str, str] = dataclasses.field(default_factory=dict)


Refused = DomainRefusal | Problem
NOT_FOUND = Problem(ProblemKind.NOT_FOUND)


def invalid(field_name: str, message: str, **values: str) -> Problem:
    """Say what is wrong with a field."""
    return Problem(ProblemKind.INVALID, message, field_name, values)


def conflict(message: str, **values: str) -> Problem:
    """Say why the present state does not allow it."""
    return Problem(ProblemKind.CONFLICT, message, "", values)
