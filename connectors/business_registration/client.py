"""The national business register, read only. One instance per process, threads may share it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

from connectors.business_registration import codes, translate, wire
from connectors.business_registration.settings import Settings, Shape
from connectors.errors import Rejected
from connectors.kit.effects import EffectClass
from connectors.kit.reading import Unreadable, agreed
from connectors.kit.transport import Transport
from mappings.canonical.enterprise import Enterprise, RegistrationDossier
from mappings.canonical.party import PartyKind

SYSTEM = "business_registration"
ENTERPRISE, COOPERATIVE, HOUSEHOLD = "enterprise", "cooperative", "household"
TODAY, BETWEEN, STATUS = "dossiers_today", "dossiers_between", "dossier_status"
SHOWN = frozenset({"Status", "DataCount"})
"""Fields that exchange summaries may show. An enterprise's own data stay out: its representatives are people."""

_DETAIL, _LIST_TODAY, _LIST, _ONE = (
    "chiTietDoanhNghiep",
    "danhSachHoSoTrongNgay",
    "danhSachHoSo",
    "tinhTrangHoSo",
)
_FACADE = {
    PartyKind.ENTERPRISE: (f"/DoanhNghiep/{_DETAIL}", "msdn", "GetEntCert"),
    PartyKind.COOPERATIVE: ("/HopTacXa/chiTietHopTacXa", "mst", "CoopCert"),
    PartyKind.HOUSEHOLD_BUSINESS: ("/HoKinhDoanh/chiTietHoKinhDoanh", "mst", "HHCert"),
}
_JOURNAL = re.compile(r"[A-Za-z0-9./_-]{1,100}")
_TIME = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")


