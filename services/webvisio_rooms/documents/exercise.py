"""Makes the trainees' notebook out of the trainer's, as nbgrader does.

Between `### BEGIN SOLUTION` and `### END SOLUTION` a solution is replaced by a
line to fill in; `### BEGIN HIDDEN TESTS` to `### END HIDDEN TESTS` is taken out;
outputs are cleared. nbgrader's metadata (`grade`, `solution`, `points`...) stays
as it is, so that a collected copy can be graded with nbgrader.
"""

import re
from typing import Any

_SOLUTION = re.compile(r"^([ \t]*)#+ *BEGIN SOLUTION\b.*?^[ \t]*#+ *END SOLUTION[^\n]*", re.M | re.S)
_HIDDEN = re.compile(r"^[ \t]*#+ *BEGIN HIDDEN TESTS\b.*?^[ \t]*#+ *END HIDDEN TESTS[^\n]*\n?", re.M | re.S)
STUB = "# YOUR CODE HERE\n{indent}raise NotImplementedError()"
"""As nbgrader writes it, so that its `validate` finds what was not filled in."""


def for_trainees(notebook: dict[str, Any]) -> dict[str, Any]:
    """Give the notebook that is handed out; the one given stays as it is."""
    cells = [_cell(cell) for cell in notebook["cells"]]
    return notebook | {"cells": cells}


def _cell(cell: dict[str, Any]) -> dict[str, Any]:
    if cell["cell_type"] != "code":
        return dict(cell)
    source = "".join(cell["source"]) if isinstance(cell["source"], list) else str(cell["source"])
    source = _HIDDEN.sub("", source)
    source = _SOLUTION.sub(lambda found: found[1] + STUB.format(indent=found[1]), source)
    return cell | {"source": source, "outputs": [], "execution_count": None}
