"""Keeps secrets and persons out of the log: by the name of a field, and by the shape of a value inside text."""

from __future__ import annotations

import re
from collections.abc import MutableMapping
from typing import Any

from pydantic import SecretBytes, SecretStr

HIDDEN = "[ẩn]"

_SECRET_PARTS = (
    "password", "passwd", "secret", "token", "authorization", "cookie", "codeget", "code_get", "auth_key", "auth_hash", "api_key", "apikey", "private_key",
    "signature", "securehash", "secure_hash", "checksum", "credential", "session", "dsn", "broker_url", "database_url",
)  # fmt: skip
_PERSONAL_PARTS = (
    "citizen", "identity", "cccd", "cmnd", "personal_number", "tax_code", "phone", "mobile", "email", "address",
    "full_name", "fullname", "applicant", "payer", "owner_name", "customer", "birthday", "birth_date",
    "bank_account", "account_number", "account_name", "card", "ho_ten", "hoten", "so_dien_thoai", "dia_chi",
)  # fmt: skip
_NEVER = frozenset({"idempotency_key", "correlation_id", "session_count", "token_count", "address_family"})
_WORD_BREAK = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+")

_IN_TEXT: tuple[tuple[re.Pattern[str], str], ...] = (
    # user:password@ of any address
    (re.compile(r"(?<=://)[^/\s:@]*:[^@\s]*(?=@)"), HIDDEN),
    # name=value of a query, header or JSON whose name is a secret's
    (
        re.compile(
            r"(?i)\b((?:vnp_)?(?:secure_?hash|password|passwd|secret|hash_?secret|(?:access_|refresh_)?token|api_?key|code_?get|auth_?key|auth_?hash|"
            r"checksum)[\"']?\s*[=:]\s*[\"']?)[^&\s\"',;}]+"
        ),
        rf"\1{HIDDEN}",
    ),
    (re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{6,}"), rf"\1 {HIDDEN}"),
    (re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+"), HIDDEN),
    # 12-digit personal number, old 9-digit number, Vietnamese telephone, tax code and longer account numbers;
    # not inside a longer name: references and hashes mix letters and digits
    (re.compile(r"(?<![\w.+-])\+?84[ .-]?\d{2,3}[ .-]?\d{3}[ .-]?\d{3,4}(?![\w-])"), HIDDEN),
    (re.compile(r"(?<![\w.+:-])(?:0\d{9}|\d{9}|\d{12}|\d{10}-\d{3}|\d{13,19})(?![\w:-])(?!\.\d)"), HIDDEN),
)


def redact(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor: the last one before the event is written, after exceptions have become text."""
    for name, value in list(event.items()):
        event[name] = (
            value if name in ("event", "timestamp", "level") and not _speaks(value) else clean(value, name)
        )
    return event


def clean(value: Any, name: str = "", depth: int = 0) -> Any:
    """``value`` without secrets and persons; whole numbers and flags stay, also their types."""
    if isinstance(value, SecretStr | SecretBytes) or (
        name and _hidden(name) and value not in (None, "", 0, False)
    ):
        return HIDDEN
    if depth > 8:
        return HIDDEN
    if isinstance(value, dict):
        return {key: clean(inner, str(key), depth + 1) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [clean(inner, "", depth + 1) for inner in value]
    if isinstance(value, bytes):
        return f"<{len(value)} bytes>"
    if isinstance(value, str):
        return clean_text(value)
    if value is None or isinstance(value, bool | int | float):
        return value
    return clean_text(str(value))


def clean_text(text: str) -> str:
    """Free text without what looks like a secret or a person."""
    for pattern, instead in _IN_TEXT:
        text = pattern.sub(instead, text)
    return text


def _speaks(value: object) -> bool:
    """An event's name is a dotted word; a sentence from another library may hold anything."""
    return not isinstance(value, str) or " " in value or "@" in value or any(c.isdigit() for c in value[:1])


def _hidden(name: str) -> bool:
    snake = "_".join(part.lower() for part in _WORD_BREAK.split(name) if part)
    if snake in _NEVER:
        return False
    return any(f"_{part}_" in f"_{snake}_" for part in _SECRET_PARTS) or any(
        f"_{part}_" in f"_{snake}_" for part in _PERSONAL_PARTS
    )
