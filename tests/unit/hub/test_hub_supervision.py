"""What the supervisor keeps to itself, where it puts things, and how much it logs."""

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from webvisio_hub.errors import AlreadyRunning, PortTaken, SettingsError
from webvisio_hub.launch import make_folders, only_one
from webvisio_hub.supervision.child import BoundedLog
from webvisio_hub.supervision.first_start import PEOPLE, FirstCredentials, tell, write_private
from webvisio_hub.supervision.layout import LARGEST_OFFSET, Ports, layout_from
from webvisio_hub.supervision.marked import RUN_VARIABLE, end_marked, mark_of_home, marked_processes
from webvisio_hub.supervision.plan import service_environment, shared_environment
from webvisio_hub.supervision.ports import check_free
from webvisio_hub.supervision.secrets_file import Secrets, load_or_make
from webvisio_hub.supervision.words import LINES, terminal_locale


def layout(tmp_path: Path, **named: str) -> Any:
    return layout_from({"WEBVISIO_HOME": str(tmp_path), **named})


# ---- layout ----------------------------------------------------------------------------


def test_two_instances_with_other_ports_and_homes_share_nothing(tmp_path: Path) -> None:
    one = layout(tmp_path / "one", WEBVISIO_PORT="8000")
    two = layout(tmp_path / "two", WEBVISIO_PORT="9000")
    assert not {*one.ports.tcp.values(), one.ports.media} & {*two.ports.tcp.values(), two.ports.media}
    assert one.database_url("hub") != two.database_url("hub")


def test_the_default_is_port_8000_on_this_machine_only() -> None:
    found = layout_from({})
    assert (found.bind, found.ports.public, found.public_url) == ("127.0.0.1", 8000, "http://localhost:8000")
    assert not found.has_public_url


def test_a_public_url_loses_its_final_slash(tmp_path: Path) -> None:
    found = layout(tmp_path, WEBVISIO_PUBLIC_URL="https://visio.example.org/")
    assert found.public_url == "https://visio.example.org"
    assert found.has_public_url


@pytest.mark.parametrize("port", ["0", "-1", "web", str(65535 - LARGEST_OFFSET + 1)])
def test_an_impossible_port_is_refused_by_name(tmp_path: Path, port: str) -> None:
    with pytest.raises(SettingsError, match="WEBVISIO_PORT"):
        layout(tmp_path, WEBVISIO_PORT=port)


def test_a_public_url_without_scheme_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="WEBVISIO_PUBLIC_URL"):
        layout(tmp_path, WEBVISIO_PUBLIC_URL="visio.example.org")


# ---- secrets ---------------------------------------------------------------------------


