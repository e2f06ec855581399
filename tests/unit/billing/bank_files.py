"""Bank statements as banks write them, for the tests: made by hand, names and accounts invented."""

from collections.abc import Sequence

IBAN_OF_ATELIER = "FR7630006000011234567890189"
OWN_IBAN = "FR1420041010050500013M02606"


def camt_entry(
    amount: str,
    text: str,
    *,
    side: str = "CRDT",
    day: str = "2026-11-20",
    name: str = "ATELIER LUMIERE",
    iban: str = IBAN_OF_ATELIER,
    reference: str = "REF-1",
    currency: str = "EUR",
    status: str = "<Sts><Cd>BOOK</Cd></Sts>",
) -> str:
    """One `Ntry`, as version 08 writes it."""
    party = "Dbtr" if side == "CRDT" else "Cdtr"
    return f"""
    <Ntry>
      <Amt Ccy="{currency}">{amount}</Amt>
      <CdtDbtInd>{side}</CdtDbtInd>
      {status}
      <BookgDt><Dt>{day}</Dt></BookgDt>
      <AcctSvcrRef>{reference}</AcctSvcrRef>
      <NtryDtls><TxDtls>
        <Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs>
        <RltdPties>
          <{party}><Pty><Nm>{name}</Nm></Pty></{party}>
          <{party}Acct><Id><IBAN>{iban}</IBAN></Id></{party}Acct>
        </RltdPties>
        <RmtInf><Ustrd>{text}</Ustrd></RmtInf>
      </TxDtls></NtryDtls>
    </Ntry>"""


def camt(*entries: str, opening: str | None = None, closing: str | None = None, version: str = "08") -> bytes:
    """A whole file; balances only where both are given."""
    balances = ""
    for code, amount in (("OPBD", opening), ("CLBD", closing)):
        if amount is not None:
            balances += f"""
    <Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>
      <Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-11-20</Dt></Dt></Bal>"""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}">
  <BkToCstmrStmt><GrpHdr><MsgId>M1</MsgId></GrpHdr><Stmt><Id>S1</Id>
    <Acct><Id><IBAN>{OWN_IBAN}</IBAN></Id><Ccy>EUR</Ccy></Acct>{balances}{"".join(entries)}
  </Stmt></BkToCstmrStmt>
</Document>
""".encode()


def csv_file(rows: Sequence[str], heading: str = "Date;Libellé;Montant;Devise") -> str:
    """A French CSV below two lines of preamble."""
    preamble = ["Compte courant n° 12345", "Période du 01/11/2026 au 30/11/2026", ""]
    return "\r\n".join([*preamble, heading, *rows, ""])
