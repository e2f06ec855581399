"""Blocks other than for non-payment, and who lifts them (clauses 4.3, 5.4, 5.5)."""

import pytest
from contract_playing import Life, at, of_type, order, running

from webvisio_billing.domain.codes import DomainCode
from webvisio_billing.domain.commands import LiftBlock, OpenBlock
from webvisio_billing.domain.events import BlockOpened, ContractRenewed, InvoiceIssued
from webvisio_billing.domain.terms import Party
from webvisio_protocol.entitlements import BlockReason

ILLEGAL = OpenBlock(reason=BlockReason.ILLEGAL_CONTENT, actor="anna", evidence="capture de 14 h 02")


@pytest.mark.clause("5.5")
def test_unlawful_content_is_blocked_without_delay() -> None:
    life = running("2026-11-15")

    opened = of_type(BlockOpened, life.ask("2026-11-15T00:00:01", ILLEGAL))

    assert [(block.at, block.evidence) for block in opened] == [
        (at("2026-11-15T00:00:01"), "capture de 14 h 02")
    ]


@pytest.mark.clause("5.5")
def test_unlawful_content_needs_evidence_and_an_actor() -> None:
    life = running("2026-11-15")
    without_evidence = OpenBlock(reason=BlockReason.ILLEGAL_CONTENT, actor="anna", evidence=" ")
    without_actor = OpenBlock(reason=BlockReason.ILLEGAL_CONTENT, evidence="capture")

    assert life.code("2026-11-16T00:00", without_evidence) is DomainCode.EVIDENCE_REQUIRED
    assert life.code("2026-11-16T00:00", without_actor) is DomainCode.ACTOR_REQUIRED


@pytest.mark.clause("5.5")
def test_only_the_provider_lifts() -> None:
    life = running("2026-11-15")
    life.ask("2026-11-16T00:00", ILLEGAL)
    by_customer = LiftBlock(reason=BlockReason.ILLEGAL_CONTENT, by=Party.CUSTOMER)

    assert life.code("2026-11-16T00:00", by_customer) is DomainCode.LIFT_RESERVED
    life.ask("2026-11-16T00:00", LiftBlock(reason=BlockReason.ILLEGAL_CONTENT, actor="anna"))
    assert life.contract.blocks == ()


@pytest.mark.clause("5.5", "6.1")
def test_billing_goes_on_under_a_block() -> None:
    life = running("2026-11-15")
    life.ask("2026-11-16T00:00", ILLEGAL)

    events = life.wait("2026-12-15T00:00")

    assert len(of_type(ContractRenewed, events)) == len(of_type(InvoiceIssued, events)) == 1


@pytest.mark.clause("5.5", "6.4")
def test_paying_lifts_no_other_block() -> None:
    life = running("2026-11-15")
    life.ask("2026-11-16T00:00", ILLEGAL)
    life.pay("2026-11-17T00:00", 120_00)

    assert [block.reason for block in life.contract.blocks] == [BlockReason.ILLEGAL_CONTENT]


@pytest.mark.clause("4.3", "5.4")
@pytest.mark.parametrize("reason", [BlockReason.FRAUD, BlockReason.MAINTENANCE])
def test_each_reason_is_opened_and_lifted_once(reason: BlockReason) -> None:
    life = running("2026-11-15")
    block, lift = OpenBlock(reason=reason), LiftBlock(reason=reason)

    assert life.code("2026-11-16T00:00", lift) is DomainCode.BLOCK_NOT_OPEN
    life.ask("2026-11-16T00:00", block)
    assert life.code("2026-11-16T00:00", block) is DomainCode.BLOCK_ALREADY_OPEN
    life.ask("2026-11-17T00:00", lift)
    assert life.code("2026-11-17T00:00", lift) is DomainCode.BLOCK_NOT_OPEN


@pytest.mark.clause("5.5")
def test_a_draft_has_nothing_to_block() -> None:
    life = Life()
    life.ask("2026-11-15T00:00", order("2026-11-15"))

    assert life.code("2026-11-15T00:00", ILLEGAL) is DomainCode.CONTRACT_NOT_ACCEPTED
