"""Turns what went wrong into a sentence, a cause, a next step and an exit code. Nobody sees a traceback."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from adapters.cli.speech import DATABASE, FAILED, PARTNER, SETTINGS, UNKNOWN, debugging, words


@dataclass(frozen=True, slots=True)
class Failure:
    """What one kind of error means to the person at the terminal."""

    code: int
    vi: str
    en: str
    next_vi: str
    next_en: str


_SETTINGS = Failure(
    SETTINGS,
    "Thiết lập chưa dùng được.",
    "The settings cannot be used.",
    "Sửa các biến nêu trên rồi chạy lại; 'lienthong doctor' kiểm tra tất cả.",
    "Correct the variables above and start again; 'lienthong doctor' checks all of them.",
)
_DATABASE = Failure(
    DATABASE,
    "Không dùng được cơ sở dữ liệu.",
    "The database cannot be used.",
    "Kiểm tra LIENTHONG_DATABASE_URL và máy chủ, rồi chạy 'lienthong db check'.",
    "Check LIENTHONG_DATABASE_URL and the server, then run 'lienthong db check'.",
)
_EMBEDDED = Failure(
    DATABASE,
    "PostgreSQL đi kèm không chạy được.",
    "The embedded PostgreSQL does not run.",
    "Xem nhật ký nêu trên, hoặc đặt LIENTHONG_DATABASE_URL tới một máy chủ có sẵn.",
    "Look at the log above, or set LIENTHONG_DATABASE_URL to a server that you have.",
)
_MIGRATION = Failure(
    DATABASE,
    "Không nâng cấp được cơ sở dữ liệu; phần đã làm vẫn nguyên vẹn.",
    "The database could not be moved forward; what was done before stays.",
    "Đợi lúc ít việc rồi chạy lại 'lienthong db migrate'.",
    "Run 'lienthong db migrate' again when there is less work.",
)
_BROKER = Failure(
    DATABASE,
    "Không kết nối được hàng đợi.",
    "The broker cannot be reached.",
    "Kiểm tra LIENTHONG_BROKER_URL; việc chưa làm vẫn nằm trong cơ sở dữ liệu.",
    "Check LIENTHONG_BROKER_URL; open work is safe in the database.",
)
_PARTNER = Failure(
    PARTNER,
    "Hệ thống bên ngoài không sẵn sàng; chưa có gì được gửi.",
    "An outside system is unavailable; nothing was sent.",
    "Thử lại sau.",
    "Try again later.",
)
_UNKNOWN = Failure(
    UNKNOWN,
    "Chưa rõ kết quả: có thể đã được thực hiện.",
    "The outcome is unknown: it may have been done.",
    "Đừng làm lại; xem 'lienthong jobs explain' để biết khi nào hệ thống hỏi lại.",
    "Do not repeat it; 'lienthong jobs explain' tells when the system asks again.",
)
_OTHER = Failure(
    FAILED,
    "Lệnh không làm được.",
    "The command failed.",
    "Chạy lại với --debug để xem chi tiết.",
    "Run it again with --debug for details.",
)

# By name, not by class: importing the libraries only to know their errors would slow every start.
_BY_NAME: dict[str, Failure] = {
    "config.errors.SettingsRefused": _SETTINGS,
    "jobs.store.embedded.places.EmbeddedServerFailed": _EMBEDDED,
    "jobs.store.migrate.MigrationRefused": _MIGRATION,
    "jobs.errors.StoreUnavailable": _DATABASE,
    "jobs.errors.CommitUnknown": _UNKNOWN,
    "psycopg.OperationalError": _DATABASE,
    "psycopg.ProgrammingError": _DATABASE,
    "dramatiq.errors.BrokerError": _BROKER,
    "connectors.errors.OutcomeUnknown": _UNKNOWN,
    "connectors.errors.Unavailable": _PARTNER,
    "connectors.errors.CredentialsRefused": _PARTNER,
}


def meaning(error: BaseException) -> Failure:
    """What an error means; the nearest known class of its family decides."""
    for family in type(error).__mro__:
        known = _BY_NAME.get(f"{family.__module__}.{family.__qualname__}")
        if known is not None:
            return known
    return _OTHER


def report(error: BaseException) -> int:
    """Tell the person what happened; the exit code. The traceback is for ``--debug`` only."""
    found = meaning(error)
    cause = _cause(error)
    lines = [words(found.vi, found.en)]
    if cause:
        lines.append(words("Nguyên nhân: ", "Cause: ") + cause)
    lines.append(words("Làm gì tiếp: ", "Next: ") + words(found.next_vi, found.next_en))
    sys.stderr.write("\n".join(lines) + "\n")
    if debugging():
        import traceback

        traceback.print_exception(error)
    return found.code


def _cause(error: BaseException) -> str:
    faults = getattr(error, "faults", None)
    if faults:
        return "".join(
            f"\n  {fault.variable}: {words(fault.message_vi, fault.message_en)}" for fault in faults
        )
    told = getattr(error, "message_vi", None), getattr(error, "message_en", None)
    if all(told):
        return words(str(told[0]), str(told[1]))
    from config.redaction import clean_text

    text = clean_text(str(error)).strip()
    return text.splitlines()[0] if text else type(error).__name__
