"""What comes back: traps of numbers and dates, faults whole and half, cuts, other namespaces. Never a success."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import pytest
from lxml import etree

from connectors.errors import (
    AlreadyDone,
    ConnectorError,
    ContractBroken,
    CredentialsRefused,
    OutcomeUnknown,
    Rejected,
    Unavailable,
)
from connectors.kit.effects import EffectClass
from connectors.kit.exchanges import collecting
from connectors.kit.reading import Unreadable
from connectors.kit.sandbox import Fault, Sandbox, SandboxAnswer, SandboxRequest, route, serve
from connectors.kit.soap import lexical
from connectors.kit.soap.contract import Contract
from connectors.kit.soap.port import SoapSettings
from connectors.kit.soap.readers import As, Named, Reader, differences, generated, shape_from
from connectors.kit.soap.sandbox import KINDS, SoapProblem
from connectors.kit.soap.sandbox import fault as a_fault
from connectors.kit.soap.versions import ActionStyle, Version
from connectors.kit.xml import XmlRefused, parse
from tests.contract.soap import stub

DATA = Path(__file__).parents[2] / "data" / "soap"
MNB = "http://www.mnb.hu/webservices/"
CONTRACT = Contract(DATA, "mnb-exchange.wsdl")
WRITE, READ = EffectClass.EVIDENCE, EffectClass.READ
BOTH = pytest.mark.parametrize("version", list(Version))
SOAP = {version: version.namespace for version in Version}


@dataclass(frozen=True)
class Rates:
    GetCurrenciesResult: str | None


READER = Reader(Rates, MNB)


class Canned(Sandbox):
    """Always the same answer."""

    def __init__(self, answer: SandboxAnswer) -> None:
        super().__init__()
        self.answer = answer
        self.seen: list[SandboxRequest] = []

    @route("POST", "/service", "service")
    def service(self, request: SandboxRequest) -> SandboxAnswer:
        self.seen.append(request)
        return self.answer


def envelope(version: Version, inside: str, header: str = "") -> bytes:
    soap = SOAP[version]
    return f'<s:Envelope xmlns:s="{soap}">{header}<s:Body>{inside}</s:Body></s:Envelope>'.encode()


def good(version: Version) -> SandboxAnswer:
    inside = f'<GetCurrenciesResponse xmlns="{MNB}"><GetCurrenciesResult>đ</GetCurrenciesResult></GetCurrenciesResponse>'
    return told(envelope(version, inside), version)


def told(body: bytes, version: Version = Version.V11, status: int = 200, media: str = "") -> SandboxAnswer:
    return SandboxAnswer(status, {"Content-Type": media or f"{version.media}; charset=utf-8"}, body)


def asked(
    answer: SandboxAnswer, effect_class: EffectClass = WRITE, version: Version = Version.V11, **changes: Any
) -> Any:
    with serve(Canned(answer)) as server:
        port = stub.port(server.url, CONTRACT, version, **changes)
        try:
            return port.call("rates", "GetCurrencies", {}, READER, effect_class=effect_class)
        finally:
            port.transport.close()


def failed(*args: Any, **changes: Any) -> ConnectorError:
    with pytest.raises(ConnectorError) as raised:
        asked(*args, **changes)
    return raised.value


@BOTH
def test_a_whole_answer_is_read(version):
    """The beginning of everything else in this file."""
    assert asked(good(version), version=version) == Rates("đ")


@BOTH
@pytest.mark.parametrize(
    ("style", "quoted"),
    [
        (ActionStyle.CONTRACT, f'"{MNB}GetCurrencies"'),
        (ActionStyle.EMPTY, '""'),
        (ActionStyle.BARE, f"{MNB}GetCurrencies"),
        (ActionStyle.NONE, None),
    ],
)
def test_the_action_is_told_as_the_settings_say(version, style, quoted):
    """The national database wants an empty action in quotes; 1.2 says it within the content type."""
    served = Canned(good(version))
    with serve(served) as server:
        port = stub.port(server.url, CONTRACT, version, action=style)
        port.call("rates", "GetCurrencies", {}, READER, effect_class=READ)
        port.transport.close()
    headers = served.seen[0].headers
    if version is Version.V11:
        assert headers.get("soapaction") == quoted
        assert headers["content-type"] == "text/xml; charset=utf-8"
    else:
        assert "soapaction" not in headers
        tail = f"; action={quoted}" if quoted is not None else ""
        assert headers["content-type"] == f"application/soap+xml; charset=utf-8{tail}"


def test_another_content_type_is_sent_where_it_was_agreed():
    """The population database wants application/xml."""
    served = Canned(told(good(Version.V11).body, media="application/xml"))
    with serve(served) as server:
        port = stub.port(server.url, CONTRACT, media="application/xml", action="empty")
        port.call("rates", "GetCurrencies", {}, READER, effect_class=READ)
        port.transport.close()
    assert served.seen[0].headers["content-type"] == "application/xml; charset=utf-8"
    assert served.seen[0].headers["soapaction"] == '""'


@BOTH
@pytest.mark.parametrize("kind", KINDS)
def test_every_way_to_spoil_an_answer_leaves_a_write_unknown(version, kind):
    """Nothing that is only nearly an answer is a success, and none is a refusal unless a profile says so."""
    served = stub.Stub(CONTRACT, version)
    served.answering = "GetCurrencies"
    for effect_class, wanted in ((WRITE, OutcomeUnknown), (READ, ConnectorError)):
        served.spoil("*", kind)
        with serve(served) as server:
            port = stub.port(server.url, CONTRACT, version)
            with pytest.raises(wanted) as raised:
                port.call("rates", "GetCurrencies", {}, READER, effect_class=effect_class)
            assert len(served.seen) in (1, 2), "a call is made once"
            assert not isinstance(raised.value, Rejected) or (effect_class, kind) == (READ, "client_fault")
            # The spoilt one was not left over for the next call.
            assert port.call("rates", "GetCurrencies", {}, READER, effect_class=READ) == Rates("chữ")
            port.transport.close()
        served.seen.clear()


@BOTH
def test_an_answer_cut_at_every_byte_is_unknown(version):
    """Cut on the wire and cut but announced as whole; also a fault, which then refuses nothing."""
    rule = {"rules": [{"code": "X1", "means": "rejected"}]}
    fault = a_fault(SOAP[version], SoapProblem("no", code="X1"))
    assert isinstance(failed(fault, version=version, faults=rule), Rejected)
    for answer in (good(version), fault):
        served = Canned(answer)
        with serve(served) as server:
            port = stub.port(server.url, CONTRACT, version, faults=rule)
            for at in range(len(answer.body)):
                served.answer = SandboxAnswer(answer.status, answer.headers, answer.body[:at])
                with pytest.raises(OutcomeUnknown):
                    port.call("rates", "GetCurrencies", {}, READER, effect_class=WRITE)
                if at % 7 == 0:
                    served.answer = SandboxAnswer(answer.status, answer.headers, answer.body, cut_after=at)
                    with pytest.raises(OutcomeUnknown):
                        port.call("rates", "GetCurrencies", {}, READER, effect_class=WRITE)
            port.transport.close()


@BOTH
@pytest.mark.parametrize(
    "kind", ["lose_answer", "lose_request", "error_after_acting", "error_200", "garbage", "half"]
)
def test_silence_and_login_pages_are_unknown_for_a_write_and_nothing_for_a_read(version, kind):
    """As for every other kind of system."""
    served = stub.Stub(CONTRACT, version)
    served.answering = "GetCurrencies"
    served.faults.add(Fault.read({"operation": "*", "kind": kind}))
    with serve(served) as server:
        port = stub.port(server.url, CONTRACT, version)
        with pytest.raises(OutcomeUnknown):
            port.call("rates", "GetCurrencies", {}, READER, effect_class=WRITE)
        with pytest.raises((Unavailable, ContractBroken)):
            port.call("rates", "GetCurrencies", {}, READER, effect_class=READ)
        port.transport.close()


RULES = {
    "rules": [
        {"code": "NotFound", "means": "rejected"},
        {"words": "trùng .* yêu cầu", "means": "already_done"},
        {"detail": "Maintenance", "means": "unavailable"},
        {"code": "Busy", "means": "unavailable", "writes": False},
        {"code": "Odd", "means": "unknown"},
    ]
}


@BOTH
@pytest.mark.parametrize(
    ("problem", "write", "read"),
    [
        (SoapProblem("không có NGUYỄN VĂN THỬ", code="NotFound"), Rejected, Rejected),
        (SoapProblem("trùng mã yêu cầu"), AlreadyDone, AlreadyDone),
        (
            SoapProblem("x", detail="<a:Maintenance xmlns:a='urn:a'>đến 23:00</a:Maintenance>"),
            Unavailable,
            Unavailable,
        ),
        (SoapProblem("x", ours=True, code="Busy"), OutcomeUnknown, Unavailable),
        (SoapProblem("x", ours=True, code="Odd"), OutcomeUnknown, Unavailable),
        (SoapProblem("x", ours=True), OutcomeUnknown, Unavailable),
        (SoapProblem("x"), OutcomeUnknown, Rejected),
        (SoapProblem("x", code="FailedAuthentication"), CredentialsRefused, CredentialsRefused),
    ],
)
def test_a_fault_means_what_the_profile_says_and_otherwise_what_is_safe(version, problem, write, read):
    """With 500, 400 or 200 alike; its words may name people and stand in no error."""
    for status in (0, 200):
        for effect_class, wanted in ((WRITE, write), (READ, read)):
            answer = a_fault(SOAP[version], problem, status=status)
            if version is Version.V11 and problem.code in ("Busy", "Odd"):
                assert b"faultcode" in answer.body
            error = failed(answer, effect_class, version, faults=RULES)
            if version is Version.V11 and not problem.ours and problem.code == "" and effect_class is READ:
                assert isinstance(error, read)
            assert type(error) is wanted, (status, effect_class)
            assert "THỬ" not in f"{error!r} {error.__cause__!r}"


@pytest.mark.parametrize(
    ("inside", "why"),
    [
        ("<s:Fault><faultcode>s:Server</faultcode></s:Fault>", "faultstring"),
        ("<s:Fault><faultstring>x</faultstring></s:Fault>", "faultcode"),
        ("<s:Fault/>", "faultcode"),
        (
            "<s:Fault><faultcode>a</faultcode><faultcode>b</faultcode><faultstring>x</faultstring></s:Fault>",
            "twice",
        ),
        ("<s:Fault><faultcode>a<b/></faultcode><faultstring>x</faultstring></s:Fault>", "faultcode"),
        ("<s:Fault><faultcode>s:</faultcode><faultstring>x</faultstring></s:Fault>", "faultcode"),
        ("<Fault><faultcode>Client</faultcode><faultstring>x</faultstring></Fault>", "Fault"),
        (f'<x:Fault xmlns:x="{SOAP[Version.V12]}"/>', "another SOAP version"),
    ],
)
def test_half_a_fault_says_nothing(inside, why):
    """A refusal is believed only whole."""
    error = failed(
        told(envelope(Version.V11, inside)), faults={"rules": [{"words": ".", "means": "rejected"}]}
    )

    assert isinstance(error, ContractBroken)
    assert why in str(error)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "empty"),
        (b"<html><body>login</body></html>", "namespace"),
        (envelope(Version.V12, ""), "version"),
        (envelope(Version.V11, ""), "empty"),
        (envelope(Version.V11, "text"), "text"),
        (envelope(Version.V11, "", "<s:Header/><s:Header/>"), "Body"),
        (envelope(Version.V11, "", '<s:Header><a s:mustUnderstand="1"/></s:Header>'), "must be understood"),
        (b'<?xml version="1.0"?><!DOCTYPE a><a/>', "DOCTYPE"),
        (b"<?x y?>" + good(Version.V11).body, "Envelope"),
        (good(Version.V11).body + b"<?x y?>", "Envelope"),
        (good(Version.V11).body + b"<a/>", "Envelope"),
        (good(Version.V11).body.replace(b"</s:Body>", b"</s:Body><trailer/>"), "Body"),
        (good(Version.V11).body.replace(MNB.encode(), b"urn:x"), "namespace"),
        ("é".encode("latin-1").join([b"<a>", b"</a>"]), "Envelope"),
    ],
)
def test_what_is_no_agreed_answer_names_why(body, why):
    """The error tells an operator what to show to the other side."""
    error = failed(told(body))

    assert isinstance(error, ContractBroken)
    assert why in str(error), str(error)


@pytest.mark.parametrize("media", ["text/html", "application/json", "text/xml; charset=iso-8859-1"])
def test_another_content_type_is_no_answer(media):
    """Even with a perfect envelope: whoever says HTML is a proxy's page."""
    assert isinstance(failed(told(good(Version.V11).body, media=media)), ContractBroken)


