"""One rule table, two compilers: SQL and Polars give the same verdicts for any lines."""

from __future__ import annotations

import json

import polars as pl
import psycopg
from hypothesis import HealthCheck, given, settings

from jobs.reconciliation import compile_frame
from jobs.reconciliation.compile_sql import verdict_query
from tests.support.reconciliation import Line, lines, presences

_RELATION = """(select * from json_to_recordset(%(lines)s) as l(side int, line bigint, kind int, reference text,
    provider_reference text, amount bigint, fee bigint, status int, session_first int, session_last int, vnd int,
    returned int, route int, due int))"""


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines(), presences)
def test_sql_and_polars_agree(database: str, rows: list[Line], presence: dict[str, bool]) -> None:
    """The accountant's files and the running installation must not be of two minds."""
    frame = compile_frame.verdicts(pl.DataFrame(rows, schema=compile_frame.SCHEMA), presence)
    with psycopg.connect(database) as connection:
        parameters = {name: int(value) for name, value in presence.items()}
        found = connection.execute(verdict_query(_RELATION), parameters | {"lines": json.dumps(rows)})
        columns = [column.name for column in found.description or ()]
        answered = {
            tuple(row[columns.index(name)] for name in frame.columns if name in columns) for row in found
        }

    shared = [name for name in frame.columns if name in columns]
    assert answered == set(frame.select(shared).iter_rows())
