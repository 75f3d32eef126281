"""A service → the files of its connector: folder, contract test and page. Nothing is written to disk here."""

from __future__ import annotations

import json
from typing import Any

from connectors.kit.scaffold import calls, wire
from connectors.kit.scaffold.code import (
    entries,
    facts_of,
    imported,
    literal,
    models_of,
    nested,
    ordered,
    wire_of,
)
from connectors.kit.scaffold.model import PERSON, Action, Model, Service, Style, camel, harmless
from connectors.kit.scaffold.templates import filled


def files(service: Service) -> dict[str, bytes]:
    """Path in the tree → content, in the order in which people read them."""
    name, style = service.name, service.style.value
    here = f"connectors/{name}"
    made: dict[str, str] = {
        f"{here}/__init__.py": f'"""{service.title}."""\n',
        f"{here}/settings.py": _settings(service),
        f"{here}/wire.py": wire.wire(service),
        f"{here}/translate.py": wire.translate(service),
        f"{here}/client.py": calls.client(service),
        f"{here}/operations.py": calls.operations(service),
        f"{here}/connect.py": filled(f"{style}_connect.py", imports=_connect_imports(service)),
        f"{here}/sandbox.py": _sandbox(service),
        f"{here}/words.toml": _words(service),
        f"{here}/contract/README.md": _contract(service),
        f"{here}/contract/samples.json": json.dumps(_samples(service), ensure_ascii=False, indent=2) + "\n",
        f"tests/contract/{name}/__init__.py": "",
        f"tests/contract/{name}/test_conformance.py": _test(service),
        f"docs/systems/{name}.md": _page(service),
    }
    found = {path: _tidy(text).encode() for path, text in made.items()}
    found[f"{here}/contract/{service.contract[0]}"] = service.contract[1]
    return found


def _tidy(text: str) -> str:
    """No empty lines at the end."""
    return text.rstrip("\n") + "\n" if text else ""


def _settings(service: Service) -> str:
    if service.style is Style.SOAP:
        later = service.version != "1.1"
        return filled(
            "soap_settings.py",
            title=service.title,
            path=literal(service.base or "/"),
            version_import="from connectors.kit.soap.versions import Version\n" if later else "",
            version="    version: Version = Version.V12\n" if later else "",
        )
    paths = [f"    {action.name}_path: Path = {literal(action.path)}" for action in service.actions]
    listed = ", ".join(f"{action.name}_path" for action in service.actions)
    return filled(
        "rest_settings.py",
        title=service.title,
        documented=f"        {listed}: behind ``base_url``; what stands in braces comes from the message.\n",
        paths="\n".join(paths),
    )


def _connect_imports(service: Service) -> str:
    ours, rest = f"connectors.{service.name}", service.style is Style.REST
    return ordered(
        imported("connectors.kit.connection", "Connection", "Lines" if rest else ""),
        "" if rest else imported("connectors.kit.soap.line", "SoapLines"),
        imported("connectors.kit.effects", "ExchangeLog"),
        imported("connectors.kit.seams", "Clock"),
        imported(f"{ours}.client", "SYSTEM", "Client"),
        imported(f"{ours}.operations", "operations"),
        imported(f"{ours}.settings", "Settings"),
        imported(f"{ours}.wire", "SHOWN") if rest else "",
    )


def _wire_keys(service: Service, action: Action) -> list[str]:
    keys = service.keys(action)
    return [value.wire for value in action.request.values if value.name in keys]


def _samples(service: Service) -> dict[str, Any]:
    return {
        action.name: {
            "needed": [value.wire for value in action.request.values if value.needed],
            "kept_as": service.kept_as(action),
            "keys": _wire_keys(service, action),
            "answered": wire_of(action.answer),
            **({"tag": action.answer_tag} if service.style is Style.SOAP else {}),
        }
        for action in service.actions
    }


def _sandbox(service: Service) -> str:
    soap = service.style is Style.SOAP
    handlers = "\n".join(_handler(service, action) for action in service.actions)
    common = {
        "name": service.name,
        "title": service.title,
        "camel": camel(service.name),
        "handlers": handlers,
    }
    if not soap:
        return filled("rest_sandbox.py", **common)
    return filled(
        "soap_sandbox.py",
        **common,
        namespace=literal(service.namespace),
        children=literal(_children(service)),
        path=literal(service.base or "/"),
        operations=entries(f"{literal(action.wire)}: {literal(action.name)}" for action in service.actions),
        offers=entries((f"{literal(action.wire)}: self._{action.name}" for action in service.actions), 12),
    )


def _children(service: Service) -> str:
    return next((v.namespace for a in service.actions for v in a.answer.values), service.namespace)


