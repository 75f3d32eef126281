"""What an effect's payload holds, taken out with the right type. Payloads are ours: another type is our own mistake."""

from __future__ import annotations

from typing import Any


def payload_text(value: Any) -> str:
    """``value`` as it is.

    Raises:
        ValueError: no text.
    """
    if not isinstance(value, str):
        raise ValueError("a text is expected in the payload")
    return value


def payload_amount(value: Any) -> int:
    """Whole đồng; a bool, a fraction or a number in a text is none.

    Raises:
        ValueError: no whole number.
    """
    if type(value) is not int:
        raise ValueError("an amount in the payload is whole đồng")
    return value
