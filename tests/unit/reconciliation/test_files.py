"""``reconcile files`` on small files: sessions, time, several formats, and both readers of one mind."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from connectors.statements.profile import ready_profiles
from jobs.reconciliation import quick
from jobs.reconciliation.files import FileRefused, Outcome, Request, reconcile
from jobs.reconciliation.rules import Side
from jobs.reconciliation.sides import SCHEMA, from_settlement
from tests.support import reconcile_files
from tests.support.session_files import FRIDAY, bank, settlement

OURS_HEAD = "Mã tham chiếu,Mã giao dịch,Loại giao dịch,Số tiền,Thời gian,Trạng thái,Kênh\n"
LATER = date(2026, 12, 1)
READY = ready_profiles()


def our(reference: str, *, number: str = "", kind: str = "Thu", amount: str = "50000", time: str = "20/11/2026 12:00:00",
        status: str = "Đã thanh toán", channel: str = "LIENTH01") -> str:  # fmt: skip
    return f"{reference},{number},{kind},{amount},{time},{status},{channel}\n"


class Folder:
    def __init__(self, path: Path) -> None:
        self.path = path

    def put(self, name: str, content: bytes | str) -> Path:
        file = self.path / name
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return file

    def compare(
        self, ours: Sequence[str], *, today: date = LATER, by_row: bool | None = None, **others: bytes
    ) -> Outcome:
        profiles = {Side.BANK: READY["bank-generic-csv"]}
        sides = {side: [self.put(f"{side}.csv", content)] for side, content in others.items()}
        return reconcile(
            Request(
                [self.put("ours.csv", OURS_HEAD + "".join(ours))],
                today=today,
                by_row=by_row,
                profiles=profiles,
                **sides,
            )
        )


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def found(outcome: Outcome) -> set[tuple[str, str, str]]:
    rows = outcome.breaks.select("verdict", "against", "key").iter_rows()
    return {(verdict, Side(against).name, key) for verdict, against, key in rows}


def test_equal_files_have_no_breaks(folder: Folder) -> None:
    """An accountant's quiet day."""
    outcome = folder.compare([our("LT01")], gateway=settlement([{"reference": "LT01"}]))

    assert (outcome.count, outcome.matched) == (0, 1)


def test_an_item_is_in_transit_until_its_session_and_one_more_have_passed(folder: Folder) -> None:
    """Friday's payment is not missing before the weekend's session is over."""
    gateway = settlement([{"reference": "LT02"}])
    ours = [our("LT01"), our("LT02")]

    assert found(folder.compare(ours, today=date(2026, 11, 22), gateway=gateway)) == set()
    assert folder.compare(ours, today=date(2026, 11, 22), gateway=gateway).in_transit.height == 1
    assert found(folder.compare(ours, today=date(2026, 11, 23), gateway=gateway)) == {
        ("only_ours", "GATEWAY", "LT01")
    }


def test_the_file_of_the_next_session_also_ends_the_waiting(folder: Folder) -> None:
    """Two files tell as much as the calendar."""
    first = folder.put("a.csv", settlement([{"reference": "LT02"}]))
    second = folder.put("b.csv", settlement([{"reference": "LT03", "number": "9"}], day=date(2026, 11, 22)))
    ours = folder.put(
        "ours.csv", OURS_HEAD + our("LT01") + our("LT02") + our("LT03", time="22/11/2026 09:00:00")
    )

    outcome = reconcile(Request([ours], [first, second], today=FRIDAY))

    assert found(outcome) == {("only_ours", "GATEWAY", "LT01")}


def test_a_payment_close_to_midnight_may_stand_in_the_next_session(folder: Folder) -> None:
    """Two houses have two clocks; two hours are no clock skew."""
    gateway = settlement([{"reference": "LT01"}, {"reference": "LT02"}])
    ours = [our("LT01", time="19/11/2026 23:58:00"), our("LT02", time="19/11/2026 22:00:00")]

    assert found(folder.compare(ours, gateway=gateway)) == {("late", "GATEWAY", "LT02")}


