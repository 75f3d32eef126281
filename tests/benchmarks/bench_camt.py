"""camt.053 with 100,000 entries: our strict reader beside lxml's iterparse that reads nothing.

``python -m tests.benchmarks.bench_camt [--entries N] [--rounds R] [--json FILE]``: rounds outermost, a fresh process
per cell, medians of the quotients. Memory is the growth of the resident set while the document is read.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ENTRIES = 100_000
BAR_TIMES = 2.2
BAR_MEGABYTES = 50
NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"
_HEAD = (
    f'<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="{NAMESPACE}"><BkToCstmrStmt><GrpHdr><MsgId>M</MsgId>'
    "</GrpHdr><Stmt><Id>S</Id><Acct><Id><IBAN>VN0011</IBAN></Id><Ccy>VND</Ccy></Acct>"
)
_BALANCE = (
    '<Bal><Tp><CdOrPrtry><Cd>{}</Cd></CdOrPrtry></Tp><Amt Ccy="VND">{}</Amt><CdtDbtInd>{}</CdtDbtInd>'
    "<Dt><Dt>2026-11-22</Dt></Dt></Bal>"
)
_ENTRY = """
      <Ntry>
        <Amt Ccy="VND">{amount}</Amt>
        <CdtDbtInd>{sign}</CdtDbtInd>
        <Sts>BOOK</Sts>
        <BookgDt>
          <Dt>2026-11-22</Dt>
        </BookgDt>
        <ValDt>
          <Dt>2026-11-22</Dt>
        </ValDt>
        <AcctSvcrRef>FT{number:014d}</AcctSvcrRef>
        <NtryDtls>
          <TxDtls>
            <Refs>
              <EndToEndId>E2E{number:013d}</EndToEndId>
            </Refs>
            <RltdPties>
              <Dbtr>
                <Nm>NGUYEN VAN {number}</Nm>
              </Dbtr>
            </RltdPties>
            <RmtInf>
              <Ustrd>Nop phi ho so H26.{number:012d} thu tuc hanh chinh</Ustrd>
            </RmtInf>
          </TxDtls>
        </NtryDtls>
      </Ntry>"""


def write_document(path: Path, entries: int) -> None:
    """A statement by formula whose balances agree."""
    facts = [((number * 7_919) % 9_000_000 + 100, number % 3 != 0) for number in range(entries)]
    closing = sum(amount if credit else -amount for amount, credit in facts)
    with path.open("w", encoding="utf-8") as out:
        out.write(_HEAD + _BALANCE.format("OPBD", 0, "CRDT"))
        out.write(_BALANCE.format("CLBD", abs(closing), "CRDT" if closing >= 0 else "DBIT"))
        for number, (amount, credit) in enumerate(facts):
            out.write(_ENTRY.format(number=number, amount=amount, sign="CRDT" if credit else "DBIT"))
        out.write("</Stmt></BkToCstmrStmt></Document>")


def limit(path: Path) -> int:
    """The bare iterparse of lxml over the entries, nothing read."""
    from lxml import etree

    count = 0
    for _, element in etree.iterparse(str(path), events=("end",), tag=f"{{{NAMESPACE}}}Ntry"):
        count += 1
        element.clear()
    return count


def ours(path: Path) -> int:
    """The production path: the stream, every entry typed, balances checked."""
    from connectors.statements.camt.reader import Foot
    from connectors.statements.reader import stream_camt

    with path.open("rb") as source:
        foot = [item for item in stream_camt(source, _fail) if isinstance(item, Foot)][0]  # noqa: RUF015 - reads all
    if foot.adds_up is not True:
        raise SystemExit("the statement does not add up")
    return foot.entries


def _fail(trouble: object) -> None:
    raise SystemExit(f"unexpected: {trouble}")


def _resident_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _cell(name: str, path: Path) -> None:
    run = {"limit": limit, "ours": ours}[name]
    import lxml.etree

    import connectors.statements.reader

    del lxml, connectors
    before = _resident_megabytes()
    started = time.perf_counter()
    count = run(path)
    seconds = time.perf_counter() - started
    facts = {"seconds": seconds, "growth_mb": _resident_megabytes() - before, "entries": count}
    sys.stdout.write(json.dumps(facts) + "\n")


def measure(entries: int, rounds: int) -> dict[str, Any]:
    """Medians over ``rounds`` of both, the quotient, and the memory growth."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "statement.xml"
        write_document(path, entries)
        found: dict[str, list[dict[str, float]]] = {"limit": [], "ours": []}
        for _ in range(rounds):
            for name, cells in found.items():
                command = [
                    sys.executable,
                    "-m",
                    "tests.benchmarks.bench_camt",
                    "--cell",
                    name,
                    "--file",
                    str(path),
                ]
                out = subprocess.run(command, capture_output=True, check=True, text=True, timeout=300)
                cells.append(json.loads(out.stdout))
        pairs = zip(found["ours"], found["limit"], strict=True)
        times = statistics.median(mine["seconds"] / bare["seconds"] for mine, bare in pairs)
        growth = statistics.median(cell["growth_mb"] for cell in found["ours"])
        return {
            "name": "camt",
            "entries": entries,
            "megabytes": round(path.stat().st_size / 1e6, 1),
            "rounds": rounds,
            "limit_seconds": round(statistics.median(cell["seconds"] for cell in found["limit"]), 3),
            "ours_seconds": round(statistics.median(cell["seconds"] for cell in found["ours"]), 3),
            "times_limit": round(times, 2),
            "bar_times": BAR_TIMES,
            "growth_mb": round(growth, 1),
            "bar_mb": BAR_MEGABYTES,
            "passed": times <= BAR_TIMES and growth < BAR_MEGABYTES,
        }


def main() -> None:
    """Print one JSON object; exit 1 when a bar is missed."""
    options = argparse.ArgumentParser()
    options.add_argument("--entries", type=int, default=ENTRIES)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--json", type=Path)
    options.add_argument("--cell")
    options.add_argument("--file", type=Path)
    chosen = options.parse_args()
    if chosen.cell:
        _cell(chosen.cell, chosen.file)
        return
    result = measure(chosen.entries, chosen.rounds)
    sys.stdout.write(json.dumps(result, indent=1) + "\n")
    if chosen.json:
        chosen.json.write_text(json.dumps(result), "utf-8")
    raise SystemExit(0 if result["passed"] else 1)


if __name__ == "__main__":
    main()
