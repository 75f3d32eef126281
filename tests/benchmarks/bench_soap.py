"""What our care for SOAP and JSON costs: processor time of one call beside the bare way, same bytes, same server.

``python -m tests.benchmarks.bench_soap [--rounds R] [--json FILE]``: a static server in a process of its own; every cell in a
fresh process, rivals interleaved. Small: an answer of about 0.6 kB against a bare httpx POST that reads nothing. Large: 1,000
items with ten typed and nested fields, against the same written by hand with lxml, and in JSON with pydantic.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.benchmarks.harness import Row, median, quotient, rounds_of, run

MODULE = "tests.benchmarks.bench_soap"
ITEMS = 1_000
SMALL_CALLS, LARGE_CALLS, WARM = 1_500, 40, 5
NS = "urn:hang"
_TYPES = """<x:complexType name="Gia"><x:sequence><x:element name="SoTien" type="x:long"/><x:element name="Thue" type="x:decimal"/>
</x:sequence></x:complexType><x:complexType name="Muc"><x:sequence><x:element name="Ma" type="x:string"/>
<x:element name="Ten" type="x:string"/><x:element name="DonVi" type="x:string"/><x:element name="SoLuong" type="x:int"/>
<x:element name="Gia" type="t:Gia"/><x:element name="LapLuc" type="x:dateTime"/><x:element name="DaTra" type="x:boolean"/>
<x:element name="GhiChu" type="x:string" minOccurs="0"/><x:element name="Loai" type="x:string"/></x:sequence></x:complexType>"""
WSDL = f"""<w:definitions xmlns:w="http://schemas.xmlsoap.org/wsdl/" xmlns:s="http://schemas.xmlsoap.org/wsdl/soap/"
 xmlns:x="http://www.w3.org/2001/XMLSchema" xmlns:t="{NS}" targetNamespace="{NS}"><w:types>
