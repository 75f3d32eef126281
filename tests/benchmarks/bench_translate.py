"""Dossiers into the national portal's words and back: how many a second one core translates.

``python -m tests.benchmarks.bench_translate [--rounds R] [--json FILE]``. A typical dossier: eighteen filled texts of its head, five
moments, four files of three papers, one fee, one register. Every dossier differs from the others, so nothing can be remembered. One core,
one thread, checks on: rules, lengths, hidden characters, NFC on the way out; types, numbers and moments on the way back.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from tests.benchmarks.harness import Row, median, rounds_of, run

MODULE = "tests.benchmarks.bench_translate"
DOSSIERS = 5_000
SECONDS = 2.0
BAR = 20_000
_BEGIN = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


def _profile() -> Any:
    from connectors.dvcqg.profile import profile
    from connectors.dvcqg.settings import Settings

    settings = Settings(
        base_url="https://dvcqg.example",
        username="tinh-thu",
        password="mat-khau-thu",
        dstcode="VN:GOV:000.00.00.G22:thu",
        unit="000.00.00.H21",
        unit_code="H21",
    )
    return profile(settings, date(2026, 11, 25))


def _dossier(number: int) -> Any:
    from mappings.canonical.dossier import DossierState, FeeKind
    from mappings.canonical.file import Channel, DossierFile, FeeItem, FileRef, Paper
    from mappings.canonical.party import Party, PartyKind, PersonName, Place

    code, at = f"H21.15-261123-{number:04d}", _BEGIN + timedelta(seconds=number)
    files = [
        FileRef(f"{number:08x}{place}", f"Giấy tờ số {place} của {number}.pdf", url=f"https://tep.example/f/{number}/{place}?han=1")
        for place in range(4)
    ]  # fmt: skip
    return DossierFile(
        code=code,
        version=1,
        procedure="1.004199.000.00.00.H21",
        procedure_name="Đăng ký biến động quyền sử dụng đất, quyền sở hữu nhà ở",
        field="G18-DD01",
        field_name="Đất đai",
        agency="",
        agency_name="Sở Nông nghiệp và Môi trường",
        applicant=Party(
            kind=PartyKind.CITIZEN,
            name=PersonName(f"NGUYỄN VĂN THỬ {number}"),
            personal_number=f"{number:012d}",
            phone=f"09{number:08d}",
            email=f"thu{number}@example.vn",
            place=Place(text=f"Số {number}, phường Thử, tỉnh Thử"),
        ),
        state=DossierState.PROCESSING,
        receipt_number=code,
        summary=f"Đề nghị đăng ký biến động thửa đất số {number}",
        channel=Channel.ONLINE,
        submitted_at=at,
        received_at=at + timedelta(hours=1),
        due_at=at + timedelta(days=10),
        finished_at=at + timedelta(days=9),
        returned_at=at + timedelta(days=10),
        papers=(
            Paper("G18-KQ1", files[0].name, files=(files[0], files[1]), digitised=True),
            Paper("G18-KQ2", files[2].name, files=(files[2],)),
            Paper("G18-KQ3", files[3].name, files=(files[3],)),
        ),
        fees=(FeeItem("P-TD", "Phí thẩm định hồ sơ", FeeKind.PHI, 300_000 + number),),
        registers=("7",),
        vneid_verified=True,
    )


def _rate(one: Callable[[int], Any]) -> dict[str, float]:
    """How often a second of one core's time ``one`` runs, over whole passes of all dossiers, after one pass to warm up."""
    for number in range(DOSSIERS):
        one(number)
    done, begun = 0, time.process_time()
    while time.process_time() - begun < SECONDS:
        for number in range(DOSSIERS):
            one(number)
        done += DOSSIERS
    return {"per_second": done / (time.process_time() - begun)}


def both_ways() -> dict[str, float]:
    """Canonical → wire → canonical; every dossier of the first pass is compared."""
    from connectors.dvcqg import translate, translate_back

    profile, dossiers = _profile(), [_dossier(number) for number in range(DOSSIERS)]
    for each in dossiers:
        if translate_back.dossier(translate.dossier(each, profile), profile, version=1) != each:
            raise SystemExit("a dossier came back changed")
    return _rate(
        lambda number: translate_back.dossier(
            translate.dossier(dossiers[number], profile), profile, version=1
        )
    )


def out_only() -> dict[str, float]:
    """Canonical → wire, which is what every push needs."""
    from connectors.dvcqg import translate

    profile, dossiers = _profile(), [_dossier(number) for number in range(DOSSIERS)]
    return _rate(lambda number: translate.dossier(dossiers[number], profile))


def with_steps() -> dict[str, float]:
    """Both ways with two steps, for orientation."""
    from connectors.dvcqg import translate, translate_back
    from mappings.canonical.dossier import DossierState
    from mappings.canonical.file import Step

    profile = _profile()
    steps = tuple(
        Step(
            number,
            DossierState.PROCESSING,
            _BEGIN,
            "Lê Thị Một Cửa",
            "Một cửa",
            "Thẩm định",
            started_at=_BEGIN,
        )
        for number in (1, 2)
    )
    dossiers = [replace(_dossier(number), steps=steps) for number in range(DOSSIERS)]

    def one(number: int) -> Any:
        file = dossiers[number]
        told = translate.steps(file.code, file.steps, profile)
        return translate_back.dossier(translate.dossier(file, profile), profile, version=1, steps=told)

    return _rate(one)


CELLS = {"both": both_ways, "out": out_only, "steps": with_steps}


def judge(rounds: int) -> tuple[list[Row], dict[str, Any]]:
    """Medians over the rounds."""
    found = rounds_of(MODULE, list(CELLS), rounds)
    rate = {name: median(cells, "per_second") for name, cells in found.items()}
    rows = [
        Row(
            "DVCQG dossiers, canonical → wire → canonical, one core",
            f"{rate['both']:,.0f}/s",
            f"> {BAR:,}/s",
            rate["both"] > BAR,
        ),
        Row("canonical → wire", f"{rate['out']:,.0f}/s"),
        Row("both ways with two steps", f"{rate['steps']:,.0f}/s"),
    ]
    return rows, {"per_second": rate, "dossiers": DOSSIERS}


if __name__ == "__main__":
    run(MODULE, CELLS, judge)
