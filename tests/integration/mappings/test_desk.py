"""Missing rows on PostgreSQL: proposed by one, accepted by another, dated, never deleted, and told again."""

from __future__ import annotations

import threading
from datetime import date, timedelta

import psycopg
import pytest

from jobs.access.model import Actor, ActorKind, Role
from jobs.errors import BadInput, Changed, Duplicate, NotAllowed, NotFound
from jobs.intake.model import NewCase
from jobs.mapping_desk.overlay import StoredOverlay
from jobs.mapping_desk.service import MappingDesk, Proposal
from jobs.mapping_desk.telling import telling
from jobs.refunds.people import Fixed
from jobs.sync.handlers import handlers
from jobs.sync.model import Message, Route
from jobs.sync.rules import Rule
from jobs.sync.service import Sync
from mappings.canonical.codec import to_json
from mappings.tables import dated, lists
from mappings.tables.dated import NotMapped, Way
from tests.integration.sync.conftest import CODE, PORTAL, RECEIVED, World, detail
from tests.support.waiting import eventually

DAY = date(2026, 11, 25)
PEOPLE = Fixed(
    {"an": Role.OPERATOR, "binh": Role.ADMINISTRATOR, "chi": Role.ADMINISTRATOR, "xem": Role.VIEWER}
)
ROW = Proposal("ministry", "applicant", "5", "cooperative", Way.BOTH, date(2026, 1, 1))


def person(name: str) -> Actor:
    return Actor(ActorKind.PERSON, name)


AN, BINH, CHI, XEM = (person(name) for name in ("an", "binh", "chi", "xem"))


@pytest.fixture
def desk(pg_store) -> MappingDesk:
    return MappingDesk(pg_store, people=PEOPLE)


def in_force(desk: MappingDesk, row: Proposal = ROW, by: Actor = AN, second: Actor = BINH) -> int:
    row_id = desk.propose(row, reason="công văn 12", actor=by)
    desk.accept(row_id, actor=second)
    return row_id


def test_a_row_counts_from_its_acceptance_and_never_before(desk, pg_store):
    """A proposal is a wish."""
    row_id = desk.propose(ROW, reason="công văn 12", actor=AN)
    overlay = StoredOverlay(pg_store, refresh_seconds=0)
    assert not overlay.rows("ministry", "applicant")
    assert [row["id"] for row in desk.proposals()] == [row_id]
    desk.accept(row_id, actor=BINH)
    assert not desk.proposals()
    assert lists.code("ministry", "applicant", "cooperative", DAY, overlay) == "5"
    with pytest.raises(NotMapped):
        lists.code("ministry", "applicant", "cooperative", date(2025, 12, 31), overlay)


def test_nobody_accepts_their_own_row(desk, empty_database):
    """Four eyes: by the service, and by the database whatever the service does."""
    row_id = desk.propose(ROW, reason="công văn 12", actor=BINH)
    with pytest.raises(NotAllowed, match="same-person"):
        desk.accept(row_id, actor=BINH)
    with psycopg.connect(empty_database) as connection, pytest.raises(psycopg.errors.CheckViolation):
        connection.execute(
            "update mapping_row set accepted_by = proposed_by, accepted_at = now() where id = %s", (row_id,)
        )
    desk.accept(row_id, actor=CHI)


@pytest.mark.parametrize(
    ("act", "who"),
    [("propose", XEM), ("accept", AN), ("reject", XEM), ("propose", Actor(ActorKind.RULE, "an"))],
)
def test_who_has_no_right_changes_nothing(desk, act, who):
    """Rights are asked in the transaction of the act; a rule is no person."""
    row_id = desk.propose(ROW, reason="công văn 12", actor=BINH)
    with pytest.raises(NotAllowed, match="no-right"):
        if act == "propose":
            desk.propose(ROW, reason="công văn 12", actor=who)
        elif act == "accept":
            desk.accept(row_id, actor=who)
        else:
            desk.reject(row_id, reason="không đúng", actor=who)
    assert [row["id"] for row in desk.proposals()] == [row_id]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"list": "colour"}, BadInput),
        ({"meaning": "robot"}, BadInput),
        ({"code": ""}, BadInput),
        ({"code": "5 "}, BadInput),
        ({"code": "5\u202e"}, BadInput),
        ({"code": "5" * 121}, BadInput),
        ({"system": ""}, BadInput),
        ({"system": "x'; drop"}, BadInput),
        ({"valid_from": date(1990, 1, 1)}, BadInput),
        ({"valid_from": date(2031, 1, 1)}, BadInput),
        ({"valid_to": date(2025, 12, 31)}, BadInput),
        ({"code": "1", "meaning": "enterprise"}, Duplicate),
    ],
)
def test_a_proposal_that_cannot_be_meant_is_refused(desk, changes, error):
    """Nothing that no table can hold reaches the second person."""
    from dataclasses import replace

    with pytest.raises(error):
        desk.propose(replace(ROW, **changes), reason="công văn 12", actor=AN)
    with pytest.raises(BadInput):
        desk.propose(ROW, reason=" ", actor=AN)
    assert not desk.proposals()


