"""Small statements written for tests, one fact at a time."""

from __future__ import annotations


def camt(
    entries: str = "", *, opening: str = "100", closing: str = "100", version: str = "camt.053.001.08"
) -> bytes:
    """A camt.053 in VND."""
    return (
        f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:{version}"><BkToCstmrStmt><GrpHdr><MsgId>M</MsgId></GrpHdr>'
        "<Stmt><Id>S1</Id><Acct><Id><Othr><Id>0011</Id></Othr></Id><Ccy>VND</Ccy></Acct>"
        f"{balance('OPBD', opening)}{balance('CLBD', closing)}{entries}</Stmt></BkToCstmrStmt></Document>"
    ).encode()


def balance(code: str, amount: str) -> str:
    """One booked balance."""
    return (
        f'<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="VND">{amount}</Amt>'
        "<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-11-23</Dt></Dt></Bal>"
    )


def entry(
    amount: str = "50",
    *,
    sign: str = "CRDT",
    status: str = "<Sts><Cd>BOOK</Cd></Sts>",
    extra: str = "",
    details: str = "",
    currency: str = "VND",
    booked: str = "2026-11-23",
) -> str:
    """One entry."""
    return (
        f'<Ntry><Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>{sign}</CdtDbtInd>{extra}{status}'
        f"<BookgDt><Dt>{booked}</Dt></BookgDt><AcctSvcrRef>FT1</AcctSvcrRef>{details}</Ntry>"
    )


def mt940(
    *lines: str, opening: str = "C261123VND100,", closing: str = "C261123VND100,", end: str = "\r\n"
) -> bytes:
    """An MT940 message around ``lines``."""
    body = [":20:REF", ":25:0011", ":28C:1/1", f":60F:{opening}", *lines, f":62F:{closing}", "-", ""]
    return end.join(body).encode()
