"""The sandbox of MoMo: create, query, refund and its query, notices. Its own books, its own hashes.

Written from ``contract/README.md``, sharing no code with the client. Control: ``/_sandbox/momo/...``.
What no paper tells (fields of the refund's own query, the repeat policy of notices) is this sandbox's own choice.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from connectors.kit.sandbox import Clock, Sandbox, SandboxAnswer, SandboxRequest, route
from connectors.kit.sandbox_notices import Notices

_GATEWAY = "/v2/gateway/api"
_WORDS = {
    0: "Thành công.",
    1000: "Chờ người dùng xác nhận.",
    7002: "Đang xử lý.",
    42: "OrderId không tồn tại.",
}
_ENDINGS = {"paid": 0, "short": 0, "failed": 1006, "expired": 1005, "pending": 7002, "authorised": 9000}
_ORDER_ID = re.compile(r"^[0-9a-zA-Z]([-_.]*[0-9a-zA-Z]+)*$")


@dataclass(slots=True)
class Order:
    """One payment in the wallet's books."""

    order_id: str
    request_id: str
    amount: int
    info: str
    extra: str
    ipn_url: str
    code: int = 1000
    number: int = 0
    received: int = 0
    paid_at: int = 0


@dataclass(slots=True)
class Refund:
    """One refund in the wallet's books."""

    order_id: str
    payment: str
    amount: int
    code: int
    number: int
    created: int
    becomes: int = 0
    due: float = 0.0


@dataclass(slots=True)
class _Books:
    orders: dict[str, Order] = field(default_factory=dict)
    refunds: dict[str, Refund] = field(default_factory=dict)
    answered: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)