def test_what_was_decided_stays_decided(desk, pg_store, empty_database):
    """Content is frozen by rights, decisions by a trigger, rows by the missing right to delete."""
    row_id = in_force(desk)
    with pytest.raises(Changed):
        desk.accept(row_id, actor=CHI)
    with pytest.raises(Changed):
        desk.reject(row_id, reason="không đúng", actor=CHI)
    with pytest.raises(NotFound):
        desk.accept(row_id + 1, actor=CHI)
    for sql, error in (
        ("update mapping_row set accepted_by = 'person:chi'", psycopg.errors.IntegrityConstraintViolation),
        ("update mapping_row set valid_to = '2026-02-01'", psycopg.errors.IntegrityConstraintViolation),
        ("update mapping_row set code = '6'", psycopg.errors.InsufficientPrivilege),
        ("delete from mapping_row", psycopg.errors.InsufficientPrivilege),
    ):
        with psycopg.connect(empty_database) as connection:
            connection.execute("set role lienthong_app")
            with pytest.raises(error):
                connection.execute(sql.encode())


def test_two_rows_that_contradict_each_other_are_never_both_in_force(desk, empty_database):
    """One is ended first; both proposed before either was accepted meet at the database."""
    other = Proposal("ministry", "applicant", "6", "cooperative", Way.BOTH, date(2026, 6, 1))
    first = desk.propose(ROW, reason="công văn 12", actor=AN)
    second = desk.propose(other, reason="công văn 13", actor=AN)
    desk.accept(first, actor=BINH)
    with pytest.raises(NotAllowed, match="overlaps"):
        desk.accept(second, actor=BINH)
    with pytest.raises(NotAllowed, match="overlaps"):
        desk.propose(other, reason="công văn 13", actor=AN)
    desk.propose_end(first, date(2026, 5, 31), reason="danh mục mới", actor=AN)
    desk.accept_end(first, actor=BINH)
    desk.accept(second, actor=BINH)
    codes = [(row["code"], row["valid_to"]) for row in desk.rows(system="ministry")]
    assert codes == [("6", None), ("5", date(2026, 5, 31))]


