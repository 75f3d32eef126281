"""What the effect engine may ask of specialised software: the actions of its profile, and how each outcome is found."""

from __future__ import annotations

from typing import Any

from connectors.errors import ContractBroken, OutcomeUnknown
from connectors.handover.client import Client, NotThere
from connectors.handover.facts import Verb
from connectors.handover.news import news_of
from connectors.handover.profile import Action
from connectors.kit.effects import Call, Done, Finding, NotDone, Operation, Undecided
from connectors.kit.reading import Unreadable
from mappings.canonical.codec import to_json
from mappings.canonical.inbound import NewsKind

_NEWS = {Verb.STATE: NewsKind.STATE, Verb.FINISH: NewsKind.FINISHED}


def operations(client: Client) -> tuple[Operation, ...]:
    """One operation per action of the profile, in the profile's order."""
    return tuple(_operation(client, name, action) for name, action in client.profile.actions.items())


def _operation(client: Client, name: str, action: Action) -> Operation:
    def perform(call: Call) -> Done:
        return _done(client, name, action, call)

    def look_up(call: Call) -> Finding:
        """Ask for the dossier's state: who has one has it."""
        about = {"about": {"dossier_code": _code(call), "their_reference": ""}}
        try:
            told, code = client.call(
                action.look_up, about, reference=call.reference, deadline_seconds=call.deadline_seconds
            )
        except NotThere as exc:
            return NotDone(code=exc.code)
        except OutcomeUnknown as exc:
            return Undecided(message=str(exc)[:200])
        if told.get("dossier_code", _code(call)) != _code(call):
            return Undecided(message="the answer is about another dossier")
        return Done(data={"told": told}, code=code)

    return Operation(
        system=client.system,
        name=name,
        effect_class=action.effect,
        found_by=action.found_by,
        perform=perform,
        look_up=look_up if action.look_up else None,
        not_found_is_proof=action.not_found_is_proof,
    )


def _done(client: Client, name: str, action: Action, call: Call) -> Done:
    told, code = client.call(
        name, call.payload, reference=call.reference, deadline_seconds=call.deadline_seconds
    )
    asked = _code(call)
    if told.get("dossier_code", asked) != asked:
        raise ContractBroken(
            "the answer is about another dossier",
            system=client.system,
            operation=name,
            reference=call.reference,
        )
    kind = _NEWS.get(action.verb)
    if kind is None:
        return Done(data={"told": told}, code=code)
    try:
        news = news_of(client.system, kind, told, dossier_code=asked)
    except (Unreadable, ValueError) as exc:
        raise ContractBroken(
            str(exc), system=client.system, operation=name, reference=call.reference
        ) from exc
    return Done(data={"news": to_json(news)}, code=code)


def _code(call: Call) -> str:
    """The dossier's code, under whichever root the verb has it."""
    about: Any = call.payload.get("about") or {}
    dossier: Any = call.payload.get("dossier") or {}
    return str(about.get("dossier_code") or dossier.get("code") or "")
