"""The sandbox of social security's look-ups, with made-up people. Control: ``/_sandbox/social_insurance/...``.

Written from the facts in ``contract/``, sharing no code with the client. What no paper tells (what an answer about nobody looks
like, the codes of errors) is this sandbox's own choice.
"""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

from connectors.kit.sandbox import Clock, Sandbox, SandboxAnswer, SandboxRequest, route

_PERSON = (
    "hoTen",
    "soSoCu",
    "ngaySinh",
    "loaiNgaySinh",
    "gioiTinh",
    "maTinhKs",
    "maHuyenKs",
    "maXaKs",
    "trangThai",
)
_CRITERIA = {"hoTen", "ngaySinh", "loaiNgaySinh", "gioiTinh", "maTinhKs", "maHuyenKs", "maXaKs", "isKs"}
_HOUSEHOLD = {"hoTen", "ngaySinh", "loaiNgaySinh", "gioiTinh", "soSo", "maThe", "isKs"}


class InsuranceSandbox(Sandbox):
    """Their register.

    Args:
        token: bearer token that calls must carry; empty: none.
        province_key: how the household look-up wants its province; the document prints a space before it.
    """

    system = "social_insurance"

    def __init__(self, *, clock: Clock | None = None, token: str = "", province_key: str = "maTinh") -> None:
        super().__init__(clock=clock)
        self.token, self.province_key = token, province_key
        text = resources.files("connectors.social_insurance.contract").joinpath("people.json")
        self.people: list[dict[str, Any]] = json.loads(text.read_text("utf-8"))["people"]
        self.looks: list[dict[str, str]] = []

    # ---- what they offer ---------------------------------------------------------------------------------------------

    @route("POST", "/bhxh/apiBHXH/getTraCuuTtHgdByMaSoBhxh", "by_number")
    def by_number(self, request: SandboxRequest) -> SandboxAnswer:
        """By social insurance number; nobody is an empty object."""
        asked = self._asked(request, {"maSoBhxh"})
        if isinstance(asked, SandboxAnswer):
            return asked
        found = [each for each in self.people if each["maSoBhxh"] == asked["maSoBhxh"]]
        self._look("by_number", len(found))
        return _json({name: found[0][name] for name in _PERSON} if found else {})

    @route("POST", "/bhxh/apiBHXH/getMaSoBhxhTheoTieuChi", "find_number")
    def find_number(self, request: SandboxRequest) -> SandboxAnswer:
        """By name, birth, sex and place; nobody and several are errors of this sandbox's own."""
        asked = self._asked(request, _CRITERIA)
        if isinstance(asked, SandboxAnswer):
            return asked
        found = [each for each in self._alike(asked) if self._lives(each, asked)]
        self._look("find_number", len(found))
        if len(found) != 1:
            code = "ND-00" if not found else "ND-02"
            return _json({"maSoBhxh": "", "trangThai": "", "errorCode": code})
        return _json({"maSoBhxh": found[0]["maSoBhxh"], "trangThai": found[0]["trangThai"], "errorCode": ""})

    @route("POST", "/bhxh/apiBHXH/getTraCuuThongTinHgd", "household")
    def household(self, request: SandboxRequest) -> SandboxAnswer:
        """The household of somebody; nobody is an empty list."""
        asked = self._asked(request, _HOUSEHOLD | {self.province_key})
        if isinstance(asked, SandboxAnswer):
            return asked
        where = "maTinhKs" if asked["isKs"] == "1" else "maTinhHo"
        found = [
            each
            for each in self._alike(asked)
            if each[where] == asked[self.province_key]
            and asked["soSo"] in ("", each["soSoCu"])
            and asked["maThe"] in ("", each["maThe"])
        ]
        homes = {each["maHo"] for each in found}
        names = ("hoTen", "ngaySinh", "loaiNgaySinh", "gioiTinh", "maHo", "diaChi", "trangThai")
        rows = [
            {"maSo": each["maSoBhxh"], **{name: each[name] for name in names}}
            for each in self.people
            if each["maHo"] in homes
        ]
        self._look("household", len(rows))
        return _json(rows)

    # ---- control -----------------------------------------------------------------------------------------------------

    @route("POST", "/_sandbox/social_insurance/people", "control")
    def add_person(self, request: SandboxRequest) -> SandboxAnswer:
        """One person with all the fields of ``contract/people.json``."""
        try:
            person = json.loads(request.body or b"{}")
            missing = [name for name in self.people[0] if not isinstance(person[name], str)]
        except (ValueError, KeyError, TypeError) as exc:
            return _json({"error": f"malformed request: {exc}"}, 422)
        if missing:
            return _json({"error": f"no texts: {missing}"}, 422)
        self.people.append(person)
        return _json({"added": person["maSoBhxh"]}, 201)

    @route("GET", "/_sandbox/social_insurance/books", "control")
    def show_books(self, request: SandboxRequest) -> SandboxAnswer:
        """Who is insured, and every look."""
        del request
        return _json({"people": self.people, "looks": self.looks})

    # ---- their rules -------------------------------------------------------------------------------------------------

    def _asked(self, request: SandboxRequest, names: set[str]) -> dict[str, str] | SandboxAnswer:
        if self.token and request.headers.get("authorization") != f"Bearer {self.token}":
            return _json({"fault": "unauthorized"}, 401)
        try:
            asked = json.loads(request.body)
        except ValueError:
            return _json({"fault": "not JSON"}, 400)
        if not isinstance(asked, dict) or set(asked) != names:
            return _json({"fault": f"expected: {sorted(names)}"}, 400)
        if not all(isinstance(value, str) for value in asked.values()):
            return _json({"fault": "every value is a text"}, 400)
        if asked.get("loaiNgaySinh", "0") not in ("0", "1", "2") or asked.get("gioiTinh", "1") not in (
            "1",
            "2",
            "3",
        ):
            return _json({"fault": "loaiNgaySinh is 0, 1, 2; gioiTinh is 1, 2, 3"}, 400)
        return asked

    def _alike(self, asked: dict[str, str]) -> list[dict[str, Any]]:
        kind = asked["loaiNgaySinh"]
        known = {"0": 8, "1": 4, "2": 6}[kind]
        return [
            each
            for each in self.people
            if each["hoTen"].casefold() == asked["hoTen"].casefold()
            and each["gioiTinh"] == asked["gioiTinh"]
            and each["loaiNgaySinh"] == kind
            and each["ngaySinh"][:known] == asked["ngaySinh"][:known]
        ]

    def _lives(self, each: dict[str, Any], asked: dict[str, str]) -> bool:
        province, commune = ("maTinhKs", "maXaKs") if asked["isKs"] == "1" else ("maTinhHo", "maXaHo")
        fits: bool = each[province] == asked["maTinhKs"] and each[commune] == asked["maXaKs"]
        return fits and asked["maHuyenKs"] in ("", each["maHuyenKs"])

    def _look(self, operation: str, found: int) -> None:
        self.looks.append({"operation": operation, "found": str(found)})


def _json(data: object, status: int = 200) -> SandboxAnswer:
    raw = json.dumps(data, ensure_ascii=False).encode()
    return SandboxAnswer(status, {"Content-Type": "application/json; charset=utf-8"}, raw)
