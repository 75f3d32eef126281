"""The sandbox of civil status and of the linked services: its own books, its own checks, its own order of states.

Written from the published facts, sharing no code with the client. Control: ``/_sandbox/civil_status/...``. What no paper
tells (keys of answers, what a repeat is answered) is this sandbox's own choice.
"""

from __future__ import annotations

import base64
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from typing import Any

from connectors.kit.sandbox import Clock, Sandbox, SandboxAnswer, SandboxRequest, route

_PDF = b"%PDF-1.4\n% giay khai sinh thu nghiem\n%%EOF\n"
_LINKED = ("LTKS", "LTKT", "LTKH")
_BIRTH, _DEATH = "KQ.G15.000031", "KQ.G15.000034"
_CATALOGUES: dict[int, list[dict[str, str]]] = {
    1: [{"ma": "VN", "ten": "Việt Nam"}, {"ma": "LA", "ten": "Lào"}],
    2: [{"ma": "VN", "ten": "Việt Nam"}, {"ma": "LA", "ten": "Lào"}],
    3: [{"ma": "63001", "ten": "Kinh"}, {"ma": "63002", "ten": "Tày"}],
    4: [{"ma": "52", "ten": "Gia Lai"}, {"ma": "23710", "ten": "Xã Thử"}],
    5: [{"ma": "1", "ten": "Chứng minh nhân dân"}, {"ma": "4", "ten": "Căn cước công dân"}],
}


