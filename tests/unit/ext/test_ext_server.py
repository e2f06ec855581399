"""The server extension: the page learns the rooms' address and nothing secret."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from traitlets import TraitError
from traitlets.config import Config, Configurable

import webvisio_ext
from webvisio_ext.server import WebVisio, _load_jupyter_server_extension, rooms_path


class FakeServerApp(Configurable):
    """As much of Jupyter Server's application as the extension touches."""

    def __init__(self, config: Config | None = None) -> None:
        super().__init__(config=config or Config())
        self.web_app = SimpleNamespace(settings={"page_config_data": {"other": "kept"}})


def page_config_of(server: FakeServerApp) -> dict[str, str]:
    _load_jupyter_server_extension(server)  # type: ignore[arg-type]  # a fake of the few members used
    return dict(server.web_app.settings["page_config_data"])


def test_rooms_are_beside_the_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTERHUB_BASE_URL", "/formation/")
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "the-token")
    assert page_config_of(FakeServerApp()) == {
        "other": "kept",
        "webvisioRoomsUrl": "/formation/services/rooms/",
    }


def test_without_a_hub_there_are_no_rooms(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JUPYTERHUB_BASE_URL", raising=False)
    assert page_config_of(FakeServerApp())["webvisioRoomsUrl"] == ""


def test_configuration_wins_and_gets_its_slash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTERHUB_BASE_URL", "/")
    config = Config({"WebVisio": {"rooms_url": "/rooms"}})
    assert page_config_of(FakeServerApp(config))["webvisioRoomsUrl"] == "/rooms/"


def test_address_of_another_kind_is_refused() -> None:
    with pytest.raises(TraitError, match="http"):
        WebVisio(rooms_url="javascript:alert(1)")


def test_root_and_prefixed_hubs_give_one_slash_each() -> None:
    assert rooms_path({"JUPYTERHUB_BASE_URL": "/"}) == "/services/rooms/"
    assert rooms_path({"JUPYTERHUB_BASE_URL": "/a/b"}) == "/a/b/services/rooms/"


def test_installed_switch_names_the_package_and_the_extension_point() -> None:
    package = Path(webvisio_ext.__file__).parent
    switch = json.loads((package / "jupyter-config" / "webvisio.json").read_text())
    assert switch == {"ServerApp": {"jpserver_extensions": {"webvisio_ext": True}}}
    assert webvisio_ext._jupyter_server_extension_points() == [{"module": "webvisio_ext.server"}]
    assert webvisio_ext._jupyter_labextension_paths() == [{"src": "labextension", "dest": "@webvisio/lab"}]
