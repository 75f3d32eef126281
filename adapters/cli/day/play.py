"""The provincial day from the first citizen to the last file: the player's own process, outside the product."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from adapters.cli.day import books, mishaps, table
from adapters.cli.day.calls import Place
from adapters.cli.day.checker import Verdict, check
from adapters.cli.day.citizens import Citizens
from adapters.cli.day.clock import STALE_SECONDS, Pace, PlayTime
from adapters.cli.day.closing import Files, Session
from adapters.cli.day.diary import Diary
from adapters.cli.day.facts import Facts
from adapters.cli.day.lanes import Lanes
from adapters.cli.day.outside import SYSTEMS
from adapters.cli.day.product import Counter, ready
from adapters.cli.day.progress import Progress
from adapters.cli.day.scenario import Act, Happening, Scenario, draw
from adapters.cli.day.staff import Office
from adapters.cli.day.stage import Keys, accounts
from adapters.cli.day.world import CLOCK, World
from adapters.cli.speech import words
from connectors.kit.seams import monotonic_seconds, pause

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
DAY = date(2026, 11, 25)
"""A Wednesday between ordinary days."""
MOST_DAYS = 4
_READY_WITHIN = 60.0
_QUIET_SECONDS = 0.6
"""Three sweeps without a call: nothing is due any more."""
_QUIET_WITHIN = 30.0
_DAY, _FASTEST = 1_200.0, 3_600.0
"""Shown seconds per real second by day, at first and when the machine has nothing else to do."""
_NOTICE = timedelta(minutes=5)
"""Notices come again after so long."""
_NIGHT = 300.0
"""Speed beside the day's own: evenings and mornings, when little happens."""


@dataclass(frozen=True, slots=True)
class Setting:
    """Where and how the play is played.

    Attributes:
        product, outside: addresses of the endpoints and of the stand-ins.
        set_clock: the product's clock rule.
        kill_worker: somebody pulls a plug.
    """

    seed: int
    scale: float
    product: str
    outside: str
    database_url: str
    keys: Keys
    set_clock: Callable[[datetime, float], None]
    kill_worker: Callable[[], None]


def opening(day: date = DAY) -> datetime:
    """When the play begins."""
    return datetime.combine(day, time(7, 25), HANOI)


