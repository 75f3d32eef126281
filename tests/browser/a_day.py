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
insert into payment_attempt (reference, channel, provider, terminal, amount, paid_amount, state, created_at, paid_at)
select lpad((id - 1)::text, 15, '0') || 'K', 'vnpay', 'vnpay', 'T', 100000, 100000, 'PAID', now() - id * interval '7 min',
       now() - id * interval '6 min' from fee;
insert into allocation (attempt_id, fee_line_id, amount) select id, id, 100000 from fee_line;
-- Refunds as they would stand after their steps.
set session_replication_role = replica;
insert into refund (reference, attempt_id, amount, reason, cause, route, state, requested_by, requested_at, approved_by,
                    approved_at, terms_hash, sent_at, settled_at, next_look_up_at)
select lpad((a.id - 1)::text, 15, '0') || 'R', a.id, 100000, 'Hồ sơ không đủ điều kiện', 'refused', 'gateway', s.state,
       'person:ketoan', now(), case when s.state <> 'REQUESTED' then 'person:duyet' end,
       case when s.state <> 'REQUESTED' then now() end, case when s.state <> 'REQUESTED' then 'hash' end,
       case when s.state <> 'REQUESTED' then now() end, case when s.state = 'SETTLED' then now() end,
       case when s.state = 'UNKNOWN' then now() end
from payment_attempt a cross join lateral (select (array['REQUESTED', 'REQUESTED', 'UNKNOWN', 'ACCEPTED',
    'SETTLED'])[1 + ((a.id - 1) % 5)::int] as state) s where a.id <= 60;
set session_replication_role = origin;
insert into effect (key, system, operation, lane, head, dossier_code, reference, correlation_id, payload, state, code,
                    attempt, due_at, created_at, updated_at, reason, finished_at)
select 'e' || i, (array['igate', 'vnpay'])[1 + i % 2], (array['confirm_fee', 'refund'])[1 + i % 2],
       'L' || i % 9, false, 'H21.129-261124-' || lpad((1 + i % 120)::text, 4, '0'), '', '', '{}',
       (array['unknown', 'parked', 'planned', 'refused', 'done', 'done', 'done', 'done'])[1 + i % 8],
       (array['OutcomeUnknown', 'budget', 'Unavailable', '95', '', '', '', ''])[1 + i % 8], 1, now(),
       now() - i * interval '3 min', now(), case when i % 8 = 1 then 'budget' else '' end,
       case when i % 8 > 2 then now() end from generate_series(1, 200) i;
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
