"""A file goes out to an official's computer and comes back; the sandbox is that computer, on a real port, and so are our doors.

There is no operation to run through the suite of all connectors: no call leaves us. What the suite asks of answers is asked of
uploads here: cut, doubled, forged, of another shape.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from pydantic import ValidationError

from connectors.errors import Forged
from connectors.kit.sandbox import Sandbox, SandboxAnswer, SandboxRequest, route, serve
from connectors.kit.signing.errors import NotReleased, WrongSignature
from connectors.signature_check.checker import Checker
from connectors.signature_check.trust import Root, Trust
from connectors.vgca import passes, translate, wire
from connectors.vgca.client import Client, Offer
from connectors.vgca.connect import connected
from connectors.vgca.notifications import Returned, returned
from connectors.vgca.sandbox import VgcaSandbox
from connectors.vgca.settings import Settings
from mappings.canonical.codec import from_json, to_json
from mappings.canonical.signature import Tree
from mappings.canonical.signing import HandedOut, SignedDocument, SigningState
from mappings.errors import IntegrationError
from tests.contract.signature_check.pdfs import blank
from tests.contract.signature_check.pki import NOW
from tests.contract.signature_check.pki import world as the_world
from tests.contract.signing.conftest import finished, prepared, trust_of
from tests.support.clock import VirtualClock

KEY = "khoa-dong-dau-the-ra-vao-cua-tinh"
NUMBER, NAME = "001099000041", "Quyết định của bà Vũ Thị Cán Bộ Thử.pdf"


class Doors(Sandbox):
    """Our two doors as the edge would have them; files wait by their digest, what was taken stands in a table of one row each."""

    system = "doors"

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__()
        self.clock = clock
        self.client: Any = None
        self.settings: Any = None
        self.judge: Any = None
        self.files: dict[str, bytes] = {}
        self.handed: dict[str, HandedOut] = {}
        self.taken: dict[str, SignedDocument] = {}
        self.refused: list[str] = []

    @route("GET", "/files/vgca/{access}", "file")
    def file(self, request: SandboxRequest) -> SandboxAnswer:
        try:
            return SandboxAnswer(
                200, {}, self.files[self.client.asked_for(request.parts["access"]).file_sha256]
            )
        except Forged:
            return SandboxAnswer(403, {}, b"")

    @route("POST", "/hooks/vgca/{access}", "upload")
    def upload(self, request: SandboxRequest) -> SandboxAnswer:
        try:
            found = returned(
                request.body,
                request.headers["content-type"],
                request.parts["access"],
                self.settings,
                clock=self.clock,
            )
            handed = self.handed[found.handed.transaction]
            made = self.client.take_back(found, handed, judge=self.judge)
        except (IntegrationError, ValueError) as exc:
            self.refused.append(f"{type(exc).__name__}: {exc}")
            status = 403 if isinstance(exc, Forged) else 200
            return SandboxAnswer(status, {}, translate.answer(taken=False, name="", words="Tệp không hợp lệ"))
        self.taken.setdefault(made.sha256, made)
        return SandboxAnswer(200, {}, translate.answer(taken=True, name="a.pdf"))


@dataclass
class Round:
    """Both sides."""

    doors: Doors
    computer: VgcaSandbox
    client: Client
    settings: Settings
    offers: list[Offer] = field(default_factory=list)

    def hand_out(self, raw: bytes = blank(), **facts: Any) -> Offer:
        made = self.client.offer(
            raw, **{"transaction": f"KY-VGCA-{len(self.offers):04d}", "document": "KQ-1", "name": NAME, "number": NUMBER, **facts}
        )  # fmt: skip
        self.doors.files[made.handed.file_sha256] = raw
        self.doors.handed[made.handed.transaction] = from_json(
            HandedOut, json.loads(json.dumps(to_json(made.handed)))
        )
        self.offers.append(made)
        return made

    def official(self, offer: Offer, **does: Any) -> tuple[SigningState, str]:
        """The page opens the socket, sends the text, gets the answer."""
        raw = json.dumps(does or {"does": "sign"}).encode()
        answer = self.computer.handle(SandboxRequest("POST", "/_sandbox/vgca/official", {}, {}, raw))
        assert answer.status == 201
        told = self.computer.handle(
            SandboxRequest("POST", "/_sandbox/vgca/SignApproved", {}, {}, offer.text.encode())
        )
        return translate.said(told.body, self.settings)


@pytest.fixture
def round_trip() -> Iterator[Round]:
    clock = VirtualClock(NOW)
    computer, doors = VgcaSandbox(clock=clock), Doors(clock)
    server = serve(doors)
    settings = Settings(public_url=server.url, key=KEY)
    client = connected(settings, clock=clock).client
    root, ca = (one.public_bytes(Encoding.DER) for one in (computer.authority.root, computer.authority.ca))
    citizens = trust_of(the_world())
    judge = Checker(
        Trust(
            (Root(root, "vgca", Tree.VGCA), *citizens.roots),
            (ca, *citizens.intermediates),
            (*computer.authority.lists(NOW), *citizens.crls),
        ),
        clock=clock,
    )
    doors.client, doors.settings, doors.judge = client, settings, judge
    yield Round(doors, computer, client, settings)
    server.close()
    judge.close()


def test_an_official_signs_and_the_file_is_taken_back(round_trip):
    """Fetched, signed with the token, brought, judged: VALID under the officials' tree, to its last byte."""
    state, _ = round_trip.official(round_trip.hand_out())
    assert state is SigningState.SENT
    [made] = round_trip.doors.taken.values()
    assert (made.document, made.name, made.field) == ("KQ-1", NAME, "KySo-USB-A")


