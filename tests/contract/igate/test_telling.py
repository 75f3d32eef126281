"""What the case system is told through the six-step adapter."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from connectors.errors import CredentialsRefused, OutcomeUnknown, Rejected, Unavailable
from connectors.igate.operations import operations
from connectors.kit.effects import Call, EffectClass

PAID_AT = datetime(2026, 11, 23, 7, 35, 1, tzinfo=UTC)


def confirm(cases, filed, **changes):
    facts = {
        "dossier_code": filed["code"],
        "source_id": filed["id"],
        "status": filed["status"],
        "fee_lines": [
            {"code": "P-TD", "name": "Phí thẩm định hồ sơ", "kind": "phí", "amount": 1_200_000},
            {"code": "LP-DD", "name": "Lệ phí cấp giấy chứng nhận", "kind": "lệ phí", "amount": 100_000},
        ],
        "amount": 1_300_000,
        "paid_at": PAID_AT.isoformat(),
        "payment_reference": "A1B2C3D4E5F6G7H8",
        "provider": "vnpay",
        **changes,
    }
    by_name = {operation.name: operation for operation in operations(cases.client)}
    call = Call(key=f"fee-paid:{filed['code']}:A1B2C3D4E5F6G7H8", reference="A1B2C3D4E5F6G7H8", payload=facts)
    return by_name["confirm_fee"].perform(call)


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("flag", ["dossier", "line", "both"])
def test_a_paid_fee_is_told_and_seen_in_the_feed(make, plain, flag):
    """The confirmation, then the fee list shows it: two different doors."""
    cases = make(sandbox={"plain_ok": plain}, paid_flag=flag)
    filed = cases.file()
    assert confirm(cases, filed).code == "200"

    book = cases.book(filed["code"])
    assert [(fee["amount"], fee["paid"]) for fee in book["fees"]] == [
        (1_200_000, 1_200_000),
        (100_000, 100_000),
    ]
    assert len(book["confirmations"]) == 1
    assert "A1B2C3D4E5F6G7H8" in book["confirmations"][0]["text"]
    assert "1.300.000 đồng" in book["confirmations"][0]["text"]
    demand = cases.client.fees([filed["id"]])[0]
    assert all(line.paid for line in demand.lines)
    assert demand.open_amount == 0


def test_a_payment_whose_time_nobody_told_is_told_without_one(cases):
    """A file or a person may know the money and not the minute."""
    filed = cases.file()
    confirm(cases, filed, paid_at="")

    assert "lúc" not in cases.book(filed["code"])["confirmations"][0]["text"]


def test_telling_it_again_changes_nothing(cases):
    """Idempotent, as assumed: a value is set, not added."""
    filed = cases.file()
    for _ in range(3):
        confirm(cases, filed)

    assert [fee["paid"] for fee in cases.book(filed["code"])["fees"]] == [1_200_000, 100_000]
    assert cases.book(filed["code"])["status"] == filed["status"]


@pytest.mark.parametrize(("status", "state"), [(0, 6), (2, 6), (4, 9), (8, 5), (9, 6), (5, 6), (99, 6)])
def test_paying_does_not_move_a_dossier_back(cases, status, state):
    """The dossier's own state is told again where it may carry fees (5, 6, 9), the agreed one otherwise."""
    filed = cases.file(status=status)
    confirm(cases, filed)

    assert cases.book(filed["code"])["confirmations"][0]["state"] == state


@pytest.mark.parametrize(
    "kind", ["lose_answer", "error_after_acting", "error_200", "half", "garbage", "lose_request"]
)
def test_a_lost_answer_is_unknown_never_failed(cases, kind):
    """They may have written it down."""
    filed = cases.file()
    cases.fault("confirm_fee", kind, times=1)

    with pytest.raises(OutcomeUnknown):
        confirm(cases, filed)
    told = len(cases.book(filed["code"])["confirmations"])
    assert told == (0 if kind == "lose_request" else 1)
    confirm(cases, filed)
    assert [fee["paid"] for fee in cases.book(filed["code"])["fees"]] == [1_200_000, 100_000]


def test_a_dossier_that_they_do_not_know_is_refused(cases):
    """Repeating cannot help: it goes on the counter's list."""
    filed = {"code": "H21.1-261123-9999", "id": "f" * 24, "status": 2}

    with pytest.raises(Rejected) as raised:
        confirm(cases, filed)
    assert raised.value.code == "400"


