"""What the facts say of the Post, rule by rule."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import AlreadyDone, ContractBroken, OutcomeUnknown, Rejected
from connectors.kit.sandbox import SandboxAnswer, SandboxRequest, serve
from connectors.post import translate
from connectors.post.connect import connected
from connectors.post.places import places
from connectors.post.settings import Facade, Settings
from mappings.canonical.codec import from_json, to_json
from mappings.canonical.party import Place
from mappings.canonical.post import (
    PointAct,
    PointActKind,
    PostalOrder,
    PostDirection,
    PostState,
    TrackingEvent,
    act_of,
    cash_on_delivery,
    counted,
    of_number,
    order_number,
)
from mappings.errors import MappingError
from mappings.tables.post_statuses import status, statuses
from tests.contract.conformance import Replaying
from tests.contract.post.conftest import (
    CITIZEN,
    CODE,
    OFFICE,
    PERSON,
    SAMPLES,
    SECRET,
    a_document,
    a_notice,
    an_order,
    settings,
)

TODAY = date(2026, 11, 23)
CODES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,70}", fullmatch=True)
ATTEMPTS = st.integers(1, 999)


@given(CODES, st.sampled_from(PostDirection), ATTEMPTS, CODES, st.sampled_from(PostDirection), ATTEMPTS)
def test_an_order_number_is_made_of_its_cause_and_of_nothing_else(a, b, c, d, e, f):
    """A number with chance in it makes a new parcel at every retry; two causes must never share one."""
    first, second = order_number(a, b, c), order_number(d, e, f)

    assert first == order_number(a, b, c)
    assert len(first) <= 50
    assert (first == second) == ((a, b, c) == (d, e, f))
    read = of_number(first)
    assert read in ((a, b, c), None)
    assert read is not None or len(a) > 44 or a.startswith("LT")


@pytest.mark.parametrize("code", ["", "hồ sơ", "a b", "a\n", "-a", "a|b"])
def test_signs_that_no_number_may_have_are_refused(code):
    """What the Post cuts or replaces would make two orders of one."""
    with pytest.raises(ValueError, match="signs"):
        order_number(code, PostDirection.COLLECT, 1)
    with pytest.raises(ValueError, match="attempts"):
        order_number(CODE, PostDirection.COLLECT, 0)


def test_an_order_that_bears_another_number_is_none():
    """The number is the key by which a repeat is known."""
    facts = {**to_json(an_order()), "number": "SO-NGAU-NHIEN-1"}
    with pytest.raises(ValueError, match="number"):
        from_json(PostalOrder, facts)
    long = "H" * 60
    kept = order_number(long, PostDirection.COLLECT, 1, longest=33)
    assert PostalOrder(kept, long, PostDirection.COLLECT, 1, CITIZEN, OFFICE, "x").number == kept


def test_messages_are_those_of_the_contract(clock):
    """Samples written by hand: a field that is misspelt here would be misspelt in no other place."""
    table, ours = places("sandbox"), settings()

    assert translate.order(an_order(), ours, table, TODAY) == SAMPLES["order"]
    assert translate.price_request(OFFICE.place, CITIZEN.place, 200, ours, table, TODAY) == SAMPLES["price"]
    assert translate.document(a_document(), ours, table, TODAY) == SAMPLES["document"]
    assert translate.notice(a_notice(clock), ours) == SAMPLES["notice"]
    more = translate.order(an_order(item_code="HCC1"), settings(flag_config=2), table, TODAY)
    assert (more["ItemCode"], more["FlagConfig"]) == ("HCC1", 2)


def test_a_place_that_the_post_does_not_know_is_an_error_before_anything_leaves(post):
    """A guessed district sends a certificate to a stranger."""
    lost = an_order(receiver=translate.PostParty(name="A", phone="1", place=Place(province="99", detail="x")))

    with pytest.raises(Rejected, match="post_places") as refused:
        post.client.send_order(lost)
    assert refused.value.code == "not-sent"
    assert post.sandbox.received["send_order"] == 0
    with pytest.raises(MappingError):
        places("sandbox").of(Place(province="99"), TODAY)


def test_the_table_of_places_is_dated(tmp_path):
    """Districts ended in July 2025; the Post's numbers go on to change."""
    file = tmp_path / "places.csv"
    head = "unit,province,district,valid_from,valid_to\n"
    file.write_text(
        head + "52,1,2,2020-01-01,2025-06-30\n52,3,4,2025-07-01,\n52.001,5,6,2020-01-01,\n", "utf-8"
    )
    table = places(str(file))

    assert table.of(Place(province="52"), date(2025, 6, 30)).province == 1
    assert table.of(Place(province="52"), date(2025, 7, 1)).province == 3
    assert table.of(Place(province="52", district="001", commune="00000"), TODAY).province == 5
    for at, bad in enumerate(
        ["unit\n", head + "52,một,2,2020-01-01,\n", head + "52,1\n", head + "x,1,2,2020-01-01,\n"]
    ):
        wrong = tmp_path / f"{at}.csv"
        wrong.write_text(bad, "utf-8")
        with pytest.raises(ValueError, match="line"):
            places(str(wrong))


