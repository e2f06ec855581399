"""The documentation's links lead somewhere, and the commands and settings that it names exist."""

import importlib.util
import re
from pathlib import Path

import pytest

from webvisio_hub.contract import ContractMixin

CHECKOUT = Path(__file__).parents[3]
PAGES = sorted([CHECKOUT / "README.md", *(CHECKOUT / "docs").rglob("*.md")])
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")


def target_names() -> set[str]:
    return set(re.findall(r"^([a-z]+):", (CHECKOUT / "Makefile").read_text(), re.MULTILINE))


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(CHECKOUT)))
def test_links_within_the_checkout_lead_somewhere(page: Path) -> None:
    links = [link for link in _LINK.findall(page.read_text()) if "://" not in link]
    missing = [link for link in links if not (page.parent / link).exists()]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(CHECKOUT)))
def test_make_targets_that_are_named_exist(page: Path) -> None:
    named = set(re.findall(r"(?:`|^    )make ([a-z]+)", page.read_text(), re.MULTILINE))
    assert named <= target_names()


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(CHECKOUT)))
def test_modules_that_are_to_be_run_exist(page: Path) -> None:
    for module in set(re.findall(r"python3? -m (webvisio[\w.]*)", page.read_text())):
        found = importlib.util.find_spec(module)
        assert found is not None, module
        assert found.submodule_search_locations is None or importlib.util.find_spec(f"{module}.__main__"), (
            module
        )


def test_settings_of_the_contract_are_named_as_they_are() -> None:
    text = (CHECKOUT / "docs" / "operator.md").read_text()
    named = set(re.findall(r"`ContractMixin\.(\w+)`", text))
    assert named, "the settings are listed another way than is looked for here"
    assert named <= set(ContractMixin.class_trait_names(config=True))


def test_environment_variables_that_are_documented_are_read_somewhere() -> None:
    sources = [
        path.read_text()
        for root in ("hub_config", "services", "webvisio_ext")
        for path in (CHECKOUT / root).rglob("*.py")
        if "node_modules" not in path.parts
    ]
    code = "\n".join(sources)
    named = set(re.findall(r"`(WEBVISIO_[A-Z_]+)`", (CHECKOUT / "docs" / "operator.md").read_text()))
    composed = {"WEBVISIO_BILLING_DATABASE", "WEBVISIO_ROOMS_DATABASE"} | {
        f"WEBVISIO_PAYPAL_{part}" for part in ("CLIENT_ID", "CLIENT_SECRET", "WEBHOOK_ID")
    }
    assert {name for name in named - composed if name not in code} == set()


def test_no_target_of_the_makefile_is_without_help() -> None:
    makefile = (CHECKOUT / "Makefile").read_text()
    helped = set(re.findall(r"^([a-z]+):.*## ", makefile, re.MULTILINE))
    assert target_names() == helped


def test_what_ci_runs_is_what_the_readme_says() -> None:
    assert "make test" in (CHECKOUT / "README.md").read_text()
    assert (CHECKOUT / ".ci" / "run").read_text().rstrip().endswith("exec make test")
