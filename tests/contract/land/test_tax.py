"""Land tax as the National Portal passes it on, both ways."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

import connectors.land
from connectors.kit.reading import Unreadable
from connectors.land import tax
from mappings.canonical.codec import from_json, to_json
from mappings.canonical.tax import TaxNotice, TaxReceipt
from tests.contract.land.conftest import RECEIPT

CONTRACT = Path(connectors.land.__file__).parent / "contract"
XML = (CONTRACT / "tax_notice.xml").read_bytes()
PAID = json.loads((CONTRACT / "tax_receipt.json").read_text("utf-8"))


def message(document=XML, code=RECEIPT):
    return json.dumps({"MaHoSo": code, "FileThongBaoThue": base64.b64encode(document).decode()}).encode()


def test_notices_are_read_with_their_key_and_whole_money():
    """The key is the one by which rows are the same: dossier, tax code, decision."""
    first, second = tax.read_notices(message())

    assert first.key == (RECEIPT, "0101234567", "QD-01")
    assert (first.amount, first.decided_on, first.item) == (1_250_000, date(2026, 11, 24), "Lệ phí trước bạ")
    assert second.amount == 300_000
    assert from_json(TaxNotice, to_json(first)) == first


def test_what_is_written_is_read_as_the_same():
    """Passing on changes nothing."""
    notices = tax.read_notices(message())
    assert tax.read_notices(json.dumps(tax.notice_message(notices)).encode()) == notices
    receipt = tax.read_receipt(json.dumps(PAID).encode())
    again = tax.read_receipt(json.dumps(tax.receipt_message(receipt)).encode())
    assert again == receipt


@pytest.mark.parametrize(
    "document",
    [
        XML[:-5],
        XML.replace(b"ROW_LIST", b"ROWS"),
        XML.replace(b"1250000", b"1250000.5"),
        XML.replace(b"1250000", b"1.250.000"),
        XML.replace(b"1250000", b"-1"),
        XML.replace(b"1250000", b"0"),
        XML.replace(b"1250000", b"1<b/>250000"),
        XML.replace(b"24/11/2026", b"31/02/2026"),
        XML.replace(b"24/11/2026", b"2026-11-24"),
        XML.replace(b"QD-02", b"QD-01").replace(b"0107654321", b"0101234567"),
        XML.replace(b"<SO_QUYET_DINH>QD-01</SO_QUYET_DINH>", b""),
        XML.replace(b"<MA_HSO>", b"<MA_HSO>X"),
        b'<!DOCTYPE x [<!ENTITY a "1">]>' + XML.split(b"?>", 1)[1],
        XML.replace(b"<LIST>", b"<?x y?><LIST>", 1),
        b"<ROW_LIST><MA_HSO>" + RECEIPT.encode() + b"</MA_HSO></ROW_LIST>",
    ],
)
def test_a_notice_that_is_not_as_agreed_is_refused_whole(document):
    """Half of a notice would ask half of the tax."""
    with pytest.raises(Unreadable):
        tax.read_notices(message(document))


@pytest.mark.parametrize(
    "raw", [b"{}", b'{"MaHoSo": "A", "FileThongBaoThue": "%%"}', b'{"MaHoSo": "A"}', message(code="OTHER")]
)
def test_a_message_without_its_file_or_about_another_dossier_is_refused(raw):
    """What stands inside must be about what stands outside."""
    with pytest.raises(Unreadable):
        tax.read_notices(raw)


def test_a_row_inside_the_head_is_read_too():
    """No schema is public; both places have been thought of."""
    inside = XML.replace(b"</MA_HSO>", b"").replace(b"</ROW_LIST>", b"</MA_HSO></ROW_LIST>")
    assert tax.read_notices(message(inside)) == tax.read_notices(message())


def test_a_receipt_names_the_notice_it_pays():
    """Only after that notice was acknowledged may the receipt be passed on."""
    receipt = tax.read_receipt(json.dumps(PAID).encode())
    [first, _] = tax.read_notices(message())

    assert receipt.key == first.key
    assert (receipt.amount, receipt.paid) == (1_250_000, True)
    assert receipt.paid_at == datetime(2026, 11, 25, 2, 0, tzinfo=UTC)
    assert tax.may_leave([receipt], set()) == []
    assert tax.may_leave([receipt], {first.key}) == [receipt]
    assert from_json(TaxReceipt, to_json(receipt)) == receipt


def test_an_unknown_state_of_payment_is_not_paid():
    """Their word is kept."""
    odd = {**PAID, "ThongTinThanhToan": {**PAID["ThongTinThanhToan"], "TrangThaiThanhToan": 7}}
    receipt = tax.read_receipt(json.dumps(odd).encode())
    assert (receipt.paid, receipt.their_state) == (False, "7")


@pytest.mark.parametrize(
    ("field", "value"),
    [("SoTien", "1.250.000"), ("SoTien", 0), ("ThoiGianThanhToan", "20261325090000"), ("MaThongBaoThue", "")],
)
def test_a_receipt_that_cannot_be_read_names_the_field(field, value):
    """Money and moments are themselves or an error."""
    odd = {**PAID, "ThongTinThanhToan": {**PAID["ThongTinThanhToan"], field: value}}
    with pytest.raises(Unreadable) as raised:
        tax.read_receipt(json.dumps(odd).encode())
    assert raised.value.field == field


def test_a_notice_without_its_terms_is_not_passed_on():
    """VBDLIS tells no amount: such a notice is a paper, not a demand."""
    [first, second] = tax.read_notices(message())
    for wrong in ([replace(first, amount=None)], [], [first, replace(second, dossier_code="B")]):
        with pytest.raises(ValueError):
            tax.notice_message(wrong)
