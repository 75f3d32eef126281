"""The gateway's notifications: stored before they are answered, answered in the gateway's own words."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import httpx
import psycopg
import pytest

from adapters.ports import Edge
from adapters.webhooks.vnpay import MOST_QUERY_BYTES
from tests.integration.edge.at_once import finished
from tests.integration.edge.serving import visiting
from tests.integration.edge.stand_ins import TERMINAL, ipn_query

ORDER = "ORDER00000000001"


@pytest.fixture(autouse=True)
def an_order(sql: psycopg.Connection) -> None:
    sql.execute("truncate inbox, forged")
    sql.execute("delete from payment_attempt")
    sql.execute(
        """insert into payment_attempt (reference, channel, provider, terminal, amount, state, created_at)
           values (%s, 'vnpay', 'vnpay', %s, 100000, 'SENT', now())""",
        (ORDER, TERMINAL),
    )


def tell(client: httpx.Client, query: str) -> str:
    answer = client.get(f"/webhooks/vnpay/ipn?{query}")
    assert answer.status_code == 200
    return answer.json()["RspCode"]


def stored(sql: psycopg.Connection) -> int:
    return sql.execute("select count(*) from inbox where verdict = 'verified'").fetchone()[0]


def test_good_news_is_stored_with_its_raw_text_and_taken_over(browser, sql, desk):
    """Answering 00 promises that the message is with us for ever."""
    query = ipn_query(ORDER)
    assert tell(browser, query) == "00"
    row = sql.execute("select source, raw, headers, news, processed_at from inbox").fetchone()
    assert row[0] == "vnpay"
    assert bytes(row[1]).decode() == query
    assert row[2]["host"].startswith("127.0.0.1")
    assert row[3]["reference"] == ORDER
    assert row[3]["amount"] == 100_000
    assert row[4] is None


def test_a_failed_payment_is_news_like_any_other(browser, sql):
    """99 for a failure would only make the gateway repeat it."""
    assert tell(browser, ipn_query(ORDER, code="24")) == "00"
    assert stored(sql) == 1


def test_fifty_repeats_are_one_row_and_the_same_answer(browser, sql):
    """The gateway calls up to ten times; every call must be harmless."""
    query = ipn_query(ORDER)
    assert {tell(browser, query) for _ in range(50)} == {"00"}
    assert stored(sql) == 1


def test_a_paid_order_is_already_confirmed(browser, sql):
    """02 ends the gateway's repeats."""
    sql.execute("update payment_attempt set state = 'PAID', paid_amount = amount")
    assert tell(browser, ipn_query(ORDER)) == "02"


def test_money_for_an_order_that_nobody_knows_is_kept(browser, sql):
    """Signed news of money is never dropped (M9): the order may still be on its way to us."""
    assert tell(browser, ipn_query("UNKNOWN000000001")) == "01"
    assert stored(sql) == 1


def test_another_amount_is_answered_04_and_kept(browser, sql):
    """A person must see it; the gateway must not believe that all is well."""
    assert tell(browser, ipn_query(ORDER, amount=99_999)) == "04"
    assert stored(sql) == 1


def test_a_terminal_that_is_not_the_orders_is_not_that_order(browser, sql):
    """The same reference at another terminal is somebody else's money."""
    sql.execute("update payment_attempt set terminal = 'OTHERTMN'")
    assert tell(browser, ipn_query(ORDER)) == "01"


@pytest.mark.parametrize("change", ["vnp_Amount=1", "vnp_TxnRef=X", ""])
def test_what_is_forged_changes_nothing(browser, sql, change):
    """A wrong signature gets 97; a sample is kept for a person."""
    forged = ipn_query(ORDER).replace("vnp_Amount=10000000", change) if change else ""
    assert tell(browser, forged) == "97"
    assert stored(sql) == 0


def test_a_flood_of_forgeries_keeps_a_bounded_sample(browser, sql):
    """Forging costs us counters, not disk."""
    for _ in range(100):
        assert tell(browser, "vnp_TxnRef=X&vnp_SecureHash=00") == "97"
    assert sql.execute("select count(*) from forged").fetchone()[0] <= 20


def test_an_endless_query_is_not_even_looked_at(browser, sql):
    """Limits stand before cryptography."""
    assert tell(browser, ipn_query(ORDER) + "&x=" + "y" * MOST_QUERY_BYTES) == "97"


