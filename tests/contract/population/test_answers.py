"""What leaves and what comes back, against hand-made samples and against the sandbox in every variant."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from lxml import etree

from connectors.errors import ContractBroken, CredentialsRefused, Rejected, Unavailable
from connectors.kit.sandbox import Sandbox, SandboxAnswer, SandboxRequest, route, serve
from connectors.population import client as population
from connectors.population.connect import connected
from connectors.population.sandbox import DEFAULT_ORDER, PopulationSandbox
from mappings.canonical.citizen import CheckVerdict, Citizen, Household, LifeState, Marital, Relation
from mappings.canonical.codec import from_json, to_json
from mappings.canonical.party import Birth, BirthPrecision, Sex
from tests.contract.population.conftest import (
    CLAIM,
    ELDER,
    NUMBER,
    PLANTED,
    reason,
    registered,
    settings,
    told,
)

SAMPLES = Path(population.__file__).parent / "contract"
ANSWER = (SAMPLES / "answer-look-up.xml").read_text("utf-8")


class Saying(Sandbox):
    """Answers every question with the same bytes; keeps what it was asked."""

    system = "population"

    def __init__(self, body: bytes, content_type: str = "application/xml") -> None:
        super().__init__()
        self.body, self.content_type = body, content_type
        self.asked: list[SandboxRequest] = []

    @route("POST", "/population", "ask")
    def ask(self, request: SandboxRequest) -> SandboxAnswer:
        self.asked.append(request)
        return SandboxAnswer(200, {"Content-Type": self.content_type}, self.body)


@contextmanager
def saying(clock, body: str | bytes, **changes) -> Iterator[tuple[population.Client, Saying]]:
    there = Saying(body.encode() if isinstance(body, str) else body)
    server = serve(there)
    connection = connected(settings(server.url, **changes), clock=clock)
    try:
        yield connection.client, there
    finally:
        for transport in connection.transports:
            transport.close()
        server.close()


def flag(inner: str) -> str:
    return (
        '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>'
        f'<r xmlns="http://dancuquocgia.bca">{inner}</r></e:Body></e:Envelope>'
    )


def canonical(raw: bytes) -> bytes:
    """Exclusive canonical form without white space between elements and with one prefix."""
    text = raw.replace(b"<x:", b"<dan:").replace(b"</x:", b"</dan:").replace(b"xmlns:x=", b"xmlns:dan=")
    root = etree.fromstring(text, etree.XMLParser(remove_blank_text=True))
    return etree.tostring(root, method="c14n", exclusive=True)


def test_the_request_is_the_hand_made_one(clock):
    """Order, namespaces, upper case and the date's form are theirs to the letter."""
    with saying(clock, ANSWER) as (client, there):
        client.look_up(CLAIM, reason())
    [asked] = there.asked
    assert canonical(asked.body) == canonical((SAMPLES / "request-look-up.xml").read_bytes())
    assert asked.headers["soapaction"] == '""'
    assert asked.headers["content-type"].startswith("application/xml")


def test_the_hand_made_answer_is_read_whole(clock):
    """Any prefix; the whole name in Ten; a district from before the merger; what they left out is empty."""
    with saying(clock, ANSWER, sex_codes={}) as (client, _):
        found = client.look_up(CLAIM, reason()).value
    citizen = found.citizen
    assert found.verdict is CheckVerdict.CONFIRMED
    assert citizen is not None
    party = citizen.party
    assert (party.personal_number, party.old_number, party.sex) == (NUMBER, "012345678", Sex.FEMALE)
    assert (party.name.full, party.name.family, party.name.given) == (CLAIM.name, "", CLAIM.name)
    assert party.birth == Birth(date(1990, 2, 5))
    assert citizen.permanent is not None
    assert (citizen.permanent.province, citizen.permanent.district, citizen.permanent.commune) == (
        "01",
        "001",
        "00004",
    )
    assert citizen.permanent.codes_on == date(2025, 6, 30)
    assert citizen.permanent.detail == "Số 1 phố Thử & Nghiệm"
    assert (citizen.current, citizen.origin, citizen.marital) == (None, None, Marital.UNKNOWN)
    father, head = citizen.links
    assert (father.relation, father.name.full, father.personal_number) == (
        Relation.FATHER,
        "Nguyễn Văn Giả Định",
        "",
    )
    assert (head.relation, head.their_relation, head.name.full) == (Relation.HEAD, "CH01", "Trần Văn Mẫu")
    assert from_json(Citizen, to_json(citizen)) == citizen


