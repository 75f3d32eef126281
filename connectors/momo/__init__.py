"""MoMo, the wallet: payment page, notices, query, refund and the refund's own query (AIO v2)."""
