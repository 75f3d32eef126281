"""The API's manners: keys and scopes, repeat safety, strict bodies, problems in two languages."""

from __future__ import annotations

import asyncio
import json

import httpx
import psycopg
import pytest

from adapters.ports import Edge
from jobs.access.model import Actor, ActorKind, Scope
from jobs.errors import Changed, NotAllowed
from tests.integration.edge.at_once import finished

REFERENCE = "0000000000000001"
BODY = {
    "payment_id": REFERENCE,
    "amount": 50_000,
    "refundable_amount": 100_000,
    "cause": "refused",
    "reason": "Hồ sơ bị từ chối",
}
ADMIN = Actor(ActorKind.PERSON, "quantri")


@pytest.fixture(autouse=True)
def rows(sql: psycopg.Connection, desk) -> None:
    desk.acts.clear()
    sql.execute("delete from idempotency")
    sql.execute("delete from api_key")
    if sql.execute("select 1 from payment_attempt where reference = %s", (REFERENCE,)).fetchone():
        return
    sql.execute(
        """insert into dossier (code, state, agency, procedure, applicant_name, folded, updated_at)
           values ('H21.1-1', 'open', 'H21.1', '1.1', 'Nguyễn Văn An', 'h21.1-1 nguyen van an', now())"""
    )
    sql.execute("insert into fee (dossier_code, version, state) values ('H21.1-1', 1, 'paid')")
    sql.execute("insert into fee_line (fee_id, kind, amount, name) select id, 'phí', 100000, 'Phí' from fee")
    sql.execute(
        """insert into payment_attempt (reference, channel, provider, terminal, amount, state, created_at, paid_amount)
           values (%s, 'vnpay', 'vnpay', 'T', 100000, 'PAID', now(), 100000)""",
        (REFERENCE,),
    )
    sql.execute(
        "insert into allocation select a.id, l.id, 100000 from payment_attempt a, fee_line l where a.reference = %s",
        (REFERENCE,),
    )
    sql.execute(
        """insert into refund (reference, attempt_id, amount, reason, cause, route, state, requested_by, requested_at)
           select %s, id, 50000, 'r', 'refused', 'gateway', 'REQUESTED', 'key:portal', now() from payment_attempt""",
        (REFERENCE,),
    )


@pytest.fixture
def portal(edge: Edge) -> dict[str, str]:
    """Headers of a system with every scope."""
    shown = edge.access.issue_key("portal", "Cổng", list(Scope), actor=ADMIN)
    return {"authorization": f"Bearer {shown}", "accept-language": "vi"}


def post(
    client: httpx.Client, headers: dict[str, str], key: str | None, body: object = BODY
) -> httpx.Response:
    extra = {"idempotency-key": key} if key is not None else {}
    content = body if isinstance(body, bytes) else json.dumps(body)
    return client.post(
        "/api/v1/refunds", content=content, headers={**headers, **extra, "content-type": "application/json"}
    )


def test_no_key_a_wrong_key_and_a_revoked_key_get_the_same_answer(browser, edge, portal):
    """Whether a key ever existed is nobody's business."""
    key_id = portal["authorization"].split("_")[1]
    wrong = {"authorization": portal["authorization"][:-1] + "x"}
    assert edge.access.revoke_key(key_id, actor=ADMIN)
    for headers in ({}, wrong, portal, {"authorization": "Bearer nonsense"}):
        answer = browser.get(f"/api/v1/payments/{REFERENCE}", headers=headers)
        assert answer.status_code == 401
        assert answer.json()["code"] == "no-key"
        assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_key_does_only_what_its_scopes_say(browser, edge):
    """A reader's key that leaks must not move money."""
    shown = edge.access.issue_key("reader", "Đọc", [Scope.PAYMENTS_READ], actor=ADMIN)
    headers = {"authorization": f"Bearer {shown}"}
    assert browser.get(f"/api/v1/payments/{REFERENCE}", headers=headers).status_code == 200
    assert post(browser, headers, "k1").status_code == 403


def test_two_keys_are_valid_at_a_time_and_never_three(edge, portal):
    """One can be replaced without a stop; forgotten ones cannot pile up."""
    edge.access.issue_key("portal", "Cổng", [Scope.REFUNDS_READ], actor=ADMIN)
    with pytest.raises(NotAllowed):
        edge.access.issue_key("portal", "Cổng", [Scope.REFUNDS_READ], actor=ADMIN)


def test_the_stored_key_signs_nobody_in(sql, portal):
    """A copy of the database must be worth nothing."""
    secret = portal["authorization"].split("_", 2)[2]
    stored = bytes(sql.execute("select secret_digest from api_key").fetchone()[0])
    assert secret.encode() not in stored
    assert len(stored) == 32