def test_a_good_body_with_an_error_status_is_no_success():
    """They disagree with themselves: nobody knows."""
    assert type(failed(told(good(Version.V11).body, status=500))) is OutcomeUnknown
    assert type(failed(told(good(Version.V11).body, status=500), READ)) is Unavailable


def test_states_that_need_no_explanation_keep_their_meaning():
    """429 and 503 say how long to wait, 401 that we are nobody, whatever stands in their body."""
    fault = a_fault(SOAP[Version.V11], SoapProblem("x")).body
    waiting = SandboxAnswer(503, {"Content-Type": "text/xml", "Retry-After": "7"}, fault)
    error = failed(waiting)
    assert (type(error), getattr(error, "retry_after_seconds", None)) == (Unavailable, 7)
    assert type(failed(told(fault, status=401))) is CredentialsRefused


def test_an_answer_that_is_too_large_is_no_answer():
    """The limit of the transport is the limit here."""
    served = Canned(told(envelope(Version.V11, f"<a>{'x' * 10_000}</a>")))
    with serve(served) as server:
        from connectors.kit.soap.line import SoapTransport
        from connectors.kit.soap.port import Port

        made = SoapSettings(base_url=server.url, path="/service")
        transport = SoapTransport(server.url, system="stub", largest_answer_bytes=5_000)
        port = Port("stub", CONTRACT, transport, made)
        with pytest.raises(ContractBroken):
            port.call("rates", "GetCurrencies", {}, READER, effect_class=WRITE)
        transport.close()


