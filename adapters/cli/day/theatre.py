"""``run all --sandbox``: the installation, the stand-ins and the player as processes of one supervisor."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adapters.cli import serving
from adapters.cli.day.outside import Outside, Secrets, stand_ins
from adapters.cli.day.play import Play, Setting, opening, told
from adapters.cli.day.progress import Progress
from adapters.cli.day.stage import Keys, fresh_database, furnish
from adapters.cli.place import Place
from adapters.cli.speech import FAILED, PROBLEMS, note, say

if TYPE_CHECKING:
    from jobs.supervisor import Child


_SWEEP_SECONDS = 0.2
"""Four minutes of the play at its usual speed."""


class Over(Exception):
    """The play has ended and nobody wants to look at the pages; ``code`` is the exit code."""

    def __init__(self, code: int) -> None:
        self.code = code
        super().__init__(code)


@dataclass(slots=True)
class Line:
    """What the player says to the supervisor: one JSON object per line through a pipe."""

    receives: int
    sends: int
    rest: bytes = b""

    @classmethod
    def laid(cls) -> Line:
        """A fresh one; reading does not block."""
        receives, sends = os.pipe()
        os.set_blocking(receives, False)
        return cls(receives, sends)

    def say(self, **facts: Any) -> None:
        """Send from the player."""
        os.write(self.sends, json.dumps(facts).encode() + b"\n")

    def heard(self) -> list[dict[str, Any]]:
        """What has come, in the supervisor."""
        try:
            self.rest += os.read(self.receives, 65_536)
        except BlockingIOError:
            return []
        *lines, self.rest = self.rest.split(b"\n")
        return [json.loads(line) for line in lines]


@dataclass(slots=True)
class Theatre:
    """One play on one supervisor.

    Attributes:
        leave: end when the play has ended, with 0 only when every check holds.
        log: where the product's own processes write.
    """

    place: Place
    seed: int
    scale: float
    leave: bool
    log: Path
    line: Line = field(default_factory=Line.laid)
    began: bool = False

    def run(self) -> int:
        """Set the stage, play, and serve the pages until interrupted; the exit code."""
        from config.logging import set_up
        from config.settings import Logging

        set_up(Logging(level="error"), process="supervisor")  # the terminal belongs to the player
        door = serving.listen(self.place)
        product = f"http://127.0.0.1:{door.getsockname()[1]}"
        outside = Outside(f"http://127.0.0.1:{_free_port()}", product, _secrets())
        dsn = fresh_database(self.place.dsn)
        place = self._place(outside, dsn)
        keys = furnish(dsn, opening())
        beside = [
            serving.child("stand-ins", partial(_quietly, self.log, partial(_stand_in, outside))),
            serving.child("day", partial(self._play, self._setting(outside, dsn, keys))),
        ]
        try:
            serving.serve_all(
                place,
                door=door,
                beside=beside,
                each=partial(_quietly, self.log),
                also=self._listen,
                sweep_seconds=_SWEEP_SECONDS,
            )
        except Over as exc:
            return exc.code
        return 0

    def _place(self, outside: Outside, dsn: str) -> Place:
        """The installation's settings, with every connector leading to the stand-ins."""
        from config.settings import load
        from jobs.bootstrap import refuse_partners

        settings = load(
            sandbox=True,
            connectors=outside.sections(),
            files={"secret": outside.secrets.offices},
            reuse={"key": outside.secrets.offices},
            api={**self.place.settings.api.model_dump(), "public_url": outside.product},
            work=self.place.settings.work.model_dump(),
        )
        refuse_partners(settings)
        return Place(settings, dsn, self.place.server)

    def _setting(self, outside: Outside, dsn: str, keys: Keys) -> Setting:
        from jobs.clock import set_rule

        return Setting(
            seed=self.seed,
            scale=self.scale,
            product=outside.product,
            outside=outside.url,
            database_url=dsn,
            keys=keys,
            set_clock=partial(set_rule, dsn),
            kill_worker=partial(self.line.say, act="kill-worker"),
        )

    def _play(self, setting: Setting) -> None:
        """The player's process: plays once, tells the end, and waits to be stopped."""
        stops = {signal.SIGTERM, signal.SIGINT}
        self.line.say(act="begun")
        code = FAILED
        try:
            with Progress() as progress:
                play = Play(setting, progress)
                verdict = play.run()
            say(told(verdict), told(verdict))
            code = PROBLEMS if verdict.wrong else 0
        except (SystemExit, KeyboardInterrupt):
            raise
        except Exception as exc:  # noqa: BLE001 - the outermost boundary of the player: a person reads what comes next
            from adapters.cli.failures import report

            report(exc)
            note(f"Nhật ký: {self.log}", f"Log: {self.log}")
        _invite(setting)
        self.line.say(act="ended", code=code)
        signal.pthread_sigmask(signal.SIG_BLOCK, stops)
        signal.sigwait(stops)

    def _listen(self, children: list[Child]) -> None:
        """In the supervisor, after each sweep: what the player wants."""
        for said in self.line.heard():
            match said["act"]:
                case "kill-worker":
                    _kill_one(children)
                case "begun" if self.began:
                    raise Over(FAILED)  # the player died and was started again: a day cannot be played twice
                case "begun":
                    self.began = True
                case "ended" if self.leave:
                    raise Over(int(said["code"]))


def _invite(setting: Setting) -> None:
    from jobs.access.demo import PASSWORD, PEOPLE

    people = ", ".join(person.login for person in PEOPLE)
    say(
        f"Trang quản trị: {setting.product} · đăng nhập thử: {people} · mật khẩu {PASSWORD}",
        f"Dashboard: {setting.product} · demo sign-in: {people} · password {PASSWORD}",
    )


def _kill_one(children: list[Child]) -> None:
    worker = next((child for child in children if child.role == "worker" and child.pid), None)
    if worker is not None:
        os.kill(worker.pid, signal.SIGKILL)


def _quietly(log: Path, run: Callable[[], None]) -> None:
    """A child of the product: what it writes goes to the log, the terminal belongs to the player."""
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    sys.stdout.flush()
    sys.stderr.flush()
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.close(descriptor)
    run()


def _stand_in(outside: Outside) -> None:
    """The stand-ins' process, until SIGTERM."""
    from adapters.cli.day.clock import ClockControl, MovableClock
    from connectors.kit.sandbox import serve

    stops = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, stops)
    clock = MovableClock(opening())
    port = int(outside.url.rpartition(":")[2])
    server = serve(ClockControl(clock), *stand_ins(outside, clock=clock), port=port)
    signal.sigwait(stops)
    server.close()


def _secrets() -> Secrets:
    from connectors.kit.seams import RandomIds

    return Secrets.fresh(RandomIds())


def _free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])
