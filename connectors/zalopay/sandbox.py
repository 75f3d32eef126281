"""The sandbox of ZaloPay: orders, query, refund and its query, callbacks. Its own books, its own macs.

Written from ``contract/README.md``, sharing no code with the client. Control: ``/_sandbox/zalopay/...``.
What no paper tells (sub codes of refunds, the repeat of callbacks, a refund number that comes again) is this sandbox's own choice.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from connectors.kit.sandbox import Clock, Sandbox, SandboxAnswer, SandboxRequest, route
from connectors.kit.sandbox_notices import Notices

_ZONE = timezone(timedelta(hours=7))
_OPEN, _PAID, _FAILED = 3, 1, 2
NO_SUCH_REFUND, REFUND_REFUSED, ABOVE_THE_REST, USED_BEFORE = -9101, -9113, -9114, -9117
"""This sandbox's own sub codes of refunds: none is published."""


@dataclass(slots=True)
class Order:
    """One order in the wallet's books."""

    app_trans_id: str
    amount: int
    embed_data: str
    item: str
    app_time: int
    app_user: str
    state: int = _OPEN
    sub: int = 0
    number: int = 0
    received: int = 0
    paid_at: int = 0


@dataclass(slots=True)
class Refund:
    """One refund in the wallet's books."""

    m_refund_id: str
    payment: str
    amount: int
    state: int
    sub: int
    number: int
    ends: float


