"""A dossier's way at the sandbox, its callbacks read by our own door."""

from __future__ import annotations

import json

import pytest

from connectors.errors import Forged
from connectors.kit.sandbox import Sandbox, SandboxAnswer, SandboxRequest, serve
from connectors.land import notifications
from connectors.land.settings import Product
from mappings.canonical.dossier import DossierState
from mappings.canonical.inbound import NewsKind
from mappings.tables.state_order import may_apply
from tests.contract.land.conftest import RECEIPT, dossier
from tests.support.waiting import eventually


class Door(Sandbox):
    """Our edge, as thin as it can be: verify, read, answer."""

    def __init__(self, settings) -> None:
        super().__init__()
        self.settings, self.news, self.forged = settings, [], 0

    def knows(self, request: SandboxRequest) -> bool:
        return True

    def handle(self, request: SandboxRequest) -> SandboxAnswer:
        path = request.path.removeprefix("/webhooks/land").encode()
        try:
            news = notifications.verified(
                path, request.raw_query.encode(), request.body, settings=self.settings
            )
        except Forged:
            self.forged += 1
            return SandboxAnswer(403, {}, b"{}")
        self.news.append(news)
        body = notifications.answer(True, "", Product(self.settings.product))
        return SandboxAnswer(200, {"Content-Type": "application/json"}, body)


@pytest.fixture(params=["vbdlis", "ilis"])
def way(request):
    """A register and our door."""
    land = request.getfixturevalue(request.param)
    door = Door(land.settings)
    with serve(door) as server:
        land.sandbox.callback_url = f"{server.url}/webhooks/land"
        yield land, door


def test_a_dossier_goes_its_way_and_its_result_is_fetched(way):
    """Handed over, moved, taxed, ended; the rule lets each of it change what it may."""
    land, door = way
    land.client.hand_over(dossier(), agency="")
    land.control("run", receipt=RECEIPT, steps=["moved", "tax", "supplement", "supplemented", "finished"])
    eventually(lambda: len(door.news) == 5 and not land.books()["waiting"])

    state = DossierState.RECEIVED
    for news in door.news:
        if may_apply(state, news):
            state = news.state
    assert state is DossierState.DONE
    [paper] = door.news[-1].results
    assert land.client.fetch(paper.file.url, agency="").content.startswith(b"%PDF")
    assert [note["result"] for note in land.books()["callbacks"]] == [1] * 5
    assert len({news.key for news in door.news}) == 5


def test_a_callback_before_our_own_answer_proves_the_hand_over(way):
    """Nobody knows the dossier by our answer yet; the news itself says that they have it."""
    land, door = way
    land.control("run", receipt=RECEIPT, steps=["moved"])
    eventually(lambda: door.news)
    assert door.news[0].kind is NewsKind.STATE
    assert notifications.proves_hand_over(door.news[0])


def test_a_forged_callback_is_refused_at_the_door(way):
    """Whoever knows the address but not the code changes nothing."""
    land, door = way
    land.control("callback", operation="KetThucHoSo", body={"SoBienNhan": RECEIPT}, code="x" * 20)
    eventually(lambda: door.forged == 1)
    assert door.news == []
    eventually(lambda: land.books()["callbacks"][0]["status"] == 403)


def test_the_books_tell_a_checker_what_they_have(way):
    """Without a line of the product."""
    land, _ = way
    land.client.hand_over(dossier(), agency="")
    assert json.dumps(land.books())
    assert land.books()["dossiers"][RECEIPT]["asked_again"] == 0
