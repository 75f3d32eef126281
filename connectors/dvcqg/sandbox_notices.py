"""What the sandbox portal sends to a one-stop system, and how it calls."""

from __future__ import annotations

import base64
import http.client
import json
from typing import Any
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

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
    """The body of a new ``dossier``, a ``tax-notice`` or a ``tax-receipt``; ``facts`` replace single fields.

    Raises:
        KeyError: there is no such kind.
    """
    made = {"dossier": _dossier, "tax-notice": _notice, "tax-receipt": _receipt}[kind](facts)
    return json.dumps(made, ensure_ascii=False).encode()


def _dossier(facts: dict[str, Any]) -> dict[str, Any]:
    return {
        "MaHoSo": "000.00.00.H21-261123-9001",
        "MaTTHC": "2.000131",
        "MaSoThue": "0100000001",
        "TenThuongNhan": "Công ty TNHH Thử Nghiệm",
        "DiaChiDoanhNghiep": {
            "MaTinh": "52",
            "MaHuyen": "",
            "MaXa": "23557",
            "DiaChiChiTiet": "Số 1 đường Thử",
        },
        "TepDonDangKy": _packed(b"%PDF-1.4 don dang ky %%EOF"),
        "TaiLieuNop": [{"TenTepDinhKem": "Thể lệ.pdf", "Base64": _packed(b"%PDF-1.4 the le %%EOF")}],
        **facts,
    }


def _notice(facts: dict[str, Any]) -> dict[str, Any]:
    code = str(facts.get("MaHoSo", "H21.15-261123-0001"))
    rows = facts.get("rows") or [
        {
            "MA_SO_THUE": "8000000001",
            "SO_QUYET_DINH": "LTB2121-TK001",
            "NGAY_QUYET_DINH": "23/11/2026",
            "SO_TIEN": "1500000",
            "TEN_TIEU_MUC": "Lệ phí trước bạ nhà đất",
        }
    ]
    lists = "".join(
        f"<LIST>{''.join(f'<{name}>{escape(str(value))}</{name}>' for name, value in row.items())}</LIST>"
        for row in rows
    )
    raw = f'<?xml version="1.0" encoding="UTF-8"?><ROW_LIST><MA_HSO>{escape(code)}{lists}</MA_HSO></ROW_LIST>'
    return {"MaHoSo": code, "FileThongBaoThue": _packed(raw.encode())}


def _receipt(facts: dict[str, Any]) -> dict[str, Any]:
    return {
        "MaHoSo": "H21.15-261123-0001",
        "HoTenNguoiNopTien": "NGUYỄN VĂN THỬ",
        "SoCMTNguoiNopTien": "001099000001",
        "DiaChiNguoiNopTien": "Số 1 đường Thử",
        "TinhNguoiNopTien": "Tỉnh Thử",
        "HuyenNguoiNopTien": "",
        "XaNguoiNopTien": "Phường Thử",
        "MaSoThue": "8000000001",
        "UrlFileChungTu": "https://dvcqg.example/chung-tu/1",
        "ThongTinThanhToan": {
            "MaThongBaoThue": "LTB2121-TK001",
            "ThoiGianThanhToan": "20261124093000",
            "SoTien": "1500000",
            "NoiDungThanhToan": "Nộp lệ phí trước bạ",
            "TrangThaiThanhToan": "1",
        },
        **facts,
    }


def _packed(content: bytes) -> str:
    return base64.b64encode(content).decode()
