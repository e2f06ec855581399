"""Settings of files: where they lie, how much fits, what scans them; and the end of a key.

`files/` may lie on any disk, and in any backup: it is encrypted. `keys/` is what
opens it and belongs elsewhere; see docs/operator.md, "Files of rooms".
"""

import os
import sys
from pathlib import Path

from traitlets import Dict, Int, TraitError, Unicode, default, validate

from webvisio_protocol.identifiers import ContractId, CustomerId, is_identifier
from webvisio_rooms.application.custody import CustomerCustody
from webvisio_rooms.application.files import Files
from webvisio_rooms.application.returning import Stores
from webvisio_rooms.application.rooms import Rooms
from webvisio_rooms.domain.files import GB, FileLimits
from webvisio_rooms.files.keys import KeyFolder
from webvisio_rooms.files.scanner import Scanner
from webvisio_rooms.files.vault import Vault
from webvisio_rooms.storage.custody import Custody
from webvisio_rooms.storage.database import open_database
from webvisio_rooms.storage.document_store import DocumentStore
from webvisio_rooms.storage.file_store import FileStore
from webvisio_service.settings import StateSettings

ARCHIVES = "archives"
"""Archives lie beside the blobs of files: they are sealed alike, and clause 8.2 wants room for both."""


class KeySettings(StateSettings):
    """Where keys lie: what the service and its commands share."""

    database_name = "rooms"

    keys_folder = Unicode(
        help="One key a customer (WEBVISIO_KEYS; `keys` in the state folder). Destroying one destroys the data."
    ).tag(config=True)

    @default("keys_folder")
    def _default_keys_folder(self) -> str:
        return os.environ.get("WEBVISIO_KEYS") or str(Path(self.home).absolute() / "keys")

    def open_keys(self) -> KeyFolder:
        """Open the folder of keys."""
        return KeyFolder(Path(self.keys_folder))


class FileSettings(KeySettings):
    """How the service keeps files."""

    files_folder = Unicode(
        help="Encrypted content of files (WEBVISIO_FILES; `files` in the state folder)."
    ).tag(config=True)
    files_quota_gb = Int(
        min=0,
        help="What the rooms of a contract may store together, in GB, old versions included"
        " (WEBVISIO_FILES_QUOTA_GB; 20).",
    ).tag(config=True)
    files_quota_of_contract = Dict(
        value_trait=Int(min=0),
        key_trait=Unicode(),
        help="GB by contract, where one has another quota (WEBVISIO_FILES_QUOTA_OF_CONTRACT: `id=50,...`).",
    ).tag(config=True)
    largest_file_gb = Int(
        min=1, help="In GB; beyond it an upload is refused (WEBVISIO_LARGEST_FILE_GB; 2)."
    ).tag(config=True)
    clamd = Unicode(
        help="Virus scanner: `unix:/path` or `tcp:host:port` of ClamAV's clamd (WEBVISIO_CLAMD); empty: none."
    ).tag(config=True)

    @default("files_folder")
    def _default_files_folder(self) -> str:
        return os.environ.get("WEBVISIO_FILES") or str(Path(self.home).absolute() / "files")

    @default("files_quota_gb")
    def _default_quota(self) -> int:
        return int(os.environ.get("WEBVISIO_FILES_QUOTA_GB") or 20)

    @default("files_quota_of_contract")
    def _default_quota_of_contract(self) -> dict[str, int]:
        pairs = os.environ.get("WEBVISIO_FILES_QUOTA_OF_CONTRACT", "").split(",")
        return {name.strip(): int(gb) for name, _, gb in (pair.partition("=") for pair in pairs if pair)}

    @default("largest_file_gb")
    def _default_largest_file(self) -> int:
        return int(os.environ.get("WEBVISIO_LARGEST_FILE_GB") or 2)

    @default("clamd")
    def _default_clamd(self) -> str:
        return os.environ.get("WEBVISIO_CLAMD", "")

    @validate("clamd")
    def _check_clamd(self, proposal: dict[str, str]) -> str:
        address = proposal["value"]
        if address:
            try:
                Scanner(address)
            except ValueError as error:
                raise TraitError(str(error)) from error
        return address

    def open_files(self, rooms: Rooms) -> Files:
        """Put files together over the rooms they belong to."""
        quotas = {ContractId(name): gb * GB for name, gb in self.files_quota_of_contract.items()}
        return Files(
            rooms,
            FileStore(open_database(self.database_url())),
            Vault(Path(self.files_folder), self.open_keys()),
            FileLimits(self.files_quota_gb * GB, self.largest_file_gb * GB, quotas),
            Scanner(self.clamd) if self.clamd else None,
        )

    def open_custody(self, rooms: Rooms) -> CustomerCustody:
        """Put together what gives data back, and destroys it."""
        engine, keys = open_database(self.database_url()), self.open_keys()
        folder = Path(self.files_folder)
        stores = Stores(Custody(engine), DocumentStore(engine, keys), FileStore(engine), Vault(folder, keys))
        return CustomerCustody(rooms, stores, Vault(folder / ARCHIVES, keys), keys)


class DestroyCustomerKey(KeySettings):
    """`destroy-customer-key CUSTOMER CUSTOMER`: named twice, because nothing brings the content back."""

    name = "webvisio-rooms destroy-customer-key"
    description = "Destroys a customer's keys, and with them files and documents, for ever (clause 8.2)."

    def start(self) -> None:
        if (
            len(self.extra_args) != 2
            or len(set(self.extra_args)) != 1
            or not is_identifier(self.extra_args[0])
        ):
            sys.stderr.write(
                "the customer's identifier is expected, twice: nothing brings the content back\n"
            )
            self.exit(2)
        destroyed = self.open_keys().destroy(CustomerId(self.extra_args[0]))
        sys.stdout.write(
            f"{destroyed} keys destroyed in {self.keys_folder}; backups of that folder are yours\n"
        )