def test_an_order_with_somebody_nobody_could_find_does_not_leave(post):
    """A missing telephone is found by us, not by the postman; the error holds no person."""
    nobody = an_order(receiver=translate.PostParty(name=PERSON[0], phone=" ", place=CITIZEN.place))
    with pytest.raises(Rejected, match="ReceiverTel") as refused:
        post.client.send_order(nobody)
    assert not [word for word in PERSON if word in str(refused.value)]


def test_100_is_done_and_101_is_there_already(post):
    """The second answer is a success for who asked, and no second parcel."""
    assert post.client.send_order(an_order()) == "100"
    with pytest.raises(AlreadyDone) as again:
        post.client.send_order(an_order())
    assert again.value.code == "101"
    assert post.books()["parcels"] == 1
    assert post.books()["orders"][an_order().number]["sent"] == 2


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b'{"Status": "500", "Message": "System.NullReferenceException"}', OutcomeUnknown),
        (b'{"Status": "777"}', OutcomeUnknown),
        (b'{"Status": 300}', Rejected),
        (b'{"Message": "OK"}', ContractBroken),
        (b'{"Status": null}', ContractBroken),
        (b'{"Status": true}', ContractBroken),
        (b'{"Status": "100", "Status": "300"}', ContractBroken),
        (b'["100"]', ContractBroken),
        (b'"100"', ContractBroken),
        (b"\xff\xfe", ContractBroken),
    ],
)
def test_a_body_that_says_no_is_never_taken_for_sent(post, clock, answer, error):
    """One program marked orders as sent although the body said error; another made up 500 of its own exceptions."""
    replaying = Replaying(post.sandbox, "send_order", SandboxAnswer(200, {}, answer))
    server = serve(replaying)
    connection = connected(settings(server.url, refused_codes=["300"]), clock=clock)
    try:
        with pytest.raises(error) as found:
            connection.client.send_order(an_order())
        assert type(found.value) is error
    finally:
        connection.transports[0].close()
        server.close()


def test_an_empty_waybill_pool_is_no_order(make):
    """The other path, without a waybill, goes on."""
    post = make(sandbox={"item_codes": 0}, refused_codes=["300"])
    with pytest.raises(Rejected):
        post.client.send_order(an_order(item_code="HCC1"))
    assert post.books()["parcels"] == 0
    assert post.client.send_order(an_order()) == "100"


def test_a_cancelled_order_is_cancelled_once(post):
    """Cancelling is by our own number; the same again changes nothing."""
    post.client.send_order(an_order())
    for _ in range(2):
        assert post.client.cancel_order(an_order().number) == "100"
    assert post.books()["orders"][an_order().number]["state"] == "cancelled"


def test_what_a_facade_does_not_have_is_declared(make):
    """Not found out by an exception in the night."""
    post = make(Facade.PROVINCE)
    assert post.client.offers("send_order")
    assert not post.client.offers("cancel_order")
    with pytest.raises(Rejected) as refused:
        post.client.cancel_order("x")
    assert refused.value.code == "not-offered"


def test_price_and_document_of_the_ministry(make):
    """Whole đồng, and the papers that go with an order."""
    post = make(Facade.LGSP)
    assert post.client.ask_price(OFFICE.place, CITIZEN.place, 200).amount == 18_000
    post.client.send_order(an_order())
    assert post.client.push_document(a_document()) == "100"
    assert post.books()["orders"][an_order().number]["documents"] == 1


