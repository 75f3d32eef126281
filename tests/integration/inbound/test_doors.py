"""The doors over a real served application: verified raw, kept before the answer, answered in the sender's own shape."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import httpx
import psycopg
import pytest
import structlog

from adapters.webhooks.dossiers import doors
from config.logging import set_up
from config.settings import Logging
from connectors.dvcqg.sandbox_notices import message as portal_message
from connectors.handover.connect import connected as handover
from connectors.ministry.sandbox_notices import message as ministry_message
from jobs.errors import StoreUnavailable
from jobs.inbound import recording
from jobs.store.postgres import inbound as rows
from mappings.canonical.dossier import DossierState
from mappings.canonical.inbound import NewsKind
from tests.contract.civil_status import conftest as civil_world
from tests.contract.dvcqg import conftest as portal_world
from tests.contract.handover import conftest as handover_world
from tests.contract.judicial_records import conftest as judicial_world
from tests.contract.judicial_records.test_vneid import body as vneid_body
from tests.contract.land import conftest as land_world
from tests.contract.ministry import conftest as ministry_world
from tests.integration.edge.serving import visiting
from tests.integration.inbound.conftest import CODE, SET_UP, World
from tests.support.waiting import eventually

LAND, PORTAL, MINISTRY = land_world.CODE, portal_world.INBOUND, ministry_world.INBOUND
VNEID, CALLBACK = judicial_world.CODE_GET, handover_world.CALLBACK_SECRET
SECRETS = (LAND, PORTAL, MINISTRY, VNEID, CALLBACK)
WRONG = "sai-ma-bao-mat-thu-nghiem"
PERSON = "NGUYỄN VĂN THỬ"


def json_of(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


MOVED = json_of(
    {"SoBienNhan": CODE, "MaTrangThai": "4", "MaCanBoChuyen": "a", "MaCanBoNhan": "b", "NgayChuyen": "2026-11-23T02:00:00"}
)  # fmt: skip

Judge = Callable[[httpx.Response], bool]


@dataclass
class Sender:
    """One door as its owner uses it. ``taken``, ``refused``: judge an answer by the owner's own papers."""

    path: str
    body: bytes
    secret: str
    taken: Callable[[httpx.Response], bool]
    headers: dict[str, str] = field(default_factory=dict)
    kind: NewsKind = NewsKind.STATE
    code: str = CODE
    forged: int = 401
    unreadable: int = 200

    def with_secret(self, secret: str) -> tuple[str, bytes, dict[str, str]]:
        return (
            self.path.replace(self.secret, secret),
            self.body.replace(self.secret.encode(), secret.encode()),
            {name: value.replace(self.secret, secret) for name, value in self.headers.items()},
        )


def called_back(name: str) -> Sender:
    """A message of a piece of specialised software, as its sandbox makes it."""
    made = handover_world.asked(
        handover_world.sandbox(name), "POST", "call-back", {"kind": "state", "key": CODE}
    )
    profile = handover(handover_world.settings("http://127.0.0.1:9", name), clock=None).client[f"handover.{name}"].profile  # fmt: skip
    ok = profile.callbacks.ok
    return Sender(
        f"handover/{name}{'/' if made['path'] else ''}{made['path'].strip('/')}",
        made["body"].encode(),
        CALLBACK,
        lambda answer: all(str(word) in answer.text for word in ok.values()),
        dict(made["headers"]),
    )


def senders() -> dict[str, Sender]:
    result: Judge = lambda answer: answer.json()["Result"] == 1
    no_error: Judge = lambda answer: answer.json()["error_code"] == 0
    accepted: Judge = lambda answer: answer.json()["code"] == 200
    bearer = {"authorization": f"Bearer {PORTAL}"}
    theirs = {"authorization": f"Bearer {MINISTRY}"}
    portal = {
        f"portal {kind}": Sender(
            f"dvcqg/{kind}", portal_message(kind, {}), PORTAL, no_error, bearer, kind=news, code=code
        )
        for kind, news, code in (
            ("dossier", NewsKind.NEW_DOSSIER, "000.00.00.H21-261123-9001"),
            ("tax-notice", NewsKind.TAX_NOTICE, CODE),
            ("tax-receipt", NewsKind.TAX_RECEIPT, CODE),
        )
    }
    ministry_code = "G09.20-20261123-0000001"
    states = json_of([{"IdHoSo": "1", "MaHoSo": CODE, "TrangThai": 4, "NoiDungYKien": PERSON}])
    return {
        "land": Sender(f"land/ChuyenHoSo/{LAND}", MOVED, LAND, result),
        **portal,
        "ministry dossier": Sender(
            "ministry/dossier", ministry_message("dossier", {}), MINISTRY, accepted, theirs,
            kind=NewsKind.NEW_DOSSIER, code=ministry_code, unreadable=400,
        ),
        "ministry states": Sender("ministry/states", states, MINISTRY, accepted, theirs, unreadable=400),
        "VNeID": Sender(
            f"judicial_records/LLTP/TaoHoSo?CodeGet={VNEID}", json_of(vneid_body()), VNEID,
            lambda answer: answer.json()["statusCode"] == "00", kind=NewsKind.NEW_DOSSIER, code=vneid_body()["maHoSoMCDT"],
        ),
        **{name: called_back(name) for name in ("xay-dung", "lao-dong")},
    }  # fmt: skip


