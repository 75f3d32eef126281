"""One transaction of the engine: outcomes in, next rows out. Everything that must be one commit is in here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import cast

from connectors.kit.effects import Operation
from connectors.kit.seams import Chance
from jobs import queues
from jobs.effects import flow as flows
from jobs.effects import rules
from jobs.effects.calls import End
from jobs.effects.flow import CallEnd, Flow, Grant
from jobs.effects.model import EffectState, Handler, Outcome
from jobs.effects.ports import EngineRows
from jobs.effects.rows import CLOSED, Held
from jobs.effects.rules import NotSent, Patience, Situation, Verdict
from jobs.errors import SerialConflict
from jobs.store.ports import Tx


@dataclass(frozen=True, slots=True)
class Crew:
    """Who takes turns: the collaborators of one engine, and what it knows of one system."""

    system: str
    worker: int
    lease: timedelta
    operations: Mapping[str, Operation]
    handlers: Mapping[tuple[str, str], Handler]
    chance: Chance
    patience: Patience


@dataclass(slots=True)
class Turn:
    """What one turn is asked for, and what came of it.

    Attributes:
        want: rows that could be taken in hand; ``running`` are there already.
        asks: look for due asks and for suspects as well.
        sharing: the store knows our share of the calls at once.
        ample: rows that the system is all but sure to allow, by the last look: so many are claimed without looking first.
        careless: claim without asking the domain, and set aside what was claimed: the domain raised.
        claiming: how far it got, for whoever must find out what raised.
    """

    verdicts: Sequence[Verdict]
    ends: Sequence[End]
    want: int
    running: int
    asks: bool = False
    sharing: bool = False
    ample: int = 0
    careless: bool = False
    claiming: bool = False
    claimed: list[Held] = field(default_factory=list)
    asked: list[Held] = field(default_factory=list)
    grant: Grant | None = None
    calm: bool = True
    more: bool = False
    solo: bool = False

    def forget(self) -> None:
        """As before the first attempt: a transaction may run again."""
        self.claiming = False
        self.claimed, self.asked, self.grant, self.more, self.solo = [], [], None, False, False


def judge(crew: Crew, ends: Iterable[End], now: datetime) -> list[Verdict]:
    """What these ends mean. Outside the transaction: a second attempt must not throw the dice again."""
    at = Situation(now, crew.chance, crew.patience)
    return [
        rules.after_ask(end.row, end.operation, end.answer, at)
        if end.asking
        else rules.after_call(end.row, end.operation, end.answer, at)
        for end in ends
    ]


def take(tx: Tx, crew: Crew, turn: Turn, *, known_calm: bool) -> Turn:
    """Do the turn inside ``tx``.

    Args:
        known_calm: the system was well when it was last looked at: good answers need not be written down.
    """
    turn.forget()
    rows = cast("EngineRows", tx.effects)
    settle(tx, crew, turn.verdicts)
    rows.note([(end.row.id, end.row.attempt, x) for end in turn.ends for x in end.exchanges])
    turn.claiming = True
    failed = any(not v.answered and not _unsent(e) for v, e in zip(turn.verdicts, turn.ends, strict=True))
    turn.calm = known_calm
    idle = turn.sharing and not turn.running
    if turn.want > 0 or turn.asks or failed or idle or not known_calm:
        _under_flow(tx, rows, crew, turn)
    turn.more = queues.effects(crew.system) in getattr(tx, "wakes", ())
    return turn


def _under_flow(tx: Tx, rows: EngineRows, crew: Crew, turn: Turn) -> None:
    """Everything that needs the system's row; it stays locked until the commit, so nothing slow comes after."""
    before, taken = _first_look(tx, rows, crew, turn)
    flow = before
    ends = [
        CallEnd(v.answered, v.credentials)
        for v, e in zip(turn.verdicts, turn.ends, strict=True)
        if not _unsent(e)
    ]
    flow = after = flows.after_calls(flow, ends, tx.now, crew.chance)
    flow, turn.grant = flows.grant(flow, tx.now, turn.want, turn.running, crew.worker)
    if turn.want > 0 and (turn.grant.rows > 0 or taken):
        _claim(tx, rows, crew, turn, turn.grant, taken)
    left = turn.grant.rows - len(turn.claimed)
    if turn.asks and turn.want > 0 and left > 0 and not turn.solo:
        most = left if turn.grant.repeats is None else min(left, turn.grant.repeats)
        _claim_asks(tx, rows, crew, turn, most)
    fresh = sum(row.attempt == 1 for row in turn.claimed)
    flow = flows.spend(flow, fresh, len(turn.claimed) - fresh + len(turn.asked))
    flow = _shared(crew, turn, flow, tx.now)
    if after != before or turn.claimed or turn.asked or flow.shares != before.shares:
        rows.save_flow(flow)
    turn.calm = flow.calm
    turn.ample = _ample(flow, turn)


def _first_look(tx: Tx, rows: EngineRows, crew: Crew, turn: Turn) -> tuple[Flow, list[Held] | None]:
    """The flow row, and what was claimed with the same look where the limits are far away."""
    if not 0 < turn.want <= turn.ample:
        return rows.flow(crew.system), None
    until = tx.now + crew.lease
    return rows.claim_under_flow(
        crew.system, list(crew.operations), turn.want, worker=crew.worker, lease_until=until
    )


def _ample(flow: Flow, turn: Turn) -> int:
    grant = turn.grant
    if grant is None or grant.repeats is not None or grant.calls == 0 or not flow.calm or flow.stopped:
        return 0
    left = flow.limits.daily - flow.day_used if flow.limits.daily else flow.tokens
    return int(min(flow.tokens, left)) // 2