def test_the_address_in_a_contract_is_never_called():
    """Passwords go where the settings say."""
    assert b"location=" in (DATA / "mnb-exchange.wsdl").read_bytes()
    served = Canned(good(Version.V11))
    with serve(served) as server:
        port = stub.port(server.url, CONTRACT)
        port.call("rates", "GetCurrencies", {}, READER, effect_class=READ)
        port.transport.close()
    assert [request.path for request in served.seen] == ["/service"]


def test_what_was_said_stands_in_no_note():
    """Exchanges are read by operators."""
    with collecting() as exchanges:
        asked(good(Version.V11))
        failed(a_fault(SOAP[Version.V11], SoapProblem("NGUYỄN VĂN THỬ")))
    assert [exchange.outcome for exchange in exchanges] == ["ok", "OutcomeUnknown"]
    assert "THỬ" not in repr(exchanges)


# ---- values ----------------------------------------------------------------------------------------------------------

FULL_WIDTH = "１２３"
TRAPS = {
    lexical.whole: ["", "1_000", "1e3", "+1", "007", "1.0", FULL_WIDTH, "٣", "0x1", "1 000", "NaN", "-", "1\u00a0", "9" * 19],
    lexical.money: ["", "-1", "1_000", "1,000", "20000.5", "1e6", FULL_WIDTH, "NaN", "INF", "0x1", "9" * 13, "1.00000"],
    lexical.decimal: ["", "NaN", "INF", "-INF", "Infinity", "1_0.5", ".5", "5.", "1e3", FULL_WIDTH, "1,5"],
    lexical.double: ["", "NaN", "INF", "1_0", ".5", "1e999", FULL_WIDTH, "1e", "0x1p3"],
    lexical.flag: ["", "TRUE", "True", "yes", "2", "on", "tru", "１", "true false"],
    lexical.day: ["", "2026-02-30", "23/11/2026", "20261123", "2026-11-23Z", "2026-11-23+07:00", "２026-11-23", "0000-01-01"],
    lexical.moment: ["", "2026-11-23", "2026-11-23T08:00:00", "20261123T080000Z", "2026-11-23 08:00:00Z",
                     "2026-11-23T24:00:00Z", "2026-11-23T08:00:60Z", "2026-11-23T08:00:00z", "9999-12-31T23:59:59-07:00",
                     "2026-11-23T08:00:00+07", "2026-02-30T08:00:00Z"],
    lexical.octets: ["a", "ab=c", "a===", "ab!=", "đđđđ", "YQ=", "YQ==YQ=="],
    lexical.day_as("%d/%m/%Y"): ["", "31/02/2026", "1/1/2026", "2026-01-01", "01/01/26", "０1/01/2026", "01/01/2026 08:00"],
}  # fmt: skip


