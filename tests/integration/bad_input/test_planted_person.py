"""A person who does not exist goes through every door and is looked for everywhere she must not be (S4)."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

import httpx
import psycopg
import pytest
import structlog

from config.logging import set_up
from config.settings import Logging
from tests.integration.bad_input.everything import picture
from tests.integration.bad_input.messages import AMOUNT, ORDER, TERMINAL, confirm, ipn
from tests.integration.bad_input.test_api_bodies import PAYMENT, REFUND
from tests.integration.bad_input.test_files import upload
from tests.support.session_files import bank, settlement

NAME, PLAIN = "Trịnh Thị Cẩm Quỳnh", "TRINH THI CAM QUYNH"
NUMBER, PHONE, ACCOUNT = "079185012347", "0912345678", "19031234567015"
HOLDS_HER = {"inbox", "forged", "statement_file", "statement_line", "settlement_file", "settlement_line"}
"""What reached us is kept as it came; these tables are evidence, read by few. Everything else, wake-ups too, is not."""
TRACES = (NAME, PLAIN, "Cẩm Quỳnh", NUMBER, PHONE, ACCOUNT, quote(NAME), quote_plus(NAME))


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that this process logs, in its production form."""
    before, root = structlog.get_config(), logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    set_up(Logging(form="json", level="debug"), process="test", stream=stream)
    yield stream
    root.handlers[:], root.level = handlers, level
    structlog.configure(**before)


def everything_about_her(client: httpx.Client, headers: dict[str, str]) -> list[httpx.Response]:
    """Her data through every door, right and wrong."""
    words = f"{PLAIN} {NUMBER} {PHONE} chuyen tien"
    statement = bank([{"amount": 50_000, "text": words, "end_to_end": ACCOUNT}], opening=0)
    answers = [
        upload(client, headers, statement, "bank-generic-csv"),
        upload(client, headers, statement.replace(b",50000,", b",NaN,"), "bank-generic-csv"),
        upload(client, headers, statement.replace(b"23/11/2026", f"{NAME} {NUMBER}".encode()), "bank-generic-csv"),
        upload(client, headers, settlement([{"reference": NUMBER, "amount": 0}]), "vnpay-session"),
        upload(client, headers, f"<a>{NAME}{NUMBER}".encode(), ""),
        client.post(
            "/api/v1/statements", params={"name": f"{PLAIN}_{NUMBER}.csv", "profile": "x"}, content=b"x",
            headers={**headers, "idempotency-key": "p"},
        ),
    ]  # fmt: skip
    for door, facts in (("/api/v1/payments", PAYMENT), ("/api/v1/refunds", REFUND)):
        for number, changed in enumerate(
            [{"reason": f"{NAME} {NUMBER}"}, {NAME: NUMBER}, {"payer_address": NUMBER * 5}, {"amount": PHONE}]
        ):
            answers.append(
                client.post(
                    door, content=json.dumps(facts | changed),
                    headers={**headers, "idempotency-key": f"{door}{number}", "content-type": "application/json"},
                )
            )  # fmt: skip
    for query in (
        ipn(vnp_OrderInfo=f"{PLAIN} {NUMBER} {PHONE}"),
        ipn(vnp_OrderInfo=NAME, vnp_TransactionNo="2").replace("Amount=1", "Amount=2"),
        ipn(vnp_OrderInfo=NAME, vnp_Amount="x"),
        ipn(vnp_TxnRef=NUMBER),
        f"{quote(NAME)}={NUMBER}",
    ):
        answers += [
            client.get(f"/webhooks/vnpay/{door}?{query}", headers={"x-person": NUMBER})
            for door in ("ipn", "return")
        ]
    for body in (
        confirm(ThongTinGiaoDich=f"{NAME} {NUMBER}"), confirm(ThongTinGiaoDich=NAME, SoTien="x"),
        confirm(ThongTinGiaoDich=NAME, secret="wrong wrong"), NAME.encode(), json.dumps({NAME: PHONE}).encode(),
    ):  # fmt: skip
        answers.append(client.post("/webhooks/payment-platform/confirm", content=body))
    for path in (
        f"/api/v1/dossiers/{quote(NAME)}",
        f"/api/v1/payments/{NUMBER}",
        f"/api/v1/refunds/{ACCOUNT}",
        f"/{NUMBER}/{quote(NAME)}",
    ):
        answers.append(client.get(path, headers={**headers, "user-agent": f"{PLAIN} {PHONE}"}))
    answers.append(
        client.post("/sign-in", data={"login": NUMBER, "password": NAME, "next": f"/{quote(NAME)}"})
    )
    answers.append(
        client.get("/readyz", headers={"cookie": f"session={NUMBER}", "authorization": f"Bearer {NUMBER}"})
    )
    return answers


def found(text: str) -> list[str]:
    return [trace for trace in TRACES if trace in text]


def test_she_is_in_no_log_metric_error_body_or_broker_message(
    browser: httpx.Client, portal: dict[str, str], sql: psycopg.Connection, log: io.StringIO
):
    """What a developer, an operator or a partner reads is not where a citizen's data belongs."""
    sql.execute(
        """insert into payment_attempt (reference, channel, provider, terminal, amount, state, created_at)
           values (%s, 'vnpay', 'vnpay', %s, %s, 'SENT', now())""",
        (ORDER, TERMINAL, AMOUNT),
    )
    answers = everything_about_her(browser, portal)

    written = log.getvalue()
    assert written.count("\n") >= 3, "nothing was logged: this proves nothing"
    assert found(written) == [], next(line for line in written.splitlines() if found(line))
    assert found(browser.get("/metrics").text) == []
    for answer in answers:
        assert answer.status_code < 500, answer.request.url
        if answer.status_code >= 400:
            assert found(answer.text) == [], (
                f"{answer.request.method} {answer.request.url}: {answer.text[:500]}"
            )
        assert found(str(dict(answer.headers))) == []
    for table in sorted(picture(sql).keys() - HOLDS_HER):
        for row in sql.execute(f'select t::text from "{table}" t').fetchall():
            assert found(row[0]) == [], f"{table}: {row[0][:300]}"


def test_the_search_itself_finds_her(log: io.StringIO):
    """A net with holes catches nothing either."""
    structlog.get_logger().warning("x", words=f"hồ sơ của {NAME}")

    assert found(log.getvalue()) == [NAME, "Cẩm Quỳnh"]
