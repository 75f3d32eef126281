"""Notices of MoMo and ZaloPay at our doors: stored once before they are answered, answered as each of them expects."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

import httpx
import psycopg
import pytest

from adapters.ports import Edge
from adapters.webhooks.gateway_doors import notice_doors
from connectors.momo import notifications as momo
from connectors.zalopay import notifications as zalopay
from tests.contract.momo import worlds as momo_world
from tests.contract.momo.test_notices import notice
from tests.contract.zalopay import worlds as zalopay_world
from tests.contract.zalopay.test_notices import callback
from tests.integration.edge.at_once import finished
from tests.integration.edge.serving import visiting

AMOUNT = 150_000


@dataclass(frozen=True)
class Side:
    """One gateway: its door, how its message is made, and what each answer looks like."""

    name: str
    path: str
    terminal: str
    message: Callable[..., bytes]
    order: str
    other_amount: dict[str, int]
    forged: bytes
    taken: tuple[int, int | None]
    known: tuple[int, int | None]
    refused: tuple[int, int | None]
    away: tuple[int, int | None]


ORDER = momo_world.PAYMENT
SIDES = [
    Side(
        "momo", "/webhooks/momo/ipn", momo_world.PARTNER, notice, "orderId", {"amount": AMOUNT - 1},
        notice(secret="somebody else's secret"), (204, None), (204, None), (403, None), (503, None),
    ),
    Side(
        "zalopay", "/webhooks/zalopay/callback", zalopay_world.APP, callback, "app_trans_id", {"amount": AMOUNT - 1},
        callback(key="somebody else's key"), (200, 1), (200, 2), (200, 0), (200, 0),
    ),
]  # fmt: skip


@pytest.fixture(scope="module")
def edge(edge: Edge) -> Edge:
    verifiers = {
        "momo": partial(momo.verified, settings=momo_world.settings()),
        "zalopay": partial(zalopay.verified, settings=zalopay_world.settings()),
    }
    return replace(edge, notices=notice_doors(verifiers))


@pytest.fixture(params=SIDES, ids=lambda side: side.name)
def side(request, sql: psycopg.Connection) -> Side:
    side: Side = request.param
    sql.execute("truncate inbox, forged")
    sql.execute("delete from payment_attempt")
    sql.execute(
        """insert into payment_attempt (reference, channel, provider, terminal, amount, state, created_at)
           values (%s, %s, %s, %s, %s, 'SENT', now())""",
        (ORDER, side.name, side.name, side.terminal, AMOUNT),
    )
    return side


@pytest.fixture
def browser(edge: Edge) -> Iterator[httpx.Client]:
    with visiting(edge) as client:
        yield client


def answer_of(answer: httpx.Response) -> tuple[int, int | None]:
    return answer.status_code, answer.json()["return_code"] if answer.content else None


def tell(client: httpx.Client, side: Side, body: bytes) -> tuple[int, int | None]:
    return answer_of(client.post(side.path, content=body))


def stored(sql: psycopg.Connection, side: Side) -> int:
    return sql.execute("select count(*) from inbox where source = %s", (side.name,)).fetchone()[0]


def test_good_news_is_stored_as_it_came_and_taken_over(browser, sql, desk, side):
    """The answer promises that the message is with us for ever."""
    body = side.message()
    desk.woken.clear()
    assert tell(browser, side, body) == side.taken
    raw, news, verdict, processed = sql.execute(
        "select raw, news, verdict, processed_at from inbox"
    ).fetchone()
    assert bytes(raw) == body
    assert (news["provider"], news["reference"], news["amount"]) == (side.name, ORDER, AMOUNT)
    assert (verdict, processed) == ("verified", None)


def test_repeats_one_after_another_and_at_once_are_one_row_and_the_same_answer(browser, sql, side):
    """They call until they are answered; every call must be harmless."""
    body = side.message()

    async def all_of_them() -> set[tuple[int, int | None]]:
        async with httpx.AsyncClient(base_url=browser.base_url, timeout=20) as many:
            told = await asyncio.gather(*(many.post(side.path, content=body) for _ in range(50)))
        return {answer_of(each) for each in told}

    assert {tell(browser, side, body) for _ in range(3)} == {side.taken}
    assert finished(all_of_them()) == {side.taken}
    assert stored(sql, side) == 1


def test_a_payment_that_is_paid_already_is_told_so_where_they_have_a_word_for_it(browser, sql, side):
    """It ends their repeats."""
    sql.execute("update payment_attempt set state = 'PAID', paid_amount = amount")
    assert tell(browser, side, side.message()) == side.known


@pytest.mark.parametrize("what", ["forged", "cut", "no json", "nothing", "long", "array"])
def test_what_is_not_theirs_changes_nothing_and_leaves_a_sample(browser, sql, side, what):
    """Forged, cut, or no message at all."""
    body = {
        "forged": side.forged, "cut": side.message()[:-20], "no json": b"amount=1", "nothing": b"",
        "long": side.message() + b" " * 70_000, "array": b"[]",
    }[what]  # fmt: skip
    assert tell(browser, side, body) in (side.refused, side.away)
    if what in ("forged", "long"):
        assert tell(browser, side, body) == side.refused
    assert stored(sql, side) == 0
    assert sql.execute("select count(*) from forged where source = %s", (side.name,)).fetchone()[0] >= 1


def test_a_flood_of_forgeries_is_counted_and_keeps_a_bounded_sample(browser, sql, side):
    """Forging costs us counters, not disk."""
    for _ in range(60):
        assert tell(browser, side, side.forged) == side.refused
    assert sql.execute("select count(*) from forged").fetchone()[0] <= 20
    page = browser.get("/metrics").text
    [line] = [
        each for each in page.splitlines()
        if each.startswith("lienthong_ipn_answers_total") and f'system="{side.name}"' in each and 'result="forged"' in each
    ]  # fmt: skip
    assert float(line.rpartition(" ")[2]) >= 60


def test_money_that_agrees_with_nothing_is_kept_and_taken_over(browser, sql, side):
    """Another amount, an order that nobody knows: a person sees it; refusing it would only make them repeat it (M9)."""
    assert tell(browser, side, side.message(**side.other_amount)) == side.taken
    strange = "261123_ZZZZZZZZZZZZZZZ1" if side.name == "zalopay" else "ZZZZZZZZZZZZZZZ1"
    assert tell(browser, side, side.message(**{side.order: strange})) == side.taken
    assert stored(sql, side) == 2


def test_without_the_database_nothing_is_promised(edge: Edge, side):
    """Without a commit they are told to call again."""
    away = replace(edge, dsn="host=127.0.0.1 port=1 user=nobody dbname=nothing")
    with visiting(away) as client:
        assert tell(client, side, side.message()) == side.away


def test_a_message_at_the_other_ones_door_is_forged(browser, sql, side):
    """Each door believes its own gateway only."""
    [other] = [each for each in SIDES if each.name != side.name]
    assert tell(browser, side, other.message()) == side.refused
    assert stored(sql, side) == 0


def test_doors_are_open_only_where_the_installation_has_the_gateway(edge: Edge, side):
    """A door that nobody needs is one more thing to attack."""
    with visiting(replace(edge, notices=())) as client:
        assert client.post(side.path, content=side.message()).status_code == 404


@pytest.mark.parametrize("path", ["/webhooks/payment/return", "/payment-return"])
def test_the_payer_comes_back_to_a_page_that_believes_nothing(browser, path):
    """What stands in the address of a browser can be made by anybody."""
    page = browser.get(f"{path}?resultCode=0&orderId={ORDER}&amount=1")
    assert page.status_code == 200
    assert ORDER not in page.text


def test_answers_are_read_by_their_own_readers(browser, side):
    """JSON where they read JSON, no body where they read none."""
    answer = browser.post(side.path, content=side.message())
    if side.name == "zalopay":
        assert answer.headers["content-type"].startswith("application/json")
        assert json.loads(answer.content)["return_message"]
    else:
        assert (answer.status_code, answer.content) == (204, b"")
