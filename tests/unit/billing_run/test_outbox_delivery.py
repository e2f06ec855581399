"""Letters and notifications go out at least once, under one key, with back-off; what fails is shown."""

import asyncio
import logging
import smtplib
import socketserver
import threading
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from msgspec import structs
from run_world import HOOK, OPERATOR, POLICY, START, HandClock, Postbox, courier, order
from sqlalchemy import update
from standardwebhooks import Webhook, WebhookVerificationError

from shared.patience import PATIENCE_S
from webvisio_billing.application.contracts import Billing
from webvisio_billing.application.worker import Worker
from webvisio_billing.outbox.courier import RETRIES, Courier
from webvisio_billing.outbox.deliverer import Deliverer
from webvisio_billing.outbox.mail import FolderPost, Sender, SmtpPost, Undelivered, message_id
from webvisio_billing.outbox.webhooks import SignedSubscriber, signed_headers, webhook_id_of
from webvisio_billing.storage import outbox, registry
from webvisio_billing.storage.database import Store
from webvisio_billing.storage.outbox import Message, State
from webvisio_billing.storage.tables import OutboxRow
from webvisio_protocol.identifiers import CustomerId

SECRET = "whsec_" + "dGhpcyBpcyBhIHNlY3JldCBvZiB0aGUgdGVzdHM="
SENDER = Sender("Démo Visio", "billing@seller.example")


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def ordered(store: Store, clock: HandClock) -> Store:
    """One contract: one letter and six notifications wait."""
    order(Billing(store, clock, policy=POLICY), "client", START.date(), email="contact@client.example")
    return store


def messages(store: Store, state: State | None = None) -> list[Message]:
    with store.transaction() as session:
        return outbox.newest(session, state)


class Failing(Postbox):
    """Fails as told, then takes everything in."""

    def __init__(self, *failures: Undelivered) -> None:
        super().__init__()
        self.failures = list(failures)

    def send(self, letter: EmailMessage) -> None:
        if self.failures:
            raise self.failures.pop(0)
        super().send(letter)


def test_a_letter_goes_out_once_with_its_document(ordered: Store, clock: HandClock) -> None:
    box = Postbox()
    asked: list[str] = []

    def document(number: str) -> bytes:
        asked.append(number)
        return b"%PDF-1.7 of " + number.encode()

    done = Courier(ordered, clock, box, SENDER, box, document).finish()
    assert done.delivered == 1 + len(box.notified)
    (letter,) = box.letters
    assert letter["To"] == "contact@client.example"
    assert str(letter["Subject"]).startswith("Facture F2026-000001")
    assert letter["Auto-Submitted"] == "auto-generated"
    (attached,) = letter.iter_attachments()
    assert attached.get_filename() == "F2026-000001.pdf"
    assert attached.get_content() == b"%PDF-1.7 of F2026-000001"
    body = letter.get_body(("plain",))
    assert body is not None
    assert "120,00" in body.get_content()
    assert asked == ["F2026-000001"]
    assert courier(ordered, clock, box).finish().delivered == 0


@pytest.mark.parametrize(
    ("layout", "accepted", "spoken"),
    [("fr", None, "fr"), ("fr-en", None, "fr, en"), ("fr", "fr", "fr"), ("fr", "en", "fr, en")],
)
def test_a_letter_speaks_the_languages_of_its_customer(
    store: Store, clock: HandClock, layout: str, accepted: str | None, spoken: str
) -> None:
    """Those of the customer's documents as they are now, and the one in which the terms were accepted online."""
    billing = Billing(store, clock)
    other = "fr-en" if layout == "fr" else "fr"
    contract_id = order(billing, "client", START.date(), email="contact@client.example", layout=other)
    with store.transaction() as session:
        known = registry.customer(session, CustomerId("client"))
        assert known is not None
        details = structs.replace(known.details, document_layout=layout)
        registry.change_customer(session, structs.replace(known, details=details), START, OPERATOR)
        (message,) = [m for m in outbox.newest(session) if m.contract_id == contract_id]
        if accepted is not None:
            payload = message.payload.replace(b'"locale":"fr"', f'"locale":"{accepted}"'.encode())
            row = update(OutboxRow).values(payload=payload)
            session.execute(row.where(OutboxRow.message_id == message.message_id))
    box = Postbox()

    courier(store, clock, box).finish()

    (letter,) = box.letters
    assert letter["Content-Language"] == spoken
    is_bilingual = spoken == "fr, en"
    assert str(letter["Subject"]).startswith("Facture F2026-000001")
    assert ("/ Invoice F2026-000001" in str(letter["Subject"])) is is_bilingual
    for kind in ("plain", "html"):
        body = letter.get_body((kind,))
        assert body is not None
        text = body.get_content()
        french, rest = text.index("Cordialement"), text.find("Kind regards")
        assert (rest > french) is is_bilingual
        assert "Bonjour" in text
        assert ("Hello" in text) is is_bilingual
        if kind == "html":
            assert ('<div lang="en">' in text) is is_bilingual
            assert '<div lang="fr">' in text