@pytest.mark.parametrize(
    ("stamp", "district", "day"),
    [
        ("20240101000000", "001", date(2024, 1, 1)),
        ("20260801000000", "001", None),
        ("20260801000000", "", date(2026, 8, 1)),
        ("", "", None),
        ("", "001", date(2025, 6, 30)),
    ],
)
def test_a_code_is_dated_or_nobody_says_for_which_day_it_holds(clock, stamp, district, day):
    """A stale district beside newer data: the commune's code may be of either list."""
    body = ANSWER.replace("MaQuanHuyen>001<", f"MaQuanHuyen>{district}<")
    body = body.replace('SoCongDan="1"', f'SoCongDan="1" ThoiDiemDuLieu="{stamp}"')
    with saying(clock, body) as (client, _):
        citizen = client.look_up(CLAIM, reason()).value.citizen
    assert citizen.permanent.codes_on == day


@pytest.mark.parametrize(
    ("inner", "verdict"),
    [
        ("<KetQuaXacThuc>true</KetQuaXacThuc>", CheckVerdict.CONFIRMED),
        ("<KetQuaXacThuc>TRUE</KetQuaXacThuc>", CheckVerdict.CONFIRMED),
        ("<KetQuaXacThuc> 1 </KetQuaXacThuc>", CheckVerdict.CONFIRMED),
        ("<KetQuaXacThuc>false</KetQuaXacThuc>", CheckVerdict.NOT_CONFIRMED),
        ("<KetQuaXacThuc><TonTai>true</TonTai></KetQuaXacThuc>", CheckVerdict.CONFIRMED),
        ("<TonTai>0</TonTai>", CheckVerdict.NOT_FOUND),
        ("<TonTai>true</TonTai><KetQuaXacThuc>false</KetQuaXacThuc>", CheckVerdict.UNCLEAR),
        ("<KetQuaXacThuc>2</KetQuaXacThuc>", CheckVerdict.UNCLEAR),
        ("<KetQuaXacThuc>yes</KetQuaXacThuc>", CheckVerdict.UNCLEAR),
        ("<KetQuaXacThuc>Nguyễn Thị Thử Nghiệm</KetQuaXacThuc>", CheckVerdict.UNCLEAR),
    ],
)
def test_the_flag_is_read_by_our_own_rules(clock, inner, verdict):
    """Zeep reads TRUE as false; a word that nobody agreed on is neither yes nor no."""
    with saying(clock, flag(inner)) as (client, _):
        found = client.confirm(CLAIM, reason()).value
    assert found.verdict is verdict
    assert not [part for part in PLANTED if part in found.their_code]


def changed(old: str, new: str) -> Callable[[], str]:
    assert old in ANSWER
    return lambda: ANSWER.replace(old, new)


@pytest.mark.parametrize(
    "body",
    [
        lambda: flag(""),
        lambda: flag("<KetQuaXacThuc/>"),
        lambda: flag("<KetQuaXacThuc><?x?>true</KetQuaXacThuc>"),
        lambda: '<!DOCTYPE r [<!ENTITY a "true">]>' + flag("<KetQuaXacThuc>&a;</KetQuaXacThuc>"),
        lambda: "<KetQuaXacThuc>true</KetQuaXacThuc>",
        lambda: ANSWER.replace(
            "http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope"
        ),
        lambda: ANSWER.replace("http://www.mic.gov.vn/dancu/1.0", "http://www.mic.gov.vn/dancu/2.0"),
        changed('SoCongDan="1"', 'SoCongDan="2"'),
        changed('SoCongDan="1"', 'SoCongDan="1" ThoiDiemDuLieu="hôm qua"'),
        changed("<q7:SoDinhDanh>001190000017<", "<q7:SoDinhDanh>001190000018<"),
        changed("<q7:SoDinhDanh>001190000017<", "<q7:SoDinhDanh>0011900<b/>00017<"),
        changed("<q7:SoCMND>012345678</q7:SoCMND>", "<q7:SoCMND>01234567</q7:SoCMND>"),
        changed("<q7:GioiTinh>2<", "<q7:GioiTinh>1</q7:GioiTinh><q7:GioiTinh>2<"),
        changed(">19900205<", ">19900231<"),
        changed(">19900205<", ">1990025<"),
        changed(">19900205<", ">05/02/1990<"),
        changed("<q7:Nam>1990<", "<q7:Nam>1991<"),
        changed("<q7:MaTinhThanh>01<", "<q7:MaTinhThanh>1<"),
        changed("<q7:Ten>Nguyễn Thị Thử Nghiệm<", "<q7:Ten>Nguyễn\u202e Thị Thử Nghiệm<"),
        changed("<q7:Ten>Nguyễn Thị Thử Nghiệm</q7:Ten>", ""),
    ],
)
def test_what_was_not_agreed_decides_nothing_and_is_not_quoted(clock, body):
    """An error names the field, never its value: values are a person's."""
    with saying(clock, body()) as (client, _), pytest.raises(ContractBroken) as raised:
        client.look_up(CLAIM, reason())
    asked = (*PLANTED, "001190000018", "19900231", "'1990025'", "'05/02/1990'")
    assert [part for part in asked if part in told(raised.value)] == []


