"""The sandbox of the national payment platform: its own books, its own hashes, pays the collecting office directly.

Written from the published messages, sharing no code with the client. Control: ``/_sandbox/payment_platform/...``.
What no paper tells (codes of errors, the state of a page that nobody paid) is this sandbox's own choice.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from connectors.kit.sandbox import Clock, Sandbox, SandboxAnswer, SandboxRequest, route
from connectors.payment_platform.sandbox_books import FAILED, PAID, PENDING, ZONE, Order, day_file
from connectors.payment_platform.sandbox_notices import Postbox, credit, post

_INIT_ORDER = [
    "LoaiBanTin",
    "PhienBan",
    "MaDoiTac",
    "MaThamChieu",
    "SoTien",
    "LoaiHinhThanhToan",
    "MaKenhThanhToan",
    "MaThietBi",
    "NgonNgu",
    "MaTienTe",
    "MaNganHang",
    "ThongTinGiaoDich",
    "ThoiGianGD",
    "Ip",
]
_ASK_ORDER = ["LoaiBanTin", "PhienBan", "MaDoiTac", "MaThamChieu", "ThoiGianGD"]
_CONFIRM_ORDER = [
    "LoaiBanTin",
    "MaLoi",
    "MaDoiTac",
    "MaThamChieu",
    "SoTien",
    "MaTienTe",
    "MaGiaoDich",
    "MaNganHang",
    "ThoiGianGD",
    "ThongTinGiaoDich",
]
_QUERY_ORDER = [*_CONFIRM_ORDER[:-1], "TrangThaiGD"]
_MOST_DRIFT = timedelta(hours=6)


class PlatformSandbox(Sandbox):
    """One partner's side of the platform.

    Args:
        confirm_url: our callback; empty: nobody is called.
        bank_url: the sandbox bank, which is credited directly (the platform holds no money); empty: nothing moves.
        proxied: answers come in the province's proxy envelope.
        token: bearer token that calls must carry; empty: none.
    """

    system = "payment_platform"

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        partner_code: str = "DVCTINH",
        secret: str,
        algorithm: str = "sha256",
        proxied: bool = False,
        token: str = "",
        confirm_url: str = "",
        bank_url: str = "",
    ) -> None:
        super().__init__(clock=clock)
        self.partner_code, self.secret, self.algorithm = partner_code, secret, algorithm
        self.proxied, self.token = proxied, token
        self.confirm_url, self.bank_url = confirm_url, bank_url
        self.orders: dict[str, Order] = {}
        self.refused: list[str] = []
        self.postbox = Postbox(self.clock)
        self._count = 0
        self._wrong_totals: dict[date, int] = {}

    def close(self) -> None:
        """No more callbacks."""
        self.postbox.close()

    # ---- what the platform offers ------------------------------------------------------------------------------------

    @route("POST", "/payment-platform/init", "open_payment")
    def init(self, request: SandboxRequest) -> SandboxAnswer:
        """INIT: open a payment under the partner's reference."""
        return self._serve(request, "INIT", _INIT_ORDER, lambda m: self._open(m, request))

    @route("POST", "/payment-platform/query", "query_payment")
    def query(self, request: SandboxRequest) -> SandboxAnswer:
        """QUERY by reference and the very time that INIT carried."""
        return self._serve(request, "QUERY", _ASK_ORDER, self._state)

    @route("POST", "/payment-platform/bill", "get_bill")
    def bill(self, request: SandboxRequest) -> SandboxAnswer:
        """GET_BILL: the address of the receipt, for a paid payment."""
        return self._serve(request, "GET_BILL", _ASK_ORDER, lambda m: self._bill(m, request))

    @route("GET", "/payment-platform/page", "page")
    def page(self, request: SandboxRequest) -> SandboxAnswer:
        """What a citizen's browser would show."""
        order = self.orders.get(request.query.get("so", ""))
        words = f"{order.amount:,} đồng".replace(",", ".") if order else "Không có giao dịch này"
        body = f"<!DOCTYPE html><title>Cổng thanh toán thử</title><h1>Cổng thanh toán thử</h1><p>{words}</p>"
        return SandboxAnswer(
            200 if order else 404, {"Content-Type": "text/html; charset=utf-8"}, body.encode()
        )

    def wrongly_signed(self, answer: SandboxAnswer) -> SandboxAnswer:
        """The same answer with a hash that does not hold; an answer that carries none gets the amount changed."""
        message = json.loads(answer.body)
        inner = json.loads(message["message"]) if "message" in message else message
        if "MaXacThuc" in inner:
            inner["MaXacThuc"] = "0" * 64
        elif "MaThamChieu" in inner:
            inner["MaThamChieu"] = "X" + inner["MaThamChieu"][1:]
        if "message" in message:
            inner = {**message, "message": json.dumps(inner)}
        return replace(answer, body=json.dumps(inner).encode())

    # ---- control -----------------------------------------------------------------------------------------------------

    @route("POST", "/_sandbox/payment_platform/pay", "control")
    def pay(self, request: SandboxRequest) -> SandboxAnswer:
        """``{url | reference, ending: paid|short|failed|pending|abandoned, notify: once|twice|late|lost|before, at?}``.

        The citizen at the page. ``late`` is 20 minutes by this sandbox's clock.
        """

        def act(facts: dict[str, Any]) -> SandboxAnswer:
            order = self._order_of(facts)
            ending = str(facts.get("ending", "paid"))
            if ending not in ("paid", "short", "failed", "pending", "abandoned"):
                return _json({"error": "ending is paid, short, failed, pending or abandoned"}, 422)
            if order.state == PAID:
                return _json({"error": "paid before"}, 409)
            moment = datetime.fromisoformat(facts["at"]) if facts.get("at") else self.clock.now()
            self._end(order, ending, moment)
            if ending not in ("abandoned", "pending"):
                self._notify(order, str(facts.get("notify", "once")))
            return _json({"reference": order.reference, "state": order.state}, 201)

        return self._control(request, act)

    @route("POST", "/_sandbox/payment_platform/pay-late", "control")
    def pay_late(self, request: SandboxRequest) -> SandboxAnswer:
        """``{reference}``: the citizen comes back to an old page and pays."""
        facts = json.loads(request.body or b"{}")
        return self.pay(replace(request, body=json.dumps({**facts, "ending": "paid"}).encode()))

    @route("POST", "/_sandbox/payment_platform/resolve", "control")
    def resolve(self, request: SandboxRequest) -> SandboxAnswer:
        """``{reference, ending: paid|failed, notify?}``: a payment of which the platform knew nothing is cleared up."""

        def act(facts: dict[str, Any]) -> SandboxAnswer:
            order = self._order_of(facts)
            self._end(order, str(facts["ending"]), self.clock.now())
            self._notify(order, str(facts.get("notify", "lost")))
            return _json({"reference": order.reference, "state": order.state}, 201)

        return self._control(request, act)

    @route("POST", "/_sandbox/payment_platform/forge", "control")
    def forge(self, request: SandboxRequest) -> SandboxAnswer:
        """``{reference, amount}``: somebody who does not know the secret says that it was paid."""

        def act(facts: dict[str, Any]) -> SandboxAnswer:
            reference, amount = str(facts["reference"]), int(facts["amount"])
            order = Order(reference, "", amount, "", "", "", number="GIA", paid_amount=amount)
            order.state, order.paid_at = PAID, self.clock.now()
            body = json.dumps({**self._confirm(order), "MaXacThuc": "0" * 64}).encode()
            self.postbox.now(lambda: self._deliver(order, body))
            return _json({"sent": reference}, 201)

        return self._control(request, act)

    @route("GET", "/_sandbox/payment_platform/settlement", "control")
    def settlement(self, request: SandboxRequest) -> SandboxAnswer:
        """``?session=YYYY-MM-DD``: the day's file, profile payment-platform-day."""
        try:
            day = date.fromisoformat(request.query["session"])
        except (KeyError, ValueError):
            return _json({"error": "session is a day, YYYY-MM-DD"}, 422)
        name = f"DSTT_{self.partner_code}_{day:%Y%m%d}.csv"
        headers = {
            "Content-Type": "text/csv; charset=utf-8",
            "Content-Disposition": f'attachment; filename="{name}"',
        }
        return SandboxAnswer(200, headers, self.file(day))

    @route("POST", "/_sandbox/payment_platform/file-faults", "control")
    def file_fault(self, request: SandboxRequest) -> SandboxAnswer:
        """``{session, kind: wrong-total, by?}``."""

        def act(facts: dict[str, Any]) -> SandboxAnswer:
            if facts["kind"] != "wrong-total":
                return _json({"error": "kind is wrong-total"}, 422)
            self._wrong_totals[date.fromisoformat(facts["session"])] = int(facts.get("by", 1))
            return _json({"planned": facts["kind"]}, 201)

        return self._control(request, act)

    @route("GET", "/_sandbox/payment_platform/books", "control")
    def show_books(self, request: SandboxRequest) -> SandboxAnswer:
        """Everything that the platform knows, for a checker that shares no code with the product."""
        del request
        orders = {
            order.reference: {
                "amount": order.amount,
                "state": order.state,
                "paid_amount": order.paid_amount,
                "paid_at": order.paid_at.isoformat() if order.paid_at else None,
                "provider_reference": order.number,
                "account": order.account,
                "credited": order.credited,
                "notices": order.notices,
            }
            for order in self.orders.values()
        }
        return _json({"partner": self.partner_code, "orders": orders, "waiting": self.postbox.waiting()})

    def file(self, day: date) -> bytes:
        """The file of one day: paid and failed payments, a total row."""
        return day_file(
            self.orders.values(), day, partner=self.partner_code, wrong_by=self._wrong_totals.get(day, 0)
        )

    # ---- its own rules -----------------------------------------------------------------------------------------------

    def _open(self, message: dict[str, Any], request: SandboxRequest) -> dict[str, Any]:
        receipt = message.get("ThongTinBienLai") or {}
        reference, sent = message["MaThamChieu"], message["ThoiGianGD"]
        try:
            amount = int(message["SoTien"])
            moment = datetime.strptime(sent, "%Y%m%d%H%M%S").replace(tzinfo=ZONE)
        except ValueError:
            return self._error("03", "dữ liệu không hợp lệ")
        lines = sum(int(line["SoTien"]) for line in receipt.get("PhiLePhi", []))
        if amount <= 0 or lines != amount or not receipt.get("TKThuHuong") or len(reference) > 20:
            return self._error("03", "dữ liệu không hợp lệ")
        if abs(self.clock.now() - moment) > _MOST_DRIFT:
            return self._error("04", "thời gian giao dịch không hợp lệ")
        if reference in self.orders:
            return self._error("02", "trùng mã tham chiếu")
        self.orders[reference] = Order(
            reference,
            sent,
            amount,
            message["ThongTinGiaoDich"],
            receipt["TKThuHuong"],
            str(receipt.get("TenTKThuHuong", "")),
        )
        return {
            "MaLoi": "00",
            "MaThamChieu": reference,
            "UrlThanhToan": _page(request, f"page?so={reference}"),
        }

    def _state(self, message: dict[str, Any]) -> dict[str, Any]:
        order = self.orders.get(message["MaThamChieu"])
        if order is None or order.time != message["ThoiGianGD"]:
            return self._error("01", "không tìm thấy giao dịch")
        answer = {
            "LoaiBanTin": "QUERY",
            "MaLoi": "00",
            "MaDoiTac": self.partner_code,
            "MaThamChieu": order.reference,
            "SoTien": order.paid_amount or order.amount,
            "MaTienTe": "VND",
            "MaGiaoDich": order.number,
            "MaNganHang": "VCB" if order.number else "",
            "ThoiGianGD": _local(order.paid_at) if order.paid_at else order.time,
            "TrangThaiGD": order.state,
        }
        return self._with_hash(answer, _QUERY_ORDER)

    def _bill(self, message: dict[str, Any], request: SandboxRequest) -> dict[str, Any]:
        order = self.orders.get(message["MaThamChieu"])
        if order is None or order.time != message["ThoiGianGD"] or order.state != PAID:
            return self._error("01", "không tìm thấy biên lai")
        return {
            "MaLoi": "00",
            "MaThamChieu": order.reference,
            "UrlBienLai": _page(request, f"bien-lai/{order.number}"),
        }

    def _end(self, order: Order, ending: str, moment: datetime) -> None:
        if ending == "abandoned":
            return
        if ending == "pending":
            order.state = PENDING
            return
        self._count += 1
        order.number, order.paid_at = f"PP{self._count:010d}", moment
        if ending == "failed":
            order.state = FAILED
            return
        less = min(1_000, order.amount // 2) if ending == "short" else 0
        order.state, order.paid_amount = PAID, order.amount - less
        if self.bank_url:
            facts = {
                "account": order.account,
                "amount": order.paid_amount,
                "text": f"{order.reference} {order.text}",
                "reference": order.number,
                "end_to_end": order.reference,
                "name": "NGUOI NOP TIEN",
            }
            self.postbox.now(lambda: self._credit(order, facts))

    def _credit(self, order: Order, facts: dict[str, Any]) -> None:
        if credit(self.bank_url, facts):
            order.credited += int(facts["amount"])

    def _notify(self, order: Order, how: str) -> None:
        if not self.confirm_url or how == "lost":
            return
        message = self._with_hash(self._confirm(order), _CONFIRM_ORDER)
        body = json.dumps(message, ensure_ascii=False).encode()

        def deliver() -> None:
            self._deliver(order, body)

        if how == "late":
            self.postbox.at(self.clock.now() + timedelta(minutes=20), deliver)
            return
        for _ in range(2 if how == "twice" else 1):
            self.postbox.now(deliver)

    def _deliver(self, order: Order, body: bytes) -> None:
        status, answer = post(self.confirm_url, body)
        try:
            code = str(json.loads(answer).get("MaLoi", "")) if status == 200 else f"http-{status}"
        except (ValueError, AttributeError):
            code = "unreadable"
        order.notices.append(code)

    def _confirm(self, order: Order) -> dict[str, Any]:
        return {
            "LoaiBanTin": "CONFIRM",
            "MaLoi": "00" if order.state == PAID else "05",
            "MaDoiTac": self.partner_code,
            "MaThamChieu": order.reference,
            "SoTien": order.paid_amount or order.amount,
            "MaTienTe": "VND",
            "MaGiaoDich": order.number,
            "MaNganHang": "VCB",
            "ThoiGianGD": _local(order.paid_at or self.clock.now()),
            "ThongTinGiaoDich": order.text,
        }

    def _serve(
        self,
        request: SandboxRequest,
        kind: str,
        order: list[str],
        act: Callable[[dict[str, Any]], dict[str, Any]],
    ) -> SandboxAnswer:
        if self.token and request.headers.get("authorization") != f"Bearer {self.token}":
            return _json({"error": "unauthorized"}, 401)
        try:
            message = json.loads(request.body)
            values = [str(message[name]) for name in order]
        except (ValueError, KeyError, TypeError):
            return self._wrapped(self._error("03", "thiếu trường"))
        if message["LoaiBanTin"] != kind or message["MaDoiTac"] != self.partner_code:
            return self._wrapped(self._error("03", "sai bản tin hoặc đối tác"))
        if message.get("MaXacThuc") != self._hash(values):
            self.refused.append(str(message.get("MaThamChieu")))
            return self._wrapped(self._error("97", "sai mã xác thực"))
        return self._wrapped(act(message))

    def _error(self, code: str, words: str) -> dict[str, Any]:
        return {"MaLoi": code, "MoTaLoi": words}

    def _wrapped(self, answer: dict[str, Any]) -> SandboxAnswer:
        if self.proxied:
            answer = {"error_code": "0", "message": json.dumps(answer, ensure_ascii=False)}
        return _json(answer)

    def _with_hash(self, message: dict[str, Any], order: list[str]) -> dict[str, Any]:
        return {**message, "MaXacThuc": self._hash([str(message[name]) for name in order])}

    def _hash(self, values: list[str]) -> str:
        if self.algorithm == "hmac-sha256":
            return hmac.new(self.secret.encode(), "|".join(values).encode(), "sha256").hexdigest()
        return hashlib.sha256(("|".join(values) + "|" + self.secret).encode("utf-8")).hexdigest()

    def _order_of(self, facts: dict[str, Any]) -> Order:
        reference = facts.get("reference")
        if not reference:
            reference = parse_qs(urlsplit(facts["url"]).query)["so"][0]
        return self.orders[str(reference)]

    def _control(
        self, request: SandboxRequest, act: Callable[[dict[str, Any]], SandboxAnswer]
    ) -> SandboxAnswer:
        try:
            return act(json.loads(request.body or b"{}"))
        except KeyError as exc:
            return _json({"error": f"no such payment or field: {exc}"}, 404)
        except ValueError as exc:
            return _json({"error": f"malformed request: {exc}"}, 422)


def _local(moment: datetime) -> str:
    return moment.astimezone(ZONE).strftime("%Y%m%d%H%M%S")


def _page(request: SandboxRequest, rest: str) -> str:
    host = request.headers.get("host", "sandbox.invalid")
    return f"http://{host}/payment-platform/{rest}"


def _json(data: object, status: int = 200) -> SandboxAnswer:
    raw = json.dumps(data, ensure_ascii=False).encode()
    return SandboxAnswer(status, {"Content-Type": "application/json; charset=utf-8"}, raw)