@pytest.mark.parametrize(("take", "raw"), [(take, raw) for take, raws in TRAPS.items() for raw in raws])
def test_what_cannot_be_read_is_an_error_that_names_the_field(take, raw):
    """Never nothing, no, zero or now."""
    with pytest.raises(Unreadable) as raised:
        take(raw, "SoTien")
    assert raised.value.field == "SoTien"


@pytest.mark.parametrize(
    ("take", "raw", "value"),
    [
        (lexical.whole, " -12\n", -12),
        (lexical.money, "20000.00", 20_000),
        (lexical.money, "0", 0),
        (lexical.decimal, "-0.10", Decimal("-0.10")),
        (lexical.double, "1.2E+07", Decimal("1.2E+7")),
        (lexical.flag, " 1 ", True),
        (lexical.flag, "false", False),
        (lexical.day, "2024-02-29", date(2024, 2, 29)),
        (lexical.day_as("%d/%m/%Y"), "29/02/2024", date(2024, 2, 29)),
        (lexical.moment, "2026-11-23T08:00:00.1234567+07:00", datetime(2026, 11, 23, 1, 0, 0, 123456, UTC)),
        (lexical.moment_here, "2026-11-23T08:00:00", datetime(2026, 11, 23, 1, tzinfo=UTC)),
        (lexical.moment_here, "2026-11-23T08:00:00Z", datetime(2026, 11, 23, 8, tzinfo=UTC)),
        (lexical.octets, "YWJj\nZA==", b"abcd"),
        (lexical.text, "Ho\u0300a", "Hòa"),
    ],
)
def test_what_can_be_read_is_itself(take, raw, value):
    """White space around a value has no meaning in XML Schema; letters are NFC."""
    assert take(raw, "f") == value


