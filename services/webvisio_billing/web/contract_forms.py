"""The forms of a contract's page beyond its everyday ones: which are offered, with which fields, on which clause.

A form is data; one template draws them all, `intake` reads them into commands,
and each shows its result before it is confirmed. What the rules refuse is
still offered where it makes sense, and refused by its clause.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from webvisio_billing.application.views import ContractView
from webvisio_billing.domain.commands import Disposal, Method, Precision, Severity
from webvisio_billing.domain.events import Event, PaymentReceived
from webvisio_billing.domain.periods import local_day
from webvisio_billing.domain.state import Contract, DisputeStage, FraudStage, Invoice, Lifecycle
from webvisio_billing.domain.terms import Party
from webvisio_billing.storage.catalogue import ServiceOffer
from webvisio_billing.web.intake import ContractAction
from webvisio_billing.web.words import Words


@dataclass(frozen=True, slots=True)
class FormField:
    """One field; `options` are (value, label) of a choice, `hint` is worded already."""

    name: str
    kind: str = "text"
    options: tuple[tuple[str, str], ...] = ()
    is_required: bool = True
    hint: str = ""
    value: str = ""
    label: str = ""
    """The key of its label; `field_...` of its name where it is empty."""


@dataclass(frozen=True, slots=True)
class Form:
    action: ContractAction
    fields: tuple[FormField, ...]


@dataclass(frozen=True, slots=True)
class FormGroup:
    """Forms under a heading: `forms_...` in the catalogue."""

    name: str
    forms: tuple[Form, ...]


MAX_PAYMENTS_OFFERED: Final = 100
"""Of a contract's payments, the newest."""

CLAUSES: Final = {
    ContractAction.ACCEPT: "6.3",
    ContractAction.CREDIT_NOTE: "6.1",
    ContractAction.CLAIM_CHARGES: "6.4",
    ContractAction.REFUND: "6.3",
    ContractAction.REVERSE_PAYMENT: "6.3",
    ContractAction.WRITE_OFF: "6.1",
    ContractAction.ORDER_SERVICE: "2.2",
    ContractAction.END_SERVICE: "2.2",
    ContractAction.BREACH_LETTER: "8.1",
    ContractAction.REPORT_TICKET: "4.4",
    ContractAction.ACKNOWLEDGE_TICKET: "4.4",
    ContractAction.CLOSE_TICKET: "4.4",
    ContractAction.REPORT_FRAUD: "5.4",
    ContractAction.CONFIRM_FRAUD: "5.4",
    ContractAction.CLOSE_FRAUD: "5.4",
    ContractAction.OPEN_DISPUTE: "9",
    ContractAction.ATTEMPT_AMICABLY: "9",
    ContractAction.GO_TO_COURT: "9",
    ContractAction.SETTLE_DISPUTE: "9",
    ContractAction.CHOOSE_DISPOSAL: "8.2",
    ContractAction.COMPLETE_DISPOSAL: "8.2",
    ContractAction.CLOSE: "8.2",
}


def form_groups(
    view: ContractView,
    say: Words,
    offered: Sequence[ServiceOffer] = (),
    happened: Sequence[Event] = (),
) -> list[FormGroup]:
    """List the forms that make sense now, by subject, with the catalogue's services and the journal's payments."""
    contract = view.contract
    if contract.lifecycle is Lifecycle.CLOSED:
        return []
    groups = (
        FormGroup("start", tuple(_start(contract))),
        FormGroup("money", tuple(_money(contract, say, happened))),
        FormGroup("services", tuple(_services(contract, say, offered))),
        FormGroup("support", tuple(_support(contract, say))),
        FormGroup("cases", tuple(_cases(contract, say))),
        FormGroup("end", tuple(_end(contract, say))),
    )
    return [group for group in groups if group.forms]


def _start(contract: Contract) -> Iterable[Form]:
    if contract.lifecycle is Lifecycle.DRAFT:
        yield Form(ContractAction.ACCEPT, ())


