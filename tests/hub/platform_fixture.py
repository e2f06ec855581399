"""The real platform for tests: started in a folder of its own, on free ports, with a clock that can be moved.

    def test_something(platform):
        with platform.session("claire") as claire:
            claire.get("/hub/home")
        platform.shift_clock(days=31)
        platform.kill("billing")

The session fixture is shared: whoever moves the clock, cuts a contract or
kills a process puts things right again (`shifted_clock`, `wait_until_up`).
"""

import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final

import httpx
import psutil

from webvisio_hub.supervision.layout import LARGEST_OFFSET, Ports

START_TIMEOUT_S: Final = 180.0
STOP_TIMEOUT_S: Final = 90.0
_LOOK_EVERY_S: Final = 0.05
_KINDS: Final = {
    "proxy": "configurable-http-proxy",
    "hub": "jupyterhub --config",
    "billing": "-m webvisio_billing",
    "rooms": "-m webvisio_rooms",
    "media": "-m webvisio_media",
}


@dataclass
class Platform:
    """One running platform."""

    home: Path
    ports: Ports
    process: "subprocess.Popen[str]"
    output: list[str] = field(default_factory=list)
    passwords: dict[str, str] = field(default_factory=dict)
    room_link: str = ""
    guest_password: str = ""
    _operator_token: str = ""

    # ---- life ------------------------------------------------------------------------

    @classmethod
    @contextmanager
    def started(cls, home: Path, ports: Ports | None = None, **environment: str) -> "Iterator[Platform]":
        """Start a platform with its state in `home`, and stop it whole at the end."""
        running = cls.start(home, ports, **environment)
        try:
            yield running
        finally:
            running.stop()

    @classmethod
    def start(cls, home: Path, ports: Ports | None = None, **environment: str) -> "Platform":
        """Start a platform and wait until it is ready; the first start makes the demonstration."""
        ports = ports or Ports(free_port())
        home.mkdir(parents=True, exist_ok=True)
        home.chmod(0o711)
        clock = home / "clock-offset"
        if not clock.exists():
            clock.write_text("0")
        process = subprocess.Popen(
            [sys.executable, "-I", "-u", "-m", "webvisio_hub.launch"],
            env={
                **_plain_environment(),
                "LANG": "en_US.UTF-8",
                "WEBVISIO_HOME": str(home),
                "WEBVISIO_PORT": str(ports.public),
                "WEBVISIO_CREDENTIALS_FILE": str(home / "first-credentials.json"),
                "WEBVISIO_TEST_CLOCK_FILE": str(clock),
                **environment,
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        platform = cls(home, ports, process)
        threading.Thread(target=platform._listen, daemon=True).start()
        try:
            platform._wait_until_ready()
        except BaseException:
            platform.stop()
            raise
        platform._read_credentials()
        return platform

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Stop the supervisor by a signal and wait for its end; returns its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            return self.process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.output.append(line.rstrip("\n"))

    def _wait_until_ready(self) -> None:
        def is_ready() -> bool:
            if self.process.poll() is not None:
                raise AssertionError("the platform ended:\n" + "\n".join(self.output))
            return any("Ready in" in line for line in self.output)

        wait_for(is_ready, START_TIMEOUT_S, lambda: "not ready:\n" + "\n".join(self.output))

    def _read_credentials(self) -> None:
        path = self.home / "first-credentials.json"
        if path.exists():
            found = json.loads(path.read_text())
            self.passwords = found["passwords"]
            self.room_link = found["room_link"]
            self.guest_password = found["guest_password"]

    # ---- addresses -------------------------------------------------------------------

    @property
    def url(self) -> str:
        """Where a browser goes, without a final slash."""
        return f"http://localhost:{self.ports.public}"

    def log(self, name: str) -> str:
        """Read a process's log."""
        path = self.home / "logs" / f"{name}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    # ---- people ----------------------------------------------------------------------

    @contextmanager
    def session(
        self, name: str | None = None, password: str | None = None, locale: str = "fr"
    ) -> "Iterator[HubSession]":
        """Open a browser-like session, logged in as `name` unless None; fails when the login is refused."""
        with HubSession(self.url, locale) as session:
            if name is not None:
                answer = session.login(name, password or self.passwords[name])
                assert answer.status_code == 302, session.text_of(answer)
            yield session

    # ---- contracts -------------------------------------------------------------------

    def operator(self) -> "httpx.Client":
        """Open a client of billing's API with an operator's token; the caller closes it."""
        if not self._operator_token:
            with self.session("admin") as admin:
                admin.follow(admin.get("/hub/home"))
                made = admin.api("POST", "/users/admin/tokens", {"note": "tests", "expires_in": 86_400})
                assert made.status_code == 201, made.text
                self._operator_token = made.json()["token"]
        headers = {"Authorization": f"token {self._operator_token}"}
        return httpx.Client(base_url=f"{self.url}/services/billing/api/", headers=headers, timeout=30.0)

    def use_operator_token(self, token: str) -> None:
        """Act on contracts by this token, where the operator has no password here."""
        self._operator_token = token

    def contract_of(self, customer: str) -> str:
        """Name a customer's contract."""
        with self.operator() as operator:
            found = [
                c["contract_id"] for c in operator.get("contracts").json() if c["customer_id"] == customer
            ]
        assert found, f"no contract of {customer}"
        return str(found[0])

    @contextmanager
    def blocked(self, customer: str, reason: str = "maintenance") -> Iterator[None]:
        """Suspend a customer's contract for a while, and lift it again."""
        path = f"contracts/{self.contract_of(customer)}/blocks"
        with self.operator() as operator:
            made = operator.post(path, json={"reason": reason, "evidence": "a test"})
            assert made.status_code in (200, 201), made.text
            try:
                yield
            finally:
                lifted = operator.delete(f"{path}/{reason}")
                assert lifted.status_code in (200, 204), lifted.text

    # ---- faults ----------------------------------------------------------------------

    def pid(self, name: str) -> int:
        """Find the process of a child by its name, the media worker's ("media") too; it may have several."""
        found = self._find(name)
        assert found, f"no process of {name}"
        return found[0].pid

    def kill(self, name: str, how: signal.Signals = signal.SIGKILL) -> int:
        """Kill a child; returns its process id. The supervisor starts it again."""
        pid = self.pid(name)
        os.kill(pid, how)
        return pid

    def wait_until_up(self, name: str, but_not: int | None = None, timeout_s: float = 120.0) -> None:
        """Wait until a child answers again, as another process than `but_not`."""
        url = {
            "hub": f"{self.url}/hub/health",
            "proxy": f"{self.url}/_chp_healthz",
            "billing": f"http://127.0.0.1:{self.ports.billing}/services/billing/health",
            "rooms": f"http://127.0.0.1:{self.ports.rooms}/services/rooms/health",
        }[name]

        def is_up() -> bool:
            if but_not is not None and any(process.pid == but_not for process in self._find(name)):
                return False
            try:
                return httpx.get(url, timeout=2.0).status_code in (200, 401, 403)
            except httpx.TransportError:
                return False

        wait_for(is_up, timeout_s, lambda: f"{name} did not come back:\n{self.log(name)[-2000:]}")

    def _find(self, name: str) -> list[psutil.Process]:
        mark = _KINDS[name]
        found = []
        for process in psutil.Process(self.process.pid).children(recursive=True):
            try:
                if mark in " ".join(process.cmdline()) and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
            except psutil.Error:
                continue
        return sorted(found, key=lambda process: process.pid)

    # ---- time ------------------------------------------------------------------------

    def shift_clock(self, **ahead: float) -> None:
        """Set every process's clock ahead of the machine's by a `timedelta(**ahead)`; nothing sets it right."""
        seconds = timedelta(**ahead).total_seconds()
        beside = self.home / "clock-offset.new"
        beside.write_text(str(seconds))
        beside.replace(self.home / "clock-offset")

    @contextmanager
    def shifted_clock(self, **ahead: float) -> Iterator[None]:
        """Set the clock ahead for a while."""
        self.shift_clock(**ahead)
        try:
            yield
        finally:
            self.shift_clock()


class HubSession(httpx.Client):
    """One browser's cookies, its language, and the hub's forms; redirects are not followed by themselves."""

    def __init__(self, url: str, locale: str = "fr") -> None:
        headers = {"Accept-Language": locale, "Sec-Fetch-Mode": "navigate"}
        super().__init__(base_url=url, headers=headers, timeout=30.0, follow_redirects=False)

    def login(self, name: str, password: str, next_path: str = "") -> httpx.Response:
        """Fill in the hub's login form; 302 when it is accepted."""
        page = self.get("/hub/login", params={"next": next_path} if next_path else {})
        return self.submit(page, {"username": name, "password": password}, "/hub/login", next_path)

    def submit(
        self, page: httpx.Response, fields: dict[str, str], path: str, next_path: str = ""
    ) -> httpx.Response:
        """Post a form of `page` with its XSRF token."""
        token = re.search(r'name="_xsrf" value="([^"]+)"', page.text)
        assert token, page.text[:2000]
        params = {"next": next_path} if next_path else None
        return self.post(path, data={"_xsrf": token[1], **fields}, params=params)

    def api(self, method: str, path: str, body: object = None) -> httpx.Response:
        """Call the hub's API as the page's scripts do."""
        headers = {
            "X-XSRFToken": self.xsrf("/hub/"),
            "Sec-Fetch-Mode": "cors",
            "Referer": f"{self.base_url}hub/home",
        }
        content = None if body is None else json.dumps(body)
        return self.request(method, f"/hub/api{path}", headers=headers, content=content)

    def xsrf(self, path: str) -> str:
        """Read the XSRF cookie of a path; empty when there is none yet."""
        return next((str(c.value) for c in self.cookies.jar if c.name == "_xsrf" and c.path == path), "")

    def follow(self, response: httpx.Response, most: int = 12) -> httpx.Response:
        """Follow redirects to the page they end on."""
        for _ in range(most):
            if not response.is_redirect:
                return response
            response = self.get(response.headers["location"])
        raise AssertionError(f"more than {most} redirects, the last to {response.headers['location']}")

    @staticmethod
    def text_of(response: httpx.Response) -> str:
        """Read a page as a person does: its words, without marks."""
        body = re.sub(r"<(script|style|head)\b.*?</\1>", " ", response.text, flags=re.DOTALL)
        words = re.sub(r"<[^>]+>", " ", body)
        for entity, character in (
            ("&#39;", "'"),
            ("&amp;", "&"),
            ("&quot;", '"'),
            ("&lt;", "<"),
            ("&gt;", ">"),
        ):
            words = words.replace(entity, character)
        return re.sub(r"\s+", " ", words).strip()


def wait_for(condition: Callable[[], bool], timeout_s: float, complaint: Callable[[], str]) -> None:
    """Look again and again until `condition` holds; fails with `complaint` after `timeout_s`."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(complaint())
        time.sleep(_LOOK_EVERY_S)


def free_port() -> int:
    """Find a public port whose inner ports are free too, outside the range of outgoing connections."""
    chance = random.SystemRandom()
    for _ in range(200):
        ports = Ports(chance.randrange(22_000, 32_000 - LARGEST_OFFSET))
        if all(_is_free(port) for port in (*ports.tcp.values(), ports.media)):
            return ports.public
    raise AssertionError("no free ports")


def _is_free(port: int) -> bool:
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                return False
    return True


def _plain_environment() -> dict[str, str]:
    """This process's environment without what would lead a platform elsewhere."""
    return {
        name: value for name, value in os.environ.items() if not name.startswith(("WEBVISIO_", "JUPYTER"))
    }