class Play:
    """One play. :meth:`run` is everything."""

    def __init__(self, setting: Setting, progress: Progress) -> None:
        self._setting, self._progress = setting, progress
        self._days = _working_days(DAY, MOST_DAYS + 2)
        self._scenario: Scenario = draw(
            seed=setting.seed, scale=setting.scale, day=DAY, next_working_day=self._days[1]
        )
        self._world = World(setting.outside)
        self._diary = Diary()
        self._time = PlayTime(opening(), [self._world.move_clock, setting.set_clock])
        self._lanes = Lanes(self._time, threads=10, pace=Pace(_FASTEST))
        self._office = Office(setting.product, progress)
        office_desk = Counter(setting.product, setting.keys.office)
        self._command_line = books.CommandLine(setting.database_url)
        self._files = Files(self._world, office_desk, progress, self._time.now)

    def run(self) -> Verdict:
        """Play, read everybody's books, compare."""
        self._wait_until_ready()
        self._progress.tell(
            self._time.now(),
            f"Bắt đầu một ngày của tỉnh: {len(self._scenario.dossiers)} hồ sơ, hạt giống {self._setting.seed}.",
            f"A provincial day begins: {len(self._scenario.dossiers)} dossiers, seed {self._setting.seed}.",
        )
        for account in accounts():
            self._world.open_account(account)
        self._daytime()
        self._until_rest()
        self._time.run(1.0)
        return check(self._gather())

    def close(self) -> None:
        """Give threads back."""
        self._lanes.close()

    def _daytime(self) -> None:
        setting = self._setting
        citizens = Citizens(
            self._scenario,
            time=self._time,
            world=self._world,
            counters={agency: Counter(setting.product, key) for agency, key in setting.keys.counters.items()},
            webhooks=Place(setting.product),
            diary=self._diary,
            progress=self._progress,
        )
        for happening in self._scenario.happenings:
            self._lanes.add(happening.dossier, happening.at, lambda h=happening: _act(citizens, h))  # type: ignore[misc]
        for mishap in mishaps.of_day(DAY, self._world, kill_worker=setting.kill_worker):
            self._lanes.add("mishaps", mishap.at, lambda m=mishap: self._mishap(m))  # type: ignore[misc]
        for number in range(36):
            self._lanes.add("office", _at(DAY, 8) + timedelta(minutes=15 * number), self._office.round)
        self._lanes.add("bank", _at(DAY, 15), self._bank_works)
        self._lanes.add("land", _at(DAY, 16, 20), self._land_works)
        self._time.run(_DAY)
        self._lanes.run(look=self._look)

    def _until_rest(self) -> None:
        """Evening, files, approvals, working day after working day, until nothing moves any more."""
        for number in range(MOST_DAYS):
            day, following = self._days[number], self._days[number + 1]
            session = Session(day, following - timedelta(days=1))
            self._go_to(_at(day, 18, 30))
            self._settle()
            self._world.bank_step(day)
            if not number:
                self._portal_forgets()
            self._go_to(_at(session.last, 23, 59))
            self._settle()
            self._files.evening(session, following)
            self._go_to(_at(following, 8))
            self._progress.tell(
                self._time.now(),
                f"Nạp tệp của phiên {day:%d/%m}.",
                f"Loading the files of session {day:%d/%m}.",
            )
            self._files.morning(session)
            self._command_line.reconcile(session.last)
            self._settle()
            # A day more while something is on its way; who has no answer yet is asked again in hours.
            if number and not self._office.moving() and not self._command_line.effects_at("unknown"):
                return

    def _land_works(self) -> None:
        """The land office ends some dossiers: those around which nothing else happens any more."""
        last: dict[str, datetime] = {}
        closed = {each.dossier for each in self._scenario.happenings if each.act is Act.CLOSE}
        for happening in self._scenario.happenings:
            last[happening.dossier] = happening.at
        codes = [
            code
            for code in sorted(self._world.books("land")["dossiers"])
            if code not in closed and last[code] < _at(DAY, 15)
        ][::5]
        for code in codes:
            self._world.land_finishes(code)
            self._diary.page(code).finished = True
        self._progress.tell(
            self._time.now(),
            f"Văn phòng đăng ký đất đai trả kết quả {len(codes)} hồ sơ.",
            f"The land office ends {len(codes)} dossiers with a result.",
        )

    def _portal_forgets(self) -> None:
        """In the evening some dossiers are gone at the national portal: the night's comparison has to find them."""
        codes = sorted(self._scenario.dossiers)
        lost = sum(self._world.portal_loses(code) for code in codes[:: max(1, len(codes) // 3)][:3])
        self._progress.tell(
            self._time.now(),
            f"Cổng Dịch vụ công quốc gia làm mất {lost} hồ sơ, không báo ai.",
            f"The national portal loses {lost} dossiers and tells nobody.",
        )

    def _bank_works(self) -> None:
        """In the afternoon the bank pays what was ordered; what comes back is there in the evening."""
        self._world.bank_step(DAY)

    def _settle(self) -> None:
        """Let everybody finish: notices arrive, effects go out, the approver empties the table."""
        for _ in range(40):
            self._quiet()
            if self._office.round_of(self._look):
                continue
            if not self._world.notices_waiting():
                return
            self._go_to(self._time.now() + _NOTICE)  # nobody works: the next notice may come at once

    def _quiet(self) -> None:
        """Wait until the product calls nobody any more."""
        end = monotonic_seconds() + _QUIET_WITHIN
        seen, since = -1, monotonic_seconds()
        while monotonic_seconds() < end:
            self._look()
            now = self._world.calls()
            if now != seen:
                seen, since = now, monotonic_seconds()
            elif monotonic_seconds() - since > _QUIET_SECONDS:
                return
            pause(0.04)

    def _go_to(self, moment: datetime) -> None:
        """Skip what nobody works in; never back."""
        self._time.run(_NIGHT, at_least=moment)
        pause(STALE_SECONDS)  # every process has read the rule by then

    def _gather(self) -> Facts:
        setting = self._setting
        return books.gather(
            stories=self._diary.stories(),
            books={name: self._world.books(name) for name in SYSTEMS},
            readers=[Counter(setting.product, key) for key in setting.keys.readers],
            command_line=self._command_line,
            loaded=self._files.loaded,
        )

    def _mishap(self, mishap: mishaps.Mishap) -> None:
        mishap.happen()
        self._progress.tell(self._time.now(), mishap.vi, mishap.en)

    def _look(self) -> None:
        self._progress.show(self._time.now())

    def _wait_until_ready(self) -> None:
        end = monotonic_seconds() + _READY_WITHIN
        while trouble := (*ready(self._setting.product), *ready(self._setting.outside, CLOCK)):
            if monotonic_seconds() > end:
                raise TimeoutError(f"not ready: {trouble[0]}")
            pause(0.1)


def _act(citizens: Citizens, happening: Happening) -> timedelta | None:
    return citizens.act(happening)


def _working_days(first: date, count: int) -> Sequence[date]:
    from jobs.calendar.working import WorkingCalendar

    calendar, days = WorkingCalendar(), [first]
    while len(days) < count:
        days.append(calendar.next_working_day(days[-1]))
    return days


def _at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), HANOI)


def told(verdict: Verdict) -> str:
    """Table, fingerprint of the books, last sentence."""
    mark = words(
        f"Dấu của sổ sách: {verdict.fingerprint}", f"Fingerprint of the books: {verdict.fingerprint}"
    )
    return f"{table.draw(verdict.numbers, verdict.heard, verdict.asked)}\n{mark}\n{table.sentence(verdict)}"
