"""`python -m webvisio_rooms.documents.convert`: a notebook on standard input, HTML on standard output.

A process of its own, for nbconvert holds the interpreter for a second or two.
Scripts are taken out of outputs and Markdown, and the page asks no network
host: formulas stay as TeX.
"""

import sys

import nbformat
from nbconvert.exporters import HTMLExporter


def main() -> None:
    """Convert; exits with 1 and a traceback when the notebook cannot be."""
    notebook = nbformat.from_dict(nbformat.reader.parse_json(sys.stdin.read()))
    exporter = HTMLExporter(  # type: ignore[no-untyped-call]  # nbconvert types none of its own
        sanitize_html=True,
        embed_images=False,
        mathjax_url="",
        require_js_url="",
        jquery_url="",
        jupyter_widgets_base_url="",
        widget_renderer_url="",
        mermaid_js_url="",
    )
    title = sys.argv[1] if len(sys.argv) > 1 else "notebook"
    html, _ = exporter.from_notebook_node(notebook, resources={"metadata": {"name": title}})
    sys.stdout.write(html)


if __name__ == "__main__":
    main()
