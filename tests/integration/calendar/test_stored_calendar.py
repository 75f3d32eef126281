"""The calendar in the database: import, edited days, and what services see of it."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from jobs.access.model import Actor, ActorKind
from jobs.calendar.days import DayKind, DayStatus
from jobs.calendar.service import StoredCalendar, UnknownYear, import_year, load
from jobs.calendar.working import LOCAL

WHO = Actor(ActorKind.RULE, "test")


def test_a_fresh_installation_knows_the_shipped_calendar(pg_store):
    """Deadlines must be right before anybody has imported anything."""
    calendar = StoredCalendar(pg_store)

    assert not calendar.is_working_day(date(2026, 11, 24))
    start = datetime(2026, 11, 23, 9, tzinfo=LOCAL)
    assert calendar.deadline(start, 1) == datetime(2026, 11, 25, 9, tzinfo=LOCAL)
    assert calendar.next_opening(datetime(2026, 11, 24, 9, tzinfo=LOCAL)) == datetime(
        2026, 11, 25, 7, 30, tzinfo=LOCAL
    )


def test_an_import_may_be_repeated_and_keeps_what_a_person_edited(pg_store):
    """The list is imported again when the year is announced; a local decision must survive that."""
    first = import_year(pg_store, 2027, actor=WHO)
    assert first.status is DayStatus.FORECAST
    assert first.written == len(first.days)
    with pg_store.transaction("edit") as tx:
        tx.execute(
            "update calendar_day set kind = 'half', changed_by = 'person:quantri' where day = '2027-05-03'"
        )

    assert import_year(pg_store, 2027, actor=WHO).written == 0
    with pg_store.transaction("look") as tx:
        assert load(tx, date(2027, 1, 1)).kind(date(2027, 5, 3)) is DayKind.HALF


def test_an_import_takes_away_what_the_list_no_longer_has(pg_store):
    """A forecast day that was not announced is worked."""
    import_year(pg_store, 2027, actor=WHO)
    with pg_store.transaction("forecast") as tx:
        tx.execute(
            "insert into calendar_day values ('2027-09-06', 'off', 'Dự kiến nghỉ', 'Perhaps off', 'forecast', 'x')"
        )

    assert import_year(pg_store, 2027, actor=WHO).written == 1
    with pg_store.transaction("look") as tx:
        assert load(tx, date(2027, 1, 1)).is_working_day(date(2027, 9, 6))


def test_hours_of_a_unit_and_of_a_time_are_kept_apart(pg_store):
    """A counter that changes its hours in July had other ones in June."""
    import_year(pg_store, 2026, actor=WHO)
    with pg_store.transaction("hours") as tx:
        tx.execute(
            """insert into office_hours values ('H21.129', 0, '07:00', '18:00', '2026-01-01', '2026-06-30'),
                                               ('H21.129', 0, '08:00', '16:00', '2026-07-01', null)"""
        )
    early, late = datetime(2026, 6, 1, 7, 15, tzinfo=LOCAL), datetime(2026, 11, 23, 7, 15, tzinfo=LOCAL)
    with pg_store.transaction("look") as tx:
        assert load(tx, early.date()).is_open(early, "H21.129")
        assert not load(tx, late.date()).is_open(late, "H21.129")
        assert not load(tx, early.date()).is_open(early, "H21.12")


def test_an_import_leaves_its_audit_row_and_an_unknown_year_nothing(pg_store):
    """Who changed the calendar changed every deadline."""
    with pytest.raises(UnknownYear, match="2020 to 2031"):
        import_year(pg_store, 2050, actor=WHO)
    import_year(pg_store, 2026, actor=WHO)

    with pg_store.transaction("look") as tx:
        rows = tx.fetch("select actor, subject from audit")
        assert [(row["actor"], row["subject"]) for row in rows] == [("rule:test", "calendar:2026")]


def test_services_see_a_change_after_the_refresh(pg_store):
    """A calendar that was read at start must not live as long as the process."""
    calendar = StoredCalendar(pg_store, refresh_seconds=-1)
    assert calendar.is_working_day(date(2026, 12, 31))
    import_year(pg_store, 2026, actor=WHO)
    with pg_store.transaction("edit") as tx:
        tx.execute(
            "insert into calendar_day values ('2026-12-31', 'off', 'Nghỉ', 'Off', 'announced', 'x', 'person:a')"
        )

    assert not calendar.is_working_day(date(2026, 12, 31))
