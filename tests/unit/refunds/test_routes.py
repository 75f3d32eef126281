"""Which way money goes back, who may get it, from which purse."""

from __future__ import annotations

from dataclasses import replace

import pytest

from jobs.payments.gateways import GATEWAYS, PROVIDER_REFERENCE, RefundCall
from jobs.refunds.routes import Choice, Part, Payee, Where, choose, payee_trouble, split_remitted
from jobs.refunds.sending import plain
from mappings.canonical.payment import RefundRoute as Route

VNPAY = Where("vnpay", "vnpay", "20261123080000", terminal_open=True)
MOMO = Where(
    "momo", "momo", "20261123080000", terminal_open=True, provider_reference="4014083433", amount=50_000
)
ZALOPAY = replace(MOMO, provider="zalopay", channel="zalopay")
KNOWN = Payee("VCB", "123", "An")


@pytest.mark.parametrize(
    "where",
    [VNPAY, MOMO, ZALOPAY, replace(MOMO, amount=1_000), replace(MOMO, amount=50_000_000),
     # What they need is their own number of the payment, not our request.
     replace(MOMO, request_time=""), replace(ZALOPAY, request_time="", amount=1)],
)  # fmt: skip
def test_the_gateway_pays_back_what_it_took(where):
    """When its terminal is open, we know what it finds the payment by, and the amount is one that it takes."""
    assert choose(where, Payee()) == Choice(Route.GATEWAY, "")


def test_the_limits_are_those_that_the_installation_has_agreed():
    """A contract may say otherwise than the published pages."""
    agreed = {
        "momo": replace(GATEWAYS["momo"], refund=RefundCall(PROVIDER_REFERENCE, least=20_000, most=30_000))
    }
    assert choose(MOMO, KNOWN, agreed).route is Route.TRANSFER
    assert choose(replace(MOMO, amount=20_000), KNOWN, agreed).route is Route.GATEWAY


def test_only_who_cannot_tell_two_refunds_apart_gets_one_at_a_time():
    """MoMo and ZaloPay know a refund by our own number; VNPAY does not."""
    calls = {gateway.provider: gateway.refund for gateway in GATEWAYS.values()}
    one = {provider for provider, call in calls.items() if call is not None and call.one_at_a_time}
    assert one == {"vnpay"}


@pytest.mark.parametrize(
    "where",
    [replace(VNPAY, request_time=""), replace(VNPAY, terminal_open=False), replace(VNPAY, channel="cash"),
     replace(VNPAY, provider="payment_platform"), replace(VNPAY, provider="vietqr"), replace(VNPAY, provider="keypay"),
     replace(MOMO, provider_reference=""), replace(MOMO, terminal_open=False), replace(MOMO, amount=999),
     replace(MOMO, amount=50_000_001), replace(ZALOPAY, provider_reference="")],
)  # fmt: skip
def test_everything_else_goes_by_transfer_and_says_why(where):
    """A route that nobody explains is asked about on the phone."""
    choice = choose(where, Payee())
    assert (choice.route, choice.waiting_for) == (Route.TRANSFER, "account")
    assert choice.note_vi
    assert choice.note_en
    assert choose(where, KNOWN).waiting_for == ""


@pytest.mark.parametrize("where", [VNPAY, replace(VNPAY, provider="payment_platform")])
def test_money_of_the_state_goes_by_the_treasury(where):
    """Whoever took it first."""
    choice = choose(replace(where, state_money=True), KNOWN)
    assert (choice.route, choice.waiting_for) == (Route.TREASURY, "papers")


def test_another_account_needs_a_paper_and_a_name():
    """Money goes back to where it came from only with that known."""
    assert payee_trouble(Route.GATEWAY, Payee()) == ""
    assert payee_trouble(Route.TRANSFER, Payee("VCB", "", "An")) == "account"
    assert payee_trouble(Route.TRANSFER, KNOWN) == ""
    other = replace(KNOWN, other=True)
    assert payee_trouble(Route.TRANSFER, other) == "paper"
    assert payee_trouble(Route.TRANSFER, replace(other, paper="GUQ 1")) == "name"
    assert payee_trouble(Route.TRANSFER, replace(other, paper="GUQ 1", holder_name="LE B")) == "name"
    assert payee_trouble(Route.TRANSFER, replace(other, paper="GUQ 1", holder_name="AN")) == ""


@pytest.mark.parametrize(
    ("amount", "percent", "parts"),
    [(1_000_000, 70, [(700_000, False), (300_000, True)]), (1_000_000, 100, [(1_000_000, False)]),
     (1_000_000, 0, [(1_000_000, True)]), (1, 50, [(1, True)])],
)  # fmt: skip
def test_remitted_money_is_taken_from_the_places_where_it_lies(amount, percent, parts):
    """Not a đồng more or less than what is owed."""
    assert split_remitted(amount, share_kept_percent=percent, remitted=True) == tuple(
        Part(*part) for part in parts
    )
    assert split_remitted(amount, share_kept_percent=percent, remitted=False) == (
        Part(amount, state_money=False),
    )


def test_texts_that_leave_us_are_plain():
    """No encoder and no bank disagrees about letters, digits and blanks."""
    assert plain("Hoàn trả phí — hồ sơ H21.129-0001 (Đào)") == "Hoan tra phi ho so H21.129-0001 Dao"