def _handler(service: Service, action: Action) -> str:
    soap = service.style is Style.SOAP
    name = literal(action.name)
    lines: list[str] = []
    if action.look_up:
        lines.append(f"self.keep({name}, asked)")
        words = "It is kept in the register."
    elif service.kept_as(action):
        lines.append(f"kept = self.books.get(self._key({name}, asked))")
        gone = (
            'raise SoapProblem("not found", code="Client.NotFound")'
            if soap
            else 'return _json({"error": "not found"}, 404)'
        )
        lines += ["if kept is None:", f"    {gone}"]
        words = "What the register has; an unknown one is not found."
    else:
        words = "The sample."
    told = "{**kept, **asked}" if "kept" in " ".join(lines) and not action.look_up else "asked"
    lines.append(f"return self._answered({name}, {told})")
    return filled(
        f"{service.style.value}_handler",
        function=action.name,
        method=action.method,
        path=f"{service.base}{action.path}",
        words=words,
        body="\n".join(f"        {line}" for line in lines),
    )


def _words(service: Service) -> str:
    lines = [
        f"{action.name} = [{literal(action.wire)}, {literal(action.name.replace('_', ' ').capitalize())}]"
        for action in service.actions
    ]
    return filled("words.toml", title=literal(service.title), operations="\n".join(lines))


def _contract(service: Service) -> str:
    return filled(
        "contract.md",
        title=service.title,
        file=service.contract[0],
        notfound=_not_found(service),
        assumed="".join(f"| {what} is taken as {how} | D |\n" for what, how in service.assumed),
    )


def _not_found(service: Service) -> str:
    return "404" if service.style is Style.REST else "Client.NotFound"


def _every(service: Service) -> list[Model]:
    return models_of(m for action in service.actions for m in (action.request, action.answer))


def _test(service: Service) -> str:
    pairs = {action.look_up for action in service.actions if action.look_up}
    second = {
        name: frozenset(v.name for v in service.action(name).request.values if v.needed) for name in pairs
    }
    facts = {
        action.name: facts_of(action.request, other=second.get(action.name, frozenset()))
        for action in service.actions
    }
    leaves = [v for model in models_of(a.request for a in service.actions) for v in model.values]
    person = sorted({str(v.example) for v in leaves if v.personal and isinstance(v.example, str)})
    if not person:  # an extra fact that must go nowhere
        person = [PERSON]
        for each in facts.values():
            each["planted"] = PERSON
    missing = [(a.name, v.name) for a in service.actions for v in a.request.values if v.needed and not v.many]
    echo, broken = _echo(service, second)
    ours = f"connectors.{service.name}"
    lines = ordered(
        imported("connectors.errors", "ContractBroken" if broken else "", "Rejected"),
        imported("connectors.kit.effects", "Call"),
        imported("connectors.kit.sandbox", "serve"),
        imported(f"{ours}.connect", "connected"),
        imported(f"{ours}.sandbox", f"{camel(service.name)}Sandbox"),
        imported(f"{ours}.settings", "Settings"),
        imported("tests.contract.conformance", "Conformance", "World"),
        imported("tests.support.clock", "VirtualClock"),
    )
    kept = "".join(
        f"        sandbox.keep({literal(name)}, {_kept(service, second, name)})\n" for name in sorted(pairs)
    )
    rest = service.style is Style.REST and service.base
    return filled(
        "test_conformance.py",
        title=service.title,
        name=service.name,
        camel=camel(service.name),
        imports=lines,
        person=entries(map(literal, person)),
        facts=nested(facts),
        operations=entries((literal(action.name) for action in service.actions), 8),
        base=f'f"{{url}}{service.base}"' if rest else "url",
        kept=kept,
        missing=entries((f"({literal(name)}, {literal(fact)})" for name, fact in missing[:6]), 8),
        echo=echo,
    )


def _kept(service: Service, second: dict[str, frozenset[str]], name: str) -> str:
    entry = wire_of(service.action(name).request, other=second[name])
    return "{" + ", ".join(f"{literal(key)}: {literal(value)}" for key, value in entry.items()) + "}"


def _echo(service: Service, second: dict[str, frozenset[str]]) -> tuple[str, bool]:
    for name in sorted(second):
        action = service.action(name)
        for value in action.answer.values:
            if value.name in second[name] and not value.many and not isinstance(value.kind, Model):
                inside = _kept(service, second, name)[1:-1]
                text = filled(
                    "test_echo",
                    camel=camel(service.name),
                    read=name,
                    kept=inside,
                    wire=value.wire,
                    key=value.name,
                )
                return text, True
    return "", False


def _page(service: Service) -> str:
    rows = [
        f"| `{service.name}.{a.name}` | {harmless(a.wire)} | {calls.effect_class(a).lower()} | {calls.found_by(service, a)} |"
        for a in service.actions
    ]
    tagged = sorted({harmless(v.wire) for m in _every(service) for v in m.values if v.personal})
    return filled(
        "page.md",
        name=service.name,
        title=service.title,
        upper=service.name.upper(),
        style=service.style.value.upper() + (f" {service.version}" if service.style is Style.SOAP else ""),
        notfound=_not_found(service),
        assumed="".join(f"| {what} | {how} | D |\n" for what, how in service.assumed),
        messages="\n".join(rows),
        personal=", ".join(f"`{name}`" for name in tagged) or "không · *none*",
        first=service.actions[0].name,
    )