SENDERS = senders()


class Street:
    """The application with every door, and what can be seen of it."""

    def __init__(self, world: World) -> None:
        self.world = world
        specialised = handover(handover_world.settings("http://127.0.0.1:9", "xay-dung", "lao-dong", "gplx"), clock=world.clock)  # fmt: skip
        self.transports = specialised.transports
        sections = SimpleNamespace(
            **vars(world.sections),
            dvcqg=portal_world.settings(),
            ministry=ministry_world.settings(),
            judicial_records=judicial_world.settings(),
            handover=handover_world.settings("http://127.0.0.1:9", "xay-dung", "lao-dong", "gplx"),
        )
        clients = {**world.clients, **specialised.client}
        from dataclasses import replace

        self.edge = replace(world.edge(), doors=doors(sections, clients, world.clock))

    def close(self) -> None:
        for transport in self.transports:
            transport.close()

    def kept(self) -> list[Any]:
        return self.world.all("select system, kind, dossier_code from inbound_news order by id")

    def raw(self, verdict: str) -> list[Any]:
        return self.world.all(
            "select source, raw, headers::text, result from inbox where verdict = %s", verdict
        )


@pytest.fixture
def street(world: World) -> Iterator[Street]:
    made = Street(world)
    yield made
    made.close()


@pytest.fixture
def client(street: Street) -> Iterator[httpx.Client]:
    with visiting(street.edge) as made:
        yield made


def post(client: httpx.Client, path: str, body: bytes, headers: dict[str, str]) -> httpx.Response:
    return client.post(f"/webhooks/{path}", content=body, headers=headers)


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


def test_catalogues_are_given_to_who_has_the_code(street, client):
    """Officers' names are in one: no code, no catalogue."""
    street.world.set_up(SET_UP)
    users = client.get(f"/webhooks/land/GetDanhMucNguoiDung/{LAND}").json()
    procedures = client.get(f"/webhooks/land/GetDanhMucThuTuc/{LAND}").json()
    statuses = client.get(f"/webhooks/land/GetDanhMucTrangThai/{LAND}").json()

    assert users["Data"] == [
        {"Ma": "tiepnhan01", "Ten": "tiepnhan01"},
        {"Ma": "tiepnhan02", "Ten": "tiepnhan02"},
    ]
    assert {"Ma": "1.004199", "Ten": "QT01"} in procedures["Data"]
    assert statuses["Data"]
    assert client.get(f"/webhooks/land/GetDanhMucNguoiDung/{WRONG}").status_code == 401
    assert client.get(f"/webhooks/land/GetDanhMucKhac/{LAND}").json()["Result"] == 0


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_code_that_is_asked_for_was_never_given_before(street, client, method):
    """VNeID waits for the answer, so codes of the case system are fetched before; each is given once."""
    street.world.set_up(SET_UP)
    path = f"/webhooks/judicial_records/LLTP/LayMaHoSo?CodeGet={VNEID}"
    assert client.request(method, path).status_code == 503, "none is there yet: they ask again"
    for code in ("H21.15-261123-0011", "H21.15-261123-0012"):
        with street.world.store.transaction("codes") as tx:
            rows.keep_code(tx, "H21.15", code)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: client.request(method, path).json(), range(8)))

    given = [answer["data"] for answer in answers if answer["statusCode"] == "00"]
    assert sorted(given) == ["H21.15-261123-0011", "H21.15-261123-0012"]
    assert client.request(method, path.replace(VNEID, WRONG)).status_code == 401


