"""People's servers: whose they are, what they may read, what they find (clauses 4.5 and 5.4)."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from hub.platform_fixture import Platform, wait_for
from webvisio_hub.spawner import FIRST_UID, LAST_UID, why_not_separated


@pytest.fixture(scope="module")
def server(platform: Platform) -> Iterator[httpx.Client]:
    """Claire's running server, through the hub's proxy, with a token of hers."""
    with platform.session("claire") as claire:
        claire.follow(claire.get("/hub/home"))
        assert claire.api("POST", "/users/claire/server").status_code in (201, 202)
        wait_for(
            lambda: claire.api("GET", "/users/claire").json()["servers"].get("", {}).get("ready", False),
            120.0,
            lambda: platform.log("hub")[-3000:],
        )
        made = claire.api(
            "POST", "/users/claire/tokens", {"note": "t", "scopes": ["access:servers!user=claire"]}
        )
        headers = {"Authorization": f"token {made.json()['token']}"}
        with httpx.Client(base_url=f"{platform.url}/user/claire/", headers=headers, timeout=60.0) as client:
            yield client
        claire.api("DELETE", "/users/claire/server")


def process_of_claire(platform: Platform) -> psutil.Process:
    home = str(platform.home / "homes" / "claire")
    [found] = [
        process
        for process in psutil.Process(platform.process.pid).children(recursive=True)
        if process.cwd() == home and "jupyterhub-singleuser" in " ".join(process.cmdline())
    ]
    return found


def can_read(path: Path, uid: int) -> bool:
    """Try as the person of a uid: an attempt, not a guess from modes."""
    probe = subprocess.run(
        ["/bin/cat" if path.is_file() else "/bin/ls", str(path)],
        user=uid,
        group=uid,
        extra_groups=[],
        capture_output=True,
        check=False,
    )
    return probe.returncode == 0


def test_a_server_is_closed_to_the_others_or_the_operator_was_warned(
    platform: Platform, server: httpx.Client
) -> None:
    uid = process_of_claire(platform).uids().real
    told = "\n".join(platform.output)
    if why_not_separated(platform.home / "homes") is not None:
        assert uid == os.getuid()
        assert "WARNING: all Jupyter servers share one system account" in told
        return
    assert "account of its own" in told
    assert FIRST_UID <= uid <= LAST_UID
    assert can_read(platform.home / "homes" / "claire", uid)
    for closed in (platform.home, platform.home / "secrets.json", platform.home / "accounts.sqlite",
                   platform.home / "logs", Path(f"/proc/{platform.pid('hub')}/environ")):  # fmt: skip
        assert not can_read(closed, uid), closed
    assert not can_read(platform.home / "homes" / "claire", uid + 1)


def test_a_new_home_holds_the_course(server: httpx.Client) -> None:
    names = {entry["name"] for entry in server.get("api/contents/cours").json()["content"]}
    assert {"01-premieres-donnees.ipynb", "01-first-data.ipynb"} <= names


def test_a_server_gets_no_secret_of_the_platform(platform: Platform, server: httpx.Client) -> None:
    environment = process_of_claire(platform).environ()
    secrets = (platform.home / "secrets.json").read_text()
    assert not [name for name, value in environment.items() if len(value) > 20 and value in secrets]
    assert environment["HOME"] == str(platform.home / "homes" / "claire")


def page_config(server: httpx.Client) -> dict[str, Any]:
    """Read what JupyterLab's page is configured with."""
    page = server.get("lab", follow_redirects=True).text
    found = re.search(
        r'<script id="jupyter-config-data" type="application/json">(.*?)</script>', page, re.DOTALL
    )
    assert found, page[:500]
    config: dict[str, Any] = json.loads(found[1])
    return config


def test_lab_asks_nobody_for_news_and_installs_nothing(server: httpx.Client) -> None:
    config = page_config(server)
    assert "@jupyterlab/apputils-extension:announcements" in json.dumps(config["disabledExtensions"])
    assert config["extensionManager"]["can_install"] is False
    assert server.get("lab/api/news").json()["news"] == []


def test_lab_knows_where_the_rooms_are(server: httpx.Client) -> None:
    assert page_config(server)["webvisioRoomsUrl"] == "/services/rooms/"


def test_no_log_of_the_platform_holds_what_a_server_says(platform: Platform, server: httpx.Client) -> None:
    assert "Serving notebooks from" not in platform.log("hub")
    assert (
        "Serving notebooks from" in (platform.home / "homes" / "claire" / ".cache" / "server.log").read_text()
    )


def test_the_python_of_this_run_is_the_one_that_was_set_up(platform: Platform) -> None:
    assert psutil.Process(platform.pid("hub")).exe() == str(Path(sys.executable).resolve())