def _money(contract: Contract, say: Words, happened: Sequence[Event]) -> Iterable[Form]:
    standing = [invoice for invoice in contract.invoices if not invoice.is_cancelled]
    if standing:
        invoices = FormField("invoice", "choice", _invoices(standing, say), label="field_document")
        yield Form(
            ContractAction.CREDIT_NOTE,
            (
                invoices,
                FormField("explanation"),
                FormField("is_reissued", "flag", is_required=False),
            ),
        )
        yield Form(ContractAction.CLAIM_CHARGES, (invoices,))
    if contract.credit_minor > 0:
        yield Form(
            ContractAction.REFUND,
            (
                FormField(
                    "amount",
                    "amount",
                    hint=say("hint_refund", amount=say.money(contract.credit_minor)),
                    value=say.typed_amount(contract.credit_minor),
                    label="field_amount_back",
                ),
                FormField("method", "choice", _named(Method, "method_", say), value=Method.TRANSFER.value),
                FormField("key", hint=say("hint_key"), value=uuid.uuid4().hex[:12]),
            ),
        )
    received = [event for event in reversed(happened) if isinstance(event, PaymentReceived)]
    if received:
        yield Form(
            ContractAction.REVERSE_PAYMENT,
            (
                FormField("payment", "choice", _payments(received[:MAX_PAYMENTS_OFFERED], contract, say)),
                FormField(
                    "amount",
                    "amount",
                    value=say.typed_amount(received[0].amount_minor) if len(received) == 1 else "",
                    label="field_amount_back",
                ),
                FormField("method", "choice", _named(Method, "method_", say), value=Method.TRANSFER.value),
                FormField("is_refund", "flag", is_required=False),
                FormField(
                    "key",
                    hint=say("hint_reference_back"),
                    value=uuid.uuid4().hex[:12],
                    label="field_reference_back",
                ),
            ),
        )
    if contract.lifecycle is Lifecycle.ENDED and contract.balance_minor > 0:
        yield Form(ContractAction.WRITE_OFF, (FormField("explanation"),))


def _priced(service: ServiceOffer, say: Words) -> str:
    name = service.name_fr if say.locale == "fr" else service.name_en
    told = "service_each_period" if service.is_recurring else "service_once"
    return say(told, name=name, price=say.money(service.net_minor))


def _services(contract: Contract, say: Words, offered: Sequence[ServiceOffer]) -> Iterable[Form]:
    if contract.lifecycle.is_running:
        options = tuple((service.reference, _priced(service, say)) for service in offered)
        hint = "" if offered else say("hint_no_service")
        yield Form(ContractAction.ORDER_SERVICE, (FormField("offered", "choice", options, hint=hint),))
    recurring = [s for s in contract.services if s.extra.is_recurring and s.ended_at is None]
    if recurring and contract.lifecycle.is_live:
        options = tuple((str(service.ref), service.extra.label) for service in recurring)
        yield Form(ContractAction.END_SERVICE, (FormField("service", "choice", options),))


def _support(contract: Contract, say: Words) -> Iterable[Form]:
    if contract.lifecycle.is_live:
        yield Form(
            ContractAction.REPORT_TICKET,
            (
                FormField("severity", "choice", _named(Severity, "severity_", say)),
                FormField("summary", "long"),
            ),
        )
    still_open = [ticket for ticket in contract.tickets if not ticket.is_closed]
    unheard = [ticket for ticket in still_open if ticket.acknowledged_at is None]
    if unheard:
        options = tuple((str(t.ref), f"{t.ref} — {say('severity_' + t.severity)}") for t in unheard)
        yield Form(ContractAction.ACKNOWLEDGE_TICKET, (FormField("ticket", "choice", options),))
    if still_open:
        options = tuple((str(t.ref), f"{t.ref} — {say('severity_' + t.severity)}") for t in still_open)
        yield Form(ContractAction.CLOSE_TICKET, (FormField("ticket", "choice", options),))


