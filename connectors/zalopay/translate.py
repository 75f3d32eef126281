"""ZaloPay's words ↔ ours, pure. The table of sub codes is data (``contract/codes.toml``)."""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache
from importlib.resources import files
from typing import Any

from connectors.kit.reading import Unreadable, a_text, a_whole
from connectors.zalopay import wire
from connectors.zalopay.settings import Settings
from mappings.canonical.payment import PaymentNews, PaymentVerdict

PROVIDER = "zalopay"
CURRENCY = "VND"
SUCCESS, FAILED, PROCESSING = "1", "2", "3"


@dataclass(frozen=True, slots=True)
class Code:
    """One sub code. ``means`` is ``unknown`` where no table lists it."""

    means: str
    confidence: str
    vi: str
    en: str


_NOT_LISTED = Code("unknown", "", "Mã chưa biết", "Unknown code")


class RefundWord(Enum):
    """What an answer says of a refund."""

    DONE = "done"
    PROCESSING = "processing"
    REFUSED = "refused"
    NOT_FOUND = "not_found"
    UNKNOWN = "unknown"


@cache
def codes() -> dict[str, Code]:
    """Each sub code with its meaning."""
    text = files("connectors.zalopay").joinpath("contract/codes.toml").read_text(encoding="utf-8")
    return {code: Code(**facts) for code, facts in tomllib.loads(text).items()}


def meaning(sub_code: str) -> Code:
    """What a sub code means; an unfamiliar one is unknown, never success, never failure."""
    return codes().get(sub_code, _NOT_LISTED)


@dataclass(frozen=True, slots=True)
class Said:
    """The codes of one answer. Some faults stand in return_code itself."""

    code: str
    sub: str
    words: str

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> Said:
        """Read them.

        Raises:
            Unreadable
        """
        code = wire.code_of(fields, "return_code")
        sub = wire.code_of(fields, "sub_return_code", needed=False)
        words = ""
        for name in ("sub_return_message", "return_message"):
            value = fields.get(name)
            if not words and isinstance(value, str):
                words = value[:200]
        if code.startswith("-"):
            code, sub = FAILED, code
        return cls(code, sub, words)

    @property
    def both(self) -> str:
        """As stored: ``return_code/sub_return_code``."""
        return f"{self.code}/{self.sub}" if self.sub else self.code

    @property
    def fault(self) -> str:
        """``access``, ``request``, ``busy`` or ``duplicate`` where the answer is no answer to the question; else empty."""
        means = meaning(self.sub).means if self.code == FAILED else ""
        return means if means in ("access", "request", "busy", "duplicate") else ""

    @property
    def told(self) -> str:
        """In words."""
        listed = meaning(self.sub)
        return listed.vi if listed.confidence else self.words or listed.vi


def payment_verdict(said: Said, settings: Settings) -> PaymentVerdict:
    """A payment by an answer to query: failed only by a sub code that is known as a final failure."""
    if said.code == SUCCESS:
        return PaymentVerdict.PAID
    if said.code == PROCESSING:
        return PaymentVerdict.PENDING
    failed = meaning(said.sub).means == "failed" or said.sub in settings.failed_sub_codes
    return PaymentVerdict.FAILED if said.code == FAILED and failed else PaymentVerdict.UNKNOWN


def refund_word(said: Said, settings: Settings) -> RefundWord:
    """A refund by its codes. 'Failed' without a sub code that ZaloPay has named decides nothing: it may be a repeat of ours."""
    if said.code == SUCCESS:
        return RefundWord.DONE
    if said.code == PROCESSING:
        return RefundWord.PROCESSING
    if said.code == FAILED and said.sub in settings.refund_refused_sub_codes:
        return RefundWord.REFUSED
    if said.code == FAILED and said.sub in settings.refund_not_found_sub_codes:
        return RefundWord.NOT_FOUND
    return RefundWord.UNKNOWN


def queried(fields: Mapping[str, Any], said: Said, settings: Settings, *, reference: str) -> PaymentNews:
    """News from an answer to query, which names neither the order nor the application.

    Raises:
        Unreadable
    """
    verdict = payment_verdict(said, settings)
    number = wire.number_of(fields, "zp_trans_id")
    amount: int | None = None
    if verdict is PaymentVerdict.PAID:
        if not number:
            raise Unreadable("zp_trans_id", "is missing in a payment that is said to be paid")
        amount = a_whole(fields.get("amount"), "amount", least=1)
    return PaymentNews(
        provider=PROVIDER,
        terminal=settings.app_id,
        reference=reference,
        amount=amount,
        currency=CURRENCY,
        verdict=verdict,
        source="query",
        code=said.both,
        message=said.told,
        provider_reference=number or None,
    )


def called_back(data: Mapping[str, Any], settings: Settings) -> PaymentNews:
    """News from the verified data of a callback; ZaloPay calls back for paid orders only.

    Raises:
        Unreadable
    """
    number = wire.number_of(data, "zp_trans_id")
    if not number:
        raise Unreadable("zp_trans_id", "is missing")
    if "amount" not in data:
        raise Unreadable("amount", "is missing")
    return PaymentNews(
        provider=PROVIDER,
        terminal=settings.app_id,
        reference=wire.reference_of(a_text(data, "app_trans_id", most=40, empty=False)),
        amount=a_whole(data["amount"], "amount", least=1),
        currency=CURRENCY,
        verdict=PaymentVerdict.PAID,
        source="ipn",
        code=SUCCESS,
        message="Đã thanh toán",
        provider_reference=number,
        bank_code=str(a_whole(data["channel"], "channel", most=9_999))
        if data.get("channel") is not None
        else None,
        paid_at=wire.moment_of(data.get("server_time"), "server_time"),
    )


def text_for(text: str, longest: int) -> str:
    """``text`` as description: NFC, one line, without the bar that separates signed values.

    Raises:
        ValueError: nothing is left of it.
    """
    plain = "".join(
        " " if c == "|" or unicodedata.category(c).startswith("C") else c
        for c in unicodedata.normalize("NFC", text)
    )
    found = " ".join(plain.split())[:longest].rstrip()
    if not found:
        raise ValueError("nothing of the text can be sent")
    return found
