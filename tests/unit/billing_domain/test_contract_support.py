"""Tickets, frauds, disputes, deliveries, break-glass (clauses 4.1, 4.4, 4.5, 5.4, 9)."""

import pytest
from contract_playing import Life, at, of_type, order, running

from webvisio_billing.domain.codes import DomainCode
from webvisio_billing.domain.commands import (
    AcknowledgeTicket,
    AskForTests,
    AttemptAmicably,
    BreakGlass,
    CloseFraud,
    CloseTicket,
    ConfirmFraud,
    Delivery,
    GoToCourt,
    OpenDispute,
    RecordDelivery,
    ReportFraud,
    ReportTests,
    ReportTicket,
    SettleDispute,
    Severity,
)
from webvisio_billing.domain.events import (
    CredentialsRotated,
    DeliveryRecorded,
    DisputeBroughtToCourt,
    FraudClosed,
    GlassBroken,
    TicketAcknowledged,
    TicketReported,
)
from webvisio_billing.domain.identifiers import CaseRef, DocumentRef, TicketRef
from webvisio_billing.domain.terms import SellerRegion, TermsVersion, WorkingTime
from webvisio_billing.domain.tickets import acknowledgement_due, calendar_name

TICKET = TicketRef("T1")
ALSACE = TermsVersion(seller_region=SellerRegion.ALSACE)
OFFICE = TermsVersion(seller_region=SellerRegion.ALSACE, working_time=WorkingTime.OFFICE)
FRANCE = TermsVersion(seller_region=SellerRegion.FRANCE)


@pytest.mark.clause("4.4")
@pytest.mark.parametrize(
    ("terms", "reported", "due"),
    [
        (ALSACE, "2026-04-02T15:00", "2026-04-07T15:00"),
        (FRANCE, "2026-04-02T15:00", "2026-04-03T15:00"),
        (OFFICE, "2026-04-02T15:00", "2026-04-09T12:00"),
        # a report outside working time starts with the next working day
        (FRANCE, "2026-11-21T10:00", "2026-11-24T00:00"),
        (OFFICE, "2026-11-20T20:00", "2026-11-25T15:00"),
        (OFFICE, "2026-11-23T07:00", "2026-11-25T15:00"),
        # Friday evening: what is left of Friday, then Monday
        (FRANCE, "2026-11-20T18:00", "2026-11-23T18:00"),
        # 25 and 26 December 2026 are kept in Alsace; the 26th is a Saturday
        (FRANCE, "2026-12-24T12:00", "2026-12-28T12:00"),
        (TermsVersion(seller_region=SellerRegion.MOSELLE), "2025-12-24T12:00", "2025-12-29T12:00"),
        (FRANCE, "2025-12-24T12:00", "2025-12-26T12:00"),
    ],
)
def test_a_grave_anomaly_is_acknowledged_within_24_working_hours(
    terms: TermsVersion, reported: str, due: str
) -> None:
    assert acknowledgement_due(at(reported), terms, "Europe/Paris") == at(due)


@pytest.mark.clause("4.4")
def test_the_deadline_and_the_calendar_are_kept_with_the_ticket() -> None:
    life = running("2026-04-01", command=order("2026-04-01", terms=ALSACE))

    ticket = of_type(TicketReported, life.ask("2026-04-02T15:00", ReportTicket(severity=Severity.BLOCKING)))[
        0
    ]

    assert ticket.ack_due_at == at("2026-04-07T15:00")
    assert ticket.calendar == calendar_name(ALSACE)
    assert ticket.calendar.startswith("alsace/clock/holidays-")


@pytest.mark.clause("4.4")
def test_a_minor_anomaly_has_no_deadline() -> None:
    life = running("2026-04-01")

    events = life.ask("2026-04-02T15:00", ReportTicket(severity=Severity.MINOR))

    assert of_type(TicketReported, events)[0].ack_due_at is None


@pytest.mark.clause("4.4")
@pytest.mark.parametrize(("when", "is_late"), [("2026-04-03T15:00", False), ("2026-04-03T15:00:01", True)])
def test_an_acknowledgement_says_whether_it_is_late(when: str, is_late: bool) -> None:
    life = running("2026-04-01")
    life.ask("2026-04-02T15:00", ReportTicket(severity=Severity.GRAVE))

    acknowledged = of_type(TicketAcknowledged, life.ask(when, AcknowledgeTicket(ticket=TICKET, actor="anna")))

    assert [event.is_late for event in acknowledged] == [is_late]


@pytest.mark.clause("4.4")
def test_the_customer_reports_the_tests_that_were_asked_for() -> None:
    life = running("2026-04-01")
    results = ReportTests(ticket=TICKET, results="le micro fonctionne")
    assert life.code("2026-04-02T15:00", results) is DomainCode.TICKET_UNKNOWN
    life.ask("2026-04-02T15:00", ReportTicket(severity=Severity.GRAVE))
    assert life.code("2026-04-02T15:30", results) is DomainCode.TESTS_NOT_ASKED
    life.ask("2026-04-02T16:00", AskForTests(ticket=TICKET, instructions="essayez un autre micro"))
    life.ask("2026-04-02T17:00", results)
    assert life.code("2026-04-02T17:00", results) is DomainCode.TESTS_NOT_ASKED