def test_unknown_and_foreign_things_are_the_same_404(browser, portal):
    """S1: an id that is not yours does not exist."""
    for path in ("payments/9999999999999999", "refunds/9999999999999999", "dossiers/NOBODY"):
        answer = browser.get(f"/api/v1/{path}", headers=portal)
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"
        assert set(answer.json()) == {"type", "title", "status", "code", "trace_id"}


def test_problems_speak_the_callers_language(browser, portal):
    """People read these texts in tickets."""
    vietnamese = browser.get("/api/v1/refunds/X", headers=portal).json()
    english = browser.get(
        "/api/v1/refunds/X", headers={**portal, "accept-language": "en-GB, vi;q=0.5"}
    ).json()
    assert vietnamese["title"] == "Không tìm thấy"
    assert english["title"] == "Not found"


def test_the_trace_id_of_the_caller_is_carried(browser, portal):
    """One id from their log to ours."""
    parent = "00-" + "ab" * 16 + "-" + "cd" * 8 + "-01"
    answer = browser.get("/api/v1/refunds/X", headers={**portal, "traceparent": parent})
    assert answer.json()["trace_id"] == "ab" * 16
    assert answer.headers["x-trace-id"] == "ab" * 16


def test_without_a_repeat_key_nothing_is_changed(browser, portal, desk):
    """A caller that cannot repeat safely must not begin."""
    answer = post(browser, portal, None)
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency-key-missing")
    assert not desk.acts


def test_the_same_key_and_body_get_the_stored_answer(browser, portal, desk):
    """The answer was lost on the way; the act must not happen again."""
    first, second = post(browser, portal, "k2"), post(browser, portal, "k2")
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.json() == first.json()
    assert second.headers["idempotency-replayed"] == "true"
    assert second.headers["location"] == f"/api/v1/refunds/{REFERENCE}"
    assert len(desk.acts) == 1


def test_the_same_key_with_another_body_is_refused(browser, portal, desk):
    """A key names one act."""
    post(browser, portal, "k3")
    answer = post(browser, portal, "k3", {**BODY, "amount": 1})
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency-key-reused")
    assert len(desk.acts) == 1


def test_a_key_whose_first_request_is_running_is_told_to_wait(browser, portal, sql, desk):
    """Two of the same at once must not both act."""
    sql.execute(
        """insert into idempotency (client_id, key, route, body_digest, lease_until, created_at)
           select 'portal', 'k4', 'POST /api/v1/refunds?[][]', sha256(convert_to('application/json', 'UTF8') || '\\x00'
                  || convert_to(%s, 'UTF8')), now() + interval '1 minute', now()""",
        (json.dumps(BODY),),
    )
    answer = post(browser, portal, "k4")
    assert (answer.status_code, answer.json()["code"]) == (409, "still-running")
    assert int(answer.headers["retry-after"]) > 0
    assert not desk.acts
    sql.execute("update idempotency set lease_until = now() - interval '1 second'")
    assert post(browser, portal, "k4").status_code == 201


def test_twenty_presses_at_once_are_one_act(browser, portal, desk):
    """However often a caller's client repeats, money is asked for once."""

    async def press() -> list[int]:
        async with httpx.AsyncClient(base_url=browser.base_url, timeout=20) as many:
            headers = {**portal, "idempotency-key": "k5", "content-type": "application/json"}
            answers = await asyncio.gather(
                *(many.post("/api/v1/refunds", content=json.dumps(BODY), headers=headers) for _ in range(20))
            )
            return [answer.status_code for answer in answers]

    assert set(finished(press())) <= {201, 409}
    assert len(desk.acts) == 1


def test_a_refused_act_frees_its_key(browser, portal, desk):
    """Nothing was changed, so the corrected request may use the key again."""
    desk.refuse = Changed("Đã thay đổi.", "It changed.")
    refused = post(browser, portal, "k6")
    assert (refused.status_code, refused.json()["code"]) == (412, "changed")
    assert refused.json()["detail"] == "Đã thay đổi."
    assert post(browser, portal, "k6").status_code == 201