def _claim(tx: Tx, rows: EngineRows, crew: Crew, turn: Turn, grant: Grant, taken: list[Held] | None) -> None:
    names, until = list(crew.operations), tx.now + crew.lease

    def some(limit: int, which: str) -> list[Held]:
        if limit <= 0:
            return []
        return rows.claim(crew.system, names, limit, worker=crew.worker, lease_until=until, which=which)

    if taken is not None:
        if len(taken) > grant.rows or grant.repeats is not None:
            turn.ample = 0
            raise SerialConflict(f"{tx.name}: the system allows less than it did")
        turn.claimed = taken
    elif grant.repeats is None:
        turn.claimed = some(grant.rows, "any")
    else:
        turn.claimed = some(grant.rows, "fresh")
        turn.claimed += some(min(grant.rows - len(turn.claimed), grant.repeats), "repeat")
    if not turn.claimed and not turn.running and turn.asks:
        turn.claimed = some(1, "suspect")
        turn.solo = bool(turn.claimed)
    turn.claimed = _allowed(tx, rows, crew, turn)


def _allowed(tx: Tx, rows: EngineRows, crew: Crew, turn: Turn) -> list[Held]:
    """What the domain lets go; the rest is set aside in the same commit."""
    reasons: dict[int, str] = {}
    if turn.careless:
        reasons = {row.id: "not-taken" for row in turn.claimed}
    else:
        for key, group in _by_operation(turn.claimed).items():
            handler = crew.handlers.get(key)
            if handler is not None:
                reasons.update(handler.on_claim(tx, [row.effect() for row in group]))
    if not reasons:
        return turn.claimed
    rows.apply(
        [rules.not_to_be_sent(row, reasons[row.id]).change for row in turn.claimed if row.id in reasons]
    )
    return [row for row in turn.claimed if row.id not in reasons]


def _claim_asks(tx: Tx, rows: EngineRows, crew: Crew, turn: Turn, most: int) -> None:
    if most <= 0:
        return
    found = rows.claim_asks(crew.system, list(crew.operations), most, again_at=tx.now + crew.lease)
    blind = [row for row in found if crew.operations[row.operation].look_up is None]
    turn.asked = [row for row in found if crew.operations[row.operation].look_up is not None]
    settle(tx, crew, [rules.overdue(row) for row in blind])


def _shared(crew: Crew, turn: Turn, flow: Flow, now: datetime) -> Flow:
    """Tell the other workers how many calls we may have open, as long as we have any or wait for some."""
    waits = turn.grant is not None and turn.grant.calls == 0
    turn.sharing = bool(turn.claimed or turn.asked or turn.running or waits)
    calls: int | None = None
    if turn.sharing:
        mine = flow.shares.get(crew.worker)
        open_calls = min(turn.running, mine.calls if mine is not None else 0)
        calls = max(turn.grant.calls if turn.grant is not None else 0, open_calls)
    return flows.shared(flow, now, crew.worker, calls, crew.lease / 12)


def settle(tx: Tx, crew: Crew, verdicts: Sequence[Verdict]) -> None:
    """Write verdicts that are still ours to write and tell the domain, in this transaction.

    Raises:
        SerialConflict: a row changed hands in between; run the transaction again.
    """
    if not verdicts:
        return
    rows = cast("EngineRows", tx.effects)
    heard = any((crew.system, v.row.operation) in crew.handlers and not v.silent for v in verdicts)
    if not heard:
        written = rows.apply([verdict.change for verdict in verdicts])
        if len(written) == len(verdicts):
            return
        verdicts = [verdict for verdict in verdicts if verdict.row.id not in written]
    standing = rows.standing([verdict.row.id for verdict in verdicts])
    valid = []
    for verdict in verdicts:
        now = standing.get(verdict.row.id)
        if now is None:
            continue
        if now.generation == verdict.change.generation:
            valid.append(verdict)
        elif _late_news(verdict, now.state, now.attempt):
            # Another worker took the row for lost, but no later attempt was made: what we heard is still the truth.
            valid.append(
                Verdict(verdict.row, verdict.change._replace(generation=now.generation), verdict.data)
            )
    # The domain's rows before ours: in this order everybody else locks them too.
    for key, group in _by_operation_of(valid).items():
        handler = crew.handlers.get(key)
        told = [_outcome(verdict) for verdict in group if not verdict.silent]
        if handler is not None and told:
            handler.on_outcome(tx, told)
    if valid and len(rows.apply([verdict.change for verdict in valid])) != len(valid):
        raise SerialConflict(f"{tx.name}: a row changed hands")


def _late_news(verdict: Verdict, state: EffectState, attempt: int) -> bool:
    return (
        state == EffectState.UNKNOWN
        and attempt == verdict.row.attempt
        and EffectState(verdict.change.state) in CLOSED
    )


def _outcome(verdict: Verdict) -> Outcome:
    row, change = verdict.row, verdict.change
    return Outcome(
        row.effect(),
        EffectState(change.state),
        verdict.data,
        change.code,
        change.message,
        row.state == EffectState.UNKNOWN,
    )


def _unsent(end: End) -> bool:
    return isinstance(end.answer, NotSent)


def _by_operation(rows: Iterable[Held]) -> dict[tuple[str, str], list[Held]]:
    groups: dict[tuple[str, str], list[Held]] = defaultdict(list)
    for row in rows:
        groups[row.system, row.operation].append(row)
    return groups


def _by_operation_of(verdicts: Iterable[Verdict]) -> dict[tuple[str, str], list[Verdict]]:
    groups: dict[tuple[str, str], list[Verdict]] = defaultdict(list)
    for verdict in verdicts:
        groups[verdict.row.system, verdict.row.operation].append(verdict)
    return groups
