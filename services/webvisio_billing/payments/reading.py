"""Reads a statement file of any known format, or says what is wrong with it and on which line."""

from datetime import date

from webvisio_billing.domain.money import EURO
from webvisio_billing.payments.bank_csv import read_csv
from webvisio_billing.payments.camt import looks_like_camt, read_camt
from webvisio_billing.payments.statements import (
    MAX_STATEMENT_BYTES,
    Fault,
    FaultCode,
    FaultyFile,
    Statement,
    Unreadable,
)


def read_statement(data: bytes, today: date, currency: str = EURO) -> Statement | Unreadable:
    """Read a file whole; what is refused is refused whole. `today` bounds the days of bookings."""
    try:
        if len(data) > MAX_STATEMENT_BYTES:
            raise FaultyFile(Fault(FaultCode.TOO_LARGE))
        if not data.strip():
            raise FaultyFile(Fault(FaultCode.EMPTY))
        found = (read_camt if looks_like_camt(data) else read_csv)(data, today, currency)
        if not found.entries:
            raise FaultyFile(Fault(FaultCode.EMPTY))
        return found
    except FaultyFile as faulty:
        return Unreadable(tuple(faulty.faults))
