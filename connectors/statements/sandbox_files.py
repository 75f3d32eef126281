"""Statement files as the sandbox bank and treasury write them: by string building of their own, from the standards."""

from __future__ import annotations

from datetime import date
from xml.sax.saxutils import escape

from connectors.statements.sandbox_books import Account, BookLine

FORMATS = ("camt053", "mt940", "csv", "treasury")


def file_name(account: Account, day: date, kind: str, copy: int = 1) -> str:
    """The name under which a day's file is offered."""
    ending = {"camt053": "xml", "mt940": "sta"}.get(kind, "csv")
    again = "" if copy == 1 else f"_{copy}"
    return f"{'KBNN' if kind == 'treasury' else 'SK'}_{account.number}_{day:%Y%m%d}{again}.{ending}"


def write(account: Account, day: date, kind: str, *, off_by: int = 0) -> bytes:
    """The file of one day. ``off_by`` falsifies the closing balance or total by that much."""
    writer = {"camt053": _camt053, "mt940": _mt940, "csv": _csv, "treasury": _treasury}[kind]
    return writer(account, day, off_by)


def _ends(account: Account, day: date, off_by: int) -> tuple[int, int]:
    opening = account.balance(day)
    return opening, opening + sum(line.amount for line in account.on(day)) + off_by


def _camt053(account: Account, day: date, off_by: int) -> bytes:
    opening, closing = _ends(account, day, off_by)
    entries = "".join(_entry(line) for line in account.on(day))
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>'
        f"<GrpHdr><MsgId>SB{account.number}{day:%Y%m%d}</MsgId><CreDtTm>{day}T23:59:59+07:00</CreDtTm></GrpHdr>"
        f"<Stmt><Id>SB{account.number}-{day:%Y%m%d}</Id><ElctrncSeqNb>{day:%j}</ElctrncSeqNb>"
        f"<CreDtTm>{day}T23:59:59+07:00</CreDtTm>"
        f"<Acct><Id><Othr><Id>{account.number}</Id></Othr></Id><Ccy>VND</Ccy></Acct>"
        f"{_balance('OPBD', opening, day)}{_balance('CLBD', closing, day)}{entries}"
        "</Stmt></BkToCstmrStmt></Document>\n"
    )
    return text.encode()


def _balance(code: str, amount: int, day: date) -> str:
    sign = "DBIT" if amount < 0 else "CRDT"
    return (
        f'<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="VND">{abs(amount)}</Amt>'
        f"<CdtDbtInd>{sign}</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>"
    )


def _entry(line: BookLine) -> str:
    credit = line.amount > 0
    family = "RRTN" if line.return_reason else "DMCT"
    role = "Dbtr" if credit else "Cdtr"
    end_to_end = f"<EndToEndId>{escape(line.end_to_end or 'NOTPROVIDED')}</EndToEndId>"
    party = f"<{role}><Pty><Nm>{escape(line.other_name)}</Nm></Pty></{role}>" if line.other_name else ""
    number = (
        f"<{role}Acct><Id><Othr><Id>{escape(line.other_account)}</Id></Othr></Id></{role}Acct>"
        if line.other_account
        else ""
    )
    parties = f"<RltdPties>{party}{number}</RltdPties>" if party or number else ""
    back = f"<RtrInf><Rsn><Cd>{line.return_reason}</Cd></Rsn></RtrInf>" if line.return_reason else ""
    return (
        f'<Ntry><NtryRef>{line.number}</NtryRef><Amt Ccy="VND">{abs(line.amount)}</Amt>'
        f"<CdtDbtInd>{'CRDT' if credit else 'DBIT'}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>"
        f"<BookgDt><Dt>{line.booked_on}</Dt></BookgDt><ValDt><Dt>{line.value_on}</Dt></ValDt>"
        f"<AcctSvcrRef>{escape(line.reference)}</AcctSvcrRef>"
        f"<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>{'RCDT' if credit else 'ICDT'}</Cd>"
        f"<SubFmlyCd>{family}</SubFmlyCd></Fmly></Domn></BkTxCd>"
        f"<NtryDtls><TxDtls><Refs>{end_to_end}</Refs>{parties}"
        f"<RmtInf><Ustrd>{escape(line.text)}</Ustrd></RmtInf>{back}</TxDtls></NtryDtls></Ntry>"
    )


