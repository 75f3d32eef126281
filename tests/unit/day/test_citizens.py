"""Citizens, agencies and a forger against small real stand-ins of counter and world."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pytest

from adapters.cli.day.citizens import Citizens, lowered
from adapters.cli.day.clock import PlayTime
from adapters.cli.day.diary import Diary
from adapters.cli.day.play import opening
from adapters.cli.day.product import Refused
from adapters.cli.day.progress import Progress
from adapters.cli.day.scenario import PROCEDURES, Act, Ending, Happening, Scenario, draw

CODE = "H21.129-261125-0001"
HOUSEHOLD = PROCEDURES[2]


@dataclass
class ACounter:
    """Answers in the order that the test wrote down; keeps what it was asked."""

    answers: list[Any]
    asked: list[tuple[str, int]] = field(default_factory=list)

    def open_payment(self, dossier: str, channel: str, amount: int, *, key: str) -> Any:
        self.asked.append((key, amount))
        return self.answers.pop(0)

    def payment(self, reference: str) -> Any:
        return self.answers.pop(0)


@dataclass
class AWorld:
    """Remembers what was done at the stand-ins."""

    ends: list[dict[str, Any]] = field(default_factory=list)
    done: list[tuple[Any, ...]] = field(default_factory=list)

    def pay(self, channel: str, url: str, **facts: Any) -> dict[str, Any]:
        self.done.append(("pay", channel, url, facts["ending"], facts["notify"]))
        return self.ends.pop(0) if self.ends else {"http": 201, "status": "00"}

    def pay_late(self, channel: str, reference: str) -> bool:
        self.done.append(("late", channel, reference))
        return True

    def file_dossier(self, code: str, **facts: Any) -> None:
        self.done.append(("file", code, sum(fee["amount"] for fee in facts["fees"])))

    def set_status(self, code: str, status: str) -> None:
        self.done.append(("status", code, status))

    def set_fees(self, code: str, fees: list[dict[str, Any]]) -> None:
        self.done.append(("fees", code, sum(fee["amount"] for fee in fees)))


@pytest.fixture
def stage():
    """Makes the citizens of one dossier, with a counter that answers as told."""
    diary, world = Diary(), AWorld()
    time = PlayTime(opening(), [])

    def made(*answers: Any) -> tuple[Citizens, ACounter]:
        counter = ACounter(list(answers))
        scenario = Scenario(1, date(2026, 11, 25), date(2026, 11, 26), {CODE: (HOUSEHOLD, "A")}, ())
        citizens = Citizens(
            scenario,
            time=time,
            world=world,  # type: ignore[arg-type]
            counters={HOUSEHOLD.agency: counter},  # type: ignore[dict-item]
            webhooks=None,  # type: ignore[arg-type]
            diary=diary,
            progress=Progress(),
        )
        return citizens, counter

    return made, world, diary, time


def pays(ending: Ending = Ending.PAID, channel: str = "vnpay") -> Happening:
    return Happening(opening(), Act.PAY, CODE, channel, ending)


def opened(reference: str = "R1", url: str | None = "http://page", state: str = "SENT") -> dict[str, Any]:
    return {"id": reference, "amount": 100_000, "payment_url": url, "state": state}


def test_a_citizen_pays_what_is_asked_at_the_page_that_the_counter_opened(stage):
    """The plain way, which most of the province goes."""
    made, world, diary, _ = stage
    citizens, counter = made(opened())

    assert citizens.act(pays()) is None
    assert counter.asked == [(f"{CODE}:vnpay:0", 100_000)]
    assert world.done == [("pay", "vnpay", "http://page", "paid", "once")]
    assert diary.stories()[CODE].asked == {"R1": 100_000}


@pytest.mark.parametrize(
    "refusal", [Refused(404, "not-found"), Refused(403, "unresolved"), Refused(503, "x")]
)
def test_a_citizen_who_is_refused_comes_back_later_and_longer_each_time(stage, refusal):
    """The case system is read once in a while; nobody stands at the counter asking each second."""
    made, world, _, _ = stage
    citizens, _ = made(refusal, refusal, refusal)
    waits = [citizens.act(pays()) for _ in range(3)]

    assert waits == sorted(waits)
    assert waits[0] < waits[2] <= timedelta(minutes=20)
    assert world.done == []


def test_the_same_attempt_is_asked_about_until_its_page_is_there(stage):
    """The platform's page is asked for by an effect; opening again would be a second attempt."""
    made, _, diary, _ = stage
    citizens, counter = made(opened(url=None, state="CREATED"), opened())

    assert citizens.act(pays(channel="payment_platform")) is not None
    assert citizens.act(pays(channel="payment_platform")) is None
    assert len(counter.asked) == 1
    assert list(diary.stories()[CODE].asked) == ["R1"]


def test_a_page_that_has_run_out_is_opened_anew(stage):
    """An expired page is the citizen's reason to begin again, under another key."""
    made, world, diary, _ = stage
    citizens, counter = made(opened("R1"), opened("R2"))
    world.ends = [{"http": 201, "status": "02"}]

    assert citizens.act(pays()) is not None
    assert citizens.act(pays()) is None
    assert [key for key, _ in counter.asked] == [f"{CODE}:vnpay:0", f"{CODE}:vnpay:1"]
    assert set(diary.stories()[CODE].asked) == {"R1", "R2"}


def test_a_fee_that_is_paid_is_not_tried_for_ever(stage):
    """'Paid' is an answer, not an obstacle."""
    made, world, _, _ = stage
    citizens, _ = made(Refused(403, "paid"))

    assert citizens.act(pays()) is None
    assert world.done == []


def test_who_left_the_page_may_succeed_late_on_the_same_attempt(stage):
    """The double payment of the province: the old page succeeds after the new one."""
    made, world, _, _ = stage
    citizens, _ = made(opened("R1"), opened("R2"))
    citizens.act(pays(Ending.ABANDONED))
    citizens.act(pays(channel="payment_platform"))
    citizens.act(Happening(opening(), Act.PAY_LATE, CODE, "vnpay"))

    assert world.done[0][3] == "abandoned"
    assert world.done[-1] == ("late", "vnpay", "R1")


def test_what_the_agency_does_stands_in_the_diary(stage):
    """The checker takes what is due from here, never from the product."""
    made, _, diary, _ = stage
    citizens, _ = made()
    citizens.act(Happening(opening(), Act.LOWER_FEE, CODE))
    assert diary.stories()[CODE].due == lowered(100_000) == 80_000
    citizens.act(Happening(opening(), Act.CLOSE, CODE, choice="refused"))

    story = diary.stories()[CODE]
    assert (story.due, story.closed) == (0, "refused")
    assert story.closed_at is not None


def test_a_citizen_who_never_gets_through_is_named(stage):
    """Giving up silently would look like a quiet day."""
    made, _, diary, time = stage
    citizens, _ = made(*[Refused(503, "x")] * 3)
    citizens.act(pays())
    time.run(0.0, at_least=opening() + timedelta(hours=6))

    assert citizens.act(pays()) is None
    assert diary.stories()[CODE].given_up == ("pay vnpay (x)",)


def test_the_same_seed_is_the_same_day():
    """A fault that was seen once must be met again."""
    facts = {"scale": 0.05, "day": date(2026, 11, 25), "next_working_day": date(2026, 11, 26)}

    assert draw(seed=7, **facts) == draw(seed=7, **facts)
    assert draw(seed=7, **facts) != draw(seed=8, **facts)
