"""From the request to the verified file, and every way in which a session ends without one."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest

from jobs.errors import BadInput, Duplicate, NotFound
from jobs.signatures.model import NOT_RELEASED, NOT_TOLD
from jobs.store.postgres import signatures as rows
from mappings.canonical.signature import Verdict
from mappings.canonical.signing import SigningHint
from tests.integration.signatures.conftest import NAMES, WHO, XML


def verdict(world, raw, name="don.pdf"):
    with world.judging.bench() as bench:
        return bench.judge.check_bytes(raw, name)


def test_papers_are_signed_verified_stored_and_told_once(world):
    """Two papers, one confirmation; what is stored is valid for the check, the case system hears one sentence."""
    session = world.open(world.paper(), world.paper("to-khai.xml", XML))
    world.work()

    assert world.state(session) == ("signed", "")
    pdf, xml = world.signed(session)
    assert verdict(world, pdf).verdict is Verdict.VALID
    assert verdict(world, xml, "to-khai.xml").verdict is Verdict.VALID
    assert xml != XML
    [told] = world.told()
    assert told["text"].startswith("Đã ký số 2 tệp qua Ký số từ xa")
    assert world.line() == ["signing.opened", "signing.signed"]
    assert world.effects("sign_hashes") == [("done", "200")]
    assert world.left_overs() == 0
    world.later(days=3)
    assert len(world.told()) == 1
    assert world.cases() == []
    assert world.broken() == 0


def test_only_digests_leave(world):
    """The provider sees hashes, titles and ids, never the paper."""
    session = world.open(world.paper())
    world.work()

    [seen] = world.books("csc")["sessions"]
    assert seen["transaction"] == f"KY-{session.id}"
    [digest] = seen["documents"].values()
    assert len(digest) == 64


def test_a_waiting_session_is_asked_with_growing_pauses_until_the_signer_agrees(world):
    """SmartCA answers 'waiting'; the phone is confirmed after a minute and a half."""
    world.citizen("smartca", after_seconds=90)
    session = world.open(world.paper(), provider="smartca")
    world.work()
    assert world.state(session) == ("waiting", "")

    gaps = []
    for second in range(1, 121):
        before = len(world.effects("session_status"))
        world.later(seconds=1)
        if len(world.effects("session_status")) > before:
            gaps.append(second)

    assert world.state(session) == ("signed", "")
    pauses = [later - sooner for sooner, later in pairwise(gaps)]
    assert pauses == sorted(pauses)
    assert 5 < len(gaps) < 12
    assert gaps[-1] >= 90


def test_an_agreement_that_is_used_by_a_call_of_its_own(waiting):
    """CSC 2: a handle first, then the values, once."""
    waiting.citizen("csc", after_seconds=20)
    session = waiting.open(waiting.paper())
    waiting.work()
    assert waiting.state(session) == ("waiting", "")
    for _ in range(40):
        waiting.later(seconds=1)

    assert waiting.state(session) == ("signed", "")
    assert waiting.effects("finish_session") == [("done", "200")]
    assert len(waiting.books("csc")["signed"]) == 1


@pytest.mark.parametrize("provider", ["csc", "smartca"])
def test_a_signer_who_refuses_ends_it(world, provider):
    """Refused is refused: told once, nothing stored, nobody asked again."""
    world.smartca.words["refused"] = "rejected"
    world.citizen(provider, does="refuse")
    session = world.open(world.paper(), provider=provider)
    world.work()
    world.later(seconds=30)

    assert world.state(session)[0] == "refused"
    assert world.signed(session) == []
    [told] = world.told()
    assert "từ chối" in told["text"]
    world.later(days=2)
    assert len(world.books(provider)["sessions"]) == 1
    assert world.left_overs() == 0


def test_a_deadline_reminds_and_ends(world):
    """Nobody touches the phone: one reminder before the deadline, one last question at it, one sentence."""
    world.citizen("smartca", does="ignore")
    world.smartca.window_seconds = 10 * 86400.0
    session = world.open(world.paper(), provider="smartca", hours=1)
    world.work()
    for _ in range(75):
        world.later(minutes=1)

    assert world.state(session)[0] == "expired"
    assert world.line() == ["signing.opened", "signing.reminder", "signing.expired"]
    assert "Hết hạn" in world.told()[0]["text"]
    assert len(world.told()) == 1
    assert world.left_overs() == 0
    assert world.broken() == 0


def test_a_providers_window_that_is_shorter_than_the_deadline_ends_it(waiting):
    """The request is gone from the phone after five minutes: nobody waits a day for it."""
    waiting.citizen("csc", does="ignore")
    session = waiting.open(waiting.paper())
    waiting.work()
    for _ in range(8):
        waiting.later(minutes=1)

    assert waiting.state(session)[0] == "expired"
    assert waiting.line() == ["signing.opened", "signing.reminder", "signing.expired"]


def test_a_provider_that_is_away_is_not_reached_after_the_deadline(world):
    """What was never sent must not come to the phone next week."""
    reached = world.systems
    world.systems = ("smartca", "igate")  # nothing is delivered to this provider
    session = world.open(world.paper(), hours=1)
    world.work()
    world.later(hours=2)
    assert world.state(session) == ("expired", "deadline")

    world.systems = reached
    world.later(days=1)
    assert world.books("csc")["sessions"] == []
    assert world.effects("get_certificates") == [("cancelled", "")]


@pytest.mark.parametrize("spoil", ["other_hash", "other_key", "swapped", "garbage", "missing"])
def test_values_that_are_not_of_these_documents_do_not_leave(world, spoil):
    """A signature of another document, of another person, in another order, no signature, one too few."""
    world.citizen("csc", spoil=spoil)
    session = world.open(world.paper(), world.paper("don-hai.pdf"))
    world.work()
    world.later(hours=25)

    state, _ = world.state(session)
    assert state in ("failed", "expired")
    assert world.signed(session) == []
    assert all("đã ký" not in told["text"].lower() for told in world.told())
    assert len(world.books("csc")["sessions"]) == 1
    if spoil in ("other_hash", "other_key", "swapped"):
        assert state == "failed"
        assert world.cases() == [NOT_RELEASED]


def test_a_lost_answer_is_looked_up_and_the_signer_is_asked_once(world):
    """SmartCA knows the session by our name."""
    world.fault("smartca", "sign", "lose_answer")
    session = world.open(world.paper(), provider="smartca")
    world.work()
    for _ in range(30):
        world.later(minutes=1)

    assert world.state(session) == ("signed", "")
    assert len(world.books("smartca")["sessions"]) == 1


def test_a_lost_answer_without_a_look_up_is_never_sent_again(world):
    """A CSC service has no look-up by our name: the session ends at its deadline, the phone was asked once."""
    world.fault("csc", "authorize", "lose_answer")
    session = world.open(world.paper(), hours=2)
    world.work()
    assert world.state(session) == ("asked", "")
    assert world.effects("sign_hashes")[0][0] == "unknown"
    for _ in range(6):
        world.later(minutes=30)

    assert world.state(session) == ("expired", "deadline")
    assert len(world.books("csc")["sessions"]) == 1
    assert world.broken() == 0


def test_a_push_brings_the_question_forward_and_is_not_believed(world):
    """It says 'signed' while nobody has touched the phone."""
    world.citizen("smartca", does="ignore")
    session = world.open(world.paper(), provider="smartca")
    world.work()
    for _ in range(60):
        world.later(seconds=1)
    before = len(world.effects("session_status"))
    lie = SigningHint(f"KY-{session.id}", "", "200")

    for _ in range(20):
        assert world.signatures.hint("smartca", lie)
        world.work()

    assert len(world.effects("session_status")) <= before + 1
    assert world.state(session) == ("waiting", "")
    assert not world.signatures.hint("smartca", SigningHint("KY-nobody-knows-this", "", "200"))
    assert not world.signatures.hint("csc", lie)


def test_a_true_push_ends_the_waiting_at_once(world):
    """The pause has grown to a minute; the push makes the answer come now."""
    world.citizen("smartca", after_seconds=100)
    session = world.open(world.paper(), provider="smartca")
    world.work()
    for _ in range(101):
        world.later(seconds=1)
    if world.state(session)[0] == "waiting":
        world.signatures.hint("smartca", SigningHint(f"KY-{session.id}", "", "200"))
        world.work()

    assert world.state(session) == ("signed", "")


@pytest.mark.parametrize("does", ["refuse", "confirm"])
def test_a_push_that_names_anothers_session_changes_nothing(waiting, does):
    """Our answer was lost, somebody tells the name of another session: its end is not ours."""
    waiting.citizen("csc", does=does, after_seconds=3000)
    waiting.open(waiting.paper())
    waiting.work()
    [other] = waiting.csc.sessions
    waiting.fault("csc", "authorize", "lose_answer")
    session = waiting.open(waiting.paper("don-hai.pdf"), key="khoa-0002", hours=2)
    waiting.work()
    waiting.csc.sessions[other].behaviour.after_seconds = 0

    waiting.signatures.hint("csc", SigningHint(f"KY-{session.id}", f"authorise:{other}", ""))
    waiting.work()

    assert len(waiting.effects("session_status")) == 1
    assert waiting.state(session) == ("asked", "")
    assert waiting.signed(session) == []


def test_values_of_anothers_session_are_thrown_away_and_ours_stays_open(world):
    """They are real signatures, of the same signer, over another paper."""
    world.open(world.paper())
    world.work()
    [other] = world.csc.sessions.values()
    world.csc.answers["R-of-another"] = other
    world.fault("csc", "authorize", "lose_answer")
    session = world.open(world.paper("don-hai.pdf"), key="khoa-0002", hours=2)
    world.work()

    world.signatures.hint("csc", SigningHint(f"KY-{session.id}", "sign:R-of-another", ""))
    world.work()

    assert world.state(session) == ("asked", "")
    assert world.signed(session) == []
    assert world.cases() == []
    world.later(hours=3)
    assert world.state(session) == ("expired", "deadline")


def test_a_push_finds_the_session_whose_answer_was_lost(world):
    """The name it tells is right: values that verify prove it, and the session ends well."""
    world.fault("csc", "authorize", "lose_answer")
    session = world.open(world.paper(), hours=2)
    world.work()
    [ours] = world.csc.sessions.values()
    world.csc.answers["R-ours"] = ours

    world.signatures.hint("csc", SigningHint(f"KY-{session.id}", "sign:R-ours", ""))
    world.work()

    assert world.state(session) == ("signed", "")
    assert len(world.signed(session)) == 1


def test_what_cannot_be_judged_yet_waits_here_and_leaves_when_it_is_valid(world):
    """Revocation lists are missing: the signature exists already and is not asked for again."""
    for path in (world.folder / "crls").iterdir():
        path.unlink()
    session = world.open(world.paper())
    world.work()
    assert world.state(session) == ("waiting", "")
    assert world.cases() == [NOT_RELEASED]
    assert world.signed(session) == []

    world.trust()
    world.later(minutes=10)

    assert world.state(session) == ("signed", "")
    assert world.cases() == []
    assert len(world.books("csc")["sessions"]) == 1


def test_a_certificate_of_somebody_else_is_not_asked(world):
    """The account is the signer's, the certificate names another person: nobody's phone rings."""
    holder = world.csc.holders["CRED-A"]
    world.csc.holders["CRED-A"] = replace(holder, certificate=world.csc.holders["CRED-B"].certificate)
    session = world.open(world.paper())
    world.work()

    assert world.state(session) == ("failed", "certificate-other-person")
    assert world.books("csc")["sessions"] == []


def test_a_paper_that_cannot_be_signed_ends_it_before_anybody_is_asked(world):
    """It is called .pdf and is none."""
    session = world.open(world.paper("hong.pdf", b"khong phai pdf"))
    world.work()

    assert world.state(session) == ("failed", "unsignable-unreadable")
    assert world.books("csc")["sessions"] == []


def test_the_same_key_is_the_same_session(world):
    """Whoever lost our answer asks again; another request under the key is refused."""
    paper, other = world.paper(), world.paper("don-hai.pdf")
    first = world.open(paper)
    assert world.open(paper).id == first.id
    with pytest.raises(Duplicate):
        world.open(other)
    world.work()
    assert len(world.books("csc")["sessions"]) == 1


def test_what_may_not_be_asked_is_refused_and_writes_nothing(world):
    """Unknown provider, no number, files of another dossier or twice, a form that is no document."""
    world.dossier("H21.15-261123-0002")
    paper, foreign = world.paper(), world.paper("khac.pdf", code="H21.15-261123-0002")
    with pytest.raises(NotFound):
        world.open(foreign)
    with pytest.raises(NotFound):
        world.open(paper, dossier_code="H21.15-000000-0000")
    for changes in (
        {"provider": "csc", "signer": "không phải số"}, {"hours": 0}, {"hours": 10_000.0}, {"files": ()},
        {"files": (paper, paper)}, {"key": "x"},
    ):  # fmt: skip
        with pytest.raises(BadInput):
            world.open(paper, **changes)
    with pytest.raises(BadInput):
        world.open(world.paper("anh.png", b"x", media_type="image/png"))
    assert world.all("select count(*) from signing_session") == [(0,)]


def test_the_signer_is_not_in_session_events_or_audit(world):
    """Digest and last digits only."""
    world.open(world.paper())
    world.work()

    for table in ("event", "audit", "case_item"):
        text = str(world.all(f"select * from {table}"))
        assert not any(word in text for word in (WHO["csc"], *NAMES)), table
    [(digest, shown)] = world.all("select signer_digest, signer_masked from signing_session")
    assert WHO["csc"] not in digest
    assert shown == "•••••••••011"
    assert all(WHO["csc"] not in told["text"] for told in world.told())


def test_a_note_that_the_case_system_does_not_take_is_a_persons_matter(world):
    """The session itself has ended well."""
    world.control(world.case, "faults", operation="add_note", kind="lose_answer")
    session = world.open(world.paper())
    world.work()
    world.later(hours=100)
    world.work()

    assert world.state(session) == ("signed", "")
    assert world.cases() == [NOT_TOLD]


def test_usage_is_counted(world):
    """One signed, one refused: what the indicators are made of."""
    world.open(world.paper(), world.paper("don-hai.pdf"))
    world.work()
    world.citizen("csc", does="refuse")
    world.open(world.paper("don-ba.pdf"), key="khoa-0002")
    world.work()

    found = world.all(
        "select provider, agency, sessions, signed, refused, open, files_signed, signers from signature_usage"
    )
    assert found == [("csc", "H21.15", 2, 1, 1, 0, 2, 1)]


def test_work_that_was_interrupted_is_done_by_another_process(world):
    """A process took it and died: after the lease the next one goes on, and nothing is doubled."""
    session = world.open(world.paper())
    world.engine.step("csc")
    with world.store.transaction("claim") as tx:
        assert rows.claim_work(tx, timedelta(minutes=10))
    world.work()
    assert world.state(session) == ("asked", "")

    world.later(minutes=11)
    assert world.state(session) == ("signed", "")
    assert len(world.books("csc")["sessions"]) == 1


def test_the_lists_of_the_command_line_name_nobody(world):
    """Sessions and usage as an operator prints them."""
    world.open(world.paper())
    world.work()

    with world.store.transaction("look") as tx:
        sessions, usage = rows.sessions(tx), rows.usage(tx)
    assert [(row["state"], row["files"]) for row in sessions] == [("signed", 1)]
    assert [(row["month"], row["signed"], row["files_signed"]) for row in usage] == [("2026-11", 1, 1)]
    assert not any(word in str([*sessions, *usage]) for word in (WHO["csc"], *NAMES))
