"""Cut-over in the middle of everything, on PostgreSQL and two case systems on real ports: the engine itself claims and asks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from connectors import registry
from connectors.errors import Unavailable
from connectors.igate import sides
from connectors.igate.connect import connected
from connectors.kit.effects import Call
from connectors.kit.seams import seeded
from connectors.kit.shadow import Result
from connectors.kit.sidebyside import MemoryAway
from connectors.kit.switching import Says, Switch
from jobs.access.model import Actor, ActorKind, Role
from jobs.effects.actors import install_limits
from jobs.effects.desk import EffectDesk
from jobs.effects.engine import Engine
from jobs.effects.flow import Limits
from jobs.effects.model import NewEffect
from jobs.intake.feed import Feed
from jobs.refunds.people import Fixed
from jobs.store.postgres import switching as rows
from jobs.switching.claims import Claims
from jobs.switching.service import Sentence, SwitchDesk
from jobs.switching.stored import Differences, StoredSwitch, beside
from mappings.canonical.codec import to_json
from tests.contract.igate.conftest import SECRET, asked, new_dossier, settings
from tests.contract.igate.pair import AGENCY, NEW_PROFILE, OTHER, Pair

SYSTEM = "igate"
ADMIN = Actor(ActorKind.PERSON, "binh")
PEOPLE = Fixed({"binh": Role.ADMINISTRATOR, "an": Role.OPERATOR})
HERE, THERE = f"{AGENCY}-261124-0001", f"{OTHER}-261124-0001"


class NobodyOwed:
    """No money in this world."""

    def dossier_closed(self, *_: Any, **__: Any) -> None:
        return None

    def __getattr__(self, name: str) -> Any:
        return lambda *_, **__: None


class World(Pair):
    """Both case systems before a whole installation."""

    def __init__(self, store: Any, clock: Any, stack: ExitStack, dsn: str) -> None:
        super().__init__(clock, stack)
        self.store, self.dsn = store, dsn
        self.desk = SwitchDesk(store, people=PEOPLE)
        self.shown = beside(store, refresh_seconds=0)
        old, new = (server.url for server in self.servers)
        switch = Switch()
        self.connection = sides.beside(
            connected(settings(old, deadline_seconds=5), clock=clock),
            connected(settings(new, deadline_seconds=5, **NEW_PROFILE), clock=clock),
            switch,
            self.shown,
            clock=clock,
        )
        for transport in self.connection.transports:
            stack.callback(transport.close)
        self.client = self.connection.client
        self.operations = {(SYSTEM, each.name): each for each in self.connection.operations}
        claims = Claims(SYSTEM, switch, sides.facts)
        self.handlers = dict.fromkeys(self.operations, claims)
        self.engine = self.process(1)
        self.feed = Feed(store, self.client, NobodyOwed())
        install_limits(store, {SYSTEM: Limits()})

    def process(self, worker: int) -> Engine:
        """An engine of its own."""
        return Engine(
            self.store, self.operations, self.handlers, clock=self.clock, chance=seeded(7), worker=worker,
            lease=timedelta(seconds=90),
        )  # fmt: skip

    def switch(self, says: str, *, agency: str = "", operation: str = "") -> None:
        """A signed-in person says it now."""
        self.clock.advance(1)
        wanted = Sentence(SYSTEM, Says(says), operation, agency)
        self.desk.say(wanted, reason="quyết định 12", actor=ADMIN)

    def plan(self, key: str, operation: str, code: str, **payload: Any) -> None:
        effect = NewEffect(key, SYSTEM, operation, code, payload, dossier_code=code)
        with self.store.transaction("plan") as tx:
            tx.effects.plan([effect])

    def tell(self, key: str, code: str) -> None:
        """A state that is set: idempotent."""
        with self.store.transaction("look") as tx:
            dossier = tx.dossiers.by_code(code)
        self.plan(
            key, "update_status", code,
            dossier_code=code, source_id=dossier.source_id, status=4, note="Đã đủ phí",
        )  # fmt: skip

    def create(self, key: str, code: str) -> None:
        self.plan(key, "create_dossier", code, dossier=to_json(new_dossier(code, agency=AGENCY)), form={})

    def deliver(self) -> None:
        for _ in range(20):
            if not self.engine.step(SYSTEM):
                return

    def later(self, **span: int) -> None:
        self.clock.advance(timedelta(**span).total_seconds())
        self.deliver()

    def effect(self, key: str) -> Any:
        with self.store.transaction("look") as tx:
            return tx.fetch_one("select * from effect where key = %s", (key,))

    def took(self, key: str) -> str | None:
        with self.store.transaction("look") as tx:
            return rows.taken(tx, SYSTEM, [key]).get(key)

    def told(self, where: Any, code: str) -> int:
        return len(self.book(where, code)["told"])

    def control(self, code: str, status: int) -> None:
        """The dossier goes on in the new one."""
        self.clock.advance(60)
        asked(self.new, "POST", f"/_sandbox/igate/dossiers/{code}/status", {"status": status})

    def both(self, code: str, **facts: Any) -> tuple[str, str]:
        made = self.file(self.old, code, **facts), self.file(self.new, code, **facts)
        self.feed.run()
        return made


@pytest.fixture
def world(pg_store, clock, empty_database) -> Iterator[World]:
    with ExitStack() as stack:
        yield World(pg_store, clock, stack, empty_database)


def test_an_unknown_creation_is_asked_of_the_old_one_after_the_cut_over(world):
    """Lost answer, then cut-over, then the ask."""
    world.fault(world.old, "create_dossier", "lose_answer", times=1)
    world.create("create:1", HERE)
    world.deliver()
    assert (world.effect("create:1")["state"], world.took("create:1")) == ("unknown", "old")

    world.switch("new")
    world.later(minutes=2)

    found = world.effect("create:1")
    assert (found["state"], found["outcome"]["code"]) == ("done", HERE)
    assert not found["outcome"]["source_id"].startswith(sides.MARK)
    assert HERE not in world.new.cases


def test_an_unknown_creation_of_the_new_one_is_asked_there_after_going_back(world):
    """And the other way."""
    world.switch("new")
    world.fault(world.new, "create_dossier", "lose_answer", times=1)
    world.create("create:1", HERE)
    world.deliver()
    world.switch("old")
    world.later(minutes=2)
    found = world.effect("create:1")
    assert found["state"] == "done"
    assert found["outcome"]["source_id"].startswith(sides.MARK)
    assert HERE not in world.old.cases


def test_what_was_unknown_before_there_were_two_belongs_to_the_old_one(world):
    """The first day of the second section."""
    world.fault(world.old, "create_dossier", "lose_answer", times=1)
    world.create("create:1", HERE)
    world.deliver()
    with psycopg.connect(world.dsn, autocommit=True) as connection:
        connection.execute("delete from connector_sent")
    world.switch("new")
    world.later(minutes=2)
    assert world.effect("create:1")["state"] == "done"


def test_a_repeat_in_doubt_stays_and_what_never_left_moves(world):
    """The same key in two systems would be two writes; a call that was refused at the door is none."""
    world.both(HERE)
    world.both(THERE)
    world.fault(world.old, "update_status", "error_after_acting", times=1)
    world.tell("tell:here", HERE)
    world.deliver()
    world.fault(world.old, "update_status", "closed", seconds=30, times=1)
    world.tell("tell:there", THERE)
    world.deliver()
    assert [world.effect(f"tell:{each}")["state"] for each in ("here", "there")] == ["planned", "planned"]

    world.switch("new")
    world.later(minutes=5)

    assert [world.effect(f"tell:{each}")["state"] for each in ("here", "there")] == ["done", "done"]
    assert [world.took(f"tell:{each}") for each in ("here", "there")] == ["old", "new"]
    assert (world.told(world.old, HERE), world.told(world.new, HERE)) == (
        2,
        0,
    )  # one value, set twice in one system
    assert (world.told(world.old, THERE), world.told(world.new, THERE)) == (0, 1)


def test_a_repeat_that_began_before_there_were_two_stays_with_the_old_one(world):
    """In doubt, and nobody remembers where."""
    world.both(HERE)
    world.fault(world.old, "update_status", "error_after_acting", times=1)
    world.tell("tell:1", HERE)
    world.deliver()
    with psycopg.connect(world.dsn, autocommit=True) as connection:
        connection.execute("delete from connector_sent")
    world.switch("new")
    world.later(minutes=5)
    assert (world.effect("tell:1")["state"], world.took("tell:1")) == ("done", "old")


def test_a_dossier_is_created_where_its_code_was_drawn(world):
    """The code was drawn before the cut-over, the creation leaves after it."""
    code = world.client.next_code(AGENCY)
    world.switch("new")
    world.create("create:1", code)
    world.deliver()
    assert (world.effect("create:1")["state"], world.took("create:1")) == ("done", "old")
    assert code not in world.new.cases


def test_a_dossier_goes_with_the_agency_that_has_it_now(world):
    """Its code still begins with another one."""
    world.both(HERE, agency=OTHER)
    world.switch("new", agency=OTHER)
    world.tell("tell:1", HERE)
    world.deliver()
    assert world.took("tell:1") == "new"


def test_a_worker_that_died_leaves_its_row_with_the_version_that_may_have_it(world):
    """Claimed is kept before the first byte: whoever comes after finds it."""
    world.both(HERE)
    world.tell("tell:1", HERE)

    class Died(BaseException):
        pass

    def crash(point: str) -> None:
        if point.startswith("after-send"):
            raise Died

    dying = Engine(
        world.store, world.operations, world.handlers, clock=world.clock, chance=seeded(7), worker=2,
        lease=timedelta(seconds=90), boundary=crash,
    )  # fmt: skip
    with pytest.raises(Died):
        dying.step(SYSTEM)
    world.switch("new")
    world.later(minutes=5)
    assert (world.effect("tell:1")["state"], world.took("tell:1")) == ("done", "old")
    assert world.told(world.new, HERE) == 0


def test_what_a_person_says_was_not_done_goes_where_the_switch_says_now(world):
    """Evidence frees it from the version that has nothing of it."""
    world.fault(world.old, "create_dossier", "lose_request", times=1)
    world.create("create:1", HERE)
    world.deliver()
    world.switch("new")
    desk = EffectDesk(world.store, world.operations, world.handlers)
    desk.settle(
        world.effect("create:1")["id"], "not-done", reason="đã hỏi VNPT", evidence="công văn 7", actor=ADMIN
    )
    world.later(minutes=2)
    assert (world.effect("create:1")["state"], world.took("create:1")) == ("done", "new")
    assert HERE not in world.old.cases


def test_an_agency_moves_and_comes_back_dossiers_fees_and_all(world):
    """The feed follows, ids change sides, the other agency notices nothing."""
    here, _ = world.both(HERE)
    world.both(THERE)

    def source(code: str) -> str:
        with world.store.transaction("look") as tx:
            return tx.dossiers.by_code(code).source_id

    world.switch("new", agency=AGENCY)
    world.file(world.new, f"{AGENCY}-261124-0002")
    world.control(HERE, 4)
    world.feed.run()
    assert source(HERE).startswith(sides.MARK)
    assert source(f"{AGENCY}-261124-0002").startswith(sides.MARK)
    assert not source(THERE).startswith(sides.MARK)
    world.tell("tell:1", HERE)
    world.deliver()
    assert (world.told(world.new, HERE), world.told(world.old, HERE)) == (1, 0)

    world.switch("old", agency=AGENCY)
    world.tell("tell:2", HERE)  # its id is still the new one's
    world.deliver()
    assert (world.told(world.new, HERE), world.told(world.old, HERE)) == (1, 1)
    assert world.effect("tell:2")["state"] == "done"
    assert world.client.dossier(source(HERE)).head.source_id == here


def test_what_began_in_the_new_one_before_it_was_said_is_not_lost(world):
    """People begin to work there at eight, the sentence is said at ten, and the other agency kept the feed busy."""
    early = f"{AGENCY}-261124-0777"
    world.file(world.new, early)
    world.clock.advance(7_200)
    world.both(THERE)
    world.switch("new", agency=AGENCY)
    world.feed.run()
    with world.store.transaction("look") as tx:
        found = tx.dossiers.by_code(early)
    assert found is not None
    assert found.source_id.startswith(sides.MARK)


def test_claims_hear_a_sentence_at_once_reads_within_seconds(world, pg_store):
    """A process that has not read it yet must not send a write where it does not belong."""
    lagging = beside(pg_store, refresh_seconds=1e9)
    assert lagging.overlay.rules(SYSTEM) == []
    world.shown.overlay._refresh = 1e9  # the engine's process too
    world.both(HERE)
    assert world.client.by_code(HERE).source_id
    world.switch("new")
    world.tell("tell:1", HERE)
    world.deliver()
    assert world.took("tell:1") == "new"
    world.shown.overlay._refresh = 0
    assert world.client.by_code(HERE).source_id.startswith(sides.MARK)


def test_without_the_database_nothing_is_sent_and_nothing_guessed(world, clock):
    """A process that never heard what was said knows nothing; one that did goes on with what it knows."""
    from jobs.store.postgres.store import PgStore

    deaf = PgStore("postgresql://nobody@127.0.0.1:9/none?connect_timeout=1", clock, size=1)
    deaf._pool.timeout = 0.2
    try:
        fresh = beside(deaf)
        with pytest.raises(MemoryAway):
            fresh.overlay.rules(SYSTEM)
        connection = sides.beside(
            connected(settings(), clock=clock),
            connected(settings(), clock=clock),
            Switch(),
            fresh,
            clock=clock,
        )
        [create] = [each for each in connection.operations if each.name == "create_dossier"]
        call = Call("create:1", HERE, {"dossier": to_json(new_dossier(HERE)), "form": {}}, deadline_seconds=5)
        for ask in (create.perform, create.look_up):
            with pytest.raises(Unavailable):
                ask(call)
        with pytest.raises(Unavailable):
            connection.client.by_code(HERE)
        world.switch("new")
        heard = StoredSwitch(world.store, refresh_seconds=0)
        before = heard.rules(SYSTEM)
        heard._store = deaf
        assert heard.rules(SYSTEM) == before != []
    finally:
        deaf.close()


def test_differences_are_counted_by_field_with_the_last_dossier(world):
    """Rows for the people who decide about the cut-over; no value of anybody in them."""
    world.file(world.old, HERE, applicant="NGUYỄN THỊ KÍN")
    world.file(world.new, HERE, applicant="TRẦN VĂN MỘT")
    world.both(THERE)
    world.switch("shadow", operation="by_code")
    for code in (HERE, HERE, THERE):
        world.client.by_code(code)
    world.client.sides.shadow.drained()
    world.shown.report.flush()
    found = {(row["field"], row["kind"]): row for row in world.desk.differences(SYSTEM)}
    name = found["applicant_name", "text"]
    assert (name["operation"], name["count"], name["dossier_code"]) == ("by_code", 2, HERE)
    assert sum(row["count"] for row in world.desk.totals(SYSTEM)) == 3
    with psycopg.connect(world.dsn) as connection:
        everything = str(connection.execute("select * from shadow_difference, shadow_total").fetchall())
    assert not [each for each in ("KÍN", "MỘT") if each in everything]


def test_a_report_that_cannot_be_written_harms_nobody(clock):
    """The database is away while two systems are compared."""
    from connectors.kit.shadow import Compared
    from jobs.store.postgres.store import PgStore

    deaf = PgStore("postgresql://nobody@127.0.0.1:9/none?connect_timeout=1", clock, size=1)
    deaf._pool.timeout = 0.2
    try:
        report = Differences(deaf)
        report(Compared(SYSTEM, "dossier", Result.LEFT_OUT))
        report(Compared(SYSTEM, "dossier", Result.DIFFERENT, HERE, (("head.state", "text"),)))
    finally:
        deaf.close()


def test_the_installation_builds_it_from_its_settings(world, clock):
    """Two sections, one connection, every write with its claim."""
    from config.connector_sections import ConnectorSettings
    from jobs.switching import claims

    url = world.servers[0].url
    one = settings(url)
    sections = ConnectorSettings(igate=one, igate_new=settings(world.servers[1].url, **NEW_PROFILE))
    made = registry.build(sections, clock=clock, with_=world.shown)
    assert set(claims.handlers(sections)) == {key for key in made.operations if key[0] == SYSTEM}
    assert isinstance(made.clients[SYSTEM], sides.Client)
    made.close()
    alone = ConnectorSettings(igate=one)
    assert claims.handlers(alone) == {}
    assert not isinstance(registry.build(alone, clock=clock).clients[SYSTEM], sides.Client)
    assert SECRET not in repr(sections)


def test_what_was_decided_is_only_added_to(world):
    """Who said what stays readable, whatever was said after."""
    world.switch("new")
    world.switch("old")
    assert [row["says"] for row in world.desk.said(SYSTEM)] == ["new", "old"]
    for statement in (
        "update connector_switch set says = 'old'",
        "delete from connector_switch",
        "delete from connector_sent",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), world.store.transaction("harm") as tx:
            tx.execute(statement)


def test_unknown_outcomes_are_shown_by_version(world):
    """Before an old system is switched off somebody must know what is still asked there."""
    world.fault(world.old, "create_dossier", "lose_answer", times=1)
    world.create("create:1", HERE)
    world.deliver()
    world.switch("new")
    world.fault(world.new, "create_dossier", "lose_answer", times=1)
    world.create("create:2", f"{AGENCY}-261124-0002")
    world.deliver()
    assert world.desk.doubtful(SYSTEM) == {"old": 1, "new": 1}
