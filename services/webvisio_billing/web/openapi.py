"""`GET api/openapi.json`: OpenAPI 3.1, made from the code's own types; a test compares it with the routes.

Every operation of the API has a row in `OPERATIONS`; paths, parameters and
schemas follow from the route and the structs that are really answered.
"""

import re
from functools import lru_cache
from typing import Any, Final, NamedTuple

import msgspec

from webvisio_billing.application.bank import BankPage, Imported
from webvisio_billing.application.documents import DocumentView
from webvisio_billing.storage.registry import CustomerRecord, Membership
from webvisio_billing.web import api_bodies as bodies
from webvisio_billing.web.base import BaseHandler, Gate
from webvisio_protocol.identifiers import CONTRACTS_SCOPE

TITLE: Final = "Web Visio billing"
VERSION: Final = "1"
SECURITY: Final = "hub_token"


class Operation(NamedTuple):
    """What a route's method takes and gives; `query` are names of optional parameters."""

    summary: str
    body: type | None = None
    answers: Any = None
    status: int = 200
    query: tuple[str, ...] = ()
    media: str = "application/json"
    body_media: str = "application/json"


_PAGE: Final = ("limit", "after")

OPERATIONS: Final[dict[str, Operation]] = {
    "GET customers": Operation("List customers by identifier", None, list[CustomerRecord], query=_PAGE),
    "POST customers": Operation("Create a customer", bodies.CustomerBody, CustomerRecord, 201),
    "GET contracts": Operation(
        "List contracts by identifier", None, list[bodies.ContractSummary], query=(*_PAGE, "customer")
    ),
    "POST contracts": Operation("Order a contract", bodies.ContractBody, bodies.ContractSummary, 201),
    "GET contracts/{contract_id}": Operation("Read a contract", None, bodies.ContractSummary),
    "GET contracts/{contract_id}/documents": Operation(
        "List a contract's documents, newest first", None, list[DocumentView]
    ),
    "GET contracts/{contract_id}/documents/{number}": Operation(
        "Read a document's exact bytes", media="application/pdf", query=("save",)
    ),
    "POST contracts/{contract_id}/actions": Operation(
        "Act on a contract, as its page does", bodies.ActionBody, bodies.ContractSummary
    ),
    "POST contracts/{contract_id}/blocks": Operation(
        "Suspend (4.3, 5.4, 5.5, 6.4)", bodies.BlockBody, bodies.ContractSummary
    ),
    "DELETE contracts/{contract_id}/blocks/{reason}": Operation(
        "Lift a suspension", None, bodies.ContractSummary
    ),
    "POST contracts/{contract_id}/notices": Operation(
        "Give notice (3)", bodies.NoticeBody, bodies.ContractSummary
    ),
    "DELETE contracts/{contract_id}/notices": Operation(
        "Withdraw a notice, the other party agreeing", None, bodies.ContractSummary, query=("by",)
    ),
    "POST contracts/{contract_id}/payments": Operation(
        "Record a payment (6.3)", bodies.PaymentBody, bodies.ContractSummary
    ),
    "POST contracts/{contract_id}/days": Operation("Add a day (3)", bodies.DayBody, bodies.ContractSummary),
    "POST contracts/{contract_id}/rooms": Operation(
        "Rent one more room (2.1)", bodies.RoomBody, bodies.ContractSummary
    ),
    "GET rooms/{room_id}/members": Operation("List a room's people", None, list[Membership]),
    "POST rooms/{room_id}/members": Operation("Give somebody a role", bodies.MemberBody, Membership, 201),
    "DELETE rooms/{room_id}/members/{username}": Operation("Take somebody's role away", status=204),
    "POST rooms/{room_id}/members/{username}/invitation": Operation(
        "Make an invitation", None, bodies.InvitationAnswer, 201
    ),
    "POST statements": Operation(
        "Import a bank statement, CAMT.053 or CSV (6.3)",
        bytes,
        Imported,
        body_media="application/octet-stream",
    ),
    "GET statements/entries": Operation(
        "List statement entries, newest first", None, BankPage, query=("limit", "before", "state")
    ),
    "GET openapi.json": Operation("This document"),
}
"""Every operation below `api/`, but for the entitlement stream, which is between our own processes."""

