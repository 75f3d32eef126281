"""A bank or treasury statement and a gateway's settlement file, as read. Amounts are in the currency's minor unit."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something in a file that could not be read, or that does not add up.

    Attributes:
        code: short stable name such as ``impossible-date``.
        where: row, line or element path.
        field: the field's name, or an empty text.
        raw: the text as it stood there.
        message_vi, message_en: whole sentences that say what to do.
        fatal: ``True`` when the file must not be loaded because of it.
    """

    code: str
    where: str
    field: str
    raw: str
    message_vi: str
    message_en: str
    fatal: bool = True


class EntryStatus(StrEnum):
    """What the bank says about a line. Only ``BOOKED`` may ever be posted."""

    BOOKED = "booked"
    PENDING = "pending"
    INFORMATION = "information"
    FUTURE = "future"


@dataclass(frozen=True, slots=True)
class Balance:
    """One balance of a statement.

    Attributes:
        code: as the bank names it (``OPBD``, ``CLAV``, ``60F``, ``64`` ...).
        minor: signed, minor units; ``None`` where the amount could not be read.
        amount: signed decimal text, or the text as it stood when it could not be read.
    """

    code: str
    minor: int | None
    amount: str
    currency: str
    day: date | None


@dataclass(frozen=True, slots=True)
class StatementEntry:
    """One line of a statement.

    Attributes:
        line: where it stands: line number, row, or path such as ``Stmt[1]/Ntry[3]``.
        minor: amount in minor units, not negative; the sign is in ``credit``. ``None``: could not be read.
        amount: the amount as decimal text; as it stood in the file when it could not be read.
        credit: ``True`` when the line made the balance grow (see ``reversal``).
        status: ``BOOKED``, or why it must not be posted.
        reversal: the bank says this line takes another one back; ``credit`` already is the line's own effect.
        return_reason: ISO code (``AC01``, ``AC04`` ...) when a transfer came back.
        references: kind → text (``end_to_end``, ``account_servicer``, ``customer``, ``instruction``, ``message`` ...).
        bank_code: the bank's transaction code: ``PMNT/RCDT/RRTN`` or ``NTRF``.
        raw: field → text as it stood, only for fields that could not be read.
        details: the entries of a batch line, empty for a plain line.
    """

    line: str
    minor: int | None
    currency: str
    credit: bool | None
    booked: bool
    booking_date: date | None
    value_date: date | None
    reversal: bool = False
    return_reason: str | None = None
    references: dict[str, str] = field(default_factory=dict)
    text: str = ""
    counterparty_name: str = ""
    counterparty_account: str = ""
    bank_code: str = ""
    details: tuple[StatementEntry, ...] = ()
    amount: str = ""
    status: EntryStatus = EntryStatus.BOOKED
    raw: dict[str, str] = field(default_factory=dict)

    @property
    def returned(self) -> bool:
        """Whether this line brings a transfer back, with or without a stated reason."""
        return self.return_reason is not None or self.bank_code.endswith(("/RRTN", "RTI"))


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of one account.

    Attributes:
        number, page: sequence number and page as the bank counts them.
        last_page: ``None`` where the format does not tell.
        opening_minor, closing_minor: signed, minor units; ``None`` where the file has no balance.
        adds_up: opening + booked = closing; ``None`` where it cannot be checked.
        difference_minor: closing - opening - booked; ``None`` where it cannot be checked.
        reference: the bank's name of the statement or message.
    """

    account: str
    currency: str
    number: str
    page: str
    from_date: date | None
    to_date: date | None
    opening_minor: int | None
    closing_minor: int | None
    entries: tuple[StatementEntry, ...]
    adds_up: bool | None
    difference_minor: int | None = None
    reference: str = ""
    last_page: bool | None = None
    balances: tuple[Balance, ...] = ()
    text: str = ""


@dataclass(frozen=True, slots=True)
class StatementFile:
    """All that was understood of one file, and all that was not."""

    format: str
    digest: str
    statements: tuple[Statement, ...]
    troubles: tuple[Trouble, ...]

    @property
    def loadable(self) -> bool:
        """Whether nothing fatal was found."""
        return not any(trouble.fatal for trouble in self.troubles)


@dataclass(frozen=True, slots=True)
class SettlementRow:
    """One row of a gateway's settlement file. Amounts are whole đồng.

    Attributes:
        kind: ``payment``, ``refund``, ``reversal``, ``fee`` or ``adjustment``.
        reference: our reference (TxnRef, MaThamChieu).
        original_reference: for refunds, the payment's reference.
        status: ``success``, ``failed`` or ``pending``, translated by the profile.
    """

    row: int
    kind: str
    reference: str
    provider_reference: str
    gross: int
    fee: int
    net: int
    at: datetime | None
    session: date
    status: str
    terminal: str = ""
    original_reference: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class SettlementFile:
    """A gateway's file of one session."""

    profile: str
    digest: str
    session: date | None
    terminal: str
    rows: tuple[SettlementRow, ...]
    troubles: tuple[Trouble, ...]

    @property
    def loadable(self) -> bool:
        """Whether nothing fatal was found."""
        return not any(trouble.fatal for trouble in self.troubles)
