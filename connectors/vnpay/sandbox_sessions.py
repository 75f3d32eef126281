"""Sessions of the sandbox gateway: its files, and the pay-out of the net to the merchant's bank."""

from __future__ import annotations

from datetime import date
from typing import Any

from connectors.kit.sandbox import Clock, Sandbox, SandboxAnswer, SandboxRequest, route
from connectors.vnpay.sandbox_books import Books
from connectors.vnpay.sandbox_controls import Refusal, answer_json, control
from connectors.vnpay.sandbox_files import fee_of, file_name, session_file
from connectors.vnpay.sandbox_notices import credit


class SessionRoutes(Sandbox):
    """The part of the gateway that works at the end of a day."""

    system = "vnpay"

    def __init__(
        self,
        *,
        clock: Clock | None,
        terminals: dict[str, str],
        books: Books,
        fee_ppm: int,
        bank_url: str,
        accounts: dict[str, str],
        account: str,
    ) -> None:
        super().__init__(clock=clock)
        self.terminals, self._books = terminals, books
        self._fee_ppm, self.bank_url = fee_ppm, bank_url
        self._account, self._accounts = account, accounts
        self._file_faults: dict[tuple[str, date], dict[str, int]] = {}
        self._paid_out: dict[tuple[str, date], int] = {}
        self._carried: dict[str, int] = {}

    @route("GET", "/_sandbox/vnpay/settlement", "control")
    def settlement(self, request: SandboxRequest) -> SandboxAnswer:
        """The file of ``session`` (its last day; ``from`` its first), of ``terminal`` (the first one), ``copy`` 1, 2 …"""

        def act(_: dict[str, Any]) -> SandboxAnswer:
            query = request.query
            terminal = query.get("terminal") or next(iter(self.terminals))
            session = date.fromisoformat(query["session"])
            raw = self._file(terminal, date.fromisoformat(query.get("from", query["session"])), session)
            name = file_name(terminal, session, int(query.get("copy", "1")))
            headers = {
                "Content-Type": "text/csv; charset=utf-8",
                "Content-Disposition": f'attachment; filename="{name}"',
            }
            return SandboxAnswer(200, headers, raw)

        return control(request, act)

    @route("GET", "/_sandbox/vnpay/files", "control")
    def files(self, request: SandboxRequest) -> SandboxAnswer:
        """The files of a ``session`` of every terminal, by name; twice where that fault was set."""

        def act(_: dict[str, Any]) -> SandboxAnswer:
            session = date.fromisoformat(request.query["session"])
            found = []
            for terminal in self.terminals:
                copies = 1 + int("twice" in self._file_faults.get((terminal, session), {}))
                found += [
                    {"terminal": terminal, "name": file_name(terminal, session, copy), "copy": copy}
                    for copy in range(1, copies + 1)
                ]
            return answer_json({"files": found})

        return control(request, act)

    @route("POST", "/_sandbox/vnpay/close-session", "control")
    def close_session(self, request: SandboxRequest) -> SandboxAnswer:
        """``{session, from?, pay_on?, terminal?}``: refunds of the session are finished and the net is paid to the bank.

        A session with more refunds than receipts takes nothing from the bank: the next pay-outs are so much less.
        """

        def act(facts: dict[str, Any]) -> SandboxAnswer:
            last = date.fromisoformat(facts["session"])
            first = date.fromisoformat(facts.get("from") or facts["session"])
            pay_on = str(facts.get("pay_on") or facts["session"])
            wanted = [facts["terminal"]] if facts.get("terminal") else list(self.terminals)
            paid = {terminal: self._close(terminal, first, last, pay_on) for terminal in wanted}
            return answer_json({"net": paid})

        return control(request, act)

    @route("POST", "/_sandbox/vnpay/file-faults", "control")
    def file_fault(self, request: SandboxRequest) -> SandboxAnswer:
        """``{session, kind: wrong-total | twice | row-missing, by?, terminal?}``."""

        def act(facts: dict[str, Any]) -> SandboxAnswer:
            if facts["kind"] not in ("wrong-total", "twice", "row-missing"):
                raise Refusal("kind is wrong-total, twice or row-missing")
            terminal = str(facts.get("terminal") or next(iter(self.terminals)))
            key = (terminal, date.fromisoformat(facts["session"]))
            self._file_faults.setdefault(key, {})[facts["kind"]] = int(facts.get("by", 1))
            return answer_json({"planned": facts["kind"]}, 201)

        return control(request, act)

    @route("DELETE", "/_sandbox/vnpay/file-faults", "control")
    def mend_files(self, request: SandboxRequest) -> SandboxAnswer:
        """Files are right from now on."""
        del request
        self._file_faults.clear()
        return answer_json({"cleared": True})

    def _file(self, terminal: str, first: date, last: date) -> bytes:
        self._books.advance(self.clock.now())
        payments, refunds = self._books.session(terminal, first, last)
        faults = self._file_faults.get((terminal, last), {})
        return session_file(
            last,
            payments,
            refunds,
            fee_ppm=self._fee_ppm,
            off_by=faults.get("wrong-total", 0),
            leave_out=faults.get("row-missing", 0),
        )

    def _close(self, terminal: str, first: date, last: date, pay_on: str) -> int:
        self._books.advance(self.clock.now())
        if (terminal, last) in self._paid_out:
            return self._paid_out[terminal, last]
        payments, refunds = self._books.session(terminal, first, last)
        net = sum(p.received - fee_of(p.received, self._fee_ppm) for p in payments)
        net -= sum(refund.amount for refund in refunds)
        for refund in refunds:
            refund.state = "00"
        account = self._accounts.get(terminal, self._account)
        pays = net - self._carried.get(terminal, 0)
        if pays > 0 and self.bank_url and account:
            facts = {
                "account": account,
                "amount": pays,
                "text": f"VNPAY TT PHIEN {last:%d/%m/%Y} TMN {terminal}",
                "name": "CTCP GIAI PHAP THANH TOAN VIET NAM (VNPAY)",
                "booking_date": pay_on,
                "value_date": pay_on,
            }
            if not credit(self.bank_url, facts):
                raise Refusal("the sandbox bank did not book it")
        self._paid_out[terminal, last] = net
        self._carried[terminal] = max(0, -pays)
        return net
