"""What the portal pushes: believed only with the secret, read strictly, named so that a repeat is known."""

from __future__ import annotations

import base64
import http.server
import json
import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.dvcqg import notifications
from connectors.dvcqg.connect import connected
from connectors.dvcqg.sandbox_notices import message
from connectors.errors import Forged, Rejected
from connectors.kit.reading import Unreadable
from mappings.canonical.codec import from_json, to_json
from mappings.canonical.inbound import DossierNews, NewsKind
from mappings.canonical.party import PartyKind
from tests.contract.dvcqg.conftest import INBOUND, portal, settings

HEADERS = {"Authorization": f"Bearer {INBOUND}"}
KINDS = sorted(notifications.DOORS)


def read(
    kind: str, body: bytes | None = None, headers: Any = None, **changes: Any
) -> tuple[DossierNews, ...]:
    given_headers = HEADERS if headers is None else headers
    return notifications.DOORS[kind](
        message(kind, {}) if body is None else body, given_headers, settings=settings(**changes)
    )


def xml_notice(xml: str, code: str = "H21.15-261123-0001") -> bytes:
    packed = base64.b64encode(xml.encode()).decode()
    return json.dumps({"MaHoSo": code, "FileThongBaoThue": packed}).encode()


def row(**changes: str) -> str:
    values = {
        "MA_SO_THUE": "8000000001",
        "SO_QUYET_DINH": "QD1",
        "NGAY_QUYET_DINH": "23/11/2026",
        "SO_TIEN": "1500000",
        "TEN_TIEU_MUC": "Lệ phí trước bạ",
        **changes,
    }
    return f"<LIST>{''.join(f'<{name}>{value}</{name}>' for name, value in values.items())}</LIST>"


def test_a_new_dossier_is_read_with_its_files_apart():
    """Bytes go to the file store; the news names them by digest."""
    body = message("dossier", {})
    [news] = read("dossier", body)

    assert news.kind is NewsKind.NEW_DOSSIER
    assert news.key == "new-dossier:000.00.00.H21-261123-9001"
    file = news.dossier
    assert (file.applicant.kind, file.applicant.tax_code) == (PartyKind.ENTERPRISE, "0100000001")
    assert file.applicant.place.commune == "23557"
    kept = notifications.files(body)
    refs = [ref for paper in file.papers for ref in paper.files]
    assert [kept[ref.id][:5] for ref in refs] == [b"%PDF-", b"%PDF-"]
    assert [ref.name for ref in refs] == ["Đơn đăng ký", "Thể lệ.pdf"]
    assert from_json(DossierNews, json.loads(json.dumps(to_json(news)))) == news


def test_a_dossier_of_an_enterprise_without_an_account_is_not_taken_in(there):
    """TechID decides, as the portal's own rule says; the answer to them is -1."""
    [news] = read("dossier")
    assert there.client.with_account(news).dossier.applicant.account.startswith("a1b2c3d4")
    there.control("account", tax_code="0100000001", account="")
    with pytest.raises(Rejected) as refused:
        there.client.with_account(news)
    assert refused.value.code == "-1"
    [notice] = read("tax-notice")
    assert there.client.with_account(notice) is notice


def test_land_tax_is_named_by_dossier_tax_code_and_decision():
    """Two lines of one decision are one piece of news; another decision is another."""
    rows = row() + row(TEN_TIEU_MUC="Thuế thu nhập", SO_TIEN="200000") + row(SO_QUYET_DINH="QD2")
    body = xml_notice(f"<ROW_LIST><MA_HSO>{rows}</MA_HSO></ROW_LIST>")

    first, second = read("tax-notice", body)

    assert first.key == "tax-notice:H21.15-261123-0001:8000000001:QD1"
    assert first.facts["amount"] == 1_700_000
    assert [line["amount"] for line in first.facts["lines"]] == [1_500_000, 200_000]
    assert first.facts["decided_on"] == "2026-11-23"
    assert second.key.endswith(":QD2")
    assert read("tax-notice", body) == (first, second)


@pytest.mark.parametrize(
    "shape",
    [
        "<ROW_LIST><MA_HSO>H21.15-261123-0001</MA_HSO>{row}</ROW_LIST>",
        "<ROW_LIST><MA_HSO>{row}</MA_HSO></ROW_LIST>",
        '<t:ROW_LIST xmlns:t="urn:x"><t:MA_HSO>H21.15-261123-0001{row}</t:MA_HSO></t:ROW_LIST>',
    ],
)
def test_both_readings_of_the_published_shape_are_taken(shape):
    """'ROW_LIST › MA_HSO › LIST[]' says no more; prefixes are theirs to choose."""
    text = row() if "urn" not in shape else row().replace("<LIST", '<LIST xmlns="urn:x"')
    assert len(read("tax-notice", xml_notice(shape.format(row=text)))) == 1


