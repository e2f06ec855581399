"""The hub's pages: what we rely on in JupyterHub's templates, and both languages (an upgrade is noticed here)."""

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jupyterhub.apihandlers.users
import jupyterhub.handlers.pages
import jupyterhub.spawner
import pytest
from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PrefixLoader, StrictUndefined, nodes
from jupyterhub._data import DATA_FILES_PATH
from tornado.web import RequestHandler

from webvisio_hub.pages.localised import Localised
from webvisio_hub.pages.phrases import HUB_PHRASES, WORDS
from webvisio_protocol.refusals import Refusal, RefusalCode, phrase

HUB_TEMPLATES = Path(DATA_FILES_PATH) / "templates"
CHECKOUT = Path(__file__).parents[3]
OWN_TEMPLATES = CHECKOUT / "hub_config" / "templates"
BLOCKS = {
    "page.html": {
        "title", "favicon", "stylesheet", "meta", "logo", "nav_bar_left_items", "header", "main",
        "login_widget",
    },
    "login.html": {"main", "login"},
    "error.html": {"main", "h1_error", "error_detail"},
    "admin.html": {"main"},
    "home.html": {"main"},
    "not_running.html": {"start_button"},
}  # fmt: skip


@pytest.fixture
def environment() -> Environment:
    loader = ChoiceLoader(
        [
            PrefixLoader({"templates": FileSystemLoader(HUB_TEMPLATES)}),
            FileSystemLoader([OWN_TEMPLATES, HUB_TEMPLATES]),
        ]
    )
    return Environment(loader=loader, autoescape=True, extensions=[Localised])


def page(environment: Environment, template: str, locale: str = "fr", **named: Any) -> str:
    context: dict[str, Any] = {
        "reader_locale": locale,
        "base_url": "/hub/",
        "prefix": "/",
        "static_url": lambda path, **_: f"/hub/static/{path}",
        "parsed_scopes": {},
        "services": [],
        "login_url": "/hub/login",
        "logout_url": "/hub/logout",
        "xsrf_token": "",
        "no_spawner_check": True,
        "authenticator": SimpleNamespace(request_otp=False),
        "user": None,
        **named,
    }
    return environment.get_template(template).render(context)


def person(name: str = "claire") -> Any:
    return SimpleNamespace(name=name, json_escaped_name=name, user_info={"display_name": "Claire Fontaine"})


def blocks_of(path: Path) -> set[str]:
    return {
        block.name for block in Environment(autoescape=True).parse(path.read_text()).find_all(nodes.Block)
    }


@pytest.mark.parametrize("template", sorted(BLOCKS))
def test_the_hub_still_has_the_blocks_that_we_fill(template: str) -> None:
    assert blocks_of(HUB_TEMPLATES / template) >= BLOCKS[template]


@pytest.mark.parametrize("template", sorted(BLOCKS))
def test_we_fill_no_other_block_of_the_hub_than_those_watched(template: str) -> None:
    # the title is a block of page.html, which every page extends
    assert blocks_of(OWN_TEMPLATES / template) <= BLOCKS[template] | {"title"}


@pytest.mark.parametrize(
    ("template", "title"),
    [("token.html", "Jetons d’accès"), ("logout.html", "Déconnexion"), ("login.html", "Connexion")],
)
def test_a_pages_title_is_its_own_and_french(environment: Environment, template: str, title: str) -> None:
    named = {
        "login_service": "",
        "form": "",
        "authenticator_login_url": "",
        "api_tokens": [],
        "oauth_clients": [],
    }
    told = page(environment, template, **named)
    assert re.search(rf"<title>\s*{title} — Web Visio\s*</title>", told)


@pytest.mark.parametrize("template", sorted(BLOCKS))
def test_a_template_of_ours_extends_the_hubs_and_copies_nothing(template: str) -> None:
    own = (OWN_TEMPLATES / template).read_text()
    assert own.startswith(f'{{% extends "templates/{template}" %}}')
    hub_lines = {line.strip() for line in (HUB_TEMPLATES / template).read_text().splitlines()}
    long_lines = {line.strip() for line in own.splitlines() if len(line.strip()) > 60}
    assert not hub_lines & long_lines


