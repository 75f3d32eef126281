"""Telling the portal: create or update, success in three spellings, steps in order and in parts, what a look-up proves."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from connectors.dvcqg import wire
from connectors.errors import ContractBroken, CredentialsRefused, OutcomeUnknown, Rejected, Unavailable
from connectors.kit.effects import Call, Done, EffectClass, NotDone, Undecided
from connectors.kit.reading import Unreadable
from mappings.canonical.codec import to_json
from mappings.canonical.dossier import DossierState
from tests.contract.dvcqg.conftest import CODE, dossier, portal, settings, step


def pushing(file: Any = None, **more: Any) -> Call:
    return Call("sync:A:1", CODE, {"dossier": to_json(file or dossier()), **more})


@pytest.mark.parametrize("code", [0, 3, -3])
@pytest.mark.parametrize("spelling", ["number", "text", "double"])
def test_a_create_of_what_they_have_becomes_an_update(clock, code, spelling):
    """'đã tồn tại' comes with three codes, one of them the code of success."""
    for here in portal(clock, exists_code=code, spelling=spelling):
        assert here.client.push_dossier(dossier()).created is True
        again = here.client.push_dossier(dossier(summary="Nội dung mới"))

        assert again.created is False
        kept = here.books()["dossiers"][CODE]
        assert (kept["creates"], kept["updates"]) == (1, 1)
        assert kept["item"]["TrichYeuHoSo"] == "Nội dung mới"


def test_exists_as_a_sentence_is_not_enough(clock):
    """A refusal with another code that happens to speak of something existing is a refusal."""
    for here in portal(clock, exists_code=7):
        here.client.push_dossier(dossier())
        with pytest.raises(Rejected) as refused:
            here.client.push_dossier(dossier())
        assert refused.value.code == "7"
        assert here.books()["dossiers"][CODE]["updates"] == 0


def test_a_known_dossier_is_updated_at_once_and_created_when_they_lost_it(there):
    """Pushes are lost there silently; the same call repairs it."""
    there.client.push_dossier(dossier())
    there.client.push_dossier(dossier(), known=True)
    assert there.sandbox.received["DongBoHoSoMC"] == 2
    there.control("forget", code=CODE)

    repaired = there.client.push_dossier(dossier(), known=True)

    assert repaired.created is True
    assert there.books()["dossiers"][CODE]["creates"] == 1


def test_the_answer_to_the_update_was_lost_after_the_create_was_refused(there):
    """Unknown, though the first call of the two was answered."""
    there.client.push_dossier(dossier())
    there.fault("DongBoHoSoMC", "lose_answer", every=2, times=1)

    with pytest.raises(OutcomeUnknown):
        there.client.push_dossier(dossier(summary="B"))


@pytest.mark.parametrize(
    ("profile", "body", "says"),
    [
        ({}, {"error_code": 0}, "yes"),
        ({}, {"error_code": "0"}, "yes"),
        ({}, {"error_code": "00", "message": "Đồng bộ thành công"}, "yes"),
        ({}, {"error_code": "000"}, "yes"),
        ({}, {"error_code": 1, "message": "Đồng bộ thành công"}, "no"),
        ({}, {"error_code": -1, "message": "Không thành công"}, "no"),
        ({}, {"error_code": "99", "message": ""}, "unsure"),
        ({}, {"error_code": 2, "message": "LỖI HỆ THỐNG"}, "unsure"),
        ({}, {"error_code": "-401"}, "expired"),
        ({}, {"error_code": 5, "message": "Session expired"}, "expired"),
        ({"success_by": "text"}, {"error_code": 1, "message": "THÀNH CÔNG"}, "yes"),
        ({"success_by": "text"}, {"error_code": 0, "message": "OK"}, "unsure"),
        ({"success_by": "text"}, {"error_code": 1, "message": "không thành công"}, "no"),
        ({"success_by": "both"}, {"error_code": 0, "message": "Thành công"}, "yes"),
        ({"success_by": "both"}, {"error_code": 0, "message": ""}, "unsure"),
        ({"success_by": "both"}, {"error_code": 1, "message": "Thành công"}, "unsure"),
        ({"success_by": "both"}, {"error_code": 1, "message": "Sai"}, "no"),
    ],
)
def test_what_an_answer_means_follows_the_profile(profile, body, says):
    """Code as number or text, one zero or two, or the words: agreed per adapter, never guessed per answer."""
    answer = wire.envelope(json.dumps(body).encode())
    assert wire.judged(answer, settings(**profile)).value == says


def test_words_in_letters_and_marks_apart_are_the_same_words():
    """Half of the adapters send decomposed Vietnamese."""
    import unicodedata

    body = {"error_code": 3, "message": unicodedata.normalize("NFD", "Hồ sơ ĐÃ TỒN TẠI")}
    answer = wire.envelope(json.dumps(body).encode())
    assert wire.judged(answer, settings(), creating=True) is wire.Says.EXISTS


@pytest.mark.parametrize(
    "body",
    [
        {"error_code": 0, "message": "Không thành công"},
        {"error_code": 0, "message": "Thất bại"},
        {"error_code": 0, "message": "Hồ sơ đã tồn tại"},
        {"error_code": 0, "message": ["x"]},
        {"error_code": True},
        {"error_code": 0.5},
        {"error_code": ""},
        {"error_code": "không"},
        {"error_code": None},
        {"message": "Thành công"},
        [],
        "0",
    ],
)
def test_an_answer_that_contradicts_itself_or_says_nothing_decides_nothing(body):
    """Success by code beside failure by words is neither."""
    with pytest.raises(Unreadable):
        wire.judged(wire.envelope(json.dumps(body).encode()), settings())


# ---- what is refused before it leaves ------------------------------------------------------------------------------------


def test_what_breaks_their_rules_never_leaves_and_every_field_is_named(there):
    """One round of corrections, not one per field; and no personal value in the reason."""
    bad = dossier(
        "261123-0001",
        procedure="TS_lop1.000.00.00.H22",
        summary="x" * 1001,
        agency_name=" ",
        state=DossierState.PENDING,
    )
    with pytest.raises(Rejected) as refused:
        there.client.push_dossier(bad)

    assert refused.value.code == "local"
    for field in ("MaHoSo", "MaTTHC", "TrichYeuHoSo", "DonViXuLy", "TrangThaiHoSo"):
        assert f"{field}:" in str(refused.value), field
    assert "THỬ" not in str(refused.value)
    assert there.sandbox.received == {}


@pytest.mark.parametrize("code", ["H21", "000.00.15.H21-261123-0001", "H21.15-261123-0001", "X-H21-1"])
def test_a_code_with_the_unit_code_in_it_leaves(there, code):
    """As a part of its own, wherever it stands."""
    assert there.client.push_dossier(dossier(code)).created


@pytest.mark.parametrize("code", ["H210.15-1", "H2.1", "XH21-1", "H22.15-261123-0001"])
def test_a_code_without_it_is_refused_and_no_other_code_is_made_up(there, code):
    """A made-up code loses the link with the citizen's receipt."""
    with pytest.raises(Rejected, match="unit code"):
        there.client.push_dossier(dossier(code))


