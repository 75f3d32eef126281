"""What the end of a session brings about: the time line shows it, the case system hears it once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg.rows import DictRow

from jobs.effects.model import NewEffect
from jobs.intake.model import NewCase, NewEvent
from jobs.periodic import LOCAL
from jobs.signatures.model import CASE_SYSTEM, CAUSE, MARK, NOT_RELEASED, SessionState
from jobs.store.postgres import signatures as rows
from mappings.canonical.dossier import DossierState
from mappings.errors import MappingError
from mappings.tables.national_statuses import number_of

if TYPE_CHECKING:
    from jobs.store.postgres.tx import PgTx

_PRIORITY = 3
_SENTENCES = {
    SessionState.SIGNED: "Đã ký số {files} tệp qua {provider}, chữ ký đã được kiểm tra hợp lệ",
    SessionState.REFUSED: "Người ký từ chối ký số {files} tệp qua {provider}",
    SessionState.EXPIRED: "Hết hạn ký số {files} tệp qua {provider}, chưa có chữ ký",
    SessionState.FAILED: "Không ký số được {files} tệp qua {provider}",
}


def ended(
    tx: PgTx, session: str, state: SessionState, code: str = "", *, provider: str = "", tell: bool = True
) -> bool:
    """End a session in this transaction; ``False``: it had ended before, and nothing was changed.

    Args:
        provider: how people call it.
        tell: whether there is a case system to tell.
    """
    row = rows.end(tx, session, state.value, code)
    if row is None:
        return False
    tx.effects.cancel(
        [f"signing:{session}:certificates", f"signing:{session}:sign"], f"signing-{state.value}"
    )
    files = len(rows.files_of(tx, session))
    event(tx, row, state.value, {"code": code, "files": files})
    if tell:
        _tell(tx, row, state, provider or row["provider"], files)
    return True


def event(tx: PgTx, row: DictRow, kind: str, facts: dict[str, Any]) -> None:
    """A line of the time line; nothing personal."""
    code = row["dossier_code"]
    told = {"session": row["id"], "provider": row["provider"], **facts}
    tx.events.add([NewEvent(f"signing.{kind}", f"dossier:{code}", f"system:{row['provider']}", code, told)])


def not_released(tx: PgTx, row: DictRow, code: str) -> None:
    """A finished file was not found sound: it stays here, and a person looks at it."""
    facts = {"session": row["id"], "system": row["provider"], "code": code}
    key = f"signing-not-released:{row['id']}"
    tx.cases.open([NewCase(NOT_RELEASED, key, None, row["dossier_code"], None, facts)])


def _tell(tx: PgTx, row: DictRow, state: SessionState, provider: str, files: int) -> None:
    dossier = tx.dossiers.by_code(row["dossier_code"])
    if dossier is None or not dossier.source_id:
        return
    try:
        number = number_of(DossierState(dossier.state), accepted=True)
    except (MappingError, ValueError):
        return  # what we cannot read ourselves is told to nobody; the time line shows it
    note = _SENTENCES[state].format(files=files, provider=provider)
    payload = {
        "dossier_code": dossier.name_there,
        "source_id": dossier.source_id,
        "status": number,
        "note": f"{note} ({tx.now.astimezone(LOCAL):%H:%M %d/%m/%Y}).",
        "at": tx.now.isoformat(),
        MARK: {"session": row["id"]},
    }
    tx.effects.plan(
        [
            NewEffect(
                key=f"signing:{row['id']}:told",
                system=CASE_SYSTEM,
                operation="add_note",
                lane=dossier.code,
                payload=payload,
                dossier_code=dossier.code,
                cause=CAUSE,
                priority=_PRIORITY,
            )
        ]
    )
