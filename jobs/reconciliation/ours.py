"""Our own side of the comparison out of the money tables: payment attempts and refunds as lines of the rule table."""

from __future__ import annotations

from jobs.payments.gateways import GATEWAYS
from jobs.reconciliation.ports import OursSource
from jobs.reconciliation.rules import Route

_ON_STATEMENT = [each.provider for each in GATEWAYS.values() if each.on_statement]
_WITHOUT_FILE = [each.provider for each in GATEWAYS.values() if not (each.files or each.on_statement)]
# Names of ours, never a value from outside.
_ROUTES = " ".join(
    f"when a.provider = '{provider}' then {int(route)}"
    for route, providers in ((Route.BANK, _ON_STATEMENT), (Route.ELSEWHERE, _WITHOUT_FILE))
    for provider in providers
)
_DAY = "(coalesce(a.paid_at, a.created_at) at time zone 'Asia/Ho_Chi_Minh')"
_PAYMENTS = f"""
    select 1 as side, a.id as line, 1 as kind, a.reference, coalesce(a.provider_reference, '') as provider_reference,
        a.amount, null::bigint as fee,
        case a.state when 'PAID' then 1 when 'FAILED' then 2 else 3 end as status,
        {_DAY} as local_at, 1 as vnd, 0 as returned,
        case {_ROUTES} else 0 end as route
    from payment_attempt a"""
_REFUNDS = """
    select 1 as side, r.id as line, 2 as kind, r.reference, '' as provider_reference, r.amount, null::bigint as fee,
        case when r.state = 'SETTLED' then 1
             when r.state in ('DECLINED', 'WITHDRAWN', 'RELEASED', 'NOT_SENT', 'REJECTED', 'RETURNED_BY_BANK') then 2
             else 3 end as status,
        (coalesce(r.sent_at, r.requested_at) at time zone 'Asia/Ho_Chi_Minh') as local_at, 1 as vnd, 0 as returned,
        case r.route when 'transfer' then 2 when 'treasury' then 3 else 0 end as route
    from refund r"""

MONEY_TABLES = OursSource(
    by_reference=f"""({_PAYMENTS} where a.reference = any(%(references)s)
        union {_PAYMENTS} where a.provider_reference = any(%(provider_references)s)
        union all {_REFUNDS} where r.reference = any(%(references)s))""",
    by_session=f"""({_PAYMENTS} where a.state = 'PAID' and a.paid_at >= %(from)s and a.paid_at < %(until)s
        union all {_REFUNDS} where r.state in ('SENDING', 'ACCEPTED', 'SENT_TO_BANK', 'UNKNOWN', 'SETTLED')
            and r.sent_at >= %(from)s and r.sent_at < %(until)s)""",
)
"""Columns of the money tables as the house agreed on them; a local day is that of Việt Nam."""