<x:schema targetNamespace="{NS}" elementFormDefault="qualified">{_TYPES}
<x:element name="Hoi"><x:complexType><x:sequence><x:element name="Ma" type="x:string"/></x:sequence></x:complexType></x:element>
<x:element name="HoiResponse"><x:complexType><x:sequence>
<x:element name="Muc" type="t:Muc" minOccurs="0" maxOccurs="unbounded"/></x:sequence></x:complexType></x:element></x:schema></w:types>
<w:message name="i"><w:part name="p" element="t:Hoi"/></w:message><w:message name="o"><w:part name="p" element="t:HoiResponse"/></w:message>
<w:portType name="T"><w:operation name="Hoi"><w:input message="t:i"/><w:output message="t:o"/></w:operation></w:portType>
<w:binding name="B" type="t:T"><s:binding transport="http://schemas.xmlsoap.org/soap/http"/><w:operation name="Hoi">
<s:operation soapAction="urn:hang/Hoi"/><w:input><s:body use="literal"/></w:input><w:output><s:body use="literal"/></w:output>
</w:operation></w:binding></w:definitions>"""


@dataclass(frozen=True, slots=True)
class Gia:
    """The nested one."""

    SoTien: int
    Thue: Decimal


@dataclass(frozen=True, slots=True)
class Muc:
    """An item: ten fields with those of the nested one."""

    Ma: str
    Ten: str
    DonVi: str
    SoLuong: int
    Gia: Gia
    LapLuc: datetime
    DaTra: bool
    GhiChu: str | None
    Loai: str


@dataclass(frozen=True, slots=True)
class Kho:
    """The answer."""

    Muc: tuple[Muc, ...]


def soap_answer(items: int) -> bytes:
    """By formula."""
    inside = "".join(
        f"<Muc><Ma>M{n:06d}</Ma><Ten>Biên lai số {n}</Ten><DonVi>Sở Tài chính</DonVi><SoLuong>{n % 90 + 1}</SoLuong>"
        f"<Gia><SoTien>{n * 7919 % 9_000_000 + 1000}</SoTien><Thue>{n % 100}.50</Thue></Gia>"
        f"<LapLuc>2026-11-23T08:{n % 60:02d}:00+07:00</LapLuc><DaTra>{'true' if n % 3 else 'false'}</DaTra>"
        f"<GhiChu>ghi chú {n}</GhiChu><Loai>phí</Loai></Muc>"
        for n in range(items)
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/">'
        f'<soap:Body><HoiResponse xmlns="{NS}">{inside}</HoiResponse></soap:Body></soap:Envelope>'
    ).encode()


def json_answer(items: int) -> bytes:
    """The same facts."""
    import json

    made = [
        {
            "Ma": f"M{n:06d}", "Ten": f"Biên lai số {n}", "DonVi": "Sở Tài chính", "SoLuong": n % 90 + 1,
            "Gia": {"SoTien": n * 7919 % 9_000_000 + 1000, "Thue": f"{n % 100}.50"},
            "LapLuc": f"2026-11-23T08:{n % 60:02d}:00+07:00", "DaTra": bool(n % 3), "GhiChu": f"ghi chú {n}", "Loai": "phí",
        }
        for n in range(items)
    ]  # fmt: skip
    return json.dumps({"Muc": made}, ensure_ascii=False).encode()


def _serve(port: Any) -> None:
    from connectors.kit.sandbox import Sandbox, SandboxAnswer, SandboxRequest, route, serve

    small, large, rest = soap_answer(2), soap_answer(ITEMS), json_answer(ITEMS)
    xml = {"Content-Type": "text/xml; charset=utf-8"}
    answers = {
        "/small": SandboxAnswer(200, xml, small),
        "/large": SandboxAnswer(200, xml, large),
        "/rest": SandboxAnswer(200, {"Content-Type": "application/json"}, rest),
    }

    class Static(Sandbox):
        def knows(self, request: SandboxRequest) -> bool:
            return True

        def handle(self, request: SandboxRequest) -> SandboxAnswer:
            return answers[request.path]

        @route("POST", "/small", "small")
        def small(self, request: SandboxRequest) -> SandboxAnswer:
            return answers["/small"]

    server = serve(Static())
    port.send(server.url)
    port.recv()


@contextmanager
def server() -> Any:
    """The address of a static server in another process."""
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(there,), daemon=True)
    process.start()
    yield here.recv()
    here.send("end")
    process.join(10)


def _timed(call: Callable[[], Any], count: int) -> dict[str, float]:
    """Processor time of this process alone, per call."""
    for _ in range(WARM):
        call()
    begun, wall = time.process_time(), time.perf_counter()
    for _ in range(count):
        call()
    cpu, wall = time.process_time() - begun, time.perf_counter() - wall
    return {"cpu_ms": cpu / count * 1000, "wall_ms": wall / count * 1000}


@contextmanager
def _port(url: str, path: str) -> Any:
    from connectors.kit.soap.contract import Contract
    from connectors.kit.soap.line import SoapTransport
    from connectors.kit.soap.port import Port, SoapSettings

    with TemporaryDirectory() as folder:
        (Path(folder) / "hang.wsdl").write_text(WSDL)
        contract = Contract(Path(folder), "hang.wsdl")
        contract.prepare()
    settings = SoapSettings(base_url=url, path=path)
    yield Port("bench", contract, SoapTransport(url, system="bench"), settings)


def _ours(path: str, count: int, items: int) -> dict[str, float]:
    from connectors.kit.effects import EffectClass
    from connectors.kit.soap.readers import Reader

    read = Reader(Kho, NS)
    with server() as url, _port(url, path) as port:

        def call() -> Kho:
            found: Kho = port.call("ask", "Hoi", {"Ma": "A1"}, read, effect_class=EffectClass.READ)
            return found

        assert len(call().Muc) == items
        return _timed(call, count)


def small_ours() -> dict[str, float]:
    """The production path with two items in the answer."""
    return _ours("/small", SMALL_CALLS, 2)


def large_ours() -> dict[str, float]:
    """The production path with a thousand."""
    return _ours("/large", LARGE_CALLS, ITEMS)


def _request() -> tuple[bytes, dict[str, str]]:
    with _port("http://127.0.0.1:9", "/") as port:
        return port._written("Hoi", {"Ma": "A1"}, None)  # type: ignore[no-any-return]


def small_bare() -> dict[str, float]:
    """Httpx with the same bytes; nothing is made, nothing is read."""
    import httpx

    content, headers = _request()
    with server() as url, httpx.Client() as http:

        def call() -> bytes:
            return http.post(f"{url}/small", content=content, headers=headers).content

        assert b"Muc" in call()
        return _timed(call, SMALL_CALLS)


def large_by_hand() -> dict[str, float]:
    """Httpx and lxml as a careful hand writes it for this one answer: one walk, a branch per name."""
    import httpx
    from lxml import etree

    content, headers = _request()
    p = f"{{{NS}}}"
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True)

    def item(node: Any) -> Muc:
        v: dict[str, Any] = {}
        for child in node:
            v[child.tag] = child
        gia = {child.tag: child.text for child in v[p + "Gia"]}
        note = v.get(p + "GhiChu")
        return Muc(
            v[p + "Ma"].text,
            v[p + "Ten"].text,
            v[p + "DonVi"].text,
            int(v[p + "SoLuong"].text),
            Gia(int(gia[p + "SoTien"]), Decimal(gia[p + "Thue"])),
            datetime.fromisoformat(v[p + "LapLuc"].text).astimezone(UTC),
            v[p + "DaTra"].text == "true",
            note.text if note is not None else None,
            v[p + "Loai"].text,
        )

    with server() as url, httpx.Client() as http:

        def call() -> Kho:
            answer = http.post(f"{url}/large", content=content, headers=headers)
            root = etree.fromstring(answer.content, parser)
            return Kho(tuple(item(node) for node in root[0][0]))

        assert len(call().Muc) == ITEMS
        return _timed(call, LARGE_CALLS)


def _models() -> Any:
    from pydantic import BaseModel, ConfigDict

    class Price(BaseModel):
        model_config = ConfigDict(frozen=True)
        SoTien: int
        Thue: Decimal

    class Item(BaseModel):
        model_config = ConfigDict(frozen=True)
        Ma: str
        Ten: str
        DonVi: str
        SoLuong: int
        Gia: Price
        LapLuc: datetime
        DaTra: bool
        GhiChu: str | None = None
        Loai: str

    class Store(BaseModel):
        model_config = ConfigDict(frozen=True)
        Muc: list[Item]

    Store.model_rebuild(_types_namespace={"Item": Item, "Price": Price})
    return Store


def rest_ours() -> dict[str, float]:
    """JSON through the kit's transport and strict reading, then the same models."""
    from connectors.kit.effects import EffectClass
    from connectors.kit.reading import read_json
    from connectors.kit.transport import Transport

    store = _models()
    with server() as url:
        transport = Transport(url, system="bench")

        def call() -> Any:
            raw = transport.send(
                "ask", "POST", "/rest", effect_class=EffectClass.READ, json={"Ma": "A1"}
            ).content
            return store.model_validate(read_json(raw, system="bench", operation="ask"))

        assert len(call().Muc) == ITEMS
        return _timed(call, LARGE_CALLS)