def test_without_the_database_the_answer_is_99_and_never_00(edge: Edge):
    """Without a commit there is no promise; the gateway repeats."""
    away = replace(edge, dsn="host=127.0.0.1 port=1 user=nobody dbname=nothing")
    with visiting(away) as client:
        assert tell(client, ipn_query(ORDER)) == "99"


def tell_at_once(client: httpx.Client, queries: list[str]) -> list[str]:
    """The answers of notifications that arrive together."""

    async def all_of_them() -> list[str]:
        async with httpx.AsyncClient(base_url=client.base_url, timeout=20) as many:
            answers = await asyncio.gather(*(many.get(f"/webhooks/vnpay/ipn?{query}") for query in queries))
            return [answer.json()["RspCode"] for answer in answers]

    return finished(all_of_them())


def test_a_text_that_the_database_cannot_hold_does_not_refuse_its_neighbours(browser, sql):
    """One poisoned row in a shared commit must not make twenty others wait."""
    queries = [ipn_query(ORDER, transaction=str(number)) for number in range(20)]
    queries.insert(7, ipn_query("A\0B"))
    codes = tell_at_once(browser, queries)
    assert codes.pop(7) == "99"
    assert set(codes) == {"00"}
    assert stored(sql) == 20


def test_notifications_that_share_a_commit_each_get_their_own_answer(browser, sql):
    """Grouping must not mix answers up."""
    sql.execute(
        """insert into payment_attempt (reference, channel, provider, terminal, amount, state, created_at)
           select 'R' || lpad(i::text, 15, '0'), 'vnpay', 'vnpay', %s, 100000 + i, 'SENT', now()
           from generate_series(0, 99) i""",
        (TERMINAL,),
    )
    amounts = [100_000 + (number if number % 2 else 0) for number in range(100)]
    codes = tell_at_once(
        browser, [ipn_query(f"R{number:015d}", amount=amounts[number]) for number in range(100)]
    )
    assert codes[0] == "00"
    assert codes[1::2] == ["00"] * 50
    assert codes[2::2] == ["04"] * 49
    assert stored(sql) == 100


def test_workers_are_woken_after_the_commit(browser, desk):
    """A message that nobody hears of would wait for the sweep."""
    desk.woken.clear()
    tell(browser, ipn_query(ORDER))
    for _ in range(100):
        if "payments" in desk.woken:
            break
        browser.get("/livez")
    assert "payments" in desk.woken


def test_the_return_address_shows_and_changes_nothing(browser, sql):
    """Only the notification changes state: the payer's browser can be made to say anything."""
    page = browser.get(f"/webhooks/vnpay/return?{ipn_query(ORDER)}", headers={"accept-language": "vi"})
    assert page.status_code == 200
    assert ORDER in page.text
    assert "thành công" in page.text
    assert stored(sql) == 0
    english = browser.get(f"/webhooks/vnpay/return?{ipn_query(ORDER)}", headers={"accept-language": "en"})
    assert "successful payment" in english.text
    forged = browser.get(f"/webhooks/vnpay/return?vnp_TxnRef={ORDER}&vnp_ResponseCode=00")
    assert ORDER not in forged.text


def test_the_platforms_callback_is_stored_and_answered_in_its_form(browser, sql):
    """Its answer has one word for taken over and one for everything else."""
    good = browser.post(
        "/webhooks/payment-platform/confirm", json={"reference": ORDER, "amount": 100_000, "hash": "good"}
    )
    assert good.json()["MaLoi"] == "00"
    assert sql.execute("select source from inbox").fetchone()[0] == "payment_platform"
    bad = browser.post("/webhooks/payment-platform/confirm", json={"reference": ORDER, "hash": "no"})
    assert bad.json()["MaLoi"] == "99"
    long = browser.post("/webhooks/payment-platform/confirm", content=b"x" * 70_000)
    assert long.json()["MaLoi"] == "99"
    assert stored(sql) == 1


def test_no_secret_header_is_kept(browser, sql):
    """The raw message is evidence; credentials that came with it are not."""
    browser.get(f"/webhooks/vnpay/ipn?{ipn_query(ORDER)}", headers={"cookie": "a=b", "authorization": "x"})
    headers = sql.execute("select headers from inbox").fetchone()[0]
    assert not {"cookie", "authorization"} & headers.keys()
