"""The sandbox gateway by its own contract: its page, its notices, its sessions and its books."""

from __future__ import annotations

import json
import threading
from datetime import date, timedelta
from urllib.parse import parse_qsl, urlencode

import httpx
import pytest

from connectors.kit.sandbox import Sandbox, SandboxAnswer, SandboxRequest, route, serve
from connectors.statements.profile import load_profile
from connectors.statements.reader import read_settlement
from connectors.statements.sandbox import BankSandbox
from connectors.vnpay.notifications import verified
from connectors.vnpay.operations import operations
from connectors.vnpay.sandbox import VnpaySandbox
from connectors.vnpay.sandbox_checks import query_hash
from mappings.canonical.payment import PaymentVerdict
from tests.contract.vnpay.test_client import refund_call
from tests.contract.vnpay.worlds import SECRET, TERMINAL, address, client, control, pay, sandbox, settings

MONDAY = "2026-11-23"
LAYOUT = load_profile("vnpay-session")


class Merchant(Sandbox):
    """Takes notices and answers as told."""

    system = "merchant"

    def __init__(self) -> None:
        super().__init__()
        self.notices: list[str] = []
        self.code = "00"
        self.came = threading.Event()

    @route("GET", "/ipn", "ipn")
    def ipn(self, request: SandboxRequest) -> SandboxAnswer:
        self.notices.append(request.raw_query)
        self.came.set()
        raw = json.dumps({"RspCode": self.code, "Message": "x"}).encode()
        return SandboxAnswer(200, {"Content-Type": "application/json"}, raw)


@pytest.fixture
def merchant():
    return Merchant()


@pytest.fixture
def ipn_url(merchant):
    with serve(merchant) as server:
        yield f"{server.url}/ipn"


@pytest.fixture
def gateway(clock, ipn_url):
    made = sandbox(clock, ipn_url=ipn_url)
    yield made
    made.close()


def read(gateway, path, **query):
    """A control's answer."""
    return json.loads(control(gateway, "GET", path, **query).body)


@pytest.mark.parametrize(
    ("ending", "verdict", "amount"),
    [("paid", "paid", 150_000), ("short", "paid", 149_000), ("failed", "failed", 150_000), ("reversed", "reversed", 150_000),
     ("suspect", "suspect", 150_000)],
)  # fmt: skip
def test_each_ending_is_notified_in_their_words(gateway, merchant, clock, ending, verdict, amount):
    """Our side must read of each what happened to the money."""
    paid = pay(gateway, clock, ending)
    gateway.notices.run_due(to_the_end=True)
    [notice] = merchant.notices
    news = verified(notice.encode(), settings())

    assert (news.verdict, news.amount) == (PaymentVerdict(verdict), amount)
    assert verified(paid["return_url"].partition("?")[2].encode(), settings()) == news


def test_a_payment_that_is_left_alone_notifies_nobody(gateway, merchant, clock):
    """The merchant must ask."""
    pay(gateway, clock, "abandoned")
    gateway.notices.run_due(to_the_end=True)
    assert merchant.notices == []


def test_notices_once_twice_late_lost_and_before(gateway, merchant, clock):
    """All of them happen to real merchants."""
    counts = {}
    for number, how in enumerate(("once", "twice", "lost", "before", "late")):
        merchant.notices.clear()
        pay(gateway, clock, reference=f"A{number}", notify=how)
        if how != "before":
            gateway.notices.run_due(to_the_end=True)
        counts[how] = len(merchant.notices)
    assert counts == {"once": 1, "twice": 2, "lost": 0, "before": 1, "late": 0}

    clock.advance(minutes=20)
    gateway.notices.run_due(to_the_end=True)
    assert len(merchant.notices) == 1


@pytest.mark.parametrize("code", ["01", "04", "97", "99"])
def test_a_notice_that_was_not_taken_comes_again_ten_times(gateway, merchant, clock, code):
    """Every five minutes, then never: after that only our query can repair it."""
    merchant.code = code
    pay(gateway, clock)
    for _ in range(15):
        gateway.notices.run_due(to_the_end=True)
        clock.advance(minutes=5)
    assert len(merchant.notices) == 11
    assert len(set(merchant.notices)) == 1


@pytest.mark.parametrize("code", ["00", "02"])
def test_a_notice_that_was_taken_does_not_come_again(gateway, merchant, clock, code):
    """00 and 02 end it."""
    merchant.code = code
    pay(gateway, clock)
    for _ in range(3):
        gateway.notices.run_due(to_the_end=True)
        clock.advance(minutes=5)
    assert len(merchant.notices) == 1


