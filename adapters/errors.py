"""One table from our errors to what a caller sees: problem documents (RFC 9457), pages and exit codes.

No stack, no SQL and no partner's text leaves through it. The table is also the list of problem types.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from connectors import errors as outside
from jobs import errors as inside
from jobs.access.service import Throttled
from mappings.errors import IntegrationError, MappingError

EXIT_DONE, EXIT_FAILED, EXIT_USE, EXIT_SETTINGS, EXIT_STORE = 0, 1, 2, 3, 4
EXIT_PARTNER, EXIT_PROBLEMS, EXIT_UNKNOWN, EXIT_INTERRUPTED = 5, 6, 7, 130


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of problem.

    Attributes:
        code: stable name; the last part of the problem's ``type``.
        exit_code: of the command line.
        retry_after_seconds: told to the caller when waiting helps.
    """

    code: str
    status: int
    title_vi: str
    title_en: str
    exit_code: int = EXIT_FAILED
    retry_after_seconds: int | None = None

    def title(self, language: str) -> str:
        return self.title_en if language == "en" else self.title_vi


BAD_INPUT = Kind("bad-input", 422, "Dữ liệu gửi đến không dùng được", "The input cannot be used", EXIT_USE)
MALFORMED = Kind("malformed", 400, "Nội dung gửi đến không đọc được", "The body cannot be read", EXIT_USE)
NOT_FOUND = Kind("not-found", 404, "Không tìm thấy", "Not found", EXIT_USE)
NOT_SIGNED_IN = Kind("no-key", 401, "Chưa xác thực", "Not authenticated", EXIT_USE)
NO_RIGHT = Kind("not-allowed", 403, "Không có quyền làm việc này", "Not allowed", EXIT_USE)
CONFLICT = Kind("conflict", 409, "Trạng thái hiện tại không cho phép", "The present state does not allow it")
DUPLICATE = Kind("duplicate", 409, "Đã có với nội dung khác", "It exists with other content")
RUNNING = Kind(
    "still-running",
    409,
    "Yêu cầu trước đang chạy",
    "The first request is still running",
    retry_after_seconds=2,
)
KEY_MISSING = Kind("idempotency-key-missing", 400, "Thiếu Idempotency-Key", "Idempotency-Key is missing")
KEY_REUSED = Kind(
    "idempotency-key-reused", 422, "Khóa đã dùng cho nội dung khác", "The key was used with another body"
)
CHANGED = Kind("changed", 412, "Dữ liệu đã thay đổi", "It was changed in the meantime")
TOO_LARGE = Kind("too-large", 413, "Nội dung quá lớn", "The body is too large", EXIT_USE)
WRONG_TYPE = Kind(
    "wrong-media-type", 415, "Kiểu nội dung không được nhận", "Media type not accepted", EXIT_USE
)
METHOD = Kind("method-not-allowed", 405, "Phương thức không được nhận", "Method not allowed", EXIT_USE)
LIMITED = Kind("too-many-requests", 429, "Quá nhiều yêu cầu", "Too many requests", retry_after_seconds=60)
UNAVAILABLE = Kind(
    "store-unavailable",
    503,
    "Hệ thống đang bận",
    "Temporarily unavailable",
    EXIT_STORE,
    retry_after_seconds=5,
)
OUTCOME_UNKNOWN = Kind(
    "outcome-unknown",
    503,
    "Chưa rõ kết quả lưu",
    "The outcome is not known",
    EXIT_UNKNOWN,
    retry_after_seconds=5,
)
PARTNER_AWAY = Kind(
    "partner-unavailable",
    503,
    "Hệ thống bên ngoài không trả lời",
    "A partner is away",
    EXIT_PARTNER,
    retry_after_seconds=30,
)
PARTNER_UNKNOWN = Kind(
    "partner-outcome-unknown", 502, "Chưa rõ kết quả ở hệ thống bên ngoài", "A partner's outcome is not known",
    EXIT_UNKNOWN,
)  # fmt: skip
PARTNER_REFUSED = Kind(
    "partner-refused", 502, "Hệ thống bên ngoài từ chối", "A partner refused", EXIT_PARTNER
)
INTERNAL = Kind("internal", 500, "Lỗi trong hệ thống", "Internal error")

KINDS: tuple[Kind, ...] = tuple(value for value in globals().copy().values() if isinstance(value, Kind))

