"""The supervisor's promises: nothing left behind, crashes mended, everything kept (one platform of its own)."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from hub.platform_fixture import HubSession, Platform, free_port, wait_for
from shared.patience import PATIENCE_S
from webvisio_hub.supervision.layout import Ports
from webvisio_hub.supervision.marked import mark_of_home, marked_processes


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("life")


@pytest.fixture(scope="module")
def ports() -> Ports:
    return Ports(free_port())


@pytest.fixture(scope="module")
def first_run(home: Path, ports: Ports) -> Iterator[Platform]:
    platform = Platform.start(home, ports)
    yield platform
    platform.stop()


def left_behind(home: Path) -> list[str]:
    """List what still runs of any run of this home."""
    prefix = f"{mark_of_home(home)}:"
    found = marked_processes(lambda mark: mark.startswith(prefix))
    return [told for pid in found if (told := _command_of(pid)) is not None]


def _command_of(pid: int) -> str | None:
    """Tell what runs, or None where it has ended since; a container's PID 1 may never collect it."""
    try:
        return " ".join(psutil.Process(pid).cmdline())
    except psutil.NoSuchProcess:  # ended, or a zombie
        return None


def taken(ports: Ports) -> list[int]:
    """List the ports of an instance on which somebody listens."""
    return [port for port in ports.tcp.values() if socket.socket().connect_ex(("127.0.0.1", port)) == 0]


def start_kernel(platform: Platform, session: HubSession, name: str) -> int:
    """Start a person's server with a kernel in it; returns the kernel's process."""
    session.follow(session.get("/hub/home"))
    assert session.api("POST", f"/users/{name}/server").status_code in (201, 202)
    wait_for(
        lambda: session.api("GET", f"/users/{name}").json()["servers"].get("", {}).get("ready", False),
        90.0,
        lambda: platform.log("hub")[-3000:],
    )
    made = session.api(
        "POST", f"/users/{name}/tokens", {"note": "kernel", "scopes": [f"access:servers!user={name}"]}
    )
    headers = {"Authorization": f"token {made.json()['token']}"}
    with httpx.Client(base_url=f"{platform.url}/user/{name}/api", headers=headers, timeout=60.0) as server:
        assert server.post("/kernels").status_code == 201
    found: list[int] = []

    def has_kernel() -> bool:
        found[:] = [
            process.pid
            for process in psutil.Process(platform.process.pid).children(recursive=True)
            if "ipykernel_launcher" in (_command_of(process.pid) or "")
        ]
        return bool(found)

    wait_for(has_kernel, PATIENCE_S, lambda: "no kernel")
    return found[0]


def test_a_killed_hub_comes_back_alone_on_its_ports_and_servers_go_on(first_run: Platform) -> None:
    with first_run.session("claire") as claire:
        kernel = start_kernel(first_run, claire, "claire")
        killed = first_run.kill("hub")
        first_run.wait_until_up("hub", but_not=killed)
        assert claire.get("/hub/home").status_code == 200
        assert _command_of(kernel) is not None
        assert claire.api("GET", "/users/claire").json()["servers"][""]["ready"]
    hubs = [
        p for p in psutil.process_iter() if p.is_running() and f":{first_run.ports.hub}" in str(_listening(p))
    ]
    assert len(hubs) <= 1


def _listening(process: psutil.Process) -> list[str]:
    try:
        return [f":{c.laddr.port}" for c in process.net_connections("tcp") if c.status == psutil.CONN_LISTEN]
    except psutil.Error:
        return []


@pytest.mark.parametrize("name", ["billing", "rooms"])
def test_a_killed_service_comes_back_and_nobody_is_logged_out(first_run: Platform, name: str) -> None:
    with first_run.session("claire") as claire:
        killed = first_run.kill(name)
        assert claire.get("/hub/home").status_code == 200
        first_run.wait_until_up(name, but_not=killed)
        assert claire.get("/hub/home").status_code == 200


