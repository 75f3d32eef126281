"""The sandbox of VNPAY: its payment page, querydr and refund, notifications, session files and pay-outs.

Written from ``contract/facts.md``; shares no code with the client. Control: ``/_sandbox/vnpay/...``.
"""

from __future__ import annotations

import hmac
import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from connectors.kit.sandbox import Clock, SandboxAnswer, SandboxRequest, route
from connectors.vnpay import sandbox_page
from connectors.vnpay.sandbox_books import ENDINGS, ZONE, Books, Payment, Refund
from connectors.vnpay.sandbox_checks import pipe_hash, signed_query, wrong_address, wrong_format
from connectors.vnpay.sandbox_controls import Refusal, answer_json, control, moment
from connectors.vnpay.sandbox_notices import Notices
from connectors.vnpay.sandbox_sessions import SessionRoutes

_QUERY = [
    "RequestId",
    "Version",
    "Command",
    "TmnCode",
    "TxnRef",
    "TransactionDate",
    "CreateDate",
    "IpAddr",
    "OrderInfo",
]
_REFUND = [
    "RequestId",
    "Version",
    "Command",
    "TmnCode",
    "TransactionType",
    "TxnRef",
    "Amount",
    "TransactionNo",
    "TransactionDate",
    "CreateBy",
    "CreateDate",
    "IpAddr",
    "OrderInfo",
]
_ANSWER = [
    "ResponseId",
    "Command",
    "ResponseCode",
    "Message",
    "TmnCode",
    "TxnRef",
    "Amount",
    "BankCode",
    "PayDate",
    "TransactionNo",
    "TransactionType",
    "TransactionStatus",
    "OrderInfo",
]
_PROMOTION = ["PromotionCode", "PromotionAmount"]
_LATE = timedelta(minutes=20)


