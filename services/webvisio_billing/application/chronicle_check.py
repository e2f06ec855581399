"""Checks the chronicle and reckons every record beside the contracts again from it.

The chain is walked from its first line; what is remembered of a record is the
place and the digest of its newest line, so that memory does not grow with
names and texts. Then each row is compared with its line, and the columns that
differ are named.
"""

import hashlib
from typing import Final

from sqlalchemy.orm import Session

from webvisio_billing.application.findings import Anchored, Head, Place, Report
from webvisio_billing.domain.chronicle import ROOT, seal
from webvisio_billing.storage import chronicle
from webvisio_billing.storage.tables import Base

CHAIN: Final = "chronicle"

Newest = dict[tuple[str, str], tuple[int, bytes]]
"""By table and key: the place of the newest line, and the SHA-256 of what it says."""


def check(session: Session, report: Report, anchored: Anchored) -> int:
    """Check chain and records; tells how many lines hold."""
    position, newest = _walk(session, report, anchored)
    if newest is not None:
        for kind in chronicle.GUARDED:
            _compare(session, report, kind, newest)
        for (table, subject), (ordinal, _) in newest.items():
            report.found(
                Place.RECORDS, f"{table}/{subject}", f"is gone since line {ordinal} of the chronicle"
            )
    return position


def _walk(session: Session, report: Report, anchored: Anchored) -> tuple[int, Newest | None]:
    """Follow the chain; None where it does not hold."""
    anchor = anchored.get(CHAIN)
    is_anchor_met = anchor is None
    last, position = ROOT, 0
    newest: Newest = {}
    try:
        for stored in chronicle.read(session):
            line = stored.line
            last = seal(last, position + 1, line)
            if stored.ordinal != position + 1 or stored.hash != last:
                report.found(Place.CHRONICLE, CHAIN, f"does not hold at line {position + 1}")
                return position, None
            position += 1
            if line.content:
                newest[line.kind, line.subject] = position, hashlib.sha256(line.content).digest()
            else:
                newest.pop((line.kind, line.subject), None)
            if anchor is not None and anchor.position == position:
                is_anchor_met = anchor.hash == last.hex()
    except (ValueError, TypeError):  # a date that is none
        report.found(Place.CHRONICLE, CHAIN, f"cannot be read behind line {position}")
        return position, None
    if not is_anchor_met:
        report.found(Place.ANCHOR, CHAIN, "is not the one that was anchored")
    report.lines = position
    report.heads.append(Head(CHAIN, position, last.hex()))
    return position, newest


def _compare(session: Session, report: Report, kind: type[Base], newest: Newest) -> None:
    """Compare the rows of a table with their lines; what is met is taken out of `newest`."""
    table = kind.__tablename__
    for subject, said in chronicle.read_rows(session, kind):
        record = f"{table}/{subject}"
        known = newest.pop((table, subject), None)
        if known is None:
            report.found(Place.RECORDS, record, "is in no line of the chronicle")
            continue
        ordinal, digest = known
        if hashlib.sha256(said).digest() == digest:
            continue
        line = chronicle.find(session, ordinal)
        assert line is not None, "it was just read"
        was, now = chronicle.said_by(line.content), chronicle.said_by(said)
        differing = ", ".join(sorted(name for name in was if was[name] != now.get(name)))
        problem = f"{differing}: not what line {ordinal} of the chronicle says"
        report.found(Place.RECORDS, record, problem)
