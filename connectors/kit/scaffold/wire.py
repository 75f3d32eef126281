"""Writes ``wire.py`` and ``translate.py`` of a connector."""

from __future__ import annotations

from connectors.kit.scaffold.code import (
    entries,
    function_of,
    hint,
    how_often,
    imported,
    imports_of,
    literal,
    models_of,
    names,
    ordered,
)
from connectors.kit.scaffold.model import Kind, Model, Service, Style, Value

_HEAD = '''"""Their messages as they stand on the wire: names, types and what must be there, as ``contract/{file}`` has them."""

from __future__ import annotations

'''


def wire(service: Service) -> str:
    """The module of their messages."""
    requests = models_of(action.request for action in service.actions)
    answers = models_of(action.answer for action in service.actions)
    every = models_of([*requests, *answers])
    rest = service.style is Style.REST
    parts = [_HEAD.format(file=service.contract[0]), _imports(service, every, answers)]
    parts.append(_tags(service, every))
    parts += [_declared(model, named=not rest and model in answers) for model in every]
    if rest:
        parts += [_reader(model) for model in answers]
    else:
        parts += [
            f"{function_of(action.answer).upper()} = Reader({action.answer.name}, CHILDREN)\n"
            for action in service.actions
        ]
        parts[-len(service.actions)] = "\n\n" + parts[-len(service.actions)]
    parts += [_body(model, rest=rest) for model in requests]
    return "".join(parts)


def translate(service: Service) -> str:
    """The module between their messages and our facts."""
    requests = models_of(action.request for action in service.actions)
    third = ordered(
        imported(f"connectors.{service.name}", "wire"),
        imported("connectors.kit", "facts"),
        imported("connectors.kit.reading", "an_object"),
    )
    head = (
        '"""Facts of the engine ↔ their messages. Pure; the canonical types of ``mappings`` belong here when they fit."""\n\n'
        f"from __future__ import annotations\n\nfrom typing import Any\n\n{third}"
    )
    return head + "".join(_from_facts(model) for model in requests) + _TO_FACTS


_TO_FACTS = '''

def to_facts(answer: Any) -> dict[str, Any]:
    """What an answer says, as the engine keeps it: JSON, under our names."""
    found: dict[str, Any] = facts.plain(answer)
    return found
'''


def _imports(service: Service, every: list[Model], answers: list[Model]) -> str:
    standard = ["from dataclasses import dataclass\n", *imports_of(every)]
    if service.style is Style.REST:
        standard.append("from typing import Any\n")
        third = ordered(imported("connectors.kit", "facts"), imported("connectors.kit.reading", "an_object"))
    else:
        renamed = any(value.name != value.wire for model in answers for value in model.values)
        standard += [
            "from importlib.resources import files\n",
            imported("typing", "Annotated" if renamed else "", "Any"),
        ]
        third = ordered(
            imported("connectors.kit.soap.contract", "Contract"),
            imported("connectors.kit.soap.readers", "Named" if renamed else "", "Reader"),
        )
    return f"{ordered(*standard)}\n{third}\n"


def _tags(service: Service, every: list[Model]) -> str:
    leaves = [value for model in every for value in model.values if not isinstance(value.kind, Model)]
    tagged = {value.wire for value in leaves if value.personal}
    keys = {key for action in service.actions for key in service.keys(action)}
    shown = {value.wire for value in leaves if value.name in keys or _tells_nobody(value)} - tagged
    annotation = ": frozenset[str]"
    text = (
        f"PERSONAL{annotation} = {names(tagged)}\n"
        '"""Fields of a person: never shown, never logged, masked in fixtures."""\n\n'
        f"SHOWN{annotation} = {names(shown)}\n"
        '"""Fields that exchange summaries may show. Texts are not among them until somebody has seen what they hold."""\n'
    )
    if service.style is Style.REST:
        return text
    children = service.actions[0].answer.values[0].namespace if service.actions[0].answer.values else ""
    return (
        f"NAMESPACE = {literal(service.namespace)}\n"
        f"CHILDREN = {'NAMESPACE' if children == service.namespace else literal(children)}\n"
        '"""Namespace of the fields."""\n\n'
        f'CONTRACT = Contract(files("connectors.{service.name}").joinpath("contract"), {literal(service.contract[0])})\n\n'
        + text
    )


