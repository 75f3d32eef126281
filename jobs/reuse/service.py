"""Asks registers for what a dossier's applicant need not hand in, and keeps who asked what for whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

from jobs.effects.model import Effect, EffectState, Handler, NewEffect, Outcome
from jobs.intake.model import NewCase, NewEvent
from jobs.reuse.rules import CITIZEN, Question, asked, subject
from jobs.store.postgres import reuse as rows
from jobs.store.postgres import sync as sync_rows
from mappings.canonical.codec import to_json
from mappings.canonical.file import DossierFile
from mappings.canonical.purpose import Reason

if TYPE_CHECKING:
    from connectors.kit.seams import Ids
    from jobs.store.ports import Tx
    from jobs.store.postgres.tx import PgTx

DIFFERS = "reuse_differs"
"""Kind of the cases of applicants whom a register does not confirm."""
_LANE = "reuse"
_PRIORITY = 4


class Reuse:
    """One per process. Everything happens in the caller's transaction."""

    def __init__(
        self, questions: Sequence[Question], systems: Sequence[str], ids: Ids, *, officer: str, key: str
    ) -> None:
        """Wire it.

        Args:
            systems: registers that are set; questions to others are left alone.
            officer: account in whose name the system itself asks.
            key: marks subjects, so that the same question is recognised and nobody can guess whom it is about.
        """
        self._questions = tuple(each for each in questions if each.system in systems)
        self._ids, self._officer, self._key = ids, officer, key

    @property
    def operations(self) -> set[tuple[str, str]]:
        """(system, operation) of every question."""
        return {(each.system, each.operation) for each in self._questions}

    def ask(self, tx: PgTx, code: str, file: DossierFile) -> int:
        """Plan the questions of a dossier that were not asked yet; how many leave us. Answers that are young enough are used."""
        effects = []
        for question in self._questions:
            if not question.fits(file):
                continue
            payload = asked(question, file)
            mark = subject(question, payload, self._key)
            if not rows.ask(tx, code, question.system, question.operation, mark):
                continue
            if self._from_cache(tx, code, question, mark):
                continue
            reason = Reason(self._ids.new_id(), file.procedure, file.agency, self._officer, code)
            effects.append(
                NewEffect(
                    key=f"reuse:{code}:{question.system}:{question.operation}",
                    system=question.system,
                    operation=question.operation,
                    lane=f"{_LANE}:{code}",
                    payload={**payload, "reason": to_json(reason)},
                    dossier_code=code,
                    cause=_LANE,
                    priority=_PRIORITY,
                )
            )
        return sum(tx.effects.plan(effects))

    def used(self, tx: PgTx, codes: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """Dossier code → codes of the databases whose answers it uses (MaCSDL)."""
        registers = {
            (each.system, each.operation): each.register for each in self._questions if each.register
        }
        found: dict[str, set[str]] = {}
        for row in rows.used(tx, codes):
            name = registers.get((row["system"], row["operation"]))
            if name:
                found.setdefault(row["dossier_code"], set()).add(name)
        return {code: tuple(sorted(names)) for code, names in found.items()}

    def handlers(self) -> dict[tuple[str, str], Handler]:
        """(system, operation) → what becomes of the answers."""
        return dict.fromkeys(self.operations, Answers(self))

    def about_citizen(self, system: str, operation: str) -> bool:
        """Whether a question is about a person: a register that does not confirm one is a person's matter."""
        return any(
            each.about == CITIZEN
            for each in self._questions
            if (each.system, each.operation) == (system, operation)
        )

    def _from_cache(self, tx: PgTx, code: str, question: Question, mark: str) -> bool:
        if not question.hours:
            return False
        since = tx.now - timedelta(hours=question.hours)
        found = rows.younger(tx, question.system, question.operation, mark, since)
        if found is None:
            return False
        rows.answered(
            tx, code, question.system, question.operation, verdict=found["verdict"], answer=found["answer"],
            at=found["answered_at"], cached=True,
        )  # fmt: skip
        purpose = (found["answer"] or {}).get("purpose")
        if purpose:
            look = {**purpose, "request_id": self._ids.new_id(), "dossier_code": code, "at": tx.now}
            rows.keep_purposes(tx, [look], "cache")
        return True


class Answers:
    """A register answered."""

    def __init__(self, reuse: Reuse) -> None:
        self._reuse = reuse

    def on_claim(self, tx: Tx, effects: Sequence[Effect]) -> Mapping[int, str]:  # noqa: ARG002 - asking harms nobody
        return {}

    def on_outcome(self, tx: Tx, outcomes: Sequence[Outcome]) -> None:
        ours = cast("PgTx", tx)
        for outcome in outcomes:
            effect = outcome.effect
            if effect.cause != _LANE:
                continue
            if outcome.state is EffectState.DONE:
                self._answered(ours, outcome)
            elif outcome.state in (EffectState.REFUSED, EffectState.PARKED):
                state = "refused" if outcome.state is EffectState.REFUSED else "with_person"
                rows.ended(ours, effect.dossier_code, effect.system, effect.operation, state)

    def _answered(self, tx: PgTx, outcome: Outcome) -> None:
        effect, data = outcome.effect, outcome.data
        code, verdict = effect.dossier_code, _verdict(data, outcome.code)
        rows.answered(
            tx,
            code,
            effect.system,
            effect.operation,
            verdict=verdict,
            answer=dict(data),
            at=tx.now,
            cached=False,
        )
        if data.get("purpose"):
            rows.keep_purposes(tx, [data["purpose"]], "asked")
        facts = {"system": effect.system, "operation": effect.operation, "verdict": verdict}
        tx.events.add([NewEvent("reuse.answered", f"dossier:{code}", f"rule:{effect.system}", code, facts)])
        if verdict in ("confirmed", "found"):
            self._told_anew(tx, code)
        elif self._reuse.about_citizen(effect.system, effect.operation):
            key = f"reuse-differs:{effect.system}:{effect.operation}:{code}"
            tx.cases.open([NewCase(DIFFERS, key, None, code, None, facts)])

    @staticmethod
    def _told_anew(tx: PgTx, code: str) -> None:
        """The dossier uses a register now: its next version says so to everybody who hears of it."""
        row = tx.fetch_one("select source_id from dossier where code = %s", (code,))
        if row is not None and row["source_id"]:
            sync_rows.want(tx, [(code, row["source_id"])])
            tx.wake("sync")


def _verdict(data: Mapping[str, Any], code: str) -> str:
    check = data.get("check")
    if isinstance(check, Mapping):
        return str(check.get("verdict", "unclear"))
    return code if code in ("found", "not-found") else "found"
