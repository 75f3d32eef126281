"""The sandbox bank and treasury: accounts with books of their own, statement files, transfer orders, returns.

Control (never part of the bank's contract): ``/_sandbox/bank/...``; the books for an independent checker:
``GET /_sandbox/books``.
"""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

from connectors.kit.sandbox import Sandbox, SandboxAnswer, SandboxRequest, route
from connectors.statements.sandbox_books import RETURN_REASONS, Books, Refusal
from connectors.statements.sandbox_files import FORMATS, file_name, write

_LOCAL = timedelta(hours=7)


class BankSandbox(Sandbox):
    """One bank with the treasury beside it."""

    system = "statements"

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.books = Books()
        self._wrong_totals: dict[tuple[str, date], int] = {}
        self._twice: set[tuple[str, date]] = set()

    def today(self) -> date:
        """The day in Việt Nam by the sandbox's clock."""
        return (self.clock.now() + _LOCAL).date()

    @route("GET", "/statements", "statement")
    def statement(self, request: SandboxRequest) -> SandboxAnswer:
        """One file: ``account``, ``date``, ``format``."""
        return self._guarded(lambda: self._file(request.query))

    @route("GET", "/files", "list_files")
    def list_files(self, request: SandboxRequest) -> SandboxAnswer:
        """The files of one ``date`` for every account, in the format that the account's kind has."""
        return self._guarded(
            lambda: _json({"files": self._listing(date.fromisoformat(request.query["date"]))})
        )

    @route("GET", "/file", "fetch_file")
    def fetch_file(self, request: SandboxRequest) -> SandboxAnswer:
        """One listed file by ``name``."""
        return self._guarded(lambda: self._named(request.query["name"]))

    @route("POST", "/transfers", "submit_transfer_orders")
    def transfers(self, request: SandboxRequest) -> SandboxAnswer:
        """Take an order file whole or refuse it whole; what was taken is paid at the next business step."""

        def take() -> SandboxAnswer:
            orders = self.books.take_orders(request.body)
            for order in orders:
                order.taken_at = self.clock.now().isoformat()
            return _json({"file": orders[0].file if orders else "", "accepted": len(orders)}, status=201)

        return self._guarded(take)

    @route("POST", "/_sandbox/bank/accounts", "control")
    def open_account(self, request: SandboxRequest) -> SandboxAnswer:
        """``{account, opening?, kind?}``: open an account of ours, ``kind`` is ``bank`` or ``treasury``."""

        def act(facts: dict[str, Any]) -> SandboxAnswer:
            self.books.open(
                str(facts["account"]), int(facts.get("opening", 0)), str(facts.get("kind", "bank"))
            )
            return _json({"account": facts["account"]}, status=201)

        return self._control(request, act)

    @route("POST", "/_sandbox/bank/credit", "control")
    def credit(self, request: SandboxRequest) -> SandboxAnswer:
        """``{account, amount, text, reference?, value_date?, end_to_end?, name?}``; a negative amount is a debit."""

        def act(facts: dict[str, Any]) -> SandboxAnswer:
            value_on = facts.get("value_date")
            line = self.books.book(
                str(facts["account"]),
                int(facts["amount"]),
                str(facts.get("text", "")),
                date.fromisoformat(facts["booking_date"]) if facts.get("booking_date") else self.today(),
                reference=str(facts.get("reference", "")),
                end_to_end=str(facts.get("end_to_end", "")),
                other_name=str(facts.get("name", "")),
                value_on=date.fromisoformat(value_on) if value_on else self.today(),
            )
            return _json({"reference": line.reference}, status=201)

        return self._control(request, act)

    @route("POST", "/_sandbox/bank/returns", "control")
    def plan_return(self, request: SandboxRequest) -> SandboxAnswer:
        """``{reason, reference?}``: the order with that reference, or the next one paid, comes back."""

        def act(facts: dict[str, Any]) -> SandboxAnswer:
            if facts["reason"] not in RETURN_REASONS:
                raise Refusal(422, f"reason is one of {', '.join(RETURN_REASONS)}")
            if facts.get("reference"):
                self.books.planned_returns[str(facts["reference"])] = facts["reason"]
            else:
                self.books.next_returns.append(facts["reason"])
            return _json({"planned": facts["reason"]}, status=201)

        return self._control(request, act)

    @route("POST", "/_sandbox/bank/step", "control")
    def step(self, request: SandboxRequest) -> SandboxAnswer:
        """One business step on the sandbox's day (or ``{date}``): orders are paid, dead ones come back."""

        def act(facts: dict[str, Any]) -> SandboxAnswer:
            day = date.fromisoformat(facts["date"]) if facts.get("date") else self.today()
            return _json(self.books.step(day))

        return self._control(request, act)

    @route("POST", "/_sandbox/bank/file-faults", "control")
    def file_fault(self, request: SandboxRequest) -> SandboxAnswer:
        """``{account, date, kind: wrong-total | twice, by?}``."""

        def act(facts: dict[str, Any]) -> SandboxAnswer:
            key = (str(facts["account"]), date.fromisoformat(facts["date"]))
            if facts["kind"] == "wrong-total":
                self._wrong_totals[key] = int(facts.get("by", 1))
            elif facts["kind"] == "twice":
                self._twice.add(key)
            else:
                raise Refusal(422, "kind is wrong-total or twice")
            return _json({"planned": facts["kind"]}, status=201)

        return self._control(request, act)

    @route("GET", "/_sandbox/books", "control")
    def show_books(self, request: SandboxRequest) -> SandboxAnswer:
        """Everything that the bank knows, for a checker that shares no code with the product."""
        del request
        accounts = {
            account.number: {
                "kind": account.kind,
                "opening": account.opening,
                "balance": account.opening + sum(line.amount for line in account.lines),
                "lines": [
                    {
                        "number": line.number,
                        "booked_on": line.booked_on.isoformat(),
                        "value_on": line.value_on.isoformat(),
                        "amount": line.amount,
                        "text": line.text,
                        "reference": line.reference,
                        "end_to_end": line.end_to_end,
                        "return_reason": line.return_reason,
                    }
                    for line in account.lines
                ],
            }
            for account in self.books.accounts.values()
        }
        orders = {
            order.reference: {
                "amount": order.amount,
                "state": order.state,
                "file": order.file,
                "taken_at": order.taken_at,
            }
            for order in self.books.orders.values()
        }
        return _json({"accounts": accounts, "orders": orders})

    def _file(self, query: dict[str, str]) -> SandboxAnswer:
        kind = query.get("format", "camt053")
        account = self.books.accounts.get(query.get("account", ""))
        if account is None or kind not in FORMATS:
            raise Refusal(404 if account is None else 422, "no such account or format")
        day = date.fromisoformat(query["date"])
        raw = write(account, day, kind, off_by=self._wrong_totals.get((account.number, day), 0))
        media = "application/xml" if kind == "camt053" else "text/plain; charset=utf-8"
        return SandboxAnswer(status=200, headers={"Content-Type": media}, body=raw)

    def _listing(self, day: date) -> list[dict[str, Any]]:
        files = []
        for account in self.books.accounts.values():
            kind = "treasury" if account.kind == "treasury" else "camt053"
            size = len(self._file({"account": account.number, "date": day.isoformat(), "format": kind}).body)
            copies = (1, 2) if (account.number, day) in self._twice else (1,)
            files += [{"name": file_name(account, day, kind, copy), "size": size} for copy in copies]
        return files

    def _named(self, name: str) -> SandboxAnswer:
        parts = name.rpartition(".")[0].split("_")
        if len(parts) not in (3, 4) or len(parts[2]) != 8:
            raise Refusal(404, "no such file")
        day = date(int(parts[2][:4]), int(parts[2][4:6]), int(parts[2][6:]))
        kind = "treasury" if parts[0] == "KBNN" else "camt053"
        return self._file({"account": parts[1], "date": day.isoformat(), "format": kind})

    def _control(self, request: SandboxRequest, act: Any) -> SandboxAnswer:
        def run() -> SandboxAnswer:
            facts = json.loads(request.body or b"{}")
            answer: SandboxAnswer = act(facts)
            return answer

        return self._guarded(run)

    def _guarded(self, act: Any) -> SandboxAnswer:
        try:
            answer: SandboxAnswer = act()
        except Refusal as exc:
            return _json({"error": str(exc)}, status=exc.status)
        except (KeyError, ValueError) as exc:
            return _json({"error": f"malformed request: {exc}"}, status=422)
        return answer


def _json(data: object, status: int = 200) -> SandboxAnswer:
    raw = json.dumps(data, ensure_ascii=False).encode()
    return SandboxAnswer(status=status, headers={"Content-Type": "application/json"}, body=raw)
