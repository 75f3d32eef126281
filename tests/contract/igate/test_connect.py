"""From the settings tree to operations: what an installation with both systems has."""

from __future__ import annotations

from config.connector_sections import ConnectorSettings
from connectors.kit.sandbox import serve
from connectors.registry import build
from tests.contract.igate.conftest import SECRET, asked, settings
from tests.contract.payment_platform.conftest import settings as platform_settings
from tests.contract.payment_platform.test_confirm import confirm


def test_the_registry_knows_both_systems(clock):
    """One place names every system; a section makes it one of the installation's."""
    made = build(ConnectorSettings(igate=settings(), payment_platform=platform_settings()), clock=clock)

    names = {f"{system}.{name}" for system, name in made.operations}
    assert names >= {
        "igate.confirm_fee",
        "igate.update_status",
        "igate.add_note",
        "payment_platform.open_payment",
        "payment_platform.query_payment",
        "payment_platform.get_bill",
    }
    assert made.verifiers["payment_platform"](confirm()).amount == 1_300_000
    made.close()
    assert not {system for system, _ in build(ConnectorSettings(), clock=clock).operations} & {
        "igate",
        "payment_platform",
    }


def test_the_adapter_may_take_the_gateways_tokens(make):
    """Which tokens the adapter wants is the province's choice."""
    cases = make(adapter_own_token=False)
    made = build(ConnectorSettings(igate=cases.settings), clock=cases.clock)
    filed = cases.file()
    made.clients["igate"].update_status(
        dossier_code=filed["code"], source_id=filed["id"], status=4, note="Đã đủ phí"
    )

    assert cases.sandbox.received["adapter_token"] == 0
    assert cases.book(filed["code"])["status"] == 2
    made.close()


def test_the_platforms_proxy_gives_tokens_too(clock):
    """A province's proxy wants a bearer token: static, or by client credentials."""
    from connectors.igate.sandbox import CaseSystemSandbox
    from connectors.payment_platform.connect import connected
    from connectors.payment_platform.sandbox import PlatformSandbox
    from tests.contract.payment_platform import conftest as platform

    tokens = CaseSystemSandbox(clock=clock, client_secret=SECRET)
    theirs = PlatformSandbox(clock=clock, secret=platform.SECRET, token="token-1")
    server = serve(theirs, tokens)
    ours = platform_settings(
        f"{server.url}/payment-platform",
        token_url=f"{server.url}/auth/realms/digo/protocol/openid-connect/token",
        client_id="lienthong",
        client_secret=SECRET,
    )
    made = connected(ours, clock=clock)
    try:
        news = made.client.query(
            reference=platform.REFERENCE, request_time=made.client.request_time(), amount=1_300_000
        )
    finally:
        for transport in made.transports:
            transport.close()
        server.close()

    assert news.code == "01"
    assert tokens.acted["token"] == 1
    assert asked(tokens, "GET", "/_sandbox/igate/books", {}) == {"dossiers": {}}
