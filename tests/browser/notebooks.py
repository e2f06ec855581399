"""Notebooks as files to be chosen, and what a person does with them on the plain page."""

from __future__ import annotations

import json

from playwright.sync_api import FilePayload, Locator, expect

from browser.people import Person

KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}


def code_cell(cell_id: str, source: str, **more: object) -> dict[str, object]:
    """Make a cell that did not run yet, unless `more` says otherwise."""
    blank: dict[str, object] = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    return {**blank, "id": cell_id, "source": source, **more}


def text_cell(cell_id: str, source: str) -> dict[str, object]:
    """Make a cell of Markdown."""
    return {"cell_type": "markdown", "id": cell_id, "metadata": {}, "source": source}


def notebook_of(*cells: dict[str, object]) -> bytes:
    """Write a notebook for Python (nbformat 4.5)."""
    content = {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": KERNEL}, "cells": cells}
    return json.dumps(content).encode()


def long_notebook(cells: int) -> bytes:
    """Write a notebook of code and lines enough to scroll far; cell n is called `cn` and says so."""
    return notebook_of(
        *(
            code_cell(f"c{n}", f"# cellule {n}\n" + "\n".join(f"x{k} = {k}" for k in range(n % 7)))
            for n in range(cells)
        )
    )


def choose(person: Person, name: str, content: bytes) -> None:
    """Choose a file as a notebook for the room, whatever comes of it."""
    file = FilePayload(name=name, mimeType="application/json", buffer=content)
    person.find("add-notebook-file").set_input_files([file])


def add(person: Person, name: str, content: bytes) -> None:
    """Put a notebook among the room's materials."""
    choose(person, name, content)
    expect(person.find("document-open").filter(has_text=name)).to_be_visible()


def shown(person: Person, cell: str) -> Locator:
    """Find a cell of the notebook in front, on the plain page."""
    return person.find("notebook").locator(f'[data-cell="{cell}"]')