@pytest.mark.parametrize("raw", ["18000.5", '"18.000"', "-1", "true", "null", "1e20"])
def test_a_price_that_is_no_whole_dong_is_no_price(make, clock, raw):
    """Never nothing, zero or a guess."""
    post = make(Facade.LGSP)
    body = f'{{"content": {{"price": {raw}}}}}'.encode()
    server = serve(Replaying(post.sandbox, "ask_price", SandboxAnswer(200, {}, body)))
    connection = connected(settings(server.url, Facade.LGSP), clock=clock)
    try:
        with pytest.raises(ContractBroken, match=r"content\.price"):
            connection.client.ask_price(OFFICE.place, CITIZEN.place, 200)
    finally:
        connection.transports[0].close()
        server.close()


def test_the_feed_is_read_page_by_page_to_its_end_and_no_further(make):
    """One program read it by recursion without end; here the cursor moves or the page is refused."""
    post = make(page_size=2)
    post.client.send_order(an_order())
    for note in range(5):
        post.event(order_number=an_order().number, status="2" if note < 4 else "4")
    cursor, seen, pages = "", [], 0
    while True:
        page = post.client.read_tracking(cursor)
        seen += page.events
        cursor, pages = page.cursor, pages + 1
        if not page.more:
            break
    assert (pages, len(seen)) == (3, 5)
    assert [event.state for event in seen] == [PostState.PENDING] * 4 + [PostState.DELIVERED]
    assert seen[0].status == "2"
    nothing_new = post.client.read_tracking(cursor)
    assert (nothing_new.events, nothing_new.cursor, nothing_new.more) == ((), cursor, False)


def page(*lines, **changes):
    return {"_size": 9, "_returned": len(lines), "_embedded": {"rh:doc": list(lines)}, **changes}


def line(number: int = 1, **changes):
    first = SAMPLES["page"]["_embedded"]["rh:doc"][0]
    return {**first, "_id": {"$oid": f"{number:024x}"}, **changes}


@pytest.mark.parametrize(
    "body",
    [
        page(line(2), line(1)),
        page(line(1), line(1)),
        page(line(0)),
        page(line(1, _id={"$oid": "xyz"})),
        page(line(1, _id=None)),
        page(line(1), _returned=2),
        page(_returned=None),
        {"_returned": 0},
        {"_returned": 0, "_embedded": {"rh:doc": None}},
        page("x"),
        [],
    ],
    ids=range(11),
)
def test_a_page_that_does_not_go_forward_or_is_half_is_refused(post, clock, body):
    """A line that was skipped is a certificate that nobody waits for."""
    raw = json.dumps(body).encode()
    server = serve(Replaying(post.sandbox, "read_tracking", SandboxAnswer(200, {}, raw)))
    connection = connected(settings(server.url), clock=clock)
    try:
        with pytest.raises(ContractBroken):
            connection.client.read_tracking()
    finally:
        connection.transports[0].close()
        server.close()


def test_a_line_that_cannot_be_read_stops_nobody_else(post, clock):
    """It is shown to a person by its id; the cursor goes past it."""
    lines = (
        line(1, EventTime="hôm qua"),
        line(2, CustomerCode="NGUOI-KHAC"),
        line(3, OrderNumber=None),
        line(4, StatusCode=[4]),
        line(5, StatusCode=4),
        line(6, EventTime="31/02/2026 10:00:00"),
    )
    server = serve(
        Replaying(post.sandbox, "read_tracking", SandboxAnswer(200, {}, json.dumps(page(*lines)).encode()))
    )
    connection = connected(settings(server.url), clock=clock)
    try:
        found = connection.client.read_tracking()
    finally:
        connection.transports[0].close()
        server.close()
    assert [event.id[-1] for event in found.events] == ["5"]
    assert [words.partition(":")[0] for _, words in found.unreadable] == [
        "EventTime",
        "CustomerCode",
        "OrderNumber",
        "StatusCode",
        "EventTime",
    ]
    assert found.cursor.endswith("6")


def test_the_page_of_the_contract_is_read(post, clock):
    """Codes as number and as text, both forms of the time, a null note."""
    server = serve(
        Replaying(post.sandbox, "read_tracking", SandboxAnswer(200, {}, json.dumps(SAMPLES["page"]).encode()))
    )
    connection = connected(settings(server.url), clock=clock)
    try:
        first, second = connection.client.read_tracking().events
    finally:
        connection.transports[0].close()
        server.close()
    assert first.at == datetime(2026, 11, 24, 2, 15, tzinfo=UTC)
    assert second.at == datetime(2026, 11, 24, 8, 40, tzinfo=UTC)
    assert (first.state, second.state, second.post_point) == (
        PostState.PENDING,
        PostState.DELIVERED,
        "590000",
    )
    assert from_json(TrackingEvent, to_json(second)) == second