# Most specific first: the first class that fits decides.
TABLE: tuple[tuple[type[BaseException], Kind], ...] = (
    (Throttled, LIMITED),
    (inside.NotFound, NOT_FOUND),
    (inside.BadInput, BAD_INPUT),
    (inside.Changed, CHANGED),
    (inside.NotAllowed, NO_RIGHT),
    (inside.IllegalTransition, CONFLICT),
    (inside.Duplicate, DUPLICATE),
    (inside.StoreUnavailable, UNAVAILABLE),
    (inside.SerialConflict, UNAVAILABLE),
    (inside.CommitUnknown, OUTCOME_UNKNOWN),
    (inside.ProcessError, INTERNAL),
    (outside.Unavailable, PARTNER_AWAY),
    (outside.OutcomeUnknown, PARTNER_UNKNOWN),
    (outside.Rejected, PARTNER_REFUSED),
    (outside.CredentialsRefused, PARTNER_REFUSED),
    (outside.ConnectorError, PARTNER_UNKNOWN),
    (MappingError, BAD_INPUT),
    (IntegrationError, INTERNAL),
)


class Problem(Exception):
    """A refusal that the edge itself makes.

    Attributes:
        errors: RFC 9457 extension: each with ``pointer`` and ``detail``.
    """

    def __init__(
        self,
        kind: Kind,
        detail_vi: str = "",
        detail_en: str = "",
        *,
        errors: Sequence[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.kind, self.detail_vi, self.detail_en = kind, detail_vi, detail_en
        self.errors, self.headers = tuple(errors), dict(headers or {})
        super().__init__(f"{kind.code}: {detail_en or kind.title_en}")


@dataclass(frozen=True, slots=True)
class Told:
    """What somebody outside is told of an error."""

    kind: Kind
    code: str
    detail: str
    errors: tuple[Mapping[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)

    def document(self, language: str, trace_id: str) -> dict[str, Any]:
        """The problem document."""
        body: dict[str, Any] = {
            "type": f"/api/v1/problems/{self.kind.code}",
            "title": self.kind.title(language),
            "status": self.kind.status,
            "code": self.code,
            "trace_id": trace_id,
        }
        if self.detail:
            body["detail"] = self.detail
        if self.errors:
            body["errors"] = list(self.errors)
        return body


def kind_of(exc: BaseException) -> Kind:
    """The row of the table for an error; what is not in it is internal."""
    if isinstance(exc, Problem):
        return exc.kind
    return next((kind for cls, kind in TABLE if isinstance(exc, cls)), INTERNAL)


def told(exc: BaseException, language: str) -> Told:
    """What may be said of an error, in one language."""
    kind = kind_of(exc)
    headers = {"Retry-After": str(kind.retry_after_seconds)} if kind.retry_after_seconds else {}
    english = language == "en"
    match exc:
        case Problem():
            detail = exc.detail_en if english else exc.detail_vi
            return Told(kind, kind.code, detail, exc.errors, headers | exc.headers)
        case inside.BadInput():
            detail = exc.message_en if english else exc.message_vi
            entry = {"pointer": exc.pointer, "code": exc.code, "detail": detail}
            return Told(kind, kind.code, detail, (entry,), headers)
        case inside.NotAllowed():
            return Told(kind, exc.reason, exc.message_en if english else exc.message_vi, (), headers)
        case inside.IllegalTransition():
            detail = f"{exc.reference}: {exc.state} → {exc.wanted}"
            return Told(kind, kind.code, detail, (), headers)
        case _:
            return Told(kind, kind.code, "", (), headers)


def exit_code(exc: BaseException) -> int:
    """The command line's exit code for an error."""
    return kind_of(exc).exit_code


def language_of(accept_language: str) -> str:
    """``en`` when English is preferred, else ``vi``."""
    best, chosen = 0.0, "vi"
    for part in accept_language[:200].split(","):
        tag, _, weight = part.strip().partition(";q=")
        language = tag.strip().lower().partition("-")[0]
        try:
            quality = float(weight) if weight else 1.0
        except ValueError:
            continue
        if language in ("vi", "en") and quality > best:
            best, chosen = quality, language
    return chosen


def reason_phrase(status: int) -> str:
    """The standard phrase of an HTTP status."""
    return HTTPStatus(status).phrase
