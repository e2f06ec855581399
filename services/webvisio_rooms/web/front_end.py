"""Which build of the plain page is served: the first that `static/page/builds.json` names.

The build writes that file last and at once (labextension/scripts/builds.mjs), so
a service that runs takes up a new build by itself; former builds stay beside it
for pages that are open.
"""

import re
from pathlib import Path

import msgspec

PAGE = "page"
_name = re.compile(r"[0-9a-z]{1,40}")


class _Build(msgspec.Struct, frozen=True):
    name: str


class _Builds(msgspec.Struct, frozen=True):
    builds: tuple[_Build, ...]


_read = msgspec.json.Decoder(_Builds).decode


def newest_build(static: Path) -> str | None:
    """Give the path of the newest build within `static`, or None when there is none."""
    try:
        told = _read((static / PAGE / "builds.json").read_bytes())
    except (OSError, msgspec.MsgspecError):
        return None
    for build in told.builds[:1]:
        if _name.fullmatch(build.name) and (static / PAGE / build.name / "page.js").is_file():
            return f"{PAGE}/{build.name}"
    return None