@pytest.mark.parametrize(
    "xml",
    [
        "<ROW_LIST><MA_HSO>H21-KHAC</MA_HSO>" + row() + "</ROW_LIST>",
        "<ROW_LIST><MA_HSO></MA_HSO>" + row() + "</ROW_LIST>",
        "<ROW_LIST></ROW_LIST>",
        "<OTHER>" + row() + "</OTHER>",
        "<ROW_LIST><X/>" + row() + "</ROW_LIST>",
        "<ROW_LIST>" + row(SO_TIEN="1<!-- x --><b/>500") + "</ROW_LIST>",
        "<ROW_LIST>" + row(SO_TIEN="1<?x?>500000") + "</ROW_LIST>",
        "<ROW_LIST>" + row(SO_TIEN="0") + "</ROW_LIST>",
        "<ROW_LIST>" + row(SO_TIEN="-5") + "</ROW_LIST>",
        "<ROW_LIST>" + row(SO_TIEN="1.500.000") + "</ROW_LIST>",
        "<ROW_LIST>" + row(NGAY_QUYET_DINH="31/02/2026") + "</ROW_LIST>",
        "<ROW_LIST>" + row(NGAY_QUYET_DINH="") + "</ROW_LIST>",
        "<ROW_LIST>" + row(MA_SO_THUE="abc") + "</ROW_LIST>",
        "<ROW_LIST>" + row(SO_QUYET_DINH="") + "</ROW_LIST>",
        "<ROW_LIST>" + row().replace("<SO_TIEN>", "<SO_TIEN>1</SO_TIEN><SO_TIEN>", 1) + "</ROW_LIST>",
        "<ROW_LIST>" + row()[:-9],
        '<!DOCTYPE x [<!ENTITY a "b">]><ROW_LIST>' + row(TEN_TIEU_MUC="&a;") + "</ROW_LIST>",
        '<!DOCTYPE x SYSTEM "file:///etc/passwd"><ROW_LIST>' + row() + "</ROW_LIST>",
        "",
    ],
)
def test_a_tax_paper_that_is_not_as_agreed_changes_nothing(xml):
    """An amount that a lenient reader makes up is a debt that nobody has."""
    with pytest.raises(Unreadable):
        read("tax-notice", xml_notice(xml))


def test_a_tax_receipt_carries_who_paid_what_when():
    """The paper itself is a link to be fetched."""
    [news] = read("tax-receipt")
    assert news.kind is NewsKind.TAX_RECEIPT
    assert news.key == "tax-receipt:H21.15-261123-0001:8000000001:LTB2121-TK001:1"
    assert news.facts["amount"] == 1_500_000
    assert news.at.isoformat() == "2026-11-24T09:30:00+07:00"
    assert news.results[0].file.url == "https://dvcqg.example/chung-tu/1"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer "},
        {"Authorization": f"Basic {INBOUND}"},
        {"Authorization": f"Bearer {INBOUND[:-1]}"},
        {"Authorization": f"Bearer {INBOUND}x"},
        {"Authorization": "Bearer \udcff"},
        {"X-Other": INBOUND},
    ],
)
def test_without_the_secret_nothing_is_read(kind, headers):
    """Not even whether the body could be read is told."""
    for body in (message(kind, {}), b"not json"):
        with pytest.raises(Forged):
            read(kind, body, headers)


@pytest.mark.parametrize("kind", KINDS)
def test_without_a_secret_in_the_settings_nobody_is_believed(kind):
    """An empty secret would be everybody's."""
    for headers in ({}, {"Authorization": "Bearer "}, {"Authorization": f"Bearer {INBOUND}"}):
        with pytest.raises(Forged):
            read(kind, headers=headers, inbound_secret=None)


def test_two_secrets_hold_while_one_is_replaced():
    """The old one keeps its right until it is taken away."""
    old = {"Authorization": "Bearer khoa-cu-cua-cong-0001"}
    assert read("dossier", headers=old, previous_inbound_secret="khoa-cu-cua-cong-0001")
    with pytest.raises(Forged):
        read("dossier", headers=old)
    with pytest.raises(ValueError, match="16"):
        settings(inbound_secret="short")


