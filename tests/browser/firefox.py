"""Debian's Firefox over WebDriver BiDi: as much of it as a person in a room needs.

Playwright drives a Firefox of its own make only; this one is what people have.
The protocol is JSON over a WebSocket that Firefox itself opens.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from websocket import WebSocket, create_connection

EXECUTABLE = shutil.which("firefox-esr")
PATIENCE_S = 90.0

PREFERENCES: dict[str, bool | int | str] = {
    "app.normandy.enabled": False,
    "app.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.homepage_override.mstone": "ignore",
    "datareporting.policy.dataSubmissionEnabled": False,
    "intl.accept_languages": "fr-FR, fr",
    "media.autoplay.default": 0,
    "media.gmp-manager.updateEnabled": False,
    "media.navigator.permission.disabled": True,
    "media.navigator.streams.fake": True,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "toolkit.telemetry.enabled": False,
}
"""A fake camera and microphone that are allowed, and nobody is asked on the network."""

TYPE = """(name, text) => {
  const field = document.querySelector(`[data-testid="${name}"]`);
  Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(field, text);
  field.dispatchEvent(new Event('input', { bubbles: true }));
}"""
CLICK = """name => document.querySelector(`[data-testid="${name}"]`).click()"""


class Firefox:
    """One browser with one page."""

    def __init__(self, connection: WebSocket) -> None:
        self._connection = connection
        self._number = 0
        self._command("session.new", {"capabilities": {}})
        self._page = self._command("browsingContext.getTree", {})["contexts"][0]["context"]

    def goto(self, url: str) -> None:
        """Open an address, and wait until it is loaded."""
        self._command("browsingContext.navigate", {"context": self._page, "url": url, "wait": "complete"})

    def call(self, function: str, *arguments: str | float) -> Any:
        """Call a function in the page, await it, and give its result by JSON."""
        found = self._command(
            "script.callFunction",
            {
                "functionDeclaration": f"async (...all) => JSON.stringify(await ({function})(...all) ?? null)",
                "arguments": [
                    {"type": "string" if isinstance(one, str) else "number", "value": one}
                    for one in arguments
                ],
                "target": {"context": self._page},
                "awaitPromise": True,
                "userActivation": True,
            },
        )
        assert found["type"] == "success", found
        return json.loads(found["result"]["value"])

    def until(self, function: str, *arguments: str | float) -> Any:
        """Call a function of the page again and again until it gives something true."""
        deadline = time.monotonic() + PATIENCE_S
        while not (found := self.call(function, *arguments)):
            assert time.monotonic() < deadline, f"never: {function}{arguments}"
            time.sleep(0.1)
        return found

    def type_into(self, name: str, text: str) -> None:
        """Type into a field of the room, by its test identifier."""
        self.until('name => !!document.querySelector(`[data-testid="${name}"]`)', name)
        self.call(TYPE, name, text)

    def click(self, name: str) -> None:
        """Click something of the room, by its test identifier, as soon as it can be."""
        self.until('name => !!document.querySelector(`[data-testid="${name}"]:enabled`)', name)
        self.call(CLICK, name)

    def _command(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        self._number += 1
        self._connection.send(json.dumps({"id": self._number, "method": method, "params": params}))
        answer: dict[str, Any] = {}
        while answer.get("id") != self._number:
            answer = json.loads(self._connection.recv())
        assert answer["type"] == "success", answer
        result: dict[str, Any] = answer["result"]
        return result


@contextmanager
def firefox(profile: Path) -> Iterator[Firefox]:
    """Start Firefox with a profile of its own, and end it with all its processes."""
    assert EXECUTABLE is not None
    (profile / "user.js").write_text(
        "".join(f"user_pref({json.dumps(k)}, {json.dumps(v)});\n" for k, v in PREFERENCES.items())
    )
    command = [EXECUTABLE, "--headless", "--no-remote", "--profile", str(profile)]
    log = profile / "stderr.log"
    with log.open("w") as errors:
        process = subprocess.Popen(
            [*command, "--remote-debugging-port", "0"],
            env={**os.environ, "HOME": str(profile)},
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=errors,
        )
    try:
        deadline = time.monotonic() + PATIENCE_S
        while (found := re.search(r"BiDi listening on (ws://\S+)\n", log.read_text())) is None:
            assert process.poll() is None and time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        connection = create_connection(f"{found[1]}/session", timeout=PATIENCE_S, suppress_origin=True)
        with closing(connection):
            yield Firefox(connection)
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
