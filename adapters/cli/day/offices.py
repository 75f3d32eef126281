"""The offices that hear of dossiers: their stand-ins, and the settings that lead to them. One entry per system."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from connectors.kit.sandbox import Sandbox
from connectors.kit.seams import Clock

_SESSION_SECONDS = 86_400
"""By the play's clock, which runs a thousand times as fast as the other side's patience is meant."""


@dataclass(frozen=True, slots=True)
class Office:
    """One of them.

    Attributes:
        vi, en: how the table calls it.
        section: address of the stand-ins and the shared secret → settings of the connector.
        stand_in: clock, shared secret and address of the product → the stand-in.
    """

    vi: str
    en: str
    section: Callable[[str, str], dict[str, Any]]
    stand_in: Callable[[Clock, str, str], Sandbox]


def _portal(clock: Clock, secret: str, product: str) -> Sandbox:
    from connectors.dvcqg.sandbox import PortalSandbox

    return PortalSandbox(
        clock=clock, password=secret, session_seconds=_SESSION_SECONDS, secret=secret, door_url=product
    )


def _portal_section(url: str, secret: str) -> dict[str, Any]:
    return {
        "base_url": f"{url}/dvcqg",
        "username": "tinh-thu",
        "password": secret,
        "dstcode": "VN:GOV:000.00.00.G22:vpcpdvcprovider",
        "unit": "000.00.00.H21",
        "unit_code": "H21",
        "plain_files": True,
        "session_seconds": _SESSION_SECONDS,
    }


def _platform(clock: Clock, secret: str, product: str) -> Sandbox:
    del secret, product
    from connectors.lgsp.sandbox import LgspSandbox

    return LgspSandbox(clock=clock)


def _land(clock: Clock, secret: str, product: str) -> Sandbox:
    from connectors.land.sandbox import LandSandbox

    callbacks = f"{product}/webhooks/land" if product else ""
    return LandSandbox(clock=clock, code=secret, callback_url=callbacks)


def _population(clock: Clock, secret: str, product: str) -> Sandbox:
    del secret, product
    from connectors.population.sandbox import PopulationSandbox

    return PopulationSandbox(clock=clock, officers=("canbo01",), people=[])


def _population_section(url: str, secret: str) -> dict[str, Any]:
    return {
        "base_url": url,
        "path": "/population",
        "subject_key": secret,
        "officers": {"lienthong": "canbo01"},
    }


def _enterprises(clock: Clock, secret: str, product: str) -> Sandbox:
    del secret, product
    from connectors.business_registration.sandbox import RegisterSandbox

    return RegisterSandbox(clock=clock)


def _software(name: str) -> Callable[[Clock, str, str], Sandbox]:
    def made(clock: Clock, secret: str, product: str) -> Sandbox:
        del product
        from connectors.handover.sandbox import sandbox_of

        return sandbox_of(name, clock=clock, secret=secret, callback_secret=secret)

    return made


def _software_section(*names: str) -> Callable[[str, str], dict[str, Any]]:
    def section(url: str, secret: str) -> dict[str, Any]:
        return {
            "systems": {
                name: {
                    "base_url": f"{url}/handover/{name}",
                    "credentials": {"style": "bearer", "token": secret},
                    "callback_secret": secret,
                }
                for name in names
            }
        }

    return section


OFFICES: Mapping[str, Office] = {
    "dvcqg": Office("Cổng DVC quốc gia", "National portal", _portal_section, _portal),
    "lgsp": Office("Trục LGSP", "LGSP", lambda url, _: {"base_url": f"{url}/lgsp"}, _platform),
    "land": Office(
        "Đất đai",
        "Land register",
        lambda url, secret: {"base_url": f"{url}/land", "security_code": secret},
        _land,
    ),
    "population": Office("CSDL dân cư", "Population", _population_section, _population),
    "business_registration": Office(
        "CSDL doanh nghiệp", "Business register", lambda url, _: {"base_url": f"{url}/dkdn"}, _enterprises
    ),
    "handover.xay-dung": Office(
        "Phần mềm xây dựng", "Construction", _software_section(), _software("xay-dung")
    ),
    "handover.gplx": Office("Giấy phép lái xe", "Driving licences", _software_section(), _software("gplx")),
}
SOFTWARE = _software_section("xay-dung", "gplx")
"""Settings of all specialised software of the play; its stand-ins are two, its section is one."""
