"""The administrative-unit service passes the suite of all connectors, in both versions of SOAP."""

from __future__ import annotations

from connectors.admin_units.connect import connected
from connectors.admin_units.sandbox import AdminUnitsSandbox, Unit
from connectors.admin_units.settings import Settings
from connectors.kit.effects import Call
from tests.contract.conformance import Conformance, World
from tests.support.clock import VirtualClock

PERSON = "NGUYỄN VĂN THỬ"
UNITS = (
    Unit("province", "01", "Thành phố", "Thành phố Hà Nội"),
    Unit("province", "75", "Tỉnh", "Tỉnh Đồng Nai"),
    Unit("commune", "00004", "Phường", "Phường Ba Đình", "01"),
    Unit("commune", "26068", "Phường", "Phường Biên Hòa", "75"),
)


class TestAdminUnits(Conformance):
    operations = ("list_provinces", "list_communes")
    version = "1.1"

    def world(self) -> World:
        clock = VirtualClock()

        def made(url: str) -> Settings:
            return Settings(
                base_url=url,
                version=self.version,
                least_provinces=1,
                least_communes=1,
                credentials={"style": "basic", "user": "u", "password": "mat-khau-thu"},
            )

        return World(
            sandbox=AdminUnitsSandbox(clock=clock, units=UNITS),
            connect=lambda url: connected(made(url), clock=clock).operations,
            calls={
                "list_provinces": lambda: Call("units:p", "", {"as_of": "2026-11-23", "by": PERSON}),
                "list_communes": lambda: Call("units:c", "", {"as_of": "2026-11-23", "province_code": "01"}),
            },
            secrets=("mat-khau-thu", PERSON),
        )


class TestSoap12(TestAdminUnits):
    version = "1.2"
