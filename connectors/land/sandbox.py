"""The sandbox of a land register: takes dossiers over, calls the one-stop back, keeps its results on a download host.

Written from the published facts, sharing no code with the client. Control: ``/_sandbox/land/...``. What no paper tells
(codes of refusals, field names of the smaller messages) is this sandbox's own choice.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable
from datetime import UTC, timedelta
from typing import Any
from urllib.parse import parse_qs

from connectors.kit.sandbox import Clock, Sandbox, SandboxAnswer, SandboxRequest, route
from connectors.land.sandbox_calls import Caller

_PAPER = b"%PDF-1.4\n% giay chung nhan thu nghiem\n%%EOF\n"
_STEPS = ("moved", "tax", "supplement", "supplemented", "finished")


class LandSandbox(Sandbox):
    """One register.

    Args:
        product: ``vbdlis`` or ``ilis``.
        callback_url: our door, without operation and code; empty: nobody is called.
        code: the security code that the one-stop gave this register.
        user, password, client: of the password grant (iLIS).
    """

    system = "land"

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        product: str = "vbdlis",
        callback_url: str = "",
        code: str = "ma-bao-mat-thu-nghiem-1",
        user: str = "motcua",
        password: str = "mat-khau-thu-nghiem",  # noqa: S107 - of a sandbox
        client: str = "motcua-client",
    ) -> None:
        super().__init__(clock=clock)
        self.product, self.callback_url, self.code = product, callback_url.rstrip("/"), code
        self.user, self.password, self.client = user, password, client
        self.dossiers: dict[str, dict[str, Any]] = {}
        self.files: dict[str, bytes] = {}
        self.callbacks: list[dict[str, Any]] = []
        self.tokens: set[str] = set()
        self._caller = Caller()

    def close(self) -> None:
        """No more callbacks."""
        self._caller.close()

    # ---- what the register offers ------------------------------------------------------------------------------------

    @route("POST", "/ilis/token", "token")
    def token(self, request: SandboxRequest) -> SandboxAnswer:
        """Password grant: a form in, a token out."""
        form = {name: values[0] for name, values in parse_qs(request.body.decode("utf-8", "replace")).items()}
        right = (form.get("username"), form.get("password"), form.get("client_id")) == (
            self.user,
            self.password,
            self.client,
        )
        refreshed = form.get("grant_type") == "refresh_token" and form.get("refresh_token") == "lam-moi"
        if not refreshed and (form.get("grant_type") != "password" or not right):
            return _json({"error": "invalid_grant"}, 400)
        made = f"token-{len(self.tokens) + 1}"
        self.tokens.add(made)
        return _json({"access_token": made, "expires_in": 3600, "refresh_token": "lam-moi", "scope": "ilis"})

    @route("POST", "/land/tiepnhan", "hand_over")
    @route("POST", "/ilis/tiepnhan", "hand_over")
    def take(self, request: SandboxRequest) -> SandboxAnswer:
        """A dossier is handed over."""
        return self._serve(request, self._take)

    @route("POST", "/land/capnhattrangthaibosunghoso", "supplement")
    def supplemented(self, request: SandboxRequest) -> SandboxAnswer:
        """Papers that were asked for."""

        def act(body: dict[str, Any]) -> tuple[str, str]:
            dossier = self.dossiers[body["SoBienNhan"]]
            dossier["supplements"].append(_papers(body))
            dossier["state"] = 4
            return "OK", "Thành công"

        return self._serve(request, act)

    @route("POST", "/land/capnhattrangthaitraketquahoso", "returned")
    def handed_back(self, request: SandboxRequest) -> SandboxAnswer:
        """The citizen has the result."""

        def act(body: dict[str, Any]) -> tuple[str, str]:
            self.dossiers[body["SoBienNhan"]]["state"] = 10
            return "OK", "Thành công"

        return self._serve(request, act)

    @route("POST", "/land/phanhoihososaiketqua", "wrong_result")
    def wrong(self, request: SandboxRequest) -> SandboxAnswer:
        """The result is wrong."""

        def act(body: dict[str, Any]) -> tuple[str, str]:
            dossier = self.dossiers[body["SoBienNhan"]]
            dossier["wrong"].append(str(body["NoiDung"]))
            dossier["state"] = 4
            return "OK", "Thành công"

        return self._serve(request, act)

    @route("GET", "/tep/{name}", "fetch")
    @route("GET", "/land/tep/{name}", "fetch")
    @route("GET", "/ilis/tep/{name}", "fetch")
    def download(self, request: SandboxRequest) -> SandboxAnswer:
        """A result by its link."""
        content = self.files.get(request.parts["name"])
        if content is None:
            return SandboxAnswer(404, {"Content-Type": "text/plain"}, b"no such file")
        return SandboxAnswer(200, {"Content-Type": "application/pdf"}, content)

    # ---- control -----------------------------------------------------------------------------------------------------

    @route("POST", "/_sandbox/land/run", "control")
    def run(self, request: SandboxRequest) -> SandboxAnswer:
        """``{receipt, steps: [moved|tax|supplement|supplemented|finished …], late?: seconds}``: it goes its way there.

        Each step is one callback, in order. ``late``: NgayChuyen lies that far back.
        """

        def act(facts: dict[str, Any]) -> SandboxAnswer:
            receipt = str(facts["receipt"])
            steps = [str(step) for step in facts.get("steps", _STEPS)]
            if not set(steps) <= set(_STEPS):
                return _json({"error": f"steps are {', '.join(_STEPS)}"}, 422)
            late = timedelta(seconds=float(facts.get("late", 0)))
            for step in steps:
                self._step(receipt, step, late)
            return _json({"receipt": receipt, "sent": steps}, 201)

        return _control(request, act)

    @route("POST", "/_sandbox/land/callback", "control")
    def callback(self, request: SandboxRequest) -> SandboxAnswer:
        """``{operation, body, code?}``: any callback, also a forged one."""

        def act(facts: dict[str, Any]) -> SandboxAnswer:
            self._send(str(facts["operation"]), facts["body"], code=str(facts.get("code", self.code)))
            return _json({"sent": facts["operation"]}, 201)

        return _control(request, act)

    @route("GET", "/_sandbox/land/books", "control")
    def books(self, request: SandboxRequest) -> SandboxAnswer:
        """Everything that the register knows, for a checker that shares no code with the product."""
        del request
        return _json(
            {
                "product": self.product,
                "dossiers": self.dossiers,
                "callbacks": self.callbacks,
                "waiting": self._caller.waiting(),
            }
        )

    # ---- its own rules -----------------------------------------------------------------------------------------------

    def _take(self, body: dict[str, Any]) -> tuple[str, str]:
        receipt = body["SoBienNhan"]
        if not isinstance(receipt, str) or not receipt:
            raise ValueError("SoBienNhan")
        if self.product == "ilis":
            if not all(isinstance(body[name], str) for name in ("TinhId", "HuyenId", "XaId")):
                raise ValueError("TinhId")
            if not re.fullmatch(r"[0-9]+\.[0-9]+\.[0-9]+", body["XaId"]):
                raise ValueError("XaId")
        elif not all(type(body[name]) is int for name in ("TinhId", "HuyenId", "XaId")):
            raise ValueError("TinhId")
        if not body["ThongTinNguoiNopDon"]["HoTen"] or not body["ThongTinQuyTrinh"]["MaQuyTrinh"]:
            raise ValueError("HoTen")
        if type(body["LaQuyTrinhCapTinh"]) is not bool:
            raise ValueError("LaQuyTrinhCapTinh")
        given = _papers(body)
        if receipt in self.dossiers:
            self.dossiers[receipt]["asked_again"] += 1
            return "EXISTS", f"Hồ sơ {receipt} đã tồn tại trong hệ thống"
        self.dossiers[receipt] = {
            "state": 2,
            "ward": body["XaId"],
            "process": body["ThongTinQuyTrinh"]["MaQuyTrinh"],
            "received": body["NgayTiepNhan"],
            "papers": given,
            "parcels": len(body["ThongTinThuaDat"]),
            "supplements": [],
            "wrong": [],
            "asked_again": 0,
        }
        return "OK", "Thành công"

    def _serve(
        self, request: SandboxRequest, act: Callable[[dict[str, Any]], tuple[str, str]]
    ) -> SandboxAnswer:
        if self.product == "ilis":
            given = request.headers.get("authorization", "").removeprefix("Bearer ")
            if given not in self.tokens:
                return _json({"error": "unauthorized"}, 401)
        try:
            code, message = act(json.loads(request.body))
        except (ValueError, TypeError, binascii.Error) as exc:
            code, message = "INVALID", f"Dữ liệu không hợp lệ: {exc}"
        except KeyError as exc:
            code, message = "NOTFOUND", f"Không tìm thấy: {exc}"
        done = code == "OK"
        return _json(
            {
                "data": 1 if done else 0,
                "status": {
                    "success": done,
                    "code": code,
                    "type": "SUCCESS" if done else "ERROR",
                    "time": self._now(),
                    "message": message,
                },
            }
        )

    def _step(self, receipt: str, step: str, late: timedelta) -> None:
        dossier = self.dossiers.setdefault(receipt, {"state": 2, "supplements": [], "wrong": []})
        when = self._now(late)
        body: dict[str, Any] = {"SoBienNhan": receipt}
        if step == "moved":
            operation = "ChuyenHoSo"
            body |= {
                "MaTrangThai": "4",
                "MaCanBoChuyen": "cb01",
                "MaCanBoNhan": "cb02",
                "NgayChuyen": when,
            }
        elif step == "tax":
            operation, number = "GuiKetQuaThue", f"TB-{len(self.files) + 1:04d}"
            names = (
                ("HoVaChu", "DuongDanTBT") if self.product == "ilis" else ("HoTenChu", "DuongDanThongBaoThue")
            )
            row = {names[0]: "CHỦ SỬ DỤNG ĐẤT THỬ", "LoaiThue": "Lệ phí trước bạ", "SoThongBaoThue": number}
            row[names[1]] = self._file(f"{number}.pdf")
            body |= {
                "NguoiXuLy": "cb03",
                "NgayCoKetQuaThue": when,
                "GhiChu": "",
                "DanhSachThongBaoThue": [row],
            }
        elif step == "supplement":
            operation = "YeuCauBoSungHoSo"
            body |= {"NoiDung": "Bổ sung bản vẽ", "NgayYeuCau": when}
            dossier["state"] = 5
        elif step == "supplemented":
            operation = "NhanBoSungHoSo"
            body |= {"NgayHenTra": self._now(-timedelta(days=5)), "NgayBoSung": when}
            dossier["state"] = 4
        else:
            operation = "KetThucHoSo"
            link = self._file(f"GCN-{len(self.files) + 1:04d}.pdf")
            body |= {
                "NgayKetThuc": when,
                "MaCanBoXuLy": "cb02",
                "TrangThaiKetThuc": 1,
                "GhiChu": "",
                "DanhSachGiayToKetQua": [{"LinkFile": link, "KieuFile": "pdf"}],
            }
            dossier["state"] = 9
        self._send(operation, body, code=self.code)

    def _file(self, name: str) -> str:
        self.files[name] = _PAPER
        return f"tep/{name}"

    def _send(self, operation: str, body: Any, *, code: str) -> None:
        if not self.callback_url:
            return
        tail = f"?CodeGet={code}" if self.product == "ilis" else f"/{code}"
        note: dict[str, Any] = {"operation": operation, "status": None, "result": None}
        self.callbacks.append(note)
        raw = json.dumps(body, ensure_ascii=False).encode()
        self._caller.post(f"{self.callback_url}/{operation}{tail}", raw, note)

    def _now(self, back: timedelta = timedelta(0)) -> str:
        return (self.clock.now() - back).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _papers(body: dict[str, Any]) -> list[dict[str, Any]]:
    found = []
    for row in body["DanhSachGiayToDinhKem"]:
        held = row["TapTin"]
        size = len(base64.b64decode(held["data"], validate=True)) if held else 0
        found.append({"name": row["TenGiayTo"], "file": held["name"] if held else "", "bytes": size})
    return found


def _control(request: SandboxRequest, act: Callable[[dict[str, Any]], SandboxAnswer]) -> SandboxAnswer:
    try:
        return act(json.loads(request.body or b"{}"))
    except (KeyError, TypeError, ValueError) as exc:
        return _json({"error": f"malformed request: {exc}"}, 422)


def _json(data: object, status: int = 200) -> SandboxAnswer:
    raw = json.dumps(data, ensure_ascii=False).encode()
    return SandboxAnswer(status, {"Content-Type": "application/json; charset=utf-8"}, raw)
