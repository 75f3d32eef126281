"""Some dossiers, payments, refunds, tasks and breaks to look at."""

from __future__ import annotations

import psycopg

REFUND = "000000000000000R"
PAYMENT = "000000000000000K"

_SQL = """
insert into dossier (code, state, agency, procedure, applicant_name, folded, updated_at)
select 'H21.129-261124-' || lpad(i::text, 4, '0'), (array['open', 'refused', 'done'])[1 + i % 3], 'H21.129',
       'Đăng ký thành lập hộ kinh doanh', 'Nguyễn Văn An', 'h21.129 nguyen van an', now() - i * interval '7 min'
from generate_series(1, 120) i;
insert into fee (dossier_code, version, state) select code, 1, 'paid' from dossier order by code;
insert into fee_line (fee_id, kind, amount, name) select id, 'lệ phí', 100000, 'Lệ phí đăng ký hộ kinh doanh' from fee;
insert into payment_attempt (reference, channel, provider, terminal, amount, state, created_at, paid_at)
select lpad((id - 1)::text, 15, '0') || 'K', 'vnpay', 'vnpay', 'T', 100000, 'PAID', now() - id * interval '7 min',
       now() - id * interval '6 min' from fee;
insert into allocation (attempt_id, fee_line_id, amount) select id, id, 100000 from fee_line;
insert into refund (reference, attempt_id, amount, reason, cause, route, state, requested_by, requested_at)
select lpad((id - 1)::text, 15, '0') || 'R', id, 100000, 'Hồ sơ không đủ điều kiện', 'refused', 'gateway',
       (array['REQUESTED', 'REQUESTED', 'UNKNOWN', 'ACCEPTED', 'SETTLED'])[1 + ((id - 1) % 5)::int], 'rule:policy', now()
from payment_attempt where id <= 60;
insert into effect (key, system, operation, lane, dossier_code, reference, correlation_id, payload, state, code, attempt,
                    due_at, created_at)
select 'e' || i, (array['igate', 'vnpay'])[1 + i % 2], (array['confirm_fee', 'refund'])[1 + i % 2],
       'L' || i % 9, 'H21.129-261124-' || lpad((1 + i % 120)::text, 4, '0'), '', '', '{}',
       (array['unknown', 'parked', 'planned', 'refused', 'done', 'done', 'done', 'done'])[1 + i % 8],
       (array['OutcomeUnknown', 'budget', 'Unavailable', '95', '', '', '', ''])[1 + i % 8], 1, now(),
       now() - i * interval '3 min' from generate_series(1, 200) i;
insert into exchange (at, system, operation, direction, reference, effect_id, attempt, status, outcome, duration_ms,
                      request_digest, response_digest, request_summary, response_summary)
select now() - i * interval '9 min', 'igate', 'confirm_fee', 'out', '', 1 + i % 8, 1, 200,
       case when i % 6 = 0 then 'OutcomeUnknown' else 'ok' end, 120, '', '', '{}', '{}' from generate_series(1, 140) i;
insert into effect_hour (system, hour, done, problem)
select 'igate', date_trunc('hour', now()) - i * interval '1 hour', 40 + (i * 37) % 90, (i * 7) % 15
from generate_series(0, 22) i;
insert into event (at, dossier_code, subject, kind, actor, facts)
select now() - interval '1 hour', code, 'dossier:' || code, 'dossier-seen', 'system', '{}' from dossier;
insert into case_item (kind, key, dossier_code, amount, opened_at, deadline, owner, state, evidence)
select 'amount_differs', 'c' || i, 'H21.129-261124-' || lpad(i::text, 4, '0'), 1000 * i, now() - i * interval '5 h',
       now() + (4 - i) * interval '9 h', null, 'open', '{"our_amount": 100000, "their_amount": 90000}'
from generate_series(1, 12) i;
"""


def fill(connection: psycopg.Connection) -> None:
    """Put the day into empty tables."""
    connection.execute(_SQL.encode())
