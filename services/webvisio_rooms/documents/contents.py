"""What stands in a document, by kind: from a file into Yjs, and back.

The Yjs state is the truth and a file is an export: a document is filled once,
at the beginning of an epoch. To fill it again would double every cell in the
browsers that hold it.

nbformat and jupyter_ydoc are imported where they are needed: together they take
two seconds, which neither the service's start nor its commands should wait for.
"""

from typing import Any

import msgspec
from pycrdt import Doc, Map, Text

from webvisio_protocol.documents import MAX_UPDATE_BYTES, DocumentKind
from webvisio_rooms.documents.errors import ContentInvalid

MAX_CELLS = 5000
MAX_ELEMENTS = 20_000
MAX_CONTENT_DEPTH = 64

SUFFIXES = {DocumentKind.NOTEBOOK: ".ipynb", DocumentKind.BOARD: ".excalidraw", DocumentKind.NOTE: ".md"}

Content = Any
"""JSON of a kind: a notebook, a scene (`elements`, `files`), or Markdown text."""


def warm_up() -> None:
    """Import beside the service's start what the first notebook would wait for."""
    import jupyter_ydoc  # noqa: F401
    import nbformat  # noqa: F401


def filled(kind: DocumentKind, content: Content) -> bytes:
    """Make the first update of a document; None gives an empty one. Raises `ContentInvalid`."""
    doc: Doc[Any] = Doc()
    match kind:
        case DocumentKind.NOTEBOOK:
            from jupyter_ydoc import YNotebook

            YNotebook(doc).set(notebook(content))
        case DocumentKind.BOARD:
            scene = _scene(content)
            with doc.transaction():
                doc.get("state", type=Map)["kind"] = kind.value
                doc.get("elements", type=Map).update(scene["elements"])
                doc.get("files", type=Map).update(scene["files"])
        case DocumentKind.NOTE:
            if not isinstance(content, str | None):
                raise ContentInvalid("text is expected")
            with doc.transaction():
                doc.get("state", type=Map)["kind"] = kind.value
                doc.get("source", type=Text).insert(0, content or "")
    return doc.get_update()


def read(kind: DocumentKind, doc: Doc[Any]) -> Content:
    """Read what stands in a document; what a client spoilt of a notebook is left out."""
    match kind:
        case DocumentKind.NOTEBOOK:
            return _read_notebook(doc)
        case DocumentKind.BOARD:
            elements = [e for e in doc.get("elements", type=Map).to_py().values() if isinstance(e, dict)]
            elements.sort(key=lambda element: str(element.get("index") or ""))
            return {
                "type": "excalidraw",
                "version": 2,
                "source": "webvisio",
                "elements": [_whole(e) for e in elements if not e.get("isDeleted")],
                "appState": {},
                "files": _whole(doc.get("files", type=Map).to_py()),
            }
        case DocumentKind.NOTE:
            return str(doc.get("source", type=Text))


def notebook(content: Content) -> dict[str, Any]:
    """Check a notebook and bring it to nbformat 4.5 with cell identifiers; raises `ContentInvalid`."""
    import nbformat
    from nbformat.validator import NotebookValidationError

    if content is None:
        node = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell()])
        return _plain(node)
    if not isinstance(content, dict) or content.get("nbformat") != 4:
        raise ContentInvalid("a notebook of format 4 is expected")
    cells = content.get("cells")
    if not isinstance(cells, list) or len(cells) > MAX_CELLS:
        raise ContentInvalid(f"{MAX_CELLS} cells at most are expected")
    try:
        node = nbformat.from_dict(content)
        _, node = nbformat.validator.normalize(node, strip_invalid_metadata=True)
        node = nbformat.v4.upgrade(node) if node.nbformat_minor < 5 else node
        nbformat.validate(node)
    except (NotebookValidationError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise ContentInvalid("the notebook does not follow its format") from error
    if not node.cells:
        node.cells.append(nbformat.v4.new_code_cell())
    return _plain(node)


def decode(raw: bytes) -> Content:
    """Read JSON that somebody sent; raises `ContentInvalid`."""
    if len(raw) > MAX_UPDATE_BYTES:
        raise ContentInvalid("it is too large")
    try:
        return msgspec.json.decode(raw)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise ContentInvalid("it is no JSON") from error


def _plain(node: Any) -> dict[str, Any]:
    """Turn nbformat's nodes into plain JSON values, which is what pycrdt takes."""
    found: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(node))
    for cell in found["cells"]:
        for field in ("source",):
            if isinstance(cell[field], list):
                cell[field] = "".join(cell[field])
    return found


def _read_notebook(doc: Doc[Any]) -> dict[str, Any]:
    import nbformat
    from jupyter_ydoc import YNotebook

    try:
        found = _whole(YNotebook(doc).get())
        nbformat.validate(nbformat.from_dict(found))
    except Exception as error:  # the document is what clients made of it: jupyter_ydoc may fail anyhow
        raise ContentInvalid("the notebook was spoilt") from error
    return dict(found)


def _whole(value: Any) -> Any:
    """Write whole numbers as such: Yjs knows floats only."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: _whole(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_whole(inner) for inner in value]
    return value


def _scene(content: Content) -> dict[str, dict[str, Any]]:
    if content is None:
        return {"elements": {}, "files": {}}
    elements = content.get("elements") if isinstance(content, dict) else None
    files = content.get("files") or {} if isinstance(content, dict) else None
    if not isinstance(elements, list) or not isinstance(files, dict) or len(elements) > MAX_ELEMENTS:
        raise ContentInvalid("an Excalidraw scene is expected")
    if not all(isinstance(e, dict) and isinstance(e.get("id"), str) and e["id"] for e in elements):
        raise ContentInvalid("each element needs an identifier")
    return {"elements": {element["id"]: element for element in elements}, "files": files}
