"""What happens on the day, drawn from one seed. Pure: the same seed and scale give the same list."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from random import Random
from zoneinfo import ZoneInfo

from connectors.kit.seams import seeded

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
DOSSIERS_AT_SCALE_ONE = 2_000


class Act(StrEnum):
    """Something that somebody outside the product does."""

    FILE = "file"  # the citizen hands the dossier in; the case system asks a fee
    PAY = "pay"  # the citizen opens a payment and goes through the payment page
    PAY_LATE = "pay_late"  # the payment page of the first attempt succeeds after its end
    CLOSE = "close"  # the agency ends the dossier: refused, withdrawn or cancelled
    LOWER_FEE = "lower_fee"
    FORGED_NOTICE = "forged_notice"
    NOTICE_BEFORE_ORDER = "notice_before_order"


class Delivery(StrEnum):
    """What happens to the provider's notice of a payment."""

    ONCE = "once"
    TWICE = "twice"
    LATE = "late"
    LOST = "lost"


class Ending(StrEnum):
    """How the payment page ends."""

    PAID = "paid"
    SHORT = "short"  # the notice names less than was asked
    FAILED = "failed"
    ABANDONED = "abandoned"
    REVERSED = "reversed"


@dataclass(frozen=True, slots=True)
class FeeLine:
    """One line of a fee demand; ``amount`` in đồng, ``kind`` ``phí`` or ``lệ phí``."""

    code: str
    name: str
    kind: str
    amount: int


@dataclass(frozen=True, slots=True)
class Procedure:
    """A procedure as the case system knows it."""

    code: str
    name: str
    agency: str
    lines: tuple[FeeLine, ...]


@dataclass(frozen=True, slots=True)
class Happening:
    """One act at one moment.

    Attributes:
        at: with zone Asia/Ho_Chi_Minh.
        choice: the second word of the act: channel for ``PAY``, the state for ``CLOSE``.
    """

    at: datetime
    act: Act
    dossier: str
    choice: str = ""
    ending: Ending = Ending.PAID
    delivery: Delivery = Delivery.ONCE


@dataclass(frozen=True, slots=True)
class Scenario:
    """The day: dossiers with their procedures, and all happenings in order of time."""

    seed: int
    day: date
    next_working_day: date
    dossiers: dict[str, tuple[Procedure, str]]
    happenings: tuple[Happening, ...]


PROCEDURES = (
    Procedure(
        "1.009978",
        "Cấp giấy phép xây dựng mới đối với nhà ở riêng lẻ",
        "H21.12",
        (FeeLine("LP-XD", "Lệ phí cấp giấy phép xây dựng", "lệ phí", 75_000),),
    ),
    Procedure(
        "1.004199",
        "Đăng ký biến động quyền sử dụng đất",
        "H21.15",
        (
            FeeLine("P-TD", "Phí thẩm định hồ sơ", "phí", 1_200_000),
            FeeLine("LP-DD", "Lệ phí cấp giấy chứng nhận", "lệ phí", 100_000),
        ),
    ),
    Procedure(
        "2.001610",
        "Đăng ký thành lập hộ kinh doanh",
        "H21.129",
        (FeeLine("LP-HKD", "Lệ phí đăng ký hộ kinh doanh", "lệ phí", 100_000),),
    ),
    Procedure(
        "1.001193",
        "Cấp bản sao trích lục hộ tịch",
        "H21.130",
        (FeeLine("P-TL", "Phí cấp bản sao trích lục hộ tịch", "phí", 8_000),),
    ),
    Procedure(
        "1.002801",
        "Đổi giấy phép lái xe",
        "H21.08",
        (FeeLine("P-GPLX", "Phí cấp giấy phép lái xe", "phí", 135_000),),
    ),
)
_NAMES = (
    "Nguyễn Văn An",
    "Trần Thị Bình",
    "Lê Hoàng Cường",
    "Phạm Thị Dung",
    "Hoàng Văn Đức",
    "Đặng Thị Hòa",
)


