"""The built front end, compressed beforehand where the build left `.br` or `.gz` beside a file."""

import re
from pathlib import Path

from tornado.web import StaticFileHandler

ENCODINGS = (("br", ".br"), ("gzip", ".gz"))
_build = re.compile(r"page/[0-9a-f]{12}/")
"""A build is a folder named by its content: what is in it may be kept for ever."""


class AssetHandler(StaticFileHandler):
    """Serves `static/`; conditional requests and ranges are tornado's."""

    _encoding: str | None = None

    def validate_absolute_path(self, root: str, absolute_path: str) -> str | None:
        found = super().validate_absolute_path(root, absolute_path)
        if found is None:
            return None
        accepted = {part.split(";")[0].strip() for part in self._accepted().split(",")}
        for encoding, suffix in ENCODINGS:
            if encoding in accepted and Path(found + suffix).is_file():
                self._encoding = encoding
                return super().validate_absolute_path(root, found + suffix)  # which looks at its size, too
        return found

    def get_content_type(self) -> str:
        suffix = dict(ENCODINGS).get(self._encoding or "")
        if suffix is None:
            return super().get_content_type()
        compressed, self.absolute_path = self.absolute_path, str(self.absolute_path).removesuffix(suffix)
        try:
            return super().get_content_type()
        finally:
            self.absolute_path = compressed

    def set_extra_headers(self, path: str) -> None:
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Vary", "Accept-Encoding")
        self.set_header("Cross-Origin-Resource-Policy", "same-origin")
        self.clear_header("Server")
        if self._encoding is not None:
            self.set_header("Content-Encoding", self._encoding)
        if _build.match(path):
            self.set_header("Cache-Control", "public, max-age=31536000, immutable")
        else:
            self.set_header("Cache-Control", "no-cache")

    def _accepted(self) -> str:
        # a range of a compressed file is of no use to anybody
        return "" if "Range" in self.request.headers else self.request.headers.get("Accept-Encoding", "")