_NAMES: Final = {
    "contracts": "contract_id",
    "rooms": "room_id",
    "customers": "customer_id",
    "members": "username",
    "blocks": "reason",
    "documents": "number",
}


def path_of(pattern: str) -> str:
    """Turn a route ("api/contracts/([^/]+)") into a template ("contracts/{contract_id}")."""
    parts = pattern.removeprefix("api/").split("/")
    joined = re.sub(r"\(\[\^/\]\+\)", "*", "/".join(parts)).split("/")
    named = [
        "{" + _NAMES[joined[place - 1]] + "}" if part == "*" else part for place, part in enumerate(joined)
    ]
    return "/".join(named)


@lru_cache(maxsize=4)
def document(server: str) -> bytes:
    """Make the document; `server` is where the API is."""
    wanted = [o.answers for o in OPERATIONS.values() if o.answers is not None]
    wanted += [o.body for o in OPERATIONS.values() if o.body not in (None, bytes)]
    wanted.append(bodies.ProblemDetails)
    schemas, components = msgspec.json.schema_components(wanted, ref_template="#/components/schemas/{name}")
    schema_of = {repr(kind): schema for kind, schema in zip(wanted, schemas, strict=True)}
    paths: dict[str, dict[str, Any]] = {}
    for name, operation in OPERATIONS.items():
        method, _, path = name.partition(" ")
        paths.setdefault(f"/{path}", {})[method.lower()] = _operation(method, path, operation, schema_of)
    return msgspec.json.encode(
        {
            "openapi": "3.1.0",
            "info": {"title": TITLE, "version": VERSION, "description": _DESCRIPTION},
            "servers": [{"url": server}],
            "security": [{SECURITY: []}],
            "paths": paths,
            "components": {
                "schemas": components,
                "securitySchemes": {
                    SECURITY: {
                        "type": "apiKey",
                        "in": "header",
                        "name": "Authorization",
                        "description": f"`token ...` of JupyterHub, with the scope `{CONTRACTS_SCOPE}`.",
                    }
                },
            },
        }
    )


_DESCRIPTION: Final = (
    "Contracts, invoices and payments. Errors are problem details (RFC 9457) in the language of "
    "`Accept-Language` (fr, en), with the clause that a refusal stands on. Every POST takes an "
    "`Idempotency-Key`: the same key with the same request gives the same answer and happens once. "
    "Lists go on at the `Link` with `rel=next`."
)


def _operation(method: str, path: str, operation: Operation, schema_of: dict[str, Any]) -> dict[str, Any]:
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for name in re.findall(r"{(\w+)}", path)
    ]
    parameters += [
        {"name": name, "in": "query", "required": False, "schema": {"type": "string"}}
        for name in operation.query
    ]
    if method == "POST":
        parameters.append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": False,
                "schema": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"},
            }
        )
    success: dict[str, Any] = {"description": operation.summary}
    if operation.media != "application/json":
        success["content"] = {operation.media: {"schema": {"type": "string", "format": "binary"}}}
    elif operation.answers is not None:
        success["content"] = {operation.media: {"schema": schema_of[repr(operation.answers)]}}
    problem = {"schema": schema_of[repr(bodies.ProblemDetails)]}
    made: dict[str, Any] = {
        "summary": operation.summary,
        "operationId": re.sub(r"\W+", "_", f"{method.lower()} {path}").strip("_"),
        "parameters": parameters,
        "responses": {
            str(operation.status): success,
            "default": {
                "description": "A refusal, as problem details",
                "content": {"application/problem+json": problem},
            },
        },
    }
    if operation.status == 201 and operation.body is bodies.MemberBody:
        made["responses"]["200"] = success  # they had a role already, and have the new one now
    if operation.body is bytes:
        content = {"schema": {"type": "string", "format": "binary"}}
        made["requestBody"] = {"required": True, "content": {operation.body_media: content}}
    elif operation.body is not None:
        content = {"schema": schema_of[repr(operation.body)]}
        made["requestBody"] = {"required": True, "content": {operation.body_media: content}}
    return made


class OpenApiHandler(BaseHandler):
    """`GET api/openapi.json`: nothing secret; it describes what everybody can read in the source."""

    gate = Gate.ANYBODY

    def get(self) -> None:
        self.set_header("Content-Type", "application/json")
        self.finish(document(f"{self.web.prefix}api"))