def test_cash_is_never_a_break_against_the_gateway(folder: Folder) -> None:
    """Cash, card readers and cash on delivery are channels of their own."""
    outcome = folder.compare(
        [our("LT01"), our("TM01", channel="Tiền mặt")], gateway=settlement([{"reference": "LT01"}])
    )

    assert found(outcome) == set()


def test_paid_but_not_recorded_in_the_case_system_is_listed(folder: Folder) -> None:
    """The counter's list: collected, not yet recorded."""
    outcome = folder.compare(
        [our("LT01", status="Chưa thanh toán")], gateway=settlement([{"reference": "LT01"}])
    )

    assert found(outcome) == {("paid_unconfirmed", "GATEWAY", "LT01")}


@pytest.mark.parametrize(
    ("credited", "verdict"),
    [(97_800, "matched"), (97_799, "settlement_short"), (97_801, "settlement_long")],
)
def test_one_net_line_pays_a_session(folder: Folder, credited: int, verdict: str) -> None:
    """Sum of the rows = bank + fee, to the đồng."""
    rows = [{"reference": f"LT0{n}", "fee": 1_100} for n in (1, 2)]
    line = {"amount": credited, "text": "VNPAY LIENTH01 phien 20/11/2026"}

    outcome = folder.compare([our("LT01"), our("LT02")], gateway=settlement(rows), bank=bank([line]))

    assert [each.verdict for each in outcome.sessions] == [verdict]
    assert outcome.count == (verdict != "matched")


def test_refunds_are_netted_and_a_session_below_zero_is_carried_forward(folder: Folder) -> None:
    """More refunds than receipts: nothing is paid out, and nothing is missing."""
    rows = [{"reference": "LT01"}, {"reference": "RF01", "kind": "02", "amount": 200_000}]
    ours = [our("LT01"), our("RF01", kind="Hoàn tiền", amount="200000", status="Đang hoàn")]

    outcome = folder.compare(ours, gateway=settlement(rows), bank=bank([{"amount": 1, "text": "lai"}]))

    assert [(each.session.net, each.verdict) for each in outcome.sessions] == [(-150_000, "carried")]


def test_the_same_amount_is_only_a_proposal_to_a_person(folder: Folder) -> None:
    """A line that names nothing stays a break, with a hint."""
    outcome = folder.compare(
        [our("LT01")],
        gateway=settlement([{"reference": "LT01"}]),
        bank=bank([{"amount": 50_000, "text": "CT DEN"}]),
    )

    assert [proposal.amount for proposal in outcome.proposals] == [50_000]
    assert {verdict for verdict, _, _ in found(outcome)} == {"only_theirs"}
    assert [each.verdict for each in outcome.session_breaks] == ["settlement_short"]


def test_a_transfer_refund_is_found_by_the_reference_in_the_bank_text(folder: Folder) -> None:
    """Banks put our reference anywhere; one known word is enough, two are none."""
    ours = [
        our(f"RF0000000000000{n}", kind="Hoàn tiền", channel="Chuyển khoản", status="Đang hoàn")
        for n in (1, 2)
    ]
    paid = {"amount": -50_000, "text": "hoan phi ho so RF00000000000001 theo QD"}
    unclear = {"amount": -50_000, "text": "RF00000000000001 RF00000000000002"}

    clear = folder.compare(ours[:1], bank=bank([paid], opening=100_000))
    both = folder.compare(ours, bank=bank([unclear], opening=100_000))

    assert (clear.count, clear.matched) == (0, 1)
    assert {verdict for verdict, _, _ in found(both)} == {"refund_unknown", "only_theirs"}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("nop phi LT00000000000001 ho so", True),
        ("phí:LT00000000000001.", True),
        ("LT000000000000012", False),
        ("XLT00000000000001", False),
        ("LT00000000000001 LT00000000000002", False),
        ("LT00000000000001 va lai LT00000000000001", True),
    ],
)
def test_a_bank_that_puts_references_into_the_text_shows_rows_too(
    folder: Path, text: str, named: bool
) -> None:
    """Whole words only; a longer number is another number."""
    references = [f"LT{n:014d}" for n in range(1, 6)]
    lines = [{"amount": 50_000, "text": f"thu {each}"} for each in references[1:]]
    ours = [our(each) for each in references]

    outcome = folder.compare(
        ours,
        gateway=settlement([{"reference": each} for each in references]),
        bank=bank([{"amount": 50_000, "text": text}, *lines]),
    )

    assert outcome.by_row
    assert (outcome.count == 0) is named


