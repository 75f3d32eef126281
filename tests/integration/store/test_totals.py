"""Totals that pages read instead of counting."""

from __future__ import annotations

import psycopg

from jobs.store.postgres.views import totals
from tests.support.waiting import eventually

CALL = """insert into exchange (at, system, operation, direction, reference, status, outcome, duration_ms,
    request_digest, response_digest, request_summary, response_summary)
    values (now(), 'igate', 'late', 'out', '', 200, 'ok', 1, '', '', '{}', '{}')"""


def test_a_row_that_commits_late_with_a_smaller_number_is_in_the_total(pg_store, empty_database):
    """Numbers are given before commits: money held would be wrong for ever by the slow one."""
    with psycopg.connect(empty_database) as slow, psycopg.connect(empty_database, autocommit=True) as quick:
        slow.execute(CALL)
        quick.execute(CALL)
        assert [totals.roll_up(pg_store) for _ in range(4)] == [0, 0, 0, 0]
        slow.commit()

        def total() -> int:
            # Open transactions of other databases of the server hold the horizon as well: they end.
            totals.roll_up(pg_store)
            return int(quick.execute("select coalesce(sum(done), 0) from effect_hour").fetchone()[0])

        eventually(lambda: total() == 2, within=60)
        assert [total() for _ in range(6)] == [2] * 6
