"""What looks personal: by the name of a field, and by the shape of a value. For scaffolds, fixtures and checks, never to let something pass.

Both err on the side of a person: an order number of nine digits looks like an old identity card, and somebody has to say that it is none.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime

_BREAK = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+")
_NAMES = [
    "full name",
    "owner",
    "applicant",
    "citizen",
    "identity",
    "personal",
    "person",
    "payer",
    "customer",
    "phone",
    "mobile",
    "tel",
    "telephone",
    "email",
    "mail",
    "address",
    "birth",
    "birthday",
    "birth date",
    "date of birth",
    "sex",
    "gender",
    "tax code",
    "bank account",
    "account number",
    "account name",
    "passport",
    "signer",
    "officer",
    "user name",
    "holder",
    "ho ten",
    "hoten",
    "ho va ten",
    "chu ho",
    "nguoi",
    "dinh danh",
    "cccd",
    "cmnd",
    "cmt",
    "sdt",
    "dien thoai",
    "so dien thoai",
    "dia chi",
    "ngay sinh",
    "gioi tinh",
    "ma so thue",
    "mst",
    "tai khoan",
    "stk",
    "can cuoc",
    "can bo",
    "chu so huu",
    "bhxh",
    "bhyt",
]
_FAMILIES = frozenset(
    [
        "nguyễn",
        "trần",
        "lê",
        "phạm",
        "hoàng",
        "huỳnh",
        "phan",
        "vũ",
        "võ",
        "đặng",
        "bùi",
        "đỗ",
        "hồ",
        "ngô",
        "dương",
        "lý",
        "đinh",
        "đoàn",
        "lâm",
        "mai",
        "trịnh",
        "đào",
        "cao",
        "tạ",
        "hà",
        "lưu",
        "lương",
        "thái",
        "châu",
        "tô",
        "vương",
        "quách",
        "nông",
        "tăng",
        "trương",
        "nguyen",
        "tran",
        "pham",
        "hoang",
        "huynh",
        "phan",
        "vu",
        "vo",
        "dang",
        "bui",
        "do",
        "ngo",
        "duong",
        "dinh",
        "doan",
        "trinh",
        "truong",
        "luong",
    ]
)
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+")
_PHONE = re.compile(r"(?<![\w.])(?:\+?84|0)(?:[ .-]?\d){9}(?![\w])")
_TAX = re.compile(r"(?<![\w.-])\d{10}-\d{3}(?![\w-])")
_DIGITS = re.compile(r"(?<![\w.])\d{9,}(?![\w])")
_SECRETS = (
    "token",
    "secret",
    "password",
    "signature",
    "mac",
    "secure hash",
    "checksum",
    "authorization",
    "api key",
)


def named(name: str) -> bool:
    """Whether a field of this name usually holds something of a person."""
    return _holds(name, _NAMES)


def secret(name: str) -> bool:
    """Whether a field of this name usually holds a secret or a proof made with one."""
    return _holds(name, _SECRETS)


def looks(value: str) -> str:
    """Why ``value`` looks personal, in a word; empty where it does not."""
    text = unicodedata.normalize("NFC", value)
    if _EMAIL.search(text):
        return "e-mail"
    if _TAX.search(text):
        return "tax code"
    for run in _DIGITS.findall(text):
        if not _is_moment(run):
            return _kind(run)
    if _PHONE.search(text):
        return "phone"
    return "name" if _is_name(text) else ""


def _holds(name: str, known: tuple[str, ...] | list[str]) -> bool:
    plain = unicodedata.normalize("NFD", name).replace("đ", "d").replace("Đ", "D")
    ascii_only = "".join(character for character in plain if not unicodedata.combining(character))
    words = f" {' '.join(part.lower() for part in _BREAK.split(ascii_only) if part)} "
    return any(f" {each} " in words for each in known)


def _kind(run: str) -> str:
    if len(run) == 10 and run.startswith("0"):
        return "phone"
    return {9: "identity number", 12: "personal number", 10: "tax code", 13: "tax code"}.get(
        len(run), "account number"
    )


def _is_moment(run: str) -> bool:
    if len(run) != 14:
        return False
    try:
        found = datetime.strptime(run, "%Y%m%d%H%M%S")  # noqa: DTZ007 - only whether there is one
    except ValueError:
        return False
    return 1990 <= found.year <= 2099


def _is_name(text: str) -> bool:
    words = text.split()
    for at, word in enumerate(words):
        if word.lower() not in _FAMILIES:
            continue
        rest = words[at : at + 4]
        run = [each for each in rest if each[:1].isupper() and each.isalpha()]
        if len(run) >= 2 and run == rest[: len(run)]:
            return True
    return False
