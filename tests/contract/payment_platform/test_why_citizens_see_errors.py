"""The defects of programs that use the platform today, each with a test of that name (table 'Why citizens see errors')."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from connectors.errors import Forged, OutcomeUnknown
from connectors.kit.effects import Call, EffectClass
from connectors.payment_platform import notifications, wire
from connectors.payment_platform.operations import operations
from connectors.statements.profile import load_profile
from connectors.statements.reader import read_settlement
from mappings.canonical.payment import PaymentVerdict
from tests.contract.payment_platform.conftest import REFERENCE, settings
from tests.contract.payment_platform.test_confirm import confirm


def test_time_written_with_a_12_hour_pattern(direct):
    """14:30 must leave as 14, or morning and afternoon collide and receipt and query find nothing."""
    direct.clock.set(datetime(2026, 11, 23, 7, 30, tzinfo=UTC))

    assert direct.client.request_time() == "20261123143000"
    morning = wire.sent_time(datetime(2026, 11, 22, 19, 30, tzinfo=UTC), direct.settings)
    assert morning == "20261123023000"
    direct.open()
    assert direct.query().code == "00/2"
    with pytest.raises(ValueError, match="zone"):
        wire.sent_time(datetime(2026, 11, 23, 14, 30), direct.settings)


def test_poller_marks_a_row_checked_after_one_pending_answer(direct):
    """3 says that they do not know: it is never final, and a later question gets the truth."""
    url = direct.open()
    direct.control("pay", url=url, ending="pending")
    asking = {operation.name: operation for operation in operations(direct.client)}["query_payment"]
    call = Call(
        key=f"attempt:{REFERENCE}:query:1",
        reference=REFERENCE,
        payload={
            "reference": REFERENCE,
            "request_time": direct.client.request_time(),
            "amount": 1_300_000,
            "terminal": "DVCTINH",
        },
    )

    for _ in range(3):
        pending = asking.perform(call)
        assert (pending.data["news"]["verdict"], pending.final) == ("unknown", False)
    direct.control("resolve", reference=REFERENCE, ending="paid")
    paid = asking.perform(call)
    assert (paid.data["news"]["verdict"], paid.final) == ("paid", True)


@pytest.mark.parametrize(
    ("state", "verdict"), [("1", "paid"), ("3", "unknown"), ("4", "failed"), ("2", "unknown")]
)
def test_states_that_were_not_seen_are_unknown_not_failed(state, verdict):
    """An unfamiliar code is pending: never success, never failure."""
    from connectors.payment_platform.translate import verdict_of

    assert verdict_of(state) == verdict
    assert verdict_of("0") == verdict_of("") == verdict_of("01") == PaymentVerdict.UNKNOWN


def test_the_sql_for_failed_is_not_valid_and_the_error_is_swallowed(direct):
    """A failed attempt must arrive as failed, or it stays 'khoi-tao' for ever; nothing on the way swallows it."""
    url = direct.open()
    direct.control("pay", url=url, ending="failed", notify="lost")
    asking = {operation.name: operation for operation in operations(direct.client)}["query_payment"]
    payload = {"reference": REFERENCE, "request_time": direct.client.request_time(), "amount": 1_300_000}

    done = asking.perform(Call(key="k", reference=REFERENCE, payload=payload))

    assert (done.data["news"]["verdict"], done.final) == ("failed", True)


def test_attempt_row_is_saved_after_the_init_call(direct):
    """INIT takes reference and time from whoever stored them before, makes none itself, and a lost answer is found."""
    opening = operations(direct.client)[0]
    assert opening.effect_class is EffectClass.FINDABLE
    with pytest.raises(KeyError):
        opening.perform(Call(key="k", reference="", payload={}))

    direct.fault("open_payment", "lose_answer", times=1)
    with pytest.raises(OutcomeUnknown):
        direct.open()
    assert list(direct.books()["orders"]) == [REFERENCE]


def test_amount_of_the_callback_is_not_compared():
    """The amount is read strictly and handed on as theirs, so that under-payment cannot close the fee."""
    news = notifications.verified(confirm(raw_amount="1000"), settings())

    assert news.amount == 1_000


def test_receipt_failure_is_swallowed_after_paid(direct):
    """A receipt that is not there yet is an outcome that is not final, or an error; never silence."""
    direct.open()
    bill = {operation.name: operation for operation in operations(direct.client)}["get_bill"]
    payload = {"reference": REFERENCE, "request_time": direct.client.request_time()}

    with pytest.raises(Exception, match="code 01"):
        bill.perform(Call(key="k", reference=REFERENCE, payload=payload))


def test_wrong_hash_in_the_callback_is_ignored():
    """A wrong hash is a forgery, whatever the message says."""
    with pytest.raises(Forged):
        notifications.verified(confirm(secret="somebody-else"), settings())


@pytest.mark.parametrize("code", ["01", "05", "97", "99", "0", "000"])
def test_maloi_is_not_checked(code):
    """Only 00 is paid; a code that nobody has explained is unknown until a query tells."""
    news = notifications.verified(confirm(MaLoi=code), settings())
    assert news.verdict is PaymentVerdict.UNKNOWN

    agreed = settings(failed_codes=["05"])
    told = notifications.verified(confirm(MaLoi="05"), agreed)
    assert told.verdict is PaymentVerdict.FAILED


def test_receipt_request_makes_a_new_reference_and_uses_another_time(direct):
    """The receipt is asked by the attempt's own reference and time; another time finds nothing."""
    time = direct.client.request_time()
    url = direct.open()
    direct.control("pay", url=url, ending="paid", notify="lost")
    direct.clock.advance(timedelta(hours=2))

    assert direct.client.get_bill(reference=REFERENCE, request_time=time)["url"]
    with pytest.raises(Exception, match="code 01"):
        direct.client.get_bill(reference=REFERENCE, request_time=direct.client.request_time())


