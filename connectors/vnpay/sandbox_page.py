"""The sandbox gateway's payment page: as plain as a page can be, and never to be taken for the real one."""

from __future__ import annotations

from html import escape

from connectors.kit.sandbox import SandboxAnswer
from connectors.vnpay.sandbox_books import Payment

_BUTTONS = (
    ("paid", "Thanh toán thành công"),
    ("failed", "Hủy thanh toán"),
    ("suspect", "Trừ tiền, nghi ngờ gian lận (07)"),
    ("reversed", "Giao dịch đảo (04)"),
)


def choice(payment: Payment, raw_query: str) -> SandboxAnswer:
    """Who pays what, and how it shall end."""
    buttons = "".join(
        f'<p><button name="ending" value="{ending}">{escape(words)}</button></p>'
        for ending, words in _BUTTONS
    )
    amount = f"{payment.asked:,}".replace(",", ".")
    return _page(
        "Cổng thanh toán giả lập",
        f"<p>Mã {escape(payment.reference)} · <strong>{amount} ₫</strong> · {escape(payment.order_info)}</p>"
        f'<form method="post"><input type="hidden" name="query" value="{escape(raw_query)}">{buttons}</form>',
    )


def refused(why: str) -> SandboxAnswer:
    """What the real page shows when the address is wrong."""
    return _page("Yêu cầu không hợp lệ", f"<p>{escape(why)}</p>", 400)


def _page(title: str, inner: str, status: int = 200) -> SandboxAnswer:
    html = (
        f'<!DOCTYPE html><html lang="vi"><head><meta charset="utf-8"><title>{title}</title></head>'
        f"<body><h1>{title}</h1><p>Trang này chỉ dùng để thử, không có tiền thật.</p>{inner}</body></html>"
    )
    return SandboxAnswer(status, {"Content-Type": "text/html; charset=utf-8"}, html.encode())
