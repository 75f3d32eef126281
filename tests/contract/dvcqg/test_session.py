"""One session per process, had anew when it ends; a refused login stops before anything of a dossier leaves."""

from __future__ import annotations

import threading

import pytest

from connectors.dvcqg.client import SYSTEM
from connectors.errors import CredentialsRefused, Rejected, Unavailable
from connectors.kit.exchanges import collecting
from tests.contract.dvcqg.conftest import CODE, dossier, portal, step


def test_threads_of_a_process_share_one_login(there):
    """A login per call is what other clients are blocked for."""
    threads = [threading.Thread(target=there.client.find_dossier, args=(CODE,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert there.sandbox.logins == 1
    assert there.sandbox.received["TraCuuHoSo"] == 8


def test_a_session_that_ended_is_had_anew_once_and_the_call_repeated(there):
    """Their answer proves that nothing was done, so even a create may be sent once more."""
    there.client.push_dossier(dossier())
    there.control("end-sessions")

    there.client.push_dossier(dossier("H21.15-261123-0002"))

    assert there.sandbox.logins == 2
    assert there.books()["dossiers"]["H21.15-261123-0002"]["creates"] == 1


def test_a_session_that_ends_in_the_middle_of_a_batch_doubles_no_step(clock):
    """Ten steps went, the session ends, the other two follow with a fresh one."""
    for here in portal(clock, session_uses=2):
        here.client.push_dossier(dossier())
        steps = [step(number) for number in range(1, 13)]

        assert here.client.push_steps(CODE, steps) == 12

        sent = here.books()["dossiers"][CODE]["steps"]
        assert [each["ThoiDiemXuLy"] for each in sent] == sorted({each["ThoiDiemXuLy"] for each in sent})
        assert len(sent) == 12
        assert here.sandbox.logins == 2


def test_http_401_counts_as_an_ended_session(there, monkeypatch):
    """A proxy before the portal says it by status; nothing was done either way."""
    there.client.find_dossier(CODE)
    real, seen = there.client._transport.send, []

    def refusing(operation, *args, **facts):
        if operation == "TraCuuHoSo" and not seen:
            seen.append(facts["json"]["session"])
            raise CredentialsRefused("HTTP 401", system=SYSTEM, operation=operation)
        return real(operation, *args, **facts)

    monkeypatch.setattr(there.client._transport, "send", refusing)
    assert there.client.find_dossier(CODE).found is False
    assert there.sandbox.logins == 2


def test_a_session_refused_twice_ends_and_tells_a_person(clock):
    """Without a limit two systems would log in at each other for ever."""
    for here in portal(clock, session_uses=0):
        with pytest.raises(CredentialsRefused):
            here.client.push_dossier(dossier())
        assert here.sandbox.logins == 2
        assert here.books()["dossiers"] == {}


def test_a_refused_login_sends_nothing_and_is_not_tried_again_at_once(clock):
    """Others call on with an empty session; a wrong password again and again locks the account."""
    for here in portal(clock, {"password": "sai"}):
        for _ in range(3):
            with pytest.raises(CredentialsRefused):
                here.client.push_dossier(dossier())
        assert here.sandbox.received["Login"] == 1
        assert here.sandbox.received["DongBoHoSoMC"] == 0


@pytest.mark.parametrize("kind", ["lose_answer", "error_200", "garbage", "half", "error_after_acting"])
def test_a_login_without_a_readable_answer_means_that_the_call_never_left(there, kind):
    """Whatever became of the login, nothing of the dossier has left: it may be sent again."""
    there.fault("Login", kind, times=1)

    with pytest.raises(Unavailable):
        there.client.push_dossier(dossier())
    assert there.sandbox.received["DongBoHoSoMC"] == 0
    assert there.client.push_dossier(dossier()).created


def test_a_session_is_not_used_longer_than_the_settings_say(clock, monkeypatch):
    """Theirs ends at a moment that nobody publishes; ours ends first."""
    from connectors.dvcqg.session import Login, Sessions
    from tests.contract.dvcqg.conftest import settings

    now = [100.0]
    asked = []

    class Fake:
        def send(self, *args, **facts):
            asked.append(facts)

            class Answer:
                content = b'{"session": "p%d", "error_code": "00"}' % len(asked)

            return Answer()

    login = Login(Fake(), settings(session_seconds=600), monotonic=lambda: now[0])
    sessions = Sessions(login)
    monkeypatch.setattr(sessions._tokens, "_monotonic", lambda: now[0])
    assert [sessions.session(deadline_seconds=1) for _ in range(2)] == ["p1", "p1"]
    now[0] += 601
    assert sessions.session(deadline_seconds=1) == "p2"
    assert asked[0]["headers"] == {"dstcode": "VN:GOV:000.00.00.G22:vpcpdvcprovider"}


@pytest.mark.parametrize(
    "body",
    [b'{"session": "", "error_code": 0}', b'{"error_code": "0"}', b'{"session": "p", "error_code": "1"}'],
)
def test_a_login_answer_without_success_or_session_is_a_refusal(clock, body):
    """An empty session is what a failed login looks like."""
    from connectors.dvcqg.session import Login
    from tests.contract.dvcqg.conftest import settings

    class Fake:
        def send(self, *args, **facts):
            class Answer:
                content = body

            return Answer()

    with pytest.raises(Rejected):
        Login(Fake(), settings())(None, deadline_seconds=1)


def test_session_and_password_stand_in_no_note(there):
    """The login answer of another client is printed with the session in it."""
    with collecting() as exchanges:
        there.client.push_dossier(dossier())

    assert [each.operation for each in exchanges] == ["Login", "DongBoHoSoMC"]
    assert "phien-" not in repr(exchanges)
    assert exchanges[1].request_summary["isUpdating"] == "False"