@dataclass(frozen=True)
class Item:
    Ma: str
    SoTien: Annotated[int, As(lexical.money)]
    Ngay: Annotated[date, As(lexical.day_as("%d/%m/%Y"))]
    DaTra: bool
    GhiChu: str | None
    kind: Annotated[str | None, Named("Loai", attribute=True)] = None


@dataclass(frozen=True)
class Basket:
    Muc: tuple[Item, ...]
    Tong: int


BASKET = Reader(Basket, "urn:gio")
ITEM = "<Ma>a</Ma><SoTien>1000000</SoTien><Ngay>23/11/2026</Ngay><DaTra>true</DaTra>"


def basket(items: str, total: str = "<Tong>1</Tong>") -> Basket:
    return BASKET(parse(f'<Gio xmlns="urn:gio">{items}{total}</Gio>'.encode()))


def test_models_are_read_by_place_and_name():
    """Nested, repeated, optional, attribute; an extra field has no say; the prefix has no meaning."""
    found = basket(f'<Muc Loai="x">{ITEM}<Thua>9</Thua></Muc><Muc>{ITEM}<GhiChu> x </GhiChu></Muc>')

    assert found.Muc[0] == Item("a", 1_000_000, date(2026, 11, 23), True, None, "x")
    assert found.Muc[1].GhiChu == " x "
    assert basket("") == Basket((), 1)
    prefixed = '<p:Gio xmlns:p="urn:gio"><p:Tong>1<!-- nothing -->0</p:Tong></p:Gio>'
    assert BASKET(parse(prefixed.encode())).Tong == 10


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("1000000", "1<y/>000000", "SoTien"),
        ("1000000", "NaN", "SoTien"),
        ("<SoTien>1000000</SoTien>", "", "SoTien"),
        ("<SoTien>1000000</SoTien>", "<SoTien>1</SoTien><SoTien>2</SoTien>", "SoTien"),
        ("<SoTien>", '<SoTien xmlns="urn:khac">', "SoTien"),
        ("<SoTien>1000000</SoTien>", "<SoTien/>", "SoTien"),
        ("true", "TRUE", "DaTra"),
        ("23/11/2026", "2026-11-23", "Ngay"),
        ("<Ma>a</Ma>", "<Ma>a<Ma>b</Ma></Ma>", "Ma"),
        ("<Tong>1</Tong>", "", "Tong"),
    ],
)
def test_a_trap_in_an_element_is_an_error_that_names_it(old, new, field):
    """The library would have read an amount of 1, a no, and nothing."""
    text = f"<Muc>{ITEM}</Muc><Tong>1</Tong>"
    assert old in text
    for known in (False, True):  # step by step, and straight through an order of children that is known
        read = Reader(Basket, "urn:gio")
        if known:
            read(parse(f'<Gio xmlns="urn:gio">{text}</Gio>'.encode()))
        with pytest.raises(Unreadable) as raised:
            read(parse(f'<Gio xmlns="urn:gio">{text.replace(old, new)}</Gio>'.encode()))
        assert raised.value.field == field


