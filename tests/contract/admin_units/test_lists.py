"""Lists by date, and every way in which a list is not one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import connectors.admin_units
from connectors.admin_units.client import Client
from connectors.admin_units.connect import connected
from connectors.admin_units.sandbox import AdminUnitsSandbox, Unit
from connectors.admin_units.settings import Settings
from connectors.admin_units.units import Level
from connectors.errors import ContractBroken, Rejected, Unavailable
from connectors.kit.effects import Call
from connectors.kit.sandbox import Sandbox, SandboxAnswer, SandboxRequest, route, serve
from tests.support.clock import VirtualClock

SAMPLE = Path(connectors.admin_units.__file__).parent / "contract" / "answer-communes.xml"
NOW = date(2026, 11, 23)


def client(url: str, **changes: Any) -> Client:
    facts = {"least_provinces": 1, "least_communes": 1, **changes}
    made = connected(Settings(base_url=url, **facts), clock=VirtualClock()).client
    assert isinstance(made, Client)
    return made


@pytest.fixture
def sandbox() -> AdminUnitsSandbox:
    return AdminUnitsSandbox(clock=VirtualClock())


@pytest.fixture
def office(sandbox: AdminUnitsSandbox) -> Iterator[Client]:
    with serve(sandbox) as server:
        yield client(server.url, least_provinces=30)


@pytest.mark.parametrize(
    ("day", "count", "dong_nai"),
    [
        (date(2025, 6, 30), 63, "Tỉnh Đồng Nai"),
        (date(2025, 7, 1), 34, "Tỉnh Đồng Nai"),
        (date(2026, 4, 29), 34, "Tỉnh Đồng Nai"),
        (date(2026, 4, 30), 34, "Thành phố Đồng Nai"),
        (NOW, 34, "Thành phố Đồng Nai"),
    ],
)
def test_a_list_belongs_to_its_day(office, day, count, dong_nai):
    """The same code stands for another unit on another day: 63 provinces, then 34, then one with another name."""
    found = office.provinces(day)

    assert (found.as_of, len(found.units), found.left_out) == (day, count, ())
    assert next(unit.name for unit in found.units if unit.code == "75") == dong_nai
    assert {unit.level for unit in found.units} == {Level.PROVINCE}


def test_communes_of_one_province_and_districts_of_old_lists(office, sandbox):
    """The office writes the day as dd/MM/yyyy and takes a province by its code."""
    new = office.communes(NOW, "01")
    old = office.communes(date(2025, 6, 30), "01")

    assert len(new.units) == 126
    assert {unit.province_code for unit in new.units} == {"01"}
    assert {unit.district_code for unit in new.units} == {""}
    assert {(unit.district_code, unit.district_name) for unit in old.units} == {("001", "Quận Ba Đình")}
    assert sandbox.asked[0] == {"operation": "DanhMucPhuongXa", "DenNgay": "23/11/2026", "Tinh": "01"}
    by_code = {unit.code: unit.name for unit in old.units}
    assert by_code["00004"] == "Phường Trúc Bạch"
    assert next(unit.name for unit in new.units if unit.code == "00004") == "Phường Ba Đình"


def test_rows_that_are_repeated_are_one(sandbox):
    """The office's older lists hold some rows twice."""
    sandbox.repeats = True
    with serve(sandbox) as server:
        assert len(client(server.url).provinces(NOW).units) == 34


def test_one_code_for_two_units_refuses_the_list_or_leaves_the_code_out(sandbox):
    """Whoever chose one of them would be wrong half of the time."""
    sandbox.units.append(Unit("commune", "00004", "Phường", "Phường Khác", "01"))
    with serve(sandbox) as server:
        with pytest.raises(ContractBroken, match="MaPhuongXa: 00004"):
            client(server.url).communes(NOW, "01")
        found = client(server.url, conflicts="leave_out").communes(NOW, "01")
    assert found.left_out == ("00004",)
    assert len(found.units) == 125


def test_a_list_that_is_too_short_is_asked_for_again(sandbox):
    """A list that forgot half of the country would take units away from every dossier that names them."""
    sandbox.units = sandbox.units[:3]
    with serve(sandbox) as server, pytest.raises(Unavailable, match="no whole list"):
        client(server.url, least_provinces=30).provinces(date(2025, 6, 1))


def test_a_day_or_province_that_they_do_not_know_is_refused(office, sandbox):
    """No list is not an empty list."""
    with pytest.raises(Rejected) as raised:
        office.communes(NOW, "99")
    assert raised.value.code == "empty-list"
    asked = sandbox.received["list_communes"]
    for code in ("1", "001", "0x", "٠١", "01 "):
        with pytest.raises(Rejected) as refused:
            office.communes(NOW, code)
        assert refused.value.code == "not-sent"
    assert sandbox.received["list_communes"] == asked