class ZalopaySandbox(Sandbox):
    """One application's side of the wallet.

    Args:
        callback_url: where callbacks go; empty: they are only kept.
        background: call back from threads by itself; else tests call ``notices.run_due``.
        pass_on: how long a refund is 'processing'.
        checks_refund_day: refuse a new m_refund_id whose day is not today's.
    """

    system = "zalopay"

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        app_id: str = "2553",
        key1: str = "sandboxkey1ofzalopay01",
        key2: str = "sandboxkey2ofzalopay02",
        callback_url: str = "",
        background: bool = True,
        pass_on: timedelta = timedelta(minutes=10),
        checks_refund_day: bool = False,
    ) -> None:
        super().__init__(clock=clock)
        self.app_id, self.key1, self.key2 = app_id, key1, key2
        self.notices = Notices(self.clock, callback_url, background=background)
        self._pass_on, self._checks_day = pass_on, checks_refund_day
        self.orders: dict[str, Order] = {}
        self.refunds: dict[str, Refund] = {}
        self._count = 240_000_000_000_000
        self._refuse_next = 0

    def close(self) -> None:
        self.notices.close()

    # ---- what the wallet offers --------------------------------------------------------------------------------------

    @route("POST", "/v2/create", "open_payment")
    def create(self, request: SandboxRequest) -> SandboxAnswer:
        """Open an order."""
        order = "app_id app_trans_id app_user amount app_time embed_data item"
        return self._served(request, order, [], lambda body: self._open(body, request))

    @route("POST", "/v2/query", "query_payment")
    def query(self, request: SandboxRequest) -> SandboxAnswer:
        """State of an order."""
        return self._served(request, "app_id app_trans_id", [self.key1], self._state)

    @route("POST", "/v2/refund", "refund")
    def refund(self, request: SandboxRequest) -> SandboxAnswer:
        """Pay back: always 'processing' at first."""
        return self._served(request, "app_id zp_trans_id amount description timestamp", [], self._pay_back)

    @route("POST", "/v2/query_refund", "query_refund")
    def query_refund(self, request: SandboxRequest) -> SandboxAnswer:
        """State of a refund."""
        return self._served(request, "app_id m_refund_id timestamp", [], self._refund_state)

    @route("GET", "/zalopay/page", "page")
    def page(self, request: SandboxRequest) -> SandboxAnswer:
        """What a browser would show."""
        order = self.orders.get(request.query.get("o", ""))
        words = f"{order.amount:,} đồng".replace(",", ".") if order else "Không có giao dịch này"
        html = f"<!DOCTYPE html><title>ZaloPay thử</title><h1>ZaloPay thử</h1><p>{words}. Không có tiền thật.</p>"
        kind = {"Content-Type": "text/html; charset=utf-8"}
        return SandboxAnswer(200 if order else 404, kind, html.encode())

    # ---- control -----------------------------------------------------------------------------------------------------

    @route("POST", "/_sandbox/zalopay/pay", "control")
    def pay(self, request: SandboxRequest) -> SandboxAnswer:
        """``{url | reference, ending: paid|short|expired|cancelled|odd, notify: once|twice|late|lost|forged, at?}``."""

        def act(facts: dict[str, Any]) -> SandboxAnswer:
            order = self._order(facts)
            ending = str(facts.get("ending", "paid"))
            moment = datetime.fromisoformat(facts["at"]) if facts.get("at") else self.clock.now()
            if order.state == _PAID:
                raise ValueError("it is paid")
            if ending in ("paid", "short"):
                order.state, order.sub, order.number = _PAID, 1, self._new_number()
                order.received = order.amount - 1_000 if ending == "short" else order.amount
                order.paid_at = int(moment.timestamp() * 1000)
                self._notify(order, str(facts.get("notify", "once")))
            else:
                order.state, order.sub = _FAILED, {"expired": -54, "cancelled": -329, "odd": -9999}[ending]
            return _json(
                {"reference": order.app_trans_id, "number": str(order.number), "state": order.state}, 201
            )

        return _control(request, act)

    @route("POST", "/_sandbox/zalopay/notify", "control")
    def notify(self, request: SandboxRequest) -> SandboxAnswer:
        """``{reference, notify}``: one more callback of an order."""

        def act(facts: dict[str, Any]) -> SandboxAnswer:
            self._notify(self._order(facts), str(facts.get("notify", "once")))
            return _json({"planned": True}, 201)

        return _control(request, act)

    @route("POST", "/_sandbox/zalopay/refuse-refunds", "control")
    def refuse_refunds(self, request: SandboxRequest) -> SandboxAnswer:
        """``{times}``: the next refunds are taken as processing and end as refused."""

        def act(facts: dict[str, Any]) -> SandboxAnswer:
            self._refuse_next = int(facts.get("times", 1))
            return _json({"planned": self._refuse_next}, 201)

        return _control(request, act)

    @route("GET", "/_sandbox/zalopay/notices", "control")
    def notices_now(self, request: SandboxRequest) -> SandboxAnswer:
        """How many callbacks wait or are under way, and what was answered."""
        del request
        return _json({**self.notices.counts(), "answers": self.notices.answers})

    @route("GET", "/_sandbox/zalopay/books", "control")
    def show_books(self, request: SandboxRequest) -> SandboxAnswer:
        """Everything the wallet knows, for a checker that shares no code with the product."""
        del request
        self._advance()
        payments = [asdict(order) for order in self.orders.values()]
        refunds = [asdict(refund) for refund in self.refunds.values()]
        return _json({"payments": payments, "refunds": refunds, "notices": self.notices.answers})

    # ---- the books ---------------------------------------------------------------------------------------------------

    def _served(
        self,
        request: SandboxRequest,
        order: str,
        last: list[str],
        act: Callable[[dict[str, Any]], dict[str, Any]],
    ) -> SandboxAnswer:
        body = _body(request)
        names = order.split()
        if body is None or any(name not in body for name in [*names, "mac"]):
            return _said(2, -401, "Dữ liệu không hợp lệ")
        text = "|".join([*(str(body[name]) for name in names), *last])
        wanted = hmac.new(self.key1.encode(), text.encode(), hashlib.sha256).hexdigest()
        if str(body["app_id"]) != self.app_id or not hmac.compare_digest(wanted, str(body["mac"])):
            return _said(2, -402, "Chữ ký không hợp lệ")
        self._advance()
        return _json(act(body))

    def _open(self, body: dict[str, Any], request: SandboxRequest) -> dict[str, Any]:
        number = str(body["app_trans_id"])
        amount = int(body["amount"])
        day = f"{self.clock.now().astimezone(_ZONE):%y%m%d}"
        if not re.match(r"^\d{6}_\S{1,33}$", number) or number[:6] != day or amount < 1:
            return _codes(2, -401, "Dữ liệu không hợp lệ")
        if number in self.orders:
            return _codes(2, -68, "Mã giao dịch bị trùng")
        self.orders[number] = Order(
            number,
            amount,
            str(body["embed_data"]),
            str(body["item"]),
            int(body["app_time"]),
            str(body["app_user"]),
        )
        url = f"http://{request.headers.get('host', 'localhost')}/zalopay/page?o={number}"
        token = hashlib.sha256(number.encode()).hexdigest()[:22]
        return _codes(1, 1, "Giao dịch thành công") | {
            "order_url": url,
            "zp_trans_token": token,
            "order_token": token,
        }

    def _state(self, body: dict[str, Any]) -> dict[str, Any]:
        order = self.orders.get(str(body["app_trans_id"]))
        if order is None:
            return _codes(2, -9100, "Đơn hàng không tồn tại") | {
                "is_processing": False,
                "amount": 0,
                "zp_trans_id": 0,
            }
        words = {_PAID: "Giao dịch thành công", _OPEN: "Đơn hàng chưa được thanh toán"}.get(
            order.state, "Thất bại"
        )
        return _codes(order.state, order.sub or order.state, words) | {
            "is_processing": False,
            "amount": order.received or order.amount,
            "zp_trans_id": order.number,
            "server_time": int(self.clock.now().timestamp() * 1000),
            "discount_amount": 0,
        }

    def _pay_back(self, body: dict[str, Any]) -> dict[str, Any]:
        number, now = str(body.get("m_refund_id", "")), self.clock.now()
        found = re.match(r"^(\d{6})_(\d+)_[0-9A-Za-z]{1,33}$", number)
        if found is None or found[2] != self.app_id:
            return _codes(2, -401, "m_refund_id không hợp lệ")
        if number in self.refunds:
            return _codes(2, USED_BEFORE, "m_refund_id bị trùng")
        if self._checks_day and found[1] != f"{now.astimezone(_ZONE):%y%m%d}":
            return _codes(2, -401, "Ngày của m_refund_id không hợp lệ")
        order = next(
            (o for o in self.orders.values() if o.number and str(o.number) == str(body["zp_trans_id"])), None
        )
        amount = int(body["amount"])
        if order is None or amount < 1:
            return _codes(2, REFUND_REFUSED, "Giao dịch không được hoàn")
        given = sum(
            r.amount for r in self.refunds.values() if r.payment == order.app_trans_id and r.state != _FAILED
        )
        if given + amount > order.received:
            return _codes(2, ABOVE_THE_REST, "Vượt số tiền còn lại")
        refused, self._refuse_next = self._refuse_next > 0, max(0, self._refuse_next - 1)
        refund = Refund(
            number,
            order.app_trans_id,
            amount,
            _OPEN,
            3,
            self._new_number(),
            (now + self._pass_on).timestamp(),
        )
        if refused:
            refund.sub = REFUND_REFUSED
        self.refunds[number] = refund
        return _codes(3, 3, "Đang hoàn tiền") | {"refund_id": refund.number}

    def _refund_state(self, body: dict[str, Any]) -> dict[str, Any]:
        refund = self.refunds.get(str(body["m_refund_id"]))
        if refund is None:
            return _codes(2, NO_SUCH_REFUND, "Không tìm thấy lệnh hoàn")
        words = {_PAID: "Hoàn tiền thành công", _OPEN: "Đang hoàn tiền"}.get(
            refund.state, "Hoàn tiền thất bại"
        )
        return _codes(refund.state, 3 if refund.state == _OPEN else refund.sub, words)

    def _advance(self) -> None:
        now = self.clock.now().timestamp()
        for refund in self.refunds.values():
            if refund.state == _OPEN and refund.ends <= now:
                refund.state = _FAILED if refund.sub == REFUND_REFUSED else _PAID
                refund.sub = 1 if refund.state == _PAID else refund.sub

    # ---- callbacks ---------------------------------------------------------------------------------------------------

    def callback(self, order: Order, key: str = "") -> bytes:
        """The callback of a paid order as the wallet sends it."""
        data = json.dumps(
            {
                "app_id": int(self.app_id),
                "app_trans_id": order.app_trans_id,
                "app_time": order.app_time,
                "app_user": order.app_user,
                "amount": order.received or order.amount,
                "embed_data": order.embed_data,
                "item": order.item,
                "zp_trans_id": order.number or self._new_number(),
                "server_time": order.paid_at or int(self.clock.now().timestamp() * 1000),
                "channel": 38,
                "merchant_user_id": "200101000001",
                "user_fee_amount": 0,
                "discount_amount": 0,
            },
            ensure_ascii=False,
        )
        mac = hmac.new((key or self.key2).encode(), data.encode(), hashlib.sha256).hexdigest()
        return json.dumps({"data": data, "mac": mac, "type": 1}, ensure_ascii=False).encode()

    def _notify(self, order: Order, how: str) -> None:
        now = self.clock.now()
        due = now + timedelta(minutes=20) if how == "late" else now
        if how == "forged":
            self.notices.plan(order.app_trans_id, self.callback(order, "not-their-key-000"), now)
        elif how != "lost":
            for _ in range(2 if how == "twice" else 1):
                self.notices.plan(order.app_trans_id, self.callback(order), due)

    def _order(self, facts: dict[str, Any]) -> Order:
        if facts.get("url"):
            return self.orders[parse_qs(urlsplit(str(facts["url"])).query)["o"][0]]
        reference = str(facts["reference"])
        return next(o for n, o in self.orders.items() if reference in (n, n.partition("_")[2]))

    def _new_number(self) -> int:
        self._count += 1
        return self._count


def _body(request: SandboxRequest) -> dict[str, Any] | None:
    """JSON or a form: both are taken."""
    try:
        if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            return dict(parse_qsl(request.body.decode(), keep_blank_values=True))
        value = json.loads(request.body)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _codes(code: int, sub: int, words: str) -> dict[str, Any]:
    return {"return_code": code, "return_message": words, "sub_return_code": sub, "sub_return_message": words}


def _said(code: int, sub: int, words: str) -> SandboxAnswer:
    return _json(_codes(code, sub, words))


def _control(request: SandboxRequest, act: Callable[[dict[str, Any]], SandboxAnswer]) -> SandboxAnswer:
    try:
        return act(json.loads(request.body or b"{}"))
    except (KeyError, ValueError, StopIteration) as exc:
        return _json({"error": str(exc) or type(exc).__name__}, 422)


def _json(data: object, status: int = 200) -> SandboxAnswer:
    raw = json.dumps(data, ensure_ascii=False).encode()
    return SandboxAnswer(status, {"Content-Type": "application/json; charset=utf-8"}, raw)
