"""Bodies that command something: what two readers could read differently is refused, and no act begins."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import httpx
import psycopg
import pytest

from tests.integration.bad_input.everything import unchanged
from tests.integration.edge.stand_ins import AnyDesk

PAYMENT: dict[str, Any] = {
    "dossier_code": "H21.129-261124-0035",
    "channel": "vnpay",
    "amount": 50_000,
    "payer_address": "10.0.0.1",
}
REFUND: dict[str, Any] = {
    "payment_id": "0000000000000001",
    "amount": 50_000,
    "refundable_amount": 100_000,
    "cause": "refused",
    "reason": "Hồ sơ bị từ chối",
}
DOORS = {"/api/v1/payments": PAYMENT, "/api/v1/refunds": REFUND}

AMOUNTS = {
    "NaN": "NaN",
    "infinite": "Infinity",
    "minus infinite": "-Infinity",
    "negative": "-50000",
    "zero": "0",
    "a fraction": "50000.5",
    "a whole fraction": "50000.0",
    "an exponent": "5e4",
    "a text": '"50000"',
    "a text with underscore": '"50_000"',
    "full-width digits": '"５００００"',
    "true": "true",
    "nothing": "null",
    "a list": "[50000]",
    "beyond the limit": "1000000000000",
    "beyond every number": "9" * 5_000,
}


def body(facts: Mapping[str, Any], **raw: str) -> bytes:
    """JSON of ``facts`` with some values given as they shall stand there."""
    parts = [
        f'"{name}":{raw.get(name, json.dumps(value, ensure_ascii=False))}' for name, value in facts.items()
    ]
    return ("{" + ",".join(parts) + "}").encode()


def send(
    client: httpx.Client, headers: dict[str, str], door: str, content: bytes, **more: str
) -> httpx.Response:
    given = {"idempotency-key": "k", "content-type": "application/json", **headers, **more}
    return client.post(door, content=content, headers=given)


def refused(answer: httpx.Response, desk: AnyDesk, *statuses: int) -> None:
    assert answer.status_code in statuses, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert {"type", "title", "status", "code", "trace_id"} <= answer.json().keys()
    assert desk.acts == []


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("amount", AMOUNTS)
def test_an_amount_is_a_whole_number_of_dong(
    browser: httpx.Client,
    portal: dict[str, str],
    sql: psycopg.Connection,
    desk: AnyDesk,
    door: str,
    amount: str,
):
    """Every reader's own idea of a number is somebody's money (M3, R4)."""
    with unchanged(sql):
        refused(send(browser, portal, door, body(DOORS[door], amount=AMOUNTS[amount])), desk, 400, 422)


BODIES = {
    "nothing": b"",
    "a list": b"[]",
    "a text": b'"x"',
    "not JSON": b"amount=50000",
    "two objects": b"{}{}",
    "nested without end": b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
    "nested in a value": b'{"dossier_code":' + b"[" * 100 + b"]" * 100 + b"}",
    "a key twice": body(PAYMENT)[:-1] + b',"amount":1}',
    "a key twice, escaped": body(PAYMENT)[:-1] + b',"\\u0061mount":1}',
    "a field that nobody knows": body(PAYMENT)[:-1] + b',"approved_by":"x"}',
    "UTF-16": body(PAYMENT).decode().encode("utf-16"),
    "UTF-8 with a mark": b"\xef\xbb\xbf" + body(PAYMENT),
    "Windows-1258": '{"reason":"Hồ sơ"}'.encode("cp1258", "replace") + b"\xf5",
    "TCVN3": b'{"reason":"H\xe5 s\xac"}',
    "a lone surrogate": b'{"dossier_code":"\\ud800"}',
    "a comment": b'{"amount":50000 /* all */}',
    "cut": body(PAYMENT)[:-20],
    "too long": b'{"dossier_code":"' + b"x" * 70_000 + b'"}',
}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("name", BODIES)
def test_a_body_that_is_not_the_agreed_one_begins_nothing(
    browser: httpx.Client,
    portal: dict[str, str],
    sql: psycopg.Connection,
    desk: AnyDesk,
    door: str,
    name: str,
):
    """In bodies that command something an extra field is refused, a doubled one too (R6)."""
    with unchanged(sql):
        refused(send(browser, portal, door, BODIES[name]), desk, 400, 413, 422)


TEXTS = {
    "a NUL": "H21\x00",
    "a quote": "H21' or 1=1--",
    "letters that turn the direction": "H21\u202e.1",
    "invisible letters": "H21\u200b.1",
    "a line": "H21\r\nX-Header: 1",
    "too long": "H" * 65,
    "other script": "Н21.1-1",  # Cyrillic
}


@pytest.mark.parametrize("name", TEXTS)
def test_a_code_is_made_of_the_letters_of_codes(
    browser: httpx.Client, portal: dict[str, str], sql: psycopg.Connection, desk: AnyDesk, name: str
):
    """What looks like a code and is none goes no further than the door."""
    with unchanged(sql):
        content = json.dumps(PAYMENT | {"dossier_code": TEXTS[name]}).encode()
        refused(send(browser, portal, "/api/v1/payments", content), desk, 422)
        content = json.dumps(REFUND | {"payment_id": TEXTS[name]}).encode()
        refused(send(browser, portal, "/api/v1/refunds", content), desk, 422)


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/payments/%00",
        "/api/v1/refunds/..%2f..%2fx",
        "/api/v1/dossiers/a%00b",
        "/hoso/%00",
        "/api/v1/dossiers/" + "x" * 3000,
    ],
)
def test_a_strange_address_is_unknown(browser: httpx.Client, portal: dict[str, str], path: str):
    """Not found, like everything that is not there; never an error of ours."""
    assert browser.get(path, headers=portal).status_code in (404, 414)


def test_a_refusal_repeats_nothing_of_what_was_sent(
    browser: httpx.Client, portal: dict[str, str], desk: AnyDesk
):
    """An error body is read by many; the person in it is not theirs to read (S4)."""
    person = "Nguyễn Thị Bích Hằng 079185012345"
    answer = send(
        browser,
        portal,
        "/api/v1/payments",
        json.dumps(PAYMENT | {"payer_address": person * 3, "x": person}).encode(),
    )

    assert answer.status_code == 422
    assert "079185012345" not in answer.text
    assert "Hằng" not in answer.text
