"""What the money writes into time lines and onto desks has a word on the screens."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from adapters.dashboard.words import knows
from mappings.canonical.dossier import DossierState

ROOT = Path(__file__).parents[3]
ROOMS = ("payments", "fees", "intake", "ledger")
_EVENT = re.compile(r"^(payment|fee|dossier)\.[a-z-]+$")
_CASE = re.compile(r"^(payment|dossier|message|opening)_[a-z_]+$")


def constants() -> set[str]:
    found = set()
    for room in ROOMS:
        for path in (ROOT / "jobs" / room).glob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    found.add(node.value)
    return found


def test_every_event_of_the_money_has_a_word():
    """A time line of code words is read by nobody."""
    events = {text for text in constants() if _EVENT.match(text)}
    assert "payment.paid" in events
    assert [text for text in sorted(events) if not knows(f"event.{text}")] == []


@pytest.mark.parametrize("state", list(DossierState))
def test_every_state_of_a_dossier_has_a_word(state):
    """In the list and in the time line."""
    assert knows(f"dossier_state.{state.value}")
    assert knows(f"event.dossier.{state.value}")


def test_every_kind_of_case_has_a_word():
    """What lies on a person's desk says what it is."""
    from jobs.intake import feed
    from jobs.ledger import opening
    from jobs.payments import digest, handlers, news, service
    from jobs.reconciliation.breaks import BreakKind

    kinds = [news.SUSPECT, news.MISMATCH, news.STRANGER, news.CONTRARY, service.STUCK, handlers.NOT_ASKABLE,
             digest.SET_ASIDE, opening.OPENING_REFUND, feed.UNKNOWN_STATUS, feed.UNREADABLE]  # fmt: skip
    assert all(_CASE.match(kind) for kind in kinds)
    assert [kind for kind in (*kinds, *BreakKind) if not knows(f"break.{kind}")] == []
