"""What the sandbox ministry sends to a province, and how it calls."""

from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

_TIMEOUT_SECONDS = 30.0


def post(url: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
    """One POST; status 0 when nobody answered."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=_TIMEOUT_SECONDS)
    try:
        connection.request("POST", parts.path or "/", body, {"Content-Type": "application/json", **headers})
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException):
        return 0, b""
    finally:
        connection.close()


def message(kind: str, facts: dict[str, Any]) -> bytes:
    """The body of a new ``dossier`` or of ``states``; ``facts`` replace single fields.

    Raises:
        KeyError: there is no such kind.
    """
    made: Any = {"dossier": _dossier, "states": _states}[kind](facts)
    return json.dumps(made, ensure_ascii=False).encode()


def _dossier(facts: dict[str, Any]) -> dict[str, Any]:
    return {
        "MaHoSo": "G09.20-20261123-0000001",
        "MaTTHC": "1.012345",
        "MaDichVuCong": "1.012345",
        "ChuHoSo": "NGUYỄN VĂN THỬ",
        "LoaiDoiTuong": 0,
        "MaDonViTiepNhan": "H21.15",
        "NgayNop": "2026-11-23 08:07:53",
        "NgayTiepNhan": "",
        "ThanhPhanHoSo": [
            {
                "MaThanhPhanHoSo": "000.00.00.G09-KQ000001",
                "TenThanhPhanHoSo": "Đơn đề nghị",
                "SoLuong": 1,
                "LoaiBan": 2,
                "GiayToDinhKem": [
                    {
                        "IdGiayTo": "665f1c2b9d3e4a0012345678",
                        "MaKetQua": "KQ.DVC.THONGTIN",
                        "TenGiayTo": "don.pdf",
                        "HashTepTin": "",
                    }
                ],
            }
        ],
        "ThongTinNguoiNop": {
            "LoaiDoiTuong": 0,
            "IdDoiTuong": "11111111-2222-3333-4444-555555555555",
            "ThongTinChiTiet": {
                "TenNguoiNop": "NGUYỄN VĂN THỬ",
                "SoDinhDanh": "001099000001",
                "NgayCapDinhDanh": "20210101000000",
                "NgaySinh": "19990101000000",
                "SoDienThoai": "0900000001",
                "Email": "thu@example.vn",
                "Fax": "",
                "MaTinh": "52",
                "MaHuyen": "",
                "MaXa": "23557",
                "DiaChiChiTiet": "Số 1 đường Thử",
                "TenChuHs": "NGUYỄN VĂN THỬ",
                "SoDinhDanhChuHs": "001099000001",
                "MaTinhChuHs": "52",
                "MaXaChuHs": "23557",
                "DiaChiChiTietChuHs": "Số 1 đường Thử",
            },
        },
        "EformThongTinChiTiet": {"noiDung": "Đề nghị cấp phép"},
        **facts,
    }


def _states(facts: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "IdHoSo": "665f1c2b9d3e4a0012345679",
            "MaHoSo": "H21.15-261123-0001",
            "TrangThai": 5,
            "NoiDungYKien": "Bổ sung bản vẽ",
            "PhongBanXuLy": "Vụ Thử nghiệm",
            "NoiDungXuLy": "Yêu cầu bổ sung",
            "DanhSachLePhi": [],
            "DanhSachGiayToKetQua": [],
            **facts,
        }
    ]
