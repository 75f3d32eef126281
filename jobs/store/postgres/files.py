"""Stored files of dossiers."""

from __future__ import annotations

from collections.abc import Sequence

from psycopg.rows import DictRow

from jobs.store.postgres.tx import PgTx

_FACTS = "id, origin, dossier_code, name, media_type, size, sha256"


def known(tx: PgTx, origins: Sequence[str]) -> dict[str, DictRow]:
    """Origin → facts of what is stored."""
    rows = tx.fetch(f"select {_FACTS} from stored_file where origin = any(%s)", (list(origins),))
    return {row["origin"]: row for row in rows}


def keep(
    tx: PgTx, origin: str, *, dossier_code: str, name: str, media_type: str, sha256: str, content: bytes
) -> None:
    """Store a file once."""
    tx.execute(
        """insert into stored_file (origin, dossier_code, name, media_type, size, sha256, content, at)
           values (%s, %s, %s, %s, %s, %s, %s, %s) on conflict (origin) do nothing""",
        (origin, dossier_code, name, media_type, len(content), sha256, content, tx.now),
    )


def content(tx: PgTx, file: int) -> DictRow | None:
    """Bytes, name and media type of one file."""
    return tx.fetch_one("select name, media_type, content from stored_file where id = %s", (file,))
