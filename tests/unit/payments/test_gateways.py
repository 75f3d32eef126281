"""What is said of each way to pay, and who reads it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from config.connector_sections import ConnectorSettings
from connectors import registry
from jobs import assembly
from jobs.payments import gateways
from jobs.payments.actors import FINDERS
from jobs.payments.channels import TRANSFER_LIVES, code_in
from jobs.payments.digest import SOURCES
from jobs.payments.gateways import GATEWAYS, provider_of
from jobs.payments.handlers import handlers
from tests.contract.momo import worlds as momo
from tests.contract.zalopay import worlds as zalopay
from tests.support.clock import VirtualClock

VIETQR = {
    "accounts": {"STNMT": {"bin": "970436", "number": "0011001234567"}},
    "terminal": "STNMT",
    "page_url": "https://motcua.example/thanh-toan/vietqr",
}


@pytest.fixture
def sections() -> ConnectorSettings:
    return ConnectorSettings(
        momo=momo.settings(refund_least=2_000, refund_most=30_000_000),
        zalopay=zalopay.settings(),
        vietqr=VIETQR,
    )


def test_every_way_to_pay_is_a_system_of_the_registry():
    """A name that nothing connects to is a spelling mistake."""
    assert set(GATEWAYS) <= set(registry.SYSTEMS)


def test_whoever_posts_notices_is_read_and_swept():
    """A source that the digest forgets is money that nobody hears of."""
    assert set(SOURCES) == {"vnpay", "payment_platform", "momo", "zalopay"}
    assert all(f"'{source}'" in FINDERS[0] for source in SOURCES)


def test_what_can_be_asked_or_opened_has_its_handler():
    """An outcome without a handler changes nothing."""
    made = handlers(payments=None)  # nothing of it is called
    assert {system for system, name in made if name == "query_payment"} == {
        "vnpay",
        "payment_platform",
        "momo",
        "zalopay",
    }
    assert {system for system, name in made if name == "open_payment"} == {
        "payment_platform",
        "momo",
        "zalopay",
    }


@pytest.mark.parametrize(
    ("partner", "provider"),
    [("vnpay-session", "vnpay"), ("payment-platform-day", "payment_platform"), ("momo", "momo"), ("treasury-day", "treasury-day")],
)  # fmt: skip
def test_a_file_is_its_providers(partner, provider):
    """Files are named by their layout."""
    assert provider_of(partner) == provider


def test_limits_of_refunds_are_those_of_the_settings(sections):
    """The published ones only where the installation says nothing."""
    agreed = gateways.of(sections)["momo"].refund
    assert (agreed.least, agreed.most) == (2_000, 30_000_000)
    assert gateways.of(ConnectorSettings())["momo"] == GATEWAYS["momo"]


def test_channels_are_those_of_the_sections(sections):
    """Terminal, limits, and whose account the money goes to."""
    connectors = registry.build(sections, clock=VirtualClock())
    made = assembly.channels(SimpleNamespace(connectors=sections), connectors)
    connectors.close()
    facts = {name: (c.provider, c.terminal, c.straight, c.minimum) for name, c in made.items()}
    assert facts == {
        "momo": ("momo", momo.PARTNER, False, 1_000),
        "zalopay": ("zalopay", zalopay.APP, False, 1_000),
        "vietqr": ("vietqr", "STNMT", True, 2_000),
    }
    assert made["vietqr"].page_lives == TRANSFER_LIVES
    nothing = SimpleNamespace(connectors=ConnectorSettings())
    assert assembly.channels(nothing, connectors) == {}


def test_the_code_of_a_transfer_stands_in_its_address(sections):
    """Callers draw it; nobody is called for it."""
    connectors = registry.build(sections, clock=VirtualClock())
    client = connectors.clients["vietqr"]
    url, request_time = client.payment_url(
        reference="000000000000001L", amount=100_000, created=None, expires=None, order_info="", payer_address="", language="vi",
    )  # fmt: skip
    connectors.close()
    assert request_time == ""
    read = client.read(code_in(url))
    assert (read.account, read.amount, read.purpose) == ("0011001234567", 100_000, "000000000000001L")
    assert code_in("https://pay.example/?x=1") == ""
