"""The guests' password of a room: argon2id, hashed away from the loop (clause 5.4)."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

T = TypeVar("T")

MAX_HASHERS = 2
"""Threads that hash: each costs 64 MiB and a core for some 50 ms."""
MAX_QUEUED_HASHES = 64


class TooManyHashes(Exception):  # noqa: N818 - an outcome
    """More passwords are being checked than the service takes on."""


class GuestPasswords:
    """See the module."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._threads = ThreadPoolExecutor(MAX_HASHERS, thread_name_prefix="rooms-argon2")
        self._queued = 0

    def hash_now(self, password: str) -> str:
        """Hash in this thread, for the command line."""
        return self._hasher.hash(password)

    async def hash(self, password: str) -> str:
        """Hash a new password."""
        return await self._run(self._hasher.hash, password)

    async def verify(self, password_hash: str, password: str) -> bool:
        """Tell whether `password` is the one that was hashed."""
        return await self._run(self._matches, password_hash, password)

    def close(self) -> None:
        """End the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _matches(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _run(self, function: Callable[..., T], *arguments: str) -> T:
        if self._queued >= MAX_QUEUED_HASHES:
            raise TooManyHashes
        self._queued += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, function, *arguments)
        finally:
            self._queued -= 1
