"""The table at the end of the day, in Vietnamese or English, and the sentence that says whether everything holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from adapters.cli.day.checker import Verdict
from adapters.cli.day.facts import Heard
from adapters.cli.day.figures import Numbers, Wrong
from adapters.cli.day.offices import OFFICES
from adapters.cli.speech import words

_SHOWN = 20
_BREAKS: dict[str, tuple[str, str]] = {
    "only_ours": ("chỉ có bên mình", "only ours"),
    "only_theirs": ("chỉ có bên kia", "only theirs"),
    "amount": ("lệch số tiền", "amount differs"),
    "status": ("lệch trạng thái", "status differs"),
    "late": ("về muộn", "late"),
    "reversed": ("bị đảo", "reversed"),
    "double_payment": ("nộp hai lần", "paid twice"),
    "refund_returned": ("ngân hàng trả lại tiền hoàn", "refund came back"),
    "refund_unknown": ("hoàn chưa rõ kết quả", "refund unknown"),
    "file_missing": ("thiếu tệp", "file missing"),
    "settlement_short": ("phiên chuyển thiếu", "session short"),
    "settlement_long": ("phiên chuyển thừa", "session long"),
    "payment_mismatch": ("tin báo không khớp", "news that does not agree"),
    "payment_unplaced": ("tiền chưa rõ nơi nộp", "money without a place"),
    "payment_suspect": ("giao dịch nghi vấn", "suspected payment"),
    "payment_unresolved": ("quá một ngày chưa rõ", "unresolved for a day"),
    "refund_rejected": ("bên chi từ chối hoàn", "refund refused"),
    "refund_mismatch": ("hoàn không khớp", "refund differs"),
    "sync_refused": ("hệ thống ngoài không nhận", "not taken by a system"),
    "sync_not_mapped": ("mã chưa có trong bảng", "code not in any table"),
    "reuse_differs": ("CSDL dân cư không xác nhận", "not confirmed by a register"),
    "refund_no_policy": ("chưa có quy định hoàn", "no refund policy"),
}


def money(amount: int) -> str:
    """``1.234.567 đ``, as the pages write it."""
    sign = "−" if amount < 0 else ""
    return f"{sign}{abs(amount):,}".replace(",", ".") + "\u00a0đ"


def number(count: int) -> str:
    """With dots for thousands."""
    return f"{count:,}".replace(",", ".")


def length(span: timedelta | None) -> str:
    """``2 giờ 05 phút``, to the minute; seconds below a minute."""
    if span is None:
        return "—"
    seconds = int(span.total_seconds())
    if seconds < 60:
        return words(f"{seconds} giây", f"{seconds} s")
    hours, minutes = divmod(seconds // 60, 60)
    if not hours:
        return words(f"{minutes} phút", f"{minutes} min")
    return words(f"{hours} giờ {minutes:02d} phút", f"{hours} h {minutes:02d} min")


def rows(numbers: Numbers) -> list[tuple[str, str]]:
    """Label and value of each line of the table."""
    breaks = ", ".join(
        f"{words(*_BREAKS.get(kind, (kind, kind)))}: {n}" for kind, n in numbers.breaks.items()
    )
    return [
        (words("Lượt thanh toán", "Payment attempts"), number(numbers.payments)),
        (words("  đã thu", "  paid"), number(numbers.paid)),
        (words("  đã báo phần mềm một cửa", "  confirmed to the case system"), number(numbers.confirmed)),
        (
            words("Hồ sơ phải hoàn", "Dossiers owed a refund"),
            f"{number(numbers.owed)} · {money(numbers.owed_amount)}",
        ),
        (words("  bên chi đã nhận lệnh", "  accepted by whoever pays"), number(numbers.accepted)),
        (
            words("  đã thấy tiền đi", "  settled: seen in file or statement"),
            f"{number(numbers.settled)} · {money(numbers.settled_amount)}",
        ),
        (words("  đang trên đường", "  in transit"), number(numbers.in_transit)),
        (
            words(
                "  ngân hàng đã trừ, cổng đảo: chưa về bên mình",
                "  taken by the bank, reversed: never with us",
            ),
            f"{number(numbers.elsewhere)} · {money(numbers.elsewhere_amount)}",
        ),
        (words("Khoản chờ người xử lý", "Open items for people"), breaks or words("không có", "none")),
        (
            words("Từ lúc phát sinh đến lúc bên chi nhận lệnh hoàn", "From cause to refund accepted"),
            words(
                f"giữa {length(numbers.median)}, lâu nhất {length(numbers.worst)}",
                f"median {length(numbers.median)}, worst {length(numbers.worst)}",
            ),
        ),
    ]


def office_rows(heard: Sequence[Heard], asked: Mapping[str, int]) -> list[tuple[str, str]]:
    """One line per office that hears of dossiers, and per register that was asked."""
    return [
        *(
            (
                words(OFFICES[name].vi, OFFICES[name].en) if name in OFFICES else name,
                words(f"đã trả lời {number(count)} câu hỏi", f"answered {number(count)} questions"),
            )
            for name, count in asked.items()
        ),
        *_heard_rows(heard),
    ]


def _heard_rows(heard: Sequence[Heard]) -> list[tuple[str, str]]:
    return [
        (
            words(OFFICES[each.office].vi, OFFICES[each.office].en)
            if each.office in OFFICES
            else each.office,
            words(
                f"đã có {number(each.there)} · đang gửi {number(each.waiting)} · mất rồi gửi lại {number(each.repaired)} · "
                f"chờ người {number(each.refused + each.lost)}",
                f"there {number(each.there)} · under way {number(each.waiting)} · lost and told anew {number(each.repaired)} · "
                f"with a person {number(each.refused + each.lost)}",
            ),
        )
        for each in heard
    ]


def draw(numbers: Numbers, heard: Sequence[Heard] = (), asked: Mapping[str, int] | None = None) -> str:
    """The table as text."""
    lines = [*rows(numbers), *office_rows(heard, asked or {})]
    width = max(len(label) for label, _ in lines)
    return "\n".join(f"{label.ljust(width)}  {value}" for label, value in lines)


def sentence(verdict: Verdict) -> str:
    """The last line: everything holds, or what does not, loudly."""
    numbers = verdict.numbers
    if not verdict.wrong:
        return words(
            "Đối chiếu với sổ của ngân hàng và cổng thanh toán: 0 đồng chưa rõ, 0 hoàn hai lần.",
            "Against the books of bank and gateways: 0 đồng unaccounted, 0 double refunds.",
        )
    head = words(
        f"SAI: {money(numbers.unaccounted)} chưa rõ, {numbers.twice} hoàn hai lần, {len(verdict.wrong)} điều không đúng:",
        f"WRONG: {money(numbers.unaccounted)} unaccounted, {numbers.twice} double refunds, {len(verdict.wrong)} things do not hold:",
    )
    return "\n".join([head, *_listed(verdict.wrong)])


def _listed(wrong: Sequence[Wrong]) -> list[str]:
    lines = [f"  [{one.what}] {one.subject}: {words(one.vi, one.en)}" for one in wrong[:_SHOWN]]
    left = len(wrong) - _SHOWN
    return lines if left <= 0 else [*lines, words(f"  … và {left} điều nữa", f"  … and {left} more")]
