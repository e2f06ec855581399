"""Who sells is read from a file, strictly, and again when it changes (clause 1)."""

import os
from pathlib import Path

import pytest
from document_maker import seller_file

from webvisio_billing.documents.errors import NotMakeable
from webvisio_billing.documents.parties import MAX_LOGO_BYTES
from webvisio_billing.documents.seller_file import DEMONSTRATION, SellerFile, put_demonstration_seller


@pytest.mark.clause("1")
def test_the_demonstrations_seller_is_complete_and_marked(tmp_path: Path) -> None:
    seller = seller_file(tmp_path).read()

    assert seller.problems() == ()
    assert seller.is_demonstration
    assert seller.iban == "FR7630006000011234567890189"


@pytest.mark.clause("1")
def test_without_a_file_everything_is_missing(tmp_path: Path) -> None:
    problems = SellerFile(tmp_path / "seller.toml").read().problems()

    assert {"name", "siren", "vat_number", "iban", "legal_form", "register"} <= set(problems)


@pytest.mark.parametrize(
    "text",
    [
        "name = ",
        'name = "A"\nunknown = 1',
        "name = 3",
        'name = "A"\n[address]\nstreet = "B"\nplanet = "Mars"',
        "# " + "x" * 70_000,
        'name = "\ud800"'.encode("utf-8", "surrogatepass").decode("latin-1"),
    ],
)
def test_a_file_that_cannot_be_understood_is_a_problem_of_its_own(tmp_path: Path, text: str) -> None:
    path = tmp_path / "seller.toml"
    path.write_bytes(text.encode("latin-1"))

    with pytest.raises(NotMakeable, match=r"seller\.file"):
        SellerFile(path).read()


def test_a_change_is_noticed(tmp_path: Path) -> None:
    file = seller_file(tmp_path)
    assert file.read().name.startswith("Démo")

    path = tmp_path / "seller.toml"
    path.write_text(DEMONSTRATION.replace("Démo Visio", "Visioformation"), encoding="utf-8")
    os.utime(path, ns=(1, 1))

    assert file.read().name.startswith("Visioformation")


@pytest.mark.parametrize("logo", [None, b"", b"x" * (MAX_LOGO_BYTES + 1)])
def test_a_logo_that_cannot_be_used_is_told(tmp_path: Path, logo: bytes | None) -> None:
    if logo is not None:
        (tmp_path / "logo.png").write_bytes(logo)
    file = seller_file(tmp_path, 'logo = "logo.png"\n' + DEMONSTRATION)

    with pytest.raises(NotMakeable, match=r"seller\.logo"):
        file.read()


def test_the_operators_file_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "home" / "seller.toml"
    assert put_demonstration_seller(path)
    path.write_text("name = 'mine'")

    assert not put_demonstration_seller(path)
    assert path.read_text() == "name = 'mine'"