def test_a_letter_waits_for_its_document_however_long(ordered: Store, clock: HandClock) -> None:
    box = Postbox()
    waiting = Courier(ordered, clock, box, SENDER, box, lambda number: None)
    for _ in range(3 * len(RETRIES)):
        waiting.finish()
        clock.instant += timedelta(hours=1)
    assert [m.error for m in messages(ordered, State.WAITING)] == ["document_not_ready"]
    Courier(ordered, clock, box, SENDER, box, lambda number: b"%PDF").finish()
    assert len(box.letters) == 1


def test_a_failure_is_tried_again_later_and_later_and_given_up_in_the_open(
    ordered: Store, clock: HandClock
) -> None:
    box = Failing(*[Undelivered("smtp_unreachable")] * 99)
    mine = courier(ordered, clock, box)
    waited: list[timedelta] = []
    while True:
        mine.finish()
        due = [m.due_at for m in messages(ordered, State.WAITING)]
        if not due:
            break
        waited.append(due[0] - clock.instant)
        clock.instant = due[0] - timedelta(microseconds=1)
        assert mine.claim() == []
        clock.instant = due[0]
    assert tuple(waited) == RETRIES
    (dead,) = messages(ordered, State.DEAD)
    assert (dead.error, dead.attempts) == ("smtp_unreachable", len(RETRIES) + 1)
    assert mine.revive(dead.message_id, OPERATOR)
    assert not mine.revive(dead.message_id, OPERATOR)
    box.failures.clear()
    assert mine.finish().delivered == 1
    assert [str(letter["Message-ID"]) for letter in box.letters] == [
        message_id(dead.key, "billing@seller.example")
    ]


def test_what_can_never_go_out_is_given_up_at_once(ordered: Store, clock: HandClock) -> None:
    courier(ordered, clock, Failing(Undelivered("recipient_refused", is_final=True))).finish()
    assert [m.error for m in messages(ordered, State.DEAD)] == ["recipient_refused"]


@pytest.mark.parametrize(
    ("address", "code"),
    [("", "address_missing"), ("nobody", "address_invalid"), ("a@b\r\nBcc: c@d", "address_invalid")],
)
def test_a_letter_without_a_good_address_needs_somebody(
    store: Store, clock: HandClock, address: str, code: str
) -> None:
    order(Billing(store, clock), "client", START.date(), email=address)
    box = Postbox()
    courier(store, clock, box).finish()
    assert [m.error for m in messages(store, State.DEAD)] == [code]
    assert box.letters == []


def test_one_bad_message_holds_up_no_other(ordered: Store, clock: HandClock) -> None:
    class Broken(Postbox):
        def send(self, letter: EmailMessage) -> None:
            raise ZeroDivisionError

    box = Broken()
    courier(ordered, clock, box).finish()
    assert len(box.notified) >= 5
    assert [m.error for m in messages(ordered, State.WAITING)] == ["defect"]


def test_two_couriers_never_have_the_same_message(ordered: Store, clock: HandClock) -> None:
    one, two = (courier(ordered, clock, Postbox()) for _ in range(2))
    first = {parcel.message.key for parcel in one.claim()}
    assert first
    assert two.claim() == []
    clock.instant += outbox.CLAIM
    assert {parcel.message.key for parcel in two.claim()} == first


