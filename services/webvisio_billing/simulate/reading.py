"""Reads YAML as trees of text: what a value means is decided by the field it stands in.

Plain YAML would read `120.00` as a float and `2026-11-15` as a date; here
every scalar stays the text that was written. A key without a value (nothing,
`null` or `~`) is a key that is not given; `<<` merges mappings. Keys given
twice, cyclic aliases and oversized files are refused with their line.
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

_NOTHING = frozenset({"", "~", "null", "Null", "NULL"})
"""What YAML reads as no value, where it stands without quotes."""

_MERGE = "<<"


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
        if not _is_nothing(node):
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
        self._count(node, depth)
        match node:
            case ScalarNode():
                return str(node.value)
            case SequenceNode():
                return [self.tree(item, depth + 1) for item in node.value]
            case MappingNode():
                return self._mapping(node, depth)
            case _:
                raise ScenarioError(self._place, f"a node of an unknown kind at {_line(node)}")

    def _count(self, node: Node, depth: int) -> None:
        self._left -= 1
        if self._left < 0 or depth > MAX_DEPTH:
            raise ScenarioError(self._place, f"too large or nested too deeply at {_line(node)}")

    def _mapping(self, node: MappingNode, depth: int) -> dict[str, Tree]:
        tree: dict[str, Tree] = {}
        merged: dict[str, Tree] = {}
        given: set[str] = set()
        for key, value in node.value:
            if not isinstance(key, ScalarNode):
                raise ScenarioError(self._place, f"a key must be text at {_line(key)}")
            if key.value in given:
                raise ScenarioError(self._place, f"the key {key.value!r} is given twice at {_line(key)}")
            given.add(key.value)
            if key.value == _MERGE and _is_plain(key):
                merged = self._merged(value, depth + 1)
            elif not _is_nothing(value):
                tree[key.value] = self.tree(value, depth + 1)
        return {name: value for name, value in merged.items() if name not in given} | tree

    def _merged(self, node: Node, depth: int) -> dict[str, Tree]:
        """Unfold what `<<` merges: a mapping, or several of which the first wins."""
        sources = node.value if isinstance(node, SequenceNode) else [node]
        merged: dict[str, Tree] = {}
        for source in sources:
            if not isinstance(source, MappingNode):
                raise ScenarioError(self._place, f"'<<' merges mappings only, at {_line(node)}")
            self._count(source, depth)
            merged = self._mapping(source, depth) | merged
        return merged


def _is_plain(node: Node) -> bool:
    """Tell whether a scalar stands without quotes (libyaml and PyYAML mark this differently)."""
    return isinstance(node, ScalarNode) and node.style in (None, "")


def _is_nothing(node: Node) -> bool:
    return _is_plain(node) and node.value in _NOTHING


def _line(node: Node) -> str:
    return f"line {node.start_mark.line + 1}" if node.start_mark else "an unknown line"


def _one_line(error: yaml.YAMLError) -> str:
    return " ".join(str(error).split())
