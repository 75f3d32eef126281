"""Contracts that nobody of this project wrote: read without a network and called, or refused by name."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from connectors.errors import ContractBroken
from connectors.kit.effects import EffectClass
from connectors.kit.sandbox import serve
from connectors.kit.soap.contract import Contract, ContractUnusable, NotPinned
from connectors.kit.soap.readers import generated
from connectors.kit.soap.shapes import NotSendable
from connectors.kit.soap.versions import Version
from tests.contract.soap import stub

DATA = Path(__file__).parents[2] / "data" / "soap"
READ = {
    "betfair.wsdl": (30, 0),
    "eu-vies.wsdl": (2, 0),
    "geotrust.wsdl": (1, 0),
    "marketo.wsdl": (23, 0),
    "mnb-exchange.wsdl": (6, 6),
    "taxcloud.wsdl": (13, 13),
    "wcf/Service1.wsdl": (2, 0),
    "xroad-management.wsdl": (10, 0),
    "zeep-soap-header.wsdl": (1, 0),
}
XML_XSD = """<xs:schema targetNamespace="http://www.w3.org/XML/1998/namespace" xmlns:xs="http://www.w3.org/2001/XMLSchema">
<xs:attribute name="lang" type="xs:language"/><xs:attribute name="base" type="xs:anyURI"/></xs:schema>"""


@pytest.fixture(autouse=True)
def no_name_is_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever wants a network here fails loudly, whatever a firewall would do."""

    def refuse(*args: object, **_: object) -> None:
        raise AssertionError(f"a name was looked up: {args[0]}")

    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda host, *rest, **more: real(host, *rest, **more) if host == "127.0.0.1" else refuse(host),
    )


def contract(name: str, **facts: object) -> Contract:
    path = DATA / name
    return Contract(path.parent, path.name, **facts)  # type: ignore[arg-type]


def test_every_file_is_accounted_for():
    """A contract that is added is tried."""
    mains = {path.relative_to(DATA).as_posix() for path in DATA.rglob("*.wsdl")}

    assert mains == {*READ, "wcf/Service10.wsdl", "ews/services.wsdl", "lnp/NumberManagement.wsdl"}


@pytest.mark.parametrize("name", READ)
def test_every_operation_is_called_and_its_answer_read(name):
    """Readers are generated from the contract; the address in it is never called."""
    made = contract(name)
    counts = []
    for version in Version:
        try:
            operations = made.operations(version)
        except ContractUnusable as exc:
            reason = str(exc)
            counts.append(0)
        else:
            reason = ""
            counts.append(len(operations))
        if reason:
            assert f"offers no SOAP {version}" in reason
            continue
        server_side = stub.Stub(contract(name), version)
        with serve(server_side) as server:
            port = stub.port(server.url, made, version)
            for operation in operations:
                server_side.answering = operation
                read = generated(made.answer(operation, version))
                asked = stub.values(made.request(operation, version))
                try:
                    port.call(operation, operation, asked, read, effect_class=EffectClass.READ)
                except ContractBroken as exc:
                    pytest.fail(f"{operation}: {exc}")
            port.transport.close()
        assert len(server_side.seen) == len(operations)
    assert tuple(counts) == READ[name]


def test_answers_become_typed_values():
    """The EU's service tells a day and a flag; nobody here wrote a model for it."""
    made = contract("eu-vies.wsdl")
    server_side = stub.Stub(made, Version.V11)
    server_side.answering = "checkVat"
    with serve(server_side) as server:
        port = stub.port(server.url, made)
        asked = {"countryCode": "FI", "vatNumber": "01 & <2>"}
        read = generated(made.answer("checkVat", Version.V11))
        found = port.call("check", "checkVat", asked, read, effect_class=EffectClass.READ)
        port.transport.close()

    assert (found.valid, found.requestDate.isoformat(), found.name) == (True, "2026-11-23", "chữ")
    assert b"01 &amp; &lt;2&gt;" in server_side.seen[0].body


def test_an_import_that_is_not_pinned_is_refused_by_its_name():
    """Exchange's contract wants a schema of the W3C. It is never fetched."""
    with pytest.raises(NotPinned, match=r"https://www\.w3\.org/2001/xml\.xsd") as raised:
        contract("ews/services.wsdl").operations(Version.V11)

    assert raised.value.address == "https://www.w3.org/2001/xml.xsd"


def test_the_same_contract_is_read_once_the_import_is_pinned(tmp_path):
    """Pinning is a file and a line in the connector."""
    for file in (DATA / "ews").iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "xml.xsd").write_text(XML_XSD)
    made = Contract(tmp_path, "services.wsdl", pinned={"https://www.w3.org/2001/xml.xsd": "xml.xsd"})

    assert len(made.operations(Version.V11)) > 90
    assert made.answer("GetFolder", Version.V11).parts