def draw(*, seed: int, scale: float, day: date, next_working_day: date) -> Scenario:
    """The scenario of ``seed``; about ``2,000 × scale`` dossiers on ``day``."""
    chance = seeded(seed)
    dossiers: dict[str, tuple[Procedure, str]] = {}
    happenings: list[Happening] = []
    for number in range(1, max(20, round(DOSSIERS_AT_SCALE_ONE * scale)) + 1):
        procedure = chance.choice(PROCEDURES)
        code = f"{procedure.agency}-{day:%y%m%d}-{number:04d}"
        dossiers[code] = (procedure, chance.choice(_NAMES))
        happenings.extend(_life(chance, code, _morning(chance, day)))
    happenings.sort(key=lambda happening: (happening.at, happening.dossier, happening.act))
    return Scenario(seed, day, next_working_day, dossiers, tuple(happenings))


def _morning(chance: Random, day: date) -> datetime:
    """A moment between 07:30 and 15:30, most in the morning."""
    opening = datetime.combine(day, time(7, 30), HANOI)
    return opening + timedelta(minutes=480 * min(chance.random(), chance.random()))


def _life(chance: Random, code: str, filed: datetime) -> Iterator[Happening]:
    yield Happening(filed, Act.FILE, code)
    if chance.random() < 0.03:
        return  # never pays
    paid = filed + timedelta(minutes=5 + 20 * chance.random())
    channel = "vnpay" if chance.random() < 0.72 else "payment_platform"
    yield from _payment(chance, code, paid, channel)
    closing = chance.random()
    later = paid + timedelta(minutes=30 + 60 * chance.random())
    if closing < 0.06:
        yield Happening(later, Act.CLOSE, code, choice="refused")
    elif closing < 0.09:
        yield Happening(later, Act.CLOSE, code, choice="withdrawn")
    elif closing < 0.10:
        yield Happening(later, Act.CLOSE, code, choice="cancelled")
    elif closing < 0.11:
        yield Happening(later, Act.LOWER_FEE, code)


def _payment(chance: Random, code: str, at: datetime, channel: str) -> Iterator[Happening]:
    kind = chance.random()
    delivery = _delivery(chance)
    if kind < 0.04:  # fails once, then pays
        yield Happening(at, Act.PAY, code, channel, Ending.FAILED, delivery)
        yield Happening(at + timedelta(minutes=6), Act.PAY, code, channel, Ending.PAID, _delivery(chance))
    elif (
        kind < 0.07
    ):  # lets the page run out, pays on a second one in another channel, and the first succeeds late
        other = "payment_platform" if channel == "vnpay" else "vnpay"
        yield Happening(at, Act.PAY, code, channel, Ending.ABANDONED)
        yield Happening(at + timedelta(minutes=25), Act.PAY, code, other, Ending.PAID, delivery)
        yield Happening(at + timedelta(minutes=40), Act.PAY_LATE, code, channel)
    elif kind < 0.08:  # only late
        yield Happening(at, Act.PAY, code, channel, Ending.ABANDONED)
        yield Happening(at + timedelta(minutes=35), Act.PAY_LATE, code, channel)
    elif kind < 0.09:
        yield Happening(at, Act.PAY, code, channel, Ending.SHORT, delivery)
    elif kind < 0.095 and channel == "vnpay":
        yield Happening(at, Act.PAY, code, channel, Ending.REVERSED, delivery)
    elif kind < 0.105:
        yield Happening(at, Act.FORGED_NOTICE, code, channel)
        yield Happening(at + timedelta(minutes=1), Act.PAY, code, channel, Ending.PAID, delivery)
    elif kind < 0.11 and channel == "vnpay":
        yield Happening(at, Act.NOTICE_BEFORE_ORDER, code, channel)
        yield Happening(at + timedelta(minutes=1), Act.PAY, code, channel, Ending.PAID, delivery)
    else:
        yield Happening(at, Act.PAY, code, channel, Ending.PAID, delivery)


def _delivery(chance: Random) -> Delivery:
    drawn = chance.random()
    if drawn < 0.08:
        return Delivery.TWICE
    if drawn < 0.14:
        return Delivery.LATE
    if drawn < 0.17:
        return Delivery.LOST
    return Delivery.ONCE
