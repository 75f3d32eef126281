"""How money, dates and codes are written for people (Vietnamese conventions). Amounts reach a page as text."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from jobs.errors import BadInput

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
NBSP = "\u00a0"
MINUS = "\u2212"
_DAY = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})")


def money(amount: int | None) -> str:
    """``1.234.567 đ`` with a no-break space and a real minus sign; a dash where there is no amount."""
    if amount is None:
        return "—"
    if isinstance(amount, bool) or not isinstance(amount, int):
        raise TypeError("money is a whole number of đồng")
    return f"{MINUS if amount < 0 else ''}{_thousands(abs(amount))}{NBSP}đ"


def number(value: int | None) -> str:
    """A count with dots for thousands."""
    return "—" if value is None else f"{MINUS if value < 0 else ''}{_thousands(abs(value))}"


def _thousands(value: int) -> str:
    return f"{value:,}".replace(",", ".")


def day(value: date | datetime | None) -> str:
    """``dd/MM/yyyy`` in Vietnam."""
    if value is None:
        return "—"
    if isinstance(value, datetime):
        value = value.astimezone(HANOI)
    return f"{value:%d/%m/%Y}"


def moment(value: datetime | None) -> str:
    """``dd/MM/yyyy HH:mm:ss`` in Vietnam, 24 hours."""
    return "—" if value is None else f"{value.astimezone(HANOI):%d/%m/%Y %H:%M:%S}"


def clock(value: datetime | None) -> str:
    """``HH:mm`` in Vietnam."""
    return "—" if value is None else f"{value.astimezone(HANOI):%H:%M}"


def distance(value: datetime | None, now: datetime, language: str) -> str:
    """Relative time, shown beside the exact one, never instead of it."""
    if value is None:
        return ""
    seconds = int((now - value).total_seconds())
    words = _span(abs(seconds), language)
    if language == "en":
        return f"{words} ago" if seconds >= 0 else f"in {words}"
    return f"{words} trước" if seconds >= 0 else f"sau {words}"


def _span(seconds: int, language: str) -> str:
    for size, vi, en in ((86_400, "ngày", "d"), (3_600, "giờ", "h"), (60, "phút", "min")):
        if seconds >= size:
            count = seconds // size
            return f"{count} {en}" if language == "en" else f"{count} {vi}"
    return f"{seconds} s" if language == "en" else f"{seconds} giây"


def read_money(text: str, pointer: str) -> int:
    """``1.234.567``, ``1 234 567`` or ``1234567`` → whole đồng, at least 1.

    Raises:
        BadInput: anything else; a fraction is an error, not a rounding.
    """
    bare = text.strip().removesuffix("đ").strip()
    groups = bare.replace(NBSP, ".").replace(" ", ".").split(".")
    plain = len(groups) == 1 or (1 <= len(groups[0]) <= 3 and all(len(group) == 3 for group in groups[1:]))
    digits = "".join(groups)
    if not plain or not (digits.isascii() and digits.isdigit()) or len(digits) > 15 or int(digits) < 1:
        raise BadInput(
            "amount",
            pointer,
            "Số tiền là số nguyên đồng, ví dụ 1.234.567.",
            "An amount is a whole number of đồng, for example 1.234.567.",
        )
    return int(digits)


def read_day(text: str, pointer: str) -> date:
    """``dd/MM/yyyy`` → the day.

    Raises:
        BadInput: another form, or a day that does not exist (31/02).
    """
    found = _DAY.fullmatch(text.strip())
    try:
        dd, mm, yyyy = found.groups() if found else ("", "", "")
        return date(int(yyyy), int(mm), int(dd))
    except ValueError as exc:
        raise BadInput(
            "date",
            pointer,
            "Ngày viết theo dạng ngày/tháng/năm, ví dụ 24/11/2026.",
            "A date is written day/month/year, for example 24/11/2026.",
        ) from exc


def local_day(now: datetime) -> date:
    """The day in Vietnam at a moment."""
    return now.astimezone(HANOI).date()


def day_bounds(value: date) -> tuple[datetime, datetime]:
    """First moment of a local day and of the next, in UTC."""
    begin = datetime(value.year, value.month, value.day, tzinfo=HANOI)
    return begin.astimezone(UTC), (begin + timedelta(days=1)).astimezone(UTC)


def masked_name(name: str) -> str:
    """``Nguyễn Văn An`` → ``N•••• V•• An``: enough to tell two people apart at the counter."""
    words = name.split()
    if not words:
        return ""
    hidden = [word[0] + "•" * max(1, len(word) - 1) for word in words[:-1]]
    return " ".join([*hidden, words[-1] if len(words) > 1 else words[0][0] + "•••"])


def masked_tail(text: str, keep: int = 3) -> str:
    """All but the last characters of a number hidden."""
    return "" if not text else "•" * max(3, len(text) - keep) + text[-keep:]


def folded(text: str) -> str:
    """Search text: lower case, no diacritics, đ as d: "Nguyễn", "nguyen" and "hoà", "hòa" meet."""
    bare = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    return " ".join("".join(sign for sign in bare if not unicodedata.combining(sign)).split())
