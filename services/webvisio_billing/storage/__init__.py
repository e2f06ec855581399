"""The database: tables, migrations, and the few questions that are asked of it.

`Store` opens transactions; `journal`, `registry` and `publication` work inside
one. SQLite and PostgreSQL run the same code; what differs is in `database`.

All of it is synchronous, and the service runs it on one worker thread
(`application.worker`): SQLite has one writer anyway, PostgreSQL's round trips
then never hold up the heartbeats of the stream, and a transaction reads from
top to bottom without an await inside.
"""

from webvisio_billing.storage import document_tables as document_tables  # its tables belong to the schema
from webvisio_billing.storage import payment_tables as payment_tables  # its tables belong to the schema
