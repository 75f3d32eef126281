"""Commands that change something: a person signs in, holds the right, and is written down with the act."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from adapters.cli.place import database, ready
from adapters.cli.speech import FAILED, WRONG_USE, stop, words

if TYPE_CHECKING:
    from jobs.access.model import Actor
    from jobs.runtime import Services

PASSWORD = "LIENTHONG_PASSWORD"  # noqa: S105 - the name of a variable
Person = Annotated[
    str,
    typer.Option(
        "--login",
        help=f"Tên đăng nhập; mật khẩu được hỏi hoặc lấy từ {PASSWORD}. / Login; the password is asked for or read from there.",
    ),
]


@contextmanager
def acting(login: str, right: str) -> Iterator[tuple[Services, Actor]]:
    """The services of the installation and the signed-in person, who holds ``right`` now."""
    from jobs.access.model import Actor, ActorKind, Right
    from jobs.bootstrap import build

    password = _password()
    with database(ready("cli"), start=False) as place:
        runtime = build(place.settings, place.dsn)
        try:
            signed = runtime.services.access.sign_in(login, password, "cli")
            if signed is None:
                stop(FAILED, "Sai tên đăng nhập hoặc mật khẩu.", "Wrong login or password.")
            token, person = signed
            actor = Actor(ActorKind.PERSON, person.login, "cli", runtime.ids.new_id())
            try:
                if not person.may(Right(right)):
                    stop(FAILED, "Bạn không có quyền làm việc này.", "You may not do this.")
                yield runtime.services, actor
            finally:
                runtime.services.access.sign_out(token, actor)
        finally:
            runtime.close()


def _password() -> str:
    given = os.environ.pop(PASSWORD, "")
    if given:
        return given
    if not sys.stdin.isatty():
        stop(
            WRONG_USE,
            f"Không có màn hình để hỏi mật khẩu: hãy đặt biến {PASSWORD}.",
            f"There is no terminal to ask for the password: set {PASSWORD}.",
        )
    return str(typer.prompt(words("Mật khẩu", "Password"), hide_input=True))