def test_it_notifies_by_itself_when_it_runs_for_real(clock, merchant, ipn_url):
    """As in a play: nobody drives it."""
    made = VnpaySandbox(clock=clock, terminals={TERMINAL: SECRET}, ipn_url=ipn_url)
    pay(made, clock)
    assert merchant.came.wait(5)
    made.close()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"vnp_Amount": "15000100"}, "signature"), ({"vnp_TmnCode": "OTHER001"}, "TmnCode"),
    ],
)  # fmt: skip
def test_the_page_refuses_a_changed_address(gateway, clock, change, why):
    """A citizen who edits the amount pays nothing."""
    url, _ = address(clock)
    fields = dict(parse_qsl(url.partition("?")[2])) | change
    answer = control(gateway, "POST", "/_sandbox/vnpay/pay", {"url": f"http://x/?{urlencode(fields)}"})

    assert answer.status == 422
    assert why in answer.body.decode()


@pytest.mark.parametrize(
    "change",
    [
        {"vnp_SecureHashType": "HmacSHA512"}, {"vnp_Version": "2.0.0"}, {"vnp_CurrCode": "USD"}, {"vnp_Locale": "vi"},
        {"vnp_Amount": "499900"}, {"vnp_Amount": "100000000000"}, {"vnp_Amount": "x"}, {"vnp_OrderInfo": "Lệ phí"},
        {"vnp_CreateDate": "20260231000000"}, {"vnp_IpAddr": ""}, {"vnp_TxnRef": ""},
    ],
)  # fmt: skip
def test_the_page_refuses_what_is_not_of_2_1_0(gateway, clock, change):
    """Signed rightly, but not as the manual says."""
    url, _ = address(clock)
    fields = dict(parse_qsl(url.partition("?")[2])) | change
    fields["vnp_SecureHash"] = query_hash(SECRET, fields)
    answer = control(gateway, "POST", "/_sandbox/vnpay/pay", {"url": f"http://x/?{urlencode(fields)}"})

    assert answer.status == 422, answer.body


def test_one_reference_is_paid_once_and_an_expired_page_pays_nothing(gateway, clock):
    """TxnRef is unique; ExpireDate bounds the page, not the bank."""
    url, _ = address(clock)
    body = {"url": url, "ending": "paid"}
    assert control(gateway, "POST", "/_sandbox/vnpay/pay", body).status == 201
    assert control(gateway, "POST", "/_sandbox/vnpay/pay", body).status == 422

    late, _ = address(clock, "B1")
    clock.advance(minutes=16)
    assert (
        json.loads(control(gateway, "POST", "/_sandbox/vnpay/pay", {"url": late, "ending": "paid"}).body)[
            "status"
        ]
        == "02"
    )
    arrived = json.loads(control(gateway, "POST", "/_sandbox/vnpay/pay-late", {"reference": "B1"}).body)
    assert (arrived["status"], arrived["amount"]) == ("00", 150_000)


def test_a_forged_notice_is_not_theirs(gateway, merchant, clock):
    """It says paid; the hash says no."""
    pay(gateway, clock, "abandoned")
    control(gateway, "POST", "/_sandbox/vnpay/notify", {"reference": "AAAAAAAAAAAAAAA1", "forge": True})
    gateway.notices.run_due(to_the_end=True)
    [notice] = merchant.notices

    assert "vnp_TransactionStatus=00" in notice
    with pytest.raises(Exception, match="hash"):
        verified(notice.encode(), settings())


def test_a_session_is_a_file_and_a_net_line_at_the_bank(clock):
    """Rows, session and balance agree to the đồng; the file is read by the ready layout."""
    bank = BankSandbox(clock=clock)
    with serve(bank) as bank_server:
        gateway = sandbox(clock, bank_url=bank_server.url, account="0011")
        for number in range(3):
            pay(gateway, clock, reference=f"A{number}")
        pay(gateway, clock, "failed", reference="F1")
        pay(gateway, clock, "suspect", reference="S1")
        paid = pay(gateway, clock, reference="R1")

        with serve(gateway) as server:
            [refund] = [o for o in operations(client(server.url, clock)) if o.name == "refund"]
            refund.perform(refund_call(request_time=paid["request_time"], reference="R1"))
        clock.advance(hours=2)
        answer = control(gateway, "GET", "/_sandbox/vnpay/settlement", session=MONDAY)
        name = answer.headers["Content-Disposition"].partition('filename="')[2].rstrip('"')
        found = read_settlement(answer.body, LAYOUT, name)
        body = {"session": MONDAY, "pay_on": "2026-11-24"}
        net = json.loads(control(gateway, "POST", "/_sandbox/vnpay/close-session", body).body)["net"][
            TERMINAL
        ]
        again = json.loads(control(gateway, "POST", "/_sandbox/vnpay/close-session", body).body)["net"][
            TERMINAL
        ]

    rows = found.rows
    assert (found.session, found.terminal) == (date(2026, 11, 23), TERMINAL)
    assert [(row.kind, row.gross) for row in rows] == [("payment", 150_000)] * 4 + [("refund", 50_000)]
    assert rows[-1].reference == "RRRRRRRRRRRRRRR1"
    assert rows[-1].original_reference == "R1"
    by_rows = sum(row.net if row.kind == "payment" else -row.gross for row in rows)
    assert net == again == by_rows == bank.books.accounts["0011"].balance(date(2026, 11, 25))
    assert {refund["status"] for refund in read(gateway, "/_sandbox/vnpay/books")["refunds"]} == {"00"}


