"""Each piece of software as it is used: the five verbs, repeats, refusals, look-ups, and quirks."""

from __future__ import annotations

import json
from typing import Any
from unittest.mock import MagicMock

import pytest

from connectors.errors import (
    AlreadyDone,
    ContractBroken,
    CredentialsRefused,
    OutcomeUnknown,
    Rejected,
    Unavailable,
)
from connectors.handover.client import Client
from connectors.handover.connect import connected
from connectors.handover.news import news_of
from connectors.handover.operations import operations
from connectors.handover.profile import Profile
from connectors.handover.settings import Settings
from connectors.handover.shelf import profile
from connectors.kit.effects import Call, Done, EffectClass, NotDone
from connectors.kit.exchanges import collecting
from connectors.kit.reading import Unreadable
from connectors.kit.sandbox import Fault, SandboxAnswer, serve
from mappings.canonical.codec import to_json
from mappings.canonical.inbound import NewsKind
from tests.contract.conformance import Replaying
from tests.contract.handover.conftest import (
    CODE,
    CONTENT,
    FOUR,
    OPERATIONS,
    PERSON,
    QUERIES,
    SECRET,
    a_dossier,
    asked,
    facts_for,
    sandbox,
    settings,
)

THREE = ("xay-dung", "gplx", "lao-dong")


@pytest.mark.parametrize("name", THREE)
def test_a_dossier_goes_through_all_five_verbs(make, name):
    """Hand over, state, supplement, finish with results, acknowledge."""
    there = make(name)
    first = there.do("hand_over")
    assert first.data["told"].get("their_reference", "TN000001") == "TN000001"

    assert there.do("ask_state").data["news"]["state"] == "received"
    there.do("send_supplement")
    there.state("processing")
    assert there.do("ask_state").data["news"]["state"] == "processing"
    with pytest.raises(Rejected):
        there.do("fetch_result")
    there.state("finished")
    news = there.do("fetch_result").data["news"]
    assert (news["kind"], news["state"], len(news["results"])) == ("finished", "done", 1)
    there.do("acknowledge")

    assert there.books()["dossiers"][CODE]["messages"] == ["hand_over", "send_supplement", "acknowledge"]
    assert there.books()["refused"] == []


@pytest.mark.parametrize("name", THREE)
def test_a_dossier_that_is_there_already_is_a_success_of_the_first_time(make, name):
    """By a code, by a number, or by words only ('đã tồn tại')."""
    there = make(name)
    there.do("hand_over")
    with pytest.raises(AlreadyDone):
        there.do("hand_over")
    assert len(there.books()["dossiers"]) == 1


@pytest.mark.parametrize("name", THREE)
def test_after_a_lost_answer_the_state_tells(make, name):
    """Not found is no proof: it may become visible late."""
    there = make(name)
    operation = there.by_name["hand_over"]
    call = Call("k", CODE, facts_for("hand_over"), deadline_seconds=5)
    assert operation.effect_class is EffectClass.FINDABLE
    assert not operation.not_found_is_proof
    assert isinstance(operation.look_up(call), NotDone)
    there.sandbox.faults.add(Fault.read({"operation": "hand_over", "kind": "lose_answer", "times": 1}))
    with pytest.raises(OutcomeUnknown):
        operation.perform(call)
    assert isinstance(operation.look_up(call), Done)


@pytest.mark.parametrize("name", THREE)
def test_a_state_that_nobody_agreed_on_is_pending(make, name):
    """Their list grows without telling us."""
    there = make(name)
    there.do("hand_over")
    there.state("strange")
    news = there.do("ask_state").data["news"]
    assert news["state"] == "pending"
    assert news["their_state"] in ("MA_MOI_2027", "77", "MA_MOI")


@pytest.mark.parametrize("name", FOUR)
def test_every_single_wrong_name_in_a_map_of_fields_is_seen(name, clock):
    """The sandbox knows the contract and no profile: a field that is misspelt is refused or is missing from the answer."""
    theirs = sandbox(name, clock)
    server = serve(theirs)
    section = settings(server.url, name)
    right = connected(section, clock=clock)
    try:
        transport = right.client[f"handover.{name}"]._transport
        for action, at, side, broken in misspelt(profile(name)):
            theirs.dossiers.clear()
            if name != "c08" and action != "hand_over":
                theirs.dossiers[CODE] = {"state": "finished", "messages": []}
            client = Client(f"handover.{name}", broken, transport)
            seen = outcome(client, action)
            told = outcome(right.client[f"handover.{name}"], action, again=theirs)
            assert seen != told, f"{action}.{side}[{at}]"
    finally:
        for each in right.transports:
            each.close()
        server.close()


