"""Pages: who may do what, once, from our own site only, with personal data hidden."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlencode

import httpx
import psycopg
import pytest

from adapters.dashboard.routes import PAGES
from adapters.desks import Closing
from adapters.ports import Edge
from jobs.access import chain
from jobs.access.demo import PASSWORD, PEOPLE, add_demo_people
from jobs.access.model import RIGHTS, Right, Role
from jobs.errors import NotAllowed
from jobs.store.postgres.views import totals
from tests.support.waiting import eventually

REFERENCE = "0000000000000001"
LOGINS = {person.roles[0]: person.login for person in PEOPLE}
SignIn = Callable[[Role], httpx.Client]


@pytest.fixture(scope="module", autouse=True)
def people(edge: Edge) -> None:
    add_demo_people(edge.access, sandbox=True)


@pytest.fixture(autouse=True)
def rows(sql: psycopg.Connection, desk) -> None:
    desk.acts.clear()
    desk.refuse = None
    sql.execute("delete from sign_in")
    desk.closing = []
    if sql.execute("select 1 from payment_attempt where reference = %s", (REFERENCE,)).fetchone():
        return
    sql.execute(
        """insert into dossier (code, state, agency, procedure, applicant_name, folded, updated_at)
           values ('H21.1-1', 'open', 'H21.1', '1.1', 'Nguyễn Thị Hoà', 'h21.1-1 nguyen thi hoa', now())"""
    )
    sql.execute("insert into fee (dossier_code, version, state) values ('H21.1-1', 1, 'paid')")
    sql.execute("insert into fee_line (fee_id, kind, amount, name) select id, 'phí', 100000, 'Phí' from fee")
    sql.execute(
        """insert into payment_attempt (reference, channel, provider, terminal, amount, state, created_at, paid_amount)
           values (%s, 'vnpay', 'vnpay', 'T', 100000, 'PAID', now(), 100000)""",
        (REFERENCE,),
    )
    sql.execute("insert into allocation select a.id, l.id, 100000 from payment_attempt a, fee_line l")
    sql.execute(
        """insert into refund (reference, attempt_id, amount, reason, cause, route, state, requested_by, requested_at)
           select %s, id, 50000, 'r', 'refused', 'gateway', 'REQUESTED', 'person:ketoan', now() from payment_attempt""",
        (REFERENCE,),
    )
    sql.execute(
        """insert into effect (key, system, operation, lane, head, dossier_code, payload, state, reason, code, attempt, due_at,
                               created_at, updated_at)
           values ('u', 'vnpay', 'refund', 'L', true, 'H21.1-1', '{}', 'unknown', '', 'OutcomeUnknown', 1, now(), now(), now()),
                  ('p', 'igate', 'confirm_fee', 'L', true, 'H21.1-1', '{}', 'parked', 'budget', 'budget', 3, now(), now(),
                   now())"""
    )
    sql.execute(
        """insert into case_item (kind, key, dossier_code, amount, opened_at, state, evidence)
           values ('amount_differs', 'c', 'H21.1-1', 5, now(), 'open', '{}')"""
    )


@pytest.fixture
def signed_in(browser: httpx.Client) -> SignIn:
    def sign_in(role: Role) -> httpx.Client:
        browser.cookies.clear()
        browser.headers["sec-fetch-site"] = "same-origin"
        answer = browser.post("/sign-in", data={"login": LOGINS[role], "password": PASSWORD, "next": "/"})
        assert answer.status_code == 303
        return browser

    return sign_in


def form(client: httpx.Client, path: str, action: str, **fields: str) -> httpx.Response:
    """Post the form with this action as it stands on a page."""
    page = client.get(path)
    assert page.status_code == 200, page.text
    found = re.search(rf'<form action="{re.escape(action)}" method="post".*?</form>', page.text, re.DOTALL)
    assert found, f"no form for {action} on {path}"
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', found.group(0)))
    return client.post(action, data={**hidden, **fields})


def concrete(path: str) -> str:
    return path.replace("{code:path}", "H21.1-1").replace("{reference}", REFERENCE).replace("{id:int}", "1")


@pytest.mark.parametrize("row", PAGES, ids=lambda row: f"{row.action or 'GET'} {row.path}")
@pytest.mark.parametrize("role", list(Role))
def test_every_route_is_open_exactly_to_the_roles_that_carry_its_right(signed_in, row, role):
    """Generated from the route table: a route without a rule cannot exist."""
    client = signed_in(role)
    path = concrete(row.path)
    if row.path == "/refunds/new":
        path += f"?payment={REFERENCE}"
    answer = client.post(path, data={}) if row.action else client.get(path)
    allowed = row.right in RIGHTS[role]
    if allowed:
        # A posted form without its one-time key is refused as input, which is behind the right.
        assert answer.status_code in ((422,) if row.action else (200, 303)), answer.text
    else:
        assert answer.status_code == 403


@pytest.mark.parametrize("row", PAGES, ids=lambda row: f"{row.action or 'GET'} {row.path}")
def test_nobody_sees_a_page_without_signing_in(browser, row):
    """Every route leads to the sign-in first."""
    headers = {"sec-fetch-site": "same-origin"}
    path = concrete(row.path)
    answer = browser.post(path, data={}, headers=headers) if row.action else browser.get(path)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in?next=")


def test_nobody_holds_both_ends_of_a_refund():
    """Two people, always: no single role proposes and approves."""
    for rights in RIGHTS.values():
        assert not {Right.PROPOSE_REFUND, Right.APPROVE_REFUND} <= rights


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {},
    ],
)
def test_forms_of_other_sites_are_refused(signed_in, desk, headers):
    """A page elsewhere must not be able to press our buttons."""
    client = signed_in(Role.APPROVER)
    del client.headers["sec-fetch-site"]
    answer = client.post(f"/refunds/{REFERENCE}/approve", data={"action_key": "x" * 30}, headers=headers)
    assert answer.status_code == 403
    assert not desk.acts


def test_an_approval_happens_once_however_often_it_is_pressed(signed_in, desk):
    """The second press is answered with the first one's result."""
    client = signed_in(Role.APPROVER)
    first = form(client, f"/refunds/{REFERENCE}", f"/refunds/{REFERENCE}/approve")
    assert first.status_code == 303
    data = dict(httpx.QueryParams(first.request.content.decode()))
    again = client.post(f"/refunds/{REFERENCE}/approve", data=data)
    assert again.headers["location"] == first.headers["location"]
    assert [act for act, _ in desk.acts] == ["approve"]
    assert desk.acts[0][1]["amount"] == 50_000
    assert str(desk.acts[0][1]["actor"]) == "person:duyet"


