"""A rooms service in a process of its own, on a folder that outlives it: to be killed in mid-edit.

python documents_service.py FOLDER      prints one JSON line: port and cookies; ends with its input
"""

import asyncio
import json
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
sys.path[:0] = [str(ROOT / "services"), str(ROOT / "tests")]

from unit.rooms.rooms_world import World  # noqa: E402
from webvisio_protocol.identifiers import Role  # noqa: E402


async def serve(folder: Path) -> None:
    """Serve until the input ends."""
    async with World(folder) as world:
        tokens = {
            name: world.hub.add(name, Role.HOST if name == "trainer" else Role.PARTICIPANT)
            for name in ("trainer", "trainee")
        }
        cookies = {name: world.cookies(token) for name, token in tokens.items()}
        print(json.dumps({"port": world.port, "cookies": cookies}), flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