def misspelt(whole: Profile) -> Any:
    """The profile with one name of theirs changed, for every field that takes part in the facts of the tests."""
    absent = {"MaSoThue", "Email", "NoiDung", "GhiChu", "gioiTinh", "ghiChu", "TenTep", "KetQua.MucKetQua"}
    dumped = whole.model_dump(mode="json", by_alias=True)
    for action, spec in dumped["actions"].items():
        for side in ("fields", "reads"):
            for at, field in enumerate(spec[side]):
                if field["theirs"].rpartition(".")[2] in absent or field["place"] == "path":
                    continue
                if field["as"] == "name" or field["theirs"] == "KetQua.MucKetQua":
                    continue
                copy = json.loads(json.dumps(dumped))
                copy["actions"][action][side][at]["theirs"] = field["theirs"] + "x"
                yield action, at, side, Profile.model_validate(copy)


def outcome(client: Client, action: str, again: Any = None) -> Any:
    """What came of it, as something that can be compared."""
    if again is not None:
        again.dossiers.clear()
        if action not in ("hand_over", *QUERIES):
            again.dossiers[CODE] = {"state": "finished", "messages": []}
    try:
        return client.call(action, facts_for(action), deadline_seconds=5)
    except (Rejected, OutcomeUnknown) as exc:
        return type(exc).__name__


@pytest.mark.parametrize("name", FOUR)
def test_a_number_plate_or_a_dossier_code_in_the_address_is_not_noted(make, name):
    """The log has the address as the profile has it."""
    there = make(name)
    if name != "c08":
        there.do("hand_over")
    with collecting() as exchanges:
        there.do(OPERATIONS[name][1] if name != "c08" else "find_vehicle")
    noted = [each.request_summary["path"] for each in exchanges if each.operation != "token"]

    assert noted == [profile(name).actions[OPERATIONS[name][1] if name != "c08" else "find_vehicle"].path]


def test_vehicles_are_looked_up_after_signing_in(make):
    """Plate, chassis, kind and colour in the path."""
    there = make("c08")
    facts = there.do("find_vehicle").data["told"]["facts"]

    assert facts["plate"] == "81A-000.01"
    assert facts["registered_on"] == "2024-02-05"
    assert there.do("find_inspection").data["told"]["facts"]["valid_until"] == "2027-06-30"
    assert there.do("find_customs").data["told"]["facts"]["cleared"] is True
    assert there.sandbox.received["token"] == 1


def test_a_registration_fee_is_whole_dong_by_a_get_with_a_body(make):
    """A quirk of theirs: some GETs want JSON."""
    there = make("c08")
    assert there.do("find_registration_fee").data["told"]["facts"] == {
        "amount": 54_600_000,
        "paid": True,
        "paid_on": "2026-11-20",
    }
    without = {"query": {"code": "LPTB-0001"}}
    with pytest.raises(Rejected, match="maHoSo"):
        there.do("find_registration_fee", without)
    with pytest.raises(Rejected) as absent:
        there.do("find_registration_fee", {"query": {"code": "LPTB-0002", "dossier_code": CODE}})
    assert absent.value.code == "NOT_FOUND"


def test_a_token_that_ended_in_the_middle_is_renewed_once(make):
    """They forget tokens when they restart."""
    there = make("c08")
    there.do("find_vehicle")
    asked(there.sandbox, "POST", "forget-tokens")
    assert there.do("find_vehicle").data["told"]["facts"]["plate"] == "81A-000.01"
    assert there.sandbox.received["token"] == 2


def test_a_wrong_password_stops_before_the_account_is_locked(make):
    """Asked once, not with every call."""
    there = make("c08", login_password="sai-mat-khau")
    for _ in range(3):
        with pytest.raises(CredentialsRefused):
            there.do("find_vehicle")
    assert there.sandbox.received["token"] == 1