def test_a_refused_approval_may_be_pressed_again(signed_in, desk):
    """Nothing was changed, so the form is still good."""
    client = signed_in(Role.APPROVER)
    desk.refuse = NotAllowed("same-person", "Không được tự duyệt.", "Not your own.")
    refused = form(client, f"/refunds/{REFERENCE}", f"/refunds/{REFERENCE}/approve")
    assert refused.status_code == 403
    assert "Không được tự duyệt." in refused.text
    data = dict(httpx.QueryParams(refused.request.content.decode()))
    assert client.post(f"/refunds/{REFERENCE}/approve", data=data).status_code == 303


def test_what_a_rule_opened_is_asked_for_by_one_person_before_another_may_approve(signed_in, desk, sql):
    """Money that is owed opens by itself; two people sign all the same."""
    sql.execute("update refund set requested_by = 'rule:refunds'")
    try:
        assert (
            f"/refunds/{REFERENCE}/approve" not in signed_in(Role.APPROVER).get(f"/refunds/{REFERENCE}").text
        )
        asked = form(signed_in(Role.ACCOUNTANT), f"/refunds/{REFERENCE}", f"/refunds/{REFERENCE}/ask")
    finally:
        sql.execute("update refund set requested_by = 'person:ketoan'")
    assert asked.status_code == 303
    assert [act for act, _ in desk.acts] == ["approve"]
    assert str(desk.acts[0][1]["actor"]) == "person:ketoan"


def test_the_account_of_a_transfer_is_given_on_the_page(signed_in, desk, sql):
    """Without it nothing can be paid back that came by the national platform."""
    route = sql.execute("select route from refund where reference = %s", (REFERENCE,)).fetchone()[0]
    sql.execute("update refund set route = 'transfer', waiting_for = 'account'")
    fields = {"bank": "VCB", "account": "0071001", "name": "NGUYEN VAN AN", "other": "yes", "paper": "12/GĐN"}
    try:
        given = form(
            signed_in(Role.ACCOUNTANT), f"/refunds/{REFERENCE}", f"/refunds/{REFERENCE}/payee", **fields
        )
    finally:
        sql.execute("update refund set route = %s, waiting_for = ''", (route,))
    assert given.status_code == 303
    payee = desk.acts[0][1]["payee"]
    assert (payee.bank, payee.account, payee.other, payee.paper) == ("VCB", "0071001", True, "12/GĐN")


def test_who_proposed_is_not_offered_the_approval(signed_in, sql):
    """The page says that another person must approve."""
    sql.execute("update refund set requested_by = 'person:duyet'")
    page = signed_in(Role.APPROVER).get(f"/refunds/{REFERENCE}").text
    sql.execute("update refund set requested_by = 'person:ketoan'")
    assert "/approve" not in page
    assert "người khác phải duyệt" in page