def test_an_answer_about_somebody_else_is_no_answer(register):
    """The register's mistake would be our breach."""
    register.control(
        "citizens", number=NUMBER, name="Nguyễn Thị Thử Nghiệm", birth="19900205", old="012345678"
    )
    claim = replace(CLAIM, number="012345678")
    found = register.client.look_up(claim, reason())
    assert found.value.citizen.party.personal_number == NUMBER
    with saying_other(register) as client, pytest.raises(ContractBroken):
        client.look_up(replace(claim, number="999999999"), reason())


@contextmanager
def saying_other(register) -> Iterator[population.Client]:
    from tests.support.clock import VirtualClock

    with saying(VirtualClock(), ANSWER) as (client, _):
        yield client


@pytest.mark.parametrize("prefix", ["ns1", "dc", "q0"])
@pytest.mark.parametrize("flag_element", ["KetQuaXacThuc", "TonTai"])
def test_prefixes_and_both_flags_are_understood(clock, prefix, flag_element):
    """The prefix differs between environments."""
    sandbox = PopulationSandbox(clock=clock, prefix=prefix, flag=flag_element)
    with registered(clock, sandbox) as register:
        assert register.client.confirm(CLAIM, reason()).value.verdict is CheckVerdict.CONFIRMED
        wrong = replace(CLAIM, name="Người Khác Hẳn")
        said = register.client.confirm(wrong, reason("YC-20261123-0002")).value.verdict
        assert said is (CheckVerdict.NOT_FOUND if flag_element == "TonTai" else CheckVerdict.NOT_CONFIRMED)
        assert (
            register.client.look_up(CLAIM, reason("YC-20261123-0003")).value.verdict is CheckVerdict.CONFIRMED
        )


def test_the_year_alone_is_asked_as_nam(register):
    """Older papers know no more."""
    assert register.client.confirm(ELDER, reason()).value.verdict is CheckVerdict.CONFIRMED
    found = register.client.look_up(ELDER, reason("YC-20261123-0002")).value.citizen
    assert found.party.birth == ELDER.birth
    assert found.party.birth.precision is BirthPrecision.YEAR


def test_a_name_is_upper_case_and_composed_and_needs_no_escaping_by_hand(clock):
    """Programs that glue strings break on & and <; decomposed letters are another name to the register."""
    import unicodedata

    sandbox = PopulationSandbox(clock=clock)
    with registered(clock, sandbox) as register:
        decomposed = replace(CLAIM, name=unicodedata.normalize("NFD", "nguyễn  thị thử nghiệm"))
        assert register.client.confirm(decomposed, reason()).value.verdict is CheckVerdict.CONFIRMED
        odd = replace(CLAIM, name="Thử <b> & </b>")
        said = register.client.confirm(odd, reason("YC-20261123-0002")).value.verdict
        assert said is CheckVerdict.NOT_CONFIRMED
        assert register.books()["refused"] == []