class VnpaySandbox(SessionRoutes):
    """One gateway with any number of terminals.

    Args:
        terminals: TmnCode → hash secret.
        ipn_url: the merchant's notification address; empty: nobody is notified.
        bank_url: the sandbox bank for pay-outs; empty: nothing is paid out.
        accounts: TmnCode → the merchant's account there; ``account`` for all others.
        fee_ppm: fee in parts per million of each payment.
        pass_on: how long a refund stays 05.
        repeat_window: how long the same query is refused with 94 (older tables: 5 minutes).
        background: notify from threads by itself; else tests call ``notices.run_due``.
    """

    system = "vnpay"

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        terminals: dict[str, str] | None = None,
        ipn_url: str = "",
        bank_url: str = "",
        account: str = "",
        accounts: dict[str, str] | None = None,
        fee_ppm: int = 8_800,
        pass_on: timedelta = timedelta(hours=1),
        repeat_window: timedelta = timedelta(0),
        background: bool = True,
    ) -> None:
        super().__init__(
            clock=clock,
            terminals=terminals or {"LIENTH01": "SANDBOXSECRETOFVNPAY0123456789AB"},
            books=Books(pass_on=pass_on),
            fee_ppm=fee_ppm,
            bank_url=bank_url,
            accounts=accounts or {},
            account=account,
        )
        self._repeat_window = repeat_window
        self.notices = Notices(self.clock, ipn_url, background=background)
        self._asked_last: dict[tuple[str, str], datetime] = {}
        self._answers = 0

    def close(self) -> None:
        self.notices.close()

    def operation_of(self, request: SandboxRequest) -> str:
        if request.path != "/merchant_webapi/api/transaction":
            return super().operation_of(request)
        try:
            command = json.loads(request.body).get("vnp_Command")
        except (ValueError, AttributeError):
            return "unreadable"
        return command if command in ("querydr", "refund") else "unreadable"

    def wrongly_signed(self, answer: SandboxAnswer) -> SandboxAnswer:
        try:
            body = json.loads(answer.body)
            body["vnp_SecureHash"] = body["vnp_SecureHash"][::-1]
        except (ValueError, KeyError, TypeError):
            return answer
        return replace(answer, body=json.dumps(body).encode())

    # What the merchant calls

    @route("POST", "/merchant_webapi/api/transaction", "transaction")
    def transaction(self, request: SandboxRequest) -> SandboxAnswer:
        """Querydr and refund, told apart by vnp_Command."""
        try:
            body = json.loads(request.body)
        except ValueError:
            return answer_json({"vnp_ResponseCode": "03", "vnp_Message": "Du lieu khong dung dinh dang"})
        now = self.clock.now()
        self._books.advance(now)
        command = body.get("vnp_Command") if isinstance(body, dict) else None
        names = {"querydr": _QUERY, "refund": _REFUND}.get(str(command))
        if names is None or not all(type(value) in (str, int) for value in body.values()):
            return answer_json({"vnp_ResponseCode": "03", "vnp_Message": "Du lieu khong dung dinh dang"})
        body = {
            name: str(value) for name, value in body.items()
        }  # programs send amounts and dates as numbers too
        secret = self.terminals.get(body.get("vnp_TmnCode", ""))
        if secret is None:
            return answer_json({"vnp_ResponseCode": "02", "vnp_Message": "TmnCode khong hop le"})
        given = str(body.get("vnp_SecureHash", "")).lower()
        if not hmac.compare_digest(given.encode(), pipe_hash(secret, names, body).encode()):
            return self._answer(body, secret, "97", "Chu ky khong hop le")
        trouble = wrong_format(body, names, now)
        if trouble:
            return self._answer(body, secret, "03", trouble)
        payment = self._books.payments.get((body["vnp_TmnCode"], body["vnp_TxnRef"]))
        if payment is None or payment.request_time != body["vnp_TransactionDate"]:
            return self._answer(body, secret, "91", "Khong tim thay giao dich yeu cau")
        if command == "querydr":
            return self._query(body, secret, payment, now)
        refusal = self._books.refusal(payment, body, now)
        if refusal is not None:
            return self._answer(body, secret, *refusal)
        refund = self._books.take_refund(payment, body, now)
        facts = _facts_of_refund(payment, refund)
        return self._answer(body, secret, "00", "Yeu cau hoan tien duoc tiep nhan", facts)

    @route("GET", "/paymentv2/vpcpay.html", "page")
    def page(self, request: SandboxRequest) -> SandboxAnswer:
        """The payment page, for people: how should it end?"""
        try:
            payment = self._opened(request.raw_query)
        except Refusal as exc:
            return sandbox_page.refused(str(exc))
        return sandbox_page.choice(payment, request.raw_query)

    @route("POST", "/paymentv2/vpcpay.html", "page")
    def page_ended(self, request: SandboxRequest) -> SandboxAnswer:
        """What was chosen on the page; sends the browser back to the merchant."""
        form = dict(parse_qsl(request.body.decode()))
        try:
            payment = self._end_at_page(form.get("query", ""), {"ending": form.get("ending", "failed")})
        except Refusal as exc:
            return sandbox_page.refused(str(exc))
        return SandboxAnswer(302, {"Location": self._return_url(payment)})

    # The payer, as a control

    @route("POST", "/_sandbox/vnpay/pay", "control")
    def pay(self, request: SandboxRequest) -> SandboxAnswer:
        """``{url, ending, notify?, at?, amount?, code?}``: the citizen at the page. See ``ENDINGS`` and ``_notify``."""

        def act(facts: dict[str, Any]) -> SandboxAnswer:
            payment = self._end_at_page(urlsplit(str(facts["url"])).query, facts)
            return answer_json(self._seen(payment), 201)

        return control(request, act)

    @route("POST", "/_sandbox/vnpay/pay-late", "control")
    def pay_late(self, request: SandboxRequest) -> SandboxAnswer:
        """``{reference, notify?}``: the bank's success arrives after the page was left or had expired."""

        def act(facts: dict[str, Any]) -> SandboxAnswer:
            payment = self._payment(facts)
            if payment.state == "00":
                raise Refusal("it is paid")
            self._books.end(payment, "paid", moment(facts) or self.clock.now())
            self._notify(payment, str(facts.get("notify", "once")))
            return answer_json(self._seen(payment), 201)

        return control(request, act)

    @route("POST", "/_sandbox/vnpay/notify", "control")
    def notify(self, request: SandboxRequest) -> SandboxAnswer:
        """``{reference, notify?, forge?}``: one more notice of a payment, or a forged one that says it was paid."""

        def act(facts: dict[str, Any]) -> SandboxAnswer:
            payment = self._payment(facts)
            if facts.get("forge"):
                says = payment.notice() | {"vnp_ResponseCode": "00", "vnp_TransactionStatus": "00"}
                says["vnp_Amount"] = str(payment.asked * 100)
                self.notices.plan(payment.reference, signed_query(says, "NOTTHEIRSECRET"))
            else:
                self._notify(payment, str(facts.get("notify", "once")))
            return answer_json(self._seen(payment), 201)

        return control(request, act)

    @route("GET", "/_sandbox/vnpay/notices", "control")
    def notices_now(self, request: SandboxRequest) -> SandboxAnswer:
        """How many notices wait or are under way, and what was answered."""
        del request
        return answer_json({**self.notices.counts(), "answers": self.notices.answers})

    @route("POST", "/_sandbox/vnpay/decide", "control")
    def decide(self, request: SandboxRequest) -> SandboxAnswer:
        """``{reference, accept}``: the merchant's decision in the portal about a suspected payment (07)."""

        def act(facts: dict[str, Any]) -> SandboxAnswer:
            payment = self._payment(facts)
            if payment.state != "07":
                raise Refusal("it is not suspected")
            payment.response, payment.state = ("00", "00") if facts["accept"] else ("99", "02")
            payment.paid_at = self.clock.now().astimezone(ZONE)
            self._notify(payment, "once")
            return answer_json(self._seen(payment))

        return control(request, act)

    @route("POST", "/_sandbox/vnpay/refuse-refunds", "control")
    def refuse_refunds(self, request: SandboxRequest) -> SandboxAnswer:
        """``{reference?, times?}``: the next refunds (of that payment) are taken and end as 09."""

        def act(facts: dict[str, Any]) -> SandboxAnswer:
            self._books.refused_next[str(facts.get("reference", "*"))] = int(facts.get("times", 1))
            return answer_json({"planned": True}, 201)

        return control(request, act)

    @route("GET", "/_sandbox/vnpay/books", "control")
    def show_books(self, request: SandboxRequest) -> SandboxAnswer:
        """Everything the gateway knows, for a checker that shares no code with the product."""
        del request
        self._books.advance(self.clock.now())
        sessions = [
            {"terminal": terminal, "session": day.isoformat(), "net": net}
            for (terminal, day), net in self._paid_out.items()
        ]
        return answer_json({**self._books.shown(), "sessions": sessions, "notices": self.notices.answers})

    def _query(self, body: dict[str, str], secret: str, payment: Payment, now: datetime) -> SandboxAnswer:
        key = (payment.terminal, payment.reference)
        last = self._asked_last.get(key)
        if self._repeat_window and last is not None and now - last < self._repeat_window:
            return self._answer(body, secret, "94", "Yeu cau bi trung lap trong thoi gian gioi han")
        self._asked_last[key] = now
        if payment.refunds:
            facts = _facts_of_refund(payment, payment.refunds[-1])
        else:
            facts = {
                "Amount": str((payment.received or payment.asked) * 100),
                "BankCode": payment.bank,
                "PayDate": f"{payment.paid_at:%Y%m%d%H%M%S}" if payment.paid_at else "",
                "TransactionNo": payment.number,
                "TransactionType": "01",
                "TransactionStatus": payment.state,
                "OrderInfo": payment.order_info,
            }
        return self._answer(body, secret, "00", "QueryDR Success", facts)

    def _answer(
        self,
        body: dict[str, str],
        secret: str,
        code: str,
        message: str,
        facts: dict[str, str] | None = None,
    ) -> SandboxAnswer:
        self._answers += 1
        values = {
            "ResponseId": f"{self._answers:032x}",
            "Command": body["vnp_Command"],
            "ResponseCode": code,
            "Message": message,
            "TmnCode": body["vnp_TmnCode"],
            "TxnRef": body.get("vnp_TxnRef", ""),
            **(facts or {}),
        }
        names = _ANSWER + (_PROMOTION if body["vnp_Command"] == "querydr" else [])
        named = {f"vnp_{name}": value for name, value in values.items()}
        return answer_json({**named, "vnp_SecureHash": pipe_hash(secret, names, named)})

    def _opened(self, raw_query: str) -> Payment:
        """Check the address of a payment as the page does and remember it.

        Raises:
            Refusal
        """
        pairs = parse_qsl(raw_query, keep_blank_values=True)
        fields = dict(pairs)
        secret = self.terminals.get(fields.get("vnp_TmnCode", ""))
        trouble = wrong_address(pairs, fields, secret)
        if trouble or secret is None:
            raise Refusal(trouble or "72 wrong TmnCode")
        key = (fields["vnp_TmnCode"], fields["vnp_TxnRef"])
        known = self._books.payments.get(key)
        if known is not None:
            if known.request_time != fields["vnp_CreateDate"] or known.response:
                raise Refusal("01 this TxnRef is taken")
            return known
        payment = Payment(
            terminal=key[0],
            reference=key[1],
            request_time=fields["vnp_CreateDate"],
            asked=int(fields["vnp_Amount"]) // 100,
            order_info=fields["vnp_OrderInfo"],
            return_url=fields["vnp_ReturnUrl"],
            expires=fields.get("vnp_ExpireDate", ""),
        )
        self._books.payments[key] = payment
        return payment

    def _end_at_page(self, raw_query: str, facts: dict[str, Any]) -> Payment:
        ending = str(facts.get("ending", "paid"))
        if ending != "abandoned" and ending not in ENDINGS:
            raise Refusal(f"ending is abandoned or one of {', '.join(ENDINGS)}")
        payment = self._opened(raw_query)
        at = moment(facts) or self.clock.now()
        if ending == "abandoned":
            return payment
        received = {"short": payment.asked - 1_000}.get(ending)
        if facts.get("amount") is not None:
            received = int(facts["amount"])
        code = str(facts.get("code", ""))
        if payment.expires and f"{at.astimezone(ZONE):%Y%m%d%H%M%S}" > payment.expires:
            ending, received, code = "failed", None, "11"
        notify = str(facts.get("notify", "once"))
        self._books.end(payment, ending, at, received=received, code=code)
        self._notify(payment, notify)
        return payment

    def _notify(self, payment: Payment, how: str) -> None:
        """Once · twice (both at once) · late (20 minutes by the clock) · lost (never) · before (before the page answers)."""
        query = signed_query(payment.notice(), self.terminals[payment.terminal])
        match how:
            case "once":
                self.notices.plan(payment.reference, query)
            case "twice":
                self.notices.plan(payment.reference, query)
                self.notices.plan(payment.reference, query)
            case "late":
                self.notices.plan(payment.reference, query, after=_LATE)
            case "before":
                self.notices.at_once(payment.reference, query)
            case "lost":
                return
            case _:
                raise Refusal("notify is once, twice, late, lost or before")

    def _seen(self, payment: Payment) -> dict[str, Any]:
        return {
            "reference": payment.reference,
            "terminal": payment.terminal,
            "number": payment.number,
            "status": payment.state,
            "amount": payment.received,
            "return_url": self._return_url(payment) if payment.response else "",
        }

    def _return_url(self, payment: Payment) -> str:
        mark = "&" if "?" in payment.return_url else "?"
        return payment.return_url + mark + signed_query(payment.notice(), self.terminals[payment.terminal])

    def _payment(self, facts: dict[str, Any]) -> Payment:
        for (terminal, reference), payment in self._books.payments.items():
            if reference == facts["reference"] and facts.get("terminal", terminal) == terminal:
                return payment
        raise Refusal("no such payment")


def _facts_of_refund(payment: Payment, refund: Refund) -> dict[str, str]:
    return {
        "Amount": str(refund.amount * 100),
        "BankCode": payment.bank,
        "PayDate": f"{refund.asked_at.astimezone(ZONE):%Y%m%d%H%M%S}",
        "TransactionNo": refund.number,
        "TransactionType": refund.kind,
        "TransactionStatus": refund.state,
        "OrderInfo": refund.order_info,
    }