def test_references_are_row_id_and_random_cut_at_20(direct):
    """A reference is whole or refused; ours has 16 characters with a check digit and is never cut."""
    from connectors.kit.seams import RandomIds, is_reference

    reference = RandomIds().reference()
    assert is_reference(reference)
    direct.open(reference)
    assert list(direct.books()["orders"]) == [reference]


def test_paygov_callback_cuts_the_order_id():
    """MaThamChieu comes back whole and is looked up whole; a cut one is another one."""
    news = notifications.verified(confirm(), settings())

    assert news.reference == REFERENCE
    assert notifications.verified(confirm(MaThamChieu=REFERENCE[3:]), settings()).reference != REFERENCE


def test_no_cross_check_with_a_daily_file(direct, tmp_path):
    """The day's file is readable by its profile, adds up, and names each payment by our reference."""
    paid, failed = "A1B2C3D4E5F6G7H8", "B1B2C3D4E5F6G7H8"
    for reference, ending in ((paid, "paid"), (failed, "failed")):
        url = direct.open(reference)
        direct.control("pay", url=url, ending=ending, notify="lost")
    profile = load_profile("payment-platform-day")
    raw = direct.sandbox.file(datetime(2026, 11, 23, tzinfo=UTC).date())
    found = read_settlement(raw, profile, "DSTT_DVCTINH_20261123.csv")

    assert found.loadable, found.troubles
    assert [(row.reference, row.gross, row.status) for row in found.rows] == [
        (paid, 1_300_000, "success"),
        (failed, 1_300_000, "failed"),
    ]
    direct.control("file-faults", session="2026-11-23", kind="wrong-total")
    wrong = direct.sandbox.file(datetime(2026, 11, 23, tzinfo=UTC).date())
    assert not read_settlement(wrong, profile, "DSTT_DVCTINH_20261123.csv").loadable


def test_a_bar_in_a_free_text_makes_two_messages_with_one_hash():
    """What is joined with '|' must not hold one, in either direction."""
    shifted = confirm(MaNganHang="VCB|20261123143501", ThoiGianGD="x")

    with pytest.raises(Forged):
        notifications.verified(shifted, settings())
