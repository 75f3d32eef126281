"""An installation with two accounts, for all tests of this folder."""

from __future__ import annotations

from typing import Any

from connectors.kit.seams import check_character
from connectors.vietqr.client import Client
from connectors.vietqr.settings import Settings


def reference(body: str) -> str:
    """A reference of ours from its first fifteen characters."""
    assert len(body) == 15
    return body + check_character(body)


OURS = reference("H7K2M9Q4T1W8Z3B")


def settings(**more: Any) -> Settings:
    facts: dict[str, Any] = {
        "accounts": {
            "STNMT": {"bin": "970436", "number": "0011001234567"},
            "STP": {"bin": "970415", "number": "110000001111"},
        },
        "terminal": "STNMT",
        "page_url": "https://motcua.example/thanh-toan/vietqr",
    }
    return Settings(**(facts | more))


def client(**more: Any) -> Client:
    return Client(settings(**more))