@pytest.mark.parametrize(
    "answer", [b"{}", b'{"token": 5}', b'{"token": ""}', b'{"token": "a\\nb"}', b"[]", b"<html>"]
)
def test_a_sign_in_without_a_token_leaves_nothing_sent(clock, answer):
    """Whatever happened to the token, the call has not left."""
    server = serve(Replaying(sandbox("c08", clock), "token", SandboxAnswer(200, {}, answer)))
    connection = connected(settings(server.url, "c08"), clock=clock)
    try:
        with pytest.raises(Unavailable):
            connection.operations[0].perform(Call("k", "", facts_for("find_vehicle"), deadline_seconds=5))
    finally:
        for each in connection.transports:
            each.close()
        server.close()


def test_a_sign_in_that_the_settings_do_not_have_stops_the_process(clock):
    """Not at the first call in the night."""
    section = Settings(systems={"c08": {"base_url": "https://c08.example"}})
    with pytest.raises(ValueError, match=r"handover\.c08.*login_user"):
        connected(section, clock=clock)


def test_files_go_inside_the_message_from_the_effect_or_from_the_store(clock):
    """A file that nobody has stops the message: half a dossier is not handed over."""
    theirs = sandbox("xay-dung", clock)
    server = serve(theirs)
    facts = {"dossier": to_json(a_dossier())}
    try:
        for files, granted in ((CONTENT.__getitem__, True), (None, False), ({}.__getitem__, False)):
            theirs.dossiers.clear()
            connection = connected(settings(server.url, "xay-dung"), clock=clock, files=files)
            call = Call("k", CODE, facts, deadline_seconds=5)
            if granted:
                assert connection.operations[0].perform(call).code == "00"
            else:
                with pytest.raises(Rejected) as refused:
                    connection.operations[0].perform(call)
                assert refused.value.code == "not-sent"
            connection.transports[0].close()
        assert theirs.received["hand_over"] == 1
    finally:
        server.close()


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ('<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><e:Fault><faultcode>e:Server</faultcode><faultstring>Ngoài giờ phục vụ, mời quay lại</faultstring></e:Fault></e:Body></e:Envelope>', Unavailable),
        ('<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><e:Fault><faultcode>e:Client</faultcode><faultstring>Thiếu trường bắt buộc SoDinhDanh</faultstring></e:Fault></e:Body></e:Envelope>', Rejected),
        ('<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><e:Fault><faultcode>e:Server</faultcode><faultstring>NullPointerException</faultstring></e:Fault></e:Body></e:Envelope>', OutcomeUnknown),
        ('<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><TraCuuTrangThaiKetQua xmlns="urn:vn:lao-dong:motcua:1"><MaKetQua>OK</MaKetQua></TraCuuTrangThaiKetQua></e:Body></e:Envelope>', ContractBroken),
        ('<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><TiepNhanHoSoKetQua xmlns="urn:vn:lao-dong:motcua:1"><MaKetQua>OK</MaKetQua></TiepNhanHoSoKetQua></e:Body></e:Envelope>', ContractBroken),
    ],
    ids=["wait", "refused", "unknown", "another element", "no reference"],
)  # fmt: skip
def test_a_soap_fault_is_what_its_words_say_and_else_unknown(clock, body, error):
    """Words of a fault may name people: they are looked at and never shown."""
    server = serve(
        Replaying(
            sandbox("lao-dong", clock),
            "hand_over",
            SandboxAnswer(200, {"Content-Type": "text/xml"}, body.encode()),
        )
    )
    connection = connected(settings(server.url, "lao-dong"), clock=clock)
    try:
        with pytest.raises(error) as found:
            connection.operations[0].perform(Call("k", CODE, facts_for("hand_over"), deadline_seconds=5))
        assert type(found.value) is error
        assert "SoDinhDanh" not in str(found.value)
        assert not [word for word in PERSON if word in str(found.value)]
    finally:
        connection.transports[0].close()
        server.close()


