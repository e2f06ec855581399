"""Eight people edit a notebook at random, lines break, the service restarts: all converge, no cell twice.

`WEBVISIO_FUZZ_EDITS` and `WEBVISIO_FUZZ_SEED` make it longer (`make fuzz`: 10,000
edits); a failure prints its seed, and found seeds are kept in `FOUND`.
"""

import os
import random
from typing import Any

import pytest
from pycrdt import Array, Map, Text

from unit.rooms_documents.documents_world import Classroom, YClient
from webvisio_protocol.identifiers import Role

PEERS = 8
EDITS = int(os.environ.get("WEBVISIO_FUZZ_EDITS", "400"))
FOUND: tuple[int, ...] = ()
"""Seeds that failed once."""
SEEDS = (int(os.environ.get("WEBVISIO_FUZZ_SEED", "20261123")), *FOUND)


class Editor:
    """One person: edits at random, remembers what the service acknowledged."""

    def __init__(self, number: int, client: YClient, chance: random.Random) -> None:
        self.number = number
        self.client = client
        self.chance = chance
        self.count = 0
        self.written: list[str] = []

    def edit(self) -> None:
        """Change the notebook in one of the ways that people do."""
        self.count += 1
        mark = f"<{self.number}.{self.count}>"
        cells = self.client.cells
        match self.chance.randrange(10):
            case 0:
                place = self.chance.randint(0, len(cells))
                cells.insert(place, new_cell(f"cell-{mark}", mark))
                self.written.append(mark)
            case 1 if len(cells) > 4:
                del cells[self.chance.randrange(len(cells))]
            case 2:
                cell = self._any_cell()
                with self.client.doc.transaction():
                    cell["execution_count"] = float(self.count)
                    outputs = cell.get("outputs")
                    if isinstance(outputs, Array):  # Markdown has none
                        outputs.clear()
                        outputs.append({"output_type": "stream", "name": "stdout", "text": mark})
            case _:
                source = self._any_cell()["source"]
                assert isinstance(source, Text)
                source.insert(self.chance.randint(0, len(str(source).encode()) // 2), mark)

    def _any_cell(self) -> Map[Any]:
        cells = self.client.cells
        if not len(cells):
            cells.append(new_cell(f"cell-{self.number}.{self.count}", ""))
        return self.client.cell(self.chance.randrange(len(cells)))


def new_cell(name: str, source: str) -> Map[Any]:
    return Map(
        {
            "id": name,
            "cell_type": "code",
            "source": Text(source),
            "metadata": Map({}),
            "outputs": Array([]),
            "execution_count": None,
        }
    )


@pytest.mark.parametrize("seed", SEEDS)
async def test_random_edits_with_lines_that_break_converge(room: Classroom, seed: int) -> None:
    print(f"seed {seed}, {EDITS} edits")
    chance = random.Random(seed)  # noqa: S311 - a fuzz, not a secret
    document = await room.create(rule="all_write")
    editors = []
    for number in range(PEERS):
        token = room.world.hub.add(f"peer{number}", Role.PARTICIPANT)
        editors.append(Editor(number, await room.open(document, token), chance))
    reader = await room.open(document, room.trainer)
    for step in range(EDITS):
        editor = chance.choice(editors)
        editor.edit()
        if chance.random() < 0.03:
            if editor.client.is_open:
                editor.client.drop()
            else:
                await editor.client.connect()
        if chance.random() < 0.1:
            room.world.timers.advance(0.05)  # at a standstill the service would find the pings too many
            for one in editors:
                if one.client.is_open and chance.random() < 0.3:
                    await one.client.settled()
        if step == EDITS // 2:
            await room.world.stop()
            await room.world.start()
            await reader.connect()
    for editor in editors:
        if not editor.client.is_open:
            await editor.client.connect()
        await editor.client.settled()
    for editor in editors:
        await editor.client.settled()
    if not reader.is_open:
        await reader.connect()
    await reader.settled()

    expected = reader.cells.to_py()
    for editor in editors:
        assert editor.client.cells.to_py() == expected, f"seed {seed}: peer {editor.number} differs"
    names = [cell["id"] for cell in expected or []]
    assert len(names) == len(set(names)), f"seed {seed}: a cell is there twice"
    await room.world.stop()
    await room.world.start()
    late = await room.open(document, room.trainee)
    assert late.cells.to_py() == expected, f"seed {seed}: what was kept differs"