def test_a_returned_transfer_is_owed_again(folder: Folder) -> None:
    """The bank brought the money back: the citizen still has none."""
    ours = [our("RF00000000000001", kind="Hoàn tiền", channel="Chuyển khoản", status="Đã hoàn")]
    lines = [
        {"amount": -50_000, "end_to_end": "RF00000000000001"},
        {"amount": 50_000, "end_to_end": "RF00000000000001", "reason": "AC01"},
    ]

    outcome = folder.compare(ours, bank=bank(lines, opening=100_000))

    assert found(outcome) == {("refund_returned", "BANK", "RF00000000000001")}
    assert outcome.refunds_owed()["key"].to_list() == ["RF00000000000001"]


def test_two_statements_must_meet(folder: Folder) -> None:
    """Closing of one day is opening of the next; otherwise a statement is missing."""
    first = folder.put("a.csv", bank([{"amount": 10_000, "text": "lai", "day": FRIDAY}]))
    second = folder.put("b.csv", bank([{"amount": 10_000, "text": "lai"}], opening=10_007))
    ours = folder.put("ours.csv", OURS_HEAD + our("TM01", channel="Tiền mặt"))

    outcome = reconcile(Request([ours], bank=[first, second], today=LATER))

    assert [file.difference for file in outcome.balances] == [7]


@pytest.mark.parametrize(
    ("text", "amount", "expected"),
    [
        ("tra lai RF00000000000001", 50_000, set()),
        ("tra lai RF00000000000001", 49_000, {("amount", "TREASURY", "RF00000000000001")}),
        (
            "tra lai",
            50_000,
            {("only_ours", "TREASURY", "RF00000000000001"), ("only_theirs", "TREASURY", "#4:4")},
        ),
    ],
)
def test_a_treasury_refund_is_looked_for_at_the_treasury(
    folder: Folder, text: str, amount: int, expected: set[tuple[str, str, str]]
) -> None:
    """Money that reached the budget comes back from there only."""
    lines = [
        "TKKB;3941.0.1234567", "Số dư đầu ngày;100000",
        "STT;Ngày chứng từ;Ngày ghi nợ;Số chứng từ;Mã giao dịch;Phát sinh nợ;Phát sinh có;Diễn giải",
        f"1;23/11/2026;23/11/2026;CT01;;{amount};;{text}", f"Tổng cộng: 1;;;;;{amount};0;",
    ]  # fmt: skip
    path = folder.put("treasury.csv", "\n".join(lines) + "\n")
    ours = folder.put("ours.csv", OURS_HEAD + our("RF00000000000001", kind="Hoàn tiền", channel="Kho bạc"))
    request = Request([ours], treasury=[path], today=LATER, profiles={Side.TREASURY: READY["treasury-day"]})

    assert found(reconcile(request)) == expected


def test_a_bad_row_refuses_the_file_with_row_and_column(folder: Folder) -> None:
    """Half a file would be compared as a whole one."""
    raw = settlement([{"reference": "LT01"}]).replace(b",50000,0,50000,", b",50000.5,0,50000,")

    with pytest.raises(FileRefused) as refused:
        folder.compare([our("LT01")], gateway=raw)

    assert any(trouble.where == "2" and trouble.field == "gross" for trouble in refused.value.troubles)


