"""The Post's sandbox on a real port, and our client before it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from importlib import resources
from typing import Any

import pytest

from connectors.kit.sandbox import SandboxRequest, serve
from connectors.post.client import Client
from connectors.post.connect import connected
from connectors.post.sandbox import PostSandbox
from connectors.post.settings import Facade, Settings
from connectors.post.translate import DocumentPush, Notice
from mappings.canonical.party import Place
from mappings.canonical.post import PostalOrder, PostDirection, PostParty, order_number
from tests.support.clock import VirtualClock

SECRET = "khoa-buu-dien-thu-nghiem"
CODE = "H21.15-261123-0001"
PERSON = ("Nguyễn Thị Thử", "0900000001", "Tổ 3", "001099000001", "Trần Văn Thử")
SAMPLES = json.loads(resources.files("connectors.post.contract").joinpath("samples.json").read_text("utf-8"))
CITIZEN = PostParty(
    name=PERSON[0],
    phone=PERSON[1],
    place=Place(province="52", commune="23575", detail=PERSON[2]),
    note="Gọi trước",
)
OFFICE = PostParty(
    name="Trung tâm Phục vụ hành chính công",
    phone="0269000001",
    place=Place(province="52", detail="69 đường Thử Nghiệm"),
)
PATHS = {
    Facade.NGSP: "/post",
    Facade.LGSP: "/post/lgsp",
    Facade.PROVINCE: "/post/province",
    Facade.NOTICE: "/post/cls",
}


def settings(url: str = "http://127.0.0.1:9", facade: Facade = Facade.NGSP, **changes: Any) -> Settings:
    facts: dict[str, Any] = {
        "base_url": url + PATHS[facade],
        "facade": facade,
        "customer_code": "HCC-THU",
        "places_file": "sandbox",
        "credentials": {"style": "header", "name": "access_token", "value": SECRET},
    }
    return Settings(**{**facts, **changes})


def an_order(**changes: Any) -> PostalOrder:
    facts: dict[str, Any] = {
        "dossier_code": CODE,
        "direction": PostDirection.RETURN,
        "attempt": 1,
        "sender": OFFICE,
        "receiver": CITIZEN,
        "content": "Giấy chứng nhận",
        "cod_amount": 30_000,
        **changes,
    }
    number = order_number(facts["dossier_code"], facts["direction"], facts["attempt"])
    return PostalOrder(number=number, **facts)


def a_notice(clock: VirtualClock) -> Notice:
    return Notice(
        id="9001",
        procedure="1.001612",
        procedure_name="Thủ tục thử",
        dossier_code=CODE,
        fee=30_000,
        owner=PERSON[0],
        submitter=PERSON[4],
        personal_number=PERSON[3],
        address=PERSON[2],
        received_at=clock.now(),
        office_address="69 đường Thử Nghiệm",
    )


def a_document() -> DocumentPush:
    return DocumentPush(
        number=an_order().number,
        procedure="1.001612",
        procedure_name="Thủ tục thử",
        state="1",
        receiver=CITIZEN,
    )


def asked(sandbox: PostSandbox, method: str, path: str, facts: Any = None) -> Any:
    """A control of the sandbox, in process."""
    answer = sandbox.handle(SandboxRequest(method, path, {}, {}, json.dumps(facts or {}).encode()))
    assert answer.status < 300, answer.body
    return json.loads(answer.body)


@dataclass
class Post:
    """Both sides."""

    sandbox: PostSandbox
    client: Client
    clock: VirtualClock

    def event(self, **facts: Any) -> None:
        asked(self.sandbox, "POST", "/_sandbox/post/events", facts)

    def books(self) -> Any:
        return asked(self.sandbox, "GET", "/_sandbox/post/books")


Make = Callable[..., Post]


@pytest.fixture
def make(clock: VirtualClock) -> Iterator[Make]:
    closing: list[Any] = []

    def made(facade: Facade = Facade.NGSP, *, sandbox: dict[str, Any] | None = None, **changes: Any) -> Post:
        theirs = PostSandbox(clock=clock, secret=SECRET, **(sandbox or {}))
        server = serve(theirs)
        connection = connected(settings(server.url, facade, **changes), clock=clock)
        closing.extend([*connection.transports, server])
        return Post(theirs, connection.client, clock)

    yield made
    for each in closing:
        each.close()


@pytest.fixture
def post(make: Make) -> Post:
    return make()


__all__ = ["replace"]
