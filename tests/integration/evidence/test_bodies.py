"""Bodies are there for who may see them, noise for everybody else, and for ever noise when two people said so."""

from __future__ import annotations

import psycopg
import pytest

from connectors.kit.effects import Bodies, Done, EffectClass, Operation
from connectors.kit.seams import seeded
from connectors.kit.transport import Transport
from jobs.effects.engine import Engine
from jobs.effects.model import NewEffect
from jobs.errors import NotAllowed, NotFound
from jobs.evidence.chain import verify
from jobs.evidence.keeper import Keeper, Unreadable, key_id
from jobs.evidence.service import Evidence
from jobs.store.postgres.store import PgStore
from tests.contract.kit.conftest import plain, served  # noqa: F401 - fixtures
from tests.integration.evidence.conftest import ANN, BINH, CODE, MASTER, NAME, NUMBER, OTHER, exchange, note
from tests.integration.evidence.test_chain import seal_all

SENT, ANSWER = f'{{"citizen":"{NUMBER}"}}'.encode(), f'{{"name":"{NAME}"}}'.encode()


def delivered(store: PgStore, clock, url: str, *keys: tuple[str, str], bodies: bool = True) -> None:
    """Effects (key, dossier) through the real transport and the real engine."""
    transport = Transport(url, system="plain", deadline_seconds=5)

    def perform(call) -> Done:
        transport.send("write", "POST", "/write", effect_class=EffectClass.FINDABLE, content=SENT)
        return Done()

    operation = Operation("plain", "write", EffectClass.IDEMPOTENT, "by key", perform)
    engine = Engine(
        store, {("plain", "write"): operation}, {}, clock=clock, chance=seeded(1), worker=1, bodies=bodies
    )
    with store.transaction("plan") as tx:
        tx.effects.plan(
            [NewEffect(key=key, system="plain", operation="write", lane=key, payload={}, dossier_code=code) for key, code in keys]
        )  # fmt: skip
    engine.step("plain")
    engine.close()
    transport.close()


@pytest.fixture
def kept(keeping, clock, plain, served) -> PgStore:  # noqa: F811
    """One effect of a dossier that was delivered."""
    plain.answer = plain.answer.__class__(200, {"Content-Type": "application/json"}, ANSWER)
    delivered(keeping, clock, served, ("a", CODE))
    return keeping


def effect_id(store: PgStore) -> int:
    with store.transaction("look") as tx:
        return tx.fetch_one("select id from effect order by id limit 1")["id"]


def audited(store: PgStore) -> list[tuple[str, str, str]]:
    with store.transaction("look") as tx:
        return [
            (row["action"], row["actor"], row["reason"])
            for row in tx.fetch("select * from audit order by id")
        ]


def test_a_body_is_noise_in_the_database_and_whole_for_who_says_why(kept, owner):
    """S5: who, when, which dossier, for what purpose; the record itself names nobody."""
    [(raw,)] = owner.execute(
        "select t::text || encode(request, 'escape') || encode(response, 'escape') from exchange_body t"
    ).fetchall()
    assert NUMBER not in raw
    assert NAME.encode() not in raw.encode()

    [body] = Evidence(kept, kept.keeper).look(effect_id(kept), reason="Khiếu nại 12", actor=ANN)

    assert (body.request, body.response, body.destroyed) == (SENT, ANSWER, False)
    assert audited(kept) == [("see-exchanges", "person:ann", "Khiếu nại 12")]
    [row] = owner.execute("select a::text from audit a").fetchall()
    assert CODE in row[0]
    assert NUMBER not in row[0]


def test_nobody_sees_without_a_reason_or_what_is_not_there(kept):
    """S7: no audit row, no action."""
    evidence = Evidence(kept, kept.keeper)
    for reason in ("", "  ", "x"):
        with pytest.raises(NotAllowed):
            evidence.look(effect_id(kept), reason=reason, actor=ANN)
    with pytest.raises(NotFound):
        evidence.look(10**9, reason="vì sao", actor=ANN)
    assert audited(kept) == []


def test_without_a_master_key_nothing_is_kept(pg_store, clock, served, owner):  # noqa: F811
    """Digests and metadata all the same."""
    delivered(pg_store, clock, served, ("a", CODE))
    delivered(pg_store, clock, served, ("b", CODE), bodies=False)

    assert owner.execute("select count(*) from exchange_body").fetchone() == (0,)
    assert owner.execute("select count(*) from dossier_key").fetchone() == (0,)
    assert owner.execute("select count(*) from exchange where request_digest <> ''").fetchone() == (2,)


