"""The kinds of difference (khoản chênh lệch): name, how soon, and what may put it right. One table for all who show or act."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Remedy(StrEnum):
    """What is done about a break. Only the first group runs by itself, each where a rule proves it."""

    CONFIRM_PAID = "confirm_paid"  # tell the case system, or put it on the counter's list
    ASK_GATEWAY = "ask_gateway"
    OPEN_REFUND = "open_refund"
    REOPEN_REFUND = "reopen_refund"
    WAIT_FOR_FILE = "wait_for_file"
    TRACE = "trace"  # công văn tra soát to the other side
    PERSON = "person"


class BreakKind(StrEnum):
    """Stable names; they are stored."""

    ONLY_OURS = "only_ours"
    ONLY_THEIRS = "only_theirs"
    AMOUNT = "amount"
    STATUS = "status"
    FEE = "fee"
    CURRENCY = "currency"
    REFERENCE = "reference"
    DOUBLE_IN_FILE = "double_in_file"
    DOUBLE_PAYMENT = "double_payment"
    LATE = "late"
    REVERSED = "reversed"
    PAID_UNCONFIRMED = "paid_unconfirmed"
    REFUND_UNKNOWN = "refund_unknown"
    REFUND_RETURNED = "refund_returned"
    SETTLEMENT_SHORT = "settlement_short"
    SETTLEMENT_LONG = "settlement_long"
    BALANCE = "balance"
    FILE_MISSING = "file_missing"
    FILE_CHANGED = "file_changed"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind as people and programs see it.

    Attributes:
        working_days: until when it must be dealt with, in working days (by risk: ``refund practice``, §7).
    """

    vi: str
    en: str
    working_days: int
    remedy: Remedy
    do_vi: str
    do_en: str


KINDS: dict[BreakKind, Kind] = {
    BreakKind.ONLY_OURS: Kind(
        "Chỉ có bên mình", "Only ours", 5, Remedy.ASK_GATEWAY,
        "Tra cứu giao dịch ở bên kia; không có thì lập công văn tra soát.",
        "Ask the other side; if it has nothing, write a trace request.",
    ),
    BreakKind.ONLY_THEIRS: Kind(
        "Chỉ có bên kia", "Only theirs", 5, Remedy.PERSON,
        "Tìm hồ sơ của khoản tiền; không tìm được thì ghi vào tài khoản chờ xử lý.",
        "Find the dossier of this money; otherwise it stays in suspense.",
    ),
    BreakKind.AMOUNT: Kind(
        "Lệch số tiền", "Amount differs", 5, Remedy.TRACE,
        "Đối chiếu chứng từ hai bên, gửi yêu cầu tra soát.",
        "Compare both papers and send a trace request.",
    ),
    BreakKind.STATUS: Kind(
        "Lệch trạng thái", "Status differs", 5, Remedy.ASK_GATEWAY,
        "Tra cứu lại trạng thái ở bên kia.", "Ask the other side for the status again.",
    ),
    BreakKind.FEE: Kind(
        "Lệch phí dịch vụ", "Fee differs", 5, Remedy.TRACE,
        "Đối chiếu với biểu phí hợp đồng.", "Compare with the contract's fee table.",
    ),
    BreakKind.CURRENCY: Kind(
        "Khác loại tiền", "Other currency", 5, Remedy.PERSON,
        "Sổ chỉ nhận VND; hỏi bên gửi tệp.", "The ledger takes VND only; ask who sent the file.",
    ),
    BreakKind.REFERENCE: Kind(
        "Cùng mã giao dịch, khác mã tham chiếu", "Same provider number, other reference", 5, Remedy.TRACE,
        "Hỏi cổng thanh toán mã tham chiếu nào đúng.", "Ask the gateway which reference is right.",
    ),
    BreakKind.DOUBLE_IN_FILE: Kind(
        "Lặp trong tệp", "Double in the file", 5, Remedy.TRACE,
        "Hỏi bên gửi tệp dòng nào đúng.", "Ask who sent the file which line is right.",
    ),
    BreakKind.DOUBLE_PAYMENT: Kind(
        "Thanh toán hai lần", "Paid twice", 1, Remedy.OPEN_REFUND,
        "Hoàn trả khoản nộp thừa.", "Pay the second payment back.",
    ),
    BreakKind.LATE: Kind(
        "Thuộc phiên khác", "In another session", 5, Remedy.PERSON,
        "Ghi chú phiên đúng; không phải làm gì thêm nếu số tiền khớp.",
        "Note the right session; nothing else when the amount agrees.",
    ),
    BreakKind.REVERSED: Kind(
        "Đã trừ tiền, cổng đảo giao dịch", "Taken by the bank, reversed by the gateway", 1, Remedy.OPEN_REFUND,
        "Hoàn trả cho người nộp.", "The payer is owed his money.",
    ),
    BreakKind.PAID_UNCONFIRMED: Kind(
        "Đã thu, chưa ghi nhận ở hệ thống một cửa", "Paid, not confirmed in the case system", 1,
        Remedy.CONFIRM_PAID,
        "Báo đã thu cho hệ thống một cửa, hoặc chuyển danh sách cho quầy.",
        "Confirm it to the case system, or give the list to the counter.",
    ),
    BreakKind.REFUND_UNKNOWN: Kind(
        "Hoàn tiền chưa rõ kết quả", "Refund with unknown outcome", 1, Remedy.ASK_GATEWAY,
        "Tra cứu ở cổng; không gửi lại lệnh hoàn.", "Ask the gateway; never send the refund again.",
    ),
    BreakKind.REFUND_RETURNED: Kind(
        "Ngân hàng trả lại lệnh hoàn", "Refund returned by the bank", 2, Remedy.REOPEN_REFUND,
        "Xin lại số tài khoản của người nộp rồi lập lệnh mới.", "Ask the payer for his account, then a new order.",
    ),
    BreakKind.SETTLEMENT_SHORT: Kind(
        "Ngân hàng ghi có thiếu so với phiên", "Session paid short", 5, Remedy.TRACE,
        "Yêu cầu cổng thanh toán giải thích phần thiếu.", "Ask the gateway for the missing part.",
    ),
    BreakKind.SETTLEMENT_LONG: Kind(
        "Ngân hàng ghi có thừa so với phiên", "Session paid too much", 5, Remedy.TRACE,
        "Hỏi cổng thanh toán khoản thừa là gì.", "Ask the gateway what the surplus is.",
    ),
    BreakKind.BALANCE: Kind(
        "Số dư không cộng khớp", "Balance does not add up", 5, Remedy.PERSON,
        "Đối chiếu số dư đầu ngày, phát sinh, số dư cuối ngày với ngân hàng.",
        "Compare opening, movements and closing with the bank.",
    ),
    BreakKind.FILE_MISSING: Kind(
        "Chưa nhận được tệp", "File missing", 5, Remedy.WAIT_FOR_FILE,
        "Nhắc bên gửi tệp; ngày được đóng có ghi chú thiếu tệp.",
        "Remind who sends it; the day closes with the note 'file missing'.",
    ),
    BreakKind.FILE_CHANGED: Kind(
        "Tệp đã thay đổi", "File changed", 5, Remedy.PERSON,
        "Xem các dòng khác nhau giữa hai bản tệp.", "Look at the lines that differ between both versions.",
    ),
}  # fmt: skip