@pytest.fixture(scope="module")
def thousand(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("thousand")
    reconcile_files.write(folder, 2_000)
    return folder


def _request(folder: Path, quick_from_bytes: int) -> Request:
    return Request(
        [folder / "ours.csv"], [folder / "gateway.csv"], [folder / "bank.csv"], today=LATER,
        profiles={Side.BANK: READY["bank-generic-csv"]}, quick_from_bytes=quick_from_bytes,
    )  # fmt: skip


def test_the_quick_and_the_careful_reader_give_one_outcome(thousand: Path) -> None:
    """Speed may change nothing: not a break, not a row number."""
    quickly = reconcile(_request(thousand, 0))
    carefully = reconcile(_request(thousand, 1 << 40))

    assert quickly.breaks.equals(carefully.breaks)
    assert quickly.matched == carefully.matched == 1_950
    assert quickly.breaks.group_by("verdict", "against").len().sort("verdict", "against").rows() == [
        ("amount", 3, 10), ("double_payment", 2, 10), ("only_ours", 2, 10), ("only_ours", 3, 10), ("only_theirs", 2, 10),
    ]  # fmt: skip


def test_the_quick_reader_reads_what_the_careful_one_reads(thousand: Path) -> None:
    """Every column of every row."""
    from connectors.statements.reader import read_settlement

    for side, name, profile in (
        (Side.GATEWAY, "gateway", "vnpay-session"),
        (Side.OURS, "ours", "ours-payments"),
    ):
        path = thousand / f"{name}.csv"
        fast = quick.read(path, side, READY[profile], "")
        slow = from_settlement(
            read_settlement(path.read_bytes(), READY[profile]), side, path.name, READY[profile]
        )
        assert fast is not None
        columns = [column for column in SCHEMA if column != "session"]
        assert fast.table.select(fast.column(c) for c in columns).equals(slow.table.select(columns))


@pytest.mark.parametrize(
    "harm",
    [
        pytest.param((b",00\n", b",99\n"), id="unknown status"),
        pytest.param((b"20261102", b"20261131"), id="impossible date"),
        pytest.param((b",01,", b",01,-"), id="negative amount"),
        pytest.param((b"LIENTH01,LT", b"LIENTH01,=T"), id="formula"),
        pytest.param((b"LIENTH01,", b"LIENTH02,"), id="other terminal"),
        pytest.param(
            (b"T\xe1\xbb\x95ng c\xe1\xbb\x99ng: ", b"T\xe1\xbb\x95ng c\xe1\xbb\x99ng: 9"), id="wrong count"
        ),
        pytest.param((b",01,", b",01,1_"), id="odd digits"),
        pytest.param((b"\n", b"\n\n"), id="blank line"),
    ],
)
def test_the_quick_reader_gives_up_where_anything_is_odd(
    thousand: Path, tmp_path: Path, harm: tuple[bytes, bytes]
) -> None:
    """It may only say yes to what the careful reader would accept."""
    head, mark, rest = (thousand / "gateway.csv").read_bytes().partition(b"\n")
    middle = len(rest) // 2
    where = rest.find(harm[0], middle) if harm[0] in rest[middle:] else rest.find(harm[0])
    path = tmp_path / "gateway.csv"
    path.write_bytes(head + mark + rest[:where] + harm[1] + rest[where + len(harm[0]) :])

    assert quick.read(path, Side.GATEWAY, READY["vnpay-session"], "") is None


def test_lists_are_complete(thousand: Path) -> None:
    """Every break stands in the list, with the rows behind it."""
    outcome = reconcile(_request(thousand, 0))

    assert outcome.count == outcome.breaks.height == 50
    assert not outcome.breaks.filter(pl.col("rows").is_null() | (pl.col("rows") == "")).height
