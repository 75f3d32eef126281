"""Signature verification: the walled-off check beside the bare library, and memory beside the size of the file.

A cell checks one kind of file again and again, warm. ``ours`` is the product's way: another process, every rule, a report.
``bare`` is pyHanko called by hand in this process on the same file, with the same roots and revocation lists. Memory is the
highest resident set of the worker after one file of that size.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.benchmarks import harness
from tests.benchmarks.harness import Row
from tests.contract.signature_check import pdfs
from tests.contract.signature_check.pki import NOW, World, world

FILES = 60
SIZES = (1, 10, 45)
BAR_TIMES, BAR_GROWTH_MB = 1.5, 15.0


def _made(kind: str, made: World) -> bytes:
    stamper = pdfs.stamper_of(made.stamper)
    if kind == "plain":
        return pdfs.signed(pdfs.blank(), made.citizen, made.ca)
    if kind == "stamped":
        return pdfs.signed(pdfs.blank(), made.citizen, made.ca, stamper=stamper)
    if kind == "two":
        first = pdfs.signed(pdfs.blank(), made.citizen, made.ca)
        return pdfs.signed(first, made.company, field="Chuky2")
    return pdfs.signed(pdfs.blank(pad=int(kind) * 1_000_000), made.citizen, made.ca)


def _trust(made: World) -> Any:
    from connectors.signature_check.trust import Root, Trust

    roots = (Root(made.root.der, "neac"), Root(made.stamp_root.der, "stamp"))
    return Trust(roots, (made.ca.der,), tuple(made.lists()))


def _ours(kind: str) -> dict[str, float]:
    from connectors.signature_check.asked import Asked, packed
    from connectors.signature_check.isolation import Pool
    from connectors.signature_check.settings import Limits

    made = world()
    material = packed(_trust(made))
    with tempfile.TemporaryDirectory() as folder, Pool(Limits(workers=1)) as pool:
        path = Path(folder) / "file.pdf"
        path.write_bytes(_made(kind, made))
        times = []
        for number in range(FILES + 5):
            began = time.perf_counter()
            report = pool.check(path, Asked(NOW), material)
            if number >= 5:
                times.append(time.perf_counter() - began)
            if report.verdict.value != "VALID":
                raise SystemExit(f"unexpected: {report}")
        status = Path(f"/proc/{pool._free[0].pid}/status").read_text()
        peak = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))
    return {
        "ms": statistics.median(times) * 1000,
        "p95_ms": harness.at(times, 0.95) * 1000,
        "peak_mb": peak / 1024,
    }


def _bare(kind: str) -> dict[str, float]:
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation.pdf_embedded import async_validate_pdf_signature
    from pyhanko_certvalidator import ValidationContext

    made = world()
    roots, others = [made.root.asn1, made.stamp_root.asn1], [made.ca.asn1]
    lists = made.lists()

    async def all_of(path: Path) -> None:
        with path.open("rb") as stream:
            for embedded in PdfFileReader(stream, strict=True).embedded_signatures:
                context = ValidationContext(
                    trust_roots=roots, other_certs=others, crls=lists, moment=NOW, allow_fetching=False,
                    revocation_mode="require",
                )  # fmt: skip
                if not (await async_validate_pdf_signature(embedded, context)).bottom_line:
                    raise SystemExit("unexpected")

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file.pdf"
        path.write_bytes(_made(kind, made))
        times = []
        for number in range(FILES + 5):
            began = time.perf_counter()
            asyncio.run(all_of(path))
            if number >= 5:
                times.append(time.perf_counter() - began)
    return {"ms": statistics.median(times) * 1000, "p95_ms": harness.at(times, 0.95) * 1000}


KINDS = ("plain", "stamped", "two")
CELLS = {
    **{f"ours-{kind}": lambda kind=kind: _ours(kind) for kind in (*KINDS, *map(str, SIZES))},
    **{f"bare-{kind}": lambda kind=kind: _bare(kind) for kind in KINDS},
}


def judge(rounds: int) -> tuple[list[Row], dict[str, Any]]:
    """Quotients per round for three kinds of file; memory over three sizes."""
    found = harness.rounds_of("tests.benchmarks.bench_signature", list(CELLS), rounds)
    rows, facts = [], {}
    for kind in KINDS:
        times = harness.quotient(found[f"ours-{kind}"], found[f"bare-{kind}"], "ms")
        ours, bare = harness.median(found[f"ours-{kind}"], "ms"), harness.median(found[f"bare-{kind}"], "ms")
        facts[kind] = {"ours_ms": round(ours, 2), "bare_ms": round(bare, 2), "times": round(times, 2)}
        rows.append(
            Row(f"PDF {kind}, ours / pyHanko by hand", f"{ours:.1f} ms / {bare:.1f} ms = {times:.2f}", f"<= {BAR_TIMES}", times <= BAR_TIMES)
        )  # fmt: skip
    peaks = {size: harness.median(found[f"ours-{size}"], "peak_mb") for size in SIZES}
    growth = max(peaks.values()) - min(peaks.values())
    facts["peak_mb"] = {f"{size} MB": round(peak, 1) for size, peak in peaks.items()}
    told = ", ".join(f"{size} MB: {peak:.0f}" for size, peak in peaks.items())
    rows.append(
        Row(
            "peak of the worker by file size, MB",
            told,
            f"growth <= {BAR_GROWTH_MB:.0f}",
            growth <= BAR_GROWTH_MB,
        )
    )
    large = harness.median(found[f"ours-{SIZES[-1]}"], "ms")
    rows.append(Row(f"{SIZES[-1]} MB file", f"{large:.0f} ms"))
    return rows, facts


if __name__ == "__main__":
    harness.run("tests.benchmarks.bench_signature", CELLS, judge)