def test_an_unknown_catalogue_is_refused_here(there):
    """Nobody at the portal is asked for what does not exist."""
    with pytest.raises(Rejected, match="no such catalogue"):
        there.client.catalogue("people")
    assert there.sandbox.received == {}


# ---- steps ---------------------------------------------------------------------------------------------------------------


def test_steps_go_in_order_and_ten_at_a_time(there):
    """Ten is what another client found to work."""
    there.client.push_dossier(dossier())
    taken = there.client.push_steps(CODE, [step(number) for number in range(1, 26)])

    assert taken == 25
    assert there.sandbox.acted["CapNhatTienDoHoSoMC"] == 3
    sent = [each["ThoiDiemXuLy"] for each in there.books()["dossiers"][CODE]["steps"]]
    assert sent == sorted(sent)
    assert len(sent) == 25


def test_steps_out_of_order_or_twice_never_leave(there):
    """The portal shows them as they come."""
    for versions in ([2, 1], [1, 1]):
        with pytest.raises(Rejected, match="order"):
            there.client.push_steps(CODE, [step(number) for number in versions])
    assert there.sandbox.received == {}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"officer": ""}, "NguoiXuLy"),
        ({"officer": "  "}, "NguoiXuLy"),
        ({"officer": "x" * 51}, "NguoiXuLy"),
        ({"state": DossierState.PENDING}, "TrangThai"),
        ({"content": "a\u202eb"}, "NoiDungXuLy"),
        ({"unit": "a\x00b"}, "PhongBanXuLy"),
    ],
)
def test_a_step_that_breaks_a_rule_never_leaves(there, changes, field):
    """One bad step stops its call before the first byte, also when it is in a later part."""
    steps = [*(step(number) for number in range(1, 12)), step(12, **changes)]
    with pytest.raises(Rejected, match=field) as refused:
        there.client.push_steps(CODE, steps)
    assert refused.value.code == "local"
    assert there.sandbox.received == {}


