"""`python -m webvisio_rooms return-data CUSTOMER ARCHIVE.zip`: gives a customer's data back (clause 8.2).

Service running or not. The archive is there when it is whole: it grows under
another name, readable by its owner alone. What is printed is its SHA-256, which
the certificate of the disposal asks for, and its name, as `sha256sum` does.
"""

import hashlib
import os
import sys
from pathlib import Path

from webvisio_entitlements.clock import clock_from_environment
from webvisio_protocol.identifiers import CustomerId, is_identifier
from webvisio_rooms.application.returning import Stores, return_data
from webvisio_rooms.file_settings import FileSettings
from webvisio_rooms.files.vault import Vault
from webvisio_rooms.storage.custody import Custody
from webvisio_rooms.storage.database import migrate, open_database
from webvisio_rooms.storage.document_store import DocumentStore
from webvisio_rooms.storage.file_store import FileStore


class ReturnData(FileSettings):
    """See the module."""

    name = "webvisio-rooms return-data"
    description = "Writes everything that a customer's rooms hold into one archive (clause 8.2)."

    def start(self) -> None:
        if len(self.extra_args) != 2 or not is_identifier(self.extra_args[0]):
            sys.stderr.write("a customer's identifier and the archive's name are expected\n")
            self.exit(2)
        customer_id, target = CustomerId(self.extra_args[0]), Path(self.extra_args[1])
        growing = target.with_name(f"{target.name}.part")
        if target.exists():
            sys.stderr.write(f"{target} is there already\n")
            self.exit(2)
        engine = open_database(self.database_url())
        migrate(engine)
        keys = self.open_keys()
        stores = Stores(
            Custody(engine),
            DocumentStore(engine, keys),
            FileStore(engine),
            Vault(Path(self.files_folder), keys),
        )
        if not stores.custody.rooms(customer_id):
            sys.stderr.write("no room of this customer is known\n")
            self.exit(2)
        growing.unlink(missing_ok=True)
        descriptor = os.open(growing, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w+b") as file:
            count, unreadable = return_data(stores, customer_id, clock_from_environment().now(), file)
            file.flush()
            os.fsync(file.fileno())
        with growing.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        growing.rename(target)
        engine.dispose()
        sys.stdout.write(f"{digest}  {target}\n")
        sys.stderr.write(f"{count} entries; {len(unreadable)} could not be read (manifest.json names them)\n")
        if unreadable:
            self.exit(1)