def test_secrets_are_made_once_private_and_all_different(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    made = load_or_make(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    values = [getattr(made, name) for name in Secrets.__slots__]
    assert len(set(values)) == len(values)
    assert all(len(bytes.fromhex(value)) == 32 for value in values)
    assert load_or_make(path) == made


def test_a_secret_that_a_new_version_needs_is_added_and_the_others_stay(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    path.write_text('{"internal_token": "aa"}')
    made = load_or_make(path)
    assert made.internal_token == "aa"
    assert len(made.proxy_token) == 64
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_damaged_secrets_file_is_told_and_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    path.write_text("not json")
    with pytest.raises(SettingsError, match="damaged"):
        load_or_make(path)
    assert path.read_text() == "not json"


def test_secrets_do_not_show_in_a_representation(tmp_path: Path) -> None:
    made = load_or_make(tmp_path / "secrets.json")
    from webvisio_hub.supervision.plan import ChildPlan

    plan = ChildPlan("rooms", ("x",), service_environment("rooms", layout(tmp_path), made), "http://x")
    assert made.rooms_token not in repr(plan)


# ---- environments ----------------------------------------------------------------------


def test_a_service_gets_its_own_token_and_no_other(tmp_path: Path) -> None:
    made = load_or_make(tmp_path / "secrets.json")
    rooms = service_environment("rooms", layout(tmp_path), made)
    assert rooms["JUPYTERHUB_API_TOKEN"] == made.rooms_token
    forbidden = {made.billing_token, made.proxy_token, made.hub_cookie_secret, made.auth_state_key}
    assert not forbidden & set(rooms.values())


def test_children_inherit_no_secret_of_the_operators_shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLOUD_API_TOKEN", "x")
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "x")
    monkeypatch.setenv("WEBVISIO_CREDENTIALS_FILE", "x")
    monkeypatch.setenv("HTTPS_PROXY", "kept")
    shared = shared_environment(layout(tmp_path), "run")
    assert not {"CLOUD_API_TOKEN", "JUPYTERHUB_API_TOKEN", "WEBVISIO_CREDENTIALS_FILE"} & set(shared)
    assert shared["HTTPS_PROXY"] == "kept"
    assert shared[RUN_VARIABLE] == "run"


def test_proxies_that_the_operator_names_are_believed_beside_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WEBVISIO_TRUSTED_PROXIES", raising=False)
    assert shared_environment(layout(tmp_path), "run")["WEBVISIO_TRUSTED_PROXIES"] == "127.0.0.1,::1"
    monkeypatch.setenv("WEBVISIO_TRUSTED_PROXIES", " 192.0.2.1, ,127.0.0.1")
    assert (
        shared_environment(layout(tmp_path), "run")["WEBVISIO_TRUSTED_PROXIES"] == "127.0.0.1,::1,192.0.2.1"
    )


# ---- ports and locks -------------------------------------------------------------------


def test_a_port_that_somebody_else_holds_is_named(tmp_path: Path) -> None:
    import socket

    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        offset = Ports(1000).hub - 1000
        with pytest.raises(PortTaken, match=str(port)) as taken:
            check_free(layout(tmp_path, WEBVISIO_PORT=str(port - offset)))
        assert str(os.getpid()) in str(taken.value)


def test_a_second_supervisor_of_one_home_is_refused_with_the_firsts_process(tmp_path: Path) -> None:
    found = layout(tmp_path)
    with only_one(found), pytest.raises(AlreadyRunning, match=str(os.getpid())), only_one(found):
        raise AssertionError("two at once")
    with only_one(found):
        assert found.lock_file.exists()


def test_people_may_pass_through_the_state_and_read_nothing(tmp_path: Path) -> None:
    umask = os.umask(0o022)
    try:
        found = layout(tmp_path / "state")
        make_folders(found)
        assert stat.S_IMODE(found.home.stat().st_mode) == 0o711
        assert stat.S_IMODE(found.homes.stat().st_mode) == 0o711
        assert stat.S_IMODE(found.logs.stat().st_mode) == 0o700
        made = os.umask(0o077)
        assert made == 0o077
    finally:
        os.umask(umask)


# ---- marked processes ------------------------------------------------------------------


def sleeper(mark: str, is_deaf: bool = False) -> "subprocess.Popen[bytes]":
    deaf = "signal.signal(signal.SIGTERM, signal.SIG_IGN);" if is_deaf else ""
    program = f"import signal, sys; {deaf} sys.stdout.write('up'); sys.stdout.flush(); signal.pause()"
    process = subprocess.Popen(
        [sys.executable, "-I", "-c", program], env={RUN_VARIABLE: mark}, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stdout.read(2) == b"up"
    return process


@pytest.mark.parametrize("is_deaf", [False, True])
def test_a_marked_process_is_ended_even_when_it_does_not_listen(tmp_path: Path, is_deaf: bool) -> None:
    mark = f"{mark_of_home(tmp_path)}:one"
    process = sleeper(mark, is_deaf)
    with process:
        assert marked_processes(lambda found: found == mark) == [process.pid]
        assert end_marked(lambda found: found == mark, grace_s=0.2) == 1
        assert process.wait(5) == -(signal.SIGKILL if is_deaf else signal.SIGTERM)


def test_other_runs_and_other_homes_are_left_alone(tmp_path: Path) -> None:
    mark = f"{mark_of_home(tmp_path)}:one"
    with sleeper(f"{mark_of_home(tmp_path / 'other')}:one") as other:
        try:
            assert end_marked(lambda found: found == mark, grace_s=0.1) == 0
            assert other.poll() is None
        finally:
            other.kill()


# ---- logs ------------------------------------------------------------------------------


def test_a_log_is_private_bounded_and_keeps_its_end(tmp_path: Path) -> None:
    log = BoundedLog(tmp_path / "hub.log", max_bytes=100, kept=2)
    for number in range(50):
        log.write(f"line {number}\n".encode())
    log.close()
    files = sorted(path.name for path in tmp_path.iterdir())
    assert files == ["hub.log", "hub.log.1", "hub.log.2"]
    assert all(path.stat().st_size <= 100 for path in tmp_path.iterdir())
    assert stat.S_IMODE((tmp_path / "hub.log").stat().st_mode) == 0o600
    assert log.last_lines(1) == ["line 49"]


def test_a_log_is_continued_by_the_next_run(tmp_path: Path) -> None:
    for text in (b"first\n", b"second\n"):
        log = BoundedLog(tmp_path / "hub.log")
        log.write(text)
        log.close()
    assert log.last_lines() == ["first", "second"]


# ---- what is told ----------------------------------------------------------------------


def test_every_line_is_in_both_languages_with_the_same_places() -> None:
    import re

    for key, texts in LINES.items():
        assert set(re.findall(r"{\w+}", texts["fr"])) == set(re.findall(r"{\w+}", texts["en"])), key


@pytest.mark.parametrize(
    ("language", "locale"), [("fr_FR.UTF-8", "fr"), ("en_GB.UTF-8", "en"), ("C.UTF-8", "fr"), ("", "fr")]
)
def test_the_terminal_speaks_its_own_language(
    monkeypatch: pytest.MonkeyPatch, language: str, locale: str
) -> None:
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.delenv("LC_MESSAGES", raising=False)
    monkeypatch.setenv("LANG", language)
    assert terminal_locale() == locale


def test_first_credentials_are_told_in_both_languages_and_whole() -> None:
    passwords = {name: f"password-of-{name}" for name, *_ in PEOPLE}
    told = tell(
        FirstCredentials("http://localhost:8000", passwords, "http://localhost:8000/r/abc", "guests-here")
    )
    for expected in (
        *passwords.values(),
        "http://localhost:8000/r/abc",
        "guests-here",
        "seront plus",
        "not be shown",
    ):
        assert expected in told


def test_a_credentials_file_is_private_even_where_one_stood_open(tmp_path: Path) -> None:
    path = tmp_path / "credentials.json"
    path.write_text("old")
    path.chmod(0o644)
    write_private(str(path), b"{}")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_bytes() == b"{}"


def test_billings_own_secrets_reach_billing_and_nobody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEBVISIO_PAYPAL_CLIENT_SECRET", "of the operator")
    monkeypatch.setenv("WEBVISIO_WEBHOOK_SECRET", "whsec_of the operator")
    assert not any(
        "of the operator" in value for value in shared_environment(layout(tmp_path), "run").values()
    )
    made = load_or_make(tmp_path / "secrets.json")
    told = service_environment("billing", layout(tmp_path), made)
    assert told["WEBVISIO_PAYPAL_CLIENT_SECRET"] == "of the operator"
    assert told["WEBVISIO_WEBHOOK_SECRET"] == "whsec_of the operator"
    assert "of the operator" not in service_environment("rooms", layout(tmp_path), made).values()
