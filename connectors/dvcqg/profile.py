"""The settings as tables for translating, made once a day: a dossier takes microseconds, not a walk through settings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from connectors.dvcqg.settings import Settings
from mappings.canonical.dossier import DossierState, FeeKind
from mappings.canonical.file import Channel, CopyKind, Reuse
from mappings.canonical.party import PartyKind
from mappings.tables import applicants, national_statuses

SYSTEM = "dvcqg"
K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Profile:
    """Both directions of every table. ``number``: state of the dossier and whether it was accepted → TrangThaiHoSo."""

    settings: Settings
    number: Mapping[tuple[DossierState, bool], str]
    state: Mapping[str, DossierState]
    applicant: Mapping[PartyKind, str]
    kind: Mapping[str, PartyKind]
    channel: Mapping[Channel, str]
    channel_back: Mapping[str, Channel]
    way: Mapping[Channel, str]
    way_back: Mapping[str, Channel]
    reuse: Mapping[Reuse, str]
    reuse_back: Mapping[str, Reuse]
    copy: Mapping[CopyKind, str]
    copy_back: Mapping[str, CopyKind]
    fee: Mapping[FeeKind, str]
    fee_back: Mapping[str, FeeKind]
    paid: Mapping[bool, str]
    paid_back: Mapping[str, bool]
    is_procedure: re.Pattern[str]
    is_ours: re.Pattern[str]


def profile(settings: Settings, on: date) -> Profile:
    """The tables as they hold on that day."""
    numbers = national_statuses.numbers()
    return Profile(
        settings=settings,
        number={key: str(number) for key, number in numbers.items()},
        state={str(code): row.state for code, row in national_statuses.statuses().items()},
        applicant=dict(applicants.codes(SYSTEM, on)),
        kind=dict(applicants.kinds(SYSTEM, on)),
        channel=settings.channel_codes,
        channel_back=_back(settings.channel_codes),
        way=settings.return_codes,
        way_back=_back(settings.return_codes),
        reuse=settings.reuse_codes,
        reuse_back=_back(settings.reuse_codes),
        copy=settings.copy_codes,
        copy_back=_back(settings.copy_codes),
        fee=settings.fee_codes,
        fee_back=_back(settings.fee_codes),
        paid=_back(settings.payment_codes),
        paid_back=settings.payment_codes,
        is_procedure=re.compile(settings.procedure_pattern),
        is_ours=re.compile(rf"(?:.*[.\-])?{re.escape(settings.unit_code)}(?:[.\-].*)?"),
    )


def _back(table: Mapping[K, V]) -> dict[V, K]:
    """The table read the other way; of two that share a value the first one is meant."""
    found: dict[V, K] = {}
    for key, value in table.items():
        found.setdefault(value, key)
    return found
