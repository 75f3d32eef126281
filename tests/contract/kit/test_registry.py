"""The one place that names every outside system."""

from __future__ import annotations

import pytest

from config.connector_sections import ConnectorSettings
from connectors import registry
from connectors.kit.addresses import checked
from connectors.kit.connection import Connection
from tests.contract.vnpay.worlds import settings


def test_every_section_of_the_settings_has_its_system_and_every_system_its_section():
    """A section that nobody reads is set in vain."""
    second = {f"{name}{end}" for name in registry.SIDE_BY_SIDE for end in ("_new", "_switch")}
    assert set(ConnectorSettings.model_fields) == set(registry.SYSTEMS) | second


def test_a_system_that_is_not_set_is_not_there(clock):
    """An installation without VNPAY must not try to call it."""
    made = registry.build(ConnectorSettings(), clock=clock)

    assert set(made.clients) == {"statements"}
    assert set(made.operations) == {("statements", "submit_transfer_orders")}


def test_a_system_that_is_set_brings_its_operations_and_its_verifier(clock):
    """Everything that the engine and the webhooks need of it."""
    made = registry.build(ConnectorSettings(vnpay=settings()), clock=clock)

    wanted = {("vnpay", name) for name in ("query_payment", "refund", "query_refund")}
    assert wanted <= set(made.operations)
    assert "vnpay" in made.verifiers
    made.close()


def test_an_operation_declared_twice_is_refused(clock):
    """The second one would silently take the place of the first."""
    made = registry.build(ConnectorSettings(), clock=clock)
    with pytest.raises(ValueError, match="twice"):
        made.take(Connection("statements", None, list(made.operations.values())))


@pytest.mark.parametrize("address", ["https://a.example", "https://a.example:8443/x", "http://127.0.0.1:8081", "http://localhost", "http://[::1]:1"])  # fmt: skip
def test_addresses_that_may_stand_in_settings(address):
    """Encrypted, or on this machine."""
    assert checked(address + "/") == address


@pytest.mark.parametrize("address", ["http://a.example", "http://10.0.0.1", "ftp://a", "https://", "a.example", "https://u:p@a.example", "https://a.example?x=1", "https://a.example#x", "http://127.0.0.1.evil.example"])  # fmt: skip
def test_addresses_that_may_not(address):
    """Money and secrets do not travel in clear text."""
    with pytest.raises(ValueError, match=r"address|https"):
        checked(address)
