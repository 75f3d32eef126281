"""Writes ``client.py`` and ``operations.py`` of a connector."""

from __future__ import annotations

from connectors.kit.scaffold.code import entries, function_of, imported, literal, ordered
from connectors.kit.scaffold.model import Action, Kind, Model, Service, Style, harmless
from connectors.kit.scaffold.templates import filled


def constant(action: Action) -> str:
    """The name of the constant that holds the operation's name."""
    return action.name.upper().rstrip("_")


def client(service: Service) -> str:
    """The module with the typed calls."""
    rest = service.style is Style.REST
    queries = any(value.place == "path" for action in service.actions for value in action.request.values)
    echoed = any(_echoed(service, action) for action in service.actions)
    ours = f"connectors.{service.name}"
    common = (
        imported("connectors.kit.effects", "EffectClass"),
        imported("connectors.kit", "facts") if echoed else "",
        imported(ours, "wire"),
        imported(f"{ours}.settings", "Settings"),
    )
    if rest:
        third = ordered(
            *common,
            imported("connectors.kit.reading", "agreed", "json_value"),
            imported("connectors.kit.transport", "Transport"),
        )
    else:
        third = ordered(
            *common,
            imported("connectors.kit.reading", "agreed") if echoed else "",
            imported("connectors.kit.soap.line", "SoapTransport"),
            imported("connectors.kit.soap.port", "Port"),
        )
    return filled(
        f"{service.style.value}_client.py",
        title=service.title,
        name=service.name,
        constants="\n".join(f"{constant(action)} = {literal(action.name)}" for action in service.actions),
        imports=("from urllib.parse import quote\n\n" if rest and queries else "") + third,
        methods="\n".join(_method(service, action) for action in service.actions),
    )


def operations(service: Service) -> str:
    """The module with the declarations."""
    found = any(action.look_up for action in service.actions)
    ours = f"connectors.{service.name}"
    constants = [constant(action) for action in service.actions]
    lines = ordered(
        imported("connectors.errors", "OutcomeUnknown" if found else "", "Rejected"),
        imported(
            "connectors.kit.effects",
            *("Call", "Done", "EffectClass", "Operation"),
            *(("Finding", "NotDone", "Undecided") if found else ()),
        ),
        imported("connectors.kit.reading", "Unreadable"),
        imported(ours, "translate", "wire" if found else ""),
        imported(f"{ours}.client", "SYSTEM", "Client", *constants),
    )
    return filled(
        "operations.py",
        name=service.name,
        imports=lines,
        declared=entries((f"_{action.name}(client)" for action in service.actions), 8),
        made="\n\n".join(_operation(service, action) for action in service.actions),
    )


def effect_class(action: Action) -> str:
    """What may be done after a lost answer, as far as the contract tells."""
    if action.reads:
        return "READ"
    return "FINDABLE" if action.look_up else "EVIDENCE"


def found_by(service: Service, action: Action) -> str:
    """How the outcome is found."""
    if action.reads:
        return "asking changes nothing there; it is asked again"
    if action.look_up:
        keys = ", ".join(service.keys(action))
        return f"{action.look_up} with the same {keys}; 'not found' is no proof, since it may become visible late"
    return "nothing of theirs tells it: a person asks them, and it is never sent again by itself"


def _echoed(service: Service, action: Action) -> list[str]:
    answer = {
        value.name for value in action.answer.values if not isinstance(value.kind, Model) and not value.many
    }
    asked = {value.name for value in action.request.values}
    return [key for key in service.keys(action) if key in answer and key in asked]


def _method(service: Service, action: Action) -> str:
    rest = service.style is Style.REST
    holder = "found" if rest else "answer"
    echoes = [
        f"{' ' * 12}facts.same({holder}.{key}, message.{key}, {literal(key)})\n"
        for key in _echoed(service, action)
    ]
    check = f"{''.join(echoes)}        return {holder}\n" if echoes else ""
    if echoes and not rest:
        check = f"        with agreed(SYSTEM, {constant(action)}, reference):\n{check}"
    body = [value for value in action.request.values if value.place == "body"]
    query = [value for value in action.request.values if value.place == "query"]
    base = action.request.name
    maker, reader = function_of(action.request), function_of(action.answer)
    path = f"self._settings.{action.name}_path"
    for value in action.request.values:
        if value.place == "path":
            shown = f"message.{value.name}" if value.kind is Kind.TEXT else f"str(message.{value.name})"
            path += f'.replace("{{{value.wire}}}", quote({shown}, safe=""))'
    extra = f"{' ' * 12}params=wire.{maker}_query(message),\n" if query else ""
    extra += f"{' ' * 12}json=wire.{maker}_body(message),\n" if body else ""
    unused = "" if action.request.values or not rest else "        del message  # there is nothing in it\n"
    return filled(
        f"{service.style.value}_method",
        function=action.name,
        wire=harmless(action.wire),
        request=base,
        answer=action.answer.name,
        reader=reader if rest else reader.upper(),
        maker=maker,
        constant=constant(action),
        method=action.method,
        path=path,
        effect=effect_class(action),
        extra=extra,
        unused=unused,
        begin=f"{holder} = " if echoes else "return ",
        check=check,
        raises="Rejected, Unavailable, ContractBroken"
        if action.reads
        else "Rejected, Unavailable, OutcomeUnknown (ContractBroken)",
    )


def _operation(service: Service, action: Action) -> str:
    return filled(
        "operation",
        function=action.name,
        maker=function_of(action.request),
        constant=constant(action),
        effect=effect_class(action),
        found_by=literal(found_by(service, action)),
        look_up=_look_up(service, action) if action.look_up else "",
        finding="        look_up=look_up,\n" if action.look_up else "",
    )


def _look_up(service: Service, action: Action) -> str:
    read = service.action(action.look_up)
    asked = [f"{value.name}=message.{value.name}" for value in read.request.values if value.needed]
    asked += [
        f"{value.name}={'()' if value.many else 'None'}" for value in read.request.values if not value.needed
    ]
    return filled(
        "look_up",
        maker=function_of(action.request),
        constant=constant(action),
        read=read.name,
        model=read.request.name,
        asked=entries(asked, 12),
    )
