"""``python -m tests.benchmarks [NAME …]``: every benchmark, one table, JSON in ``var/bench``."""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
OUT = HERE.parents[1] / "var" / "bench"


def _names() -> list[str]:
    return sorted(path.stem.removeprefix("bench_") for path in HERE.glob("bench_*.py"))


def _measure(name: str, extra: list[str]) -> dict[str, Any]:
    file = OUT / f"{name}.json"
    file.unlink(missing_ok=True)
    sys.stderr.write(f"{name}\n")
    command = [sys.executable, "-m", f"tests.benchmarks.bench_{name}", "--json", str(file), *extra]
    code = subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode
    if not file.exists():
        return {
            "name": name,
            "passed": False,
            "rows": [{"what": f"ended with {code} and no result", "measured": ""}],
        }
    found: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return found


def _lines(result: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    rows = result.get("rows")
    if not isinstance(rows, list):
        facts = ", ".join(
            f"{k} {v}" for k, v in result.items() if isinstance(v, int | float) and not isinstance(v, bool)
        )
        rows = [{"what": "", "measured": facts, "bar": "", "good": result.get("passed")}]
    verdict = {True: "good", False: "MISSED", None: ""}
    return [
        (str(result.get("name", "?")), f"{row.get('what', '')}  {row.get('measured', '')}", str(row.get("bar", "")),
         verdict[row.get("good")])
        for row in rows
    ]  # fmt: skip


def main() -> None:
    """Measure what is asked for, or everything; exit 1 when a bar is missed."""
    options = argparse.ArgumentParser()
    options.add_argument("names", nargs="*", choices=[*_names(), []], metavar="NAME")
    options.add_argument("--rounds", type=int)
    chosen = options.parse_args()
    OUT.mkdir(parents=True, exist_ok=True)
    extra = ["--rounds", str(chosen.rounds)] if chosen.rounds else []
    results = [_measure(name, extra) for name in chosen.names or _names()]
    lines = [line for result in results for line in _lines(result)]
    widths = [max(len(line[column]) for line in lines) for column in range(4)]
    for line in lines:
        sys.stdout.write(
            "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip() + "\n"
        )
    machine = {"cores": os.cpu_count(), "machine": platform.machine(), "python": platform.python_version()}
    (OUT / "all.json").write_text(
        json.dumps({"machine": machine, "results": results}, ensure_ascii=False, indent=1), "utf-8"
    )
    raise SystemExit(0 if all(result.get("passed") for result in results) else 1)


if __name__ == "__main__":
    main()
