"""Compares what clients were told, the outside world's own books, and our ledger. Imports nothing of the product.

Everything comes in as plain rows (mappings of texts and whole numbers) and everything wrong goes out as sentences.
The words of states, events and accounts are repeated here from the papers: two equal mistakes must not cancel out.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Row = Mapping[str, Any]

# refund-practice, section 2: known to have failed, or never begun.
GONE = {"DECLINED", "WITHDRAWN", "RELEASED", "REJECTED", "RETURNED_BY_BANK"}
# What 'refunds payable' holds, to the đồng.
HELD = {"RESERVED", "SENDING", "NOT_SENT", "UNKNOWN", "ACCEPTED", "SENT_TO_BANK"}
REFUND_ENDS = {"SETTLED", *GONE}
MAY_BE_OUTSIDE = {
    "SENDING",
    "UNKNOWN",
    "ACCEPTED",
    "SENT_TO_BANK",
    "SETTLED",
    "RETURNED_BY_BANK",
    "REJECTED",
    "NOT_SENT",
}
# Accounts where our money lies or is owed to us; everything else says whose it is.
WHERE = {
    "receivable", "in_transit", "bank", "collected", "provider_fee", "reversal_claim", "clawback",
    "remitted", "handed_over",
}  # fmt: skip
MOST = 1_000_000_000_000
_PAID_EVENTS = {"paid", "paid_direct", "suspense_placed"}

_PAYMENT_STEPS = {
    "CREATED": {"SENT", "PAID", "FAILED", "EXPIRED", "UNKNOWN", "SUSPECT", "REVERSED"},
    "SENT": {"PAID", "FAILED", "EXPIRED", "UNKNOWN", "SUSPECT", "REVERSED"},
    "UNKNOWN": {"PAID", "FAILED", "EXPIRED", "SUSPECT", "REVERSED"},
    "FAILED": {"PAID", "SUSPECT", "REVERSED"},
    "EXPIRED": {"PAID", "FAILED", "SUSPECT", "REVERSED"},
    "SUSPECT": {"PAID", "FAILED", "REVERSED"},
    "PAID": set(),
    "REVERSED": set(),
}
_REFUND_STEPS = {
    "REQUESTED": {"APPROVED", "DECLINED", "WITHDRAWN"},
    "APPROVED": {"RESERVED"},
    "RESERVED": {"SENDING", "RELEASED", "SENT_TO_BANK", "UNKNOWN"},
    "SENDING": {"NOT_SENT", "UNKNOWN", "ACCEPTED", "SENT_TO_BANK", "SETTLED", "REJECTED"},
    "NOT_SENT": {"SENDING", "RELEASED", "UNKNOWN"},
    "UNKNOWN": {"ACCEPTED", "SENT_TO_BANK", "SETTLED", "REJECTED", "NOT_SENT"},
    "ACCEPTED": {"SENT_TO_BANK", "SETTLED", "REJECTED"},
    "SENT_TO_BANK": {"SETTLED", "REJECTED"},
    "SETTLED": {"RETURNED_BY_BANK"},
    "DECLINED": set(), "WITHDRAWN": set(), "RELEASED": set(), "REJECTED": set(), "RETURNED_BY_BANK": set(),
}  # fmt: skip


def _closure(steps: dict[str, set[str]]) -> dict[str, set[str]]:
    reach = {}
    for start in steps:
        seen, todo = {start}, [start]
        while todo:
            for after in steps[todo.pop()]:
                if after not in seen:
                    seen.add(after)
                    todo.append(after)
        reach[start] = seen
    return reach


PAYMENT_REACH, REFUND_REACH = _closure(_PAYMENT_STEPS), _closure(_REFUND_STEPS)


@dataclass(slots=True)
class Ours:
    """Our side as it lies in the store.

    Attributes:
        ledger: one row per entry: transaction, event, document, account, amount, reference.
        attempts: reference, state, amount, paid_amount, provider, next_look_up_at.
        refunds: reference, payment, amount, state, route, requested_by, approved_by, next_look_up_at.
        cases: kind, key, amount, state.
        effects: key, system, operation, state, due_at, reason.
    """

    ledger: Sequence[Row] = ()
    attempts: Sequence[Row] = ()
    refunds: Sequence[Row] = ()
    cases: Sequence[Row] = ()
    effects: Sequence[Row] = ()


@dataclass(slots=True)
class Theirs:
    """The world's own books.

    Attributes:
        money: provider, reference, amount, state (``paid``, ``suspect``, ``reversed``, ``failed``).
        refunds: request (our refund reference), reference (payment), amount, state (``open``, ``done``, ``refused``).
        calls: (request, reference, amount) of every refund call that arrived.
        transfers: reference, amount, state (``taken``, ``booked``, ``returned``).
        confirmed: payment reference → how often the case system was told.
    """

    money: Sequence[Row] = ()
    refunds: Sequence[Row] = ()
    calls: Sequence[tuple[str, str, int]] = ()
    transfers: Sequence[Row] = ()
    confirmed: Mapping[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Client:
    """What callers saw.

    Attributes:
        opened: key → the reference that was answered; ``""`` for a refusal, ``"?"`` when no answer came.
        taken_over: references of notifications that we answered 'taken over'.
    """

    opened: Mapping[str, str] = field(default_factory=dict)
    taken_over: Iterable[str] = ()


def always(ours: Ours) -> list[str]:
    """What must hold at every commit (M1, M3, M4, M7, M12, and the store's own sums)."""
    wrong: list[str] = []
    sums: Counter[Any] = Counter()
    for entry in ours.ledger:
        amount = entry["amount"]
        if type(amount) is not int or amount == 0:
            wrong.append(f"M3: entry of {entry['document']} has the amount {amount!r}")
            continue
        sums[entry["transaction"]] += amount
    wrong += [f"M1: transaction {name} is off by {off}" for name, off in sums.items() if off]
    paid = {row["reference"]: row["paid_amount"] or 0 for row in ours.attempts}
    held: Counter[str] = Counter()
    for row in ours.refunds:
        wrong += _refund_row(row)
        if row["state"] not in GONE:
            held[row["payment"]] += row["amount"]
    wrong += [
        f"M4: payment {reference}: {amount} refunded or on the way, {paid.get(reference, 0)} paid"
        for reference, amount in held.items()
        if amount > paid.get(reference, 0)
    ]
    for row in ours.attempts:
        if type(row["amount"]) is not int or not 1 <= row["amount"] <= MOST:
            wrong.append(f"M3: payment {row['reference']} has the amount {row['amount']!r}")
        if row["state"] == "UNKNOWN" and row["next_look_up_at"] is None:
            wrong.append(f"M12: payment {row['reference']} is UNKNOWN and nobody will ask")
    return wrong


def _refund_row(row: Row) -> list[str]:
    wrong = []
    if type(row["amount"]) is not int or not 1 <= row["amount"] <= MOST:
        wrong.append(f"M3: refund {row['reference']} has the amount {row['amount']!r}")
    if row["state"] in (HELD | {"SETTLED"}) and (
        not row["approved_by"] or row["approved_by"] == row["requested_by"]
    ):
        wrong.append(
            f"M7: refund {row['reference']} is {row['state']} with one person: {row['requested_by']}"
        )
    if row["state"] == "UNKNOWN" and row["next_look_up_at"] is None:
        wrong.append(f"M12: refund {row['reference']} is UNKNOWN and nobody will ask")
    return wrong


def balances(ledger: Iterable[Row]) -> dict[str, int]:
    """Balance per kind of account."""
    found: Counter[str] = Counter()
    for entry in ledger:
        found[entry["account"].split(":", 1)[0]] += entry["amount"]
    return dict(found)


def sums(ours: Ours) -> list[str]:
    """M9 and refunds payable: what the ledger holds equals what the lists say, to the đồng."""
    wrong = []
    by_kind = balances(ours.ledger)
    suspense = -by_kind.get("suspense", 0)
    waiting = _suspense_cases(ours)
    if suspense != waiting:
        wrong.append(f"M9: suspense holds {suspense}, its open cases say {waiting}")
    payable = -by_kind.get("refunds_payable", 0)
    open_refunds = sum(row["amount"] for row in ours.refunds if row["state"] in HELD)
    if payable != open_refunds:
        wrong.append(f"refunds payable holds {payable}, open refunds are {open_refunds}")
    return wrong


def _suspense_cases(ours: Ours) -> int:
    """Open cases whose key the ledger's suspense entries carry as their reference."""
    of_key: Counter[str] = Counter()
    for entry in ours.ledger:
        if entry["account"].startswith("suspense:"):
            of_key[entry["reference"]] -= entry["amount"]
    open_cases = {row["key"]: row["amount"] or 0 for row in ours.cases if row["state"] == "open"}
    return sum(amount for key, amount in open_cases.items() if of_key.get(key))


def outside(ours: Ours, theirs: Theirs) -> list[str]:
    """M5, M6, M8: what happened out there happened once, as agreed, and nothing else did. Holds at any moment."""
    wrong: list[str] = []
    refunds = {row["reference"]: row for row in ours.refunds}
    done = [row for row in theirs.refunds if row["state"] != "refused"]
    booked = [row for row in theirs.transfers if row["state"] in ("taken", "booked", "returned")]
    times = Counter([row["request"] for row in done] + [row["reference"] for row in booked])
    wrong += [f"M5: refund {name} was carried out {n} times outside" for name, n in times.items() if n > 1]
    terms: dict[str, set[tuple[str, int]]] = defaultdict(set)
    for request, reference, amount in theirs.calls:
        terms[request].add((reference, amount))
    wrong += [
        f"M6: refund {name} was sent with other terms: {sorted(t)}" for name, t in terms.items() if len(t) > 1
    ]
    for row in [*theirs.refunds, *booked]:
        name = row.get("request") or row["reference"]
        mine = refunds.get(name)
        if mine is None:
            wrong.append(f"M5: refund {name} left us and is in no row of ours")
        elif mine["state"] not in MAY_BE_OUTSIDE:
            wrong.append(f"promise 3: refund {name} is outside and {mine['state']} here")
        elif mine["amount"] != row["amount"]:
            wrong.append(f"M6: refund {name} is {mine['amount']} here and {row['amount']} there")
    took = {row["reference"]: row for row in theirs.money}
    for row in ours.attempts:
        if row["state"] == "PAID":
            there = took.get(row["reference"])
            if there is None or there["state"] not in ("paid", "suspect") or there["amount"] != row["amount"]:
                wrong.append(f"M8: payment {row['reference']} is PAID here and {dict(there or {})} there")
    back: Counter[str] = Counter()
    for row in done:
        back[row["reference"]] += row["amount"]
    for name, amount in back.items():
        if amount > took.get(name, {"amount": 0})["amount"]:
            wrong.append(f"M4: payment {name} gave back {amount} outside, more than it took")
    return wrong


def settled(ours: Ours, theirs: Theirs) -> list[str]:
    """After the faults have ended and everything had its time: nothing open, nothing lost, every đồng told."""
    wrong: list[str] = []
    attempts = {row["reference"]: row for row in ours.attempts}
    explained = {str(entry["reference"]) for entry in ours.ledger if entry["account"].startswith("suspense:")}
    for row in theirs.money:
        mine = attempts.get(row["reference"])
        state = mine["state"] if mine else "unknown to us"
        in_cases = any(row["reference"] in key for key in explained)
        if row["state"] == "paid" and state != "PAID" and not in_cases:
            wrong.append(f"lost: {row['amount']} paid for {row['reference']}, here it is {state}")
        if row["state"] == "reversed" and state != "REVERSED":
            wrong.append(f"lost: {row['reference']} was reversed, here it is {state}")
    # Money that no fee asked for (paid twice, too late) is nothing that the case system is told.
    of_fees = {
        e["document"]
        for e in ours.ledger
        if e["event"] in _PAID_EVENTS and e["account"].startswith("fee_payable:")
    }
    for row in ours.attempts:
        if row["reference"] in of_fees and not theirs.confirmed.get(row["reference"]):
            wrong.append(f"promise 1: {row['reference']} is PAID and the case system does not know")
        if row["state"] in ("CREATED", "UNKNOWN") and not with_a_person(ours, row["reference"]):
            wrong.append(f"L1: payment {row['reference']} is still {row['state']}")
    wrong += _refunds_settled(ours, theirs)
    wrong += [
        f"L1: effect {row['key']} is {row['state']} and waits for nobody"
        for row in ours.effects
        if row["state"] in ("sending", "unknown", "planned")
        or (row["state"] == "parked" and not row["reason"])
    ]
    return wrong + accounted(ours, theirs)


def with_a_person(ours: Ours, reference: str) -> bool:
    """Whether an open case names the payment."""
    return any(row["state"] == "open" and reference in row["key"] for row in ours.cases)


def _refunds_settled(ours: Ours, theirs: Theirs) -> list[str]:
    wrong = []
    there = {row["request"]: row["state"] for row in theirs.refunds if row["state"] != "refused"}
    there |= {row["reference"]: row["state"] for row in theirs.transfers}
    meant = {
        "done": {"SETTLED"}, "booked": {"SETTLED"}, "returned": {"RETURNED_BY_BANK"},
        "open": {"ACCEPTED", "SENT_TO_BANK", "UNKNOWN"}, "taken": {"SENT_TO_BANK"},
    }  # fmt: skip
    for row in ours.refunds:
        outside_state = there.pop(row["reference"], None)
        if outside_state is None:
            if row["state"] in HELD | {"SETTLED", "RETURNED_BY_BANK"}:
                wrong.append(f"L1: refund {row['reference']} is {row['state']} here and nothing is outside")
        elif row["state"] not in meant[outside_state]:
            wrong.append(f"refund {row['reference']} is {row['state']} here and {outside_state} outside")
    return wrong


def accounted(ours: Ours, theirs: Theirs) -> list[str]:
    """0 đồng unaccounted: what citizens paid less what they got back is what our books hold."""
    took = sum(row["amount"] for row in theirs.money if row["state"] in ("paid", "suspect"))
    claimed = sum(row["amount"] for row in theirs.money if row["state"] == "reversed")
    back = sum(row["amount"] for row in theirs.refunds if row["state"] == "done")
    back += sum(row["amount"] for row in theirs.transfers if row["state"] == "booked")
    by_kind = balances(ours.ledger)
    holds = sum(amount for kind, amount in by_kind.items() if kind in WHERE)
    if holds != took + claimed - back:
        return [
            f"unaccounted: {holds - (took + claimed - back)} đồng (books {holds}, world {took} + {claimed} - {back})"
        ]
    return []


def moves(before: Mapping[str, str], after: Mapping[str, str], reach: Mapping[str, set[str]]) -> list[str]:
    """M11: every state could be reached from the one that was seen before."""
    return [
        f"M11: {name} went from {before[name]} to {state}"
        for name, state in after.items()
        if name in before and state not in reach[before[name]]
    ]


def answered(ours: Ours, client: Client) -> list[str]:
    """Each 'ok' is there once; nothing that was refused is there."""
    there = Counter(row.get("key") for row in ours.attempts)
    references = {row["reference"]: row.get("key") for row in ours.attempts}
    wrong = []
    for key, told in client.opened.items():
        if told == "" and there[key]:
            wrong.append(f"client: {key} was refused and is there")
        elif told not in ("", "?") and references.get(told) != key:
            wrong.append(f"client: {key} was answered {told}, which is not there")
        if there[key] > 1:
            wrong.append(f"client: {key} is there {there[key]} times")
    return wrong
