"""The sandbox of KeyPay's portal form: create, detail query, callback. Its own books, its own hashes.

Written from ``contract/README.md``, sharing no code with the client. Control: ``/_sandbox/keypay/...``. Paths, codes, names of
answer fields and the order under a callback's hash are in no paper: they are this sandbox's own choice.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from connectors.kit.sandbox import Clock, Sandbox, SandboxAnswer, SandboxRequest, route

_TIMEOUT_SECONDS = 15.0
_STATES = {"paid": "0", "short": "0", "failed": "7", "odd": "9"}


@dataclass(slots=True)
class Payment:
    """One payment in KeyPay's books. ``state`` 2: the page is open."""

    transaction_id: str
    amount: int
    text: str
    state: str = "2"
    number: str = ""
    received: int = 0


class KeypaySandbox(Sandbox):
    """One client's side of KeyPay.

    Args:
        callback_url: where callbacks go; empty: they are only kept.
    """

    system = "keypay"

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        client_id: str = "DVCTINH",
        key: str = "sandboxkeyofkeypay01",
        callback_key: str = "sandboxcallbackkey02",
        callback_url: str = "",
    ) -> None:
        super().__init__(clock=clock)
        self.client_id, self.key, self.callback_key, self.callback_url = (
            client_id,
            key,
            callback_key,
            callback_url,
        )
        self.payments: dict[str, Payment] = {}
        self.callbacks: list[bytes] = []
        self.answers: list[int] = []

    @route("POST", "/create", "open_payment")
    def create(self, request: SandboxRequest) -> SandboxAnswer:
        """Open a payment."""
        order = ["addition_fee", "client_id", "command", "trans_amount", "transaction_id", "version"]
        return self._served(request, order, lambda body: self._open(body, request))

    @route("POST", "/detail", "query_payment")
    def detail(self, request: SandboxRequest) -> SandboxAnswer:
        """State of a payment."""
        return self._served(request, ["client_id", "command", "transaction_id"], self._detail)

    @route("GET", "/keypay/page", "page")
    def page(self, request: SandboxRequest) -> SandboxAnswer:
        """What a browser would show."""
        payment = self.payments.get(request.query.get("o", ""))
        words = f"{payment.amount:,} đồng".replace(",", ".") if payment else "Không có giao dịch này"
        html = (
            f"<!DOCTYPE html><title>KeyPay thử</title><h1>KeyPay thử</h1><p>{words}. Không có tiền thật.</p>"
        )
        return SandboxAnswer(
            200 if payment else 404, {"Content-Type": "text/html; charset=utf-8"}, html.encode()
        )

    @route("POST", "/_sandbox/keypay/pay", "control")
    def pay(self, request: SandboxRequest) -> SandboxAnswer:
        """``{url | reference, ending: paid|short|failed|odd, notify: once|twice|lost|forged}``."""
        try:
            facts = json.loads(request.body or b"{}")
            name = (
                parse_qs(urlsplit(str(facts["url"])).query)["o"][0]
                if facts.get("url")
                else str(facts["reference"])
            )
            payment, ending = self.payments[name], str(facts.get("ending", "paid"))
            payment.state = _STATES[ending]
        except (KeyError, ValueError) as exc:
            return _json({"error": str(exc) or type(exc).__name__}, 422)
        if payment.state == "0":
            payment.received = payment.amount - 1_000 if ending == "short" else payment.amount
            payment.number = f"KP{len(self.payments):010d}"
        how = str(facts.get("notify", "once"))
        for _ in range({"lost": 0, "twice": 2}.get(how, 1)):
            self._call_back(payment, "not-their-key-00" if how == "forged" else self.callback_key)
        return _json(
            {"reference": payment.transaction_id, "number": payment.number, "state": payment.state}, 201
        )

    @route("GET", "/_sandbox/keypay/books", "control")
    def show_books(self, request: SandboxRequest) -> SandboxAnswer:
        """Everything KeyPay knows, for a checker that shares no code with the product."""
        del request
        return _json({"payments": [asdict(p) for p in self.payments.values()], "callbacks": self.answers})

    def _served(
        self, request: SandboxRequest, order: list[str], act: Callable[[dict[str, Any]], dict[str, Any]]
    ) -> SandboxAnswer:
        try:
            body = json.loads(request.body)
            text = "|".join(str(body[name]) for name in order)
            wanted = hmac.new(self.key.encode(), text.encode(), hashlib.sha256).hexdigest()
            right = body["client_id"] == self.client_id and hmac.compare_digest(
                wanted, str(body["check_sum"])
            )
        except (ValueError, KeyError, TypeError):
            return _json({"return_code": "3", "return_msg": "Sai định dạng"})
        if not right:
            return _json({"return_code": "1", "return_msg": "Sai chữ ký"})
        return _json(act(body))

    def _open(self, body: dict[str, Any], request: SandboxRequest) -> dict[str, Any]:
        name = str(body["transaction_id"])
        if name in self.payments:
            return {"return_code": "5", "return_msg": "Trùng mã giao dịch", "transaction_id": name}
        self.payments[name] = Payment(name, int(body["trans_amount"]), str(body["bill_info"]))
        url = f"http://{request.headers.get('host', 'localhost')}/keypay/page?o={name}"
        return {"return_code": "0", "return_msg": "OK", "transaction_id": name, "redirect_url": url}

    def _detail(self, body: dict[str, Any]) -> dict[str, Any]:
        name = str(body["transaction_id"])
        payment = self.payments.get(name)
        if payment is None:
            return {
                "return_code": "4",
                "return_msg": "Không có giao dịch",
                "transaction_id": name,
                "status": "4",
            }
        return {
            "return_code": "0",
            "transaction_id": name,
            "status": payment.state,
            "trans_amount": str(payment.received or payment.amount),
            "keypay_transaction_id": payment.number,
        }

    def _call_back(self, payment: Payment, key: str) -> None:
        body = {
            "client_id": self.client_id,
            "transaction_id": payment.transaction_id,
            "trans_amount": str(payment.received or payment.amount),
            "status": payment.state,
            "keypay_transaction_id": payment.number,
        }
        text = f"{self.client_id}|{payment.state}|{body['trans_amount']}|{payment.transaction_id}"
        body["check_sum"] = hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()
        raw = json.dumps(body).encode()
        self.callbacks.append(raw)
        if self.callback_url:
            self.answers.append(_post(self.callback_url, raw))


def _post(url: str, body: bytes) -> int:
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=_TIMEOUT_SECONDS)
    try:
        connection.request("POST", parts.path or "/", body, {"Content-Type": "application/json"})
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def _json(data: object, status: int = 200) -> SandboxAnswer:
    raw = json.dumps(data, ensure_ascii=False).encode()
    return SandboxAnswer(status, {"Content-Type": "application/json"}, raw)
