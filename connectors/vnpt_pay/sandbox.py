"""A sandbox of VNPT Pay as it is recalled: not the real one, and no proof of anything but that a manual can be put in.

Written from ``contract/README.md``, sharing no code with the client. Control: ``/_sandbox/vnpt_pay/...``.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

from connectors.kit.sandbox import Clock, Sandbox, SandboxAnswer, SandboxRequest, route

INIT = ("ACTION", "MERCHANT_SERVICE_ID", "MERCHANT_ORDER_ID", "AMOUNT", "CURRENCY_CODE", "LOCALE", "DESCRIPTION", "CREATE_DATE", "CLIENT_IP")  # fmt: skip
QUERY = ("ACTION", "MERCHANT_SERVICE_ID", "MERCHANT_ORDER_ID", "CREATE_DATE")
INIT_ANSWER = ("RESPONSE_CODE", "DESCRIPTION", "MERCHANT_ORDER_ID", "REDIRECT_URL")
STATE = ("RESPONSE_CODE", "MERCHANT_ORDER_ID", "AMOUNT", "STATUS", "VNPTPAY_TRANSACTION_ID")
_ENDINGS = {"paid": "1", "short": "1", "failed": "2", "odd": "5"}


@dataclass(slots=True)
class Payment:
    """One payment in these books. ``state`` 0: the page is open."""

    order_id: str
    amount: int
    created: str
    state: str = "0"
    number: str = ""
    received: int = 0


class VnptPaySandbox(Sandbox):
    """One merchant's side. Callbacks are kept for tests; nobody is called."""

    system = "vnpt_pay"

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        secret: str = "sandboxsecretofvnptpay",  # noqa: S107 - the sandbox's own
    ) -> None:
        super().__init__(clock=clock)
        self.secret = secret
        self.payments: dict[str, Payment] = {}
        self.callbacks: list[bytes] = []

    @route("POST", "/init", "open_payment")
    def init(self, request: SandboxRequest) -> SandboxAnswer:
        """Open a payment."""
        body = self._read(request, INIT)
        if body is None:
            return _json({"RESPONSE_CODE": "97", "DESCRIPTION": "Sai chữ ký"})
        name = body["MERCHANT_ORDER_ID"]
        if name in self.payments:
            return self._signed(
                {"RESPONSE_CODE": "02", "DESCRIPTION": "Trung", "MERCHANT_ORDER_ID": name}, INIT_ANSWER
            )
        self.payments[name] = Payment(name, int(body["AMOUNT"]), body["CREATE_DATE"])
        url = f"http://{request.headers.get('host', 'localhost')}/vnpt-pay/page?o={name}"
        told = {"RESPONSE_CODE": "00", "DESCRIPTION": "OK", "MERCHANT_ORDER_ID": name, "REDIRECT_URL": url}
        return self._signed(told, INIT_ANSWER)

    @route("POST", "/query", "query_payment")
    def query(self, request: SandboxRequest) -> SandboxAnswer:
        """State of a payment."""
        body = self._read(request, QUERY)
        payment = self.payments.get(body["MERCHANT_ORDER_ID"]) if body else None
        if body is None or payment is None or payment.created != body["CREATE_DATE"]:
            return _json({"RESPONSE_CODE": "01", "DESCRIPTION": "Không tìm thấy"})
        return self._signed(self._state(payment), STATE)

    @route("POST", "/_sandbox/vnpt_pay/pay", "control")
    def pay(self, request: SandboxRequest) -> SandboxAnswer:
        """``{url | reference, ending: paid|short|failed|odd}``; the callback is kept."""
        try:
            facts = json.loads(request.body or b"{}")
            name = (
                parse_qs(urlsplit(str(facts["url"])).query)["o"][0]
                if facts.get("url")
                else str(facts["reference"])
            )
            payment, ending = self.payments[name], str(facts.get("ending", "paid"))
            payment.state = _ENDINGS[ending]
        except (KeyError, ValueError) as exc:
            return _json({"error": str(exc) or type(exc).__name__}, 422)
        payment.received = payment.amount - (1_000 if ending == "short" else 0)
        payment.number = f"VP{len(self.payments):010d}"
        self.callbacks.append(self._signed(self._state(payment), STATE).body)
        return _json({"reference": payment.order_id, "state": payment.state, "number": payment.number}, 201)

    @route("GET", "/_sandbox/vnpt_pay/books", "control")
    def show_books(self, request: SandboxRequest) -> SandboxAnswer:
        """Everything in these books."""
        del request
        return _json({"payments": [asdict(payment) for payment in self.payments.values()]})

    def wrongly_signed(self, answer: SandboxAnswer) -> SandboxAnswer:
        body = json.loads(answer.body)
        if "SECURE_CODE" in body:
            body["SECURE_CODE"] = body["SECURE_CODE"][::-1]
        return replace(answer, body=json.dumps(body).encode())

    def _read(self, request: SandboxRequest, order: tuple[str, ...]) -> dict[str, str] | None:
        try:
            body = json.loads(request.body)
            given = body.pop("SECURE_CODE")
            return body if given == self._code(body, order) else None
        except (ValueError, KeyError, AttributeError, TypeError):
            return None

    def _state(self, payment: Payment) -> dict[str, str]:
        return {
            "RESPONSE_CODE": "00",
            "MERCHANT_ORDER_ID": payment.order_id,
            "AMOUNT": str(payment.received or payment.amount),
            "STATUS": payment.state,
            "VNPTPAY_TRANSACTION_ID": payment.number,
        }

    def _signed(self, body: dict[str, str], order: tuple[str, ...]) -> SandboxAnswer:
        return _json({**body, "SECURE_CODE": self._code(body, order)})

    def _code(self, body: dict[str, str], order: tuple[str, ...]) -> str:
        text = "".join(f"{body.get(name, '')}|" for name in order) + self.secret
        return hashlib.sha256(text.encode()).hexdigest()


def _json(data: Any, status: int = 200) -> SandboxAnswer:
    raw = json.dumps(data, ensure_ascii=False).encode()
    return SandboxAnswer(status, {"Content-Type": "application/json"}, raw)
