"""Lists that we read: once, acknowledged after the commit, by a cursor that never runs ahead of what was kept."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.errors import ContractBroken, Unavailable
from connectors.judicial_records.client import Read
from jobs.inbound.pulling import Pulls
from mappings.canonical.dossier import DossierState
from mappings.canonical.inbound import DossierNews, NewsKind
from mappings.canonical.post import PostState, TrackingEvent, TrackingPage
from tests.contract.igate.conftest import new_dossier
from tests.integration.inbound.conftest import CODE

AT = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


def event(number: int, state: PostState = PostState.DELIVERED, order: str = f"{CODE}-R1") -> TrackingEvent:
    return TrackingEvent(f"{number:024x}", order, "EX1VN", "400", state, AT, post_point="590100")


class Post:
    """A feed of two pages and what is read of it."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.away = 0

    def read_tracking(self, cursor: str = "") -> TrackingPage:
        self.asked.append(cursor)
        if self.away:
            self.away -= 1
            raise Unavailable("closed", system="post", operation="read_tracking")
        if not cursor:
            return TrackingPage((event(1, PostState.REGISTERED), event(2)), "c2", more=True)
        if cursor == "c2":
            return TrackingPage(
                (event(3, order="khong-phai-cua-ta"),), "c3", more=False, unreadable=(("9", "_id: is no id"),)
            )
        return TrackingPage((), cursor, more=False)


def test_tracking_is_read_on_from_where_it_was_kept(world):
    """Each line once, on the dossier's time line; a line of nobody is a persons matter."""
    world.dossier()
    post = Post()
    pulls = Pulls(world.store, {"post": post})
    assert pulls.run() == 3
    assert pulls.run() == 0
    for _ in range(4):
        world.work()
        world.later(minutes=2)

    assert post.asked == ["", "c2", "c3"]
    assert world.line() == ["inbound.tracking", "inbound.tracking"]
    assert world.told() == [], "the case system is not told where a parcel is"
    assert set(world.cases()) == {"inbound_parked", "inbound_unreadable"}


def test_a_run_that_was_cut_off_reads_the_same_page_again(world):
    """The cursor moves after its lines."""
    world.dossier()
    post = Post()
    pulls = Pulls(world.store, {"post": post})
    real = post.read_tracking

    def cut(cursor: str = "") -> Any:
        page = real(cursor)
        if cursor == "c2":
            raise ContractBroken("cut", system="post", operation="read_tracking")
        return page

    post.read_tracking = cut
    pulls.run()
    post.read_tracking = real
    pulls.run()

    assert world.all("select count(*) from inbound_news") == [(3,)]
    assert world.all("select cursor from inbound_cursor") == [("c3",)]


class Register:
    """Criminal records: dossiers handed in there, and states."""

    def fetched(self, kind: str) -> Read:
        if kind == "direct":
            return Read((), ((0, "declarationCode: is empty"),))
        news = DossierNews(
            "judicial_records", NewsKind.NEW_DOSSIER, "fetched:77", "LLTP-77",
            facts={"their_id": "77"}, dossier=new_dossier("LLTP-77"),
        )  # fmt: skip
        return Read((news,))

    def changed_states(self) -> Read:
        made = DossierNews(
            "judicial_records", NewsKind.STATE, "s:1", CODE, state=DossierState.PROCESSING, facts={"their_id": "8"}
        )  # fmt: skip
        return Read((made,))


def test_what_the_register_shows_is_acknowledged_when_it_is_kept(world):
    """Once each, in the commit of the news; read again it stays one."""
    world.dossier()
    pulls = Pulls(world.store, {"judicial_records": Register()})
    assert (pulls.run(), pulls.run()) == (2, 0)

    planned = world.all("select operation, payload from effect order by id")
    assert planned == [
        ("acknowledge", {"kind": "online", "ids": ["77"]}),
        ("acknowledge", {"kind": "states", "ids": ["8"]}),
    ]
    assert world.cases()["inbound_unreadable"]["door"] == "direct"


class Portal:
    """A feed that mostly tells what we told."""

    def states(self) -> Any:
        told = [DossierState.PROCESSING, DossierState.WITHDRAWN, DossierState.DONE]
        news = [
            DossierNews("dvcqg", NewsKind.STATE, f"state:{state}", CODE, state=state, their_state="x")
            for state in told
        ]
        return tuple(news), ("#3: MaHoSo: is missing",)


def test_what_we_told_the_portal_is_no_news_when_it_is_read_back(world):
    """Only what the citizen does there comes from there: our own older state would take the case system back."""
    world.dossier(DossierState.PAUSED)
    assert Pulls(world.store, {"dvcqg": Portal()}).run() == 1
    world.work()

    assert world.states() == [("applied", "moves")]
    assert [each["state"] for each in world.told()] == [7]


@pytest.mark.parametrize("broken", [Unavailable, ContractBroken])
def test_one_system_that_is_away_stops_no_other(world, broken):
    """Each list on its own."""
    world.dossier()

    class Away:
        def states(self) -> Any:
            raise broken("x", system="dvcqg", operation="states")

    assert Pulls(world.store, {"dvcqg": Away(), "post": Post()}).run() == 3
