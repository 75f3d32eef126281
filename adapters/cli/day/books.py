"""Reads everybody's books into the checker's plain facts: the stand-ins by their addresses, the product by its own doors."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from pathlib import Path
from typing import Any

from adapters.cli.day.calls import CallFailed
from adapters.cli.day.facts import (
    BankDay,
    Facts,
    GivenBack,
    Heard,
    Item,
    Known,
    Payment,
    Refund,
    Story,
    Taken,
    ToldPaid,
)
from adapters.cli.day.product import Counter

_TAKEN = {"00": "paid", "04": "reversed", "07": "suspect"}
_BACK = {"05": "open", "06": "open", "00": "done", "09": "refused"}
_FOUND_PROBLEMS = 6
_ORDER = {"waiting": "open", "paid": "done", "returned": "returned"}


def vnpay(books: Mapping[str, Any]) -> tuple[list[Taken], list[GivenBack]]:
    """What the gateway took and gave back."""
    taken = [
        Taken("vnpay", each["reference"], each["received"], _TAKEN[each["status"]], _at(each["paid_at"]))
        for each in books["payments"]
        if each["status"] in _TAKEN
    ]
    back = [
        GivenBack(
            "vnpay",
            each["request_id"],
            each["reference"],
            each["amount"],
            _BACK[each["status"]],
            _at(each["asked_at"]),
        )
        for each in books["refunds"]
    ]
    return taken, back


def platform(books: Mapping[str, Any]) -> list[Taken]:
    """What the payment platform took; it gives nothing back."""
    return [
        Taken("payment_platform", reference, order["paid_amount"], "paid", _at(order["paid_at"]))
        for reference, order in books["orders"].items()
        if order["paid_amount"]
    ]


def bank(books: Mapping[str, Any]) -> tuple[list[GivenBack], list[BankDay]]:
    """Transfers that the bank paid for us, and what it booked per account and day."""
    back = [
        GivenBack("bank", reference, "", order["amount"], _ORDER[order["state"]], _at(order["taken_at"]))
        for reference, order in books["orders"].items()
    ]
    days = []
    for number, account in books["accounts"].items():
        by_day: dict[str, list[int]] = defaultdict(list)
        for line in account["lines"]:
            by_day[line["booked_on"]].append(line["amount"])
        for day, amounts in by_day.items():
            credited = sum(amount for amount in amounts if amount > 0)
            debited = sum(amount for amount in amounts if amount < 0)
            days.append(BankDay(number, day, len(amounts), credited, debited))
    return back, days


def case_system(books: Mapping[str, Any]) -> list[ToldPaid]:
    """What the case system was told to be paid."""
    return [
        ToldPaid(code, sum(fee["paid"] for fee in case["fees"]), len(case["confirmations"]))
        for code, case in books["dossiers"].items()
        if case["confirmations"]
    ]


def portal(books: Mapping[str, Any]) -> list[Known]:
    """What the national portal has."""
    return [
        Known(
            "dvcqg",
            code,
            str(kept["item"]["TrangThaiHoSo"]),
            [(str(step["TrangThai"]), step["ThoiDiemXuLy"]) for step in kept["steps"]],
            papers=len(kept["item"].get("TaiLieuNop", [])),
        )
        for code, kept in books["dossiers"].items()
    ]


def platform_lgsp(books: Mapping[str, Any]) -> list[Known]:
    """What the province's platform has."""
    steps: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for trace in books["traces"]:
        steps[trace["DocCode"]].append((str(trace.get("Status", "")), trace["DateCreated"]))
    return [
        Known("lgsp", code, str(kept["Status"]), steps[code], papers=len(kept["Attachments"]))
        for code, kept in books["documents"].items()
    ]


def land(books: Mapping[str, Any]) -> list[Known]:
    """What the land register has."""
    return [
        Known("land", code, str(kept["state"]), again=kept.get("asked_again", 0), papers=len(kept["papers"]))
        for code, kept in books["dossiers"].items()
    ]


def software(books: Mapping[str, Mapping[str, Any]], name: str) -> list[Known]:
    """What one piece of specialised software has."""
    return [
        Known(name, code, str(kept["state"]), again=kept["messages"].count("hand_over") - 1, papers=1)
        for code, kept in books[name]["dossiers"].items()
    ]


def product(dossiers: Iterable[Mapping[str, Any]]) -> tuple[list[Payment], list[Refund]]:
    """Payments and refunds as the product's API shows them, dossier by dossier."""
    payments: dict[str, Payment] = {}
    refunds: dict[str, Refund] = {}
    for dossier in dossiers:
        code = dossier["code"]
        for each in dossier["payments"]:
            payments[each["id"]] = Payment(each["id"], code, each["channel"], each["state"], each["amount"])
        for each in dossier["refunds"]:
            refunds[each["id"]] = Refund(
                each["id"],
                each["payment_id"],
                code,
                each["state"],
                each["amount"],
                each["route"] or "",
                each["cause"],
                each["waiting_for"] or "",
                _at(each["requested_at"]),
            )
    return list(payments.values()), list(refunds.values())