def test_plain_sentences_of_theirs_are_understood_as_far_as_agreed(make):
    """Text errors at HTTP 200: refused where the beginning is agreed."""
    cases = make(sandbox={"plain_ok": True})
    filed = {"code": "H21.1-261123-9999", "id": "f" * 24, "status": 2}

    with pytest.raises(Rejected) as raised:
        confirm(cases, filed)
    assert raised.value.code == "text"


def test_tokens_of_the_adapter_end_in_the_middle_too(make):
    """A 401 proves that nothing was done: renewed once, sent once more."""
    cases = make(sandbox={"token_uses": 1})
    filed = cases.file()
    for _ in range(4):
        confirm(cases, filed)

    assert len(cases.book(filed["code"])["confirmations"]) == 4
    assert cases.sandbox.acted["adapter_token"] >= 4


def test_a_refused_adapter_password_is_not_an_outcome(make):
    """Nothing left us."""
    cases = make(adapter_client_secret="sai")

    with pytest.raises(CredentialsRefused):
        confirm(cases, cases.file())


@pytest.mark.parametrize("kind", ["too_many", "closed"])
def test_a_closed_case_system_was_told_nothing(cases, kind):
    """Half an hour of outage costs half an hour."""
    filed = cases.file()
    cases.fault("confirm_fee", kind, times=1, seconds=1800)

    with pytest.raises(Unavailable) as raised:
        confirm(cases, filed)
    assert raised.value.retry_after_seconds == 1800
    assert cases.book(filed["code"])["confirmations"] == []


def test_without_an_adapter_nothing_can_be_told_and_that_is_declared(make):
    """Then paid fees go on the list for the counter; a call says so instead of pretending."""
    cases = make(adapter_url="")
    assert not cases.client.can_be_told

    with pytest.raises(Rejected) as raised:
        confirm(cases, cases.file())
    assert raised.value.code == "not-offered"


@pytest.mark.parametrize(
    "change", [{"fee_lines": [{"code": "P", "name": "Phí", "kind": "phí", "amount": 1.5}]}]
)
def test_facts_that_must_not_leave_do_not(cases, change):
    """Half a đồng is no amount."""
    with pytest.raises(Rejected) as raised:
        confirm(cases, cases.file(), **change)
    assert raised.value.code == "not-sent"
    assert cases.sandbox.received["confirm_fee"] == 0


def test_a_state_is_set_and_an_unknown_one_never_leaves(cases):
    """1 to 10 are the National Portal's; anything else has no meaning there."""
    filed = cases.file()
    update = {operation.name: operation for operation in operations(cases.client)}["update_status"]
    payload = {"dossier_code": filed["code"], "source_id": filed["id"], "status": 4, "note": "Đã đủ phí"}
    update.perform(Call(key="k", reference="", payload=payload))

    assert cases.book(filed["code"])["status"] == 2
    with pytest.raises(Rejected, match="not-sent"):
        update.perform(Call(key="k", reference="", payload={**payload, "status": 11}))


def test_a_note_is_a_step_and_is_never_sent_again_by_itself(cases):
    """Each call adds one, and there is no key to ask by."""
    filed = cases.file()
    note = {operation.name: operation for operation in operations(cases.client)}["add_note"]
    payload = {
        "dossier_code": filed["code"],
        "source_id": filed["id"],
        "status": 4,
        "note": "Đã hoàn phí",
        "at": PAID_AT.isoformat(),
    }
    note.perform(Call(key="k", reference="", payload=payload))

    assert note.effect_class is EffectClass.EVIDENCE
    cases.fault("add_note", "lose_answer", times=1)
    with pytest.raises(OutcomeUnknown):
        note.perform(Call(key="k", reference="", payload={**payload, "dossier_code": filed["code"]}))
    assert cases.book(filed["code"])["told"] == [{"step": 4, "text": "Đã hoàn phí"}] * 2


def test_three_forms_of_dates_in_one_message():
    """The adapter wants all three; local time each."""
    from connectors.igate import translate

    assert translate.iso_milliseconds(PAID_AT) == "2026-11-23T14:35:01.000"
    assert translate.spaced(PAID_AT) == "2026-11-23 14:35:01"
    assert translate.digits(PAID_AT) == "20261123143501"
