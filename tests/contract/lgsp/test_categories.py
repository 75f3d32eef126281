"""Shared categories: read as they stand, written once, and found again after a lost answer."""

from __future__ import annotations

import pytest

from connectors.errors import AlreadyDone, ContractBroken, OutcomeUnknown, Rejected
from connectors.kit.effects import Call, Done, NotDone, Undecided
from connectors.kit.sandbox import Fault, SandboxAnswer, serve
from connectors.lgsp.connect import connected
from connectors.lgsp.sandbox import LgspSandbox
from tests.contract.conformance import Replaying
from tests.contract.lgsp.conftest import settings
from tests.support.clock import VirtualClock

THIRD = [{"MA": "3", "TEN": "Khác"}]
JSON = {"Content-Type": "application/json"}


def test_categories_are_read_exactly(platform):
    """Numbers keep their digits, whatever they were typed as."""
    client = platform.client()
    assert client.category("magioitinh") == [{"MA": "1", "TEN": "Nam"}, {"MA": "2", "TEN": "Nữ"}]
    assert [row["THU_TU"] for row in client.category("donvihanhchinhcap1")] == ["1", "2.5"]
    assert client.category_metadata("magioitinh")[1]["PropertyName"] == "Tên"
    assert {row["CategoryCode"] for row in client.all_categories()} == {"magioitinh", "donvihanhchinhcap1"}


@pytest.mark.parametrize("code", ["", "a/b", "../token", "a?x=1", "mã", "a" * 65])
def test_a_code_that_would_lead_elsewhere_is_not_asked(platform, code):
    """A code becomes part of an address."""
    with pytest.raises(Rejected, match="not-sent"):
        platform.client().category(code)
    assert not platform.sandbox.received


def test_a_category_that_is_not_there_is_refused(platform):
    """Not an empty one."""
    with pytest.raises(Rejected) as caught:
        platform.client().category("khongco")
    assert caught.value.code == "404"


def test_rows_are_added_once(platform):
    """The same rows again are done already; other rows under the same code are refused."""
    client = platform.client()
    assert client.write_category("magioitinh", THIRD) == 1
    with pytest.raises(AlreadyDone):
        client.write_category("magioitinh", THIRD)
    with pytest.raises(Rejected) as caught:
        client.write_category("magioitinh", [{"MA": "3", "TEN": "Chưa rõ"}])
    assert not isinstance(caught.value, AlreadyDone)
    with pytest.raises(OutcomeUnknown, match="1 of 2"):
        client.write_category("magioitinh", [*THIRD, {"MA": "4", "TEN": "x"}])
    assert len(platform.books()["categories"]["magioitinh"]["rows"]) == 3


def test_duplicate_without_a_look_is_unknown(platform):
    """They say duplicate and then nothing more."""
    platform.sandbox.faults.add(Fault("category", "closed"))
    client = platform.client()
    client.write_category("magioitinh", THIRD)
    with pytest.raises(OutcomeUnknown, match="duplicate"):
        client.write_category("magioitinh", THIRD)


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [{}],
        [{"MA": "1"}, {"TEN": "x"}],
        [*THIRD, *THIRD],
        [{"MA": 3, "TEN": "x"}],
        [{"MA": "3", "TEN": "\0"}],
    ],
)
def test_rows_that_make_no_sense_do_not_leave(platform, rows):
    """A shared list is read by the whole province."""
    with pytest.raises(Rejected, match="not-sent"):
        platform.client().write_category("magioitinh", rows)
    assert not platform.sandbox.received


def writing(body):
    sandbox = Replaying(LgspSandbox(clock=VirtualClock()), "write_category", SandboxAnswer(200, JSON, body))
    with serve(sandbox) as server:
        client = connected(settings(server.url), clock=VirtualClock()).client
        return client.write_category("magioitinh", THIRD)


def test_their_count_is_a_text_or_a_number():
    """The text is what was seen."""
    assert writing(b'{"MSG":"Done","Count":"1"}') == 1
    assert writing(b'{"MSG":"DONE ","Count":1}') == 1


@pytest.mark.parametrize(
    "body",
    [b'{"MSG":"Done","Count":"0"}', b'{"MSG":"Done","Count":"2"}', b'{"MSG":"Done"}', b'{"MSG":"","Count":"1"}',
     b'{"Count":"1"}', b'{"MSG":"Error","Count":"1"}', b'{"MSG":"Done","Count":"1.5"}', b"[]", b"Done"],
)  # fmt: skip
def test_words_that_are_not_agreed_leave_the_outcome_unknown(body):
    """Also 'done' with another number of rows than were sent."""
    with pytest.raises(OutcomeUnknown):
        writing(body)


@pytest.mark.parametrize(
    "body",
    [b"{}", b"[1]", b'[{"MA":{}}]', b'[{"MA":[1]}]', b'[{"MA":"1","MA":"2"}]', b'{"data":[]}', b"null"],
)
def test_rows_of_another_shape_are_broken(body):
    """Half a list read as a whole one would drop codes silently."""
    sandbox = Replaying(LgspSandbox(clock=VirtualClock()), "category", SandboxAnswer(200, JSON, body))
    with serve(sandbox) as server:
        client = connected(settings(server.url), clock=VirtualClock()).client
        with pytest.raises(ContractBroken):
            client.category("magioitinh")


def test_a_wrapper_by_profile():
    """Some platforms put a list under a name."""
    body = b'{"data":[{"MA":true,"TEN":null}]}'
    sandbox = Replaying(LgspSandbox(clock=VirtualClock()), "category", SandboxAnswer(200, JSON, body))
    with serve(sandbox) as server:
        client = connected(settings(server.url, category_wrapper="data"), clock=VirtualClock()).client
        assert client.category("magioitinh") == [{"MA": "true", "TEN": ""}]


def test_a_lost_write_is_found_by_reading(platform):
    """All there is done, none is no proof, some is a person's."""
    made = connected(settings(platform.url), clock=VirtualClock()).operations
    [write] = [o for o in made if o.name == "write_category"]
    assert not write.not_found_is_proof
    two = [*THIRD, {"MA": "4", "TEN": "Bốn"}]
    call = Call("k", "", {"category": "magioitinh", "rows": two})
    assert isinstance(write.look_up(call), NotDone)
    platform.client().write_category("magioitinh", THIRD)
    assert isinstance(write.look_up(call), Undecided)
    platform.client().write_category("magioitinh", two[1:])
    assert isinstance(write.look_up(call), Done)
