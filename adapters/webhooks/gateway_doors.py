"""Which gateways of an installation post notices to us, where, and what each of them wants to hear."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from adapters.ports import NoticeAnswer, NoticeDoor
from connectors.errors import Forged

_WORDS = {
    NoticeAnswer.TAKEN: "Thành công",
    NoticeAnswer.KNOWN: "Đã ghi nhận trước đó",
    NoticeAnswer.FORGED: "Sai chữ ký",
    NoticeAnswer.AGAIN: "Chưa ghi nhận được, đề nghị gửi lại",
}


def notice_doors(verifiers: Mapping[str, Callable[..., Any]]) -> tuple[NoticeDoor, ...]:
    """The doors of the gateways that are set.

    Args:
        verifiers: system → its verifier (``connectors.registry.Connectors.verifiers``).
    """
    made = {"momo": _momo, "zalopay": _zalopay}
    return tuple(make(verifiers[system]) for system, make in made.items() if system in verifiers)


def _momo(verify: Callable[..., Any]) -> NoticeDoor:
    from connectors.momo import notifications

    statuses = {NoticeAnswer.FORGED: 403, NoticeAnswer.AGAIN: 503}

    def answer(told: NoticeAnswer) -> tuple[int, bytes]:
        # A status says it all: their page knows of no other body than an empty one.
        return statuses.get(told, notifications.ANSWER_STATUS), b""

    return NoticeDoor("momo", "/webhooks/momo/ipn", verify, answer, (Forged,), notifications.MOST_BYTES)


def _zalopay(verify: Callable[..., Any]) -> NoticeDoor:
    from connectors.zalopay import notifications

    # A callback that is not theirs, and one that could not be kept, are both not taken: who really sent it calls again.
    codes = {NoticeAnswer.TAKEN: notifications.TAKEN_OVER, NoticeAnswer.KNOWN: notifications.TAKEN_BEFORE}

    def answer(told: NoticeAnswer) -> tuple[int, bytes]:
        return 200, notifications.answer(codes.get(told, notifications.AGAIN), _WORDS[told])

    return NoticeDoor(
        "zalopay", "/webhooks/zalopay/callback", verify, answer, (Forged,), notifications.MOST_BYTES
    )