def test_an_answer_about_another_dossier_is_no_answer(make):
    """A proxy that mixes up its answers tells one citizen another's state."""
    there = make("gplx")
    other = {"maLoi": "0", "hoSo": {"maHoSo": "H21.15-261123-9999", "trangThai": 4}}
    server = serve(Replaying(there.sandbox, "ask_state", SandboxAnswer(200, {}, json.dumps(other).encode())))
    connection = connected(settings(server.url, "gplx"), clock=there.sandbox.clock)
    by_name = {each.name: each for each in connection.operations}
    try:
        call = Call("k", CODE, facts_for("ask_state"), deadline_seconds=5)
        with pytest.raises(ContractBroken):
            by_name["ask_state"].perform(call)
        found = by_name["hand_over"].look_up(Call("k", CODE, facts_for("hand_over"), deadline_seconds=5))
        assert not isinstance(found, Done | NotDone)
    finally:
        connection.transports[0].close()
        server.close()


def test_several_profiles_are_active_at_once_and_one_profile_may_serve_two(clock, tmp_path):
    """A system is a name of the installation; what it speaks is a file."""
    file = tmp_path / "rieng.toml"
    from importlib import resources

    text = resources.files("connectors.handover").joinpath("profiles", "gplx.toml").read_text("utf-8")
    file.write_text(text.replace('name = "gplx"', 'name = "rieng"', 1), "utf-8")
    made = Settings(
        systems={
            "gplx": {"base_url": "https://a.example"},
            "gplx_hai": {"base_url": "https://b.example", "profile": "gplx"},
            "rieng": {"base_url": "https://c.example", "profile": str(file), "callback_secret": "x" * 16},
        }
    )
    found = connected(made, clock=clock)

    assert found.system == "handover"
    assert set(found.client) == {"handover.gplx", "handover.gplx-hai", "handover.rieng"}
    assert len({(each.system, each.name) for each in found.operations}) == 15
    assert set(found.verifiers) == set(found.client)


def test_operations_of_no_profile_are_none():
    """Whoever lists declarations has no settings."""
    assert operations(MagicMock()) == ()


@pytest.mark.parametrize("name", THREE)
def test_the_sandbox_calls_back(name, clock):
    """The provincial day plays with it."""
    got = asked(sandbox(name, clock), "POST", "call-back", {"kind": "state", "key": CODE, "send": True})
    assert CODE in got["body"]
    assert SECRET not in got["body"]


@pytest.mark.parametrize(("status", "kind"), [(404, NotDone), (410, None)])
def test_http_codes_mean_what_the_profile_says(make, status, kind):
    """404 is 'not there' where it was agreed; any other refusal is a refusal of asking, and tells nothing."""
    there = make("gplx")
    server = serve(Replaying(there.sandbox, "ask_state", SandboxAnswer(status, {}, b"{}")))
    connection = connected(settings(server.url, "gplx"), clock=there.sandbox.clock)
    [hand_over] = [each for each in connection.operations if each.name == "hand_over"]
    call = Call("k", CODE, facts_for("hand_over"), deadline_seconds=5)
    try:
        if kind is not None:
            assert isinstance(hand_over.look_up(call), kind)
        else:
            with pytest.raises(Rejected):
                hand_over.look_up(call)
    finally:
        connection.transports[0].close()
        server.close()


def test_http_409_is_there_already_where_it_was_agreed(make, tmp_path):
    """Some programs say it so."""
    whole = profile("gplx").model_dump(mode="json", by_alias=True)
    whole["answers"]["usual"]["already_http"] = [409]
    there = make("gplx")
    server = serve(Replaying(there.sandbox, "hand_over", SandboxAnswer(409, {}, b"{}")))
    connection = connected(settings(server.url, "gplx"), clock=there.sandbox.clock)
    client = connection.client["handover.gplx"]
    try:
        for made, error in ((client.profile, Rejected), (Profile.model_validate(whole), AlreadyDone)):
            with pytest.raises(Rejected) as found:
                Client("handover.gplx", made, client._transport).call("hand_over", facts_for("hand_over"))
            assert type(found.value) is error
    finally:
        connection.transports[0].close()
        server.close()


def test_news_about_another_dossier_than_was_asked_is_none():
    """Whoever made it."""
    with pytest.raises(Unreadable):
        news_of("handover.x", NewsKind.STATE, {"dossier_code": "A"}, dossier_code="B")
    with pytest.raises(Unreadable):
        news_of("handover.x", NewsKind.STATE, {})
    assert news_of("handover.x", NewsKind.STATE, {}, dossier_code="B").dossier_code == "B"
