"""The sandbox of the statistics office's service: its own list by date, its own writing of tables.

Written from ``contract/README.md``, sharing no code with the client. Control: ``/_sandbox/admin_units/...``. What no paper
tells (faults, what an impossible day gives) is its own choice.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from importlib.resources import files
from typing import Any

from lxml import etree

from connectors.kit.sandbox import Clock, SandboxAnswer, SandboxRequest, route
from connectors.kit.soap.sandbox import Asked, SoapProblem, SoapSandbox

_TNS = "http://tempuri.org/"
_XS = "http://www.w3.org/2001/XMLSchema"
_DIFFGR = "urn:schemas-microsoft-com:xml-diffgram-v1"
_MSDATA = "urn:schemas-microsoft-com:xml-msdata"
_DAY = re.compile(r"(\d{2})/(\d{2})/(\d{4})")
_NO_DAY = "String was not recognized as a valid DateTime."
OPERATIONS = {"DanhMucTinh": "list_provinces", "DanhMucPhuongXa": "list_communes"}
_ACTIONS = {name: f"{_TNS}{name}" for name in OPERATIONS}


@dataclass(frozen=True, slots=True)
class Unit:
    """A row of the office's books; ISO days, empty where there is no end."""

    level: str
    code: str
    kind: str
    name: str
    province_code: str = ""
    district_code: str = ""
    district_name: str = ""
    valid_from: str = ""
    valid_to: str = ""

    def stands(self, day: date) -> bool:
        """Whether it is in the list of that day."""
        iso = day.isoformat()
        return (not self.valid_from or self.valid_from <= iso) and (not self.valid_to or iso <= self.valid_to)


def sample() -> list[Unit]:
    """Real units: all provinces, the communes of a few."""
    text = files("connectors.admin_units").joinpath("contract", "sample-units.csv").read_text("utf-8")
    return [Unit(**row) for row in csv.DictReader(text.splitlines())]


class AdminUnitsSandbox(SoapSandbox):
    """The office's service.

    Args:
        units: its books; the sample when not given.
        repeats: every row twice, as older lists have some.
    """

    system = "admin_units"
    names = OPERATIONS
    actions = _ACTIONS

    def __init__(
        self, *, clock: Clock | None = None, units: Sequence[Unit] | None = None, repeats: bool = False
    ) -> None:
        super().__init__(clock=clock)
        self.units = list(sample() if units is None else units)
        self.repeats = repeats
        self.asked: list[dict[str, str]] = []

    @route("POST", "/DMDVHC.asmx", "soap")
    def service(self, request: SandboxRequest) -> SandboxAnswer:
        """Both operations at one address."""
        return self.serve(request, {"DanhMucTinh": self._provinces, "DanhMucPhuongXa": self._communes})

    @route("GET", "/_sandbox/books", "control")
    def books(self, request: SandboxRequest) -> SandboxAnswer:
        """What it knows and was asked, for a checker."""
        del request
        return _json({"units": [asdict(unit) for unit in self.units], "asked": self.asked})

    @route("POST", "/_sandbox/admin_units/units", "control")
    def add_unit(self, request: SandboxRequest) -> SandboxAnswer:
        """``{level, code, kind, name, …}``: the office changes its list; ``{end: code, on}`` ends a unit."""
        facts = json.loads(request.body or b"{}")
        if "end" in facts:
            self.units = [
                Unit(**{**asdict(unit), "valid_to": facts["on"]})
                if unit.code == facts["end"] and not unit.valid_to
                else unit
                for unit in self.units
            ]
            return _json({"ended": facts["end"]}, 201)
        try:
            self.units.append(Unit(**facts))
        except TypeError:
            return _json({"error": "a field is missing or unknown"}, 422)
        return _json({"units": len(self.units)}, 201)

    def _provinces(self, asked: Asked) -> etree._Element:
        day = self._day(asked)
        rows = [
            {"MaTinh": unit.code, "TenTinh": unit.name, "LoaiHinh": unit.kind}
            for unit in self.units
            if unit.level == "province" and unit.stands(day)
        ]
        return self._answer(asked, rows)

    def _communes(self, asked: Asked) -> etree._Element:
        day, wanted = self._day(asked), asked.text("Tinh")
        names = {unit.code: unit.name for unit in self.units if unit.level == "province" and unit.stands(day)}
        rows = [
            {
                "MaTinh": unit.province_code,
                "TenTinh": names.get(unit.province_code, ""),
                "MaQuanHuyen": unit.district_code,
                "TenQuanHuyen": unit.district_name,
                "MaPhuongXa": unit.code,
                "TenPhuongXa": unit.name,
                "LoaiHinh": unit.kind,
            }
            for unit in self.units
            if unit.level == "commune" and unit.stands(day) and wanted in ("", unit.province_code)
        ]
        return self._answer(asked, rows)

    def _day(self, asked: Asked) -> date:
        if asked.namespace != _TNS:
            raise SoapProblem("wrong namespace")
        text = asked.text("DenNgay")
        self.asked.append({"operation": asked.name, "DenNgay": text, "Tinh": asked.text("Tinh")})
        found = _DAY.fullmatch(text)
        if found is None:
            raise SoapProblem(_NO_DAY, ours=True)
        try:
            return date(int(found[3]), int(found[2]), int(found[1]))
        except ValueError as exc:
            raise SoapProblem(_NO_DAY, ours=True) from exc

    def _answer(self, asked: Asked, rows: list[dict[str, str]]) -> etree._Element:
        response = etree.Element(f"{{{_TNS}}}{asked.name}Response", nsmap={"t": _TNS})
        result = etree.SubElement(response, f"{{{_TNS}}}{asked.name}Result")
        schema = etree.SubElement(result, f"{{{_XS}}}schema", nsmap={"xs": _XS})
        etree.SubElement(schema, f"{{{_XS}}}element", name="DocumentElement")
        names = {"diffgr": _DIFFGR, "msdata": _MSDATA}
        diffgram = etree.SubElement(result, f"{{{_DIFFGR}}}diffgram", nsmap=names)
        if not rows:
            return response
        table = etree.SubElement(diffgram, "DocumentElement")
        for number, row in enumerate(row for row in rows for _ in range(2 if self.repeats else 1)):
            made = etree.SubElement(table, "TABLE")
            made.set(f"{{{_DIFFGR}}}id", f"TABLE{number + 1}")
            made.set(f"{{{_MSDATA}}}rowOrder", str(number))
            for name, value in row.items():
                if value:  # an empty column is left out
                    etree.SubElement(made, name).text = value
        return response


def _json(data: Any, status: int = 200) -> SandboxAnswer:
    raw = json.dumps(data, ensure_ascii=False).encode()
    return SandboxAnswer(status, {"Content-Type": "application/json; charset=utf-8"}, raw)
