"""What goes wrong on purpose, and when: the faults of the provincial day."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from adapters.cli.day.world import World

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")


@dataclass(frozen=True, slots=True)
class Mishap:
    """One thing that happens to somebody, told in plain words."""

    at: datetime
    happen: Callable[[], None]
    vi: str
    en: str


def of_day(day: date, world: World, *, kill_worker: Callable[[], None]) -> list[Mishap]:
    """The mishaps of the day, in order. Times are local."""

    def at(hour: int, minute: int = 0) -> datetime:
        return datetime.combine(day, time(hour, minute), HANOI)

    found = [*_of_money(at, world, kill_worker), *_of_offices(at, world)]
    return sorted(found, key=lambda mishap: mishap.at)


def _of_money(at: Callable[..., datetime], world: World, kill_worker: Callable[[], None]) -> list[Mishap]:
    def gateway_forgets() -> None:
        # Acts, then hangs up: every third refund and some look-ups are done and nobody is told.
        world.fail("vnpay", "refund", "lose_answer", every=3)
        world.fail("vnpay", "querydr", "lose_answer", every=20)

    def slow() -> None:
        world.mend("*")
        world.fail("igate", "*", "slow", seconds=0.03)

    return [
        Mishap(
            at(8),
            gateway_forgets,
            "Cổng thanh toán bắt đầu làm xong mà không trả lời (một phần ba lệnh hoàn).",
            "The gateway begins to act without answering (every third refund).",
        ),
        Mishap(
            at(9, 30),
            lambda: world.fail("igate", "*", "closed", seconds=60),
            "Phần mềm một cửa ngừng hoạt động.",
            "The case system is down.",
        ),
        Mishap(at(10), slow, "Phần mềm một cửa chạy lại, còn chậm.", "The case system is back, and slow."),
        Mishap(
            at(10, 40),
            kill_worker,
            "Một tiến trình xử lý bị diệt giữa chừng.",
            "A worker is killed in the middle of its work.",
        ),
        Mishap(
            at(11, 30),
            lambda: world.mend("*"),
            "Phần mềm một cửa hết chậm.",
            "The case system is quick again.",
        ),
        Mishap(
            at(14, 30),
            lambda: world.return_next_transfer("AC01"),
            "Ngân hàng sẽ trả lại một lệnh chuyển: sai số tài khoản.",
            "The bank will send one transfer back: wrong account number.",
        ),
        Mishap(
            at(16),
            lambda: world.mend("refund"),
            "Cổng thanh toán trả lời đầy đủ trở lại.",
            "The gateway answers every refund again.",
        ),
    ]


def _of_offices(at: Callable[..., datetime], world: World) -> list[Mishap]:
    def portal_fails() -> None:
        # Acts, then hangs up; and now and then answers with a page instead of an answer.
        world.fail("dvcqg", "DongBoHoSoMC", "lose_answer", every=10)
        world.fail("dvcqg", "CapNhatTienDoHoSoMC", "error_200", every=200)

    def portal_mends() -> None:
        world.mend("DongBoHoSoMC")
        world.mend("CapNhatTienDoHoSoMC")

    return [
        Mishap(
            at(8, 30),
            portal_fails,
            "Cổng Dịch vụ công quốc gia bắt đầu trả lời thất thường.",
            "The national portal begins to answer erratically.",
        ),
        Mishap(
            at(13),
            lambda: world.fail("lgsp", "*", "closed", seconds=60),
            "Trục LGSP ngừng hoạt động.",
            "The province's platform is down.",
        ),
        Mishap(
            at(13, 40),
            lambda: world.mend("*"),
            "Trục LGSP chạy lại.",
            "The province's platform is back.",
        ),
        Mishap(
            at(15, 30),
            portal_mends,
            "Cổng Dịch vụ công quốc gia ổn định trở lại.",
            "The national portal is steady again.",
        ),
    ]