@pytest.mark.parametrize("payload", [{}, {"as_of": "23/11/2026"}, {"as_of": 20261123}, {"as_of": None}])
def test_a_call_without_its_day_does_not_leave(sandbox, payload):
    """The default would be a guess: today is not the day of the dossier."""
    with serve(sandbox) as server:
        made = connected(Settings(base_url=server.url), clock=VirtualClock())
        for operation in made.operations:
            with pytest.raises(Rejected) as raised:
                operation.perform(Call("k", "", payload))
            assert raised.value.code == "not-sent"
    assert sum(sandbox.received.values()) == 0


def test_their_own_refusal_of_a_day_is_no_list(sandbox):
    """Their server says 500 with a fault of its own: as good as no answer."""
    sandbox.spoil("*", "server_fault")
    with serve(sandbox) as server, pytest.raises(Unavailable):
        client(server.url).provinces(NOW)


class Canned(Sandbox):
    """Always the same answer."""

    def __init__(self, body: bytes) -> None:
        super().__init__()
        self.body = body

    @route("POST", "/DMDVHC.asmx", "service")
    def service(self, request: SandboxRequest) -> SandboxAnswer:
        return SandboxAnswer(200, {"Content-Type": "text/xml; charset=utf-8"}, self.body)


def told(text: str) -> Any:
    with serve(Canned(text.encode())) as server:
        return client(server.url).communes(NOW, "01")


def test_an_answer_as_the_office_writes_it_is_read():
    """Default namespaces taken back by xmlns="", a schema beside the table, a column left out, doubled spaces."""
    found = told(SAMPLE.read_text("utf-8"))

    assert [(unit.code, unit.name, unit.kind) for unit in found.units] == [
        ("00004", "Phường Ba Đình", "Phường"),
        ("00008", "Phường Ngọc Hà", ""),
    ]


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("<MaPhuongXa>00004</MaPhuongXa>", "", "MaPhuongXa"),
        ("<MaPhuongXa>00004<", "<MaPhuongXa>4<", "MaPhuongXa"),
        ("<MaPhuongXa>00004<", "<MaPhuongXa>０００04<", "MaPhuongXa"),
        ("<MaPhuongXa>00004<", "<MaPhuongXa>000<b/>04<", "MaPhuongXa"),
        ("<MaPhuongXa>00004<", "<MaPhuongXa>00004</MaPhuongXa><MaPhuongXa>00005<", "MaPhuongXa"),
        ("<MaTinh>01<", "<MaTinh>75<", "MaTinh"),
        ("Phường Ba Đình", "\u202eĐình Ba", "TenPhuongXa"),
        ("Phường Ba Đình", " ", "TenPhuongXa"),
        ("Phường Ba Đình", "x" * 300, "TenPhuongXa"),
        ('<DocumentElement xmlns="">', '<DocumentElement xmlns="urn:x">', "TABLE"),
        ("</DocumentElement>", '</DocumentElement><Second xmlns=""/>', "diffgram"),
        ("<TABLE diffgr", "<ROW/><TABLE diffgr", "ROW"),
        ("DanhMucPhuongXaResponse", "DanhMucTinhResponse", "DanhMucTinhResponse"),
        ('xmlns="http://tempuri.org/"', 'xmlns="http://tempuri.example/"', "DanhMucPhuongXaResponse"),
        ("DanhMucPhuongXaResult", "KetQua", "DanhMucPhuongXaResult"),
        ("<?xml", "<!DOCTYPE x><?xml", "Envelope"),
        ("<MaTinh>01<", "<MaTinh>0<?x?>1<", "Envelope"),
    ],
)
def test_anything_else_is_an_error_that_names_the_field(old, new, field):
    """Never a shorter list, never a guessed code."""
    text = SAMPLE.read_text("utf-8")
    assert old in text
    with pytest.raises(ContractBroken, match=field):
        told(text.replace(old, new, 2 if old.startswith("DanhMuc") else 1))


def test_the_sandbox_lets_the_office_change_its_list(sandbox):
    """A checker that shares no code with the product reads the books and changes them."""

    def control(method: str, path: str, facts: dict[str, Any]) -> Any:
        answer = sandbox.handle(SandboxRequest(method, path, {}, {}, json.dumps(facts).encode()))
        assert answer.status < 300, answer.body
        return json.loads(answer.body)

    control("POST", "/_sandbox/admin_units/units", {"end": "04", "on": "2026-10-01"})
    added = {
        "level": "province",
        "code": "97",
        "kind": "Tỉnh",
        "name": "Tỉnh Thử",
        "valid_from": "2026-10-02",
    }
    control("POST", "/_sandbox/admin_units/units", added)
    with serve(sandbox) as server:
        codes = {unit.code for unit in client(server.url).provinces(NOW).units}
    assert "97" in codes
    assert "04" not in codes
    assert control("GET", "/_sandbox/admin_units/books", {})["asked"][0]["DenNgay"] == "23/11/2026"
