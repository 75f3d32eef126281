"""The outcome as an Excel workbook: numbers are numbers, references are text, nothing can run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from jobs.reconciliation.files import Outcome
from jobs.reconciliation.listing import KIND_WORDS, SIDE_WORDS, listed, owed
from jobs.reconciliation.rules import Kind, Side
from jobs.reconciliation.sides import HANOI

_MONEY = '#,##0" đ"'
_ROWS_PER_SHEET = 1_000_000  # Excel ends at 1,048,576
_BREAKS = (
    "Loại chênh lệch", "So với", "Loại giao dịch", "Mã tham chiếu", "Bên mình", "Cổng thanh toán", "Ngân hàng", "Kho bạc",
    "Hạn (ngày làm việc)", "Việc cần làm", "Dòng trong tệp",
)  # fmt: skip


def write(outcome: Outcome, path: Path, now: datetime) -> None:
    """Write the workbook; an existing file is replaced only by a complete one."""
    import xlsxwriter

    part = path.with_name(f".{path.name}.part")
    options = {
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "constant_memory": True,
    }
    book = xlsxwriter.Workbook(str(part), options)
    book.set_properties({"created": datetime(2000, 1, 1, tzinfo=HANOI).replace(tzinfo=None)})
    formats = {
        "head": book.add_format({"bold": True, "bottom": 1, "text_wrap": True}),
        "money": book.add_format({"num_format": _MONEY}),
        "text": book.add_format({"num_format": "@"}),
        "plain": book.add_format(),
    }
    made = f"Lập lúc {now.astimezone(HANOI):%d/%m/%Y %H:%M:%S} (giờ Việt Nam)"
    _sheet(book, formats, "Tổng hợp", made, ("Nội dung", "Số lượng"), _summary(outcome), money=())
    rows = _break_rows(outcome)
    number = 1
    while True:
        chunk = [row for _, row in zip(range(_ROWS_PER_SHEET), rows, strict=False)]
        if number == 1 or chunk:
            name = "Chênh lệch" if number == 1 else f"Chênh lệch {number}"
            _sheet(book, formats, name, made, _BREAKS, chunk, money=(4, 5, 6, 7))
        if len(chunk) < _ROWS_PER_SHEET:
            break
        number += 1
    owed_rows = [
        (r["key"], r["verdict"], owed(r), r["rows"]) for r in outcome.refunds_owed().iter_rows(named=True)
    ]
    owed_head = ("Mã tham chiếu", "Lý do", "Số tiền phải hoàn", "Dòng trong tệp")
    _sheet(book, formats, "Phải hoàn trả", made, owed_head, owed_rows, money=(2,))
    sessions = [
        ("/".join(v.session.terminals), f"{v.session.day:%d/%m/%Y}", v.session.gross, v.session.fee, v.session.net, v.paid, v.verdict)
        for v in outcome.sessions
    ]  # fmt: skip
    head = ("Mã điểm thu", "Phiên", "Tổng thu", "Phí", "Phải nhận", "Ngân hàng ghi có", "Kết quả")
    _sheet(book, formats, "Phiên thanh toán", made, head, sessions, money=(2, 3, 4, 5))
    book.close()
    part.replace(path)


def _summary(outcome: Outcome) -> list[tuple[Any, ...]]:
    found: dict[str, int] = {}
    for each in listed(outcome):
        found[each.name_vi] = found.get(each.name_vi, 0) + 1
    files = [(f"{SIDE_WORDS[file.side][0]}: {file.name}", file.table.height) for file in outcome.files]
    return [
        *files,
        ("Khớp", outcome.matched),
        ("Đang chờ tệp đến hạn", outcome.in_transit.height),
        *found.items(),
    ]


def _break_rows(outcome: Outcome) -> Iterable[tuple[Any, ...]]:
    for each in listed(outcome):
        yield (
            each.name_vi, SIDE_WORDS[Side[each.against.upper()]][0], KIND_WORDS[Kind[each.kind.upper()]][0], each.reference,
            each.ours, each.gateway, each.bank, each.treasury, each.working_days, each.do_vi, each.rows,
        )  # fmt: skip


def _sheet(
    book: Any, formats: dict[str, Any], name: str, made: str, head: Sequence[str], rows: Iterable[Sequence[Any]],
    *, money: Sequence[int],
) -> None:  # fmt: skip
    sheet = book.add_worksheet(name)
    sheet.write_string(0, 0, made)
    sheet.set_column(0, len(head) - 1, 22)
    for column, word in enumerate(head):
        sheet.write_string(1, column, word, formats["head"])
    sheet.freeze_panes(2, 0)
    last = 1
    for last, row in enumerate(rows, 2):
        for column, value in enumerate(row):
            if isinstance(value, int):
                sheet.write_number(last, column, value, formats["money" if column in money else "plain"])
            elif value is not None:
                sheet.write_string(last, column, str(value), formats["text"])
    sheet.autofilter(1, 0, last, len(head) - 1)
