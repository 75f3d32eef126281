"""What the effect engine may ask of a province's LGSP, and how each outcome is found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from connectors.errors import OutcomeUnknown, Rejected
from connectors.kit.effects import Call, Done, EffectClass, Finding, NotDone, Operation, Undecided
from connectors.lgsp.client import (
    ALL,
    CATEGORY,
    METADATA,
    STATISTIC,
    SYNC,
    SYSTEM,
    TRACE,
    VOTE,
    WRITE,
    Client,
)
from mappings.canonical.codec import from_json
from mappings.canonical.file import DossierFile, Step

_T = TypeVar("_T")


def operations(client: Client) -> tuple[Operation, ...]:
    """Publishing, figures and shared categories."""
    return (*_publishing(client), *_figures(client), *_reading(client), _writing(client))


def _publishing(client: Client) -> tuple[Operation, ...]:
    def sync(call: Call) -> Done:
        """``{dossier: DossierFile}``."""
        dossier = _read(DossierFile, call.payload["dossier"], SYNC)
        return Done(code=client.sync_dossier(dossier, deadline_seconds=call.deadline_seconds))

    def step(call: Call) -> Done:
        """``{code, agency, agency_name, step: Step, document_id?}``."""
        facts = call.payload
        code = client.add_step(
            _read(Step, facts["step"], TRACE),
            code=facts["code"],
            agency=facts["agency"],
            agency_name=facts["agency_name"],
            document_id=facts.get("document_id", ""),
            deadline_seconds=call.deadline_seconds,
        )
        return Done(code=code)

    by_person = "there is no look-up: a person sees on the province's platform whether it is there"
    repeats = "the same dossier code sets the same values again (assumed): it is sent again"
    synced = client.sync_repeats is not False
    return (
        Operation(
            system=SYSTEM,
            name=SYNC,
            effect_class=EffectClass.IDEMPOTENT if synced else EffectClass.EVIDENCE,
            found_by=repeats if synced else by_person,
            perform=sync,
        ),
        Operation(
            system=SYSTEM,
            name=TRACE,
            effect_class=EffectClass.IDEMPOTENT if client.traces_repeat is True else EffectClass.EVIDENCE,
            found_by=repeats if client.traces_repeat is True else by_person,
            perform=step,
        ),
    )


def _read(cls: type[_T], data: Any, operation: str) -> _T:
    try:
        return from_json(cls, data)
    except ValueError as exc:
        raise Rejected(str(exc), system=SYSTEM, operation=operation, code="not-sent") from exc


def _figures(client: Client) -> tuple[Operation, ...]:
    def statistic(call: Call) -> Done:
        """``{facts}``."""
        return Done(code=client.send_statistic(call.payload["facts"], deadline_seconds=call.deadline_seconds))

    def vote(call: Call) -> Done:
        """``{facts, code?}``."""
        facts = call.payload
        code = client.send_vote(
            facts["facts"], code=facts.get("code", ""), deadline_seconds=call.deadline_seconds
        )
        return Done(code=code)

    return tuple(
        Operation(
            system=SYSTEM,
            name=name,
            effect_class=EffectClass.EVIDENCE,
            found_by="there is no look-up: a person sees the figure on the province's platform",
            perform=perform,
        )
        for name, perform in ((STATISTIC, statistic), (VOTE, vote))
    )


def _reading(client: Client) -> tuple[Operation, ...]:
    def of_category(
        read: Callable[..., list[dict[str, str]]],
    ) -> Callable[[Call], Done]:
        """``{category}``."""
        return lambda call: Done(
            data={"rows": read(call.payload["category"], deadline_seconds=call.deadline_seconds)}
        )

    def everything(call: Call) -> Done:
        return Done(data={"rows": client.all_categories(deadline_seconds=call.deadline_seconds)})

    reads: Mapping[str, Callable[[Call], Done]] = {
        METADATA: of_category(client.category_metadata),
        CATEGORY: of_category(client.category),
        ALL: everything,
    }
    return tuple(
        Operation(
            system=SYSTEM,
            name=name,
            effect_class=EffectClass.READ,
            found_by="asking changes nothing; it is repeated",
            perform=perform,
        )
        for name, perform in reads.items()
    )


def _writing(client: Client) -> Operation:
    def write(call: Call) -> Done:
        """``{category, rows}``."""
        count = client.write_category(
            call.payload["category"], call.payload["rows"], deadline_seconds=call.deadline_seconds
        )
        return Done(data={"count": count}, code="Done")

    def find(call: Call) -> Finding:
        rows: list[Any] = call.payload["rows"]
        try:
            there = client.rows_there(call.payload["category"], rows, deadline_seconds=call.deadline_seconds)
        except OutcomeUnknown as exc:
            return Undecided(message=str(exc)[:200])
        if there == len(rows):
            return Done(data={"count": there}, code="found")
        if there == 0:
            return NotDone(message="none of the rows is there")
        return Undecided(message=f"{there} of {len(rows)} rows are there")

    return Operation(
        system=SYSTEM,
        name=WRITE,
        effect_class=EffectClass.FINDABLE,
        found_by="reading the category: all rows there is done; none is no proof, a platform may publish later",
        perform=write,
        look_up=find,
        not_found_is_proof=False,
    )
