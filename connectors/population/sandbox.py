"""The sandbox of the population database: its own register, its own reading of requests, its own writing of answers.

Written from the published envelopes (``contract/README.md``), sharing no code with the client. Control:
``/_sandbox/population/...``. What no paper tells (faults, quota, answers to the narrower questions) is its own choice.
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import asdict
from typing import Any

from lxml import etree

from connectors.kit.sandbox import Clock, Sandbox, SandboxAnswer, SandboxRequest, route
from connectors.population.sandbox_people import PARTS, Person, answer_of, envelope, flag_of, sample_people

_SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"
_ASK = "{http://dancuquocgia.bca}"
OPERATIONS = {
    "XacThucThongTinCongDan": "confirm",
    "TraCuuThongTinCongDan": "look_up",
    "XacMinhTinhTrangHonNhan": "marital",
    "XacMinhThongTinNoiOHienTai": "residence",
    "CungCapThongTinHoGiaDinh": "household",
    "XacMinhThongTinChuHo": "head_of_household",
    "XacMinhThongTinNhanThan": "relatives",
    "XacMinhThongTinNguoiGiamHo": "guardian",
    "XacMinhTinhTrangChetMatTich": "life",
}
_NATIONAL = re.compile(r"\d\.\d{6}.*", re.ASCII)
DEFAULT_ORDER = [
    "MaYeuCau",
    "MaDVC",
    "MaTichHop",
    "MaCanBo",
    "MaDonVi",
    "TaiKhoan",
    "SoDienThoai",
    "SoDinhDanh",
    "SoCMND",
    "HoVaTen",
    "NgayThangNamSinh",
]


class _Faulty(Exception):
    """The request is refused with a fault of the caller."""


class PopulationSandbox(Sandbox):
    """One province's door to the register.

    Args:
        order: elements in the order that it insists on.
        contracts: operation → MaTichHop that it granted; empty value or no MaTichHop in ``order``: not looked at.
        officers: accounts that it knows.
        wrap: ``soap``, ``json`` or ``soap_in_json``.
        named_request, service_element: variants of the request.
        prefix: of the answers' namespace.
        flag: element of the yes or no of a confirmation, ``KetQuaXacThuc`` or ``TonTai``.
        quota: questions that are answered before 429; ``None``: no end.
        token: bearer token that calls must carry; empty: none.
    """

    system = "population"

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        order: list[str] | None = None,
        contracts: dict[str, str] | None = None,
        officers: tuple[str, ...] = ("canbo01",),
        wrap: str = "soap",
        named_request: bool = False,
        service_element: str = "MaDVC",
        prefix: str = "ns1",
        flag: str = "KetQuaXacThuc",
        quota: int | None = None,
        token: str = "",
        people: list[Person] | None = None,
    ) -> None:
        super().__init__(clock=clock)
        self.order = order or DEFAULT_ORDER
        self.contracts = contracts or dict.fromkeys(OPERATIONS.values(), "037") | {"confirm": "033"}
        self.officers, self.wrap, self.named_request = officers, wrap, named_request
        self.service_element, self.prefix, self.flag = service_element, prefix, flag
        self.quota, self.token = quota, token
        self.people = {person.number: person for person in (sample_people() if people is None else people)}
        self.looks: list[dict[str, str]] = []
        self.refused: list[dict[str, str]] = []

    def operation_of(self, request: SandboxRequest) -> str:
        """By the name of the element in the body, or by the path where the question is plain JSON."""
        if request.path.startswith("/population/"):
            return request.path.rpartition("/")[2]
        if request.path != "/population":
            return super().operation_of(request)
        try:
            return self._question(request)[0]
        except (_Faulty, ValueError, KeyError):
            return "unreadable"

    @route("POST", "/population/{operation}", "ask")
    def ask_at(self, request: SandboxRequest) -> SandboxAnswer:
        """A question at an address of its own."""
        return self.ask(request)

    @route("POST", "/population", "ask")
    def ask(self, request: SandboxRequest) -> SandboxAnswer:
        """A question; the element says which."""
        if self.token and request.headers.get("authorization") != f"Bearer {self.token}":
            return SandboxAnswer(401, {}, b"")
        if self.quota is not None and len(self.looks) >= self.quota:
            return SandboxAnswer(429, {"Retry-After": "3600"}, b"quota is used up")
        facts: dict[str, Any] = {}
        try:
            operation, facts = self._question(request)
            self._checked(operation, facts)
            body = self._answer(operation, facts)
        except (_Faulty, ValueError, KeyError) as exc:
            self.refused.append({"request": str(facts.get("MaYeuCau", "")), "why": str(exc)})
            fault = "<soapenv:Fault><faultcode>soapenv:Client</faultcode><faultstring>refused</faultstring></soapenv:Fault>"
            body = envelope(fault)
        return self._wrapped(body)

    @route("POST", "/_sandbox/population/citizens", "control")
    def add(self, request: SandboxRequest) -> SandboxAnswer:
        """A person into the register: fields of ``Person``; a number that is there is replaced."""
        try:
            person = Person(**json.loads(request.body or b"{}"))
        except (TypeError, ValueError) as exc:
            return _json({"error": str(exc)}, 422)
        self.people[person.number] = person
        return _json({"number": person.number}, 201)

    @route("POST", "/_sandbox/population/quota", "control")
    def set_quota(self, request: SandboxRequest) -> SandboxAnswer:
        """``{left: n | null}``: how many more questions are answered."""
        left = json.loads(request.body or b"{}").get("left")
        self.quota = None if left is None else len(self.looks) + int(left)
        return _json({"quota": self.quota})

    @route("GET", "/_sandbox/population/books", "control")
    def books(self, request: SandboxRequest) -> SandboxAnswer:
        """Who looked at whom and why, as the operator's own log has it, for a checker that shares no code with the product."""
        del request
        return _json(
            {
                "looks": self.looks,
                "refused": self.refused,
                "quota": self.quota,
                "people": {number: asdict(person) for number, person in self.people.items()},
            }
        )

    def _question(self, request: SandboxRequest) -> tuple[str, dict[str, Any]]:
        raw = request.body
        if self.wrap == "json":
            return request.path.rpartition("/")[2], _from_json(json.loads(raw))
        if self.wrap == "soap_in_json":
            outer = json.loads(raw)
            if not outer["accessToken"] or ":" not in base64.b64decode(outer["AuthHash"]).decode():
                raise _Faulty("tokens are missing")
            raw = outer["data"].encode()
        elif request.headers.get("soapaction") != '""' or "xml" not in request.headers.get(
            "content-type", ""
        ):
            raise _Faulty("an XML body with an empty quoted SOAPAction is expected")
        try:
            root = etree.fromstring(raw, etree.XMLParser(resolve_entities=False, no_network=True))
        except etree.XMLSyntaxError as exc:
            raise _Faulty("no XML") from exc
        asked = root.findall(f"{_SOAP}Body/*")
        if root.tag != f"{_SOAP}Envelope" or len(asked) != 1 or not str(asked[0].tag).startswith(_ASK):
            raise _Faulty("no envelope with one question")
        name = str(asked[0].tag).removeprefix(_ASK)
        if self.named_request:
            name = name.removesuffix("Request") if name.endswith("Request") else "?"
        return OPERATIONS[name], self._fields(asked[0])

    def _fields(self, asked: etree._Element) -> dict[str, Any]:
        names = [str(node.tag).removeprefix(_ASK) for node in asked]
        wanted = [self.service_element if each == "MaDVC" else each for each in self.order]
        places = [wanted.index(name) if name in wanted else -1 for name in names]
        if -1 in places or places != sorted(set(places)):
            raise _Faulty(f"elements or their order: {names}")
        facts: dict[str, Any] = {}
        for name, node in zip(names, asked, strict=True):
            inner = {str(child.tag).removeprefix(_ASK): child.text or "" for child in node}
            facts[name] = inner or (node.text or "")
        facts["MaDVC"] = facts.pop(self.service_element, "")
        return facts

    def _checked(self, operation: str, facts: dict[str, Any]) -> None:
        request_id = facts["MaYeuCau"]
        if not 1 <= len(request_id) <= 40:
            raise _Faulty("MaYeuCau is 1 to 40 characters")
        if len(facts["MaDVC"]) > 20 or not _NATIONAL.fullmatch(facts["MaDVC"]):
            raise _Faulty("MaDVC")
        if facts["MaCanBo"] not in self.officers:
            raise _Faulty("MaCanBo")
        granted = self.contracts.get(operation) if "MaTichHop" in self.order else None
        if self.wrap != "json" and facts.get("MaTichHop") != granted:
            raise _Faulty("MaTichHop")
        if bool(facts.get("SoDinhDanh")) == bool(facts.get("SoCMND")):
            raise _Faulty("one of SoDinhDanh and SoCMND")
        if not facts["HoVaTen"] or facts["HoVaTen"] != facts["HoVaTen"].upper():
            raise _Faulty("HoVaTen is upper case")
        birth = facts["NgayThangNamSinh"]
        lengths = {"NgayThangNam": 8, "Nam": 4}
        if len(birth) != 1 or any(
            len(v) != lengths.get(k) or not (v.isascii() and v.isdigit()) for k, v in birth.items()
        ):
            raise _Faulty("NgayThangNamSinh")

    def _answer(self, operation: str, facts: dict[str, Any]) -> bytes:
        number = str(facts.get("SoDinhDanh") or facts.get("SoCMND"))
        look = {
            "request": facts["MaYeuCau"],
            "operation": operation,
            "procedure": facts["MaDVC"],
            "officer": facts["MaCanBo"],
            "unit": str(facts.get("MaDonVi", "")),
            "number": number,
        }
        before = next((each for each in self.looks if each["request"] == look["request"]), None)
        if before is None:
            self.looks.append(look)  # the same question again under the same MaYeuCau is the same look
        elif before != look:
            raise _Faulty("MaYeuCau was used for another question")
        person = next((each for each in self.people.values() if number in (each.number, each.old)), None)
        fits = person is not None and person.fits(facts["HoVaTen"], facts["NgayThangNamSinh"])
        if operation == "confirm":
            return envelope(flag_of(self.flag, yes=fits))
        found = [person] if person is not None and fits else []
        if operation == "household" and found:
            home = found[0].household
            found = [each for each in self.people.values() if each.household == home and home] or found
        return envelope(answer_of(found, PARTS[operation], prefix=self.prefix))

    def _wrapped(self, body: bytes) -> SandboxAnswer:
        if self.wrap == "soap":
            return SandboxAnswer(200, {"Content-Type": "text/xml; charset=utf-8"}, body)
        return _json({"data": body.decode()})


def _from_json(message: dict[str, Any]) -> dict[str, Any]:
    day = message["ngayThangNam"]
    if not message["userNameService"]:
        raise _Faulty("userNameService")
    return {
        "MaYeuCau": message["maYeuCau"],
        "MaDVC": message["maDVC"],
        "MaCanBo": message["maCanBo"],
        "SoDinhDanh": message.get("soDinhDanh", ""),
        "SoCMND": message.get("soCMND", ""),
        "HoVaTen": message["hoVaTen"],
        "NgayThangNamSinh": {"NgayThangNam" if len(day) == 8 else "Nam": day},
    }


def _json(data: object, status: int = 200) -> SandboxAnswer:
    raw = json.dumps(data, ensure_ascii=False).encode()
    return SandboxAnswer(status, {"Content-Type": "application/json; charset=utf-8"}, raw)


__all__ = ["OPERATIONS", "Person", "PopulationSandbox"]