def test_nothing_of_a_letter_is_logged(
    ordered: Store, clock: HandClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    courier(ordered, clock, Failing(Undelivered("smtp_unreachable"))).finish()
    told = caplog.text
    assert "smtp_unreachable" in told
    for secret in ("client.example", "contact", "Client", "120"):
        assert secret not in told


def test_delivered_messages_are_forgotten_after_a_year_and_more(ordered: Store, clock: HandClock) -> None:
    mine = courier(ordered, clock, Postbox())
    mine.finish()
    count = len(messages(ordered))
    clock.instant += outbox.KEPT_FOR
    mine.claim()
    assert len(messages(ordered)) == count
    clock.instant += timedelta(seconds=1) + outbox.CLAIM
    mine.claim()
    assert messages(ordered) == []


# ---- letters as files, and by SMTP -----------------------------------------------------


def test_without_a_server_letters_are_files_that_mail_programs_open(
    ordered: Store, clock: HandClock, tmp_path: Path
) -> None:
    box = Postbox()
    Courier(ordered, clock, FolderPost(tmp_path / "outbox"), SENDER, box).finish()
    (path,) = (tmp_path / "outbox").iterdir()
    assert path.suffix == ".eml"
    assert path.stat().st_mode & 0o077 == 0
    letter = message_from_bytes(path.read_bytes(), policy=policy.default)
    assert letter["From"] == "Démo Visio <billing@seller.example>"
    assert {part.get_content_type() for part in letter.walk()} >= {"text/plain", "text/html"}


def test_the_same_letter_takes_the_same_file(ordered: Store, clock: HandClock, tmp_path: Path) -> None:
    post = FolderPost(tmp_path)
    mine = Courier(ordered, clock, post, SENDER, Postbox())
    parcels = mine.claim()
    for _ in range(2):
        assert [mine.deliver(parcel) for parcel in parcels] == [None] * len(parcels)
    assert len(list(tmp_path.glob("*.eml"))) == 1


def test_a_folder_that_cannot_be_written_is_told(ordered: Store, clock: HandClock, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    Courier(ordered, clock, FolderPost(tmp_path / "taken"), SENDER, Postbox()).finish()
    assert [m.error for m in messages(ordered, State.WAITING)] == ["folder_unwritable"]


class SmtpConversation(socketserver.StreamRequestHandler):
    """Enough of RFC 5321 to take a letter in, or to refuse its recipient."""

    def handle(self) -> None:
        server: SmtpServer = self.server  # type: ignore[assignment]
        self._say("220 mail.example")
        while line := self.rfile.readline():
            verb = line[:4].upper()
            if verb == b"DATA":
                self._say("354 go on")
                lines = []
                while (part := self.rfile.readline()) != b".\r\n":
                    lines.append(part)
                server.letters.append(b"".join(lines))
                self._say("250 taken")
            elif verb == b"QUIT":
                self._say("221 bye")
                return
            elif verb == b"RCPT":
                self._say(server.answer_to_recipient)
            else:
                self._say("250 ok")

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


class SmtpServer(socketserver.ThreadingTCPServer):
    daemon_threads = True
    answer_to_recipient = "250 ok"

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), SmtpConversation)
        self.letters: list[bytes] = []


@pytest.fixture
def smtp() -> Iterator[SmtpServer]:
    with SmtpServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def smtp_post(server: SmtpServer) -> SmtpPost:
    return SmtpPost(urlsplit(f"smtp://127.0.0.1:{server.server_address[1]}"))


def test_a_letter_goes_over_smtp(ordered: Store, clock: HandClock, smtp: SmtpServer) -> None:
    Courier(ordered, clock, smtp_post(smtp), SENDER, Postbox()).finish()
    (taken,) = smtp.letters
    assert message_from_bytes(taken, policy=policy.default)["To"] == "contact@client.example"
    assert messages(ordered, State.DEAD) == []


@pytest.mark.parametrize(
    ("answer", "state", "error"),
    [
        ("550 no such mailbox", State.DEAD, "recipient_refused"),
        ("450 try later", State.WAITING, "recipient_refused"),
    ],
)
def test_a_refused_recipient_is_told(
    ordered: Store, clock: HandClock, smtp: SmtpServer, answer: str, state: State, error: str
) -> None:
    smtp.answer_to_recipient = answer
    Courier(ordered, clock, smtp_post(smtp), SENDER, Postbox()).finish()
    assert [m.error for m in messages(ordered, state)] == [error]


def test_a_server_that_is_away_is_told(ordered: Store, clock: HandClock) -> None:
    with SmtpServer() as gone:
        post = smtp_post(gone)
    Courier(ordered, clock, post, SENDER, Postbox()).finish()
    assert [m.error for m in messages(ordered, State.WAITING)] == ["smtp_unreachable"]
    assert issubclass(smtplib.SMTPConnectError, smtplib.SMTPResponseException)


