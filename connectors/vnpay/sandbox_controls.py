"""Small things that the sandbox's controls share."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from connectors.kit.sandbox import SandboxAnswer, SandboxRequest


class Refusal(Exception):
    """The page or a control refuses."""


def moment(facts: dict[str, Any]) -> datetime | None:
    return datetime.fromisoformat(facts["at"]) if facts.get("at") else None


def control(request: SandboxRequest, act: Callable[[dict[str, Any]], SandboxAnswer]) -> SandboxAnswer:
    try:
        return act(json.loads(request.body or b"{}"))
    except (Refusal, KeyError, ValueError) as exc:
        return answer_json({"error": str(exc) or type(exc).__name__}, 422)


def answer_json(data: object, status: int = 200) -> SandboxAnswer:
    return SandboxAnswer(status, {"Content-Type": "application/json"}, json.dumps(data).encode())
