"""The sandbox of the business register: made-up enterprises in every shape of address and answer that was seen.

Written from the facts in ``contract/``, sharing no code with the client. Control: ``/_sandbox/business_registration/...``.
What no paper tells (words of refusals, fields of cooperatives and households) is this sandbox's own choice.
"""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta, timezone
from importlib import resources
from typing import Any

from connectors.kit.sandbox import Clock, Sandbox, SandboxAnswer, SandboxRequest, route

_ZONE = timezone(timedelta(hours=7))
_OPERATIONS = {
    "chiTietDoanhNghiep": "enterprise",
    "danhSachHoSoTrongNgay": "dossiers_today",
    "danhSachHoSo": "dossiers_between",
    "tinhTrangHoSo": "dossier_status",
}
_CODE = re.compile(r"[0-9]{10}(-[0-9]{3})?|[0-9]{12}")


class RegisterSandbox(Sandbox):
    """The register behind all of its addresses at once.

    Args:
        newer: blocks as one newer client reads them (BusinessActivities, a list of representatives, ISO dates); else as
            the document has them (BusinessActivity, one representative as an object, dd/MM/yyyy).
        token: bearer token that calls must carry; empty: none.
        quota: calls that are answered; ``None``: all.
    """

    system = "business_registration"

    def __init__(
        self, *, clock: Clock | None = None, newer: bool = False, token: str = "", quota: int | None = None
    ) -> None:
        super().__init__(clock=clock)
        self.newer, self.token, self.quota = newer, token, quota
        text = resources.files("connectors.business_registration.contract").joinpath("books.json")
        books = json.loads(text.read_text("utf-8"))
        self.registers: dict[str, dict[str, Any]] = {name: books[name] for name in ("ent", "coop", "hh")}
        self.dossiers: list[dict[str, Any]] = books["dossiers"]
        self.asked: list[str] = []

    def operation_of(self, request: SandboxRequest) -> str:
        """At the adapter the query says what is wanted."""
        if request.path.rstrip("/") == "/dkdn/adapter":
            return _OPERATIONS.get(request.query.get("category", ""), "")
        return super().operation_of(request)

    # ---- what the register offers ------------------------------------------------------------------------------------

    @route("GET", "/dkdn/apiCSDLDKDN/{version}/chiTietDoanhNghiep", "enterprise")
    @route("GET", "/dkdn/apiCSDLDKDN/chiTietDoanhNghiep", "enterprise")
    def enterprise(self, request: SandboxRequest) -> SandboxAnswer:
        """``msdn``: one enterprise in the old envelope."""
        return self._counted_call(request) or self._detail(request)

    @route("GET", "/dkdn/apiCSDLDKDN/{version}/danhSachHoSoTrongNgay", "dossiers_today")
    @route("GET", "/dkdn/apiCSDLDKDN/danhSachHoSoTrongNgay", "dossiers_today")
    def today(self, request: SandboxRequest) -> SandboxAnswer:
        """``from_ts``, ``to_ts``, ``offset``, ``limit``."""
        return self._counted_call(request) or self._today(request)

    @route("GET", "/dkdn/apiCSDLDKDN/{version}/danhSachHoSo", "dossiers_between")
    @route("GET", "/dkdn/apiCSDLDKDN/danhSachHoSo", "dossiers_between")
    def between(self, request: SandboxRequest) -> SandboxAnswer:
        """``from_date``, ``to_date``, ``offset``, ``limit``: at most five days."""
        return self._counted_call(request) or self._between(request)

    @route("GET", "/dkdn/apiCSDLDKDN/{version}/tinhTrangHoSo", "dossier_status")
    @route("GET", "/dkdn/apiCSDLDKDN/tinhTrangHoSo", "dossier_status")
    def status(self, request: SandboxRequest) -> SandboxAnswer:
        """``in_journal_no``."""
        return self._counted_call(request) or self._status(request)

    @route("GET", "/dkdn/adapter", "adapter")
    def adapter(self, request: SandboxRequest) -> SandboxAnswer:
        """``category`` and ``version`` in the query."""
        stopped = self._counted_call(request)
        if stopped is not None:
            return stopped
        if request.query.get("version") != "1.1":
            return _envelope(None, "sai version", good=False)
        match request.query.get("category"):
            case "chiTietDoanhNghiep":
                return self._detail(request)
            case "danhSachHoSoTrongNgay":
                return self._today(request)
            case "danhSachHoSo":
                return self._between(request)
            case "tinhTrangHoSo":
                return self._status(request)
        return _envelope(None, "sai category", good=False)

    @route("GET", "/dkdn/apiDKKD/DoanhNghiep/chiTietDoanhNghiep", "enterprise")
    def facade_enterprise(self, request: SandboxRequest) -> SandboxAnswer:
        """``msdn`` → GetEntCert."""
        return self._counted_call(request) or self._certificate(request, "ent", "msdn", "GetEntCert")

    @route("GET", "/dkdn/apiDKKD/HopTacXa/chiTietHopTacXa", "cooperative")
    def cooperative(self, request: SandboxRequest) -> SandboxAnswer:
        """``mst`` → CoopCert."""
        return self._counted_call(request) or self._certificate(request, "coop", "mst", "CoopCert")

    @route("GET", "/dkdn/apiDKKD/HoKinhDoanh/chiTietHoKinhDoanh", "household")
    def household(self, request: SandboxRequest) -> SandboxAnswer:
        """``mst`` → HHCert."""
        return self._counted_call(request) or self._certificate(request, "hh", "mst", "HHCert")

    # ---- control -----------------------------------------------------------------------------------------------------

    @route("POST", "/_sandbox/business_registration/enterprise", "control")
    def set_enterprise(self, request: SandboxRequest) -> SandboxAnswer:
        """``{register: ent|coop|hh, code, certificate}``: put one in; ``certificate: null`` takes it out."""
        try:
            facts = json.loads(request.body or b"{}")
            register = self.registers[facts["register"]]
            if facts["certificate"] is None:
                register.pop(facts["code"], None)
            else:
                register[facts["code"]] = facts["certificate"]
        except (ValueError, KeyError) as exc:
            return _json({"error": f"malformed request: {exc}"}, 422)
        return _json({"set": facts["code"]}, 201)

    @route("POST", "/_sandbox/business_registration/dossiers", "control")
    def add_dossiers(self, request: SandboxRequest) -> SandboxAnswer:
        """``[{IN_JOURNAL_NO, RECEIPT_DATE dd/MM/yyyy, at HH:mm, ...}]``."""
        try:
            rows = json.loads(request.body or b"[]")
            for row in rows:
                datetime.strptime(f"{row['RECEIPT_DATE']} {row['at']}", "%d/%m/%Y %H:%M").replace(
                    tzinfo=_ZONE
                )
        except (ValueError, KeyError, TypeError) as exc:
            return _json({"error": f"malformed request: {exc}"}, 422)
        self.dossiers += rows
        return _json({"added": len(rows)}, 201)

    @route("GET", "/_sandbox/business_registration/books", "control")
    def show_books(self, request: SandboxRequest) -> SandboxAnswer:
        """Everything that the register holds, and how often it was asked."""
        del request
        return _json({**self.registers, "dossiers": self.dossiers, "calls": len(self.asked)})

    # ---- its own rules -----------------------------------------------------------------------------------------------

    def _counted_call(self, request: SandboxRequest) -> SandboxAnswer | None:
        if self.token and request.headers.get("authorization") != f"Bearer {self.token}":
            return _json({"fault": "unauthorized"}, 401)
        if request.parts.get("version", "1.0") != "1.0":
            return _json({"fault": "no such version"}, 404)
        if self.quota is not None and len(self.asked) >= self.quota:
            return SandboxAnswer(429, {"Content-Type": "text/plain", "Retry-After": "3600"}, b"quota")
        self.asked.append(request.path)
        return None

    def _detail(self, request: SandboxRequest) -> SandboxAnswer:
        code = request.query.get("msdn", "")
        if not _CODE.fullmatch(code):
            return _envelope(None, "Mã số doanh nghiệp không hợp lệ", good=False)
        found = self.registers["ent"].get(code)
        return _envelope({} if found is None else self._shown(found), "", count=found is not None)

    def _certificate(self, request: SandboxRequest, register: str, name: str, wrapper: str) -> SandboxAnswer:
        found = self.registers[register].get(request.query.get(name, ""))
        return _json({wrapper: None if found is None else [self._shown(found)]})

    def _shown(self, certificate: dict[str, Any]) -> dict[str, Any]:
        if not self.newer:
            return certificate
        made: dict[str, Any] = json.loads(json.dumps(certificate))
        made["BusinessActivities"] = made.pop("BusinessActivity", [])
        people = made.get("Representatives")
        made["Representatives"] = [people] if isinstance(people, dict) else people or []
        main = made["MainInformation"]
        for name in ("FOUNDING_DATE", "LAST_AMEND_DATE"):
            if main.get(name):
                main[name] = datetime.strptime(main[name], "%d/%m/%Y").strftime("%Y-%m-%dT00:00:00")  # noqa: DTZ007
        main["ENTERPRISE_STATUS_NAME"] = main.pop("ENTERPRISE_STATUS", None)
        main["ENTERPRISE_STATUS_ID"] = "1"
        return made

    def _today(self, request: SandboxRequest) -> SandboxAnswer:
        day = self.clock.now().astimezone(_ZONE).strftime("%d/%m/%Y")
        first, last = request.query.get("from_ts", ""), request.query.get("to_ts", "")
        rows = [r for r in self.dossiers if r["RECEIPT_DATE"] == day and first <= r["at"] <= last]
        return self._page(request, rows)

    def _between(self, request: SandboxRequest) -> SandboxAnswer:
        try:
            first, last = (
                datetime.strptime(request.query[name], "%d/%m/%Y").replace(tzinfo=_ZONE)
                for name in ("from_date", "to_date")
            )
        except (KeyError, ValueError):
            return _envelope(None, "ngày không hợp lệ", good=False)
        if not timedelta(0) <= last - first < timedelta(days=5):
            return _envelope(None, "khoảng thời gian tối đa 5 ngày", good=False)
        rows = []
        for row in self.dossiers:
            day = datetime.strptime(row["RECEIPT_DATE"], "%d/%m/%Y").replace(tzinfo=_ZONE)
            if first <= day <= last:
                rows.append(row)
        return self._page(request, rows)

    def _page(self, request: SandboxRequest, rows: list[dict[str, Any]]) -> SandboxAnswer:
        try:
            offset, limit = int(request.query["offset"]), int(request.query["limit"])
        except (KeyError, ValueError):
            return _envelope(None, "thiếu offset, limit", good=False)
        hidden = (
            "at",
            "CONTACT_FULL_NAME",
            "CONTACT_ID_NO",
            "CONTACT_PHONE",
            "CONTACT_EMAIL",
            "CONTACT_ADDRESS",
        )
        page = [{k: v for k, v in r.items() if k not in hidden} for r in rows[offset : offset + limit]]
        return _envelope(page, "", count=len(rows))

    def _status(self, request: SandboxRequest) -> SandboxAnswer:
        number = request.query.get("in_journal_no")
        found = [
            {k: v for k, v in r.items() if k != "at"} for r in self.dossiers if r["IN_JOURNAL_NO"] == number
        ]
        return _envelope(found[0] if found else None, "", count=len(found))


def _envelope(data: object, message: str, *, good: bool = True, count: int = 0) -> SandboxAnswer:
    return _json({"Data": data, "DataCount": int(count), "Status": "1" if good else "0", "Message": message})


def _json(data: object, status: int = 200) -> SandboxAnswer:
    raw = json.dumps(data, ensure_ascii=False).encode()
    return SandboxAnswer(status, {"Content-Type": "application/json; charset=utf-8"}, raw)