def test_acceptances_at_once_let_one_through(desk, pg_store):
    """Two administrators press in the same moment."""
    ids = [
        desk.propose(
            Proposal("ministry", "applicant", str(number), "cooperative", Way.BOTH, date(2026, 1, 1)),
            reason="công văn 12",
            actor=AN,
        )
        for number in range(5, 9)
    ]
    outcomes: list[str] = []

    def accept(row_id: int) -> None:
        try:
            desk.accept(row_id, actor=BINH)
            outcomes.append("accepted")
        except NotAllowed as exc:
            outcomes.append(exc.reason)

    threads = [threading.Thread(target=accept, args=(row_id,)) for row_id in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["accepted", "overlaps", "overlaps", "overlaps"]


def test_the_second_of_two_acceptances_waits_for_the_first_and_is_refused(desk, empty_database):
    """What one transaction has not committed the other cannot see: it has to wait, not to look."""
    ids = [
        desk.propose(
            Proposal("ministry", "applicant", code, "cooperative", Way.BOTH, date(2026, 1, 1)),
            reason="công văn 12",
            actor=AN,
        )
        for code in ("5", "6")
    ]
    accept = "update mapping_row set accepted_by = 'person:binh', accepted_at = now() where id = %s"
    ended: list[str] = []

    def second() -> None:
        with psycopg.connect(empty_database, application_name="second") as connection:
            try:
                connection.execute(accept, (ids[1],))
                ended.append("accepted")
            except psycopg.errors.ExclusionViolation:
                ended.append("refused")

    with psycopg.connect(empty_database) as first, psycopg.connect(empty_database, autocommit=True) as look:
        first.execute(accept, (ids[0],))
        thread = threading.Thread(target=second)
        thread.start()
        waits = "select count(*) from pg_stat_activity where application_name = 'second' and wait_event_type = 'Lock'"
        eventually(lambda: bool(ended) or look.execute(waits).fetchone() == (1,))
        first.commit()
        thread.join()
    assert ended == ["refused"]


def test_an_end_needs_two_people_and_keeps_the_past(desk, pg_store):
    """An old message is still read by the row of its day."""
    row_id = in_force(desk)
    desk.propose_end(row_id, date(2026, 6, 30), reason="danh mục mới", actor=BINH)
    with pytest.raises(NotAllowed, match="same-person"):
        desk.accept_end(row_id, actor=BINH)
    with pytest.raises(Changed):
        desk.propose_end(row_id, date(2026, 7, 30), reason="danh mục mới", actor=AN)
    overlay = StoredOverlay(pg_store, refresh_seconds=0)
    assert lists.code("ministry", "applicant", "cooperative", DAY, overlay) == "5"
    desk.accept_end(row_id, actor=CHI)
    assert lists.code("ministry", "applicant", "cooperative", date(2026, 6, 30), overlay) == "5"
    with pytest.raises(NotMapped):
        lists.code("ministry", "applicant", "cooperative", date(2026, 7, 1), overlay)
    with pytest.raises(NotFound):
        desk.propose_end(row_id, date(2026, 8, 1), reason="danh mục mới", actor=AN)


def test_a_wrong_row_can_be_made_never_to_have_held(desk, pg_store):
    """It stays readable, and no day has it; another takes its place from its first day."""
    row_id = in_force(desk)
    with pytest.raises(BadInput):
        desk.propose_end(row_id, date(2025, 12, 30), reason="nhầm mã", actor=AN)
    desk.propose_end(row_id, date(2025, 12, 31), reason="nhầm mã", actor=AN)
    desk.reject_end(row_id, reason="chờ hỏi lại", actor=AN)
    desk.propose_end(row_id, date(2025, 12, 31), reason="nhầm mã", actor=AN)
    desk.accept_end(row_id, actor=BINH)
    assert not desk.rows(on=date(2026, 1, 1))
    in_force(desk, Proposal("ministry", "applicant", "7", "cooperative", Way.BOTH, date(2026, 1, 1)))


def test_a_rejected_proposal_says_why_and_is_out_of_the_way(desk, pg_store):
    """Its author may take it back too."""
    row_id = desk.propose(ROW, reason="công văn 12", actor=AN)
    desk.reject(row_id, reason="mã này là của bộ khác", actor=BINH)
    own = desk.propose(ROW, reason="công văn 12", actor=AN)
    desk.reject(own, reason="đề xuất nhầm", actor=AN)
    assert not desk.proposals()
    with pytest.raises(Changed):
        desk.accept(row_id, actor=CHI)
    with pg_store.transaction("look") as tx:
        acts = [row["action"] for row in tx.fetch("select action from audit order by id")]
    assert acts == ["propose-mapping", "reject-mapping"] * 2


def open_case(pg_store, kind: str, key: str, dossier: str, **evidence) -> None:
    with pg_store.transaction("case") as tx:
        tx.cases.open([NewCase(kind, key, None, dossier, None, evidence)])


def test_gaps_are_found_in_every_kind_of_case_and_counted_per_row(desk, pg_store):
    """One missing row, however many dossiers wait and however it was noticed."""
    said = "applicants: no meaning for 'ministry:cooperative'; on 2026-11-25"
    open_case(pg_store, "sync_refused", "a", "H1", system="ministry", code="not-sent", message=said)
    open_case(pg_store, "sync_refused", "b", "H2", system="ministry", code="not-sent", message=said)
    open_case(pg_store, "sync_not_mapped", "c", "H3", system="land", table="land_statuses", code="progress/7")
    open_case(pg_store, "sync_not_mapped", "d", "H4", system="land", table="land.processes", code="1.004")
    open_case(pg_store, "sync_refused", "e", "H5", system="ministry", code="95", message="trùng hồ sơ")
    open_case(pg_store, "amount_differs", "f", "H6", table="x", code="y")
    found = {gap.key: gap for gap in desk.gaps()}
    assert set(found) == {
        ("ministry", "applicant", "ours", "cooperative"),
        ("land.progress", "dossier_state", "theirs", "7"),
        ("land", "land.processes", "theirs", "1.004"),
    }
    assert found["ministry", "applicant", "ours", "cooperative"].dossiers == ("H1", "H2")
    assert desk.gaps()[0].value == "cooperative"
    assert not found["land", "land.processes", "theirs", "1.004"].settable
    in_force(desk)
    assert len(desk.gaps()) == 2


def unknown_procedure(file, there):
    """A route whose system has numbers of its own for procedures."""
    code = lists.code(PORTAL, "procedure", file.procedure, RECEIVED.date())
    payload = {"dossier": to_json(file), "procedure_there": code}
    return Message("push", payload, file.version, there.planned_steps)


def test_what_waited_for_a_row_is_told_again_once_and_the_gap_can_come_back(pg_store, clock, empty_database):
    """The whole way: named gap, two people, the row read by the connector's table, the dossier told, no second call."""
    world = World(pg_store, clock, empty_database, rule=Rule(PORTAL, RECEIVED.date()))
    route = Route(("push",), unknown_procedure, lambda _file, _there: ())
    world.sync = Sync(pg_store, world.case, {PORTAL: route}, [Rule(PORTAL, RECEIVED.date())])
    world.engine._handlers = handlers(world.sync)
    desk = MappingDesk(pg_store, people=PEOPLE)
    dated.install(StoredOverlay(pg_store, refresh_seconds=0))
    try:
        world.change(detail())
        world.run()
        (gap,) = desk.gaps()
        assert gap.key == (PORTAL, "procedure", "ours", "1.001193")
        assert (gap.dossiers, world.portal.calls) == ((CODE,), [])

        row = Proposal(PORTAL, "procedure", "TT-77", "1.001193", Way.BOTH, date(2020, 1, 1))
        row_id = in_force(desk, row)
        assert not desk.gaps()
        assert world.cases() == set()
        assert desk.tell_again(telling(world.sync)) == 0  # other processes have not read it yet
        world.later(seconds=11)
        assert desk.tell_again(telling(world.sync)) == 1
        assert desk.tell_again(telling(world.sync)) == 0
        world.deliver()
        assert world.portal.calls == [("push", 1)]

        desk.propose_end(row_id, date(2019, 12, 31), reason="nhầm mã", actor=AN)
        desk.accept_end(row_id, actor=BINH)
        world.later(hours=1)
        world.change(detail(hours=2, procedure_name="Cấp bản sao"))
        world.run()
        assert [gap.key for gap in desk.gaps()] == [(PORTAL, "procedure", "ours", "1.001193")]
    finally:
        dated.install(None)


def test_a_refused_dossier_is_told_again_too(pg_store, desk, clock, empty_database):
    """A connector refused to send it; the case names the row, the dossier is told anew."""
    said = "applicants: no meaning for 'ministry:cooperative'; on 2026-11-25"
    open_case(pg_store, "sync_refused", "a", "H1", system="ministry", code="not-sent", message=said)
    open_case(pg_store, "sync_refused", "b", "H2", system="ministry", code="not-sent", message="other words")
    in_force(desk)
    clock.advance(timedelta(seconds=11).total_seconds())
    told = []
    desk.tell_again(lambda _tx, system, code, again: told.append((system, code, again)) or 1)
    assert told == [("ministry", "H1", "mapping:1")]
    desk.tell_again(lambda *_: pytest.fail("it was told"))


def test_a_telling_that_fails_is_tried_again(pg_store, desk, clock):
    """The row is not done before everything was planned."""
    said = "applicants: no meaning for 'ministry:cooperative'; on 2026-11-25"
    open_case(pg_store, "sync_refused", "a", "H1", system="ministry", code="not-sent", message=said)
    in_force(desk)
    clock.advance(timedelta(seconds=11).total_seconds())

    def fails(_tx, _system, _code, _again):
        raise RuntimeError("the process dies")

    with pytest.raises(RuntimeError):
        desk.tell_again(fails)
    assert desk.tell_again(lambda *_: 1) == 1


def test_rows_as_last_read_hold_while_the_database_is_away(pg_store, desk, monkeypatch):
    """An outage costs time; it does not take rows out of tables."""
    from jobs.errors import StoreUnavailable

    in_force(desk)
    overlay = StoredOverlay(pg_store, refresh_seconds=0)
    assert overlay.rows("ministry", "applicant")

    def away(_name):
        raise StoreUnavailable("gone")

    monkeypatch.setattr(pg_store, "transaction", away)
    assert overlay.rows("ministry", "applicant")