class CivilStatusSandbox(Sandbox):
    """One province's side of the ministry's systems.

    Args:
        token: bearer token that calls must carry; empty: none.
        units: maDonVi that exist.
    """

    system = "civil_status"

    def __init__(
        self, *, clock: Clock | None = None, token: str = "", units: tuple[str, ...] = ("23710", "540")
    ) -> None:
        super().__init__(clock=clock)
        self.token, self.units = token, units
        self.records: dict[str, dict[str, Any]] = {}
        self.states: dict[str, list[int]] = {}
        self.waiting: dict[str, dict[str, Any]] = {}
        self.received_marks: list[str] = []
        self._count = 0

    # ---- apiHoTichTuPhap ---------------------------------------------------------------------------------------------

    @route("POST", "/hotich/1.0/dangKyHoTich", "register")
    @route("POST", "/apiLienThongKSKT/1.0/nhanHoSoDKHT", "register")
    def register(self, request: SandboxRequest) -> SandboxAnswer:
        """A dossier is to be registered, in either generation."""
        return self._serve(request, lambda body: self._register(body, request.path))

    @route("POST", "/hotich/1.0/danhMuc", "catalogue")
    def catalogue(self, request: SandboxRequest) -> SandboxAnswer:
        """One of five catalogues, as JSON inside a text."""

        def act(body: dict[str, Any]) -> dict[str, Any]:
            rows = _CATALOGUES.get(int(body["loaiDanhMuc"]))
            return _code("302") if rows is None else _ok(json.dumps(rows, ensure_ascii=False))

        return self._serve(request, act)

    @route("POST", "/hotich/1.0/traTrangThaiHoSo", "ask_state")
    def ask_state(self, request: SandboxRequest) -> SandboxAnswer:
        """1 received, 2 supplement needed, 3 eligible, 4 done; 0 an error."""

        def act(body: dict[str, Any]) -> dict[str, Any]:
            record = self.records.get(body["maHoSo"])
            if record is None:
                return _code("201")
            note = "Hồ sơ cần bổ sung thông tin: " + record["note"] if record["state"] == 2 else ""
            return {"status": record["state"], "message": note}

        return self._serve(request, act)

    @route("POST", "/hotich/1.0/ketQuaDangKyHS", "get_result")
    def get_result(self, request: SandboxRequest) -> SandboxAnswer:
        """The result of a finished registration."""

        def act(body: dict[str, Any]) -> dict[str, Any]:
            record = self.records.get(body["maHoSo"])
            if record is None:
                return _code("201")
            return _code("200") if record["state"] != 4 else _ok(record["result"])

        return self._serve(request, act)

    @route("POST", "/hotich/1.0/dsHoSoDangKy", "registered")
    def registered(self, request: SandboxRequest) -> SandboxAnswer:
        """Ids of the records of a module."""

        def act(body: dict[str, Any]) -> dict[str, Any]:
            rows = [
                {"id": str(record["id"]), "maDonVi": record["unit"]}
                for record in self.records.values()
                if record["module"] == body["module"]
            ]
            return _ok(rows)

        return self._serve(request, act)

    @route("POST", "/hotich/1.0/traHoSo", "record")
    @route("POST", "/hotich/1.0/traDanhSachHoSo", "records")
    def record(self, request: SandboxRequest) -> SandboxAnswer:
        """Records by their ids here, which are numbers."""

        def act(body: dict[str, Any]) -> dict[str, Any]:
            wanted = body["dsMaHoSo"] if "dsMaHoSo" in body else [body["maHoSo"]]
            if not all(type(one) is int for one in wanted):
                return _code("500", "maHoSo có định dạng không đúng.")
            if "dsMaHoSo" in body and body["maTinh"] != "52":
                return _code("108")
            rows = [
                {"id": r["id"], "so": "12", "quyenSo": "01/2026", "trangSo": "7", "maHoSo": code}
                for code, r in self.records.items()
                if r["id"] in wanted
            ]
            return _ok(rows) if rows else _code("201")

        return self._serve(request, act)

    # ---- linked services ---------------------------------------------------------------------------------------------

    @route("POST", "/api/lienthongDVCLT/capNhatTrangThaiHoSoDVCLTHoTich", "push_state")
    def push_state(self, request: SandboxRequest) -> SandboxAnswer:
        """A state of a dossier; 4 is taken only after 1, 3 and 7."""

        def act(body: dict[str, Any]) -> dict[str, Any]:
            state, code = body["trangThai"], body["maHoSo"]
            right = (
                type(state) is int
                and 1 <= state <= 7
                and bool(body["nguoiXuLy"])
                and bool(re.fullmatch(r"\d\d/\d\d/\d{4} \d\d:\d\d:\d\d", body["thoiGianThucHien"]))
            )
            if not right:
                return {"status": 400, "title": "Lỗi", "errors": {"thoiGianThucHien": ["Sai định dạng"]}}
            if not body["soHoSoLT"]:
                return {"status": 400, "title": "Lỗi", "errors": {"soHoSoLT": ["Hồ sơ không tồn tại"]}}
            told = self.states.setdefault(code, [])
            if state == 4 and not {1, 3, 7} <= set(told):
                words = "Logic xử lý không hợp lệ: chưa có trạng thái trước đó"
                return {"status": 400, "title": "Lỗi", "errors": {"trangThai": [words]}}
            if state == 4 and not json.loads(body["ketQuaXuLy"]).get("maGiayToKetQua"):
                return {"status": 400, "title": "Lỗi", "errors": {"ketQuaXuLy": ["Thiếu trường bắt buộc"]}}
            told.append(state)
            return {"status": 200, "title": "Cập nhật thành công"}

        return self._serve(request, act)

    @route("POST", "/service/judicial-civil-status/--dossiers", "ask_linked_state")
    def ask_linked_state(self, request: SandboxRequest) -> SandboxAnswer:
        """The last state of each dossier that was asked for."""

        def act(body: dict[str, Any]) -> dict[str, Any]:
            rows = []
            for code in body["maDinhDanhHoSo"]:
                told = self.states.get(code)
                if told or code in self.records:
                    rows.append({"maHoSo": code, "trangThai": str(told[-1] if told else 1)})
            return {"status": 200, "title": "Thành công", "value": rows}

        return self._serve(request, act)

    @route("GET", "/api/lienthongdvclt/hosolienthong", "inbox")
    def inbox(self, request: SandboxRequest) -> SandboxAnswer:
        """Dossiers that nobody has marked as received."""
        names = ("id", "maHoSo", "maTTHC", "maDonVi", "module")
        rows = [
            {name: one[name] for name in names if name in one}
            for one in self.waiting.values()
            if one["maHoSo"] not in self.received_marks
        ]
        return self._open(request) or _json({"data": rows})

    @route("GET", "/api/lienthongdvclt/hosolienthong/{id}", "dossier")
    def dossier(self, request: SandboxRequest) -> SandboxAnswer:
        """One dossier with its attachments."""
        refused = self._open(request)
        if refused is not None:
            return refused
        found = self.waiting.get(request.parts["id"])
        return _json({"error": "không có"}, 404) if found is None else _json({"data": found["detail"]})

    @route("PUT", "/api/lienthongdvclt/capnhatdanhan", "mark_received")
    def mark_received(self, request: SandboxRequest) -> SandboxAnswer:
        """We have it."""

        def act(body: dict[str, Any]) -> dict[str, Any]:
            if body["daNhan"] is not True or body["maHoSo"] not in {
                w["maHoSo"] for w in self.waiting.values()
            }:
                return {"status": 400, "title": "Hồ sơ không tồn tại"}
            self.received_marks.append(body["maHoSo"])
            return {"status": 200, "title": "Cập nhật thành công"}

        return self._serve(request, act)

    # ---- control -----------------------------------------------------------------------------------------------------

    @route("POST", "/_sandbox/civil_status/arrive", "control")
    def arrive(self, request: SandboxRequest) -> SandboxAnswer:
        """``{code, procedure?, unit?, module?}``: a citizen hands in at the linked service; ``module: ""`` forgets it."""
        facts = json.loads(request.body or b"{}")
        self._count += 1
        number, code = str(9000 + self._count), str(facts["code"])
        detail = {
            "nycHoTen": {"Ho": "TRẦN", "ChuDem": "THỊ", "Ten": "MẪU"},
            "nycSoDDCN": "001199000002",
            "nycSoDienThoai": "0900000002",
            "nycNoiCuTru": {"dcChiTiet": "Thôn Mẫu", "quocGia": "VN", "maTinh": "52", "maXa": "23710"},
            "nksHoTen": {"Ho": "LÊ", "ChuDem": "", "Ten": "BÉ"},
            "nksNgaySinh": {"namSinh": "2026", "thangSinh": "11", "ngaySinh": "20"},
            "noiDangKy": str(facts.get("unit", "23710")),
            "fileDinhKem": [
                {
                    "id": 1,
                    "tenGiayTo": "Giấy chứng sinh",
                    "tenTepDinhKem": "chung-sinh.pdf",
                    "duLieuTepDinhKem": base64.b64encode(_PDF).decode(),
                }
            ],
        }
        self.waiting[number] = {
            "id": int(number),
            "maHoSo": code,
            "maTTHC": str(facts.get("procedure", "2.001023")),
            "maDonVi": str(facts.get("unit", "23710")),
            "module": facts.get("module", "LTKS"),
            "detail": detail,
        }
        return _json({"id": number}, 201)

    @route("POST", "/_sandbox/civil_status/progress", "control")
    def progress(self, request: SandboxRequest) -> SandboxAnswer:
        """``{code, state: 2|3|4, note?, event?: birth|death}``: the justice officer works on a registration."""
        facts = json.loads(request.body or b"{}")
        record = self.records.get(str(facts.get("code")))
        if record is None or facts.get("state") not in (2, 3, 4):
            return _json({"error": "no such dossier or state"}, 404)
        record["state"], record["note"] = facts["state"], str(facts.get("note", "giấy chứng sinh"))
        if record["state"] == 4:
            record["result"] = self._result(str(facts.get("event", "birth")))
        return _json({"state": record["state"]}, 201)

    @route("GET", "/_sandbox/civil_status/books", "control")
    def books(self, request: SandboxRequest) -> SandboxAnswer:
        """Everything that they know, for a checker that shares no code with the product."""
        del request
        return _json(
            {
                "records": self.records,
                "states": self.states,
                "waiting": [one["maHoSo"] for one in self.waiting.values()],
                "received": self.received_marks,
            }
        )

    # ---- its own rules -----------------------------------------------------------------------------------------------

    def _register(self, body: dict[str, Any], path: str) -> dict[str, Any]:
        code = body.get("maHoSoMCDT") or body.get("maHoSo")
        if not isinstance(code, str) or (body["module"] in _LINKED) != ("LienThong" in path):
            return _code("500", "module không hợp lệ.")
        if str(body["maDonVi"]) not in self.units:
            return _code("106")
        if "maHoSoMCDT" in body:
            form = json.loads(body["data"])
            if not re.fullmatch(r"\d\d/\d\d/\d{4}", body["ngayTiepNhan"]):
                return _code("500", "ngayTiepNhan có định dạng không đúng.")
        else:
            form = _form(ET.fromstring(body["data"]))  # noqa: S314 - of our own client, in tests
            if not re.fullmatch(r"\d{4}-\d\d-\d\d", body["ngayTiepNhan"]):
                return _code("500", "ngayTiepNhan có định dạng không đúng.")
        errors = _complaints(form)
        if errors:
            # Line breaks arrive as a bare n, as they do there.
            return {"title": "Có lỗi xảy ra.", "errors": "n".join(errors), "status": 500, "inputSend": body}
        if code in self.records:
            return _code("500", "Hồ sơ đã tồn tại trong một cửa điện tử")
        self._count += 1
        self.records[code] = {
            "id": self._count,
            "unit": str(body["maDonVi"]),
            "module": body["module"],
            "fields": sorted(form),
            "received": body["ngayTiepNhan"],
            "state": 1,
            "note": "",
            "result": None,
        }
        return _ok(None)

    def _result(self, event: str) -> dict[str, str]:
        self._count += 1
        day = self.clock.now().strftime("%d/%m/%Y")
        common = {"ngayDangKy": day, "soDangKy": str(self._count), "quyenSo": "01/2026", "trangSo": "7"}
        paper = base64.b64encode(_PDF).decode()
        if event == "death":
            return {**common, "nktHoTen": "LÊ VĂN CỐ", "giayKhaiTu": paper, "maGiayToKetQua": _DEATH}
        return {
            **common,
            "soDinhDanh": "052326000001",
            "ndkksMaTinh": "52",
            "ndkksMaHuyen": "",
            "ndkksMaXa": "23710",
            "nksHoTen": "LÊ BÉ",
            "giayKhaiSinh": paper,
            "maGiayToKetQua": _BIRTH,
        }

    def _open(self, request: SandboxRequest) -> SandboxAnswer | None:
        if self.token and request.headers.get("authorization") != f"Bearer {self.token}":
            return _json({"error": "unauthorized"}, 401)
        return None

    def _serve(
        self, request: SandboxRequest, act: Callable[[dict[str, Any]], dict[str, Any]]
    ) -> SandboxAnswer:
        refused = self._open(request)
        if refused is not None:
            return refused
        try:
            return _json(act(json.loads(request.body)))
        except (ValueError, KeyError, TypeError, ET.ParseError):
            return _json(_code("500", "Dữ liệu không đọc được."))