@pytest.mark.parametrize(("template", "english", "french"), HUB_PHRASES)
def test_the_hub_still_says_what_we_translate(template: str, english: str, french: str) -> None:
    assert english in (HUB_TEMPLATES / template).read_text(), "the hub's words have changed: translate anew"
    assert "'" not in french, "a straight apostrophe could end a string of a script"


@pytest.mark.parametrize(("template", "english", "french"), HUB_PHRASES)
def test_a_phrase_is_translated_only_where_people_read_it(template: str, english: str, french: str) -> None:
    source = (HUB_TEMPLATES / template).read_text()
    in_tags = "".join(re.findall(r'\b(?:id|class|href|name|for|src)="[^"]*"', source))
    assert english not in in_tags, "translated, it would break what scripts and styles look for"


FRENCH_SCRIPT = (CHECKOUT / "hub_config/webvisio_hub/static/french.js").read_text()
SCRIPTED = re.findall(
    r"^    '?([^':]+(?::(?=')[^':]*)?)'?: '", FRENCH_SCRIPT.split("PATTERNS")[0], re.MULTILINE
)


@pytest.mark.parametrize("english", SCRIPTED)
def test_the_hubs_scripts_still_say_what_we_translate(english: str) -> None:
    scripts = [Path(DATA_FILES_PATH) / "static/js" / name for name in ("admin-react.js", "home.js")]
    # the lives of a token, and how far a server's start is
    modules = (jupyterhub.handlers.pages, jupyterhub.apihandlers.users, jupyterhub.spawner)
    sources = [*scripts, *(Path(str(module.__file__)) for module in modules)]
    assert any(english in source.read_text() for source in sources), "worded otherwise: translate anew"


def test_every_text_of_ours_is_in_both_languages_with_the_same_places() -> None:
    for key, (english, french) in WORDS.items():
        assert english, key
        assert french, key
        assert set(re.findall(r"{\w+}", english)) == set(re.findall(r"{\w+}", french)), key


@pytest.mark.parametrize("key", sorted(WORDS))
def test_every_text_of_ours_is_used(key: str) -> None:
    sources = "".join(path.read_text() for path in OWN_TEMPLATES.glob("*.html"))
    stem = re.sub(r"\d+", "%d", key) if key.startswith("error_") else re.sub(r"^role_.*", "role_", key)
    assert f'"{stem}"' in sources


@pytest.mark.parametrize(("locale", "words", "absent"), [
    ("fr", ["Connexion", "Identifiant", "Mot de passe", "Se connecter", ">English<"], ["Username", "Sign in"]),
    ("en", ["Sign in", "Username:", "Password:", ">Français<"], ["Connexion", "Identifiant"]),
])  # fmt: skip
def test_the_login_page_speaks_the_readers_language(
    environment: Environment, locale: str, words: list[str], absent: list[str]
) -> None:
    html = page(environment, "login.html", locale)
    assert f'<html lang="{locale}">' in html
    for word in words:
        assert word in html
    for word in absent:
        assert word not in html


@pytest.mark.parametrize("locale", ["fr", "en"])
@pytest.mark.parametrize("template", ["login.html", "error.html"])
def test_a_refusal_is_told_whole(environment: Environment, template: str, locale: Any) -> None:
    view = phrase(Refusal(RefusalCode.SUSPENDED_UNPAID, details={"customer": "<Atelier>"}), locale)
    refused = SimpleNamespace(refusal_view=view)
    html = page(environment, template, locale, exception=refused, status_code=403, status_message="Forbidden",
                message="bare words", login_error="bare words")  # fmt: skip
    assert 'data-clause="6.4"' in html
    assert 'data-code="suspended_unpaid"' in html
    assert "&lt;Atelier&gt;" in html
    assert "<Atelier>" not in html
    assert "bare words" not in html
    assert ("Ce que vous pouvez faire" if locale == "fr" else "What you can do") in html