def rest_by_hand() -> dict[str, float]:
    """Httpx and pydantic, as its documents show it."""
    import httpx

    store = _models()
    with server() as url, httpx.Client() as http:

        def call() -> Any:
            return store.model_validate(http.post(f"{url}/rest", json={"Ma": "A1"}).json())

        assert len(call().Muc) == ITEMS
        return _timed(call, LARGE_CALLS)


CELLS = {
    "small_bare": small_bare,
    "small_ours": small_ours,
    "large_by_hand": large_by_hand,
    "large_ours": large_ours,
    "rest_by_hand": rest_by_hand,
    "rest_ours": rest_ours,
}
PAIRS = (
    ("small SOAP call / bare httpx POST of the same bytes, CPU", "small_ours", "small_bare", 1.5),
    ("SOAP answer of 1,000 items / lxml by hand, CPU", "large_ours", "large_by_hand", 1.3),
    ("REST answer of 1,000 items / httpx and pydantic by hand, CPU", "rest_ours", "rest_by_hand", 1.3),
)


def judge(rounds: int) -> tuple[list[Row], dict[str, Any]]:
    """Quotients per round, then their median."""
    found = rounds_of(MODULE, list(CELLS), rounds)
    rows = []
    for what, ours, theirs, bar in PAIRS:
        times = quotient(found[ours], found[theirs], "cpu_ms")
        a, b = median(found[ours], "cpu_ms"), median(found[theirs], "cpu_ms")
        rows.append(Row(what, f"{times:.2f} ({a:.2f} / {b:.2f} ms)", f"<= {bar}", times <= bar))
    return rows, {name: median(cells, "cpu_ms") for name, cells in found.items()}


if __name__ == "__main__":
    run(MODULE, CELLS, judge)
