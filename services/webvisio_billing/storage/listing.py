"""Pages of customers and contracts, by identifier: the cursor of a page is the last identifier on it."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from webvisio_billing.storage.tables import ContractRow, CustomerRow
from webvisio_protocol.identifiers import ContractId, CustomerId


def customer_ids(session: Session, after: str, limit: int) -> list[CustomerId]:
    """List at most `limit` customers behind `after`."""
    query = select(CustomerRow.customer_id).where(CustomerRow.customer_id > after)
    return [
        CustomerId(found) for found in session.scalars(query.order_by(CustomerRow.customer_id).limit(limit))
    ]


def contract_ids(session: Session, after: str, limit: int, customer_id: str = "") -> list[ContractId]:
    """List at most `limit` contracts behind `after`, of one customer or of all."""
    query = select(ContractRow.contract_id).where(ContractRow.contract_id > after)
    if customer_id:
        query = query.where(ContractRow.customer_id == customer_id)
    return [
        ContractId(found) for found in session.scalars(query.order_by(ContractRow.contract_id).limit(limit))
    ]
