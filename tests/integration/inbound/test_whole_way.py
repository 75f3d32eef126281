"""From the sender's call to the case system and back: catalogues, codes, the register's whole way."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from jobs.store.postgres import inbound as rows
from mappings.canonical.dossier import DossierState
from tests.contract.judicial_records.test_vneid import body as vneid_body
from tests.integration.inbound.conftest import CODE, SET_UP
from tests.integration.inbound.streets import LAND, MOVED, PERSON, VNEID, WRONG, json_of, post
from tests.support.waiting import eventually


def test_catalogues_are_given_to_who_has_the_code(street, client):
    """Officers' names are in one: no code, no catalogue."""
    street.world.set_up(SET_UP)
    users = client.get(f"/webhooks/land/GetDanhMucNguoiDung/{LAND}").json()
    procedures = client.get(f"/webhooks/land/GetDanhMucThuTuc/{LAND}").json()
    statuses = client.get(f"/webhooks/land/GetDanhMucTrangThai/{LAND}").json()

    assert users["Data"] == [
        {"Ma": "tiepnhan01", "Ten": "tiepnhan01"},
        {"Ma": "tiepnhan02", "Ten": "tiepnhan02"},
    ]
    assert {"Ma": "1.004199", "Ten": "QT01"} in procedures["Data"]
    assert statuses["Data"]
    assert client.get(f"/webhooks/land/GetDanhMucNguoiDung/{WRONG}").status_code == 401
    assert client.get(f"/webhooks/land/GetDanhMucKhac/{LAND}").json()["Result"] == 0


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_code_that_is_asked_for_was_never_given_before(street, client, method):
    """VNeID waits for the answer, so codes of the case system are fetched before; each is given once."""
    street.world.set_up(SET_UP)
    path = f"/webhooks/judicial_records/LLTP/LayMaHoSo?CodeGet={VNEID}"
    assert client.request(method, path).status_code == 503, "none is there yet: they ask again"
    for code in ("H21.15-261123-0011", "H21.15-261123-0012"):
        with street.world.store.transaction("codes") as tx:
            rows.keep_code(tx, "H21.15", code)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: client.request(method, path).json(), range(8)))

    given = [answer["data"] for answer in answers if answer["statusCode"] == "00"]
    assert sorted(given) == ["H21.15-261123-0011", "H21.15-261123-0012"]
    assert client.request(method, path.replace(VNEID, WRONG)).status_code == 401


def test_codes_are_fetched_for_who_asks_and_become_the_dossiers_code(street, client):
    """The dossier is created under the code that was given, and no other is taken."""
    world = street.world
    world.set_up(SET_UP + '[[procedure]]\ntheirs = "3.000333"\nours = "3.000333"\n')
    from dataclasses import replace

    creating = replace(world.creating, asks_for_codes=("judicial_records",))
    world.inbound._creating = creating
    world.work()
    assert world.all("select count(*) from inbound_code") == [(20,)]
    code = client.get(f"/webhooks/judicial_records/LLTP/LayMaHoSo?CodeGet={VNEID}").json()["data"]
    made = post(
        client, f"judicial_records/LLTP/TaoHoSo?CodeGet={VNEID}", json_of(vneid_body(maHoSoMCDT=code)), {}
    )
    assert made.json()["statusCode"] == "00"
    world.work()

    assert list(world.case.cases) == [code]
    assert world.case.cases[code].papers == ["Căn cước.pdf"]
    assert world.all("select count(*) from inbound_code") == [(21,)], (
        "one was given, one fetched in its place"
    )


def test_vneid_may_change_a_dossier_only_while_it_is_supplemented(street, client):
    """Status 5 (C); the same message again is answered as before."""
    world = street.world
    path, code = f"judicial_records/LLTP/TaoHoSo?CodeGet={VNEID}", vneid_body()["maHoSoMCDT"]
    world.dossier(DossierState.PROCESSING, code)
    refused = post(client, path, json_of(vneid_body()), {})
    assert (refused.status_code, refused.json()["statusCode"]) == (200, "01")
    assert street.kept() == []

    with world.store.transaction("the-feed") as tx:
        from dataclasses import replace

        tx.dossiers.save([replace(tx.dossiers.by_code(code), state="supplement")])
    assert post(client, path, json_of(vneid_body()), {}).json()["statusCode"] == "00"
    world.work()
    assert world.states() == [("applied", "noted")]
    assert world.cases().keys() == {"inbound_asks"}
    with world.store.transaction("the-feed") as tx:
        tx.dossiers.save([replace(tx.dossiers.by_code(code), state="processing")])
    assert post(client, path, json_of(vneid_body()), {}).json()["statusCode"] == "00"


def test_the_land_register_calls_back_and_the_case_system_hears_it_once(street, client):
    """The sandbox goes its whole way: moved, tax, supplement, supplemented, finished, with its files."""
    world = street.world
    world.dossier()
    world.land.callback_url = f"{client.base_url}/webhooks/land".replace("//webhooks", "/webhooks")
    for _ in range(2):
        world.control(world.land, "land/run", receipt=CODE)
    eventually(lambda: world.land._caller.waiting() == 0, within=20)
    world.work()

    assert {note["result"] for note in world.land.callbacks} == {1}
    assert world.case.cases[CODE].status == 4
    assert [each["state"] for each in world.told() if "state" in each] == [4, 5, 4, 9]
    assert len(world.all("select 1 from stored_file")) == 4, "two notices and two certificates, as they said"
    assert len(world.all("select 1 from inbound_tax where file is not null")) == 2


def test_a_forged_callback_of_the_register_is_answered_no(street, client):
    """Whoever knows the address and not the code."""
    world = street.world
    world.dossier()
    world.land.callback_url = f"{client.base_url}".rstrip("/") + "/webhooks/land"
    world.control(
        world.land,
        "land/callback",
        operation="ChuyenHoSo",
        body=json.loads(MOVED),
        code="sai-ma-bao-mat-0000",
    )
    eventually(lambda: world.land._caller.waiting() == 0, within=20)

    assert [(note["status"], note["result"]) for note in world.land.callbacks] == [(401, 0)]
    assert street.kept() == []


def test_a_dossier_born_at_the_register_is_told_its_code_when_it_has_one(street, client):
    """They ask again, and the answer carries the number."""
    world = street.world
    world.set_up(SET_UP)
    born = json_of(
        {
            "SoBienNhan": "", "TinhId": 52, "HuyenId": 0, "XaId": 21001,
            "ThongTinQuyTrinh": {"MaQuyTrinh": "QT01", "TenQuyTrinh": "x"},
            "ThongTinNguoiNopDon": {"HoTen": PERSON, "SoChungMinh": "001099000001"},
            "ThongTinThuaDat": [], "NgayTiepNhan": "2026-11-23T01:00:00",
            "DanhSachGiayToDinhKem": [
                {"TenGiayTo": "Đơn", "SoBanChinh": 1, "SoBanSao": 0, "TapTin": {"name": "don.pdf", "data": "JVBERi0xLjQ="}}
            ],
        }
    )  # fmt: skip
    path = f"land/TiepNhanHoSoChoMotCua/{LAND}"
    first = post(client, path, born, {}).json()
    assert (first["Result"], first["Data"]) == (1, None)
    world.work()
    [code] = world.case.cases
    assert post(client, path, born, {}).json()["Data"] == code
    assert world.case.cases[code].papers == ["Đơn"]
