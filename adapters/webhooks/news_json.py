"""What the inbox keeps of a notification, as one JSON text per message, built for a hot route.

One JSON text for a whole group costs the process less than one array per column; the database takes it apart.
"""

from __future__ import annotations

import json
from functools import lru_cache

from mappings.canonical.payment import PaymentNews

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_KEPT_HEADERS = 40
_SECRET_HEADERS = frozenset({b"authorization", b"cookie", b"proxy-authorization"})


def inbox_key(news: PaymentNews) -> str:
    """What makes two notifications the same one: what they say of which transaction."""
    return f"{news.terminal}/{news.reference}/{news.provider_reference or ''}/{news.code}/{news.amount}"


def row_json(
    news: PaymentNews, raw: bytes, headers: tuple[tuple[bytes, bytes], ...], correlation_id: str
) -> str:
    """The row of one message. ``news`` is read back by ``mappings.canonical.codec.from_json``; ``raw`` byte for byte."""
    row = _encode(
        {
            "key": inbox_key(news),
            "raw": raw.decode("latin-1"),  # every byte is one character: turned back with LATIN1
            "correlation": correlation_id,
            "news": {
                "provider": news.provider,
                "terminal": news.terminal,
                "reference": news.reference,
                "amount": news.amount,
                "currency": news.currency,
                "verdict": news.verdict.value,
                "source": news.source,
                "code": news.code,
                "message": news.message,
                "provider_reference": news.provider_reference,
                "bank_reference": news.bank_reference,
                "bank_code": news.bank_code,
                "paid_at": news.paid_at.isoformat() if news.paid_at else None,
            },
        }
    )
    return f'{row[:-1]},"headers":{headers_json(headers)}}}'


@lru_cache(maxsize=512)
def headers_json(headers: tuple[tuple[bytes, bytes], ...]) -> str:
    """Request headers as JSON, without those that carry secrets. Partners send the same ones again and again."""
    kept = [pair for pair in headers if pair[0].lower() not in _SECRET_HEADERS][:_KEPT_HEADERS]
    return _encode(
        {
            name.decode("latin-1").replace("\0", ""): value.decode("latin-1").replace("\0", "")[:500]
            for name, value in kept
        }
    )