def test_an_unknown_outcome_offers_asking_and_never_repeating(signed_in):
    """Unknown is not failed."""
    page = signed_in(Role.OPERATOR).get("/effects/1").text
    assert "Tra cứu lại kết quả" in page
    assert "/effects/1/retry" not in page
    parked = signed_in(Role.OPERATOR).get("/effects/2").text
    assert "/effects/2/retry" in parked


def test_an_act_asks_a_reason(signed_in, desk):
    """Others will read why."""
    client = signed_in(Role.OPERATOR)
    assert form(client, "/effects/1", "/effects/1/ask", reason="  ").status_code == 422
    assert not desk.acts
    assert form(client, "/effects/1", "/effects/1/ask", reason="Hỏi cổng").status_code == 303
    assert desk.acts[0][1]["reason"] == "Hỏi cổng"


def test_names_are_masked_until_a_purpose_is_given_and_kept(signed_in, sql):
    """S5: who looked at whom, for what."""
    client = signed_in(Role.ACCOUNTANT)
    assert "Nguyễn Thị Hoà" not in client.get("/dossiers/H21.1-1").text
    shown = form(client, "/dossiers/H21.1-1", "/dossiers/H21.1-1/personal", reason="Đối chiếu tên")
    assert "Nguyễn Thị Hoà" in shown.text
    row = sql.execute(
        "select actor, subject, reason, facts from audit where action = 'see-personal'"
    ).fetchone()
    assert row == ("person:ketoan", "dossier:H21.1-1", "Đối chiếu tên", {})
    assert "Nguyễn" not in client.get("/dossiers").text


@pytest.mark.parametrize("text", ["nguyen thi hoa", "Nguyễn Thị Hoà", "NGUYEN", "hoà", "h21.1-"])
def test_a_name_is_found_however_it_is_typed(signed_in, text):
    """With and without diacritics, either place of the tone."""
    page = signed_in(Role.VIEWER).get("/dossiers?" + urlencode({"q": text})).text
    assert "/dossiers/H21.1-1" in page


def test_exact_codes_and_references_open_at_once(signed_in):
    """One box for everything."""
    for text in ("H21.1-1", REFERENCE):
        answer = signed_in(Role.VIEWER).get(f"/dossiers?q={text}")
        assert answer.headers["location"] == "/dossiers/H21.1-1"


def test_wildcards_and_markup_in_a_search_are_plain_text(signed_in):
    """A person types what a person types."""
    page = signed_in(Role.VIEWER).get("/dossiers?" + urlencode({"q": "%<b>_"})).text
    assert "<b>" not in page
    assert "/dossiers/H21.1-1" not in page


def test_a_wrong_login_and_a_wrong_password_look_the_same(browser):
    """Nobody learns which accounts exist."""
    browser.headers["sec-fetch-site"] = "same-origin"
    texts = set()
    for login in ("ketoan", "nobody-at-all"):
        answer = browser.post("/sign-in", data={"login": login, "password": "wrong"})
        assert answer.status_code == 401
        texts.add(answer.text.replace(f'value="{login}"', ""))
    assert len(texts) == 1


def test_guessing_is_stopped_even_with_the_right_password_at_last(browser):
    """Five failures close the login for a while, known or not."""
    browser.headers["sec-fetch-site"] = "same-origin"
    for login in ("xem", "nobody-at-all"):
        for _ in range(5):
            assert browser.post("/sign-in", data={"login": login, "password": "wrong"}).status_code == 401
        assert browser.post("/sign-in", data={"login": login, "password": PASSWORD}).status_code == 429


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x"]
)
def test_signing_in_leads_nowhere_else(browser, target):
    """The address after signing in is one of ours."""
    browser.headers["sec-fetch-site"] = "same-origin"
    answer = browser.post("/sign-in", data={"login": "xem", "password": PASSWORD, "next": target})
    assert answer.headers["location"] == "/"


def test_the_session_cookie_is_out_of_reach_of_scripts(browser):
    """HttpOnly, SameSite, whole site."""
    browser.headers["sec-fetch-site"] = "same-origin"
    cookie = (
        browser.post("/sign-in", data={"login": "xem", "password": PASSWORD}).headers["set-cookie"].lower()
    )
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "path=/" in cookie


def test_signing_out_ends_the_session_on_our_side(signed_in):
    """A copied cookie is worth nothing afterwards."""
    client = signed_in(Role.VIEWER)
    token = client.cookies["lt"]
    client.post("/sign-out")
    client.cookies.set("lt", token)
    assert client.get("/").status_code == 303


def test_a_role_that_is_taken_away_is_gone_at_the_next_page(signed_in, sql):
    """Rights are those of this moment, not of the sign-in."""
    client = signed_in(Role.OPERATOR)
    assert client.get("/effects/1").status_code == 200
    sql.execute("update person_role set valid_until = now() where role = 'operator'")
    assert client.get("/effects/1").status_code == 403
    sql.execute("update person_role set valid_until = null where role = 'operator'")


