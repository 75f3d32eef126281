"""The doors of the signature CAs over the real application: an early question, and never more."""

from __future__ import annotations

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from adapters.ports import Edge
from adapters.webhooks.signing import hint_doors
from connectors.kit.seams import RandomIds
from jobs.access.service import Access
from jobs.store.postgres import signatures as rows
from tests.contract.mysign import conftest as mysign_world
from tests.contract.smartca import conftest as smartca_world
from tests.integration.edge.serving import visiting
from tests.integration.signatures.conftest import CODE

NOTIFY, TOKEN, RESULT = "/webhooks/smartca/notify", "/webhooks/mysign/token", "/webhooks/mysign/result"


@pytest.fixture
def door(world: Any) -> Iterator[Any]:
    url = "http://127.0.0.1:9"
    sections = SimpleNamespace(
        smartca=smartca_world.settings(url),
        mysign=mysign_world.settings(url, hook_user="viettel", hook_password="mat-khau-cho-viettel"),
    )
    edge = Edge(
        dsn=world.dsn, store=world.store, clock=world.clock, ids=RandomIds(), access=Access(world.store), wake=lambda _: None,
        signatures=world.signatures, hints=hint_doors(sections, world.clock), sandbox=True,
    )  # fmt: skip
    with visiting(edge) as client:
        yield client


def push(transaction: str, **changes: Any) -> bytes:
    message = {
        "sp_id": "sp-tinh",
        "status_code": 200,
        "message": "SUCCESS",
        "transaction_id": transaction,
        "signed_files": [],
    }
    return json.dumps({**message, **changes}).encode()


def test_a_push_makes_the_question_come_early(world, door):
    """The signer agreed while the pause was a minute long."""
    world.citizen("smartca", after_seconds=70)
    session = world.open(world.paper(), provider="smartca")
    world.work()
    for _ in range(40):
        world.later(seconds=1)
    world.clock.advance(30)
    with world.store.transaction("far") as tx:
        tx.execute("update signing_session set ask_at = %s + interval '1 hour'", (tx.now,))
    world.work()
    assert world.state(session) == ("waiting", "")

    answer = door.post(NOTIFY, content=push(f"KY-{session.id}"))
    world.work()

    assert (answer.status_code, answer.json()) == (200, {})
    assert world.state(session) == ("signed", "")


def test_nobody_learns_which_sessions_there_are(world, door):
    """The same answer for a session that is not there."""
    session = world.open(world.paper(), provider="smartca")
    known = door.post(NOTIFY, content=push(f"KY-{session.id}"))
    unknown = door.post(NOTIFY, content=push("KY-khong-co"))
    assert (known.status_code, known.content) == (unknown.status_code, unknown.content)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (push("KY-1", sp_id="khac"), 401),
        (b"", 400),
        (b"[]", 400),
        (push("KY-1")[:-9], 400),
        (push("KY'; drop table"), 400),
        (b"{" * 5000, 400),
        (b" " * 1_000_001, 413),
    ],
)
def test_what_is_not_theirs_changes_nothing(world, door, body, status):
    """Another partner's, cut, empty, of another shape, too long."""
    session = world.open(world.paper(), provider="smartca")
    assert door.post(NOTIFY, content=body).status_code == status
    assert world.state(session) == ("asked", "")


def test_viettel_takes_a_token_first(world, door):
    """Without it nothing is taken."""
    issued = {"client_id": "viettel", "client_secret": "mat-khau-cho-viettel"}
    body = json.dumps({"meta_data": {"transaction_id": "VT-1", "status": 1, "description": ""}}).encode()
    assert door.post(RESULT, content=body).status_code == 401
    assert door.post(TOKEN, json={**issued, "client_secret": "sai"}).status_code == 401

    token = door.post(TOKEN, json=issued).json()["access_token"]
    answer = door.post(RESULT, content=body, headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.json()) == (200, {"status_code": "00"})


def test_the_dossiers_page_shows_verdicts_and_no_name(world):
    """What the page is given: the signer masked, unsigned papers left out."""
    world.open(world.paper("Trần Thị Ký Thử.pdf"))
    world.work()
    world.validation.run()

    with world.store.transaction("look") as tx:
        [shown] = rows.verdicts_of(tx, CODE)
    assert (shown["verdict"], shown["signers"]) == ("VALID", ["T. T. K. T. •••••••••011"])