def test_brought_twice_is_taken_once(round_trip):
    """The same bytes are the same file."""
    round_trip.official(round_trip.hand_out(), does="bring_twice")
    assert len(round_trip.doors.taken) == 1
    assert [one["Status"] for one in round_trip.computer.done] == [True, True]


def test_a_citizens_signature_below_stays_valid(round_trip):
    """Both trees in one file: the official's signature must be of the officials', the other one of its own."""
    holder = the_world().citizen
    kept, made = prepared(holder, blank())
    round_trip.official(round_trip.hand_out(finished(kept, made, holder)))
    assert len(round_trip.doors.taken) == 1, round_trip.doors.refused


@pytest.mark.parametrize(
    ("does", "state"), [("cancel", SigningState.REJECTED), ("no_token", SigningState.FAILED)]
)
def test_an_official_who_does_not_sign(round_trip, does, state):
    """Nothing comes; the program's answer to the page is a hint."""
    assert round_trip.official(round_trip.hand_out(), does=does)[0] is state
    assert round_trip.doors.received == {}


@pytest.mark.parametrize(
    ("does", "why"),
    [
        ("leave_unsigned", "WrongSignature: value"),
        ("not_a_pdf", "WrongSignature: other-file"),
        ("change_first", "WrongSignature: other-file"),
        ("write_anew", "WrongSignature: other-file"),
        ("change_after", "NotReleased"),
        ("citizen_signs", "NotReleased"),
        ("colleague_signs", "NotReleased"),
        ("half_body", "Unreadable: body"),
    ],
)
def test_nothing_unsigned_or_wrongly_signed_is_taken(round_trip, does, why):
    """Each is refused for its own reason, and the official reads it in the program."""
    state, _ = round_trip.official(round_trip.hand_out(), does=does)
    assert state is SigningState.FAILED
    assert round_trip.doors.taken == {}
    assert [one.startswith(why) for one in round_trip.doors.refused] == [True], round_trip.doors.refused


def test_a_citizens_certificate_does_not_stand_for_an_officials(round_trip):
    """Valid, of a root that we believe, to the last byte: but of the citizens' tree."""
    offer = round_trip.hand_out(number="001099000001")
    holder = the_world().citizen
    kept, made = prepared(holder, blank())
    found = Returned(round_trip.client.asked_for(offer.access), finished(kept, made, holder))
    assert round_trip.doors.judge.check_bytes(found.raw, "a.pdf").verdict == "VALID"
    with pytest.raises(NotReleased):
        round_trip.client.take_back(found, offer.handed, judge=round_trip.doors.judge)


def test_another_official_may_sign_where_none_was_named(round_trip):
    """Empty number: anybody under the officials' tree."""
    round_trip.official(round_trip.hand_out(number=""), does="colleague_signs")
    assert len(round_trip.doors.taken) == 1


def test_a_pass_opens_one_file_for_a_while(round_trip):
    """Fetching and bringing after its end are refused, and so is a pass that was not made by us."""
    offer = round_trip.hand_out()
    assert round_trip.client.asked_for(offer.access) == replace(offer.handed, number="", name="")
    text, _, seal = offer.access.partition(".")
    for bad in (
        "",
        text,
        f"{text}.",
        f"{text}.{'0' * 64}",
        f"{text[:-2]}.{seal}",
        f"{text}é.{seal}",
        "x" * 5000,
    ):
        with pytest.raises(Forged):
            round_trip.client.asked_for(bad)
    other = Settings(public_url="https://a.example", key=KEY[::-1])
    with pytest.raises(Forged):
        passes.opened(offer.access, other, clock=round_trip.doors.clock)
    round_trip.doors.clock.advance(minutes=31)
    assert round_trip.official(offer)[0] is SigningState.FAILED
    assert round_trip.doors.taken == {}
    with pytest.raises(Forged):
        returned(b"", "", offer.access, round_trip.settings, clock=round_trip.doors.clock)


