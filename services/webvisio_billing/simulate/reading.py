"""Reads YAML as trees of text: what a value means is decided by the field it stands in.

Plain YAML would read `120.00` as a float and `2026-11-15` as a date; here
every scalar stays the text that was written. Keys given twice, cyclic
aliases and oversized files are refused with their line.
"""

from collections.abc import Iterator

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from webvisio_billing.simulate.errors import Place, ScenarioError

Tree = str | list["Tree"] | dict[str, "Tree"]

_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
"""libyaml where PyYAML was built with it: both give text for every scalar."""

MAX_FILE_BYTES = 1_000_000
MAX_NODES = 200_000
"""Aliases are unfolded, so a small file could otherwise become a huge tree."""

MAX_DEPTH = 16


def read_documents(data: bytes, file: str) -> Iterator[tuple[Place, Tree]]:
    """Yield the YAML documents of a file with their place, skipping empty ones.

    Raises `ScenarioError` where the file is not UTF-8, not YAML, or too large.
    """
    if len(data) > MAX_FILE_BYTES:
        raise ScenarioError(Place(file), f"larger than {MAX_FILE_BYTES} bytes")
    try:
        text = data.decode("utf-8-sig")
        _refuse_depth(text, file)
        nodes = list(yaml.compose_all(text, Loader=_LOADER))
    except UnicodeDecodeError as error:
        raise ScenarioError(Place(file), f"not UTF-8 text (byte {error.start})") from error
    except yaml.YAMLError as error:
        raise ScenarioError(Place(file), f"not YAML: {_one_line(error)}") from error
    for number, node in enumerate(nodes, start=1):
        place = Place(file, number)
        if not (isinstance(node, ScalarNode) and node.value == ""):
            yield place, _Unfolding(place).tree(node, 0)


def _refuse_depth(text: str, file: str) -> None:
    """Look at the nesting first: composing recurses, and a hostile file would exhaust the stack."""
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            raise ScenarioError(Place(file), "nested too deeply")


class _Unfolding:
    """Turns nodes into a tree and counts them on the way."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._left = MAX_NODES

    def tree(self, node: Node, depth: int) -> Tree:
        """Unfold a node."""
        self._left -= 1
        if self._left < 0 or depth > MAX_DEPTH:
            raise ScenarioError(self._place, f"too large or nested too deeply at {_line(node)}")
        match node:
            case ScalarNode():
                return str(node.value)
            case SequenceNode():
                return [self.tree(item, depth + 1) for item in node.value]
            case MappingNode():
                return self._mapping(node, depth)
            case _:
                raise ScenarioError(self._place, f"a node of an unknown kind at {_line(node)}")

    def _mapping(self, node: MappingNode, depth: int) -> Tree:
        tree: dict[str, Tree] = {}
        for key, value in node.value:
            if not isinstance(key, ScalarNode):
                raise ScenarioError(self._place, f"a key must be text at {_line(key)}")
            if key.value in tree:
                raise ScenarioError(self._place, f"the key {key.value!r} is given twice at {_line(key)}")
            tree[key.value] = self.tree(value, depth + 1)
        return tree


def _line(node: Node) -> str:
    return f"line {node.start_mark.line + 1}" if node.start_mark else "an unknown line"


def _one_line(error: yaml.YAMLError) -> str:
    return " ".join(str(error).split())
