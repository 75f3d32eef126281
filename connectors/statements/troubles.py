"""Everything that can be wrong with a file: one catalogue, Vietnamese first, English beside it.

A *fatal* trouble keeps the file from being loaded; ``statements read`` still shows all that could be read.
"""

from __future__ import annotations

from mappings.canonical.statement import Trouble

_FIX_BANK = "Đề nghị ngân hàng gửi lại tệp đúng."
_CATALOGUE: dict[str, tuple[str, str, bool]] = {
    "unknown-format": (
        "Không nhận ra định dạng của tệp ({raw}). Hãy chọn đúng mẫu tệp (--profile) hoặc xin lại tệp.",
        "The format of the file is not known ({raw}). Name the profile, or ask for the file again.",
        True,
    ),
    "unknown-profile": (
        "Mẫu tệp {raw} không dùng được.",
        "The profile {raw} cannot be used.",
        True,
    ),
    "empty-file": ("Tệp rỗng.", "The file is empty.", True),
    "file-too-large": (
        "Tệp lớn hơn giới hạn cho phép ({raw}).",
        "The file is larger than the stated limit ({raw}).",
        True,
    ),
    "not-well-formed": (
        "Tệp XML bị hỏng hoặc bị cắt ngang: {raw}. " + _FIX_BANK,
        "The XML is broken or cut: {raw}. Ask the bank for it again.",
        True,
    ),
    "doctype": (
        "Tệp XML có khai báo DOCTYPE nên bị từ chối vì lý do an toàn.",
        "The XML carries a DOCTYPE and is refused for safety.",
        True,
    ),
    "processing-instruction": (
        "Tệp XML có chỉ thị xử lý ({raw}) nên bị từ chối vì lý do an toàn.",
        "The XML carries a processing instruction ({raw}) and is refused for safety.",
        True,
    ),
    "no-statement": ("Tệp không có sao kê nào.", "The file holds no statement.", True),
    "unknown-namespace": (
        "Không gian tên XML {raw} không thuộc bộ thông điệp camt.052, camt.053 hay camt.054.",
        "The XML namespace {raw} is none of camt.052, camt.053 or camt.054.",
        True,
    ),
    "undecodable": (
        "Không đọc được chữ trong tệp với bảng mã {raw}. Hãy kiểm tra bảng mã khai trong mẫu tệp.",
        "The text cannot be decoded as {raw}. Check the encoding named in the profile.",
        True,
    ),
    "missing-field": (
        "Thiếu trường bắt buộc {field} tại {where}.",
        "The required field {field} is missing at {where}.",
        True,
    ),
    "repeated-field": (
        "Trường {field} xuất hiện nhiều lần tại {where}.",
        "The field {field} stands more than once at {where}.",
        True,
    ),
    "not-plain-text": (
        "Trường {field} tại {where} chứa phần tử lạ bên trong giá trị.",
        "The field {field} at {where} holds something other than text.",
        True,
    ),
    "unreadable-amount": (
        "Số tiền '{raw}' tại {where} ({field}) không đọc được.",
        "The amount '{raw}' at {where} ({field}) cannot be read.",
        True,
    ),
    "ambiguous-amount": (
        "Số tiền '{raw}' tại {where} ({field}) có thể hiểu theo hai cách nên không được đọc.",
        "The amount '{raw}' at {where} ({field}) can be read in two ways, so it is not read.",
        True,
    ),
    "negative-amount": (
        "Số tiền '{raw}' tại {where} ({field}) mang dấu âm, trái quy định của định dạng.",
        "The amount '{raw}' at {where} ({field}) is negative, which the format does not allow.",
        True,
    ),
    "zero-amount": (
        "Số tiền tại {where} ({field}) bằng 0.",
        "The amount at {where} ({field}) is zero.",
        True,
    ),
    "amount-too-large": (
        "Số tiền '{raw}' tại {where} ({field}) vượt quá giới hạn.",
        "The amount '{raw}' at {where} ({field}) is beyond the limit.",
        True,
    ),
    "too-many-decimals": (
        "Số tiền '{raw}' tại {where} ({field}) có nhiều chữ số thập phân hơn đơn vị nhỏ nhất của đồng tiền.",
        "The amount '{raw}' at {where} ({field}) has more decimals than its currency.",
        True,
    ),
    "fraction": (
        "Số tiền '{raw}' tại {where} ({field}) có phần lẻ của đồng; không làm tròn.",
        "The amount '{raw}' at {where} ({field}) has a fraction of a đồng; it is not rounded.",
        True,
    ),
    "unknown-currency": (
        "Đồng tiền '{raw}' tại {where} không có trong bảng ISO 4217.",
        "The currency '{raw}' at {where} is not in ISO 4217.",
        True,
    ),
    "other-currency": (
        "Đồng tiền '{raw}' tại {where} khác đồng tiền của tài khoản.",
        "The currency '{raw}' at {where} differs from that of the account.",
        True,
    ),
    "impossible-date": (
        "Ngày '{raw}' tại {where} ({field}) không có trong lịch.",
        "The date '{raw}' at {where} ({field}) does not exist.",
        True,
    ),
    "unreadable-date": (
        "Ngày '{raw}' tại {where} ({field}) không đúng mẫu ngày của tệp.",
        "The date '{raw}' at {where} ({field}) is not written as the file's format asks.",
        True,
    ),
    "unknown-sign": (
        "Không rõ ghi có hay ghi nợ tại {where}: '{raw}'.",
        "Credit or debit is not clear at {where}: '{raw}'.",
        True,
    ),
    "unknown-flag": (
        "Giá trị '{raw}' của {field} tại {where} không phải đúng hoặc sai.",
        "The value '{raw}' of {field} at {where} is neither true nor false.",
        True,
    ),
    "unknown-status": (
        "Trạng thái '{raw}' tại {where} chưa có trong bảng; dòng được coi là đang chờ.",
        "The status '{raw}' at {where} is not in the table; the line counts as pending.",
        True,
    ),
    "does-not-add-up": (
        "Số dư không khớp tại {where}: số dư đầu cộng phát sinh lệch số dư cuối {raw}.",
        "The balances do not agree at {where}: opening plus entries differs from closing by {raw}.",
        True,
    ),
    "entry-count-differs": (
        "Số dòng hoặc tổng phát sinh tại {where} khác con số ngân hàng ghi ({raw}).",
        "The entries at {where} differ from the count or sum that the bank states ({raw}).",
        True,
    ),
    "reversal-sign-turned": (
        "Ngân hàng ghi dấu của dòng đảo theo giao dịch gốc; đã đổi dấu theo số dư tại {where}.",
        "The bank gives reversals the sign of the original; turned, as the balances prove, at {where}.",
        False,
    ),
    "unknown-tag": (
        "Thẻ :{raw}: tại {where} không thuộc chuẩn MT940.",
        "The tag :{raw}: at {where} does not belong to MT940.",
        True,
    ),
    "incomplete-line": (
        "Dòng :61: tại {where} thiếu phần bắt buộc: '{raw}'.",
        "The :61: at {where} is incomplete: '{raw}'.",
        True,
    ),
    "unreadable-line": (
        "Thẻ {field} tại {where} không đọc được: '{raw}'.",
        "The tag {field} at {where} cannot be read: '{raw}'.",
        True,
    ),
    "hidden-characters": (
        "Có ký tự đảo chiều hoặc vô hình tại {where}; đã bỏ khi hiển thị.",
        "Reversing or invisible characters stand at {where}; they are left out on screen.",
        False,
    ),
    "no-entries-table": (
        "Không tìm thấy dòng tiêu đề có các cột {raw}.",
        "No header row with the columns {raw} was found.",
        True,
    ),
    "missing-column": (
        "Thiếu cột '{raw}' ({field}) trong dòng tiêu đề.",
        "The column '{raw}' ({field}) is missing in the header.",
        True,
    ),
    "repeated-column": (
        "Cột '{raw}' xuất hiện nhiều lần trong dòng tiêu đề.",
        "The column '{raw}' stands more than once in the header.",
        True,
    ),
    "ragged-row": (
        "Dòng {where} có số ô khác dòng tiêu đề: {raw}.",
        "Row {where} has another number of cells than the header: {raw}.",
        True,
    ),
    "two-date-formats": (
        "Tệp dùng hai cách viết ngày; tại {where} ({field}) là '{raw}'.",
        "The file writes dates in two ways; at {where} ({field}) stands '{raw}'.",
        True,
    ),
    "formula-cell": (
        "Ô tại {where} ({field}) chứa công thức: '{raw}'.",
        "The cell at {where} ({field}) holds a formula: '{raw}'.",
        True,
    ),
    "number-not-text": (
        "Ô tại {where} ({field}) là số nên có thể đã mất chữ số 0 ở đầu hoặc chữ số cuối: {raw}.",
        "The cell at {where} ({field}) is a number and may have lost digits: {raw}.",
        True,
    ),
    "unknown-kind": (
        "Loại giao dịch '{raw}' tại {where} chưa có trong mẫu tệp.",
        "The kind '{raw}' at {where} is not in the profile.",
        True,
    ),
    "both-sides": (
        "Dòng {where} có cả số Nợ và số Có, hoặc không có số nào: '{raw}'.",
        "Row {where} has both a debit and a credit, or neither: '{raw}'.",
        True,
    ),
    "net-differs": (
        "Tại {where}: số tiền trừ phí khác số thực nhận ({raw}).",
        "At {where}: gross less fee is not the net ({raw}).",
        True,
    ),
    "doubled-row": (
        "Mã giao dịch và loại '{raw}' tại {where} đã có ở dòng trước.",
        "The provider reference and kind '{raw}' at {where} stand in an earlier row already.",
        True,
    ),
    "other-terminal": (
        "Dòng {where} thuộc điểm thu khác: '{raw}'.",
        "Row {where} belongs to another terminal: '{raw}'.",
        True,
    ),
    "other-session": (
        "Dòng {where} thuộc phiên khác: '{raw}'.",
        "Row {where} belongs to another session: '{raw}'.",
        True,
    ),
    "missing-trailer": (
        "Thiếu dòng tổng cộng ở cuối tệp.",
        "The total row at the end of the file is missing.",
        True,
    ),
    "wrong-count": (
        "Số dòng trong tổng cộng khác số dòng đọc được: {raw}.",
        "The total row counts other rows than were read: {raw}.",
        True,
    ),
    "wrong-total": (
        "Tổng cộng ({field}) khác tổng các dòng: {raw}.",
        "The total ({field}) is not the sum of the rows: {raw}.",
        True,
    ),
    "after-trailer": (
        "Còn dòng dữ liệu sau dòng tổng cộng tại {where}.",
        "Rows follow after the total row at {where}.",
        True,
    ),
    "file-name": (
        "Tên tệp '{raw}' không theo mẫu đã thống nhất.",
        "The file name '{raw}' is not of the agreed form.",
        True,
    ),
    "running-balance": (
        "Số dư lũy kế tại {where} không khớp: {raw}.",
        "The running balance at {where} does not agree: {raw}.",
        True,
    ),
    "unreadable-file": (
        "Không mở được tệp: {raw}.",
        "The file cannot be opened: {raw}.",
        True,
    ),
}


def trouble(
    code: str, where: str = "", field: str = "", raw: str = "", *, fatal: bool | None = None
) -> Trouble:
    """The trouble ``code`` with its sentences; ``fatal`` overrides the catalogue.

    Raises:
        KeyError: a code that the catalogue does not know is a mistake of the program.
    """
    vietnamese, english, stops = _CATALOGUE[code]
    shown = raw if len(raw) <= 120 else raw[:117] + "..."
    facts = {"where": where or "-", "field": field or "-", "raw": shown}
    return Trouble(
        code=code,
        where=where,
        field=field,
        raw=raw,
        message_vi=vietnamese.format(**facts),
        message_en=english.format(**facts),
        fatal=stops if fatal is None else fatal,
    )


def codes() -> frozenset[str]:
    """Every code there is, for documents and tests."""
    return frozenset(_CATALOGUE)