def _cases(contract: Contract, say: Words) -> Iterable[Form]:
    if contract.lifecycle.is_live:
        yield Form(ContractAction.REPORT_FRAUD, (FormField("description", "long"),))
    reported = _refs(case.ref for case in contract.fraud_cases if case.stage is FraudStage.REPORTED)
    confirmed = _refs(case.ref for case in contract.fraud_cases if case.stage is FraudStage.CONFIRMED)
    if reported:
        yield Form(
            ContractAction.CONFIRM_FRAUD,
            (
                FormField("case", "choice", reported),
                FormField("registered_ref", hint=say("hint_registered_ref")),
            ),
        )
    if confirmed:
        yield Form(ContractAction.CLOSE_FRAUD, (FormField("case", "choice", confirmed),))
    if contract.lifecycle is not Lifecycle.DRAFT:
        unpaid = [invoice for invoice in contract.invoices if invoice.outstanding_minor > 0]
        yield Form(
            ContractAction.OPEN_DISPUTE,
            (
                FormField("subject"),
                FormField(
                    "unpaid_invoice",
                    "choice",
                    (("", say("not_about_an_invoice")), *_invoices(unpaid, say)),
                    is_required=False,
                ),
            ),
        )
    disputes = [d for d in contract.disputes if d.stage is not DisputeStage.SETTLED]
    if disputes:
        case = FormField("case", "choice", _refs(d.ref for d in disputes))
        yield Form(ContractAction.ATTEMPT_AMICABLY, (case, FormField("description", "long")))
        yield Form(ContractAction.GO_TO_COURT, (case,))
        yield Form(ContractAction.SETTLE_DISPUTE, (case, FormField("outcome", is_required=False)))


def _end(contract: Contract, say: Words) -> Iterable[Form]:
    if contract.lifecycle.is_running:
        yield Form(
            ContractAction.BREACH_LETTER,
            (
                FormField("by", "choice", _named(Party, "party_", say)),
                FormField("clauses", hint=say("hint_clauses")),
                FormField("registered_ref", hint=say("hint_registered_ref")),
                FormField("precision", "choice", _named(Precision, "precision_", say)),
                FormField(
                    "is_justified", "choice", (("true", say("justified")), ("false", say("unjustified")))
                ),
            ),
        )
    if contract.lifecycle is Lifecycle.ENDED:
        if not contract.is_disposal_complete and contract.disposal_choice is None:
            yield Form(
                ContractAction.CHOOSE_DISPOSAL,
                (FormField("choice", "choice", _named(Disposal, "disposal_", say)),),
            )
        if not contract.is_disposal_complete and contract.disposal_choice is Disposal.RETURN:
            yield Form(
                ContractAction.COMPLETE_DISPOSAL,
                (FormField("returned_sha256", hint=say("hint_returned")),),
            )
        if not contract.is_disposal_complete and contract.disposal_choice is Disposal.DESTROY:
            yield Form(
                ContractAction.COMPLETE_DISPOSAL,
                (FormField("destroyed", "long", hint=say("hint_destroyed")),),
            )
        yield Form(ContractAction.CLOSE, ())


def _invoices(invoices: Iterable[Invoice], say: Words) -> tuple[tuple[str, str], ...]:
    return tuple((str(i.ref), f"{i.number} — {say.money(i.gross_minor, i.currency)}") for i in invoices)


def _payments(
    received: Iterable[PaymentReceived], contract: Contract, say: Words
) -> tuple[tuple[str, str], ...]:
    def told(event: PaymentReceived) -> str:
        day = event.received_on or local_day(event.at, contract.timezone)
        amount, method = say.money(event.amount_minor, event.currency), say(f"method_{event.method}")
        return say(
            "payment_offered",
            amount=amount,
            method=method.lower(),
            day=say.medium_day(day),
            reference=event.key,
        )

    return tuple((str(event.key), told(event)) for event in received)


def _named(
    choices: type[Method] | type[Severity] | type[Party] | type[Precision] | type[Disposal],
    prefix: str,
    say: Words,
) -> tuple[tuple[str, str], ...]:
    return tuple((choice.value, say(prefix + choice.value)) for choice in choices)


def _refs(refs: Iterable[str]) -> tuple[tuple[str, str], ...]:
    return tuple((str(ref), str(ref)) for ref in refs)
