"""The application with every door, and each sender as its owner uses it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import httpx

from adapters.webhooks.dossiers import doors
from connectors.dvcqg.sandbox_notices import message as portal_message
from connectors.handover.connect import connected as handover
from connectors.ministry.sandbox_notices import message as ministry_message
from mappings.canonical.inbound import NewsKind
from tests.contract.dvcqg import conftest as portal_world
from tests.contract.handover import conftest as handover_world
from tests.contract.judicial_records import conftest as judicial_world
from tests.contract.judicial_records.test_vneid import body as vneid_body
from tests.contract.land import conftest as land_world
from tests.contract.ministry import conftest as ministry_world
from tests.integration.inbound.conftest import CODE, World

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


def post(client: httpx.Client, path: str, body: bytes, headers: dict[str, str]) -> httpx.Response:
    return client.post(f"/webhooks/{path}", content=body, headers=headers)
