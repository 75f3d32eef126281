"""Three large files for ``reconcile files``: 98 % equal, the rest missing, doubled or different. A formula makes them."""

from __future__ import annotations

import random
from pathlib import Path

GATEWAY_HEAD = "TmnCode,TxnRef,TransactionNo,TransactionType,Amount,Fee,Net,PayDate,TransactionStatus\n"
OURS_HEAD = "TxnRef,TransactionNo,TransactionType,Amount,PayDate,TransactionStatus\n"
BANK_HEAD = "Ngày giao dịch,Số tham chiếu,EndToEndId,Ghi có,Ghi nợ,Nội dung\n"
DAY = "20261102"
CLASSES = ("no_gateway", "no_ours", "no_bank", "amount", "double")


def amount_of(number: int) -> int:
    """The amount of payment ``number``, whole đồng."""
    return (number * 7_919) % 9_000_000 + 10_000


def class_of(number: int) -> str:
    """How payment ``number`` is told: 5 of 1,000 in each class of difference, else equally by all."""
    place = number % 1_000 // 5
    return CLASSES[place] if place < len(CLASSES) else ""


def write(folder: Path, payments: int, seed: int = 7) -> None:
    """``ours.csv``, ``gateway.csv`` (with its total row) and ``bank.csv``, each shuffled."""
    sides: dict[str, list[str]] = {"ours": [], "gateway": [], "bank": []}
    total = 0
    for number in range(payments):
        reference, amount, kind = f"LT{number:014d}", amount_of(number), class_of(number)
        at = f"{DAY}{(number // 3600) % 24:02d}{(number // 60) % 60:02d}{number % 60:02d}"
        if kind != "no_gateway":
            copies = ("", "9") if kind == "double" else ("",)
            for copy in copies:
                total += amount
                row = f"LIENTH01,{reference},{14_000_000 + number}{copy},01,{amount},0,{amount},{at},00\n"
                sides["gateway"].append(row)
        if kind != "no_ours":
            sides["ours"].append(f"{reference},{14_000_000 + number},01,{amount},{at},00\n")
        if kind != "no_bank":
            credited = amount + (kind == "amount")
            sides["bank"].append(f"02/11/2026,FT{number:010d},{reference},{credited},,\n")
    chance = random.Random(seed)
    feet = {"gateway": f"Tổng cộng: {len(sides['gateway'])},,,,{total},0,{total},,\n"}
    heads = {"ours": OURS_HEAD, "gateway": GATEWAY_HEAD, "bank": BANK_HEAD}
    for name, rows in sides.items():
        chance.shuffle(rows)
        with (folder / f"{name}.csv").open("w", encoding="utf-8") as file:
            file.write(heads[name])
            file.writelines(rows)
            file.write(feet.get(name, ""))
