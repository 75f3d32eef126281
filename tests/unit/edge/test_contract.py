"""The OpenAPI document kept in the tree: a change that breaks a client fails here."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest

from adapters.api.breaking import breaking_changes
from adapters.api.routes import ENDPOINTS, contract

KEPT = Path(__file__).parents[3] / "docs" / "openapi.json"


def test_the_kept_contract_is_the_present_one():
    """Readers of the repository and of the server see the same; ``make openapi`` writes it anew."""
    assert json.loads(KEPT.read_text(encoding="utf-8")) == json.loads(json.dumps(contract()))


def test_nothing_in_the_kept_contract_is_broken():
    """Additions are free, everything else needs a new version."""
    assert breaking_changes(json.loads(KEPT.read_text(encoding="utf-8")), contract()) == []


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda doc: doc["paths"].pop("/api/v1/refunds/{id}"), "is gone"),
        (
            lambda doc: doc["components"]["schemas"]["Refund"]["properties"].pop("state"),
            "field state is gone",
        ),
        (
            lambda doc: doc["components"]["schemas"]["Payment"]["properties"].update(
                amount={"type": "string"}
            ),
            "field amount has another type",
        ),
        (
            lambda doc: doc["components"]["schemas"]["ProposeRefund"]["required"].append("extra"),
            "field extra became required",
        ),
        (
            lambda doc: doc["components"]["schemas"]["ProposeRefund"]["properties"]["cause"]["enum"].remove(
                "other"
            ),
            "no longer accepts other",
        ),
        (
            lambda doc: doc["paths"]["/api/v1/refunds/{id}"]["get"]["parameters"].append(
                {"name": "X-New", "in": "header", "required": True}
            ),
            "asks for a new parameter X-New",
        ),
    ],
)
def test_each_kind_of_break_is_noticed(damage, sentence):
    """A judge that never says no is no judge."""
    after = copy.deepcopy(contract())
    damage(after)
    assert any(sentence in found for found in breaking_changes(contract(), after))


def test_operations_are_named_once():
    """Generated clients make functions of these names."""
    names = [row.name for row in ENDPOINTS]
    assert len(names) == len(set(names))
