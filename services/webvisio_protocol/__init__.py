"""One schema for every process and for the browser.

Messages, identifiers, refusals and entitlements are declared here once, as
msgspec structs; `python -m webvisio_protocol.typescript` writes the
TypeScript the browser uses. Nothing here does I/O or reads a clock.
"""

PROTOCOL_VERSION = 1
"""The signalling version a client states in `Hello`; a mismatch is refused."""
