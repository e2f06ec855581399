"""Letters by electronic mail: over SMTP, or as files that the operator sends by hand.

A letter keeps one Message-ID however often it is sent, so that a second
delivery is recognised; in the folder the second file takes the place of the
first. Nothing of a letter is ever logged.
"""

import hashlib
import os
import smtplib
import ssl
from collections.abc import Mapping
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from html import escape
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import SplitResult, unquote, urlsplit

import msgspec

from webvisio_billing.application.messages import LetterPayload
from webvisio_billing.application.policy import PolicyInvalid
from webvisio_billing.domain.letters import LetterKind
from webvisio_billing.outbox import wording
from webvisio_billing.storage.outbox import Message
from webvisio_protocol.signalling import Locale

SMTP_TIMEOUT_S: Final = 30
MAX_ATTACHMENT_BYTES: Final = 10 * 1024 * 1024
FOLDER: Final = "outbox"
"""Below WEBVISIO_HOME: where letters lie while no SMTP server is set."""

_RULE: Final = "\n" + "-" * 40 + "\n\n"
"""Between a text and the same in another language."""

_payloads = msgspec.json.Decoder(LetterPayload)


class Undelivered(Exception):  # noqa: N818 - a statement reads better
    """A message did not go out; `code` is stable and tells nothing of anybody."""

    def __init__(self, code: str, *, is_final: bool = False, is_waiting: bool = False) -> None:
        super().__init__(code)
        self.code = code
        self.is_final = is_final
        """It would fail however often it is tried."""
        self.is_waiting = is_waiting
        """It waits for something of ours: no failure, and never given up."""


class Sender(msgspec.Struct, frozen=True):
    """Whom letters come from."""

    name: str
    address: str


class Recipient(msgspec.Struct, frozen=True):
    """Whom a letter goes to: the customer's contact, and language of documents, as they are now."""

    name: str
    address: str
    is_bilingual: bool = False
    """French with English beside, as on the customer's documents."""


class Attachment(msgspec.Struct, frozen=True):
    """A document that goes with a letter."""

    filename: str
    content: bytes


class Post(Protocol):
    """Where composed letters go."""

    def send(self, letter: EmailMessage) -> None:
        """Send a letter; raises `Undelivered`."""


class FolderPost:
    """Writes each letter as a file that mail programs open."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, letter: EmailMessage) -> None:
        """Write the file whole or not at all; the same letter takes the same place."""
        name = str(letter["Message-ID"]).strip("<>").partition("@")[0]
        target = self._folder / f"{name}.eml"
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            part = target.with_suffix(".part")
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(letter.as_bytes(policy=SMTP))
                file.flush()
                os.fsync(file.fileno())
            part.replace(target)
        except OSError as error:
            raise Undelivered("folder_unwritable") from error


class SmtpPost:
    """Hands letters to the operator's mail server."""

    def __init__(self, url: SplitResult) -> None:
        self._url = url

    def send(self, letter: EmailMessage) -> None:
        """Send one letter over a connection of its own: a run sends few at a time."""
        try:
            with self._connect() as server:
                server.send_message(letter)
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            raise Undelivered("recipient_refused", is_final=all(code >= 500 for code in codes)) from error
        except smtplib.SMTPAuthenticationError as error:
            raise Undelivered("smtp_login_refused") from error
        except smtplib.SMTPResponseException as error:
            raise Undelivered(f"smtp_{error.smtp_code}") from error
        except (OSError, smtplib.SMTPException) as error:
            raise Undelivered("smtp_unreachable") from error

    def _connect(self) -> smtplib.SMTP:
        host, url = self._url.hostname or "", self._url
        trusted = ssl.create_default_context()
        server: smtplib.SMTP
        if url.scheme == "smtps":
            server = smtplib.SMTP_SSL(host, url.port or 465, timeout=SMTP_TIMEOUT_S, context=trusted)
        else:
            server = smtplib.SMTP(host, url.port or 25, timeout=SMTP_TIMEOUT_S)
            if url.scheme == "smtp+starttls":
                server.starttls(context=trusted)
        if url.username:
            server.login(unquote(url.username), unquote(url.password or ""))
        return server


def post_from_environment(environment: Mapping[str, str]) -> Post:
    """Choose the way out: WEBVISIO_SMTP_URL, or files below WEBVISIO_HOME. Raises `PolicyInvalid`."""
    variable = "WEBVISIO_SMTP_URL"
    found = environment.get(variable)
    if not found:
        return FolderPost(folder_from_environment(environment))
    try:
        url = urlsplit(found)
        is_known = url.scheme in ("smtp", "smtp+starttls", "smtps") and bool(url.hostname) and url.port != 0
    except ValueError:
        is_known = False
    if not is_known:
        raise PolicyInvalid(f"{variable} must be smtp://, smtp+starttls:// or smtps:// and a host")
    if url.username and url.scheme == "smtp":
        raise PolicyInvalid(f"{variable} would send its password in the clear: use smtp+starttls or smtps")
    return SmtpPost(url)


