"""Server time of the dashboard's pages with 1,000,000 effects and 200,000 dossiers stored. Bar: p95 under 100 ms each."""

from __future__ import annotations

import json
import statistics
import sys
import time
from pathlib import Path

import httpx
import psycopg

from adapters.app import create_app
from adapters.ports import Edge
from connectors.kit.seams import MachineClock, RandomIds
from jobs.access.demo import PASSWORD, add_demo_people
from jobs.access.service import Access
from jobs.store.postgres.store import PgStore
from tests.integration.edge.serving import served
from tests.integration.edge.stand_ins import AnyDesk, vnpay_door
from tests.support.database import databases

DOSSIERS, EFFECTS, VISITS, BAR_MS = 200_000, 1_000_000, 40, 100
OUT = Path(__file__).parents[2] / "var" / "bench" / "pages.json"
PAGES = (
    "/",
    "/dossiers",
    "/dossiers?q=nguyen+van",
    "/dossiers?q=H21.129-261124-1234",
    "/dossiers?q=khong+co+ai",
    "/dossiers/H21.129-261124-123456",
    "/refunds",
    "/refunds?queue=settled",
    "/refunds/000000000000010R",
    "/reconciliation",
    "/effects",
    "/effects?state=parked",
    "/effects?system=igate&operation=confirm_fee",
    "/effects?system=vnpay&state=unknown",
    "/effects/2000",
)
_FILL = f"""
insert into dossier (code, state, agency, procedure, applicant_name, folded, updated_at)
select 'H21.129-261124-' || lpad(i::text, 6, '0'), 'open', 'H21.129', '1.1', 'Nguyễn Văn ' || i,
       'h21.129-261124-' || lpad(i::text, 6, '0') || ' ' || (array['nguyen van', 'tran thi', 'le hoang'])[1 + i % 3]
       || ' ' || md5(i::text), now() - i * interval '7 s' from generate_series(1, {DOSSIERS}) i;
insert into fee (dossier_code, version, state) select code, 1, 'paid' from dossier order by code;
insert into fee_line (fee_id, kind, amount, name) select id, 'lệ phí', 100000, 'Lệ phí' from fee;
insert into payment_attempt (reference, channel, provider, terminal, amount, paid_amount, state, created_at, paid_at)
select lpad(id::text, 15, '0') || 'K', 'vnpay', 'vnpay', 'T', 100000, 100000, 'PAID', now(), now() from fee;
insert into allocation (attempt_id, fee_line_id, amount) select id, id, 100000 from fee_line;
-- The rows as they would be after their steps; the steps themselves are not what is measured.
set session_replication_role = replica;
insert into refund (reference, attempt_id, amount, reason, cause, route, state, requested_by, requested_at, approved_by,
                    approved_at, terms_hash, sent_at, settled_at, next_look_up_at)
select lpad(a.id::text, 15, '0') || 'R', a.id, 100000, 'r', 'refused', 'gateway', s.state, 'person:ketoan', now(),
       'person:duyet', now(), 'hash', now(), case when s.state = 'SETTLED' then now() end, now()
from payment_attempt a cross join lateral (select (array['REQUESTED', 'UNKNOWN', 'ACCEPTED', 'SETTLED', 'SETTLED', 'SETTLED',
    'SETTLED'])[1 + (a.id / 10 % 7)::int] as state) s where a.id % 10 = 0;
set session_replication_role = origin;
insert into effect (key, system, operation, lane, head, dossier_code, reference, correlation_id, payload, state, code,
                    attempt, due_at, created_at, updated_at, reason, finished_at)
select 'e' || i, (array['igate', 'vnpay'])[1 + i % 2], (array['confirm_fee', 'refund'])[1 + i % 2], 'L' || i % 500, false,
       'H21.129-261124-' || lpad((1 + i % {DOSSIERS})::text, 6, '0'), '', '', '{{}}',
       case when i % 2000 = 0 then 'parked' when i % 1500 = 1 then 'unknown' when i % 100 = 2 then 'planned' else 'done' end,
       case when i % 2000 = 0 then 'budget' when i % 1500 = 1 then 'OutcomeUnknown' else '' end, 1, now(), now(), now(),
       case when i % 2000 = 0 then 'budget' else '' end,
       case when i % 2000 <> 0 and i % 1500 <> 1 and i % 100 <> 2 then now() end
from generate_series(1, {EFFECTS}) i;
insert into event (at, dossier_code, subject, kind, actor, facts)
select now(), code, 'dossier:' || code, 'dossier-seen', 'system', '{{}}' from dossier, generate_series(1, 3);
analyze;
"""


def main() -> None:
    report: dict[str, dict[str, float]] = {}
    with databases() as made:
        dsn = made.create()
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute(_FILL.encode())
        store, desk = PgStore(dsn, MachineClock(), size=6), AnyDesk()
        access = Access(store)
        add_demo_people(access, sandbox=True)
        edge = Edge(
            dsn=dsn,
            store=store,
            clock=MachineClock(),
            ids=RandomIds(),
            access=access,
            wake=lambda _: None,
            vnpay=vnpay_door(),
            reconciliation=desk,
            sandbox=True,
        )
        with served(create_app(edge)) as address, httpx.Client(base_url=address, timeout=60) as client:
            client.headers["sec-fetch-site"] = "same-origin"
            client.post("/sign-in", data={"login": "ketoan", "password": PASSWORD})
            for path in PAGES:
                client.get(path)
                report[path] = timed(client, path)
        store.close()
    worst = max(row["p95_ms"] for row in report.values())
    for path, row in report.items():
        sys.stdout.write(f"{row['median_ms']:7.1f} {row['p95_ms']:7.1f} ms  {path}\n")
    sys.stdout.write(f"worst p95 {worst:.1f} ms (bar {BAR_MS})\n")
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(report, indent=1))
    if worst > BAR_MS:
        raise SystemExit(1)


def timed(client: httpx.Client, path: str) -> dict[str, float]:
    """Milliseconds from request to answer of a page, loopback included."""
    spans = []
    for _ in range(VISITS):
        begun = time.perf_counter()
        status = client.get(path).status_code
        spans.append((time.perf_counter() - begun) * 1000)
        if status not in (200, 303):
            raise SystemExit(f"{path}: {status}")
    spans.sort()
    return {"median_ms": statistics.median(spans), "p95_ms": spans[int(len(spans) * 0.95) - 1]}


if __name__ == "__main__":
    main()