def test_a_call_that_is_about_no_dossier_leaves_no_body(keeping, clock, served, owner):  # noqa: F811
    """There would be no key to destroy."""
    delivered(keeping, clock, served, ("a", ""))

    assert owner.execute("select count(*) from exchange").fetchone() == (1,)
    assert owner.execute("select count(*) from exchange_body").fetchone() == (0,)


def test_many_bodies_at_once_each_find_their_own_exchange(keeping, clock, owner):
    """A batch larger than COPY begins with, of many dossiers, some without a body."""
    bodies = [
        None if number % 3 == 0 else Bodies(f"H-{number % 7}", b"q%d" % number, b"a%d" % number)
        for number in range(300)
    ]
    note(keeping, *(exchange(number, bodies=each) for number, each in enumerate(bodies)))

    rows = owner.execute(
        """select e.reference, b.exchange_id, b.dossier_code, b.request, b.response, k.master_key, k.wrapped
           from exchange e join exchange_body b on b.exchange_id = e.id join dossier_key k using (dossier_code)"""
    ).fetchall()
    assert len(rows) == 200
    for reference, number, code, request, response, master, wrapped in rows:
        key = keeping.keeper.unwrapped(code, master, wrapped)
        said = reference.removeprefix("R").encode()
        assert (key.open(number, "request", request), key.open(number, "response", response)) == (
            b"q" + said, b"a" + said,
        )  # fmt: skip
    note(keeping, exchange(1000))
    assert owner.execute("select count(*), count(distinct id) from exchange").fetchone() == (301, 301)


@pytest.mark.parametrize(
    "moved",
    [
        "update exchange_body set request = response, response = request",
        "update exchange_body set exchange_id = exchange_id + 1",
        "update exchange_body set request = set_byte(request, 20, get_byte(request, 20) # 1)",
        "update exchange_body set request = substring(request from 1 for 10)",
    ],
)
def test_a_body_that_was_changed_or_moved_is_not_shown(kept, owner, moved):
    """Encrypted is not yet genuine; each is bound to its place."""
    [(code, master, wrapped)] = owner.execute(
        "select dossier_code, master_key, wrapped from dossier_key"
    ).fetchall()
    key = kept.keeper.unwrapped(code, master, wrapped)
    owner.execute(moved)
    [(number, request)] = owner.execute("select exchange_id, request from exchange_body").fetchall()

    with pytest.raises(Unreadable):
        key.open(number, "request", request)


def test_erasing_takes_two_people_and_the_chain_still_verifies(kept, owner, clock, served):  # noqa: F811
    """What is destroyed is the key: nobody reads the bodies, everybody can still check what was done when."""
    evidence = Evidence(kept, kept.keeper)
    seal_all(kept)
    evidence.ask_erasure(CODE, reason="Hết thời hạn lưu", actor=ANN)
    with pytest.raises(NotAllowed) as raised:
        evidence.ask_erasure(CODE, reason="Hết thời hạn lưu", actor=BINH)
    assert raised.value.reason == "asked"
    with pytest.raises(NotAllowed) as raised:
        evidence.decide_erasure(CODE, accept=True, reason="Đúng", actor=ANN)
    assert raised.value.reason == "same-person"
    assert Evidence(kept, kept.keeper).look(effect_id(kept), reason="vì sao", actor=ANN)[0].request == SENT

    evidence.decide_erasure(CODE, accept=True, reason="Đúng hạn", actor=BINH)

    [body] = evidence.look(effect_id(kept), reason="vì sao", actor=ANN)
    assert (body.destroyed, body.request) == (True, b"")
    assert owner.execute("select wrapped from dossier_key").fetchone() == (None,)
    assert verify(kept).wrong == []
    assert [row[:2] for row in audited(kept) if "eras" in row[0]] == [
        ("ask-erasure", "person:ann"), ("erase-evidence", "person:binh"),
    ]  # fmt: skip
    for act in (evidence.ask_erasure, evidence.ask_erasure):
        with pytest.raises(NotAllowed):
            act(CODE, reason="lần nữa", actor=ANN)
    delivered(kept, clock, served, ("later", CODE))
    assert owner.execute("select count(*) from exchange_body").fetchone() == (1,), "nothing new is kept"
    assert owner.execute("select count(*) from exchange").fetchone() == (2,)


