"""Events as names and facts: text on a terminal, one JSON object per line elsewhere, always redacted."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Any, TextIO

import structlog

from config.redaction import redact

if TYPE_CHECKING:
    from structlog.types import Processor

    from config.settings import Logging

_QUIET = ("httpx", "httpcore", "asyncio", "dramatiq", "uvicorn.access", "psycopg.pool")
"""Libraries that speak about every step; their warnings are still heard."""
_SILENT = ("pika",)
"""Libraries that log with a trace what they raise as well; whoever catches it says it once."""


def set_up(settings: Logging, *, process: str, stream: TextIO | None = None) -> None:
    """Send everything that is logged in this process, also by libraries, through one chain.

    Args:
        process: ``api``, ``worker``, ``supervisor`` …; stands on each line.
        stream: standard error when ``None``.
    """
    out = stream or sys.stderr
    form = settings.form if settings.form != "auto" else ("text" if out.isatty() else "json")
    first: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _named(process),
    ]
    structlog.configure(
        processors=[*first, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(_level(settings.level)),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=first, processors=[*_last(form, out)])
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(_level(settings.level))
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(_level(settings.level), logging.WARNING))
    for name in _SILENT:
        logging.getLogger(name).setLevel(logging.CRITICAL)


def _last(form: str, out: TextIO) -> list[Processor]:
    # Redaction comes after exceptions have become text: they often hold what was being sent.
    shared: list[Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
        redact,
    ]
    if form == "json":
        return [*shared, structlog.processors.JSONRenderer(ensure_ascii=False, default=str)]
    return [*shared, structlog.dev.ConsoleRenderer(colors=out.isatty())]


def _named(process: str) -> Processor:
    def name(_logger: Any, _method: str, event: Any) -> Any:
        event.setdefault("process", process)
        return event

    return name


def _level(name: str) -> int:
    return {"debug": 10, "info": 20, "warning": 30, "error": 40}[name]
