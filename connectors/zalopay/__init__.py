"""ZaloPay, the wallet: order page, callback, query, refund and the refund's own query (API v2)."""
