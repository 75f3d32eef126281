"""The sandbox ministry behind its six-step adapter: tokens, numbers, files, dossiers, steps, states; its pushes to us.

Written from the published facts, sharing no code with the client. Control: ``/_sandbox/ministry/...``. What no paper tells (paths,
codes in the body, the hash of a file) is this sandbox's own choice.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from connectors.kit.sandbox import Clock, Sandbox, SandboxAnswer, SandboxRequest, route
from connectors.ministry.sandbox_notices import message, post

_ZONE = timezone(timedelta(hours=7))
_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}", re.ASCII)
_SPACED = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", re.ASCII)
_DIGITS = re.compile(r"\d{14}", re.ASCII)
_CARRY = (5, 6, 9)
_STEP_DATES = ("ThoiDiemXuLy", "NgayBatDau", "NgayKetThucTheoQuyDinh")


@dataclass(slots=True)
class Kept:
    """A dossier as the ministry has it."""

    id: str
    item: dict[str, Any]
    steps: list[dict[str, Any]] = field(default_factory=list)
    states: list[dict[str, Any]] = field(default_factory=list)


class MinistrySandbox(Sandbox):
    """One ministry's portal as one province meets it.

    Args:
        client_id, client_secret: for GetToken. token_seconds: life of a token by this sandbox's clock;
            token_uses: calls that one lasts, ``None``: any.
        door_url: our doors, without the last part; secret: bearer token that the ministry shows there.
    """

    system = "ministry"

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        client_id: str = "tinh-thu",
        client_secret: str,
        token_seconds: int = 300,
        token_uses: int | None = None,
        door_url: str = "",
        secret: str = "",
    ) -> None:
        super().__init__(clock=clock)
        self.client_id, self.client_secret = client_id, client_secret
        self.token_seconds, self.token_uses = token_seconds, token_uses
        self.door_url, self.secret = door_url, secret
        self.dossiers: dict[str, Kept] = {}
        self.files: dict[str, str] = {}
        self.numbers: list[str] = []
        self.tokens_given = 0
        self.answers: list[str] = []
        self._tokens: dict[str, tuple[datetime, int]] = {}

    # ---- the six steps -----------------------------------------------------------------------------------------------

    @route("POST", "/ministry/GetToken", "GetToken")
    def token(self, request: SandboxRequest) -> SandboxAnswer:
        """Step 1."""
        asked = _read(request.body)
        if not isinstance(asked, dict) or (asked.get("client_id"), asked.get("client_secret")) != (
            self.client_id,
            self.client_secret,
        ):
            return _json({"code": 401, "message": "Sai client_id hoặc client_secret"}, 401)
        self.tokens_given += 1
        made = f"ma-thong-bao-{self.tokens_given:04d}"
        self._tokens[made] = (self.clock.now() + timedelta(seconds=self.token_seconds), 0)
        data = {
            "access_token": made,
            "expires_in": self.token_seconds,
            "token_type": "Bearer",
            "scope": "dvc",
        }
        return _json({"code": 200, "message": "Thành công", "data": data})

    @route("GET", "/ministry/GetNextValue", "GetNextValue")
    def next_value(self, request: SandboxRequest) -> SandboxAnswer:
        """Step 2: every question takes a number, used or not."""

        def act() -> SandboxAnswer:
            if not request.query.get("code"):
                return _json({"code": 400, "message": "Thiếu code"}, 400)
            today = self.clock.now().astimezone(_ZONE)
            self.numbers.append(f"{request.query['code']}-{today:%Y%m%d}-{len(self.numbers) + 1:07d}")
            return _json({"value": self.numbers[-1]})

        return self._with_token(request, act)

    @route("POST", "/ministry/UploadFile", "UploadFile")
    def upload(self, request: SandboxRequest) -> SandboxAnswer:
        """Step 3: one file in a form."""

        def act() -> SandboxAnswer:
            media = request.headers.get("content-type", "")
            boundary = media.partition("boundary=")[2]
            pieces = request.body.split(f"--{boundary}".encode()) if boundary else []
            if not media.startswith("multipart/form-data") or len(pieces) != 3 or pieces[2] != b"--\r\n":
                return _json({"code": 400, "message": "Thiếu tệp"}, 400)
            content = pieces[1].partition(b"\r\n\r\n")[2].removesuffix(b"\r\n")
            digest = hashlib.sha256(content).hexdigest()
            made = f"tep-{len(self.files) + 1:04d}"
            self.files[made] = digest
            return _json({"code": 200, "message": "OK", "data": [{"IdTepTin": made, "HashTepTin": digest}]})

        return self._with_token(request, act)

    @route("POST", "/ministry/NoiHoSo", "NoiHoSo")
    def create(self, request: SandboxRequest) -> SandboxAnswer:
        """Step 4."""

        def act() -> SandboxAnswer:
            item = _read(request.body)
            trouble = self._dossier_trouble(item)
            if trouble:
                return _json({"code": 400, "message": trouble}, 400)
            code = item["MaHoSo"]
            if code in self.dossiers:
                return _json({"code": 409, "message": f"Hồ sơ {code} đã tồn tại"})
            kept = self.dossiers[code] = Kept(f"hs-{len(self.dossiers) + 1:04d}", item)
            return _json({"code": 200, "message": "Thành công", "data": {"idHoSo": kept.id, "maHoSo": code}})

        return self._with_token(request, act)

    @route("POST", "/ministry/CapNhatTienTrinh", "CapNhatTienTrinh")
    def steps(self, request: SandboxRequest) -> SandboxAnswer:
        """Step 5."""

        def one(item: dict[str, Any], kept: Kept) -> str:
            if kept.id != item.get("IDHoSo") or not item.get("NguoiXuLy"):
                return "Thiếu IDHoSo hoặc NguoiXuLy"
            if any(item.get(name) and not _ISO.fullmatch(item[name]) for name in _STEP_DATES):
                return "Sai định dạng thời gian"
            kept.steps.append(item)
            return ""

        return self._with_token(request, lambda: self._each(request, one))

    @route("POST", "/ministry/CapNhatTrangThai", "CapNhatTrangThai")
    def states(self, request: SandboxRequest) -> SandboxAnswer:
        """Step 6; fees and results are taken in three states only."""

        def one(item: dict[str, Any], kept: Kept) -> str:
            if kept.id != item.get("IdHoSo"):
                return "Thiếu IdHoSo"
            extra = item.get("DanhSachLePhi") or item.get("DanhSachGiayToKetQua")
            if extra and item["TrangThai"] not in _CARRY:
                return "Trạng thái không kèm lệ phí, kết quả"
            kept.states.append(item)
            return ""

        return self._with_token(request, lambda: self._each(request, one))

    # ---- control -----------------------------------------------------------------------------------------------------

    @route("GET", "/_sandbox/books", "control")
    def books(self, request: SandboxRequest) -> SandboxAnswer:
        """Everything that the ministry has, for a checker."""
        del request
        dossiers = {
            code: {"id": kept.id, "item": kept.item, "steps": kept.steps, "states": kept.states}
            for code, kept in self.dossiers.items()
        }
        return _json(
            {
                "dossiers": dossiers,
                "files": self.files,
                "numbers": self.numbers,
                "tokens": self.tokens_given,
                "answers": self.answers,
            }
        )

    @route("POST", "/_sandbox/ministry/end-tokens", "control")
    def end_tokens(self, request: SandboxRequest) -> SandboxAnswer:
        """Every token is over."""
        del request
        ended = len(self._tokens)
        self._tokens.clear()
        return _json({"ended": ended})

    @route("POST", "/_sandbox/ministry/send", "control")
    def send(self, request: SandboxRequest) -> SandboxAnswer:
        """``{kind: dossier|states, facts?, copies?, forged?}``: the ministry calls our door."""
        asked = _read(request.body)
        try:
            kind, copies = str(asked["kind"]), int(asked.get("copies", 1))
            body = message(kind, asked.get("facts") or {})
        except (KeyError, TypeError, ValueError):
            return _json({"error": "kind is dossier or states"}, 422)
        secret = "x" * 32 if asked.get("forged") else self.secret
        sent = []
        for _ in range(copies):
            status, raw = post(f"{self.door_url}/{kind}", body, {"Authorization": f"Bearer {secret}"})
            answer = _read(raw)
            code = answer.get("code") if isinstance(answer, dict) else None
            sent.append({"status": status, "code": code})
            self.answers.append(f"{kind}:{status}:{code}")
        return _json({"sent": sent}, 201)

    # ---- inside ------------------------------------------------------------------------------------------------------

    def _with_token(self, request: SandboxRequest, act: Callable[[], SandboxAnswer]) -> SandboxAnswer:
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        until, uses = self._tokens.get(given, (datetime.min.replace(tzinfo=_ZONE), 0))
        if self.clock.now() >= until or (self.token_uses is not None and uses >= self.token_uses):
            return _json({"code": 401, "message": "Token không hợp lệ"}, 401)
        self._tokens[given] = (until, uses + 1)
        return act()

    def _each(self, request: SandboxRequest, one: Callable[[dict[str, Any], Kept], str]) -> SandboxAnswer:
        items = _read(request.body)
        if not isinstance(items, list) or not items:
            return _json({"code": 400, "message": "Danh sách rỗng"}, 400)
        for item in items:
            kept = self.dossiers.get(str(item.get("MaHoSo"))) if isinstance(item, dict) else None
            if kept is None:
                return _json({"code": 404, "message": "Không tìm thấy hồ sơ"}, 404)
            if type(item.get("TrangThai")) is not int or not 1 <= item["TrangThai"] <= 10:
                return _json({"code": 400, "message": "TrangThai không hợp lệ"}, 400)
            trouble = one(item, kept)
            if trouble:
                return _json({"code": 400, "message": trouble}, 400)
        return _json({"code": 200, "message": "Thành công"})

    def _dossier_trouble(self, item: Any) -> str:
        if not isinstance(item, dict):
            return "Sai cấu trúc"
        for name in ("MaHoSo", "MaTTHC", "MaDichVuCong", "ChuHoSo", "MaDonViTiepNhan", "NgayNop"):
            if not item.get(name):
                return f"Thiếu {name}"
        if item.get("LoaiDoiTuong") not in (0, 1, 2):
            return "LoaiDoiTuong không hợp lệ"
        for name in ("NgayNop", "NgayTiepNhan"):
            if item.get(name) and not _SPACED.fullmatch(item[name]):
                return f"{name} sai định dạng"
        details = item.get("ThongTinNguoiNop", {}).get("ThongTinChiTiet", {})
        for name in ("NgayCapDinhDanh", "NgaySinh"):
            if details.get(name) and not _DIGITS.fullmatch(details[name]):
                return f"{name} sai định dạng"
        for paper in item.get("ThanhPhanHoSo", []):
            for attached in paper["GiayToDinhKem"]:
                if self.files.get(attached["IdGiayTo"]) != attached["HashTepTin"]:
                    return "Tệp tin chưa được tải lên"
        return ""


def _read(raw: bytes) -> Any:
    try:
        return json.loads(raw or b"{}")
    except ValueError:
        return {}


def _json(data: object, status: int = 200) -> SandboxAnswer:
    raw = json.dumps(data, ensure_ascii=False).encode()
    return SandboxAnswer(status, {"Content-Type": "application/json; charset=utf-8"}, raw)
