"""The sandbox of the criminal-records systems: the province's office (1.0) and the ministry's form, with books of its own.

Written from the published guide and messages (``contract/README.md``), sharing no code with the client. Control:
``/_sandbox/judicial_records/...``. What no paper tells (values of STATUS, what an unknown number is answered) is its own
choice.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta, timezone
from typing import Any

from connectors.kit.sandbox import Clock, Sandbox, SandboxAnswer, SandboxRequest, route

_DAY = re.compile(r"\d{2}/\d{2}/\d{4}", re.ASCII)
_PARTIAL = re.compile(r"(?:(?:\d{2}/)?\d{2}/)?\d{4}", re.ASCII)
_DEMANDED = (
    "fullName genderId birthDateStr nationalityId idTypeId identifyNo phone declareDate declareTypeId requestQty "
    "objectRequestId formType"
)
_NUMBERED = (
    "genderId",
    "nationalityId",
    "idTypeId",
    "declareTypeId",
    "requestQty",
    "objectRequestId",
    "formType",
)
_LISTS = {
    "1": [("10101", "Phường Thử Nghiệm")],
    "2": [("234", "Việt Nam")],
    "3": [("1", "Kinh")],
    "4": [("7", "Tòa án thử nghiệm")],
    "5": [("215", "Sở Tư pháp thử nghiệm")],
}
_NAMES = {"3": "STP đã tiếp nhận", "4": "Đang xử lý", "5": "Đã có phiếu"}
_ZONE = timezone(timedelta(hours=7))


@dataclass
class Request:
    """A request as the office keeps it."""

    number: str
    id: str
    facts: dict[str, Any]
    state: str = "3"
    approved: str = ""
    issued: str = ""
    told: bool = True


@dataclass
class Waiting:
    """A dossier that was handed in at the office or online, until it is acknowledged."""

    id: str
    kind: str
    row: dict[str, Any]
    taken: bool = False


@dataclass
class AtMinistry:
    """A request as the ministry keeps it."""

    code: str
    facts: dict[str, Any]
    state: str = "1"
    result: dict[str, Any] = field(default_factory=dict)


class JudicialSandbox(Sandbox):
    """One province's office, and the ministry.

    Args:
        token: bearer token that calls of 1.0 must carry; empty: none.
        auth_key: of the ministry's messages.
        ws_names: it wants ``declarationWSForm`` rather than ``declarationForm``.
        files: where wanted, what fetched certificates hold.
    """

    system = "judicial_records"

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        token: str = "",
        auth_key: str = "",
        ws_names: bool = True,
        source_field: str = "nguonDangKy",
    ) -> None:
        super().__init__(clock=clock)
        self.token, self.auth_key, self.ws_names, self.source_field = token, auth_key, ws_names, source_field
        self.requests: dict[str, Request] = {}
        self.waiting: dict[str, Waiting] = {}
        self.ministry: dict[str, AtMinistry] = {}
        self.refused: list[str] = []

    # ---- version 1.0 -------------------------------------------------------------------------------------------------

    @route("POST", "/apiLyLichTuPhap/nhanHoSoDangKy", "hand_over")
    def hand_over(self, request: SandboxRequest) -> SandboxAnswer:
        """Take a request over; the same number twice is refused."""
        return self._served(request, self._take)

    @route("POST", "/apiLyLichTuPhap/LLTP-API-traTrangThaiHs", "ask_state")
    def ask_state(self, request: SandboxRequest) -> SandboxAnswer:
        """One request's state: by our number (infoType 2)."""

        def act(message: dict[str, Any]) -> Any:
            found = self.requests.get(str(message["idReceivedDec"]))
            if message["infoType"] != "2" or found is None:
                return {"STATUS": "201", "DESCRIPTION": "RECORD_NOT_FOUND"}
            return {"STATUS": "1", "DESCRIPTION": "", **self._state(found)}

        return self._served(request, act)

    @route("POST", "/apiLyLichTuPhap/LLTP-API-traDsTrangThaiHs", "list_states")
    def list_states(self, request: SandboxRequest) -> SandboxAnswer:
        """States that were not acknowledged yet."""

        def act(message: dict[str, Any]) -> Any:
            rows = [each for each in self.requests.values() if not each.told and message["infoType"] == "2"]
            content = [
                {
                    "DECLARATION_ID": each.id,
                    "RECEIVE_NO": each.number,
                    "APPOINTMENT_NO": "",
                    **self._state(each),
                }
                for each in rows
            ]
            return {"STATUS": "1", "DESCRIPTION": "", "LISTCONTENT": content}

        return self._served(request, act)

    @route("POST", "/apiLyLichTuPhap/LLTP-API-traHoSo", "fetch")
    def fetch(self, request: SandboxRequest) -> SandboxAnswer:
        """Dossiers handed in online (1) or at the office (2)."""

        def act(message: dict[str, Any]) -> Any:
            kind = {"1": "online", "2": "direct"}[message["infoType"]]
            return [each.row for each in self.waiting.values() if each.kind == kind and not each.taken]

        return self._served(request, act)

    @route("POST", "/apiLyLichTuPhap/LLTP-API-traDanhMuc", "categories")
    def categories(self, request: SandboxRequest) -> SandboxAnswer:
        """One of five lists."""
        return self._served(
            request, lambda message: [{"ID": a, "NAME": b} for a, b in _LISTS[message["infoType"]]]
        )

    @route("POST", "/apiLyLichTuPhap/LLTP-API-danhDauHsThanhCong", "acknowledge")
    def acknowledge(self, request: SandboxRequest) -> SandboxAnswer:
        """1 dossiers of the office, 2 states, 3 dossiers of the portal."""

        def act(message: dict[str, Any]) -> Any:
            ids, kind = str(message["declarationId"]).split(";"), message["infoType"]
            if kind == "2":
                known = {each.id: each for each in self.requests.values()}
                for each in ids:
                    known[each].told = True
            else:
                for each in ids:
                    if self.waiting[each].kind != {"1": "direct", "3": "online"}[kind]:
                        return {"STATUS": "0", "DESCRIPTION": "sai loại thông tin"}
                    self.waiting[each].taken = True
            return {"STATUS": "1", "DESCRIPTION": ""}

        return self._served(request, act)

    # ---- the ministry's form -----------------------------------------------------------------------------------------

    @route("POST", "/ministry/request", "request_of_ministry")
    def take_at_ministry(self, request: SandboxRequest) -> SandboxAnswer:
        """A request with its files."""

        def act(message: dict[str, Any]) -> Any:
            form = message["toKhai"]
            if form["loaiPhieu"] not in (1, 2) or not message[self.source_field] or not form["nycHoTen"]:
                raise ValueError("toKhai")
            if not _DAY.fullmatch(message["ngayTiepNhan"]) or not _PARTIAL.fullmatch(form["nycNgaySinh"]):
                raise ValueError("dates")
            for file in form["fileHoSo"]:
                base64.b64decode(file["noiDungFile"], validate=True)
            code = message["maHoSoMCDT"]
            if code in self.ministry:
                return {"status": 0, "statusDescription": "Hồ sơ đã tồn tại", "value": []}
            self.ministry[code] = AtMinistry(code, message)
            return {"status": 1, "statusDescription": "", "value": []}

        return self._served(request, act, ministry=True)

    @route("POST", "/ministry/scan", "scan_at_ministry")
    def scan(self, request: SandboxRequest) -> SandboxAnswer:
        """What became of a request."""

        def act(message: dict[str, Any]) -> Any:
            found = self.ministry.get(message["maHoSoMCDT"])
            rows = []
            if found is not None:
                rows = [
                    {
                        "maHoSoMCDT": found.code,
                        "trangThaiXuLy": found.state,
                        "ketQuaXuLy": found.result or None,
                    }
                ]
            return {"status": 1, "statusDescription": "", "value": rows}

        return self._served(request, act, ministry=True)

    # ---- control -----------------------------------------------------------------------------------------------------

    @route("POST", "/_sandbox/judicial_records/advance", "control")
    def advance(self, request: SandboxRequest) -> SandboxAnswer:
        """``{reference, state: 3|4|5}``: the office works on a request; 5 approves and issues it today."""
        facts = json.loads(request.body or b"{}")
        found = self.requests.get(str(facts.get("reference")))
        if found is None or str(facts.get("state")) not in _NAMES:
            return _json({"error": "no such request or state"}, 404)
        found.state, found.told = str(facts["state"]), False
        if found.state == "5":
            found.approved = found.issued = self.clock.now().astimezone(_ZONE).strftime("%d/%m/%Y")
        return _json({"reference": found.number, "state": found.state}, 201)

    @route("POST", "/_sandbox/judicial_records/hand-in", "control")
    def hand_in(self, request: SandboxRequest) -> SandboxAnswer:
        """``{id, kind: online|direct, row}``: somebody hands in there."""
        facts = json.loads(request.body or b"{}")
        if facts.get("kind") not in ("online", "direct") or not isinstance(facts.get("row"), dict):
            return _json({"error": "kind is online or direct, row an object"}, 422)
        self.waiting[str(facts["id"])] = Waiting(str(facts["id"]), facts["kind"], facts["row"])
        return _json({"id": facts["id"]}, 201)

    @route("POST", "/_sandbox/judicial_records/issue", "control")
    def issue(self, request: SandboxRequest) -> SandboxAnswer:
        """``{reference, state, number?, content?}``: the ministry moves a request on, with its certificate."""
        facts = json.loads(request.body or b"{}")
        found = self.ministry.get(str(facts.get("reference")))
        if found is None:
            return _json({"error": "no such request"}, 404)
        found.state = str(facts["state"])
        if facts.get("number"):
            found.result = {
                "soPhieuLLTP": facts["number"],
                "loaiPhieu": str(found.facts.get("toKhai", {}).get("loaiPhieu", "")),
                "ngayCapPhieu": self.clock.now().astimezone(_ZONE).strftime("%d/%m/%Y"),
                "phieuLLTP": facts.get("content", ""),
                "tinhTrangAnTich": "1",
            }
        return _json({"reference": found.code, "state": found.state}, 201)

    @route("GET", "/_sandbox/judicial_records/books", "control")
    def books(self, request: SandboxRequest) -> SandboxAnswer:
        """Everything that both sides know, for a checker that shares no code with the product."""
        del request
        return _json(
            {
                "requests": {
                    each.number: {"id": each.id, "state": each.state, "told": each.told, "facts": each.facts}
                    for each in self.requests.values()
                },
                "waiting": {
                    each.id: {"kind": each.kind, "taken": each.taken} for each in self.waiting.values()
                },
                "ministry": {
                    each.code: {"state": each.state, "facts": each.facts} for each in self.ministry.values()
                },
                "refused": self.refused,
            }
        )

    # ---- its own rules -----------------------------------------------------------------------------------------------

    def _take(self, message: dict[str, Any]) -> Any:
        ending = "WSForm" if self.ws_names else "Form"
        number = str(message["idReceivedDec"])
        if number in self.requests:
            return {"STATUS": "202", "DESCRIPTION": "Số phiếu tiếp nhận đã tồn tại", "ID": ""}
        form = message[f"declaration{ending}"]
        missing = [name for name in _DEMANDED.split() if form.get(name) in (None, "")]
        wrong = [name for name in _NUMBERED if not str(form.get(name, "")).isdigit()]
        days = [message["dateReceivedDec"], message["datePromissoryDec"], form["declareDate"]]
        partials = [form["birthDateStr"]]
        for row in message[f"residence{ending}"]:
            partials += [row["fromDateStr"], row["toDateStr"]]
            if not row["residencePlace"]:
                missing.append("residencePlace")
        if (
            missing
            or wrong
            or not all(map(_DAY.fullmatch, days))
            or not all(map(_PARTIAL.fullmatch, partials))
        ):
            self.refused.append(number)
            return {"STATUS": "0", "DESCRIPTION": f"thiếu hoặc sai: {missing} {wrong}", "ID": ""}
        if form["declareTypeId"] in (3845, "3845") and f"mandator{ending}" not in message:
            return {"STATUS": "0", "DESCRIPTION": "thiếu thông tin ủy quyền", "ID": ""}
        made = Request(number, f"LLTP{len(self.requests) + 1:06d}", message)
        self.requests[number] = made
        return {"STATUS": "1", "DESCRIPTION": "", "ID": made.id}

    def _state(self, found: Request) -> dict[str, Any]:
        return {
            "DEC_STATUS_ID": found.state,
            "DEC_STATUS_NAME": _NAMES[found.state],
            "APPROVE_DATE": found.approved or None,
            "ISSUE_DATE": found.issued or None,
        }

    def _served(
        self, request: SandboxRequest, act: Callable[[dict[str, Any]], Any], *, ministry: bool = False
    ) -> SandboxAnswer:
        if not ministry and self.token and request.headers.get("authorization") != f"Bearer {self.token}":
            return _json({"error": "unauthorized"}, 401)
        try:
            message = json.loads(request.body)
            if ministry and message["authKey"] != self.auth_key:
                return _json({"status": 0, "statusDescription": "authKey", "value": []})
            return _json(act(message))
        except (KeyError, ValueError, TypeError, AttributeError) as exc:
            self.refused.append(type(exc).__name__)
            failed = (
                {"status": 0}
                if ministry
                else {"STATUS": "0", "DESCRIPTION": "dữ liệu không hợp lệ", "ID": ""}
            )
            return _json(failed)


def _json(data: object, status: int = 200) -> SandboxAnswer:
    raw = json.dumps(data, ensure_ascii=False).encode()
    return SandboxAnswer(status, {"Content-Type": "application/json; charset=utf-8"}, raw)
