"""What a player may do at the simulated case system: file, move and rename dossiers, end tokens, read the books."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from connectors.igate.sandbox_books import STATUS_OF_STATE, Case, Fee, book_of
from connectors.kit.sandbox import Sandbox, SandboxAnswer, SandboxRequest, route


class CaseSystemControls(Sandbox, ABC):
    """The control addresses; the case system itself derives from it."""

    cases: dict[str, Case]
    _tokens: dict[str, Any]

    @route("POST", "/_sandbox/igate/dossiers", "control")
    def file_dossier(self, request: SandboxRequest) -> SandboxAnswer:
        """``{code?, procedure, procedure_name?, agency?, applicant?, name_key?, national_code?, status?, form?, papers?, fees: [...]}``.

        A fee is ``{code, name, kind, amount, quantity?, required?}``.
        """
        return self._control(request, lambda facts: self._shown(self._file(facts), 201))

    @route("POST", "/_sandbox/igate/dossiers/{code}/status", "control")
    def set_status(self, request: SandboxRequest) -> SandboxAnswer:
        """``{status}``: a number 0 to 17, or a word such as ``refused``, ``refused_at_intake``, ``withdrawn``."""

        def act(facts: dict[str, Any]) -> SandboxAnswer:
            case, wanted = self.cases[request.parts["code"]], facts["status"]
            case.status = wanted if isinstance(wanted, int) else STATUS_OF_STATE[wanted]
            self._touch(case)
            return self._shown(case)

        return self._control(request, act)

    @route("POST", "/_sandbox/igate/dossiers/{code}/fees", "control")
    def set_fees(self, request: SandboxRequest) -> SandboxAnswer:
        """``{fees: [...]}``: another demand; what was paid on lines of the same code stays."""

        def act(facts: dict[str, Any]) -> SandboxAnswer:
            case = self.cases[request.parts["code"]]
            paid = {fee.code: fee.paid for fee in case.fees}
            case.fees = [self._fee(item, paid.get(str(item["code"]), 0)) for item in facts["fees"]]
            self._touch(case)
            return self._shown(case)

        return self._control(request, act)

    @route("POST", "/_sandbox/igate/dossiers/{code}/code", "control")
    def rename(self, request: SandboxRequest) -> SandboxAnswer:
        """``{code, agency?}``: the dossier goes to another agency and gets another code."""

        def act(facts: dict[str, Any]) -> SandboxAnswer:
            case = self.cases.pop(request.parts["code"])
            case.code, case.agency = str(facts["code"]), str(facts.get("agency", case.agency))
            self.cases[case.code] = case
            self._touch(case)
            return self._shown(case)

        return self._control(request, act)

    @route("POST", "/_sandbox/igate/expire-tokens", "control")
    def expire(self, request: SandboxRequest) -> SandboxAnswer:
        """Every token given so far is refused from now on."""
        del request
        count = len(self._tokens)
        self._tokens.clear()
        return _json({"expired": count})

    @route("GET", "/_sandbox/igate/books", "control")
    def show_books(self, request: SandboxRequest) -> SandboxAnswer:
        """Everything the case system knows, and how often it was told, for an independent checker."""
        del request
        return _json({"dossiers": {case.code: book_of(case) for case in self.cases.values()}})

    @abstractmethod
    def _control(
        self, request: SandboxRequest, act: Callable[[dict[str, Any]], SandboxAnswer]
    ) -> SandboxAnswer:
        """Run ``act`` on the body as JSON; what it says wrong is answered with 4xx."""

    @abstractmethod
    def _shown(self, case: Case, status: int = 200) -> SandboxAnswer:
        """The dossier as the case system shows it."""

    @abstractmethod
    def _file(self, facts: dict[str, Any]) -> Case:
        """A new dossier from what the player says."""

    @abstractmethod
    def _fee(self, item: dict[str, Any], paid: int) -> Fee:
        """A fee line from what the player says; ``paid`` in đồng."""

    @abstractmethod
    def _touch(self, case: Case) -> None:
        """It was changed now."""


def _json(data: object) -> SandboxAnswer:
    raw = json.dumps(data, ensure_ascii=False).encode()
    return SandboxAnswer(200, {"Content-Type": "application/json"}, raw)
