"""What happens now, in plain words on standard error: one moving line on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import threading
from collections import Counter
from datetime import datetime
from typing import Any, Self, TextIO
from zoneinfo import ZoneInfo

from adapters.cli.speech import words

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
_COUNTED: dict[str, tuple[str, str]] = {
    "filed": ("nộp hồ sơ", "filed"),
    "paid": ("thanh toán", "paid"),
    "closed": ("hồ sơ kết thúc", "closed"),
    "approved": ("duyệt hoàn", "refunds approved"),
    "files": ("tệp nạp", "files loaded"),
}


class Progress:
    """Thread-safe; counts acts and tells news."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out or sys.stderr
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._status: Any = None
        self._minute = ""

    def __enter__(self) -> Self:
        if self._out.isatty():
            from rich.console import Console

            self._status = Console(file=self._out).status("…", spinner="dots")
            self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        status, self._status = self._status, None
        if status is not None:
            status.stop()

    def count(self, what: str) -> None:
        """One more of ``what``."""
        with self._lock:
            self._counts[what] += 1

    def counts(self) -> dict[str, int]:
        """What was counted."""
        with self._lock:
            return dict(self._counts)

    def tell(self, at: datetime, vi: str, en: str) -> None:
        """Something that a person would want to know, as a line of its own."""
        line = f"{at.astimezone(HANOI):%d/%m %H:%M}  {words(vi, en)}"
        with self._lock:
            if self._status is not None:
                self._status.console.print(line, highlight=False)
            else:
                self._out.write(line + "\n")
                self._out.flush()

    def show(self, at: datetime) -> None:
        """The moving line; elsewhere one line for each half hour of the play."""
        text = f"{at.astimezone(HANOI):%d/%m %H:%M}  {self._line()}"
        with self._lock:
            if self._status is not None:
                self._status.update(text)
                return
            local = at.astimezone(HANOI)
            minute = f"{local:%d%H}{local.minute // 30}"
            if minute != self._minute and self._counts:
                self._minute = minute
                self._out.write(text + "\n")
                self._out.flush()

    def _line(self) -> str:
        with self._lock:
            counts = dict(self._counts)
        return " · ".join(f"{words(*_COUNTED[name])} {counts[name]}" for name in _COUNTED if counts.get(name))
