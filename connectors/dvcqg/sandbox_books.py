"""What the sandbox portal keeps and checks. Written from the published facts; knows nothing of our client."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

ZONE = timezone(timedelta(hours=7))
FINAL = {"3", "7", "8", "10"}
STATES = {str(number) for number in range(1, 11)}
_MOMENT = re.compile(r"[0-9]{14}", re.ASCII)
_DATES = (
    "NgayTiepNhan",
    "NgayHenTra",
    "NgayTra",
    "NgayKetThucXuLy",
    "NgayNopHoSo",
    "NgayTuChoi",
)
_LISTS = (
    "DSKetNoiCSDL",
    "TaiLieuNop",
    "DanhSachLePhi",
    "DanhSachTepDinhKemKhac",
    "DanhSachHoSoBoSung",
    "DanhSachGiayToKetQua",
)
_NEEDED = ("MaHoSo", "MaTTHC", "TenTTHC", "ChuHoSo", "LoaiDoiTuong", "TrangThaiHoSo", "DonViXuLy")
_STEP_NEEDED = ("MaHoSo", "NguoiXuLy", "ThoiDiemXuLy", "TrangThai")


@dataclass(slots=True)
class Kept:
    """A dossier as the portal has it.

    Attributes:
        creates, updates: how many of each it took; a second create is never taken.
        steps: in the order they came.
    """

    item: dict[str, Any]
    creates: int = 1
    updates: int = 0
    steps: list[dict[str, Any]] = field(default_factory=list)

    def shown(self) -> dict[str, Any]:
        """For a checker."""
        return {"item": self.item, "creates": self.creates, "updates": self.updates, "steps": self.steps}


def dossier_trouble(item: Any, unit: str) -> str:
    """Why the portal refuses a dossier, in its words; empty when it takes it."""
    if not isinstance(item, dict):
        return "Dữ liệu hồ sơ không đúng cấu trúc"
    for name, value in item.items():
        plain = isinstance(value, list) if name in _LISTS else isinstance(value, dict | str)
        if not plain or (isinstance(value, dict) and name != "DinhDanhCHS"):
            return f"{name} không đúng kiểu dữ liệu"
    for name in _NEEDED:
        if not item.get(name):
            return f"{name} không được để trống"
    if unit not in re.split(r"[.\-]", item["MaHoSo"]):
        return "MaHoSo không chứa mã đơn vị"
    if item["TrangThaiHoSo"] not in STATES:
        return "TrangThaiHoSo không có trong danh mục"
    if item["LoaiDoiTuong"] not in ("1", "2", "3", "4"):
        return "LoaiDoiTuong không có trong danh mục"
    if len(item.get("TrichYeuHoSo", "")) > 1000:
        return "TrichYeuHoSo vượt quá 1000 ký tự"
    if len(item.get("GhiChu", "")) > 2000:
        return "GhiChu quá dài"
    wrong = next((name for name in _DATES if not _good_date(item.get(name, ""))), "")
    return f"{wrong} không đúng định dạng" if wrong else _files_trouble(item)


def step_trouble(step: Any, known: dict[str, Kept]) -> str:
    """Why the portal refuses a step."""
    if not isinstance(step, dict) or not all(isinstance(value, str) for value in step.values()):
        return "Dữ liệu tiến trình không đúng cấu trúc"
    for name in _STEP_NEEDED:
        if not step.get(name):
            return f"{name} không được để trống"
    if len(step["NguoiXuLy"]) > 50:
        return "NguoiXuLy vượt quá 50 ký tự"
    if step["MaHoSo"] not in known:
        return "Hồ sơ không tồn tại"
    if step["TrangThai"] not in STATES:
        return "TrangThai không có trong danh mục"
    for name in ("ThoiDiemXuLy", "NgayBatDau", "NgayKetThucTheoQuyDinh"):
        if not _good_date(step.get(name, "")):
            return f"{name} không đúng định dạng"
    return ""


def _files_trouble(item: dict[str, Any]) -> str:
    for paper in item.get("TaiLieuNop", []):
        if len(paper.get("TenTepDinhKem", "")) > 4000:
            return "TenTepDinhKem vượt quá 4000 ký tự"
        if paper.get("IsDeleted") not in ("True", "False"):
            return "IsDeleted không đúng"
        if paper["IsDeleted"] == "False" and "://" not in paper.get("DuongDanTaiTepTin", ""):
            return "DuongDanTaiTepTin không hợp lệ"
    for paper in item.get("DanhSachTepDinhKemKhac", []):
        if len(paper.get("TenGiayTo", "")) > 2000:
            return "TenGiayTo vượt quá 2000 ký tự"
    return ""


def _good_date(text: Any) -> bool:
    if text == "":
        return True
    if not isinstance(text, str) or not _MOMENT.fullmatch(text):
        return False
    try:
        datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=ZONE)
    except ValueError:
        return False
    return True


PROCEDURE: dict[str, Any] = {
    "MATTHC": "1.004199",
    "TENTTHC": "Đăng ký, cấp Giấy chứng nhận quyền sử dụng đất",
    "LINHVUCTHUCHIEN": [{"MALINHVUC": "G18-DD01", "TENLINHVUC": "Đất đai"}],
    "TRANGTHAI": "1",
    "TRINHTUTHUCHIEN": [{"TRUONGHOP": "", "TRINHTU": [{"TENTRINHTU": "Nộp hồ sơ"}]}],
    "CACHTHUCTHUCHIEN": [
        {
            "KENH": "2",
            "THOIGIAN": [
                {
                    "THOIGIANGIAIQUYET": "10",
                    "DONVITINH": "Ngày làm việc",
                    "PHILEPHI": [{"MAPHILEPHI": "P1", "SOTIEN": "300000", "DONVI": "VNĐ"}],
                }
            ],
        }
    ],
    "THANHPHANHOSO": [{"TRUONGHOP": "", "GIAYTO": [{"MAGIAYTO": "TP1", "TENGIAYTO": "Đơn"}]}],
    "KETQUATHUCHIEN": [{"MAKETQUA": "KQ.G18.000001", "TENKETQUA": "Giấy chứng nhận"}],
    "CANCUPHAPLY": [{"SOVANBAN": "31/2024/QH15", "TENVANBAN": "Luật Đất đai"}],
    "COQUANTHUCHIEN": [{"MADONVI": "000.00.15.H21", "TENDONVI": "Sở Nông nghiệp và Môi trường"}],
}
CATALOGUES: dict[str, list[dict[str, Any]]] = {
    "LayDanhSachTTHC": [
        {"MATTHC": "1.004199", "TENTTHC": "Cấp Giấy chứng nhận"},
        {"MATTHC": "2.000889", "TENTTHC": "Đăng ký biến động"},
    ],
    "LayDanhMucCoQuan": [
        {"MADONVI": "000.00.00.H21", "TENDONVI": "UBND tỉnh", "CAPDONVI": 2},
        {"MADONVI": "000.00.15.H21", "TENDONVI": "Sở", "CAPDONVI": 3},
    ],
    "LayDanhMucLinhVuc": [{"MALINHVUC": "G18-DD01", "TENLINHVUC": "Đất đai", "MANGANH": "G18"}],
}
SERVICES: list[dict[str, Any]] = [
    {"MADVC": "DVC1", "TENDVC": "Cấp Giấy chứng nhận", "MATTHC": "1.004199", "APDUNGDVC": "1"}
]
