"""The rule table: what each line of it means, and that the vectorised compiler keeps the meaning."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings

from jobs.reconciliation import compile_frame
from jobs.reconciliation.breaks import KINDS, BreakKind
from jobs.reconciliation.rules import IN_TRANSIT, PRESENCE, RULES, Kind, Route, Side, Status
from tests.support.reconciliation import Line, judged, line, lines, plain_groups, presences

ALL_FILES = dict.fromkeys(PRESENCE, True)
NET = ALL_FILES | {"bank_by_row": False}


def verdicts(rows: list[Line], presence: dict[str, bool]) -> set[tuple[int, str, int, str]]:
    frame = pl.DataFrame(rows, schema=compile_frame.SCHEMA)
    found = compile_frame.verdicts(frame, presence)
    return set(found.select("kind", "key", "against", "verdict").iter_rows())


@settings(max_examples=300, deadline=None)
@given(lines(), presences)
def test_the_vectorised_compiler_gives_the_verdicts_of_the_table(
    rows: list[Line], presence: dict[str, bool]
) -> None:
    """A second reading of the same rules may not invent a second opinion."""
    assert verdicts(rows, presence) == judged(rows, presence)


@settings(max_examples=500, deadline=None)
@given(lines(), presences)
def test_no_rule_speaks_of_a_plainly_equal_group(rows: list[Line], presence: dict[str, bool]) -> None:
    """What a compiler passes over may hold no break."""
    silent = {(kind, key) for kind, key in plain_groups(rows, presence)}

    assert not silent & {(kind, key) for kind, key, _, _ in judged(rows, presence)}


def test_an_ordinary_payment_is_plainly_equal() -> None:
    """Otherwise the short way would never be taken."""
    assert plain_groups([OURS, GATEWAY], NET) == {(1, "LT01")}


def only(rows: list[Line], presence: dict[str, bool] = NET) -> set[tuple[str, str]]:
    return {(Side(against).name, verdict) for _, _, against, verdict in verdicts(rows, presence)}


OURS, GATEWAY, BANK = line(Side.OURS), line(Side.GATEWAY), line(Side.BANK)
REFUND = {"kind": Kind.REFUND, "reference": "RF01", "provider_reference": ""}


def both(**theirs: object) -> list[Line]:
    return [OURS, line(Side.GATEWAY, **theirs)]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param(both(), set(), id="equal lines match"),
        pytest.param([OURS], {("GATEWAY", BreakKind.ONLY_OURS)}, id="only ours"),
        pytest.param([line(Side.OURS, due=0)], {("GATEWAY", IN_TRANSIT)}, id="in transit before its session"),
        pytest.param([GATEWAY], {("GATEWAY", BreakKind.ONLY_THEIRS)}, id="only theirs"),
        pytest.param(both(amount=50_001), {("GATEWAY", BreakKind.AMOUNT)}, id="one đồng more"),
        pytest.param(both(status=Status.FAILED), {("GATEWAY", BreakKind.STATUS)}, id="status"),
        pytest.param(
            [line(Side.OURS, fee=0), line(Side.GATEWAY, fee=1_100)], {("GATEWAY", BreakKind.FEE)}, id="fee"
        ),
        pytest.param(both(vnd=0), {("GATEWAY", BreakKind.CURRENCY)}, id="currency"),
        pytest.param(
            [*both(), line(Side.GATEWAY, 2, provider_reference="14000002")],
            {("GATEWAY", BreakKind.DOUBLE_PAYMENT)},
            id="the same reference paid twice",
        ),
        pytest.param([OURS, *both()], {("GATEWAY", BreakKind.DOUBLE_IN_FILE)}, id="double on our side"),
        pytest.param(
            both(session_first=20_001, session_last=20_001), {("GATEWAY", BreakKind.LATE)}, id="other session"
        ),
        pytest.param(
            [line(Side.OURS, session_last=20_001), line(Side.GATEWAY, session_first=20_001, session_last=20_001)],
            set(),
            id="clocks may disagree round midnight",
        ),
        pytest.param(
            [line(Side.OURS, status=Status.PENDING), GATEWAY],
            {("GATEWAY", BreakKind.PAID_UNCONFIRMED)},
            id="paid but not confirmed",
        ),
        pytest.param(
            [line(Side.OURS, **REFUND, status=Status.PENDING)],
            {("GATEWAY", BreakKind.REFUND_UNKNOWN)},
            id="refund unknown after the cut-off",
        ),
        pytest.param(
            [line(Side.OURS, **REFUND, status=Status.PENDING), line(Side.GATEWAY, **REFUND)],
            set(),
            id="the file settles a refund that was under way",
        ),
        pytest.param(
            [line(Side.OURS, **REFUND, status=Status.FAILED), line(Side.GATEWAY, **REFUND)],
            {("GATEWAY", BreakKind.STATUS)},
            id="a refund that we took for refused was paid",
        ),
        pytest.param(
            [line(Side.GATEWAY, kind=Kind.REVERSAL)], {("GATEWAY", BreakKind.REVERSED)}, id="reversed by the gateway"
        ),
        pytest.param([line(Side.GATEWAY, kind=Kind.FEE)], set(), id="fee rows belong to the session's sum"),
        pytest.param([line(Side.OURS, route=Route.ELSEWHERE)], set(), id="cash is no break against the gateway"),
        pytest.param(
            both(reference="LT02"), {("GATEWAY", BreakKind.REFERENCE)}, id="the provider's number goes first"
        ),
        pytest.param([BANK], {("BANK", BreakKind.ONLY_THEIRS)}, id="bank line that nobody knows"),
        pytest.param(
            [
                line(Side.OURS, **REFUND, route=Route.BANK),
                line(Side.BANK, **REFUND),
                line(Side.BANK, 2, **REFUND, returned=1),
            ],
            {("BANK", BreakKind.REFUND_RETURNED)},
            id="the bank returned a refund",
        ),
        pytest.param(
            [line(Side.OURS, **REFUND, route=Route.BANK, status=Status.PENDING)],
            {("BANK", BreakKind.REFUND_UNKNOWN)},
            id="a transfer that the bank never showed",
        ),
        pytest.param(
            [line(Side.OURS, **REFUND, route=Route.TREASURY)],
            {("TREASURY", BreakKind.ONLY_OURS)},
            id="the treasury never paid",
        ),
        pytest.param(
            [line(Side.OURS, **REFUND, route=Route.BANK), line(Side.BANK, **REFUND, amount=1)],
            {("BANK", BreakKind.AMOUNT)},
            id="the bank paid another amount",
        ),
    ],
)  # fmt: skip
def test_each_difference_gets_its_name(rows: list[Line], expected: set[tuple[str, str]]) -> None:
    """The differences of the settlement paper are told apart, and nothing is a break that is none."""
    assert only(rows) == expected


def test_amount_and_date_alone_match_nothing() -> None:
    """Two lines of the same amount and day without a common reference stay two breaks."""
    rows = [OURS, line(Side.GATEWAY, reference="LT02", provider_reference="14000002")]

    assert only(rows) == {("GATEWAY", BreakKind.ONLY_OURS), ("GATEWAY", BreakKind.ONLY_THEIRS)}


def test_where_the_bank_shows_each_payment_a_missing_line_is_a_break() -> None:
    """Money that the gateway reports must arrive, line by line when the bank shows lines."""
    assert only(both(), ALL_FILES) == {("BANK", BreakKind.ONLY_OURS)}
    assert only([*both(), BANK], ALL_FILES) == set()


def test_a_side_without_files_has_no_breaks_against_it() -> None:
    """What was not looked at is not missing."""
    assert only([OURS], dict.fromkeys(PRESENCE, False)) == set()


def test_every_verdict_of_the_table_has_a_name_in_both_languages() -> None:
    """A break without a name, deadline or remedy would reach nobody."""
    assert {str(rule.verdict) for rule in RULES} <= {str(kind) for kind in KINDS} | {IN_TRANSIT}
    assert set(KINDS) == set(BreakKind)
    assert all(kind.vi and kind.en and 1 <= kind.working_days <= 5 for kind in KINDS.values())


def test_deadlines_follow_the_risk() -> None:
    """Double payments, reversals and unknown refunds cannot wait a week."""
    urgent = {kind for kind, facts in KINDS.items() if facts.working_days == 1}

    assert {BreakKind.DOUBLE_PAYMENT, BreakKind.REVERSED, BreakKind.REFUND_UNKNOWN} <= urgent
    assert KINDS[BreakKind.REFUND_RETURNED].working_days == 2
