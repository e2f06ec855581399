"""Runs axe-core in a page: what it finds against WCAG 2.2 A and AA."""

import json
from pathlib import Path

from playwright.sync_api import Page

_AXE = Path(__file__).parents[2] / "labextension" / "node_modules" / "axe-core" / "axe.min.js"
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def faults(page: Page, *places: str) -> str:
    """Run axe on parts of the page (all of it when none is named); one line a fault, empty when there is none."""
    page.evaluate(_AXE.read_text())
    found = page.evaluate(
        """async ([include, rules]) => (await axe.run({include}, {runOnly: rules})).violations.flatMap(
          one => one.nodes.map(node => `${one.id}: ${node.target} ${node.failureSummary}`))""",
        [[[place] for place in places or ("html",)], _RULES],
    )
    return "\n".join(json.dumps(fault) for fault in found)
