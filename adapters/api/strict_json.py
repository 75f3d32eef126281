"""Bodies that command something are read strictly: what two readers could read differently is refused."""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Any, NoReturn

from adapters.errors import MALFORMED, TOO_LARGE, Problem

MOST_BYTES = 65_536
MOST_DEPTH = 8
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,39}|[0-9]{1,4}")


def read_object(raw: bytes) -> dict[str, Any]:
    """The JSON object in ``raw``; texts in NFC.

    Raises:
        Problem: too long, not UTF-8, not JSON, not an object, nested too deeply, a key twice, a fraction,
            NaN or Infinity.
    """
    if len(raw) > MOST_BYTES:
        raise Problem(TOO_LARGE, f"Tối đa {MOST_BYTES} byte.", f"At most {MOST_BYTES} bytes.")
    try:
        text = raw.decode("utf-8")
        _check_depth(text)
        value = json.loads(
            text, object_pairs_hook=_once, parse_float=_no_fraction, parse_constant=_no_fraction
        )
    except UnicodeDecodeError as exc:
        raise _malformed("Nội dung không phải UTF-8.", "The body is not UTF-8.") from exc
    except (ValueError, RecursionError) as exc:
        if isinstance(exc, _RefusedError):
            raise _malformed(exc.vi, exc.en) from exc
        raise _malformed("Nội dung không phải JSON.", "The body is not JSON.") from exc
    if not isinstance(value, dict):
        raise _malformed("Cần một đối tượng JSON.", "A JSON object is expected.")
    return value


def nameable(name: str) -> str:
    """A field's name as an error may repeat it: what is no name of a field may be a person's."""
    return name if _NAME.fullmatch(name) else "…"


class _RefusedError(ValueError):
    def __init__(self, vi: str, en: str) -> None:
        self.vi, self.en = vi, en
        super().__init__(en)


def _malformed(vi: str, en: str) -> Problem:
    return Problem(MALFORMED, vi, en)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for name, value in pairs:
        if name in result:
            raise _RefusedError(
                f"Khóa “{nameable(name)}” xuất hiện hai lần.", f"The key “{nameable(name)}” stands twice."
            )
        result[name] = unicodedata.normalize("NFC", value) if isinstance(value, str) else value
    return result


def _no_fraction(text: str) -> NoReturn:
    raise _RefusedError(f"{text[:40]}: chỉ nhận số nguyên.", f"{text[:40]}: only whole numbers are accepted.")


def _check_depth(text: str) -> None:
    depth, quoted, escaped = 0, False, False
    for character in text:
        if quoted:
            if escaped:
                escaped = False
            elif character == "\\":
                escaped = True
            elif character == '"':
                quoted = False
        elif character == '"':
            quoted = True
        elif character in "[{":
            depth += 1
            if depth > MOST_DEPTH:
                raise _RefusedError("Cấu trúc lồng quá sâu.", "The body is nested too deeply.")
        elif character in "]}":
            depth -= 1