def _complaints(form: dict[str, Any]) -> list[str]:
    found = []
    for name, value in form.items():
        text = str(value)
        if name.endswith("SoDDCN"):
            if len(text) > 12:
                found.append(f"{name} có độ dài vượt quá số lượng cho phép. Vui lòng kiểm tra lại thông tin.")
            if not re.fullmatch(r"[0-9]{12}", text):
                found.append(f"{name} có định dạng không đúng. Vui lòng kiểm tra lại tài liệu kỹ thuật.")
        if name.endswith("LoaiGiayToTuyThan") and text not in {row["ma"] for row in _CATALOGUES[5]}:
            found.append(f"{name} không tồn tại. Vui lòng kiểm tra lại thông tin danh mục.")
    return found


def _form(root: Any) -> dict[str, Any]:
    if root.tag != "hotich" or len(root) != 1 or root[0].tag != "hoso":
        raise ValueError("hotich")
    return {child.tag: (child.text or "") if not len(child) else {} for child in root[0]}


def _ok(value: Any) -> dict[str, Any]:
    return {"status": 1, "value": value}


def _code(code: str, words: str = "") -> dict[str, Any]:
    return {"status": 0, "value": None, "errorCode": code, "errorDescription": words}


def _json(data: object, status: int = 200) -> SandboxAnswer:
    raw = json.dumps(data, ensure_ascii=False).encode()
    return SandboxAnswer(status, {"Content-Type": "application/json; charset=utf-8"}, raw)