# ---- webhooks ---------------------------------------------------------------------------


def subscribed(answers: list[int], seen: list[httpx.Request]) -> SignedSubscriber:
    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(
            answers.pop(0) if answers else 204, headers={"Location": "https://evil.example"}
        )

    return SignedSubscriber(SECRET, httpx.MockTransport(answer))


def test_a_notification_is_signed_so_that_the_reference_library_verifies_it(ordered: Store) -> None:
    seen: list[httpx.Request] = []
    now = HandClock()
    import datetime as calendar

    now.instant = calendar.datetime.now(calendar.UTC)  # the library compares with the machine's clock
    Courier(ordered, now, Postbox(), SENDER, subscribed([], seen)).finish()
    assert {str(request.url) for request in seen} == {HOOK}
    told = [Webhook(SECRET).verify(request.content, dict(request.headers)) for request in seen]
    assert [one["type"] for one in told][:2] == ["contract.contract_ordered", "contract.contract_accepted"]
    assert told[-1]["data"]["contract_id"] == "client-1"
    assert told[-1]["data"]["number"] == "F2026-000001"
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(seen[0].content.replace(b"client", b"cliemt"), dict(seen[0].headers))
    assert len({request.headers["webhook-id"] for request in seen}) == len(seen)
    assert not any(word in request.content for request in seen for word in (b"@", b"Client", b"olga"))


@pytest.mark.parametrize(
    ("status", "state", "error"),
    [
        (500, State.WAITING, "http_500"),
        (302, State.WAITING, "http_302"),
        (404, State.WAITING, "http_404"),
        (410, State.DEAD, "http_410"),
    ],
)
def test_an_answer_that_is_no_receipt_is_told(
    ordered: Store, clock: HandClock, status: int, state: State, error: str
) -> None:
    seen: list[httpx.Request] = []
    mine = Courier(ordered, clock, Postbox(), SENDER, subscribed([status], seen))
    mine.finish()
    (failed,) = messages(ordered, state)
    assert failed.error == error
    if state is State.WAITING:
        clock.instant = failed.due_at
        mine.finish()
        assert [r.headers["webhook-id"] for r in seen].count(webhook_id_of(failed.key)) == 2
        assert messages(ordered, State.WAITING) == []


def test_a_subscriber_that_is_away_is_told(ordered: Store, clock: HandClock) -> None:
    def away(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    subscriber = SignedSubscriber(SECRET, httpx.MockTransport(away))
    Courier(ordered, clock, Postbox(), SENDER, subscriber).finish()
    assert {m.error for m in messages(ordered, State.WAITING)} == {"endpoint_unreachable"}


def test_a_signature_changes_with_everything_it_covers(ordered: Store) -> None:
    one, two = [m for m in messages(ordered) if m.channel is outbox.Channel.WEBHOOK][:2]
    signed = {
        signed_headers(SECRET, message, now)["webhook-signature"]
        for message in (one, two)
        for now in (START, START + timedelta(seconds=1))
    }
    assert len(signed) == 4


# ---- beside the service -----------------------------------------------------------------


async def test_the_deliverer_wakes_at_a_commit_and_outlives_a_database_that_was_away(
    ordered: Store, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker, loop = Worker(), asyncio.get_running_loop()
    arrived = asyncio.Queue[str]()

    class Telling(Postbox):
        def send(self, letter: EmailMessage) -> None:
            loop.call_soon_threadsafe(arrived.put_nowait, str(letter["Subject"]))

    mine = courier(ordered, clock, Telling())
    claim, failures = mine.claim, [OSError("no database")]

    def sometimes() -> object:
        if failures:
            loop.call_soon_threadsafe(arrived.put_nowait, "away")
            raise failures.pop()
        return claim()

    monkeypatch.setattr(mine, "claim", sometimes)
    deliverer = Deliverer(mine, worker, clock)
    deliverer.start()
    assert await asyncio.wait_for(arrived.get(), PATIENCE_S) == "away"
    deliverer.nudge()
    assert (await asyncio.wait_for(arrived.get(), PATIENCE_S)).startswith("Facture")
    order(Billing(ordered, clock), "second", START.date(), email="contact@second.example")
    deliverer.nudge()
    assert "F2026-000002" in await asyncio.wait_for(arrived.get(), PATIENCE_S)
    await deliverer.stop()
    worker.close()
