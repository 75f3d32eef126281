"""The doors over a real served application: verified raw, kept before the answer, answered in the sender's own shape."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import psycopg
import pytest
import structlog

from config.logging import set_up
from config.settings import Logging
from jobs.errors import StoreUnavailable
from jobs.inbound import recording
from tests.contract.civil_status import conftest as civil_world
from tests.contract.judicial_records import conftest as judicial_world
from tests.integration.edge.serving import visiting
from tests.integration.inbound.conftest import SET_UP
from tests.integration.inbound.streets import LAND, MOVED, PERSON, SECRETS, SENDERS, VNEID, WRONG, post


@pytest.mark.parametrize("name", SENDERS)
def test_a_message_is_kept_and_answered_in_the_senders_shape(street, client, name):
    """Raw, verdict and news are committed before the answer; no secret is stored with them."""
    sender = SENDERS[name]
    answer = post(client, sender.path, sender.body, sender.headers)

    assert answer.status_code == 200, answer.text
    assert sender.taken(answer)
    [(_, kind, code)] = street.kept()
    assert (kind, code) == (sender.kind.value, sender.code)
    [(_, raw, headers, _)] = street.raw("verified")
    assert bytes(raw) == sender.body.replace(sender.secret.encode(), b"***")
    assert not [secret for secret in SECRETS if secret in headers or secret in bytes(raw).decode()]


@pytest.mark.parametrize("name", SENDERS)
def test_fifty_repeats_at_once_are_one_and_are_answered_the_same(street, client, name):
    """D2 at the door."""
    sender = SENDERS[name]
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: post(client, sender.path, sender.body, sender.headers), range(50)))

    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert len(street.kept()) == 1


@pytest.mark.parametrize("name", SENDERS)
def test_a_forged_message_changes_nothing_and_is_counted(street, client, name):
    """A wrong secret, none, and half of one; the answer says nothing of which."""
    sender = SENDERS[name]
    answers = [
        post(client, *sender.with_secret(secret))
        for secret in (WRONG, sender.secret[:-1], f"{sender.secret}x")
    ]

    assert {answer.status_code for answer in answers} == {sender.forged}
    assert len({answer.content for answer in answers}) == 1
    assert not sender.taken(answers[0])
    assert street.kept() == []
    assert street.raw("verified") + street.raw("unreadable") == []
    assert 1 <= len(street.world.all("select raw from forged")) <= 3


UNREADABLE = (b"", b"{", b"[]", b"null", b'{"a":1,"a":2}', b"\xff\xfe", b"[" * 100_000, b"<a/>")


@pytest.mark.parametrize("name", [name for name in SENDERS if name != "lao-dong"])
def test_what_is_theirs_and_cannot_be_read_is_kept_apart_and_named(street, client, name):
    """Their change or our fault: a person sees it; they are told in their own words that it was not taken.

    (A secret that stands in the body proves nothing of a body that cannot be read: that is nobody's.)
    """
    sender = SENDERS[name]
    for body in UNREADABLE:
        answer = post(client, sender.path, body, sender.headers)
        assert answer.status_code == sender.unreadable, body[:20]
        assert not sender.taken(answer)
        assert "Traceback" not in answer.text

    assert street.kept() == []
    assert sorted(bytes(raw) for _, raw, _, _ in street.raw("unreadable")) == sorted(UNREADABLE)
    assert street.world.cases()["inbound_unreadable"]["why"]


def test_what_is_too_long_is_not_read(street, client):
    """Whatever it is: it was not verified."""
    path = f"judicial_records/LLTP/LayMaHoSo?CodeGet={VNEID}"
    answer = post(client, path, b"x" * 1_100_000, {})
    assert answer.status_code == 413
    assert answer.json()["statusCode"] == "01"
    assert street.kept() == []


@pytest.mark.parametrize("name", SENDERS)
def test_without_the_database_nobody_is_told_that_it_was_taken(street, client, name, monkeypatch):
    """D1: 503, and they repeat."""

    def away(*_: Any, **__: Any) -> None:
        raise StoreUnavailable("the database cannot be reached")

    sender = SENDERS[name]
    monkeypatch.setattr(street.world.inbound.store, "run", away)
    answer = post(client, sender.path, sender.body, sender.headers)
    assert answer.status_code == 503
    assert not sender.taken(answer)


def test_the_answer_waits_for_the_commit(street, client, monkeypatch):
    """A commit that fails after everything was written is no success."""
    real = street.world.store._commit

    def lost(connection: psycopg.Connection, name: str) -> None:
        if name == "inbound-record":
            connection.close()
        real(connection, name)

    monkeypatch.setattr(street.world.store, "_commit", lost)
    answer = post(client, f"land/ChuyenHoSo/{LAND}", MOVED, {})
    assert answer.status_code == 503
    assert answer.json()["Result"] == 0


def test_a_text_that_no_database_holds_is_unreadable(street, client):
    """A NUL inside a JSON text."""
    body = MOVED.replace(b'"4"', b'"4\\u0000"')
    answer = post(client, f"land/ChuyenHoSo/{LAND}", body, {})
    assert answer.status_code == 200
    assert answer.json()["Result"] == 0
    assert street.kept() == []


def test_other_paths_and_methods_tell_nothing(client):
    """A door that is not there, an operation that is not, a method that is not taken."""
    assert client.get("/webhooks/nobody/x").status_code == 404
    assert client.post("/webhooks/handover/c08/x").status_code == 404
    assert client.get("/webhooks/dvcqg/dossier").status_code == 405
    unknown = client.post(f"/webhooks/land/XoaHoSo/{LAND}", content=b"{}")
    assert (unknown.status_code, unknown.json()["Result"]) == (200, 0)


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that this process logs, in its production form, at its most talkative."""
    before, root = structlog.get_config(), logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    set_up(Logging(form="json", level="debug"), process="test", stream=stream)
    yield stream
    root.handlers[:], root.level = handlers, level
    structlog.configure(**before)


def test_no_secret_and_no_person_is_in_a_log_a_metric_or_an_answer(street, log):
    """Secrets in path, query, header and body; right, nearly right, with bodies of every kind (S3, S4)."""
    answers: list[httpx.Response] = []
    with visiting(street.edge) as client:
        for sender in SENDERS.values():
            bodies = (sender.body, b"{", sender.body[:-3], b'{"HoTen": "%s"}' % PERSON.encode())
            answers += [post(client, sender.path, body, sender.headers) for body in bodies]
            answers.append(post(client, *sender.with_secret(f"{sender.secret}x")))
            answers.append(client.get(f"/webhooks/{sender.path}"))
        answers.append(client.get(f"/webhooks/land/GetDanhMucNguoiDung/{LAND}x"))
        answers.append(client.get(f"/webhooks/nobody/{LAND}?CodeGet={VNEID}"))
        metrics = client.get("/metrics").text
    street.world.set_up(SET_UP)
    street.world.dossier()
    for _ in range(4):
        street.world.work()
        street.world.later(minutes=30)
    people = (PERSON, "001099000001", "0900000001", judicial_world.NAME, judicial_world.NUMBER)

    said = "".join(answer.text + str(answer.headers) for answer in answers)
    kinds = street.world.all("select coalesce(string_agg(facts::text, ' '), '') from event")[0][0]
    cases = street.world.all("select coalesce(string_agg(evidence::text || key, ' '), '') from case_item")[0][
        0
    ]
    for text in (log.getvalue(), metrics, said, kinds, cases):
        assert not [secret for secret in SECRETS if secret in text]
        assert not [each for each in people if each in text]
    assert "inbound.unreadable" in log.getvalue()
    forged = street.world.all("select raw from forged")
    assert not [1 for (raw,) in forged for secret in SECRETS if secret in bytes(raw).decode("latin-1")]


def test_news_that_was_pulled_has_no_raw_message(street):
    """The exchange log has the call; what it brought is in the news."""
    world = street.world
    world.set_up(SET_UP)
    world.control(world.civil, "civil_status/arrive", code="G22.99.08-261123-0001")
    world.pulls.run()
    assert street.raw("verified") == []
    calls = world.all("select operation, response_summary::text from exchange where system = 'civil_status'")
    assert {"inbox", "dossier"} <= {name for name, _ in calls}
    assert not [1 for _, summary in calls if "TRẦN" in summary or civil_world.TOKEN in summary]


def test_a_message_of_many_pieces_is_kept_whole_or_not_at_all(street):
    """One commit."""
    from tests.integration.inbound.conftest import FINISHED
    from tests.integration.inbound.conftest import MOVED as NEWS

    with pytest.raises(psycopg.DataError):
        from dataclasses import replace

        recording.record(street.world.store, "land", [NEWS, replace(FINISHED, note="a\0b")], raw=b"x")
    assert street.kept() == []
    assert street.raw("verified") == []
