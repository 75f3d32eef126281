"""The row of a notification is put together by hand: it must be the JSON of the same facts."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from adapters.webhooks.news_json import inbox_key, row_json
from mappings.canonical.codec import from_json, to_json
from mappings.canonical.payment import PaymentNews, PaymentVerdict

TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)
NEWS = st.builds(
    PaymentNews,
    provider=TEXTS,
    terminal=TEXTS,
    reference=TEXTS,
    amount=st.none() | st.integers(-1, 10**15),
    currency=TEXTS,
    verdict=st.sampled_from(PaymentVerdict),
    source=TEXTS,
    code=TEXTS,
    message=TEXTS,
    provider_reference=st.none() | TEXTS,
    bank_reference=st.none() | TEXTS,
    bank_code=st.none() | TEXTS,
    paid_at=st.none() | st.just(datetime(2026, 11, 23, 3, 15, tzinfo=UTC)),
)


@given(NEWS, st.binary(max_size=60), TEXTS)
def test_a_row_says_exactly_what_the_news_say(news: PaymentNews, raw: bytes, correlation: str) -> None:
    """A quote or a control character in a partner's text must not become JSON of its own."""
    row = json.loads(row_json(news, raw, ((b"host", b'x"y'), (b"Cookie", b"s")), correlation))

    assert row == {
        "key": inbox_key(news),
        "raw": raw.decode("latin-1"),
        "correlation": correlation,
        "news": to_json(news),
        "headers": {"host": 'x"y'},
    }
    assert from_json(PaymentNews, row["news"]) == news