@pytest.mark.parametrize(
    ("kind", "first", "later"),
    [("closed", Unavailable, OutcomeUnknown), ("lose_answer", OutcomeUnknown, OutcomeUnknown)],
)
def test_a_later_part_that_fails_is_never_told_as_nothing_done(there, kind, first, later):
    """Sent again as a whole, ten steps would stand there twice."""
    there.client.push_dossier(dossier())
    steps = [step(number) for number in range(1, 13)]
    there.fault("CapNhatTienDoHoSoMC", kind, times=1)
    with pytest.raises(first) as error:
        there.client.push_steps(CODE, steps)
    assert type(error.value) is first

    there.control("forget", code=CODE)
    there.client.push_dossier(dossier())
    there.fault("CapNhatTienDoHoSoMC", kind, times=1, every=2)
    with pytest.raises(later) as error:
        there.client.push_steps(CODE, steps)
    assert type(error.value) is later


def test_a_refusal_of_a_later_part_says_how_many_are_there(there, monkeypatch):
    """A person has to finish it by hand: they must know where."""
    there.client.push_dossier(dossier())
    real = there.sandbox._steps

    def forgetting(asked):
        answer = real(asked)
        there.sandbox.dossiers.clear()
        return answer

    monkeypatch.setattr(there.sandbox, "_steps", forgetting)
    with pytest.raises(OutcomeUnknown, match="10 of 12 steps"):
        there.client.push_steps(CODE, [step(number) for number in range(1, 13)])


def test_steps_of_a_dossier_that_is_not_there_are_refused(there):
    """Steps only after their dossier."""
    with pytest.raises(Rejected):
        there.client.push_steps(CODE, [step()])


# ---- what a look-up proves -----------------------------------------------------------------------------------------------


def test_a_create_is_done_when_it_is_there_in_the_state_told(there):
    """Found with another state is another story: it is told again."""
    push = there.operations["push_dossier"]
    assert isinstance(push.look_up(pushing()), NotDone)
    push.perform(pushing())
    assert isinstance(push.look_up(pushing()), Done)

    there.control("citizen", code=CODE, state="7")
    found = push.look_up(pushing())
    assert isinstance(found, NotDone)
    assert found.code == "other-state"


def test_an_update_leaves_no_trace_and_is_not_called_done(there):
    """The state was the same before: that proves nothing about this version."""
    push = there.operations["push_dossier"]
    push.perform(pushing())

    found = push.look_up(pushing(dossier(summary="neu"), known=True))

    assert isinstance(found, NotDone)
    assert found.code == "cannot-tell"
    push.perform(pushing(dossier(summary="neu"), known=True))
    assert there.books()["dossiers"][CODE]["item"]["TrichYeuHoSo"] == "neu"


def test_a_create_sent_again_although_it_had_arrived_changes_nothing(there):
    """So 'not there' may be taken as proof: a wrong one ends in an update to the same values."""
    there.fault("DongBoHoSoMC", "lose_answer", times=1)
    with pytest.raises(OutcomeUnknown):
        there.operations["push_dossier"].perform(pushing())
    before = there.books()["dossiers"][CODE]["item"]

    there.operations["push_dossier"].perform(pushing())

    kept = there.books()["dossiers"][CODE]
    assert kept["item"] == before
    assert (kept["creates"], kept["updates"]) == (1, 1)


