"""The effect page: masked for everybody, whole for who may and says why, and that is written down."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest

from adapters.ports import Edge
from jobs.access.demo import PASSWORD, PEOPLE, add_demo_people
from jobs.access.model import Role
from jobs.access.service import Access
from jobs.evidence.keeper import Keeper
from jobs.evidence.service import Evidence
from jobs.store.postgres.store import PgStore
from tests.contract.kit.conftest import plain, served  # noqa: F401 - fixtures
from tests.integration.edge.serving import visiting
from tests.integration.edge.stand_ins import AnyDesk, StandStill, a_clock
from tests.integration.evidence.conftest import CODE, MASTER, NAME, NUMBER
from tests.integration.evidence.test_bodies import ANSWER, delivered

LOGINS = {person.roles[0]: person.login for person in PEOPLE}


@pytest.fixture
def store(empty_database) -> Iterator[PgStore]:
    made = PgStore(empty_database, a_clock(), keeper=Keeper([MASTER]))
    yield made
    made.close()


@pytest.fixture
def page(store, empty_database, plain, served) -> Iterator[tuple[httpx.Client, str]]:  # noqa: F811
    """A browser, and the page of an effect that was delivered."""
    plain.answer = plain.answer.__class__(200, {"Content-Type": "application/json"}, ANSWER)
    delivered(store, store.clock, served, ("a", CODE))
    access = Access(store)
    add_demo_people(access, sandbox=True)
    with store.transaction("look") as tx:
        number = tx.fetch_one("select id from effect")["id"]
    edge = Edge(
        dsn=empty_database, store=store, clock=store.clock, ids=StandStill(), access=access, wake=lambda _: None,
        effects=AnyDesk(), evidence=Evidence(store, store.keeper), sandbox=True,
    )  # fmt: skip
    with visiting(edge) as client:
        client.headers["sec-fetch-site"] = "same-origin"
        yield client, f"/effects/{number}"


def sign_in(client: httpx.Client, role: Role) -> None:
    client.cookies.clear()
    answer = client.post("/sign-in", data={"login": LOGINS[role], "password": PASSWORD, "next": "/"})
    assert answer.status_code == 303


def unmask(client: httpx.Client, path: str, reason: str) -> httpx.Response:
    form = re.search(rf'<form action="{path}/exchanges".*?</form>', client.get(path).text, re.DOTALL)
    hidden = (
        dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form.group(0))) if form else {}
    )
    return client.post(f"{path}/exchanges", data={**hidden, "reason": reason})


def looks(store: PgStore) -> list[tuple[str, str]]:
    with store.transaction("look") as tx:
        rows = tx.fetch("select actor, reason from audit where action = 'see-exchanges' order by id")
    return [(row["actor"], row["reason"]) for row in rows]


def test_everybody_sees_what_was_called_and_nobody_who_it_was_about(page, store):
    """Path, sizes and codes answer most questions; no name is needed for them."""
    client, path = page
    for role in Role:
        sign_in(client, role)
        text = client.get(path).text
        assert "POST · /write · 26 byte" in text
        assert NAME not in text
        assert NUMBER not in text
    assert looks(store) == []


def test_who_may_and_says_why_sees_it_once(page, store):
    """The next look needs its own reason."""
    client, path = page
    sign_in(client, Role.OPERATOR)
    answer = unmask(client, path, "Công dân khiếu nại")

    assert answer.status_code == 200
    assert NAME in answer.text
    assert NUMBER in answer.text
    assert looks(store) == [(f"person:{LOGINS[Role.OPERATOR]}", "Công dân khiếu nại")]
    assert NAME not in client.get(path).text


@pytest.mark.parametrize(
    ("role", "reason", "status"),
    [(Role.VIEWER, "tò mò", 403), (Role.ADMINISTRATOR, "tò mò", 403), (Role.OPERATOR, " ", 422)],
)
def test_nobody_else_sees_it(page, store, role, reason, status):
    """Without the right or a reason there is neither a body nor a row."""
    client, path = page
    sign_in(client, role)
    answer = unmask(client, path, reason)

    assert answer.status_code == status
    assert NAME not in answer.text
    assert looks(store) == []


def test_an_answer_cannot_speak_as_the_page(page, store, plain, served):  # noqa: F811
    """What others send is text, whatever it looks like."""
    client, path = page
    plain.answer = plain.answer.__class__(200, {}, b"<script>alert(1)</script>\xff\x00")
    delivered(store, store.clock, served, ("b", CODE))
    sign_in(client, Role.OPERATOR)
    number = int(path.rsplit("/", 1)[1]) + 1
    text = unmask(client, f"/effects/{number}", "vì sao").text

    assert "<script>alert(1)" not in text
    assert "&lt;script&gt;alert(1)" in text