def test_an_error_that_is_no_refusal_says_what_to_do(environment: Environment) -> None:
    html = page(environment, "error.html", status_code=404, status_message="Not Found", exception=None)
    assert "Il n’y a rien à cette adresse" in html
    assert 'href="/hub/home"' in html


@pytest.mark.parametrize(
    "template", ["login.html", "error.html", "home.html", "invitation.html", "password.html"]
)
def test_a_screen_reader_finds_the_one_main_part_of_a_page(environment: Environment, template: str) -> None:
    html = page(environment, template, user=person(), invited="claire", xsrf="x", min_characters=10,
                max_characters=256, is_done=False, problem=None, differs=False, my_rooms=[], url="/x",
                status_code=404, status_message="Not Found", exception=None,
                default_server=SimpleNamespace(active=False))  # fmt: skip
    assert (html.count("<main"), html.count("</main>")) == (1, 1)
    before, _, rest = html.partition("<main")
    inside, _, after = rest.partition("</main>")
    assert "<h1" in inside
    assert "<h1" not in before + after


def test_contracts_are_shown_to_operators_only(environment: Environment) -> None:
    operator = {"custom:webvisio:contracts:admin": True}
    for template in ("page.html", "admin.html"):
        assert 'href="/services/billing/"' in page(
            environment, template, user=person(), parsed_scopes=operator
        )
        assert 'href="/services/billing/"' not in page(environment, template, user=person())


def test_the_start_page_lists_rooms_with_roles(environment: Environment) -> None:
    room = SimpleNamespace(room_id="python", name="Python", role="host")
    html = page(environment, "home.html", user=person(), my_rooms=[room], url="/x",
                default_server=SimpleNamespace(active=False))  # fmt: skip
    assert 'href="/hub/room/python"' in html
    assert "formateur" in html
    assert "Bienvenue, Claire Fontaine" in html
    assert 'id="start"' in html


@pytest.mark.parametrize("template", ["password.html", "invitation.html"])
def test_password_pages_name_their_fields_for_password_managers(
    environment: Environment, template: str
) -> None:
    html = page(environment, template, user=person(), invited="claire", xsrf="x", min_characters=10,
                max_characters=256, is_done=False, problem=None, differs=False)  # fmt: skip
    assert html.count('autocomplete="new-password"') == 2
    assert 'minlength="10"' in html
    for field in re.findall(r'<label for="([^"]+)"', html):
        assert f'id="{field}"' in html


def test_the_page_of_tokens_speaks_french(environment: Environment) -> None:
    html = page(
        environment,
        "token.html",
        user=person(),
        token_expires_in_options_html="",
        api_tokens=[],
        oauth_clients=[],
    )
    assert "Demander un nouveau jeton" in html
    assert "Voir la <a" in html
    assert (
        "token"
        not in re.sub(r"<[^>]+>|<script.*?</script>", "", html, flags=re.DOTALL).lower().split("require")[0]
    )


def test_the_language_link_comes_back_to_the_page_of_whoever_renders_it(environment: Environment) -> None:
    class Service(RequestHandler):
        def hub_static_url(self, path: str, **_: Any) -> str:
            return f"/hub/static/{path}"

    service = Service.__new__(Service)
    service.request = SimpleNamespace(uri="/services/billing/contracts/a-1?x=1&y=2", method="GET")  # type: ignore[assignment]
    html = page(environment, "page.html", user=person(), static_url=service.hub_static_url)
    assert 'href="/hub/locale/en?next=/services/billing/contracts/a-1%3Fx%3D1%26y%3D2"' in html


def test_the_mark_is_the_one_of_the_interface() -> None:
    own = CHECKOUT / "hub_config" / "webvisio_hub" / "static" / "mark.svg"
    assert own.read_bytes() == (CHECKOUT / "labextension" / "style" / "mark.svg").read_bytes()


def test_templates_use_no_name_that_is_not_there() -> None:
    loader = FileSystemLoader(OWN_TEMPLATES)
    strict = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, extensions=[Localised])
    for path in OWN_TEMPLATES.glob("*.html"):
        strict.parse(path.read_text())
