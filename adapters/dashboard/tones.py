"""The tone of a state: which colour and icon stand beside its word. Waiting is calm, unknown is not failed."""

from __future__ import annotations

_TONES: dict[str, dict[str, str]] = {
    "good": {
        "refund_state": "SETTLED",
        "attempt_state": "PAID",
        "effect_state": "done",
        "case_state": "closed explained",
        "fee_state": "paid exempt",
        "light": "open",
        "verdict": "VALID",
    },
    "ask": {
        "refund_state": "UNKNOWN",
        "attempt_state": "UNKNOWN SUSPECT",
        "effect_state": "unknown",
        "verdict": "INDETERMINATE",
    },
    "care": {
        "refund_state": "REQUESTED RETURNED_BY_BANK NOT_SENT",
        "attempt_state": "REVERSED",
        "effect_state": "parked",
        "case_state": "open proposed",
        "fee_state": "overpaid",
        "light": "slow broken",
    },
    "bad": {"refund_state": "REJECTED", "effect_state": "refused", "verdict": "INVALID MALFORMED"},
    "calm": {
        "refund_state": "DECLINED WITHDRAWN RELEASED",
        "attempt_state": "FAILED EXPIRED",
        "effect_state": "cancelled",
        "fee_state": "cancelled replaced",
        "light": "maintenance quiet",
    },
}
_BY_STATE = {
    (kind, state): name
    for name, kinds in _TONES.items()
    for kind, states in kinds.items()
    for state in states.split()
}


def tone(kind: str, state: str) -> str:
    """``good``, ``ask``, ``care``, ``bad``, ``calm``; everything on its way is ``wait``."""
    return _BY_STATE.get((kind, state), "wait")
