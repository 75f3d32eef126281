"""The broker holds no truth: without a single wake-up the sweep finds all work in PostgreSQL (D4)."""

from __future__ import annotations

import os

import psycopg

from tests.crash.conftest import Scene

WIPES = 100 if os.environ.get("LIENTHONG_PROOF") == "full" else 2
_DUE = """
select (select count(*) from inbox where processed_at is null and received_at <= %(now)s - interval '2 minutes')
     + (select count(*) from effect where state = 'planned' and head and due_at <= %(now)s and deaths < 2)
     + (select count(*) from effect where state = 'unknown' and due_at <= %(now)s)
     + (select count(*) from effect where state = 'sending')
     + (select count(*) from payment_attempt where next_look_up_at <= %(now)s)
     + (select count(*) from refund where next_look_up_at <= %(now)s)
     + (select count(*) from refund where state in ('RESERVED', 'NOT_SENT') and waiting_for = '' and effect_key is null)
"""


def due(scene: Scene) -> int:
    """Rows that could be worked on now and are not."""
    with psycopg.connect(scene.dsn) as connection:
        row = connection.execute(_DUE.encode(), {"now": scene.now}).fetchone()
    assert row is not None
    return int(row[0])


def test_work_whose_wake_ups_were_all_lost_is_found_by_the_sweep(scene: Scene):
    """No process here is ever woken: only the sweep's own questions say what there is to do."""
    for number in range(WIPES):
        scene.work(new=3, sweep=True, minutes=45, kill="after-commit:effect-claim" if number % 2 == 0 else "")
        scene.work(new=0, sweep=True, minutes=45)
        assert due(scene) == 0
        if number % 10 == 9 or number == WIPES - 1:
            scene.recover()
            assert scene.wrong() == []
            scene.begin_again()