def _mt940(account: Account, day: date, off_by: int) -> bytes:
    opening, closing = _ends(account, day, off_by)
    rows = [
        f":20:SB{day:%y%m%d}",
        f":25:{account.number}",
        f":28C:{day:%j}/1",
        f":60F:{'D' if opening < 0 else 'C'}{day:%y%m%d}VND{abs(opening)},",
    ]
    for line in account.on(day):
        mark = "C" if line.amount > 0 else "D"
        kind = "NRTI" if line.return_reason else "NTRF"
        reference = line.end_to_end[:16] or "NONREF"
        rows.append(
            f":61:{line.value_on:%y%m%d}{line.booked_on:%m%d}{mark}{abs(line.amount)},{kind}{reference}//{line.reference[:16]}"
        )
        reason = f"/RTRN/{line.return_reason}" if line.return_reason else ""
        name = f"/NAME/{line.other_name}" if line.other_name else ""
        note = f"/EREF/{line.end_to_end or 'NOTPROVIDED'}{reason}{name}/REMI/{line.text}"
        cut = [note[start : start + 65] for start in range(0, min(len(note), 390), 65)]
        rows.append(f":86:{cut[0]}")
        rows.extend(cut[1:])
    rows.append(f":62F:{'D' if closing < 0 else 'C'}{day:%y%m%d}VND{abs(closing)},")
    rows.append("-")
    return ("\r\n".join(rows) + "\r\n").encode()


_CSV_HEAD = (
    "STT",
    "Ngày giao dịch",
    "Ngày giá trị",
    "Số tham chiếu",
    "EndToEndId",
    "Ghi nợ",
    "Ghi có",
    "Tên đối ứng",
    "Tài khoản đối ứng",
    "Lý do hoàn trả",
    "Nội dung",
)


def _csv(account: Account, day: date, off_by: int) -> bytes:
    opening, closing = _ends(account, day, off_by)
    lines = account.on(day)
    debit = sum(-line.amount for line in lines if line.amount < 0)
    credit = sum(line.amount for line in lines if line.amount > 0)
    rows = [
        ["SAO KÊ TÀI KHOẢN"],
        ["Số tài khoản", account.number],
        ["Số dư đầu ngày", _dotted(opening)],
        [*_CSV_HEAD],
    ]
    for number, line in enumerate(lines, 1):
        amounts = [_dotted(-line.amount), ""] if line.amount < 0 else ["", _dotted(line.amount)]
        days = [f"{line.booked_on:%d/%m/%Y}", f"{line.value_on:%d/%m/%Y}"]
        texts = [line.other_name, line.other_account, line.return_reason, line.text]
        rows.append([str(number), *days, line.reference, line.end_to_end, *amounts, *texts])
    rows.append(["Tổng cộng", "", "", "", "", _dotted(debit), _dotted(credit)])
    rows.append(["Số dư cuối ngày", _dotted(closing)])
    return _joined(rows, ",")


def _treasury(account: Account, day: date, off_by: int) -> bytes:
    opening, closing = _ends(account, day, 0)
    lines = account.on(day)
    debit = sum(-line.amount for line in lines if line.amount < 0)
    credit = sum(line.amount for line in lines if line.amount > 0) + off_by
    rows = [
        ["TKKB", account.number],
        ["Số dư đầu ngày", str(opening)],
        [
            "STT",
            "Ngay_CT",
            "Ngay_BN",
            "So_CT",
            "Transaction_ID",
            "PS_No",
            "PS_Co",
            "Ma_Chuong_NDKT",
            "Ten_NNT",
            "DienGiai",
        ],
    ]
    for number, line in enumerate(lines, 1):
        amounts = [str(-line.amount), ""] if line.amount < 0 else ["", str(line.amount)]
        days = [f"{line.booked_on:%d/%m/%Y}", f"{line.value_on:%d/%m/%Y}"]
        rows.append(
            [str(number), *days, line.reference, line.end_to_end, *amounts, "", line.other_name, line.text]
        )
    rows.append([f"Tổng cộng: {len(lines)}", "", "", "", "", str(debit), str(credit)])
    rows.append(["Số dư cuối ngày", str(closing)])
    return _joined(rows, ";")


def _dotted(amount: int) -> str:
    return f"{amount:,}".replace(",", ".")


def _joined(rows: list[list[str]], separator: str) -> bytes:
    width = max(len(row) for row in rows)
    text = "\r\n".join(
        separator.join(_quoted(cell, separator) for cell in row + [""] * (width - len(row))) for row in rows
    )
    return ("\ufeff" + text + "\r\n").encode()


def _quoted(cell: str, separator: str) -> str:
    risky = any(mark in cell for mark in (separator, '"', "\n", "\r"))
    return '"' + cell.replace('"', '""') + '"' if risky else cell