def test_another_header_may_be_agreed():
    """How the portal signs in at a province is not public."""
    assert read("dossier", headers={"X-Api-Key": INBOUND}, inbound_header="x-api-key")


@pytest.mark.parametrize("kind", KINDS)
def test_a_message_cut_anywhere_is_an_error(kind):
    """Half a message is no message."""
    body = message(kind, {})
    for length in range(len(body)):
        with pytest.raises(ValueError):
            read(kind, body[:length])


@given(st.sampled_from(KINDS), st.binary(max_size=200))
def test_hostile_bytes_end_in_a_defined_error(kind, body):
    """Never a crash, never news."""
    with pytest.raises(ValueError):
        read(kind, body)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from(KINDS), st.data())
def test_wrong_types_anywhere_end_in_a_defined_error_or_in_news(kind, data):
    """One field replaced by anything at all."""
    found = json.loads(message(kind, {}))
    name = data.draw(st.sampled_from(sorted(found)))
    found[name] = data.draw(json_values)
    try:
        news = read(kind, json.dumps(found).encode())
    except ValueError:
        return
    assert all(isinstance(each, DossierNews) and each.key for each in news)


@pytest.mark.parametrize(
    ("kind", "facts"),
    [
        ("dossier", {"MaHoSo": "a b"}),
        ("dossier", {"MaHoSo": "x" * 101}),
        ("dossier", {"MaTTHC": ""}),
        ("dossier", {"MaSoThue": "x"}),
        ("dossier", {"TenThuongNhan": "a\u202eb"}),
        ("dossier", {"TepDonDangKy": "###"}),
        ("dossier", {"TaiLieuNop": [{"TenTepDinhKem": "a", "Base64": ""}]}),
        ("dossier", {"TaiLieuNop": "x"}),
        ("tax-receipt", {"UrlFileChungTu": "javascript:alert(1)"}),
        ("tax-receipt", {"UrlFileChungTu": "http://x"}),
        ("tax-receipt", {"ThongTinThanhToan": None}),
        (
            "tax-receipt",
            {"ThongTinThanhToan": {"MaThongBaoThue": "1", "TrangThaiThanhToan": "1", "SoTien": "0"}},
        ),
    ],
)
def test_a_field_that_is_not_as_agreed_is_named(kind, facts):
    """From them, but unreadable: a person looks at it."""
    with pytest.raises(Unreadable):
        read(kind, message(kind, facts))


def test_our_answer_has_the_three_codes_and_is_the_same_for_a_repeat():
    """0 taken, 1 a duplicate, -1 an error; as a number, or as a text where that is agreed."""
    for code in (notifications.TAKEN, notifications.DOUBLE, notifications.FAILED):
        body = notifications.answer(code, "Đã nhận", settings())
        assert body == notifications.answer(code, "Đã nhận", settings())
        assert json.loads(body) == {"error_code": code, "message": "Đã nhận"}
    assert json.loads(notifications.answer(-1, "", settings(answer_as_text=True)))["error_code"] == "-1"
    assert [notifications.TAKEN, notifications.DOUBLE, notifications.FAILED] == [0, 1, -1]


def test_the_registry_gets_a_verifier_for_each_door(clock):
    """The edge knows doors, not this connector."""
    connection = connected(settings(), clock=clock)
    assert sorted(connection.verifiers) == ["dvcqg/dossier", "dvcqg/tax-notice", "dvcqg/tax-receipt"]
    [news] = connection.verifiers["dvcqg/tax-receipt"](message("tax-receipt", {}), HEADERS)
    assert news.kind is NewsKind.TAX_RECEIPT


def test_the_sandbox_calls_a_door_and_notes_our_answer(clock):
    """For the provincial day: once, twice, forged."""
    seen: list[tuple[str, str | None]] = []

    class Door(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            kind = self.path.rpartition("/")[2]
            try:
                [news] = read(kind, raw, dict(self.headers.items()))
                known = (kind, news.key) in seen
                seen.append((kind, news.key))
                answer = notifications.answer(1 if known else 0, "", settings())
                status = 200
            except Forged:
                answer, status = b"{}", 403
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Door)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        for here in portal(clock, door_url=f"http://127.0.0.1:{server.server_port}/dvcqg"):
            here.control("send", kind="tax-notice", copies=2)
            here.control("send", kind="dossier", forged=True)
            assert here.books()["answers"] == ["tax-notice:200:0", "tax-notice:200:1", "dossier:403:None"]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
