"""The sandbox case system: Keycloak, search, detail, fees, and the six-step adapter. Shares no code with the client.

Control: ``/_sandbox/igate/...``. What no paper tells (paths of the adapter, what an update does) is this sandbox's choice.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

from connectors.igate.sandbox_books import (
    CARRY_FEES,
    LOCAL_OF_NATIONAL,
    STATUS_OF_STATE,
    ZONE,
    Case,
    Fee,
    fee_item,
    paper_bytes,
    paper_item,
    search_item,
)
from connectors.igate.sandbox_controls import CaseSystemControls
from connectors.kit.sandbox import Clock, SandboxAnswer, SandboxRequest, route

_REALM = "/auth/realms/digo/protocol/openid-connect/token"
_ISO_MS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}")
_SPACED = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")


class CaseSystemSandbox(CaseSystemControls):
    """One province's case system.

    Args:
        client_id, client_secret: for both tokens. user, password: for the password grant.
        token_seconds: life of a token by this sandbox's clock.
        token_uses: a token is refused after so many calls, whatever was promised; ``None``: never.
        plain_ok: the adapter answers writes with the plain text ``OK``.
    """

    system = "igate"

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        client_id: str = "lienthong",
        client_secret: str,
        user: str = "",
        password: str = "",
        token_seconds: int = 300,
        token_uses: int | None = None,
        plain_ok: bool = False,
    ) -> None:
        super().__init__(clock=clock)
        self.client_id, self.client_secret = client_id, client_secret
        self.user, self.password = user, password
        self.token_seconds, self.token_uses, self.plain_ok = token_seconds, token_uses, plain_ok
        self.cases: dict[str, Case] = {}
        self._by_id: dict[str, Case] = {}
        self._tokens: dict[str, tuple[datetime, int]] = {}
        self._count = 0
        self.uploads: set[str] = set()

    # ---- tokens ------------------------------------------------------------------------------------------------------

    @route("POST", _REALM, "token")
    def token(self, request: SandboxRequest) -> SandboxAnswer:
        """Keycloak: client credentials, password, refresh."""
        form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        grant = form.get("grant_type")
        good = form.get("client_id") == self.client_id
        if grant == "client_credentials":
            good = good and form.get("client_secret") == self.client_secret
        elif grant == "password":
            good = good and (form.get("username"), form.get("password")) == (self.user, self.password)
        elif grant == "refresh_token":
            good = good and form.get("refresh_token", "").startswith("refresh-")
        else:
            good = False
        if not good:
            return _json({"error": "invalid_grant"}, 401)
        made = self._new_token()
        return _json({**made, "refresh_token": f"refresh-{self._count}", "refresh_expires_in": 1800})

    @route("POST", "/adapter/GetToken", "adapter_token")
    def adapter_token(self, request: SandboxRequest) -> SandboxAnswer:
        """Step 1 of the adapter."""
        asked = _read(request)
        if (asked.get("client_id"), asked.get("client_secret")) != (self.client_id, self.client_secret):
            return _json({"code": 401, "message": "Sai thông tin"}, 401)
        return _json({"code": 200, "message": "Thành công", "data": {**self._new_token(), "scope": "dvc"}})

    # ---- reading -----------------------------------------------------------------------------------------------------

    @route("GET", "/pa/dossier/search", "search")
    def search(self, request: SandboxRequest) -> SandboxAnswer:
        """Paged search, as slice or page."""
        query = request.query

        def act() -> SandboxAnswer:
            found = [case for case in self.cases.values() if _fits(case, query)]
            field, _, order = query.get("sort", "updatedDate,desc").partition(",")
            found.sort(
                key=lambda case: (case.applied if field == "appliedDate" else case.updated, case.number),
                reverse=order == "desc",
            )
            size, number = int(query.get("size", "20")), int(query.get("page", "0"))
            part = found[number * size : (number + 1) * size]
            answer: dict[str, Any] = {
                "content": [search_item(case) for case in part],
                "number": number,
                "size": size,
                "numberOfElements": len(part),
                "first": number == 0,
                "last": (number + 1) * size >= len(found),
                "empty": not part,
            }
            if query.get("spec") == "page":
                answer |= {"totalElements": len(found), "totalPages": -(-len(found) // size)}
            return _json(answer)

        return self._with_token(request, act)

    @route("GET", "/pa/dossier/{id}/--online", "dossier")
    def dossier(self, request: SandboxRequest) -> SandboxAnswer:
        """One whole dossier."""

        def act() -> SandboxAnswer:
            case = self._by_id.get(request.parts["id"])
            if case is None:
                return _json({"message": "Không tìm thấy hồ sơ"}, 404)
            whole = search_item(case) | {
                "dossierFee": [fee_item(case, fee) for fee in case.fees],
                "dossierFormFile": [
                    paper_item(case, number, name) for number, name in enumerate(case.papers, 1)
                ],
            }
            return _json(whole)

        return self._with_token(request, act)

    @route("GET", "/fi/file/{id}", "file")
    def file(self, request: SandboxRequest) -> SandboxAnswer:
        """The bytes of one file."""

        def act() -> SandboxAnswer:
            number, _, place = request.parts["id"].rpartition("-")
            case = self._by_id.get(number)
            if case is None or not place.isdigit() or not 0 < int(place) <= len(case.papers):
                return _json({"message": "Không tìm thấy tệp"}, 404)
            return SandboxAnswer(200, {"Content-Type": "application/pdf"}, paper_bytes(case, int(place)))

        return self._with_token(request, act)

    @route("GET", "/pa/dossier-fee/--by-dossiers", "fees")
    def fees(self, request: SandboxRequest) -> SandboxAnswer:
        """Fee lines of several dossiers in one list."""

        def act() -> SandboxAnswer:
            ids = request.query.get("dossier-ids", "").split(",")
            cases = [self._by_id[each] for each in ids if each in self._by_id]
            return _json([fee_item(case, fee) for case in cases for fee in case.fees])

        return self._with_token(request, act)

    # ---- the six-step adapter, steps 2 to 6 --------------------------------------------------------------------------

    @route("GET", "/adapter/GetNextValue", "next_code")
    def next_value(self, request: SandboxRequest) -> SandboxAnswer:
        """Step 2: the next dossier code."""

        def act() -> SandboxAnswer:
            self._count += 1
            return _json({"value": f"{request.query['code']}-{self._today():%y%m%d}-{self._count:04d}"})

        return self._with_token(request, act)

    @route("POST", "/adapter/UploadFile", "upload")
    def upload(self, request: SandboxRequest) -> SandboxAnswer:
        """Step 3: a file."""

        def act() -> SandboxAnswer:
            if not request.headers.get("content-type", "").startswith("multipart/form-data"):
                return _json({"code": 400, "message": "Thiếu tệp"}, 400)
            digest = hashlib.sha256(request.body).hexdigest()
            self.uploads.add(digest[:24])
            return _json(
                {"code": 200, "message": "OK", "data": [{"IdTepTin": digest[:24], "HashTepTin": digest}]}
            )

        return self._with_token(request, act)

    @route("POST", "/adapter/NoiHoSo", "create_dossier")
    def create(self, request: SandboxRequest) -> SandboxAnswer:
        """Step 4: a dossier, with the adapter's own forms of dates."""

        def act() -> SandboxAnswer:
            asked = _read(request)
            code = asked.get("MaHoSo", "")
            if code in self.cases:
                return _json({"code": 400, "message": "Hồ sơ đã tồn tại"})
            if not code or not _SPACED.fullmatch(asked.get("NgayNop", "")):
                return _json({"code": 400, "message": "Thiếu MaHoSo hoặc NgayNop"}, 400)
            if not asked.get("ChuHoSo") or not asked.get("MaDonViTiepNhan"):
                return _json({"code": 400, "message": "Thiếu ChuHoSo hoặc MaDonViTiepNhan"}, 400)
            papers = asked.get("ThanhPhanHoSo") or []
            files = [each["IdGiayTo"] for paper in papers for each in paper["GiayToDinhKem"]]
            if not set(files) <= self.uploads:
                return _json({"code": 400, "message": "Sai IdGiayTo"}, 400)
            facts = {"code": code, "procedure": asked.get("MaTTHC", ""), "applicant": asked["ChuHoSo"]}
            facts["papers"] = [paper["TenThanhPhanHoSo"] for paper in papers]
            case = self._file({**facts, "agency": asked["MaDonViTiepNhan"]})
            return _json({"code": 200, "data": {"idHoSo": case.number, "maHoSo": code}})

        return self._with_token(request, act)

    @route("POST", "/adapter/CapNhatTienTrinh", "add_note")
    def progress(self, request: SandboxRequest) -> SandboxAnswer:
        """Step 5: steps of a dossier's history."""

        def one(item: dict[str, Any]) -> str:
            case = self._case(item.get("IDHoSo"), item.get("MaHoSo"))
            if case is None:
                return "Không tìm thấy hồ sơ"
            if not item.get("NguoiXuLy") or not _ISO_MS.fullmatch(item.get("ThoiDiemXuLy", "")):
                return "Thiếu NguoiXuLy hoặc ThoiDiemXuLy"
            case.told.append({"step": item["TrangThai"], "text": item.get("NoiDungXuLy", "")})
            return ""

        return self._with_token(request, lambda: self._each(request, one))

    @route("POST", "/adapter/CapNhatTrangThai", "update_status")
    def status(self, request: SandboxRequest) -> SandboxAnswer:
        """Step 6: a state, fees only with 5, 6 and 9."""

        def one(item: dict[str, Any]) -> str:
            case = self._case(item.get("IdHoSo"), item.get("MaHoSo"))
            if case is None:
                return "Không tìm thấy hồ sơ"
            national, lines = item.get("TrangThai"), item.get("DanhSachLePhi")
            if national not in LOCAL_OF_NATIONAL or (lines and national not in CARRY_FEES):
                return "Sai trạng thái"
            self._told(case, item, int(national), lines or [])
            return ""

        return self._with_token(request, lambda: self._each(request, one))

    def operation_of(self, request: SandboxRequest) -> str:
        """A fee confirmation is an operation of its own, though its address is the status's."""
        operation = super().operation_of(request)
        if operation == "update_status" and b'"DanhSachLePhi"' in request.body:
            return "confirm_fee"
        return operation

    # ---- its own rules -----------------------------------------------------------------------------------------------

    def _told(self, case: Case, item: dict[str, Any], national: int, lines: list[dict[str, Any]]) -> None:
        paid = item.get("TrangThaiThanhToan") in (1, "1")
        for line in lines:
            if paid or line.get("TrangThaiThanhToan") in (1, "1"):
                self._pay(case, line)
                paid = True
        if paid:
            fact = {"at": iso_utc(self.clock.now()), "state": national, "text": item.get("NoiDungXuLy", "")}
            case.confirmations.append({**fact, "lines": [line.get("MaPhiLePhi") for line in lines]})
        else:
            case.status = LOCAL_OF_NATIONAL[national]
            case.told.append({"state": national, "text": item.get("NoiDungXuLy", "")})
        self._touch(case)

    @staticmethod
    def _pay(case: Case, line: dict[str, Any]) -> None:
        for fee in case.fees:
            if fee.code == line.get("MaPhiLePhi") or fee.name == line.get("TenPhiLePhi"):
                fee.paid = int(line["Gia"])  # a value that is set: once or five times is the same

    def _file(self, facts: dict[str, Any]) -> Case:
        self._count += 1
        now = self.clock.now()
        agency = str(facts.get("agency", "H21.129"))
        code = str(facts.get("code") or f"{agency}-{now.astimezone(ZONE):%y%m%d}-{self._count:04d}")
        if code in self.cases:
            raise ValueError("this code is there")
        wanted = facts.get("status", 0)
        case = Case(
            number=f"{self._count:024x}",
            code=code,
            national_code=str(facts.get("national_code", "")),
            procedure=str(facts.get("procedure", "1.004199")),
            procedure_name=str(facts.get("procedure_name", "Thủ tục thử")),
            agency=agency,
            agency_name=str(facts.get("agency_name", f"Cơ quan {agency}")),
            applicant=str(facts.get("applicant", "NGƯỜI NỘP THỬ")),
            name_key=str(facts.get("name_key", "ownerFullname" if self._count % 2 else "fullname")),
            status=wanted if isinstance(wanted, int) else STATUS_OF_STATE[wanted],
            applied=now,
            updated=now,
            fees=[self._fee(item, 0) for item in facts.get("fees", [])],
            form=dict(facts.get("form", {})),
            papers=[str(name) for name in facts.get("papers", ())],
        )
        self.cases[code] = self._by_id[case.number] = case
        return case

    def _fee(self, item: dict[str, Any], paid: int) -> Fee:
        self._count += 1
        return Fee(
            code=str(item["code"]),
            name=str(item["name"]),
            kind=str(item.get("kind", "lệ phí")),
            amount=int(item["amount"]),
            quantity=int(item.get("quantity", 1)),
            required=bool(item.get("required", True)),
            paid=paid,
            number=f"{self._count:024x}",
        )

    def _touch(self, case: Case) -> None:
        """The time of change, in whole milliseconds as it is told, never standing still."""
        now = self.clock.now()
        now = now.replace(microsecond=now.microsecond // 1000 * 1000)
        case.updated = max(now, case.updated)

    def _case(self, number: Any, code: Any) -> Case | None:
        return self._by_id.get(str(number)) or self.cases.get(str(code))

    def _each(self, request: SandboxRequest, act: Callable[[dict[str, Any]], str]) -> SandboxAnswer:
        items = json.loads(request.body)
        if not isinstance(items, list) or not items:
            return _json({"code": 400, "message": "Thiếu danh sách"}, 400)
        wrong = next((words for words in map(act, items) if words), "")
        if wrong:
            return _text(wrong) if self.plain_ok else _json({"code": 400, "message": wrong})
        return _text("OK") if self.plain_ok else _json({"code": 200, "message": "Thành công", "data": None})

    def _with_token(self, request: SandboxRequest, act: Callable[[], SandboxAnswer]) -> SandboxAnswer:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        until, uses = self._tokens.get(token, (self.clock.now(), 0))
        if until <= self.clock.now() or (self.token_uses is not None and uses >= self.token_uses):
            return _json({"error": "invalid_token"}, 401)
        self._tokens[token] = (until, uses + 1)
        try:
            return act()
        except (KeyError, ValueError, TypeError) as exc:
            return _json({"code": 400, "message": f"Thiếu hoặc sai trường: {exc}"}, 400)

    def _new_token(self) -> dict[str, Any]:
        self._count += 1
        value = f"token-{self._count}"
        self._tokens[value] = (self.clock.now() + timedelta(seconds=self.token_seconds), 0)
        return {"access_token": value, "expires_in": self.token_seconds, "token_type": "Bearer"}

    def _today(self) -> datetime:
        return self.clock.now().astimezone(ZONE)

    def _shown(self, case: Case, status: int = 200) -> SandboxAnswer:
        return _json({"id": case.number, "code": case.code, "status": case.status}, status)

    def _control(
        self, request: SandboxRequest, act: Callable[[dict[str, Any]], SandboxAnswer]
    ) -> SandboxAnswer:
        try:
            return act(_read(request))
        except KeyError as exc:
            return _json({"error": f"no such dossier or field: {exc}"}, 404)
        except (ValueError, TypeError) as exc:
            return _json({"error": f"malformed request: {exc}"}, 422)


def iso_utc(moment: datetime) -> str:
    """For the books."""
    return moment.isoformat()


def _fits(case: Case, query: dict[str, str]) -> bool:
    statuses = query.get("dossier-status", "")
    return (
        query.get("code-match", case.code) == case.code
        and query.get("nation-code-match", case.national_code) == case.national_code
        and (not statuses or str(case.status) in statuses.split(","))
    )


def _read(request: SandboxRequest) -> dict[str, Any]:
    facts = json.loads(request.body or b"{}")
    if not isinstance(facts, dict):
        raise TypeError("an object is expected")
    return facts


def _json(data: object, status: int = 200) -> SandboxAnswer:
    raw = json.dumps(data, ensure_ascii=False).encode()
    return SandboxAnswer(status, {"Content-Type": "application/json;charset=UTF-8"}, raw)


def _text(words: str) -> SandboxAnswer:
    return SandboxAnswer(200, {"Content-Type": "text/plain;charset=UTF-8"}, words.encode())