def test_closing_a_day_names_the_step_and_the_day(signed_in, desk):
    """The second person confirms what the first proposed."""
    desk.closing = [Closing("1902", "open", "person:ketoan")]
    own = signed_in(Role.ACCOUNTANT).get("/reconciliation?day=24/11/2026").text
    assert 'value="second"' not in own
    answer = form(signed_in(Role.APPROVER), "/reconciliation?day=24/11/2026", "/reconciliation/close")
    assert answer.status_code == 303
    act, facts = desk.acts[0]
    assert (act, facts["account"], f"{facts['day']:%d/%m/%Y}") == ("confirm_close", "1902", "24/11/2026")


def test_a_file_is_shown_before_it_is_loaded(signed_in, desk):
    """Nothing is loaded by choosing a file."""
    client = signed_in(Role.ACCOUNTANT)
    page = client.get("/reconciliation").text
    key = re.search(r'upload" method="post".*?name="action_key" value="([^"]+)"', page, re.DOTALL).group(1)
    shown = client.post(
        "/reconciliation/upload", data={"action_key": key, "profile": ""}, files={"file": ("a.csv", b"x;1")}
    )
    assert shown.status_code == 200, shown.text
    assert not desk.acts
    hidden = dict(
        re.findall(r'name="(\w+)" value="([^"]*)"', shown.text.split('action="/reconciliation/load"')[1])
    )
    assert client.post("/reconciliation/load", data=hidden).status_code == 303
    assert desk.acts[0][1]["raw"] == b"x;1"


def test_bad_parameters_get_a_page_that_says_so(signed_in):
    """31/02 is not a day; nobody sees a traceback."""
    client = signed_in(Role.VIEWER)
    assert client.get("/reconciliation?day=31/02/2026").status_code == 422
    assert client.get("/refunds?queue=nonsense").status_code == 404
    assert client.get("/effects/999999999").status_code == 404
    assert client.get("/effects?before=99999999999999999999999").status_code == 200


def test_every_answer_carries_the_content_policy(browser):
    """No page may be framed, nothing may be loaded from elsewhere."""
    for path in ("/sign-in", "/livez", "/nothing", "/api/v1/docs", "/static/app.css"):
        policy = browser.get(path).headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy


def test_readiness_asks_our_own_database_and_no_partner(browser):
    """A partner's outage must not take us out of the balancer."""
    assert browser.get("/readyz").text == "ok"
    assert browser.get("/readyz?verbose").json() == {"database": None, "migrations": None}
    assert "lienthong_http_seconds" in browser.get("/metrics").text


def test_the_audit_chain_shows_what_was_changed(edge, sql, signed_in):
    """S6: change, removal and order."""
    signed_in(Role.VIEWER)
    sql.execute("update audit set at = at - interval '1 minute'")
    assert chain.seal(edge.store) > 0
    assert chain.verify(edge.store) is None
    sql.execute("update audit set reason = 'another' where id = (select max(audit_id) from audit_seal)")
    broken = chain.verify(edge.store)
    sql.execute("delete from audit_seal")
    assert broken is not None


@pytest.mark.parametrize("table", ["audit", "audit_seal"])
@pytest.mark.parametrize("statement", ["update {} set id = id", "delete from {}"])
def test_the_application_could_not_change_the_audit_if_it_tried(sql, table, statement):
    """M2: the role has no such right."""
    column = "digest" if table == "audit_seal" else "reason"
    sql.execute("set role lienthong_app")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        sql.execute(statement.format(table).replace("id = id", f"{column} = {column}"))


def test_the_overview_reads_totals_that_are_rolled_up_once(edge, sql, signed_in):
    """A figure that counts a call twice is worse than none; pages never count the large tables."""
    sql.execute(
        """insert into exchange (at, system, operation, direction, reference, status, outcome, duration_ms,
               request_digest, response_digest, request_summary, response_summary)
           select now() - interval '1 minute', 'igate', 'confirm_fee', 'out', '', 503,
                  case when i > 7 then 'Unavailable' else 'ok' end, 10, '', '', '{}', '{}' from generate_series(1, 12) i"""
    )

    def total() -> tuple[int, int]:
        totals.roll_up(edge.store)
        return sql.execute("select sum(done), sum(problem) from effect_hour").fetchone()

    eventually(lambda: total() == (7, 5), within=60)
    assert [total() for _ in range(6)] == [(7, 5)] * 6
    sql.execute("insert into system_flow (system) values ('igate'), ('momo') on conflict do nothing")
    page = signed_in(Role.VIEWER).get("/").text
    assert "Tạm ngắt, hệ thống tự thử lại" in page
    # Every system of the installation has its light, by the name that people call it by.
    assert "Ví MoMo" in page
    assert "ZaloPay" not in page