@pytest.mark.parametrize(
    ("order", "changes"),
    [
        (["MaYeuCau", "MaDVC", "MaTichHop", "MaDonVi", "MaCanBo", "SoDinhDanh", "SoCMND", "HoVaTen", "NgayThangNamSinh"], {}),
        (["MaYeuCau", "MaDVC", "MaTichHop", "MaCanBo", "SoDinhDanh", "SoCMND", "HoVaTen", "NgayThangNamSinh"], {}),
        (DEFAULT_ORDER, {"account": "tk-thu", "phone": "0900000000"}),
        (["MaYeuCau", "MaDVC", "MaCanBo", "SoDinhDanh", "SoCMND", "HoVaTen", "NgayThangNamSinh"], {"service_element": "MaDichVu", "named_request": True}),
    ],
)  # fmt: skip
def test_the_order_is_the_profile_s_and_the_register_insists_on_it(clock, order, changes):
    """MaDonVi stands before MaCanBo in one program and after it in another; the order matters."""
    theirs = {k: v for k, v in changes.items() if k in ("service_element", "named_request")}
    with registered(
        clock, PopulationSandbox(clock=clock, order=order, **theirs), order=order, **changes
    ) as register:
        assert register.client.confirm(CLAIM, reason()).value.verdict is CheckVerdict.CONFIRMED
    other = [*order[:2][::-1], *order[2:]]
    with registered(
        clock, PopulationSandbox(clock=clock, order=order, **theirs), order=other, **changes
    ) as register:
        with pytest.raises(Rejected) as raised:
            register.client.confirm(CLAIM, reason())
        assert raised.value.code == "Client"


