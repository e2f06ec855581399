"""The terms that are accepted: whole, by hash, unchanged for as long as anybody may ask (clause 6.3)."""

from pathlib import Path

import pytest
from billing_scenario import HandClock, month_contract
from billing_site import Browser, Site, text

from webvisio_billing.application.policy import PolicyInvalid
from webvisio_billing.application.terms import MAX_TERMS_BYTES, TermsShelf, terms_in_force
from webvisio_billing.composition import make_billing
from webvisio_billing.domain.clauses import CLAUSES
from webvisio_billing.storage.database import Store

pytestmark = pytest.mark.clause("6.3")


def test_the_text_that_comes_with_the_platform_has_every_clause() -> None:
    terms = terms_in_force({})
    assert terms.version == "2026-01"
    for number in CLAUSES:
        assert any(line.startswith((f"{number} ", f"{number}. ")) for line in terms.paragraphs), number


def test_the_operators_own_text_is_that_of_new_orders(tmp_path: Path) -> None:
    (tmp_path / "2027-03.txt").write_text("Nos conditions\n\n1. Objet\n")
    terms = terms_in_force({"WEBVISIO_TERMS": str(tmp_path / "2027-03.txt")})
    assert (terms.version, terms.title, terms.paragraphs) == ("2027-03", "Nos conditions", ("1. Objet",))


@pytest.mark.parametrize("content", [b"", b" \n", b"\xff\xfe", b"x" * (MAX_TERMS_BYTES + 1), None])
def test_a_file_that_is_no_text_ends_the_start(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "terms.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(PolicyInvalid, match="WEBVISIO_TERMS"):
        terms_in_force({"WEBVISIO_TERMS": str(path)})


def test_a_text_is_found_by_its_hash_and_never_changed(tmp_path: Path) -> None:
    shelf, terms = TermsShelf(tmp_path / "terms"), terms_in_force({})
    shelf.keep(terms)
    shelf.keep(terms)
    assert shelf.text(terms.version, terms.sha256) == terms
    (tmp_path / "terms" / f"{terms.sha256}.txt").write_text("something else")
    assert shelf.text(terms.version, terms.sha256) is None
    assert shelf.text("x", "../../etc/passwd") is None


async def test_a_customer_reads_the_whole_text_that_their_contract_names(
    store: Store, clock: HandClock, tmp_path: Path
) -> None:
    billing = make_billing(store, clock, {"WEBVISIO_HOME": str(tmp_path)})
    site = await Site(store, clock, home=tmp_path).start()
    contract = month_contract(billing)
    page = text(await Browser(site, "contact-token").get(f"account/contracts/{contract}/terms"))
    terms = terms_in_force({})
    assert terms.sha256 in page
    assert "tacitement de mois en mois" in page
    assert page.count('class="wv-terms-article"') == 9
    await site.stop()