def test_a_declined_erasure_leaves_everything(kept):
    """The second person may say no, and it can be asked again."""
    evidence = Evidence(kept, kept.keeper)
    evidence.ask_erasure(CODE, reason="Nhầm", actor=ANN)
    evidence.decide_erasure(CODE, accept=False, reason="Còn khiếu nại", actor=BINH)
    assert evidence.look(effect_id(kept), reason="vì sao", actor=ANN)[0].response == ANSWER
    with pytest.raises(NotFound):
        evidence.decide_erasure(CODE, accept=True, reason="không ai hỏi", actor=BINH)
    evidence.ask_erasure(CODE, reason="Lần hai", actor=BINH)
    with pytest.raises(NotFound):
        evidence.ask_erasure("H-none", reason="không có", actor=ANN)


def test_the_database_itself_refuses_one_person_and_a_key_that_comes_back(kept, empty_database):
    """Whatever the program believes."""
    with psycopg.connect(empty_database, autocommit=True) as sql:
        sql.execute("set role lienthong_app")
        with pytest.raises(psycopg.errors.CheckViolation):
            sql.execute("update dossier_key set wrapped = null, destroyed_at = now()")
        sql.execute(
            "insert into erasure (dossier_code, asked_by, asked_at, reason) values (%s, 'person:a', now(), 'x')",
            (CODE,),
        )
        with pytest.raises(psycopg.errors.CheckViolation):
            sql.execute("update erasure set decided_by = 'person:a', decided_at = now(), accepted = true")
        sql.execute("update erasure set decided_by = 'person:b', decided_at = now(), accepted = true")
        sql.execute("update dossier_key set wrapped = null, destroyed_at = now()")
        with pytest.raises(psycopg.errors.CheckViolation):
            sql.execute("update dossier_key set wrapped = '\\x00', destroyed_at = null")
        for statement in (
            "delete from exchange_body",
            "update exchange_seal set rows = 0",
            "delete from dossier_key",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                sql.execute(statement)


def test_the_master_key_can_be_replaced(kept, empty_database, clock):
    """Both keys work during the change; after it the old one may be thrown away."""
    both = PgStore(empty_database, clock, keeper=Keeper([OTHER, MASTER]))
    new = PgStore(empty_database, clock, keeper=Keeper([OTHER]))
    number = effect_id(kept)
    try:
        with pytest.raises(NotAllowed) as raised:
            Evidence(new, new.keeper).look(number, reason="vì sao", actor=ANN)
        assert raised.value.reason == "no-master-key"
        assert Evidence(both, both.keeper).look(number, reason="vì sao", actor=ANN)[0].request == SENT
        assert Evidence(both, both.keeper).rewrap(actor=ANN) == 1
        assert Evidence(new, new.keeper).look(number, reason="vì sao", actor=ANN)[0].request == SENT
        assert Evidence(both, both.keeper).rewrap(actor=ANN) == 0
    finally:
        both.close()
        new.close()
    assert key_id(MASTER) != key_id(OTHER)


def test_a_key_that_cannot_be_opened_stops_no_delivery(kept, empty_database, clock, served, owner):  # noqa: F811
    """What was done must be written down, with or without its body."""
    wrong = PgStore(empty_database, clock, keeper=Keeper([OTHER]))
    try:
        delivered(wrong, clock, served, ("b", CODE))
    finally:
        wrong.close()

    assert owner.execute("select state from effect where key = 'b'").fetchone() == ("done",)
    assert owner.execute("select count(*) from exchange_body").fetchone() == (1,)


def test_a_call_that_failed_keeps_what_was_sent(keeping, clock, plain, served, owner):  # noqa: F811
    """The body that matters most is the one without an answer."""
    from connectors.kit.sandbox import Fault

    plain.faults.add(Fault("*", "lose_answer"))
    delivered(keeping, clock, served, ("a", CODE))

    assert owner.execute("select request is not null, response is null from exchange_body").fetchone() == (
        True,
        True,
    )
    [body] = Evidence(keeping, keeping.keeper).look(effect_id(keeping), reason="vì sao", actor=ANN)
    assert body.request == SENT