@pytest.mark.parametrize(
    "change",
    [
        {"order": ("MaYeuCau", "MaDVC")},
        {"order": (*DEFAULT_ORDER, "MaDVC")},
        {"order": (*DEFAULT_ORDER, "MatKhau")},
        {"subject_key": "ngan"},
        {"contracts": {"confirm": "abc"}},
        {"procedures": {"a": "b"}},
        {"officers": {"a": "dài quá hai mươi ký tự"}},
        {"path": "khong-gach"},
        {"confirmed_words": {"1"}, "refuted_words": {"1"}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_settings_that_make_no_sense_stop_the_process(change):
    """A half order would leave out who asks."""
    with pytest.raises(ValueError):
        settings(**change)


def test_marital_residence_head_and_kin_come_with_their_question(register):
    """The narrowest question that serves; everything else is left empty by the register."""
    ask = register.client.check
    married = ask(population.MARITAL, CLAIM, reason("YC-20261123-0001")).value.citizen
    assert (married.marital, married.marital_code, married.current) == (Marital.MARRIED, "2", None)
    lives = ask(population.RESIDENCE, CLAIM, reason("YC-20261123-0002")).value.citizen
    assert (lives.current.province, lives.party.place, lives.links) == ("01", lives.current, ())
    [head] = ask(population.HEAD, CLAIM, reason("YC-20261123-0003")).value.citizen.links
    assert (head.relation, head.personal_number) == (Relation.HEAD, "001089000025")
    kin = ask(population.RELATIVES, CLAIM, reason("YC-20261123-0004")).value.citizen.links
    assert [link.relation for link in kin] == [Relation.FATHER, Relation.SPOUSE]


def test_death_is_unclear_until_the_operator_tells_the_codes(clock):
    """A guess here declares the living dead."""
    sandbox = PopulationSandbox(clock=clock)
    sandbox.people[NUMBER].life = "1"
    with registered(clock, sandbox) as register:
        found = register.client.check(population.LIFE, CLAIM, reason()).value.citizen
        assert found.life is LifeState.UNCLEAR
    with registered(clock, sandbox, life_codes={"1": "dead"}) as register:
        found = register.client.check(population.LIFE, CLAIM, reason()).value.citizen
        assert found.life is LifeState.DEAD


def test_a_household_has_its_head_and_everybody_in_it(register):
    """Whoever was asked about must be among them."""
    home = register.client.household(CLAIM, reason()).value
    assert (home.number, home.head.name.full, len(home.members)) == ("HK-THU-01", "Trần Văn Mẫu", 2)
    assert from_json(Household, to_json(home)) == home
    nobody = replace(CLAIM, name="Người Khác Hẳn")
    assert register.client.household(nobody, reason("YC-20261123-0002")).value is None


def test_nobody_of_that_name_is_not_found(register):
    """An empty collection is an answer, not an error."""
    found = register.client.look_up(replace(CLAIM, name="Người Khác Hẳn"), reason()).value
    assert (found.verdict, found.citizen) == (CheckVerdict.NOT_FOUND, None)


def test_many_are_confirmed_each_under_its_own_purpose(register):
    """They take no lists. One that cannot be true stops nobody else."""
    bad = replace(CLAIM, number="123")
    asked = [
        (CLAIM, reason("YC-20261123-0001")),
        (bad, reason("YC-20261123-0002")),
        (ELDER, reason("YC-20261123-0003")),
    ]
    first, second, third = register.client.confirm_many(asked, deadline_seconds=5)
    assert first.value.verdict is third.value.verdict is CheckVerdict.CONFIRMED
    assert isinstance(second, Rejected)
    assert [look["request"] for look in register.books()["looks"]] == ["YC-20261123-0001", "YC-20261123-0003"]


def test_once_the_quota_is_used_up_the_rest_of_a_batch_is_not_asked(register):
    """Asking on would only be counted against us."""
    register.control("quota", left=1)
    asked = [(CLAIM, reason(f"YC-20261123-000{n}")) for n in range(1, 5)]
    first, *others = register.client.confirm_many(asked, deadline_seconds=5)
    assert first.value.verdict is CheckVerdict.CONFIRMED
    assert all(isinstance(each, Unavailable) and each.retry_after_seconds == 3600 for each in others)
    assert register.sandbox.received["confirm"] == 2


@pytest.mark.parametrize(
    ("code", "error"), [("e:Client", Rejected), ("Server", Unavailable), ("Số 1 phố Thử", Unavailable)]
)
def test_a_fault_blames_us_or_nobody_was_there(clock, code, error):
    """A refusal stops; a fault of theirs is asked again. Their words are never repeated: they may name a person."""
    fault = f"<Fault xmlns='http://schemas.xmlsoap.org/soap/envelope/'><faultcode xmlns=''>{code}</faultcode>"
    body = flag("").replace(
        '<r xmlns="http://dancuquocgia.bca"></r>',
        fault + f"<faultstring xmlns=''>{CLAIM.name}</faultstring></Fault>",
    )
    with saying(clock, body) as (client, _), pytest.raises(error) as raised:
        client.confirm(CLAIM, reason())
    assert [part for part in PLANTED if part in told(raised.value)] == []


def test_without_the_officers_own_key_the_json_form_does_not_leave(clock):
    """AuthHash says who asks; another officer's would be a lie."""
    style = {"style": "bearer", "token": "t", "staff": {"accounts": {"binh@tinh.example": "a:b"}}}
    with saying(clock, ANSWER, wrap="soap_in_json", credentials=style) as (client, there):
        with pytest.raises(CredentialsRefused):
            client.confirm(CLAIM, reason())
        assert there.asked == []


def test_the_json_form_carries_the_tokens_and_the_asking_officers_own_key(clock):
    """Everything that the headers say stands in the body once more."""
    accounts = {"binh@tinh.example": "binh:1", "an@tinh.example": "an:2"}
    style = {"style": "bearer", "token": "t-1", "staff": {"accounts": accounts}}
    with saying(clock, ANSWER, wrap="soap_in_json", credentials=style) as (client, there):
        client.look_up(CLAIM, reason())
    [asked] = there.asked
    body = json.loads(asked.body)
    assert (body["accessToken"], base64.b64decode(body["AuthHash"])) == ("t-1", b"an:2")
    assert canonical(body["data"].encode()) == canonical((SAMPLES / "request-look-up.xml").read_bytes())
    assert (asked.headers["authorization"], asked.headers["authhash"]) == ("Bearer t-1", body["AuthHash"])


def test_the_plain_json_form_has_their_names(clock):
    """One flat object, the date under a name without Sinh."""
    with saying(clock, ANSWER, wrap="json", user_service="dvc") as (client, there):
        client.look_up(CLAIM, reason())
    assert json.loads(there.asked[0].body) == {
        "maYeuCau": "YC-20261123-0001",
        "maDVC": "1.001612",
        "maCanBo": "canbo01",
        "soDinhDanh": NUMBER,
        "hoVaTen": CLAIM.name.upper(),
        "ngayThangNam": "19900205",
        "userNameService": "dvc",
    }


def test_through_ndxp_each_question_is_signed_anew(clock):
    """A proof that is kept goes stale; SOAPAction stands there once."""
    style = {
        "style": "ndxp",
        "user": "tinh",
        "secret": "bi-mat-ndxp",
        "service_url": "https://ndxp.example/dancu",
        "xroad_client": "VN/GOV/tinh",
    }
    with saying(clock, ANSWER, credentials=style) as (client, there):
        client.look_up(CLAIM, reason())
        clock.advance(1)
        client.look_up(CLAIM, reason("YC-20261123-0002"))
    first, second = there.asked
    assert first.headers["x-road-client"] == "VN/GOV/tinh"
    assert first.headers["soapaction"] == '""'
    assert int(second.headers["timestamp"]) - int(first.headers["timestamp"]) == 1000
    assert first.headers["authorization"] != second.headers["authorization"]