def test_codes_are_fetched_for_who_asks_and_become_the_dossiers_code(street, client):
    """The dossier is created under the code that was given, and no other is taken."""
    world = street.world
    world.set_up(SET_UP + '[[procedure]]\ntheirs = "3.000333"\nours = "3.000333"\n')
    from dataclasses import replace

    creating = replace(world.creating, asks_for_codes=("judicial_records",))
    world.inbound._creating = creating
    world.work()
    assert world.all("select count(*) from inbound_code") == [(20,)]
    code = client.get(f"/webhooks/judicial_records/LLTP/LayMaHoSo?CodeGet={VNEID}").json()["data"]
    made = post(
        client, f"judicial_records/LLTP/TaoHoSo?CodeGet={VNEID}", json_of(vneid_body(maHoSoMCDT=code)), {}
    )
    assert made.json()["statusCode"] == "00"
    world.work()

    assert list(world.case.cases) == [code]
    assert world.case.cases[code].papers == ["Căn cước.pdf"]
    assert world.all("select count(*) from inbound_code") == [(21,)], (
        "one was given, one fetched in its place"
    )


def test_vneid_may_change_a_dossier_only_while_it_is_supplemented(street, client):
    """Status 5 (C); the same message again is answered as before."""
    world = street.world
    path, code = f"judicial_records/LLTP/TaoHoSo?CodeGet={VNEID}", vneid_body()["maHoSoMCDT"]
    world.dossier(DossierState.PROCESSING, code)
    refused = post(client, path, json_of(vneid_body()), {})
    assert (refused.status_code, refused.json()["statusCode"]) == (200, "01")
    assert street.kept() == []

    with world.store.transaction("the-feed") as tx:
        from dataclasses import replace

        tx.dossiers.save([replace(tx.dossiers.by_code(code), state="supplement")])
    assert post(client, path, json_of(vneid_body()), {}).json()["statusCode"] == "00"
    world.work()
    assert world.states() == [("applied", "noted")]
    assert world.cases().keys() == {"inbound_asks"}
    with world.store.transaction("the-feed") as tx:
        tx.dossiers.save([replace(tx.dossiers.by_code(code), state="processing")])
    assert post(client, path, json_of(vneid_body()), {}).json()["statusCode"] == "00"


def test_the_land_register_calls_back_and_the_case_system_hears_it_once(street, client):
    """The sandbox goes its whole way: moved, tax, supplement, supplemented, finished, with its files."""
    world = street.world
    world.dossier()
    world.land.callback_url = f"{client.base_url}/webhooks/land".replace("//webhooks", "/webhooks")
    for _ in range(2):
        world.control(world.land, "land/run", receipt=CODE)
    eventually(lambda: world.land._caller.waiting() == 0, within=20)
    world.work()

    assert {note["result"] for note in world.land.callbacks} == {1}
    assert world.case.cases[CODE].status == 4
    assert [each["state"] for each in world.told() if "state" in each] == [4, 5, 4, 9]
    assert len(world.all("select 1 from stored_file")) == 4, "two notices and two certificates, as they said"
    assert len(world.all("select 1 from inbound_tax where file is not null")) == 2


def test_a_forged_callback_of_the_register_is_answered_no(street, client):
    """Whoever knows the address and not the code."""
    world = street.world
    world.dossier()
    world.land.callback_url = f"{client.base_url}".rstrip("/") + "/webhooks/land"
    world.control(
        world.land,
        "land/callback",
        operation="ChuyenHoSo",
        body=json.loads(MOVED),
        code="sai-ma-bao-mat-0000",
    )
    eventually(lambda: world.land._caller.waiting() == 0, within=20)

    assert [(note["status"], note["result"]) for note in world.land.callbacks] == [(401, 0)]
    assert street.kept() == []


def test_a_dossier_born_at_the_register_is_told_its_code_when_it_has_one(street, client):
    """They ask again, and the answer carries the number."""
    world = street.world
    world.set_up(SET_UP)
    born = json_of(
        {
            "SoBienNhan": "", "TinhId": 52, "HuyenId": 0, "XaId": 21001,
            "ThongTinQuyTrinh": {"MaQuyTrinh": "QT01", "TenQuyTrinh": "x"},
            "ThongTinNguoiNopDon": {"HoTen": PERSON, "SoChungMinh": "001099000001"},
            "ThongTinThuaDat": [], "NgayTiepNhan": "2026-11-23T01:00:00",
            "DanhSachGiayToDinhKem": [
                {"TenGiayTo": "Đơn", "SoBanChinh": 1, "SoBanSao": 0, "TapTin": {"name": "don.pdf", "data": "JVBERi0xLjQ="}}
            ],
        }
    )  # fmt: skip
    path = f"land/TiepNhanHoSoChoMotCua/{LAND}"
    first = post(client, path, born, {}).json()
    assert (first["Result"], first["Data"]) == (1, None)
    world.work()
    [code] = world.case.cases
    assert post(client, path, born, {}).json()["Data"] == code
    assert world.case.cases[code].papers == ["Đơn"]


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
