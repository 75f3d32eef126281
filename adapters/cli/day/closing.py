"""Evenings and mornings: what banks and gateways do at closing time, and the files that the accountant loads next morning."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from adapters.cli.day.calls import CallFailed
from adapters.cli.day.facts import BankDay
from adapters.cli.day.outside import GATEWAY_ACCOUNT, TERMINAL
from adapters.cli.day.product import Counter, Refused
from adapters.cli.day.progress import Progress
from adapters.cli.day.world import World

VNPAY_PROFILE, PLATFORM_PROFILE, TREASURY_PROFILE = "vnpay-session", "payment-platform-day", "treasury-day"
_TRIES = 30


@dataclass(frozen=True, slots=True)
class Session:
    """One session of the gateway: a working day with the days off behind it."""

    first: date
    last: date

    def days(self) -> list[date]:
        """The days of it."""
        return [self.first + timedelta(days=number) for number in range((self.last - self.first).days + 1)]


@dataclass(slots=True)
class Files:
    """The accountant's table.

    Attributes:
        wrong_total: the first file of the gateway states a wrong total, by so much; the office asks for a better one.
        doubled: account whose first statement comes twice.
        refused: names of files that the product refused, and why.
        loaded: accounts and days that were loaded.
        repeated: names of files that were recognised as there already.
    """

    world: World
    office: Counter
    progress: Progress
    now: Callable[[], datetime]
    wrong_total: int = 1_000
    doubled: str = GATEWAY_ACCOUNT
    refused: list[str] = field(default_factory=list)
    repeated: list[str] = field(default_factory=list)
    loaded: list[BankDay] = field(default_factory=list)
    _count: int = 0

    def evening(self, session: Session, pay_on: date) -> dict[str, int]:
        """After the last minute of a session: the bank has worked, the gateway closes and pays on the next working day."""
        return self.world.close_session(session.last, session.first, pay_on)

    def morning(self, session: Session) -> None:
        """Load everything that speaks of a session."""
        if self.wrong_total:
            self.world.spoil_session_file(session.last, self.wrong_total)
        name, raw = self.world.session_file(TERMINAL, session.last, session.first)
        if not self._load(name, raw, VNPAY_PROFILE):
            self.world.spoil_session_file(session.last, 0)
            self.progress.tell(
                self.now(),
                f"Tệp {name} sai tổng, bị từ chối nguyên tệp; xin lại cổng thanh toán.",
                f"The file {name} has a wrong total and is refused whole; the gateway sends a better one.",
            )
            name, raw = self.world.session_file(TERMINAL, session.last, session.first)
            self._must_load(name, raw, VNPAY_PROFILE)
        self.wrong_total = 0
        for day in session.days():
            name, raw = self.world.platform_file(day)
            self._must_load(name, raw, PLATFORM_PROFILE)
            self._statements(day)

    def _statements(self, day: date) -> None:
        if self.doubled:
            self.world.double_statement(self.doubled, day)
            self.doubled = ""
        for name, raw in self.world.statements(day):
            treasury = name.startswith("KBNN_")
            answer = self._must_load(name, raw, TREASURY_PROFILE if treasury else "")
            if answer["repeated"]:
                self.repeated.append(name)
                self.progress.tell(
                    self.now(),
                    f"Tệp {name} đã có rồi: không ghi hai lần.",
                    f"The file {name} is there already: nothing is booked twice.",
                )
            elif not treasury:
                self.loaded.append(BankDay(name.split("_")[1], day.isoformat(), answer["lines"]))

    def _must_load(self, name: str, raw: bytes, profile: str) -> dict[str, int]:
        answer = self._load(name, raw, profile)
        if answer is None:
            raise CallFailed(f"load {name}", 400, self.refused[-1])
        return answer

    def _load(self, name: str, raw: bytes, profile: str) -> dict[str, int] | None:
        refusal = Refused(0, "")
        for _ in range(_TRIES):
            self._count += 1
            answer = self.office.load(name, raw, profile=profile, key=f"file-{self._count}")
            if not isinstance(answer, Refused):
                self.progress.count("files")
                return answer
            refusal = answer
            if answer.status != 503:
                break
        self.refused.append(f"{name}: {refusal.status} {refusal.code}")
        return None