class Client:
    """Questions to the register. Nothing here changes anything there."""

    def __init__(self, settings: Settings, transport: Transport) -> None:
        self._settings, self._transport = settings, transport

    def enterprise(self, code: str, *, deadline_seconds: float | None = None) -> Enterprise | None:
        """The enterprise with a code; ``None``: the register has none.

        Raises:
            Rejected: refused by them, or by us before the quota was touched (code ``not-sent``).
            Unavailable, ContractBroken
        """
        with _ours(ENTERPRISE):
            asked = codes.normalised(code, check_digit=self._settings.check_digit)
        if self._settings.shape is Shape.FACADE:
            return self._certificate(ENTERPRISE, PartyKind.ENTERPRISE, asked, asked, deadline_seconds)
        path, query = self._address(self._settings.shape, _DETAIL, {"msdn": self._sent(asked)})
        data = self._data(ENTERPRISE, path, query, asked, deadline_seconds)
        with agreed(SYSTEM, ENTERPRISE, asked):
            found = wire.objects(data, "Data")
            if len(found) > 1:
                raise Unreadable("Data", "holds several enterprises for one code")
            if not found:
                return None
            return translate.enterprise(found[0], self._settings, kind=PartyKind.ENTERPRISE, asked=asked)

    def cooperative(self, code: str, *, deadline_seconds: float | None = None) -> Enterprise | None:
        """As :meth:`enterprise`, of cooperatives; at the façade only."""
        with _ours(COOPERATIVE):
            asked = codes.normalised(code, check_digit=self._settings.check_digit)
        return self._certificate(COOPERATIVE, PartyKind.COOPERATIVE, asked, asked, deadline_seconds)

    def household(self, code: str, *, deadline_seconds: float | None = None) -> Enterprise | None:
        """As :meth:`enterprise`, of household businesses; the code may be the owner's personal number, so it is noted nowhere."""
        with _ours(HOUSEHOLD):
            asked = codes.of_household(code, check_digit=self._settings.check_digit)
        return self._certificate(HOUSEHOLD, PartyKind.HOUSEHOLD_BUSINESS, asked, "", deadline_seconds)

    def dossiers_today(
        self,
        from_time: str,
        to_time: str,
        *,
        offset: int | None = None,
        limit: int | None = None,
        deadline_seconds: float | None = None,
    ) -> list[RegistrationDossier]:
        """One page of today's registration dossiers between two times, ``HH:mm``.

        Raises:
            Rejected, Unavailable, ContractBroken
        """
        with _ours(TODAY):
            if not (_TIME.fullmatch(from_time) and _TIME.fullmatch(to_time)) or to_time < from_time:
                raise ValueError("two times HH:mm are expected, the earlier first")
            window = {"from_ts": from_time, "to_ts": to_time, **self._page(offset, limit)}
        return self._list(TODAY, _LIST_TODAY, window, deadline_seconds)

    def dossiers_between(
        self,
        from_day: date,
        to_day: date,
        *,
        offset: int | None = None,
        limit: int | None = None,
        deadline_seconds: float | None = None,
    ) -> list[RegistrationDossier]:
        """One page of the registration dossiers of a window of days, both counted; at most ``window_days`` of them.

        Raises:
            Rejected, Unavailable, ContractBroken
        """
        with _ours(BETWEEN):
            if not 0 <= (to_day - from_day).days < self._settings.window_days:
                raise ValueError(f"the window is 1 to {self._settings.window_days} days")
            window = {
                "from_date": from_day.strftime("%d/%m/%Y"),
                "to_date": to_day.strftime("%d/%m/%Y"),
                **self._page(offset, limit),
            }
        return self._list(BETWEEN, _LIST, window, deadline_seconds)

    def all_between(
        self, from_day: date, to_day: date, *, deadline_seconds: float | None = None
    ) -> Iterator[RegistrationDossier]:
        """Every registration dossier between two days of any distance, each once, window by window and page by page.

        Raises:
            Rejected, Unavailable, ContractBroken: also where pages never end.
        """
        begin = from_day
        while begin <= to_day:
            end = min(to_day, begin + timedelta(days=self._settings.window_days - 1))

            def page(offset: int, first: date = begin, last: date = end) -> list[RegistrationDossier]:
                return self.dossiers_between(first, last, offset=offset, deadline_seconds=deadline_seconds)

            yield from self._pages(page)
            begin = end + timedelta(days=1)

    def dossier_status(
        self, number: str, *, deadline_seconds: float | None = None
    ) -> RegistrationDossier | None:
        """One registration dossier by its journal number; ``None``: there is none.

        Raises:
            Rejected, Unavailable, ContractBroken
        """
        with _ours(STATUS):
            asked = number.strip()
            if not _JOURNAL.fullmatch(asked):
                raise ValueError("a journal number is letters, digits, dots, dashes and slashes")
        path, query = self._address(self._settings.lists_shape, _ONE, {"in_journal_no": asked})
        data = self._data(STATUS, path, query, asked, deadline_seconds)
        with agreed(SYSTEM, STATUS, asked):
            found = [translate.listed(row, self._settings) for row in wire.objects(data, "Data")]
            if any(each.number != asked for each in found) or len(found) > 1:
                raise Unreadable("IN_JOURNAL_NO", "is another than was asked")
        return found[0] if found else None

    def _pages(self, page: Callable[[int], list[RegistrationDossier]]) -> Iterator[RegistrationDossier]:
        seen: set[str] = set()
        offset = self._settings.first_offset
        for _ in range(self._settings.most_pages):
            rows = page(offset)
            fresh = [row for row in rows if row.number not in seen]
            yield from fresh
            seen.update(row.number for row in fresh)
            if len(rows) < self._settings.page_rows:
                return
            with agreed(SYSTEM, BETWEEN):
                if not fresh:
                    raise Unreadable("offset", "is ignored: the same page comes again")
            offset += len(rows)
        with agreed(SYSTEM, BETWEEN):
            raise Unreadable("Data", "has more pages than a window can have")

    def _certificate(
        self, operation: str, kind: PartyKind, asked: str, reference: str, deadline_seconds: float | None
    ) -> Enterprise | None:
        path, name, wrapper = _FACADE[kind]
        query = {name: self._sent(asked)}
        content = self._get(operation, self._settings.facade_root + path, query, reference, deadline_seconds)
        with agreed(SYSTEM, operation, reference):
            found = wire.wrapped(content, wrapper)
            if len(found) > 1:
                raise Unreadable(wrapper, "holds several certificates for one code")
            if not found:
                return None
            made = translate.enterprise(found[0], self._settings, kind=kind, asked=asked)
            if made is None:
                raise Unreadable(wrapper, "holds a certificate without a code")
            return made

    def _list(
        self, operation: str, name: str, query: Mapping[str, str], deadline_seconds: float | None
    ) -> list[RegistrationDossier]:
        path, whole = self._address(self._settings.lists_shape, name, query)
        data = self._data(operation, path, whole, "", deadline_seconds)
        with agreed(SYSTEM, operation):
            return [translate.listed(row, self._settings) for row in wire.objects(data, "Data")]

    def _data(
        self,
        operation: str,
        path: str,
        query: Mapping[str, str],
        reference: str,
        deadline_seconds: float | None,
    ) -> Any:
        content = self._get(operation, path, query, reference, deadline_seconds)
        with agreed(SYSTEM, operation, reference):
            answer = wire.envelope(content)
        if answer.good:
            return answer.data
        if self._settings.zero_is_not_found:
            return None
        raise Rejected("refused", system=SYSTEM, operation=operation, code="0", reference=reference)

    def _get(
        self,
        operation: str,
        path: str,
        query: Mapping[str, str],
        reference: str,
        deadline_seconds: float | None,
    ) -> bytes:
        return self._transport.send(
            operation,
            "GET",
            path,
            effect_class=EffectClass.READ,
            reference=reference,
            params=query,
            deadline_seconds=deadline_seconds,
        ).content

    def _address(self, shape: Shape, name: str, query: Mapping[str, str]) -> tuple[str, dict[str, str]]:
        made = self._settings
        match shape:
            case Shape.VERSION_IN_PATH:
                return f"{made.root}/{made.version}/{name}", dict(query)
            case Shape.ADAPTER:
                return made.adapter_path, {"category": name, "version": made.adapter_version, **query}
            case Shape.NO_VERSION | Shape.FACADE:
                return f"{made.root}/{name}", dict(query)

    def _page(self, offset: int | None, limit: int | None) -> dict[str, str]:
        first = self._settings.first_offset if offset is None else offset
        rows = self._settings.page_rows if limit is None else limit
        if first < self._settings.first_offset or not 1 <= rows <= self._settings.page_rows:
            raise ValueError("offset or limit is outside what was agreed")
        return {"offset": str(first), "limit": str(rows)}

    def _sent(self, code: str) -> str:
        return code.replace("-", "") if self._settings.branch_form == "plain" else code


@contextmanager
def _ours(operation: str) -> Iterator[None]:
    """What makes no sense is refused before a quota is touched. The text holds no part of a code."""
    try:
        yield
    except ValueError as exc:
        raise Rejected(str(exc), system=SYSTEM, operation=operation, code="not-sent") from exc