def test_one_pass_does_not_bring_the_file_of_another(round_trip):
    """What was handed out under it counts, not what is said."""
    first, second = round_trip.hand_out(), round_trip.hand_out(blank("Trang khac"))
    round_trip.official(first)
    assert len(round_trip.doors.taken) == 1
    found = Returned(second.handed, b"x")
    with pytest.raises(WrongSignature, match="other-file"):
        round_trip.client.take_back(found, first.handed, judge=round_trip.doors.judge)


def test_no_person_stands_in_an_address(round_trip):
    """Addresses end in logs."""
    import base64

    offer = round_trip.hand_out()
    text = offer.access.partition(".")[0]
    plain = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
    assert NUMBER not in plain
    assert "Cán Bộ" not in plain
    assert NUMBER not in offer.text
    assert "raw" not in repr(Returned(offer.handed, b"%PDF"))


def test_a_file_that_was_written_anew_is_taken_only_where_that_is_agreed(round_trip):
    """A setting, off: nobody could tell what was changed."""
    round_trip.client._settings = round_trip.settings.model_copy(update={"must_grow": False})
    round_trip.official(round_trip.hand_out(), does="write_anew")
    assert len(round_trip.doors.taken) == 1, round_trip.doors.refused


def test_an_upload_cut_at_any_byte_is_none(round_trip):
    """Nor one with the part twice, without a boundary, or with another name."""
    boundary = "b1"
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="uploadfile"; filename="a"\r\n\r\n'.encode()
    whole = head + b"%PDF-\r\n--b1\r\nis inside?\r\n" + f"\r\n--{boundary}--\r\n".encode()
    kind = "multipart/form-data; boundary=b1"
    good = head + b"%PDF-\r\nx" + b"\r\n--b1--\r\n"
    assert wire.part_of(good, kind, "uploadfile") == b"%PDF-\r\nx"
    for at in range(len(good) - 2):
        with pytest.raises(ValueError, match=r"body|uploadfile"):
            wire.part_of(good[:at], kind, "uploadfile")
    for raw, content_type, name in (
        (whole, kind, "uploadfile"),
        (good, "application/pdf", "uploadfile"),
        (good, "multipart/form-data; boundary=b2", "uploadfile"),
        (good, kind, "other"),
        (head + b"a\r\n" + head + b"b\r\n--b1--\r\n", kind, "uploadfile"),
    ):
        with pytest.raises(ValueError, match=r"body|uploadfile|other|Content-Type"):
            wire.part_of(raw, content_type, name)


def test_the_text_for_the_program_is_as_published(round_trip):
    """Names and places by the paper; the one thing that opens doors is in the addresses."""
    offer = round_trip.hand_out()
    text = json.loads(offer.text)
    assert offer.socket == "wss://127.0.0.1:8987/SignApproved"
    assert set(text) == {"FileName", "FileUploadHandler", "SessionId", "JWTToken", "MetaData"}
    assert text["FileName"].endswith(f"/files/vgca/{offer.access}")
    assert text["FileUploadHandler"].endswith(f"/hooks/vgca/{offer.access}")
    issuing = round_trip.client.offer(
        b"x", transaction="KY-VGCA-9999", document="a", name="b", action=wire.Action.ISSUE, doc_number="12/QĐ", issued=NOW.date()
    )  # fmt: skip
    assert json.loads(issuing.text)["IssuedDate"] == "24/11/2026"


@pytest.mark.parametrize(
    "raw", [b"", b"[]", b'{"Message": ""}', b'{"Status": true}', b'{"Status": 0, "Status": 11}']
)
def test_what_is_no_answer_of_the_program_is_refused(raw, round_trip):
    """It comes through a browser: anybody could have written it."""
    with pytest.raises(ValueError, match=r"body|Status"):
        translate.said(raw, round_trip.settings)


def test_the_judge_is_asked_for_every_file(round_trip):
    """Without a verdict nothing is taken."""

    class Away:
        def check_bytes(self, raw, name):
            from mappings.canonical.signature import Reason, refused

            return refused(name, NOW, Reason.CHECKER_FAILED)

    round_trip.doors.judge = Away()
    round_trip.official(round_trip.hand_out())
    assert round_trip.doors.taken == {}
    assert round_trip.doors.refused[0].startswith("NotReleased: INDETERMINATE")
    with pytest.raises(NotReleased) as refused:
        round_trip.client.take_back(
            Returned(replace(round_trip.offers[0].handed, number="", name=""), blank() + b"x"),
            round_trip.offers[0].handed,
            judge=Away(),
        )
    assert refused.value.worth_trying_again


def test_a_short_key_is_refused():
    """Passes could be made up."""
    with pytest.raises(ValidationError):
        Settings(public_url="https://a.example", key="ngan")