class MomoSandbox(Sandbox):
    """One merchant's side of the wallet.

    Args:
        ipn_url: where notices go; empty: to the ipnUrl of each payment only when ``follow`` is set.
        background: notify from threads by itself; else tests call ``notices.run_due``.
        own_query: whether the refund's own query lists the refund (else it says 42 to everything).
    """

    system = "momo"

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        partner_code: str = "MOMOTINH",
        access_key: str = "sandboxaccess01",
        secret_key: str = "sandboxsecretofmomo0123456789",  # noqa: S107 - the sandbox's own
        ipn_url: str = "",
        background: bool = True,
        pass_on: timedelta = timedelta(hours=1),
        own_query: bool = True,
    ) -> None:
        super().__init__(clock=clock)
        self.partner_code, self.access_key, self.secret_key = partner_code, access_key, secret_key
        self.notices = Notices(self.clock, ipn_url, background=background)
        self.own_query = own_query
        self._pass_on = pass_on
        self._books = _Books()
        self._count = 2_820_000_000
        self._next_refunds: list[int] = []

    def close(self) -> None:
        self.notices.close()

    # ---- what the wallet offers --------------------------------------------------------------------------------------

    @route("POST", f"{_GATEWAY}/create", "open_payment")
    def create(self, request: SandboxRequest) -> SandboxAnswer:
        """Open a payment; the same requestId gives the same answer."""
        names = "amount extraData ipnUrl orderId orderInfo partnerCode redirectUrl requestId requestType"
        return self._served(
            request, names, lambda body: self._once("create", body, lambda: self._open(body, request))
        )

    @route("POST", f"{_GATEWAY}/query", "query_payment")
    def query(self, request: SandboxRequest) -> SandboxAnswer:
        """State of a payment, with its refunds."""
        return self._served(request, "orderId partnerCode requestId", self._state)

    @route("POST", f"{_GATEWAY}/refund", "refund")
    def refund(self, request: SandboxRequest) -> SandboxAnswer:
        """Pay back; the same requestId gives the same answer once it is final, and 40 before."""
        names = "amount description orderId partnerCode requestId transId"
        return self._served(
            request, names, lambda body: self._once("refund", body, lambda: self._pay_back(body))
        )

    @route("POST", f"{_GATEWAY}/refund/query", "query_refund")
    def refund_query(self, request: SandboxRequest) -> SandboxAnswer:
        """State of a refund by its own orderId."""
        return self._served(request, "orderId partnerCode requestId", self._refund_state)

    @route("GET", "/momo/page", "page")
    def page(self, request: SandboxRequest) -> SandboxAnswer:
        """What a browser would show."""
        order = self._books.orders.get(request.query.get("o", ""))
        words = f"{order.amount:,} đồng".replace(",", ".") if order else "Không có giao dịch này"
        html = f"<!DOCTYPE html><title>MoMo thử</title><h1>MoMo thử</h1><p>{words}. Không có tiền thật.</p>"
        kind = {"Content-Type": "text/html; charset=utf-8"}
        return SandboxAnswer(200 if order else 404, kind, html.encode())

    # ---- control -----------------------------------------------------------------------------------------------------

    @route("POST", "/_sandbox/momo/pay", "control")
    def pay(self, request: SandboxRequest) -> SandboxAnswer:
        """``{url | reference, ending: paid|short|failed|expired|pending|authorised, notify: once|twice|late|lost|forged, at?}``."""

        def act(facts: dict[str, Any]) -> SandboxAnswer:
            order = self._order(facts)
            ending = str(facts.get("ending", "paid"))
            moment = datetime.fromisoformat(facts["at"]) if facts.get("at") else self.clock.now()
            if order.code == 0:
                raise ValueError("it is paid")
            order.code = _ENDINGS[ending]
            if order.code in (0, 9000):
                order.number, order.paid_at = self._new_number(), int(moment.timestamp() * 1000)
                order.received = order.amount - 1_000 if ending == "short" else order.amount
            self._notify(order, str(facts.get("notify", "once")))
            return _json({"reference": order.order_id, "number": str(order.number), "code": order.code}, 201)

        return _control(request, act)

    @route("POST", "/_sandbox/momo/notify", "control")
    def notify(self, request: SandboxRequest) -> SandboxAnswer:
        """``{reference, notify}``: one more notice of a payment."""

        def act(facts: dict[str, Any]) -> SandboxAnswer:
            self._notify(self._order(facts), str(facts.get("notify", "once")))
            return _json({"planned": True}, 201)

        return _control(request, act)

    @route("POST", "/_sandbox/momo/refunds", "control")
    def plan_refunds(self, request: SandboxRequest) -> SandboxAnswer:
        """``{codes: [7002, 1080 …]}``: resultCodes of the next refunds. Pending ones end as done after ``pass_on``."""

        def act(facts: dict[str, Any]) -> SandboxAnswer:
            self._next_refunds += [int(code) for code in facts["codes"]]
            return _json({"planned": len(self._next_refunds)}, 201)

        return _control(request, act)

    @route("GET", "/_sandbox/momo/notices", "control")
    def notices_now(self, request: SandboxRequest) -> SandboxAnswer:
        """How many notices wait or are under way, and what was answered."""
        del request
        return _json({**self.notices.counts(), "answers": self.notices.answers})

    @route("GET", "/_sandbox/momo/books", "control")
    def show_books(self, request: SandboxRequest) -> SandboxAnswer:
        """Everything the wallet knows, for a checker that shares no code with the product."""
        del request
        self._advance()
        payments = [asdict(order) for order in self._books.orders.values()]
        refunds = [asdict(refund) for refund in self._books.refunds.values()]
        return _json({"payments": payments, "refunds": refunds, "notices": self.notices.answers})

    # ---- the books ---------------------------------------------------------------------------------------------------

    def _served(
        self, request: SandboxRequest, names: str, act: Callable[[dict[str, Any]], dict[str, Any]]
    ) -> SandboxAnswer:
        try:
            body = json.loads(request.body)
        except ValueError:
            return _json({"resultCode": 20, "message": "Bad format request."}, 400)
        needed = [*names.split(), "signature"]
        if not isinstance(body, dict) or any(name not in body for name in needed):
            return _json({"resultCode": 20, "message": "Bad format request."}, 400)
        head = {
            "partnerCode": body["partnerCode"],
            "requestId": body["requestId"],
            "orderId": body["orderId"],
        }
        if body["partnerCode"] != self.partner_code or not hmac.compare_digest(
            self._hash(names.split(), body), str(body["signature"])
        ):
            return self._said(head, 13, "Xác thực đối tác thất bại.")
        if len(str(body["requestId"])) > 50 or not _ORDER_ID.match(str(body["orderId"])):
            return self._said(head, 20, "Bad format request.")
        self._advance()
        answer = act(body)
        if answer.get("resultCode") == 7000:
            return SandboxAnswer(422, {"Content-Type": "application/json"}, json.dumps(answer).encode())
        return _json({**head, **answer, "responseTime": self._now()})

    def _once(self, kind: str, body: dict[str, Any], act: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        key = (kind, str(body["requestId"]))
        before = self._books.answered.get(key)
        if before is not None:
            final = before["resultCode"] not in (1000, 7000, 7002, 9000)
            return before if final else {"resultCode": 40, "message": "Trùng requestId."}
        answer = act()
        if answer["resultCode"] not in (13, 20, 21, 22):
            self._books.answered[key] = answer
        return answer

    def _open(self, body: dict[str, Any], request: SandboxRequest) -> dict[str, Any]:
        order_id = str(body["orderId"])
        if type(body["amount"]) is not int or not 1_000 <= body["amount"] <= 50_000_000:
            return {"resultCode": 22, "message": "Số tiền ngoài giới hạn."}
        if order_id in self._books.orders:
            return {"resultCode": 41, "message": "Trùng orderId."}
        self._books.orders[order_id] = Order(
            order_id, str(body["requestId"]), body["amount"], str(body["orderInfo"]), str(body["extraData"]), str(body["ipnUrl"])
        )  # fmt: skip
        host = request.headers.get("host", "localhost")
        url = f"http://{host}/momo/page?o={order_id}"
        return {"resultCode": 0, "message": "Thành công.", "amount": body["amount"], "payUrl": url, "deeplink": f"momo://?o={order_id}"}  # fmt: skip

    def _state(self, body: dict[str, Any]) -> dict[str, Any]:
        order = self._books.orders.get(str(body["orderId"]))
        if order is None:
            return {"resultCode": 42, "message": _WORDS[42], "amount": 0, "transId": 0}
        return {
            "extraData": order.extra,
            "amount": order.received or order.amount,
            "transId": order.number,
            "payType": "qr",
            "resultCode": order.code,
            "refundTrans": [
                self._part(r) for r in self._books.refunds.values() if r.payment == order.order_id
            ],
            "message": _WORDS.get(order.code, "Thất bại."),
        }

    def _refund_state(self, body: dict[str, Any]) -> dict[str, Any]:
        refund = self._books.refunds.get(str(body["orderId"])) if self.own_query else None
        if refund is None:
            return {"resultCode": 42, "message": _WORDS[42]}
        return {"resultCode": 0, "message": "Thành công.", "refundTrans": [self._part(refund)]}

    def _pay_back(self, body: dict[str, Any]) -> dict[str, Any]:
        order_id = str(body["orderId"])
        order = next(
            (o for o in self._books.orders.values() if o.number and o.number == body["transId"]), None
        )
        taken = order_id in self._books.refunds or order_id in self._books.orders
        if order is None or taken:
            code = 41 if taken else 42
            return {"resultCode": code, "message": "Từ chối."}
        if type(body["amount"]) is not int or not 1_000 <= body["amount"] <= 50_000_000:
            return {"resultCode": 22, "message": "Số tiền ngoài giới hạn."}
        given = sum(
            r.amount
            for r in self._books.refunds.values()
            if r.payment == order.order_id and r.code in (0, 7002)
        )
        code = self._next_refunds.pop(0) if self._next_refunds else 0
        if given + body["amount"] > order.received:
            code = 1081
        due = self.clock.now() + self._pass_on
        refund = Refund(
            order_id,
            order.order_id,
            body["amount"],
            code,
            self._new_number(),
            self._now(),
            due=due.timestamp(),
        )
        self._books.refunds[order_id] = refund
        return {"resultCode": code, "message": _WORDS.get(code, "Thất bại."), "amount": refund.amount, "transId": refund.number}  # fmt: skip

    def _advance(self) -> None:
        now = self.clock.now().timestamp()
        for refund in self._books.refunds.values():
            if refund.code == 7002 and refund.due <= now:
                refund.code = refund.becomes

    def _part(self, refund: Refund) -> dict[str, Any]:
        return {
            "orderId": refund.order_id,
            "amount": refund.amount,
            "resultCode": refund.code,
            "transId": refund.number,
            "createdTime": refund.created,
        }

    # ---- notices -----------------------------------------------------------------------------------------------------

    def notice(self, order: Order, secret: str = "") -> bytes:
        """The notice of a payment as the wallet sends it."""
        body: dict[str, Any] = {
            "partnerCode": self.partner_code,
            "orderId": order.order_id,
            "requestId": order.request_id,
            "amount": order.received or order.amount,
            "orderInfo": order.info,
            "orderType": "momo_wallet",
            "transId": order.number or self._new_number(),
            "resultCode": order.code,
            "message": _WORDS.get(order.code, "Giao dịch bị từ chối."),
            "payType": "qr",
            "responseTime": order.paid_at or self._now(),
            "extraData": order.extra,
        }
        names = sorted(body)
        text = "&".join(f"{name}={body[name]}" for name in names)
        body["signature"] = self._digest(f"accessKey={self.access_key}&{text}", secret or self.secret_key)
        return json.dumps(body, ensure_ascii=False).encode()

    def _notify(self, order: Order, how: str) -> None:
        now = self.clock.now()
        due = now + timedelta(minutes=20) if how == "late" else now
        if how == "forged":
            self.notices.plan(order.order_id, self.notice(order, "not-their-secret"), now)
        elif how != "lost":
            for _ in range(2 if how == "twice" else 1):
                self.notices.plan(order.order_id, self.notice(order), due)

    def _hash(self, names: list[str], body: dict[str, Any]) -> str:
        text = f"accessKey={self.access_key}" + "".join(f"&{name}={body[name]}" for name in sorted(names))
        return self._digest(text, self.secret_key)

    def _digest(self, text: str, secret: str) -> str:
        return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()

    def _said(self, head: dict[str, Any], code: int, words: str) -> SandboxAnswer:
        return _json({**head, "resultCode": code, "message": words, "responseTime": self._now()})

    def _order(self, facts: dict[str, Any]) -> Order:
        reference = str(facts.get("reference", ""))
        if facts.get("url"):
            reference = parse_qs(urlsplit(str(facts["url"])).query)["o"][0]
        return self._books.orders[reference]

    def _new_number(self) -> int:
        self._count += 1
        return self._count

    def _now(self) -> int:
        return int(self.clock.now().timestamp() * 1000)


def _control(request: SandboxRequest, act: Callable[[dict[str, Any]], SandboxAnswer]) -> SandboxAnswer:
    try:
        return act(json.loads(request.body or b"{}"))
    except (KeyError, ValueError) as exc:
        return _json({"error": str(exc) or type(exc).__name__}, 422)


def _json(data: object, status: int = 200) -> SandboxAnswer:
    raw = json.dumps(data, ensure_ascii=False).encode()
    return SandboxAnswer(status, {"Content-Type": "application/json; charset=utf-8"}, raw)