def test_the_status_table_is_dated_and_total():
    """A code has a meaning on that day, or it is an error."""
    assert status("4", TODAY).state is PostState.DELIVERED
    assert status("4", TODAY, of="opencps").state is PostState.CANCELLED
    for code, day in (("2", TODAY), ("4", date(2019, 1, 1)), ("", TODAY)):
        with pytest.raises(MappingError):
            status(code, day)
    assert len({(row.of, row.code, row.valid_from) for row in statuses()}) == len(statuses())


def delivered(moment: datetime, number: str = "", point: str = "590000", code: str = "4") -> TrackingEvent:
    state = PostState.DELIVERED if code == "4" else PostState.PENDING
    return TrackingEvent("1", number or an_order().number, "", code, state, moment, post_point=point)


def test_cash_is_owed_by_the_post_only_once_it_was_delivered(clock):
    """Ordered is not collected, and collected is not paid out."""
    before = cash_on_delivery(an_order())
    after = cash_on_delivery(an_order(), delivered(clock.now()))

    assert (before.amount, before.currency, before.collected) == (30_000, "VND", False)
    assert (after.amount, after.collected, after.collected_at) == (30_000, True, clock.now())
    assert not cash_on_delivery(an_order(), delivered(clock.now(), code="2")).collected
    with pytest.raises(ValueError, match="another order"):
        cash_on_delivery(an_order(), delivered(clock.now(), "X-R1"))
    with pytest.raises(ValueError, match="below zero"):
        an_order(cod_amount=-1)


def test_counters_of_the_scheme_count_every_dossier_once(clock):
    """Received, digitised and returned per post point; days are days of Việt Nam."""
    monday = clock.now()
    late = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)  # Tuesday 01:00 here
    acts = [
        PointAct(PointActKind.RECEIVED, "590000", "A", monday),
        PointAct(PointActKind.RECEIVED, "590000", "A", monday + timedelta(hours=1)),
        PointAct(PointActKind.DIGITISED, "590000", "A", monday),
        PointAct(PointActKind.RECEIVED, "590010", "B", monday),
        PointAct(PointActKind.RETURNED, "590000", "C", late),
    ]
    first, second = counted(acts, TODAY, TODAY)

    assert (first.post_point, first.received, first.digitised, first.returned) == ("590000", 1, 1, 0)
    assert (second.post_point, second.received) == ("590010", 1)
    assert counted(acts, TODAY, TODAY + timedelta(days=1))[0].returned == 1
    event = delivered(monday)
    assert act_of(event, CODE, PostDirection.RETURN) == PointAct(
        PointActKind.RETURNED, "590000", CODE, monday
    )
    assert act_of(event, CODE, PostDirection.COLLECT).kind is PointActKind.RECEIVED
    assert act_of(delivered(monday, point=""), CODE, PostDirection.RETURN) is None
    assert act_of(delivered(monday, code="2"), CODE, PostDirection.RETURN) is None


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"done_codes": ["100", "101"]}, "two of"),
        ({"routes": {"bay": {"path": "/x"}}}, "no message"),
        ({"places_file": ""}, "places_file"),
        ({"customer_code": ""}, "customer_code"),
        ({"base_url": "http://buudien.example"}, "https"),
        ({"longest_order_number": 20}, "longest_order_number"),
        ({"base_url": "https://buudien.example"}, "made up"),
    ],
)
def test_wrong_settings_stop_the_process(changes, words):
    """With the name of what is wrong."""
    with pytest.raises(ValueError, match=words):
        Settings(**{**settings().model_dump(), "credentials": {"style": "none"}, **changes})


def test_the_sandbox_refuses_what_is_not_published(post):
    """A sandbox that takes everything proves nothing."""
    body = {**SAMPLES["order"], "SenderProvince": "5900"}
    for wrong in (body, {**SAMPLES["order"], "extra": 1}, {**SAMPLES["order"], "CODAmount": 1.5}):
        raw = json.dumps(wrong).encode()
        request = SandboxRequest("POST", "/post/province/order", {}, {"access_token": SECRET}, raw)
        assert json.loads(post.sandbox.handle(request).body)["Status"] == "300"
    assert post.books()["parcels"] == 0
