"""Enterprise codes, which are tax codes: normalised and checked before a call that a quota counts. Pure.

Ten digits, the tenth a check digit: 10 less the rest by 11 of the weighted sum of the first nine. Branches add three digits. The
weights are those that several independent programs use; the register's own paper is not public.
"""

from __future__ import annotations

import re

_WEIGHTS = (31, 29, 23, 19, 17, 13, 7, 5, 3)
_SHAPE = re.compile(r"([0-9]{10})(?:-?([0-9]{3}))?")
_PERSONAL = re.compile(r"[0-9]{12}")


class NoCode(ValueError):
    """What was given is no enterprise code. The text never holds what was given: it may be a person's number."""


def normalised(given: str, *, check_digit: bool = True) -> str:
    """``0100109106`` or ``0100109106-001``, without the spaces and dashes that people type.

    Raises:
        NoCode: another number of digits, other characters, branch 000, or a check digit that does not fit.
    """
    found = _SHAPE.fullmatch("".join(given.split()))
    if found is None:
        raise NoCode("an enterprise code has 10 digits, or 13 of a branch")
    body, branch = found.groups()
    if branch == "000":
        raise NoCode("no branch has the number 000")
    if check_digit and not fits(body):
        raise NoCode("the tenth digit does not fit: it was typed wrongly")
    return f"{body}-{branch}" if branch else body


def of_household(given: str, *, check_digit: bool = True) -> str:
    """As :func:`normalised`; a household's code may also be its owner's 12-digit personal number.

    Raises:
        NoCode
    """
    plain = "".join(given.split())
    return plain if _PERSONAL.fullmatch(plain) else normalised(plain, check_digit=check_digit)


def fits(body: str) -> bool:
    """Whether the tenth digit is the check digit of the first nine."""
    rest = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, body[:9], strict=True)) % 11
    return (10 - rest) % 10 == int(body[9])
