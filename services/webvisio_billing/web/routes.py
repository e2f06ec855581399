"""Every route of the service, in one list that a test of tenancy can walk.

Patterns are below the service's prefix; none is served that is not here. Each
handler names its `gate` (see `base`).
"""

from tornado.web import Application, RequestHandler

from webvisio_billing.web import (
    account_pages,
    api,
    bank_pages,
    catalogue_pages,
    contact_pages,
    contract_page,
    data_pages,
    document_pages,
    home_page,
    openapi,
    operations,
    outbox_pages,
    pages,
    stream,
)
from webvisio_billing.web.frame import NotFound
from webvisio_billing.web.look import STATIC
from webvisio_billing.web.settings import WebSettings

_ID = "([^/]+)"

ROUTES: list[tuple[str, type[RequestHandler]]] = [
    ("", home_page.HomePage),
    ("contracts", pages.ListPage),
    ("customers/new", pages.NewCustomerPage),
    (f"customers/{_ID}", pages.CustomerPage),
    (f"customers/{_ID}/edit", document_pages.EditCustomerPage),
    (f"customers/{_ID}/contracts/new", pages.NewContractPage),
    (f"contracts/{_ID}", contract_page.ContractPage),
    (f"contracts/{_ID}/documents/{_ID}", document_pages.DocumentFile),
    (f"contracts/{_ID}/next-invoice", document_pages.NextInvoice),
    (f"contracts/{_ID}/act", contract_page.ContractActionPage),
    (f"contracts/{_ID}/rooms/{_ID}/members", contract_page.MembersPage),
    (f"contracts/{_ID}/data/destruction", data_pages.DestructionPage),
    (f"customers/{_ID}/contacts", contact_pages.ContactsPage),
    ("catalogue", catalogue_pages.CataloguePage),
    ("account", account_pages.AccountPage),
    (f"account/contracts/{_ID}/terms", account_pages.TermsPage),
    (f"account/contracts/{_ID}/pay", account_pages.PayPage),
    (f"account/contracts/{_ID}/documents/{_ID}", account_pages.AccountDocument),
    (f"account/contracts/{_ID}/data", data_pages.DataPage),
    (f"account/contracts/{_ID}/data/state", data_pages.DataState),
    (f"account/contracts/{_ID}/data/archive", data_pages.DataArchive),
    (f"account/checkouts/{_ID}/(return|cancel)", account_pages.CheckoutReturn),
    ("payments/paypal/webhook", account_pages.WebhookHandler),
    ("outbox", outbox_pages.OutboxPage),
    (f"outbox/{_ID}/letter.eml", outbox_pages.LetterFile),
    (f"outbox/{_ID}/retry", outbox_pages.RevivePage),
    ("payments", bank_pages.BankPage),
    ("payments/import", bank_pages.ImportPage),
    (f"payments/entries/{_ID}", bank_pages.EntryPage),
    (f"payments/checkouts/{_ID}", bank_pages.MismatchPage),
    ("stuck/retry", home_page.RetryPage),
    ("oauth_callback", pages.OAuthCallback),
    ("api/entitlements", stream.SnapshotHandler),
    ("api/entitlements/stream", stream.StreamHandler),
    ("api/openapi.json", openapi.OpenApiHandler),
    ("api/statements", api.StatementsHandler),
    ("api/statements/entries", api.EntriesHandler),
    (f"api/contracts/{_ID}/actions", api.ActionsHandler),
    ("api/customers", api.CustomersHandler),
    ("api/contracts", api.ContractsHandler),
    (f"api/contracts/{_ID}", api.ContractHandler),
    (f"api/contracts/{_ID}/documents", document_pages.DocumentsHandler),
    (f"api/contracts/{_ID}/documents/{_ID}", document_pages.DocumentHandler),
    (f"api/contracts/{_ID}/blocks", api.BlocksHandler),
    (f"api/contracts/{_ID}/blocks/{_ID}", api.BlockHandler),
    (f"api/contracts/{_ID}/notices", api.NoticesHandler),
    (f"api/contracts/{_ID}/payments", api.PaymentsHandler),
    (f"api/contracts/{_ID}/days", api.DaysHandler),
    (f"api/contracts/{_ID}/rooms", api.RoomsHandler),
    (f"api/rooms/{_ID}/members", api.MembersHandler),
    (f"api/rooms/{_ID}/members/{_ID}", api.MemberHandler),
    (f"api/rooms/{_ID}/members/{_ID}/invitation", api.InvitationHandler),
    ("health", operations.HealthHandler),
    ("metrics", operations.MetricsHandler),
    ("static/(.*)", pages.Styles),
]


def make_application(
    web: WebSettings, cookie_secret: bytes, heartbeat_s: float = stream.HEARTBEAT_S
) -> Application:
    """Put the routes below the prefix; XSRF is checked in `BaseHandler.prepare`, after who asks is known."""
    handlers = [
        (web.prefix + pattern, handler, {"path": str(STATIC)} if handler is pages.Styles else {})
        for pattern, handler in ROUTES
    ]
    return Application(
        handlers,
        webvisio=web,
        cookie_secret=cookie_secret,
        xsrf_cookies=False,
        default_handler_class=NotFound,
        log_function=lambda handler: None,
        heartbeat_s=heartbeat_s,
    )
