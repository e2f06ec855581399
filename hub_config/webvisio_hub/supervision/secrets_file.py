"""The instance's own secrets, made once and kept in a file that only its owner reads.

A secret that a later version adds is made at the next start; none is ever
replaced behind the operator's back.
"""

import os
import secrets
from dataclasses import dataclass, fields
from pathlib import Path

import msgspec

from webvisio_hub.errors import SettingsError


@dataclass(frozen=True, slots=True)
class Secrets:
    """Random, 256 bits each, hexadecimal."""

    internal_token: str
    """Bearer of the entitlement stream."""
    proxy_token: str
    """What the hub shows to the proxy's API."""
    billing_token: str
    rooms_token: str
    """The services' own tokens of the hub's API."""
    service_cookie_secret: str
    """Signs the services' cookies."""
    hub_cookie_secret: str
    auth_state_key: str
    """Encrypts what an identity provider hands over (JUPYTERHUB_CRYPT_KEY)."""
    pseudonym_key: str
    """Turns names into stable pseudonyms in logs."""


def load_or_make(path: Path) -> Secrets:
    """Read the secrets, making those that are missing; the file ends up with mode 600."""
    known = _read(path)
    names = [field.name for field in fields(Secrets)]
    values = {name: known.get(name) or secrets.token_hex(32) for name in names}
    if values != known or path.stat().st_mode & 0o077:
        _write(path, values)
    return Secrets(**values)


def _read(path: Path) -> dict[str, str]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, str])
    except FileNotFoundError:
        return {}
    except msgspec.MsgspecError as problem:
        raise SettingsError(f"{path.name} is damaged: {problem}") from problem


def _write(path: Path, values: dict[str, str]) -> None:
    """Write through a temporary file, so that a crash leaves the old one or the new one."""
    beside = path.with_suffix(".new")
    beside.unlink(missing_ok=True)
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(values)) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