def test_operations_that_a_contract_does_not_describe_are_refused_with_the_reason():
    """One imports its schema where no schema may be imported; another names an operation that it does not have."""
    lnp = contract("lnp/NumberManagement.wsdl")
    assert lnp.operations(Version.V11) == ()
    assert len(lnp.left_out) == 25
    with pytest.raises(ContractUnusable, match=r"portingQualification.*invalid part"):
        lnp.request("portingQualification", Version.V11)
    with pytest.raises(ContractUnusable, match="GetQuickApproverList"):
        contract("geotrust.wsdl").request("GetQuickApproverList", Version.V11)
    with pytest.raises(ContractUnusable, match="no usable operation nothing"):
        contract("eu-vies.wsdl").request("nothing", Version.V11)


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("../outside.xsd", "not pinned"),
        ("file:///etc/hostname", "not pinned"),
        ("http://127.0.0.1:9/x.xsd", "http://127.0.0.1:9/x.xsd"),
        ("gone.xsd", "gone.xsd"),
        ("doctype.xsd", "DOCTYPE"),
    ],
)
def test_files_outside_of_the_folder_and_hostile_ones_are_refused(tmp_path, location, reason):
    """A contract is theirs; what it may make us read is ours to say."""
    folder = tmp_path / "contract"
    folder.mkdir()
    (tmp_path / "outside.xsd").write_text(XML_XSD)
    (folder / "doctype.xsd").write_text(f"<!DOCTYPE x>{XML_XSD}")
    text = (DATA / "eu-vies.wsdl").read_text()
    at = text.index("<xsd:schema") if "<xsd:schema" in text else text.index("<xs:schema")
    end = text.index(">", at) + 1
    prefix = text[at + 1 : text.index(":", at)]
    text = f'{text[:end]}<{prefix}:import namespace="urn:x" schemaLocation="{location}"/>{text[end:]}'
    (folder / "main.wsdl").write_text(text)

    with pytest.raises(ContractUnusable, match=reason):
        Contract(folder, "main.wsdl").operations(Version.V11)
    if location.startswith("http"):
        with pytest.raises(NotPinned):
            Contract(folder, "main.wsdl", pinned={location: "../outside.xsd"}).operations(Version.V11)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"countryCode": "FI", "vatNumber": 1}, "vatNumber"),
        ({"countryCode": "FI", "vatNumber": None}, "vatNumber"),
        ({"countryCode": "FI", "vatNumber": "\x00"}, "vatNumber"),
        ({"countryCode": "FI", "vatNumber": "1\ud800"}, "vatNumber"),
        ({"countryCode": "FI", "vatNumber": "1", "more": "2"}, "more"),
        ({"countryCode": "FI"}, "checkVat"),
    ],
)
def test_what_the_contract_does_not_take_does_not_leave(values, field):
    """The library would bend it; the words name the field and never the value."""
    with pytest.raises(NotSendable, match=field):
        contract("eu-vies.wsdl").envelope("checkVat", values, Version.V11)


def test_flags_and_money_keep_their_type():
    """Zeep would make a yes of the text 'false', and digits of a float."""
    made = contract("taxcloud.wsdl")
    shape = made.request("Lookup", Version.V12)
    names = {part.name: part for part in shape.parts}
    item = {"ItemID": "a", "TIC": 1, "Price": 0.1, "Qty": 1, "Index": 0}
    asked = {"cartItems": {"CartItem": [item]}, "deliveredBySeller": True}
    assert "cartItems" in names
    with pytest.raises(NotSendable, match=r"cartItems\.CartItem\.Price"):
        made.envelope("Lookup", asked, Version.V12)
    with pytest.raises(NotSendable, match="deliveredBySeller"):
        made.envelope("Lookup", {"deliveredBySeller": "false"}, Version.V12)


def test_threads_share_one_reading_of_a_contract():
    """Built once per process, whoever comes first."""
    made = contract("marketo.wsdl")
    built: list[object] = []
    barrier = threading.Barrier(8)

    def one() -> None:
        barrier.wait()
        shape = made.request("deleteCustomObjects", Version.V11)
        for _ in range(20):
            made.envelope("deleteCustomObjects", stub.values(shape), Version.V11)
        built.append(made._built())

    threads = [threading.Thread(target=one) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(built) == 8
    assert len({id(each) for each in built}) == 1


def test_nobody_pays_for_zeep_before_the_first_call():
    """``lienthong --help`` imports every connector."""
    code = (
        "import sys, connectors.admin_units.connect, connectors.kit.soap.port, connectors.kit.soap.readers;"
        "sys.exit('zeep' in sys.modules or 'requests' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=DATA.parents[2]).returncode == 0