class CommandLine:
    """The product's own commands, as a person would call them, with JSON for answers."""

    def __init__(self, database_url: str) -> None:
        inherited = {name: value for name, value in _environment() if not name.startswith("LIENTHONG_")}
        root = str(Path(__file__).parents[3])
        self._environment = inherited | {
            "LIENTHONG_DATABASE_URL": database_url,
            "LIENTHONG_SANDBOX": "true",
            "LIENTHONG_LOGGING__LEVEL": "error",
            "PYTHONPATH": root,
        }

    def read(self, *arguments: str) -> Any:
        """The JSON that a command prints; that it found problems is no error of the command.

        Raises:
            CallFailed: it ended with an error.
        """
        done = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-m", "adapters.cli.main", *arguments],
            env=self._environment,
            capture_output=True,
            check=False,
        )
        if done.returncode not in (0, _FOUND_PROBLEMS):
            raise CallFailed(f"lienthong {' '.join(arguments)}", done.returncode, done.stderr.decode()[-300:])
        return json.loads(done.stdout)

    def reconcile(self, day: date) -> None:
        """Compare one day again, as the accountant does when the files are in."""
        self.read("reconcile", "run", "--day", f"{day:%d/%m/%Y}", "--json")

    def items(self) -> list[Item]:
        """Everything that the product shows to people as open."""
        rows = self.read("reconcile", "breaks", "--json")["breaks"]
        return [
            Item(row["kind"], row["key"], row["dossier_code"] or "", int(row["amount"] or 0)) for row in rows
        ]

    def balances(self) -> dict[str, int]:
        """The ledger's accounts."""
        rows = self.read("reconcile", "balances", "--json")["balances"]
        return {row["account"]: int(row["amount"]) for row in rows}

    def heard(self) -> list[Heard]:
        """What every other office has by the product's own account."""
        rows = self.read("sync", "list", "--json")["systems"]
        return [
            Heard(row["system"], row["there"], row["waiting"], row["refused"], row["lost"], row["repaired"])
            for row in rows
        ]

    def asked(self) -> dict[str, int]:
        """Register → questions that it answered itself."""
        found: dict[str, int] = defaultdict(int)
        for row in self.read("reuse", "list", "--json")["questions"]:
            found[row["system"]] += row["answered"] - row["cached"]
        return dict(found)

    def effects_at(self, state: str) -> int:
        """How many effects of the newest page stand at ``state``."""
        return len(self.read("jobs", "list", "--state", state, "--json")["jobs"])


def _environment() -> Sequence[tuple[str, str]]:
    # The child is another program: it inherits the machine's environment, not our settings.
    return list(os.environ.items())


def gather(
    *,
    stories: Mapping[str, Story],
    books: Mapping[str, Mapping[str, Any]],
    readers: Sequence[Counter],
    command_line: CommandLine,
    loaded: Sequence[BankDay],
) -> Facts:
    """All facts, read at rest.

    Args:
        books: system → its books.
        readers: counters that share the reading of dossiers between them.
        loaded: what the product answered when statements were loaded.
    """
    codes = sorted(stories)
    with ThreadPoolExecutor(6) as pool:
        items = pool.submit(command_line.items)
        balances = pool.submit(command_line.balances)
        heard, asked_of = pool.submit(command_line.heard), pool.submit(command_line.asked)
        states = {state: pool.submit(command_line.effects_at, state) for state in ("sending", "unknown")}
        asked = [
            pool.submit(readers[number % len(readers)].dossier, code) for number, code in enumerate(codes)
        ]
        dossiers = [found for each in asked if (found := each.result()) is not None]
        jobs = {state: count.result() for state, count in states.items()}
        open_items, on_accounts = items.result(), balances.result()
    taken, back = vnpay(books["vnpay"])
    transfers, days = bank(books["statements"])
    payments, refunds = product(dossiers)
    return Facts(
        stories=stories,
        taken=[*taken, *platform(books["payment_platform"])],
        given_back=[*back, *transfers],
        told=case_system(books["igate"]),
        bank=days,
        payments=payments,
        refunds=refunds,
        items=open_items,
        loaded=loaded,
        jobs=jobs,
        balances=on_accounts,
        known=[
            *portal(books["dvcqg"]),
            *platform_lgsp(books["lgsp"]),
            *land(books["land"]),
            *software(books, "handover.xay-dung"),
            *software(books, "handover.gplx"),
        ],
        heard=heard.result(),
        looks=[("population", look["request"]) for look in books["population"]["looks"]],
        asked=asked_of.result(),
    )


def _at(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
