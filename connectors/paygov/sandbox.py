"""The sandbox of PayGov: opening and callback. Its own books, its own checksums.

Written from ``contract/README.md``, sharing no code with the client. Control: ``/_sandbox/paygov/...``. The checksum's formula, the
answer's fields and the path are in no paper: HMAC-SHA256 over values joined by a bar is this sandbox's own choice.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
from dataclasses import asdict, dataclass
from datetime import timedelta, timezone
from typing import Any
from urllib.parse import parse_qs, urlsplit

from connectors.kit.sandbox import Clock, Sandbox, SandboxAnswer, SandboxRequest, route

ORDER = ("amount", "orderId", "orderInfo", "requestCode", "transactionNo", "payDate", "payGate", "errorCode")
"""What this sandbox puts under the checksum of a callback."""
_ZONE = timezone(timedelta(hours=7))
_TIMEOUT_SECONDS = 15.0
_NEEDED = ("partnerCode", "returnUrl", "orderId", "amount", "orderInfo", "requestCode", "ipAddress")
_ENDINGS = {"paid": "00", "short": "00", "failed": "24", "odd": "77"}


@dataclass(slots=True)
class Payment:
    """One payment in PayGov's books."""

    request_code: str
    order_id: str
    amount: int
    info: str
    code: str = ""
    number: str = ""
    received: int = 0
    paid_at: str = ""


class PaygovSandbox(Sandbox):
    """One partner's side of PayGov.

    Args:
        token: bearer token that the province's proxy asks for; empty: none.
        callback_url: where callbacks go; empty: they are only kept.
    """

    system = "paygov"

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        partner_code: str = "DVCTINH",
        secret: str = "sandboxsecretofpaygov",  # noqa: S107 - the sandbox's own
        token: str = "",
        callback_url: str = "",
    ) -> None:
        super().__init__(clock=clock)
        self.partner_code, self.secret, self.token, self.callback_url = (
            partner_code,
            secret,
            token,
            callback_url,
        )
        self.payments: dict[str, Payment] = {}
        self.callbacks: list[bytes] = []
        self.answers: list[int] = []

    @route("POST", "/payment", "open_payment")
    def create(self, request: SandboxRequest) -> SandboxAnswer:
        """Open a payment."""
        if self.token and request.headers.get("authorization") != f"Bearer {self.token}":
            return _json({"error": "token"}, 401)
        try:
            body = json.loads(request.body)
            missing = [name for name in _NEEDED if not body.get(name)]
        except (ValueError, AttributeError):
            missing = ["body"]
        if missing or not body["orderInfo"].isascii() or body["partnerCode"] != self.partner_code:
            return _json({"errorCode": "01", "message": "Dữ liệu không hợp lệ"})
        code = str(body["requestCode"])
        if code in self.payments:
            return _json({"errorCode": "02", "message": "Trùng mã yêu cầu", "requestCode": code})
        self.payments[code] = Payment(code, str(body["orderId"]), int(body["amount"]), str(body["orderInfo"]))
        url = f"http://{request.headers.get('host', 'localhost')}/paygov/page?o={code}"
        return _json({"errorCode": "00", "message": "OK", "requestCode": code, "payUrl": url})

    @route("GET", "/paygov/page", "page")
    def page(self, request: SandboxRequest) -> SandboxAnswer:
        """What a browser would show."""
        payment = self.payments.get(request.query.get("o", ""))
        words = f"{payment.amount:,} đồng".replace(",", ".") if payment else "Không có giao dịch này"
        html = (
            f"<!DOCTYPE html><title>PayGov thử</title><h1>PayGov thử</h1><p>{words}. Không có tiền thật.</p>"
        )
        return SandboxAnswer(
            200 if payment else 404, {"Content-Type": "text/html; charset=utf-8"}, html.encode()
        )

    @route("POST", "/_sandbox/paygov/pay", "control")
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
            payment.code = _ENDINGS[ending]
        except (KeyError, ValueError) as exc:
            return _json({"error": str(exc) or type(exc).__name__}, 422)
        payment.received = payment.amount - (1_000 if ending == "short" else 0)
        payment.number = f"PG{len(self.callbacks):010d}"
        payment.paid_at = f"{self.clock.now().astimezone(_ZONE):%Y%m%d%H%M%S}"
        how = str(facts.get("notify", "once"))
        for _ in range({"lost": 0, "twice": 2}.get(how, 1)):
            self._call_back(payment, "not-their-secret" if how == "forged" else self.secret)
        return _json({"reference": payment.request_code, "code": payment.code, "number": payment.number}, 201)

    @route("GET", "/_sandbox/paygov/books", "control")
    def show_books(self, request: SandboxRequest) -> SandboxAnswer:
        """Everything PayGov knows, for a checker that shares no code with the product."""
        del request
        return _json({"payments": [asdict(p) for p in self.payments.values()], "callbacks": self.answers})

    def _call_back(self, payment: Payment, secret: str) -> None:
        body = {
            "amount": str(payment.received),
            "orderId": payment.order_id,
            "orderInfo": payment.info,
            "requestCode": payment.request_code,
            "transactionNo": payment.number,
            "payDate": payment.paid_at,
            "payGate": "NAPAS",
            "errorCode": payment.code,
            "type": "1",
            "transactionCode": payment.number,
        }
        text = "|".join(body[name] for name in ORDER)
        body["checksum"] = hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
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


def _json(data: Any, status: int = 200) -> SandboxAnswer:
    raw = json.dumps(data, ensure_ascii=False).encode()
    return SandboxAnswer(status, {"Content-Type": "application/json"}, raw)