@pytest.mark.clause("4.4")
def test_a_closed_ticket_takes_no_more() -> None:
    life = running("2026-04-01")
    life.ask("2026-04-02T15:00", ReportTicket(severity=Severity.GRAVE))
    life.ask("2026-04-02T16:00", AcknowledgeTicket(ticket=TICKET))
    again = AcknowledgeTicket(ticket=TICKET)
    assert life.code("2026-04-02T16:00", again) is DomainCode.TICKET_ALREADY_ACKNOWLEDGED
    life.ask("2026-04-02T17:00", CloseTicket(ticket=TICKET))

    for command in (again, CloseTicket(ticket=TICKET), AskForTests(ticket=TICKET, instructions="x")):
        assert life.code("2026-04-02T17:00", command) is DomainCode.TICKET_CLOSED


@pytest.mark.clause("5.4")
def test_a_fraud_goes_from_reported_to_confirmed_to_closed() -> None:
    life = running("2026-11-15")
    case = CaseRef("X1")
    close, confirm = CloseFraud(case=case), ConfirmFraud(case=case, registered_ref="RK 9")

    assert life.code("2026-11-16T00:00", confirm) is DomainCode.CASE_UNKNOWN
    reported = life.ask("2026-11-16T00:00", ReportFraud(description="connexion inconnue"))
    assert len(of_type(CredentialsRotated, reported)) == 1
    assert life.code("2026-11-16T00:00", close) is DomainCode.FRAUD_NOT_CONFIRMED
    assert life.code("2026-11-16T00:00", ConfirmFraud(case=case)) is DomainCode.FRAUD_REF_REQUIRED
    life.ask("2026-11-18T00:00", confirm)
    assert life.code("2026-11-18T00:00", confirm) is DomainCode.CASE_UNKNOWN
    assert len(of_type(FraudClosed, life.ask("2026-11-19T00:00", close))) == 1
    assert life.code("2026-11-19T00:00", close) is DomainCode.CASE_UNKNOWN


@pytest.mark.clause("9")
def test_no_court_before_an_amicable_attempt() -> None:
    life = running("2026-11-15")
    case = CaseRef("L1")
    life.ask("2026-11-16T00:00", OpenDispute(subject="qualité du son"))

    assert life.code("2026-11-16T00:00", GoToCourt(case=case)) is DomainCode.AMICABLE_ATTEMPT_REQUIRED
    life.ask("2026-11-17T00:00", AttemptAmicably(case=case, description="appel du 17"))
    assert len(of_type(DisputeBroughtToCourt, life.ask("2026-11-18T00:00", GoToCourt(case=case)))) == 1
    life.ask("2026-11-19T00:00", SettleDispute(case=case))
    assert life.code("2026-11-19T00:00", SettleDispute(case=case)) is DomainCode.CASE_UNKNOWN


@pytest.mark.clause("9")
def test_an_unpaid_invoice_may_go_to_court_at_once() -> None:
    life = running("2026-11-15")
    life.ask("2026-12-01T00:00", OpenDispute(subject="impayé", unpaid_invoice=DocumentRef("F1")))

    assert (
        len(of_type(DisputeBroughtToCourt, life.ask("2026-12-01T00:00", GoToCourt(case=CaseRef("L1"))))) == 1
    )


@pytest.mark.clause("9")
def test_only_an_invoice_that_is_unpaid_opens_that_way() -> None:
    life = running("2026-11-15")
    life.pay("2026-11-16T00:00", 120_00)
    paid = OpenDispute(subject="impayé", unpaid_invoice=DocumentRef("F1"))
    unknown = OpenDispute(subject="impayé", unpaid_invoice=DocumentRef("F9"))

    assert life.code("2026-12-01T00:00", paid) is DomainCode.NOTHING_UNPAID
    assert life.code("2026-12-01T00:00", unknown) is DomainCode.INVOICE_UNKNOWN


@pytest.mark.clause("4.1")
@pytest.mark.parametrize("delivery", list(Delivery))
def test_each_delivery_is_journalled(delivery: Delivery) -> None:
    life = running("2026-11-15")

    recorded = of_type(DeliveryRecorded, life.ask("2026-11-15T08:00", RecordDelivery(delivery=delivery)))

    assert [event.delivery for event in recorded] == [delivery]


@pytest.mark.clause("4.5")
@pytest.mark.parametrize(
    ("actor", "reason", "until", "code"),
    [
        ("anna", " ", "2026-11-16T12:00", DomainCode.REASON_REQUIRED),
        ("", "incident 12", "2026-11-16T12:00", DomainCode.REASON_REQUIRED),
        ("anna", "incident 12", "2026-11-16T10:00", DomainCode.BREAK_GLASS_TOO_LONG),
        ("anna", "incident 12", "2026-11-17T10:00:01", DomainCode.BREAK_GLASS_TOO_LONG),
    ],
)
def test_staff_look_only_for_a_reason_and_a_while(
    actor: str, reason: str, until: str, code: DomainCode
) -> None:
    life = running("2026-11-15")

    assert life.code("2026-11-16T10:00", BreakGlass(actor=actor, reason=reason, until=at(until))) is code


@pytest.mark.clause("4.5")
def test_breaking_the_glass_is_journalled_for_the_customer() -> None:
    life: Life = running("2026-11-15")
    command = BreakGlass(actor="anna", reason="incident 12", until=at("2026-11-17T10:00"))

    broken = of_type(GlassBroken, life.ask("2026-11-16T10:00", command))

    assert [(event.actor, event.reason) for event in broken] == [("anna", "incident 12")]
