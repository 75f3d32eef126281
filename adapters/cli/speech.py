"""What the command line says: Vietnamese or English sentences, JSON for programs, exit codes that mean something."""

from __future__ import annotations

import json
import os
import sys
from contextvars import ContextVar
from typing import Any, NoReturn

import typer

DONE, FAILED, WRONG_USE, SETTINGS, DATABASE, PARTNER, PROBLEMS, UNKNOWN, INTERRUPTED = (
    0,
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    130,
)

EXIT_CODES = (
    "Mã thoát / Exit codes: 0 xong / done · 1 thất bại / failed · 2 dùng sai / wrong use · 3 thiết lập / settings · "
    "4 cơ sở dữ liệu hoặc hàng đợi / database or broker · 5 đối tác không sẵn sàng / partner unavailable · "
    "6 có vấn đề / problems found · 7 chưa rõ kết quả / outcome unknown · 130 bị ngắt / interrupted"
)

_language: ContextVar[str] = ContextVar("cli_language", default="vi")
_debug: ContextVar[bool] = ContextVar("cli_debug", default=False)


def settle(language: str, debug: bool) -> None:
    """Keep the choices of the root command; an empty language means the terminal's."""
    _language.set(language or terminal_language(os.environ.get))
    _debug.set(debug)


def terminal_language(variable: Any) -> str:
    """``en`` when the locale asks for English, else ``vi``."""
    locale = variable("LC_ALL") or variable("LC_MESSAGES") or variable("LANG") or ""
    return "en" if locale.lower().startswith("en") else "vi"


def debugging() -> bool:
    """Whether ``--debug`` was given."""
    return _debug.get()


def words(vi: str, en: str) -> str:
    """The sentence in the chosen language."""
    return en if _language.get() == "en" else vi


def say(vi: str, en: str) -> None:
    """A sentence for the person at the terminal, on standard output."""
    typer.echo(words(vi, en))


def note(vi: str, en: str) -> None:
    """A sentence beside the result, on standard error."""
    typer.echo(words(vi, en), err=True)


def stop(code: int, vi: str, en: str) -> NoReturn:
    """End the command with a sentence and an exit code."""
    note(vi, en)
    raise typer.Exit(code)


def print_json(data: object) -> None:
    """UTF-8 whatever the terminal says: other programs read this."""
    text = json.dumps(data, ensure_ascii=False, indent=2, default=str)
    sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace") + b"\n")
    sys.stdout.buffer.flush()
