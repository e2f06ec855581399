"""The page that leads from clause to code is what the code and the tests say."""

from pathlib import Path

import pytest

from webvisio_billing import clauses_page
from webvisio_billing.domain.clauses import CLAUSES


def test_the_page_is_up_to_date() -> None:
    assert clauses_page.PAGE.read_text() == clauses_page.render(), (
        "run python -m webvisio_billing.clauses_page --write"
    )


def test_every_clause_with_a_rule_has_a_test() -> None:
    assert clauses_page.untested() == []


def test_a_clause_without_a_test_is_noticed(tmp_path: Path) -> None:
    tests = tmp_path / "tests"
    tests.mkdir()
    (tests / "test_one.py").write_text('@pytest.mark.clause("6.4")\ndef test_a(): ...\n')

    assert "6.4" not in clauses_page.untested(tmp_path)
    assert "6.1" in clauses_page.untested(tmp_path)


def test_a_test_that_names_no_clause_of_the_terms_is_noticed(tmp_path: Path) -> None:
    tests = tmp_path / "tests"
    tests.mkdir()
    (tests / "test_one.py").write_text('pytestmark = [pytest.mark.clause("6.9")]\ndef test_a(): ...\n')

    with pytest.raises(ValueError, match=r"6\.9"):
        clauses_page.render(tmp_path)


def test_every_module_named_exists() -> None:
    domain = Path(clauses_page.ROOT / clauses_page.DOMAIN)

    assert all((domain / f"{name}.py").is_file() for clause in CLAUSES.values() for name in clause.modules)