@dataclass(frozen=True)
class Row:
    whole: int
    decimal: Decimal
    flag: bool
    day: date
    moment: datetime


WORDS = {
    "whole": "7",
    "decimal": "7.5",
    "flag": "true",
    "day": "2026-11-23",
    "moment": "2026-11-23T08:00:00Z",
}


@pytest.mark.parametrize(
    ("field", "raw"),
    [(take.__name__, raw) for take, raws in TRAPS.items() for raw in raws if take.__name__ in WORDS],
)
def test_the_fast_way_knows_the_same_traps(field, raw):
    """What is written out for speed must not be more lenient than the rule."""
    read = Reader(Row)

    def row(**changes: str) -> Row:
        node = etree.Element("Row")
        for name, text in {**WORDS, **changes}.items():
            etree.SubElement(node, name).text = text
        return read(node)

    assert row() == row()
    with pytest.raises(Unreadable) as raised:
        row(**{field: raw})
    assert raised.value.field == field


def test_an_instruction_inside_a_value_is_refused_before_anything_is_read():
    """Zeep reads 1<?x?>000000 as the amount 1."""
    with pytest.raises(XmlRefused):
        basket(f"<Muc>{ITEM}</Muc>".replace("1000000", "1<?x?>000000"))


def test_any_order_of_children_gives_the_same_values():
    """Orders that were seen before are read straight through, others step by step, too many of them as well."""
    import itertools

    pieces = [*ITEM.replace("><", ">\n<").split("\n"), "<GhiChu>x</GhiChu>", "<Thua><a/>b</Thua>"]
    wanted = Item("a", 1_000_000, date(2026, 11, 23), True, "x")
    for order in itertools.islice(itertools.permutations(pieces), 200):
        for _ in range(2):
            assert basket(f"<Muc>{''.join(order)}</Muc>").Muc == (wanted,)
    assert basket(f"<Muc>{ITEM}</Muc>").Muc[0].GhiChu is None


def test_nothing_is_said_by_xsi_nil_alone():
    """An element that says it is nothing and holds something says two things."""
    nil = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil'
    assert basket(f'<Muc>{ITEM}<GhiChu {nil}="true"/></Muc>').Muc[0].GhiChu is None
    for wrong in (f'<GhiChu {nil}="true">x</GhiChu>', f'<GhiChu {nil}="TRUE"/>'):
        with pytest.raises(Unreadable):
            basket(f"<Muc>{ITEM}{wrong}</Muc>")
    with pytest.raises(Unreadable):
        basket(f"<Muc>{ITEM}</Muc>".replace("<DaTra>true", f'<DaTra {nil}="true">'))


def test_a_model_is_held_against_the_contract():
    """A contract that changed is seen by a test, not at night."""

    @dataclass(frozen=True)
    class Vat:
        country: Annotated[str, Named("countryCode")]
        valid: bool
        name: str
        gone: str | None

    theirs = Contract(DATA, "eu-vies.wsdl").answer("checkVat", Version.V11)
    ours = shape_from(Vat, "urn:ec.europa.eu:taxud:vies:services:checkVat:types")
    assert differences(ours, theirs) == ["name: may be missing there", "gone: not in the contract"]


def test_shapes_that_hold_themselves_are_read():
    """Trees are usual in lists of agencies."""
    from connectors.kit.soap.shapes import Kind, Part, Shape

    shape = Shape("Unit")
    shape.parts = [Part("Ten", "Ten", Kind.TEXT), Part("Con", "Con", shape, 0, None)]
    node = etree.fromstring("<Unit><Ten>a</Ten><Con><Ten>b</Ten><Con><Ten>c</Ten></Con></Con></Unit>")
    assert generated(shape)(node).Con[0].Con[0].Ten == "c"
