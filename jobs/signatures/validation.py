"""Every stored paper that can be signed gets a verdict once per list of roots; what lacked data is looked at again."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from jobs.intake.model import NewEvent
from jobs.signatures.model import masked, try_again
from jobs.store.postgres import signatures as rows
from mappings.canonical.codec import to_json
from mappings.canonical.signature import FileReport, SignatureKind, Verdict

if TYPE_CHECKING:
    from jobs.signatures.judging import Bench, Judging
    from jobs.store.postgres.store import PgStore

log = structlog.get_logger(__name__)

_BATCH = 20
_SETTLED = timedelta(minutes=10)
"""Files younger than this may have been committed after a later one: they are looked for once more."""


class Validation:
    """One per process."""

    def __init__(self, store: PgStore, judging: Judging) -> None:
        self._store, self._judging = store, judging

    def run(self, most: int = 200) -> int:
        """Judge what is due, ``most`` files at a time; how many.

        Raises:
            TrustRefused: the directories hold no trust that can be used.
        """
        if not self._judging.possible:
            return 0
        with self._judging.bench() as bench:
            return self._run(bench, most)

    def _run(self, bench: Bench, most: int) -> int:
        count = 0
        while count < most:
            with self._store.transaction("verdicts-due") as tx:
                found = rows.to_check(tx, bench.trust, min(_BATCH, most - count))
            for row in found:
                self._look(bench, row["id"], row["dossier_code"], row["name"], row["tries"])
            count += len(found)
            new = [row["id"] for row in found if row["tries"] == 0]
            with self._store.transaction("verdicts-scanned") as tx:
                rows.scanned(tx, bench.trust, new[-1] if new else None, _SETTLED)
            if len(found) < _BATCH:
                break
        return count

    def _look(self, bench: Bench, file: int, code: str, name: str, tries: int) -> None:
        with self._store.transaction("verdict-read") as tx:
            raw = rows.content(tx, file)
        if raw is None:
            return
        report = bench.judge.check_bytes(raw, name)
        again = None
        with self._store.transaction("verdict-keep") as tx:
            if report.verdict is Verdict.INDETERMINATE and report.worth_trying_again:
                again = tx.now + try_again(tries + 1)
            rows.keep_verdict(
                tx,
                {
                    "file_id": file,
                    "trust": bench.trust,
                    "dossier_code": code,
                    "verdict": report.verdict.value,
                    "reasons": reasons(report),
                    "signers": signers(report),
                    "signatures": sum(one.kind is SignatureKind.SIGNATURE for one in report.signatures),
                    "report": to_json(report),
                    "again_at": again,
                },
            )
            if report.verdict is not Verdict.UNSIGNED and tries == 0:
                facts = {"file": file, "verdict": report.verdict.value, "reasons": reasons(report)}
                tx.events.add(
                    [NewEvent("signing.checked", f"dossier:{code}", "rule:signatures", code, facts)]
                )


def reasons(report: FileReport) -> list[str]:
    """Codes of the file and of its signatures, each once."""
    held = [*report.reasons, *(reason for one in report.signatures for reason in one.reasons)]
    return list(dict.fromkeys(one.value for one in held))


def signers(report: FileReport) -> list[str]:
    """Who signed as screens show it: initials and the end of the number."""
    found = []
    for one in report.signatures:
        if one.kind is SignatureKind.SIGNATURE and one.signer is not None:
            words = one.signer.organisation or " ".join(f"{part[:1]}." for part in one.signer.name.split())
            number = masked(one.signer.numbers[0].value) if one.signer.numbers else ""
            found.append(f"{words} {number}".strip())
    return found


__all__ = ["Validation", "reasons", "signers"]
