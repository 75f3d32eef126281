"""The payment platform's three calls. Speaks canonical types; one instance per process, threads may share it."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from connectors.errors import ContractBroken, OutcomeUnknown, Rejected, Unavailable
from connectors.kit.effects import EffectClass
from connectors.kit.refusing import before_sending
from connectors.kit.seams import Clock
from connectors.kit.transport import Transport
from connectors.payment_platform import translate, wire
from connectors.payment_platform.settings import Settings
from mappings.canonical.payment import PaymentNews, PaymentVerdict

SYSTEM = "payment_platform"
OPEN, ASK, BILL = "open_payment", "query_payment", "get_bill"
SHOWN = frozenset(
    {
        "LoaiBanTin",
        "PhienBan",
        "MaDoiTac",
        "MaThamChieu",
        "SoTien",
        "MaTienTe",
        "ThoiGianGD",
        "MaLoi",
        "TrangThaiGD",
        "MaGiaoDich",
        "error_code",
    }
)
"""Fields that exchange summaries may show: no person, no account, no secret."""


class Client:
    """Payments at the national platform.

    ``supports_refund`` is ``False``: no refund message is known. Such money goes back by transfer order or by
    treasury decision with its document number.
    """

    supports_refund = False
    supports_partial_refund = False

    def __init__(self, settings: Settings, transport: Transport, *, clock: Clock) -> None:
        self._settings, self._transport, self._clock = settings, transport, clock
        self.not_found_codes = settings.not_found_codes

    def request_time(self, moment: datetime | None = None) -> str:
        """ThoiGianGD of ``moment`` (now): 14 digits, 24 hours, GMT+7. Store it before INIT; QUERY needs the same."""
        return wire.sent_time(moment or self._clock.now(), self._settings)

    def open_payment(
        self,
        *,
        reference: str,
        amount: int,
        request_time: str,
        description: str,
        payer_address: str,
        language: str,
        receipt: Mapping[str, Any],
        deadline_seconds: float | None = None,
    ) -> str:
        """Open a payment under our reference and give the address of the payment page.

        Raises:
            Rejected: refused by them, or by us before anything left (code ``not-sent``).
            Unavailable: nothing was opened.
            OutcomeUnknown: it may be open; nobody holds its address. Ask by QUERY.
        """
        with before_sending(SYSTEM, OPEN, reference):
            message = translate.init_message(
                self._settings,
                reference=reference,
                amount=amount,
                request_time=request_time,
                description=description,
                payer_address=payer_address,
                language=language,
                receipt=receipt,
            )
        answer = self._call(
            OPEN, self._settings.init_path, message, EffectClass.FINDABLE, reference, deadline_seconds
        )
        with self._agreed(OPEN, reference):
            code = wire.text(answer, "MaLoi")
            self._judge(OPEN, reference, code)
            _same(answer, reference)
            return self._page(wire.text(answer, "UrlThanhToan"))

    def query(
        self, *, reference: str, request_time: str, amount: int, deadline_seconds: float | None = None
    ) -> PaymentNews:
        """What they say of the attempt. Safe to repeat; an unknown state is ``UNKNOWN`` and is asked again.

        ``amount`` is what we asked for: paid with another amount stays ``PAID`` and says so in ``message``, and
        the amount in the news is theirs. An answer that is no state (they do not know the reference, they refuse
        to say) is ``UNKNOWN`` with MaLoi as its code: such answers are not signed and decide nothing.

        Raises:
            Unavailable: nobody answered.
            ContractBroken: answered, but unsigned, badly signed, or about something else.
        """
        with before_sending(SYSTEM, ASK, reference):
            message = translate.ask_message(self._settings, wire.QUERY, reference, request_time)
        answer = self._call(
            ASK, self._settings.query_path, message, EffectClass.READ, reference, deadline_seconds
        )
        with self._agreed(ASK, reference):
            code = wire.text(answer, "MaLoi")
            if code != wire.SUCCESS:
                return translate.no_state(self._settings, reference, code)
            signed = wire.is_signed(answer, self._settings.query_answer_fields, self._settings)
            if not signed and (self._settings.answers_signed or answer.get("MaXacThuc")):
                raise ValueError("MaXacThuc of the answer is missing or wrong")
            news = translate.queried(answer, self._settings, reference=reference)
        return translate.amount_checked(news, amount)

    def get_bill(
        self, *, reference: str, request_time: str, deadline_seconds: float | None = None
    ) -> dict[str, Any]:
        """The receipt of a paid attempt, by the attempt's own reference and time.

        Gives ``url``, or ``pdf_base64`` where they send the paper itself; ``{}`` when there is none yet.

        Raises:
            Rejected, Unavailable, ContractBroken
        """
        with before_sending(SYSTEM, BILL, reference):
            message = translate.ask_message(self._settings, wire.GET_BILL, reference, request_time)
        raw = self._raw(
            BILL, self._settings.bill_path, message, EffectClass.READ, reference, deadline_seconds
        )
        if raw.startswith(b"%PDF-") and raw.rstrip().endswith(b"%%EOF"):
            return {"pdf_base64": base64.b64encode(raw).decode()}
        with self._agreed(BILL, reference):
            answer = self._unwrapped(BILL, reference, raw, EffectClass.READ)
            self._judge(BILL, reference, wire.text(answer, "MaLoi"))
            _same(answer, reference)
            address = wire.text(answer, "UrlBienLai", needed=False)
            return {"url": self._https(address)} if address else {}

    def _call(
        self,
        operation: str,
        path: str,
        message: Mapping[str, Any],
        effect_class: EffectClass,
        reference: str,
        deadline_seconds: float | None,
    ) -> dict[str, Any]:
        raw = self._raw(operation, path, message, effect_class, reference, deadline_seconds)
        with self._agreed(operation, reference):
            return self._unwrapped(operation, reference, raw, effect_class)

    def _raw(
        self,
        operation: str,
        path: str,
        message: Mapping[str, Any],
        effect_class: EffectClass,
        reference: str,
        deadline_seconds: float | None,
    ) -> bytes:
        return self._transport.send(
            operation,
            "POST",
            path,
            effect_class=effect_class,
            reference=reference,
            json=message,
            deadline_seconds=deadline_seconds,
        ).content

    def _unwrapped(
        self, operation: str, reference: str, raw: bytes, effect_class: EffectClass
    ) -> dict[str, Any]:
        answer, proxy_code = wire.unwrapped(wire.read_object(raw), self._settings.envelope)
        if proxy_code:
            branch = Unavailable if effect_class is EffectClass.READ else OutcomeUnknown
            raise branch(
                f"the proxy says error_code {proxy_code[:20]}",
                system=SYSTEM,
                operation=operation,
                reference=reference,
            )
        return answer

    def _judge(self, operation: str, reference: str, code: str) -> None:
        if code == wire.SUCCESS:
            return
        if code in self._settings.undecided_codes:
            raise OutcomeUnknown(
                f"MaLoi {code}: they do not know either",
                system=SYSTEM,
                operation=operation,
                reference=reference,
            )
        raise Rejected("refused", system=SYSTEM, operation=operation, code=code[:20], reference=reference)

    def _page(self, address: str) -> str:
        host = (urlsplit(self._https(address)).hostname or "").lower()
        allowed = self._settings.payment_page_hosts
        if allowed and host not in allowed:
            raise ValueError("UrlThanhToan leads to a host that was not agreed")
        return address

    def _https(self, address: str) -> str:
        parts = urlsplit(address)
        plain_allowed = urlsplit(self._settings.base_url).scheme == "http"  # a sandbox on this machine
        if parts.scheme != "https" and not (plain_allowed and parts.scheme == "http"):
            raise ValueError("an address that is not https")
        if not parts.hostname or parts.username or any(c.isspace() or ord(c) < 32 for c in address):
            raise ValueError("a malformed address")
        return address

    @contextmanager
    def _agreed(self, operation: str, reference: str) -> Iterator[None]:
        """What cannot be read means: answered, but not in the agreed shape."""
        try:
            yield
        except ValueError as exc:
            raise ContractBroken(str(exc), system=SYSTEM, operation=operation, reference=reference) from exc


def is_final(news: PaymentNews) -> bool:
    """Whether asking may end with this news."""
    return news.verdict in (PaymentVerdict.PAID, PaymentVerdict.FAILED)


def _same(answer: Mapping[str, Any], reference: str) -> None:
    """Answers that are not signed may carry the reference; then it must be ours."""
    echoed = wire.text(answer, "MaThamChieu", needed=False)
    if echoed and echoed != reference:
        raise ValueError("the answer is about another MaThamChieu")