def _tells_nobody(value: Value) -> bool:
    """Numbers, flags and codes; any other text may hold a name."""
    if value.kind in (Kind.WHOLE, Kind.FLAG, Kind.DECIMAL):
        return True
    return value.kind is Kind.TEXT and value.name.split("_")[-1] in (
        "state",
        "status",
        "code",
        "type",
        "kind",
    )


def _declared(model: Model, *, named: bool) -> str:
    lines = "".join(f"    {value.name}: {_hint(value, named=named)}\n" for value in model.values)
    body = lines or ""
    gap = "\n" if lines else ""
    return f'\n\n@dataclass(frozen=True, slots=True)\nclass {model.name}:\n    """{model.name} of their contract."""\n{gap}{body}'


def _hint(value: Value, *, named: bool) -> str:
    plain = hint(value)
    return (
        f"Annotated[{plain}, Named({literal(value.wire)})]" if named and value.name != value.wire else plain
    )


def _reader(model: Model) -> str:
    name = function_of(model)
    lines = [
        f"{value.name}=facts.{how_often(value)}(values, {literal(value.wire)}, {_take(value)})"
        for value in model.values
    ]
    return _made(name, model.name, lines, model.name)


def _from_facts(model: Model) -> str:
    lines = [
        f"{value.name}=facts.{how_often(value)}(values, {literal(value.name)}, {_take(value)})"
        for value in model.values
    ]
    return _made(function_of(model), f"wire.{model.name}", lines, model.name)


def _take(value: Value) -> str:
    if isinstance(value.kind, Model):
        return function_of(value.kind)
    return (
        "facts.segment" if value.place == "path" and value.kind is Kind.TEXT else f"facts.{value.kind.value}"
    )


def _made(name: str, made: str, lines: list[str], what: str) -> str:
    if not lines:
        return (
            f'\n\ndef {name}(value: Any, field: str = "body") -> {made}:\n    """An empty {what}."""\n'
            f"    an_object(value, field)\n    return {made}()\n"
        )
    return (
        f'\n\ndef {name}(value: Any, field: str = "body") -> {made}:\n'
        f'    """{what} in ``value``.\n\n    Raises:\n        Unreadable: names the field.\n    """\n'
        f"    values = an_object(value, field)\n    return {made}(\n{entries(lines, 8)}    )\n"
    )


def _body(model: Model, *, rest: bool) -> str:
    """What leaves us: their names, without what is not there."""
    name = function_of(model)
    values = [value for value in model.values if value.place == "body"]
    query = [value for value in model.values if value.place == "query"]
    made = ""
    if values or not rest:
        made += _mapping(f"{name}_body", model.name, values)
    if query:
        made += _mapping(f"{name}_query", model.name, query)
    return made


def _mapping(name: str, model: str, values: list[Value]) -> str:
    if not values:
        return f'\n\ndef {name}(message: {model}) -> dict[str, Any]:\n    """Nothing is in it."""\n    del message\n    return {{}}\n'
    lines = [f"{literal(value.wire)}: {_sent(value)}" for value in values]
    always = all(value.needed or value.many for value in values)
    head = f'\n\ndef {name}(message: {model}) -> dict[str, Any]:\n    """As it leaves us{"" if always else "; what is not known is left out"}."""\n'
    if always:
        return f"{head}    return {{\n{entries(lines, 8)}    }}\n"
    return (
        f"{head}    found: dict[str, Any] = {{\n{entries(lines, 8)}    }}\n"
        "    return {name: value for name, value in found.items() if value is not None}\n"
    )


def _sent(value: Value) -> str:
    here = f"message.{value.name}"
    if not isinstance(value.kind, Model):
        return f"list({here})" if value.many else here
    inner = f"{function_of(value.kind)}_body"
    if value.many:
        return f"[{inner}(item) for item in {here}]"
    return f"{inner}({here})" if value.needed else f"None if {here} is None else {inner}({here})"