def test_money_answers_are_kept_for_ever(browser, portal, sql):
    """A repeat after a year must still not pay twice."""
    post(browser, portal, "k7")
    assert sql.execute("select keep_until from idempotency where key = 'k7'").fetchone()[0] is None


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"payment_id":"0000000000000001","payment_id":"0000000000000002"}', 400),
        (b'{"amount":NaN}', 400),
        (b'{"amount":1.5}', 400),
        (b'{"amount":Infinity}', 400),
        (b"[" * 20 + b"]" * 20, 400),
        (b"\xff\xfe{\x00}\x00", 400),
        (b"[]", 400),
        (b"", 400),
        (b"{", 400),
        (b'{"a":"' + b"x" * 70_000 + b'"}', 413),
        ({**BODY, "amount": 0}, 422),
        ({**BODY, "amount": -5}, 422),
        ({**BODY, "amount": "50000"}, 422),
        ({**BODY, "amount": True}, 422),
        ({**BODY, "amount": 10**13}, 422),
        ({**BODY, "surprise": 1}, 422),
        ({**BODY, "payment_id": "x"}, 422),
        ({key: value for key, value in BODY.items() if key != "reason"}, 422),
    ],
)
def test_bodies_that_two_readers_could_read_differently_are_refused(browser, portal, desk, body, status):
    """What commands money is read strictly or not at all."""
    answer = post(browser, portal, "k8", body)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert not desk.acts
    if status == 422:
        assert answer.json()["errors"][0]["pointer"].startswith("#/")


def test_another_media_type_is_refused(browser, portal):
    """A browser's form must not be able to call the API."""
    answer = browser.post(
        "/api/v1/refunds", data={"amount": "1"}, headers={**portal, "idempotency-key": "k9"}
    )
    assert answer.status_code == 415


def test_readings_carry_an_etag_and_limits(browser, portal):
    """A poller that asks again gets three letters instead of a body, and knows how often it may."""
    first = browser.get(f"/api/v1/payments/{REFERENCE}", headers=portal)
    again = browser.get(
        f"/api/v1/payments/{REFERENCE}", headers={**portal, "if-none-match": first.headers["etag"]}
    )
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
    assert first.headers["ratelimit"].startswith('"calls";r=')
    assert first.json()["amount"] == 100_000


def test_a_dossier_is_shown_without_the_applicants_name(browser, portal):
    """Least knowledge: a calling system has the name already or has no business with it."""
    answer = browser.get("/api/v1/dossiers/H21.1-1", headers=portal)
    assert answer.status_code == 200
    assert "Nguyễn" not in answer.text
    assert answer.json()["payments"][0]["id"] == REFERENCE


def test_a_statement_is_handed_over_whole(browser, portal, desk):
    """The desk sees the raw bytes and the name, nothing in between."""
    answer = browser.post(
        "/api/v1/statements?name=a.csv",
        content=b"raw \x00 bytes",
        headers={**portal, "idempotency-key": "s1"},
    )
    assert answer.status_code == 201, answer.text
    assert desk.acts[-1][1]["raw"] == b"raw \x00 bytes"
    missing = browser.post("/api/v1/statements", content=b"x", headers={**portal, "idempotency-key": "s2"})
    assert missing.status_code == 422


def test_every_act_of_a_key_names_it_as_actor(browser, portal, desk):
    """Decision 15: the audit names a key as a key."""
    post(browser, portal, "k10")
    assert str(desk.acts[-1][1]["actor"]) == "key:portal"


def test_unknown_addresses_and_methods_are_problems_too(browser):
    """A client parses one kind of error."""
    assert browser.get("/api/v1/nothing").headers["content-type"] == "application/problem+json"
    assert browser.delete("/api/v1/refunds").json()["code"] == "method-not-allowed"


@pytest.mark.parametrize(("state", "shown"), [("SENT", "000201CODE"), ("PAID", None), ("EXPIRED", None)])
def test_the_code_of_a_transfer_is_shown_only_while_it_may_be_paid(browser, portal, sql, state, shown):
    """Who scans an old code pays twice."""
    reference = f"VIETQR{state:0>10}"
    sql.execute(
        """insert into payment_attempt (reference, channel, provider, terminal, amount, state, created_at, paid_amount, payment_url)
           values (%s, 'vietqr', 'vietqr', 'STNMT', 100000, %s, now(), case when %s = 'PAID' then 100000 end,
               'https://motcua.example/thanh-toan?reference=X&code=000201CODE')""",
        (reference, state, state),
    )
    answer = browser.get(f"/api/v1/payments/{reference}", headers=portal)
    assert answer.status_code == 200, answer.text
    assert answer.json()["qr_code"] == shown


@pytest.mark.parametrize("channel", ["momo", "zalopay", "vietqr"])
def test_every_way_to_pay_may_be_asked_for(browser, portal, desk, channel):
    """What the installation lacks is for the desk to say."""
    body = {"dossier_code": "H21.1-1", "channel": channel, "amount": 100_000, "payer_address": "127.0.0.1"}
    desk.next_reference = REFERENCE
    answer = browser.post(
        "/api/v1/payments", json=body, headers={**portal, "idempotency-key": f"way-{channel}-0001"}
    )
    assert answer.status_code in (201, 202), answer.text
    assert desk.acts[-1][1]["channel"] == channel
