"""Names of things inside one contract. Printed document numbers are labels, not names.

A reference is made of a letter and an ordinal within the contract ("F3" is
its third invoice), so it is known before the gapless number is.
"""

from typing import NewType

DocumentRef = NewType("DocumentRef", str)
ServiceRef = NewType("ServiceRef", str)
TicketRef = NewType("TicketRef", str)
CaseRef = NewType("CaseRef", str)
PaymentKey = NewType("PaymentKey", str)
"""Idempotency key of a payment or refund, chosen outside."""
