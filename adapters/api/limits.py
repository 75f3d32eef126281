"""How many calls a calling system may make a minute; told in every answer."""

from __future__ import annotations

import threading

from adapters.errors import LIMITED, Problem
from connectors.kit.seams import monotonic_seconds

WINDOW_SECONDS = 60


class Limits:
    """A window per client in this process. Several processes allow several windows: it protects, it does not bill."""

    def __init__(self, per_minute: int = 1_200) -> None:
        self._quota = per_minute
        self._lock = threading.Lock()
        self._windows: dict[str, tuple[float, int]] = {}

    def take(self, client_id: str) -> dict[str, str]:
        """Count one call; the headers to answer with.

        Raises:
            Problem: the quota of this window is used up.
        """
        now = monotonic_seconds()
        with self._lock:
            begun, used = self._windows.get(client_id, (now, 0))
            if now - begun >= WINDOW_SECONDS:
                begun, used = now, 0
            self._windows[client_id] = (begun, used + 1)
        left = max(1, round(begun + WINDOW_SECONDS - now))
        headers = {
            "RateLimit-Policy": f'"calls";q={self._quota};w={WINDOW_SECONDS}',
            "RateLimit": f'"calls";r={max(0, self._quota - used - 1)};t={left}',
        }
        if used >= self._quota:
            raise Problem(
                LIMITED,
                f"Tối đa {self._quota} lượt gọi mỗi phút.",
                f"At most {self._quota} calls a minute.",
                headers={**headers, "Retry-After": str(left)},
            )
        return headers
