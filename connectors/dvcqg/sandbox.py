"""The sandbox National Public Service Portal: login, one address for all services, its books, its pushes to us.

Written from the published facts, sharing no code with the client. Control: ``/_sandbox/dvcqg/...``. What no paper tells (codes
of refusals, fields of TraCuuHoSo and of the feed, the words of an ended session) is this sandbox's own choice.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from connectors.dvcqg.sandbox_books import (
    CATALOGUES,
    PROCEDURE,
    SERVICES,
    Kept,
    dossier_trouble,
    step_trouble,
)
from connectors.dvcqg.sandbox_notices import message, post
from connectors.kit.sandbox import Clock, Sandbox, SandboxAnswer, SandboxRequest, route

_SPELLINGS: dict[str, Callable[[int], Any]] = {
    "number": lambda code: code,
    "text": str,
    "double": lambda code: f"{code:02d}" if code >= 0 else str(code),
}


class PortalSandbox(Sandbox):
    """The portal as one province meets it.

    Args:
        username, password, dstcode: what a login must show.
        unit: madonvi that may call; unit_code: what every dossier code must contain.
        session_seconds: life of a session by this sandbox's clock; session_uses: calls that one lasts, ``None``: any.
        spelling: how error_code is written: number, text or double (two digits).
        exists_code: error_code of a create of a known dossier: 0, 3 or -3.
        door_url: our doors, without the last part; secret: bearer token that the portal shows there.
    """

    system = "dvcqg"

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        username: str = "tinh-thu",
        password: str,
        dstcode: str = "VN:GOV:000.00.00.G22:vpcpdvcprovider",
        unit: str = "000.00.00.H21",
        unit_code: str = "H21",
        session_seconds: int = 600,
        session_uses: int | None = None,
        spelling: str = "number",
        exists_code: int = 3,
        door_url: str = "",
        secret: str = "",
    ) -> None:
        super().__init__(clock=clock)
        self.username, self.password, self.dstcode = username, password, dstcode
        self.unit, self.unit_code = unit, unit_code
        self.session_seconds, self.session_uses = session_seconds, session_uses
        self.spelling, self.exists_code = spelling, exists_code
        self.door_url, self.secret = door_url, secret
        self.dossiers: dict[str, Kept] = {}
        self.accounts: dict[str, str] = {"0100000001": "a1b2c3d4-0000-0000-0000-000000000001"}
        self.logins = 0
        self.answers: list[str] = []
        self._sessions: dict[str, tuple[datetime, int]] = {}
        self._feed: list[dict[str, str]] = []

    # ---- what the portal offers --------------------------------------------------------------------------------------

    @route("POST", "/dvcqg/mapi/login", "Login")
    def login(self, request: SandboxRequest) -> SandboxAnswer:
        """Name and password for a session; a wrong pair gets an empty one."""
        asked = _object(request.body)
        pair = (asked.get("username"), asked.get("password"))
        if request.headers.get("dstcode") != self.dstcode or pair != (self.username, self.password):
            return self._says(1, "Sai thông tin đăng nhập", session="")
        self.logins += 1
        session = f"phien-{self.logins:04d}-{len(self._sessions)}"
        self._sessions[session] = (self.clock.now() + timedelta(seconds=self.session_seconds), 0)
        return self._says(0, "Thành công", session=session)

    @route("POST", "/dvcqg/mapi/g", "service")
    def service(self, request: SandboxRequest) -> SandboxAnswer:
        """Every service; which one stands in the body."""
        asked = _object(request.body)
        if not self._is_open(asked.get("session")):
            return self._says(-401, "Phiên làm việc đã hết hạn")
        if asked.get("madonvi") != self.unit:
            return self._says(-2, "Đơn vị không được phép")
        services = {
            "LayThuTuc": self._procedure,
            "TraCuuHoSo": self._look_up,
            "DongBoHoSoMC": self._push,
            "CapNhatTienDoHoSoMC": self._steps,
            "DongBoTrangThaiHoSo": self._states,
            "TraCuuTechID": self._account,
            "LayDVC": self._services,
        }
        name = str(asked.get("service"))
        if name in CATALOGUES:
            return self._says(0, "Thành công", result=CATALOGUES[name])
        if name not in services:
            return self._says(-5, "Dịch vụ không tồn tại trong danh sách")
        return services[name](asked)

    def operation_of(self, request: SandboxRequest) -> str:
        """The service, since one address serves all."""
        found = super().operation_of(request)
        return str(_object(request.body).get("service", "")) if found == "service" else found

    # ---- services ----------------------------------------------------------------------------------------------------

    def _push(self, asked: dict[str, Any]) -> SandboxAnswer:
        updating, data = asked.get("isUpdating"), asked.get("data")
        if updating not in ("True", "False") or not isinstance(data, list) or len(data) != 1:
            return self._says(-4, "Dữ liệu đầu vào không hợp lệ")
        item = data[0]
        trouble = dossier_trouble(item, self.unit_code)
        if trouble:
            return self._says(-4, trouble)
        kept = self.dossiers.get(item["MaHoSo"])
        if updating == "False":
            if kept is not None:
                return self._says(self.exists_code, f"Hồ sơ {item['MaHoSo']} đã tồn tại")
            self.dossiers[item["MaHoSo"]] = Kept(item)
        elif kept is None:
            return self._says(-6, "Hồ sơ không tồn tại")
        else:
            kept.item, kept.updates = item, kept.updates + 1
        self._feed.append({"MaHoSo": item["MaHoSo"], "TrangThai": item["TrangThaiHoSo"]})
        return self._says(0, "Đồng bộ thành công", result=[])

    def _steps(self, asked: dict[str, Any]) -> SandboxAnswer:
        data = asked.get("data")
        if not isinstance(data, list) or not data:
            return self._says(-4, "Dữ liệu đầu vào không hợp lệ")
        trouble = next((words for step in data if (words := step_trouble(step, self.dossiers))), "")
        if trouble:
            return self._says(-4, trouble)
        for step in data:
            self.dossiers[step["MaHoSo"]].steps.append(step)
        return self._says(0, "Cập nhật thành công", result=[])

    def _look_up(self, asked: dict[str, Any]) -> SandboxAnswer:
        kept = self.dossiers.get(str(asked.get("mahoso")))
        if kept is None:
            return self._says(-6, "Hồ sơ không tồn tại")
        item = {"MaHoSo": kept.item["MaHoSo"], "TrangThaiHoSo": kept.item["TrangThaiHoSo"]}
        return self._says(0, "Thành công", result=[item])

    def _states(self, asked: dict[str, Any]) -> SandboxAnswer:
        if asked.get("type") != "2":
            return self._says(-4, "type không hợp lệ")
        return self._says(0, "Thành công", result=self._feed[-200:])

    def _account(self, asked: dict[str, Any]) -> SandboxAnswer:
        found = self.accounts.get(str(asked.get("mstorcmnd"))) if asked.get("provider") == "wso2is" else None
        return self._says(0, "Thành công", result=[{"TECHNICALID": found}] if found else [])

    def _procedure(self, asked: dict[str, Any]) -> SandboxAnswer:
        if asked.get("maTTHC") != PROCEDURE["MATTHC"]:
            return self._says(0, "Thành công", result=[])
        return self._says(0, "Thành công", result=[PROCEDURE])

    def _services(self, asked: dict[str, Any]) -> SandboxAnswer:
        del asked
        return self._says(0, "Thành công", result={"data": SERVICES})

    # ---- control -----------------------------------------------------------------------------------------------------

    @route("GET", "/_sandbox/books", "control")
    def books(self, request: SandboxRequest) -> SandboxAnswer:
        """Everything that the portal has, for a checker."""
        del request
        dossiers = {code: kept.shown() for code, kept in self.dossiers.items()}
        return _json({"dossiers": dossiers, "logins": self.logins, "answers": self.answers})

    @route("POST", "/_sandbox/dvcqg/end-sessions", "control")
    def end_sessions(self, request: SandboxRequest) -> SandboxAnswer:
        """Every session is over."""
        del request
        ended = len(self._sessions)
        self._sessions.clear()
        return _json({"ended": ended})

    @route("POST", "/_sandbox/dvcqg/forget", "control")
    def forget(self, request: SandboxRequest) -> SandboxAnswer:
        """``{code}``: a dossier is lost there, as it happens; nobody is told."""
        code = str(_object(request.body).get("code", ""))
        return _json({"forgotten": self.dossiers.pop(code, None) is not None})

    @route("POST", "/_sandbox/dvcqg/citizen", "control")
    def citizen(self, request: SandboxRequest) -> SandboxAnswer:
        """``{code, state}``: the state changes there (a citizen withdraws)."""
        facts = _object(request.body)
        kept = self.dossiers.get(str(facts.get("code")))
        if kept is None:
            return _json({"error": "no such dossier"}, 404)
        kept.item = {**kept.item, "TrangThaiHoSo": str(facts.get("state", "7"))}
        self._feed.append({"MaHoSo": kept.item["MaHoSo"], "TrangThai": kept.item["TrangThaiHoSo"]})
        return _json({"state": kept.item["TrangThaiHoSo"]}, 201)

    @route("POST", "/_sandbox/dvcqg/account", "control")
    def account(self, request: SandboxRequest) -> SandboxAnswer:
        """``{tax_code, account}``: an enterprise registers at the sign-on; an empty account removes it."""
        facts = _object(request.body)
        self.accounts[str(facts["tax_code"])] = str(facts.get("account", ""))
        return _json({"known": len(self.accounts)}, 201)

    @route("POST", "/_sandbox/dvcqg/send", "control")
    def send(self, request: SandboxRequest) -> SandboxAnswer:
        """``{kind: dossier|tax-notice|tax-receipt, facts?, copies?, forged?}``: the portal calls our door."""
        asked = _object(request.body)
        try:
            kind, copies = str(asked["kind"]), int(asked.get("copies", 1))
            body = message(kind, asked.get("facts") or {})
        except (KeyError, TypeError, ValueError):
            return _json({"error": "kind is dossier, tax-notice or tax-receipt"}, 422)
        secret = "x" * 32 if asked.get("forged") else self.secret
        statuses = []
        for _ in range(copies):
            status, raw = post(f"{self.door_url}/{kind}", body, {"Authorization": f"Bearer {secret}"})
            answer = _object(raw)
            statuses.append({"status": status, "error_code": answer.get("error_code")})
            self.answers.append(f"{kind}:{status}:{answer.get('error_code')}")
        return _json({"sent": statuses}, 201)

    # ---- inside ------------------------------------------------------------------------------------------------------

    def _is_open(self, session: Any) -> bool:
        found = self._sessions.get(session) if isinstance(session, str) else None
        if found is None:
            return False
        until, uses = found
        if self.clock.now() >= until or (self.session_uses is not None and uses >= self.session_uses):
            del self._sessions[session]
            return False
        self._sessions[session] = (until, uses + 1)
        return True

    def _says(self, code: int, words: str, **more: Any) -> SandboxAnswer:
        return _json({**more, "error_code": _SPELLINGS[self.spelling](code), "message": words})


def _object(raw: bytes) -> dict[str, Any]:
    try:
        found = json.loads(raw or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _json(data: object, status: int = 200) -> SandboxAnswer:
    raw = json.dumps(data, ensure_ascii=False).encode()
    return SandboxAnswer(status, {"Content-Type": "application/json; charset=utf-8"}, raw)
