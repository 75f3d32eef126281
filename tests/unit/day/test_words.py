"""What a person reads at the end, and the small readers of pages."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from adapters.cli.day import table
from adapters.cli.day.checker import check
from adapters.cli.day.product import form_of
from adapters.cli.day.progress import Progress
from adapters.cli.speech import settle
from tests.unit.day.stories import a_true_day, named, spoilt


@pytest.fixture(autouse=True)
def vietnamese():
    settle("vi", debug=False)
    yield
    settle("vi", debug=False)


def test_a_day_without_faults_says_so_in_one_sentence():
    """The line that everybody waits for."""
    verdict = check(a_true_day())

    assert table.sentence(verdict) == (
        "Đối chiếu với sổ của ngân hàng và cổng thanh toán: 0 đồng chưa rõ, 0 hoàn hai lần."
    )
    settle("en", debug=False)
    assert "0 double refunds" in table.sentence(verdict)


def test_what_is_wrong_is_said_loudly_with_its_amount_and_place():
    """A number alone sends nobody to the right dossier."""
    said = table.sentence(check(spoilt("payments", 0, state="EXPIRED")))

    assert said.startswith("SAI: 75.000\u00a0đ chưa rõ")
    assert "P1" in said


def test_a_long_list_is_cut_and_says_so():
    """Two thousand lines hide the first one."""
    verdict = check(spoilt("payments", 0, state="EXPIRED"))
    many = replace(verdict, wrong=verdict.wrong * 50)

    assert "… và" in table.sentence(many)
    assert len(table.sentence(many).splitlines()) <= 22


def test_the_table_has_every_figure_of_the_day():
    """What the office is asked by its head is answered by one screen."""
    text = table.draw(check(named(a_true_day(), "P9")).numbers)

    for wanted in (
        "Lượt thanh toán",
        "150.000\u00a0đ",
        "lệch số tiền: 1",
        "2 giờ 00 phút",
        "đang trên đường",
    ):
        assert wanted in text


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (None, "—"),
        (timedelta(seconds=42), "42 giây"),
        (timedelta(minutes=7, seconds=59), "7 phút"),
        (timedelta(days=1, hours=2, minutes=5), "26 giờ 05 phút"),
    ],
)
def test_lengths_are_told_as_people_tell_them(span, words):
    """Seconds of a two-hour wait are noise."""
    assert table.length(span) == words


def test_a_form_is_read_with_its_hidden_fields_only():
    """The approver sends back exactly what the page showed."""
    page = (
        '<form action="/refunds/A/approve" method="post"><input type="hidden" name="action_key" value="k">'
        '<input type="hidden" name="amount" value="75000"><input type="text" name="other" value="x"></form>'
    )

    assert form_of(page, "/refunds/A/approve") == {"action_key": "k", "amount": "75000"}
    assert form_of(page, "/refunds/B/approve") is None


def test_progress_without_a_terminal_is_plain_lines_one_per_half_hour():
    """A log file full of cursor movements is read by nobody."""
    out = io.StringIO()
    start = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)
    with Progress(out) as progress:
        progress.count("filed")
        for minutes in range(61):
            progress.show(start + timedelta(minutes=minutes))
        progress.tell(start, "Phần mềm một cửa ngừng hoạt động.", "The case system is down.")

    lines = out.getvalue().splitlines()
    assert lines[0] == "25/11 08:00  nộp hồ sơ 1"
    assert len(lines) == 4
    assert "\x1b" not in out.getvalue()
