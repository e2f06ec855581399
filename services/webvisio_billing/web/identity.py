"""Who asks: a person or service that the hub knows, and whether they may manage contracts."""

from collections.abc import Mapping
from typing import Any

import msgspec

from webvisio_protocol.identifiers import CONTRACTS_SCOPE, CustomerId, contacts_of


class Identity(msgspec.Struct, frozen=True):
    """One hub user or service; `may_manage` is the right that the operator's pages and calls need."""

    name: str
    may_manage: bool
    is_admin: bool
    scopes: frozenset[str]
    customers: tuple[CustomerId, ...] = ()
    """Whose contact this is: what `Gate.CONTACTS` lets through, and no further than these."""


def identity_of(model: Mapping[str, Any]) -> Identity:
    """Read JupyterHub's user model (untyped, so it is converted here at once)."""
    scopes = frozenset(str(scope).partition("!")[0] for scope in model.get("scopes", ()))
    is_admin = bool(model.get("admin"))
    customers = tuple(contacts_of(str(group) for group in model.get("groups", ())))
    may_manage = is_admin or CONTRACTS_SCOPE in scopes
    return Identity(str(model["name"]), may_manage, is_admin, scopes, customers)
