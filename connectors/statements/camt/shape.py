"""Where the values of an entry stand: a plan made once for every shape of entry.

Banks write many thousand entries of a few shapes. The shape of an entry (tags and numbers of children in
document order, which together determine the tree) is looked up; only a new one is analysed. Reading an
entry is then picking texts at known places: this is what makes the strict reader as fast as a careless one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

MOST_SHAPES = 2_000  # a hostile file must not fill the memory with plans
ABSENT = -1
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
# ISO 20022 message definition report, element References of TransactionReferences
_REFERENCE_NAMES = {
    "AcctSvcrRef": "account_servicer",
    "EndToEndId": "end_to_end",
    "InstrId": "instruction",
    "MsgId": "message",
    "TxId": "transaction",
    "MndtId": "mandate",
    "PmtInfId": "payment_information",
    "ClrSysRef": "clearing_system",
    "ChqNb": "cheque",
    "UETR": "uetr",
    "AcctOwnrTxId": "account_owner",
    "AcctSvcrTxId": "account_servicer_transaction",
    "MktInfrstrctrTxId": "market_infrastructure",
    "PrcgId": "processing",
}
_NAME = ("Nm", "Pty/Nm", "Agt/FinInstnId/Nm", "FinInstnId/Nm")
_ACCOUNT = ("Id/IBAN", "Id/Othr/Id", "Id/BBAN", "Id/PrtryAcct/Id", "Id/UPIC", "Prxy/Id")


@dataclass(frozen=True, slots=True)
class Part:
    """Places of the values of one entry or of one of its transactions; ``ABSENT`` where there is none."""

    amount: int
    sign: int
    reversal: int
    references: tuple[tuple[str, int], ...]
    texts: tuple[int, ...]
    bank_code: tuple[int, ...]
    return_reason: int
    debtor: tuple[int, int]
    creditor: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Plan:
    """Places in one entry. ``details`` is empty where the entry has at most one transaction.

    Attributes:
        pick: takes the elements of the entry and gives those with a value, in this order: status, sign,
            reversal, amount, booking, value, return reason, debtor, creditor (name and account each),
            references, texts, bank code.
        references_at, texts_at, bank_code_at: where these stand in what ``pick`` gives.
        problems: (trouble code, field, place) of everything that is wrong with the shape itself.
        places: what ``pick`` takes.
    """

    whole: Part
    status: int
    booking: int
    value: int
    details: tuple[Part, ...]
    problems: tuple[tuple[str, str, int], ...]
    pick: Callable[[list[Any]], tuple[Any, ...]]
    reference_names: tuple[str, ...]
    references_at: slice
    texts_at: slice
    bank_code_at: slice
    places: tuple[int, ...]


FIXED = 11  # values before the references in what ``pick`` gives


class Shapes:
    """Plans by shape. One instance per file; not shared between threads."""

    def __init__(self) -> None:
        self._plans: dict[str, Plan] = {}
        self._last_tags: list[str] = []
        self._last_children: list[int] = []
        self._last: Plan | None = None

    def plan(self, nodes: list[Any]) -> Plan:
        """The plan for an entry whose elements, itself first, are ``nodes`` in document order."""
        tags = [node.tag for node in nodes]
        children = list(map(len, nodes))
        if self._last is not None and tags == self._last_tags and children == self._last_children:
            return self._last
        key = f"{' '.join(tags)} {children}"
        plan = self._plans.get(key)
        if plan is None:
            plan = _Analysis(tags, children).plan()
            if len(self._plans) < MOST_SHAPES:
                self._plans[key] = plan
        self._last_tags, self._last_children, self._last = tags, children, plan
        return plan


class _Analysis:
    """Names every place by its path and asks for the known paths."""

    def __init__(self, tags: list[str], children: list[int]) -> None:
        self._namespace = tags[0].rpartition("}")[0]
        self._children = children
        self._kids: list[dict[str, list[int]]] = []
        self._problems: list[tuple[str, str, int]] = []
        places = iter(range(len(tags)))
        self._collect(next(places), tags, places)

    def _collect(self, place: int, tags: list[str], places: Iterator[int]) -> None:
        kids: dict[str, list[int]] = {}
        self._kids.append(kids)
        for _ in range(self._children[place]):
            child = next(places)
            namespace, _, name = tags[child].rpartition("}")
            if namespace == self._namespace:  # a foreign element has no say
                kids.setdefault(name, []).append(child)
            self._collect(child, tags, places)

    def plan(self) -> Plan:
        transactions = list(self._all(0, "NtryDtls/TxDtls"))
        details = tuple(self._transaction(place) for place in transactions) if len(transactions) > 1 else ()
        status = self._first(0, "Sts/Cd", "Sts/Prtry", "Sts")
        if status == ABSENT:
            self._problems.append(("missing-field", "Sts", 0))
        whole = self._entry(transactions[0] if len(transactions) == 1 else ABSENT)
        booking = self._first(0, "BookgDt/Dt", "BookgDt/DtTm")
        value = self._first(0, "ValDt/Dt", "ValDt/DtTm")
        single = (status, whole.sign, whole.reversal, whole.amount, booking, value, whole.return_reason)
        references = tuple(place for _, place in whole.references)
        texts_at = FIXED + len(references)
        bank_code_at = texts_at + len(whole.texts)
        places = (*single, *whole.debtor, *whole.creditor, *references, *whole.texts, *whole.bank_code)
        return Plan(
            whole=whole,
            status=status,
            booking=booking,
            value=value,
            details=details,
            problems=tuple(self._problems),
            pick=_pick(places),
            reference_names=tuple(name for name, _ in whole.references),
            references_at=slice(FIXED, texts_at),
            texts_at=slice(texts_at, bank_code_at),
            bank_code_at=slice(bank_code_at, None),
            places=places,
        )

    def _entry(self, only: int) -> Part:
        references = [
            ("account_servicer", self._first(0, "AcctSvcrRef")),
            ("entry", self._first(0, "NtryRef")),
        ]
        references += [
            (name, self._first(0, path))
            for name, path in (
                ("batch_message", "NtryDtls/Btch/MsgId"),
                ("batch_payment_information", "NtryDtls/Btch/PmtInfId"),
            )
        ]
        texts: list[int] = []
        bank_code = self._bank_code(0)
        reason, debtor, creditor = ABSENT, (ABSENT, ABSENT), (ABSENT, ABSENT)
        if only != ABSENT:
            taken = {name for name, place in references if place != ABSENT}
            inner = self._transaction(only)
            references += [
                (f"detail_{name}" if name in taken else name, place) for name, place in inner.references
            ]
            texts += inner.texts
            bank_code = bank_code or inner.bank_code
            reason, debtor, creditor = inner.return_reason, inner.debtor, inner.creditor
        texts += self._all(0, "AddtlNtryInf")
        amount = self._first(0, "Amt")
        sign = self._first(0, "CdtDbtInd")
        for place, field in ((amount, "Amt"), (sign, "CdtDbtInd")):
            if place == ABSENT:
                self._problems.append(("missing-field", field, 0))
        return Part(
            amount=amount,
            sign=sign,
            reversal=self._first(0, "RvslInd"),
            references=tuple((name, place) for name, place in references if place != ABSENT),
            texts=tuple(texts),
            bank_code=bank_code,
            return_reason=reason,
            debtor=debtor,
            creditor=creditor,
        )

    def _transaction(self, at: int) -> Part:
        return Part(
            amount=self._first(at, "Amt", "AmtDtls/TxAmt/Amt"),
            sign=self._first(at, "CdtDbtInd"),
            reversal=ABSENT,
            references=tuple(self._references(at)),
            texts=tuple(self._texts(at)),
            bank_code=self._bank_code(at),
            return_reason=self._first(at, "RtrInf/Rsn/Cd", "RtrInf/Rsn/Prtry", "RtrInf/OrgnlRtrRsn/Cd"),
            debtor=self._party(at, "Dbtr"),
            creditor=self._party(at, "Cdtr"),
        )

    def _references(self, at: int) -> Iterator[tuple[str, int]]:
        for block in self._all(at, "Refs"):
            for name, places in self._kids[block].items():
                if name == "Prtry":
                    places = [*self._all(block, "Prtry/Ref")]  # noqa: PLW2901 - the reference stands one level down
                ours = _REFERENCE_NAMES.get(name) or _CAMEL.sub("_", name).lower()
                yield from self._numbered(ours, [place for place in places if not self._children[place]])
        yield from self._numbered("creditor_reference", [*self._all(at, "RmtInf/Strd/CdtrRefInf/Ref")])
        yield from self._numbered("document", [*self._all(at, "RmtInf/Strd/RfrdDocInf/Nb")])

    def _numbered(self, name: str, places: list[int]) -> Iterator[tuple[str, int]]:
        for number, place in enumerate(places, 1):
            yield (name if number == 1 else f"{name}_{number}"), place

    def _texts(self, at: int) -> Iterator[int]:
        yield from self._all(at, "RmtInf/Ustrd")
        yield from self._all(at, "RmtInf/Strd/AddtlRmtInf")
        yield from self._all(at, "AddtlTxInf")
        yield from self._all(at, "RtrInf/AddtlInf")

    def _bank_code(self, at: int) -> tuple[int, ...]:
        domain = tuple(
            place
            for path in ("BkTxCd/Domn/Cd", "BkTxCd/Domn/Fmly/Cd", "BkTxCd/Domn/Fmly/SubFmlyCd")
            if (place := self._first(at, path)) != ABSENT
        )
        if domain:
            return domain
        own = self._first(at, "BkTxCd/Prtry/Cd")
        return (own,) if own != ABSENT else ()

    def _party(self, at: int, role: str) -> tuple[int, int]:
        names = [f"RltdPties/{who}/{path}" for who in (role, f"Ultmt{role}") for path in _NAME]
        accounts = [f"RltdPties/{role}Acct/{path}" for path in _ACCOUNT]
        return self._first(at, *names), self._first(at, *accounts)

    def _all(self, at: int, path: str) -> Iterator[int]:
        name, _, rest = path.partition("/")
        for place in self._kids[at].get(name, ()):
            if rest:
                yield from self._all(place, rest)
            elif self._children[place]:
                self._problems.append(("not-plain-text", name, place)) if not _is_block(name) else None
                if _is_block(name):
                    yield place
            else:
                yield place

    def _first(self, at: int, *paths: str) -> int:
        """The place of the first path that exists; a second one beside it in the same block is a problem."""
        for path in paths:
            if path == "Sts" and any(self._children[place] for place in self._kids[at].get("Sts", ())):
                continue
            places = [*self._all(at, path)]
            if len(places) > 1 and "/" not in path:
                self._problems.append(("repeated-field", path, places[1]))
            if places:
                return places[0]
        return ABSENT


def _pick(places: tuple[int, ...]) -> Callable[[list[Any]], tuple[Any, ...]]:
    pick: Callable[[list[Any]], tuple[Any, ...]] = itemgetter(*places)  # more than one, so a tuple comes
    return pick


def _is_block(name: str) -> bool:
    return name in {"TxDtls", "Refs"}