def folder_from_environment(environment: Mapping[str, str]) -> Path:
    """Tell where letters lie while no SMTP server is set."""
    return Path(environment.get("WEBVISIO_HOME") or "var").absolute() / FOLDER


def sender_from_environment(environment: Mapping[str, str], name: str) -> Sender:
    """Say whom letters come from: WEBVISIO_MAIL_FROM. Raises `PolicyInvalid`."""
    variable = "WEBVISIO_MAIL_FROM"
    address = environment.get(variable) or "billing@localhost"
    if not _is_address(address):
        raise PolicyInvalid(f"{variable} must be one mail address")
    if environment.get("WEBVISIO_SMTP_URL") and not environment.get(variable):
        raise PolicyInvalid(f"WEBVISIO_SMTP_URL needs {variable}, whom letters come from")
    return Sender(name, address)


def compose(
    message: Message, sender: Sender, recipient: Recipient, attachments: tuple[Attachment, ...]
) -> EmailMessage:
    """Write a letter out; raises `Undelivered` for good where nobody can get it."""
    if not recipient.address:
        raise Undelivered("address_missing", is_final=True)
    if not _is_address(recipient.address):
        raise Undelivered("address_invalid", is_final=True)
    letter = write_out(message, sender, recipient, attachments)
    letter["To"] = Address(_one_line(recipient.name), addr_spec=recipient.address)
    return letter


def write_out(
    message: Message, sender: Sender, recipient: Recipient, attachments: tuple[Attachment, ...]
) -> EmailMessage:
    """Write a letter out without its address, as the operator may read and send it.

    French, the language of the contract, comes first; English follows where the
    customer's documents have it too, or the terms were accepted in it.
    """
    payload = _payloads.decode(message.payload)
    locales: tuple[Locale, ...] = (
        ("fr", "en") if recipient.is_bilingual or payload.locale == "en" else ("fr",)
    )
    kind = LetterKind(message.kind)
    said = {each: wording.word(kind, payload.facts, message.contract_id, each) for each in locales}
    texts = {
        each: (wording.greet(recipient.name, each), *worded.paragraphs, wording.close(each), sender.name)
        for each, worded in said.items()
    }
    subject = " / ".join(worded.subject for worded in said.values())
    letter = EmailMessage(policy=SMTP)
    letter["Subject"] = subject
    letter["From"] = Address(_one_line(sender.name), addr_spec=sender.address)
    letter["Date"] = message.created_at
    letter["Message-ID"] = message_id(message.key, sender.address)
    letter["Auto-Submitted"] = "auto-generated"
    letter.set_content(_RULE.join("\n\n".join(lines) + "\n" for lines in texts.values()))
    letter.add_alternative(_page(subject, texts), subtype="html")
    for attachment in attachments:
        letter.add_attachment(
            attachment.content, maintype="application", subtype="pdf", filename=attachment.filename
        )
    letter["Content-Language"] = ", ".join(locales)  # last: each part takes such headers with it
    return letter


def message_id(key: str, address: str) -> str:
    """Make the Message-ID of a letter: the same however often it is made."""
    name = hashlib.sha256(key.encode()).hexdigest()[:32]
    return f"<{name}@{address.rpartition('@')[2]}>"


def _is_address(text: str) -> bool:
    try:
        address = Address(addr_spec=text)
    except (ValueError, IndexError):
        return False
    return bool(address.username and address.domain) and text.isprintable() and " " not in text


def _one_line(name: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in name).split())


def _page(subject: str, texts: Mapping[Locale, tuple[str, ...]]) -> str:
    """Set the same lines as a page: readable in any mail program, nothing is fetched."""
    parts = '<hr style="margin:32px 0">'.join(_part(lines, locale) for locale, lines in texts.items())
    return (
        f'<!doctype html><html lang="fr"><head><meta charset="utf-8">'
        f'<meta name="color-scheme" content="light dark"><title>{escape(subject)}</title></head>'
        '<body style="margin:0;padding:32px 16px;font:16px/1.5 system-ui,sans-serif">'
        f'<div style="max-width:36em;margin:0 auto">{parts}</div></body></html>'
    )


def _part(lines: tuple[str, ...], locale: Locale) -> str:
    *body, name = lines
    paragraphs = "".join(f'<p style="margin:0 0 16px">{escape(line)}</p>' for line in body)
    return f'<div lang="{locale}">{paragraphs}<p style="margin:0;font-weight:600">{escape(name)}</p></div>'