def close(gateway, day: int) -> int:
    """What the session of a day of November came to."""
    body = {"session": f"2026-11-{day}", "pay_on": f"2026-11-{day + 1}"}
    return json.loads(control(gateway, "POST", "/_sandbox/vnpay/close-session", body).body)["net"][TERMINAL]


def test_a_session_with_more_refunds_than_receipts_is_taken_from_the_next_pay_out(clock):
    """The bank is never debited; the file of each session stays that session's own."""
    bank = BankSandbox(clock=clock)
    with serve(bank) as bank_server:
        gateway = sandbox(clock, bank_url=bank_server.url, account="0011")
        paid = pay(gateway, clock, reference="R1")
        nets = [close(gateway, 23)]
        clock.advance(days=1)
        with serve(gateway) as server:
            [refund] = [o for o in operations(client(server.url, clock)) if o.name == "refund"]
            refund.perform(refund_call(request_time=paid["request_time"], reference="R1"))
        clock.advance(hours=2)
        nets.append(close(gateway, 24))
        clock.advance(days=1)
        pay(gateway, clock, reference="A1")
        nets.append(close(gateway, 25))

    assert nets[1] == -50_000
    assert [line.amount for line in bank.books.accounts["0011"].lines] == [nets[0], nets[2] - 50_000]


def test_files_may_be_wrong_doubled_or_short_of_a_row(gateway, clock):
    """Each is refused or named by the reader, never loaded as right."""
    pay(gateway, clock, reference="A1")
    pay(gateway, clock, reference="A2")
    for kind in ("wrong-total", "twice", "row-missing"):
        control(gateway, "POST", "/_sandbox/vnpay/file-faults", {"session": MONDAY, "kind": kind})
    raw = control(gateway, "GET", "/_sandbox/vnpay/settlement", session=MONDAY).body
    read_back = read_settlement(raw, LAYOUT, f"VNPAY_{TERMINAL}_20261123.csv")
    assert not read_back.loadable
    assert len(read(gateway, "/_sandbox/vnpay/files", session=MONDAY)["files"]) == 2

    control(gateway, "DELETE", "/_sandbox/vnpay/file-faults")
    raw = control(gateway, "GET", "/_sandbox/vnpay/settlement", session=MONDAY).body
    assert read_settlement(raw, LAYOUT, f"VNPAY_{TERMINAL}_20261123.csv").loadable


def test_a_suspected_payment_is_in_no_file_until_the_merchant_decides(gateway, clock):
    """07: the money was taken, and waits."""
    pay(gateway, clock, "suspect", reference="S1")
    assert b"S1" not in control(gateway, "GET", "/_sandbox/vnpay/settlement", session=MONDAY).body
    control(gateway, "POST", "/_sandbox/vnpay/decide", {"reference": "S1", "accept": True})
    assert b"S1" in control(gateway, "GET", "/_sandbox/vnpay/settlement", session=MONDAY).body


def test_a_session_over_a_weekend_is_one_file(gateway, clock):
    """It runs to the last day before the next working day."""
    pay(gateway, clock, reference="SAT1")
    clock.advance(timedelta(days=1))
    pay(gateway, clock, reference="SUN1")
    query = {"session": "2026-11-24", "from": "2026-11-23"}
    raw = control(gateway, "GET", "/_sandbox/vnpay/settlement", **query).body
    assert b"SAT1" in raw
    assert b"SUN1" in raw


def test_a_refused_refund_ends_as_09(gateway, clock):
    """Accepted first, refused an hour later: asynchronous."""
    paid = pay(gateway, clock)
    control(gateway, "POST", "/_sandbox/vnpay/refuse-refunds", {"reference": "AAAAAAAAAAAAAAA1"})
    with serve(gateway) as server:
        [refund] = [o for o in operations(client(server.url, clock)) if o.name == "refund"]
        asked = refund_call(request_time=paid["request_time"])
        assert refund.perform(asked).code == "00/05"
        clock.advance(hours=2)
        assert refund.look_up(asked).code == "00/09"


def test_people_can_pay_at_the_page(clock, gateway):
    """A browser goes there, chooses, and comes back with a signed address."""
    url, _ = address(clock)
    with serve(gateway) as server, httpx.Client() as browser:
        page = browser.get(f"{server.url}/paymentv2/vpcpay.html?{url.partition('?')[2]}")
        assert "150.000 ₫" in page.text
        form = {"query": url.partition("?")[2], "ending": "paid"}
        back = browser.post(f"{server.url}/paymentv2/vpcpay.html", data=form).headers["location"]
        assert browser.get(f"{server.url}/paymentv2/vpcpay.html?vnp_TmnCode=x").status_code == 400
    assert verified(back.partition("?")[2].encode(), settings()).verdict is PaymentVerdict.PAID
