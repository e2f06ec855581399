"""Who asks: a person or service that the hub knows, and whether they may manage contracts."""

from collections.abc import Mapping
from typing import Any

import msgspec

from webvisio_protocol.identifiers import CONTRACTS_SCOPE


class Identity(msgspec.Struct, frozen=True):
    """One hub user or service; `may_manage` is the right that every page and call here needs."""

    name: str
    may_manage: bool
    is_admin: bool
    scopes: frozenset[str]


def identity_of(model: Mapping[str, Any]) -> Identity:
    """Read JupyterHub's user model (untyped, so it is converted here at once)."""
    scopes = frozenset(str(scope).partition("!")[0] for scope in model.get("scopes", ()))
    is_admin = bool(model.get("admin"))
    return Identity(str(model["name"]), is_admin or CONTRACTS_SCOPE in scopes, is_admin, scopes)
