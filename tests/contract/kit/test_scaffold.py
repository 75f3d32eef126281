"""What the generator refuses, and how it edits. What it makes is run by the tutorial's own test."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from connectors.kit.scaffold import edits, make
from connectors.kit.scaffold.model import ScaffoldRefused, Style, Wishes, snake

ROOT = Path(__file__).parents[3]


def contract(**operation: object) -> bytes:
    answer = {
        "200": {
            "content": {
                "application/json": {"schema": {"type": "object", "properties": {"x": {"type": "string"}}}}
            }
        }
    }
    found = {"operationId": "doIt", "responses": answer, **operation}
    return json.dumps({"openapi": "3.0.0", "info": {"title": "T"}, "paths": {"/a": {"post": found}}}).encode()


def body(**schema: object) -> dict[str, object]:
    return {"content": {"application/json": {"schema": schema}}}


@pytest.mark.parametrize(
    "name", ["", "a", "Kit", "kit", "registry", "class", "1a", "a-b", "a/b", "../a", "a" * 41]
)
def test_a_name_that_is_no_folder_is_refused(name):
    """It becomes a package, a section and a part of commands."""
    with pytest.raises(ScaffoldRefused):
        make.service_of(name, Style.REST, None, Wishes())


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "OpenAPI"),
        (b"[]", "OpenAPI"),
        (b'{"swagger": "2.0"}', "OpenAPI"),
        (b'{"openapi": "3.0.0", "paths": {}}', "operation"),
        (contract(responses={"204": {}}), "JSON object"),
        (contract(responses={"404": {}}), "2xx"),
        (contract(responses={"200": body(type="array", items={"type": "string"})}), "JSON object"),
        (contract(requestBody=body(type="object", properties={"x": {"type": "object"}})), "x"),
        (
            contract(requestBody=body(type="object", properties={"x": {"$ref": "https://else.example/x"}})),
            "references",
        ),
        (
            contract(
                requestBody=body(
                    type="object", properties={"aB": {"type": "string"}, "a_b": {"type": "string"}}
                )
            ),
            "a_b",
        ),
        (contract(parameters=[{"name": "h", "in": "header", "required": True}]), "header"),
    ],
)
def test_a_contract_that_cannot_be_written_is_refused_by_name(raw, why):
    """Never left out silently: a field that is missing is found by a citizen."""
    with pytest.raises(ScaffoldRefused) as caught:
        make.service_of("thing", Style.REST, raw, Wishes())
    assert why in caught.value.message_en
    assert caught.value.message_vi


def test_a_wsdl_that_is_none_is_refused():
    """Also one that wants a document from elsewhere."""
    for raw in (b"", b"<a/>", b"<!DOCTYPE a><a/>"):
        with pytest.raises(ScaffoldRefused):
            make.service_of("thing", Style.SOAP, raw, Wishes())


@pytest.mark.parametrize("pair", [("doIt", "nothing"), ("nothing", "doIt"), ("doIt", "doIt")])
def test_a_look_up_that_cannot_find_it_is_refused(pair):
    """A look-up that does not know our reference finds somebody else's."""
    with pytest.raises(ScaffoldRefused):
        make.service_of("thing", Style.REST, contract(), Wishes(look_ups=(pair,)))


def test_a_write_without_a_look_up_waits_for_evidence():
    """It is never declared repeatable by a guess."""
    plan = make.plan(make.service_of("thing", Style.REST, contract(), Wishes()), ROOT)
    operations = plan.new["connectors/thing/operations.py"].decode()

    assert "EffectClass.EVIDENCE" in operations
    assert "look_up=" not in operations


def test_a_folder_that_stands_is_never_written_over():
    """The second run would take somebody's work away."""
    with pytest.raises(ScaffoldRefused, match="connectors/lgsp"):
        make.plan(make.service_of("lgsp", Style.REST, None, Wishes()), ROOT)


@pytest.mark.parametrize("name", ["aaa_first", "mmm_middle", "zzz_last"])
def test_the_two_edits_add_their_lines_and_change_nothing_else(name):
    """In the order that the linter wants, and twice is once."""
    for path, change in ((edits.REGISTRY, edits.registered), (edits.SECTIONS, edits.with_section)):
        before = (ROOT / path).read_text("utf-8")
        after = change(before, name)
        added = [line for line in after.splitlines() if line not in before.splitlines()]

        ast.parse(after)
        assert sorted(added) == sorted(edits.lines(name)[path])
        assert [line for line in after.splitlines() if line not in added] == before.splitlines()
        assert change(after, name) == after
    imports = [
        line for line in after.splitlines() if line.startswith("from connectors.") and ".settings" in line
    ]
    assert [line.split()[1] for line in imports] == sorted(line.split()[1] for line in imports)


@pytest.mark.parametrize("text", ["", "SYSTEMS = []\n", "class ConnectorSettings:\n    pass\n"])
def test_a_file_that_looks_otherwise_is_left_to_a_person_with_the_lines_in_hand(text):
    """A guess at an unfamiliar file breaks the start of everything."""
    with pytest.raises(ScaffoldRefused, match='"thing"'):
        edits.registered(text, "thing")
    with pytest.raises(ScaffoldRefused, match="ThingSettings"):
        edits.with_section(text, "thing")


@pytest.mark.parametrize(
    ("wire", "ours"),
    [("boatName", "boat_name"), ("GetHTTPCode", "get_http_code"), ("Mã hồ sơ", "ma_ho_so"), ("Đơn", "don"), ("class", "class_"), ("2nd", "n_2nd"), ("get /a/{b}", "get_a_b")],
)  # fmt: skip
def test_our_names_of_their_names(wire, ours):
    """Readable, and never a word of Python's."""
    assert snake(wire) == ours


def test_a_hostile_contract_writes_no_code():
    """It is somebody else's text, and becomes a part of our tree."""
    bad = '"""; import os  # $x `|` \\ \n'
    raw = json.dumps(
        {
            "openapi": "3.0.0",
            "info": {"title": bad},
            "servers": [{"url": "https://a.example/v1"}],
            "paths": {
                "/a/{k}": {
                    "get": {
                        "operationId": f"get{bad}",
                        "parameters": [
                            {"name": "k", "in": "path", "schema": {"type": "string", "example": bad}}
                        ],
                        "responses": {
                            "200": body(
                                type="object", properties={f"x{bad}": {"type": "string", "enum": [bad]}}
                            )
                        },
                    }
                }
            },
        }
    ).encode()
    made = make.plan(make.service_of("thing", Style.REST, raw, Wishes()), ROOT).new

    for path, content in made.items():
        if path.endswith(".py"):
            imported = [node for node in ast.walk(ast.parse(content)) if isinstance(node, ast.Import)]
            assert {alias.name for node in imported for alias in node.names} <= {"json", "pytest"}, path
    assert bad not in made["docs/systems/thing.md"].decode()


@pytest.mark.parametrize("server", ['https://a.example/v1"x', "https://a.example/a b", "https://a.example/é"])
def test_an_address_that_is_no_path_is_refused(server):
    """It would stand in a route."""
    raw = json.loads(contract())
    raw["servers"] = [{"url": server}]
    with pytest.raises(ScaffoldRefused):
        make.service_of("thing", Style.REST, json.dumps(raw).encode(), Wishes())