def test_a_killed_proxy_comes_back_with_its_routes(first_run: Platform) -> None:
    killed = first_run.kill("proxy")
    first_run.wait_until_up("proxy", but_not=killed)
    seen: list[str] = []

    def is_served() -> bool:
        try:
            hub = httpx.get(f"{first_run.url}/hub/login")
            rooms = httpx.get(f"{first_run.url}/services/rooms/")  # without its route, the hub would answer
        except httpx.TransportError:
            return False
        seen[:] = [str(hub.status_code), rooms.headers.get("location", "")]
        return seen == ["200", "/hub/home"]

    wait_for(is_served, PATIENCE_S, lambda: f"the routes did not come back: {seen}")


def test_a_second_supervisor_of_the_same_state_is_refused(first_run: Platform) -> None:
    answer = _launch(first_run.home, free_port())
    assert answer.returncode == 1
    assert str(first_run.process.pid) in answer.stdout


def test_another_instance_on_the_same_ports_is_refused_and_disturbs_nothing(
    first_run: Platform, tmp_path: Path
) -> None:
    answer = _launch(tmp_path, first_run.ports.public)
    assert answer.returncode == 1
    assert str(first_run.ports.public) in answer.stdout
    assert httpx.get(f"{first_run.url}/hub/login").status_code == 200


def _launch(home: Path, port: int, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-I", "-m", "webvisio_hub.launch"],
        env={
            **os.environ,
            "WEBVISIO_HOME": str(home),
            "WEBVISIO_PORT": str(port),
            "LANG": "en_US",
            **environment,
        },
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def test_ctrl_c_leaves_no_process_no_port_and_the_second_start_keeps_everything(
    first_run: Platform, home: Path, ports: Ports
) -> None:
    with first_run.session("amina") as amina:
        start_kernel(first_run, amina, "amina")
    told = "\n".join(first_run.output)
    assert all(password in told for password in first_run.passwords.values())
    assert first_run.stop(signal.SIGINT) == 0
    assert left_behind(home) == []
    assert taken(ports) == []

    with Platform.started(home, ports) as second:
        assert second.passwords == first_run.passwords
        assert not any(password in "\n".join(second.output) for password in first_run.passwords.values())
        with second.session("claire") as claire:
            assert "Python" in claire.text_of(claire.get("/hub/home"))
        assert httpx.get(first_run.room_link, headers={"Accept-Language": "fr"}).status_code != 404

        # the supervisor itself is killed: servers and kernels end with it all the same
        with second.session("amina") as amina:
            kernel = start_kernel(second, amina, "amina")
        second.process.kill()
        second.process.wait(10)
        wait_for(lambda: not left_behind(home), PATIENCE_S, lambda: str(left_behind(home)))
        wait_for(lambda: _command_of(kernel) is None, PATIENCE_S, lambda: "the kernel lives")
        assert taken(ports) == []


def test_what_a_vanished_supervisor_left_is_ended_at_the_next_start(tmp_path: Path) -> None:
    mark = f"{mark_of_home(tmp_path)}:gone"
    program = "import signal, sys; sys.stdout.write('up'); sys.stdout.flush(); signal.pause()"
    with subprocess.Popen(
        [sys.executable, "-I", "-c", program], env={"WEBVISIO_RUN": mark}, stdout=subprocess.PIPE
    ) as orphan:
        assert orphan.stdout is not None
        assert orphan.stdout.read(2) == b"up"
        with socket.socket() as other:
            # a port that is taken ends this start early: the orphan is looked for before that
            other.bind(("127.0.0.1", 0))
            other.listen()
            answer = _launch(tmp_path, other.getsockname()[1])
        assert orphan.wait(10) == -signal.SIGTERM
    assert "1 processes of an interrupted run" in answer.stdout


def test_a_hub_that_cannot_start_is_given_up_with_the_end_of_its_log(tmp_path: Path) -> None:
    broken = tmp_path / "broken_config.py"
    broken.write_text("raise SystemExit('this configuration is broken')\n")
    home = tmp_path / "state"
    answer = _launch(home, free_port(), WEBVISIO_HUB_CONFIG=str(broken))
    assert answer.returncode == 1
    assert "hub keeps stopping" in answer.stdout
    assert "this configuration is broken" in answer.stdout
    assert left_behind(home) == []
