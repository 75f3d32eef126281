"""The portal's catalogues, typed; a tree with a broken branch is an error that names it."""

from __future__ import annotations

import pytest

from connectors.dvcqg import wire_catalogues
from connectors.dvcqg.sandbox_books import CATALOGUES, PROCEDURE
from connectors.errors import ContractBroken, Rejected
from connectors.kit.reading import Unreadable
from mappings.errors import MappingError


def test_a_procedure_is_a_tree_of_types(there):
    """Fees, papers and results of a procedure are what dossiers are checked against."""
    found = there.client.procedure("1.004199")

    assert found.is_public
    assert found.LINHVUCTHUCHIEN[0].MALINHVUC == "G18-DD01"
    assert found.CACHTHUCTHUCHIEN[0].KENH == "2"
    assert found.CACHTHUCTHUCHIEN[0].THOIGIAN[0].PHILEPHI[0].SOTIEN == 300_000
    assert found.THANHPHANHOSO[0].GIAYTO[0].MAGIAYTO == "TP1"
    assert found.KETQUATHUCHIEN[0].MAKETQUA == "KQ.G18.000001"
    assert there.client.procedure("9.999999") is None


@pytest.mark.parametrize(
    ("name", "first"),
    [("procedures", "1.004199"), ("agencies", "000.00.00.H21"), ("fields", "G18-DD01"), ("services", "DVC1")],
)
def test_catalogues_are_read_whole(there, name, first):
    """LayDVC wraps its list once more; the reader must see the same."""
    found = there.client.catalogue(name)
    assert wire_catalogues.CATALOGUES[name][2](found[0]) == first


@pytest.mark.parametrize(
    "broken",
    [
        {"TENTTHC": ""},
        {"TENTTHC": None},
        {"TENTTHC": ["x"]},
        {"LINHVUCTHUCHIEN": "x"},
        {"LINHVUCTHUCHIEN": [{"TENLINHVUC": "Đất đai"}]},
        {"CACHTHUCTHUCHIEN": [{"THOIGIAN": [{"PHILEPHI": [{"SOTIEN": "1e3"}]}]}]},
        {"CACHTHUCTHUCHIEN": [{"THOIGIAN": [{"PHILEPHI": [{"SOTIEN": -1}]}]}]},
        {"CACHTHUCTHUCHIEN": [{"THOIGIAN": [{"PHILEPHI": [{"SOTIEN": True}]}]}]},
        {"THANHPHANHOSO": [5]},
    ],
)
def test_a_broken_branch_is_named(broken):
    """Half a procedure is no procedure."""
    with pytest.raises(Unreadable, match=next(iter(broken))):
        wire_catalogues.read(wire_catalogues.Procedure, {**PROCEDURE, **broken}, "result")


def test_empty_branches_and_single_children_are_usual():
    """null, an empty text and a lone object come where a list is agreed."""
    found = wire_catalogues.read(
        wire_catalogues.Procedure,
        {"TENTTHC": "T", "TRANGTHAI": 1, "LINHVUCTHUCHIEN": {"MALINHVUC": 5}, "KETQUATHUCHIEN": None},
        "result",
    )
    assert found.is_public
    assert found.LINHVUCTHUCHIEN[0].MALINHVUC == "5"
    assert found.KETQUATHUCHIEN == ()


def test_another_procedure_than_asked_and_doubled_codes_are_refused(there, monkeypatch):
    """A catalogue is looked things up in: two meanings of one code are none."""
    monkeypatch.setattr(
        there.sandbox, "_procedure", lambda asked: there.sandbox._says(0, "", result=[PROCEDURE])
    )
    with pytest.raises(ContractBroken, match="another"):
        there.client.procedure("2.000889")
    monkeypatch.setitem(CATALOGUES, "LayDanhMucCoQuan", [{"MADONVI": "A"}, {"MADONVI": "A"}])
    with pytest.raises(ContractBroken, match="twice"):
        there.client.catalogue("agencies")


def test_accounts_are_found_by_tax_code_and_two_are_none(there, monkeypatch):
    """TraCuuTechID decides whether a dossier may be taken in."""
    assert there.client.account_of("0100000001").startswith("a1b2c3d4")
    assert there.client.account_of("0199999999") == ""
    two = [{"TECHNICALID": "a"}, {"TECHNICALID": "b"}]
    monkeypatch.setattr(there.sandbox, "_account", lambda asked: there.sandbox._says(0, "", result=two))
    with pytest.raises(ContractBroken):
        there.client.account_of("0100000001")


def test_an_unknown_service_is_refused_and_errors_are_of_one_tree(there, monkeypatch):
    """What the portal does not offer is a refusal with its own code."""
    monkeypatch.setitem(
        wire_catalogues.CATALOGUES,
        "agencies",
        ("LayDanhMucKhac", wire_catalogues.Agency, lambda item: item.MADONVI),
    )
    with pytest.raises(Rejected) as refused:
        there.client.catalogue("agencies")
    assert refused.value.code == "-5"
    assert not isinstance(refused.value, MappingError)