@pytest.mark.parametrize("kind", ["garbage", "error_200"])
def test_a_look_up_without_a_readable_answer_is_undecided(there, kind):
    """Neither done nor not done."""
    there.operations["push_dossier"].perform(pushing())
    there.fault("TraCuuHoSo", kind)
    assert isinstance(there.operations["push_dossier"].look_up(pushing()), Undecided)


def test_classes_are_declared_as_honest_as_they_are(there):
    """Nobody can ask for a step; the operator's word alone makes it repeatable."""
    from unittest.mock import MagicMock

    from connectors.dvcqg.operations import operations

    assert there.operations["push_steps"].effect_class is EffectClass.EVIDENCE
    assert there.operations["push_steps"].look_up is None
    told = MagicMock(steps_once=True)
    [steps] = [each for each in operations(told) if each.name == "push_steps"]
    assert steps.effect_class is EffectClass.IDEMPOTENT
    [steps] = [each for each in operations(MagicMock()) if each.name == "push_steps"]
    assert steps.effect_class is EffectClass.EVIDENCE


# ---- asking --------------------------------------------------------------------------------------------------------------


def test_lost_pushes_are_found_by_asking_for_each(there):
    """The operators' daily comparison of lists, done by the machine."""
    codes = [f"H21.15-261123-000{number}" for number in range(1, 5)]
    for code in codes:
        there.client.push_dossier(dossier(code))
    there.control("forget", code=codes[2])

    found = {each.code: each.found for each in there.client.dossiers_there(codes)}

    assert found == {codes[0]: True, codes[1]: True, codes[2]: False, codes[3]: True}


def test_a_state_that_is_in_no_list_is_pending(there):
    """An unfamiliar number is never done and never refused."""
    there.client.push_dossier(dossier())
    there.control("citizen", code=CODE, state="42")
    found = there.client.find_dossier(CODE)
    assert (found.found, found.status, found.state) == (True, "42", DossierState.PENDING)


@pytest.mark.parametrize(
    "result",
    [
        [{"MaHoSo": "H21-KHAC", "TrangThaiHoSo": "4"}],
        [{"MaHoSo": CODE}, {"MaHoSo": CODE}],
        ["x"],
        "x",
        5,
    ],
)
def test_a_look_up_about_something_else_is_no_answer(there, monkeypatch, result):
    """The state of another dossier would be taken for ours."""
    monkeypatch.setattr(there.sandbox, "_look_up", lambda asked: there.sandbox._says(0, "", result=result))
    with pytest.raises(ContractBroken):
        there.client.find_dossier(CODE)


def test_success_without_a_result_is_not_taken_for_not_found(there, monkeypatch):
    """'Not found' leads to a push: it must be said, not left out."""
    monkeypatch.setattr(there.sandbox, "_look_up", lambda asked: there.sandbox._says(0, ""))
    with pytest.raises(ContractBroken):
        there.client.find_dossier(CODE)


def test_the_feed_gives_what_can_be_read_and_names_the_rest(there):
    """One bad line stops nobody else, and the same line again is the same news."""
    there.client.push_dossier(dossier())
    there.sandbox._feed += [{"MaHoSo": ""}, "x", {"MaHoSo": "H21-2", "TrangThai": "10"}]

    news, unreadable = there.client.states()

    assert [(each.dossier_code, each.state) for each in news] == [
        (CODE, DossierState.PROCESSING),
        ("H21-2", DossierState.RETURNED),
    ]
    assert len(unreadable) == 2
    assert there.client.states()[0] == news


def test_nothing_of_a_refused_unit_is_tried_again(clock):
    """A refusal of who we are in their words is theirs to explain; it is not an ended session."""
    for here in portal(clock, {"unit": "000.00.00.H99"}):
        with pytest.raises(Rejected) as refused:
            here.client.push_dossier(dossier())
        assert refused.value.code == "-2"
        assert not isinstance(refused.value, CredentialsRefused)
        assert here.sandbox.logins == 1


def test_the_note_is_left_out_unless_wanted(clock):
    """GhiChu has broken calls elsewhere."""
    for wanted, text in ((False, ""), (True, "Ghi chú")):
        for here in portal(clock, {"send_note": wanted}):
            here.client.push_dossier(replace(dossier(), note="Ghi chú"))
            assert here.books()["dossiers"][CODE]["item"]["GhiChu"] == text
