"""Asks ClamAV's clamd whether content carries something known (its INSTREAM command).

    https://docs.clamav.net/manual/Usage/Scanning.html#clamd

The address is `unix:/path` or `tcp:host:port`. A scanner that was configured and
does not answer refuses the file: an operator who wants files scanned does not
want some that were not.
"""

import asyncio
import struct
from collections.abc import AsyncIterator

from webvisio_rooms.files.errors import ScannerAway

PATIENCE_S = 60.0


class Scanner:
    """One clamd."""

    def __init__(self, address: str) -> None:
        self._kind, _, self._where = address.partition(":")
        if self._kind not in ("unix", "tcp") or not self._where:
            raise ValueError("a scanner's address is unix:/path or tcp:host:port")

    async def is_clean(self, content: AsyncIterator[bytes]) -> bool:
        """Send content; returns False when something was found. Raises `ScannerAway`."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                reader, writer = await self._connect()
        except (OSError, TimeoutError) as error:
            raise ScannerAway from error
        try:
            return await self._converse(reader, writer, content)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
            raise ScannerAway from error
        finally:
            writer.close()

    async def _converse(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, content: AsyncIterator[bytes]
    ) -> bool:
        writer.write(b"zINSTREAM\0")
        async for piece in content:
            if not piece:
                continue
            writer.write(struct.pack("!I", len(piece)) + piece)
            async with asyncio.timeout(PATIENCE_S):
                await writer.drain()
        writer.write(struct.pack("!I", 0))
        async with asyncio.timeout(PATIENCE_S):
            await writer.drain()
            answer = (await reader.readuntil(b"\0")).rstrip(b"\0\n")
        if answer.endswith(b" FOUND"):
            return False
        if answer.endswith(b" OK"):
            return True
        raise ScannerAway

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._kind == "unix":
            return await asyncio.open_unix_connection(self._where)
        host, _, port = self._where.rpartition(":")
        return await asyncio.open_connection(host.strip("[]"), int(port))
