"""The list of administrative units on a day. Speaks its own frozen types; threads may share a client."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, TypeVar

from connectors.admin_units import translate, wire
from connectors.admin_units.settings import Settings
from connectors.admin_units.units import AdminUnitList
from connectors.errors import Rejected, Unavailable
from connectors.kit.effects import EffectClass
from connectors.kit.reading import agreed
from connectors.kit.soap.line import SoapTransport
from connectors.kit.soap.port import NOT_SENT, Port
from connectors.kit.soap.readers import Reader

SYSTEM = "admin_units"
PROVINCES, COMMUNES = "list_provinces", "list_communes"
EMPTY = "empty-list"
R = TypeVar("R")


class Client:
    """The statistics office's service."""

    def __init__(self, settings: Settings, transport: SoapTransport) -> None:
        self._settings = settings
        self._port = Port(SYSTEM, wire.CONTRACT, transport, settings)

    def provinces(self, as_of: date, *, deadline_seconds: float | None = None) -> AdminUnitList:
        """All provinces on ``as_of``.

        Raises:
            Rejected: they know none on that day (``empty-list``), or refuse the day.
            Unavailable: nobody answered, or the list is shorter than a whole one can be.
            ContractBroken: answered otherwise than agreed; the field is named.
        """
        asked = {"DenNgay": translate.day(as_of)}
        rows = self._rows(PROVINCES, "DanhMucTinh", asked, wire.PROVINCE, deadline_seconds)
        self._check_length(PROVINCES, len(rows), self._settings.least_provinces)
        with agreed(SYSTEM, PROVINCES):
            return translate.provinces(rows, as_of, self._settings.conflicts)

    def communes(
        self, as_of: date, province_code: str = "", *, deadline_seconds: float | None = None
    ) -> AdminUnitList:
        """All communes on ``as_of``, or those of one province. Raises as :meth:`provinces`.

        A province code that is none is refused before anything leaves (``not-sent``).
        """
        if province_code and not translate.is_province_code(province_code):
            raise Rejected("a province code has two digits", system=SYSTEM, operation=COMMUNES, code=NOT_SENT)
        asked = {"DenNgay": translate.day(as_of)} | ({"Tinh": province_code} if province_code else {})
        rows = self._rows(COMMUNES, "DanhMucPhuongXa", asked, wire.COMMUNE, deadline_seconds)
        self._check_length(COMMUNES, len(rows), 0 if province_code else self._settings.least_communes)
        with agreed(SYSTEM, COMMUNES):
            return translate.communes(rows, as_of, self._settings.conflicts, province_code)

    def _rows(
        self, operation: str, name: str, asked: dict[str, str], read: Reader[R], deadline: float | None
    ) -> Sequence[R]:
        def rows(answer: Any, parts: object) -> Sequence[R]:
            del parts
            return wire.rows(answer, name, self._settings.row, read)

        return self._port.call(
            operation, name, asked, rows, effect_class=EffectClass.READ, deadline_seconds=deadline
        )

    def _check_length(self, operation: str, count: int, least: int) -> None:
        if not count:
            raise Rejected("they know no unit", system=SYSTEM, operation=operation, code=EMPTY)
        if count < least:
            words = f"{count} rows are no whole list"
            raise Unavailable(words, system=SYSTEM, operation=operation)
