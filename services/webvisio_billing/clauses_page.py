"""Writes `docs/clauses.md`: each clause of the terms, its rule, its tests and its refusals.

`python -m webvisio_billing.clauses_page --write` in a checkout, `--check` to
compare. Rules and refusals come from the code; tests are found by their mark
``@pytest.mark.clause("6.4")`` (or `pytestmark`), scenarios by their `clauses`.
"""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from webvisio_billing.domain.clauses import CLAUSES, Clause
from webvisio_billing.domain.refusal_texts import TEXTS
from webvisio_billing.simulate.scenario import read_scenarios

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "clauses.md"
DOMAIN = "services/webvisio_billing/domain"

_HEAD = """\
# From clause to code

What each clause of the terms becomes: the rule that the software keeps, the modules that keep it, the refusals
that stand on it, and the tests that hold it. A test that names several clauses is listed under each.

This page is generated: `python -m webvisio_billing.clauses_page --write`.
"""


@dataclass(frozen=True, slots=True)
class ClauseTest:
    """A test or a scenario, the file it is in, and the clauses it names."""

    file: str
    name: str
    clauses: tuple[str, ...]


def render(root: Path = ROOT) -> str:
    """Make the page from the code and the tests of a checkout."""
    tests = sorted([*_marked_tests(root), *_scenarios(root)], key=lambda test: (test.file, test.name))
    sections = [_section(number, clause, tests) for number, clause in CLAUSES.items()]
    return "\n".join([_HEAD, *sections])


def untested(root: Path = ROOT) -> list[str]:
    """List the clauses that have a rule in the code and no test."""
    named = {clause for test in (*_marked_tests(root), *_scenarios(root)) for clause in test.clauses}
    return [number for number, clause in CLAUSES.items() if clause.modules and number not in named]


def _section(number: str, clause: Clause, tests: list[ClauseTest]) -> str:
    lines = [
        f"## Clause {number}",
        "",
        f"> {clause.en}<br>",
        f"> *{clause.fr}*",
        "",
        f"**Rule.** {clause.rule}",
    ]
    if clause.modules:
        modules = ", ".join(f"[`{name}`](../{DOMAIN}/{name}.py)" for name in clause.modules)
        lines += ["", f"**Code.** {modules}"]
    refusals = [(code, text) for code, text in TEXTS.items() if text.clause == number]
    if refusals:
        lines += ["", "| refusal | says |", "|---|---|"]
        lines += [f"| `{code}` | {text.en.message} |" for code, text in refusals]
    mine = [test for test in tests if number in test.clauses]
    if mine:
        lines += ["", "<details><summary>Tests</summary>", ""]
        for file in dict.fromkeys(test.file for test in mine):
            names = "; ".join(test.name for test in mine if test.file == file)
            lines.append(f"- [{Path(file).name}](../{file}): {names}")
        lines += ["", "</details>"]
    return "\n".join(lines) + "\n"


def _marked_tests(root: Path) -> Iterator[ClauseTest]:
    for path in sorted((root / "tests").rglob("test_*.py")):
        tree = ast.parse(path.read_text())
        shared = tuple(_named_by_module(tree))
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                own = tuple(number for mark in node.decorator_list for number in _clauses_of(mark))
                if own or shared:
                    name = node.name.removeprefix("test_").replace("_", " ")
                    yield ClauseTest(path.relative_to(root).as_posix(), name, (*shared, *own))


def _named_by_module(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == "pytestmark" for target in node.targets
        ):
            marks = node.value.elts if isinstance(node.value, ast.List | ast.Tuple) else [node.value]
            for mark in marks:
                yield from _clauses_of(mark)


def _clauses_of(mark: ast.expr) -> Iterator[str]:
    """Read the numbers out of `pytest.mark.clause("3", "6.4")`."""
    match mark:
        case ast.Call(func=ast.Attribute(attr="clause"), args=arguments):
            for argument in arguments:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    if argument.value not in CLAUSES:
                        raise ValueError(f"a test names clause {argument.value}, which the terms do not have")
                    yield argument.value


def _scenarios(root: Path) -> Iterator[ClauseTest]:
    for path in sorted((root / "tests" / "scenarios").glob("*.yaml")):
        file = path.relative_to(root).as_posix()
        for scenario in read_scenarios(path.read_bytes(), file):
            yield ClauseTest(file, scenario.name, scenario.clauses)


def main(arguments: list[str]) -> int:
    """Print, write or check; returns the exit status."""
    page = render()
    if "--write" in arguments:
        PAGE.write_text(page)
        return 0
    if "--check" in arguments:
        if PAGE.is_file() and PAGE.read_text() == page:
            return 0
        sys.stderr.write(f"{PAGE.name} is not what the code and the tests say: run with --write\n")
        return 1
    sys.stdout.write(page)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
