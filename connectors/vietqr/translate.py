"""A transfer that is asked for ↔ the text of its code, pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from connectors.kit.reading import Unreadable
from connectors.kit.seams import is_reference
from connectors.vietqr import wire

_ACCOUNT = re.compile(r"[0-9A-Za-z]{1,19}")
_BIN = re.compile(r"[0-9]{6}")
_AMOUNT = re.compile(r"[1-9][0-9]{0,12}")
_PURPOSE = re.compile(r"[0-9A-Za-z .,_-]+")


@dataclass(frozen=True, slots=True)
class Transfer:
    """A transfer as a code asks for it.

    Attributes:
        bin: of the bank, six digits.
        account: number of the account (or of the card, by ``service``).
        amount: whole đồng; ``None``: the payer fills it in.
        purpose: text of the transfer; empty: the payer fills it in.
        once: the code is for one payment.
        service: ``QRIBFTTA`` to an account, ``QRIBFTTC`` to a card.
        misplaced_service: read from a code whose service stands inside the beneficiary instead of beside it.
    """

    bin: str
    account: str
    amount: int | None = None
    purpose: str = ""
    once: bool = True
    service: str = wire.TO_ACCOUNT
    misplaced_service: bool = False


def text_of(transfer: Transfer) -> str:
    """The text of the code.

    Raises:
        ValueError: a fact that must not stand in a code like that.
    """
    if not _BIN.fullmatch(transfer.bin) or not _ACCOUNT.fullmatch(transfer.account):
        raise ValueError("bank or account is not of the agreed form")
    if transfer.service not in (wire.TO_ACCOUNT, wire.TO_CARD):
        raise ValueError("an unknown service")
    if transfer.amount is not None and (type(transfer.amount) is not int or not 0 < transfer.amount < 10**13):
        raise ValueError("an amount is whole đồng, at least 1, at most 13 digits")
    if transfer.purpose and not _PURPOSE.fullmatch(transfer.purpose):
        raise ValueError("the purpose holds a character that banks change")
    beneficiary = wire.joined([(wire.BIN, transfer.bin), (wire.NUMBER, transfer.account)])
    provider = wire.joined(
        [(wire.AID, wire.NAPAS), (wire.BENEFICIARY_OF, beneficiary), (wire.SERVICE, transfer.service)]
    )
    return wire.sealed(
        wire.joined(
            [
                (wire.VERSION, "01"),
                (wire.METHOD, wire.ONCE if transfer.once else wire.ANY_TIMES),
                (wire.BENEFICIARY, provider),
                (wire.CURRENCY, wire.DONG),
                (wire.AMOUNT, "" if transfer.amount is None else str(transfer.amount)),
                (wire.COUNTRY, wire.VIETNAM),
                (wire.MORE, wire.joined([(wire.PURPOSE, transfer.purpose)])),
            ]
        )
    )


def read(text: str) -> Transfer:
    """The transfer that a code asks for.

    Raises:
        Unreadable: with the field that is missing, not as agreed, or says two things.
    """
    fields = wire.opened(text)
    for name, wanted in ((wire.VERSION, ("01",)), (wire.METHOD, (wire.ANY_TIMES, wire.ONCE)), (wire.CURRENCY, (wire.DONG,)), (wire.COUNTRY, (wire.VIETNAM,))):  # fmt: skip
        if fields.get(name) not in wanted:
            raise Unreadable(name, f"is not {' or '.join(wanted)}")
    if wire.BENEFICIARY not in fields:
        raise Unreadable(wire.BENEFICIARY, "is missing: not a code of VietQR")
    provider = wire.parted(fields[wire.BENEFICIARY], wire.BENEFICIARY)
    if provider.get(wire.AID) != wire.NAPAS:
        raise Unreadable(f"{wire.BENEFICIARY}.{wire.AID}", "is not that of NAPAS")
    beneficiary = wire.parted(
        provider.get(wire.BENEFICIARY_OF, ""), f"{wire.BENEFICIARY}.{wire.BENEFICIARY_OF}"
    )
    service, misplaced = provider.get(wire.SERVICE, ""), False
    if not service and wire.SERVICE in beneficiary:
        # Codes in the field carry it inside; what they mean is not in doubt.
        service, misplaced = beneficiary[wire.SERVICE], True
    if service not in (wire.TO_ACCOUNT, wire.TO_CARD):
        raise Unreadable(f"{wire.BENEFICIARY}.{wire.SERVICE}", "names no service that is known")
    more = wire.parted(fields.get(wire.MORE, ""), wire.MORE)
    return Transfer(
        bin=_form(beneficiary, wire.BIN, _BIN),
        account=_form(beneficiary, wire.NUMBER, _ACCOUNT),
        amount=int(_form(fields, wire.AMOUNT, _AMOUNT)) if wire.AMOUNT in fields else None,
        purpose=more.get(wire.PURPOSE, ""),
        once=fields[wire.METHOD] == wire.ONCE,
        service=service,
        misplaced_service=misplaced,
    )


def purpose_of(reference: str, words: str, longest: int) -> str:
    """The purpose text: our reference first, because banks cut at the end.

    Raises:
        ValueError: not a reference of ours (16 characters with a right check digit).
    """
    if not is_reference(reference):
        raise ValueError("a purpose carries a reference of 16 characters with its check digit")
    return f"{reference} {' '.join(words.split())}"[:longest].rstrip()


def _form(fields: wire.Fields, name: str, form: re.Pattern[str]) -> str:
    value = fields.get(name, "")
    if not (value.isascii() and form.fullmatch(value)):
        raise Unreadable(name, "is missing or not of the agreed form")
    return value
